"""Rows with equal features, in any container."""

import numbers

import numpy as np
from scipy import sparse


def equal_row_codes(X):
    """Code rows so that two rows have one code exactly if all their features are equal.

    Missing values equal each other, and 0.0 equals -0.0.

    Parameters
    ----------
    X : array, sparse matrix or dataframe of shape (n_rows, n_features)
        Features of any dtype.

    Returns
    -------
    ndarray of shape (n_rows,), dtype int
    """
    if sparse.issparse(X):
        rows = sparse.csr_array(X, copy=True)
        rows.sum_duplicates()
        rows.eliminate_zeros()
        keys = [
            rows.indices[a:b].tobytes() + rows.data[a:b].tobytes()
            for a, b in zip(rows.indptr[:-1], rows.indptr[1:], strict=True)
        ]
        return _first_seen(keys)
    if hasattr(X, "columns"):
        columns = [np.asarray(X[name]) for name in X.columns]
    else:
        array = np.asarray(X)
        array = array.reshape(len(array), -1)  # texts are one feature, pixels of images many
        if array.dtype.kind in "biuf":
            return _numeric_codes(array)
        columns = list(array.T)
    if not columns:
        return np.zeros(len(X), dtype=np.intp)
    return _numeric_codes(np.column_stack([_column_codes(column) for column in columns]))


def _column_codes(column):
    """Codes of one column's values; all missing values share one."""
    if column.dtype.kind in "biuf":
        return np.unique(column, return_inverse=True)[1]
    return _first_seen([_hashable(value) for value in column])


def _hashable(value):
    """A key for any cell: type and value, with one key for everything that is missing."""
    # pandas' NA comes first: comparing it gives NA, which has no truth value.
    if value is None or type(value).__name__ in ("NAType", "NaTType"):
        return None
    if isinstance(value, numbers.Real) and value != value:
        return None
    if isinstance(value, np.ndarray):
        value = value.tolist()  # a long array is cut when it is printed
    if isinstance(value, float) and value == 0:
        value = abs(value)  # -0.0 is 0.0
    return type(value).__name__, str(value)


def _first_seen(keys):
    """Number keys in the order in which they are first seen."""
    numbers = {}
    return np.array([numbers.setdefault(key, len(numbers)) for key in keys], dtype=np.intp)


def _numeric_codes(array):
    """Codes of the rows of a numeric array, by their bytes."""
    if array.shape[1] == 0:
        return np.zeros(len(array), dtype=np.intp)
    array = np.ascontiguousarray(array)
    if array.dtype.kind == "f":
        array = array + 0.0  # -0.0 becomes 0.0; a copy, so the user's data stay as they are
        array[np.isnan(array)] = np.nan  # one bit pattern for all missing values
    width = array.dtype.itemsize * array.shape[1]
    return np.unique(array.view(np.dtype((np.void, width))).ravel(), return_inverse=True)[1]


def label_conflicts(X, y, sample_weight=None, n_shown=50):
    """Find rows whose features occur with more than one label.

    Parameters
    ----------
    X : array, sparse matrix or dataframe of shape (n_rows, n_features)
        Features.
    y : ndarray of shape (n_rows,), dtype int
        Class codes.
    sample_weight : ndarray of shape (n_rows,), default=None
        Weights.
    n_shown : int, default=50
        Rows listed at most.

    Returns
    -------
    dict
        ``n_rows`` and ``share`` of the rows in conflict; ``least_error``, the error that even the
        best answer per distinct row makes on these data; ``rows``, the first of them.
    """
    codes = np.asarray(equal_row_codes(X)).ravel()
    weight = np.ones(len(y)) if sample_weight is None else sample_weight
    n_classes = int(y.max()) + 1
    pairs, pair_of_row = np.unique(codes * n_classes + y, return_inverse=True)
    pair_weight = np.bincount(pair_of_row, weight)
    group = pairs // n_classes
    labels_in_group = np.bincount(group)
    best = np.zeros(len(labels_in_group))
    np.maximum.at(best, group, pair_weight)
    in_conflict = labels_in_group[codes] > 1
    total = weight.sum()
    return {
        "n_rows": int(np.count_nonzero(in_conflict)),
        "share": float(weight[in_conflict].sum() / total),
        "least_error": float(max(0.0, 1.0 - best.sum() / total)),
        "rows": np.flatnonzero(in_conflict)[:n_shown],
    }
