"""What a splitter that wraps another one needs to know of it."""

import copy
from numbers import Integral

import numpy as np
from sklearn.model_selection import KFold, PredefinedSplit, TimeSeriesSplit, check_cv
from sklearn.utils.metadata_routing import get_routing_for_object

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
    return "an iterable of splits" if _is_iterable(splitter) else str(splitter)
