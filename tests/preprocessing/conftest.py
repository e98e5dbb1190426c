"""Tables and containers that the tests of transformers share."""

import numpy as np
import pytest


@pytest.fixture
def rng():
    """A generator of random numbers with a fixed seed."""
    return np.random.default_rng(20)


@pytest.fixture
def mixed(rng):
    """Normal, skewed, zero-inflated, tied and constant columns, with some values missing."""
    n_rows = 501
    X = np.column_stack(
        [
            rng.normal(5, 2, n_rows),
            rng.exponential(3, n_rows),
            np.where(rng.random(n_rows) < 0.7, 0.0, rng.gamma(2, 1, n_rows)),
            rng.integers(0, 4, n_rows).astype(float),
            np.full(n_rows, 3.5),
        ]
    )
    X[rng.random(X.shape) < 0.05] = np.nan
    return X
