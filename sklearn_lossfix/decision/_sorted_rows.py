"""Rows in the order of their scores, and what is summed along that order."""

from typing import NamedTuple

import numpy as np

from sklearn_lossfix.decision._best_cuts import corner_cuts


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

    def cuts_and_corners(self):
        """Find the number of the first row below each cut, and the cuts that may be the best."""
        start = self._cut_starts()
        return start, self.corners(start)

    def corners(self, start):
        """Find the numbers of those of all cuts that may be the best for a metric with corners."""
        return corner_cuts(self.y_pos, start)

    def _cut_starts(self):
        """Find the number of the first row below each cut."""
        n = len(self.score)
        is_cut = np.ones(n + 1, dtype=bool)
        is_cut[1:n] = self.score[1:] != self.score[:-1]
        return np.flatnonzero(is_cut)

    def n_positive(self, threshold):
        """Count the rows whose scores are at least a threshold, or each of several."""
        return len(self.score) - np.searchsorted(self.score[::-1], threshold, side="left")

    def counts(self):
        """Count tp and fp at each cut, and the number of the first row below each cut."""
        start = self._cut_starts()
        tp = weight_before(self.y_pos, self.weight, start)
        if self.weight is None:
            return tp, start - tp, start
        fp = weight_before(~self.y_pos, self.weight, start)
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
        return float(midpoint(low, high))


def weight_before(mask, weight, start):
    """Sum the weight (or count the rows) where a mask is true before some rows.

    Parameters
    ----------
    mask : ndarray of shape (n_samples,), bool
        The rows that count.

    weight : ndarray of shape (n_samples,) or None
        Their weights.

    start : ndarray, integer
        Numbers of rows, up to n_samples.

    Returns
    -------
    before : ndarray of the shape of `start`
        Float64 of weights, integers without.
    """
    if weight is None:
        before = np.zeros(len(mask) + 1, dtype=np.int64)
        np.cumsum(mask, out=before[1:])
    else:
        before = np.zeros(len(mask) + 1)
        np.multiply(weight, mask, out=before[1:])
        np.cumsum(before[1:], out=before[1:])
    return before[start]


def weights_before(weights, mask):
    """Sum the weights of several weightings where a mask is true, before each row and in all.

    Parameters
    ----------
    weights : ndarray of shape (n_weightings, n_samples)
        Weights; sums of integers and of truth values are exact.

    mask : ndarray of shape (n_samples,), bool
        The rows that count.

    Returns
    -------
    before : ndarray of shape (n_weightings, n_samples + 1)
        Sums over the rows before each; the last column is the total.
    """
    dtype = np.float64 if weights.dtype.kind == "f" else np.int64
    before = np.empty((len(weights), len(mask) + 1), dtype=dtype)
    before[:, 0] = 0
    # In place: a sum into another type than that of the terms takes ten times as long.
    np.multiply(weights, mask, out=before[:, 1:])
    np.cumsum(before[:, 1:], axis=1, out=before[:, 1:])
    return before


def midpoint(low, high):
    """Halve the distance of two scores so that only the higher one is at least the result.

    Parameters
    ----------
    low, high : float or ndarray
        Scores.

    Returns
    -------
    middle : ndarray
        `high` where no float lies between.
    """
    middle = 0.5 * low + 0.5 * high
    return np.where(middle > low, middle, high)
