"""Bootstrap samples as counts per row, shared by everything that is compared."""

import numpy as np

# Draws of a class until one leaves some of its units out; with two units every second one does.
_MAX_DRAWS = 50


def bootstrap_counts(y, unit, n_bootstrap, seed):
    """Draw how often each row stands in each bootstrap sample.

    Where every unit is of one class, units are drawn within their class (a stratified bootstrap),
    and drawn again until some of them are left out: a metric judged on what was left out then
    always sees every class that has two units or more. Otherwise units are drawn together.

    Parameters
    ----------
    y : ndarray of shape (n_rows,), integer
        Class codes.
    unit : ndarray of shape (n_rows,), integer
        Codes, 0 to n_units - 1, of what was drawn independently: rows, or groups of rows.
    n_bootstrap : int
        Number of samples.
    seed : int
        Seed of the draws.

    Returns
    -------
    counts : ndarray of shape (n_bootstrap, n_rows), dtype uint8
        Zero where the row's unit was left out. A unit is drawn about once: 255 times never occurs.
    """
    rng = np.random.default_rng(seed)
    n_units = int(unit.max()) + 1
    strata = _strata(y, unit, n_units)
    counts = np.zeros((n_bootstrap, n_units), dtype=np.uint8)
    for sample in counts:
        for members in strata:
            sample[members] = _drawn(rng, len(members))
    return counts[:, unit]


def _strata(y, unit, n_units):
    """Units of each class where no unit has two classes, else all units together.

    In the order of their first units: what is drawn does not depend on how classes are called.
    """
    lowest = np.full(n_units, np.iinfo(np.intp).max)
    highest = np.full(n_units, -1)
    np.minimum.at(lowest, unit, y)
    np.maximum.at(highest, unit, y)
    if (lowest != highest).any():
        return [np.arange(n_units)]
    strata = [np.flatnonzero(lowest == k) for k in np.unique(lowest)]
    return sorted(strata, key=lambda members: members[0])


def _drawn(rng, n):
    """How often each of n units is drawn in n draws; some unit is left out where n exceeds one."""
    for _ in range(_MAX_DRAWS):
        counts = np.bincount(rng.integers(0, n, n), minlength=n)
        if n == 1 or (counts == 0).any():
            break
    return counts
