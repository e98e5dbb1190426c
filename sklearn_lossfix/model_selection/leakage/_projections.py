"""Pairs of close rows by locality-sensitive hashing.

Random projections of a row, cut into cells of one width with a random shift, fall into equal cells
for close rows (Datar, Immorlica, Indyk and Mirrokni 2004, *Locality-sensitive hashing scheme based
on p-stable distributions*). Inside a cell rows are sorted by one more projection, so that close
rows stay neighbours where cells are full.
"""

import numpy as np

from sklearn_lossfix._core._row_hash import sieved_rows
from sklearn_lossfix.model_selection.leakage._pairs import pair_codes, unique_pairs

#: Most projections whose cells must agree in one table. As few are taken as leave, in a cell of
#: one row, at most this number of others by chance: the fewer, the fewer close rows a table parts.
MAX_PROJECTIONS, CROWDING = 10, 0.25
#: Width of a cell in units of the radius. A projection of two rows at the radius differs by 0.8
#: radii on average, so that one table of k projections misses 1 - (1 - 0.8 / 16)^k of the pairs at
#: the radius: 40 % of ten, 23 % of five. Independent tables are drawn until all of them miss at
#: most the share below, six of ten projections and four of five; of pairs at half the radius they
#: miss 0.01 %.
WIDTH, MEAN_DIFFERENCE, MISSED = 16.0, 0.8, 0.005
#: A row is compared with so many that follow it in its cell.
N_FOLLOWING = 2
#: Projections of rows at the radius differ by more radii than this in 6 of 100,000 pairs.
REACH = 4.0
#: Rows from which crowding is told, and pairs in one cell that are enough to count.
CROWD_ROWS, MIN_CROWD_PAIRS = 1000, 30

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
    reach = REACH * radius
    # The square root makes a projected difference as large as the root mean square distance.
    width = WIDTH * radius * np.sqrt(rows.n_varying)
    first = rng.standard_normal((rows.n_columns, MAX_PROJECTIONS)) / width
    n_projections = least_projections(_some_cells(rows, first), n)
    n_tables = tables_needed(n_projections)
    n_axes = n_projections * n_tables
    axes = rng.standard_normal((rows.n_columns, n_axes + 1)) / width
    axes[:, -1] *= WIDTH * radius
    shifts = rng.random(n_axes, dtype=np.float32)
    hashing = np.zeros((n_axes, n_tables))
    for table in range(n_tables):
        part = slice(table * n_projections, (table + 1) * n_projections)
        hashing[part, table] = rng.integers(1, _MULTIPLIERS, n_projections)
    keys = np.empty((n_tables, n), dtype=np.uint64)
    place = np.empty(n, dtype=np.float32)
    whole = np.empty((PROJECTED_ROWS, n_axes))
    for part, projected in rows.projected(axes, PROJECTED_ROWS):
        place[part] = projected[:, -1]
        cells = projected[:, :-1]
        cells += shifts
        np.floor(cells, out=cells)
        numbers = whole[: len(cells)]
        np.clip(cells, -_LAST_CELL, _LAST_CELL, out=numbers)
        # Whole numbers wrap round as integers do.
        keys[:, part] = (numbers @ hashing).T.astype(np.int64).view(np.uint64)
    context = rows.with_patterns(context)
    place_bits = _rank_words(place)
    found = []
    for key in keys:
        if context is not None:
            key += context
        key *= _ODD
        key &= ~np.uint64((1 << int(_PLACE_BITS)) - 1)
        key |= place_bits
        found.append(_following(key, place, reach))
    return unique_pairs(found, n)


def _some_cells(rows, axes):
    """Cells of some rows on every axis, of shape (n_rows, n_axes), dtype int64."""
    chosen = np.linspace(0, rows.n_rows - 1, min(CROWD_ROWS, rows.n_rows), dtype=np.intp)
    return np.clip(np.floor(rows.take(chosen) @ axes), -_LAST_CELL, _LAST_CELL).astype(np.int64)


def least_projections(cells, n_rows):
    """Projections after which few rows share a cell by chance; all of them where none suffice.

    Parameters
    ----------
    cells : ndarray of shape (n_some, n_projections), dtype int64
        Cells of some rows.
    n_rows : int
        Rows that there are.

    Returns
    -------
    int
        From one to `n_projections`.
    """
    n_some, n_projections = cells.shape
    all_pairs = n_some * (n_some - 1) / 2
    words = np.zeros(n_some, dtype=np.uint64)
    rate = step = 1.0
    for k in range(n_projections):
        words = words * _ODD + cells[:, k].view(np.uint64)
        counts = np.unique(words, return_counts=True)[1]
        n_pairs = (counts * (counts - 1) // 2).sum()
        if n_pairs >= MIN_CROWD_PAIRS:
            seen = n_pairs / all_pairs
            step, rate = seen / rate, seen
        else:  # too few to count: each projection parts as many as the last that could be seen
            rate = min(rate * step, MIN_CROWD_PAIRS / all_pairs)
        if rate * n_rows / 2 <= CROWDING:
            return k + 1
    return n_projections


def tables_needed(n_projections):
    """Independent tables of some projections that together miss few pairs at the radius."""
    missed = 1 - (1 - MEAN_DIFFERENCE / WIDTH) ** n_projections
    return int(np.ceil(np.log(MISSED) / np.log(missed)))


def _rank_words(place):
    """Places as integers of `_PLACE_BITS` bits that keep their order, as far as those bits tell."""
    # The bits of floats, as integers, are ordered as the floats are, but for the sign.
    words = place.view(np.int32).astype(np.int64)
    words = np.where(words < 0, -(words & 0x7FFFFFFF), words) + (1 << 31)
    return words.astype(np.uint64) >> (np.uint64(32) - _PLACE_BITS)


def _following(key, place, reach):
    """Codes of the pairs of rows that follow each other in one cell, at most `reach` apart."""
    rows = _shared_rows(key)
    rows = rows[np.argsort(key[rows])]
    cell, place = key[rows] >> _PLACE_BITS, place[rows]
    found = []
    for step in range(1, N_FOLLOWING + 1):
        # Places rise inside a cell, but for the digits that keys leave out.
        with np.errstate(over="ignore", invalid="ignore"):
            are_near = np.abs(place[step:] - place[:-step]) <= reach
        at = np.flatnonzero((cell[step:] == cell[:-step]) & are_near)
        found.append(pair_codes(rows[at], rows[at + step], len(key)))
    return np.concatenate(found)


def _shared_rows(key):
    """Rows whose cell another row has, and few others: keys alone sort quicker than with rows."""
    ordered = np.sort(key)
    ordered >>= _PLACE_BITS
    return sieved_rows(key >> _PLACE_BITS, ordered[1:][ordered[1:] == ordered[:-1]], _CELL_BITS)
