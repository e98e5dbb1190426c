"""Rows that lie far closer together than the density around them explains.

Where rows are spread evenly around a row, in m dimensions, k * log(d[k+1] / d[k]) of its k-th
nearest distances are independent exponentials of mean 1 / m: the volumes up to the neighbours grow
like a Poisson process (Levina and Bickel 2005, *Maximum likelihood estimation of intrinsic
dimension*, estimate m from them). One of K - 1 of them over the mean of the others then follows
the F distribution with 2 and 2 (K - 2) degrees of freedom, whatever m is. A clump of j + 1 rows
makes the j-th one large.
"""

from dataclasses import dataclass

import numpy as np

#: Distances below this share of the largest one are taken as this: their logarithms stay finite.
_LEAST_SHARE = 1e-12


@dataclass(frozen=True, eq=False)
class Clumps:
    """The most surprising jump of the neighbour distances of each row.

    Attributes
    ----------
    p_values : ndarray of shape (n_rows,), dtype float64
        Of "the rows around are spread evenly", corrected for the sizes that were tried.
    sizes : ndarray of shape (n_rows,), dtype int
        Neighbours before the jump.
    """

    p_values: np.ndarray
    sizes: np.ndarray


def find_clumps(distances, n_differing, allowed=None):
    """Test whether the first few neighbours of rows are too close for the ones that follow.

    Parameters
    ----------
    distances : ndarray of shape (n_rows, n_neighbors), dtype float64
        Distances to the nearest other rows, ascending.
    n_differing : ndarray of shape (n_rows, n_neighbors), dtype int
        Columns in which each neighbour differs. Rows that differ in few columns vary in no more
        dimensions than these, so that small distances are no wonder.
    allowed : ndarray of the same shape, dtype bool, default=None
        Jumps after which neighbours count; None takes those in the first two thirds.

    Returns
    -------
    Clumps
    """
    n_rows, n_neighbors = distances.shape
    n_jumps = n_neighbors - 1
    if allowed is None:
        allowed = np.broadcast_to(np.arange(n_neighbors) < 2 * n_neighbors // 3, distances.shape)
    least = np.maximum(distances[:, -1:] * _LEAST_SHARE, np.finfo(np.float64).tiny)
    logs = np.log(np.maximum(distances, least))
    k = np.arange(1, n_jumps + 1)
    jumps = k * np.diff(logs, axis=1)
    rest = jumps.sum(axis=1, keepdims=True) - jumps
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = np.where(jumps > 0, jumps / np.maximum(rest, 0), 0.0)
    p_values = np.exp(-(n_jumps - 1) * np.log1p(ratio))
    dimensions = np.minimum.accumulate(n_differing, axis=1)[:, :-1]
    p_values = np.maximum(p_values, np.exp(-dimensions * jumps))
    # 1 / (k (k + 1)) adds up to one over all sizes: small clumps are the likelier ones.
    p_values = np.where(allowed[:, :-1], p_values * k * (k + 1), 1.0)
    best = p_values.argmin(axis=1)
    return Clumps(np.minimum(p_values[np.arange(n_rows), best], 1.0), best + 1)
