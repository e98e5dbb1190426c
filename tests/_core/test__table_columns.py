"""Tests of the kinds of columns, and of missing values, in every container."""

import datetime

import numpy as np
import pandas as pd
import polars as pl
import pytest
from scipy import sparse

from sklearn_lossfix._core._table_columns import (
    boolean_columns,
    categorical_columns,
    has_missing,
    time_columns,
)

COLUMNS = {
    "number": [1.5, 2.5],
    "text": ["a", "b"],
    "count": [1, 2],
    "level": ["x", "y"],
    "truth": [True, False],
}
NOON = datetime.datetime(2024, 1, 31, 12)


def _pandas():
    frame = pd.DataFrame(COLUMNS)
    return frame.assign(level=frame["level"].astype("category"))


def _polars(level=pl.Categorical):
    return pl.DataFrame(COLUMNS).with_columns(pl.col("level").cast(level))


def _objects():
    return np.array(list(COLUMNS.values()), dtype=object).T


TABLES = {
    "pandas": _pandas(),
    "pandas, text as object": _pandas().astype({"text": object}),
    "pandas, text as string": _pandas().astype({"text": "string"}),
    "polars": _polars(),
    "polars, enum": _polars(pl.Enum(["x", "y"])),
    "objects": _objects(),
    "list": _objects().tolist(),
}


@pytest.mark.parametrize("table", TABLES.values(), ids=TABLES)
def test_text_and_categories_are_found_in_every_container(table):
    """Integers and truth values are numbers; text and categories are not."""
    np.testing.assert_array_equal(categorical_columns(table), [1, 3])


@pytest.mark.parametrize("table", TABLES.values(), ids=TABLES)
def test_masks_and_positions_say_the_same_of_every_container(table):
    """What is given goes before what dtypes say, in rising order and without repeats."""
    for given in ([4, 2, 2], [-1, 2], [False, False, True, False, True], np.array([2, 4])):
        np.testing.assert_array_equal(categorical_columns(table, given), [2, 4])
    for nothing in ([], None, [False] * 5):
        assert categorical_columns(table, nothing).tolist() == []


@pytest.mark.parametrize("make", [_pandas, _polars])
def test_names_are_looked_up_in_dataframes(make):
    """The order of the names does not matter."""
    np.testing.assert_array_equal(categorical_columns(make(), ["truth", "number"]), [0, 4])


@pytest.mark.parametrize(
    "table",
    [
        np.zeros((3, 2)),
        np.zeros((3, 2), dtype=int),
        np.zeros((3, 2), dtype=bool),
        [[1, 2.0]],
        sparse.csr_matrix(np.eye(3)),
        sparse.csc_array(np.eye(3)),
        np.array([[1, None], [2.0, np.nan]], dtype=object),
    ],
)
def test_tables_of_numbers_have_no_categories(table):
    """Whatever holds them."""
    found = categorical_columns(table)
    assert found.size == 0
    assert found.dtype.kind == "i"


def test_arrays_of_strings_are_categories_throughout():
    """They have one dtype for all columns."""
    np.testing.assert_array_equal(categorical_columns(np.array([["a", "1"]])), [0, 1])


def test_columns_of_a_frame_may_share_a_name():
    """Positions are counted, not looked up."""
    frame = pd.DataFrame([[1, "a", 2]], columns=["x", "x", "y"])
    np.testing.assert_array_equal(categorical_columns(frame), [1])


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ([True, False], "mask of length 2, but X has 5 columns"),
        ([0, 5], "holds the position 5; expected positions from 0 to 4"),
        ([-6], "holds the position -6"),
        (["text", "colour", "size"], "does not have: 'colour', 'size'.*'number', 'text'"),
        ("text", "Got 'text' instead; put a single name into a list"),
        ([[1, 2]], "must be one list"),
    ],
)
def test_wrong_columns_are_refused(given, message):
    """With what came and what was expected."""
    with pytest.raises(ValueError, match=message):
        categorical_columns(_pandas(), given)


def test_names_need_a_dataframe():
    """Arrays have none."""
    with pytest.raises(ValueError, match="ndarray without names of columns"):
        categorical_columns(np.zeros((2, 2)), ["a"])


@pytest.mark.parametrize("table", [v for k, v in TABLES.items() if k != "list"])
def test_truth_values_are_found(table):
    """By dtype in frames, by value in objects."""
    np.testing.assert_array_equal(boolean_columns(table), [4])


def test_nullable_truth_values_are_found():
    """pandas has two dtypes of them."""
    np.testing.assert_array_equal(boolean_columns(_pandas().astype({"truth": "boolean"})), [4])
    np.testing.assert_array_equal(boolean_columns(np.zeros((1, 2), dtype=bool)), [0, 1])
    assert boolean_columns(np.zeros((1, 2))).size == 0


@pytest.mark.parametrize("frame", [_pandas(), _polars()])
def test_times_are_named(frame):
    """Dates and durations of a dataframe."""
    assert time_columns(frame) == []
    times = {"at": [NOON, NOON], "lag": [datetime.timedelta(1)] * 2}
    if isinstance(frame, pd.DataFrame):
        frame = frame.assign(**times)
    else:
        frame = frame.with_columns(**{name: pl.Series(value) for name, value in times.items()})
    assert time_columns(frame) == ["at", "lag"]
    assert time_columns(np.zeros((2, 2))) == []


@pytest.mark.parametrize("table", [v for k, v in TABLES.items() if k != "list"])
def test_full_tables_have_nothing_missing(table):
    """Text, categories and truth values are values."""
    assert not has_missing(table)


@pytest.mark.parametrize(
    "table",
    [
        np.array([[1.0, np.nan]]),
        np.array([[1, None]], dtype=object),
        np.array([["a", np.nan]], dtype=object),
        np.array([["a", pd.NA]], dtype=object),
        np.array([[np.datetime64("NaT")]]),
        sparse.csr_matrix([[0.0, np.nan]]),
        pd.DataFrame({"a": [1.0, None]}),
        pd.DataFrame({"a": pd.array([1, None], dtype="Int64")}),
        pd.DataFrame({"a": pd.Categorical(["x", None])}),
        pl.DataFrame({"a": ["x", None]}),
        pl.DataFrame({"a": [1.0, float("nan")]}),
        pl.DataFrame({"a": [1, None]}),
    ],
)
def test_every_spelling_of_missing_is_seen(table):
    """NaN, None, NA, NaT and nulls."""
    assert has_missing(table)
