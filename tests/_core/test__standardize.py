"""Tests of scaling and bounding: against exact arithmetic, where floats overflow and where not."""

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from sklearn_lossfix._core._row_blocks import map_blocks
from sklearn_lossfix._core._standardize import (
    Standardizer,
    inverse_soft_clip,
    representable,
    soft_clip,
)

DTYPES = [np.float64, np.float32, np.float16]
BOUNDS = [1e-3, 0.1, 0.7, 1.0, 3.0, 5.0, 100.0, 1e4]
TOP = {dtype: float(np.finfo(dtype).max) for dtype in DTYPES}


def grid(dtype, decades=(-6, 6)):
    """Ordinary values of both signs over many decades, in order, with zero."""
    sizes = np.logspace(*decades, 20_001)
    values = np.concatenate([-sizes[::-1], [0.0], sizes])
    return values[np.abs(values) <= TOP[dtype]].astype(dtype)


# --- soft bounds --------------------------------------------------------------------------------


@pytest.mark.parametrize("bound", BOUNDS)
@pytest.mark.parametrize("dtype", DTYPES)
def test_soft_clip_is_the_quotient_by_the_hypotenuse(dtype, bound):
    """On ordinary values it is z / hypot(1, z / B) to a few roundings of the dtype."""
    z = grid(dtype)
    expected = z.astype(np.longdouble) / np.hypot(1, z.astype(np.longdouble) / bound)
    found = soft_clip(z, bound)
    assert found.dtype == dtype
    # Below the normal range of the dtype numbers have fewer digits.
    eps, tiny = np.finfo(dtype).eps, np.finfo(dtype).tiny
    np.testing.assert_allclose(found, expected.astype(float), rtol=4 * eps, atol=eps * tiny)


@pytest.mark.parametrize("bound", BOUNDS)
@pytest.mark.parametrize("dtype", DTYPES)
def test_soft_clip_gives_the_bound_for_whatever_is_huge(dtype, bound):
    """Infinity, the largest float and all whose square overflows give the bound, not zero."""
    huge = [x for x in (300.0 * bound, 1e20, 1e155, 1e200, 1e308) if 1e8 * bound < x < TOP[dtype]]
    z = np.array([*huge, TOP[dtype], np.inf], dtype=dtype)
    expected = np.full(len(z), bound, dtype=dtype)
    if dtype == np.float16:
        expected[:-1] = expected[:-1] / np.hypot(1, bound / z[:-1].astype(float))
    np.testing.assert_array_equal(soft_clip(z, bound), expected)
    np.testing.assert_array_equal(soft_clip(-z, bound), -expected)


@given(
    z=st.sampled_from(DTYPES).flatmap(
        lambda dtype: arrays(dtype, 20, elements=st.floats(width=8 * np.dtype(dtype).itemsize))
    ),
    bound=st.floats(1e-3, 1e3),
)
def test_soft_clip_is_bounded_odd_and_monotone(z, bound):
    """For any floats: within the bound, odd, and in the order of the values but for rounding."""
    z = np.sort(z)
    found = soft_clip(z, bound)
    numbers = ~np.isnan(z)
    eps = float(np.finfo(z.dtype).eps)
    np.testing.assert_array_equal(np.isnan(found), ~numbers)
    np.testing.assert_array_equal(soft_clip(-z, bound), -found)
    found = found[numbers].astype(float)
    assert (np.abs(found) <= float(z.dtype.type(bound))).all()
    assert (np.diff(found) >= -2 * eps * np.abs(found[1:])).all()
    # A quotient that is subnormal has few digits, which multiplying by the bound shows.
    steps = (1 + bound) * float(np.finfo(z.dtype).smallest_subnormal)
    sizes = np.abs(z[numbers].astype(float))
    assert (np.abs(found) * (1 - 2 * eps) <= sizes + steps).all()


@pytest.mark.parametrize("bound", [0.7, 3.0])
@pytest.mark.parametrize("dtype", DTYPES)
def test_soft_clip_is_monotone_over_the_decades(dtype, bound):
    """A fine grid of values keeps its order but for the last digit, up to the bound itself."""
    found = soft_clip(grid(dtype, (-6, 12)), bound).astype(float)
    assert (np.diff(found) >= -2 * float(np.finfo(dtype).eps) * np.abs(found[1:])).all()
    assert found[-1] == pytest.approx(bound, rel=1e-3)


@pytest.mark.parametrize(
    ("dtype", "bound"),
    [(np.float16, 1e5), (np.float16, 1e-6), (np.float32, 1e39), (np.float32, 1e-42)],
)
def test_bounds_beyond_the_dtype_are_no_surprise(dtype, bound):
    """A bound that the dtype cannot hold leaves small values alone, or cuts to what it can hold."""
    z = np.array([-2.0, 0.0, 1e-3, 3.0], dtype=dtype)
    found = soft_clip(z, bound)
    expected = z.astype(float) / np.hypot(1, z.astype(float) / bound)
    np.testing.assert_array_equal(found, expected.astype(dtype))


@pytest.mark.parametrize("dtype", DTYPES)
def test_soft_clip_writes_where_it_is_told(dtype):
    """In place or elsewhere the result is the same, and the values else stay as they are."""
    z = grid(dtype)
    before, expected = z.copy(), soft_clip(z, 3.0)
    np.testing.assert_array_equal(z, before)
    out = np.empty_like(z)
    assert soft_clip(z, 3.0, out=out) is out
    np.testing.assert_array_equal(out, expected)
    soft_clip(z, 3.0, out=z)
    np.testing.assert_array_equal(z, expected)


@given(share=st.floats(-0.999, 0.999), bound=st.floats(1e-3, 1e3))
def test_the_inverse_undoes_soft_clip(share, bound):
    """Values below the bound come back, and are mapped to what they came from."""
    y = np.array([share * bound])
    z = inverse_soft_clip(y, bound)
    np.testing.assert_allclose(soft_clip(z, bound), y, rtol=1e-14, atol=1e-300)
    expected = y / np.sqrt((1 - Fraction(share) ** 2).__float__())
    np.testing.assert_allclose(z, expected, rtol=1e-12, atol=1e-300)


@pytest.mark.parametrize("bound", [0.5, 3.0])
def test_the_inverse_of_the_bound_is_infinite(bound):
    """The bound, and whatever is beyond, comes from infinity; NaN stays NaN."""
    y = np.array([bound, -bound, 2 * bound, np.inf, -np.inf, np.nan])
    expected = [np.inf, -np.inf, np.inf, np.inf, -np.inf, np.nan]
    np.testing.assert_array_equal(inverse_soft_clip(y, bound), expected)


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
@pytest.mark.parametrize("bound", [0.1, 1 / 3, 2.7, 3.1, 3.3])
def test_a_bound_that_was_rounded_is_the_bound(dtype, bound):
    """What the dtype rounds to the bound is infinite, also where the dtype rounds it down."""
    y = soft_clip(np.array([1, -1], dtype) * np.finfo(dtype).max, bound)
    np.testing.assert_array_equal(inverse_soft_clip(y, bound), [np.inf, -np.inf])
    below = np.nextafter(y, np.zeros_like(y))
    assert np.isfinite(inverse_soft_clip(below, bound)).all()


@pytest.mark.parametrize(
    ("parameters", "dtype", "expected"),
    [
        ([1.0, 0.0, np.nan, -2.5], np.float16, True),
        ([1e5], np.float16, False),
        ([-1e39], np.float32, False),
        ([3e38, 1.2e-38], np.float32, True),
        ([1e-39], np.float32, False),
        ([np.inf], np.float32, False),
        ([1e308, 5e-324], np.float64, True),
    ],
)
def test_parameters_that_a_dtype_cannot_hold_are_told(parameters, dtype, expected):
    """Overflow and loss of digits are told; zero and NaN are held by every dtype."""
    assert representable(np.array(parameters), dtype) is expected


# --- standardizing ------------------------------------------------------------------------------


def standardized(X, center, *scales, bound=None, wide=False, in_place=False):
    """A table through map_blocks, and whether something became infinite."""
    X = X.copy()
    out = X if in_place else np.empty_like(X)
    standardize = Standardizer(bound, wide)
    map_blocks(standardize, X, out, center, *scales)
    return out, standardize.infinite


def exactly(X, center, *scales):
    """The quotients in exact arithmetic, rounded once to float64; infinite beyond it."""
    out = np.empty(X.shape)
    for index, x in np.ndenumerate(X):
        j = index[1]
        if not np.isfinite(x):
            out[index] = x
            continue
        difference = Fraction(float(x)) - Fraction(float(center[j]))
        scale = scales[0][j] if difference < 0 else scales[-1][j]
        quotient = difference / Fraction(float(scale))
        try:
            out[index] = float(quotient)
        except OverflowError:
            out[index] = np.inf if quotient > 0 else -np.inf
    return out


@pytest.mark.parametrize("in_place", [False, True])
@pytest.mark.parametrize("order", ["C", "F"])
@pytest.mark.parametrize("dtype", DTYPES)
def test_ordinary_values_are_standardized_as_numpy_does(dtype, order, in_place):
    """Where nothing overflows the result is (x - c) / s in the dtype, to the bit."""
    rng = np.random.default_rng(0)
    X = np.array(rng.normal(size=(20_011, 3)) * [1, 10, 0.1], dtype=dtype, order=order)
    X[rng.random(X.shape) < 0.01] = np.nan
    center, scale, above = (rng.random(3).astype(dtype) + dtype(0.5) for _ in range(3))
    found, infinite = standardized(X, center, scale, in_place=in_place)
    np.testing.assert_array_equal(found, (X - center) / scale, strict=True)
    assert not infinite
    found, _ = standardized(X, center, scale, above, in_place=in_place)
    expected = np.where(X < center, (X - center) / scale, (X - center) / above)
    np.testing.assert_array_equal(found, expected, strict=True)


@pytest.mark.parametrize("in_place", [False, True])
@pytest.mark.parametrize("two_sided", [False, True])
@pytest.mark.parametrize("dtype", DTYPES)
def test_overflow_on_the_way_does_not_reach_the_result(dtype, two_sided, in_place):
    """Differences and quotients beyond the dtype are right, unless the result is beyond it too."""
    top = TOP[dtype]
    rows = [top, -top, top / 2, -0.7 * top, 1.0, -3.0, 0.0, np.nan, np.inf, -np.inf, 300.0]
    X = np.repeat(np.array(rows, dtype=dtype)[:, None], 5, axis=1)
    center = np.array([-0.9 * top, 0.5 * top, 0.0, 2.0, top]).astype(dtype)
    scale = np.array([0.8 * top, top / 4, 1e-3, 0.01, top]).astype(dtype)
    scales = (scale, 2 * scale.clip(max=top / 2)) if two_sided else (scale,)
    found, infinite = standardized(X, center, *scales, in_place=in_place)
    expected = exactly(X, center, *scales)
    beyond = np.abs(expected) > top
    expected[beyond] = np.copysign(np.inf, expected[beyond])
    eps = float(np.finfo(dtype).eps)
    for column, right in zip(found.T.astype(float), expected.T, strict=True):
        # What is rounded is the difference, so the quotient has its relative error.
        np.testing.assert_allclose(column, right, rtol=2 * eps, atol=float(np.finfo(dtype).tiny))
    assert infinite


@pytest.mark.parametrize("in_place", [False, True])
@pytest.mark.parametrize("order", ["C", "F"])
@pytest.mark.parametrize("dtype", DTYPES)
def test_a_quotient_that_overflows_spoils_no_other(dtype, order, in_place):
    """Where only dividing overflows, the rest of the block is what it is without that value."""
    X = np.array(np.random.default_rng(0).normal(size=(500, 2)), dtype=dtype, order=order)
    center, scale = np.array([0.5, -0.25], dtype), np.array([0.125, 0.01], dtype)
    expected = (X - center) / scale
    X[7] = dtype(TOP[dtype]), -dtype(TOP[dtype])
    expected[7] = np.inf, -np.inf
    found, infinite = standardized(X, center, scale, in_place=in_place)
    np.testing.assert_array_equal(found, expected, strict=True)
    assert infinite


@given(
    values=st.lists(st.floats(allow_nan=False), min_size=1, max_size=6),
    center=st.floats(-1.7e308, 1.7e308),
    scale=st.floats(1e-300, 1.7e308),
)
def test_any_doubles_are_standardized_to_rounding(values, center, scale):
    """From subnormal to the largest: within two roundings of exact arithmetic."""
    X = np.array(values)[:, None]
    found, infinite = standardized(X, np.array([center]), np.array([scale]))
    expected = exactly(X, np.array([center]), np.array([scale]))
    close = np.isclose(found, expected, rtol=1e-15, atol=1e-322)
    # At the very end of the range rounding decides what is infinite.
    ends = (np.abs(expected) > 1.797e308) & (np.abs(found) > 1.797e308)
    assert (close | ends).all()
    assert infinite == np.isinf(found).any()


@pytest.mark.parametrize("center", [1e300, -1e300, 1e-300])
@pytest.mark.parametrize("dtype", [np.float32, np.float16])
def test_wide_parameters_are_used_in_double_precision(dtype, center):
    """Parameters that the dtype cannot hold give the quotients of float64, then rounded."""
    X = np.array([[1.0], [-2.0], [TOP[dtype]], [np.nan]], dtype=dtype)
    for scale in (1e299, 1e-3, 1e-300):
        found, infinite = standardized(X, np.array([center]), np.array([scale]), wide=True)
        with np.errstate(over="ignore"):
            expected = exactly(X, [center], [scale]).astype(dtype)
        np.testing.assert_allclose(found, expected, rtol=2 * float(np.finfo(dtype).eps))
        assert infinite == np.isinf(expected).any()


@pytest.mark.parametrize("in_place", [False, True])
@pytest.mark.parametrize("bound", [3.0, 0.5, ("soft", 3.0), ("soft", 0.5)])
@pytest.mark.parametrize("dtype", DTYPES)
def test_whatever_overflows_is_bounded(dtype, bound, in_place):
    """Sentinels at the largest float and infinities give the bound, NaN stays, nothing warns."""
    top = TOP[dtype]
    X = np.array([[top], [-top], [np.inf], [-np.inf], [np.nan], [0.25]], dtype=dtype)
    found, infinite = standardized(X, np.ones(1, dtype), np.full(1, 0.01, dtype), bound=bound,
                                   in_place=in_place)  # fmt: skip
    size = dtype(bound[1] if isinstance(bound, tuple) else bound)
    np.testing.assert_array_equal(found[:5, 0], [size, -size, size, -size, np.nan])
    assert -size <= found[5, 0] < 0
    assert not infinite


@pytest.mark.parametrize(("dtype", "bound"), [(np.float16, 1e5), (np.float32, 1e39)])
@pytest.mark.parametrize("soft", [False, True])
def test_a_bound_beyond_the_dtype_bounds_nothing(dtype, bound, soft):
    """Values stay what they are where the bound is larger than any of them, without a warning."""
    X = np.array([[1.0], [-30.0], [0.0]], dtype=dtype)
    found, _ = standardized(
        X, np.zeros(1, dtype), np.ones(1, dtype), bound=("soft", bound) if soft else bound
    )
    np.testing.assert_array_equal(found, X)


def test_infinite_results_are_told_apart_from_large_ones():
    """A sum that overflows is no infinite value; one infinite value in any block is."""
    standardize = Standardizer(None, wide=False)
    X = np.full((10, 1), 1e308)
    standardize(X, np.zeros(1), np.ones(1), out=X)
    assert not standardize.infinite
    X[3] = -np.inf
    standardize(X, np.zeros(1), np.ones(1), out=X)
    assert standardize.infinite
    standardize(np.ones((2, 1)), np.zeros(1), np.ones(1), out=np.empty((2, 1)))
    assert standardize.infinite
