"""Tests of single columns: objects of any type, and what numbers rows."""

import datetime as dt
from decimal import Decimal
from fractions import Fraction

import numpy as np
import pandas as pd
import pytest

from sklearn_lossfix.model_selection.leakage._column_values import (
    array_column,
    counts_rows,
    frame_column,
    is_missing,
    object_column,
)


def test_numbers_of_any_type():
    """Fractions, decimals and booleans are numbers; equal ones are one value."""
    column = object_column([Fraction(1, 2), 0.5, True, 1, None, np.float32(2)], "c")
    assert column.kind == "number"
    np.testing.assert_array_equal(column.values, [0.5, 0.5, 1, 1, np.nan, 2])
    assert column.identity.tolist() == [0, 0, 1, 1, -1, 2]
    assert object_column([Decimal("0.5"), "a"], "c").kind == "category"


def test_mixed_cells_are_categories():
    """A text is not the number that it spells."""
    column = object_column(["1", 1, 1.0, None, "1"], "c")
    assert column.kind == "category"
    assert column.values.tolist() == [0, 1, 1, -1, 0]


def test_times_of_objects():
    """Dates and instants in microseconds; with a time zone by instant."""
    zone = dt.timezone(dt.timedelta(hours=2))
    values = [dt.date(1970, 1, 2), None, dt.date(1970, 1, 1)]
    assert object_column(values, "c").values[[0, 2]].tolist() == [86_400 * 10**6, 0]
    instants = [dt.datetime(1970, 1, 1, 2, tzinfo=zone), dt.datetime(1970, 1, 1, tzinfo=dt.UTC)]
    column = object_column(instants, "c")
    assert column.kind == "time"
    assert column.values.tolist() == [0, 0]
    assert column.identity.tolist() == [0, 0]


@pytest.mark.parametrize("unit", ["D", "s", "ns"])
def test_units_of_times(unit):
    """Values are microseconds, equality is that of the unit."""
    values = np.array(["1970-01-02", "NaT", "1970-01-02"], dtype=f"datetime64[{unit}]")
    column = array_column(values, "c")
    assert column.values.tolist() == [86_400 * 10**6, np.iinfo(np.int64).min, 86_400 * 10**6]
    close = np.array([1, 2], dtype="datetime64[ns]")
    assert len(set(array_column(close, "c").identity.tolist())) == 2


def test_intervals_are_categories():
    """Intervals of pandas are no integers, though their name begins like that of these."""
    frame = pd.DataFrame({"c": pd.arrays.IntervalArray.from_breaks([0, 1, 2, 3]).take([0, 2, 0])})
    column = frame_column(frame, 0, "c")
    assert column.kind == "category"
    assert column.values.tolist() == [0, 1, 0]


def test_only_missing():
    """A column of nothing is a column of categories."""
    column = object_column([None, np.nan], "c")
    assert column.kind == "category"
    assert column.values.tolist() == [-1, -1]
    assert object_column([], "c").values.tolist() == []


@pytest.mark.parametrize("cell", [[1], {"a": 1}, np.zeros(2), {1}])
def test_cells_without_a_value_are_refused(cell):
    """The error names the column and the type."""
    with pytest.raises(TypeError, match=f"'c' holds cells of type {type(cell).__name__}"):
        object_column([1, cell], "c")


def test_missing_values():
    """Every kind of missing value is one; nothing else is."""
    nothing = [None, np.nan, np.float32("nan"), np.datetime64("NaT"), np.timedelta64("NaT")]
    assert all(is_missing(value) for value in nothing)
    assert not any(is_missing(value) for value in [0, "", "nan", False, np.datetime64("1970")])


def test_counting_needs_rows_and_integers():
    """Few rows, booleans, fractions and infinities number nothing."""
    assert counts_rows(np.arange(10))
    assert not counts_rows(np.arange(9))
    assert not counts_rows(np.arange(10) / 2)
    assert not counts_rows(np.r_[np.arange(10.0), np.inf])
    assert not counts_rows(np.r_[np.arange(10.0), np.nan])
    assert not counts_rows(np.zeros(10, dtype=bool))


def test_counting_by_the_birthday_problem():
    """Distinct integers are no surprise in a large span, and a great one in a small one."""
    rng = np.random.default_rng(0)
    narrow = rng.choice(10_000, 1000, replace=False)
    wide = rng.choice(10**8, 1000, replace=False)
    assert counts_rows(narrow)
    assert not counts_rows(wide)
