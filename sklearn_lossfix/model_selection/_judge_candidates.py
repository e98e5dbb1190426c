"""What each candidate of a search is worth under the rule that suits it best."""

from typing import NamedTuple

import numpy as np
from sklearn.utils import _safe_indexing

from sklearn_lossfix._core._proper_scores import log_loss_rows
from sklearn_lossfix._core._recorded_scores import scorer_value, stand_in
from sklearn_lossfix.decision._fit_rule import metric_from_rule
from sklearn_lossfix.decision._metrics import metric_from_codes
from sklearn_lossfix.decision._resampled_rules import left_out_codes, resample_codes, resample_rule


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
    averaging_gain : float
        What the average of the rules of bootstrap samples has over a single one of them, on rows
        that were left out; 0 where the rule is not averaged.
    loss : float
        Mean log loss; NaN without probabilities.
    resampled, default_resampled : Resampled or None
        Both rules over the bootstrap samples; None without samples.
    """

    codes: np.ndarray
    default_codes: np.ndarray
    splits: np.ndarray
    default_splits: np.ndarray
    pooled: float
    default: float
    apparent: float
    averaging_gain: float
    loss: float
    resampled: object
    default_resampled: object


def judge_candidate(spec, scored, folds, split, counts, X):
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

    Returns
    -------
    Judgement
    """
    default_rule = spec.default_rule()
    default_codes = default_rule.predict_codes(scored.scores)
    rule = spec.fixed_rule(scored.scores, scored.weight)
    if rule is not None:
        codes = rule.predict_codes(scored.scores)
    else:
        codes = spec.cross_fitted_codes(scored, folds)
    splits, pooled = split_values(spec, spec.metric, scored, codes, split, X)
    default_splits, default = split_values(spec, spec.metric, scored, default_codes, split, X)
    apparent, averaging_gain, resampled, default_resampled = pooled, 0.0, None, None
    if spec.is_tuned:
        best = spec.fit(scored.y, scored.scores, scored.weight)
        apparent = metric_from_rule(
            best, spec.metric, scored.y, scored.scores, scored.weight, spec.pos
        )
    if counts is not None:
        resampled = resample_rule(spec, scored, counts)
        default_resampled = resample_codes(spec, scored, default_codes, counts)
        if spec.is_tuned and spec.constraint is None:
            averaging_gain = _averaging_gain(spec, scored, counts, resampled)
    return Judgement(
        codes,
        default_codes,
        splits,
        default_splits,
        pooled,
        default,
        apparent,
        averaging_gain,
        _log_loss(spec, scored),
        resampled,
        default_resampled,
    )


def _averaging_gain(spec, scored, counts, resampled):
    """What averaging the rules gains, both sides judged on rows that were left out."""
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
        different models are not compared with each other.
    scored : ScoredRows
        The rows.
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
        pos = spec.pos if metric.asymmetric else None

        def value(keep, weight):
            weight = None if weight is None else weight[keep]
            return metric_from_codes(
                metric, scored.y[keep], codes[keep], spec.n_classes, weight, pos
            )

        # Rows that are tested in several splits count once in all, but fully in each.
        splits = np.array([value(split == number, scored.row_weight) for number in numbers])
        return splits, value(np.ones(len(split), dtype=bool), scored.weight)
    values = [_scorer_value(spec, metric, scored, codes, split == k, X) for k in numbers]
    return np.array(values), float(np.mean(values))


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
