"""Public docstrings follow numpydoc and tell the truth about defaults."""

import ast
import importlib
import inspect
import re
import runpy
from pathlib import Path

import pytest
from numpydoc.docscrape import ClassDoc, FunctionDoc
from numpydoc.validate import validate

API_REFERENCE = runpy.run_path(
    str(Path(__file__).parents[1] / "docs" / "api_reference.py"), run_name="api_reference"
)["API_REFERENCE"]

# The three codes that scikit-learn ignores too: where the opening and closing quotes stand (GL01,
# GL02), and a returned value may carry a name before its type (RT02).
IGNORED_EVERYWHERE = {"GL01", "GL02", "RT02"}
# Extended summary, See Also and Examples belong to the class, not to each method. An exception is
# explained by the tree at the top of its module and by the function that raises it.
IGNORED_ON_METHODS_AND_EXCEPTIONS = {"ES01", "SA01", "EX01"}

# Methods that scikit-learn writes for metadata routing.
GENERATED_METHOD = re.compile(r"set_\w+_request")


def public_objects():
    """Yield (dotted name, object, owner class or None) of every public callable and property."""
    for section in API_REFERENCE:
        module = importlib.import_module(section["module"])
        for name in section["names"]:
            value = getattr(module, name)
            yield f"{section['module']}.{name}", value, None
            if inspect.isclass(value):
                yield from public_members(f"{section['module']}.{name}", value)


def public_members(dotted_name, owner):
    """Yield the public methods and properties that a class of this package defines.

    Those it inherits from elsewhere are documented there.
    """
    for base in owner.__mro__:
        if not base.__module__.startswith("sklearn_lossfix"):
            continue
        for name, value in vars(base).items():
            is_member = callable(getattr(owner, name)) or isinstance(value, property)
            if is_member and not name.startswith("_") and not GENERATED_METHOD.fullmatch(name):
                yield f"{dotted_name}.{name}", getattr(owner, name), owner


OBJECTS = {name: (value, owner) for name, value, owner in public_objects()}


def numpydoc_errors(dotted_name, value, owner):
    """What numpydoc has against a docstring, without the codes ignored here."""
    ignored = set(IGNORED_EVERYWHERE)
    if owner is not None or (inspect.isclass(value) and issubclass(value, Exception)):
        ignored |= IGNORED_ON_METHODS_AND_EXCEPTIONS
    return [
        f"{code}: {message}"
        for code, message in validate(dotted_name)["errors"]
        if code not in ignored
    ]


def documented_defaults(value):
    """Return {parameter: text after `default=`, or None} from a callable's docstring."""
    doc = ClassDoc(value) if inspect.isclass(value) else FunctionDoc(value)
    defaults = {}
    for parameter in doc["Parameters"]:
        match = re.search(r"default[=:]?\s*(.+)$", parameter.type)
        for name in parameter.name.split(","):
            defaults[name.strip()] = match and match.group(1)
    return defaults


def same_value(text, default):
    """Whether a documented default is the real one, whichever quotes it is written with."""
    try:
        documented = ast.literal_eval(text)
    except (SyntaxError, ValueError):
        return text == repr(default)
    return type(documented) is type(default) and documented == default


def wrong_defaults(value):
    """Sentences on the parameters whose documented default is not the one in the signature."""
    documented = documented_defaults(value)
    wrong = []
    for name, parameter in inspect.signature(value).parameters.items():
        if name in {"self", "cls"} or parameter.kind in {
            parameter.VAR_POSITIONAL,
            parameter.VAR_KEYWORD,
        }:
            continue
        if name not in documented:
            wrong.append(f"{name} is not documented")
            continue
        text = documented[name]
        if parameter.default is inspect.Parameter.empty:
            if text is not None:
                wrong.append(f"{name} has no default, documented as {text}")
        elif text is None or not same_value(text, parameter.default):
            wrong.append(f"{name} defaults to {parameter.default!r}, documented as {text}")
    return wrong


def has_documented_parameters(value):
    """Whether defaults can be compared: an exception's signature is `Exception`'s own."""
    return callable(value) and not (inspect.isclass(value) and issubclass(value, Exception))


CALLABLES = {
    name: value for name, (value, _) in OBJECTS.items() if has_documented_parameters(value)
}


@pytest.mark.parametrize("dotted_name", OBJECTS)
def test_docstring_is_valid(dotted_name):
    """The docstring has every section numpydoc asks for, complete and in order."""
    assert numpydoc_errors(dotted_name, *OBJECTS[dotted_name]) == []


@pytest.mark.parametrize("dotted_name", CALLABLES)
def test_documented_default_is_the_real_default(dotted_name):
    """What the docstring calls the default is the default of the signature."""
    assert wrong_defaults(CALLABLES[dotted_name]) == []


def drifted(a, b=1, *, c="x", d=(0.25, 0.75), e=None, f=True, g=0):
    """Show each way in which a documented default can be wrong.

    Parameters
    ----------
    a : int, default=0
        It has none.
    b : int
        It has one.
    c : {'x', 'y'}, default='y'
        Another value.
    d : tuple, default=(25.0, 75.0)
        Another value.
    e : int, default=None
        The truth.
    f : bool, default=1
        An equal value of another type.
    """


def test_guard_detects_drifted_defaults():
    """Each kind of drift is reported, and a true default is not."""
    assert wrong_defaults(drifted) == [
        "a has no default, documented as 0",
        "b defaults to 1, documented as None",
        "c defaults to 'x', documented as 'y'",
        "d defaults to (0.25, 0.75), documented as (25.0, 75.0)",
        "f defaults to True, documented as 1",
        "g is not documented",
    ]


def test_guard_detects_an_invalid_docstring():
    """numpydoc's complaints reach the test, and those on sections are kept off methods."""
    name = "numpydoc.docscrape.FunctionDoc.get_func"
    codes = {error[:4] for error in numpydoc_errors(name, FunctionDoc.get_func, FunctionDoc)}
    assert "GL08" in codes
    assert not codes & (IGNORED_EVERYWHERE | IGNORED_ON_METHODS_AND_EXCEPTIONS)
