"""Pairs of rows that are far closer than the rows around them: copies with noise or rounding."""

from dataclasses import dataclass

import numpy as np

from sklearn_lossfix.model_selection.leakage._clumps import find_clumps
from sklearn_lossfix.model_selection.leakage._neighbours import n_affordable, nearest_rows
from sklearn_lossfix.model_selection.leakage._projections import close_pairs

#: Neighbours whose distances tell the density around a row.
N_NEIGHBORS = 50
#: Fewest of them that are worth a test.
MIN_NEIGHBORS = 10
#: Most rows whose neighbours are searched for.
MAX_QUERIES = 2000
#: Share of the accepted rows that may be no copies (Benjamini and Hochberg 1995).
FALSE_SHARE = 0.01
#: Rows that were not searched are copies if they are so near that this share of the searched ones
#: was accepted: the others may be copies too, in places where that cannot be told.
ACCEPTED_SHARE = 0.9


@dataclass(frozen=True, eq=False)
class NearCopies:
    """Pairs of near copies.

    Attributes
    ----------
    pairs : ndarray of shape (n_pairs, 2), dtype int
        Positions.
    p_value : float
        Of "rows are spread evenly around every row" (Simes 1986, over all rows).
    n_close : int
        Rows with another one within the radius, copies or not.
    """

    pairs: np.ndarray
    p_value: float
    n_close: int


def find_near_copies(rows, radius, rng, *, least_differing=1, context=None):
    """Find pairs within a radius that the density around them does not explain.

    Parameters
    ----------
    rows : ScaledRows
        The points, of which no two are equal; more than `MIN_NEIGHBORS`.
    radius : float
        Root mean square distance, in scaled units.
    rng : numpy.random.Generator
        Draws projections and rows.
    least_differing : int, default=1
        Pairs that differ in fewer columns are of another kind.
    context : ndarray of shape (n_rows,), dtype uint64, default=None
        Copies have equal words. Numbers that are not finite must stand in the same columns, too.

    Returns
    -------
    NearCopies
    """
    n = rows.n_rows
    pairs = close_pairs(rows, radius, rng, context)
    context = rows.with_patterns(context)
    if context is not None:
        pairs = pairs[context[pairs[:, 0]] == context[pairs[:, 1]]]
    distance, n_differing = rows.distances(pairs[:, 0], pairs[:, 1])
    close = (distance <= radius) & (n_differing >= least_differing)
    pairs, distance = pairs[close], distance[close]
    candidates = np.flatnonzero(np.bincount(pairs.ravel(), minlength=n))
    if not candidates.size:
        return NearCopies(pairs, 1.0, 0)
    n_queries = min(len(candidates), MAX_QUERIES, n_affordable(rows))
    queries = np.sort(rng.choice(candidates, n_queries, replace=False))
    nearest, neighbours, differing = nearest_rows(rows, queries, min(N_NEIGHBORS, n - 1))
    clumps = find_clumps(nearest, differing, nearest <= radius)
    # A row that is no candidate has a p-value of one, so that candidates stand for all rows.
    p_adjusted, accepted = step_up(clumps.p_values, n * n_queries / len(candidates))
    if n_queries == len(candidates):
        pairs = _clumped_pairs(queries, neighbours, nearest, clumps.sizes, accepted, radius)
    else:
        pairs = pairs[distance <= _cut(nearest[:, 0], accepted)]
    if context is not None:
        pairs = pairs[context[pairs[:, 0]] == context[pairs[:, 1]]]
    return NearCopies(pairs, p_adjusted, len(candidates))


def step_up(p_values, n_tests):
    """Benjamini and Hochberg's procedure, where only the smallest p-values are known.

    Parameters
    ----------
    p_values : ndarray of shape (n,), dtype float64
        Known ones.
    n_tests : float
        Number of tests, at least `n`; the other p-values are one.

    Returns
    -------
    p_value : float
        Of the hypothesis that all are true (Simes).
    accepted : ndarray of shape (n,), dtype bool
        Tests that are rejected at a false discovery rate of `FALSE_SHARE`.
    """
    order = np.argsort(p_values, kind="stable")
    adjusted = p_values[order] * n_tests / np.arange(1, len(order) + 1)
    below = np.flatnonzero(adjusted <= FALSE_SHARE)
    accepted = np.zeros(len(p_values), dtype=bool)
    if below.size:
        accepted[order[: below[-1] + 1]] = True
    return float(min(1.0, adjusted.min(initial=1.0))), accepted


def _clumped_pairs(queries, neighbours, nearest, sizes, accepted, radius):
    """Pairs of accepted rows and the neighbours before their jump."""
    inside = (np.arange(nearest.shape[1]) < sizes[:, None]) & (nearest <= radius)
    row, which = np.nonzero(inside & accepted[:, None])
    pairs = np.sort(np.column_stack([queries[row], neighbours[row, which]]), axis=1)
    return np.unique(pairs, axis=0)


def _cut(nearest, accepted):
    """Distance up to which nearly all rows with so near a neighbour were accepted."""
    order = np.argsort(nearest, kind="stable")
    share = np.cumsum(accepted[order]) / np.arange(1, len(order) + 1)
    good = np.flatnonzero(share >= ACCEPTED_SHARE)
    if good.size and good[-1] == len(order) - 1:
        return np.inf
    return nearest[order[good[-1]]] if good.size else -np.inf
