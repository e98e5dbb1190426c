"""Columns that are exactly uncorrelated: components of a PCA, or whitened columns."""

import numpy as np

# Columns that are compared with each other: the first, as components come in order. 200 at
# 100,000 rows cost 4e9 multiplications.
MAX_COLUMNS = 200
# Values that are read at a time.
BLOCK_VALUES = 1 << 21


def correlations(table, columns, rows=None):
    """Correlations of some columns without missing values.

    Parameters
    ----------
    table : Table
        Features.
    columns : sequence of int
        Positions of columns of numbers.
    rows : ndarray of int, default=None
        Rows that count; None for all.

    Returns
    -------
    ndarray of shape (n_columns, n_columns)
        Accurate to about 1e-14 for columns that were centred.
    """
    n_rows = table.n_rows if rows is None else len(rows)
    step = max(1, BLOCK_VALUES // max(1, len(columns)))
    total = np.zeros(len(columns))
    products = np.zeros((len(columns), len(columns)))
    for start in range(0, n_rows, step):
        part = slice(start, min(start + step, n_rows))
        block = table.take(part if rows is None else rows[part]).numbers(columns)
        total += block.sum(axis=0)
        products += block.T @ block
    products -= np.outer(total, total) / n_rows
    size = np.sqrt(np.diag(products))
    return products / np.outer(size, size)


def uncorrelated_pairs(table, columns, errors):
    """Pairs of columns whose correlation is zero on all rows, up to rounding.

    Parameters
    ----------
    table : Table
        Features.
    columns : sequence of int
        Positions of centred columns of numbers without missing values; the first 200 are read.
    errors : ndarray of shape (n_columns,)
        Relative rounding error of each.

    Returns
    -------
    ndarray of shape (n_pairs, 2), dtype int
        Positions in `columns`, the lesser first.
    """
    columns = np.asarray(columns, dtype=np.intp)[:MAX_COLUMNS]
    errors = np.asarray(errors)[:MAX_COLUMNS]
    if len(columns) < 2:
        return np.empty((0, 2), dtype=np.intp)
    close = np.abs(correlations(table, columns)) <= np.maximum.outer(errors, errors)
    return np.argwhere(np.triu(close, 1))
