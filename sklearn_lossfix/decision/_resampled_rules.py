"""Rules chosen on bootstrap samples and judged on the rows that were left out.

What a rule is worth on the rows it was chosen on is too good to be true. Bootstrap samples give
three things at once, without a single fit: the value of the tuned rule on rows it did not see, the
spread of the rule, and an average rule that is steadier than the best one.
"""

from contextlib import suppress
from typing import NamedTuple

import numpy as np

from sklearn_lossfix.decision._ascent import best_offsets, best_start
from sklearn_lossfix.decision._decision_rule import DecisionRule, class_scores, floored_log
from sklearn_lossfix.decision._fit_rule import (
    DEFAULT_THRESHOLDS,
    metric_from_rule,
    stratified_rows,
)
from sklearn_lossfix.decision._metrics import metric_from_codes
from sklearn_lossfix.decision._sorted_rows import SortedRows, weights_before
from sklearn_lossfix.decision._sweep import best_threshold_sorted, best_thresholds_sorted
from sklearn_lossfix.exceptions import InfeasibleConstraintError

# Rows on which the offsets of three or more classes are chosen in each bootstrap sample. The
# average over samples needs less of each than a rule that is used as it is.
MAX_SAMPLE_ROWS = 5_000

# Rows times samples that are worked on at a time: changes no result. Half a megabyte of sums stays
# in the cache; of more than one, the allocation alone takes as long as the sums.
_CELLS_AT_A_TIME = 1 << 16


class Resampled(NamedTuple):
    """A decision rule over bootstrap samples.

    Attributes
    ----------
    parameters : ndarray of shape (n_bootstrap,) or (n_bootstrap, n_classes)
        Threshold or offsets of each sample; empty for a rule that is not tuned.
    drawn, left_out : ndarray of shape (n_bootstrap,)
        The metric under the rule of the sample, on the rows that it was chosen on and on the
        rest. NaN where no rule keeps to the constraint.
    """

    parameters: np.ndarray
    drawn: np.ndarray
    left_out: np.ndarray


def resample_rule(spec, scored, counts):
    """Judge the rule of one model over bootstrap samples.

    Parameters
    ----------
    spec : RuleSpec
        The rule that is wanted, for a label metric.
    scored : ScoredRows
        Scores that the model gave to rows it did not learn from.
    counts : ndarray of shape (n_bootstrap, n_scored)
        How often each row stands in each sample.

    Returns
    -------
    Resampled
    """
    rule = spec.fixed_rule(scored.scores, scored.weight)
    if rule is not None:
        return resample_codes(spec, scored, rule.predict_codes(scored.scores), counts)
    choose = _resample_threshold if spec.n_classes == 2 else _resample_offsets
    return choose(spec, scored, counts)


def resample_codes(spec, scored, codes, counts):
    """Judge labels that do not depend on the sample; as `resample_rule`."""
    base = np.ones(len(codes)) if scored.weight is None else scored.weight
    values = []
    for samples in (counts, counts == 0):
        samples = samples.astype(np.float64)
        if spec.metric.matrix is not None:
            rows = base * spec.metric.row_values(scored.y, codes)
            values.append(samples @ rows / (samples @ base))
            continue
        totals = _class_totals(spec, scored, codes, base, samples)
        totals = _as_of_all_rows(spec.metric, totals, base.sum())
        values.append(np.asarray(spec.metric.value(*totals, pos=spec.pos), dtype=float))
    return Resampled(np.empty(0), *values)


def _class_totals(spec, scored, codes, base, samples):
    """Weight of true positives, predicted and true rows of each class in each sample."""
    classes = np.arange(spec.n_classes)
    truly, called = scored.y[:, None] == classes, codes[:, None] == classes
    columns = np.hstack([truly & called, called, truly]) * base[:, None]
    return np.split(samples @ columns, 3, axis=1)


def _as_of_all_rows(metric, totals, weight_of_all):
    """Scale totals of samples to the weight of all rows, for metrics that may grow with it.

    The metrics of this package are ratios; a user's function may be a sum, such as a profit.
    """
    if metric.custom is None or not metric.vectorised:
        return totals
    weight = totals[-1].sum(axis=1, keepdims=True)
    factor = np.divide(weight_of_all, weight, out=np.ones(weight.shape), where=weight > 0)
    return [total * factor for total in totals]


def _resample_threshold(spec, scored, counts):
    """One sort serves all samples: weights change, the order of the scores does not."""
    column = class_scores(scored.scores, spec.pos, spec.space)
    order = np.argsort(column)
    rows = SortedRows.sort(scored.y == spec.pos, column, scored.weight, order)
    cuts = rows.cuts_and_corners()
    at_a_time = max(1, _CELLS_AT_A_TIME // len(order))
    parts = []
    for begin in range(0, len(counts), at_a_time):
        part = np.take(counts[begin : begin + at_a_time], order[::-1], axis=1)
        parts.append(_resample_sorted(spec, rows, part, cuts))
    return Resampled(*(np.concatenate(part) for part in zip(*parts, strict=True)))


def _resample_sorted(spec, rows, counts, cuts):
    """Judge the thresholds of some samples whose rows are in the order of the scores."""
    default, metric = DEFAULT_THRESHOLDS[spec.space], spec.metric.for_sweep(spec.pos)
    if spec.constraint is None and metric.has_corners:
        weights = counts if rows.weight is None else rows.weight * counts
        thresholds, drawn = best_thresholds_sorted(rows, metric, weights, cuts, default)
    else:
        thresholds, drawn = _threshold_by_threshold(rows, metric, counts, default, spec.constraint)
    totals = _left_out_totals(rows, counts, thresholds)
    weight_of_all = len(rows.score) if rows.weight is None else rows.weight.sum()
    totals = _as_of_all_rows(metric, totals, weight_of_all)
    left_out = np.where(np.isnan(drawn), np.nan, metric.value(*totals, pos=1))
    return Resampled(np.clip(thresholds, rows.score[-1], rows.score[0]), drawn, left_out)


def _threshold_by_threshold(rows, metric, counts, default, constraint):
    """The best threshold of each sample and its value; NaN where none keeps to the constraint."""
    base = np.ones(len(rows.score)) if rows.weight is None else rows.weight
    thresholds, drawn = np.full((2, len(counts)), np.nan)
    for b, count in enumerate(counts):
        weight = base * count
        if metric.custom is not None and weight.any():
            weight *= base.sum() / weight.sum()
        with suppress(InfeasibleConstraintError):
            thresholds[b], drawn[b] = best_threshold_sorted(
                rows._replace(weight=weight), metric, default, constraint
            )
    return thresholds, drawn


def _left_out_totals(rows, counts, thresholds):
    """Totals of the negative and the positive class on the rows that each sample left out."""
    left = counts == 0
    if rows.weight is not None:
        left = rows.weight * left
    cut = rows.n_positive(thresholds)
    called, true = np.empty((2, len(counts), 2))
    for k, mask in enumerate((~rows.y_pos, rows.y_pos)):
        before = weights_before(left, mask)
        called[:, k] = before[np.arange(len(cut)), cut]
        true[:, k] = before[:, -1]
    fp, tp = called.T
    tn, fn = true[:, 0] - fp, true[:, 1] - tp  # exactly zero where there are none
    return np.column_stack([tn, tp]), np.column_stack([tn + fn, tp + fp]), true


def _resample_offsets(spec, scored, counts):
    """Ascents from the one start that is best on all rows, on at most `MAX_SAMPLE_ROWS` each."""
    scores = floored_log(scored.scores) if spec.space == "proba" else scored.scores
    base = np.ones(len(scores)) if scored.weight is None else scored.weight
    y, n_classes = scored.y, spec.n_classes
    chosen, upweight = np.arange(len(y)), np.ones(len(y))
    if len(y) > MAX_SAMPLE_ROWS:
        rng = np.random.RandomState(spec.seed)
        chosen, upweight = stratified_rows(y, n_classes, MAX_SAMPLE_ROWS, rng)
    weight = base[chosen] * upweight
    _, power = best_start(y[chosen], scores[chosen], spec.metric, weight)
    offsets = np.empty((len(counts), n_classes))
    drawn, left_out = np.empty((2, len(counts)))
    for b, count in enumerate(counts):
        offsets[b] = best_offsets(
            y[chosen], scores[chosen], spec.metric, weight * count[chosen], (power,)
        )
        codes = np.argmax(scores + offsets[b], axis=1)
        for values, w in ((drawn, base * count), (left_out, base * (count == 0))):
            values[b] = metric_from_codes(spec.metric, y, codes, n_classes, w, spec.pos)
    return Resampled(offsets, drawn, left_out)


def left_out_codes(spec, scored, counts, parameters):
    """Label each row by the average of the rules of those samples that left it out.

    What a metric says of these labels is what the averaged rule is worth on rows that it was not
    chosen on (out-of-bag estimation: Breiman, "Out-of-bag estimation", 1996).

    Parameters
    ----------
    spec : RuleSpec
        The rule that is wanted.
    scored : ScoredRows
        The rows.
    counts : ndarray of shape (n_bootstrap, n_scored)
        How often each row stands in each sample.
    parameters : ndarray of shape (n_bootstrap,) or (n_bootstrap, n_classes)
        Of `Resampled`, all of them numbers.

    Returns
    -------
    codes : ndarray of shape (n_scored,), integer
        A row that no sample left out is labelled by the average of all.
    """
    left_out = (counts == 0).astype(np.float64)
    left_out[:, ~left_out.any(axis=0)] = 1.0
    means = (left_out.T @ parameters).T / left_out.sum(axis=0)
    if spec.n_classes == 2:
        column = class_scores(scored.scores, spec.pos, spec.space)
        return np.where(column >= means, spec.pos, 1 - spec.pos)
    scores = floored_log(scored.scores) if spec.space == "proba" else scored.scores
    return np.argmax(scores + means.T, axis=1)


def averaged_rule(spec, scored, parameters):
    """Average the rules of bootstrap samples; the best one on all rows where that does worse.

    The average moves less from one set of rows to the next than the best rule does (bagging:
    Breiman 1996; of cut-points: Thiele & Hirschfeld, "cutpointr", 2021). It is not taken where it
    does worse than the default rule on these rows, where the best rule is "always" or "never",
    or under a constraint, which an average need not keep to.

    Parameters
    ----------
    spec : RuleSpec
        The rule that is wanted.
    scored : ScoredRows
        The rows.
    parameters : ndarray of shape (n_bootstrap,) or (n_bootstrap, n_classes)
        Of `Resampled`; without samples the best rule on all rows is returned.

    Returns
    -------
    DecisionRule
    """
    best = spec.fit(scored.y, scored.scores, scored.weight)
    if len(parameters) == 0 or spec.constraint is not None:
        return best
    if best.kind == "threshold":
        # A finite threshold may lie beyond all scores too; those of samples are clipped to these.
        codes = best.predict_codes(scored.scores)
        if (codes == codes[0]).all():
            return best
        part = {"threshold": float(np.mean(parameters))}
    else:
        part = {"offsets": np.mean(parameters, axis=0)}
    averaged = DecisionRule(
        best.kind,
        classes=best.classes,
        pos_label=best.pos_label,
        metric=best.metric,
        space=best.space,
        **part,
    )

    def value(rule):
        return metric_from_rule(rule, spec.metric, scored.y, scored.scores, scored.weight, spec.pos)

    return averaged if value(averaged) >= value(spec.default_rule()) else best
