"""What a run as long again would add, if the end of its curve goes on as it is."""

from dataclasses import dataclass

import numpy as np
from scipy import optimize

from sklearn_lossfix.diagnosis.history._noise import second_difference_sigma
from sklearn_lossfix.diagnosis.history._trend import theil_sen_slope

# Fewest points that tell a pace: below, nothing is known of how it changes.
_MIN_PACE = 4

# Points whose median is the start, or the end, of a curve.
_FEW = 3

# Standard errors by which a pace may have slowed less than it seems: of a straight line with noise
# some part of the end always seems slower than the rest.
_DOUBT = 1.0

# Parts at the end of the end whose pace is looked at: a drop that is over shows in those after it.
_LAST_PARTS = (0.5, 0.25, 0.125)

# Rates of decay over the end between which one is looked for.
_SLOWEST, _FASTEST = 1e-6, 50.0


@dataclass(frozen=True)
class Projection:
    """How the pace of a curve changes towards its end, and where that leads.

    Attributes
    ----------
    kept : float
        Share of its pace that the curve keeps from one half of its end to the next, from 0 (it has
        stopped) to 1 (a straight line).
    times : float
        Projected change over as many steps again as were recorded, as a multiple of the change
        over the end.
    """

    kept: float
    times: float


def change_error(sigma, n_points):
    """Standard error of the change along a least-squares line over evenly spaced points."""
    return sigma * np.sqrt(12.0 / n_points)


def kept_of_share(share, part):
    """Share of its pace that an exponential decay keeps over half a stretch.

    Parameters
    ----------
    share : float
        Of the change of the stretch, what its last part makes.
    part : float
        Length of the last part, as a share of the stretch.

    Returns
    -------
    float
        1.0 where the last part makes its due, 0.0 where it makes nothing.
    """
    if share >= part:
        return 1.0

    def excess(rate):
        return -np.expm1(-rate * part) * np.exp(-rate * (1.0 - part)) / -np.expm1(-rate) - share

    if share <= 0.0 or excess(_FASTEST) > 0.0:
        return 0.0
    # Near zero the share is the part itself, up to the rounding of both.
    rate = optimize.brentq(excess, _SLOWEST, _FASTEST) if excess(_SLOWEST) > 0.0 else 0.0
    return float(np.exp(-rate / 2.0))


def projection(curve, end, change):
    """Project the end of a curve over a run of the same length.

    An exponential decay keeps the same share of its pace from each stretch to the next, and so
    what is left of it is the sum of a geometric series (the extrapolation of Aitken 1926). The
    share is the least one that is seen: in the last half, quarter and eighth of the end, the last
    of which see a drop that is over, and in the end beside the stretch before it, which sees a
    curve that bends. Each is given the benefit of the doubt: a standard error of the noise. Where
    nothing comes before the end, its last half must itself move by more than that error: an end
    that is the whole run has its first steps in it, the fastest of all.

    Parameters
    ----------
    curve, end : Curve
        The whole, and its last points.
    change : float
        Of the end, by Theil and Sen's slope.

    Returns
    -------
    Projection
    """
    span = float(end.steps[-1] - end.steps[0])
    toward, size = np.sign(change), abs(change)
    n = len(end)
    if toward == 0.0 or span == 0.0 or n < 3:
        return Projection(0.0, 0.0)
    sigma = _DOUBT * second_difference_sigma(end.values)

    def moved(part):
        """Fall or rise of a stretch, were it as long as the end, and its error."""
        steps, values = curve.steps[part], curve.values[part]
        if len(steps) < _MIN_PACE:
            return None
        length = span / float(steps[-1] - steps[0])
        pace = toward * theil_sen_slope(steps, values) * span
        return pace, change_error(sigma, len(steps)) * length

    before = moved(slice(max(0, len(curve) - 2 * n), len(curve) - n))
    if before is None:
        half = moved(slice(len(curve) - n // 2, None))
        if half is None or half[0] <= half[1]:
            return Projection(0.0, 0.0)
    kept = 1.0
    for part in _LAST_PARTS:
        seen = moved(slice(len(curve) - round(part * n), None))
        if seen is not None:
            kept = min(kept, kept_of_share(part * (seen[0] + seen[1]) / size, part))
    if before is not None:
        # From one end to the next is two halves.
        share = _share(size + change_error(sigma, n), before[0] - before[1])
        kept = min(kept, float(np.sqrt(share)))
    n_halves = 2.0 * float(curve.steps[-1] - curve.steps[0]) / span
    total = n_halves if kept == 1.0 else kept * (1.0 - kept**n_halves) / (1.0 - kept)
    # Nor does a run as long again come further than the first one came: a drop near the end has a
    # pace that the run never kept up.
    far = toward * (np.median(curve.values[-_FEW:]) - np.median(curve.values[:_FEW])) / size
    return Projection(kept, float(min(kept / (1.0 + kept) * total, max(far, 1.0))))


def _share(part, whole):
    """Share between 0 and 1; 1 where there is nothing to compare with."""
    return float(np.clip(part / whole, 0.0, 1.0)) if whole > 0 else 1.0
