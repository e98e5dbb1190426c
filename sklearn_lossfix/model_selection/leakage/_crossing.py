"""Linked rows on both sides of a fold."""

import numpy as np


def crossing_rows(links, folds, limit):
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

    Returns
    -------
    per_fold : ndarray of shape (n_folds,), dtype int
        Number of such test rows.
    pairs : ndarray of shape (n_pairs, 3), dtype int
        Fold, training row, test row.
    """
    per_fold = np.zeros(len(folds), dtype=np.intp)
    kept = []
    known = np.full(int(links.max(initial=-1)) + 1, -1, dtype=np.intp)
    for number, (train, test) in enumerate(folds):
        # Backwards: of several training rows the first one stays.
        train = train[links[train] >= 0][::-1]
        test = test[links[test] >= 0]
        known[links[train]] = train
        partner = known[links[test]]
        crosses = np.flatnonzero(partner >= 0)
        per_fold[number] = len(crosses)
        crosses = crosses[:limit]
        fold = np.full(len(crosses), number, dtype=np.intp)
        kept.append(np.column_stack([fold, partner[crosses], test[crosses]]))
        known[links[train]] = -1
    return per_fold, _share_out(kept, limit)


def _share_out(kept, limit):
    """The first rows of every block, `limit` in all, shared as evenly as the blocks allow."""
    rank = np.concatenate([np.arange(len(block)) for block in kept] or [np.empty(0, dtype=int)])
    rows = np.concatenate(kept or [np.empty((0, 3), dtype=np.intp)])
    chosen = np.sort(np.argsort(rank, kind="stable")[:limit])
    return rows[chosen].astype(np.intp)


def n_tested(folds):
    """Number of tests of a row: rows that are tested in several folds count as often."""
    return sum(len(test) for _, test in folds)
