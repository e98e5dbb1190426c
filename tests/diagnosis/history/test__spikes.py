"""Spikes and shifted levels."""

import numpy as np
import pytest
from scipy import special

from sklearn_lossfix.diagnosis.history._spikes import (
    cusum_p,
    hampel_sigma,
    level_shifts,
    side_medians,
    spikes,
)


def falling(n=80, sigma=0.01, seed=0):
    """A curve that is learnt."""
    steps = np.arange(n)
    return np.exp(-steps / 15) + np.random.default_rng(seed).normal(0, sigma, n)


def test_side_medians_are_medians_of_both_sides():
    """Each point is left out of both."""
    before, after = side_medians(np.arange(12.0), 5)
    assert before[5] == 2.0
    assert after[5] == 8.0
    assert np.isnan(before[:5]).all()
    assert np.isnan(after[-5:]).all()


def test_a_planted_spike_is_found_where_it_is():
    """Place and height are those that were planted."""
    values = falling()
    values[40] += 0.5
    (jump,) = spikes(values)
    assert jump.position == 40
    assert jump.height == pytest.approx(0.5, abs=0.05)
    assert not jump.stays


def test_a_planted_level_is_found_and_is_no_spike():
    """A level that stays up is a shift from its first point on."""
    values = falling()
    values[50:] += 0.3
    (jump,) = level_shifts(values)
    assert jump.position == 50
    assert jump.height == pytest.approx(0.3, abs=0.05)
    assert jump.stays
    assert spikes(values) == []


def test_a_spike_is_no_level():
    """What comes back does not shift the level."""
    values = falling()
    values[40] += 0.5
    assert level_shifts(values) == []


def test_learning_has_neither():
    """A steep start, and a slow rise, are no jumps."""
    values = falling()
    rising = values + 0.005 * np.arange(80)
    for curve in (values, rising, values[::-1].copy()):
        assert spikes(curve) == []
        assert level_shifts(curve) == []


def test_units_do_not_matter():
    """Scaling and shifting a curve leave what is found."""
    values = falling()
    values[30] += 0.4
    values[60:] += 0.2
    assert [j.position for j in spikes(100 * values - 7)] == [j.position for j in spikes(values)]
    assert [j.position for j in level_shifts(100 * values - 7)] == [60]


def test_curves_without_noise_have_a_spike_too():
    """Where the noise is zero any point above both sides stands out."""
    values = np.full(40, 0.2)
    values[20] = 0.9
    assert [jump.position for jump in spikes(values)] == [20]
    assert hampel_sigma(values) == 0.0


def test_cusum_p_has_its_level_on_white_noise():
    """Under one level with white noise p-values below 5 % are not more frequent than that."""
    rng = np.random.default_rng(1)
    p_values = [cusum_p(rng.normal(size=200))[0] for _ in range(400)]
    assert np.mean(np.array(p_values) <= 0.05) <= 0.08


def test_cusum_finds_the_change_point():
    """A level of three sigmas is found at its place, and Kolmogorov's law gives the p-value."""
    values = np.random.default_rng(2).normal(size=60)
    values[25:] += 3.0
    p_value, position = cusum_p(values)
    assert abs(position - 25) <= 2
    assert p_value < 1e-3
    assert special.kolmogorov(1.358) == pytest.approx(0.05, abs=1e-3)
