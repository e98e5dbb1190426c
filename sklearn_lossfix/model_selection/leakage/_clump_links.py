"""Number the clumps of all rows, so that folds can keep each of them on one side."""

import numpy as np
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from sklearn_lossfix.exceptions import CheckNotApplicable
from sklearn_lossfix.model_selection.leakage._neighbours import n_affordable
from sklearn_lossfix.model_selection.leakage._scaled_rows import ScaledRows
from sklearn_lossfix.model_selection.leakage.hidden_entities import (
    MIN_COLUMNS,
    SQUASH,
    clumps_around,
    rows_apart,
)

#: Searches of neighbours that this may cost, about ten seconds each time: it is asked only where
#: clumps were seen around some rows, before refits that cost more. 20,000 rows of 300 columns.
N_SEARCHES = 10
#: Rows of different clumps whose numbers are compared: a window that holds one in a hundred of them
#: is known to two per cent.
N_PAIRS = 200_000
#: The window that holds this share of the differences in a clump, and one so many times as wide.
WINDOW_SHARE, WIDER = 0.9, 4.0
#: A column whose density of differences is so many times as high in the window as in the wider one
#: has levels: the geometric mean of no levels at all, 1, and of all in the window, `WIDER`.
LEVEL_RATIO = WIDER**0.5


def clump_links(data, n_parts):
    """Rows that are in one clump, or in clumps that share a row, have one number.

    Columns with levels do not count: rows on a grid come in clumps, and new rows will come in the
    same ones.

    Parameters
    ----------
    data : SplitData
        The table.
    n_parts : int
        Parts of equal size that the clumps are to be dealt into.

    Returns
    -------
    ndarray of shape (n_rows,), dtype int, or None
        From zero; a row that is in no clump has a number of its own. None where clumps cannot be
        looked for around all rows, where too few columns have no levels, or where clumps chain up
        to more rows than one part has.
    """
    try:
        rows, kept, rng = rows_apart(data, {})
    except CheckNotApplicable:
        return None
    if N_SEARCHES * n_affordable(rows) < rows.n_rows:
        return None
    pairs = _pairs_in_clumps(rows)
    codes = _components(pairs, rows.n_rows)
    levels = has_levels(rows.take(slice(None), SQUASH), pairs, codes, rng)
    if levels.any():
        if (~levels).sum() < MIN_COLUMNS:
            return None
        rows = ScaledRows(rows.table, np.flatnonzero(~levels), kept, rng)
        codes = _components(_pairs_in_clumps(rows), rows.n_rows)
    return None if np.bincount(codes).max() * n_parts > data.n_rows else codes


def has_levels(values, pairs, codes, rng):
    """Columns in which rows of different clumps agree as those of one clump do.

    The difference of two numbers that vary smoothly has a smooth density, so that a window around
    zero holds about a `WIDER`-th of one that is so many times as wide. Rows of different things
    that stand on the same levels are in the window or outside of both.

    Parameters
    ----------
    values : ndarray of shape (n_rows, n_columns)
        Numbers.
    pairs : ndarray of shape (n_pairs, 2), dtype int
        Rows of one clump.
    codes : ndarray of shape (n_rows,), dtype int
        Clump of every row.
    rng : numpy.random.Generator
        Draws pairs of rows of different clumps.

    Returns
    -------
    ndarray of shape (n_columns,), dtype bool
    """
    levels = np.zeros(values.shape[1], dtype=bool)
    if not len(pairs):
        return levels
    others = rng.integers(0, len(values), (N_PAIRS, 2))
    others = others[codes[others[:, 0]] != codes[others[:, 1]]]
    for j, column in enumerate(values.T):
        window = np.quantile(np.abs(column[pairs[:, 0]] - column[pairs[:, 1]]), WINDOW_SHARE)
        apart = np.abs(column[others[:, 0]] - column[others[:, 1]])
        n_near, n_wider = (apart <= window).sum(), (apart <= WIDER * window).sum()
        levels[j] = n_near * WIDER > LEVEL_RATIO * n_wider
    return levels


def _pairs_in_clumps(rows):
    """Every row with the rows of its clump, as positions."""
    around = clumps_around(rows, np.arange(rows.n_rows))
    row, which = np.nonzero(around.inside)
    return np.column_stack([row, around.neighbours[row, which]])


def _components(pairs, n_rows):
    """Number of the set of linked rows that each row is in."""
    ones = np.ones(len(pairs), dtype=np.int8)
    joined = coo_array((ones, (pairs[:, 0], pairs[:, 1])), shape=(n_rows, n_rows))
    return connected_components(joined, directed=False)[1].astype(np.intp)
