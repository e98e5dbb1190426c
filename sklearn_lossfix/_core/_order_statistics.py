"""Exact order statistics and quantiles of many columns at once.

``np.median`` and ``np.percentile`` partition every column whole. Here a sample of the rows brackets
the wanted rank, one pass counts the values below the bracket and collects those inside it, and only
these few per cent are partitioned (Floyd and Rivest 1975, *Expected time bounds for selection*,
CACM 18(3), algorithm SELECT, with one level of sampling). Where the bracket misses, the column is
partitioned whole: the result is exact in every case, and so is every count.
"""

from dataclasses import dataclass
from functools import partial

import numpy as np

from sklearn_lossfix._core._brackets import (
    MIN_NESTED,
    Bracket,
    Collected,
    Scan,
    partition,
    select_ranks,
)
from sklearn_lossfix._core._column_reader import ColumnReader
from sklearn_lossfix._core._quantiles import AtMass, interpolate, quantile_positions
from sklearn_lossfix._core._row_blocks import ColumnCounter, Folding
from sklearn_lossfix._core._tabulated_column import TabulatedColumn, few_levels, spike_of
from sklearn_lossfix._core._working_dtypes import distance, distance_dtype, limits_in

# Below this many rows a partition of the whole column costs less than sampling and counting.
MIN_SAMPLED_ROWS = 20_000

# The sample holds this factor times n^(2/3) rows: Floyd and Rivest's order, at which the sample and
# the band inside the bracket cost about the same; the factor is where their sum was smallest.
SAMPLE_FACTOR = 1.2
MAX_SAMPLE_ROWS = 65_536

# Elements copied at a time where columns are partitioned whole.
DIRECT_BUFFER = 1 << 20

# Integers up to here keep their differences and halves exact in float64.
MAX_EXACT_INTEGER = 2**51


@dataclass(frozen=True)
class Selected:
    """Order statistics with their exact counts.

    Attributes
    ----------
    values : ndarray of shape (n_targets, 2, n_columns)
        Values at the lower and the upper rank of each target.
    n_less, n_less_equal : ndarray of shape (n_targets, 2, n_columns), dtype int64
        Finite values below, and not above, each of them.
    """

    values: np.ndarray
    n_less: np.ndarray
    n_less_equal: np.ndarray


class ColumnSelector(ColumnReader):
    """Exact order statistics of the columns of a dense array.

    NaN and infinite values are left out. Integers are compared as integers. What is held beside
    the array is a sample and the bands, a few per cent.

    Parameters
    ----------
    X : ndarray of shape (n_rows, n_columns)
        Any memory layout, float16 to float64, integers or booleans; may be read-only.
    columns : ndarray of int, default=None
        Columns to look at; None takes all.
    n_jobs : int, default=None
        Threads, as in joblib. Results do not depend on it.
    """

    def __init__(self, X, *, columns=None, n_jobs=None):
        super().__init__(X, columns=columns, n_jobs=n_jobs)
        self._samples = {}
        # Column -> what is known of it where that is all; runs for which that was tried.
        self._tabulated, self._tried = {}, set()

    # --- selecting ------------------------------------------------------------------------------

    def at_mass(self, targets, around=None):
        """Values at which the count of every column reaches its targets.

        Parameters
        ----------
        targets : ndarray of float of shape (n_targets, n_columns)
            Counts between zero and `mass`.
        around : AtMass, default=None
            Take distances from the middle of its first target instead of values.

        Returns
        -------
        AtMass
        """
        targets = np.atleast_2d(targets)
        last = np.maximum(self.n_finite - 1, 0)
        low = np.clip(np.ceil(targets).astype(np.int64) - 1, 0, last)
        high = np.where((targets == np.floor(targets)) & (targets > 0), low + 1, low)
        # The counts at distances are wanted by nobody.
        selected = self.select(low, np.minimum(high, last), around, counts=around is None)
        return AtMass(
            selected.values[:, 0],
            selected.values[:, 1],
            selected.n_less[:, 0],
            selected.n_less_equal[:, 1],
        )

    def quantiles(self, probabilities, method):
        """Quantiles of every column, as ``numpy.nanquantile`` gives them.

        Parameters
        ----------
        probabilities : array-like of shape (n_probabilities,) or (n_probabilities, n_columns)
            In [0, 1].
        method : str
            One of `QUANTILE_METHODS`.

        Returns
        -------
        ndarray of shape (n_probabilities, n_columns), dtype float64
        """
        probabilities = np.asarray(probabilities, dtype=np.float64)
        shares = probabilities.reshape(len(probabilities), -1)
        low, high, gamma = quantile_positions(self.n_finite, shares, method)
        values = self.select(low, high, counts=False).values
        return interpolate(values[:, 0], values[:, 1], gamma)

    def subset(self, columns):
        """The same for some of the columns."""
        part = super().subset(columns)
        part._samples, part._tried = {}, set()
        part._tabulated = {
            k: self._tabulated[j] for k, j in enumerate(columns) if j in self._tabulated
        }
        return part

    def select(self, low, high, around=None, *, counts=True):
        """Order statistics of every column.

        Parameters
        ----------
        low, high : ndarray of int of shape (n_targets, n_columns)
            Two ranks from zero among the finite values, equal or adjacent: what lies around a
            quantile. Columns without finite values give NaN.
        around : AtMass, default=None
            Select among the distances from the middle of its first target instead.
        counts : bool, default=True
            Whether the counts are wanted; without, those that cost something may be left zero.

        Returns
        -------
        Selected
        """
        low, high = np.atleast_2d(low), np.atleast_2d(high)
        dtype = self.dtype if around is None else distance_dtype(self.dtype)
        center = None
        if around is not None:
            if self._beyond_exact_integers():
                return self._select_far_integers(low, high, around)
            center = np.asarray(around.middle[0], dtype=dtype)
        shape = (len(low), 2, self.n_columns)
        out = Selected(np.zeros(shape, dtype), np.zeros(shape, np.int64), np.zeros(shape, np.int64))
        # Overflow gives inf, which sorts where it belongs: beyond every finite distance.
        with np.errstate(over="ignore", invalid="ignore"):
            if self.n_rows < MIN_SAMPLED_ROWS:
                self._select_directly(low, high, center, out, counts)
            else:
                self._select_sampled(low, high, center, out, counts)
        if dtype.kind == "f":
            out.values[:, :, self.n_finite == 0] = np.nan
        return out

    def _select_directly(self, low, high, center, out, counts):
        """Partition whole columns."""
        group = max(1, DIRECT_BUFFER // max(1, self.n_rows))
        # One partition call serves all columns where they have the same ranks.
        alike = (self.n_finite == self.n_rows).all()
        alike = alike and (low == low[:, :1]).all() and (high == high[:, :1]).all()
        for first in range(0, self.n_columns, group):
            columns = slice(first, min(first + group, self.n_columns))
            if not alike:
                for j in range(columns.start, columns.stop):
                    self._select_column(j, low, high, center, out, counts=counts)
                continue
            chosen = columns if self.columns is None else self.columns[columns]
            buffer = np.array(self.X[:, chosen].T, dtype=self.dtype, order="C")
            if center is not None:
                buffer = distance(buffer, center[columns, None], self.dtype)
            ranks = np.stack([low[:, 0], high[:, 0]], axis=1)
            partition(buffer, ranks)
            for t, pair in enumerate(ranks):
                for side, rank in enumerate(pair):
                    value = buffer[:, rank]
                    out.values[t, side, columns] = value
                    if counts:
                        # Counting a row at a time is what NumPy does quickly.
                        less, less_equal = buffer < value[:, None], buffer <= value[:, None]
                        out.n_less[t, side, columns] = [*map(np.count_nonzero, less)]
                        out.n_less_equal[t, side, columns] = [*map(np.count_nonzero, less_equal)]

    def _beyond_exact_integers(self):
        """Whether float64 could not hold the distances between the integers of the columns."""
        if self.dtype.kind not in "iu" or self.dtype.itemsize < 8 or not self.n_rows:
            return False
        runs = self._runs()
        largest = max(int(self._rows(slice(None), run).max()) for run in runs)
        smallest = min(int(self._rows(slice(None), run).min()) for run in runs)
        return max(largest, -smallest) > MAX_EXACT_INTEGER

    def _select_far_integers(self, low, high, around):
        """Distances from the middle of large integers, exact until they are turned into floats.

        No value lies strictly between the two middle ones, a and b: the distance of x from
        ``(a + b) / 2`` is ``(b - a) / 2`` more than its distance from the nearer of them, and that
        is an unsigned integer of the same width.
        """
        shape = (len(low), 2, self.n_columns)
        out = Selected(np.zeros(shape), np.zeros(shape, np.int64), np.zeros(shape, np.int64))
        for j in range(self.n_columns):
            column = self._column(j)
            a, b = (np.asarray(side[0, j], dtype=self.dtype) for side in (around.low, around.high))
            below = (a.astype(np.uint64) - column.astype(np.uint64)) * (column <= a)
            above = (column.astype(np.uint64) - b.astype(np.uint64)) * (column >= b)
            column = below + above
            half_gap = (int(b) - int(a)) / 2
            self._select_column(j, low, high, None, out, column=column)
            out.values[:, :, j] += half_gap
        return out

    def _select_column(
        self, j, low, high, center, out, targets=slice(None), column=None, counts=True
    ):
        """Select in one column, by itself."""
        column = self._column(j, center) if column is None else column
        if not column.size:
            return
        ranks = np.stack([low[targets, j], high[targets, j]], axis=-1)
        if column.size < MIN_NESTED:
            partition(column, ranks)
            values = column[ranks]
        else:
            values = np.array([select_ranks(column, pair) for pair in ranks])
        out.values[targets, :, j] = values
        if counts:
            out.n_less[targets, :, j] = count_each(np.less, column, values)
            out.n_less_equal[targets, :, j] = count_each(np.less_equal, column, values)

    def _select_sampled(self, low, high, center, out, counts):
        """Tabulate columns of few values; else sample, bracket, count, and partition the bands."""

        def one(run, n_threads):
            if all(j in self._tabulated for j in range(run.start, run.stop)) or self._tabulate(
                self._sample(run), run, n_threads
            ):
                for j in range(run.start, run.stop):
                    self._look_up(j, low, high, center, out, counts)
                return
            sample = self._sample(run)
            if center is not None:
                sample = distance(sample.copy(), center[run, None], self.dtype)
            brackets = [
                Bracket.around(
                    sample,
                    self.n_finite[run],
                    low[t, run],
                    high[t, run],
                    complete=self.n_finite[run] == self.n_rows,
                )
                for t in range(len(low))
            ]
            scan_rows = partial(self._scan_rows, run, brackets, center)
            parts = self._share_rows(scan_rows, run, n_threads)
            for t, bracket in enumerate(brackets):
                scan = Scan.joined([part[t] for part in parts])
                self._resolve(t, run, bracket, scan, low, high, center, out)

        self._in_runs(one)

    def _sample(self, run):
        """Evenly spaced rows of a run, transposed: (n_columns, n_sampled); read once."""
        if run.start in self._samples:
            return self._samples[run.start]
        size = min(MAX_SAMPLE_ROWS, SAMPLE_FACTOR * self.n_rows ** (2 / 3))
        # An odd step cannot run along with data that repeat every 2, 4, 10, ... rows.
        step = max(1, int(self.n_rows / size)) | 1
        rows = slice(step // 2, None, step)
        sample = self.X[rows, run] if self.columns is None else self.X[rows][:, self.columns]
        self._samples[run.start] = np.array(sample.T, dtype=self.dtype, order="C")
        return self._samples[run.start]

    # --- columns of few values ------------------------------------------------------------------

    def _tabulate(self, sample, run, n_threads):
        """Count the values of a run whose columns all hold few; whether that was possible.

        Where every column is nearly all one value, each is taken apart into that and the rest.
        """
        columns = range(run.start, run.stop)
        if run.start in self._tried:
            return all(j in self._tabulated for j in columns)
        self._tried.add(run.start)
        spikes = _of_all(spike_of, sample)
        if spikes is not None:
            self._set_apart(run, np.array(spikes), n_threads)
            return True
        levels = _of_all(few_levels, sample)
        if levels is None:
            return False
        # Repeated to one length; what is counted twice is not read.
        longest = max(map(len, levels))
        padded = np.array([np.resize(found, longest) for found in levels]).T
        count_levels = partial(self._count_levels, run, padded)
        counts = sum(self._share_rows(count_levels, run, n_threads))
        tables = [
            TabulatedColumn(found, counts[: len(found), k], found[:0])
            for k, found in enumerate(levels)
        ]
        if any(
            table.counts.sum() != self.n_finite[j] for j, table in zip(columns, tables, strict=True)
        ):
            return False
        self._tabulated.update(zip(columns, tables, strict=True))
        return True

    def _count_levels(self, run, levels, start, stop):
        """How often each level stands in each column of a range of rows."""
        folding = Folding(run.stop - run.start)
        tiles = [folding.tile(level) for level in levels]
        counters = [ColumnCounter(folding) for _ in tiles]
        space = self._workspace("below", folding, bool)
        for rows in folding.slices(start, stop):
            block = folding.fold(self._rows(rows, run))
            mask = folding.shaped(space, block)
            for tile, counter in zip(tiles, counters, strict=True):
                counter.add(np.equal(block, folding.match(tile, block), out=mask))
        return np.array([counter.total() for counter in counters])

    def _look_up(self, j, low, high, center, out, counts):
        """Order statistics of a tabulated column."""
        middle = None if center is None else center[j]
        for t, ranks in enumerate(zip(low[:, j], high[:, j], strict=True)):
            found = self._tabulated[j].order_statistics(ranks, middle, counts=counts)
            for side, (value, less, less_equal) in enumerate(found):
                out.values[t, side, j] = value
                out.n_less[t, side, j] = less
                out.n_less_equal[t, side, j] = less_equal

    def _set_apart(self, run, spikes, n_threads):
        """Keep columns that are one value and little else as what they are."""
        parts = self._share_rows(partial(self._others, run, spikes), run, n_threads)
        others = Collected.joined(parts).columns(len(spikes))
        for j, spike, loose in zip(range(run.start, run.stop), spikes, others, strict=True):
            if self.dtype.kind == "f" and self.n_finite[j] < self.n_rows:
                loose = loose[np.isfinite(loose)]
            tied = self.n_finite[j] - loose.size
            self._tabulated[j] = TabulatedColumn(np.array([spike]), np.array([tied]), loose)

    def _others(self, run, spikes, start, stop):
        """Values of columns that differ from one of each, NaN among them."""
        folding = Folding(run.stop - run.start)
        tile = folding.tile(spikes)
        space = self._workspace("below", folding, bool)
        others = Collected()
        for rows in folding.slices(start, stop):
            block = folding.fold(self._rows(rows, run))
            mask = folding.shaped(space, block)
            others.add(folding, block, np.not_equal(block, folding.match(tile, block), out=mask))
        return others

    # --- columns of many values -----------------------------------------------------------------

    def _scan_rows(self, run, brackets, center, start, stop):
        """The scan of one range of rows."""
        folding = Folding(run.stop - run.start)
        scans = [Scan([ColumnCounter(folding) for _ in range(4)], Collected()) for _ in brackets]
        tiles = [(folding.tile(b.low), folding.tile(b.high)) for b in brackets]
        middle = None if center is None else folding.tile(center[run])
        if center is not None:
            distances = self._workspace("distances", folding, center.dtype)
        masks = [self._workspace(name, folding, bool) for name in ("below", "above")]
        with np.errstate(over="ignore", invalid="ignore"):
            for rows in folding.slices(start, stop):
                block = folding.fold(self._rows(rows, run))
                if center is not None:
                    shifted = folding.shaped(distances, block)
                    np.subtract(block, folding.match(middle, block), out=shifted)
                    block = np.abs(shifted, out=shifted)
                one, other = (folding.shaped(mask, block) for mask in masks)
                for bracket, (low, high), scan in zip(brackets, tiles, scans, strict=True):
                    low, high = folding.match(low, block), folding.match(high, block)
                    scan.add(folding, block, low, high, bracket.kind, one, other)
        return scans

    def _resolve(self, t, run, bracket, scan, low, high, center, out):
        """Order statistics of one target from its scan; a miss partitions the column."""
        bands = scan.band.columns(run.stop - run.start)
        counts = scan.complete(bracket.kind, bands)
        # Ranks count finite values; the scan has counted -inf as well, which no distance is.
        shifts = self.n_negative_infinite[run] * (center is None)
        for j, (band, ends, shift) in enumerate(zip(bands, counts.T, shifts, strict=True)):
            k = run.start + j
            ranks = low[t, k] + shift, high[t, k] + shift
            inside = ends[0] <= ranks[0] and ranks[1] < ends[3]
            if not inside:
                self._select_column(k, low, high, center, out, targets=slice(t, t + 1))
                continue
            places = [r - ends[1] for r in ranks if ends[1] <= r < ends[1] + band.size]
            selected = iter(select_ranks(band, places) if places else ())
            for side, rank in enumerate(ranks):
                if rank < ends[1]:
                    value, less, less_equal = bracket.low[j], ends[0], ends[1]
                elif rank >= ends[2]:
                    value, less, less_equal = bracket.high[j], ends[2], ends[3]
                else:
                    value = next(selected)
                    less = ends[1] + np.count_nonzero(band < value)
                    less_equal = ends[1] + np.count_nonzero(band <= value)
                out.values[t, side, k] = value
                out.n_less[t, side, k] = less - shift
                out.n_less_equal[t, side, k] = less_equal - shift

    # --- counting -------------------------------------------------------------------------------

    def survey(self, lower, upper):
        """Values beyond limits, and the ends of every column, in one pass.

        Parameters
        ----------
        lower, upper : ndarray of shape (n_columns,)
            Limits; ``-inf`` and ``inf`` leave a side open.

        Returns
        -------
        n_below, n_above : ndarray of shape (n_columns,), dtype int64
            Values strictly beyond each limit, infinite ones included.
        ends : ndarray of shape (2, n_columns), dtype float64
            Smallest and largest finite value; NaN without any.
        """
        counts = np.zeros((2, self.n_columns), dtype=np.int64)
        low, high = limits_in(lower, upper, self.dtype)

        def one(run, n_threads):
            columns = range(run.start, run.stop)
            if not all(j in self._tabulated for j in columns):
                survey = partial(self._survey_rows, run, low[run], high[run])
                counts[:, run] = sum(self._share_rows(survey, run, n_threads))
                return
            for j in columns:
                counts[:, j] = self._tabulated[j].outside(low[j], high[j])
                counts[0, j] += self.n_negative_infinite[j] * (low[j] > -np.inf)
                counts[1, j] += self.n_positive_infinite[j] * (high[j] < np.inf)

        self._in_runs(one)
        if self.dtype.kind != "f":
            # Limits that the integers of the dtype cannot reach lie beyond every one of them.
            counts[0, lower > np.iinfo(self.dtype).max] = self.n_rows
            counts[1, upper < np.iinfo(self.dtype).min] = self.n_rows
        return counts[0], counts[1], self.ends()

    def _survey_rows(self, run, lower, upper, start, stop):
        """Values beyond limits of the columns of a run, in one range of rows."""
        folding = Folding(run.stop - run.start, stop - start)
        low, high = folding.tile(lower), folding.tile(upper)
        counters = [ColumnCounter(folding) for _ in range(2)]
        space = self._workspace("below", folding, bool)
        for rows in folding.slices(start, stop):
            block = folding.fold(self._rows(rows, run))
            mask = folding.shaped(space, block)
            counters[0].add(np.less(block, folding.match(low, block), out=mask))
            counters[1].add(np.greater(block, folding.match(high, block), out=mask))
        return np.array([counter.total() for counter in counters])


def _of_all(find, columns):
    """What `find` gives for every column, or None as soon as it gives that for one."""
    found = []
    for column in columns:
        found.append(find(column))
        if found[-1] is None:
            return None
    return found


def count_each(compare, column, values):
    """How many values of a column compare true with each of some others."""
    counts = [np.count_nonzero(compare(column, value)) for value in values.ravel()]
    return np.reshape(counts, values.shape)
