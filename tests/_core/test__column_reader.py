"""Tests of reading columns: what is not finite, ends, parts and moments, in any layout."""

import numpy as np
import pytest

from sklearn_lossfix._core import _column_reader
from sklearn_lossfix._core._column_reader import ColumnReader

N_ROWS = 50_000


@pytest.fixture
def threaded(monkeypatch):
    """Use threads, however little there is to do."""
    for name in ("MIN_THREADED_ELEMENTS", "MIN_THREADED_ROWS", "MIN_THREADED_COLUMN"):
        monkeypatch.setattr(_column_reader, name, 1)


def table(order="C"):
    """Columns with nothing, NaN, infinities, both, and NaN only."""
    rng = np.random.default_rng(0)
    X = rng.normal(size=(N_ROWS, 6))
    X[rng.random(N_ROWS) < 0.02, 1] = np.nan
    X[7, 2] = np.inf
    X[[0, 9], 3] = -np.inf
    X[rng.random(N_ROWS) < 0.3, 4] = np.nan
    X[[5, -1], 4] = np.inf, -np.inf
    X[:, 5] = np.nan
    return np.array(X, order=order)


@pytest.mark.parametrize("n_jobs", [None, 3])
@pytest.mark.parametrize("order", ["C", "F"])
def test_what_is_not_finite_is_counted_apart(threaded, order, n_jobs):
    """NaN, infinities and finite values are counted in every column, exactly."""
    X = table(order)
    reader = ColumnReader(X, n_jobs=n_jobs)
    np.testing.assert_array_equal(reader.n_missing, np.isnan(X).sum(axis=0))
    np.testing.assert_array_equal(reader.n_negative_infinite, (X == -np.inf).sum(axis=0))
    np.testing.assert_array_equal(reader.n_positive_infinite, (X == np.inf).sum(axis=0))
    np.testing.assert_array_equal(reader.mass, np.isfinite(X).sum(axis=0))


@pytest.mark.parametrize("n_jobs", [None, 3])
@pytest.mark.parametrize("dtype", [np.float64, np.float32, np.float16])
@pytest.mark.parametrize("order", ["C", "F"])
def test_ends_are_those_of_the_finite_values(threaded, order, dtype, n_jobs):
    """Smallest and largest number of every column, of parts of them too; NaN without any."""
    X = table(order).astype(dtype)
    expected = np.full((2, 6), np.nan)
    for j in range(5):
        finite = X[np.isfinite(X[:, j]), j]
        expected[:, j] = finite.min(), finite.max()
    reader = ColumnReader(X, n_jobs=n_jobs)
    np.testing.assert_array_equal(reader.ends(), expected)
    columns = np.array([4, 0, 5])
    np.testing.assert_array_equal(reader.subset(columns).ends(), expected[:, columns])
    np.testing.assert_array_equal(ColumnReader(X, columns=columns).ends(), expected[:, columns])


@pytest.mark.parametrize("dtype", [np.int8, np.uint64, bool])
def test_ends_of_integers_are_their_own(dtype):
    """Integers and booleans have ends without going through floats first."""
    X = np.arange(254).reshape(-1, 2).astype(dtype)
    np.testing.assert_array_equal(ColumnReader(X).ends(), [X.min(axis=0), X.max(axis=0)])


def test_thinning_keeps_evenly_spaced_rows_and_columns():
    """At most so many rows, all at one distance, reaching to both ends."""
    X = np.column_stack([np.arange(10_000.0), -np.arange(10_000.0)])
    for n_rows in (1, 7, 300, 9_999, 10_000, 20_000):
        rows = ColumnReader(X, columns=np.array([1])).thinned(n_rows).column_values(0)[0]
        assert 0 < len(rows) <= n_rows
        assert len(set(np.diff(rows))) <= 1
        step = -np.diff(rows)[0] if len(rows) > 1 else len(X)
        assert -rows[0] <= step / 2
        assert len(X) + rows[-1] <= step


@pytest.mark.parametrize("order", ["C", "F"])
def test_moments_are_those_of_the_finite_values(order):
    """Mass, mean and variance equal NumPy's, over the blocks and over NaN and infinities."""
    X = table(order)
    moments = ColumnReader(X).moments()
    for j in range(5):
        finite = X[np.isfinite(X[:, j]), j]
        assert moments.mass[j] == finite.size
        assert moments.mean[j] == pytest.approx(finite.mean(), rel=1e-9, abs=1e-12)
        assert moments.standard_deviation[j] == pytest.approx(finite.std(), rel=1e-12)
    assert (moments.mass[5], moments.mean[5], moments.squares[5]) == (0, 0, 0)
