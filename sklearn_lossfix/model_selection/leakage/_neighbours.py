"""Nearest neighbours of a few rows among all rows of a table, a block at a time."""

import numpy as np
from sklearn.neighbors import NearestNeighbors

#: Work that one search may cost, about a second: numbers of a row that are compared with one
#: another. To sort a distance in costs as much as comparing so many columns.
SEARCH_BUDGET, SORTING_COST = 1.5e10, 30


def n_affordable(rows):
    """Number of rows whose neighbours can be searched for within the budget, at least one."""
    return max(1, int(SEARCH_BUDGET / (rows.n_rows * (rows.n_columns + SORTING_COST))))


def nearest_rows(rows, queries, n_neighbors, squash=None):
    """Nearest other rows of some rows.

    Parameters
    ----------
    rows : ScaledRows
        The points.
    queries : ndarray of shape (n_queries,), dtype int
        Positions.
    n_neighbors : int
        Below the number of rows.
    squash : float, default=None
        As in `ScaledRows.take`.

    Returns
    -------
    distances : ndarray of shape (n_queries, n_neighbors), dtype float64
        Root mean square distances, ascending.
    neighbours : ndarray of the same shape, dtype int
        Positions.
    n_differing : ndarray of the same shape, dtype int
        Columns in which they differ.
    """
    points = rows.take(queries, squash)
    distances = np.empty((len(queries), 0))
    neighbours = np.empty((len(queries), 0), dtype=np.intp)
    for part in rows.slices():
        block = rows.take(part, squash)
        search = NearestNeighbors(n_neighbors=min(n_neighbors + 1, len(block)), algorithm="brute")
        found, which = search.fit(block).kneighbors(points)
        distances = np.hstack([distances, found])
        neighbours = np.hstack([neighbours, which + part.start])
        # A row is no neighbour of its own.
        distances[neighbours == queries[:, None]] = np.inf
        order = np.argsort(distances, axis=1, kind="stable")[:, :n_neighbors]
        distances = np.take_along_axis(distances, order, axis=1)
        neighbours = np.take_along_axis(neighbours, order, axis=1)
    # The search expands squares, which loses the digits of distances between near rows.
    exact, differing = rows.distances(
        np.repeat(queries, neighbours.shape[1]), neighbours.ravel(), squash
    )
    exact, differing = exact.reshape(neighbours.shape), differing.reshape(neighbours.shape)
    order = np.argsort(exact, axis=1, kind="stable")
    return tuple(np.take_along_axis(part, order, axis=1) for part in (exact, neighbours, differing))
