"""Columns that are the target under other names: equal to it up to a bijection."""

import numpy as np
from scipy.special import gammaln

# Error of numbers that went through float64 or float32 and an affine map, in units of the spread.
FLOAT64_ERROR = 1e-9
FLOAT32_ERROR = 1e-6

# A good legitimate column may err in one row of twenty. A copy is certain where such a column
# would have erred at least once: 0.95 ** n_rows is below alpha (135 rows at 0.001).
LEGITIMATE_ERROR = 0.05


def rounding_error(values):
    """Relative error of numbers: larger if all of them fit into float32."""
    with np.errstate(over="ignore"):
        narrow = values.astype(np.float32)
    same = (narrow == values) | np.isnan(values)
    return FLOAT32_ERROR if same.all() else FLOAT64_ERROR


def class_bijection(values, y, n_classes):
    """Whether every class has one value of its own; a missing value counts as a value.

    Parameters
    ----------
    values : ndarray of shape (n_rows,)
        Numbers or codes.
    y : ndarray of shape (n_rows,), dtype int
        Codes of classes.
    n_classes : int
        Number of codes.

    Returns
    -------
    bool
    """
    first = np.full(n_classes, -1, dtype=np.intp)
    first[y[::-1]] = np.arange(len(y) - 1, -1, -1)
    present = np.flatnonzero(first >= 0)
    own = values[first[present]]
    if len(np.unique(own)) < len(present):
        return False
    expected = np.empty(n_classes, dtype=values.dtype)
    expected[present] = own
    # Most columns fail in the first rows.
    for part in (slice(0, 256), slice(256, None)):
        seen, wanted = values[part], expected[y[part]]
        equal = seen == wanted
        if values.dtype.kind == "f":
            equal |= np.isnan(seen) & np.isnan(wanted)
        if not equal.all():
            return False
    return True


def affine_copy(values, y):
    """Whether ``values = a + b * y`` up to rounding, with b not zero."""
    low, high = int(np.argmin(y)), int(np.argmax(y))
    if y[low] == y[high] or not np.isfinite(values).all():
        return False
    slope = (values[high] - values[low]) / (y[high] - y[low])
    if slope == 0:
        return False
    off = np.abs(values - values[low] - slope * (y - y[low]))
    size = max(np.abs(values).max(), abs(values[high] - values[low]))
    return bool(off.max() <= rounding_error(values) * size)


def monotone_copy(values, order, is_step):
    """Whether the values rise, or fall, exactly where the target rises.

    Parameters
    ----------
    values : ndarray of shape (n_rows,), dtype float64
        Numbers.
    order : ndarray of shape (n_rows,), dtype int
        Rows in the order of the target.
    is_step : ndarray of shape (n_rows - 1,), dtype bool
        Where the target rises in that order.
    """
    for rows in (order[:257], order):
        steps = np.diff(values[rows])
        wanted = is_step[: len(steps)]
        rises = steps > 0 if steps[wanted].sum() > 0 else steps < 0
        if not ((rises == wanted).all() and (steps[~wanted] == 0).all()):
            return False
    return True


def log_chance_of_partition(counts):
    """Log of the chance that rows in random order fall into the same sets of rows.

    Parameters
    ----------
    counts : ndarray of shape (n_sets,), dtype int
        Sizes of the sets: rows of every class.

    Returns
    -------
    float
        0.0 if all rows differ: any numbering of rows is then a bijection.
    """
    _, repeats = np.unique(counts, return_counts=True)
    n_partitions = gammaln(counts.sum() + 1) - gammaln(counts + 1).sum()
    return float(-(n_partitions - gammaln(repeats + 1).sum()))


def log_chance_of_order(n_rows, counts):
    """Log of the chance that a column orders the rows as the target does, up or down."""
    return float(min(0.0, np.log(2) - gammaln(n_rows + 1) + gammaln(counts + 1).sum()))
