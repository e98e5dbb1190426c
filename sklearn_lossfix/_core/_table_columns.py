"""Kinds of columns of a table: categories, booleans, times; and whether values are missing.

Dataframes are known by their attributes, so that neither pandas nor polars is imported.
"""

import re

import numpy as np
from scipy import sparse

from sklearn_lossfix._core._columns import _TIME_DTYPES, container_dtypes, named

# Beginnings of the names that pandas, polars and pyarrow give to dtypes of text and categories, in
# lower case. pandas stores text as object, str or string.
_CATEGORY_DTYPES = re.compile(r"object|str$|string|large_string|utf8|categor|enum|dictionary")

# The same for truth values: "bool", "boolean", "Boolean", "bool[pyarrow]", "Sparse[bool, False]".
_BOOLEAN_DTYPES = re.compile(r"bool|sparse\[bool")

# Types of missing values that are not equal to anything, not even unequal.
_MISSING_TYPES = ("NAType", "NaTType")


def categorical_columns(X, categorical_features="from_dtype"):
    """Positions of the columns that hold categories.

    Parameters
    ----------
    X : array-like, sparse matrix or dataframe of shape (n_rows, n_columns)
        Data.
    categorical_features : "from_dtype" or array-like, default="from_dtype"
        A mask of shape (n_columns,), positions, or names of columns of a dataframe. With
        "from_dtype" the columns of text and of categories, by their dtype in a dataframe; in
        arrays of objects and in lists the columns with a string in them. Integers and booleans are
        numbers, however few values they have.

    Returns
    -------
    ndarray of shape (n_categorical,), dtype int
        In rising order, without repeats.

    Raises
    ------
    ValueError
        For a mask of another length, positions out of range, unknown names, or names for what is
        no dataframe.
    """
    if isinstance(categorical_features, str):
        if categorical_features != "from_dtype":
            raise ValueError(
                "categorical_features must be 'from_dtype', or a list of names or positions, or a "
                f"mask. Got {categorical_features!r} instead; put a single name into a list."
            )
        return _from_dtypes(X)
    n_columns = _n_columns(X)
    wanted = np.asarray([] if categorical_features is None else categorical_features)
    if wanted.size == 0:
        return np.zeros(0, dtype=np.intp)
    if wanted.ndim != 1:
        raise ValueError(f"categorical_features must be one list. Got shape {wanted.shape}.")
    if wanted.dtype.kind == "b":
        if len(wanted) != n_columns:
            raise ValueError(
                f"categorical_features is a mask of length {len(wanted)}, but X has {n_columns} "
                "columns. Pass one truth value per column, or positions or names."
            )
        return np.flatnonzero(wanted)
    if wanted.dtype.kind in "iu":
        wrong = wanted[(wanted < -n_columns) | (wanted >= n_columns)]
        if wrong.size:
            raise ValueError(
                f"categorical_features holds the position {wrong[0]}; expected positions from 0 to "
                f"{n_columns - 1}."
            )
        return np.unique(wanted % n_columns).astype(np.intp)
    return _from_names(X, list(categorical_features))


def boolean_columns(X):
    """Positions of the columns of truth values: by their dtype, or in objects by all their values.

    Parameters
    ----------
    X : array-like, sparse matrix or dataframe of shape (n_rows, n_columns)
        Data.

    Returns
    -------
    ndarray of shape (n_boolean,), dtype int
        In rising order.
    """
    dtypes = container_dtypes(X)
    if dtypes is None:
        kind = getattr(getattr(X, "dtype", None), "kind", "")
        if kind == "O":
            kinds = bool | np.bool_
            return np.flatnonzero([all(isinstance(v, kinds) for v in column) for column in X.T])
        return np.arange(_n_columns(X) if kind == "b" else 0)
    return _matching(dtypes, lambda dtype: _BOOLEAN_DTYPES.match(dtype.lower()))


def time_columns(X):
    """Names of the columns of a dataframe that hold dates, times or durations.

    Parameters
    ----------
    X : array-like or dataframe of shape (n_rows, n_columns)
        Data.

    Returns
    -------
    list of str
        Empty for what is no dataframe.
    """
    columns = container_dtypes(X) or ()
    return [name for name, dtype in columns if dtype.lower().startswith(_TIME_DTYPES)]


def has_missing(X):
    """Whether a value of a table is missing: NaN, None, NaT, or a null of a dataframe.

    Parameters
    ----------
    X : ndarray, sparse matrix or dataframe of shape (n_rows, n_columns)
        Data.

    Returns
    -------
    bool
    """
    if sparse.issparse(X):
        return _array_has_missing(X.data)
    if hasattr(X, "isna"):  # pandas
        return bool(np.asarray(X.isna()).any())
    if hasattr(X, "null_count") and hasattr(X, "iter_columns"):  # polars: NaN is no null
        return any(
            column.null_count() > 0 or (column.dtype.is_float() and column.is_nan().any())
            for column in X.iter_columns()
        )
    return _array_has_missing(np.asarray(X))


def _array_has_missing(array):
    """Whether an array holds NaN, None, NaT or pandas' NA."""
    if array.dtype.kind in "fc":
        return bool(np.isnan(array).any())
    if array.dtype.kind in "mM":
        return bool(np.isnat(array).any())
    return array.dtype.kind == "O" and any(_is_missing(value) for value in array.ravel())


def _is_missing(value):
    """Whether one object stands for a missing value."""
    if value is None or type(value).__name__ in _MISSING_TYPES:
        return True
    return isinstance(value, float | np.floating) and bool(value != value)


def _from_dtypes(X):
    """Positions of the columns of text and categories."""
    dtypes = container_dtypes(X)
    if dtypes is not None:
        return _matching(dtypes, lambda dtype: _CATEGORY_DTYPES.match(dtype.lower()))
    if sparse.issparse(X):
        return np.zeros(0, dtype=np.intp)
    array = np.asarray(X)
    if array.dtype.kind == "U" and not hasattr(X, "dtype"):
        array = np.asarray(X, dtype=object)  # NumPy spells the numbers between strings in a list
    if array.ndim != 2 or array.dtype.kind not in "OUS":
        return np.zeros(0, dtype=np.intp)
    if array.dtype.kind in "US":
        return np.arange(array.shape[1])
    return np.flatnonzero([any(isinstance(v, str) for v in column) for column in array.T])


def _from_names(X, wanted):
    """Positions of named columns."""
    dtypes = container_dtypes(X)
    if dtypes is None:
        raise ValueError(
            f"categorical_features holds names ({named(wanted)}), but X is a {type(X).__name__} "
            "without names of columns. Pass positions or a mask, or a dataframe."
        )
    names = [name for name, _ in dtypes]
    unknown = [name for name in wanted if str(name) not in names]
    if unknown:
        raise ValueError(
            f"categorical_features names columns that X does not have: {named(unknown)}. The "
            f"columns of X are {named(names)}."
        )
    wanted = {str(name) for name in wanted}
    return np.flatnonzero([name in wanted for name in names])


def _matching(dtypes, test):
    """Positions of the columns whose dtype passes a test."""
    return np.flatnonzero([bool(test(dtype)) for _, dtype in dtypes])


def _n_columns(X):
    """Number of columns."""
    shape = X.shape if hasattr(X, "shape") else np.asarray(X, dtype=object).shape
    if len(shape) != 2:
        raise ValueError(f"X must be a table of rows and columns. Got shape {tuple(shape)}.")
    return shape[1]
