"""Linked rows on both sides of a fold."""

import numpy as np


def crossing_rows(links, folds, limit, met=None):
    """Test rows that share a number with a training row of their fold.

    Parameters
    ----------
    links : ndarray of shape (n_rows,), dtype int
        Rows that belong together have one number, 0 or greater; a negative number belongs to no
        other row.
    folds : sequence of (train, test) pairs of int arrays
        Row numbers.
    limit : int
        Most pairs that are given back; every fold gets its share, and what other folds leave.
    met : ndarray of shape (n_numbers,), dtype bool, default=None
        Gets True for the numbers that stand on both sides of a fold.

    Returns
    -------
    per_fold : ndarray of shape (n_folds,), dtype int
        Number of such test rows.
    pairs : ndarray of shape (n_pairs, 3), dtype int
        Fold, training row, test row.
    """
    per_fold = np.zeros(len(folds), dtype=np.intp)
    kept = []
    n_links = int(links.max(initial=-1)) + 1
    are_linked = links.min(initial=0) >= 0
    for number, (train, test) in enumerate(folds):
        if not are_linked:
            train, test = train[links[train] >= 0], test[links[test] >= 0]
        trained, tested = links[train], links[test]
        is_known = np.zeros(n_links, dtype=bool)
        is_known[trained] = True
        crosses = np.flatnonzero(is_known[tested])
        per_fold[number] = len(crosses)
        if met is not None:
            met[tested[crosses]] = True
        crosses = crosses[:limit]
        partner = _first_rows(train, trained, tested[crosses], is_known)
        fold = np.full(len(crosses), number, dtype=np.intp)
        kept.append(np.column_stack([fold, partner, test[crosses]]))
    return per_fold, _share_out(kept, limit)


def _first_rows(rows, links, wanted, buffer):
    """The first of some rows with each wanted number; uses up a buffer of one bool a number."""
    if not len(wanted):
        return np.empty(0, dtype=np.intp)
    buffer[:] = False
    buffer[wanted] = True
    at = np.flatnonzero(buffer[links])
    numbers, first = np.unique(links[at], return_index=True)
    return rows[at[first[np.searchsorted(numbers, wanted)]]]


def _share_out(kept, limit):
    """The first rows of every block, `limit` in all, shared as evenly as the blocks allow."""
    rank = np.concatenate([np.arange(len(block)) for block in kept] or [np.empty(0, dtype=int)])
    rows = np.concatenate(kept or [np.empty((0, 3), dtype=np.intp)])
    chosen = np.sort(np.argsort(rank, kind="stable")[:limit])
    return rows[chosen].astype(np.intp)


def n_tested(folds):
    """Number of tests of a row: rows that are tested in several folds count as often."""
    return sum(len(test) for _, test in folds)
