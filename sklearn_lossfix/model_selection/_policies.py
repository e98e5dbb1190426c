"""How folds are repaired: linked rows kept on one side, or training rows removed."""

import copy
import warnings
from dataclasses import dataclass
from numbers import Integral

import numpy as np
from scipy import sparse
from scipy.sparse.csgraph import connected_components
from sklearn.model_selection import (
    BaseShuffleSplit,
    GroupKFold,
    KFold,
    RepeatedKFold,
    RepeatedStratifiedKFold,
    StratifiedGroupKFold,
    StratifiedKFold,
    StratifiedShuffleSplit,
)
from sklearn.utils import _safe_indexing
from sklearn.utils.multiclass import type_of_target
from sklearn.utils.validation import _num_samples

from sklearn_lossfix._core._codes import sorted_codes
from sklearn_lossfix.exceptions import LeakageError, TooFewRowsError
from sklearn_lossfix.model_selection._rebalance import rebalanced_parts
from sklearn_lossfix.model_selection._wrapped_splitter import (
    is_regroupable,
    is_scikit_learns,
    narrowed,
    splitter_name,
    takes_groups,
)
from sklearn_lossfix.model_selection.leakage.time_overlap import overlapping_rows

# Splitters whose tests partition the rows, in turns if repeated; ShuffleSplit and its kind draw
# every split alone. Only these have parts of a known size that can be restored.
_PARTITIONING = (
    KFold,
    StratifiedKFold,
    GroupKFold,
    StratifiedGroupKFold,
    RepeatedKFold,
    RepeatedStratifiedKFold,
)
_STRATIFIED = (
    StratifiedKFold,
    StratifiedGroupKFold,
    RepeatedStratifiedKFold,
    StratifiedShuffleSplit,
)


@dataclass(frozen=True, eq=False)
class Components:
    """Sets of linked rows.

    Attributes
    ----------
    codes : ndarray of shape (n_rows,), dtype int
        Component of each row; numbered as they first occur.
    first : ndarray of shape (n_components,), dtype int
        First row of each: its representative. Rising.
    sizes : ndarray of shape (n_components,), dtype int
        Number of rows of each.
    """

    codes: np.ndarray
    first: np.ndarray
    sizes: np.ndarray

    @property
    def n_components(self):
        """Number of components."""
        return len(self.first)

    def are_pure(self, codes):
        """Whether all rows of each component are of one class.

        Parameters
        ----------
        codes : ndarray of shape (n_rows,), dtype int
            Class of each row.

        Returns
        -------
        ndarray of shape (n_components,), dtype bool
        """
        pure = np.ones(self.n_components, dtype=bool)
        # Components lie scattered: a table of few bytes stays in a core's cache.
        codes = narrowed(codes)
        pure[self.codes[codes != codes[self.first][self.codes]]] = False
        return pure


def linked_components(links, n_rows):
    """Join links of several kinds: rows that any of them puts together are together.

    Parameters
    ----------
    links : sequence of ndarray of shape (n_rows,), dtype int
        Rows with one number belong together; a negative number belongs to no other row.
    n_rows : int
        Number of rows.

    Returns
    -------
    Components
    """
    rows = np.arange(n_rows)
    # Given groups are the links of their check, too.
    distinct = {id(labels): labels for labels in links}.values()
    firsts = [_first_of_link(labels, rows) for labels in distinct]
    if not firsts:
        return Components(rows, rows, np.ones(n_rows, dtype=np.intp))
    first = firsts[0]
    if len(firsts) > 1:
        ends = [(rows[other != rows], other[other != rows]) for other in firsts]
        start, stop = (np.concatenate(side) for side in zip(*ends, strict=True))
        graph = sparse.coo_matrix(
            (np.ones(len(start), dtype=bool), (start, stop)), shape=(n_rows, n_rows)
        )
        first = _first_of_link(connected_components(graph, directed=False)[1], rows)
    is_first = first == rows
    codes = (np.cumsum(is_first) - 1)[first]
    representatives = np.flatnonzero(is_first)
    return Components(codes, representatives, np.bincount(codes, minlength=len(representatives)))


def _first_of_link(labels, rows):
    """First row with the label of each row; a row with a negative label is its own first."""
    known = np.empty(int(labels.max(initial=-1)) + 1, dtype=np.intp)
    # Backwards, so that the first row of a label is written last.
    backwards = rows[::-1]
    if labels.min(initial=0) >= 0:
        known[labels[::-1]] = backwards
        return known[labels]
    linked = labels[backwards] >= 0
    known[labels[backwards][linked]] = backwards[linked]
    first = rows.copy()
    first[labels >= 0] = known[labels[labels >= 0]]
    return first


def quotient_split(base, X, y, components, *, with_groups=False):
    """Split components instead of rows, and give every row the part of its component.

    The wrapped splitter sees one representative per component: with the class that it holds the
    largest share of, or the mean of its rows where `y` is a number. Then components are moved
    between the parts of scikit-learn's splitters until parts (and classes in them, of stratified
    splitters) are as large as the splitter makes them for single rows.

    Parameters
    ----------
    base : splitter
        Not TimeSeriesSplit, PredefinedSplit or an iterable.
    X : array-like of shape (n_rows, n_features)
        Data: read by splitters that are not scikit-learn's.
    y : array-like of shape (n_rows,) or None
        Target.
    components : Components
        What stays together.
    with_groups : bool, default=False
        Whether `base` takes groups: the components are its groups.

    Yields
    ------
    train, test : ndarray of int
        Row numbers, rising.
    """
    y, codes = _representatives(y, components)
    base = _with_shares(base, len(components.codes))
    if is_scikit_learns(base):  # it counts the rows of X and does not read them
        X, y = np.empty((components.n_components, 0)), narrowed(y)
    else:
        X = _safe_indexing(X, components.first)
    groups = np.arange(components.n_components) if with_groups else None
    splits = base.split(X, y, groups) if with_groups else base.split(X, y)
    if not isinstance(base, _STRATIFIED):
        codes = None
    # A subclass may draw something else.
    if type(base) in _PARTITIONING:
        is_repeated = isinstance(base, RepeatedKFold | RepeatedStratifiedKFold)
        n_splits = None if is_repeated else base.get_n_splits()
        yield from _expanded_partitions(splits, components, codes, n_splits)
    else:
        is_sized = isinstance(base, BaseShuffleSplit)
        for train, test in splits:
            part = np.full(components.n_components, 2)
            part[train], part[test] = 0, 1
            if is_sized:
                part = rebalanced_parts(part, components, codes)
            part = part[components.codes]
            yield np.flatnonzero(part == 0), np.flatnonzero(part == 1)


def _with_shares(base, n_rows):
    """A splitter whose sizes are shares: numbers of rows are no numbers of components."""
    sizes = {
        name: getattr(base, name) / n_rows
        for name in ("test_size", "train_size")
        if isinstance(getattr(base, name, None), Integral)
    }
    if sizes:
        base = copy.copy(base)
        vars(base).update(sizes)
    return base


def _expanded_partitions(splits, components, codes, n_splits=None):
    """Folds of a splitter whose tests partition the components, once or several times.

    With `n_splits` the splitter does so once, and the last fold is what the others leave.
    """
    fold = np.full(components.n_components, -1)
    number = 0
    for _, test in splits:
        fold[test] = number
        number += 1
        is_last_but_one = number + 1 == n_splits
        if is_last_but_one:
            fold[fold < 0] = number
            number += 1
        elif (fold < 0).any():
            continue
        # Few bytes a component are looked up quicker.
        rows = narrowed(rebalanced_parts(fold, components, codes))[components.codes]
        for k in range(number):
            is_test = rows == k
            yield np.flatnonzero(~is_test), np.flatnonzero(is_test)
        if is_last_but_one:
            return
        fold = np.full(components.n_components, -1)
        number = 0


def kind_of_target(y):
    """What scikit-learn calls a target, without older versions' warning that it may be numbers."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "The number of unique classes", UserWarning)
        return type_of_target(y, input_name="y")


def _representatives(y, components):
    """Target of every component, and the code of the class of every row (None for numbers)."""
    if y is None:
        return None, None
    if sparse.issparse(y):
        y = y.toarray()
    array = y.to_numpy() if hasattr(y, "to_numpy") else np.asarray(y)
    # One column of whole numbers is always classes.
    kind = "multiclass" if array.ndim == 1 and array.dtype.kind in "iu" else kind_of_target(array)
    if kind in ("binary", "multiclass"):
        classes, codes = sorted_codes(array.ravel())
        return classes[_leading_class(codes, components)], codes
    if kind.startswith("multi"):
        codes = np.unique(array, axis=0, return_inverse=True)[1].ravel()
        return array[components.first], codes
    if array.ndim == 1 and array.dtype.kind in "fiu":
        return np.bincount(components.codes, array) / components.sizes, None
    return array[components.first], None


def _leading_class(codes, components):
    """The class of which a component holds the largest share; of equal ones the first in order.

    The commonest class of a component would often be that of the table, and leave a stratified
    splitter without components of the others.
    """
    leading = codes[components.first]
    rows = np.flatnonzero(~components.are_pure(codes)[components.codes])
    if not rows.size:
        return leading
    totals = np.bincount(codes)
    pairs, counts = np.unique(
        components.codes[rows] * len(totals) + codes[rows], return_counts=True
    )
    component, code = np.divmod(pairs, len(totals))
    # The last entry of a component wins: greatest share, then smallest code.
    order = np.lexsort((-code, counts / totals[code], component))
    leading[component[order]] = code[order]
    return leading


def purge(folds, *, components=None, times=None, horizon=0.0, embargo=0.0):
    """Remove the training rows that know test rows; test parts are untouched.

    Parameters
    ----------
    folds : sequence of (train, test) pairs of int arrays
        Row numbers.
    components : Components or None, default=None
        Training rows in a component of a test row go.
    times : ndarray of shape (n_rows,) or None, default=None
        Training rows whose label overlaps with a test row go.
    horizon, embargo : float, default=0.0
        How long labels look ahead, and the gap after a test row.

    Returns
    -------
    list of (train, test) pairs
        The same objects where nothing was removed.
    """
    return [
        (_without(train, _knows(train, test, components, times, horizon, embargo)), test)
        for train, test in folds
    ]


def _without(train, gone):
    """Training rows that stay; the same array if all do."""
    return train[~gone] if gone.any() else train


def _knows(train, test, components, times, horizon, embargo):
    """Which training rows know a test row."""
    gone = np.zeros(len(train), dtype=bool)
    if components is not None:
        tested = np.zeros(components.n_components, dtype=bool)
        tested[components.codes[test]] = True
        gone |= tested[components.codes[train]]
    if times is not None:
        gone |= overlapping_rows(times[train], times[test], horizon, embargo)
    return gone


def check_purged(folds, purged, y):
    """Refuse training parts that a purge emptied, or took a whole class from.

    Raises
    ------
    TooFewRowsError
        Naming the fold, and what to do.
    """
    codes = (
        _representatives(y, linked_components([], _num_samples(y)))[1] if y is not None else None
    )
    if codes is not None:
        n_classes = len(np.unique(codes))
        if any(len(np.unique(codes[train])) < n_classes for train, _ in folds):
            codes = None  # not drawn to hold every class: whole numbers of a regression
    for number, ((before, _), (after, _)) in enumerate(zip(folds, purged, strict=True)):
        advice = (
            "Use more or smaller test parts, on_leak='group' where the splitter allows it, or "
            "collect rows that are not linked to each other."
        )
        if len(before) and not len(after):
            raise TooFewRowsError(
                f"on_leak='drop' leaves no training row in fold {number}: all {len(before):,} are "
                f"linked to test rows. {advice}"
            )
        if codes is None or len(after) == len(before):
            continue
        lost = np.setdiff1d(codes[before], codes[after])
        if lost.size:
            row = int(before[codes[before] == lost[0]][0])
            raise TooFewRowsError(
                f"on_leak='drop' leaves no training row of the class of row {row} in fold "
                f"{number}: all of its rows are linked to test rows. {advice}"
            )


def check_regroupable(base, components, largest_given, max_component_share):
    """Refuse to regroup what cannot be: fixed folds, or one component that swallows the data.

    Parameters
    ----------
    base : splitter
        The wrapped splitter.
    components : Components
        What would stay together.
    largest_given : int
        Rows of the largest group that the user gave: as large a component is wanted.
    max_component_share : float
        Largest share of the rows that linked rows may be otherwise.

    Raises
    ------
    LeakageError
        Saying what to do instead.
    """
    if not is_regroupable(base):
        raise LeakageError(
            f"on_leak='group' cannot draw the folds of {splitter_name(base)} anew: they are tied "
            f"to the rows as they stand. Use on_leak='drop', which removes training rows and "
            f"leaves the test parts as they are."
        )
    largest, n_rows = int(components.sizes.max()), len(components.codes)
    if largest > max(largest_given, max_component_share * n_rows):
        raise LeakageError(
            f"on_leak='group' would keep {largest:,} of {n_rows:,} rows on one side "
            f"({largest / n_rows:.0%}), above max_component_share={max_component_share:g}: links "
            f"chain rows together that need not know each other. Use on_leak='drop', lower `near` "
            f"if copies are not exact, or raise max_component_share."
        )


def regrouped_folds(base, X, y, data, leaks):
    """Folds of a splitter that keep on one side what leaks, and given groups.

    Parameters
    ----------
    base : splitter
        The wrapped splitter.
    X : array-like of shape (n_rows, n_features)
        Data.
    y : array-like of shape (n_rows,) or None
        Target.
    data : SplitData
        Groups and options.
    leaks : dict of str to Leak
        What to mend.

    Returns
    -------
    iterable of (train, test)

    Raises
    ------
    LeakageError
        If that is impossible.
    """
    _refuse_unsorted(leaks, "group")
    links = [leak.links for leak in leaks.values() if leak.links is not None]
    largest_given = 0
    if data.groups is not None:
        links.append(data.groups)
        largest_given = int(np.bincount(data.groups).max())
    components = linked_components(links, data.n_rows)
    check_regroupable(base, components, largest_given, data.options.max_component_share)
    if "time_overlap" in leaks and leaks["time_overlap"].links is None:
        raise LeakageError(
            "on_leak='group' cannot keep rows with overlapping labels on one side: they follow "
            "each other so closely that they are one chain. Use on_leak='drop'."
        )
    return quotient_split(base, X, y, components, with_groups=takes_groups(base))


def purged_folds(folds, y, data, leaks):
    """Folds without the training rows that leak, as they were drawn otherwise.

    Parameters
    ----------
    folds : list of (train, test)
        As the wrapped splitter yields them.
    y : array-like of shape (n_rows,) or None
        Target.
    data : SplitData
        The same folds as row numbers; times and options.
    leaks : dict of str to Leak
        What to mend.

    Returns
    -------
    list of (train, test)
        Parts that do not change are the same objects.

    Raises
    ------
    LeakageError
        If removing rows does not help.
    TooFewRowsError
        If a training part loses all its rows, or a class.
    """
    _refuse_unsorted(leaks, "drop")
    purged = leak_free_folds(data, leaks.values())
    check_purged(data.folds, purged, y)
    return [
        (train if kept is read else kept, test)
        for (train, test), (read, _), (kept, _) in zip(folds, data.folds, purged, strict=True)
    ]


def leak_free_folds(data, leaks):
    """The folds of some data without the training rows that leak; test parts are untouched."""
    # Rows on one chain of overlapping labels need not overlap: times are judged fold by fold.
    links = [
        leak.links for leak in leaks if leak.links is not None and leak.check != "time_overlap"
    ]
    return purge(
        data.folds,
        components=linked_components(links, data.n_rows) if links else None,
        times=data.times if any(leak.check == "time_overlap" for leak in leaks) else None,
        horizon=data.options.horizon,
        embargo=data.options.embargo,
    )


def _refuse_unsorted(leaks, on_leak):
    """Refuse folds that walk forward over rows that are not sorted by time."""
    for leak in leaks.values():
        if leak.details.get("kind") == "unsorted":
            raise LeakageError(f"{leak.message} on_leak={on_leak!r} cannot mend that. {leak.fix}")
