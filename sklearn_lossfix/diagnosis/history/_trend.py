"""Does a stretch of a curve fall, rise or stand still?"""

from dataclasses import dataclass

import numpy as np
from scipy import stats

from sklearn_lossfix.diagnosis.history._autoregression import (
    ar1_coefficient,
    ar1_innovations,
    effective_points,
    sieve_series,
)

# Bootstrap series of a test: the least p-value, 1/2000, survives the adjustment for twenty tests.
N_SAMPLES = 1999

# Fewest points of any test, and from how many on the bootstrap is trusted alone: a handful of
# residuals does not show the shape of the noise.
MIN_POINTS = 8
MIN_SIEVE_POINTS = 20

# With fewer independent points than this the coefficient itself is not known well enough to test a
# trend with it: flat curves of 30 points with a coefficient of 0.8 have 3.3 of them.
MIN_EFFECTIVE_POINTS = 5.0

# Level of the interval of the slope.
CONFIDENCE = 0.95


@dataclass(frozen=True, eq=False)
class Trend:
    """Slope of a stretch of a curve, and whether it is more than noise.

    Attributes
    ----------
    slope : float
        Theil and Sen's slope per step.
    change : float
        Slope times the length of the stretch.
    low, high : float
        95 % interval of the change.
    p_value : float
        Two-sided p-value of no trend.
    told : bool
        Whether trend and noise can be told apart. False: too few independent points, and the
        change is no larger than that of a random walk.
    coefficient : float
        Lag-1 coefficient of the noise.
    n_points : int
        Points of the stretch.
    n_effective : float
        Independent points among them.
    first_step, last_step : float
        The stretch.
    null : ndarray of shape (n_samples,)
        Changes that noise alone makes over the stretch.
    permutation_p : float
        P-value of Kendall's tau where points are few; 0.0 elsewhere.
    """

    slope: float
    change: float
    low: float
    high: float
    p_value: float
    told: bool
    coefficient: float
    n_points: int
    n_effective: float
    first_step: float
    last_step: float
    null: np.ndarray
    permutation_p: float = 0.0


def theil_sen_slope(steps, values):
    """Median of the slopes of all pairs of points (Theil 1950, Sen 1968)."""
    return float(stats.theilslopes(values, steps)[0])


def least_squares_weights(steps):
    """Weights whose product with values is the slope of least squares."""
    centred = steps - steps.mean()
    return centred / np.dot(centred, centred)


def permutation_p(steps, values):
    """Two-sided p-value of Kendall's tau: exact without ties, from all orders of the values."""
    p_value = stats.kendalltau(steps, values).pvalue
    return 1.0 if np.isnan(p_value) else float(p_value)


def sieve_trend(steps, values, *, seed=0, alpha=0.01, coefficient=None):
    """Slope of a stretch, tested against autocorrelated noise.

    The p-value is that of an AR(1)-sieve bootstrap of the slope of least squares, which is linear
    in the values; the size of the trend is Theil and Sen's, which a spike does not move. Below
    `MIN_SIEVE_POINTS` the permutation test must reject as well. Below `MIN_EFFECTIVE_POINTS`
    independent points the noise is taken for a random walk, the least favourable of all
    coefficients: what exceeds that is a trend whatever the coefficient is; the rest cannot be told.

    Parameters
    ----------
    steps, values : ndarray of shape (n_points,)
        Finite, steps increasing.
    seed : int, default=0
        Seed of the bootstrap.
    alpha : float, default=0.01
        Level at which a random walk counts as exceeded.
    coefficient : float, default=None
        Lag-1 coefficient of the noise, where more points than these tell it; None estimates it.

    Returns
    -------
    Trend

    Raises
    ------
    ValueError
        With fewer than `MIN_POINTS` points.
    """
    n = len(values)
    if n < MIN_POINTS:
        raise ValueError(f"A trend needs at least {MIN_POINTS} points. Got {n} instead.")
    span = float(steps[-1] - steps[0])
    weights = least_squares_weights(steps)
    slope_ls = float(np.dot(weights, values))
    residuals = values - values.mean() - slope_ls * (steps - steps.mean())
    rounding = _ROUNDING * np.abs(values).max()
    if np.abs(residuals).max() <= rounding:
        residuals = np.zeros(n)  # a straight line, but for the last digits
    if abs(slope_ls * span) <= rounding:
        slope_ls = 0.0
    phi = ar1_coefficient(residuals) if coefficient is None else coefficient
    n_effective = effective_points(n, phi)
    walk = n_effective < MIN_EFFECTIVE_POINTS
    if walk:
        increments = np.diff(values)
        innovations, phi_null = increments - increments.mean(), 1.0
    else:
        # Two parameters of the line were fitted to the same points.
        innovations = ar1_innovations(residuals, phi) * np.sqrt(n / (n - 2.0))
        phi_null = phi
    null = span * (sieve_series(innovations, phi_null, n, N_SAMPLES, seed) @ weights)
    p_value = (1 + np.count_nonzero(np.abs(null) >= abs(span * slope_ls))) / (N_SAMPLES + 1)
    few_p = permutation_p(steps, values) if n < MIN_SIEVE_POINTS else 0.0
    p_value = max(p_value, few_p)
    slope = theil_sen_slope(steps, values)
    half = float(np.quantile(np.abs(null), CONFIDENCE))
    change = slope * span
    return Trend(
        slope=slope,
        change=change,
        low=change - half,
        high=change + half,
        p_value=float(p_value),
        told=not walk or p_value <= alpha,
        coefficient=phi,
        n_points=n,
        n_effective=n_effective,
        first_step=float(steps[0]),
        last_step=float(steps[-1]),
        null=null,
        permutation_p=few_p,
    )


# Residuals and changes this small beside the values are their rounding.
_ROUNDING = 1e-12


def equivalence_p(trend, limit):
    """P-value of "the change is at least `limit` in size": two one-sided tests (Schuirmann 1987).

    Parameters
    ----------
    trend : Trend
        From `sieve_trend`.
    limit : float
        The smallest change that matters.

    Returns
    -------
    float
        Small where the stretch is flat beyond doubt.
    """
    n = len(trend.null)
    below = (1 + np.count_nonzero(trend.null <= trend.change - limit)) / (n + 1)
    above = (1 + np.count_nonzero(trend.null >= trend.change + limit)) / (n + 1)
    return float(max(below, above))


def minimum_effect_p(trend, limit):
    """One-sided p-value of "the change, in its direction, is at most `limit`".

    A minimum-effect test (Murphy & Myors 1999): many points do not make a trend of a trifle.

    Parameters
    ----------
    trend : Trend
        From `sieve_trend`.
    limit : float
        The smallest change that matters, not negative.

    Returns
    -------
    float
    """
    beyond = abs(trend.change) - limit
    toward = trend.null if trend.change >= 0 else -trend.null
    p_value = (1 + np.count_nonzero(toward >= beyond)) / (len(trend.null) + 1)
    return float(max(p_value, trend.permutation_p))
