"""Rows as points in robust units."""

import numpy as np
import pytest

from sklearn_lossfix.model_selection.leakage import _scaled_rows
from sklearn_lossfix.model_selection.leakage._scaled_rows import ScaledRows
from sklearn_lossfix.model_selection.leakage._table import Table


def scaled(X, rows=None, seed=0):
    """Scaled rows of all columns."""
    table = Table.read(X)
    return ScaledRows(table, np.arange(table.n_columns), rows, np.random.default_rng(seed))


@pytest.fixture
def X():
    return np.random.default_rng(0).normal(size=(300, 4))


def test_units_do_not_matter(X):
    """Shifts and factors of columns change no distance."""
    pairs = np.arange(100), np.arange(100, 200)
    one, _ = scaled(X).distances(*pairs)
    other, _ = scaled(X * [1e-6, 1, 1e6, -3] + [5, 0, 1e9, 2]).distances(*pairs)
    np.testing.assert_allclose(one, other, rtol=1e-6)


def test_distance_is_the_root_mean_square(X):
    """Distances equal those of the scaled points; constant columns do not count."""
    rows = scaled(np.c_[X, np.ones(300)])
    points = rows.take(np.arange(300))
    found, differing = rows.distances(np.array([0]), np.array([1]))
    assert found[0] == pytest.approx(np.sqrt(np.mean((points[0, :4] - points[1, :4]) ** 2)))
    assert differing[0] == 4


def test_blocks_cover_all_rows(X, monkeypatch):
    """Reading in small blocks gives the same points."""
    whole = scaled(X).take(slice(0, 300))
    monkeypatch.setattr(_scaled_rows, "BLOCK_VALUES", 28)
    rows = scaled(X)
    np.testing.assert_array_equal(np.vstack([rows.take(s) for s in rows.slices()]), whole)


def test_positions_count_the_rows_asked_for(X):
    """With a choice of rows, positions are those in the choice."""
    chosen = np.array([3, 50, 200, 299])
    rows = scaled(X, chosen)
    other = scaled(X[chosen])
    np.testing.assert_array_equal(rows.take(np.arange(4)), other.take(np.arange(4)))


def test_patterns_tell_where_numbers_are_not_finite(X):
    """Equal exactly for rows with NaN and infinities in the same places."""
    assert scaled(X).patterns is None
    X[[0, 1], 2], X[2, 2], X[3, 2], X[4, 1] = np.nan, np.inf, -np.inf, np.nan
    found = scaled(X).patterns
    assert found[0] == found[1]
    assert len(np.unique(found[:6])) == 5
    assert np.isfinite(scaled(X).take(np.arange(5))).all()


def test_squash_bounds_and_keeps_the_order(X):
    """Drawn-in numbers stay below the limit, in the same order."""
    X[0, 0] = 1e12
    rows = scaled(X)
    plain, drawn = rows.take(np.arange(300)), rows.take(np.arange(300), 3.0)
    assert np.abs(drawn).max() <= 3.0
    np.testing.assert_array_equal(plain.argsort(axis=0), drawn.argsort(axis=0))
