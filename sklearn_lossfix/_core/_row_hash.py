"""Find equal rows by two sums of 64 bits per row, which lose a column as easily as they gain one.

Every column gives a mixed word of 64 bits to a row; a key is the sum of these words, each times an
odd number that belongs to the column. So the key without a column is the key less one product.
"""

import numpy as np

# Odd number with well spread bits: 2^64 over the golden ratio, as in Fibonacci hashing (Knuth).
_SPREAD = np.uint64(0x9E3779B97F4A7C15)
# Floats of few digits differ in their upper bits only, sums of products need the lower ones.
_FOLD, _REFOLD = np.uint64(32), np.uint64(29)

# Seed of the odd numbers of the columns: fixed, so that keys are the same in every process.
_SEED = 0x5EED
# Values that are worked on at once: two such buffers of 64 bits stay in a core's cache.
BLOCK_VALUES = 1 << 16
# The same where columns are read one by one.
COLUMN_VALUES = 1 << 18
# The upper bits of a key by which most rows without an equal are set apart: for few rows so many
# that a table of them has 2^4 places a row, in 2^22 bytes of cache at most.
_SIEVE_BITS, _SPARE_BITS = 22, 4


def multipliers(n_columns):
    """Two odd numbers per column, the same for a column however many follow it.

    Returns
    -------
    ndarray of shape (2, n_columns), dtype uint64
    """
    draws = np.random.default_rng(_SEED).integers(0, 1 << 63, (n_columns, 2), dtype=np.uint64)
    return np.ascontiguousarray(draws.T) * np.uint64(2) + np.uint64(1)


def words_of(values, out=None):
    """Words of 64 bits that are equal exactly where values of a column are equal.

    All NaNs are equal, and -0.0 equals 0.0. The word of zero is zero.

    Parameters
    ----------
    values : ndarray of numbers
        Integers, booleans or floats of at most 64 bits.
    out : ndarray of the same shape, dtype uint64, default=None
        Where to write.

    Returns
    -------
    ndarray of the shape of `values`, dtype uint64
    """
    if out is None:
        out = np.empty(values.shape, dtype=np.uint64)
    if values.dtype.kind == "f":
        floats = out.view(np.float64)
        np.add(values, 0.0, out=floats)  # -0.0 + 0.0 is 0.0
        if floats.size and np.isnan(floats.min()):
            floats[np.isnan(floats)] = np.nan
    elif values.dtype.kind == "u":
        out[...] = values
    else:
        out.view(np.int64)[...] = values
    return out


def mix(words, scratch=None):
    """Spread the differences of words over all their bits, in place; zero stays zero."""
    scratch = np.empty_like(words) if scratch is None else scratch
    np.right_shift(words, _FOLD, out=scratch)
    words ^= scratch
    words *= _SPREAD
    np.right_shift(words, _REFOLD, out=scratch)
    words ^= scratch
    return words


class RowHashes:
    """Keys of rows.

    Parameters
    ----------
    source : object
        What was hashed: see `hash_rows`.
    keys : ndarray of shape (n_rows, 2), dtype uint64
        Equal for equal rows; unequal for others but for collisions, which are rarer than 1 in 2^60
        pairs.
    columns : ndarray of int
        Positions of the columns that were read.

    Attributes
    ----------
    keys, columns : ndarray
        As above.
    """

    def __init__(self, source, keys, columns):
        self._source = source
        self.keys = keys
        self.columns = columns

    def without(self, *columns):
        """Keys of the same rows without some columns.

        Parameters
        ----------
        *columns : int
            Positions; all among `columns`.

        Returns
        -------
        ndarray of shape (n_rows, 2), dtype uint64
        """
        missing = sorted(set(columns) - set(self.columns.tolist()))
        if missing:
            raise ValueError(f"columns {missing} were not hashed, so they cannot be taken away.")
        keys = self.keys.copy()
        for column in dict.fromkeys(columns):
            keys -= self.part(column)
        return keys

    def part(self, column, both=True):
        """What one column adds to the keys, of shape (n_rows, 2), or (n_rows,) of the first key."""
        mixed = self._source.mixed_column(column)
        odd = multipliers(column + 1)[:, column]
        return mixed[:, None] * odd if both else mixed * odd[0]


def hash_rows(source, columns=None):
    """Hash the rows of a table.

    Parameters
    ----------
    source : object
        With ``n_rows``, ``n_columns``; ``add_to_keys(keys, columns, multipliers)``, which adds
        mixed words times multipliers; ``mixed_column(j)``; and ``rows_equal(first, second)``.
    columns : sequence of int, default=None
        Positions of columns to read; None for all.

    Returns
    -------
    RowHashes
    """
    wanted = np.arange(source.n_columns) if columns is None else np.unique(columns).astype(np.intp)
    keys = np.zeros((source.n_rows, 2), dtype=np.uint64)
    source.add_to_keys(keys, wanted, multipliers(source.n_columns))
    return RowHashes(source, keys, wanted)


def add_block(keys, block, odd):
    """Add the words of a table of numbers to keys, a few rows at a time.

    Parameters
    ----------
    keys : ndarray of shape (n_rows, n_keys), dtype uint64
        Changed in place.
    block : ndarray of shape (n_rows, n_columns)
        Numbers, in any memory order.
    odd : ndarray of shape (n_keys, n_columns), dtype uint64
        Multipliers of these columns.
    """
    n_rows, n_columns = block.shape
    if not n_columns:
        return
    step = max(1, BLOCK_VALUES // n_columns)
    words = np.empty((min(step, n_rows), n_columns), dtype=np.uint64)
    scratch = np.empty_like(words)
    odd = np.ascontiguousarray(odd)
    used = np.flatnonzero(odd.any(axis=1))
    for start in range(0, n_rows, step):
        rows = slice(start, min(start + step, n_rows))
        part = words[: rows.stop - start]
        mix(words_of(block[rows], out=part), scratch[: len(part)])
        # NumPy multiplies and sums integers in one pass here, without a table of products.
        for which in used:
            keys[rows, which] += np.einsum("ij,j->i", part, odd[which])


def add_columns(keys, columns, odd):
    """Add the words of single columns to keys, a few rows at a time.

    Parameters
    ----------
    keys : ndarray of shape (n_rows, n_keys), dtype uint64
        Changed in place.
    columns : list of ndarray of shape (n_rows,)
        Numbers of any dtype.
    odd : ndarray of shape (n_keys, n_columns), dtype uint64
        Multipliers of these columns.
    """
    if not columns:
        return
    n_rows = len(keys)
    used = np.flatnonzero(odd.any(axis=1))
    # Enough rows that calls cost little; they may be slices of one table that has to stay near.
    step = min(max(1, n_rows), max(1024, COLUMN_VALUES // len(columns)))
    words = np.empty((len(columns), step), dtype=np.uint64)
    scratch = np.empty_like(words)
    for start in range(0, n_rows, step):
        rows = slice(start, min(start + step, n_rows))
        part = words[:, : rows.stop - start]
        for column, out in zip(columns, part, strict=True):
            words_of(column[rows], out=out)
        mix(part, scratch[:, : rows.stop - start])
        for which in used:
            keys[rows, which] += np.einsum("ji,j->i", part, odd[which])


def repeated(keys):
    """Rows whose key another row has, and the order that brings equal keys together.

    Parameters
    ----------
    keys : ndarray of shape (n_rows,), dtype uint64

    Returns
    -------
    rows : ndarray of int
        Sorted by key.
    starts : ndarray of int
        Where each key begins in `rows`.
    """
    ordered = np.sort(keys)
    twice = ordered[1:][ordered[1:] == ordered[:-1]]
    if not twice.size:
        return np.empty(0, dtype=np.intp), np.empty(0, dtype=np.intp)
    rows = sieved_rows(keys, twice)
    rows = rows[np.argsort(keys[rows])]
    found = keys[rows]
    same = found[1:] == found[:-1]
    kept = np.concatenate([[False], same]) | np.concatenate([same, [False]])
    rows = rows[kept]
    found = found[kept]
    return rows, np.flatnonzero(np.concatenate([[True], found[1:] != found[:-1]]))


def sieved_rows(keys, wanted, n_bits=64):
    """Rows whose key is one of some, and few others: it saves sorting all.

    Parameters
    ----------
    keys : ndarray of shape (n_rows,), dtype uint64
        Well mixed in their upper bits.
    wanted : ndarray of uint64
        Some of the keys.
    n_bits : int, default=64
        Bits of a key that may be set.

    Returns
    -------
    ndarray of int
        Rising; all rows where many are wanted.
    """
    if wanted.size >= len(keys) // 4:
        return np.arange(len(keys))
    # A table of the upper bits of the wanted keys passes few others.
    sieve_bits = min(_SIEVE_BITS, len(keys).bit_length() + _SPARE_BITS)
    shift = np.uint64(max(0, int(n_bits) - sieve_bits))
    sieve = np.zeros(1 << sieve_bits, dtype=bool)
    sieve[wanted >> shift] = True
    return np.flatnonzero(sieve[keys >> shift])


def equal_rows(source, hashes=None):
    """Number rows so that two have one number exactly if they are equal in the hashed columns.

    Equal keys are not believed: the rows themselves are compared.

    Parameters
    ----------
    source : object
        As for `hash_rows`.
    hashes : RowHashes, default=None
        Keys of these rows; None to make them of all columns.

    Returns
    -------
    ndarray of shape (n_rows,), dtype int
        The number of the first row that is equal.
    """
    hashes = hash_rows(source) if hashes is None else hashes
    labels = np.arange(source.n_rows)
    rows, starts = repeated(hashes.keys[:, 0])
    group = np.repeat(np.arange(len(starts)), np.diff(np.append(starts, len(rows))))
    while rows.size:
        starts = np.flatnonzero(np.append(True, group[1:] != group[:-1]))
        sizes = np.diff(np.append(starts, len(rows)))
        leaders = np.repeat(np.minimum.reduceat(rows, starts), sizes)
        equal = source.rows_equal(leaders, rows, hashes.columns)
        labels[rows[equal]] = leaders[equal]
        # What differs from the leader shares its key by collision: it is led by another row.
        rows, group = rows[~equal], group[~equal]
    return labels
