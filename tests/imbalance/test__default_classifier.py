"""Tests of the default classifier: the same model for every way to write a table down."""

import pickle
from datetime import date, datetime
from decimal import Decimal

import numpy as np
import pandas as pd
import polars as pl
import pytest
from scipy import sparse
from sklearn import config_context
from sklearn.base import clone
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.pipeline import Pipeline

from sklearn_lossfix.imbalance._default_classifier import (
    MAX_CATEGORIES,
    as_categories,
    as_numbers,
    default_classifier,
)

N_ROWS = 400


def _columns(seed=0):
    """Columns as Python lists, with missing values in each kind."""
    rng = np.random.default_rng(seed)

    def holed(values, share=0.1):
        return [None if rng.random() < share else value for value in values.tolist()]

    return {
        "size": holed(rng.normal(size=N_ROWS)),
        "city": holed(np.array(["Rome", "Oslo", "Bonn", "Lima"])[rng.integers(4, size=N_ROWS)]),
        "count": holed(rng.integers(50, size=N_ROWS)),
        "paid": holed(rng.random(N_ROWS) < 0.5),
        "grade": holed(np.array(["a", "b", "c"])[rng.integers(3, size=N_ROWS)]),
        "whole": rng.integers(9, size=N_ROWS).tolist(),
    }


CATEGORIES = ["city", "grade"]


def _target(columns):
    """Labels that depend on a category, on a number, and on what is missing."""
    noise = np.random.default_rng(1).normal(size=N_ROWS)
    signal = [
        (city in ("Rome", None)) + (size is None or size > 0) - (grade == "b")
        for city, size, grade in zip(
            columns["city"], columns["size"], columns["grade"], strict=True
        )
    ]
    return np.where(np.array(signal) + 0.5 * noise > 0.5, "yes", "no")


def _objects(columns):
    """The table as an array of objects."""
    return np.array(list(columns.values()), dtype=object).T


def _plain_pandas(columns):
    return pd.DataFrame(
        {
            "size": np.array(columns["size"], dtype=float),
            "city": pd.Series(columns["city"], dtype=object),
            "count": np.array(columns["count"], dtype=float),
            "paid": np.array(columns["paid"], dtype=float),
            "grade": pd.Series(columns["grade"], dtype="category"),
            "whole": columns["whole"],
        }
    )


def _nullable_pandas(columns):
    dtypes = ["Float64", "string", "Int64", "boolean", "category", "Int8"]
    return pd.DataFrame(
        {
            name: pd.array(values, dtype=dtype) if dtype != "category" else pd.Categorical(values)
            for (name, values), dtype in zip(columns.items(), dtypes, strict=True)
        }
    )


def _arrow_pandas(columns):
    dtypes = ["double", "string", "int64", "bool", "string", "int8"]
    return pd.DataFrame(
        {
            name: pd.array(values, dtype=f"{dtype}[pyarrow]")
            for (name, values), dtype in zip(columns.items(), dtypes, strict=True)
        }
    )


def _decimal_polars(columns):
    return pl.DataFrame(columns).with_columns(
        pl.col("count").cast(pl.Decimal(10, 2)), pl.col("city").cast(pl.Categorical)
    )


def _decimal_pandas(columns):
    decimals = [value if value is None else Decimal(value) for value in columns["count"]]
    return _plain_pandas(columns).assign(count=pd.Series(decimals, dtype=object))


def _enum_polars(columns):
    return pl.DataFrame(columns).with_columns(pl.col("grade").cast(pl.Enum(["c", "a", "b"])))


def _pandas_na(columns):
    table = _objects(columns)
    table[table == None] = pd.NA  # noqa: E711 - element by element
    return table


CONTAINERS = {
    "pandas": _plain_pandas,
    "nullable": _nullable_pandas,
    "arrow": _arrow_pandas,
    "decimal-pandas": _decimal_pandas,
    "polars": pl.DataFrame,
    "enum-polars": _enum_polars,
    "decimal-polars": _decimal_polars,
    "objects": _objects,
    "objects-na": _pandas_na,
    "list": lambda columns: _objects(columns).tolist(),
}


def _fitted(X, y, **options):
    """The default classifier of a table, fitted with a seed."""
    model, categorical = default_classifier(X, **options)
    last = model.steps[-1][1] if isinstance(model, Pipeline) else model
    last.set_params(random_state=0, max_iter=20)
    return model.fit(X, y), categorical


@pytest.fixture(scope="module")
def oracle():
    """scikit-learn's own way with categories, on the one frame that it takes."""
    columns = _columns()
    frame = _plain_pandas(columns).astype({"city": "category"})
    # The same order of columns, so that equal gains are settled equally.
    frame = frame[[*CATEGORIES, *frame.columns.difference(CATEGORIES, sort=False)]]
    model = HistGradientBoostingClassifier(
        categorical_features="from_dtype", max_iter=20, random_state=0
    )
    return model.fit(frame, _target(columns)).predict_proba(frame)


@pytest.mark.parametrize("make", CONTAINERS.values(), ids=CONTAINERS)
def test_every_container_gives_the_model_of_scikit_learn(make, oracle):
    """Strings, objects, categories, nulls and decimals are the same table."""
    columns = _columns()
    X = make(columns)
    model, categorical = _fitted(X, _target(columns))
    assert categorical == [0, 1]
    np.testing.assert_array_equal(model.predict_proba(X), oracle)


@pytest.mark.parametrize("make", [_plain_pandas, pl.DataFrame, _objects], ids=["pd", "pl", "np"])
@pytest.mark.parametrize(
    "categorical_features", [[1, 4], [False, True, False, False, True, False]], ids=["int", "mask"]
)
def test_categories_may_be_named_by_hand(make, categorical_features, oracle):
    """Positions and a mask give the model that the dtypes give."""
    columns = _columns()
    X = make(columns)
    model, _ = _fitted(X, _target(columns), categorical_features=categorical_features)
    np.testing.assert_array_equal(model.predict_proba(X), oracle)


def test_numbers_may_be_categories():
    """Codes in a matrix are what HistGradientBoosting's own mask makes of them."""
    rng = np.random.default_rng(0)
    X = np.c_[rng.integers(6, size=N_ROWS), rng.normal(size=N_ROWS)].astype(float)
    X[::17, 0] = np.nan
    y = (np.isin(X[:, 0], [1, 4]) + rng.normal(size=N_ROWS) > 0.5).astype(int)
    model, categorical = _fitted(X, y, categorical_features=[0])
    own = HistGradientBoostingClassifier(categorical_features=[0], max_iter=20, random_state=0)
    assert categorical == [0]
    np.testing.assert_array_equal(model.predict_proba(X), own.fit(X, y).predict_proba(X))


@pytest.mark.parametrize("make", [_plain_pandas, pl.DataFrame], ids=["pandas", "polars"])
def test_columns_are_known_by_name(make):
    """A frame with its columns in another order, and one more, is the same table."""
    columns = _columns()
    X = make(columns)
    model, _ = _fitted(X, _target(columns))
    shuffled = X[["whole", "grade", "paid", "count", "city", "size"]]
    if hasattr(model, "feature_names_in_"):
        np.testing.assert_array_equal(model.predict_proba(shuffled), model.predict_proba(X))
    else:  # a scikit-learn that cannot read the names of this polars
        with pytest.raises(ValueError, match=r"'city', 'grade' of X were expected in this order"):
            model.predict(shuffled)
    with pytest.raises(ValueError, match=r"city|features"):
        model.predict(X[["whole", "grade", "paid", "count", "size"]])


def test_columns_without_names_are_known_by_position(oracle):
    """Frames with numbers for names, whose columns must come as in fit."""
    columns = _columns()
    X = _plain_pandas(columns).set_axis(range(6), axis=1)
    model, _ = _fitted(X, _target(columns))
    np.testing.assert_array_equal(model.predict_proba(X), oracle)
    np.testing.assert_array_equal(model.predict_proba(X.to_numpy()), oracle)
    with pytest.raises(ValueError, match="in this order"):
        model.predict(X[[5, 4, 3, 2, 1, 0]])


def test_an_unknown_category_counts_as_missing():
    """As does a missing value in a column that had none."""
    columns = _columns()
    columns["city"] = [city or "Rome" for city in columns["city"]]
    X, y = pd.DataFrame(columns), _target(columns)
    model, _ = _fitted(X, y)
    missing = model.predict_proba(X.assign(city=pd.Series([None] * N_ROWS, dtype=object)))
    np.testing.assert_array_equal(model.predict_proba(X.assign(city="Pisa")), missing)
    assert not np.array_equal(model.predict_proba(X), missing)
    whole = X.assign(whole=pd.array([None] * N_ROWS, dtype="Int64"))
    as_floats = X.assign(whole=np.full(N_ROWS, np.nan))
    np.testing.assert_array_equal(model.predict_proba(whole), model.predict_proba(as_floats))


def test_of_many_categories_the_rarest_share_a_code():
    """More categories than bins, with missing and unknown values beside them."""
    rng = np.random.default_rng(0)
    frequent = [f"f{number:03d}" for number in range(MAX_CATEGORIES - 1)]
    values = np.array(frequent * 4 + [f"r{number}" for number in range(90)] + [None] * 30, object)
    X, y = pd.DataFrame({"id": values}), rng.integers(2, size=len(values))
    model, _ = _fitted(X, y)
    fresh = pd.DataFrame({"id": ["r1", "r2", "unheard", None, "f001", "f002"]})
    codes = model.named_steps["columns"].transform(fresh).ravel()
    assert codes[0] == codes[1] == MAX_CATEGORIES - 1
    assert np.isnan(codes[2:4]).all()
    assert codes[4] != codes[5]
    with pytest.raises(ValueError, match="cardinality"):
        HistGradientBoostingClassifier().fit(X.astype("category"), y)


PLAIN = {
    "array": lambda X: X,
    "float32": lambda X: X.astype(np.float32),
    "integers": lambda X: X.astype(int),
    "booleans": lambda X: X > 0,
    "pandas": lambda X: pd.DataFrame(X, columns=list("ab")),
    "nullable": lambda X: pd.DataFrame(X, columns=list("ab")).convert_dtypes(),
    "polars": lambda X: pl.DataFrame(X.astype(int), schema=["a", "b"]),
    "list": lambda X: X.tolist(),
}


@pytest.mark.parametrize("make", PLAIN.values(), ids=PLAIN)
def test_numbers_need_no_pipeline(make):
    """The default for numbers is the bare classifier, with its seed left free."""
    X = make(10 * np.random.default_rng(0).normal(size=(60, 2)))
    model, categorical = default_classifier(X)
    assert type(model) is HistGradientBoostingClassifier
    assert model.random_state is None
    assert categorical == []
    model.fit(X, np.arange(60) % 2).predict(X)


@pytest.mark.parametrize("make", [_plain_pandas, pl.DataFrame], ids=["pandas", "polars"])
@pytest.mark.parametrize("output", ["default", "pandas", "polars"])
def test_the_global_output_changes_nothing(make, output):
    """Copies, pickles and set_config(transform_output=...) give equal probabilities."""
    columns = _columns()
    X, y = make(columns), _target(columns)
    expected = _fitted(X, y)[0].predict_proba(X)
    with config_context(transform_output=output):
        model = clone(_fitted(X, y)[0]).fit(X, y)
        assert isinstance(model[:-1].transform(X), np.ndarray)
        np.testing.assert_array_equal(model.predict_proba(X), expected)
    copy = pickle.loads(pickle.dumps(model))
    np.testing.assert_array_equal(copy.predict_proba(X), expected)


def test_the_names_of_what_reaches_the_classifier():
    """Categories first, in the order of the table."""
    columns = _columns()
    model, _ = _fitted(pd.DataFrame(columns), _target(columns))
    names = [name.rpartition("__")[2] for name in model[:-1].get_feature_names_out()]
    assert names == ["city", "grade", "size", "count", "paid", "whole"]
    assert list(model.feature_names_in_) == list(columns)


def test_intervals_are_categories():
    """pandas.cut makes a category dtype of intervals, which has no strings in it."""
    rng = np.random.default_rng(0)
    x = rng.normal(size=N_ROWS)
    X = pd.DataFrame(
        {"bin": pd.cut(x, 4), "month": pd.Categorical([datetime(2020, 1, 1)] * N_ROWS)}
    )
    model, categorical = _fitted(X, x > 0.1)
    assert categorical == [0, 1]
    by_bin = pd.Series(model.predict_proba(X)[:, 1]).groupby(X["bin"].cat.codes)
    assert (by_bin.nunique() == 1).all()
    assert by_bin.first().is_monotonic_increasing


REFUSED = {
    "sparse": (lambda: sparse.csr_array(np.eye(3)), "sparse.*LogisticRegression"),
    "datetime-pandas": (
        lambda: pd.DataFrame({"a": [1.0], "when": pd.to_datetime(["2020-01-01"])}),
        "'when'.*days since",
    ),
    "date-polars": (lambda: pl.DataFrame({"when": [date(2020, 1, 1)]}), "'when'.*days since"),
    "duration": (lambda: pd.DataFrame({"d": pd.to_timedelta(["1 day"])}), "'d'.*days since"),
    "datetime-array": (lambda: np.array([["2020-01-01"]], dtype="M8[D]"), "all.*days since"),
    "date-objects": (
        lambda: pd.DataFrame({"when": pd.Series([date(2020, 1, 1)], dtype=object)}),
        "'when'.*days since",
    ),
    "mixed": (
        lambda: pd.DataFrame({"a": [1, 2], "zip": pd.Series(["10115", 10117], dtype=object)}),
        "'zip' of X mixes values of type int and str",
    ),
    "mixed-array": (lambda: np.array([[1, "a"], [2, 3.0]], dtype=object), "Column 1 of X mixes"),
    "lists": (lambda: pd.DataFrame({"tags": [["a"], ["b"]]}), "'tags' of X holds.*type list"),
    "twice": (lambda: pd.DataFrame([[1, 2]], columns=["a", "a"]), "several columns called 'a'"),
    "1d": (lambda: np.arange(3.0), "1 dimension"),
}


@pytest.mark.parametrize(("make", "message"), REFUSED.values(), ids=REFUSED)
def test_refused_tables(make, message):
    """The error comes before any fit, and names the column."""
    with pytest.raises(ValueError, match=message):
        default_classifier(make())


def test_a_string_column_left_out_of_the_categories_is_refused():
    """The user's list is taken at its word."""
    with pytest.raises(ValueError, match=r"'city' of X is to be read as numbers.*type str"):
        default_classifier(pd.DataFrame(_columns()), categorical_features=["grade"])


def test_lazy_frames_are_refused():
    """Nothing is collected behind the user's back."""
    with pytest.raises(TypeError, match="lazy"):
        default_classifier(pl.LazyFrame({"a": [1]}))


def test_new_data_of_another_kind_is_refused():
    """A column that turns to text is named, not read as missing."""
    columns = _columns()
    X = _plain_pandas(columns)
    model, _ = _fitted(X, _target(columns))
    with pytest.raises(ValueError, match=r"'whole' of X is to be read as numbers.*type str"):
        model.predict(X.assign(whole="seven"))


def test_missing_values_of_any_kind_become_nan():
    """None, NaN, NaT and NA; what is not missing stays what it was."""
    missing = [None, np.nan, float("nan"), np.float32("nan"), pd.NA, pd.NaT, Decimal("NaN")]
    strings = np.array([[value] for value in [*missing, "x"]], dtype=object)
    numbers = np.array([[value] for value in [*missing, 2, True, np.int8(3)]], dtype=object)
    read = as_categories(strings, names=["s"])[:, 0]
    assert [value == value for value in read] == [False] * len(missing) + [True]
    np.testing.assert_array_equal(
        as_numbers(numbers, names=["n"])[:, 0], [np.nan] * len(missing) + [2, 1, 3]
    )
    assert strings[0, 0] is None
