"""Means and variances of columns that can be merged: of blocks, of batches, of shards."""

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Moments:
    """Mass, mean and sum of squared deviations of every column.

    Attributes
    ----------
    mass : ndarray of shape (n_columns,)
        Total weight of the finite values.
    mean : ndarray of shape (n_columns,)
        Their means; 0 where there are none.
    squares : ndarray of shape (n_columns,)
        Their weighted squared deviations from the mean, added up.
    """

    mass: np.ndarray
    mean: np.ndarray
    squares: np.ndarray

    @classmethod
    def of_columns(cls, parts):
        """Moments of all columns from those of consecutive ones."""
        parts = [(part.mass, part.mean, part.squares) for part in parts]
        return cls(*map(np.concatenate, zip(*parts, strict=True)))

    def folded(self, n_columns):
        """Moments of columns that stand several times in a folded row, taken together."""
        mass, mean, squares = (
            values.reshape(-1, n_columns) for values in (self.mass, self.mean, self.squares)
        )
        total = mass.sum(axis=0)
        center = np.divide(
            (mass * mean).sum(axis=0), total, out=np.zeros(n_columns), where=total > 0
        )
        with np.errstate(over="ignore", invalid="ignore"):
            apart = mass * (mean - center) ** 2
        return Moments(total, center, (squares + apart).sum(axis=0))

    def merged(self, other):
        """Moments of both together (Chan, Golub and LeVeque 1979, equation 2.1)."""
        mass = self.mass + other.mass
        share = np.divide(other.mass, mass, out=np.zeros_like(mass), where=mass > 0)
        with np.errstate(over="ignore", invalid="ignore"):
            step = other.mean - self.mean
            return Moments(
                mass,
                self.mean + step * share,
                self.squares + other.squares + step**2 * self.mass * share,
            )

    @property
    def standard_deviation(self):
        """Root of the squares over the mass, the estimate without a correction for its bias."""
        with np.errstate(divide="ignore", invalid="ignore"):
            return np.sqrt(self.squares / self.mass)


def moments_of(block, weights=None):
    """Moments of the columns of a block, in two passes; what is not finite is left out.

    Squares of deviations beyond 1e154 are infinite.

    Parameters
    ----------
    block : ndarray of shape (n_rows, n_columns)
        Values.
    weights : ndarray of shape (n_rows,), default=None
        Positive weights.

    Returns
    -------
    Moments
    """
    values = np.asarray(block, dtype=np.float64)
    with np.errstate(over="ignore", invalid="ignore"):
        total = _sums(values, weights)
        if np.isfinite(total).all():  # of finite values
            mass = np.full(
                values.shape[1], float(len(values)) if weights is None else weights.sum()
            )
            mean = total / mass
            distances = values - mean
        else:
            valid = np.isfinite(values)
            mass = _sums(valid.astype(np.float64), weights)
            total = _sums(np.where(valid, values, 0.0), weights)
            mean = np.divide(total, mass, out=np.zeros_like(mass), where=mass > 0)
            distances = np.where(valid, values - mean, 0.0)
        return Moments(mass, mean, _sums(np.square(distances, out=distances), weights))


def _sums(values, weights):
    """Weighted sums of columns. No matrix product: starting its threads costs more than adding."""
    return values.sum(axis=0) if weights is None else np.einsum("i,ij->j", weights, values)
