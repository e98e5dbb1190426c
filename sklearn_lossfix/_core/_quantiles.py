"""Definitions of quantiles, and the same quantiles of weighted values.

A quantile is two neighbouring order statistics and a share between them. The definitions are the
nine of Hyndman and Fan (1996, *Sample quantiles in statistical packages*, The American Statistician
50(4)) and four older ones, with the names and the arithmetic of ``numpy.quantile``.
"""

from dataclasses import dataclass

import numpy as np

from sklearn_lossfix._core._moments import Moments, moments_of

# Hyndman and Fan's continuous definitions, as (alpha, beta) of the plotting positions
# p_k = (k - alpha) / (n + 1 - alpha - beta).
_PLOTTING_POSITIONS = {
    "interpolated_inverted_cdf": (0, 1),
    "hazen": (0.5, 0.5),
    "weibull": (0, 0),
    "median_unbiased": (1 / 3.0, 1 / 3.0),
    "normal_unbiased": (3 / 8.0, 3 / 8.0),
}

#: Definitions whose quantiles are values of the data.
ORDER_STATISTIC_METHODS = (
    "inverted_cdf",
    "closest_observation",
    "lower",
    "higher",
    "nearest",
)

#: Definitions for which an integer weight means the same as repeating the value.
WEIGHTED_METHODS = ("averaged_inverted_cdf", "inverted_cdf")

#: Every definition, under the name that ``numpy.quantile`` knows.
QUANTILE_METHODS = (
    *ORDER_STATISTIC_METHODS,
    "averaged_inverted_cdf",
    "linear",
    "midpoint",
    *_PLOTTING_POSITIONS,
)


def quantile_positions(n, q, method):
    """Ranks around a quantile, and the share between them.

    Parameters
    ----------
    n : ndarray of int
        Numbers of values.
    q : float or ndarray
        The quantile's probability, in [0, 1]; against `n` by broadcasting.
    method : str
        One of `QUANTILE_METHODS`.

    Returns
    -------
    low, high : ndarray of int
        Ranks from zero, equal or adjacent, clipped to the values that there are.
    gamma : ndarray of float
        The quantile is ``x[low] + gamma * (x[high] - x[low])``.
    """
    n = np.asarray(n)
    linear = (n - 1) * q
    if method == "linear":
        index = linear
    elif method in _PLOTTING_POSITIONS:
        alpha, beta = _PLOTTING_POSITIONS[method]
        index = n * q + (alpha + q * (1 - alpha - beta)) - 1
    elif method in ("inverted_cdf", "averaged_inverted_cdf"):
        index = n * q - 1.0
        whole = index == np.floor(index)
        index = np.ceil(index)
        if method == "averaged_inverted_cdf":
            index = index + 0.5 * whole
    elif method == "closest_observation":
        # At a tie the order statistic with an even number, counted from one.
        index = n * q - 1.5
        floor = np.floor(index)
        index = floor + ~((index == floor) & (floor % 2 == 1))
    else:
        rounding = {"lower": np.floor, "higher": np.ceil, "nearest": np.rint}
        if method == "midpoint":
            index = 0.5 * (np.floor(linear) + np.ceil(linear))
        else:
            index = rounding[method](linear)
    last = np.maximum(n - 1, 0)
    index = np.clip(index, 0, last)
    low = np.floor(index).astype(np.int64)
    return low, np.minimum(low + 1, last), index - low


def interpolate(low, high, gamma):
    """``low + gamma * (high - low)`` as ``numpy.quantile`` computes it, as float64.

    Where the difference overflows, the two are weighted instead.
    """
    low, high = np.asarray(low), np.asarray(high)
    if low.dtype.kind != "f":
        low, high = low.astype(np.float64), high.astype(np.float64)
    with np.errstate(over="ignore", invalid="ignore"):
        step = high - low
        upward = low + step * gamma
        downward = high - step * (1 - gamma)
        result = np.where(gamma >= 0.5, downward, upward).astype(np.float64)
        wide = np.isinf(step)
    if wide.any():
        apart = low.astype(np.float64) * (1 - gamma) + high.astype(np.float64) * gamma
        result = np.where(wide, apart, result)
    return result


def midpoint(low, high):
    """``(low + high) / 2`` as ``numpy.median`` computes it, but without overflow.

    Floats keep their dtype, integers give float64.
    """
    low, high = np.asarray(low), np.asarray(high)
    if low.dtype.kind != "f":
        low, high = low.astype(np.float64), high.astype(np.float64)
    with np.errstate(over="ignore", invalid="ignore"):
        middle = (low + high) / 2
        return np.where(np.isinf(middle), low / 2 + high / 2, middle)


@dataclass(frozen=True)
class AtMass:
    """Where a share of the mass of every column is reached.

    Attributes
    ----------
    low, high : ndarray of shape (n_targets, n_columns)
        The value at which the mass reaches the target, and the next one where it does so exactly.
    less, less_equal : ndarray of shape (n_targets, n_columns)
        Mass strictly below `low`, and mass not above `high`.
    """

    low: np.ndarray
    high: np.ndarray
    less: np.ndarray
    less_equal: np.ndarray

    @property
    def middle(self):
        """Halfway between the two: Hyndman and Fan's definition 2, ``averaged_inverted_cdf``."""
        return midpoint(self.low, self.high)

    def __getitem__(self, key):
        """The same for some targets and columns."""
        return AtMass(self.low[key], self.high[key], self.less[key], self.less_equal[key])


def gap(lower, upper):
    """``upper.middle - lower.middle`` as float64.

    Large integers are subtracted before they are rounded. Where the difference overflows it is
    infinite.

    Parameters
    ----------
    lower, upper : AtMass
        Of the same columns, none of the first above the second.
    """
    if lower.low.dtype.kind == "f":
        with np.errstate(over="ignore"):
            return upper.middle.astype(np.float64) - lower.middle.astype(np.float64)
    # Unsigned differences are right whatever the signs of the two.
    low = upper.low.astype(np.uint64) - lower.low.astype(np.uint64)
    high = upper.high.astype(np.uint64) - lower.high.astype(np.uint64)
    return low.astype(np.float64) / 2 + high.astype(np.float64) / 2


class WeightedColumns:
    """Order statistics of columns whose values have weights, in the terms of the exact selector.

    Parameters
    ----------
    columns : list of (values, weights)
        Per column, two 1-D arrays of one length. Values that are not finite and weights that are
        zero are left out.
    mass : ndarray of shape (n_columns,), default=None
        Known total weights of the finite values; None adds the weights up.
    moments : Moments, default=None
        Known moments of the columns; None works them out.

    Attributes
    ----------
    mass : ndarray of shape (n_columns,), dtype float64
        Total weight of the finite values of each column.
    infinite : ndarray of shape (2, n_columns), dtype float64
        Total weights of the negative and the positive infinite values.
    """

    def __init__(self, columns, mass=None, moments=None):
        self._moments = moments
        self._sorted = [_sorted_column(*column) for column in columns]
        self.infinite = np.array(
            [[w[v == end].sum() for v, w in columns] for end in (-np.inf, np.inf)]
        )
        self.n_columns = len(self._sorted)
        self.dtype = np.result_type(*(values for values, _ in self._sorted))
        # Added up in the order in which the masses are reached, so that all of it is reached.
        totals = [np.cumsum(weights)[-1] if weights.size else 0.0 for _, weights in self._sorted]
        self.mass = np.array(totals if mass is None else mass, dtype=np.float64)

    def at_mass(self, targets, around=None):
        """Values at which the mass of every column reaches its targets.

        Parameters
        ----------
        targets : ndarray of float of shape (n_targets, n_columns)
            Masses between zero and the total.
        around : AtMass, default=None
            Take distances from the middle of its first target instead of values.

        Returns
        -------
        AtMass
        """
        targets = np.atleast_2d(targets)
        center = None if around is None else around.middle[0]
        out = AtMass(*(np.full(targets.shape, fill) for fill in (np.nan, np.nan, 0.0, 0.0)))
        for j, (values, weights) in enumerate(self._sorted):
            if not values.size:
                continue
            if center is not None:
                with np.errstate(over="ignore"):  # inf lies beyond every finite distance
                    values = np.abs(values - values.dtype.type(center[j]))
                order = np.argsort(values, kind="stable")
                values, weights = values[order], weights[order]
            cumulative = np.cumsum(weights)
            for t, target in enumerate(targets[:, j]):
                first, last = _reached(cumulative, target)
                out.low[t, j], out.high[t, j] = values[first], values[last]
                start = np.searchsorted(values, values[first], side="left")
                stop = np.searchsorted(values, values[last], side="right")
                out.less[t, j] = cumulative[start - 1] if start else 0.0
                out.less_equal[t, j] = cumulative[stop - 1]
        # Averages are then taken in the dtype of the values, as without weights.
        return AtMass(
            out.low.astype(self.dtype), out.high.astype(self.dtype), out.less, out.less_equal
        )

    def moments(self):
        """Mass, mean and squared deviations of every column.

        Returns
        -------
        Moments
        """
        if self._moments is not None:
            return self._moments
        return Moments.of_columns(
            moments_of(values[:, None], weights) for values, weights in self._sorted
        )

    def column_values(self, j):
        """Finite values of a column and their weights."""
        return self._sorted[j]

    def survey(self, lower, upper):
        """Mass beyond limits, and the ends of every column.

        Parameters
        ----------
        lower, upper : ndarray of shape (n_columns,)
            Limits; ``-inf`` and ``inf`` leave a side open.

        Returns
        -------
        below, above : ndarray of shape (n_columns,), dtype float64
            Mass strictly beyond each limit, that of infinite values included.
        ends : ndarray of shape (2, n_columns), dtype float64
            Smallest and largest finite value; NaN without any.
        """
        mass = self.infinite * [lower > -np.inf, upper < np.inf]
        ends = np.full((2, self.n_columns), np.nan)
        for j, (values, weights) in enumerate(self._sorted):
            mass[0, j] += weights[values < lower[j]].sum()
            mass[1, j] += weights[values > upper[j]].sum()
            if values.size:
                ends[:, j] = values[0], values[-1]
        return mass[0], mass[1], ends

    def subset(self, columns):
        """The same for some of the columns."""
        return WeightedColumns([self._sorted[j] for j in columns], self.mass[columns])

    def quantiles(self, probabilities, method):
        """Quantiles of every column.

        Parameters
        ----------
        probabilities : array-like of shape (n_probabilities,) or (n_probabilities, n_columns)
            In [0, 1].
        method : str
            One of `QUANTILE_METHODS`. Those that are no values of the data, but for
            "averaged_inverted_cdf", are taken as that one: they lie within one rank of it.

        Returns
        -------
        ndarray of shape (n_probabilities, n_columns), dtype float64
        """
        probabilities = np.asarray(probabilities, dtype=np.float64)
        shares = probabilities.reshape(len(probabilities), -1)
        reached = self.at_mass(shares * self.mass)
        if method in ORDER_STATISTIC_METHODS:
            return reached.low.astype(np.float64)
        # An array, so that single precision is averaged in double, as without weights.
        return interpolate(reached.low, reached.high, np.full(reached.low.shape, 0.5))


def _sorted_column(values, weights):
    """Finite values of positive weight in order, with their weights."""
    keep = np.isfinite(values) & (weights > 0)
    values, weights = values[keep], weights[keep].astype(np.float64)
    if values.dtype.kind != "f":
        values = values.astype(np.float64)
    elif values.dtype == np.float16:
        values = values.astype(np.float32)
    # Stable: what comes as a few sorted runs is merged, not sorted anew.
    order = np.argsort(values, kind="stable")
    return values[order], weights[order]


def _reached(cumulative, target):
    """Places where a cumulative weight first reaches a target; two where it meets it exactly."""
    last = len(cumulative) - 1
    first = min(int(np.searchsorted(cumulative, target, side="left")), last)
    return first, min(first + (cumulative[first] == target), last)
