"""Rows as points in robust units."""

import numpy as np
import pytest

from sklearn_lossfix._core._order_statistics import ColumnSelector
from sklearn_lossfix._core._robust_scale import robust_scale
from sklearn_lossfix.model_selection.leakage import _scaled_rows
from sklearn_lossfix.model_selection.leakage._scaled_rows import ScaledRows, column_scales
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


@pytest.mark.parametrize("n_rows", [1, 2, 3, 50, 51])
def test_scales_are_those_of_the_robust_scaler(n_rows):
    """Of numbers, ties, few levels, constants, and of columns with gaps and infinities."""
    rng = np.random.default_rng(n_rows)
    X = rng.normal(size=(n_rows, 9)) * np.logspace(-6, 6, 9) + 3
    X[:, 1] = X[:, 1].round(0)
    X[:, 2] = rng.integers(0, 3, n_rows)
    X[:, 3], X[: n_rows // 2, 4] = 7.0, np.nan
    X[: n_rows // 4, 5] = np.inf
    X[:, 6] = rng.random(n_rows) < 0.1
    X[:, 7] = np.nan
    center, scale, varies = column_scales(X)
    wanted = robust_scale(ColumnSelector(X))
    np.testing.assert_allclose(center, wanted.center, rtol=1e-14)
    np.testing.assert_allclose(scale, wanted.scale, rtol=1e-12)
    np.testing.assert_array_equal(varies, ~wanted.constant & (wanted.source != "all_missing"))


@pytest.mark.parametrize("offset", [0.0, 50.0, 1e9])
@pytest.mark.parametrize("unit", [1e-35, 1.0, 1e35])
def test_projections_are_those_of_scaled_numbers(X, offset, unit):
    """However far from zero and large numbers are, and with gaps and infinities."""
    X = (X + offset) * unit
    X[7, 1], X[40, 2], X[41, 2], X[42, 3] = np.nan, np.inf, -np.inf, 1e300
    axes = np.random.default_rng(1).normal(size=(4, 3))
    rows = scaled(X)
    found = np.empty((300, 3), dtype=np.float32)
    for part, projected in rows.projected(axes, 64):
        found[part] = projected
    finite = np.delete(np.arange(300), 42)
    wanted = rows.take(finite) @ axes
    np.testing.assert_allclose(found[finite], wanted, rtol=1e-4, atol=2e-4)
    assert len(np.unique(rows.patterns)) == 4


def test_projections_of_finite_rows_spare_a_look_for_gaps(X, monkeypatch):
    """They tell that there is none: the table is not read again."""
    rows = scaled(X)
    list(rows.projected(np.ones((4, 1)), 100))
    monkeypatch.setattr(rows, "_numbers", None)
    assert rows.patterns is None


def test_words_are_joined_with_patterns(X):
    """Equal where words and gaps are equal; None where there is neither."""
    assert scaled(X).with_patterns() is None
    words = np.repeat(np.array([5, 9], dtype=np.uint64), 150)
    np.testing.assert_array_equal(scaled(X).with_patterns(words), words)
    X[[0, 1, 299], 0] = np.nan
    joined = scaled(X).with_patterns(words)
    assert joined[0] == joined[1]
    assert len(np.unique(joined)) == 4
    assert len(np.unique(scaled(X).with_patterns())) == 2
