"""A mergeable sketch of the quantiles of many columns, with an error that is known, not likely.

Rows are collected in blocks of ``2 k``; a full block is sorted and every second value kept, with
twice the weight, and two halves of one level are merged and halved again (Munro and Paterson 1980,
*Selection and sorting with limited storage*, TCS 12; Manku, Rajagopalan and Lindsay 1998, SIGMOD,
section 3). Halving moves the rank of any value by at most the weight of what it halved, up where
the odd places are dropped and down where the even ones are. Each halving moves ranks to the side
that was moved less before, so both add up to about half of all halvings; their sums are kept, so
the error that is stated holds for every order in which rows can come, and needs no random numbers.
"""

import numpy as np

from sklearn_lossfix._core._quantiles import WeightedColumns

# Rows are kept as they are up to this many times the size of a level: until then nothing is lost.
EXACT_LEVELS = 16

# Pieces in which held rows lie before they are put together: many small ones cost more than theirs.
MAX_PIECES = 64


class QuantileSketch:
    """Quantiles of every column of a stream of rows.

    NaN counts as larger than everything and is left out when the sketch is read; infinite values
    must be turned into NaN before.

    Parameters
    ----------
    n_columns : int
        Number of columns.
    size : int
        Values kept per column and level. The rank error after n rows of equal weight is at most
        ``(log2(n / (2 size)) + 2) / (4 size)``.

    Attributes
    ----------
    mass : ndarray of shape (n_columns,), dtype float64
        Exact total weight of the values of each column that are not NaN.
    """

    def __init__(self, n_columns, size):
        self.n_columns = n_columns
        self.size = size
        self.mass = np.zeros(n_columns)
        # Rows not yet taken into a level, with one weight each.
        self._rows, self._weights, self._n_held = [], [], 0
        # Level -> (values of shape (n_columns, size), weight of each).
        self._levels = {}
        # Largest weights by which ranks can have moved up and down.
        self._moved = np.zeros(2)

    @property
    def rank_error(self):
        """Largest share of a column's mass by which a rank can be wrong; 0 while all is held."""
        known = self.mass[self.mass > 0]
        return float(min(self._moved.max() / known.min(), 1.0)) if known.size else 0.0

    def update(self, X, sample_weight=None):
        """Take in rows.

        Parameters
        ----------
        X : ndarray of float of shape (n_rows, n_columns)
            Rows; copied.
        sample_weight : ndarray of shape (n_rows,), default=None
            Positive weights.
        """
        weights = np.ones(len(X)) if sample_weight is None else np.asarray(sample_weight, float)
        start = 0
        while start < len(X):
            if self._n_held == self._room():
                self._take_blocks()
            stop = min(len(X), start + self._room() - self._n_held)
            part = X[start:stop]
            self._hold(np.array(part), weights[start:stop].copy())
            if part.dtype.kind == "f":
                self.mass += weights[start:stop] @ ~np.isnan(part)
            else:
                self.mass += weights[start:stop].sum()
            start = stop

    def merge(self, other):
        """Take in what another sketch of the same columns and size holds; the errors add up."""
        for level, (values, weight) in sorted(other._levels.items()):
            self._carry(level, values, weight)
        self._moved += other._moved
        for rows, weights in zip(other._rows, other._weights, strict=True):
            self._hold(rows, weights)
        if self._n_held > self._room():
            self._take_blocks()
        self.mass += other.mass

    def common_weight(self):
        """The weight of every row; None once some are in levels or weigh differently."""
        weights = {weight for part in self._weights for weight in np.unique(part)[:2]}
        return None if self._levels or len(weights) != 1 else weights.pop()

    def held_rows(self):
        """All rows, in the order they came; None once some are in levels or weigh differently."""
        return None if self.common_weight() is None else np.concatenate(self._rows)

    def columns(self, moments=None):
        """What is held, as weighted columns; `moments` are known exactly where they are given."""
        parts = [(values, np.full(self.size, weight)) for values, weight in self._levels.values()]
        if self._n_held:
            rows = np.concatenate(self._rows).T
            parts.append((rows, np.concatenate(self._weights)))
        return WeightedColumns(
            [
                (
                    np.concatenate([values[j] for values, _ in parts]),
                    np.concatenate([weights for _, weights in parts]),
                )
                for j in range(self.n_columns)
            ],
            self.mass,
            moments,
        )

    def copy(self):
        """A sketch that can grow while this one stays as it is; the arrays are shared."""
        twin = QuantileSketch(self.n_columns, self.size)
        twin.mass, twin._moved = self.mass.copy(), self._moved.copy()
        twin._rows, twin._weights = list(self._rows), list(self._weights)
        twin._n_held = self._n_held
        twin._levels = dict(self._levels)
        return twin

    # --- levels ---------------------------------------------------------------------------------

    def _room(self):
        """Rows that are held before they are taken into levels."""
        return (2 if self._levels else EXACT_LEVELS) * self.size

    def _hold(self, rows, weights):
        self._rows.append(rows)
        self._weights.append(weights)
        self._n_held += len(rows)
        if len(self._rows) > MAX_PIECES:
            self._rows = [np.concatenate(self._rows)]
            self._weights = [np.concatenate(self._weights)]

    def _take_blocks(self):
        """Turn held rows into levels, as far as they fill blocks."""
        rows, weights = np.concatenate(self._rows), np.concatenate(self._weights)
        block = 2 * self.size
        whole = len(rows) - len(rows) % block
        for start in range(0, whole, block):
            part = slice(start, start + block)
            values = np.ascontiguousarray(rows[part].T)
            self._carry(0, *self._halved(0, values, weights[part]))
        self._rows, self._weights, self._n_held = [], [], 0
        if whole < len(rows):
            self._hold(rows[whole:], weights[whole:])

    def _carry(self, level, values, weight):
        """Put a half into a level; a second one there makes a half of the next level."""
        while level in self._levels:
            there, its_weight = self._levels.pop(level)
            both = np.concatenate([there, values], axis=1)
            weights = np.repeat([its_weight, weight], self.size)
            values, weight = self._halved(level + 1, both, weights)
            level += 1
        self._levels[level] = values, weight

    def _halved(self, level, values, weights):
        """Half of the values of every column, with their common weight.

        Parameters
        ----------
        level : int
            Level of the result.
        values : ndarray of shape (n_columns, 2 * size)
            Values, in any order.
        weights : ndarray of shape (2 * size,)
            Their weights, the same in every column.
        """
        if (weights == weights[0]).all():
            # Stable sorting merges the two sorted runs that higher levels come as.
            values.sort(axis=1, kind="stable" if level else None)
            side = int(self._moved[0] > self._moved[1])
            self._moved[side] += weights[0]
            return values[:, side::2].copy(), 2 * weights[0]
        # Values at the middles of `size` equal shares of the mass: off by half a share at most.
        order = np.argsort(values, axis=1, kind="stable")
        values = np.take_along_axis(values, order, axis=1)
        reached = np.cumsum(weights[order], axis=1)
        share = reached[0, -1] / self.size
        middles = (np.arange(self.size) + 0.5) * share
        places = np.array([np.searchsorted(row, middles) for row in reached])
        self._moved += share / 2
        return np.take_along_axis(values, np.minimum(places, values.shape[1] - 1), axis=1), share
