r"""Bridges between loss and accuracy: what the one proves about the other.

*Promised versus paid.* A forecast :math:`f_i` promises the loss :math:`H(f_i)` and to be right with
probability :math:`\max_k f_{ik}`. If it is calibrated,

.. math:: Z_{loss} = \frac{\sum_i w_i (\ell_i - H(f_i))}{\sqrt{\sum_i w_i^2 V_i}}, \qquad
          Z_{acc} = \frac{\sum_i w_i (1\{right_i\} - \max f_i)}
                    {\sqrt{\sum_i w_i^2 \max f_i (1 - \max f_i)}}

are standard normal: no fitting, no bins, any number of classes. For two classes and the Brier score
this is Spiegelhalter's (1986) Z.

*Fano certificate.* Any forecast with error :math:`\epsilon \le 1 - 1/K` has a refinement of at most
:math:`h(\epsilon) + \epsilon \log(K - 1)` (Fano 1961), so the rest of its loss is miscalibration.

*Consistency floor.* A wrong argmax costs at least :math:`\log 2`, so :math:`L \ge \epsilon \log 2`.
Both need the error of the argmax of the *same* probabilities.
"""

import numpy as np
from scipy import stats
from scipy.special import entr

from sklearn_lossfix._core._paired_tests import effective_units, mean_standard_error, weighted_mean
from sklearn_lossfix._core._proper_scores import promised_log_loss_moments

# One-sided level of the Fano certificate: it is called a certificate, so it errs at most in one
# calibrated data set of a hundred.
CERTIFICATE_LEVEL = 0.01


def standardised_sum(differences, variances, sample_weight=None, groups=None):
    """Z of a sum whose terms have mean zero and known variances under the null.

    With groups the terms of a group may move together, so the seen variance between groups replaces
    the promised one where it is larger.

    Returns
    -------
    dict with ``z`` and two-sided ``p_value``; both None where the variance is zero.
    """
    weight = np.ones(len(differences)) if sample_weight is None else sample_weight
    total = float(np.dot(weight, differences))
    variance = float(np.dot(np.square(weight), variances))
    if groups is not None:
        variance = max(variance, float(np.square(np.bincount(groups, weight * differences)).sum()))
    if variance <= 0:
        return {"z": None, "p_value": None}
    z = total / np.sqrt(variance)
    return {"z": float(z), "p_value": float(2 * stats.norm.sf(abs(z)))}


def promised_vs_paid(proba, row_losses, right, sample_weight=None, groups=None):
    """Compare what the forecasts promise with what they pay, in loss and in accuracy.

    Parameters
    ----------
    proba : ndarray of shape (n_rows, n_classes)
        Probabilities.
    row_losses : ndarray of shape (n_rows,)
        Log loss of every row.
    right : ndarray of shape (n_rows,), dtype bool
        Whether the argmax of the same row is the true label.
    sample_weight, groups : ndarray of shape (n_rows,), default=None
        Weights; codes of the groups.

    Returns
    -------
    dict with the keys ``loss`` and ``accuracy``, each a dict with ``promised``, ``paid``, ``z`` and
    ``p_value``.
    """
    promised_loss, variance = promised_log_loss_moments(proba)
    confidence = proba.max(axis=1).astype(np.float64)
    hit = right.astype(np.float64)
    return {
        "loss": {
            "promised": weighted_mean(promised_loss, sample_weight),
            "paid": weighted_mean(row_losses, sample_weight),
            **standardised_sum(row_losses - promised_loss, variance, sample_weight, groups),
        },
        "accuracy": {
            "promised": weighted_mean(confidence, sample_weight),
            "paid": weighted_mean(hit, sample_weight),
            **standardised_sum(
                hit - confidence, confidence * (1.0 - confidence), sample_weight, groups
            ),
        },
    }


def fano_bound(error, n_classes):
    """Largest refinement in nats of any forecast with this error: ``h(e) + e log(K - 1)``."""
    error = min(error, 1.0 - 1.0 / n_classes)  # the bound rises up to there and no further
    return float(entr(error) + entr(1.0 - error) + error * np.log(max(n_classes - 1, 1)))


def error_upper_bound(error, n_effective, level):
    """Clopper-Pearson (1934) one-sided upper bound of an error rate."""
    wrong = error * n_effective
    if wrong >= n_effective:
        return 1.0
    return float(stats.beta.ppf(1.0 - level, wrong + 1.0, n_effective - wrong))


def fano_certificate(loss, loss_se, error, n_effective, n_classes):
    """Part of the loss that must be miscalibration, from loss, error and K alone.

    The lower bound takes the loss at its lower and the error at its upper one-sided bound, half the
    level each: a plain delta-method bound fires on forecasts that are equally sure of every row,
    where error and loss are tied and the sampling error of their difference vanishes.

    Parameters
    ----------
    loss, loss_se : float
        Mean log loss in nats and its standard error.
    error : float
        Error of the argmax of the same probabilities.
    n_effective : float
        Effective number of rows.
    n_classes : int
        Number of classes.

    Returns
    -------
    dict with ``bound`` (the refinement bound), ``estimate`` (loss minus bound) and ``low`` (its
    lower confidence bound): positive means certified.
    """
    half = CERTIFICATE_LEVEL / 2
    low_loss = loss - float(stats.norm.isf(half)) * loss_se
    high_error = error_upper_bound(error, n_effective, half)
    bound = fano_bound(error, n_classes)
    return {
        "bound": bound,
        "estimate": loss - bound,
        "low": low_loss - fano_bound(high_error, n_classes),
    }


def consistency_floor(loss, error):
    """Least log loss that goes with this error: ``error * log 2``.

    Returns
    -------
    dict with ``floor``, ``slack`` (loss minus floor) and ``consistent``.
    """
    floor = error * np.log(2.0)
    # An argmax tie at one half costs log 2 to the last bit.
    return {
        "floor": float(floor),
        "slack": float(loss - floor),
        "consistent": bool(loss - floor >= -1e-12),
    }


def bridges(proba, y, row_losses, sample_weight=None, groups=None):
    """All bridges of one set of forecasts.

    Parameters
    ----------
    proba : ndarray of shape (n_rows, n_classes)
        Probabilities.
    y : ndarray of shape (n_rows,), dtype int
        Class codes.
    row_losses : ndarray of shape (n_rows,)
        Log loss of every row.
    sample_weight, groups : ndarray of shape (n_rows,), default=None
        Weights; codes of the groups.

    Returns
    -------
    dict with ``promised_vs_paid``, ``fano`` and ``consistency``
    """
    right = proba.argmax(axis=1) == y
    error = 1.0 - weighted_mean(right, sample_weight)
    loss = weighted_mean(row_losses, sample_weight)
    se = mean_standard_error(row_losses, sample_weight, groups)
    n_effective = effective_units(sample_weight, len(y), groups)
    return {
        "promised_vs_paid": promised_vs_paid(proba, row_losses, right, sample_weight, groups),
        "fano": fano_certificate(loss, se, error, n_effective, proba.shape[1]),
        "consistency": consistency_floor(loss, error),
    }
