"""Print a command of the README, so that what CI runs is what the README says.

Usage: ``python readme_command.py README.md NAME``, for the fenced block below the comment
``<!-- command: NAME -->``.
"""

import re
import sys
from pathlib import Path

readme, name = sys.argv[1:]
blocks = re.findall(
    rf"<!-- command: {re.escape(name)} -->\n```bash\n(.*?)```",
    Path(readme).read_text(encoding="utf-8"),
    flags=re.DOTALL,
)
if len(blocks) != 1:
    sys.exit(f"{readme} must hold one command named {name!r}, found {len(blocks)}.")
print(blocks[0], end="")
