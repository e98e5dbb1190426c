"""Tests of encodings of which the exact value is lost."""

import numpy as np
import pytest

from sklearn_lossfix.model_selection.leakage._encodings import label_groups
from sklearn_lossfix.model_selection.leakage._merged_encodings import (
    merged_left_out_match,
    rounded_mean_match,
    rounding_step,
)


def _categories(n_levels, seed, n_rows=2000, is_even=False):
    """Categories and labels whose chance depends on them."""
    rng = np.random.default_rng(seed)
    codes = rng.permutation(np.arange(n_rows) % n_levels) if is_even else None
    codes = rng.integers(n_levels, size=n_rows) if codes is None else codes
    y = (rng.random(n_rows) < rng.uniform(0.2, 0.8, n_levels)[codes]).astype(float)
    return codes, y, rng


def _groups(column, y):
    """Groups of equal values."""
    values, codes = np.unique(column, return_inverse=True)
    return label_groups(codes, values, y, 1.0)[0]


def _left_out(codes, y):
    """The mean label of the other rows of the category."""
    count, total = np.bincount(codes)[codes], np.bincount(codes, y)[codes]
    return (total - y) / (count - 1)


def _match(column, y, rows=None):
    """What is said of a column, on some rows."""
    values, codes = np.unique(column, return_inverse=True)
    rows = np.arange(len(y)) if rows is None else rows
    return merged_left_out_match(codes[rows], values, y[rows], 1e-12)


def test_step_of_rounding():
    """The fewest decimals that all values have; none for arbitrary numbers."""
    assert rounding_step(np.array([0.25, 1.5])) == pytest.approx(0.01)
    assert rounding_step(np.array([3.0, 7.0])) == 1.0
    assert rounding_step(np.array([1 / 3, 0.5])) == 0.0


@pytest.mark.parametrize("seed", range(5))
def test_rounded_means_of_these_rows_are_certain_and_those_of_others_are_not(seed):
    """Means of all rows are within half a step; those of four fifths of the rows are not."""
    codes, y, rng = _categories(40, seed)
    means = np.round(np.bincount(codes, y) / np.bincount(codes), 2)[codes]
    match = rounded_mean_match(_groups(means, y), 0.01)
    assert match.share == 1.0
    assert match.log_chance < np.log(1e-9)
    train = rng.random(len(y)) < 0.8
    means = np.round(np.bincount(codes[train], y[train]) / np.bincount(codes[train]), 2)[codes]
    assert rounded_mean_match(_groups(means, y), 0.01) is None
    # The other class, too.
    other = rounded_mean_match(_groups(1 - means, 1 - y), 0.01)
    assert other is None


def test_true_means_agree_no_more_often_than_the_chance_says():
    """Calibrated forecasts are the least favourable column: the bound holds for them."""
    rng = np.random.default_rng(0)
    n_low = 0
    for _ in range(300):
        forecast = np.round(rng.integers(1, 10, 900) / 10, 1)
        y = (rng.random(900) < forecast).astype(float)
        match = rounded_mean_match(_groups(forecast, y), 0.1)
        n_low += match is not None and match.log_chance <= np.log(0.05)
    assert n_low <= 0.05 * 300


@pytest.mark.parametrize("is_even", [True, False])
@pytest.mark.parametrize("seed", range(5))
def test_left_out_means_are_found_where_categories_share_values(seed, is_even):
    """The categories are not known; many have the same number of rows and of hits."""
    codes, y, rng = _categories(60, seed, is_even=is_even)
    match, share = _match(_left_out(codes, y), y)
    assert match.log_chance < np.log(1e-6)
    assert share > 0.5
    # Labels in another order say nothing.
    blind, _ = _match(_left_out(codes, y), rng.permutation(y))
    assert blind is None or blind.log_chance > np.log(1e-3)


@pytest.mark.parametrize("seed", range(5))
def test_left_out_means_of_training_rows_fit_those_better(seed):
    """Test rows hold plain means; all rows together agree less than training rows do."""
    codes, y, rng = _categories(40, seed)
    train = np.flatnonzero(rng.random(len(y)) < 0.8)
    column = (np.bincount(codes[train], y[train]) / np.bincount(codes[train]))[codes]
    column[train] = _left_out(codes[train], y[train])
    assert _match(column, y, train)[1] > _match(column, y)[1]


def test_other_columns_are_no_left_out_means():
    """Arbitrary numbers, shares with few decimals, numbers beyond 0 and 1."""
    rng = np.random.default_rng(0)
    y = rng.integers(0, 2, 1000).astype(float)
    for column in (
        rng.random(40)[rng.integers(40, size=1000)],
        rng.integers(0, 5, 1000) / 4,
        rng.normal(size=30)[rng.integers(30, size=1000)],
    ):
        match, _ = _match(column, y)
        assert match is None or match.log_chance > np.log(0.01)
