"""Columns in which no two rows are equal: rows that agree in much of a table cannot be there."""

import numpy as np


class DistinctColumns:
    """Columns in which all of some rows differ, looked for one by one.

    A column costs a sort. The first one that was thought to be such a column and is none ends the
    search: rounded numbers look distinct in a sample, and then all of them do.

    Parameters
    ----------
    table : Table
        Dense.
    rows : ndarray of shape (n,), dtype int
        Row numbers.
    candidates : ndarray of int
        Positions of columns that are distinct in a sample of these rows.
    """

    def __init__(self, table, rows, candidates):
        self._table = table
        self._rows = None if len(rows) == table.n_rows else rows
        self._candidates = np.asarray(candidates, dtype=np.intp)
        self._known = {}
        self._failed = False

    def one_of(self, columns):
        """Whether all rows differ in one of some columns.

        Parameters
        ----------
        columns : ndarray of int
            Positions.

        Returns
        -------
        bool
            False where it is not known.
        """
        among = np.intersect1d(self._candidates, columns).tolist()
        return any(j in self._known for j in among) or bool(among and self._holds(among[0]))

    def are_at_least(self, n):
        """Whether all rows differ in each of `n` columns.

        Returns
        -------
        bool
            False where it is not known.
        """
        if n > len(self._candidates):
            return False
        for j in self._candidates.tolist():
            if len(self._known) >= n:
                break
            if not self._holds(j):
                return False
        return len(self._known) >= n

    def _holds(self, j):
        """Whether all rows differ in a column."""
        if j not in self._known and not self._failed:
            # Values are no finer than what decides whether cells are equal.
            values = self._table.column(j)
            ordered = np.sort(values if self._rows is None else values[self._rows])
            # Missing values are equal, and stand last.
            repeats = ordered.dtype.kind == "f" and bool(np.isnan(ordered[-2:]).all())
            if repeats or (ordered[1:] == ordered[:-1]).any():
                self._failed = True
            else:
                self._known[j] = True
        return j in self._known
