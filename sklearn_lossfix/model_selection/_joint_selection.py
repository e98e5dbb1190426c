"""Choosing among candidates, each under its own decision rule, and what that choice is worth.

Two choices are made on the same rows, the candidate and the rule, and the greatest value on those
rows is too good for both. The bootstrap corrects for both at once [1]_: in every sample all choices
are made on the drawn rows, and what was chosen is judged on the rows that were left out.

References
----------
.. [1] I. Tsamardinos, E. Greasidou and G. Borboudakis, "Bootstrapping the out-of-sample predictions
   for efficient and accurate cross-validation", Machine Learning 107, 2018.
"""

from typing import NamedTuple

import numpy as np

from sklearn_lossfix._core._paired_tests import CONFIDENCE, interval, mean_standard_error
from sklearn_lossfix.decision._metrics import influence, metric_from_codes

# A candidate is dropped early if it is the best one in fewer bootstrap samples than this share
# (Tsamardinos et al. 2018, section 3.3, who stop at 99 % confidence).
DROP_BELOW = 0.01

# Samples for dropping candidates: enough to tell a share of one in a hundred from none.
N_DROP_SAMPLES = 200

# What turns the deviation over bootstrap samples, each judged on the rows that it left out, into
# the standard error of the metric on all rows: 0.763. A sample leaves out m = n / e of n rows, on
# average. The mean over m rows that are taken from n without replacement has the variance
# s**2 (1 / m - 1 / n) = (e - 1) s**2 / n about the mean of all n, which itself has s**2 / n.
# This is the jackknife that deletes d = n - m rows, whose factor is the root of m / d (Shao and
# Wu, "A general theory for jackknife variance estimation", Annals of Statistics 17, 1989).
LEFT_OUT_FACTOR = 1 / np.sqrt(np.e - 1)


class HonestScore(NamedTuple):
    """What the metric of a whole selection is, on rows that nothing was chosen by."""

    value: float
    low: float
    high: float


NO_SCORE = HonestScore(np.nan, np.nan, np.nan)


def best_candidate(values, metric=None):
    """Number of the candidate with the greatest value; the first of several, NaN never wins.

    Parameters
    ----------
    values : array-like of shape (n_candidates,)
        What candidates are compared by.
    metric : Metric, default=None
        What the values are of, for the error.

    Returns
    -------
    int

    Raises
    ------
    ValueError
        If no candidate has a value.
    """
    values = np.asarray(values, dtype=float)
    if np.isnan(values).all():
        expected = f"Expected a value of at least one candidate; all {len(values)} are NaN. "
        if metric is not None and metric.custom is not None:
            raise ValueError(
                f"{expected}That is what the function of the metric {metric.name!r} makes of their "
                "labels: check it, or use another metric or a callable select."
            )
        raise ValueError(
            f"{expected}A metric may not be defined where a split holds a single class: use "
            "stratified splits, another metric, or a callable select."
        )
    return int(np.nanargmax(values))


def lead_error(resampled, best, split_factor=None):
    """Standard error of the lead of one candidate over each, by paired differences.

    Parameters
    ----------
    resampled : ndarray of shape (n_resamples, n_candidates)
        The metric of the rows that each bootstrap sample left out, or over splits.
    best : int
        The candidate that leads.
    split_factor : float, default=None
        For splits, the square root of the Nadeau-Bengio factor: the error is then that of a mean
        over splits. None where these are bootstrap samples: the error is then that of all rows,
        from the deviation over the parts of them that were left out, as `LEFT_OUT_FACTOR` says.

    Returns
    -------
    ndarray of shape (n_candidates,)
        NaN where nothing is known.
    """
    lead = np.ma.masked_invalid(resampled[:, [best]] - resampled)
    if split_factor is None:
        return lead.std(axis=0).filled(np.nan) * LEFT_OUT_FACTOR
    n_splits = len(resampled)
    if n_splits < 2:
        return np.full(resampled.shape[1], np.nan)
    return lead.std(axis=0, ddof=1).filled(np.nan) * split_factor / np.sqrt(n_splits)


def one_standard_error(values, resampled, split_factor=None, metric=None):
    """The first candidate that is not clearly worse than the best one.

    The one-standard-error rule of Breiman et al. (1984), on paired differences: a candidate stays
    in the race if the best one's mean lead over it is at most the standard error of the lead.

    Parameters
    ----------
    values : ndarray of shape (n_candidates,)
        The metric of each candidate; NaN where it failed.
    resampled : ndarray of shape (n_resamples, n_candidates)
        As for :func:`lead_error`.
    split_factor : float, default=None
        As for :func:`lead_error`.
    metric : Metric, default=None
        As for :func:`best_candidate`.

    Returns
    -------
    int
        The earliest such candidate: list simple candidates first.
    """
    best = best_candidate(values, metric)
    spread = np.nan_to_num(lead_error(resampled, best, split_factor))
    stays = ~np.isnan(values) & (values[best] - values <= spread)
    stays[best] = True
    return int(np.flatnonzero(stays)[0])


def honest_from_bootstrap(drawn, left_out):
    """The corrected score of "take the best": chosen on drawn rows, judged on the rest.

    Parameters
    ----------
    drawn, left_out : ndarray of shape (n_bootstrap, n_candidates)
        The metric of each candidate under the rule chosen on the drawn rows. `drawn` may be that
        of another metric, if that is what chooses.

    Returns
    -------
    HonestScore
        Mean over the samples, with their central 95 %.
    """
    usable = ~np.isnan(drawn).all(axis=1)
    if not usable.any():
        return NO_SCORE
    drawn, left_out = drawn[usable], left_out[usable]
    # Of several best ones the mean, whatever their order.
    chosen = drawn == np.nanmax(drawn, axis=1, keepdims=True)
    values = np.ma.masked_invalid(np.where(chosen, left_out, np.nan)).mean(axis=1).compressed()
    # A sample may leave out no row that the metric is defined on.
    if not len(values):
        return NO_SCORE
    tail = 50 * (1 - CONFIDENCE)
    low, high = np.percentile(values, [tail, 100 - tail])
    return HonestScore(float(np.mean(values)), float(low), float(high))


def choices_of_folds(values):
    """The best candidate by the mean of all folds but one, for each fold.

    Parameters
    ----------
    values : ndarray of shape (n_candidates, n_folds)
        What chooses, on each fold. A candidate with a NaN is no choice in any fold, as its mean is
        none on all of them.

    Returns
    -------
    ndarray of shape (n_folds,), integer, or None
        None if no candidate has all values. A single fold chooses for itself.
    """
    known = np.flatnonzero(~np.isnan(values).any(axis=1))
    if not len(known):
        return None
    values = values[known]
    n_folds = values.shape[1]
    if n_folds == 1:
        return known[[best_candidate(values[:, 0])]]
    others = [np.delete(values, fold, axis=1).mean(axis=1) for fold in range(n_folds)]
    return known[[best_candidate(mean) for mean in others]]


def honest_from_folds(values, standard_error_factor, chosen_by=None):
    """The corrected score of "take the best" from the folds alone: chosen on the others.

    For metrics without a bootstrap (rankings, unknown callables). Each fold is judged by the
    candidate that is best on the mean of the other folds.

    Parameters
    ----------
    values : ndarray of shape (n_candidates, n_folds)
        The metric of each candidate on each fold. A candidate with a NaN is no choice in any fold.
    standard_error_factor : float
        Square root of the Nadeau-Bengio factor, for folds that share training rows.
    chosen_by : ndarray of shape (n_candidates, n_folds), default=None
        What chooses, if that is not `values`.

    Returns
    -------
    HonestScore
        Mean over the folds, with a normal 95 % interval; NaN if no candidate has all values.
    """
    by = values if chosen_by is None else np.where(np.isnan(values), np.nan, chosen_by)
    chosen = choices_of_folds(by)
    if chosen is None:
        return NO_SCORE
    n_folds = values.shape[1]
    judged = values[chosen, np.arange(n_folds)]
    if n_folds == 1:
        return HonestScore(float(judged[0]), np.nan, np.nan)
    se = judged.std(ddof=1) / np.sqrt(n_folds) * standard_error_factor
    estimate = interval(judged.mean(), se)
    return HonestScore(estimate.value, estimate.low, estimate.high)


def honest_from_labels(metric, y, codes, n_classes, weight, pos, units, standard_error_factor):
    """The metric of labels that each fold is given by what was chosen on the other folds.

    Parameters
    ----------
    metric : Metric
        A label metric.
    y, codes : ndarray of shape (n_scored,), integer
        True codes, and those of the labels.
    n_classes : int
        Number of classes.
    weight : ndarray of shape (n_scored,) or None
        Weights.
    pos : int or None
        Code of the positive class.
    units : ndarray of shape (n_scored,), integer
        What was drawn independently.
    standard_error_factor : float
        Square root of the Nadeau-Bengio factor, for folds that share training rows.

    Returns
    -------
    HonestScore
        The metric of all rows together, with a normal 95 % interval.
    """
    value = metric_from_codes(metric, y, codes, n_classes, weight, pos)
    rows = influence(metric, y, codes, n_classes, weight, pos)
    estimate = interval(value, mean_standard_error(rows, weight, units) * standard_error_factor)
    return HonestScore(estimate.value, estimate.low, estimate.high)


def hopeless(drawn):
    """Candidates that are hardly ever the best: which ones may be dropped.

    Parameters
    ----------
    drawn : ndarray of shape (n_bootstrap, n_candidates)
        The metric over bootstrap samples of the rows scored so far; NaN for dropped ones.

    Returns
    -------
    ndarray of shape (n_candidates,), dtype bool
        None of them where no sample tells: nothing speaks against any candidate then.
    """
    drawn = drawn[~np.isnan(drawn).all(axis=1)]
    if not len(drawn):
        return np.zeros(drawn.shape[1], dtype=bool)
    best = np.nanmax(drawn, axis=1, keepdims=True)
    return np.mean(drawn >= best, axis=0) < DROP_BELOW
