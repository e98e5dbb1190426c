"""A column of which much is known: a few values with their counts, and the rest as it is."""

import numpy as np

from sklearn_lossfix._core._brackets import select_ranks

# Up to this many distinct values a column is tabulated: one comparison for each costs less than
# two selections.
MAX_LEVELS = 12
# Values in which a column with more levels than that shows it.
LEVEL_PROBE = 256

# Share of a column from which its most frequent value is set apart from the rest, which is then
# small enough to be kept.
SPIKE = 0.85


class TabulatedColumn:
    """Values that stand many times in a column, and the loose values between them.

    Parameters
    ----------
    levels : ndarray of shape (n_levels,)
        Different values.
    counts : ndarray of shape (n_levels,), dtype int64
        How often each stands in the column.
    loose : ndarray of shape (n_loose,)
        All other finite values, none of which is a level.
    """

    def __init__(self, levels, counts, loose):
        self.levels = levels
        self.counts = counts
        self.loose = loose

    def order_statistics(self, ranks, center=None, *, counts=True):
        """Order statistics of the whole column.

        Parameters
        ----------
        ranks : sequence of int
            From zero, equal or adjacent.
        center : scalar, default=None
            Take distances from it instead of the values.
        counts : bool, default=True
            Whether the counts are wanted; without they are zero.

        Returns
        -------
        list of (value, n_less, n_less_equal)
            With the numbers of values below, and not above, each.
        """
        levels, held, loose = self.levels, self.counts, self.loose
        if center is not None:
            levels, loose = np.abs(levels - center), np.abs(loose - center)
            # Two levels can be equally far away.
            levels, places = np.unique(levels, return_inverse=True)
            held = np.bincount(places, weights=held).astype(np.int64)
        below = np.array([np.count_nonzero(loose < level) for level in levels])
        starts = below + np.cumsum(held) - held
        found, places = [], []
        for rank in ranks:
            k = int(np.searchsorted(starts, rank, side="right")) - 1
            if k >= 0 and rank < starts[k] + held[k]:
                found.append(levels[k])
                places.append(None)
            else:
                found.append(None)
                places.append(int(rank - held[: k + 1].sum()))
        wanted = [place for place in places if place is not None]
        selected = iter(select_ranks(loose, wanted) if wanted else ())
        values = [
            value if place is None else next(selected)
            for value, place in zip(found, places, strict=True)
        ]
        known = dict.fromkeys(values, (0, 0))
        if counts:
            for value in known:
                known[value] = (
                    np.count_nonzero(loose < value) + held[levels < value].sum(),
                    np.count_nonzero(loose <= value) + held[levels <= value].sum(),
                )
        return [(value, *known[value]) for value in values]

    def outside(self, lower, upper):
        """Numbers of values strictly below and strictly above two limits."""
        return (
            np.count_nonzero(self.loose < lower) + self.counts[self.levels < lower].sum(),
            np.count_nonzero(self.loose > upper) + self.counts[self.levels > upper].sum(),
        )


def few_levels(column):
    """Distinct finite values of a sample, or None where they are many."""
    if column.dtype.kind == "f":
        column = column[np.isfinite(column)]
    levels = np.unique(column[:LEVEL_PROBE])
    if 0 < levels.size <= MAX_LEVELS:
        known = np.zeros(column.shape, dtype=bool)
        for level in levels:
            known |= column == level
        levels = np.union1d(levels, column[~known][:LEVEL_PROBE])
    return levels if 0 < levels.size <= MAX_LEVELS else None


def spike_of(column):
    """The value that is nearly all of a sample, or None without one."""
    if column.dtype.kind == "f":
        column = column[np.isfinite(column)]
    if not column.size:
        return None
    values, counts = np.unique(column[:LEVEL_PROBE], return_counts=True)
    value = values[counts.argmax()]
    return value if np.count_nonzero(column == value) >= SPIKE * column.size else None
