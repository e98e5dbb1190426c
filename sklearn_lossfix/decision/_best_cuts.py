"""The best cuts of a score under many weightings of its rows at once, for metrics of this package.

Such a metric is monotone: no cut is better than both of the corners of the ROC staircase on its two
sides, and in imbalanced data corners are few. The metric is computed at all corners, and at other
cuts only where a corner beside them comes so near to the best one that they may be equally good.
What is found is the same as from all cuts.
"""

from typing import NamedTuple

import numpy as np

from sklearn_lossfix.decision._metrics import ROUNDING

# Cuts whose metric is computed at a time: bounds the temporary arrays, changes no result.
CHUNK = 4_096

# Beside a corner whose metric is below the best one by more than this, relative to it, no cut is
# looked at: half of the digits, far more than rounding takes.
NEAR = float(np.sqrt(np.finfo(np.float64).eps))


class BestCuts(NamedTuple):
    """The widest run of equally good cuts, under each weighting.

    Attributes
    ----------
    first, last : ndarray of shape (n_weightings,), integer
        Numbers of the cuts where it begins and ends.

    value : ndarray of shape (n_weightings,)
        The least value of the metric in it.

    default_value : ndarray of shape (n_weightings,)
        The metric at the default cut where that is equally good, else NaN.
    """

    first: np.ndarray
    last: np.ndarray
    value: np.ndarray
    default_value: np.ndarray


def metric_of_cuts(metric, tp, fp, P, N, pos=1):
    """Compute a vectorised metric of two classes at some cuts.

    Parameters
    ----------
    metric : Metric
        A label metric.

    tp, fp : ndarray of shape (n_cuts,)
        Weight of the true and of the false positives.

    P, N : float, or ndarray of shape (n_cuts,)
        Weight of all positive and of all negative rows.

    pos : {0, 1}, default=1
        Column of the positive class, of an asymmetric metric.

    Returns
    -------
    values : ndarray of shape (n_cuts,)
        Float64.
    """
    tp, fp = tp.astype(np.float64), fp.astype(np.float64)
    tn = N - fp
    # Classes first in memory and last in shape: each class is then one contiguous run.
    hits = np.stack([tn, tp]).T
    predicted = np.stack([tn + (P - tp), tp + fp]).T
    return metric.value(hits, predicted, np.array([N, P], dtype=np.float64).T, pos=pos)


def corner_cuts(y_pos, start):
    """Find the cuts that no other beats under every weighting, the first and the last included.

    Before a corner there is a positive row and after it a negative one. Between two corners false
    positives rise first and true positives after that: a cut is no better than the corner on the
    one or the other side.

    Parameters
    ----------
    y_pos : ndarray of shape (n_samples,), bool
        Whether each row is of the positive class, in the order of decreasing score.

    start : ndarray of shape (n_cuts,), integer
        Number of the first row below each cut.

    Returns
    -------
    corner : ndarray, integer
        Numbers of the cuts.
    """
    blocks = start[:-1]  # of equal scores, between one cut and the next
    holds_positive = np.logical_or.reduceat(y_pos, blocks)
    holds_negative = ~np.logical_and.reduceat(y_pos, blocks)
    is_corner = np.ones(len(start), dtype=bool)
    is_corner[1:-1] = holds_positive[:-1] & holds_negative[1:]
    return np.flatnonzero(is_corner)


def best_cuts(metric, tp, fp, corner, score, start, default_cut=None):
    """Find the best cuts of a metric of this package under each weighting of the same rows.

    Parameters
    ----------
    metric : Metric
        One that `has_corners`; column 1 is the positive class.

    tp, fp : ndarray of shape (n_weightings, n_cuts)
        Weight of the true and of the false positives at each cut.

    corner : ndarray, integer
        From `corner_cuts`.

    score : ndarray of shape (n_samples,)
        Scores, decreasing.

    start : ndarray of shape (n_cuts,), integer
        Number of the first row below each cut.

    default_cut : int, default=None
        Cut of the default threshold.

    Returns
    -------
    best : BestCuts
        The same as from the metric at every single cut.
    """
    n_cuts = len(start)
    of_weighting = n_cuts * np.arange(len(tp))  # cuts are numbered through all weightings
    at_corner = _values(metric, tp, fp, (of_weighting[:, None] + corner).ravel())
    cut = _cuts_beside(_is_near(at_corner.reshape(len(tp), -1)), corner, n_cuts)
    value = _values(metric, tp, fp, cut)
    best = np.maximum.reduceat(value, np.searchsorted(cut, of_weighting))[cut // n_cuts]
    is_tied = value >= best - ROUNDING * np.maximum(np.abs(best), 1.0)
    cut, value = cut[is_tied], value[is_tied]
    weighting, cut = np.divmod(cut, n_cuts)
    default_value = np.full(len(tp), np.nan)
    if default_cut is not None:
        default_value[weighting[cut == default_cut]] = value[cut == default_cut]
    return BestCuts(*_widest_runs(weighting, cut, value, score, start), default_value)


def _values(metric, tp, fp, cut):
    """Compute the metric at cuts that are numbered through all weightings, a chunk at a time."""
    values, n_cuts = np.empty(len(cut)), tp.shape[1]
    for begin in range(0, len(cut), CHUNK):
        part = cut[begin : begin + CHUNK]
        total = part - part % n_cuts + n_cuts - 1  # the last cut calls every row positive
        counts = [counted.ravel()[at] for at in (part, total) for counted in (tp, fp)]
        values[begin : begin + CHUNK] = metric_of_cuts(metric, *counts)
    return values


def _is_near(values):
    """Find the corners whose values come near to the best one of their weighting."""
    best = values.max(axis=1, keepdims=True)
    return values >= best - NEAR * np.maximum(np.abs(best), 1.0)


def _cuts_beside(is_near, corner, n_cuts):
    """Number the cuts between the near corners of each weighting and the corners beside those."""
    wanted = is_near.copy()  # stretches of cuts from each corner to the next
    wanted[:, :-1] |= is_near[:, 1:]
    weighting, stretch = np.nonzero(wanted)
    length = np.diff(corner, append=n_cuts)[stretch]
    ends = np.cumsum(length)
    first = n_cuts * weighting + corner[stretch]
    return np.arange(ends[-1]) + np.repeat(first - (ends - length), length)


def _widest_runs(weighting, cut, value, score, start):
    """Choose the widest run of neighbouring cuts of each weighting, in units of the score."""
    breaks = (np.diff(cut) != 1) | (np.diff(weighting) != 0)
    begin = np.concatenate([[0], np.flatnonzero(breaks) + 1])
    first, last = cut[begin], cut[np.append(begin[1:], len(cut)) - 1]
    order = np.lexsort((-inner_width(score, start[first], start[last]), weighting[begin]))
    chosen = order[np.flatnonzero(np.diff(weighting[begin][order], prepend=-1))]
    return first[chosen], last[chosen], np.minimum.reduceat(value, begin)[chosen]


def inner_width(score, start, stop):
    """Measure half the range of scores that runs of cuts leave free, within the observed ones."""
    if len(score) == 0:
        return np.zeros(len(start))
    above = score[np.maximum(start - 1, 0)]
    below = score[np.minimum(stop, len(score) - 1)]
    return 0.5 * above - 0.5 * below  # halves first: the difference itself may overflow
