"""Tests of columns kept as a table of values and a rest: against sorting the whole column."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sklearn_lossfix._core._tabulated_column import (
    LEVEL_PROBE,
    MAX_LEVELS,
    TabulatedColumn,
    few_levels,
    spike_of,
)

NUMBERS = st.integers(-6, 6).map(float)


@st.composite
def tabulated(draw):
    """A tabulated column, and the same column written out."""
    levels = np.array(sorted(draw(st.sets(NUMBERS, min_size=1, max_size=4))))
    counts = np.array([draw(st.integers(1, 5)) for _ in levels])
    loose = np.array(draw(st.lists(NUMBERS.map(lambda x: x + 0.5), max_size=8)))
    return TabulatedColumn(levels, counts, loose), np.append(np.repeat(levels, counts), loose)


@given(both=tabulated(), center=st.none() | NUMBERS | NUMBERS.map(lambda x: x + 0.25))
def test_order_statistics_are_those_of_the_whole_column(both, center):
    """Every rank gives the value, and the counts below and not above it, of the sorted column."""
    table, column = both
    column = np.sort(column if center is None else np.abs(column - center))
    loose = table.loose.copy()
    for ranks in (range(len(column)), [len(column) - 1, 0]):
        found = table.order_statistics(ranks, center)
        for rank, (value, less, less_equal) in zip(ranks, found, strict=True):
            assert value == column[rank]
            assert less == (column < value).sum()
            assert less_equal == (column <= value).sum()
        without = table.order_statistics(ranks, center, counts=False)
        assert [value for value, _, _ in without] == [value for value, _, _ in found]
    np.testing.assert_array_equal(table.loose, loose)


@given(both=tabulated(), lower=NUMBERS, upper=NUMBERS)
def test_outside_counts_what_is_strictly_beyond(both, lower, upper):
    """Values at a limit, in the table or loose, are not beyond it."""
    table, column = both
    assert table.outside(lower, upper) == ((column < lower).sum(), (column > upper).sum())
    half = table.outside(lower + 0.5, upper + 0.5)
    assert half == ((column < lower + 0.5).sum(), (column > upper + 0.5).sum())


def test_a_table_may_hold_everything():
    """Without loose values, ranks run over the counts alone, however large."""
    table = TabulatedColumn(np.array([1, 2, 9]), np.array([3, 2**40, 1]), np.empty(0, int))
    ranks = [0, 2, 3, 2**40 + 2, 2**40 + 3]
    assert [int(value) for value, _, _ in table.order_statistics(ranks)] == [1, 1, 2, 2, 9]
    assert table.outside(2, 2) == (3, 1)


@pytest.mark.parametrize("dtype", [np.uint8, np.int8, np.float32])
def test_distances_do_not_wrap_around(dtype):
    """Distances from a float centre are those of the numbers, whatever the dtype of the levels."""
    table = TabulatedColumn(np.array([0, 3], dtype), np.array([2, 1]), np.array([1, 100], dtype))
    found = table.order_statistics(range(5), np.float64(2.5))
    assert [float(value) for value, _, _ in found] == [0.5, 1.5, 2.5, 2.5, 97.5]


@given(
    levels=st.sets(st.integers(-50, 50).map(float), min_size=1, max_size=MAX_LEVELS + 3),
    data=st.data(),
)
def test_few_levels_are_all_that_there_are(levels, data):
    """Up to the limit every finite value is found, rare ones too; beyond it none are given."""
    levels = sorted(levels)
    rare = data.draw(st.integers(0, len(levels) - 1))
    column = np.repeat(levels[:1] + levels[rare:], 3)
    column = np.concatenate([column[:1], np.full(LEVEL_PROBE, levels[0]), column, [np.nan, np.inf]])
    expected = np.unique(column[np.isfinite(column)])
    found = few_levels(column)
    if len(expected) > MAX_LEVELS:
        assert found is None
    else:
        np.testing.assert_array_equal(found, expected)


def test_no_values_are_no_levels():
    """A sample without finite values says nothing of its column."""
    assert few_levels(np.array([np.nan, np.inf, -np.inf])) is None


def test_integers_have_levels_too():
    """Levels keep the dtype of the column."""
    found = few_levels(np.array([3, 1, 3], np.uint8))
    np.testing.assert_array_equal(found, np.array([1, 3], np.uint8), strict=True)


def test_a_spike_is_one_value_that_is_nearly_all_of_a_sample():
    """From 85 % of the finite values on, wherever it lies among the others."""
    rng = np.random.default_rng(0)
    for share, expected in ((0.95, 2.0), (0.8, None)):
        column = np.where(rng.random(5_000) < share, 2.0, rng.normal(size=5_000))
        assert spike_of(column) == expected
        column[rng.random(5_000) < 0.5] = np.nan
        assert spike_of(column) == expected
    assert spike_of(np.full(10, np.nan)) is None
    assert spike_of(np.arange(300)) is None
