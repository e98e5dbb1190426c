"""Tests of the dtypes in which columns are compared: no comparison changes its outcome."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sklearn_lossfix._core._working_dtypes import (
    distance,
    distance_dtype,
    limits_in,
    working_dtype,
)


@given(
    dtype=st.sampled_from(["int8", "uint8", "int32", "int64", "uint64"]),
    position=st.floats(0, 1),
    step=st.sampled_from([-0.5, -0.25, 0.0, 0.25, 0.5, 1.0]),
)
def test_limits_for_integers_split_them_as_the_floats_do(dtype, position, step):
    """An integer lies beyond a rounded limit exactly where it lies beyond the limit."""
    range_ = np.iinfo(dtype)
    middle = int(range_.min + position * (int(range_.max) - int(range_.min)))
    limit = min(max(float(middle) + step, float(range_.min)), float(range_.max))
    lower, upper = limits_in(limit, limit, np.dtype(dtype))
    for value in {min(max(int(limit) + k, range_.min), range_.max) for k in (-1, 0, 1, 2)}:
        if limit < float(range_.max):
            assert (value < int(lower)) == (value < limit)
        assert (value > int(upper)) == (value > limit)


def test_open_limits_leave_integers_alone():
    """Infinite limits become the ends of an integer range, beyond which nothing lies."""
    lower, upper = limits_in([-np.inf], [np.inf], np.dtype(np.int64))
    assert (lower[0], upper[0]) == (-(2**63), 2**63 - 1)


@pytest.mark.parametrize(("dtype", "top"), [(np.float32, 3.4028235e38), (np.float16, 65504)])
def test_limits_for_floats_are_rounded_like_values(dtype, top):
    """A limit becomes the value that it would be in the data; beyond the dtype it is open."""
    lower, upper = limits_in([0.1, -1e300, -np.inf], [0.1, 1e300, top], np.dtype(dtype))
    np.testing.assert_array_equal(lower, np.array([0.1, -np.inf, -np.inf], dtype), strict=True)
    np.testing.assert_array_equal(upper, np.array([0.1, np.inf, top], dtype), strict=True)


@pytest.mark.parametrize("limit", [1e30, -1e30, 200.0, -200.0])
def test_limits_beyond_integers_become_the_ends_of_their_range(limit):
    """Capping at such a limit leaves every integer what the dtype can hold."""
    lower, upper = limits_in(limit, limit, np.dtype(np.int8))
    assert (int(lower), int(upper)) == ((127, 127) if limit > 0 else (-128, -128))


@pytest.mark.parametrize(
    ("dtype", "working"),
    [("f8", "f8"), (">f4", "f4"), ("f2", "f4"), ("?", "u1"), (">i8", "i8"), ("u2", "u2")],
)
def test_working_dtypes_are_native_and_hold_every_value(dtype, working):
    """Half precision and booleans go to the next dtype; all others only change the byte order."""
    found = working_dtype(np.dtype(dtype))
    assert found == np.dtype(working)
    assert found.isnative
    assert np.can_cast(np.dtype(dtype), found, "safe")


@pytest.mark.parametrize("dtype", ["f8", "f4", "i1", "u8", "i8"])
def test_distances_are_those_of_the_numbers(dtype):
    """Integers do not wrap around: their distances are floats. Floats stay in place."""
    dtype = np.dtype(dtype)
    values = np.array([0, 3, 100, 127]).astype(dtype)
    found = distance(values, distance_dtype(dtype).type(50.5), dtype)
    expected = np.array([50.5, 47.5, 49.5, 76.5])
    np.testing.assert_array_equal(found, expected.astype(distance_dtype(dtype)), strict=True)
    assert np.shares_memory(found, values) == (dtype.kind == "f")
