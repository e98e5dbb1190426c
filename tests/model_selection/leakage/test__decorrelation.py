"""Tests of exactly uncorrelated columns."""

import numpy as np
import pytest
from sklearn.decomposition import PCA

from sklearn_lossfix.model_selection.leakage import _decorrelation
from sklearn_lossfix.model_selection.leakage._decorrelation import (
    correlations,
    uncorrelated_pairs,
)
from sklearn_lossfix.model_selection.leakage._table import Table


def test_correlations_in_blocks_equal_those_of_numpy(monkeypatch):
    """For all rows, and for some."""
    X = np.random.default_rng(0).normal(size=(301, 4))
    rows = np.arange(0, 301, 2)
    monkeypatch.setattr(_decorrelation, "BLOCK_VALUES", 80)
    table = Table.read(X)
    assert correlations(table, [0, 2, 3]) == pytest.approx(np.corrcoef(X[:, [0, 2, 3]].T))
    assert correlations(table, [1, 2], rows) == pytest.approx(np.corrcoef(X[rows][:, [1, 2]].T))


def test_components_are_paired_and_raw_columns_are_not():
    """Only pairs of components are uncorrelated."""
    X = np.random.default_rng(0).normal(size=(200, 5))
    X -= X.mean(axis=0)
    mixed = np.column_stack([X, PCA(3).fit_transform(X)])
    pairs = uncorrelated_pairs(Table.read(mixed), range(8), np.full(8, 1e-8))
    assert pairs.tolist() == [[5, 6], [5, 7], [6, 7]]
