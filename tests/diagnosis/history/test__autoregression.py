"""First-order autoregressions: coefficient, innovations, bootstrap series."""

import numpy as np
import pytest
from scipy import signal

from sklearn_lossfix.diagnosis.history._autoregression import (
    MAX_COEFFICIENT,
    ar1_coefficient,
    ar1_innovations,
    effective_points,
    long_run_sigma,
    sieve_series,
)


def autoregression(phi, n, rng):
    """A stationary series."""
    return signal.lfilter([1], [1, -phi], rng.normal(size=n + 200))[200:]


@pytest.mark.parametrize("phi", [0.2, 0.5, 0.8])
def test_coefficient_is_right_on_average(phi):
    """About a fitted line the corrected coefficient is nearly unbiased, unlike the plain one."""
    rng = np.random.default_rng(0)
    n = 60
    found, plain = [], []
    for _ in range(400):
        x = signal.detrend(autoregression(phi, n, rng))
        found.append(ar1_coefficient(x))
        plain.append(x[1:] @ x[:-1] / (x @ x))
    assert abs(np.mean(found) - phi) < 0.04
    assert np.mean(plain) < phi - 0.03


def test_coefficient_does_not_depend_on_scale():
    """The coefficient of any multiple of a series is the same; of nothing it is zero."""
    x = autoregression(0.5, 50, np.random.default_rng(1))
    x -= x.mean()
    assert ar1_coefficient(-3.0 * x) == pytest.approx(ar1_coefficient(x))
    assert ar1_coefficient(np.zeros(50)) == 0.0


def test_coefficient_stays_within_its_range():
    """An alternating series counts as white, a straight line as the largest coefficient."""
    assert ar1_coefficient((-1.0) ** np.arange(40)) == 0.0
    assert ar1_coefficient(np.linspace(-1, 1, 40)) == MAX_COEFFICIENT


def test_innovations_are_what_a_series_was_made_of():
    """With the true coefficient the innovations are the noise that went in, centred."""
    noise = np.random.default_rng(2).normal(size=30)
    x = signal.lfilter([1], [1, -0.6], noise)
    assert ar1_innovations(x, 0.6) == pytest.approx(noise[1:] - noise[1:].mean())


def test_sieve_series_have_the_variance_of_their_process():
    """The bootstrap series have the variance s^2 / (1 - phi^2), from their first point on."""
    innovations = np.random.default_rng(3).normal(size=500)
    innovations -= innovations.mean()
    series = sieve_series(innovations, 0.8, 20, 4000, 0)
    assert series.shape == (4000, 20)
    expected = innovations.var() / (1 - 0.64)
    assert series.var(axis=0) == pytest.approx(np.full(20, expected), rel=0.1)


def test_coefficient_one_gives_random_walks():
    """A random walk's variance grows with its length."""
    series = sieve_series(np.array([-1.0, 1.0]), 1.0, 50, 4000, 0)
    assert series.var(axis=0) == pytest.approx(np.arange(1, 51), rel=0.1)


def test_long_run_sigma_and_effective_points_agree():
    """Both give the same standard error of a mean of an autoregression."""
    innovations = np.random.default_rng(4).normal(size=2000)
    sigma = long_run_sigma(innovations, 0.5)
    marginal = innovations.std() / np.sqrt(1 - 0.25)
    assert sigma**2 / 100 == pytest.approx(marginal**2 / effective_points(100, 0.5))
