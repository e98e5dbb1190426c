"""Row blocks that stay in the cache: how whole columns are read and written a piece at a time.

An operation on a C-ordered table with one parameter per column, ``X - center``, makes NumPy run one
short inner loop per row. Folding several rows into one long row, and repeating the parameters to
its width, gives the same numbers from long loops.
"""

from concurrent.futures import ThreadPoolExecutor

import numpy as np
from joblib import effective_n_jobs

# Elements of a folded row: long enough that the cost of starting an inner loop disappears, short
# enough that a row of parameters stays in the first-level cache beside what it is applied to.
FOLD = 8_192

# Elements of a block: 2 MiB of float64, which stay in the caches between the operations on them.
# In smaller blocks the cost of calling NumPy, and of handing the interpreter lock between threads,
# shows.
BLOCK = 262_144

# Rows that can be added up in eight bits without overflow.
MAX_FOLDED_ROWS = 255

# Threads pay from here on: below, starting them and waiting for the interpreter lock costs more.
MIN_THREADED_ELEMENTS = 2_000_000


class Folding:
    """How a table of `n_columns` columns is cut into blocks of rows.

    Parameters
    ----------
    n_columns : int
        Number of columns.
    n_rows : int, default=None
        Number of rows, where they may be too few to fill a folded row.

    Attributes
    ----------
    repeats : int
        Rows of the table in a folded row.
    rows : int
        Rows of the table in a block.
    """

    def __init__(self, n_columns, n_rows=None):
        self.n_columns = n_columns
        self.repeats = max(1, FOLD // max(1, n_columns))
        if n_rows is not None:
            self.repeats = max(1, min(self.repeats, n_rows))
        folded = BLOCK // max(1, self.repeats * n_columns)
        self.rows = self.repeats * min(MAX_FOLDED_ROWS, max(1, folded))

    def slices(self, start, stop):
        """Slices of rows that cover ``start:stop``; all but the last hold whole folded rows."""
        whole = stop - (stop - start) % self.repeats
        for first in range(start, whole, self.rows):
            yield slice(first, min(first + self.rows, whole))
        if whole < stop:
            yield slice(whole, stop)

    def fold(self, block):
        """View a C-contiguous block with long rows where its rows fill them."""
        if len(block) % self.repeats:
            return block
        return block.reshape(-1, self.repeats * self.n_columns)

    def tile(self, parameters):
        """One parameter per column, repeated to the width of a folded row.

        A single column gives a scalar: NumPy's fastest operand.
        """
        parameters = np.asarray(parameters)
        if self.n_columns == 1:
            return parameters[0]
        return parameters[np.newaxis].repeat(self.repeats, axis=0).reshape(-1)

    def match(self, tiled, folded):
        """The tiled parameters, cut to a block that was too short to fold."""
        return tiled if np.ndim(tiled) == 0 else tiled[: folded.shape[1]]

    def shaped(self, scratch, folded):
        """The working space in the shape of a block."""
        return scratch[: folded.size].reshape(folded.shape)


class ColumnCounter:
    """Counts the true values of every column over the masks of many blocks.

    Eight-bit sums are added up over as many blocks as they can hold: widening and folding them for
    every block would cost as much as the comparison that made the mask.

    Parameters
    ----------
    folding : Folding
        How the table is cut.
    """

    def __init__(self, folding):
        self.folding = folding
        self._total = np.zeros(folding.n_columns, dtype=np.int64)
        self._sums = np.zeros(folding.repeats * folding.n_columns, dtype=np.uint8)
        self._held = 0

    def add(self, mask):
        """Count the mask of one folded block."""
        if self.folding.n_columns == 1:
            self._total += np.count_nonzero(mask)
        elif len(mask) > MAX_FOLDED_ROWS or mask.shape[1] < self._sums.size:
            counts = np.add.reduce(mask, axis=0, dtype=np.int64)
            self._total += counts.reshape(-1, self.folding.n_columns).sum(axis=0)
        else:
            if self._held + len(mask) > MAX_FOLDED_ROWS:
                self._flush()
            self._sums += np.add.reduce(mask.view(np.uint8), axis=0, dtype=np.uint8)
            self._held += len(mask)

    def _flush(self):
        """Move the eight-bit sums to the total."""
        self._total += self._sums.reshape(-1, self.folding.n_columns).sum(axis=0, dtype=np.int64)
        self._sums[:] = 0
        self._held = 0

    def total(self):
        """The counts so far, of shape (n_columns,), dtype int64."""
        if self._held:
            self._flush()
        return self._total


class ColumnEnds:
    """The smallest and the largest value of every column over many blocks.

    Parameters
    ----------
    folding : Folding
        How the table is cut.
    dtype : dtype
        Of the blocks.
    smaller, larger : ufunc, default=numpy.minimum, numpy.maximum
        What takes the smaller and the larger of two values. With the default a column that holds
        NaN has NaN as its ends; `numpy.fmin` and `numpy.fmax` leave NaN out.
    """

    def __init__(self, folding, dtype, *, smaller=np.minimum, larger=np.maximum):
        self.folding = folding
        self.smaller, self.larger = smaller, larger
        is_float = dtype.kind == "f"
        highest = np.inf if is_float else np.iinfo(dtype).max
        lowest = -np.inf if is_float else np.iinfo(dtype).min
        width = folding.repeats * folding.n_columns
        self._low, self._high = np.full(width, highest, dtype), np.full(width, lowest, dtype)

    def add(self, block):
        """Take in one folded block."""
        axis = 0 if self.folding.n_columns > 1 else None
        width = block.shape[1] if self.folding.n_columns > 1 else 1
        low, high = self._low[:width], self._high[:width]
        self.smaller(low, self.smaller.reduce(block, axis=axis), out=low)
        self.larger(high, self.larger.reduce(block, axis=axis), out=high)

    def total(self):
        """The ends so far, of shape (2, n_columns)."""
        shape = (-1, self.folding.n_columns)
        return np.array(
            [
                self.smaller.reduce(self._low.reshape(shape)),
                self.larger.reduce(self._high.reshape(shape)),
            ]
        )


def joined_ends(parts):
    """Ends of all rows from those of their ranges, each of shape (2, n_columns)."""
    parts = np.array(parts)
    return np.array([parts[:, 0].min(axis=0), parts[:, 1].max(axis=0)])


def map_blocks(function, X, out, *parameters, n_jobs=None):
    """Apply an operation with one parameter per column, block by block.

    Parameters
    ----------
    function : callable
        Called as ``function(block, *parameters, out=...)`` with folded blocks and matching
        parameters, by several threads where that pays. It may read `block` and write `out` in any
        order only where they do not share memory: they do where `X` is `out`.
    X, out : ndarray of shape (n_rows, n_columns)
        What is read and what is written; may be the same.
    *parameters : ndarray of shape (n_columns,)
        One value per column.
    n_jobs : int, default=None
        Threads, as in joblib.
    """
    pieces = []
    for run in column_runs(X):
        folding = Folding(run.stop - run.start, len(X))
        tiles = [folding.tile(parameter[run]) for parameter in parameters]
        pieces += [(run, rows, folding, tiles) for rows in folding.slices(0, len(X))]

    def apply(share):
        for run, rows, folding, tiles in share:
            block = folding.fold(np.ascontiguousarray(X[rows, run]))
            target = out[rows, run]
            direct = target.flags.c_contiguous
            result = folding.fold(target) if direct else np.empty(block.shape, out.dtype)
            function(block, *(folding.match(tile, block) for tile in tiles), out=result)
            if not direct:
                target[...] = result.reshape(target.shape)

    n_threads = effective_n_jobs(n_jobs) if X.size >= MIN_THREADED_ELEMENTS else 1
    size = -(-len(pieces) // n_threads)
    in_threads(apply, [pieces[k : k + size] for k in range(0, len(pieces), size)], n_threads)


def in_threads(function, items, n_threads):
    """``[function(item) for item in items]``, in threads where that was asked for.

    No ``joblib.Parallel``: it looks every 10 ms whether its threads are done, which is as long as
    the work takes. The number of threads comes from joblib.
    """
    if n_threads == 1 or len(items) == 1:
        return [function(item) for item in items]
    state = np.geterr()  # which belongs to a thread

    def in_thread(item):
        with np.errstate(**state):
            return function(item)

    with ThreadPoolExecutor(min(n_threads, len(items))) as pool:
        return list(pool.map(in_thread, items))


def column_runs(X):
    """Pieces of a table whose memory runs without gaps: all of it, or one column at a time.

    Parameters
    ----------
    X : ndarray of shape (n_rows, n_columns)
        Any memory layout.

    Returns
    -------
    list of slice
        Slices of columns.
    """
    n_columns = X.shape[1]
    if n_columns > 1 and X.flags.f_contiguous and not X.flags.c_contiguous:
        return [slice(j, j + 1) for j in range(n_columns)]
    return [slice(0, n_columns)]
