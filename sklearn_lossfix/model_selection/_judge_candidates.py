"""What each candidate of a search is worth under the rule that suits it best."""

from typing import NamedTuple

import numpy as np
from sklearn.utils import _safe_indexing

from sklearn_lossfix._core._proper_scores import log_loss_rows
from sklearn_lossfix._core._recorded_scores import scorer_value, stand_in
from sklearn_lossfix.decision._metrics import metric_from_codes
from sklearn_lossfix.decision._positive_class import own_positive
from sklearn_lossfix.decision._resampled_rules import left_out_codes, resample_rule


class Judgement(NamedTuple):
    """One candidate, judged on scores out of fold.

    Attributes
    ----------
    codes, default_codes : ndarray of shape (n_scored,)
        Labels by the rule that was chosen on the other folds, and by the default rule.
    splits, default_splits : ndarray of shape (n_splits,)
        The metric of these labels on the rows of each split.
    pooled, default : float
        The same on all rows together; for metrics that are no function of labels, the mean of the
        splits.
    apparent : float
        The metric under the rule that is best on the very same rows.
    loss : float
        Mean log loss; NaN without probabilities.
    resampled : Resampled or None
        The rule over the bootstrap samples; None without samples.
    """

    codes: np.ndarray
    default_codes: np.ndarray
    splits: np.ndarray
    default_splits: np.ndarray
    pooled: float
    default: float
    apparent: float
    loss: float
    resampled: object


def judge_candidate(spec, scored, folds, split, counts, X, pooling="pooled"):
    """Judge one candidate.

    Parameters
    ----------
    spec : RuleSpec
        The rule that is wanted.
    scored : ScoredRows
        The candidate's scores out of fold.
    folds : ndarray of shape (n_scored,)
        Folds over which rules are cross-fitted.
    split : ndarray of shape (n_scored,)
        Split that each score comes from.
    counts : ndarray of shape (n_bootstrap, n_scored) or None
        Bootstrap samples; the same for all candidates, which makes them paired.
    X : array-like of shape (n_samples, n_features)
        The data, for scorers of which nothing is known.
    pooling : {"pooled", "fold_mean"}, default="pooled"
        How `apparent` is made of the splits.

    Returns
    -------
    Judgement
    """
    default_rule = spec.default_rule()
    default_codes = default_rule.predict_codes(scored.scores)
    priced = scored.priced()
    rule = spec.fixed_rule(scored.scores, priced.weight)
    if rule is not None:
        codes = rule.predict_codes(scored.scores)
    else:
        codes = spec.cross_fitted_codes(priced, folds)
    splits, pooled = split_values(spec, spec.metric, scored, codes, split, X)
    default_splits, default = split_values(spec, spec.metric, scored, default_codes, split, X)
    best_splits, apparent = splits, pooled
    if spec.is_tuned:
        best = spec.fit(scored.y, scored.scores, priced.weight).predict_codes(scored.scores)
        best_splits, apparent = split_values(spec, spec.metric, scored, best, split, X)
    if pooling == "fold_mean":
        apparent = float(np.mean(best_splits))
    resampled = None if counts is None else resample_rule(spec, priced, counts)
    return Judgement(
        codes,
        default_codes,
        splits,
        default_splits,
        pooled,
        default,
        apparent,
        _log_loss(spec, scored),
        resampled,
    )


def averaging_gain(spec, scored, counts, resampled):
    """What the average of the rules of bootstrap samples has over a single one of them.

    Parameters
    ----------
    spec : RuleSpec
        The rule that is wanted: tuned, without a constraint.
    scored : ScoredRows
        The candidate's scores out of fold.
    counts : ndarray of shape (n_bootstrap, n_scored)
        Bootstrap samples.
    resampled : Resampled
        The rules that they choose.

    Returns
    -------
    float
        Both sides are judged on rows that were left out.
    """
    codes = left_out_codes(spec, scored, counts, resampled.parameters)
    pos = spec.pos if spec.metric.asymmetric else None
    value = metric_from_codes(spec.metric, scored.y, codes, spec.n_classes, scored.weight, pos)
    return value - float(np.mean(resampled.left_out))


def split_values(spec, metric, scored, codes, split, X):
    """A metric on the rows of each split, and on all rows together.

    Parameters
    ----------
    spec : RuleSpec
        Classes and what the scores are.
    metric : Metric
        Any metric. One that is no function of labels is averaged over the splits: scores of
        different models are not compared with each other. One of another positive class than the
        rule's is judged by its own.
    scored : ScoredRows
        The rows. What errors in them cost has a say in the metric of these costs alone.
    codes : ndarray of shape (n_scored,)
        Predicted codes.
    split : ndarray of shape (n_scored,)
        Split of each row.
    X : array-like of shape (n_samples, n_features)
        The data.

    Returns
    -------
    splits : ndarray of shape (n_splits,)
    pooled : float
    """
    numbers = np.unique(split)
    if metric.kind == "label":
        pos = positive_code(spec, metric)

        def value(keep, weight):
            weight = None if weight is None else weight[keep]
            if metric.by_row:
                paid = np.where(codes[keep] == scored.y[keep], 0.0, scored.cost[keep])
                return -float(np.average(paid, weights=weight))
            return metric_from_codes(
                metric, scored.y[keep], codes[keep], spec.n_classes, weight, pos
            )

        # Rows that are tested in several splits count once in all, but fully in each.
        splits = np.array([value(split == number, scored.row_weight) for number in numbers])
        return splits, value(np.ones(len(split), dtype=bool), scored.weight)
    values = [_scorer_value(spec, metric, scored, codes, split == k, X) for k in numbers]
    return np.array(values), float(np.mean(values))


def positive_code(spec, metric):
    """Code of the positive class of a metric; None where it needs none.

    Parameters
    ----------
    spec : RuleSpec
        Classes, the positive one of them, and the metric that rules are chosen for.
    metric : Metric
        That metric, or another one, whose scorer may name a positive class of its own.

    Returns
    -------
    int or None
    """
    if metric is spec.metric:
        return spec.pos if metric.asymmetric else None
    return own_positive(metric, list(spec.classes), spec.pos)


def _scorer_value(spec, metric, scored, codes, keep, X):
    """Let a scorer judge the recorded scores of some rows."""
    rows = scored.row[keep]
    # A metric of scores hands its rows to the stand-in, which ignores them.
    X_rows = np.zeros((len(rows), 1)) if metric.kind == "ranking" else _safe_indexing(X, rows)
    labels = np.array(spec.classes)
    weight = None if scored.row_weight is None else scored.row_weight[keep]
    return scorer_value(
        metric.scorer,
        stand_in(labels, scored.scores[keep], codes[keep], spec.space),
        X_rows,
        labels[scored.y[keep]],
        weight,
    )


def _log_loss(spec, scored):
    """Mean log loss out of fold; NaN for decision values."""
    if spec.space != "proba":
        return np.nan
    return float(np.average(log_loss_rows(scored.scores, scored.y), weights=scored.weight))
