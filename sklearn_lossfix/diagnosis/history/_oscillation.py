"""Does a curve go up and down faster than noise does?"""

import numpy as np
from scipy import stats

# Fewest points at which the number of turning points is near enough to a normal distribution
# (Kendall & Stuart 1966, section 45.18).
MIN_POINTS = 20


def count_turning_points(values):
    """Number of points above, or below, both of their neighbours."""
    rises = np.diff(values)
    return int(np.count_nonzero(rises[1:] * rises[:-1] < 0))


def turning_point_z(values):
    """Turning points beside those of white noise (Bienaymé 1874; Wallis & Moore 1941).

    White noise has ``2 (n - 2) / 3`` with the variance ``(16 n - 29) / 90``, whatever its
    distribution. A smooth curve has fewer, and an optimiser that overshoots has more.

    Parameters
    ----------
    values : ndarray of shape (n_points,)
        Not smoothed.

    Returns
    -------
    z : float
        Positive where there are more turning points than in white noise.
    p_value : float
        One-sided.
    """
    n = len(values)
    expected = 2.0 * (n - 2) / 3.0
    z = (count_turning_points(values) - expected) / np.sqrt((16.0 * n - 29.0) / 90.0)
    return float(z), float(stats.norm.sf(z))


def swing(values):
    """Typical move from one step to the next, up or down: the median of its size."""
    return float(np.median(np.abs(np.diff(values))))
