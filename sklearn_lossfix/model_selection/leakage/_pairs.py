"""Pairs of rows as single numbers, so that each is kept once."""

import numpy as np


def pair_codes(one, other, n_rows):
    """One number per pair of rows, whichever comes first."""
    return np.minimum(one, other) * n_rows + np.maximum(one, other)


def unique_pairs(codes, n_rows):
    """Pairs of their numbers, each once, in order.

    Parameters
    ----------
    codes : list of ndarray of int
        As from `pair_codes`.
    n_rows : int
        Rows that there are.

    Returns
    -------
    ndarray of shape (n_pairs, 2), dtype int
        The lower row first.
    """
    if not codes:
        return np.empty((0, 2), dtype=np.intp)
    # Sorting integers is several times quicker than the hash table of numpy.unique.
    codes = np.concatenate(codes)
    codes.sort()
    first = np.ones(len(codes), dtype=bool)
    np.not_equal(codes[1:], codes[:-1], out=first[1:])
    codes = codes[first]
    return np.column_stack([codes // n_rows, codes % n_rows])
