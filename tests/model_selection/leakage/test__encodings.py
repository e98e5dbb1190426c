"""Tests of the formulas of target encodings: against scikit-learn, and what chance would give."""

import numpy as np
import pytest
from scipy.special import logsumexp
from scipy.stats import binom
from sklearn.preprocessing import TargetEncoder

from sklearn_lossfix.model_selection.leakage._encodings import (
    Groups,
    best_match,
    label_groups,
    leave_one_out_match,
    leave_one_out_pairs,
    shrinkage_mean,
)

TOLERANCE = 1e-9


def _data(n_rows=4000, n_levels=40, seed=0, binary=True):
    """Categories of different sizes, and labels that depend on them."""
    rng = np.random.default_rng(seed)
    codes = rng.choice(n_levels, n_rows, p=rng.dirichlet(np.full(n_levels, 3)))
    effect = rng.normal(size=n_levels)[codes]
    label = effect + rng.normal(size=n_rows)
    return codes, (label > 0).astype(float) if binary else label


def _match(values_of_rows, label, binary=True):
    """The formula found from the values of the rows alone."""
    values, codes = np.unique(values_of_rows, return_inverse=True)
    groups, _ = label_groups(codes, values, label, 1.0 if binary else 0.0)
    return best_match(groups, TOLERANCE)


def _encode(codes, label, smooth, binary):
    """scikit-learn's encoding of all rows by all rows."""
    encoder = TargetEncoder(smooth=smooth, target_type="binary" if binary else "continuous")
    return encoder.fit(codes[:, None], label).transform(codes[:, None])[:, 0]


@pytest.mark.parametrize("binary", [True, False])
@pytest.mark.parametrize("smooth", [0.0, 2.5, 10.0, "auto"])
def test_encodings_of_scikit_learn_are_recognised(smooth, binary):
    """With any smoothing; a weight is recovered."""
    codes, label = _data(binary=binary)
    match = _match(_encode(codes, label, smooth, binary), label, binary)
    assert match.share > 0.9
    assert match.log_chance < np.log(1e-6)
    expected = {0.0: "mean", "auto": "shrunk"}.get(smooth, "smoothed")
    assert match.formula == expected
    if expected == "smoothed":
        assert match.weight == pytest.approx(smooth)


@pytest.mark.parametrize("binary", [True, False])
@pytest.mark.parametrize("smooth", [0.0, 10.0, "auto"])
def test_a_scaler_hides_nothing(smooth, binary):
    """After any affine map the formula is still found."""
    codes, label = _data(n_levels=25, binary=binary)
    encoded = _encode(codes, label, smooth, binary)
    match = _match((encoded - 0.3) / -0.07, label, binary)
    assert match.formula.startswith("scaled")
    assert match.log_chance < np.log(1e-6)


def test_weight_of_evidence():
    """Log of the odds over the odds of all rows."""
    codes, label = _data(n_levels=15)
    count, hits = np.bincount(codes), np.bincount(codes, label)
    base = label.sum() / (len(label) - label.sum())
    is_mixed = (hits > 0) & (hits < count)
    odds = np.where(is_mixed, hits, 1) / np.where(is_mixed, count - hits, 1)
    assert _match(np.log(odds / base)[codes], label).formula == "woe"


@pytest.mark.parametrize("smooth", [10.0, "auto"])
def test_values_shared_by_many_categories(smooth):
    """Small categories of equal size and mean have one value; their size is solved for."""
    codes, label = _data(n_levels=1000)
    encoded = _encode(codes, label, smooth, True)
    assert len(np.unique(encoded)) < 300
    match = _match(encoded, label)
    assert match.share > 0.9
    assert match.log_chance < np.log(1e-6)


def test_one_value_too_many_digits_off_is_no_encoding():
    """Noise far above rounding, or other labels, and nothing is found."""
    codes, label = _data()
    encoded = _encode(codes, label, 0.0, True)
    rng = np.random.default_rng(0)
    noise = 1e-5 * rng.normal(size=40)[codes]
    assert _match(encoded + noise, label) is None
    assert _match(encoded, rng.permutation(label)) is None


def test_chance_bounds_calibrated_forecasts():
    """A column that holds the true chance of each group agrees no oftener than is said."""
    rng = np.random.default_rng(0)
    chances = np.array([0.2, 0.5, 0.8])
    counts = np.array([10, 12, 20])
    agreed, bounds = 0, []
    for _ in range(1000):
        means = rng.binomial(counts, chances) / counts
        groups = Groups(chances, counts * 1.0, means, means * (1 - means), 42.0, 0.5, 0.25, 1.0)
        if (means > 0).all() and (means < 1).all():
            match = best_match(groups, TOLERANCE)
            if match is not None and match.formula == "mean":
                agreed += 1
                bounds.append(np.exp(match.log_chance))
    exact = np.prod(binom.pmf(counts * chances, counts, chances))
    np.testing.assert_allclose(bounds, exact, rtol=1e-6)
    assert agreed / 1000 < exact + 4 * np.sqrt(exact / 1000)


def test_balanced_design_is_no_encoding():
    """A full grid: the mean of x1 + x2 over x2 is a line in x1, and no one encoded anything."""
    grid = np.array(np.meshgrid(np.arange(10.0), np.arange(10.0))).reshape(2, -1)
    label = grid.sum(axis=0) - 4.5
    assert np.allclose([label[grid[0] == v].mean() for v in range(10)], range(10))
    assert _match(grid[0], label, binary=False) is None


def test_copies_of_the_target_are_no_encoding():
    """Groups of one label, or of one row, say nothing."""
    _, label = _data(binary=False)
    assert _match(label, label, binary=False) is None
    rounded = np.round(label)
    assert _match(rounded, rounded, binary=False) is None


def test_statistics_of_part_of_the_rows():
    """Rows that do not count change nothing, whatever their labels."""
    codes, label = _data()
    values = np.arange(40.0)
    rows = np.arange(3000)
    groups, kept = label_groups(codes, values, label, 1.0, rows=rows)
    changed = label.copy()
    changed[3000:] = 1 - changed[3000:]
    again, _ = label_groups(codes, values, changed, 1.0, rows=rows)
    for first, second in zip(groups, again, strict=True):
        np.testing.assert_array_equal(first, second)
    np.testing.assert_allclose(groups.mean, [label[rows][codes[rows] == c].mean() for c in kept])


def test_shrinkage_is_a_weighted_mean():
    """No weight: the group's mean; unlimited: that of all rows."""
    codes, label = _data()
    groups, _ = label_groups(codes, np.arange(40.0), label, 1.0)
    np.testing.assert_allclose(shrinkage_mean(groups, 0.0), groups.mean)
    np.testing.assert_allclose(shrinkage_mean(groups, 1e12), groups.total_mean)


@pytest.mark.parametrize("binary", [True, False])
def test_leave_one_out(binary):
    """Found with the categories, after a scaler too; not with other labels."""
    codes, label = _data(binary=binary)
    count, total = np.bincount(codes), np.bincount(codes, label)
    encoded = (total[codes] - label) / (count[codes] - 1)
    step = 1.0 if binary else 0.0
    for column in (encoded, 3 - 20 * encoded):
        match, kept = leave_one_out_match(codes, column, label, step, TOLERANCE)
        assert match.share == 1
        assert len(kept) > 30
        assert match.log_chance < np.log(1e-6)
    other = np.random.default_rng(0).permutation(label)
    assert leave_one_out_match(codes, encoded, other, step, TOLERANCE)[0] is None


def test_chance_of_leave_one_out_counts_the_ways_to_deal_hits():
    """Number of hits by the binomial law, times one of all ways to deal them to the rows."""
    codes = np.repeat(np.arange(6), [6, 6, 6, 6, 6, 6])
    label = np.tile([1.0, 1.0, 0.0, 0.0, 0.0, 0.0], 6)
    count, total = np.bincount(codes), np.bincount(codes, label)
    label[:6] = [1, 1, 1, 0, 0, 0]
    total[0] = 3
    encoded = (total[codes] - label) / (count[codes] - 1)
    match, _ = leave_one_out_match(codes, encoded, label, 1.0, TOLERANCE)
    assert match.n_solved == 2
    # Rows of a category with a third of hits: exactly these rows, at the likeliest rate.
    expected = 4 * (2 * np.log(1 / 3) + 4 * np.log(2 / 3))
    assert match.log_chance == pytest.approx(expected)


def test_leave_one_out_of_classes_averaged_as_numbers():
    """Labels 0, 1, 2 have no hits to deal, and a mean above one is nothing to stumble over."""
    rng = np.random.default_rng(0)
    codes = np.repeat(np.arange(12), 20)
    label = rng.integers(0, 3, len(codes)).astype(float)
    count, total = np.bincount(codes), np.bincount(codes, label)
    encoded = (total[codes] - label) / (count[codes] - 1)
    match, _ = leave_one_out_match(codes, encoded, label, 1.0, TOLERANCE)
    assert match.share == 1.0
    assert match.log_chance < np.log(1e-6)


def test_leave_one_out_without_the_categories():
    """Values in pairs, one for each class, tell size and hits of a category."""
    codes, label = _data(n_levels=12)
    count, total = np.bincount(codes), np.bincount(codes, label)
    encoded = (total[codes] - label) / (count[codes] - 1)
    values, own = np.unique(encoded, return_inverse=True)
    match = leave_one_out_pairs(own, values, label, 1.0, TOLERANCE)
    assert match.share > 0.9
    assert match.log_chance < np.log(1e-6)
    mean = (total / count)[codes]
    values, own = np.unique(mean, return_inverse=True)
    assert leave_one_out_pairs(own, values, label, 1.0, TOLERANCE) is None


def test_chance_of_some_of_many_is_an_upper_bound():
    """Agreement of nearly all groups is bounded from above by the exact tail."""
    rng = np.random.default_rng(0)
    codes, label = _data(n_levels=20)
    count, total = np.bincount(codes), np.bincount(codes, label)
    values = total / count
    values[rng.integers(20)] += 0.123
    match = best_match(label_groups(codes, values, label, 1.0)[0], TOLERANCE)
    hits = np.log(binom.pmf(total, count, total / count))
    all_but_one = logsumexp([hits.sum() - one for one in hits])
    assert match.agrees.sum() == 19
    assert match.log_chance >= all_but_one
