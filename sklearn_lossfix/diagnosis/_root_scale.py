"""Gains that are squares: tested, and given intervals, on the scale of their roots."""

import numpy as np
from scipy import stats

from sklearn_lossfix._core._paired_tests import CONFIDENCE


def root_standard_error(gain, n_effective, inflation=1.0):
    r"""Standard error of the square root of a gain in likelihood.

    The maps that recalibrate hold "no change" among them. What the best of them gains, ``G`` nats a
    row, is half the square of its distance from no change in units of the standard error of that
    distance, so :math:`\sqrt{2 n G}` is the signed root of the likelihood ratio, a normal variable
    with variance one (Wilks 1938). Of ``G`` itself the normal approximation is poor just where it
    is needed: its value over its standard error is half of that root, whatever the number of rows.

    Parameters
    ----------
    gain : Estimate
        The cross-fitted gain, in nats a row.
    n_effective : float
        Effective number of rows.
    inflation : float, default=1.0
        Nadeau-Bengio factor that `gain.se` carries.

    Returns
    -------
    float
        The larger of the promised :math:`\sqrt{f / (2 n)}` and the seen one, that of the rows by
        the delta method: a few rows that were far off make the seen one larger, and where none
        happened to occur the promised one holds.
    """
    promised = np.sqrt(inflation / (2.0 * n_effective))
    seen = gain.se / (2.0 * np.sqrt(gain.value)) if gain.value > 0 else 0.0
    return float(max(promised, seen))


def root_interval(gain, root_se):
    """Interval of a gain, from the normal interval of its root.

    Parameters
    ----------
    gain : Estimate
        The gain.
    root_se : float
        From :func:`root_standard_error`.

    Returns
    -------
    Estimate
        The same value and standard error. The lower end is 0 where the root's is below; of a gain
        that is not positive it stays that of the rows.
    """
    half = float(stats.norm.ppf(0.5 + CONFIDENCE / 2)) * root_se
    root = float(np.sqrt(max(gain.value, 0.0)))
    low = max(0.0, root - half) ** 2 if gain.value > 0 else gain.low
    return gain._replace(low=low, high=(root + half) ** 2)
