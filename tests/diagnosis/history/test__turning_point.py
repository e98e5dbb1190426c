"""Valley and rise of a validation curve."""

import numpy as np
import pytest
from scipy import signal

from sklearn_lossfix.diagnosis.history._noise import running_median
from sklearn_lossfix.diagnosis.history._turning_point import (
    MIN_POINTS,
    curve_noise,
    generalization_loss,
    turning_point,
    valley_interval,
    valley_shape,
)


def valley(n=100, at=40, slope=0.01, sigma=0.02, seed=0, phi=0.0):
    """A curve that falls up to a step and rises from there."""
    steps = np.arange(n)
    noise = np.random.default_rng(seed).normal(0, sigma, n + 100)
    noise = signal.lfilter([1], [1, -phi], noise)[100:]
    return 1 + np.exp(-steps / 10) + slope * np.maximum(steps - at, 0) + noise


def test_generalization_loss_is_prechelts():
    """100 (last / best - 1) of positive losses; relative to the size of negative ones."""
    assert generalization_loss(1.1, 1.0) == pytest.approx(10.0)
    assert generalization_loss(-0.9, -1.0) == pytest.approx(10.0)


def test_valley_shape_leaves_valleys_as_they_are():
    """A curve without noise that falls and rises is its own shape; other curves get one."""
    values = np.concatenate([np.linspace(3, 1, 20), np.linspace(1.1, 2, 15)])
    assert valley_shape(values, 19) == pytest.approx(values)
    shape = valley_shape(np.random.default_rng(0).normal(size=50), 20)
    assert (np.diff(shape[:21]) <= 1e-12).all()
    assert (np.diff(shape[20:]) >= -1e-12).all()


def test_a_rise_is_found_with_its_size():
    """Valley, rise and z are near what was planted."""
    turn = turning_point(valley())
    assert 25 <= turn.position <= 50
    assert turn.rise == pytest.approx(0.01 * 57, rel=0.15)
    assert turn.z > 10
    assert turn.p_value < 1e-6
    assert turn.told


def test_a_curve_that_only_falls_has_no_rise():
    """Without a turn the rise is within its noise."""
    turn = turning_point(valley(slope=0.0))
    assert turn.z < 3
    assert turn.p_value > 0.01


def test_units_do_not_matter():
    """Multiplying a curve scales the rise and leaves z, p and the generalization loss."""
    one, other = turning_point(valley()), turning_point(50 * valley())
    assert other.rise == pytest.approx(50 * one.rise)
    assert (other.z, other.p_value) == pytest.approx((one.z, one.p_value))
    assert other.generalization_loss == pytest.approx(one.generalization_loss)


def test_coefficient_is_right_on_average():
    """About the valley shape the corrected coefficient finds the one of a flat curve's noise."""
    found = []
    for seed in range(40):
        noise = np.random.default_rng(seed).normal(size=180)
        values = signal.lfilter([1], [1, -0.5], noise)[100:]
        found.append(curve_noise(values, int(np.argmin(running_median(values, 9))))[1])
    assert np.mean(found) == pytest.approx(0.5, abs=0.08)


def test_false_rises_are_rare():
    """Of flat curves with white noise about one in a hundred has a rise at 1 %."""
    hits = [turning_point(valley(60, slope=0, seed=s)).p_value <= 0.01 for s in range(150)]
    assert np.sum(hits) <= 5


def test_interval_holds_the_turn_and_shrinks_with_noise():
    """The interval covers the planted valley nearly always, and less noise makes it narrower."""
    steps = np.arange(100)
    truth = 0.0005 * (steps - 40.0) ** 2
    covered, wide, narrow = 0, [], []
    for seed in range(30):
        noise = np.random.default_rng(seed).normal(size=100)
        low, high = valley_interval(truth + 0.1 * noise, seed)
        covered += low <= 40 <= high
        wide.append(high - low)
        low, high = valley_interval(truth + 0.02 * noise, seed)
        narrow.append(high - low)
    assert covered >= 26
    assert np.mean(narrow) < np.mean(wide)


def test_short_curves():
    """Below eight points nothing is known of the place, and a rise is refused."""
    assert valley_interval(np.arange(5.0)) == (0, 4)
    with pytest.raises(ValueError, match=f"at least {MIN_POINTS} points"):
        turning_point(np.arange(5.0))


@pytest.mark.parametrize("course", ["valley", "saturating"])
def test_the_interval_covers_under_correlated_noise_and_flat_ends(course):
    """At a nominal 95 % it holds the best step of nine runs in ten at least."""
    steps = np.arange(1.0, 61.0)
    truth = {
        "valley": 0.3 + 0.0002 * (steps - 30) ** 2,
        "saturating": 0.3 + 0.4 * np.exp(-steps / 10),
    }[course]
    phi, sigma = (0.5, 0.02) if course == "valley" else (0.0, 0.01)
    best, covered = int(np.argmin(truth)), 0
    for seed in range(60):
        noise = np.random.default_rng(seed).normal(0, sigma * np.sqrt(1 - phi**2), 160)
        low, high = valley_interval(truth + signal.lfilter([1], [1, -phi], noise)[100:])
        covered += low <= best <= high
    assert covered >= 54


def test_a_valley_of_zero_has_no_percent():
    """A loss of exactly zero has not risen by any share; from zero any rise has no bound."""
    turn = turning_point(np.array([1.0, 0.5, 0.2, 0.1] + [0.0] * 30))
    assert (turn.generalization_loss, turn.rise, turn.z) == (0.0, 0.0, 0.0)
    assert generalization_loss(1.0, 0.0) == np.inf
    assert generalization_loss(-1.0, 0.0) == -np.inf
