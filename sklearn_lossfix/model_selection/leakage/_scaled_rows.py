"""Rows of a table as points: its numbers in robustly scaled units, read a block at a time."""

from functools import cached_property

import numpy as np

from sklearn_lossfix._core._order_statistics import ColumnSelector
from sklearn_lossfix._core._robust_scale import robust_scale

#: Rows from which medians and MADs are estimated: their standard error is then below one per cent
#: of the spread, and distances need no more.
SCALE_ROWS = 20_000
#: Values of a block: 16 MiB of float64.
BLOCK_VALUES = 1 << 21


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
        sample = self._numbers(drawn)
        scale = robust_scale(ColumnSelector(sample))
        self._center, self._scale = scale.center, scale.scale
        varying = ~scale.constant & (scale.source != "all_missing")
        self.n_varying = max(1, int(varying.sum()))

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
