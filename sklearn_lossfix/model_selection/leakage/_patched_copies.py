"""Pairs of rows that are equal in half of their numbers or more, though not in nearly all.

They may be copies in which several cells were changed, or several rows of one person or thing that
share what does not change. Two rows hardly ever agree in one column of many different numbers, let
alone in several.
"""

from dataclasses import dataclass

import numpy as np
from scipy.stats import poisson

from sklearn_lossfix._core._row_hash import repeated
from sklearn_lossfix.model_selection.leakage._partial_copies import deal_units

#: A column tells rows apart if fewer pairs agree in it: 100 or more values that are about as
#: frequent. Fewer columns of the kind than this are not enough to agree in half of them by design.
TELLING_AGREEMENT, MIN_TELLING = 0.01, 4
#: Blocks of columns: rows with up to three changed cells agree in one of four. Each has to tell
#: rows apart by at least two columns, lest equal rows are hidden among others.
MAX_BLOCKS, COLUMNS_PER_BLOCK = 4, 2


@dataclass(frozen=True, eq=False)
class TellingColumns:
    """Columns of so many different values that rows hardly ever agree in one by chance.

    Attributes
    ----------
    columns : ndarray of int
        Positions in the table; none if there are too few.
    agreement : ndarray of the same shape, dtype float64
        Share of the pairs of rows that agree.
    block : ndarray of int
        For each of the columns that were asked about the block it is dealt into; -1 for none.
    """

    columns: np.ndarray
    agreement: np.ndarray
    block: np.ndarray


def telling_columns(columns, agreement, n_distinct):
    """Choose the columns that tell rows apart, and deal them into blocks.

    Parameters
    ----------
    columns : ndarray of int
        Positions in the table.
    agreement, n_distinct : ndarray of the same shape
        As from `value_agreement`, of rows none of which are equal.

    Returns
    -------
    TellingColumns
    """
    telling = np.flatnonzero(agreement <= TELLING_AGREEMENT)
    block = np.full(len(columns), -1)
    if len(telling) < MIN_TELLING:
        return TellingColumns(columns[:0], agreement[:0], block)
    n_blocks = min(MAX_BLOCKS, len(telling) // COLUMNS_PER_BLOCK)
    block[telling] = deal_units(n_distinct[telling], np.arange(len(telling)), n_blocks)
    return TellingColumns(columns[telling], agreement[telling], block)


def patched_pairs(table, telling, keys, rows):
    """Pairs of rows that are equal in at least half of the telling columns.

    Parameters
    ----------
    table : Table
        All rows.
    telling : TellingColumns
        What counts.
    keys : ndarray of shape (n_blocks, n_rows), dtype uint64
        As from `block_keys`, of all rows.
    rows : ndarray of shape (n,), dtype int
        Row numbers among which pairs are looked for, none of which are equal.

    Returns
    -------
    pairs : ndarray of shape (n_pairs, 2), dtype int
        Row numbers; of many rows that agree in one block neighbours are paired only.
    expected : float
        Pairs that independent columns would give.
    """
    found = []
    for key in keys:
        order, starts = repeated(key if len(rows) == len(key) else key[rows])
        if not order.size:
            continue
        follows = np.ones(len(order), dtype=bool)
        follows[starts] = False
        at = np.flatnonzero(follows)
        found.append(np.sort(np.column_stack([order[at - 1], order[at]]), axis=1))
    none = np.empty((0, 2), dtype=np.intp)
    pairs = rows[np.unique(np.concatenate(found), axis=0)] if found else none
    n_equal = np.zeros(len(pairs), dtype=np.intp)
    for j in telling.columns if len(pairs) else ():
        n_equal += table.rows_equal(pairs[:, 0], pairs[:, 1], [j])
    n_pairs = len(rows) * (len(rows) - 1) / 2
    expected = n_pairs * chance_of_half(telling.agreement)
    return pairs[2 * n_equal >= len(telling.columns)], float(expected)


def value_agreement(values):
    """Share of the pairs of rows that agree in every column, and its number of distinct values.

    Parameters
    ----------
    values : list of ndarray of shape (n_rows,)
        Columns.

    Returns
    -------
    agreement : ndarray of shape (n_columns,), dtype float64
    n_distinct : ndarray of shape (n_columns,), dtype int
    """
    agreement, n_distinct = np.zeros(len(values)), np.zeros(len(values), dtype=np.intp)
    for k, column in enumerate(values):
        ordered = np.sort(column)
        same = ordered[1:] == ordered[:-1]
        if ordered.dtype.kind == "f" and len(ordered) and np.isnan(ordered[-1]):
            same |= np.isnan(ordered[:-1])  # they stand last
        n, n_same = len(ordered), np.count_nonzero(same)
        n_distinct[k] = n - n_same
        if n_same:
            ends = np.flatnonzero(np.concatenate([[True], ~same, [True]]))
            counts = np.diff(ends).astype(np.float64)
            agreement[k] = (counts * (counts - 1)).sum() / (n * (n - 1.0))
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
