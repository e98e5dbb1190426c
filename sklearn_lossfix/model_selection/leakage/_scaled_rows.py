"""Rows of a table as points: its numbers in robustly scaled units, read a block at a time."""

from functools import cached_property

import numpy as np

from sklearn_lossfix._core._order_statistics import ColumnSelector
from sklearn_lossfix._core._robust_scale import NORMAL_MAD, robust_scale, rounding_noise

#: Rows from which medians and MADs are estimated: their standard error is then below two per cent
#: of the spread (1.17 / sqrt(n) for normal numbers), and that of a mean over columns far below.
SCALE_ROWS = 4000
#: Values of a block: 16 MiB of float64.
BLOCK_VALUES = 1 << 21
#: Numbers are projected in single precision, as they stand, where they are no further from zero
#: than this many spreads, and the spreads are in this range: a projection is then right to
#: 10^-5 spreads. Others are centred before.
MAX_OFFSET, PLAIN_SCALES = 100.0, (1e-30, 1e30)


def column_scales(values):
    """Median and spread of every column, as `robust_scale` has them.

    Parameters
    ----------
    values : ndarray of shape (n_rows, n_columns), dtype float64
        Numbers; what is not finite does not count.

    Returns
    -------
    center, scale : ndarray of shape (n_columns,), dtype float64
        Medians, and MADs in units of a standard deviation, or what takes their place.
    varies : ndarray of shape (n_columns,), dtype bool
        Columns with more than one value.
    """
    n_rows = len(values)
    ordered = np.sort(np.ascontiguousarray(values.T), axis=1)
    ranks = (n_rows - 1) // 2, n_rows // 2
    with np.errstate(over="ignore", invalid="ignore"):
        center = ordered[:, ranks[0]] / 2 + ordered[:, ranks[1]] / 2
        # Of all runs of k + 1 numbers in a row, that which reaches least far from the median does
        # so by the distance of rank k.
        reach = [
            np.maximum(center[:, None] - ordered[:, : n_rows - k], ordered[:, k:] - center[:, None])
            for k in ranks
        ]
        mad = (reach[0].min(axis=1) + reach[1].min(axis=1)) / 2
        is_plain = np.isfinite(ordered[:, 0]) & np.isfinite(ordered[:, -1])
        is_plain &= np.isfinite(mad) & (mad > rounding_noise(center, ordered.dtype))
    scale, varies = mad / NORMAL_MAD, np.ones(values.shape[1], dtype=bool)
    others = np.flatnonzero(~is_plain)
    if others.size:
        found = robust_scale(ColumnSelector(np.ascontiguousarray(values[:, others])))
        center[others], scale[others] = found.center, found.scale
        varies[others] = ~found.constant & (found.source != "all_missing")
    return center, scale, varies


class ScaledRows:
    """Numbers of some rows, centred by the median and divided by the MAD of each column.

    What is not finite becomes 0; `patterns` tells where.

    Parameters
    ----------
    table : Table
        Dense.
    columns : ndarray of int
        Positions of columns of numbers.
    rows : ndarray of int or None
        Row numbers, ascending; None takes all. Positions below count these rows only.
    rng : numpy.random.Generator
        Draws the rows that the scales are estimated from.

    Attributes
    ----------
    n_rows, n_columns : int
        Shape.
    n_varying : int
        Columns with more than one value: a mean square distance is over these.
    """

    def __init__(self, table, columns, rows, rng):
        self.table = table if len(columns) == table.n_columns else table.select(columns)
        self.rows = rows
        self.n_rows = table.n_rows if rows is None else len(rows)
        self.n_columns = len(columns)
        drawn = np.arange(self.n_rows)
        if self.n_rows > SCALE_ROWS:
            drawn = np.sort(rng.choice(self.n_rows, SCALE_ROWS, replace=False))
        self._center, self._scale, varies = column_scales(self._numbers(drawn))
        self.n_varying = max(1, int(varies.sum()))
        # None: not known.
        self._is_finite = None

    def _numbers(self, positions):
        """Numbers of rows, not scaled."""
        if self.rows is not None:
            positions = self.rows[positions]
        return self.table.take(positions).numbers()

    def take(self, positions, squash=None):
        """Scaled numbers of some rows.

        Parameters
        ----------
        positions : ndarray of int or slice
            Which rows.
        squash : float, default=None
            Numbers far from the median are drawn in, smoothly, to at most this many MADs.

        Returns
        -------
        ndarray of shape (n_positions, n_columns), dtype float64
            A new array.
        """
        values = self._numbers(positions)
        with np.errstate(invalid="ignore", over="ignore"):
            scaled = values - self._center
            scaled /= self._scale
            # The sum is finite only if every number is.
            if not np.isfinite(scaled.sum()):
                scaled[~np.isfinite(scaled)] = 0.0
        if squash is not None:
            scaled /= np.sqrt(1 + np.square(scaled / squash))
        return scaled

    def slices(self):
        """Slices of positions that cover all rows, of a size that fits the memory."""
        step = max(1, BLOCK_VALUES // max(1, self.n_columns))
        for start in range(0, self.n_rows, step):
            yield slice(start, min(start + step, self.n_rows))

    def projected(self, axes, step):
        """Scaled numbers of all rows times some axes, a few rows at a time.

        Parameters
        ----------
        axes : ndarray of shape (n_columns, n_axes), dtype float64
            No entry of an axis is zero.
        step : int
            Rows at a time.

        Yields
        ------
        part : slice
            Positions.
        projected : ndarray of shape (n_positions, n_axes), dtype float32
            A new array, of finite numbers up to those that overflow.
        """
        plain, single = self._plain_axes(axes), axes.astype(np.float32)
        are_finite = plain is not None
        for start in range(0, self.n_rows, step):
            part = slice(start, min(start + step, self.n_rows))
            rows = np.arange(part.start, part.stop)
            with np.errstate(over="ignore", invalid="ignore"):
                if plain is None:
                    out = np.empty((len(rows), axes.shape[1]), dtype=np.float32)
                else:
                    out = self._numbers(part).astype(np.float32) @ plain[0]
                    out -= plain[1]
                    # The sum is finite only if every number of the rows is.
                    rows = rows[:0] if np.isfinite(out.sum()) else rows[~np.isfinite(out.sum(1))]
                if rows.size:
                    are_finite = False
                    out[rows - part.start] = self.take(rows).astype(np.float32) @ single
            yield part, out
        self._is_finite = are_finite or None

    def _plain_axes(self, axes):
        """Axes for numbers that are not scaled, and what the centre adds; None if inexact."""
        low, high = PLAIN_SCALES
        if not ((self._scale >= low) & (self._scale <= high)).all():
            return None
        if (np.abs(self._center) > MAX_OFFSET * self._scale).any():
            return None
        plain = axes / self._scale[:, None]
        return plain.astype(np.float32), (self._center @ plain).astype(np.float32)

    def with_patterns(self, words=None):
        """Words that are equal for rows with equal words and equal `patterns`; None for no words.

        Parameters
        ----------
        words : ndarray of shape (n_rows,), dtype uint64, or None
            Random ones.
        """
        if self.patterns is None or words is None:
            return words if self.patterns is None else self.patterns
        return words + self.patterns

    @cached_property
    def patterns(self):
        """Words of 64 bits, equal for rows whose numbers are not finite in the same places.

        Returns
        -------
        ndarray of shape (n_rows,), dtype uint64, or None where all numbers are finite
        """
        odd = np.random.default_rng(self.n_columns).integers(
            1, 1 << 63, (3, self.n_columns), dtype=np.uint64
        )
        out = None
        if self._is_finite:
            return out
        ones = np.ones(self.n_columns)
        for part in self.slices():
            # The sum is finite only if every number is; a product adds up quicker than a sum.
            values = self._numbers(part)
            with np.errstate(invalid="ignore", over="ignore"):
                sums = values @ ones
            suspect = np.flatnonzero(~np.isfinite(sums))
            if not suspect.size:
                continue
            found = values[suspect]
            words = [
                test(found) @ odd[k] for k, test in enumerate((np.isnan, np.isposinf, np.isneginf))
            ]
            out = np.zeros(self.n_rows, dtype=np.uint64) if out is None else out
            out[part.start + suspect] = sum(words)
        return out

    def distances(self, first, second, squash=None):
        """Root mean square distances of pairs of rows, and the columns in which they differ.

        Parameters
        ----------
        first, second : ndarray of shape (n_pairs,), dtype int
            Positions.
        squash : float, default=None
            As in `take`.

        Returns
        -------
        distance : ndarray of shape (n_pairs,), dtype float64
            In scaled units.
        n_differing : ndarray of shape (n_pairs,), dtype int
            Number of columns in which the two rows differ.
        """
        distance = np.empty(len(first))
        n_differing = np.empty(len(first), dtype=np.intp)
        step = max(1, BLOCK_VALUES // max(1, self.n_columns))
        for start in range(0, len(first), step):
            part = slice(start, start + step)
            difference = self.take(first[part], squash) - self.take(second[part], squash)
            n_differing[part] = np.count_nonzero(difference, axis=1)
            np.square(difference, out=difference)
            distance[part] = np.sqrt(difference.sum(axis=1) / self.n_varying)
        return distance, n_differing
