"""Values of one column in a form whose equality is that of the column."""

import numbers
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cached_property

import numpy as np

#: What stands for a missing time.
MISSING_TIME = np.iinfo(np.int64).min

# Rows from which a column of distinct values can be told to number them.
MIN_ROWS_OF_IDENTIFIER = 10
# Distinct integers number the rows if independent draws from their span had stayed distinct with
# at most this chance.
CHANCE_OF_DISTINCT = 1e-6

# Values of a column that are looked at before all of them are.
_PROBE = 1000
# Types of missing values that are not equal to anything, not even unequal.
_MISSING_TYPES = ("NAType", "NaTType")


@dataclass(frozen=True, eq=False)
class ColumnValues:
    """One column.

    Attributes
    ----------
    kind : {"number", "category", "time"}
        Kind.
    values : ndarray of shape (n_rows,)
        Numbers; codes, -1 where missing; or int64 microseconds.
    identity : ndarray of shape (n_rows,)
        Numbers that are equal exactly where the values are, also beyond the digits of float64.
    texts : tuple of str or None
        Texts of the codes where they are as many as the rows, else None.
    """

    kind: str
    values: np.ndarray
    identity: np.ndarray
    texts: tuple | None = None

    def take(self, rows):
        """The same of some rows."""
        # All texts of distinct rows stay distinct, but they are not needed to be known again.
        return ColumnValues(self.kind, self.values[rows], self.identity[rows])

    @cached_property
    def is_identifier(self):
        """Whether the column numbers the rows."""
        if self.kind == "number":
            return counts_rows(self.values)
        # Distinct texts with spaces are what is to be learnt from: documents, titles.
        return (
            self.texts is not None
            and len(self.texts) >= MIN_ROWS_OF_IDENTIFIER
            and not any(len(text.split()) > 1 for text in self.texts)
        )


def counts_rows(values):
    """Whether numbers number the rows: distinct integers, in order or too close to be by chance.

    Parameters
    ----------
    values : ndarray of shape (n_rows,)
        Numbers.

    Returns
    -------
    bool
    """
    n_rows = len(values)
    if n_rows < MIN_ROWS_OF_IDENTIFIER or values.dtype.kind == "b":
        return False
    if not _distinct_integers(values[:_PROBE]) or not _distinct_integers(values):
        return False
    steps = np.sign(np.diff(values.astype(np.float64)))
    if (steps == steps[0]).all() and steps[0] != 0:
        return True
    span = float(values.max()) - float(values.min())
    # Birthday problem: chance of no repeat among independent uniform draws, which is the greatest.
    return n_rows * (n_rows - 1) / 2 / span > -np.log(CHANCE_OF_DISTINCT)


def _distinct_integers(values):
    """Whether all values are integers, and all of them different."""
    if values.dtype.kind == "f" and not (
        np.isfinite(values).all() and (values == np.floor(values)).all()
    ):
        return False
    ordered = np.sort(values)
    return bool((ordered[1:] != ordered[:-1]).all())


def array_column(values, name):
    """Read a column of an array of objects, texts or times."""
    if values.dtype.kind in "mM":
        return _time_column(values)
    if values.dtype.kind in "biuf":
        return ColumnValues("number", values, values)
    if values.dtype.kind in "US":
        texts, codes = np.unique(values, return_inverse=True)
        return _category_column(codes, texts)
    return object_column(values.tolist(), name)


def frame_column(X, j, name):
    """Read a column of a dataframe of pandas or polars."""
    return _pandas_column(X.iloc[:, j], name) if hasattr(X, "iloc") else _polars_column(X, j, name)


def _pandas_column(series, name):
    """Read a column of pandas."""
    dtype = str(series.dtype).lower()
    if dtype.startswith("sparse"):
        return array_column(np.asarray(series), name)
    if isinstance(series.dtype, np.dtype) and series.dtype.kind in "biufmM":
        return array_column(series.to_numpy(), name)
    if dtype.startswith("datetime64"):
        # With a time zone the values are instants already.
        return _time_column(series.to_numpy(dtype=f"datetime64[{series.dt.unit}]"))
    if dtype.startswith(("timestamp", "date32", "date64")):  # of pyarrow
        return _time_column(series.to_numpy(dtype="datetime64[ns]"))
    is_number = dtype.startswith(("int", "uint", "float", "double", "bool", "halffloat"))
    if is_number and not dtype.startswith("interval"):
        return _nullable_numbers(series, name)
    if isinstance(series.dtype, np.dtype):
        return object_column(series.tolist(), name)
    try:
        codes, texts = series.factorize()
    except TypeError:
        return object_column(series.tolist(), name)
    return _category_column(codes, texts)


def _nullable_numbers(series, name):
    """Read numbers of pandas beside which a mask says what is missing."""
    missing = series.isna().to_numpy(dtype=bool)
    if not missing.any():
        dtype = str(series.dtype).partition("[")[0].lower()
        kind = {"double": "float64", "float": "float32", "halffloat": "float16"}.get(dtype, dtype)
        return array_column(series.to_numpy(dtype={"boolean": "bool"}.get(kind, kind)), name)
    values = series.to_numpy(dtype=np.float64, na_value=np.nan)
    if np.nanmax(np.abs(values), initial=0.0) < 2**53:
        return ColumnValues("number", values, values)
    return ColumnValues("number", values, np.asarray(series.factorize()[0], dtype=np.int64))


def _polars_column(X, j, name):
    """Read a column of polars."""
    series = X[:, int(j)]
    dtype = series.dtype
    text = str(dtype)
    if text.startswith(("List", "Array", "Struct")):
        raise _unreadable(name, text)
    if text.startswith("Time"):
        return array_column(series.to_physical().to_numpy().astype("timedelta64[ns]"), name)
    if dtype.is_temporal():
        return _time_column(series.to_numpy())
    if dtype.is_float() or (dtype.is_integer() and series.null_count() == 0):
        values = series.to_numpy()
        return ColumnValues("number", values, values)
    if dtype.is_integer():
        values = series.to_numpy().astype(np.float64)
        if np.nanmax(np.abs(values), initial=0.0) < 2**53:
            return ColumnValues("number", values, values)
        return ColumnValues("number", values, _filled(series.rank("dense"), 0))
    if text == "Boolean" and series.null_count() == 0:
        return array_column(series.to_numpy(), name)
    if text.startswith(("Categorical", "Enum")):
        return _category_column(_filled(series.to_physical(), -1), None)
    if text in ("String", "Utf8"):
        codes = _filled(series.rank("dense"), 0) - 1
        every = len(codes) > 0 and codes.max() + 1 == len(codes)
        return _category_column(codes, series.to_list() if every else None)
    return object_column(series.to_list(), name)


def _filled(series, value):
    """Integers of polars as int64, with a number for what is missing."""
    return np.asarray(series.cast(int).fill_null(value).to_numpy(), dtype=np.int64)


def object_column(values, name):
    """Read a column of Python objects: numbers, times, or anything that can be a category.

    Parameters
    ----------
    values : list
        Cells.
    name : str
        Name of the column, for errors.

    Raises
    ------
    TypeError
        For cells that hold lists or other things without a fixed value.
    """
    seen = {}
    try:
        codes = np.array([seen.setdefault(value, len(seen)) for value in values], dtype=np.int64)
    except TypeError:
        raise _unreadable(name, _type_of_unhashable(values)) from None
    distinct = list(seen)
    missing = np.array([is_missing(value) for value in distinct], dtype=bool)
    codes = np.where(missing, -1, np.cumsum(~missing) - 1)[codes] if len(codes) else codes
    distinct = [value for value, gone in zip(distinct, missing, strict=True) if not gone]
    if distinct and all(isinstance(value, numbers.Real | np.bool_) for value in distinct):
        table = np.array([*(float(value) for value in distinct), np.nan])
        return ColumnValues("number", table[codes], codes)
    if distinct and all(isinstance(value, date | np.datetime64) for value in distinct):
        return _time_column(_instants(distinct)[codes], codes)
    if distinct and all(isinstance(value, timedelta | np.timedelta64) for value in distinct):
        spans = np.array([*distinct, None], dtype="timedelta64[us]")
        return _time_column(spans[codes], codes)
    return _category_column(codes, distinct)


def is_missing(value):
    """Whether one object stands for a missing value."""
    if value is None or type(value).__name__ in _MISSING_TYPES:
        return True
    if isinstance(value, np.datetime64 | np.timedelta64):
        return bool(np.isnat(value))
    return isinstance(value, float | np.floating) and bool(value != value)


def _instants(values):
    """Times of any type as datetime64, and NaT behind them."""
    plain = [
        value.timestamp() * 1e6
        if isinstance(value, datetime) and value.tzinfo is not None
        else np.datetime64(value, "us").astype(np.int64)
        for value in values
    ]
    return np.array([*(round(value) for value in plain), MISSING_TIME]).astype("datetime64[us]")


def _time_column(values, identity=None):
    """A column of datetime64 or timedelta64."""
    unit = "datetime64[us]" if values.dtype.kind == "M" else "timedelta64[us]"
    identity = values.view(np.int64) if identity is None else identity
    return ColumnValues("time", values.astype(unit).view(np.int64), identity)


def _category_column(codes, texts):
    """A column of categories; texts are kept where each row has its own."""
    codes = np.asarray(codes, dtype=np.int64)
    if texts is None or len(texts) < len(codes) or not all(isinstance(t, str) for t in texts):
        return ColumnValues("category", codes, codes)
    return ColumnValues("category", codes, codes, tuple(texts))


def _type_of_unhashable(values):
    """Name of the type of the first cell without a fixed value."""
    for value in values:
        try:
            hash(value)
        except TypeError:
            return type(value).__name__
    return "object"


def _unreadable(name, held):
    """The error for a column whose cells are no single values."""
    return TypeError(
        f"the column {name!r} holds cells of type {held}; single numbers, texts, categories or "
        "times were expected. Split it into columns, turn its cells into text, or leave it out "
        f"with ignore=[{name!r}]."
    )
