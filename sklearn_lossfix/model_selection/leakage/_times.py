"""Times of rows and spans of time as numbers."""

from datetime import timedelta
from numbers import Real

import numpy as np

from sklearn_lossfix.model_selection.leakage._column_values import MISSING_TIME
from sklearn_lossfix.model_selection.leakage._table import Table

_MICROSECONDS = 1e6


def read_times(times, n_rows):
    """Times as float64: datetimes and durations in seconds, numbers as they are.

    Parameters
    ----------
    times : array-like of shape (n_rows,) or None
        Numbers or datetimes.
    n_rows : int
        Rows that are expected.

    Returns
    -------
    ndarray of shape (n_rows,), dtype float64, or None

    Raises
    ------
    ValueError
        For another number of rows, or missing times.
    TypeError
        For what is neither a number nor a time.
    """
    if times is None:
        return None
    table = Table.read(times)
    if (table.n_rows, table.n_columns) != (n_rows, 1):
        raise ValueError(
            f"times must have one entry a row, shape ({n_rows},). Got shape {np.shape(times)}."
        )
    values, kind = table.column(0), table.kinds[0]
    if kind == "category":
        raise TypeError(
            "times must be numbers or datetimes. Got texts or other objects; parse them first, "
            "for instance with pandas.to_datetime."
        )
    values = values.astype(np.float64)
    if kind == "time":
        values = np.where(table.column(0) == MISSING_TIME, np.nan, values / _MICROSECONDS)
    missing = np.flatnonzero(np.isnan(values))
    if missing.size:
        raise ValueError(
            f"times has {missing.size} missing values (first rows: {missing[:5].tolist()}). "
            f"Expected when every row was seen; drop those rows or leave times out."
        )
    return values


def read_span(span, name):
    """A span of time as a number: durations in seconds, numbers as they are, None as zero.

    Raises
    ------
    TypeError
        For what is no number or duration.
    ValueError
        For a negative span, and for months and years.
    """
    if span is None:
        return 0.0
    if isinstance(span, timedelta):
        span = span.total_seconds()
    elif isinstance(span, np.timedelta64):
        if np.datetime_data(span.dtype)[0] in ("Y", "M"):
            raise ValueError(
                f"{name} must be a duration of fixed length. Got {span!r}; months and years differ "
                f"in length, pass days instead."
            )
        span = span / np.timedelta64(1, "s")
    elif isinstance(span, bool) or not isinstance(span, Real):
        raise TypeError(
            f"{name} must be a number in the unit of times (seconds for datetimes) or a "
            f"timedelta. Got {span!r} instead."
        )
    if not 0 <= span < np.inf:
        raise ValueError(f"{name} must be finite and not negative. Got {span!r} instead.")
    return float(span)


def check_spans_fit(times, **spans):
    """Refuse durations beside times that are plain numbers: nobody knows how long one of them is.

    Parameters
    ----------
    times : array-like of shape (n_rows,)
        As given.
    **spans : number, timedelta or None
        By the name of the parameter.

    Raises
    ------
    TypeError
        Naming the parameter.
    """
    durations = (timedelta, np.timedelta64)
    names = [name for name, span in spans.items() if isinstance(span, durations) and span]
    if names and Table.read(times).kinds[:1] == ("number",):
        raise TypeError(
            f"{names[0]} is the duration {spans[names[0]]!r}, but times are plain numbers of an "
            f"unknown unit. Pass {names[0]} as a number in the unit of times, or pass datetimes as "
            f"times."
        )


def time_column(X, name):
    """The column of X that holds the times.

    Parameters
    ----------
    X : dataframe, or array of shape (n_rows, n_columns)
        Data.
    name : str or int
        Name of a column of a dataframe, or position.

    Raises
    ------
    ValueError
        If there is no such column.
    """
    if isinstance(name, str):
        if name in list(getattr(X, "columns", ())):
            return X[name]
    elif 0 <= name < np.shape(X)[1]:
        if hasattr(X, "iloc"):
            return X.iloc[:, name]
        return X[:, name] if hasattr(X, "shape") else [row[name] for row in X]
    raise ValueError(
        f"times names the column {name!r}, which X does not have. Pass the name of a column of a "
        f"dataframe, a position, or one time per row."
    )
