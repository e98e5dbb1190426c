"""The public names are the documented ones, and importing them costs no more than scikit-learn."""

import importlib
import json
import runpy
import subprocess
import sys
from importlib.metadata import packages_distributions, version
from pathlib import Path

import pytest

import sklearn_lossfix

API_REFERENCE = runpy.run_path(
    str(Path(__file__).parents[1] / "docs" / "api_reference.py"), run_name="api_reference"
)["API_REFERENCE"]

# What the extras install, and polars and skore, which are accepted but never needed.
OPTIONAL_LIBRARIES = {
    "matplotlib",
    "jinja2",
    "click",
    "rich",
    "pandas",
    "polars",
    "pyarrow",
    "skops",
    "skl2onnx",
    "onnx",
    "onnxruntime",
    "skore",
}

LOADED_PACKAGES = """
import json, sys
{statement}
print(json.dumps(sorted({{name.partition(".")[0] for name in sys.modules}})))
"""


def run_python(code):
    """Run `code` in a new interpreter with warnings as errors and return what it printed."""
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", code], capture_output=True, text=True, timeout=120
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def loaded_libraries(statement):
    """Names of the installed libraries (not the standard library's) that a statement loads."""
    loaded = json.loads(run_python(LOADED_PACKAGES.format(statement=statement)))
    # Compiled modules register helpers such as `_cython_3_1`: these belong to no distribution. An
    # editable install of this package is one of a path, not of files.
    installed = set(packages_distributions()) | {"sklearn_lossfix"}
    return set(loaded) & installed - sys.stdlib_module_names


@pytest.mark.parametrize("section", API_REFERENCE, ids=lambda section: section["module"])
def test_public_names_are_the_documented_names(section):
    """Each public module exports, sorted, what the API reference lists, and all of it exists."""
    module = importlib.import_module(section["module"])
    assert list(module.__all__) == sorted(section["names"])
    for name in section["names"]:
        assert getattr(module, name).__module__.startswith(section["module"])


def test_top_level_names_are_the_documented_names():
    """The package exports, sorted, every name that the API reference puts at the top level."""
    names = [name for section in API_REFERENCE if section["top_level"] for name in section["names"]]
    assert list(sklearn_lossfix.__all__) == sorted([*names, "__version__"])
    for section in API_REFERENCE:
        for name in section["names"] if section["top_level"] else ():
            module = importlib.import_module(section["module"])
            assert getattr(sklearn_lossfix, name) is getattr(module, name)


def test_version_is_the_installed_version():
    """The version a user reads is the one that was installed."""
    assert sklearn_lossfix.__version__ == version("sklearn-lossfix")


def test_import_loads_no_library_of_its_own():
    """Importing every public module loads no library that scikit-learn and imblearn do not."""
    modules = ", ".join(section["module"] for section in API_REFERENCE)
    baseline = loaded_libraries("import sklearn, imblearn")
    ours = loaded_libraries(f"import sklearn_lossfix, {modules}")
    assert {"sklearn", "numpy"} <= baseline
    assert ours - baseline == {"sklearn_lossfix"}
    assert (ours - baseline) & OPTIONAL_LIBRARIES == set()


def test_guard_sees_a_library_that_is_loaded():
    """The comparison above notices an optional library, so that it can fail."""
    assert "click" in loaded_libraries("import click") - loaded_libraries("import sklearn")


def test_import_needs_no_optional_library():
    """Importing works, silently, on a machine where none of the optional libraries is installed."""
    blocked = "".join(f"sys.modules[{name!r}] = None; " for name in sorted(OPTIONAL_LIBRARIES))
    assert run_python(f"import sys; {blocked}import sklearn_lossfix") == ""
