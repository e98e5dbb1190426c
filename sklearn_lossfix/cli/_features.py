"""Columns of any type as numbers and categories, and the steps that prepare them for a model."""

import numpy as np
import pandas as pd
from pandas.api import types
from sklearn.compose import ColumnTransformer
from sklearn.impute import SimpleImputer
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, OrdinalEncoder, StandardScaler

from sklearn_lossfix.cli._errors import InputError, listed

# Categories of a column that get an indicator of their own; rarer ones share one. skrub's
# TableVectorizer calls more than this high cardinality.
_MAX_CATEGORIES = 40
# Text that differs in more than this share of the rows is an identifier or prose, not a category:
# most of its values would never be seen twice.
_MAX_DISTINCT_SHARE = 0.5

_DAY = pd.Timedelta(days=1)


def prepare_features(frame, notes):
    """Columns as float64 numbers or as objects (text, with NaN where missing).

    Dates become days since 1970, booleans 0 and 1, infinite numbers missing. Columns without any
    value, with text that differs in most rows, with nested values, or that count the rows are left
    out. Each decision about a column is a note. Nothing is estimated from the rows, so training and
    held-out rows may be prepared together.

    Parameters
    ----------
    frame : pandas.DataFrame of shape (n_rows, n_columns)
        Features as they were read.
    notes : Notes
        Gets a line for each kind of decision.

    Returns
    -------
    pandas.DataFrame of shape (n_rows, n_kept)

    Raises
    ------
    InputError
        If no column is left.
    """
    kept, decisions = {}, {}
    for name in frame.columns:
        values, decision = _prepare_column(frame[name])
        if name == "Unnamed: 0" and _are_whole(values):
            values, decision = None, "left out: a row number that was saved with the table"
        if values is not None:
            kept[name] = values
        if decision is not None:
            decisions.setdefault(decision, []).append(name)
    for decision, names in decisions.items():
        notes.add(f"{listed(names)}: {decision}.")
    if not kept:
        raise InputError(
            f"no column is left to predict from, out of {frame.shape[1]}. Expected numbers, "
            f"categories or dates beside the target."
        )
    # Each column keeps its type: pandas 3 would turn objects of text into its own string type.
    columns = {name: pd.Series(v, dtype=v.dtype, index=frame.index) for name, v in kept.items()}
    return pd.DataFrame(columns)


def _prepare_column(column):
    """Values of one column, or None, and what was decided about it, or None."""
    if isinstance(column.dtype, pd.CategoricalDtype):
        column = column.astype(object)
    if types.is_bool_dtype(column) or types.is_numeric_dtype(column):
        return _numbers(column)
    if types.is_timedelta64_dtype(column):
        return (column / _DAY).to_numpy(np.float64), "taken as days"
    if types.is_datetime64_any_dtype(column):
        return _days(column), "taken as days since 1970"
    kind = types.infer_dtype(column, skipna=True)
    if kind in ("boolean", "integer", "floating", "mixed-integer-float", "decimal"):
        return _numbers(column.astype(np.float64))
    if kind in ("date", "datetime", "datetime64"):
        return _days(pd.to_datetime(column)), "taken as days since 1970"
    return _texts(column)


def _numbers(column):
    """Float64 values; infinite ones count as missing."""
    if types.is_complex_dtype(column):
        return None, "left out: complex numbers"
    values = column.to_numpy(dtype=np.float64, na_value=np.nan)
    infinite = np.isinf(values)
    if infinite.any():
        values = np.where(infinite, np.nan, values)
    if np.isnan(values).all():
        return None, "left out: no value in any row"
    return values, "infinite values taken as missing" if infinite.any() else None


def _days(column):
    """Days since 1970 as float64, NaN where missing."""
    if getattr(column.dt, "tz", None) is not None:
        column = column.dt.tz_convert("UTC").dt.tz_localize(None)
    return ((column - pd.Timestamp(0)) / _DAY).to_numpy(np.float64, na_value=np.nan)


def _texts(column):
    """Text as objects with NaN where missing; dates in text become days."""
    known = column.notna().to_numpy()
    if not known.any():
        return None, "left out: no value in any row"
    present = column[known]
    if any(not types.is_hashable(value) or isinstance(value, bytes) for value in present):
        return None, "left out: nested values or bytes"
    days = _days_of_iso_dates(column, present)
    if days is not None:
        return days, "dates, taken as days since 1970"
    texts = np.full(len(column), np.nan, dtype=object)
    texts[known] = [str(value) for value in present]
    n_distinct = len(set(texts[known]))
    if n_distinct > max(_MAX_CATEGORIES, _MAX_DISTINCT_SHARE * len(present)):
        return None, "left out: text that differs in most rows"
    return texts, None


def _days_of_iso_dates(column, present):
    """Days since 1970 where every value reads like ``2024-01-31``, with or without a time."""
    if not present.astype(str).str.match(r"\d{4}-\d{2}-\d{2}($|[T ])").all():
        return None
    try:
        return _days(pd.to_datetime(column.astype(object), format="ISO8601", utc=True))
    except (ValueError, OverflowError):
        return None


def _are_whole(values):
    """Whether all values are whole numbers; under no name, they are an index saved by accident."""
    is_number = values is not None and values.dtype != object
    return is_number and bool((values == np.rint(values)).all())


def preparation(frame, *, ordinal):
    """Steps that turn prepared features into a dense table of numbers.

    Parameters
    ----------
    frame : pandas.DataFrame of shape (n_rows, n_columns)
        From :func:`prepare_features`.
    ordinal : bool
        True codes categories as whole numbers and keeps missing values, for boosted trees; False
        imputes the median with an indicator, scales, and encodes categories one-hot.

    Returns
    -------
    ColumnTransformer
    """
    texts = [name for name in frame.columns if frame[name].dtype == object]
    numbers = [name for name in frame.columns if frame[name].dtype != object]
    if ordinal:
        encoder = OrdinalEncoder(
            handle_unknown="use_encoded_value", unknown_value=np.nan, encoded_missing_value=np.nan
        )
        number_steps = "passthrough"
    else:
        encoder = OneHotEncoder(
            handle_unknown="infrequent_if_exist",
            max_categories=_MAX_CATEGORIES,
            sparse_output=False,
        )
        imputer = SimpleImputer(strategy="median", add_indicator=True, keep_empty_features=True)
        number_steps = make_pipeline(imputer, StandardScaler())
    parts = [("numbers", number_steps, numbers), ("categories", encoder, texts)]
    steps = ColumnTransformer([part for part in parts if part[2]], sparse_threshold=0)
    return steps.set_output(transform="pandas")  # so that a finding can name its column
