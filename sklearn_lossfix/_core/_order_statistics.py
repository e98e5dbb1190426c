"""Exact order statistics and quantiles of many columns at once.

``np.median`` and ``np.percentile`` partition every column whole. Here a sample of the rows brackets
the wanted rank, one pass counts the values below the bracket and collects those inside it, and only
these few per cent are partitioned (Floyd and Rivest 1975, *Expected time bounds for selection*,
CACM 18(3), algorithm SELECT, with one level of sampling). Where the bracket misses, the column is
partitioned whole: the result is exact in every case, and so is every count.
"""

import math
from dataclasses import dataclass

import numpy as np
from joblib import Parallel, delayed, effective_n_jobs

from sklearn_lossfix._core._row_blocks import Folding, column_runs

# Below this many rows a partition of the whole column costs less than sampling and counting.
MIN_SAMPLED_ROWS = 20_000

# The sample holds this factor times n^(2/3) rows: Floyd and Rivest's order, at which the sample and
# the band inside the bracket cost about the same; the factor is where their sum was smallest.
SAMPLE_FACTOR = 3.0
MAX_SAMPLE_ROWS = 65_536
# Fewer values than this in a column's sample bracket nothing.
MIN_SAMPLE = 64

# Half width of the bracket in standard deviations of the sample's rank: three miss one column in
# 370, which then costs one partition.
BRACKET_SD = 3.0

# A band that holds this many times what continuous data would put there has tied values at an end.
HEAVY_BAND = 2.0

# Elements copied at a time where columns are partitioned whole.
DIRECT_BUFFER = 1 << 20

# Threads pay from here on: below, starting them and waiting for the interpreter lock costs more.
MIN_THREADED_ELEMENTS = 2_000_000
MIN_THREADED_ROWS = 30_000

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


@dataclass(frozen=True)
class _Bracket:
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


class ColumnSelector:
    """Exact order statistics of the columns of a dense array.

    NaN and infinite values are left out. Integers are compared as integers. The array is never
    changed or copied whole: what is held beside it is a sample and the bands, a few per cent.

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
        Of the selected values: that of `X`, but float32 for float16 and uint8 for booleans.
    """

    def __init__(self, X, *, columns=None, n_jobs=None):
        self.X = X
        self.columns = columns
        self.n_rows = X.shape[0]
        self.n_columns = X.shape[1] if columns is None else len(columns)
        self.dtype = _working_dtype(X.dtype)
        self.n_threads = self._threads(n_jobs)
        self._count_nonfinite()

    def _threads(self, n_jobs):
        """Threads that pay for this many elements."""
        elements = self.n_rows * self.n_columns
        if elements < MIN_THREADED_ELEMENTS or self.n_rows < MIN_THREADED_ROWS:
            return 1
        return effective_n_jobs(n_jobs)

    # --- reading --------------------------------------------------------------------------------

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
        return column if center is None else _distance(column, center[j], self.dtype)

    def _count_nonfinite(self):
        """Count NaN and infinities; one sum tells that there are none."""
        self.n_missing = np.zeros(self.n_columns, dtype=np.int64)
        self.n_negative_infinite = np.zeros(self.n_columns, dtype=np.int64)
        self.n_positive_infinite = np.zeros(self.n_columns, dtype=np.int64)
        if self.dtype.kind == "f" and not self._all_finite():
            for run in self._runs():
                folding = Folding(run.stop - run.start)
                for rows in folding.slices(0, self.n_rows):
                    block = folding.fold(self._rows(rows, run))
                    self.n_missing[run] += folding.count(np.isnan(block))
                    infinite = np.isinf(block)
                    if infinite.any():
                        negative = folding.count(infinite & (block < 0))
                        self.n_negative_infinite[run] += negative
                        self.n_positive_infinite[run] += folding.count(infinite) - negative
        nonfinite = self.n_missing + self.n_negative_infinite + self.n_positive_infinite
        self.n_finite = self.n_rows - nonfinite

    def _all_finite(self):
        """Whether a sum shows that no value is NaN or infinite; False where it cannot tell."""
        if self.columns is not None:
            return False
        with np.errstate(over="ignore", invalid="ignore"):
            return bool(np.isfinite(self.X.sum()))

    # --- selecting ------------------------------------------------------------------------------

    def select(self, low, high, center=None):
        """Order statistics of every column.

        Parameters
        ----------
        low, high : ndarray of int of shape (n_targets, n_columns)
            Two ranks from zero among the finite values, equal or adjacent: what lies around a
            quantile. Columns without finite values give NaN.
        center : ndarray of shape (n_columns,), default=None
            Select among ``|x - center|`` instead; the finite counts stay those of x.

        Returns
        -------
        Selected
        """
        low, high = np.atleast_2d(low), np.atleast_2d(high)
        dtype = self.dtype if center is None else _distance_dtype(self.dtype)
        if center is not None:
            center = np.asarray(center, dtype=dtype)
        shape = (len(low), 2, self.n_columns)
        out = Selected(
            np.zeros(shape, dtype), np.zeros(shape, np.int64), np.zeros(shape, np.int64)
        )
        # Overflow gives inf, which sorts where it belongs: beyond every finite distance.
        with np.errstate(over="ignore", invalid="ignore"):
            if self.n_rows < MIN_SAMPLED_ROWS:
                self._select_directly(low, high, center, out)
            else:
                self._select_sampled(low, high, center, out)
        if dtype.kind == "f":
            out.values[:, :, self.n_finite == 0] = np.nan
        return out

    def _select_directly(self, low, high, center, out):
        """Partition whole columns."""
        group = max(1, DIRECT_BUFFER // max(1, self.n_rows))
        full = (self.n_finite == self.n_rows).all()
        for first in range(0, self.n_columns, group):
            columns = slice(first, min(first + group, self.n_columns))
            if not full:
                for j in range(columns.start, columns.stop):
                    self._select_column(j, low, high, center, out)
                continue
            chosen = columns if self.columns is None else self.columns[columns]
            buffer = np.array(self.X[:, chosen].T, dtype=self.dtype, order="C")
            if center is not None:
                buffer = _distance(buffer, center[columns, None], self.dtype)
            # Without missing values all columns have the same ranks.
            ranks = np.stack([low[:, 0], high[:, 0]], axis=1)
            buffer.partition(np.unique(ranks), axis=1)
            for t, pair in enumerate(ranks):
                for side, rank in enumerate(pair):
                    value = buffer[:, rank]
                    out.values[t, side, columns] = value
                    less = buffer < value[:, None]
                    out.n_less[t, side, columns] = np.count_nonzero(less, axis=1)
                    less = buffer <= value[:, None]
                    out.n_less_equal[t, side, columns] = np.count_nonzero(less, axis=1)

    def _select_column(self, j, low, high, center, out, targets=None):
        """Partition one column."""
        column = self._column(j, center)
        if not column.size:
            return
        targets = range(len(low)) if targets is None else targets
        column.partition(np.unique([[low[t, j], high[t, j]] for t in targets]))
        for t in targets:
            for side, rank in enumerate((low[t, j], high[t, j])):
                value = column[rank]
                out.values[t, side, j] = value
                out.n_less[t, side, j] = np.count_nonzero(column < value)
                out.n_less_equal[t, side, j] = np.count_nonzero(column <= value)

    def _select_sampled(self, low, high, center, out):
        """Sample, bracket, count, and partition what lies in the brackets."""
        runs = self._runs()

        def one(run, n_threads):
            sample = self._sample(run, center)
            brackets = [
                self._bracket(sample, run, low[t, run], high[t, run]) for t in range(len(low))
            ]
            scans = self._scan(run, brackets, center, n_threads)
            for t, (bracket, scan) in enumerate(zip(brackets, scans, strict=True)):
                self._resolve(t, run, bracket, scan, low, high, center, out)

        if len(runs) == 1:
            one(runs[0], self.n_threads)
        else:
            _in_threads(self.n_threads, (delayed(one)(run, 1) for run in runs))

    def _sample(self, run, center):
        """Evenly spaced rows of a run, transposed: (n_columns, n_sampled)."""
        size = min(MAX_SAMPLE_ROWS, SAMPLE_FACTOR * self.n_rows ** (2 / 3))
        # An odd step cannot run along with data that repeat every 2, 4, 10, ... rows.
        step = max(1, int(self.n_rows / size)) | 1
        sample = self._rows(slice(step // 2, None, step), run).T.copy()
        if center is None:
            return sample
        return _distance(sample, center[run, None], self.dtype)

    def _bracket(self, sample, run, low, high):
        """Values of the sample that probably enclose the ranks, per column."""
        dtype = sample.dtype
        is_float = dtype.kind == "f"
        lowest = -np.inf if is_float else np.iinfo(dtype).min
        highest = np.inf if is_float else np.iinfo(dtype).max
        lows, highs = np.full(len(sample), lowest, dtype), np.full(len(sample), highest, dtype)
        n_finite = self.n_finite[run]
        is_open = False
        for j, column in enumerate(sample):
            if is_float and n_finite[j] < self.n_rows:
                column = column[np.isfinite(column)]
            size = column.size
            if size < MIN_SAMPLE:
                lows[j], highs[j] = highest, lowest  # nothing lies inside: a miss
                continue
            share = (low[j] + high[j] + 1) / (2 * n_finite[j])
            rank, spread = share * size, math.sqrt(size * share * (1 - share))
            first = math.floor(rank - BRACKET_SD * spread - 1)
            last = math.ceil(rank + BRACKET_SD * spread)
            wanted = [k for k in (first, last) if 0 <= k < size]
            column = np.partition(column, wanted) if wanted else column
            if first >= 0:
                lows[j] = column[first]
            if last < size:
                highs[j] = column[last]
            inside = np.count_nonzero((column >= lows[j]) & (column <= highs[j]))
            is_open |= inside > HEAVY_BAND * (last - first + 1)
        if (lows == highs).all():
            return _Bracket(lows, highs, "atom")
        return _Bracket(lows, highs, "open" if is_open else "closed")

    def _scan(self, run, brackets, center, n_threads):
        """Counts at the ends of the brackets, and the values inside, for every target."""
        folding = Folding(run.stop - run.start)
        share = -(-self.n_rows // n_threads)
        share += -share % folding.repeats
        parts = _in_threads(
            n_threads,
            (
                delayed(self._scan_rows)(
                    run, brackets, center, start, min(start + share, self.n_rows)
                )
                for start in range(0, self.n_rows, share)
            ),
        )
        for scans in zip(*parts, strict=True):
            counts = sum(scan.counts for scan in scans)
            values = [v for scan in scans for v in scan.values]
            columns = [c for scan in scans for c in scan.columns]
            yield _Scan(counts, values, columns)

    def _scan_rows(self, run, brackets, center, start, stop):
        """The scan of one range of rows."""
        folding = Folding(run.stop - run.start)
        scans = [_Scan(np.zeros((4, folding.n_columns), np.int64), [], []) for _ in brackets]
        tiles = [(folding.tile(b.low), folding.tile(b.high)) for b in brackets]
        middle = None if center is None else folding.tile(center[run])
        distances = None if center is None else folding.scratch(center.dtype)
        masks = folding.scratch(bool), folding.scratch(bool)
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
        bands = scan.bands(run.stop - run.start)
        if bracket.kind == "atom":
            scan.counts[1], scan.counts[2] = scan.counts[3], scan.counts[0]
        has_open_ends = bracket.kind != "closed"
        # Ranks count finite values; the scan has counted -inf as well, which no distance is.
        shifts = self.n_negative_infinite[run] * (center is None)
        for j, (band, counts, shift) in enumerate(zip(bands, scan.counts.T, shifts, strict=True)):
            k = run.start + j
            ranks = low[t, k] + shift, high[t, k] + shift
            inside = counts[0] <= ranks[0] and ranks[1] < counts[3]
            if not inside:
                self._select_column(k, low, high, center, out, targets=[t])
                continue
            below = counts[1] if has_open_ends else counts[0]
            places = [r - below for r in ranks if below <= r < below + band.size]
            if places:
                band.partition(np.unique(places))
            for side, rank in enumerate(ranks):
                if has_open_ends and rank < counts[1]:
                    value, less, less_equal = bracket.low[j], counts[0], counts[1]
                elif has_open_ends and rank >= counts[2]:
                    value, less, less_equal = bracket.high[j], counts[2], counts[3]
                else:
                    value = band[rank - below]
                    less = below + np.count_nonzero(band < value)
                    less_equal = below + np.count_nonzero(band <= value)
                out.values[t, side, k] = value
                out.n_less[t, side, k] = less - shift
                out.n_less_equal[t, side, k] = less_equal - shift

    # --- counting -------------------------------------------------------------------------------

    def count_outside(self, lower, upper):
        """Values of every column strictly below and strictly above a limit, infinities included.

        Parameters
        ----------
        lower, upper : ndarray of shape (n_columns,)
            Limits; ``-inf`` and ``inf`` leave a side open.

        Returns
        -------
        n_below, n_above : ndarray of shape (n_columns,), dtype int64
        """
        out = np.zeros((2, self.n_columns), dtype=np.int64)

        def one(run, start, stop):
            folding = Folding(run.stop - run.start)
            low, high = folding.tile(lower[run]), folding.tile(upper[run])
            counts = np.zeros((2, folding.n_columns), dtype=np.int64)
            for rows in folding.slices(start, stop):
                block = folding.fold(self._rows(rows, run))
                counts[0] += folding.count(block < folding.match(low, block))
                counts[1] += folding.count(block > folding.match(high, block))
            return run, counts

        for run, counts in _in_threads(
            self.n_threads, (delayed(one)(run, 0, self.n_rows) for run in self._runs())
        ):
            out[:, run] += counts
        return out[0], out[1]


@dataclass
class _Scan:
    """What one pass found for one target: four counts per column, and the values of the band.

    The counts are of values below the low end, not above it, below the high end, not above it. A
    closed band takes its ends in, and the two middle counts are then not taken.
    """

    counts: np.ndarray
    values: list
    columns: list

    def add(self, folding, block, low, high, kind, below, above):
        """Count a block and collect its part of the band; two masks are working space."""
        np.less(block, low, out=below)
        np.less_equal(block, high, out=above)
        self.counts[0] += folding.count(below)
        self.counts[3] += folding.count(above)
        if kind == "atom":
            return
        if kind == "open":
            np.less_equal(block, low, out=below)
            np.less(block, high, out=above)
            self.counts[1] += folding.count(below)
            self.counts[2] += folding.count(above)
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


def _in_threads(n_threads, tasks):
    """Run joblib tasks, in threads where that was asked for."""
    if n_threads == 1:
        return [function(*args, **kwargs) for function, args, kwargs in tasks]
    return Parallel(n_jobs=n_threads, require="sharedmem")(tasks)


def _working_dtype(dtype):
    """Dtype in which values are compared: native, and one that NumPy compares quickly."""
    if dtype == np.float16:
        return np.dtype(np.float32)
    if dtype == np.bool_:
        return np.dtype(np.uint8)
    return dtype.newbyteorder("=")


def _distance_dtype(dtype):
    """Dtype of ``|x - center|``: floats keep theirs, integers give float64."""
    return dtype if dtype.kind == "f" else np.dtype(np.float64)


def _distance(values, center, dtype):
    """``|values - center|``, in place where the dtype stays."""
    target = values if dtype.kind == "f" else np.empty(values.shape, np.float64)
    np.subtract(values, center, out=target)
    return np.abs(target, out=target)
