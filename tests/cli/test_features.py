"""Columns of any type become numbers and categories, and nothing is learnt on the way."""

import datetime
import decimal

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline

from sklearn_lossfix.cli._errors import InputError
from sklearn_lossfix.cli._features import preparation, prepare_features

DAY = 86400


def prepared(values, notes, **series):
    """One column after preparation."""
    frame = pd.DataFrame({"x": pd.Series(values, **series), "other": range(len(values))})
    return prepare_features(frame, notes)["x"]


@pytest.mark.parametrize(
    ("column", "expected"),
    [
        (pd.Series([1, 2, 3]), [1, 2, 3]),
        (pd.Series([1.5, np.nan, 3], dtype="float32"), [1.5, np.nan, 3]),
        (pd.Series([True, False, True]), [1, 0, 1]),
        (pd.Series([True, None, False], dtype=object), [1, np.nan, 0]),
        (pd.Series([True, None, False], dtype="boolean"), [1, np.nan, 0]),
        (pd.Series([1, None, 3], dtype="Int64"), [1, np.nan, 3]),
        (pd.Series([1, None, 3], dtype="int64[pyarrow]"), [1, np.nan, 3]),
        (pd.Series([1, None, 3], dtype=object), [1, np.nan, 3]),
        (pd.Series([2**70, 1, 2], dtype=object), [2.0**70, 1, 2]),
        (pd.Series([decimal.Decimal("1.5"), None]), [1.5, np.nan]),
    ],
)
def test_numbers_of_any_type_become_floats(notes, column, expected):
    """However a file stores numbers, a model gets float64 with NaN where missing."""
    frame = prepare_features(column.to_frame("x"), notes)
    assert frame["x"].dtype == np.float64
    np.testing.assert_array_equal(frame["x"], expected)
    assert notes.lines == []


@pytest.mark.parametrize(
    ("column", "expected"),
    [
        (pd.Series(["b", None, "a"]), ["b", "missing", "a"]),
        (pd.Series(["b", None, "a"], dtype="category"), ["b", "missing", "a"]),
        (pd.Series([3, 1, 3], dtype="category").astype(str), ["3", "1", "3"]),
        (pd.Series(["b", None, "a"], dtype="string"), ["b", "missing", "a"]),
        (pd.Series([1, "a", None], dtype=object), ["1", "a", "missing"]),
        (pd.Series([datetime.time(1), None]), ["01:00:00", "missing"]),
    ],
)
def test_categories_of_any_type_become_objects_of_text(notes, column, expected):
    """Categories are text with NaN where missing, in a plain object column."""
    frame = prepare_features(column.to_frame("x"), notes)
    assert frame["x"].dtype == object
    missing = frame["x"].map(lambda value: isinstance(value, float) and np.isnan(value))
    assert frame["x"].where(~missing, "missing").tolist() == expected


@pytest.mark.parametrize(
    "column",
    [
        pd.Series(["1970-01-03", None, "1970-01-01"]),
        pd.Series(["1970-01-03T00:00:00", None, "1970-01-01 00:00"]),
        pd.Series(["1970-01-03T02:00:00+02:00", None, "1970-01-01T00:00:00Z"]),
        pd.to_datetime(pd.Series(["1970-01-03", None, "1970-01-01"])),
        pd.to_datetime(pd.Series(["1970-01-03", None, "1970-01-01"])).dt.tz_localize("UTC"),
        pd.to_datetime(pd.Series(["1970-01-03", None, "1970-01-01"])).astype("datetime64[s]"),
        pd.Series([datetime.date(1970, 1, 3), None, datetime.date(1970, 1, 1)]),
        pd.Series([datetime.datetime(1970, 1, 3), None, datetime.datetime(1970, 1, 1)]),
    ],
)
def test_dates_become_days_with_a_note(notes, column):
    """Dates, stored as such or written in ISO form, are days since 1970."""
    frame = prepare_features(column.to_frame("x"), notes)
    np.testing.assert_array_equal(frame["x"], [2.0, np.nan, 0.0])
    assert len(notes.lines) == 1
    assert "days since 1970" in notes.lines[0]


def test_durations_become_days(notes):
    """A time span is a number of days."""
    values = pd.to_timedelta(pd.Series([0.5 * DAY, np.nan, DAY]), unit="s")
    np.testing.assert_array_equal(prepared(values, notes), [0.5, np.nan, 1.0])


@pytest.mark.parametrize("values", [["2024-13-45", "2024-01-01"], ["2024-01-01", "soon"]])
def test_text_that_only_looks_like_dates_stays_text(notes, values):
    """A column is dates only if every value is one."""
    assert prepared(values * 2, notes).tolist() == values * 2


def test_infinite_numbers_are_missing_with_a_note(notes):
    """Estimators refuse infinity; here it counts as missing, and that is said."""
    np.testing.assert_array_equal(prepared([1.0, np.inf, -np.inf], notes), [1.0, np.nan, np.nan])
    assert notes.lines == ["'x': infinite values taken as missing."]


@pytest.mark.parametrize(
    ("values", "reason"),
    [
        ([np.nan] * 100, "no value in any row"),
        ([None] * 100, "no value in any row"),
        ([f"name {i}" for i in range(100)], "text that differs in most rows"),
        ([[1, 2]] * 100, "nested values or bytes"),
        ([b"a"] * 100, "nested values or bytes"),
        ([1j] * 100, "complex numbers"),
    ],
)
def test_columns_that_say_nothing_are_left_out_with_a_note(notes, values, reason):
    """What cannot be used is left out, and named."""
    frame = pd.DataFrame({"x": values, "other": range(100)})
    assert list(prepare_features(frame, notes).columns) == ["other"]
    assert notes.lines == [f"'x': left out: {reason}."]


def test_an_index_that_was_saved_with_the_table_is_left_out(notes):
    """A first column without a name that holds whole numbers counts the rows."""
    frame = pd.DataFrame({"Unnamed: 0": [5, 6, 8], "x": [1.0, 2.0, 3.0]})
    assert list(prepare_features(frame, notes).columns) == ["x"]
    assert "row number" in notes.lines[0]
    frame["Unnamed: 0"] = [0.5, 1.0, 2.0]
    assert list(prepare_features(frame, notes).columns) == ["Unnamed: 0", "x"]


def test_decisions_of_one_kind_are_one_note(notes):
    """Many columns with the same fate make one line."""
    frame = pd.DataFrame({"a": [None] * 3, "b": [None] * 3, "x": [1, 2, 3]})
    prepare_features(frame, notes)
    assert notes.lines == ["'a', 'b': left out: no value in any row."]


def test_a_table_without_features_is_refused(notes):
    """There must be something to predict from."""
    with pytest.raises(InputError, match="no column is left to predict from, out of 1"):
        prepare_features(pd.DataFrame({"a": [None, None]}), notes)


def test_preparing_changes_nothing(notes):
    """The table that was read stays as it was."""
    frame = pd.DataFrame({"a": ["2024-01-01", "2024-01-02"], "b": [np.inf, 1.0]})
    before = frame.copy(deep=True)
    prepare_features(frame, notes)
    pd.testing.assert_frame_equal(frame, before)


def messy(n_rows=200):
    """Prepared features with missing values, rare categories and a constant."""
    rng = np.random.default_rng(0)
    texts = rng.choice(np.array(["a", "b", np.nan], dtype=object), n_rows, p=[0.6, 0.3, 0.1])
    frame = pd.DataFrame(
        {
            "number": np.where(rng.random(n_rows) < 0.1, np.nan, rng.normal(50, 9, n_rows)),
            "many": [f"c{k}" for k in rng.integers(0, 90, n_rows)],
            "constant": np.ones(n_rows),
        }
    )
    frame["text"] = pd.Series(texts, dtype=object)
    frame["many"] = frame["many"].astype(object)
    return frame


@pytest.mark.parametrize("ordinal", [False, True])
def test_preparation_gives_a_dense_table_of_numbers(ordinal):
    """Whatever the columns, models get float64 by name; categories never seen included."""
    frame = messy()
    steps = preparation(frame, ordinal=ordinal).fit(frame)
    later = frame.head(3).assign(text=np.array(["new", np.nan, "a"], dtype=object), number=np.nan)
    for part in (frame, later):
        numbers = steps.transform(part)
        assert list(numbers.columns) == steps.get_feature_names_out().tolist()
        assert set(numbers.dtypes) == {np.dtype(np.float64)}
        assert np.isfinite(numbers.to_numpy()).all() or ordinal


def test_preparation_scales_and_limits_categories():
    """Numbers are standardised; a column of ninety categories makes forty indicators."""
    frame = messy()
    steps = preparation(frame, ordinal=False).fit(frame)
    matrix = steps.transform(frame).to_numpy()
    names = steps.get_feature_names_out().tolist()
    numbers = matrix[:, [i for i, name in enumerate(names) if name.startswith("numbers__")]]
    np.testing.assert_allclose(numbers.mean(axis=0), 0, atol=1e-12)
    assert set(numbers.std(axis=0).round(9)) == {0.0, 1.0}
    assert sum("many" in name for name in names) == 40


def test_a_column_without_values_in_a_fold_does_not_stop_the_fit():
    """A column that is empty in the training rows of a fold becomes a constant."""
    frame = pd.DataFrame({"x": [np.nan] * 4 + [1.0], "z": [0.0, 1, 0, 1, 0]})
    model = make_pipeline(preparation(frame, ordinal=False), LogisticRegression())
    model.fit(frame.head(4), [0, 1, 0, 1])
    assert np.isfinite(model.predict_proba(frame)).all()


@pytest.mark.parametrize("columns", [["number"], ["text"]])
def test_tables_of_one_kind_of_column(columns):
    """Only numbers, or only categories, serve as well."""
    frame = messy()[columns]
    assert preparation(frame, ordinal=False).fit_transform(frame).shape[0] == len(frame)
