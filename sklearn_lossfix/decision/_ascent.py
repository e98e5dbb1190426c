"""Per-class offsets for a metric of several classes: exact line searches, one class at a time.

The rule is ``argmax_k(score_k + b_k)``. With all offsets but one fixed, row i is predicted as
class k if and only if ``b_k`` exceeds ``m_i = max_{j != k}(score_ij + b_j) - score_ik``. So one
sort of m gives the metric for *every* value of ``b_k``, and the best one is taken. That rules of
this form are enough for metrics of the confusion table is shown by Narasimhan et al., "Consistent
multiclass algorithms for complex performance measures", ICML 2015.
"""

from typing import NamedTuple

import numpy as np

from sklearn_lossfix.decision._metrics import ROUNDING, class_totals, metric_from_codes
from sklearn_lossfix.decision._sweep import true_runs

# Passes over all classes; an ascent that still improves after so many gains next to nothing.
_MAX_PASSES = 30

# Powers of the inverse class shares at which the ascents start: none; that of the rule which is
# best for balanced accuracy of calibrated scores; and the middle between them.
START_POWERS = (0.0, 1.0, 0.5)

# How far an offset goes beyond the last row when no, or every, row should be predicted as a class:
# one unit of the scores, which is a factor e for probabilities.
_BEYOND = 1.0


class _Rows(NamedTuple):
    """What one ascent works on."""

    y: np.ndarray
    scores: np.ndarray
    weight: np.ndarray
    true: np.ndarray


def best_offsets(y, scores, metric, sample_weight=None, powers=START_POWERS):
    """Find offsets b for which ``argmax_k(score_k + b_k)`` does well by a metric.

    Every step takes the best value of one offset, so the metric never falls; the best of a few
    ascents is returned. It is a local optimum: no single offset can be changed to its advantage.

    Parameters
    ----------
    y : ndarray of shape (n_samples,), integer
        Class codes.

    scores : ndarray of shape (n_samples, n_classes)
        Additive scores: logarithms of probabilities, or decision values. A class that a model
        has never seen may be -inf.

    metric : Metric
        A symmetric label metric.

    sample_weight : ndarray of shape (n_samples,), default=None
        Weight of each row; one each if None.

    powers : tuple of float, default=(0, 1, 0.5)
        Powers of the inverse class shares at which ascents start.

    Returns
    -------
    offsets : ndarray of shape (n_classes,)
        Never worse than zeros on these rows, and zeros where nothing is better. The offsets of
        the classes that occur in `y` have mean zero; a class that does not occur has the neutral
        offset zero.
    """
    return best_start(y, scores, metric, sample_weight, powers)[0]


def best_start(y, scores, metric, sample_weight=None, powers=START_POWERS):
    """Find offsets as `best_offsets` does, and the power whose ascent ended there.

    Returns
    -------
    offsets : ndarray of shape (n_classes,)
        As of `best_offsets`.

    power : float
        The start that won; the first one where no offsets are better.
    """
    n_classes = scores.shape[1]
    weight = np.ones(len(y)) if sample_weight is None else sample_weight
    rows = _Rows(y, scores, weight, np.bincount(y, weights=weight, minlength=n_classes))
    present = rows.true > 0

    def value(offsets):
        codes = np.argmax(scores + offsets, axis=1)
        return metric_from_codes(metric, y, codes, n_classes, sample_weight)

    # A class without rows would only lose by every step: it takes no part until the end.
    contested = rows._replace(scores=np.where(present, scores, -np.inf))
    best, best_power = np.zeros(n_classes), powers[0]
    best_value = value(best)
    for power in powers:
        start = np.zeros(n_classes)
        start[present] = -power * np.log(rows.true[present])
        found = _centred(_ascend(start, contested, present, metric), present)
        if _exceeds(value(found), best_value):
            best, best_value, best_power = found, value(found), power
    return best, best_power


def _exceeds(value, other):
    """Whether a value is greater by more than rounding."""
    return value > other + ROUNDING * max(abs(other), 1.0)


def _centred(offsets, present):
    """Give the present classes mean zero, and the absent ones zero: neither favoured nor not."""
    return np.where(present, offsets - offsets[present].mean(), 0.0)


def _ascend(offsets, rows, present, metric):
    """Improve one offset at a time until no single one can be improved."""
    offsets = offsets.copy()
    n_classes = len(offsets)
    codes = np.argmax(rows.scores + offsets, axis=1)
    current = metric_from_codes(metric, rows.y, codes, n_classes, rows.weight)
    for _ in range(_MAX_PASSES):
        improved = False
        for k in np.flatnonzero(present):
            rival, needed = _rivals(offsets, rows.scores, k)
            if not np.isfinite(needed).any():
                continue
            offset = _best_offset(k, rival, needed, rows, metric)
            codes = np.where(needed < offset, k, rival)
            value = metric_from_codes(metric, rows.y, codes, n_classes, rows.weight)
            if _exceeds(value, current):
                offsets[k], current, improved = offset, value, True
        if not improved:
            break
    return offsets


def _rivals(offsets, scores, k):
    """Find the class each row has without class k, and the offset at which k overtakes it."""
    shifted = scores + offsets
    shifted[:, k] = -np.inf
    rival = np.argmax(shifted, axis=1)
    best = np.take_along_axis(shifted, rival[:, None], axis=1)[:, 0]
    own = scores[:, k]
    # A score of -inf never overtakes, whatever its rival.
    needed = np.full(len(own), np.inf)
    np.subtract(best, own, out=needed, where=own > -np.inf)
    return rival, needed


def _best_offset(k, rival, needed, rows, metric):
    """Find the offset of class k that does best while all others stay."""
    order = np.argsort(needed)
    order = order[np.isfinite(needed[order])]
    values = _values_by_position(k, rival, needed, order, rows, metric)
    edges = needed[order]
    edges = np.concatenate([[edges[0] - 2 * _BEYOND], edges, [edges[-1] + 2 * _BEYOND]])
    # Position p lies between edges[p] and edges[p + 1]; rows that tie move together.
    position = np.flatnonzero(edges[1:] > edges[:-1])
    values = values[position]
    best = values.max()
    first, last = true_runs(values >= best - ROUNDING * max(abs(best), 1.0))
    low, high = edges[position[first]], edges[position[last] + 1]
    widest = int(np.argmax(high - low))
    return 0.5 * low[widest] + 0.5 * high[widest]


def _values_by_position(k, rival, needed, order, rows, metric):
    """Compute the metric after 0, 1, ... of the ordered rows went from their rival to class k."""
    start_codes = np.where(needed == -np.inf, k, rival)
    start = class_totals(rows.y, start_codes, len(rows.true), rows.weight)
    start_terms = [np.broadcast_to(term, rows.true.shape) for term in metric.class_terms(*start)]
    y, w = rows.y[order], rows.weight[order]
    tp = start.tp[k] + _from_zero(np.cumsum(w * (y == k)))
    pred = start.pred[k] + _from_zero(np.cumsum(w))
    gained = metric.class_terms(tp, pred, rows.true[k])
    lost = _changes_of_rivals(start, start_terms, rival[order], y, w, metric)
    sums = [
        term.sum() - term[k] + gain + _from_zero(np.cumsum(loss))
        for term, gain, loss in zip(start_terms, gained, lost, strict=True)
    ]
    return metric.combine(sums)


def _from_zero(running):
    """Prepend a zero to a running total."""
    return np.concatenate([[0.0], running])


def _changes_of_rivals(start, start_terms, rival, y, w, metric):
    """Compute how each moving row changes the terms of the class that it leaves."""
    # Rows of one rival follow each other, in the order in which they leave it.
    by_rival = np.argsort(rival.astype(np.min_scalar_type(len(start.true))), kind="stable")
    rival, y, w = rival[by_rival], y[by_rival], w[by_rival]
    is_first = np.concatenate([[True], rival[1:] != rival[:-1]])
    floor = ROUNDING * start.true.sum()
    left_tp = _remaining(start.tp[rival], w * (y == rival), is_first, floor)
    left_pred = _remaining(start.pred[rival], w, is_first, floor)
    changes = []
    after_terms = metric.class_terms(left_tp, left_pred, start.true[rival])
    for before, after in zip(start_terms, after_terms, strict=True):
        previous = np.concatenate([[0.0], after[:-1]])
        previous[is_first] = before[rival[is_first]]
        change = np.empty(len(rival))
        change[by_rival] = after - previous
        changes.append(change)
    return changes


def _remaining(total, leaving, is_first, floor):
    """Subtract what has left from a total, within runs of rows; what rounding leaves is zero."""
    running = np.cumsum(leaving)
    run = np.cumsum(is_first) - 1
    before_run = (running - leaving)[is_first]
    rest = total - (running - before_run[run])
    return np.where(rest > floor, rest, 0.0)
