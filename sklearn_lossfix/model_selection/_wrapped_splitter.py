"""What a splitter that wraps another one needs to know of it."""

import copy
from numbers import Integral

import numpy as np
from sklearn.model_selection import KFold, PredefinedSplit, TimeSeriesSplit, check_cv
from sklearn.utils.metadata_routing import get_routing_for_object

from sklearn_lossfix._core._validation import check_groups

# Splitters whose folds are tied to the rows as they stand.
_FIXED = (TimeSeriesSplit, PredefinedSplit)


def resolve_splitter(cv, y, random_state=None):
    """A splitter from what users pass as `cv`.

    Parameters
    ----------
    cv : int, splitter, iterable of (train, test) or None
        None is 5 folds; numbers of folds are stratified where `y` holds classes.
    y : array-like of shape (n_rows,) or None
        Target.
    random_state : int or None, default=None
        Seed for a splitter that shuffles and has none.

    Returns
    -------
    splitter
        The same object where nothing had to be changed.
    """
    cv = 5 if cv is None else cv
    if isinstance(cv, Integral):
        splitter = check_cv(cv, y, classifier=True)
        # Whole numbers that hardly repeat are no classes: no fold could hold one of each.
        if not isinstance(splitter, KFold) and _largest_class(y) < cv:
            splitter = KFold(cv)
        return splitter
    splitter = check_cv(cv)
    if (
        random_state is not None
        and getattr(splitter, "shuffle", True)
        and getattr(splitter, "random_state", 0) is None
    ):
        splitter = copy.copy(splitter)
        splitter.random_state = random_state
    return splitter


def _largest_class(y):
    """Rows of the commonest label."""
    array = y.to_numpy() if hasattr(y, "to_numpy") else np.asarray(y)
    return int(np.unique(array, return_counts=True)[1].max())


def takes_groups(splitter):
    """Whether a splitter uses groups: some of those that do not warn when they get any."""
    if not hasattr(splitter, "get_metadata_routing"):
        return True
    return bool(get_routing_for_object(splitter).consumes("split", ["groups"]))


def is_scikit_learns(splitter):
    """Whether a splitter is one of scikit-learn's own, and no subclass from elsewhere."""
    return type(splitter).__module__.startswith("sklearn.")


def narrowed(y):
    """Whole numbers of a target in 8 or 16 bits if these hold them: NumPy sorts such by radix.

    Parameters
    ----------
    y : object
        Anything else than an array of integers comes back as it is.

    Returns
    -------
    object
        Equal values.
    """
    if not isinstance(y, np.ndarray) or y.dtype.kind not in "iu" or not y.size:
        return y
    low, high = y.min(), y.max()
    for dtype in (np.int8, np.int16):
        if y.dtype.itemsize <= np.dtype(dtype).itemsize:
            break
        if np.iinfo(dtype).min <= low and high <= np.iinfo(dtype).max:
            return y.astype(dtype)
    return y


def base_folds(splitter, X, y, groups):
    """The folds of a splitter, as it yields them.

    Parameters
    ----------
    splitter : splitter
        Any.
    X : array-like of shape (n_rows, n_columns)
        Data.
    y, groups : array-like of shape (n_rows,) or None
        Groups are handed over only to a splitter that takes them.

    Returns
    -------
    iterable of (train, test)
    """
    y = narrowed(y) if is_scikit_learns(splitter) else y
    return splitter.split(X, y, groups) if takes_groups(splitter) else splitter.split(X, y)


def folds_to_regroup(folds, groups, n_rows):
    """Folds up to the first one that has a given group on both sides: no more need be drawn.

    Parameters
    ----------
    folds : iterable of (train, test)
        As a splitter yields them: row numbers or masks.
    groups : array-like of shape (n_rows,)
        What belongs together.
    n_rows : int
        Number of rows.

    Returns
    -------
    list of (train, test)
        All folds where no group is parted.
    """
    codes, drawn = check_groups(groups, n_rows), []
    for train, test in folds:
        drawn.append((train, test))
        trained = np.zeros(int(codes.max()) + 1, dtype=bool)
        trained[codes[train]] = True
        if trained[codes[test]].any():
            break
    return drawn


def fixed_n_splits(splitter):
    """Number of splits, or None where it depends on the rows or the groups."""
    try:
        return splitter.get_n_splits()
    except (TypeError, ValueError):
        return None


def is_unseeded(splitter):
    """Whether two calls of a splitter give different folds."""
    return bool(getattr(splitter, "shuffle", True) and getattr(splitter, "random_state", 0) is None)


def is_regroupable(splitter):
    """Whether the folds of a splitter can be drawn anew with linked rows on one side."""
    return not isinstance(splitter, _FIXED) and not _is_iterable(splitter)


def _is_iterable(splitter):
    """Whether it is the wrapper, without a public name, that check_cv puts around splits."""
    return type(splitter).__name__ == "_CVIterableWrapper"


def splitter_name(splitter):
    """What to call a splitter in a sentence."""
    if _is_iterable(splitter):
        return "an iterable of splits"
    # scikit-learn breaks the texts of splitters with many parameters into lines.
    return " ".join(str(splitter).split())
