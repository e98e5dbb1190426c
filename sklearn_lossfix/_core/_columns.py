"""Tables of numbers as transformers read them: containers, dtypes, names, and weighted columns."""

import numpy as np

from sklearn_lossfix._core._quantiles import WeightedColumns
from sklearn_lossfix._core._validation import refuse_lazy

#: Dtypes that are read as they are: selection compares integers as integers.
NUMERIC_DTYPES = [
    np.float64,
    np.float32,
    np.float16,
    *(np.dtype(f"{sign}int{bits}").type for sign in ("", "u") for bits in (8, 16, 32, 64)),
    np.bool_,
]

# Names in a message before the rest is counted.
MAX_NAMES = 5

# Beginnings of the names that pandas and polars give to dtypes of dates, times and durations.
_TIME_DTYPES = ("datetime", "timedelta", "date", "duration", "time", "period", "interval")


def named(names):
    """A few names for a message, and how many more there are."""
    names = list(names)
    shown = ", ".join(repr(str(name)) for name in names[:MAX_NAMES])
    more = len(names) - MAX_NAMES
    return f"{shown} and {more} more" if more > 0 else shown


def container_dtypes(X):
    """Names and dtypes of the columns of a dataframe, as strings; None for what is none."""
    if not (hasattr(X, "columns") and hasattr(X, "dtypes")):
        return None
    return [(str(name), str(dtype)) for name, dtype in zip(X.columns, X.dtypes, strict=True)]


def column_dtypes(X, checked):
    """Dtypes of the columns as they came, as strings.

    Parameters
    ----------
    X : array-like or dataframe of shape (n_rows, n_columns)
        As the user passed it.
    checked : ndarray or sparse matrix of shape (n_rows, n_columns)
        The same as an array, which stands in for lists.
    """
    columns = container_dtypes(X)
    if columns is not None:
        return [dtype for _, dtype in columns]
    return [str(getattr(X, "dtype", checked.dtype))] * checked.shape[1]


def check_container(X):
    """Refuse lazy tables and columns of times before anything is converted.

    Raises
    ------
    TypeError
        With the names of the columns and what to do.
    """
    refuse_lazy(X, "X")
    columns = container_dtypes(X)
    if columns is not None:
        times = [name for name, dtype in columns if dtype.lower().startswith(_TIME_DTYPES)]
    else:
        dtype = getattr(X, "dtype", None)
        times = [f"all ({dtype})"] if getattr(dtype, "kind", "") in ("m", "M") else []
    if times:
        raise TypeError(
            f"X holds dates, times or durations in the columns {named(times)}; numbers were "
            f"expected. As integers their scale would depend on the unit they are stored in. Turn "
            f"them into numbers first, for instance days since a date, or select other columns."
        )


def text_columns(X):
    """Names of the columns of a dataframe that cannot be read as numbers."""
    found = []
    for position, (name, _) in enumerate(container_dtypes(X) or ()):
        column = X.iloc[:, position] if hasattr(X, "iloc") else X[:, position]
        try:
            np.asarray(column, dtype=np.float64)
        except (TypeError, ValueError):
            found.append(name)
    return found


def sparse_columns(X, sample_weight=None):
    """Columns of a CSC matrix: stored values, and one zero that weighs as much as all the others.

    Parameters
    ----------
    X : CSC matrix of shape (n_rows, n_columns)
        Without repeated entries.
    sample_weight : ndarray of shape (n_rows,), default=None
        Positive weights.

    Returns
    -------
    WeightedColumns
    """
    n_rows = X.shape[0]
    total = float(n_rows) if sample_weight is None else sample_weight.sum()
    columns = []
    for start, stop in zip(X.indptr[:-1], X.indptr[1:], strict=True):
        values, rows = X.data[start:stop], X.indices[start:stop]
        weights = np.ones(rows.size) if sample_weight is None else sample_weight[rows]
        zero = 0.0 if rows.size == n_rows else max(total - weights.sum(), 0.0)
        columns.append((np.append(values, values.dtype.type(0)), np.append(weights, zero)))
    return WeightedColumns(columns)


def entry_columns(X):
    """Column of every stored entry of a CSR or CSC matrix."""
    if X.format == "csr":
        return X.indices
    return np.repeat(np.arange(X.shape[1]), np.diff(X.indptr))


def without_duplicates(X):
    """A sparse matrix with every entry once: the same object where that is so."""
    if X.has_canonical_format:
        return X
    X = X.copy()
    X.sum_duplicates()
    return X


def sparse_counts(X):
    """Rows, missing and infinite values of the columns of a CSR or CSC matrix.

    Returns
    -------
    dict of str to int or ndarray of shape (n_columns,)
        ``n_rows``, ``n_missing``, ``n_infinite``.
    """
    columns = entry_columns(X)
    data = X.data if X.data.dtype.kind == "f" else np.zeros(0)
    return {
        "n_rows": X.shape[0],
        "n_missing": np.bincount(columns[np.flatnonzero(np.isnan(data))], minlength=X.shape[1]),
        "n_infinite": np.bincount(columns[np.flatnonzero(np.isinf(data))], minlength=X.shape[1]),
    }


def joined(results):
    """One dictionary of arrays from those of consecutive columns."""
    results = list(results)
    return {key: np.concatenate([result[key] for result in results], axis=-1) for key in results[0]}
