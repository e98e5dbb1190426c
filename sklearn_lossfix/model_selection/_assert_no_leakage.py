"""Raise where a split leaks: one line for a test suite or the head of a script."""

import sys

import numpy as np
from scipy import sparse
from sklearn.utils.validation import _num_samples

from sklearn_lossfix.exceptions import LeakageError
from sklearn_lossfix.model_selection._leakage_checked_split import LeakageCheckedSplit
from sklearn_lossfix.model_selection._split_findings import ADVISORY, is_acting


def assert_no_leakage(
    X,
    y=None,
    *,
    cv=None,
    X_test=None,
    y_test=None,
    groups=None,
    times=None,
    groups_test=None,
    times_test=None,
    **options,
):
    """Run all checks of leakage, and raise if one finds a leak.

    For tests of a data pipeline: silent where nothing is found, which is no proof that nothing is
    there. Hidden entities, which are a guess, are no error; `LeakageCheckedSplit.audit` tells.

    Parameters
    ----------
    X : array-like, sparse matrix or dataframe of shape (n_rows, n_columns)
        Data; the training rows if `X_test` is given.
    y : array-like of shape (n_rows,), default=None
        Target; None leaves out the checks that read it.
    cv : int, splitter or iterable of (train, test), default=None
        What splits X; None is 5 folds. Not together with `X_test`.
    X_test, y_test : array-like, default=None
        Test rows, in the same kind of container as X, and their target.
    groups, times : array-like of shape (n_rows,), default=None
        What must stay together; when rows were seen.
    groups_test, times_test : array-like of shape (n_test,), default=None
        The same of the test rows.
    **options : dict
        Further parameters of `LeakageCheckedSplit`, such as `checks`, `ignore` or `alpha`.

    Raises
    ------
    LeakageError
        Naming every leak; its `report` holds all that was found.
    ValueError
        With both `cv` and `X_test`; with a target, groups or times of one part only.

    See Also
    --------
    LeakageCheckedSplit : Mends the folds instead.

    Examples
    --------
    >>> from sklearn.datasets import load_wine
    >>> from sklearn_lossfix.model_selection import assert_no_leakage
    >>> X, y = load_wine(return_X_y=True)
    >>> assert_no_leakage(X, y, checks=["group_overlap"], groups=range(len(y)))
    """
    if X_test is not None:
        if cv is not None:
            raise ValueError("Pass either cv, which splits X, or X_test, not both.")
        n_train, n_test = _num_samples(X), _num_samples(X_test)
        cv = [(np.arange(n_train), np.arange(n_train, n_train + n_test))]
        X = stacked(X, X_test, "X")
        y = _both(y, y_test, "y")
        groups = _both(groups, groups_test, "groups")
        if not isinstance(times, str | int):
            times = _both(times, times_test, "times")
    else:
        tests = {"y_test": y_test, "groups_test": groups_test, "times_test": times_test}
        given = [name for name, value in tests.items() if value is not None]
        if given:
            raise ValueError(f"{given[0]} was given without X_test. Pass both, or none of them.")
    if isinstance(times, str | int):
        options, times = {**options, "times": times}, None
    splitter = LeakageCheckedSplit(5 if cv is None else cv, **options)
    evidence = splitter._split_evidence(
        X, y, groups=groups, times=times, estimator=None, scoring=None
    )
    found = [leak for leak in evidence.leaks if is_acting(leak) and leak.check not in ADVISORY]
    if found:
        said = " ".join(f"[{leak.check}] {leak.message} {leak.fix}".strip() for leak in found)
        raise LeakageError(f"Leakage between training and test rows: {said}", report=evidence)


def _both(first, second, name):
    """Values of training and test rows together, or None where both are."""
    if first is None and second is None:
        return None
    if first is None or second is None:
        given, missing = (name, f"{name}_test") if second is None else (f"{name}_test", name)
        raise ValueError(f"{given} was given without {missing}. Pass both, or none of them.")
    return stacked(first, second, name)


def stacked(first, second, name):
    """Rows of two containers of one kind, one after the other.

    Parameters
    ----------
    first, second : array-like, sparse matrix or dataframe
        Containers.
    name : str
        What to call them in errors.

    Returns
    -------
    container of the same kind

    Raises
    ------
    ValueError
        For containers of different kinds, or with different columns.
    """
    kinds = [_kind(first), _kind(second)]
    if kinds[0] != kinds[1]:
        raise ValueError(
            f"{name} and {name}_test must be containers of one kind. Got {type(first).__name__} "
            f"and {type(second).__name__}; convert one of them."
        )
    columns = [list(getattr(part, "columns", ())) for part in (first, second)]
    widths = [np.shape(part)[1:] for part in (first, second)]
    if columns[0] != columns[1] or widths[0] != widths[1]:
        raise ValueError(
            f"{name} and {name}_test must have the same columns. Got "
            f"{columns[0] or widths[0]} and {columns[1] or widths[1]}."
        )
    if kinds[0] == "sparse":
        return sparse.vstack([first, second], format="csr")
    if kinds[0] in ("pandas", "polars"):
        concat = sys.modules[kinds[0]].concat
        return concat([first, second], **({"ignore_index": True} if kinds[0] == "pandas" else {}))
    if kinds[0] == "list":
        return [*first, *second]
    return np.concatenate([np.asarray(first), np.asarray(second)])


def _kind(container):
    """Library of a container: "sparse", "pandas", "polars", "list" or "array"."""
    if sparse.issparse(container):
        return "sparse"
    library = type(container).__module__.partition(".")[0]
    if library in ("pandas", "polars"):
        return library
    return "list" if isinstance(container, list | tuple | range) else "array"
