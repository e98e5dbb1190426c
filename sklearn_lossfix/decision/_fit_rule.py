"""Choosing the decision rule of a metric from scores, on all rows or cross-fitted."""

import dataclasses

import numpy as np
from sklearn.utils import check_random_state

from sklearn_lossfix.decision._ascent import best_offsets
from sklearn_lossfix.decision._decision_rule import DecisionRule, class_scores, floored_log
from sklearn_lossfix.decision._metrics import LABEL_METRICS, metric_from_codes
from sklearn_lossfix.decision._sorted_rows import SortedRows
from sklearn_lossfix.decision._sweep import best_threshold_sorted, is_exact

# Rows that the rule of three or more classes is chosen on. An offset moves few numbers: on 20,000
# rows the standard error of a balanced accuracy is already below half a point.
MAX_ROWS = 20_000

# The threshold of a binary classifier whose rule was not chosen, by the scores it cuts.
DEFAULT_THRESHOLDS = {"proba": 0.5, "decision": 0.0}


def fit_rule(
    y_codes,
    scores,
    metric,
    *,
    classes,
    sample_weight=None,
    pos=None,
    space="proba",
    constraint=None,
    max_rows=MAX_ROWS,
    random_state=None,
):
    """Choose the decision rule that does best by a label metric on these rows.

    With two classes the rule is a threshold, and no other threshold does better. With more it is
    one offset per class, from a coordinate ascent that starts at no offsets: it never does worse
    than argmax on the rows that it sees. Where the default rule is as good it is kept.

    Parameters
    ----------
    y_codes : ndarray of shape (n_samples,), integer
        Position in `classes` of each row's label.

    scores : ndarray of shape (n_samples, n_classes) or (n_samples,)
        Probabilities or decision values. With two classes one column, of the last class, is
        enough, whichever class is positive.

    metric : Metric
        A label metric.

    classes : sequence of labels
        In the order of the columns of `scores`.

    sample_weight : ndarray of shape (n_samples,), default=None
        Weight of each row; one each if None.

    pos : int, default=None
        Code of the positive class; needed by an asymmetric metric. Otherwise the last class.

    space : {"proba", "decision"}, default="proba"
        What the scores are.

    constraint : Constraint, default=None
        What the threshold of two classes must keep to.

    max_rows : int, default=20_000
        With three or more classes, the rule is chosen on a stratified subsample of about this
        many rows if there are more.

    random_state : int, RandomState or None, default=None
        Draws the subsample. None is seed 0, so that two calls agree.

    Returns
    -------
    rule : DecisionRule
        Of kind "threshold" for two classes and "offsets" for more.

    Raises
    ------
    ValueError
        If the metric is not a label metric, or is asymmetric and has no two classes.
    InfeasibleConstraintError
        If no threshold keeps to the constraint.
    """
    check_rule_metric(metric, len(classes), pos)
    if len(classes) == 2:
        pos = 1 if pos is None else pos
        column = class_scores(scores, pos, space)
        rows = SortedRows.sort(y_codes == pos, column, sample_weight)
        swept = metric.for_sweep(pos)
        threshold, _ = best_threshold_sorted(rows, swept, DEFAULT_THRESHOLDS[space], constraint)
        return DecisionRule(
            "threshold",
            classes=tuple(classes),
            threshold=threshold,
            pos_label=classes[pos],
            metric=metric.name,
            exact=is_exact(rows, swept, constraint),
            space=space,
        )
    offsets = _fit_offsets(y_codes, scores, metric, sample_weight, space, max_rows, random_state)
    return DecisionRule(
        "offsets",
        classes=tuple(classes),
        offsets=offsets,
        metric=metric.name,
        space="log_proba" if space == "proba" else space,
    )


def cross_fitted_codes(
    y_codes,
    scores,
    metric,
    folds,
    *,
    n_classes,
    sample_weight=None,
    pos=None,
    space="proba",
    constraint=None,
    max_rows=MAX_ROWS,
    random_state=None,
):
    """Label each row by the rule that was chosen on the rows of the other folds.

    What a metric says of these labels is free of the optimism of choosing and judging a rule on
    the same rows. The threshold of two classes is found in one sort for all folds.

    Parameters
    ----------
    y_codes : ndarray of shape (n_samples,), integer
        Class codes.

    scores : ndarray of shape (n_samples, n_classes) or (n_samples,)
        Probabilities or decision values, as for `fit_rule`.

    metric : Metric
        A label metric.

    folds : ndarray of shape (n_samples,), integer
        Fold of each row; at least two.

    n_classes : int
        Number of classes.

    sample_weight : ndarray of shape (n_samples,), default=None
        Weight of each row; one each if None.

    pos : int, default=None
        Code of the positive class; the last one if None.

    space : {"proba", "decision"}, default="proba"
        What the scores are.

    constraint : Constraint, default=None
        As for `fit_rule`. Where no threshold keeps to it on the rows of the other folds, the
        nearest one is taken: whether it can be kept to is a matter of all rows.

    max_rows : int, default=20_000
        As for `fit_rule`.

    random_state : int, RandomState or None, default=None
        As for `fit_rule`.

    Returns
    -------
    codes : ndarray of shape (n_samples,), dtype=intp
        Class codes.

    Raises
    ------
    ValueError
        As `fit_rule` for the metric, and if there is a single fold.
    """
    check_rule_metric(metric, n_classes, pos)
    names = np.unique(folds)
    if len(names) < 2:
        raise ValueError("Cross-fitting a rule needs at least two folds; got one.")
    codes = np.empty(len(y_codes), dtype=np.intp)
    if n_classes == 2:
        pos = 1 if pos is None else pos
        if constraint is not None:
            constraint = dataclasses.replace(constraint, best_effort=True)
        column = class_scores(scores, pos, space)
        order = np.argsort(column)
        rows = SortedRows.sort(y_codes == pos, column, sample_weight, order)
        fold_sorted = np.asarray(folds)[order[::-1]]
        del order
        for name in names:
            others = rows.take(fold_sorted != name)
            threshold, _ = best_threshold_sorted(
                others, metric.for_sweep(pos), DEFAULT_THRESHOLDS[space], constraint
            )
            held_out = folds == name
            codes[held_out] = np.where(column[held_out] >= threshold, pos, 1 - pos)
        return codes
    for name in names:
        held_out = folds == name
        weight = None if sample_weight is None else sample_weight[~held_out]
        offsets = _fit_offsets(
            y_codes[~held_out], scores[~held_out], metric, weight, space, max_rows, random_state
        )
        codes[held_out] = np.argmax(_additive(scores[held_out], space) + offsets, axis=1)
    return codes


def metric_from_rule(rule, metric, y_codes, scores, sample_weight=None, pos=None):
    """Compute a label metric of the labels that a rule gives to scores."""
    codes = rule.predict_codes(scores)
    return metric_from_codes(metric, y_codes, codes, len(rule.classes), sample_weight, pos)


def check_rule_metric(metric, n_classes, pos):
    """Raise ValueError, which says why, unless a rule can be chosen for the metric."""
    if metric.kind != "label":
        what = (
            "judges scores, which no decision rule changes"
            if metric.kind == "ranking"
            else "is a callable whose formula is not known"
        )
        raise ValueError(
            f"No decision rule can be chosen for {metric.name!r}: it {what}. Choose the rule for a "
            f"metric of labels: {', '.join(LABEL_METRICS)}."
        )
    if n_classes > 2 or pos is not None:
        metric.check_positive_class(n_classes, pos)
    elif metric.asymmetric:
        metric.check_positive_class(n_classes, 1)


def _additive(scores, space):
    """Turn scores into those that offsets are added to."""
    return floored_log(scores) if space == "proba" else scores


def _fit_offsets(y, scores, metric, sample_weight, space, max_rows, random_state):
    """Choose offsets on a subsample, and keep them if they beat argmax on all rows."""
    n_classes = scores.shape[1]
    if len(y) <= max_rows:
        return best_offsets(y, _additive(scores, space), metric, sample_weight)
    chosen, upweight = stratified_rows(y, n_classes, max_rows, _seeded(random_state))
    weight = upweight if sample_weight is None else upweight * sample_weight[chosen]
    offsets = best_offsets(y[chosen], _additive(scores[chosen], space), metric, weight)

    def value(codes):
        return metric_from_codes(metric, y, codes, n_classes, sample_weight)

    tuned = value(np.argmax(_additive(scores, space) + offsets, axis=1))
    return offsets if tuned > value(np.argmax(scores, axis=1)) else np.zeros(n_classes)


def _seeded(random_state):
    """Return a random generator; None is seed 0, so that two calls agree."""
    return check_random_state(0 if random_state is None else random_state)


def stratified_rows(y, n_classes, max_rows, rng):
    """Draw rows that keep small classes whole, and the weights that restore the class totals."""
    counts = np.bincount(y, minlength=n_classes)
    kept = np.zeros(n_classes, dtype=np.intp)
    left = max_rows
    for n_later, k in zip(range(n_classes, 0, -1), np.argsort(counts), strict=True):
        kept[k] = min(counts[k], left // n_later)
        left -= kept[k]
    chosen = np.concatenate(
        [rng.permutation(np.flatnonzero(y == k))[: kept[k]] for k in range(n_classes)]
    )
    upweight = np.divide(counts, kept, out=np.zeros(n_classes), where=kept > 0)
    return chosen, upweight[y[chosen]]
