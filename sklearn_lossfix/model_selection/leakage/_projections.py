"""Pairs of close rows by locality-sensitive hashing.

Random projections of a row, cut into cells of one width with a random shift, fall into equal cells
for close rows (Datar, Immorlica, Indyk and Mirrokni 2004, *Locality-sensitive hashing scheme based
on p-stable distributions*). Inside a cell rows are sorted by one more projection, so that close
rows stay neighbours where cells are full.
"""

import numpy as np

from sklearn_lossfix._core._row_hash import sieved_rows
from sklearn_lossfix.model_selection.leakage._pairs import pair_codes, unique_pairs

#: Independent tables, and projections whose cells must agree in one.
N_TABLES, N_PROJECTIONS = 6, 10
#: Width of a cell in units of the radius. A projection of two rows at the radius differs by 0.8
#: radii on average, so that one table misses 1 - (1 - 0.8 / 16)^10 = 40 % of the pairs at the
#: radius and all six 0.4 %; of pairs at half the radius 0.01 %.
WIDTH = 16.0
#: A row is compared with so many that follow it in its cell.
N_FOLLOWING = 2

#: Rows that are projected at once: their cells stay in a core's cache.
PROJECTED_ROWS = 1 << 11
#: Bits of a sort key that tell the cell; the others hold the place inside it.
_CELL_BITS = np.uint64(40)
_PLACE_BITS = np.uint64(24)
#: Cells are numbered from -2^11 to 2^11, numbers times multipliers below 2^38, added over at most
#: 2^4 projections, are exact in float64, so that a matrix product can hash them.
_LAST_CELL, _MULTIPLIERS = 2.0**11 - 1, 2**38
_ODD = np.uint64(0x9E3779B97F4A7C15)


def close_pairs(rows, radius, rng, context=None):
    """Candidates for pairs of rows within a root mean square distance.

    Parameters
    ----------
    rows : ScaledRows
        The points.
    radius : float
        Distance.
    rng : numpy.random.Generator
        Draws projections.
    context : ndarray of shape (n_rows,), dtype uint64, default=None
        Words that must be equal too.

    Returns
    -------
    ndarray of shape (n_pairs, 2), dtype int
        Positions, the lower first, each pair once. Not yet compared.
    """
    n = rows.n_rows
    axes = rng.standard_normal((rows.n_columns, N_TABLES * N_PROJECTIONS + 1))
    # The square root makes a projected difference as large as the root mean square distance.
    axes = (axes / np.sqrt(rows.n_varying)).astype(np.float32)
    axes[:, :-1] /= WIDTH * radius
    shifts = rng.random(N_TABLES * N_PROJECTIONS, dtype=np.float32)
    hashing = np.zeros((N_TABLES * N_PROJECTIONS, N_TABLES))
    for table in range(N_TABLES):
        part = slice(table * N_PROJECTIONS, (table + 1) * N_PROJECTIONS)
        hashing[part, table] = rng.integers(1, _MULTIPLIERS, N_PROJECTIONS)
    keys = np.empty((N_TABLES, n), dtype=np.uint64)
    place = np.empty(n, dtype=np.float32)
    whole = np.empty((PROJECTED_ROWS, N_TABLES * N_PROJECTIONS))
    for start in range(0, n, PROJECTED_ROWS):
        part = slice(start, min(start + PROJECTED_ROWS, n))
        projected = rows.take(part).astype(np.float32) @ axes
        place[part] = projected[:, -1]
        cells = projected[:, :-1]
        cells += shifts
        np.floor(cells, out=cells)
        numbers = whole[: len(cells)]
        np.clip(cells, -_LAST_CELL, _LAST_CELL, out=numbers)
        # Whole numbers wrap round as integers do.
        keys[:, part] = (numbers @ hashing).T.astype(np.int64).view(np.uint64)
    place_bits = _rank_words(place)
    found = []
    for key in keys:
        if context is not None:
            key += context
        key *= _ODD
        key &= ~np.uint64((1 << int(_PLACE_BITS)) - 1)
        key |= place_bits
        found.append(_following(key, n))
    return unique_pairs(found, n)


def _rank_words(place):
    """Places as integers of `_PLACE_BITS` bits that keep their order, as far as those bits tell."""
    # The bits of floats, as integers, are ordered as the floats are, but for the sign.
    words = place.view(np.int32).astype(np.int64)
    words = np.where(words < 0, -(words & 0x7FFFFFFF), words) + (1 << 31)
    return words.astype(np.uint64) >> (np.uint64(32) - _PLACE_BITS)


def _following(key, n):
    """Codes of the pairs of rows that follow each other in one cell."""
    rows = _shared_rows(key)
    rows = rows[np.argsort(key[rows])]
    cell = key[rows] >> _PLACE_BITS
    found = []
    for step in range(1, N_FOLLOWING + 1):
        at = np.flatnonzero(cell[step:] == cell[:-step])
        found.append(pair_codes(rows[at], rows[at + step], n))
    return np.concatenate(found)


def _shared_rows(key):
    """Rows whose cell another row has, and few others: keys alone sort quicker than with rows."""
    ordered = np.sort(key)
    ordered >>= _PLACE_BITS
    return sieved_rows(key >> _PLACE_BITS, ordered[1:][ordered[1:] == ordered[:-1]], _CELL_BITS)
