"""Compare the wheel with the package folder: ``python check_wheel.py WHEEL FOLDER``.

Every file of the folder must be in the wheel (a template left out is only missed by whoever
needs it), and nothing beyond them but the wheel's own metadata.
"""

import sys
import zipfile
from pathlib import Path

wheel, folder = map(Path, sys.argv[1:])
in_wheel = {name for name in zipfile.ZipFile(wheel).namelist() if ".dist-info/" not in name}
in_folder = {
    file.relative_to(folder.parent).as_posix()
    for file in folder.rglob("*")
    if file.is_file() and "__pycache__" not in file.parts
}
if in_wheel != in_folder:
    sys.exit(
        f"Missing from the wheel: {sorted(in_folder - in_wheel)}.\n"
        f"Not in the package folder: {sorted(in_wheel - in_folder)}."
    )
print(f"{wheel.name} holds the {len(in_folder)} files of {folder}/ and nothing else.")
