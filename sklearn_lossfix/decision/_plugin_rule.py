"""The rule that would be best if the probabilities were true: it looks at no label."""

import dataclasses

import numpy as np
from sklearn.utils import check_random_state

from sklearn_lossfix.decision._decision_rule import DecisionRule
from sklearn_lossfix.decision._fit_rule import (
    DEFAULT_THRESHOLDS,
    MAX_ROWS,
    check_rule_metric,
    fit_rule,
)


def plugin_rule(scores, metric, *, classes, sample_weight=None, pos=None, random_state=None):
    """Choose the decision rule of the greatest expected metric under the probabilities given.

    Each row stands for one row of every class, weighted with the probability of that class, and
    the rule is chosen on these. What the labels say plays no part: the distance between this rule
    and one chosen on labels is what the probabilities get wrong. The expectation is that of the
    totals which the metric is computed from, as in the population view of Koyejo et al. [1]_.
    For the cost of errors in two classes it depends on no row: the positive class is the cheaper
    answer from the probability ``fp_cost / (fp_cost + fn_cost)`` on [2]_.

    Parameters
    ----------
    scores : ndarray of shape (n_samples, n_classes) or (n_samples,)
        Probabilities. One column is that of the last of two classes.

    metric : Metric
        A label metric.

    classes : sequence of labels
        In the order of the columns of `scores`.

    sample_weight : ndarray of shape (n_samples,), default=None
        Weight of each row; one each if None.

    pos : int, default=None
        Code of the positive class; needed by an asymmetric metric.

    random_state : int, RandomState or None, default=None
        With three or more classes, draws the rows where there are more than `MAX_ROWS` of a row
        for every class. None is seed 0, so that two calls agree.

    Returns
    -------
    rule : DecisionRule
        Of kind "threshold" for two classes and "offsets" for more. Where the default rule is as
        good it is kept, except for the cost of errors, whose threshold is known.

    Raises
    ------
    ValueError
        If the metric is not a label metric, or is asymmetric and has no two classes.

    References
    ----------
    .. [1] O. Koyejo, N. Natarajan, P. Ravikumar and I. Dhillon, "Consistent binary classification
       with generalized performance metrics", NIPS, 2014.
    .. [2] C. Elkan, "The foundations of cost-sensitive learning", IJCAI, 2001.
    """
    check_rule_metric(metric, len(classes), pos)
    if metric.name == "cost":
        return DecisionRule(
            "threshold",
            classes=tuple(classes),
            threshold=_cost_threshold(**metric.error_costs()),
            pos_label=classes[1 if pos is None else pos],
            metric=metric.name,
        )
    proba = np.asarray(scores, dtype=np.float64)
    if proba.ndim == 1:
        proba = np.column_stack([1.0 - proba, proba])
    n_classes = len(classes)
    chosen = _drawn_rows(len(proba), n_classes, random_state)
    if chosen is not None:
        proba = proba[chosen]
        sample_weight = None if sample_weight is None else sample_weight[chosen]
    weight = proba if sample_weight is None else proba * sample_weight[:, None]
    possible = weight.ravel() > 0
    rule = fit_rule(
        np.tile(np.arange(n_classes), len(proba))[possible],
        np.repeat(proba, n_classes, axis=0)[possible],
        metric,
        classes=classes,
        sample_weight=weight.ravel()[possible],
        pos=pos,
        # Drawn above, whole rows at a time: a sample by class would be one of improbable classes.
        max_rows=max(MAX_ROWS, len(proba) * n_classes),
    )
    # Best by what the probabilities say, not by the labels of these rows.
    return dataclasses.replace(rule, exact=False)


def _cost_threshold(fp_cost, fn_cost):
    """Probability from which on a false positive is the smaller risk; if neither costs, 0.5."""
    total = fp_cost + fn_cost
    return fp_cost / total if total > 0 else DEFAULT_THRESHOLDS["proba"]


def _drawn_rows(n_rows, n_classes, random_state):
    """Draw rows that make about `MAX_ROWS` of a row per class; None keeps all.

    The threshold of two classes is found in one sort, which needs no limit.
    """
    n_kept = max(1, MAX_ROWS // n_classes)
    if n_classes == 2 or n_rows <= n_kept:
        return None
    rng = check_random_state(0 if random_state is None else random_state)
    return np.sort(rng.choice(n_rows, n_kept, replace=False))
