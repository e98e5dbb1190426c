"""Tests of the paired statistics: against textbook formulas, SciPy and resampling."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats
from sklearn.metrics import roc_auc_score

from sklearn_lossfix._core._paired_tests import (
    CONFIDENCE,
    DISCARD_ABOVE,
    auc_influence,
    benjamini_hochberg,
    conditional_benjamini_hochberg,
    effective_rows,
    interval,
    mcnemar_p,
    mean_standard_error,
    nadeau_bengio_inflation,
    paired_estimate,
    tie_blocks,
    upper_tail_p,
    weighted_mean,
    wilson_interval,
)


@st.composite
def weighted_values(draw):
    """Draw values and weights, some of which are zero but at least two are not."""
    n = draw(st.integers(3, 30))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    weight = rng.choice([0.0, 0.5, 1.0, 4.0], n)
    weight[:2] = 1.0, 2.0
    return rng.normal(size=n), weight, rng.integers(max(2, n // 3), size=n)


@given(weighted_values())
def test_unweighted_mean_and_error_are_the_textbook_ones(drawn):
    """Without weights the standard error is the sample deviation over the root of n."""
    values, _, _ = drawn
    assert weighted_mean(values) == pytest.approx(values.mean())
    assert mean_standard_error(values) == pytest.approx(stats.sem(values))
    assert effective_rows(None, len(values)) == len(values)


@given(weighted_values())
def test_weighted_error_follows_its_formula(drawn):
    """With weights it is the linearised error of a ratio, over the rows that have weight."""
    values, weight, _ = drawn
    mean = np.sum(weight * values) / weight.sum()
    assert weighted_mean(values, weight) == pytest.approx(mean)
    n = np.count_nonzero(weight)
    variance = n / (n - 1) * np.sum((weight * (values - mean)) ** 2) / weight.sum() ** 2
    assert mean_standard_error(values, weight) == pytest.approx(np.sqrt(variance))
    assert effective_rows(weight, len(weight)) == pytest.approx(
        weight.sum() ** 2 / (weight**2).sum()
    )


def test_no_weight_is_no_rows():
    """Rows that all weigh nothing count as none, without a division by zero."""
    assert effective_rows(np.zeros(5), 5) == 0.0


@given(weighted_values(), st.floats(0.01, 100))
def test_weights_matter_by_their_ratios_only(drawn, factor):
    """Equal weights are no weights, and the scale of weights changes nothing."""
    values, weight, groups = drawn
    ones = np.full(len(values), factor)
    assert mean_standard_error(values, ones) == pytest.approx(mean_standard_error(values))
    assert mean_standard_error(values, ones, groups) == pytest.approx(
        mean_standard_error(values, None, groups)
    )
    assert mean_standard_error(values, factor * weight, groups) == pytest.approx(
        mean_standard_error(values, weight, groups)
    )


@given(weighted_values())
def test_singleton_groups_are_no_groups(drawn):
    """When every row is its own group the cluster-robust error is the plain one."""
    values, weight, _ = drawn
    own = np.random.default_rng(0).permutation(len(values))
    assert mean_standard_error(values, None, own) == pytest.approx(mean_standard_error(values))
    assert mean_standard_error(values, weight, own) == pytest.approx(
        mean_standard_error(values, weight)
    )


@given(weighted_values())
def test_rows_of_weight_zero_are_not_there(drawn):
    """Dropping the rows without weight changes neither mean nor error."""
    values, weight, groups = drawn
    kept = weight > 0
    for g, h in ((None, None), (groups, groups[kept])):
        assert paired_estimate(values, weight, g) == pytest.approx(
            paired_estimate(values[kept], weight[kept], h), nan_ok=True
        )


@given(weighted_values(), st.integers(2, 5))
def test_repeating_rows_inside_groups_adds_no_information(drawn, times):
    """Copies that share a group with their original leave the cluster-robust error alone."""
    values, weight, _ = drawn
    own = np.arange(len(values))
    repeated = mean_standard_error(
        np.repeat(values, times), np.repeat(weight, times), np.repeat(own, times)
    )
    assert repeated == pytest.approx(mean_standard_error(values, weight))


def test_one_group_says_nothing_about_its_variation():
    """With a single group, or a single row, the error is infinite."""
    assert mean_standard_error(np.arange(5.0), None, np.zeros(5, dtype=int)) == np.inf
    assert mean_standard_error(np.arange(5.0), np.array([0, 0, 1.0, 0, 0])) == np.inf
    assert paired_estimate(np.arange(5.0), None, np.zeros(5, dtype=int)).low == -np.inf


def test_interval_covers_the_mean_at_its_level():
    """95 % of the intervals of normal samples hold the true mean, up to the noise of the draws."""
    rng = np.random.default_rng(0)
    estimates = [paired_estimate(rng.normal(1.0, 2.0, 200)) for _ in range(2000)]
    covered = sum(e.low <= 1.0 <= e.high for e in estimates)
    assert stats.binomtest(covered, 2000, CONFIDENCE).pvalue > 0.01


def test_interval_is_symmetric_and_normal():
    """The interval reaches 1.96 standard errors to both sides."""
    estimate = interval(2.0, 0.5)
    assert (estimate.value, estimate.se) == (2.0, 0.5)
    assert estimate.high - 2.0 == pytest.approx(2.0 - estimate.low)
    assert estimate.high - 2.0 == pytest.approx(0.5 * stats.norm.ppf(0.975))


@given(weighted_values(), st.floats(1.0, 4.0))
def test_inflation_multiplies_the_variance(drawn, factor):
    """A variance factor stretches the interval by its root and leaves the value."""
    values, weight, groups = drawn
    plain = paired_estimate(values, weight, groups)
    stretched = paired_estimate(values, weight, groups, inflation=factor)
    assert stretched.value == plain.value
    assert stretched.se == pytest.approx(plain.se * np.sqrt(factor))


@pytest.mark.parametrize(
    ("value", "se", "limit", "expected"),
    [
        (1.0, 0.5, 0.0, stats.norm.sf(2.0)),
        (1.0, 0.5, 2.0, stats.norm.sf(-2.0)),
        (0.0, 1.0, 0.0, 0.5),
        (1.0, np.inf, 0.0, 0.5),
        (1.0, 0.0, 0.5, 0.0),
        (1.0, 0.0, 1.0, 1.0),
    ],
)
def test_minimum_effect_p_value(value, se, limit, expected):
    """The p-value is the upper tail beyond the limit; without sampling error it is 0 or 1."""
    assert upper_tail_p(value, se, limit) == pytest.approx(expected)


def test_nadeau_bengio_number():
    """Ten splits of 900 and 100 rows: the corrected variance is 1 + 10/9 times the naive one."""
    inflation = nadeau_bengio_inflation(900, 100, 10)
    assert inflation == pytest.approx(19 / 9)
    corrected, naive = 1 / 10 + 100 / 900, 1 / 10
    assert inflation == pytest.approx(corrected / naive)


@given(st.integers(0, 40), st.integers(0, 40))
def test_mcnemar_is_the_sign_test_of_the_flips(right, wrong):
    """The p-value is that of a fair coin, is symmetric, and is one without flips."""
    expected = stats.binomtest(right, right + wrong).pvalue if right + wrong else 1.0
    assert mcnemar_p(right, wrong) == pytest.approx(expected)
    assert mcnemar_p(wrong, right) == mcnemar_p(right, wrong)


@given(st.integers(1, 500), st.floats(0, 1), st.sampled_from([0.9, 0.95, 0.99]))
def test_wilson_interval_is_that_of_scipy(n_rows, share, confidence):
    """For whole counts the interval is the Wilson interval of `scipy.stats.binomtest`."""
    hits = round(share * n_rows)
    expected = stats.binomtest(hits, n_rows).proportion_ci(confidence, method="wilson")
    assert wilson_interval(hits / n_rows, n_rows, confidence) == pytest.approx(
        (expected.low, expected.high), abs=1e-12
    )


def test_wilson_interval_of_no_rows_is_everything():
    """Nothing seen means nothing known."""
    assert wilson_interval(0.5, 0) == (0.0, 1.0)


@given(st.lists(st.floats(0, 1), max_size=12))
def test_conditional_adjustment_is_that_of_the_small_p_values(p_values):
    """Large p-values change nothing for the others, and are never significant themselves."""
    adjusted = conditional_benjamini_hochberg(p_values)
    kept = np.asarray(p_values) <= DISCARD_ABOVE
    assert (adjusted[~kept] == 1).all()
    small = [p for p in p_values if p <= DISCARD_ABOVE]
    assert adjusted[kept] == pytest.approx(benjamini_hochberg(np.array(small) / DISCARD_ABOVE))


@pytest.mark.parametrize("lead", [0.0, 0.5, 2.0])
def test_conditional_adjustment_keeps_its_level(lead):
    """Effects at or below their limits: some test rejects in at most the level of all reports.

    2,000 reports of ten independent tests at a level of .05; 0.066 is three standard errors above.
    """
    z = np.random.default_rng(0).normal(size=(2000, 10)) - lead
    adjusted = np.array([conditional_benjamini_hochberg(row) for row in stats.norm.sf(z)])
    assert (adjusted.min(axis=1) <= 0.05).mean() <= 0.066


@given(st.lists(st.floats(0, 1), max_size=12))
def test_benjamini_hochberg_rejects_what_the_step_up_rule_rejects(p_values):
    """Adjusted p-values at most q are the hypotheses that the step-up procedure rejects at q."""
    adjusted = benjamini_hochberg(p_values)
    assert len(adjusted) == len(p_values)
    assert (adjusted >= np.asarray(p_values) * (1 - 1e-12)).all()
    q = 0.1
    ranked = np.sort(p_values)
    passing = [p for k, p in enumerate(ranked, 1) if p <= q * k / len(ranked)]
    cut = max(passing, default=-1.0)
    # At the very edge the two divide in another order.
    clear = np.abs(adjusted - q) > 1e-12
    np.testing.assert_array_equal((adjusted <= q)[clear], (np.asarray(p_values) <= cut)[clear])


@st.composite
def ranked_rows(draw):
    """Draw scores with ties, both labels, and sometimes weights."""
    n = draw(st.integers(2, 40))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    score = rng.choice([0.0, 0.2, 0.5, 1.0], n) if draw(st.booleans()) else rng.normal(size=n)
    positive = rng.random(n) < 0.4
    positive[:2] = True, False
    weight = rng.choice([0.5, 1.0, 3.0], n) if draw(st.booleans()) else None
    return score, positive, weight


@given(ranked_rows())
def test_auc_is_that_of_scikit_learn(drawn):
    """Ties count half, weights count, and the influences average to zero."""
    score, positive, weight = drawn
    auc, influence = auc_influence(score, positive, weight)
    assert auc == pytest.approx(roc_auc_score(positive, score, sample_weight=weight), abs=1e-12)
    assert np.average(influence, weights=weight) == pytest.approx(0.0, abs=1e-12)


@given(ranked_rows())
def test_auc_influence_is_the_derivative_in_the_weights(drawn):
    """A little more weight on a row moves the AUC by its influence over the total weight."""
    score, positive, weight = drawn
    w = np.ones(len(score)) if weight is None else weight
    _, influence = auc_influence(score, positive, weight)
    step = 1e-6
    for row in (0, 1, len(score) - 1):
        up, down = w.copy(), w.copy()
        up[row] += step
        down[row] -= step
        slope = (
            auc_influence(score, positive, up)[0] - auc_influence(score, positive, down)[0]
        ) / (2 * step)
        assert slope == pytest.approx(influence[row] / w.sum(), abs=1e-7)


def test_auc_error_is_delongs():
    """The variance of the influences is DeLong's up to its n - 1, and near the bootstrap's."""
    rng = np.random.default_rng(0)
    positive = rng.random(400) < 0.3
    score = np.round(rng.normal(positive * 1.0), 1)
    auc, influence = auc_influence(score, positive)
    se = mean_standard_error(influence)
    wins = np.sign(score[positive][:, None] - score[~positive]) / 2 + 0.5
    m, n = wins.shape
    delong = np.sqrt(wins.mean(axis=1).var(ddof=1) / m + wins.mean(axis=0).var(ddof=1) / n)
    assert auc == pytest.approx(wins.mean())
    assert se == pytest.approx(delong, rel=0.01)
    draws = [rng.integers(400, size=400) for _ in range(600)]
    bootstrap = np.std([auc_influence(score[d], positive[d])[0] for d in draws])
    assert se == pytest.approx(bootstrap, rel=0.1)


@pytest.mark.parametrize("positive", [np.ones(4, dtype=bool), np.zeros(4, dtype=bool)])
def test_auc_of_one_class_is_undefined(positive):
    """Without both classes there is no AUC and no influence."""
    auc, influence = auc_influence(np.arange(4.0), positive)
    assert np.isnan(auc)
    assert influence.tolist() == [0.0] * 4


@given(st.lists(st.sampled_from([-1.0, 0.0, 0.5, 2.0]), min_size=1, max_size=20))
def test_tie_blocks_tile_the_rows(values):
    """Runs of equal values start where the last one ended and hold one value each."""
    ranked = np.sort(values)
    starts, lengths = tie_blocks(ranked)
    np.testing.assert_array_equal(ranked[starts], np.unique(values))
    np.testing.assert_array_equal(np.repeat(ranked[starts], lengths), ranked)
