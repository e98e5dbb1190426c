"""Rows on a straight line with two of their neighbours: what interpolation between rows leaves.

SMOTE and its kin (Chawla 2002) draw ``a + u (b - a)`` between two rows of one class, so three rows
are exactly collinear, before and after any later affine map. Three rows of continuous data never
are.
"""

from typing import NamedTuple

import numpy as np
from scipy.special import betainc
from sklearn.neighbors import NearestNeighbors

# 1 - |cos| of two directions that are the same up to rounding, of float64 and of float32 data.
COSINE_ERROR = 1e-9
COSINE_ERROR_FLOAT32 = 1e-6

# A row misses a line by little up to this many such errors. Rows on smooth curves miss lines by any
# amount, so ten times as many come near as on; drawn rows hit them.
NEAR = 100.0

# Neighbours among which the two others are looked for: SMOTE takes one of 5, measured without the
# drawn rows, which are then in between.
N_NEIGHBORS = 20

# Neighbours on one side at lengths that differ by less than this share may be near copies of each
# other, whose directions agree.
LENGTH_RATIO = 1e-3

# Least share of the spread along the first principal axis that an axis has to have: others are
# rounding, or nearly functions of the rest. Rescaled by more, rounding would hide collinearity.
LEAST_AXIS = 1e-3

# Share of the rows that decide about axes.
INNER_SHARE = 0.9

# Axes from which on lines do not come by chance.
MIN_AXES = 3


class Lines(NamedTuple):
    """Lines through rows.

    Attributes
    ----------
    partners : ndarray of shape (n_judged, 2), dtype int
        The two rows on a line with each judged row; -1 where there are none.
    is_between : ndarray of shape (n_judged,), dtype bool
        Whether the judged row lies between them, as drawn rows do.
    is_near : ndarray of shape (n_judged,), dtype bool
        Whether a row misses a line by little: by up to 100 times the error of a cosine.
    """

    partners: np.ndarray
    is_between: np.ndarray
    is_near: np.ndarray

    @property
    def hit(self):
        """Whether a row lies on a line."""
        return self.partners[:, 0] >= 0


def scale(points):
    """Centre columns at medians and divide them by interquartile ranges, or else by spreads.

    Parameters
    ----------
    points : ndarray of shape (n_rows, n_columns), dtype float64
        Without missing values.

    Returns
    -------
    ndarray of shape (n_rows, n_kept)
        Without constant columns.
    """
    low, centre, high = np.percentile(points, [25, 50, 75], axis=0)
    spread = np.where(high > low, high - low, points.std(axis=0))
    return (points[:, spread > 0] - centre[spread > 0]) / spread[spread > 0]


def whiten(scaled):
    """Turn and rescale rows to axes of equal spread.

    Parameters
    ----------
    scaled : ndarray of shape (n_rows, n_columns), dtype float64
        Of `scale`.

    Returns
    -------
    ndarray of shape (n_rows, n_axes)
        The nine tenths of the rows nearest to the centre have the identity as their covariance:
        wild rows, of which some tables have a few, do not decide which axes count.
    """
    size = np.linalg.norm(scaled, axis=1)
    inner = scaled[size <= np.quantile(size, INNER_SHARE)]
    centre = inner.mean(axis=0)
    inner = inner - centre
    variances, axes = np.linalg.eigh(inner.T @ inner / max(1, len(inner)))
    kept = variances > LEAST_AXIS**2 * variances.max(initial=0.0)
    return (scaled - centre) @ (axes[:, kept] / np.sqrt(variances[kept]))


def find_lines(points, rows, cosine_error=COSINE_ERROR, metric_points=None):
    """Look for two neighbours of each row that lie on a line with it.

    Parameters
    ----------
    points : ndarray of shape (n_rows, n_axes), dtype float64
        Distinct rows of one class, whitened.
    rows : ndarray of shape (n_judged,), dtype int
        Rows to judge.
    cosine_error : float, default=1e-9
        Greatest 1 - |cos| of the two directions.
    metric_points : ndarray of shape (n_rows, any), default=None
        The same rows as neighbours are found; None for `points`.

    Returns
    -------
    Lines
    """
    metric_points = points if metric_points is None else metric_points
    n_neighbors = min(N_NEIGHBORS + 1, len(points))
    search = NearestNeighbors(n_neighbors=n_neighbors).fit(metric_points)
    near = search.kneighbors(metric_points[rows], return_distance=False)
    partners = np.full((len(rows), 2), -1, dtype=np.intp)
    is_between, is_near = np.zeros((2, len(rows)), dtype=bool)
    for number, (row, around) in enumerate(zip(rows, near, strict=True)):
        around = around[around != row]
        ways = points[around] - points[row]
        length = np.linalg.norm(ways, axis=1)
        around, ways, length = (part[length > 0] for part in (around, ways, length))
        if len(around) < 2:
            continue
        ways = ways / length[:, None]
        cosine = ways @ ways.T
        longer = np.maximum(length[:, None], length)
        alike = (cosine > 0) & (np.abs(length[:, None] - length) < LENGTH_RATIO * longer)
        miss = 1 - np.abs(cosine)
        miss[alike] = np.inf
        np.fill_diagonal(miss, np.inf)
        opposite = np.where(cosine < 0, miss, np.inf)
        for candidates, between in ((opposite, True), (miss, False)):
            best = np.unravel_index(candidates.argmin(), candidates.shape)
            if candidates[best] < cosine_error:
                partners[number] = around[list(best)]
                is_between[number] = between
                break
        else:
            is_near[number] = miss.min() < NEAR * cosine_error
    return Lines(partners, is_between, is_near)


def chance_of_line(n_axes, cosine_error=COSINE_ERROR):
    """Bound of the chance that a row lies on a line with two neighbours by luck.

    Parameters
    ----------
    n_axes : int
        Dimension.
    cosine_error : float, default=1e-9
        As for `find_lines`.

    Returns
    -------
    float
        Of isotropic directions, over all pairs of neighbours.
    """
    cap = betainc((n_axes - 1) / 2, 0.5, 1 - (1 - cosine_error) ** 2)
    return float(min(1.0, N_NEIGHBORS * (N_NEIGHBORS - 1) / 2 * cap))
