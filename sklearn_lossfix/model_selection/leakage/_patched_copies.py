"""Pairs of rows that are equal in half of their numbers or more, though not in nearly all.

They may be copies in which several cells were changed, or several rows of one person or thing that
share what does not change. Two rows hardly ever agree in one column of many different numbers, let
alone in several.
"""

import numpy as np
from scipy.stats import poisson

from sklearn_lossfix._core._row_hash import repeated
from sklearn_lossfix.model_selection.leakage._partial_copies import block_keys, deal_units

#: A column tells rows apart if fewer pairs agree in it: 100 or more values that are about as
#: frequent. Fewer columns of the kind than this are not enough to agree in half of them by design.
TELLING_AGREEMENT, MIN_TELLING = 0.01, 4
#: Blocks of columns: rows with up to three changed cells agree in one of four. Each has to tell
#: rows apart by at least two columns, lest equal rows are hidden among others.
MAX_BLOCKS, COLUMNS_PER_BLOCK = 4, 2
#: Rows among which agreement is counted.
COUNTED_ROWS = 10_000


def patched_pairs(table, columns, rows):
    """Pairs of rows that are equal in at least half of the telling columns.

    Parameters
    ----------
    table : Table
        All rows.
    columns : ndarray of int
        Positions that may count.
    rows : ndarray of shape (n,), dtype int
        Row numbers among which pairs are looked for, none of which are equal.

    Returns
    -------
    pairs : ndarray of shape (n_pairs, 2), dtype int
        Row numbers; of many rows that agree in one block neighbours are paired only.
    expected : float
        Pairs that independent columns would give.
    n_columns : int
        Telling columns; 0 if they are too few.
    """
    none = np.empty((0, 2), dtype=np.intp)
    agreement, n_distinct = _agreement(table, columns, rows)
    telling = agreement <= TELLING_AGREEMENT
    columns, agreement, n_distinct = columns[telling], agreement[telling], n_distinct[telling]
    if len(columns) < MIN_TELLING:
        return none, 0.0, 0
    n_blocks = min(MAX_BLOCKS, len(columns) // COLUMNS_PER_BLOCK)
    block = deal_units(n_distinct, np.arange(len(columns)), n_blocks)
    keys = block_keys(table, columns, block)[:, rows]
    found = []
    for key in keys:
        order, starts = repeated(key)
        if not order.size:
            continue
        follows = np.ones(len(order), dtype=bool)
        follows[starts] = False
        at = np.flatnonzero(follows)
        found.append(np.sort(np.column_stack([order[at - 1], order[at]]), axis=1))
    pairs = rows[np.unique(np.concatenate(found), axis=0)] if found else none
    n_equal = np.zeros(len(pairs), dtype=np.intp)
    for j in columns:
        n_equal += table.rows_equal(pairs[:, 0], pairs[:, 1], [j])
    n_pairs = len(rows) * (len(rows) - 1) / 2
    expected = n_pairs * chance_of_half(agreement)
    return pairs[2 * n_equal >= len(columns)], float(expected), len(columns)


def _agreement(table, columns, rows):
    """Share of the pairs that agree in every column, and its number of distinct values."""
    step = max(1, len(rows) // COUNTED_ROWS)
    sample = table.take(rows[::step])
    agreement, n_distinct = np.ones(len(columns)), np.ones(len(columns), dtype=np.intp)
    for k, j in enumerate(columns):
        counts = np.unique(sample.column(j), return_counts=True)[1].astype(np.float64)
        n = counts.sum()
        agreement[k] = (counts * (counts - 1)).sum() / max(1.0, n * (n - 1))
        n_distinct[k] = len(counts)
    return agreement, n_distinct


def chance_of_half(agreement):
    """Chance that at least half of independent events happen.

    Parameters
    ----------
    agreement : ndarray of shape (n_columns,), dtype float64
        Their chances.

    Returns
    -------
    float
    """
    law = np.ones(1)
    for chance in agreement:
        law = np.convolve(law, [1 - chance, chance])
    return float(law[-(-len(agreement) // 2) :].sum())


def are_more_than_chance(n_pairs, expected, alpha):
    """Whether so many pairs are no chance (Poisson)."""
    return bool(poisson.sf(n_pairs - 1, expected) <= alpha)
