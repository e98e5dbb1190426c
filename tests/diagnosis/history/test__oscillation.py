"""Turning points of curves."""

import numpy as np
import pytest

from sklearn_lossfix.diagnosis.history._oscillation import (
    count_turning_points,
    swing,
    turning_point_z,
)


def test_turning_points_are_peaks_and_troughs():
    """A zigzag turns at every inner point, a line at none."""
    assert count_turning_points(np.array([0.0, 1, 0, 1, 0])) == 3
    assert count_turning_points(np.arange(9.0)) == 0


def test_white_noise_has_a_standard_normal_z():
    """Over many curves z has mean zero and variance one, whatever the distribution."""
    rng = np.random.default_rng(0)
    z = [turning_point_z(rng.exponential(size=60))[0] for _ in range(2000)]
    assert abs(np.mean(z)) < 0.07
    assert np.std(z) == pytest.approx(1.0, abs=0.06)


def test_alternation_stands_out_and_a_smooth_curve_does_not():
    """A curve that jumps up and down has a large z, a smooth one a very negative one."""
    steps = np.arange(60)
    noise = np.random.default_rng(1).normal(0, 0.05, 60)
    assert turning_point_z(0.5 * (-1.0) ** steps + noise)[0] > 5
    assert turning_point_z(np.exp(-steps / 15.0))[0] < -5


def test_z_does_not_change_under_monotone_maps():
    """Turning points depend on order only."""
    values = np.random.default_rng(2).normal(size=50)
    assert turning_point_z(np.exp(values)) == turning_point_z(values)


def test_swing_is_the_typical_step():
    """A zigzag of height 0.3 has that swing, and one jump does not change it."""
    values = 0.3 * (np.arange(30) % 2)
    values[15:] += 10.0
    assert swing(values) == pytest.approx(0.3)
