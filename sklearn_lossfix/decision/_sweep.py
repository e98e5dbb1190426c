"""The exact best threshold of a binary metric: every distinct cut, evaluated after one sort.

Where each value costs a call of a user's function, only the cuts that can be the best are
evaluated. While the threshold falls, true and false positives only become more. If the metric
is monotone, a cut after which only positives follow is no better than the next one, and a cut
before which only negatives came is no better than the last one. What is left are the corners of
the ROC staircase, at most one more than there are distinct scores of positive rows. Metrics of
this package are monotone too, and their best cuts are found from corners by `best_cuts`.
"""

from typing import NamedTuple

import numpy as np

from sklearn_lossfix.decision._best_cuts import CHUNK, best_cuts, inner_width, metric_of_cuts
from sklearn_lossfix.decision._constraint import CutCounts, certified_cuts, lower_bounds
from sklearn_lossfix.decision._metrics import ROUNDING
from sklearn_lossfix.decision._sorted_rows import (
    SortedRows,
    midpoint,
    weight_before,
    weights_before,
)
from sklearn_lossfix.exceptions import InfeasibleConstraintError

# Cuts at which a function is called that is not known to be monotone. A metric of scikit-learn
# takes about a millisecond a call: a second for a threshold. With more cuts than these the search
# goes from coarse to fine and may miss the best.
MAX_CUTS = 1_000


class Sweep(NamedTuple):
    """All distinct cuts of a score, from "none is positive" to "all are positive".

    Attributes
    ----------
    thresholds : ndarray of shape (n_cuts,)
        Decreasing: inf, then midpoints between neighbouring distinct scores, then -inf. A row is
        called positive if its score is at least the threshold.

    tp, fp : ndarray of shape (n_cuts,)
        Weight of the true and of the false positives at each cut.

    P, N : float
        Weight of all positive and of all negative rows.
    """

    thresholds: np.ndarray
    tp: np.ndarray
    fp: np.ndarray
    P: float
    N: float


def sweep_thresholds(y_pos, score, sample_weight=None, *, order=None):
    """Count true and false positives at every distinct cut of a score.

    Parameters
    ----------
    y_pos : array-like of shape (n_samples,), bool
        Whether each row is of the positive class.

    score : array-like of shape (n_samples,)
        Finite scores of the positive class.

    sample_weight : array-like of shape (n_samples,), default=None
        Weight of each row; one each if None.

    order : ndarray of int, default=None
        ``np.argsort(score)`` if it is known already. A part of it restricts the sweep to
        those rows.

    Returns
    -------
    sweep : Sweep
        Thresholds, counts and totals; float64.

    Raises
    ------
    ValueError
        If a score is not finite or the scores are not one column.
    """
    rows = SortedRows.sort(y_pos, score, sample_weight, order)
    tp, fp, start = rows.counts()
    inner = start[1:-1]
    between = midpoint(rows.score[inner], rows.score[inner - 1])
    thresholds = np.concatenate([[np.inf], between, [-np.inf]])[: len(start)]
    tp, fp = tp.astype(np.float64, copy=False), fp.astype(np.float64, copy=False)
    return Sweep(thresholds, tp, fp, float(tp[-1]), float(fp[-1]))


def best_threshold(
    y_pos, score, metric, sample_weight=None, *, order=None, default=None, constraint=None
):
    """Find the threshold of the greatest value of a label metric; no other does better.

    Where several cuts are equally good (up to rounding), `default` is kept if it is as good.
    Otherwise the widest stretch of neighbouring best cuts, in units of the score, is taken and
    the threshold put into its middle: farthest from where the metric falls. Cuts at which a user's
    function need not be called are not among them.

    Parameters
    ----------
    y_pos : array-like of shape (n_samples,), bool
        Whether each row is of the positive class.

    score : array-like of shape (n_samples,)
        Finite scores of the positive class.

    metric : Metric
        A label metric of two classes. Column 1 is the positive class: see `Metric.for_sweep`.

    sample_weight : array-like of shape (n_samples,), default=None
        Weight of each row; one each if None.

    order : ndarray of int, default=None
        ``np.argsort(score)`` if it is known already, or a part of it.

    default : float, default=None
        Threshold in use so far, such as 0.5 for probabilities.

    constraint : Constraint, default=None
        Only thresholds that keep to it compete.

    Returns
    -------
    threshold : float
        Between two scores, or the default; inf if no row should be positive, -inf if all.

    value : float
        The metric at that threshold; NaN if it is NaN wherever it was evaluated.

    Raises
    ------
    ValueError
        If a score is not finite or the scores are not one column.
    InfeasibleConstraintError
        If no threshold keeps to the constraint.
    """
    rows = SortedRows.sort(y_pos, score, sample_weight, order)
    return best_threshold_sorted(rows, metric, default, constraint)


def best_threshold_sorted(rows, metric, default=None, constraint=None):
    """Find the best threshold of rows that are sorted already; see `best_threshold`."""
    tp, fp, start = rows.counts()
    default_cut = _cut_of(rows, start, default)
    if constraint is None and metric.has_corners:
        corner = rows.corners(start)
        best = best_cuts(metric, tp[None], fp[None], corner, rows.score, start, default_cut)
        thresholds, values = _thresholds_of(rows, best, start, default)
        return float(thresholds[0]), float(values[0])
    allowed = None
    if constraint is not None:
        searched = _searched_for_constraint(metric, constraint, tp, fp, default_cut)
        try:
            allowed = _allowed_cuts(constraint, rows, tp, fp, start, searched)
        except InfeasibleConstraintError:
            if not constraint.best_effort:
                raise
            return best_effort_threshold_sorted(rows, metric, constraint, default)
    return _best_of(rows, metric, tp, fp, start, allowed, default, default_cut)


def best_thresholds_sorted(rows, metric, weights, cuts, default=None):
    """Find the best threshold of the same rows under each of several weightings.

    Parameters
    ----------
    rows : SortedRows
        Rows; their own weight plays no part.

    metric : Metric
        A label metric of two classes that `has_corners`, column 1 positive.

    weights : ndarray of shape (n_weightings, n_samples)
        Weights of the rows, none negative. Sums of integers are exact.

    cuts : tuple of two ndarrays, integer
        From `rows.cuts_and_corners`.

    default : float, default=None
        Threshold in use so far, as for `best_threshold`.

    Returns
    -------
    thresholds, values : ndarray of shape (n_weightings,)
        As `best_threshold_sorted` gives them for each weighting.
    """
    start, corner = cuts
    tp, fp = (weights_before(weights, mask) for mask in (rows.y_pos, ~rows.y_pos))
    if len(start) < tp.shape[1]:  # some scores are equal
        tp, fp = tp[:, start], fp[:, start]
    default_cut = _cut_of(rows, start, default)
    best = best_cuts(metric, tp, fp, corner, rows.score, start, default_cut)
    return _thresholds_of(rows, best, start, default)


def _thresholds_of(rows, best, start, default):
    """Put thresholds into the runs of best cuts; keep the default where it is as good."""
    runs = zip(start[best.first], start[best.last], strict=True)
    thresholds = np.array([rows.threshold(*run) for run in runs])
    is_kept = ~np.isnan(best.default_value)
    thresholds[is_kept] = default
    return thresholds, np.where(is_kept, best.default_value, best.value)


def best_effort_threshold_sorted(rows, metric, constraint, default=None):
    """Find the threshold that comes nearest to a constraint, for where none keeps to it.

    Parameters
    ----------
    rows : SortedRows
        Rows.

    metric : Metric
        A label metric of two classes, column 1 positive: it decides between thresholds at which
        the constraint is equally near.

    constraint : Constraint
        Of its metric the greatest value is taken, or with a confidence the greatest lower bound.

    default : float, default=None
        Threshold in use so far; kept if none is better.

    Returns
    -------
    threshold : float
        Between two scores, or the default.

    value : float
        `metric` at that threshold.
    """
    tp, fp, start = rows.counts()
    default_cut = _cut_of(rows, start, default)
    searched = _searched_for_constraint(metric, constraint, tp, fp, default_cut)
    if constraint.confidence is None:
        nearness = _values(constraint.metric, tp, fp, searched, constraint.pos)
    else:
        nearness = lower_bounds(constraint, _cut_counts(rows, tp, fp, start))
    allowed = _as_good_as_best(nearness)
    return _best_of(rows, metric, tp, fp, start, allowed, default, default_cut)


def is_exact(rows, metric, constraint=None):
    """Tell whether no threshold of these rows can do better than the one that is found.

    Parameters
    ----------
    rows : SortedRows
        Rows.

    metric : Metric
        A label metric of two classes.

    constraint : Constraint, default=None
        What the threshold keeps to.

    Returns
    -------
    exact : bool
        False only for a function of labels that is declared not to be monotone, as the metric or
        in the constraint, on rows with more than `MAX_CUTS` distinct cuts.
    """
    if constraint is None or constraint.metric.vectorised:
        all_known = metric.vectorised or metric.monotone
    else:  # only corners are known to be allowed: enough if the metric is best there too
        all_known = metric.monotone and constraint.metric.monotone
    return bool(all_known or len(rows.counts()[2]) <= MAX_CUTS)


def _allowed_cuts(constraint, rows, tp, fp, start, searched):
    """Find the cuts that keep to a constraint; raise if there is none."""
    name, at_least = constraint.metric.name, f"{constraint.at_least:g}"
    if constraint.confidence is None:
        values = _values(constraint.metric, tp, fp, searched, constraint.pos)
        allowed = values >= constraint.at_least - ROUNDING * max(abs(constraint.at_least), 1.0)
        if allowed.any():
            return allowed
        best = values.max()
        reach = f"the greatest value is {best:.6g}" if best > -np.inf else "it is never a number"
        raise InfeasibleConstraintError(
            f"No threshold keeps {name!r} at {at_least} or more: {reach}. Ask for less, or for a "
            "model that ranks better."
        )
    counts = _cut_counts(rows, tp, fp, start)
    allowed, first = certified_cuts(constraint, counts)
    if allowed.any():
        return allowed
    best, n_models = lower_bounds(constraint, counts, first).max(), constraint.n_models
    among, fewer = "", ""
    if n_models > 1:
        among, fewer = f" in the best of {n_models} models", ", or compare fewer models"
    raise InfeasibleConstraintError(
        f"No threshold is proven to keep {name!r} at {at_least} or more with confidence "
        f"{constraint.confidence:g}{among}: the greatest lower bound is {best:.6g}. More rows "
        f"prove more; or ask for less, or for less confidence{fewer}."
    )


def _searched_for_constraint(metric, constraint, tp, fp, default_cut):
    """Return the cuts at which a constraint is evaluated; None for all."""
    if constraint.metric.vectorised:
        return None
    cuts = np.arange(len(tp))
    if metric.monotone and constraint.metric.monotone:
        return _with(default_cut, _corners(tp, fp, cuts))
    return cuts if len(cuts) <= MAX_CUTS else _with(default_cut, _spread(cuts, MAX_CUTS))


def _cut_counts(rows, tp, fp, start):
    """Collect what certified cuts are found from."""
    if rows.weight is None:
        return CutCounts(tp, fp, tp, fp, start)
    squares = np.square(rows.weight, dtype=np.float64)
    return CutCounts(
        tp,
        fp,
        weight_before(rows.y_pos, squares, start),
        weight_before(~rows.y_pos, squares, start),
        start,
    )


def _best_of(rows, metric, tp, fp, start, allowed, default, default_cut):
    """Choose the threshold of the greatest value among the cuts that are allowed."""
    searched = None
    is_allowed = default_cut is not None and (allowed is None or allowed[default_cut])
    kept_cut = default_cut if is_allowed else None
    if not metric.vectorised:
        cuts = np.arange(len(tp)) if allowed is None else np.flatnonzero(allowed)
        searched = _with(kept_cut, _corners(tp, fp, cuts) if metric.monotone else cuts)
    if searched is None or metric.monotone or len(searched) <= MAX_CUTS:
        values = _values(metric, tp, fp, searched)
    else:
        values = _values_from_coarse_to_fine(metric, tp, fp, searched, kept_cut)
    if allowed is not None:
        values[~allowed] = -np.inf
    tied = _as_good_as_best(values)
    if allowed is not None:
        tied &= allowed
    if kept_cut is not None and tied[kept_cut]:
        return float(default), _nan_if_never_a_number(values[kept_cut])
    first, last = true_runs(tied)
    width = inner_width(rows.score, start[first], start[last])
    widest = int(np.argmax(width))
    first, last = first[widest], last[widest]
    threshold = rows.threshold(start[first], start[last])
    return threshold, _nan_if_never_a_number(values[first : last + 1].min())


def _nan_if_never_a_number(value):
    """Return the value of the best cut: -inf stands for NaN at all cuts."""
    return float(value) if value > -np.inf else np.nan


def _as_good_as_best(values):
    """Find the cuts whose values equal the greatest one, up to rounding."""
    best = values.max()
    if np.isinf(best):
        return values == best
    return values >= best - ROUNDING * max(abs(best), 1.0)


def _cut_of(rows, start, threshold):
    """Return the number of the cut that a threshold makes; None without a threshold."""
    if threshold is None:
        return None
    return int(np.searchsorted(start, rows.n_positive(threshold)))


def _corners(tp, fp, cuts):
    """Leave out the cuts that have a neighbour which is at least as good for a monotone metric.

    Parameters
    ----------
    tp, fp : ndarray of shape (n_cuts,)
        Weight of the true and of the false positives, neither of them falling.

    cuts : ndarray, integer
        Increasing numbers of the cuts to choose from.

    Returns
    -------
    corners : ndarray, integer
        One of these is the best of `cuts`: true and false positives rise from each to the next.
    """
    rises = np.ones(len(cuts), dtype=bool)
    rises[1:] = tp[cuts[1:]] > tp[cuts[:-1]]
    cuts = cuts[rises]  # of equal true positives, the fewest false ones
    stays = np.zeros(len(cuts), dtype=bool)
    stays[:-1] = fp[cuts[1:]] == fp[cuts[:-1]]
    return cuts[~stays]  # of equal false positives, the most true ones


def _with(cut, cuts):
    """Add a cut to those to be evaluated, if there is one to add."""
    return cuts if cut is None else np.union1d(cuts, cut)


def _spread(cuts, n):
    """Choose n cuts that are spread evenly, the first and the last included."""
    return cuts[np.unique(np.linspace(0, len(cuts) - 1, n).round().astype(np.intp))]


def _values(metric, tp, fp, cuts=None, pos=1):
    """Compute the metric at the cuts, a chunk at a time; NaN, and no value, are -inf."""
    values = np.full(len(tp), -np.inf)
    n_values = len(tp) if cuts is None else len(cuts)
    for begin in range(0, n_values, CHUNK):
        part = slice(begin, begin + CHUNK)
        part = part if cuts is None else cuts[part]
        values[part] = metric_of_cuts(metric, tp[part], fp[part], tp[-1], fp[-1], pos)
    return np.nan_to_num(values, copy=False, nan=-np.inf, posinf=np.inf, neginf=-np.inf)


def _values_from_coarse_to_fine(metric, tp, fp, cuts, default_cut):
    """Compute the metric at about `MAX_CUTS` of the cuts, ever closer around the best of them."""
    coarse = _with(default_cut, _spread(cuts, MAX_CUTS // 2))
    values = np.full(len(tp), -np.inf)
    known = coarse
    while len(coarse):
        values[coarse] = _values(metric, tp, fp, coarse)[coarse]
        best = np.argmax(values[known])
        low, high = known[max(best - 1, 0)], known[min(best + 1, len(known) - 1)]
        between = np.setdiff1d(cuts[(cuts > low) & (cuts < high)], known)
        coarse = _spread(between, MAX_CUTS // 4) if len(between) else between
        known = np.union1d(known, coarse)
    return values


def true_runs(tied):
    """Find the first and last index of each run of True."""
    padded = np.zeros(len(tied) + 2, dtype=bool)
    padded[1:-1] = tied
    edges = np.flatnonzero(padded[1:] != padded[:-1])
    return edges[::2], edges[1::2] - 1
