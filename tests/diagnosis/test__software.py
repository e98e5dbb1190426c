"""Versions in a report."""

from importlib.metadata import version

from sklearn_lossfix.diagnosis._software import versions


def test_versions_are_those_installed():
    """Every library is named as it is installed, with its version; Python beside."""
    found = versions()
    assert found.pop("python").startswith("3.")
    assert found == {name: version(name) for name in found}
    assert len(found) == 5
