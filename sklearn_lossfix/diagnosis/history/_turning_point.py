"""Where a validation curve turns: the valley, how far it has risen since, and how sure that is."""

from dataclasses import dataclass

import numpy as np
from scipy import optimize, stats

from sklearn_lossfix._core._finding import LOSS_FLOOR_SHARE
from sklearn_lossfix.diagnosis.history._autoregression import (
    MAX_COEFFICIENT,
    ar1_coefficient,
    ar1_innovations,
    effective_points,
    long_run_sigma,
    sieve_series,
)
from sklearn_lossfix.diagnosis.history._noise import (
    median_window,
    running_median,
    second_difference_sigma,
)
from sklearn_lossfix.diagnosis.history._trend import MIN_EFFECTIVE_POINTS

# Fewest points from which the noise of a curve can be told.
MIN_POINTS = 8

# Rise above the valley, as a share of it, from which it counts: Prechelt's (1998) generalization
# loss. Of 1, 2, 3, 5 and 10 % the smallest change that matters separated the simulated half of the
# histories in the overfitting benchmark best.
RISE_SHARE = LOSS_FLOOR_SHARE

# Rise beside its noise from which it counts.
RISE_Z = 3.0

# How many times as likely the labels of the validation rows must be under the model of the valley
# as under that at the end, where their number is known. Were the model at the end right, so large a
# ratio would have a probability of 1 / 20 at most beside one epoch that was fixed before (Ville
# 1939). The valley is the best of many: beside 200 epochs of a wandering curve it was 1 in 6.
LIKELIHOOD_RATIO = 20.0

# Bootstrap curves behind the interval of the turning point.
_N_CURVES = 199

# Curves and rounds of the correction of the lag-1 coefficient.
_N_NOISE, _N_CORRECTIONS = 40, 3

# Of the points of a curve that is all levels, one in so many is counted as free: a curve without
# noise has as many levels as points.
_N_FREE_SHARE = 4

# Variance of a median of normal values beside that of their mean.
_MEDIAN_VARIANCE = np.pi / 2.0


@dataclass(frozen=True)
class TurningPoint:
    """The valley of a curve and the rise since.

    Attributes
    ----------
    position : int
        Of the valley of the running median.
    valley, last : float
        Running median in the valley and at the end.
    rise : float
        From the valley to the end.
    generalization_loss : float
        Prechelt's (1998) loss in percent: ``100 (last / valley - 1)``; of a valley that is not
        positive, in percent of its size.
    se : float
        Standard error of the rise.
    z : float
        Rise beside its noise.
    coefficient : float
        Lag-1 coefficient of the noise.
    told : bool
        Whether rise and noise can be told apart. False: too few independent points, and the rise
        is no larger than that of noise with the largest coefficient.
    p_value : float
        One-sided p-value of no rise. As the valley is the lowest of many windows, it is adjusted
        for their number by Šidák's (1967) formula.
    """

    position: int
    valley: float
    last: float
    rise: float
    generalization_loss: float
    se: float
    z: float
    coefficient: float
    told: bool
    p_value: float


def generalization_loss(last, best):
    """Prechelt's (1998) loss in percent of the best; of a best of zero it has no bound."""
    if best != 0:
        return 100.0 * (last - best) / abs(best)
    return 0.0 if last == best else float(np.copysign(np.inf, last - best))


def valley_shape(values, position):
    """Least-squares fit that falls up to a position and rises from there: two isotonic fits."""
    fall = optimize.isotonic_regression(values[: position + 1], increasing=False).x
    rise = optimize.isotonic_regression(values[position:], increasing=True).x
    return np.concatenate([fall[:-1], [min(fall[-1], rise[0])], rise[1:]])


def _coefficient_about_valley(values, position):
    """Lag-1 coefficient of a curve about its valley shape."""
    residuals = values - valley_shape(values, position)
    return ar1_coefficient(residuals - residuals.mean())


def curve_noise(values, position, seed=0):
    """Long-run sigma of a curve about a valley shape, and its AR(1) parts.

    A valley shape follows learning and overfitting of any form, and some of the noise: the
    coefficient is corrected until curves drawn with it show the one that was seen (Kilian 1998).

    Returns
    -------
    sigma : float
        At least that of second differences.
    coefficient : float
    innovations : ndarray of shape (n_points - 1,)
    """
    shape = valley_shape(values, position)
    residuals = values - shape
    residuals -= residuals.mean()
    phi = raw = ar1_coefficient(residuals)
    for _ in range(_N_CORRECTIONS):
        noise = sieve_series(ar1_innovations(residuals, phi), phi, len(values), _N_NOISE, seed)
        seen = np.mean([_coefficient_about_valley(curve, position) for curve in shape + noise])
        phi = float(np.clip(phi + raw - seen, 0.0, MAX_COEFFICIENT))
    innovations = ar1_innovations(residuals, phi)
    sigma = max(long_run_sigma(innovations, phi), second_difference_sigma(values))
    return sigma, phi, innovations


def turning_point(values):
    """Valley of the running median, and the rise from there to the end of the curve.

    Parameters
    ----------
    values : ndarray of shape (n_points,)
        Less is better.

    Returns
    -------
    TurningPoint

    Raises
    ------
    ValueError
        With fewer than `MIN_POINTS` points.
    """
    n = len(values)
    if n < MIN_POINTS:
        raise ValueError(f"A valley needs at least {MIN_POINTS} points. Got {n} instead.")
    window = median_window(n)
    smooth = running_median(values, window)
    position = int(np.argmin(smooth))
    valley, last = float(smooth[position]), float(smooth[-1])
    sigma, phi, innovations = curve_noise(values, position)
    doubtful = effective_points(n, phi) < MIN_EFFECTIVE_POINTS
    if doubtful:
        sigma = long_run_sigma(innovations, MAX_COEFFICIENT)
    # The median at the end is that of the second half of a window only.
    points = 1.0 / window + 1.0 / ((window + 1) // 2)
    se = sigma * np.sqrt(_MEDIAN_VARIANCE * points)
    rise = last - valley
    z = rise / se if se > 0 else np.inf * np.sign(rise) if rise else 0.0
    n_windows = max(1.0, n / window)
    p_single = float(stats.t.sf(z, n - 2))
    return TurningPoint(
        position=position,
        valley=valley,
        last=last,
        rise=rise,
        generalization_loss=generalization_loss(last, valley),
        se=float(se),
        z=float(z),
        coefficient=phi,
        told=not doubtful or z > RISE_Z,
        p_value=float(-np.expm1(n_windows * np.log1p(-p_single))),
    )


def valley_interval(values, seed=0, confidence=0.95):
    """Interval of the position of the valley: the positions that are not shown to be worse.

    Multiple comparisons with the best (Hsu 1984): a position is left out if the running median is
    there further above its valley than that of noise is above its own least value. The noise is
    that of a sieve bootstrap. A valley shape takes a part of the noise for itself, one degree of
    freedom for each of its levels (Meyer & Woodroofe 2000), and hides some of its correlation: the
    upper limit of the lag-1 coefficient is used.

    Parameters
    ----------
    values : ndarray of shape (n_points,)
        Less is better.
    seed : int, default=0
        Seed of the bootstrap.
    confidence : float, default=0.95
        Of the interval.

    Returns
    -------
    low, high : int
        Positions.
    """
    n = len(values)
    if n < MIN_POINTS:
        return 0, n - 1
    window = median_window(n)
    smooth = running_median(values, window)
    here = int(np.argmin(smooth))
    shape = valley_shape(values, here)
    residuals = values - shape
    residuals -= residuals.mean()
    _, phi, _ = curve_noise(values, here)
    spread = np.sqrt((1.0 - phi**2) / n)  # of an estimated coefficient (Box & Jenkins 1970)
    phi = min(MAX_COEFFICIENT, phi + stats.norm.ppf(confidence) * spread)
    n_free = max(n - len(np.unique(shape)), n / _N_FREE_SHARE)
    innovations = ar1_innovations(residuals, phi) * np.sqrt(n / n_free)
    noise = running_median(sieve_series(innovations, phi, n, _N_CURVES, seed), window)
    above = np.quantile(noise - noise.min(axis=1, keepdims=True), confidence)
    places = np.flatnonzero(smooth - smooth[here] <= above)
    return int(places[0]), int(places[-1])
