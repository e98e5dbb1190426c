"""The medcouple, a robust measure of skewness, and the limits of the adjusted boxplot."""

import numpy as np


def medcouple(x):
    """Medcouple of a sample (Brys, Hubert and Struyf 2004, JCGS 13, equation 2.2).

    The median of ``((b - m) - (m - a)) / (b - a)`` over all pairs of a value a not above the median
    m and a value b not below it. Of k values that equal the median, the pair of the i-th and the
    j-th (from zero) counts as the sign of ``k - 1 - i - j``. Takes O(n^2) time and memory.

    Parameters
    ----------
    x : ndarray of shape (n,)
        Finite values.

    Returns
    -------
    float
        Between -1 and 1; positive where the right tail is longer. 0 for fewer than three values.
    """
    x = np.sort(np.asarray(x, dtype=np.float64))
    if x.size < 3 or x[0] == x[-1]:
        return 0.0
    # Halved and centred so that no sum and no difference overflows.
    z = x / 2 - np.median(x / 2)
    low, high = z[z <= 0], z[z >= 0]
    tied = np.count_nonzero(z == 0)
    below, above = -low[:, None], high[None, :]
    with np.errstate(invalid="ignore"):
        kernel = (above - below) / (above + below)
    if tied:
        i, j = np.ogrid[:tied, :tied]
        kernel[low.size - tied :, :tied] = np.sign(tied - 1 - i - j)
    return float(np.median(kernel))


def adjusted_boxplot_factors(skewness):
    """What the two whiskers of the adjusted boxplot are multiplied by.

    Hubert and Vandervieren 2008, *An adjusted boxplot for skewed distributions*, Computational
    Statistics & Data Analysis 52, section 3.3; fitted by them for medcouples up to 0.6.

    Parameters
    ----------
    skewness : ndarray
        Medcouples.

    Returns
    -------
    lower, upper : ndarray
        ``exp(-4 MC)`` and ``exp(3 MC)`` where the medcouple is not negative, else ``exp(-3 MC)``
        and ``exp(4 MC)``.
    """
    skewness = np.asarray(skewness)
    right = skewness >= 0
    return (
        np.exp(np.where(right, -4.0, -3.0) * skewness),
        np.exp(np.where(right, 3.0, 4.0) * skewness),
    )
