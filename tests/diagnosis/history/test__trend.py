"""Trends of a stretch of a curve against autocorrelated noise."""

import numpy as np
import pytest
from scipy import signal

from sklearn_lossfix.diagnosis.history._trend import (
    MIN_POINTS,
    equivalence_p,
    minimum_effect_p,
    sieve_trend,
    theil_sen_slope,
)


def curve(n=60, slope=0.0, sigma=1.0, phi=0.0, seed=0):
    """A straight line with autocorrelated noise."""
    noise = np.random.default_rng(seed).normal(0, sigma, n + 200)
    steps = np.arange(1.0, n + 1)
    return steps, slope * steps + signal.lfilter([1], [1, -phi], noise)[200:]


def test_theil_sen_is_not_moved_by_spikes():
    """A fifth of wild points leaves the slope of a line as it is."""
    steps = np.arange(50.0)
    values = 0.3 * steps
    values[::5] += 1000.0
    assert theil_sen_slope(steps, values) == pytest.approx(0.3, abs=0.05)


def test_a_line_is_a_trend_and_its_change_is_its_height():
    """A line without noise is told at once, whatever its slope."""
    steps = np.arange(20.0)
    trend = sieve_trend(steps, 5.0 - 0.25 * steps)
    assert trend.change == pytest.approx(-4.75)
    assert trend.told
    assert trend.p_value < 0.001


def test_a_constant_is_no_trend():
    """Equal values have no trend, and are flat beyond doubt."""
    trend = sieve_trend(np.arange(20.0), np.full(20, 0.3))
    assert trend.p_value == 1.0
    assert equivalence_p(trend, 1e-6) < 0.01


@pytest.mark.parametrize(("scale", "shift"), [(10.0, 3.0), (1e-3, 0.0)])
def test_p_value_does_not_depend_on_units(scale, shift):
    """Another unit and origin of the values leave the p-value, and scale the change."""
    steps, values = curve(slope=0.03)
    one, other = sieve_trend(steps, values), sieve_trend(steps, scale * values + shift)
    assert other.p_value == pytest.approx(one.p_value)
    assert other.change == pytest.approx(scale * one.change)


def test_mirror_image_has_the_opposite_change():
    """A rise is judged as the fall of the same size is."""
    steps, values = curve(slope=0.03, seed=3)
    one, other = sieve_trend(steps, values), sieve_trend(steps, -values)
    assert other.change == pytest.approx(-one.change)
    assert other.p_value == pytest.approx(one.p_value, abs=0.02)


def test_false_trends_are_rare_on_flat_autocorrelated_curves():
    """At a nominal 5 % at most 15 % of flat curves with a coefficient of 0.8 have a trend."""
    hits = []
    for seed in range(80):
        trend = sieve_trend(*curve(60, phi=0.8, seed=seed), alpha=0.05)
        hits.append(trend.told and trend.p_value <= 0.05)
    assert np.mean(hits) <= 0.2  # 15 % and two standard errors of 80 curves


def test_few_correlated_points_cannot_be_told():
    """Of 30 points with a coefficient of 0.8 a slope within the noise is withheld."""
    told = [sieve_trend(*curve(30, phi=0.8, seed=s), coefficient=0.8).told for s in range(20)]
    assert np.mean(told) < 0.2


def test_a_trend_beyond_a_random_walk_is_told_all_the_same():
    """A steep slope exceeds what any coefficient can explain."""
    steps, values = curve(30, slope=2.0, seed=1)
    assert sieve_trend(steps, values, coefficient=0.9).told


def test_minimum_effect_asks_for_more_than_a_trend():
    """A slope beyond noise is not beyond a limit just below its size, and is beyond a small one."""
    trend = sieve_trend(*curve(slope=0.05, sigma=0.2))
    assert trend.p_value < 0.001
    assert minimum_effect_p(trend, 0.1) < 0.001
    assert minimum_effect_p(trend, abs(trend.change)) > 0.1


def test_equivalence_and_trend_do_not_both_hold():
    """What is beyond a limit is not shown to be within it, and the other way round."""
    flat = sieve_trend(*curve(sigma=0.01))
    assert equivalence_p(flat, 0.1) < 0.01
    assert minimum_effect_p(flat, 0.1) > 0.9
    steep = sieve_trend(*curve(slope=0.05, sigma=0.01))
    assert equivalence_p(steep, 0.1) > 0.9


def test_few_points_need_the_permutation_test_too():
    """Below 20 points the p-value is no smaller than that of Kendall's tau."""
    trend = sieve_trend(*curve(10, slope=0.2, sigma=0.3, seed=2))
    assert trend.p_value >= trend.permutation_p > 0.0


def test_too_few_points_are_refused():
    """A handful of points raises an error that says how many are needed."""
    with pytest.raises(ValueError, match=f"at least {MIN_POINTS} points. Got 3"):
        sieve_trend(np.arange(3.0), np.arange(3.0))
