"""Reading the columns of a table block by block, in threads, and counting what is not finite."""

import threading
from copy import copy
from functools import partial, reduce

import numpy as np
from joblib import effective_n_jobs

from sklearn_lossfix._core._moments import Moments, moments_of
from sklearn_lossfix._core._row_blocks import (
    MIN_THREADED_ELEMENTS,
    ColumnCounter,
    ColumnEnds,
    Folding,
    column_runs,
    in_threads,
    joined_ends,
)
from sklearn_lossfix._core._working_dtypes import distance, working_dtype

# Threads pay where each has so many rows of its own.
MIN_THREADED_ROWS = 30_000
# Columns that lie one after the other are handed out whole, and each costs many calls: they pay
# only where a call takes much longer than passing on the lock.
MIN_THREADED_COLUMN = 1_000_000


class ColumnReader:
    """The columns of a dense array, read in blocks of rows.

    The array is never changed or copied whole.

    Parameters
    ----------
    X : ndarray of shape (n_rows, n_columns)
        Any memory layout, float16 to float64, integers or booleans; may be read-only.
    columns : ndarray of int, default=None
        Columns to look at; None takes all.
    n_jobs : int, default=None
        Threads, as in joblib. Results do not depend on it.

    Attributes
    ----------
    n_missing, n_negative_infinite, n_positive_infinite : ndarray of shape (n_columns,)
        NaN, ``-inf`` and ``inf`` in each column.
    n_finite : ndarray of shape (n_columns,), dtype int64
        What is left.
    dtype : dtype
        Of what is read: that of `X`, but float32 for float16 and uint8 for booleans.
    """

    def __init__(self, X, *, columns=None, n_jobs=None):
        self.X = X
        self.columns = columns
        self.n_jobs = n_jobs
        self.n_rows = X.shape[0]
        self.n_columns = X.shape[1] if columns is None else len(columns)
        self.dtype = working_dtype(X.dtype)
        self.n_threads = self._threads(n_jobs)
        self._local = threading.local()
        self._count_nonfinite()

    # --- blocks and threads ---------------------------------------------------------------------

    def _threads(self, n_jobs):
        """Threads that pay for this many elements."""
        elements = self.n_rows * self.n_columns
        least = MIN_THREADED_ROWS if len(self._runs()) == 1 else MIN_THREADED_COLUMN
        if elements < MIN_THREADED_ELEMENTS or self.n_rows < least:
            return 1
        return effective_n_jobs(n_jobs)

    def _runs(self):
        """Column runs, as arrays of positions among the chosen columns."""
        if self.columns is not None:
            return [slice(0, self.n_columns)]
        return column_runs(self.X)

    def _rows(self, rows, run):
        """C-contiguous rows of a run in the working dtype: a view where that is possible."""
        block = self.X[rows, run] if self.columns is None else self.X[rows][:, self.columns]
        return np.ascontiguousarray(block, dtype=self.dtype)

    def _column(self, j, center=None):
        """Finite values of one column, or their distances from its centre, as a new array."""
        k = j if self.columns is None else self.columns[j]
        column = self.X[:, k].astype(self.dtype)
        if self.dtype.kind == "f" and self.n_finite[j] < self.n_rows:
            column = column[np.isfinite(column)]
        return column if center is None else distance(column, center[j], self.dtype)

    def _in_runs(self, work):
        """``work(run, n_threads)`` for every run; threads share the runs, or the rows of one."""
        runs = self._runs()
        n_threads = self.n_threads if len(runs) == 1 else 1
        in_threads(lambda run: work(run, n_threads), runs, self.n_threads)

    def _share_rows(self, work, run, n_threads):
        """What `work` gives for consecutive ranges of rows, one range a thread."""
        repeats = Folding(run.stop - run.start).repeats
        share = -(-self.n_rows // n_threads)
        share += -share % repeats
        ranges = [
            (start, min(start + share, self.n_rows)) for start in range(0, self.n_rows, share)
        ]
        return in_threads(lambda ends: work(*ends), ranges, n_threads)

    def _workspace(self, name, folding, dtype):
        """Working space of this thread, kept from block to block and from column to column."""
        spaces = self._local.__dict__
        size = folding.rows * folding.n_columns
        if name not in spaces or spaces[name].size < size or spaces[name].dtype != dtype:
            spaces[name] = np.empty(size, dtype)
        return spaces[name]

    # --- what is not finite ---------------------------------------------------------------------

    def _count_nonfinite(self):
        """Count NaN and infinities, where the ends of a run show that there are any."""
        self.n_missing = np.zeros(self.n_columns, dtype=np.int64)
        self.n_negative_infinite = np.zeros(self.n_columns, dtype=np.int64)
        self.n_positive_infinite = np.zeros(self.n_columns, dtype=np.int64)
        self._ends = np.zeros((2, self.n_columns), self.dtype)

        def one(run, n_threads):
            parts = self._share_rows(partial(self._ends_of_rows, run), run, n_threads)
            self._ends[:, run] = joined_ends(parts)
            if np.isfinite(self._ends[:, run]).all():
                return
            parts = self._share_rows(partial(self._nonfinite_rows, run), run, n_threads)
            self._ends[:, run] = joined_ends([ends for _, ends in parts])
            missing, negative, positive = sum(counts for counts, _ in parts)
            self.n_missing[run] = missing
            self.n_negative_infinite[run] = negative
            self.n_positive_infinite[run] = positive

        with np.errstate(invalid="ignore"):
            self._in_runs(one)
        nonfinite = self.n_missing + self.n_negative_infinite + self.n_positive_infinite
        self.n_finite = self.n_rows - nonfinite

    def _ends_of_rows(self, run, start, stop):
        """Ends of the columns of a run in one range of rows; NaN where a column holds one."""
        folding = Folding(run.stop - run.start, stop - start)
        ends = ColumnEnds(folding, self.dtype)
        for rows in folding.slices(start, stop):
            ends.add(folding.fold(self._rows(rows, run)))
        return ends.total()

    def _nonfinite_rows(self, run, start, stop):
        """NaN, -inf and inf in the columns of a run in one range of rows, and ends without NaN."""
        folding = Folding(run.stop - run.start)
        counters = [ColumnCounter(folding) for _ in range(3)]
        ends = ColumnEnds(folding, self.dtype, smaller=np.fmin, larger=np.fmax)
        space = self._workspace("below", folding, bool)
        for rows in folding.slices(start, stop):
            block = folding.fold(self._rows(rows, run))
            mask = folding.shaped(space, block)
            counters[0].add(np.isnan(block, out=mask))
            if np.isinf(block, out=mask).any():
                counters[1].add(block == -np.inf)
                counters[2].add(block == np.inf)
            ends.add(block)
        return np.array([counter.total() for counter in counters]), ends.total()

    @property
    def infinite(self):
        """Infinite values of each column, negative and positive: shape (2, n_columns)."""
        return np.array([self.n_negative_infinite, self.n_positive_infinite])

    def ends(self):
        """Smallest and largest finite value of every column; NaN without any.

        Returns
        -------
        ndarray of shape (2, n_columns), dtype float64
        """
        ends = self._ends.astype(np.float64)
        for j in np.flatnonzero(self.infinite.any(axis=0)):
            column = self._column(j)
            ends[:, j] = (column.min(), column.max()) if column.size else (np.nan, np.nan)
        ends[:, self.n_finite == 0] = np.nan
        return ends

    # --- parts and moments ----------------------------------------------------------------------

    @property
    def mass(self):
        """Finite values of each column, each of which weighs one."""
        return self.n_finite

    def subset(self, columns):
        """The same for some of the columns."""
        columns = np.asarray(columns)
        part = copy(self)
        part.columns = columns if self.columns is None else self.columns[columns]
        part.n_columns = len(columns)
        part.n_threads = part._threads(self.n_jobs)
        for name in ("n_missing", "n_negative_infinite", "n_positive_infinite", "n_finite"):
            setattr(part, name, getattr(self, name)[columns])
        part._ends = self._ends[:, columns]
        return part

    def thinned(self, n_rows):
        """The same for at most so many rows, evenly spaced."""
        step = -(-self.n_rows // n_rows)
        if step == 1:
            return self
        return type(self)(self.X[(step - 1) // 2 :: step], columns=self.columns)

    def column_values(self, j):
        """Finite values of a column as a new array, and their weights of one."""
        column = self._column(j)
        return column, np.ones(column.shape)

    def moments(self):
        """Mass, mean and squared deviations of the finite values of every column.

        Returns
        -------
        Moments
        """

        def one(run):
            folding = Folding(run.stop - run.start)
            blocks = (
                moments_of(folding.fold(self._rows(rows, run))).folded(folding.n_columns)
                for rows in folding.slices(0, self.n_rows)
            )
            return reduce(Moments.merged, blocks)

        return Moments.of_columns(in_threads(one, self._runs(), self.n_threads))
