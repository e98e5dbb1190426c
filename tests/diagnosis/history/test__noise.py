"""Noise of curves from one step to the next."""

import numpy as np
import pytest

from sklearn_lossfix.diagnosis.history._noise import (
    median_window,
    normal_mad,
    running_median,
    second_difference_sigma,
)


def test_second_differences_see_noise_and_not_the_line():
    """A line changes nothing, and white noise is given back."""
    noise = np.random.default_rng(0).normal(0, 0.3, 4000)
    assert second_difference_sigma(noise) == pytest.approx(0.3, rel=0.05)
    line = 5.0 - 0.2 * np.arange(4000)
    assert second_difference_sigma(noise + line) == pytest.approx(second_difference_sigma(noise))
    assert second_difference_sigma(line) == pytest.approx(0.0, abs=1e-9)


def test_spikes_do_not_inflate_the_noise():
    """A few percent of wild points move the estimate by a few percent."""
    noise = np.random.default_rng(1).normal(size=1000)
    wild = noise.copy()
    wild[::100] += 1e6
    assert second_difference_sigma(wild) == pytest.approx(second_difference_sigma(noise), rel=0.1)


def test_mad_is_scaled_to_sigma():
    """Of normal values the scaled MAD is their standard deviation."""
    values = np.random.default_rng(2).normal(0, 2.0, 20_000)
    assert normal_mad(values) == pytest.approx(2.0, rel=0.05)


@pytest.mark.parametrize("n", [3, 8, 29, 30, 100, 500])
def test_window_is_odd_and_about_a_tenth(n):
    """The window has a middle and spans a tenth of the curve, three points at least."""
    window = median_window(n)
    assert window % 2 == 1
    assert max(3, n / 10) <= window <= max(3, n / 10 + 2)


def test_running_median_of_many_curves_is_that_of_each():
    """Curves do not mix, and a spike within a window is gone."""
    values = np.random.default_rng(3).normal(size=(4, 40))
    together = running_median(values, 5)
    assert together == pytest.approx(np.stack([running_median(row, 5) for row in values]))
    spike = np.zeros(21)
    spike[10] = 9.0
    assert not running_median(spike, 5).any()


def test_running_median_inside_is_the_median_of_its_window():
    """Away from the ends it is numpy's median of the points around."""
    values = np.random.default_rng(4).normal(size=30)
    expected = [np.median(values[k - 2 : k + 3]) for k in range(2, 28)]
    assert running_median(values, 5)[2:-2] == pytest.approx(expected)
