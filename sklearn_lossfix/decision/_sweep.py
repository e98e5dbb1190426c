"""The exact best threshold of a binary metric: every distinct cut, evaluated after one sort."""

from typing import NamedTuple

import numpy as np

from sklearn_lossfix.decision._metrics import ROUNDING

# Cuts whose metric is computed at a time: bounds the temporary arrays, changes no result.
_CHUNK = 4_096


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


class SortedRows(NamedTuple):
    """Rows in the order of decreasing score; a subset is taken without sorting again."""

    score: np.ndarray
    y_pos: np.ndarray
    weight: np.ndarray | None

    @classmethod
    def sort(cls, y_pos, score, sample_weight=None, order=None):
        """Sort rows by decreasing score, or put them into an increasing `order` known before."""
        score = np.asarray(score)
        if score.ndim != 1:
            raise ValueError(f"score must have shape (n_samples,); got {score.shape}.")
        if order is None:
            order = np.argsort(score)
        order = order[::-1]
        weight = None if sample_weight is None else np.asarray(sample_weight)[order]
        # float64, so that midpoints of float32 scores lie strictly between them.
        rows = cls(
            score[order].astype(np.float64, copy=False),
            np.asarray(y_pos, dtype=bool)[order],
            weight,
        )
        if len(rows.score) and not np.isfinite(rows.score[[0, -1]]).all():
            raise ValueError(
                "score must be finite: no threshold lies beyond an infinite score, and NaN has no "
                "place in an order. Check the estimator that made the scores."
            )
        return rows

    def take(self, mask):
        """Keep the rows of a boolean mask that is in the sorted order."""
        weight = None if self.weight is None else self.weight[mask]
        return SortedRows(self.score[mask], self.y_pos[mask], weight)

    def counts(self):
        """Count tp and fp at each cut, and the number of the first row below each cut."""
        n = len(self.score)
        is_cut = np.ones(n + 1, dtype=bool)
        is_cut[1:n] = self.score[1:] != self.score[:-1]
        start = np.flatnonzero(is_cut)
        tp = _weight_before(self.y_pos, self.weight, start)
        if self.weight is None:
            return tp, start - tp, start
        fp = _weight_before(~self.y_pos, self.weight, start)
        return tp, fp, start

    def threshold(self, start, stop=None):
        """Return a threshold between the rows before `start` and those from `stop` on."""
        stop = start if stop is None else stop
        if start == 0 and stop == 0:
            return np.inf
        if start == stop == len(self.score):
            return -np.inf
        high = self.score[max(start - 1, 0)]
        low = self.score[min(stop, len(self.score) - 1)]
        return float(_midpoint(low, high))


def _weight_before(mask, weight, start):
    """Sum the weight (or count the rows) where a mask is true before each row of `start`."""
    if weight is None:
        before = np.zeros(len(mask) + 1, dtype=np.int64)
        np.cumsum(mask, out=before[1:])
    else:
        before = np.zeros(len(mask) + 1)
        np.multiply(weight, mask, out=before[1:])
        np.cumsum(before[1:], out=before[1:])
    return before[start]


def _midpoint(low, high):
    """Halve the distance of two scores so that only the higher one is at least the result."""
    middle = 0.5 * low + 0.5 * high
    return np.where(middle > low, middle, high)


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
    between = _midpoint(rows.score[inner], rows.score[inner - 1])
    thresholds = np.concatenate([[np.inf], between, [-np.inf]])[: len(start)]
    tp, fp = tp.astype(np.float64, copy=False), fp.astype(np.float64, copy=False)
    return Sweep(thresholds, tp, fp, float(tp[-1]), float(fp[-1]))


def best_threshold(y_pos, score, metric, sample_weight=None, *, order=None, default=None):
    """Find the threshold of the greatest value of a label metric; no other does better.

    Where several cuts are equally good (up to rounding), `default` is kept if it is as good.
    Otherwise the widest stretch of neighbouring best cuts, in units of the score, is taken and
    the threshold put into its middle: farthest from where the metric falls.

    Parameters
    ----------
    y_pos : array-like of shape (n_samples,), bool
        Whether each row is of the positive class.

    score : array-like of shape (n_samples,)
        Finite scores of the positive class.

    metric : Metric
        A label metric of two classes. Column 1 is the positive class.

    sample_weight : array-like of shape (n_samples,), default=None
        Weight of each row; one each if None.

    order : ndarray of int, default=None
        ``np.argsort(score)`` if it is known already, or a part of it.

    default : float, default=None
        Threshold in use so far, such as 0.5 for probabilities.

    Returns
    -------
    threshold : float
        Between two scores, or the default; inf if no row should be positive, -inf if all.

    value : float
        The metric at that threshold.

    Raises
    ------
    ValueError
        If a score is not finite or the scores are not one column.
    """
    return best_threshold_sorted(
        SortedRows.sort(y_pos, score, sample_weight, order), metric, default
    )


def best_threshold_sorted(rows, metric, default=None):
    """Find the best threshold of rows that are sorted already; see `best_threshold`."""
    tp, fp, start = rows.counts()
    values = _values(metric, tp, fp)
    best = values.max()
    tied = values >= best - ROUNDING * max(abs(best), 1.0)
    if default is not None:
        n_positive = len(rows.score) - np.searchsorted(rows.score[::-1], default, side="left")
        cut = np.searchsorted(start, n_positive)
        if tied[cut]:
            return float(default), float(values[cut])
    first, last = true_runs(tied)
    width = _inner_width(rows.score, start[first], start[last])
    widest = int(np.argmax(width))
    first, last = first[widest], last[widest]
    threshold = rows.threshold(start[first], start[last])
    return threshold, float(values[first : last + 1].min())


def _values(metric, tp, fp):
    """Compute the metric at every cut, a chunk at a time; NaN never wins."""
    P, N = tp[-1], fp[-1]
    true = np.array([N, P], dtype=np.float64)
    values = np.empty(len(tp))
    for begin in range(0, len(tp), _CHUNK):
        part = slice(begin, begin + _CHUNK)
        tp_pos, fp_pos = tp[part].astype(np.float64), fp[part].astype(np.float64)
        tp_neg = N - fp_pos
        # Classes first in memory and last in shape: each class is then one contiguous run.
        hits = np.stack([tp_neg, tp_pos]).T
        pred = np.stack([tp_neg + (P - tp_pos), tp_pos + fp_pos]).T
        values[part] = metric.value(hits, pred, true, pos=1)
    return np.nan_to_num(values, copy=False, nan=-np.inf, posinf=np.inf, neginf=-np.inf)


def true_runs(tied):
    """Find the first and last index of each run of True."""
    padded = np.zeros(len(tied) + 2, dtype=bool)
    padded[1:-1] = tied
    edges = np.flatnonzero(padded[1:] != padded[:-1])
    return edges[::2], edges[1::2] - 1


def _inner_width(score, start, stop):
    """Measure half the range of scores that runs of cuts leave free, within the observed ones."""
    if len(score) == 0:
        return np.zeros(len(start))
    above = score[np.maximum(start - 1, 0)]
    below = score[np.minimum(stop, len(score) - 1)]
    return 0.5 * above - 0.5 * below  # halves first: the difference itself may overflow
