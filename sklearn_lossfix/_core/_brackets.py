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

# Marks of a mask that are looked at together, 2 to the power of `WORD_BITS`: NumPy looks for single
# marks with a branch each, which is mispredicted where a few per cent are set.
WORD, WORD_BITS = np.dtype(np.uint32), 2


def marked(mask):
    """Places of the marks of a mask: ``np.flatnonzero``, sooner where few are set.

    Parameters
    ----------
    mask : ndarray of bool of shape (n_values,)
        C-contiguous.

    Returns
    -------
    ndarray of int, ascending
    """
    if mask.size % WORD.itemsize:
        return np.flatnonzero(mask)
    words = mask.view(WORD)
    hit = np.flatnonzero(words != 0)
    places = np.flatnonzero(words.take(hit).view(bool))
    found = hit.take(places >> WORD_BITS)
    found <<= WORD_BITS
    places &= WORD.itemsize - 1
    found += places
    return found


def kept(values, mask):
    """Values under the marks of a mask: ``values.compress(mask)``, sooner where few are set.

    Parameters
    ----------
    values : ndarray of shape (n_values,)
        C-contiguous.
    mask : ndarray of bool of shape (n_values,)
        C-contiguous.
    """
    if mask.size % WORD.itemsize:
        return values.compress(mask)
    words = mask.view(WORD)
    hit = np.flatnonzero(words != 0)
    near = values.reshape(-1, WORD.itemsize).take(hit, axis=0)
    return near.reshape(-1).compress(words.take(hit).view(bool))


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
    band = kept(values, np.less_equal(values, sample[last]) != below)
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


class Collected:
    """Values of every column that a mask marked, block by block.

    The values of a block are kept in the order of their columns, with the number of each: sorting
    them while the block is in the cache costs less than sorting them all in the end.
    """

    def __init__(self):
        self.values, self.sizes = [], []

    def add(self, folding, block, mask):
        """Collect what is marked of a folded block."""
        block, mask = block.reshape(-1), mask.reshape(-1)
        if folding.n_columns == 1:
            self.values.append(kept(block, mask))
            return
        places = marked(mask)
        # NumPy divides by one number in vectors, but takes remainders one by one. The fewer bits,
        # the sooner columns are sorted.
        columns = places - places // folding.n_columns * folding.n_columns
        columns = columns.astype(np.min_scalar_type(folding.n_columns - 1))
        self.values.append(block.take(places.take(np.argsort(columns, kind="stable"))))
        self.sizes.append(np.bincount(columns, minlength=folding.n_columns))

    def columns(self, n_columns):
        """The collected values of each column, as a list of arrays."""
        if not self.values:
            return [np.empty(0)] * n_columns
        if n_columns == 1:
            return [np.concatenate(self.values)]
        stops = np.cumsum(self.sizes, axis=1)
        starts = stops - self.sizes
        return [
            np.concatenate([values[start:stop] for values, start, stop in pieces])
            for pieces in (
                zip(self.values, *ends, strict=True)
                for ends in zip(starts.T.tolist(), stops.T.tolist(), strict=True)
            )
        ]

    @classmethod
    def joined(cls, parts):
        """What was collected of several ranges of rows."""
        joined = cls()
        joined.values = [values for part in parts for values in part.values]
        joined.sizes = [sizes for part in parts for sizes in part.sizes]
        return joined


@dataclass
class Scan:
    """What one pass found for one target: counts per column, and the values of the band.

    The counts are of values below the low end, not above it, below the high end, not above it;
    :meth:`complete` gives those that the pass did not have to take.
    """

    counts: list
    band: Collected

    @classmethod
    def joined(cls, scans):
        """The scan of all rows from those of their ranges."""
        return cls(
            sum(np.array([counter.total() for counter in scan.counts]) for scan in scans),
            Collected.joined([scan.band for scan in scans]),
        )

    def add(self, folding, block, low, high, kind, below, above):
        """Count a block and collect its part of the band; two masks are working space."""
        np.less(block, low, out=below)
        np.less_equal(block, high, out=above)
        self.counts[0].add(below)
        if kind != "closed":
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
        self.band.add(folding, block, inside)

    def complete(self, kind, bands):
        """All four counts of a joined scan with its bands, of shape (4, n_columns).

        A closed band takes its ends in, so all that is not above it is below it or inside; around
        an atom both ends are one value.
        """
        below, low, high, not_above = self.counts
        if kind == "atom":
            return np.array([below, not_above, below, not_above])
        if kind == "closed":
            not_above = below + [band.size for band in bands]
            return np.array([below, below, not_above, not_above])
        return np.array([below, low, high, not_above])
