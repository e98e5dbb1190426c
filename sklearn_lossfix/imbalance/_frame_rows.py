"""Tables on their way to a sampler of imbalanced-learn and back, in the container they came in."""

import sys

import numpy as np
from scipy import sparse


def is_polars(X):
    """Whether a table is a frame of polars."""
    return type(X).__module__.partition(".")[0] == "polars"


def is_pandas(X):
    """Whether a table is a frame of pandas, or of a class derived from it."""
    frames = getattr(sys.modules.get("pandas"), "DataFrame", ())
    return isinstance(X, frames)


def plain_array(X):
    """An array-like as an array; of objects where a list holds strings.

    NumPy would spell the numbers between strings in a list.
    """
    array = np.asarray(X)
    if array.dtype.kind in "US" and not hasattr(X, "dtype"):
        return np.asarray(X, dtype=object)
    return array


def other_than_numbers(X):
    """Positions of the columns of a frame of polars that hold text, truth values, times, ..."""
    return np.flatnonzero([not dtype.is_numeric() for dtype in X.dtypes])


def same_values(left, right):
    """Whether two arrays hold the same values; missing ones are the same."""
    if left.shape != right.shape:
        return False
    if left.dtype.kind == "f":
        return np.array_equal(left, right, equal_nan=True)
    pairs = zip(left.ravel(), right.ravel(), strict=True)
    return all(a is b or a == b or (a != a and b != b) for a, b in pairs)


def frame_to_array(X, categorical):
    """A table as a sampler takes it.

    Parameters
    ----------
    X : array-like, sparse matrix or dataframe of shape (n_rows, n_columns)
        Data without missing values.
    categorical : ndarray of int
        Positions of the columns that are kept as they are: categories, for instance.

    Returns
    -------
    ndarray or sparse matrix of shape (n_rows, n_columns)
        Floats where all columns are numbers; objects otherwise.
    """
    if sparse.issparse(X):
        return X.astype(_as_float(X.dtype))
    if not (is_pandas(X) or is_polars(X)):
        array = plain_array(X)
        if len(categorical) == 0:
            return array.astype(_as_float(array.dtype))
        return array.astype(object)
    categorical = set(categorical.tolist())
    columns = [_column(X, position) for position in range(X.shape[1])]
    if not categorical:
        arrays = [np.asarray(column, dtype=_as_float(column.dtype)) for column in columns]
        return np.column_stack(arrays)
    table = np.empty(X.shape, dtype=object)
    for position, column in enumerate(columns):
        number = position not in categorical
        table[:, position] = (
            np.asarray(column, dtype=np.float64) if number else np.array(column.to_list(), object)
        )
    return table


def append_rows(X, made):
    """Append rows from an array to a table, in its container and with its dtypes.

    Parameters
    ----------
    X : array-like, sparse matrix or dataframe of shape (n_rows, n_columns)
        Data.
    made : ndarray or sparse matrix of shape (n_made, n_columns)
        Rows; whole numbers are rounded where columns hold such.

    Returns
    -------
    ndarray, sparse matrix or dataframe of shape (n_rows + n_made, n_columns)
    """
    if sparse.issparse(X):
        made = type(X)(made)
        made = made.rint() if X.dtype.kind in "iu" else made
        return sparse.vstack([X, made.astype(X.dtype)], format=X.format)
    if is_polars(X):
        return X.vstack(like_frame(X, made))
    if is_pandas(X):
        from pandas import concat

        return concat([X, like_frame(X, made)], ignore_index=True)
    array = plain_array(X)
    if array.dtype.kind in "iu":
        made = np.rint(np.asarray(made, dtype=np.float64))
    return np.concatenate([array, np.asarray(made).astype(array.dtype)])


def like_frame(X, table):
    """A dataframe with the columns and dtypes of another, from an array.

    Parameters
    ----------
    X : dataframe of shape (n_rows, n_columns)
        The frame to be like.
    table : ndarray of shape (n_other_rows, n_columns)
        Values; whole numbers and truth values are rounded where columns hold such.

    Returns
    -------
    dataframe of shape (n_other_rows, n_columns)
    """
    if is_polars(X):
        from polars import Boolean, Series

        columns = []
        for k, (name, dtype) in enumerate(X.schema.items()):
            kind = dtype.is_integer(), dtype.is_float(), dtype == Boolean
            columns.append(Series(name, _values(table[:, k], *kind), dtype=dtype))
        return type(X)(columns)
    from pandas import Series, concat
    from pandas.api.types import is_bool_dtype, is_float_dtype, is_integer_dtype

    columns = []
    for k, dtype in enumerate(X.dtypes):
        kind = is_integer_dtype(dtype), is_float_dtype(dtype), is_bool_dtype(dtype)
        columns.append(Series(_values(table[:, k], *kind), dtype=dtype))
    frame = concat(columns, axis=1)
    frame.columns = X.columns
    return frame


def _column(X, position):
    """A column of a dataframe, by position."""
    return X.iloc[:, position] if hasattr(X, "iloc") else X[:, position]


def _values(column, is_integer, is_float, is_boolean):
    """Values of a column as the constructor of a series takes them."""
    if is_float:
        return column.astype(np.float64)
    if is_integer or is_boolean:
        return np.rint(column.astype(np.float64)).astype(np.int64 if is_integer else bool)
    return column.tolist()


def _as_float(dtype):
    """Floats of the width that a dtype has; of double width for what are no floats."""
    return np.float32 if str(dtype).lower() == "float32" else np.float64
