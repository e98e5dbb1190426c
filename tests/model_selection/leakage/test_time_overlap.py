"""Tests of the check of training rows that reach into the time of test rows."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.model_selection import KFold, TimeSeriesSplit

from sklearn_lossfix.exceptions import CheckNotApplicable
from sklearn_lossfix.model_selection.leakage._split_data import LeakageOptions, SplitData
from sklearn_lossfix.model_selection.leakage._table import Table
from sklearn_lossfix.model_selection.leakage.time_overlap import (
    TimeOverlap,
    horizon_components,
    overlapping_rows,
)


def _judge(times, cv, **options):
    X = np.zeros((len(times), 1))
    folds = tuple(cv.split(X))
    times = np.asarray(times, dtype=float)
    data = SplitData(Table.read(X), folds, times=times, options=LeakageOptions(**options))
    return TimeOverlap().run(data, {}), data


def _overlap(t, s, horizon, embargo):
    """Whether a training row at t overlaps with a test row at s, by definition."""
    if horizon == 0:
        return s <= t < s + embargo
    return s < t + horizon and t < s + horizon + embargo


TIMES = st.lists(st.integers(0, 20), min_size=1, max_size=12).map(np.array)


@given(TIMES, TIMES, st.integers(0, 4), st.integers(0, 4))
def test_overlap_is_that_of_intervals(train, test, horizon, embargo):
    """The sorted search finds the rows that comparing all pairs finds."""
    expected = [any(_overlap(t, s, horizon, embargo) for s in test) for t in train]
    np.testing.assert_array_equal(overlapping_rows(train, test, horizon, embargo), expected)


@given(TIMES, st.integers(0, 4), st.integers(0, 4))
def test_per_fold_counts_test_rows_by_the_same_relation(times, horizon, embargo):
    """Leaked test rows are those that some training row overlaps with."""
    times = np.concatenate([times, [0, 30, 60]])
    leak, data = _judge(times, KFold(3), horizon=float(horizon), embargo=float(embargo))
    expected = [
        sum(any(_overlap(t, s, horizon, embargo) for t in times[train]) for s in times[test])
        for train, test in data.folds
    ]
    if any(expected):
        assert leak.details["kind"] == "overlap"
        assert leak.severity == "high"
        np.testing.assert_array_equal(leak.per_fold, expected)
    else:
        assert leak.details.get("kind") != "overlap"


@given(TIMES, st.integers(1, 5))
def test_components_are_chains_of_close_times(times, reach):
    """Two rows are together exactly if a chain of steps shorter than the reach joins them."""
    together = np.abs(times[:, None] - times[None, :]) < reach
    for _ in times:
        together = together @ together
    numbers = horizon_components(times.astype(float), reach)
    np.testing.assert_array_equal(numbers[:, None] == numbers[None, :], together)


def test_walking_forward_is_clean():
    """Training on the past is no leak, nor is a horizon that the gap between parts covers."""
    leak, _ = _judge(np.arange(100), TimeSeriesSplit(4))
    assert leak.found is False
    leak, _ = _judge(np.arange(100), TimeSeriesSplit(4, gap=4), horizon=5.0)
    assert leak.found is False


def test_horizon_beyond_the_gap_is_found():
    """Labels that reach over the gap leak into the first test rows, five in every fold."""
    leak, _ = _judge(np.arange(100), TimeSeriesSplit(4, gap=4), horizon=10.0)
    assert leak.found
    assert leak.p_value == 0.0
    assert leak.per_fold.tolist() == [5, 5, 5, 5]
    assert leak.details["n_overlapping_training_rows"] == [5, 5, 5, 5]
    assert "'drop'" in leak.fix


def test_random_folds_are_a_note():
    """Training rows from the future are told, but do not count as a leak that must be mended."""
    leak, _ = _judge(np.arange(100), KFold(5, shuffle=True, random_state=0))
    assert leak.found
    assert leak.severity == "info"
    assert leak.details["look_ahead"] > 0.9


def test_forward_folds_over_unsorted_rows_are_a_leak():
    """Whoever trains on the rows before wants the past: rows that are not sorted betray that."""
    times = np.random.default_rng(0).permutation(100)
    leak, data = _judge(times, TimeSeriesSplit(4))
    assert leak.found
    assert leak.severity == "high"
    assert "Sort the rows" in leak.fix
    for fold, train, test in leak.pairs:
        assert train in data.folds[fold][0]
        assert test in data.folds[fold][1]
        assert times[train] > times[test]


def test_result_does_not_depend_on_origin_or_unit():
    """Moving and stretching the time axis, with the horizon, changes no count."""
    times = np.random.default_rng(1).integers(0, 300, 100).astype(float)
    first, _ = _judge(times, KFold(5), horizon=2.0, embargo=1.0)
    second, _ = _judge(times * 4 + 64, KFold(5), horizon=8.0, embargo=4.0)
    np.testing.assert_array_equal(first.per_fold, second.per_fold)
    np.testing.assert_array_equal(first.links, second.links)


def test_links_are_left_out_where_they_are_one_chain():
    """Rows that follow each other without a break cannot be kept on one side."""
    chained, _ = _judge(np.arange(100), KFold(5), horizon=3.0)
    assert chained.found
    assert chained.links is None
    bursts = np.repeat(np.arange(20) * 100, 5) + np.tile(np.arange(5), 20)
    leak, _ = _judge(bursts, KFold(3), horizon=3.0)
    np.testing.assert_array_equal(leak.links, np.repeat(np.arange(20), 5))


def test_not_applicable_without_times():
    """Order in time is judged on declared times only: a date of birth is no time of a row."""
    X = np.zeros((10, 1))
    data = SplitData(Table.read(X), tuple(KFold(2).split(X)))
    with pytest.raises(CheckNotApplicable, match="No times were given"):
        TimeOverlap().run(data, {})
