"""Tests of the medcouple against its definition, pair by pair, and of its laws."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sklearn_lossfix._core._medcouple import adjusted_boxplot_factors, medcouple


def defined(x):
    """Brys, Hubert and Struyf's definition, one pair after the other."""
    x = np.sort(x)
    m = np.median(x)
    below = [value for value in x if value <= m]
    above = [value for value in x if value >= m]
    k = int(np.count_nonzero(x == m))
    kernel = []
    for a in range(len(below)):
        for b in range(len(above)):
            low, high = below[a], above[b]
            if low < high:
                kernel.append(((high - m) - (m - low)) / (high - low))
                continue
            # Both equal the median: the i-th from below and the j-th of the k tied values.
            i, j = a - (len(below) - k) + 1, b + 1
            kernel.append(-1.0 if i + j - 1 < k else 0.0 if i + j - 1 == k else 1.0)
    return float(np.median(kernel))


SAMPLES = st.lists(
    st.integers(-4, 4).map(float) | st.floats(-1e3, 1e3).map(lambda x: round(x, 3)),
    min_size=3,
    max_size=40,
).filter(lambda x: len(set(x)) > 1)


@given(x=SAMPLES)
def test_medcouple_is_the_median_of_the_kernel(x):
    """Whatever is tied with the median, the result is that of looping over all pairs."""
    assert medcouple(np.array(x)) == pytest.approx(defined(np.array(x)), abs=1e-9)


@given(x=st.lists(st.integers(-2, 2).map(float), min_size=3, max_size=25))
def test_medcouple_of_few_values(x):
    """Samples that are mostly ties agree with the definition; without any spread it is zero."""
    expected = defined(np.array(x)) if len(set(x)) > 1 else 0.0
    assert medcouple(np.array(x)) == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize("n", [3, 4, 5, 50, 51, 300])
@pytest.mark.parametrize("draw", ["normal", "lognormal", "exponential"])
def test_medcouple_of_continuous_samples(n, draw):
    """Even and odd sizes agree with the definition."""
    x = getattr(np.random.default_rng(n), draw)(size=n)
    assert medcouple(x) == pytest.approx(defined(x), abs=1e-12)


@given(x=SAMPLES)
def test_mirroring_changes_the_sign(x):
    """The medcouple lies between -1 and 1, and that of -x is its negative."""
    x = np.array(x)
    assert -1 <= medcouple(x) <= 1
    assert medcouple(-x) == pytest.approx(-medcouple(x), abs=1e-9)


@given(
    x=st.lists(st.integers(-1_000, 1_000), min_size=3, max_size=40),
    shift=st.integers(-(2**20), 2**20),
    exponent=st.integers(-900, 900),
)
def test_shift_and_scale_change_nothing(x, shift, exponent):
    """The unit and the origin of the values do not matter, from 1e-270 to 1e270."""
    x = np.array(x, dtype=float)
    assert medcouple((x + shift) * 2.0**exponent) == pytest.approx(medcouple(x), abs=1e-12)


def test_order_does_not_matter_and_nothing_is_written():
    """Samples are read in any order, and stay as they are."""
    x = np.random.default_rng(0).exponential(size=101)
    before = x.copy()
    x.flags.writeable = False
    assert medcouple(x) == medcouple(x[::-1]) == medcouple(np.sort(x))
    np.testing.assert_array_equal(x, before)


def test_long_right_tails_are_positive():
    """Skewness to the right is positive, to the left negative, and symmetric data have none."""
    x = np.random.default_rng(0).exponential(size=1_000)
    assert 0.2 < medcouple(x) < 0.45  # 0.333 for exponential data
    assert medcouple(np.concatenate([x, -x])) == pytest.approx(0.0, abs=1e-12)
    assert medcouple(-x) < -0.2


@pytest.mark.parametrize("x", [[], [1.0], [1.0, 5.0], [2.0] * 10])
def test_what_has_no_skewness_has_none(x):
    """Fewer than three values, or only equal ones, give zero."""
    assert medcouple(np.array(x)) == 0.0


@pytest.mark.parametrize("dtype", [np.float32, np.int8, np.int64])
def test_other_dtypes_are_read_as_double(dtype):
    """Small integers neither wrap around nor round."""
    x = np.array([-128, -100, -3, 0, 5, 100, 127]).astype(dtype)
    assert medcouple(x) == medcouple(x.astype(float)) == pytest.approx(defined(x.astype(float)))


@pytest.mark.parametrize("sign", [1, -1])
def test_the_largest_floats_do_not_overflow(sign):
    """Sums and differences beyond the largest float leave the medcouple what it is."""
    x = sign * np.array([1.0, -1.0, 1.7, 1.6, -0.2, 0.3, 1.75])
    assert medcouple(x * 1e308) == pytest.approx(defined(x), abs=1e-12)
    high = sign * np.array([1.0, 1.7, 1.6, 1.75])
    assert medcouple(high * 1e308) == pytest.approx(defined(high), abs=1e-9)


def test_factors_are_those_of_hubert_and_vandervieren():
    """The whiskers are stretched by exp(-4 MC) and exp(3 MC), mirrored for negative medcouples."""
    lower, upper = adjusted_boxplot_factors([0.0, 0.5, -0.5])
    np.testing.assert_allclose(lower, [1.0, np.exp(-2.0), np.exp(1.5)], rtol=1e-15)
    np.testing.assert_allclose(upper, [1.0, np.exp(1.5), np.exp(-2.0)], rtol=1e-15)


@given(skewness=st.floats(0, 1))
def test_mirroring_swaps_the_whiskers(skewness):
    """Limits of -x are the mirrored limits of x."""
    lower, upper = adjusted_boxplot_factors(np.array([skewness]))
    if skewness:
        mirrored = adjusted_boxplot_factors(np.array([-skewness]))
        np.testing.assert_array_equal(mirrored, [upper, lower])
    assert lower <= 1 <= upper
