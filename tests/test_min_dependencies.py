"""The supported versions are the same wherever they are written."""

import re
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.version import Version

ROOT = Path(__file__).parents[1]
PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))

# "scikit-learn >= 1.7" in prose
FLOOR_IN_PROSE = re.compile(r"([\w-]+) >= (\d[\d.]*\d)")


def declared_floors():
    """Return {library: Version} from pyproject.toml, Python included."""
    requirements = [
        Requirement(text)
        for text in [
            *PYPROJECT["project"]["dependencies"],
            f"Python{PYPROJECT['project']['requires-python']}",
        ]
    ]
    return {
        requirement.name: Version(specifier.version)
        for requirement in requirements
        for specifier in requirement.specifier
    }


def oldest_pins():
    """Return {library: Version} from the constraints of the oldest-dependency run."""
    lines = (ROOT / ".ci" / "oldest-constraints.txt").read_text(encoding="utf-8").splitlines()
    pins = [line.split("==") for line in lines if line and not line.startswith("#")]
    return {name: Version(pin) for name, pin in pins}


def test_dependencies_have_a_floor_and_no_cap():
    """Each runtime dependency states one floor and nothing else."""
    for text in PYPROJECT["project"]["dependencies"]:
        assert [specifier.operator for specifier in Requirement(text).specifier] == [">="]


def test_oldest_run_pins_the_floors():
    """The oldest-dependency run installs exactly the versions that are promised."""
    floors = declared_floors()
    del floors["Python"]
    assert oldest_pins() == floors


@pytest.mark.parametrize("page", ["README.md", "docs/install.rst"])
def test_prose_names_the_floors(page):
    """The page tells users every floor, and the right one."""
    text = (ROOT / page).read_text(encoding="utf-8")
    named = {name: Version(floor) for name, floor in FLOOR_IN_PROSE.findall(text)}
    assert named == declared_floors()


def test_extra_all_is_every_other_extra():
    """`[all]` installs what the other extras install together."""
    extras = dict(PYPROJECT["project"]["optional-dependencies"])
    (everything,) = map(Requirement, extras.pop("all"))
    assert everything.name == PYPROJECT["project"]["name"]
    assert everything.extras == set(extras)


def test_one_version_of_the_linter():
    """The commit hook and the lint group run the same ruff."""
    hooks = (ROOT / ".pre-commit-config.yaml").read_text(encoding="utf-8")
    (hook,) = re.findall(r"ruff-pre-commit\n\s+rev: v(\S+)", hooks)
    assert PYPROJECT["dependency-groups"]["lint"] == [f"ruff=={hook}"]


def test_citation_names_the_version():
    """Whoever cites the package cites the version they have."""
    citation = (ROOT / "CITATION.cff").read_text(encoding="utf-8")
    (cited,) = re.findall(r"^version: (\S+)$", citation, flags=re.MULTILINE)
    source = (ROOT / "sklearn_lossfix" / "_version.py").read_text(encoding="utf-8")
    assert f'__version__ = "{cited}"' in source
