"""Neighbours found block by block."""

import numpy as np
from scipy.spatial import KDTree

from sklearn_lossfix.model_selection.leakage import _scaled_rows
from sklearn_lossfix.model_selection.leakage._neighbours import nearest_rows
from sklearn_lossfix.model_selection.leakage._scaled_rows import ScaledRows
from sklearn_lossfix.model_selection.leakage._table import Table


def test_equals_a_search_tree(monkeypatch):
    """Distances and rows are those of a KD-tree over all scaled points, whatever the blocks."""
    monkeypatch.setattr(_scaled_rows, "BLOCK_VALUES", 400)
    X = np.random.default_rng(0).normal(size=(700, 5))
    rows = ScaledRows(Table.read(X), np.arange(5), None, np.random.default_rng(0))
    queries = np.array([0, 3, 350, 699])
    distances, neighbours, differing = nearest_rows(rows, queries, 12)
    points = rows.take(np.arange(700))
    wanted, which = KDTree(points).query(points[queries], 13)
    np.testing.assert_allclose(distances, wanted[:, 1:] / np.sqrt(5), rtol=1e-9)
    np.testing.assert_array_equal(neighbours, which[:, 1:])
    assert (differing == 5).all()


def test_a_row_is_no_neighbour_of_its_own_even_with_twins():
    """Equal rows are neighbours at distance zero, the row itself is none."""
    X = np.repeat(np.random.default_rng(1).normal(size=(20, 3)), 2, axis=0)
    rows = ScaledRows(Table.read(X), np.arange(3), None, np.random.default_rng(0))
    distances, neighbours, differing = nearest_rows(rows, np.arange(40), 3)
    np.testing.assert_array_equal(neighbours[:, 0], np.arange(40) ^ 1)
    assert (distances[:, 0] == 0).all()
    assert (differing[:, 0] == 0).all()
    assert (neighbours != np.arange(40)[:, None]).all()
