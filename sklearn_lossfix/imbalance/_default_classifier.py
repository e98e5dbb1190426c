"""The classifier for a table of which nothing is known: gradient boosting that takes categories.

HistGradientBoostingClassifier takes missing values and categories as they are, but it wants them as
numbers, and so do samplers. Strings and categories become codes, in a Pipeline whose last step is
the gradient boosting: what goes before it belongs to the data, not to the treatment.
"""

from datetime import date, time, timedelta
from numbers import Number

import numpy as np
from scipy import sparse
from sklearn.compose import ColumnTransformer
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import FunctionTransformer, OrdinalEncoder
from sklearn.utils import _safe_indexing
from sklearn.utils._missing import is_pandas_na
from sklearn.utils.validation import _get_feature_names, _num_samples

from sklearn_lossfix._core._columns import container_dtypes, named
from sklearn_lossfix._core._table_columns import categorical_columns, time_columns
from sklearn_lossfix._core._validation import refuse_lazy

# HistGradientBoostingClassifier takes at most as many categories as bins, without the missing ones.
MAX_CATEGORIES = HistGradientBoostingClassifier().max_bins

# Beginnings of the names of dtypes, in pandas and polars, that scikit-learn reads as numbers.
_NUMBER_DTYPES = ("int", "uint", "float", "double", "bool")
_TIMES = (date, time, timedelta, np.datetime64, np.timedelta64)


def default_classifier(X, categorical_features="from_dtype"):
    """Gradient boosting for a table, with its categories as codes where it has any.

    Parameters
    ----------
    X : array-like or dataframe of shape (n_rows, n_columns)
        The table.
    categorical_features : "from_dtype" or array-like, default="from_dtype"
        Which columns are categories: those of strings, categorical dtypes, and objects that are
        not all numbers; or those that are named, numbered or masked.

    Returns
    -------
    estimator : HistGradientBoostingClassifier or Pipeline
        Unfitted. A Pipeline of "columns", which puts codes of the categories first and the other
        columns as numbers after them, and "classifier". Missing values stay missing, and
        categories unknown to the training rows count as missing. Of more than 255 categories, the
        rarest share one code.
    categorical : list of int
        Positions of the categories in what reaches the last step.

    Raises
    ------
    TypeError
        If the table is lazy or distributed.
    ValueError
        If the table is sparse, a name stands for two columns, or a column holds dates, numbers
        next to strings, or what is neither category nor number; with its name.
    """
    refuse_lazy(X, "X")
    if sparse.issparse(X):
        raise ValueError(
            "X is a sparse matrix, which HistGradientBoostingClassifier, the default estimator, "
            "does not take. Pass an estimator that does, for instance LogisticRegression(), "
            "LinearSVC() or RandomForestClassifier(), or X.toarray() if that fits into memory."
        )
    _refuse_repeated_names(X)
    _refuse_time_dtypes(X)
    X = X if hasattr(X, "shape") else _array(X)
    if getattr(getattr(X, "dtype", None), "kind", "") == "c":
        raise ValueError("Complex data not supported: X holds complex numbers. Pass real ones.")
    if len(X.shape) != 2:
        raise ValueError(
            f"X has {len(X.shape)} dimension(s); a table with rows and columns was expected."
        )
    categorical = categorical_columns(X, categorical_features).tolist()
    if isinstance(categorical_features, str):
        categorical = [column for column in categorical if not _is_numbers_as_objects(X, column)]
    if not categorical and _is_all_numbers(X):
        return HistGradientBoostingClassifier(), []

    others = [position for position in range(X.shape[1]) if position not in set(categorical)]
    parts = []
    if categorical:
        encoder = OrdinalEncoder(
            handle_unknown="use_encoded_value",
            unknown_value=np.nan,
            encoded_missing_value=np.nan,
            max_categories=MAX_CATEGORIES,
        )
        reader = _reader(X, categorical, as_categories)
        parts.append(("categories", make_pipeline(reader, encoder), _keys(X, categorical)))
    if others:
        parts.append(("numbers", _reader(X, others, as_numbers), _keys(X, others)))
    # Arrays whatever the global configuration says: the last step knows columns by position.
    columns = ColumnTransformer(parts).set_output(transform="default")
    positions = list(range(len(categorical)))
    classifier = HistGradientBoostingClassifier(categorical_features=positions or None)
    return Pipeline([("columns", columns), ("classifier", classifier)]), positions


def as_categories(X, names):
    """Read columns as categories, with NaN for whatever kind of missing value.

    Parameters
    ----------
    X : ndarray or dataframe of shape (n_rows, n_columns)
        The columns.
    names : list of (str or int)
        What to call them in errors.

    Returns
    -------
    ndarray of shape (n_rows, n_columns)
        dtype object.

    Raises
    ------
    ValueError
        If a frame has other columns than `names`, or a column mixes kinds of values, or holds
        dates or containers.
    """
    _refuse_other_columns(X, names)
    out = np.empty((_num_samples(X), len(names)), dtype=object)
    for position, name in enumerate(names):
        column = _safe_indexing(X, position, axis=1)
        values, missing = _object_values(column)
        types = sorted({type(value) for value in values[~missing]}, key=lambda cls: cls.__name__)
        # A categorical dtype is the user's word that times are categories.
        if str(getattr(column, "dtype", "")).lower() != "category":
            _refuse_time_types(types, name)
        _check_one_kind(types, name)
        out[:, position] = values
    return out


def as_numbers(X, names):
    """Read columns as numbers, with NaN for whatever kind of missing value.

    Parameters
    ----------
    X : ndarray or dataframe of shape (n_rows, n_columns)
        The columns.
    names : list of (str or int)
        What to call them in errors.

    Returns
    -------
    ndarray of shape (n_rows, n_columns)
        float64, as the gradient boosting takes them.

    Raises
    ------
    ValueError
        If a frame has other columns than `names`, or a column holds text or times.
    TypeError
        If a column holds what is no scalar.
    """
    _refuse_other_columns(X, names)
    out = np.empty((_num_samples(X), len(names)))
    for position, name in enumerate(names):
        column = _safe_indexing(X, position, axis=1)
        array = np.asarray(column)
        out[:, position] = array if array.dtype.kind in "fiub" else _to_floats(column, name)
    return out


def _to_floats(column, name):
    """Floats from Python's numbers, decimals and missing values."""
    values, missing = _object_values(column)
    types = {type(value) for value in values[~missing]}
    _refuse_time_types(types, name)
    others = sorted(cls.__name__ for cls in types if not issubclass(cls, Number))
    if not others:
        try:
            return values.astype(np.float64)
        except TypeError:  # complex numbers
            others = sorted(cls.__name__ for cls in types)
    is_text = all(issubclass(cls, str | bytes | Number) for cls in types)
    raise (ValueError if is_text else TypeError)(
        f"Column {name!r} of X is to be read as numbers, where each argument must be a number or "
        f"a string that is a category; it holds values of type {' and '.join(others)}. "
        "Turn them into numbers, or name the column in categorical_features."
    )


def _object_values(column):
    """Values of one column as objects with NaN where they are missing, and where that is."""
    if hasattr(column, "isna"):  # pandas
        values = np.array(column.to_numpy(dtype=object))
        missing = column.isna().to_numpy(dtype=bool)
    else:
        listed = column.to_list() if hasattr(column, "to_list") else list(column)  # polars, arrays
        # Filled, not made from the list: NumPy would unpack cells that are lists.
        values = np.empty(len(listed), dtype=object)
        values[:] = listed
        missing = np.array([_is_missing(value) for value in listed], dtype=bool)
    values[missing] = np.nan
    return values, missing


def _is_missing(value):
    """Whether one value is None, NaN, NaT or pandas' NA."""
    if value is None or is_pandas_na(value):
        return True
    unequal = value != value
    return isinstance(unequal, bool | np.bool_) and bool(unequal)


def _check_one_kind(types, name):
    """Refuse columns whose values cannot be told apart or put in an order."""
    shown = " and ".join(cls.__name__ for cls in types)
    kinds = {_kind(cls) for cls in types}
    if len(kinds) > 1:
        raise ValueError(
            f"Column {name!r} of X mixes values of type {shown}; categories of one kind were "
            f"expected, since '1' and 1 would be two categories. Convert the column to one type "
            f"first, for instance with astype(str), or to numbers."
        )
    if any(cls.__hash__ is None for cls in types):
        raise ValueError(
            f"Column {name!r} of X holds values of type {shown}; strings, numbers or categories "
            f"were expected. Turn them into columns of their own first."
        )


def _kind(cls):
    """What the values of a type are compared as."""
    for kind in (str, bytes, Number):
        if issubclass(cls, kind) or (kind is Number and issubclass(cls, np.bool_)):
            return kind
    return cls


def _refuse_time_dtypes(X):
    """Refuse a table with columns of times."""
    times = time_columns(X)
    if getattr(getattr(X, "dtype", None), "kind", "") in ("m", "M"):
        times = [f"all ({X.dtype})"]
    if times:
        raise _time_error(named(times))


def _refuse_time_types(types, name):
    """Refuse a column with values that are times."""
    if any(issubclass(cls, _TIMES) for cls in types):
        raise _time_error(repr(name))


def _time_error(names):
    """The error for columns of times."""
    return ValueError(
        f"X holds dates, times or durations in the columns {names}; the default estimator takes "
        f"numbers and categories. Turn them into numbers first, for instance days since a date, "
        f"month or hour, or leave the columns out."
    )


def _is_all_numbers(X):
    """Whether scikit-learn reads a table as numbers without help."""
    dtypes = container_dtypes(X)
    if dtypes is None:
        return np.asarray(X).dtype.kind in "fiub"
    return all(dtype.lower().startswith(_NUMBER_DTYPES) for _, dtype in dtypes)


def _is_numbers_as_objects(X, position):
    """Whether a column of objects holds numbers only, as pandas keeps decimals."""
    column = _safe_indexing(X, position, axis=1)
    if str(getattr(column, "dtype", "")) != "object":
        return False
    values, missing = _object_values(column)
    types = {type(value) for value in values[~missing]}
    return len(types) > 0 and all(_kind(cls) is Number for cls in types)


def _array(X):
    """A list of rows as an array; numbers next to strings stay numbers."""
    array = np.asarray(X)
    return np.array(X, dtype=object) if array.dtype.kind in "US" else array


def _keys(X, positions):
    """How a ColumnTransformer finds columns: by name, which survives another order, or number."""
    names = _get_feature_names(X)  # None where scikit-learn finds none that are strings
    return [position if names is None else names[position] for position in positions]


def _reader(X, positions, read):
    """A step that reads columns, and knows their names or numbers for errors; checked on X."""
    names = list(X.columns) if hasattr(X, "columns") else range(X.shape[1])
    kw_args = {"names": [names[position] for position in positions]}
    read(_safe_indexing(X, positions, axis=1), **kw_args)
    return FunctionTransformer(read, kw_args=kw_args, feature_names_out="one-to-one")


def _refuse_other_columns(X, names):
    """Refuse a frame with other columns, or in another order, than those that were fitted."""
    found = list(X.columns) if hasattr(X, "columns") else names
    if found != names:
        raise ValueError(
            f"The columns {named(names)} of X were expected in this order, but came as "
            f"{named(found)}. Select them as in fit."
        )


def _refuse_repeated_names(X):
    """Refuse a frame in which a name does not tell which column is meant."""
    names = [] if container_dtypes(X) is None else list(X.columns)
    repeated = sorted({str(name) for name in names if names.count(name) > 1})
    if repeated:
        raise ValueError(f"X has several columns called {named(repeated)}. Rename them first.")
