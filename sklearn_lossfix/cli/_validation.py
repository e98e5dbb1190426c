"""Held-out rows and folds: how many the table allows."""

from pathlib import Path

import numpy as np
from sklearn.model_selection import StratifiedGroupKFold, StratifiedShuffleSplit

from sklearn_lossfix.cli._errors import InputError

# Folds that `diagnose` uses by default; fewer where a class has fewer rows.
_N_FOLDS = 5


def held_out_share(validation):
    """The share of rows that ``--validation`` asks to hold out, or None where it names a file.

    Parameters
    ----------
    validation : str
        ``"0.25"``, ``"25%"`` or a file.

    Returns
    -------
    float or None

    Raises
    ------
    InputError
        If it is a number that is no share.
    """
    try:
        share = float(validation.removesuffix("%")) / (100 if validation.endswith("%") else 1)
    except ValueError:
        return None
    if Path(validation).is_file():
        return None
    if not 0 < share < 1:
        raise InputError(
            f"--validation: expected a file, or a share of the rows between 0 and 1 such as 0.25, "
            f"got {validation!r}."
        )
    return share


def hold_out(y, groups, share, seed):
    """Draw held-out rows: stratified, and whole groups where given.

    Parameters
    ----------
    y : ndarray of shape (n_rows,)
        Labels.
    groups : ndarray of shape (n_rows,) or None
        Groups.
    share : float
        Share of the rows to hold out; with groups, about that share.
    seed : int
        Seed.

    Returns
    -------
    train, test : ndarray of int

    Raises
    ------
    InputError
        If the rows do not suffice.
    """
    _check_counts(y, groups, "a share to hold out")
    rows = np.zeros((len(y), 1))
    if groups is not None:
        n_parts = max(2, round(1 / min(share, 1 - share)))
        splitter = StratifiedGroupKFold(n_parts, shuffle=True, random_state=seed)
    else:
        splitter = StratifiedShuffleSplit(1, test_size=share, random_state=seed)
    try:
        train, test = (np.sort(part) for part in next(splitter.split(rows, y, groups)))
    except ValueError as error:
        raise InputError(f"--validation: {error}") from error
    return (test, train) if groups is not None and share > 0.5 else (train, test)


def number_of_folds(y, groups, notes):
    """Folds that every class can be spread over, five at most.

    Parameters
    ----------
    y : ndarray of shape (n_rows,)
        Labels.
    groups : ndarray of shape (n_rows,) or None
        Groups, which stay together.
    notes : Notes
        Gets a line where there are fewer than five folds.

    Returns
    -------
    int

    Raises
    ------
    InputError
        If a class is too small for two folds.
    """
    label, count = _check_counts(y, groups, "scores out of fold")
    if count < _N_FOLDS:
        notes.add(
            f"{count} folds instead of {_N_FOLDS}: class {label!r} has only {count} "
            f"{'rows' if groups is None else 'groups'}."
        )
    return min(_N_FOLDS, count)


def _check_counts(y, groups, purpose):
    """The smallest class and its number of rows (or groups); InputError if that is one."""
    classes, codes = np.unique(y, return_inverse=True)
    unit, counts = "row", np.bincount(codes)
    if groups is not None:
        group_codes = np.unique(groups, return_inverse=True)[1]
        pairs = np.unique(np.column_stack([codes, group_codes]), axis=0)
        unit, counts = "group", np.bincount(pairs[:, 0])
    smallest = int(np.argmin(counts))
    label, count = str(classes[smallest]), int(counts[smallest])
    if count < 2:
        raise InputError(
            f"class {label!r} has a single {unit}, and {purpose} needs 2 of every class. Merge "
            f"it with another class, leave it out, or judge a fitted model with --effort fast."
        )
    return label, count
