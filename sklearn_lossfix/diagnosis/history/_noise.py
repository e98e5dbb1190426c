"""How much a curve jitters from one step to the next, whatever its trend."""

import numpy as np
from scipy import ndimage, stats

# Share of a curve that a running median spans, and its fewest points.
SMOOTHING_SHARE = 0.1
_MIN_WINDOW = 3


def normal_mad(values):
    """Median absolute deviation about the median, scaled to a normal distribution's sigma."""
    return float(stats.median_abs_deviation(values, scale="normal"))


def second_difference_sigma(values):
    """Standard deviation of white noise about a smooth curve, from second differences.

    A second difference takes a straight line off and has the variance ``6 sigma^2``; the MAD makes
    it robust against spikes (Gasser, Sroka & Jennen-Steinmetz 1986 use the mean square).

    Parameters
    ----------
    values : ndarray of shape (n_points,)
        At least three.

    Returns
    -------
    float
    """
    return normal_mad(np.diff(values, 2)) / np.sqrt(6.0)


def median_window(n_points):
    """Odd number of points that the running median of a curve spans."""
    window = max(_MIN_WINDOW, int(np.ceil(SMOOTHING_SHARE * n_points)))
    return window + 1 - window % 2


def running_median(values, window):
    """Median of the `window` points around each point; at the ends of those there are.

    Parameters
    ----------
    values : ndarray of shape (..., n_points)
        One or several curves.
    window : int
        Odd.

    Returns
    -------
    ndarray of the same shape
    """
    size = (1,) * (np.ndim(values) - 1) + (window,)
    return ndimage.median_filter(values, size=size, mode="reflect")
