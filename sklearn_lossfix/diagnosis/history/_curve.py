"""One curve of a history: its finite points, few enough to work with."""

from dataclasses import dataclass

import numpy as np

# A longer curve is thinned to medians of blocks of neighbours, so many at most: what is asked of
# its trend is answered by them, and periods are looked for in all points.
MAX_POINTS = 2000
THINNED_POINTS = 500

# The end of a curve, of which it is asked whether it still moves, and its fewest points.
TAIL_SHARE = 0.25
MIN_TAIL = 10

# The later part, over which loss and metric are compared.
LATE_SHARE = 0.5

# Largest value that is worked with: the square of a larger one, summed over a curve, may leave the
# range of floating point numbers. A loss that is this large has diverged, however far.
LARGEST = 1e100


@dataclass(frozen=True, eq=False)
class Curve:
    """Finite points of a loss or a metric.

    Attributes
    ----------
    steps, values : ndarray of shape (n_points,)
        Steps increasing.
    split : str
        ``"train"`` or ``"validation"``.
    name : str
        ``"loss"`` or the name of a metric.
    """

    steps: np.ndarray
    values: np.ndarray
    split: str
    name: str = "loss"

    def __len__(self):
        return len(self.values)

    def thinned(self, at_most=MAX_POINTS):
        """Medians of blocks of neighbours where there are more points than so many."""
        n = len(self)
        if n <= at_most:
            return self
        edges = np.arange(0, n, -(-n // THINNED_POINTS))
        blocks = list(zip(edges, [*edges[1:], n], strict=True))
        steps, values = (
            np.array([np.median(part[a:b]) for a, b in blocks])
            for part in (self.steps, self.values)
        )
        return Curve(steps, values, self.split, self.name)

    def last_points(self, share, at_least):
        """The last points: a share of them, but at least so many where there are."""
        n = min(len(self), max(at_least, int(np.ceil(share * len(self)))))
        return Curve(self.steps[-n:], self.values[-n:], self.split, self.name)

    @property
    def tail(self):
        """The end of the curve."""
        return self.last_points(TAIL_SHARE, MIN_TAIL)

    @property
    def late(self):
        """The later half of the curve."""
        return self.last_points(LATE_SHARE, MIN_TAIL)


def finite_curve(steps, values, split, name="loss"):
    """Points of a recorded curve that have a finite value; of one beyond `LARGEST`, that.

    Parameters
    ----------
    steps, values : ndarray of shape (n_steps,)
        As recorded; NaN where a step has no entry.
    split, name : str
        What it is.

    Returns
    -------
    Curve
    """
    steps, values = np.asarray(steps, dtype=float), np.asarray(values, dtype=float)
    there = np.isfinite(values)
    return Curve(steps[there], np.clip(values[there], -LARGEST, LARGEST), split, name)


def is_beyond(values):
    """Whether a recorded curve has a finite value that is too large to work with."""
    values = np.asarray(values, dtype=float)
    return bool((np.abs(values[np.isfinite(values)]) > LARGEST).any())


def spoken(split):
    """The rows of a split as people call them."""
    return {"train": "training"}.get(split, split)


def window_of(curve):
    """Where a curve was looked at, as evidence."""
    return {
        "split": curve.split,
        "first_step": float(curve.steps[0]),
        "last_step": float(curve.steps[-1]),
        "n_points": len(curve),
    }
