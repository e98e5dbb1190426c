"""What a transformer remembers of the rows it was shown one batch after the other."""

from dataclasses import dataclass, replace

import numpy as np

from sklearn_lossfix._core._moments import Moments, moments_of
from sklearn_lossfix._core._order_statistics import ColumnSelector
from sklearn_lossfix._core._quantile_sketch import QuantileSketch


@dataclass(frozen=True, eq=False)
class Stream:
    """A sketch, exact moments and counts; every step gives a new one.

    Attributes
    ----------
    sketch : QuantileSketch
        Quantiles.
    moments : Moments or None
        Mass, mean and squared deviations, exact; None where nobody wants them.
    counts : dict of str to ndarray of shape (n_features,) or int
        ``n_rows``, ``n_missing``, ``n_infinite``.
    dtypes : list of str
        Dtypes of the first batch.
    integers : bool
        Whether the first batch held integers.
    infinite : ndarray of shape (2, n_features), dtype float64
        Weights of the negative and the positive infinite values, which the sketch leaves out.
    ends : ndarray of shape (2, n_features), dtype float64
        Smallest and largest finite value, which the sketch can lose; NaN before any.
    """

    sketch: QuantileSketch
    moments: Moments | None
    counts: dict
    dtypes: list
    integers: bool
    infinite: np.ndarray
    ends: np.ndarray

    @classmethod
    def empty(cls, n_features, size, dtypes, *, integers, with_moments):
        """Before the first batch."""
        nothing = np.zeros(n_features)
        counts = {name: np.zeros(n_features, np.int64) for name in ("n_missing", "n_infinite")}
        return cls(
            QuantileSketch(n_features, size),
            Moments(nothing, nothing, nothing) if with_moments else None,
            {"n_rows": 0, **counts},
            dtypes,
            integers,
            np.zeros((2, n_features)),
            np.full((2, n_features), np.nan),
        )

    def updated(self, X, sample_weight, counts):
        """With one more batch.

        Parameters
        ----------
        X : ndarray of float of shape (n_rows, n_features)
            Rows.
        sample_weight : ndarray of shape (n_rows,) or None
            Positive weights.
        counts : dict
            Counts of the batch.
        """
        infinite = self.infinite
        if np.any(counts["n_infinite"]):
            weights = np.ones(len(X)) if sample_weight is None else sample_weight
            infinite = infinite + [weights @ (X == end) for end in (-np.inf, np.inf)]
            X = np.where(np.isinf(X), X.dtype.type(np.nan), X)
        sketch = self.sketch.copy()
        sketch.update(X, sample_weight)
        return replace(
            self,
            sketch=sketch,
            moments=self.moments and self.moments.merged(moments_of(X, sample_weight)),
            counts={name: self.counts[name] + counts[name] for name in counts},
            infinite=infinite,
            ends=_wider(self.ends, [np.fmin.reduce(X, axis=0), np.fmax.reduce(X, axis=0)]),
        )

    def merged(self, other):
        """With all that another stream has seen."""
        sketch = self.sketch.copy()
        sketch.merge(other.sketch)
        counts = {name: self.counts[name] + other.counts[name] for name in self.counts}
        moments = self.moments and other.moments and self.moments.merged(other.moments)
        return replace(
            self,
            sketch=sketch,
            moments=moments,
            counts=counts,
            infinite=self.infinite + other.infinite,
            ends=_wider(self.ends, other.ends),
        )

    def columns(self):
        """What is known of the columns: the rows themselves while all are held and weigh alike."""
        rows = self.sketch.held_rows()
        return self.sketch.columns(self.moments) if rows is None else ColumnSelector(rows)

    def infinite_mass(self):
        """Masses of the infinite values, as :meth:`columns` weighs: rows that weigh alike count."""
        weight = self.sketch.common_weight()
        return self.infinite if weight is None else np.rint(self.infinite / weight).astype(np.int64)


def _wider(one, other):
    """The outer ends of two pairs; NaN is none."""
    return np.array([np.fmin(one[0], other[0]), np.fmax(one[1], other[1])])
