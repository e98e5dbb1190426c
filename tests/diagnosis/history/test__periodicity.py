"""Periods of curves."""

import numpy as np
import pytest
from scipy import signal
from scipy.special import comb

from sklearn_lossfix.diagnosis.history._periodicity import (
    MIN_POINTS,
    fisher_g_p,
    is_even,
    lomb_scargle_basis,
    lomb_scargle_power,
    periodogram,
    smooth_trend,
    steadiness,
    strongest_period,
)


def fisher_exact(g, m):
    """Fisher's alternating sum."""
    k = np.arange(1, int(1 / g) + 1)
    return float(np.sum((-1.0) ** (k - 1) * comb(m, k) * (1 - k * g) ** (m - 1)))


@pytest.mark.parametrize("m", [10, 20, 50])
def test_fisher_p_bounds_the_exact_sum_closely(m):
    """The first term is above Fisher's sum, by less than a hundredth of it where it matters."""
    for g in np.linspace(0.1, 0.9, 30):
        exact, bound = fisher_exact(g, m), fisher_g_p(g, m)
        assert bound >= min(exact, 1.0) - 1e-12
        if bound < 0.01:
            assert bound == pytest.approx(exact, rel=0.01)


def test_periodogram_sums_to_the_variance():
    """Power at all frequencies is the sum of squares about the mean (an odd number of points)."""
    x = np.random.default_rng(0).normal(size=51)
    assert periodogram(x).sum() == pytest.approx(np.square(x - x.mean()).sum())


def test_lomb_scargle_is_that_of_scipy_on_uneven_steps():
    """Twice scipy's periodogram of the centred values."""
    rng = np.random.default_rng(1)
    steps = np.sort(rng.uniform(0, 40, 60))
    values = rng.normal(size=60)
    frequencies = np.linspace(0.05, 0.5, 20)
    mine = lomb_scargle_power(values, lomb_scargle_basis(steps, frequencies))
    theirs = signal.lombscargle(steps, values - values.mean(), 2 * np.pi * frequencies)
    assert mine == pytest.approx(2 * theirs)


def test_lomb_scargle_on_even_steps_is_the_periodogram():
    """Both agree where both are defined."""
    x = np.random.default_rng(2).normal(size=40)
    basis = lomb_scargle_basis(np.arange(40.0), np.arange(1, 20) / 40)
    assert lomb_scargle_power(x, basis) == pytest.approx(periodogram(x))


def wavy(steps, period, seed=0, height=1.5):
    """A falling curve with a wave and noise."""
    noise = np.random.default_rng(seed).normal(size=len(steps))
    return 30 * np.exp(-steps / 20) + height * np.sin(2 * np.pi * steps / period) + noise


@pytest.mark.parametrize("period", [5.0, 8.0, 20.0])
def test_a_wave_on_a_falling_curve_is_found_with_its_period(period):
    """Trend and noise do not hide a wave, and its period and height are right."""
    steps = np.arange(200.0)
    found = strongest_period(steps, wavy(steps, period))
    assert found.p_value < 0.001
    assert abs(found.period - period) <= max(found.resolution, 0.1)
    assert found.amplitude == pytest.approx(1.5, rel=0.35)
    assert found.method == "Fisher"


def test_uneven_steps_are_no_hindrance():
    """With half of the steps missing the same period is found."""
    keep = np.sort(np.random.default_rng(3).permutation(200)[:120]).astype(float)
    found = strongest_period(keep, wavy(keep, 9.0, height=2.0))
    assert found.method == "Lomb-Scargle"
    assert found.p_value < 0.01
    assert abs(found.period - 9.0) <= max(found.resolution, 0.2)


def test_period_scales_with_the_unit_of_steps():
    """Epochs that count by ten have periods ten times as long."""
    steps = np.arange(100.0)
    values = wavy(steps, 8.0)
    assert strongest_period(10 * steps, values).period == pytest.approx(
        10 * strongest_period(steps, values).period
    )


@pytest.mark.parametrize("phi", [0.0, 0.6])
def test_noise_alone_is_rarely_a_period(phi):
    """Of falling curves with autocorrelated noise at most one in a hundred or so has a period."""
    rng = np.random.default_rng(4)
    steps = np.arange(60.0)
    hits = 0
    for _ in range(200):
        noise = signal.lfilter([1], [1, -phi], rng.normal(size=160))[100:]
        hits += strongest_period(steps, 10 * np.exp(-steps / 10) + noise).p_value <= 0.01
    assert hits <= 6  # binomial(200, 0.01) exceeds this once in 250 times


def test_alternation_from_step_to_step_is_no_period():
    """What goes up and down every step belongs to oscillation."""
    steps = np.arange(80.0)
    values = (-1.0) ** steps + np.random.default_rng(5).normal(0, 0.3, 80)
    assert strongest_period(steps, values).period >= 3.0


def test_smooth_trend_follows_a_parabola():
    """What is smooth is taken off entirely."""
    steps = np.arange(60.0)
    parabola = 3 - 0.1 * steps + 0.002 * steps**2
    assert smooth_trend(parabola) == pytest.approx(parabola)


def test_is_even():
    """Equal lengths are even, whatever they are."""
    assert is_even(np.arange(0, 100, 10.0))
    assert not is_even(np.array([0.0, 1.0, 3.0, 4.0]))


def test_too_few_points_are_refused():
    """A short curve raises an error that says how many are needed."""
    with pytest.raises(ValueError, match=f"at least {MIN_POINTS} points"):
        strongest_period(np.arange(10.0), np.arange(10.0))


@pytest.mark.parametrize("n", [24, 25, 61, 200])
def test_the_trend_is_that_of_savitzky_and_golay(n):
    """It equals scipy's filter with a window of a third of the points, at the ends too."""
    values = 50.0 + np.random.default_rng(n).normal(size=n).cumsum()
    theirs = signal.savgol_filter(values, 2 * (n // 3) + 1, polyorder=2)
    np.testing.assert_allclose(smooth_trend(values), theirs, atol=1e-10)


def test_steadiness_tells_a_wave_from_what_passes():
    """A wave is there in every third, whatever its height; a part of one is not."""
    step = np.arange(120.0)
    wave = lomb_scargle_basis(step, np.array([1 / 10]))[:, 0]
    values = np.sin(2 * np.pi * step / 10 + 1)
    assert steadiness(values, wave) == pytest.approx(1.0)
    assert steadiness(7 * values, wave) == pytest.approx(1.0)
    assert steadiness(np.where(step < 40, values, 0.0), wave) == pytest.approx(0.0, abs=1e-6)
    assert steadiness(np.zeros(120), wave) == 0.0
