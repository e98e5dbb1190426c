"""Jumps of a curve: spikes that pass, and levels that stay."""

from dataclasses import dataclass

import numpy as np
from scipy import special

from sklearn_lossfix.diagnosis.history._autoregression import (
    ar1_coefficient,
    ar1_innovations,
    long_run_sigma,
)
from sklearn_lossfix.diagnosis.history._noise import (
    normal_mad,
    running_median,
    second_difference_sigma,
)

# Points on either side that a jump is compared with; within as many a spike must be over.
SIDE = 5

# Height of a spike beside the noise from which it is one. Hampel (1974) and Pearson (2002) use
# three for cleaning data; a report that raises an alarm on one curve in a hundred at most, also
# where the noise is autocorrelated, needs more: least limit of quarters that does in simulations.
HAMPEL_LIMIT = 5.25

# A rise within one step beside the noise of such rises from which a level may have shifted: the
# test of the level that follows keeps false alarms away.
SHIFT_LIMIT = 4.0

# Points on either side of a jump that the test of a shifted level sees.
_SHIFT_SIDE = 15


@dataclass(frozen=True)
class Jump:
    """A place where a curve jumps up.

    Attributes
    ----------
    position : int
        Of the point that stands out, or the first of the new level.
    height : float
        Above the medians of both sides, or of the side before.
    ratio : float
        Height beside the noise.
    stays : bool
        Whether the level stays up.
    """

    position: int
    height: float
    ratio: float
    stays: bool


def side_medians(values, side=SIDE):
    """Medians of the `side` points before, and after, each point; NaN where there are fewer."""
    n = len(values)
    before, after = np.full(n, np.nan), np.full(n, np.nan)
    if n > side:
        medians = np.median(np.lib.stride_tricks.sliding_window_view(values, side), axis=1)
        before[side:] = medians[: n - side]
        after[: n - side] = medians[1:]
    return before, after


def hampel_sigma(values, side=SIDE):
    """Noise about the running median of both sides (Hampel 1974): its MAD, scaled to sigma."""
    return normal_mad(values - running_median(values, 2 * side + 1))


def cusum_p(values):
    """P-value of one level throughout, by the largest cumulated deviation from the mean.

    ``max |S_k| / (sigma sqrt(n))`` has Kolmogorov's distribution (Ploberger & Krämer 1992); sigma
    is the long-run one of a first-order autoregression about the two levels that fit best, so that
    the shift itself is not taken for noise.

    Parameters
    ----------
    values : ndarray of shape (n_points,)
        A stretch of a curve.

    Returns
    -------
    p_value : float
    position : int
        First point of the second level.
    """
    n = len(values)
    sums = np.cumsum(values - values.mean())
    position = int(np.argmax(np.abs(sums[:-1]))) + 1
    residuals = np.concatenate(
        [part - part.mean() for part in (values[:position], values[position:])]
    )
    phi = ar1_coefficient(residuals)
    sigma = long_run_sigma(ar1_innovations(residuals, phi), phi)
    largest = float(np.abs(sums).max())
    if sigma == 0.0:
        return (0.0 if largest > 0 else 1.0), position
    return float(special.kolmogorov(largest / (sigma * np.sqrt(n)))), position


def spikes(values, limit=HAMPEL_LIMIT):
    """Points that stand out above what came before and what comes after.

    A falling curve lies below what came before and a rising one below what comes after, so neither
    has spikes; nor has the steep start of a curve.

    Parameters
    ----------
    values : ndarray of shape (n_points,)
        A curve.
    limit : float, default=HAMPEL_LIMIT
        Height beside the noise.

    Returns
    -------
    list of Jump
        One per group of neighbouring points, its highest.
    """
    # The running median of a curve that only falls is the curve itself: there it shows no noise.
    sigma = max(hampel_sigma(values), second_difference_sigma(values))
    before, after = side_medians(values)
    height = values - np.fmax(before, after)
    height[np.isnan(before) | np.isnan(after)] = -np.inf
    if sigma == 0.0:
        sigma = float(np.finfo(float).eps * np.abs(values).max()) or 1.0
    return [
        Jump(k, float(height[k]), float(height[k] / sigma), False)
        for k in _highest_of_groups(height, limit * sigma)
    ]


def level_shifts(values, alpha=0.01, limit=SHIFT_LIMIT):
    """Places where a curve jumps up within one step and stays there.

    A candidate is a rise from one point to the next above `limit` times the noise of such rises, of
    which both sides keep half at least; a CUSUM test of the points around it must reject as well.

    Parameters
    ----------
    values : ndarray of shape (n_points,)
        A curve.
    alpha : float, default=0.01
        Level of the test, shared by the candidates.
    limit : float, default=SHIFT_LIMIT
        Rise beside the noise.

    Returns
    -------
    list of Jump
    """
    rises = np.diff(values, prepend=values[0])
    sigma = normal_mad(rises[1:])
    before, after = side_medians(values)
    height = after - before
    places = np.flatnonzero((rises > limit * sigma) & (height > rises / 2))
    found = []
    for k in places:
        part = values[max(0, k - _SHIFT_SIDE) : k + _SHIFT_SIDE]
        if cusum_p(part)[0] <= alpha / len(places):
            ratio = rises[k] / sigma if sigma > 0 else np.inf
            found.append(Jump(int(k), float(height[k]), float(ratio), True))
    return found


def _highest_of_groups(height, limit):
    """Positions of the highest of each run of neighbours above the limit."""
    above = np.flatnonzero(height > limit)
    if above.size == 0:
        return []
    groups = np.split(above, np.flatnonzero(np.diff(above) > 1) + 1)
    return [int(group[np.argmax(height[group])]) for group in groups]
