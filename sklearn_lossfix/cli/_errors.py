"""Errors as one line that says what was expected, what came and what to do."""

import difflib

import click

from sklearn_lossfix.diagnosis._text import printable

# Names listed in an error where none is near enough to suggest.
_MAX_LISTED = 20
# Characters of an error that are shown: scikit-learn's longest messages hold whole tracebacks.
_MAX_LENGTH = 600


class InputError(click.ClickException):
    """What the user gave cannot be worked with; the message is the one line that is shown."""

    exit_code = 2


def one_line(text):
    """Text on one line, without characters that would drive the terminal, and not endless."""
    line = printable(" ".join(str(text).split()))
    if len(line) > _MAX_LENGTH:
        return line[: _MAX_LENGTH - 30].rsplit(" ", 1)[0] + " ... (--debug shows all)"
    return line


def listed(names):
    """Names in quotes, separated by commas; those beyond the twentieth are only counted."""
    names = [repr(str(name)) for name in names]
    more = len(names) - _MAX_LISTED
    text = ", ".join(names[:_MAX_LISTED])
    return f"{text} and {more} more" if more > 0 else text


def suggestion(name, known):
    """``Did you mean 'a' or 'b'?``, or the known names where none is near."""
    by_fold = {str(other).casefold(): str(other) for other in known}
    near = difflib.get_close_matches(str(name).casefold(), by_fold, n=3)
    if near:
        return f"Did you mean {' or '.join(repr(by_fold[key]) for key in near)}?"
    return f"Known: {listed(known)}."
