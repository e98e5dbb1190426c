"""Warn where the user called, however deep inside the package the reason was found."""

import sys
import warnings

# Modules whose frames are not the user's: this package, and what calls it back.
_INNER = ("sklearn_lossfix", "sklearn", "imblearn", "joblib")


def warn_user(message, category):
    """Warn, pointing at the innermost call that was made from outside.

    Parameters
    ----------
    message : str
        What to say.
    category : type
        Class of the warning.
    """
    frame, level = sys._getframe(1), 2
    while frame is not None and _is_inner(frame.f_globals.get("__name__", "")):
        frame, level = frame.f_back, level + 1
    warnings.warn(message, category, stacklevel=level)


def _is_inner(module):
    """Whether a module belongs to this package or to what runs it."""
    return module.partition(".")[0] in _INNER
