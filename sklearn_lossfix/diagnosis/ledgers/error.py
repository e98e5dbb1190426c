r"""The error ledger: where one minus the metric comes from.

With :math:`m(\cdot)` the metric on the judged rows,

.. math:: 1 - m(\text{predict}) = \underbrace{1 - m(ref)}_{reference}
          + \underbrace{m(ref) - m(rule)}_{ranking}
          + \underbrace{m(rule) - m(\text{predict})}_{decision\ rule}

where *rule* is the best decision rule on the model's own scores and *ref* the best rule on a
reference model's scores, both cross-fitted: each row is decided by a rule that did not see it. The
split follows Perez-Lebel et al. (2025); the telescoping makes it exact.
"""

import numpy as np

from sklearn_lossfix._core._paired_tests import interval, mean_standard_error
from sklearn_lossfix._core._proper_scores import clipped_log, row_chunks
from sklearn_lossfix._core._validation import CODE_DTYPE
from sklearn_lossfix.decision._metrics import class_totals, influence, metric_from_codes
from sklearn_lossfix.diagnosis.ledgers._ledger import Ledger, LedgerRow


def metric_estimate(metric, y, pred, n_classes, *, pos=None, sample_weight=None, groups=None):
    """Metric of predicted codes, with its interval by the infinitesimal jackknife.

    Returns
    -------
    Estimate
    """
    value = metric_from_codes(metric, y, pred, n_classes, sample_weight, pos)
    rows = influence(metric, y, pred, n_classes, sample_weight, pos)
    return interval(value, mean_standard_error(rows, sample_weight, groups))


def metric_gain(
    metric,
    y,
    pred_new,
    pred_old,
    n_classes,
    *,
    pos=None,
    sample_weight=None,
    groups=None,
    inflation=1.0,
):
    """Metric of one set of predicted codes minus another's, row-paired, with its interval.

    Parameters
    ----------
    metric : Metric
        A label metric.
    y, pred_new, pred_old : ndarray of shape (n_rows,), dtype int
        Codes: true, and predicted in two ways.
    n_classes : int
        Number of classes.
    pos : int, default=None
        Code of the positive class.
    sample_weight, groups : ndarray of shape (n_rows,), default=None
        Weights; codes of the groups.
    inflation : float, default=1.0
        Nadeau-Bengio factor on the variance where models were refitted.

    Returns
    -------
    Estimate
    """
    value = metric_from_codes(metric, y, pred_new, n_classes, sample_weight, pos)
    value -= metric_from_codes(metric, y, pred_old, n_classes, sample_weight, pos)
    rows = influence(metric, y, pred_new, n_classes, sample_weight, pos)
    rows -= influence(metric, y, pred_old, n_classes, sample_weight, pos)
    se = mean_standard_error(rows, sample_weight, groups) * np.sqrt(inflation)
    return interval(value, se)


def class_utilities(metric, shares):
    """Value of one right row of each class, for a metric that is linear in the true positives.

    Parameters
    ----------
    metric : Metric
        A linear, symmetric label metric.
    shares : ndarray of shape (n_classes,)
        Share of every class.

    Returns
    -------
    ndarray of shape (n_classes,)
        ``metric = sum_k utility_k * share of rows that are of class k and right``.
    """
    n_classes = len(shares)
    only_one = np.diag(shares)
    true = np.broadcast_to(shares, (n_classes, n_classes))
    gain = metric.value(only_one, true, true) - metric.value(np.zeros_like(only_one), true, true)
    return np.divide(gain, shares, out=np.ones(n_classes), where=shares > 0)


def plug_in_codes(proba, y, fold_maps, folds, metric, utilities, sample_weight=None):
    """Best labels under recalibrated probabilities: ``argmax_k utility_k * r_k``, cross-fitted.

    For a linear metric this is the optimal rule on calibrated scores (Elkan 2001); with the
    temperature map it is a rule of per-class offsets. Scores that no temperature calibrates can
    make it worse than argmax: each fold takes whichever is better on the rows it may see.

    Parameters
    ----------
    proba : ndarray of shape (n_rows, n_classes)
        Probabilities.
    y : ndarray of shape (n_rows,), dtype int
        Class codes.
    fold_maps : list of SmoothMap
        Maps per fold.
    folds : ndarray of shape (n_rows,), dtype int
        Fold of every row.
    metric : Metric
        A linear, symmetric label metric.
    utilities : ndarray of shape (n_classes,)
        From :func:`class_utilities`.
    sample_weight : ndarray of shape (n_rows,), default=None
        Weights.

    Returns
    -------
    ndarray of shape (n_rows,), dtype int
    """
    n_classes = proba.shape[1]
    plain = proba.argmax(axis=1).astype(CODE_DTYPE)
    codes = plain.copy()
    for fold, recalibration in enumerate(fold_maps):
        tuned = offset_codes(proba, plug_in_offsets(recalibration, utilities))
        weight = (folds != fold).astype(float)
        if sample_weight is not None:
            weight *= sample_weight
        gain = metric_from_codes(metric, y, tuned, n_classes, weight)
        gain -= metric_from_codes(metric, y, plain, n_classes, weight)
        if gain > 0:
            rows = folds == fold
            codes[rows] = tuned[rows]
    return codes


def offset_codes(proba, offsets):
    """Labels of the rule ``argmax_k(log p_k + b_k)``, worked out in row chunks."""
    codes = np.empty(len(proba), dtype=CODE_DTYPE)
    for rows in row_chunks(len(proba)):
        codes[rows] = (clipped_log(proba[rows]) + np.asarray(offsets)).argmax(axis=1)
    return codes


def plug_in_offsets(recalibration, utilities):
    """Offsets b of the rule ``argmax_k(log p_k + b_k)`` that maximises ``utility_k * r_k``.

    Parameters
    ----------
    recalibration : SmoothMap
        A map with one common slope.
    utilities : ndarray of shape (n_classes,)
        From :func:`class_utilities`.

    Returns
    -------
    tuple of float
    """
    log_utility = np.log(np.maximum(utilities, np.finfo(float).tiny))
    # A slope that is not positive ranks backwards; the sharpest usable rule is then the prior's.
    slope = max(recalibration.slopes[0], np.finfo(float).eps)
    offsets = (np.asarray(recalibration.offsets) + log_utility) / slope
    return tuple((offsets - offsets.mean()).tolist())


def error_ledger(
    metric,
    y,
    pred,
    rule_codes,
    n_classes,
    *,
    pos=None,
    sample_weight=None,
    groups=None,
    reference_codes=None,
    train_metric=None,
    inflation=1.0,
):
    """Ledger of one minus the metric.

    Parameters
    ----------
    metric : Metric
        A label metric.
    y, pred, rule_codes : ndarray of shape (n_rows,), dtype int
        Codes: true, from ``predict``, and from the cross-fitted best rule.
    n_classes : int
        Number of classes.
    pos : int, default=None
        Code of the positive class.
    sample_weight, groups : ndarray of shape (n_rows,), default=None
        Weights; codes of the groups.
    reference_codes : ndarray of shape (n_rows,), dtype int, default=None
        The reference model's labels under its own cross-fitted best rule.
    train_metric : float, default=None
        The metric on the training rows.
    inflation : float, default=1.0
        Nadeau-Bengio factor for differences between refitted models.

    Returns
    -------
    Ledger
    """
    common = {"pos": pos, "sample_weight": sample_weight, "groups": groups}
    total = 1.0 - metric_from_codes(metric, y, pred, n_classes, sample_weight, pos)
    rule = metric_gain(metric, y, rule_codes, pred, n_classes, **common)
    rule_row = LedgerRow("decision rule", rule.value, rule.low, rule.high)
    if reference_codes is None:
        best = metric_estimate(metric, y, rule_codes, n_classes, **common)
        rows = (
            LedgerRow("reference and ranking", 1 - best.value, 1 - best.high, 1 - best.low),
            rule_row,
        )
    else:
        floor = metric_estimate(metric, y, reference_codes, n_classes, **common)
        ranking = metric_gain(
            metric, y, reference_codes, rule_codes, n_classes, inflation=inflation, **common
        )
        rows = (
            LedgerRow("reference", 1 - floor.value, 1 - floor.high, 1 - floor.low),
            LedgerRow("ranking", ranking.value, ranking.low, ranking.high),
            rule_row,
        )
    views = {"ladder": rows}
    if train_metric is not None:
        views["gap"] = (
            LedgerRow("training", 1.0 - train_metric),
            LedgerRow("training to judged rows", total - (1.0 - train_metric)),
        )
    return Ledger(f"1 - {metric.name.replace('_', ' ')}", "share", total, views)


def constant_metric(metric, y, n_classes, *, pos=None, sample_weight=None):
    """Best value of the metric that one constant answer reaches, and that answer's code.

    Returns
    -------
    value : float
    code : int
        The class to answer; ties go to the most frequent one.
    """
    # Totals and no shares: a user's function of labels may need whole numbers of rows.
    true = class_totals(y, y, n_classes, sample_weight).true
    pred = true.sum() * np.eye(n_classes)
    values = metric.value(np.diag(true), pred, np.broadcast_to(true, pred.shape), pos=pos)
    best = np.flatnonzero(values >= values.max() - 1e-12)
    code = int(best[np.argmax(true[best])])
    return float(values[code]), code
