"""Tests of moments that merge: against NumPy, repetition, and merging in another order."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from sklearn_lossfix._core._moments import Moments, moments_of

TABLES = arrays(
    np.float64,
    st.tuples(st.integers(1, 40), st.integers(1, 3)),
    elements=st.floats(-1e6, 1e6) | st.sampled_from([np.nan, np.inf, -np.inf, 0.0]),
)


def assert_moments(moments, X, weights=None):
    """Compare with the means and variances of the finite values."""
    weights = np.ones(len(X)) if weights is None else weights
    for j, column in enumerate(X.T.astype(np.float64)):
        finite = np.isfinite(column)
        values, mass = column[finite], weights[finite]
        assert moments.mass[j] == pytest.approx(mass.sum(), rel=1e-12)
        if not values.size:
            assert (moments.mean[j], moments.squares[j]) == (0, 0)
            continue
        largest = np.abs(values).max()
        mean = np.average(values, weights=mass)
        squares = np.sum(mass * (values - mean) ** 2)
        assert moments.mean[j] == pytest.approx(mean, rel=1e-12, abs=1e-13 * largest)
        slack = 1e-12 * mass.sum() * largest**2
        assert moments.squares[j] == pytest.approx(squares, rel=1e-10, abs=slack)


@given(X=TABLES, weighted=st.booleans())
def test_moments_are_those_of_the_finite_values(X, weighted):
    """NaN and infinities are left out column by column, with weights and without."""
    weights = np.random.default_rng(0).random(len(X)) + 0.1 if weighted else None
    before = X.copy()
    assert_moments(moments_of(X, weights), X, weights)
    np.testing.assert_array_equal(X, before)


@given(X=TABLES, cut=st.floats(0, 1))
def test_merging_parts_equals_the_whole(X, cut):
    """Moments of two parts together are those of all rows, in either order, also of no rows."""
    cut = int(cut * len(X))
    nothing = Moments(*np.zeros((3, X.shape[1])))
    first = moments_of(X[:cut]) if cut else nothing
    second = moments_of(X[cut:]) if cut < len(X) else nothing
    assert_moments(first.merged(second), X)
    assert_moments(second.merged(first), X)


def test_merging_many_parts_loses_nothing_to_an_offset():
    """A thousand batches of a large offset give the variance to twelve digits."""
    X = np.random.default_rng(0).normal(size=(20_000, 2)) + np.array([1e8, 0])
    moments = moments_of(X[:20])
    for start in range(20, len(X), 20):
        moments = moments.merged(moments_of(X[start : start + 20]))
    np.testing.assert_allclose(moments.mean, X.mean(axis=0), rtol=1e-12, atol=1e-12)
    np.testing.assert_allclose(moments.standard_deviation, X.std(axis=0), rtol=1e-9)


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.int8, np.uint64, np.bool_])
def test_every_dtype_is_added_up_in_double_precision(dtype):
    """Sums overflow in no dtype."""
    X = np.full((3_000, 1), 100).astype(dtype)
    moments = moments_of(X)
    assert (moments.mass[0], moments.mean[0], moments.squares[0]) == (3_000, float(X[0, 0]), 0)


def test_whole_weights_mean_repetition():
    """A weight of k is the same as k rows."""
    X, weights = np.array([[1.0, np.nan], [5.0, 2.0], [-3.0, 8.0]]), np.array([3.0, 1.0, 2.0])
    assert_moments(moments_of(X, weights), np.repeat(X, [3, 1, 2], axis=0))


def test_nothing_has_no_deviation():
    """A column without values has mass 0, mean 0 and an unknown deviation."""
    moments = moments_of(np.full((4, 1), np.nan))
    assert (moments.mass[0], moments.mean[0]) == (0, 0)
    assert np.isnan(moments.standard_deviation[0])


@pytest.mark.parametrize("scale", [1e160, 1e300, 1.7e308])
def test_squares_overflow_silently(scale):
    """Deviations whose squares are beyond the largest float are infinite, without a warning."""
    X = np.array([[0.0], [scale], [-scale], [scale]])
    moments = moments_of(X).merged(moments_of(X))
    assert moments.mass[0] == 8
    assert not np.isfinite(moments.standard_deviation[0])
    spoilt = np.append(X, [[np.nan]], axis=0)
    assert not np.isfinite(moments_of(spoilt).squares[0])
