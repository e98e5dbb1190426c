"""Tests of importing optional dependencies."""

import json

import pytest

from sklearn_lossfix._core._optional import import_optional


def test_installed_module_is_returned():
    """What is installed is imported, sub-modules included."""
    assert import_optional("json", caller="me", extra="plot") is json
    assert import_optional("json.decoder", caller="me", extra="plot") is json.decoder


def test_missing_module_names_caller_and_extra():
    """The error says who needs which package, and the command that installs it."""
    message = (
        r"FitReport\.plot requires no_such_package, which is not installed\. Install it with "
        r"`pip install \"sklearn-lossfix\[plot\]\"`\."
    )
    with pytest.raises(ImportError, match=message) as caught:
        import_optional("no_such_package.pyplot", caller="FitReport.plot", extra="plot")
    assert isinstance(caught.value.__cause__, ModuleNotFoundError)


def test_missing_module_without_an_extra_names_itself():
    """Where no extra installs it, the command installs the package itself."""
    with pytest.raises(ImportError, match=r"with `pip install no_such_package`\."):
        import_optional("no_such_package.parts", caller="me")
