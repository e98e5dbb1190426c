r"""Proper scores per row: log loss and Brier, with what a forecast promises of them.

A forecast :math:`f_i` in the simplex of K classes and a label :math:`y_i` give the row losses

.. math:: \ell_i = -\log f_{i, y_i}, \qquad b_i = \sum_k (f_{ik} - 1\{y_i = k\})^2 .

Probabilities are clipped to ``[eps, 1 - eps]`` with the eps of their dtype, as
:func:`sklearn.metrics.log_loss` does, so that means equal its value. The Brier score is halved
for two classes, as :func:`sklearn.metrics.brier_score_loss` does by default.
"""

import numpy as np
from scipy.special import entr

# A variance taken as a difference of two moments is rounding where it is below this many eps of the
# second moment.
ROUNDING_EPS = 16

# Rows worked on at a time: keeps every temporary of the row-wise functions below a few MB,
# so that memory is a small multiple of the score matrix whatever n.
CHUNK_ROWS = 8192


def row_chunks(n_rows, size=CHUNK_ROWS):
    """Yield slices that cover `n_rows` rows in order."""
    for start in range(0, n_rows, size):
        yield slice(start, min(start + size, n_rows))


def probability_floor(proba):
    """Smallest probability that a log loss sees: the eps of the dtype."""
    return float(np.finfo(proba.dtype).eps)


def true_class_probability(proba, y):
    """Probability given to the label that came true, unclipped, float64.

    Parameters
    ----------
    proba : ndarray of shape (n_rows, n_classes)
        Probabilities.
    y : ndarray of shape (n_rows,), dtype int
        Class codes.

    Returns
    -------
    ndarray of shape (n_rows,)
    """
    return np.take_along_axis(proba, y[:, None], axis=1)[:, 0].astype(np.float64)


def log_loss_rows(proba, y):
    """Log loss of every row in nats, clipped as scikit-learn clips.

    Parameters
    ----------
    proba : ndarray of shape (n_rows, n_classes)
        Probabilities, float32 or float64.
    y : ndarray of shape (n_rows,), dtype int
        Class codes.

    Returns
    -------
    ndarray of shape (n_rows,), dtype float64
    """
    floor = proba.dtype.type(probability_floor(proba))
    ceiling = proba.dtype.type(1) - floor
    return -np.log(np.clip(true_class_probability(proba, y), floor, ceiling))


def brier_scale(n_classes):
    """Factor on the sum over classes: one half for two classes, as in scikit-learn."""
    return 0.5 if n_classes == 2 else 1.0


def brier_rows(proba, y):
    """Brier score of every row (Brier 1950), summed over classes, halved for two classes.

    Parameters
    ----------
    proba : ndarray of shape (n_rows, n_classes)
        Probabilities.
    y : ndarray of shape (n_rows,), dtype int
        Class codes.

    Returns
    -------
    ndarray of shape (n_rows,), dtype float64
    """
    n_classes = proba.shape[1]
    squares = np.einsum("ik,ik->i", proba, proba, dtype=np.float64)
    rows = squares - 2.0 * true_class_probability(proba, y) + 1.0
    # Two classes: (1 - p_y)^2 + p_other^2; the sum above cancels badly near zero.
    return np.maximum(rows, 0.0) * brier_scale(n_classes)


def clipped_log(proba):
    """Logarithm of clipped probabilities, float64: the scores that recalibration maps take.

    Parameters
    ----------
    proba : ndarray of shape (n_rows, n_classes)
        Probabilities.

    Returns
    -------
    ndarray of shape (n_rows, n_classes), dtype float64
    """
    out = proba.astype(np.float64)  # always a copy, worked on in place to save memory
    np.clip(out, probability_floor(proba), None, out=out)
    return np.log(out, out=out)


def class_shares(y, n_classes, sample_weight=None):
    """Weighted share of every class, summing to one.

    Parameters
    ----------
    y : ndarray of shape (n_rows,), dtype int
        Class codes.
    n_classes : int
        Number of classes.
    sample_weight : ndarray of shape (n_rows,), default=None
        Weights.

    Returns
    -------
    ndarray of shape (n_classes,)
    """
    counts = np.bincount(y, sample_weight, n_classes).astype(np.float64)
    return counts / counts.sum()


def entropy(shares):
    """Shannon entropy in nats of shares that sum to one."""
    return float(entr(shares).sum())


def gini_simpson(shares):
    """Brier score of always forecasting `shares`, on data that have those shares."""
    return float((1.0 - np.sum(np.square(shares))) * brier_scale(len(shares)))


def promised_log_loss_moments(proba):
    r"""Mean and variance of each row's log loss if the forecast were right.

    .. math:: H_i = -\sum_k f_{ik} \log f_{ik}, \qquad
              V_i = \sum_k f_{ik} \log^2 f_{ik} - H_i^2 .

    Parameters
    ----------
    proba : ndarray of shape (n_rows, n_classes)
        Probabilities.

    Returns
    -------
    mean, variance : ndarray of shape (n_rows,)
    """
    n_rows = proba.shape[0]
    mean, variance = np.empty(n_rows), np.empty(n_rows)
    rounding = ROUNDING_EPS * probability_floor(proba)
    for rows in row_chunks(n_rows):
        p = proba[rows].astype(np.float64)
        log_p = clipped_log(proba[rows])
        mean[rows] = -np.einsum("ik,ik->i", p, log_p)
        second = np.einsum("ik,ik,ik->i", p, log_p, log_p)
        spread = second - mean[rows] ** 2
        # Equal probabilities promise one loss for sure: that variance is zero, not its rounding.
        variance[rows] = np.where(spread > rounding * second, spread, 0.0)
    return mean, variance
