"""Brackets around ranks, and what one pass over the rows finds inside them."""

import math
from dataclasses import dataclass

import numpy as np

# Fewer values than this in a column's sample bracket nothing.
MIN_SAMPLE = 64

# Half width of the bracket in standard deviations of the sample's rank: it misses one column in 80,
# which then costs one partition; wider brackets cost more in bands than they save in misses.
BRACKET_SD = 2.5

# A band that holds this many times what continuous data would put there has tied values at an end.
HEAVY_BAND = 2.0


# Fewer values than this are partitioned whole where ranks of a single array are wanted.
MIN_NESTED = 4_096


def bracket_places(share, size):
    """Places in a sorted sample that probably enclose a quantile; outside the sample where open."""
    rank, spread = share * size, math.sqrt(size * share * (1 - share))
    return math.floor(rank - BRACKET_SD * spread - 1), math.ceil(rank + BRACKET_SD * spread)


def partition(values, ranks):
    """Partition along the last axis in place, always around two places at least.

    For a single place NumPy takes another algorithm, which is many times slower on tied values.
    """
    places = np.unique(ranks)
    values.partition(np.append(places, places[-1]) if places.size == 1 else places, axis=-1)


def select_ranks(values, ranks):
    """Order statistics of one array of finite values: the same selection, once more.

    Parameters
    ----------
    values : ndarray of shape (n_values,)
        Not changed.
    ranks : sequence of int
        From zero; near one another.

    Returns
    -------
    ndarray of shape (n_ranks,)
    """
    ranks = np.asarray(ranks)
    if values.size < MIN_NESTED:
        return _select_whole(values, ranks)
    step = max(1, int(values.size ** (1 / 3) / 2))
    sample = values[step // 2 :: step]
    lowest, highest = int(ranks.min()), int(ranks.max())
    first, last = bracket_places((lowest + highest + 1) / (2 * values.size), sample.size)
    first, last = max(first, 0), min(last, sample.size - 1)
    sample = sample.copy()
    partition(sample, [first, last])
    below = np.less(values, sample[first])
    n_below = np.count_nonzero(below)
    band = values.compress(np.less_equal(values, sample[last]) != below)
    if n_below <= lowest and highest < n_below + band.size < values.size:
        return select_ranks(band, ranks - n_below)
    return _select_whole(values, ranks)


def _select_whole(values, ranks):
    """Order statistics from a partition of all values."""
    values = values.copy()
    partition(values, ranks)
    return values[ranks]


@dataclass(frozen=True)
class Bracket:
    """Per column, two values that probably enclose a target.

    Attributes
    ----------
    low, high : ndarray of shape (n_columns,)
        The ends.
    kind : {"closed", "open", "atom"}
        Whether the band takes its ends in; leaves them out, since many values are tied there; or
        is empty, since both ends are one value in every column.
    """

    low: np.ndarray
    high: np.ndarray
    kind: str

    @classmethod
    def around(cls, sample, n_finite, low, high, *, complete):
        """Bracket two ranks in every column, from a sample of its values.

        Parameters
        ----------
        sample : ndarray of shape (n_columns, n_sampled)
            Values; those that are not finite are left out.
        n_finite : ndarray of int of shape (n_columns,)
            Finite values of each whole column.
        low, high : ndarray of int of shape (n_columns,)
            Ranks from zero among them.
        complete : ndarray of bool of shape (n_columns,)
            Whether all values of a column are finite.

        Returns
        -------
        Bracket
        """
        dtype = sample.dtype
        is_float = dtype.kind == "f"
        lowest = -np.inf if is_float else np.iinfo(dtype).min
        highest = np.inf if is_float else np.iinfo(dtype).max
        lows, highs = np.full(len(sample), lowest, dtype), np.full(len(sample), highest, dtype)
        is_open = False
        for j, column in enumerate(sample):
            if is_float and not complete[j]:
                column = column[np.isfinite(column)]
            size = column.size
            if size < MIN_SAMPLE:
                lows[j], highs[j] = highest, lowest  # nothing lies inside: a miss
                continue
            share = (low[j] + high[j] + 1) / (2 * n_finite[j])
            first, last = bracket_places(share, size)
            wanted = [k for k in (first, last) if 0 <= k < size]
            if wanted:
                column = column.copy()
                partition(column, wanted)
            if first >= 0:
                lows[j] = column[first]
            if last < size:
                highs[j] = column[last]
            inside = np.count_nonzero((column >= lows[j]) & (column <= highs[j]))
            is_open |= inside > HEAVY_BAND * (last - first + 1)
        if (lows == highs).all():
            return cls(lows, highs, "atom")
        return cls(lows, highs, "open" if is_open else "closed")


@dataclass
class Scan:
    """What one pass found for one target: four counts per column, and the values of the band.

    The counts are of values below the low end, not above it, below the high end, not above it. A
    closed band takes its ends in, and the two middle counts are then not taken.
    """

    counts: list
    values: list
    columns: list

    @classmethod
    def joined(cls, scans):
        """The scan of all rows from those of their ranges."""
        return cls(
            sum(np.array([counter.total() for counter in scan.counts]) for scan in scans),
            [values for scan in scans for values in scan.values],
            [columns for scan in scans for columns in scan.columns],
        )

    def add(self, folding, block, low, high, kind, below, above):
        """Count a block and collect its part of the band; two masks are working space."""
        np.less(block, low, out=below)
        np.less_equal(block, high, out=above)
        self.counts[0].add(below)
        self.counts[3].add(above)
        if kind == "atom":
            return
        if kind == "open":
            np.less_equal(block, low, out=below)
            np.less(block, high, out=above)
            self.counts[1].add(below)
            self.counts[2].add(above)
            # Where both ends are one value there is nothing between them.
            inside = np.greater(above, below, out=below)
        else:
            inside = np.not_equal(below, above, out=below)
        if folding.n_columns == 1:
            self.values.append(block.reshape(-1).compress(inside.reshape(-1)))
            return
        places = np.flatnonzero(inside)
        self.values.append(block.reshape(-1).take(places))
        small = np.uint16 if folding.n_columns <= 1 << 16 else np.int64
        self.columns.append((places % folding.n_columns).astype(small))

    def bands(self, n_columns):
        """The collected values of each column."""
        values = np.concatenate(self.values) if self.values else np.empty(0)
        if not values.size:
            return [values] * n_columns
        if n_columns == 1:
            return [values]
        columns = np.concatenate(self.columns)
        values = values.take(np.argsort(columns, kind="stable"))
        return np.split(values, np.cumsum(np.bincount(columns, minlength=n_columns))[:-1])
