"""Tests of rows in the order of their scores: sums along the order, cuts, subsets."""

import numpy as np
import pytest

from sklearn_lossfix.decision._sorted_rows import (
    SortedRows,
    midpoint,
    weight_before,
    weights_before,
)


def _rows(seed, weighted):
    """Draw 30 rows with tied scores, sorted."""
    rng = np.random.default_rng(seed)
    weight = rng.integers(0, 4, 30) / 2 if weighted else None
    return SortedRows.sort(rng.random(30) < 0.3, rng.integers(0, 9, 30) / 8, weight)


@pytest.mark.parametrize("dtype", [bool, np.uint8, np.float64])
def test_weights_before_are_running_sums(dtype):
    """Each column is the sum over the rows before it, exactly for integers; the last is the sum."""
    rng = np.random.default_rng(0)
    weights, mask = (rng.random((3, 20)) * 4).astype(dtype), rng.random(20) < 0.5
    before = weights_before(weights, mask)
    assert before.dtype == (np.float64 if dtype is np.float64 else np.int64)
    for row in range(21):
        expected = weights[:, :row][:, mask[:row]].sum(axis=1, dtype=before.dtype)
        np.testing.assert_allclose(before[:, row], expected, rtol=1e-12, atol=0)


@pytest.mark.parametrize("weighted", [False, True])
def test_counts_are_what_each_cut_calls_positive(weighted):
    """At every cut the counts are those of the rows above it, one by one or in weightings."""
    for seed in range(20):
        rows = _rows(seed, weighted)
        tp, fp, start = rows.counts()
        weight = np.ones(30) if rows.weight is None else rows.weight
        for k, n in enumerate(start):
            assert tp[k] == weight[:n][rows.y_pos[:n]].sum()
            assert fp[k] == weight[:n][~rows.y_pos[:n]].sum()
        both = weights_before(weight[None], rows.y_pos)[0, start]
        np.testing.assert_array_equal(both, weight_before(rows.y_pos, rows.weight, start))


@pytest.mark.parametrize("weighted", [False, True])
def test_a_subset_is_the_sort_of_its_rows(weighted):
    """Rows that are left out of sorted ones leave what sorting the others gives."""
    rows = _rows(3, weighted)
    mask = np.arange(30) % 3 > 0
    weight = None if rows.weight is None else rows.weight[mask]
    alone = SortedRows.sort(rows.y_pos[mask], rows.score[mask], weight)
    for of_subset, expected in zip(rows.take(mask).counts(), alone.counts(), strict=True):
        np.testing.assert_array_equal(of_subset, expected)


def test_a_threshold_calls_the_rows_above_it_positive():
    """At the threshold of each cut as many rows are positive as lie above the cut."""
    rows = _rows(5, False)
    start, corner = rows.cuts_and_corners()
    thresholds = np.array([rows.threshold(n) for n in start])
    np.testing.assert_array_equal(rows.n_positive(thresholds), start)
    assert set(corner) <= set(range(len(start)))
    assert thresholds[0] == np.inf
    assert thresholds[-1] == -np.inf


def test_a_midpoint_never_calls_the_lower_score_positive():
    """Between neighbouring floats there is none: the higher one is the threshold."""
    low, high = 0.3, np.nextafter(0.3, 1)
    assert midpoint(low, high) == high
    assert midpoint(0.0, 1.0) == 0.5
