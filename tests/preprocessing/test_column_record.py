"""What is recorded of columns: masses, ends and shares, as a report's table."""

import numpy as np
import pytest

from sklearn_lossfix._core._order_statistics import ColumnSelector
from sklearn_lossfix._core._quantiles import WeightedColumns
from sklearn_lossfix.preprocessing._column_record import (
    PROFILE_ROWS,
    dense_counts,
    evidence_columns,
    listed,
    n_thinned,
    open_limits,
    share,
    surveyed,
    thinned,
)
from sklearn_lossfix.preprocessing._stream import Stream


@pytest.mark.parametrize("n_rows", [1, 5, PROFILE_ROWS, PROFILE_ROWS + 1, 10_000, 123_457])
def test_thinned_rows_are_as_many_as_is_said(n_rows):
    """The number of rows behind a profile is that of the rows that are taken."""
    part = ColumnSelector(np.arange(float(n_rows))[:, None])
    assert thinned(part).n_rows == n_thinned(n_rows) <= PROFILE_ROWS
    weighted = WeightedColumns([(np.arange(3.0), np.ones(3))])
    assert thinned(weighted) is weighted


def test_open_sides_are_infinite():
    """NaN is an open side: comparing with it would lose the column."""
    lower, upper = open_limits(np.array([np.nan, 1.0]), np.array([2.0, np.nan]))
    assert lower.tolist() == [-np.inf, 1.0]
    assert upper.tolist() == [2.0, np.inf]


def test_survey_by_hand():
    """Masses beyond limits and in all, ends, ties and quantiles of a small column."""
    x = np.array([[1.0], [2.0], [2.0], [2.0], [9.0], [np.inf], [np.nan]])
    part = ColumnSelector(x)
    found = surveyed(part, part, np.array([np.nan]), np.array([8.0]))
    assert found["below"].tolist() == [0]
    assert found["above"].tolist() == [2]
    assert found["mass"].tolist() == [5]
    assert found["total"].tolist() == [6]
    assert found["ends"].ravel().tolist() == [1, 9]
    assert found["tie_share"].tolist() == [0.6]
    assert dense_counts(part) == {"n_rows": 7, "n_missing": [1], "n_infinite": [1]}


def test_a_stream_adds_what_its_columns_do_not_hold():
    """Infinite values and ends come from the stream, where the sketch has lost them."""
    x = np.array([[-np.inf], [1.0], [2.0], [3.0], [50.0]])
    stream = Stream.empty(1, 16, ["float64"], integers=False, with_moments=False)
    stream = stream.updated(x, None, dense_counts(ColumnSelector(x)))
    part = WeightedColumns([(np.array([1.0, 2.0, 3.0]), np.ones(3))])
    found = surveyed(part, part, np.array([0.0]), np.array([np.nan]), stream)
    assert found["below"].tolist() == [1]
    assert found["total"].tolist() == [4]
    assert found["ends"].ravel().tolist() == [1, 50]


def test_a_table_of_a_report_has_a_scalar_for_every_column():
    """Every entry is a list of plain values, None where nothing is known."""
    x = np.array([[1.0, np.nan], [3.0, np.nan]])
    part = ColumnSelector(x)
    limits = np.array([0.0, np.nan]), np.array([2.0, np.nan])
    record = {**dense_counts(part), "dtypes": ["a", "b"], **surveyed(part, part, *limits)}
    table = evidence_columns(["p", "q"], record, *limits)
    assert {len(values) for values in table.values()} == {2}
    assert table["share_high"] == [0.5, None]
    assert table["maximum"] == [3.0, None]
    assert table["upper"] == [2.0, None]
    assert table["all_missing"] == [False, True]
    assert table["constant"] == [False, False]


def test_shares_and_lists_of_nothing():
    """A share of nothing is NaN, and what is not finite is None in a list."""
    assert share(np.array([1, 0]), np.array([4, 0])).tolist() == pytest.approx(
        [0.25, np.nan], nan_ok=True
    )
    assert listed([1, np.nan, np.inf]) == [1.0, None, None]
