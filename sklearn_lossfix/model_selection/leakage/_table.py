"""A table of any container as checks of leakage read it: values whose equality is known."""

from functools import cached_property

import numpy as np
from scipy import sparse

from sklearn_lossfix._core._columns import named
from sklearn_lossfix._core._row_hash import (
    BLOCK_VALUES,
    add_block,
    add_columns,
    equal_rows,
    hash_rows,
    mix,
    words_of,
)
from sklearn_lossfix._core._validation import refuse_lazy
from sklearn_lossfix.model_selection.leakage._column_values import (
    array_column,
    counts_rows,
    frame_column,
)

# Rows that are looked at before whole columns are.
_HEAD_ROWS = 16


class Table:
    """Columns of numbers, categories and times; make one with `Table.read`.

    Equal are: all missing values (None, NaN, NaT, NA) of a column; 0.0 and -0.0; integers, floats
    and booleans of the same value; the same text, however it is stored; one instant in any time
    zone.

    Parameters
    ----------
    block : ndarray or CSR matrix of shape (n_rows, n_columns), or None
        All values where they are numbers of one dtype.
    columns : list of ColumnValues or None
        The columns where they are not.
    names : tuple of str
        Names.
    n_rows : int
        Rows.
    X : object
        The container as it came.
    positions : ndarray of int
        Positions of the columns in `X`.

    Attributes
    ----------
    n_rows, n_columns : int
        Shape.
    names : tuple of str
        Names of the columns, "x0", "x1", ... where there are none.
    kinds : tuple of {"number", "category", "time"}
        Kind of each column.
    number_names : tuple of str
        Names of the columns of numbers: those of `numbers()`.
    identifiers : tuple of str
        Names of the columns that number the rows.
    is_sparse : bool
        Whether it is a sparse matrix.
    X : object
        The container as it came, with ignored columns.
    positions : ndarray of int
        Positions of the columns in `X`.
    """

    def __init__(self, block, columns, names, n_rows, X, positions):
        self._block = block
        self._columns = columns
        self.names = names
        self.n_rows = n_rows
        self.X = X
        self.positions = positions
        self.is_sparse = sparse.issparse(block)

    @classmethod
    def read(cls, X, ignore=()):
        """Read a container, without copying numbers where that is possible.

        Parameters
        ----------
        X : array-like, sparse matrix or dataframe of shape (n_rows, n_columns)
            Any dtypes. One dimension is one column; more than two are flattened.
        ignore : sequence of str or int, default=()
            Names or positions of columns to leave out.

        Returns
        -------
        Table

        Raises
        ------
        TypeError
            For lazy tables, and for cells that hold lists, naming the column.
        ValueError
            For columns to ignore that are not there.
        """
        refuse_lazy(X, "X")
        if hasattr(X, "to_native"):  # narwhals
            return cls.read(X.to_native(), ignore)
        if hasattr(X, "column_names") and hasattr(X, "to_pandas"):  # pyarrow
            return cls.read(X.to_pandas(), ignore)
        if sparse.issparse(X):
            return cls._read_array(X, X, ignore)
        if hasattr(X, "columns") and hasattr(X, "dtypes"):
            return cls._read_frame(X, ignore)
        return cls._read_array(X, _as_array(X), ignore)

    @classmethod
    def _read_array(cls, X, array, ignore):
        """Read a sparse matrix or a two-dimensional array."""
        n_rows, n_columns = array.shape
        names = [f"x{j}" for j in range(n_columns)]
        kept = _kept_columns(names, ignore)
        names = tuple(names[j] for j in kept)
        if sparse.issparse(array):
            block = _canonical_csr(array if len(kept) == n_columns else array.tocsc()[:, kept])
            return cls(block, None, names, n_rows, X, kept)
        if array.dtype.kind in "biuf":
            block = array if len(kept) == n_columns else array[:, kept]
            return cls(block, None, names, n_rows, X, kept)
        columns = [array_column(array[:, j], name) for j, name in zip(kept, names, strict=True)]
        return cls(None, columns, names, n_rows, X, kept)

    @classmethod
    def _read_frame(cls, X, ignore):
        """Read a dataframe of pandas or polars."""
        names = [str(name) for name in X.columns]
        kept = _kept_columns(names, ignore)
        n_rows = X.shape[0]
        shared = _shared_block(X) if len(kept) == len(names) else None
        names = tuple(names[j] for j in kept)
        if shared is not None:
            return cls(shared, None, names, n_rows, X, kept)
        columns = [frame_column(X, j, name) for j, name in zip(kept, names, strict=True)]
        return cls(None, columns, names, n_rows, X, kept)

    @property
    def n_columns(self):
        """Number of columns."""
        return len(self.names)

    @cached_property
    def kinds(self):
        """Kind of every column."""
        if self._columns is None:
            return ("number",) * self.n_columns
        return tuple(column.kind for column in self._columns)

    @property
    def number_columns(self):
        """Positions of the columns of numbers."""
        return np.flatnonzero([kind == "number" for kind in self.kinds])

    @property
    def number_names(self):
        """Names of the columns of numbers."""
        return tuple(self.names[j] for j in self.number_columns)

    @cached_property
    def _csc(self):
        """The columns of a sparse matrix."""
        return self._block.tocsc()

    def numbers(self, columns=None):
        """Columns of numbers as one dense array; missing values are NaN.

        Parameters
        ----------
        columns : sequence of int, default=None
            Positions in this table, all of columns of numbers; None for all of them.

        Returns
        -------
        ndarray of shape (n_rows, n_wanted), dtype float64
            May share memory with the user's data: never write into it.
        """
        if columns is None:
            if isinstance(self._block, np.ndarray):
                return np.asarray(self._block, dtype=np.float64)
            columns = self.number_columns
        columns = np.asarray(columns, dtype=np.intp)
        wrong = [self.names[j] for j in columns if self.kinds[j] != "number"]
        if wrong:
            raise ValueError(f"the columns {named(wrong)} hold no numbers.")
        if self._block is None:
            out = np.empty((self.n_rows, len(columns)))
            for k, j in enumerate(columns):
                out[:, k] = self._columns[j].values
            return out
        if self.is_sparse:
            return self._csc[:, columns].toarray().astype(np.float64, copy=False)
        return np.asarray(self._block[:, columns], dtype=np.float64)

    def column(self, j):
        """Canonical values of one column.

        Parameters
        ----------
        j : int
            Position.

        Returns
        -------
        ndarray of shape (n_rows,)
            float64 for numbers; int64 codes for categories, -1 where missing; int64 microseconds
            for times, since 1970 for instants, the least integer where missing. Never write into
            it.
        """
        if self._block is None:
            column = self._columns[j]
            return np.asarray(
                column.values, dtype=np.float64 if column.kind == "number" else np.int64
            )
        return self.numbers([j])[:, 0]

    def take(self, rows):
        """A table of some rows, in the order given.

        Parameters
        ----------
        rows : ndarray of int or slice
            Row numbers.
        """
        n_rows = len(range(self.n_rows)[rows]) if isinstance(rows, slice) else len(rows)
        block, columns = self._block, self._columns
        if columns is None:
            block = block[rows]
        else:
            columns = [column.take(rows) for column in columns]
        return Table(block, columns, self.names, n_rows, None, self.positions)

    def select(self, columns):
        """A table of some columns; positions are those of this table.

        Parameters
        ----------
        columns : sequence of int
            Positions.
        """
        columns = np.asarray(columns, dtype=np.intp)
        names = tuple(self.names[j] for j in columns)
        block = None
        if self._block is not None:
            block = (
                _canonical_csr(self._csc[:, columns])
                if self.is_sparse
                else (self._block[:, columns])
            )
        parts = None if self._columns is None else [self._columns[j] for j in columns]
        return Table(block, parts, names, self.n_rows, self.X, self.positions[columns])

    @cached_property
    def identifiers(self):
        """Names of the columns that number the rows: they tell nothing about what a row is like.

        All values are distinct, and they are either texts without spaces, or integers that are
        either sorted or so close together that chance would have repeated one.
        """
        if self.is_sparse:
            return ()
        if self._block is None:
            found = [column.is_identifier for column in self._columns]
        else:
            # A few rows tell most columns that are no whole numbers.
            head = self._block[:_HEAD_ROWS]
            whole = (head == np.floor(head)).all(axis=0)
            found = [w and counts_rows(self._block[:, j]) for j, w in enumerate(whole.tolist())]
        return tuple(name for name, is_one in zip(self.names, found, strict=True) if is_one)

    @property
    def described_columns(self):
        """Positions of the columns that describe rows: all but identifiers, or all if only those.

        Returns
        -------
        ndarray of int
        """
        identifiers = set(self.identifiers)
        columns = [j for j, name in enumerate(self.names) if name not in identifiers]
        return np.array(columns if columns else range(self.n_columns), dtype=np.intp)

    def levels_of_indicators(self):
        """Positions of the ones of every row, where all rows have equally many and else zeros.

        So are one-hot blocks side by side: the levels of the categories that they came from.

        Returns
        -------
        ndarray of shape (n_rows, n_ones), dtype int64, or None
        """
        if self._block is None or self.n_rows == 0:
            return None
        if self.is_sparse:
            counts, rows = np.diff(self._block.indptr), self._block
            if counts.min() != counts.max() or not (rows.data == 1).all():
                return None
            return rows.indices.reshape(self.n_rows, -1).astype(np.int64)
        for block in (self._block[:1], self._block):  # one row tells it of most tables
            ones = block == 1
            counts = ones.sum(axis=1)
            if counts.min() != counts.max() or not (ones | (block == 0)).all():
                return None
        return np.nonzero(ones)[1].reshape(self.n_rows, -1).astype(np.int64)

    @cached_property
    def hashes(self):
        """Keys of the rows over `described_columns`: a `RowHashes`."""
        return hash_rows(self, self.described_columns)

    @cached_property
    def equal_labels(self):
        """For every row, the first row that equals it in `described_columns`."""
        return equal_rows(self, self.hashes)

    # What `_core._row_hash` asks of a table.

    def add_to_keys(self, keys, columns, multipliers):
        """Add mixed words of some columns, times their multipliers, to the keys of all rows."""
        odd = multipliers[:, columns]
        if self._block is None:
            add_columns(keys, [self._columns[j].identity for j in columns], odd)
        elif self.is_sparse:
            self._add_entries(keys, columns, multipliers)
        elif len(columns) == self.n_columns:
            add_block(keys, self._block, odd)
        else:
            add_columns(keys, [self._block[:, j] for j in columns], odd)

    def _add_entries(self, keys, columns, multipliers):
        """Add the stored entries of a sparse matrix; the word of zero is zero."""
        wanted = np.zeros((len(multipliers), self.n_columns), dtype=np.uint64)
        wanted[:, columns] = multipliers[:, columns]
        indptr = self._block.indptr
        mean = max(1, len(self._block.data) // max(1, self.n_rows))
        step = max(1, BLOCK_VALUES // mean)
        for start in range(0, self.n_rows, step):
            rows = slice(start, min(start + step, self.n_rows))
            bounds = indptr[start : rows.stop + 1]
            stored = slice(bounds[0], bounds[-1])
            words = mix(words_of(self._block.data[stored]))
            entries = self._block.indices[stored]
            for which in range(len(multipliers)):
                # Differences of running sums are exact: the sums wrap round.
                sums = np.zeros(len(words) + 1, dtype=np.uint64)
                np.cumsum(words * wanted[which][entries], out=sums[1:])
                keys[rows, which] += np.diff(sums[bounds - bounds[0]])

    def mixed_column(self, j):
        """Mixed words of one column."""
        if self._block is None:
            return mix(words_of(self._columns[j].identity))
        if not self.is_sparse:
            return mix(words_of(self._block[:, j]))
        words = np.zeros(self.n_rows, dtype=np.uint64)
        stored = slice(*self._csc.indptr[j : j + 2])
        words[self._csc.indices[stored]] = mix(words_of(self._csc.data[stored]))
        return words

    def rows_equal(self, first, second, columns=None):
        """Whether rows are equal, pair by pair.

        Parameters
        ----------
        first, second : ndarray of shape (n_pairs,), dtype int
            Row numbers.
        columns : sequence of int, default=None
            Positions of the columns that count; None for all.

        Returns
        -------
        ndarray of shape (n_pairs,), dtype bool
        """
        columns = np.arange(self.n_columns) if columns is None else np.asarray(columns)
        equal = np.ones(len(first), dtype=bool)
        if self._block is None or _runs_by_column(self._block):
            for j in columns:
                values = self._identity(j)
                equal &= words_of(values[first]) == words_of(values[second])
            return equal
        if self.is_sparse:
            return self._stored_rows_equal(first, second, columns)
        every = len(columns) == self.n_columns
        step = max(1, BLOCK_VALUES // max(1, len(columns)))
        for start in range(0, len(first), step):
            part = slice(start, start + step)
            pairs = [
                words_of(self._block[rows] if every else self._block[np.ix_(rows, columns)])
                for rows in (first[part], second[part])
            ]
            equal[part] = (pairs[0] == pairs[1]).all(axis=1)
        return equal

    def _identity(self, j):
        """Values of one column whose equality is that of the column."""
        return self._block[:, j] if self._block is not None else self._columns[j].identity

    def _stored_rows_equal(self, first, second, columns):
        """Compare rows of a sparse matrix by their stored entries."""
        rows = self._block if len(columns) == self.n_columns else self._csc[:, columns].tocsr()
        lengths = np.diff(rows.indptr)
        equal = lengths[first] == lengths[second]
        same = np.flatnonzero(equal)
        one, other = rows[first[same]], rows[second[same]]
        differs = (one.indices != other.indices) | (words_of(one.data) != words_of(other.data))
        pair = np.repeat(np.arange(len(same)), lengths[first[same]])
        equal[same[pair[differs]]] = False
        return equal


def _as_array(X):
    """An array of two dimensions whose columns have a known equality."""
    if isinstance(X, np.ndarray):
        array = X
    else:
        try:
            array = np.asarray(X)
        except ValueError:  # rows or cells of different lengths
            array = np.asarray(X, dtype=object)
        if array.dtype.kind in "US" and not hasattr(X, "dtype"):
            # NumPy spells the numbers between texts in a list.
            array = np.asarray(X, dtype=object)
    if array.ndim == 0 or array.dtype.kind not in "biufOUSmM":
        raise TypeError(
            "X must be a table of numbers, texts, categories or times. Got "
            f"{type(X).__name__} of dtype {array.dtype}; pass an array, a sparse matrix or a "
            "dataframe of such columns."
        )
    if array.dtype.kind == "f" and array.dtype.itemsize > 8:
        array = array.astype(np.float64)
    if not array.size:
        raise ValueError(
            f"X has the shape {array.shape}: there is nothing to compare. Pass at least one row "
            "and one column."
        )
    return array[:, None] if array.ndim == 1 else array.reshape(len(array), -1)


def _kept_columns(names, ignore):
    """Positions of the columns that are not ignored."""
    if isinstance(ignore, str):
        ignore = [ignore]
    dropped = set()
    for column in ignore if ignore is not None else ():
        if isinstance(column, int | np.integer) and not isinstance(column, bool):
            found = [int(column)] if 0 <= column < len(names) else []
        else:
            found = [j for j, name in enumerate(names) if name == str(column)]
        if not found:
            raise ValueError(
                f"ignore names the column {column!r}, which X does not have. Its columns are "
                f"{named(names)}."
            )
        dropped.update(found)
    return np.array([j for j in range(len(names)) if j not in dropped], dtype=np.intp)


def _canonical_csr(X):
    """Rows of a sparse matrix: sorted, every entry once, no stored zeros; the user's is kept."""
    rows = X.tocsr()
    if rows.has_canonical_format and np.all(rows.data):
        return rows
    rows = rows.copy() if rows is X or np.shares_memory(rows.data, X.data) else rows
    rows.sum_duplicates()
    rows.eliminate_zeros()
    return rows


def _shared_block(X):
    """The array that a dataframe of pandas keeps, if it keeps one for all columns."""
    if not hasattr(X, "iloc") or X.shape[1] == 0:
        return None
    dtypes = {str(dtype) for dtype in X.dtypes}
    if len(dtypes) != 1 or not isinstance(X.dtypes.iloc[0], np.dtype):
        return None
    if X.dtypes.iloc[0].kind not in "biuf" or X.dtypes.iloc[0].itemsize > 8:
        return None
    array = X.to_numpy()
    return array if np.may_share_memory(array, X.iloc[:, 0].to_numpy()) else None


def _runs_by_column(block):
    """Whether the values of a column lie next to each other in memory."""
    return (
        isinstance(block, np.ndarray) and block.flags.f_contiguous and not block.flags.c_contiguous
    )
