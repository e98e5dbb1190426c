"""Which rows are trained on, and which are held out to stop by."""

from fractions import Fraction
from itertools import islice
from typing import NamedTuple

import numpy as np
from sklearn.model_selection import StratifiedGroupKFold

from sklearn_lossfix._core._caught_warnings import caught_warnings
from sklearn_lossfix._core._oof import fix_folds
from sklearn_lossfix.exceptions import TooFewRowsError

# Folds that groups are dealt into, unless a smaller part than one of them is wanted: some number of
# so many folds or fewer is within a fortieth of any share, and usually much nearer.
_FOLDS_OF_GROUPS = 20


class HeldOut(NamedTuple):
    """Rows in two parts.

    Attributes
    ----------
    train, validation : ndarray of int
        Row numbers, increasing.
    """

    train: np.ndarray
    validation: np.ndarray


def hold_out(codes, fraction, seed, groups=None):
    """Hold out a share of every class.

    Parameters
    ----------
    codes : ndarray of shape (n_samples,), dtype int
        Class codes.

    fraction : float
        Share of the rows.

    seed : int
        Seed of the draw.

    groups : ndarray of shape (n_samples,), dtype int, default=None
        Codes of groups that are held out whole.

    Returns
    -------
    HeldOut
        Every class of two rows or more has rows in both parts, unless groups stand against it:
        then rather in the part to train on.

    Raises
    ------
    TooFewRowsError
        If there is one group, or no class has two rows.
    """
    if groups is not None:
        return _hold_out_groups(codes, fraction, seed, groups)
    rng = np.random.RandomState(seed)
    # StratifiedShuffleSplit refuses classes of one row and parts smaller than the classes are many.
    held_out = []
    for code in np.unique(codes):
        members = rng.permutation(np.flatnonzero(codes == code))
        wanted = max(round(fraction * len(members)), 1)
        held_out.append(members[: min(wanted, len(members) - 1)])
    return _parts(np.concatenate(held_out), len(codes))


def _hold_out_groups(codes, fraction, seed, groups):
    """Hold out as many stratified folds of groups as come to the share wanted."""
    n_groups = len(np.unique(groups))
    if n_groups < 2:
        raise TooFewRowsError(
            "groups holds one group, and a group is held out whole: nothing would be left to train "
            "on. Expected at least two groups; leave groups out to hold out rows."
        )
    # StratifiedGroupKFold refuses more folds than every class has rows.
    most = min(n_groups, int(np.bincount(codes).max()))
    if most < 2:
        return _parts([], len(codes))
    n_held_out, n_splits = folds_of_share(fraction, most)
    splitter = StratifiedGroupKFold(n_splits, shuffle=True, random_state=seed)
    with caught_warnings():  # that a class has fewer rows than folds: not every fold needs one
        folds = [test for _, test in splitter.split(codes, codes, groups) if len(test)]
    n_held_out = min(n_held_out, len(folds) - 1)
    # Each fold and those that follow it, in a circle.
    choices = [
        np.concatenate([folds[(first + k) % len(folds)] for k in range(n_held_out)])
        for first in range(len(folds))
    ]

    def rank(held_out):
        n_trained = len(np.unique(np.delete(codes, held_out)))
        n_judged = len(np.unique(codes[held_out]))
        return -n_trained, -n_judged, abs(len(held_out) / len(codes) - fraction)

    return _parts(min(choices, key=rank), len(codes))


def folds_of_share(fraction, most):
    """How many of how many folds come nearest to a share of the rows.

    Parameters
    ----------
    fraction : float in (0, 1)
        The share.

    most : int
        Folds that can be made, at least two.

    Returns
    -------
    n_held_out, n_splits : int
        At least one fold is held out, and at least one is not.
    """
    enough = max(_FOLDS_OF_GROUPS, round(1 / min(fraction, 1 - fraction)))
    share = Fraction(float(fraction)).limit_denominator(min(most, enough))
    if share in (0, 1):  # nearer to nothing, or to all, than to a single fold
        n_splits = min(most, enough)
        return (1 if share == 0 else n_splits - 1), n_splits
    return share.numerator, share.denominator


def _parts(held_out, n_rows):
    """Both parts in the order of the rows."""
    if len(held_out) == 0:
        raise TooFewRowsError(
            f"No rows can be held out of {n_rows}: every class has a single row. Expected at least "
            "two rows of a class."
        )
    mask = np.zeros(n_rows, dtype=bool)
    mask[held_out] = True
    return HeldOut(np.flatnonzero(~mask), np.flatnonzero(mask))


def first_split(splitter, X, y, params):
    """Take the first split of a splitter, or of a list of splits.

    Parameters
    ----------
    splitter : splitter or list of (train, validation)
        What the user gave.

    X : array-like of shape (n_samples, n_features)
        Data.

    y : ndarray of shape (n_samples,)
        Labels.

    params : dict
        Arguments of `split`.

    Returns
    -------
    HeldOut

    Raises
    ------
    ValueError
        If there is no split, or it is empty, out of range, or trains on rows that it holds out.
    """
    splits = splitter.split(X, y, **params) if hasattr(splitter, "split") else splitter
    first = list(islice(splits, 1))
    if not first or len(first[0]) != 2:
        raise ValueError(
            "validation gave no split. Expected a splitter, or a list with one pair of arrays: the "
            "rows to train on and the rows to hold out."
        )
    train, held_out = map(np.sort, fix_folds(first, X, y).splits[0])
    shared = np.intersect1d(train, held_out)
    if len(shared):
        raise ValueError(
            f"validation holds out {len(shared)} rows that it trains on (first: "
            f"{shared[:5].tolist()}). Expected parts without a row in common: a model looks good "
            "on rows it has seen for ever, and training would not stop."
        )
    return HeldOut(train, held_out)


def check_training_part(codes):
    """Raise TooFewRowsError if the rows to train on hold a single class.

    Parameters
    ----------
    codes : ndarray of shape (n_train,), dtype int
        Their class codes.
    """
    if len(np.unique(codes)) < 2:
        raise TooFewRowsError(
            "The rows to train on hold a single class. Expected at least two: hold out fewer rows, "
            "or other groups."
        )
