"""Tests of centre and scale: against SciPy, in any unit, on data that break other scalers."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.stats import iqr, median_abs_deviation, norm

from sklearn_lossfix._core._order_statistics import ColumnSelector
from sklearn_lossfix._core._quantiles import WeightedColumns
from sklearn_lossfix._core._robust_scale import (
    NORMAL_IQR,
    NORMAL_MAD,
    NORMAL_MEAN_AD,
    ZERO_SCALES,
    double_mad,
    robust_scale,
    rounding_noise,
    simple_mad,
    tied_mass,
)

SIDES = [False, True]


def scale_of(X, **options):
    """Centre and scale of a column or a table."""
    X = np.asarray(X)
    return robust_scale(ColumnSelector(X if X.ndim == 2 else X[:, None]), **options)


def zero_inflated(share, seed=0, n_rows=10_000):
    """Zeros, and gamma distributed values."""
    rng = np.random.default_rng(seed)
    return np.where(rng.random(n_rows) < share, 0.0, rng.gamma(2.0, 1.5, n_rows))


def quartile_range(x):
    """Interquartile range by the definition whose median is NumPy's."""
    return np.subtract(*np.quantile(x, [0.75, 0.25], method="averaged_inverted_cdf"))


def assert_equal(one, other, but=()):
    """Every field is the same, to the bit."""
    for name in set(vars(one)) - set(but):
        np.testing.assert_array_equal(getattr(one, name), getattr(other, name), err_msg=name)


# --- the MAD ------------------------------------------------------------------------------------


def test_constants_are_those_of_the_normal_distribution():
    """MAD, quartile range and mean deviation of a standard normal variable."""
    assert norm.cdf(NORMAL_MAD) == pytest.approx(0.75, rel=1e-15)
    assert norm.ppf(0.75) - norm.ppf(0.25) == pytest.approx(NORMAL_IQR, rel=1e-15)
    assert norm.expect(abs) == pytest.approx(NORMAL_MEAN_AD, rel=1e-9)


@pytest.mark.parametrize("n", [1, 2, 3, 4, 5, 10, 101, 1_000])
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_scale_is_the_normal_mad_of_scipy(n, dtype):
    """To the bit, of any number of rows: it is not corrected for its bias in small samples."""
    x = np.random.default_rng(n).normal(size=n).astype(dtype)
    found = scale_of(x)
    mad = np.float64(median_abs_deviation(x))
    assert found.center == np.median(x)
    assert found.mad == mad
    if n > 1:
        assert found.scale == mad / NORMAL_MAD
        assert found.source == "mad"
        assert scale_of(x, unit_variance=False).scale == mad
        if dtype == np.float64:
            assert found.scale == median_abs_deviation(x, scale="normal")


def test_missing_values_are_left_out():
    """NaN and infinities count for nothing, column by column."""
    x = np.random.default_rng(0).normal(size=100)
    spoilt = np.concatenate([[np.nan, np.inf], x, [-np.inf, np.nan, np.inf]])
    assert_equal(scale_of(spoilt), scale_of(x))
    assert scale_of(spoilt).mad == median_abs_deviation(x)


def test_simple_and_double_mad_agree_with_robust_scale():
    """The functions for limits give the centre and the raw MADs of the scaler."""
    X = np.random.default_rng(0).gamma(1.0, size=(501, 3))
    for function, asymmetric in ((simple_mad, False), (double_mad, True)):
        center, mad = function(ColumnSelector(X))
        found = scale_of(X, asymmetric=asymmetric)
        np.testing.assert_array_equal(center, found.center)
        np.testing.assert_array_equal(mad, found.mad)


@given(x=arrays(np.float64, st.integers(1, 50), elements=st.integers(-20, 20).map(float)))
def test_double_mad_is_that_of_the_values_on_each_side(x):
    """The medians of the distances of the values not above, and not below, the median."""
    m = np.median(x)
    _, (below, above) = double_mad(ColumnSelector(x[:, None]))
    assert below == np.median(m - x[x <= m])
    assert above == np.median(x[x >= m] - m)


def test_tied_mass_is_the_number_of_values_at_the_median():
    """Where the median is no value of the data, nothing is tied with it."""
    X = np.array([[1.0, 1.0], [2.0, 1.0], [2.0, 3.0], [7.0, 3.0]])
    columns = ColumnSelector(X)
    assert tied_mass(columns.at_mass(0.5 * columns.mass)).tolist() == [2, 0]
    assert scale_of(X).tie_share.tolist() == [0.5, 0]


# --- laws ---------------------------------------------------------------------------------------

SHAPES = {
    "normal": np.random.default_rng(0).normal(size=400),
    "skewed": np.random.default_rng(0).gamma(1.0, size=401) + 3,
    "70 % zeros": zero_inflated(0.7, n_rows=400),
    "90 % zeros": zero_inflated(0.9, n_rows=400),
    "one side": np.append(np.zeros(300), np.arange(1.0, 200)),
    "constant": np.full(9, 0.1),
    "near-constant": np.array([0.1 + 0.2] * 5 + [0.3] * 5),
}


@pytest.mark.parametrize("zero_scale", ["auto", "mean_ad", "std"])
@pytest.mark.parametrize("asymmetric", SIDES)
@pytest.mark.parametrize("shape", SHAPES)
def test_the_unit_does_not_matter(shape, asymmetric, zero_scale):
    """From 1e-300 to 1e300 centre and scale follow the unit, and come from the same source."""
    x = SHAPES[shape]
    base = scale_of(x, asymmetric=asymmetric, zero_scale=zero_scale)
    for unit in (2.0**-990, 1e-300, 1e-15, 1e-3, 7.0, 1e15, 1e300, 2.0**990, -1e300):
        found = scale_of(x * unit, asymmetric=asymmetric, zero_scale=zero_scale)
        expected, source = base.scale * abs(unit), base.source
        if unit < 0 and asymmetric:
            expected, source = expected[::-1], source[::-1]
        expected[source == "constant"] = 1.0
        np.testing.assert_array_equal(found.source, source)
        np.testing.assert_allclose(found.scale, expected, rtol=1e-13)
        np.testing.assert_allclose(found.center, base.center * unit, rtol=1e-13)
        assert found.constant == base.constant


@pytest.mark.parametrize("asymmetric", SIDES)
@given(
    x=arrays(np.float64, st.integers(1, 50), elements=st.integers(-50, 50).map(float)),
    shift=st.integers(-(2**30), 2**30),
)
def test_the_origin_does_not_matter(asymmetric, x, shift):
    """Shifting exactly representable values moves the centre alone."""
    base = scale_of(x, asymmetric=asymmetric)
    found = scale_of(x + shift, asymmetric=asymmetric)
    assert found.center == base.center + shift
    assert_equal(found, base, but=["center"])


@settings(max_examples=60)
@given(
    x=arrays(np.float64, st.integers(1, 40), elements=st.integers(-3, 3).map(float)),
    data=st.data(),
)
def test_weights_repeat_rows(x, data):
    """Sorted weighted columns and selected repeated ones agree in everything, for every option."""
    weights = data.draw(arrays(np.float64, len(x), elements=st.integers(1, 4).map(float)))
    weighted = WeightedColumns([(x, weights)])
    repeated = ColumnSelector(np.repeat(x, weights.astype(int))[:, None])
    for asymmetric in SIDES:
        for zero_scale in ZERO_SCALES:
            options = {"asymmetric": asymmetric, "zero_scale": zero_scale}
            one, other = robust_scale(weighted, **options), robust_scale(repeated, **options)
            assert_equal(one, other, but=["scale"])
            np.testing.assert_allclose(one.scale, other.scale, rtol=1e-14)


# --- a MAD of zero ------------------------------------------------------------------------------


@pytest.mark.parametrize("asymmetric", SIDES)
@pytest.mark.parametrize(("share", "source"), [(0.7, "iqr"), (0.9, "nonmode")])
def test_what_replaces_a_mad_of_zero_is_robust(share, source, asymmetric):
    """Five outliers of 1e6 in 10,000 rows move the scale by less than 1 %."""
    x = zero_inflated(share)
    dirty = x.copy()
    dirty[:5] = 1e6
    clean, found = (scale_of(y, asymmetric=asymmetric) for y in (x, dirty))
    assert (clean.mad == 0).any()
    assert clean.source.ravel()[-1] == found.source.ravel()[-1] == source
    np.testing.assert_allclose(found.scale, clean.scale, rtol=0.01)
    for name in ("mean_ad", "std"):  # which follow an outlier
        assert scale_of(dirty, zero_scale=name).scale > 100 * scale_of(x, zero_scale=name).scale


def test_what_replaces_a_mad_of_zero_has_its_definition():
    """Quartile range, distances that are not zero, mean and standard deviation, in one unit."""
    x, y = zero_inflated(0.7), zero_inflated(0.9)
    assert scale_of(x).scale == pytest.approx(quartile_range(x) / NORMAL_IQR, rel=1e-14)
    assert scale_of(x).scale == pytest.approx(iqr(x, scale="normal"), rel=1e-2)
    assert scale_of(y).scale == np.median(y[y != 0]) / NORMAL_MAD
    mean_ad = np.abs(y).mean() / NORMAL_MEAN_AD
    assert scale_of(y, zero_scale="mean_ad").scale == pytest.approx(mean_ad, rel=1e-13)
    assert scale_of(y, zero_scale="std").scale == pytest.approx(y.std(), rel=1e-13)
    raw = scale_of(x, unit_variance=False).scale
    assert raw == pytest.approx(quartile_range(x) / 2, rel=1e-14)


@pytest.mark.parametrize("asymmetric", SIDES)
@pytest.mark.parametrize("zero_scale", ZERO_SCALES)
def test_options_for_a_mad_of_zero_leave_other_columns_alone(zero_scale, asymmetric):
    """A MAD that is not zero is the scale, whatever would replace it."""
    x = np.random.default_rng(0).normal(size=50)
    options = {"asymmetric": asymmetric, "zero_scale": zero_scale}
    assert_equal(scale_of(x, **options), scale_of(x, asymmetric=asymmetric))


@pytest.mark.parametrize(
    ("zero_scale", "varying", "constant"),
    [("one", (1.0, "one"), (1.0, "constant")), ("nan", (np.nan, "nan"), (np.nan, "nan"))],
)
def test_a_mad_of_zero_may_be_left_or_marked(zero_scale, varying, constant):
    """One leaves columns unscaled, nan marks them, constant columns too; the mask tells which."""
    X = np.column_stack([zero_inflated(0.9, n_rows=100), np.full(100, 3.0)])
    found = scale_of(X, zero_scale=zero_scale)
    for j, (scale, source) in enumerate((varying, constant)):
        np.testing.assert_equal(found.scale[j], scale)
        assert found.source[j] == source
    assert found.constant.tolist() == [False, True]


@pytest.mark.parametrize("unit", [1e-200, 1e-320, 1e200, 5e307])
@pytest.mark.parametrize("zero_scale", ["mean_ad", "std"])
def test_moments_neither_vanish_nor_overflow(zero_scale, unit):
    """Squares below the smallest and sums beyond the largest float do not spoil the scale."""
    x = np.repeat([0.0, 1.0, 2.0, 3.0], [70, 10, 10, 10])
    found = scale_of(x * unit, zero_scale=zero_scale).scale / unit
    assert found == pytest.approx(scale_of(x, zero_scale=zero_scale).scale, rel=1e-2)


@pytest.mark.parametrize("unit", [1.0, 1e-300, 1e-20, 1e300])
@pytest.mark.parametrize("asymmetric", SIDES)
def test_rounding_is_no_spread(asymmetric, unit):
    """Sums that differ in their last digit are constant, in any unit; real spreads are not."""
    x = np.array([0.1 + 0.2] * 5 + [0.3] * 5) * unit
    assert np.ptp(x) > 0
    found = scale_of(x, asymmetric=asymmetric)
    assert found.constant == [True]
    assert (found.scale == 1).all()
    spread = np.array([1.0, 1.0 + 1e-13, 1.0 - 1e-13, 1.0 + 2e-13]) * unit
    assert scale_of(spread, asymmetric=asymmetric).constant == [False]


@pytest.mark.parametrize("offset", [1.7e9, -3e6])
@pytest.mark.parametrize("asymmetric", SIDES)
def test_a_coarse_grid_is_no_noise(asymmetric, offset):
    """Time stamps in single precision spread over a few of its steps, and that is their scale."""
    step = float(np.spacing(np.float32(abs(offset))))
    x = (offset + np.random.default_rng(0).normal(size=2_000) * 8 * step).astype(np.float32)
    found = scale_of(x, asymmetric=asymmetric)
    assert (found.source == "mad").all()
    assert found.scale == pytest.approx(8 * step, rel=0.1)


@pytest.mark.parametrize("asymmetric", SIDES)
def test_noise_beside_other_values_is_no_scale(asymmetric):
    """A quotient that is one but for rounding in most rows is not scaled by the rounding."""
    rng = np.random.default_rng(0)
    noise = 1 + rng.integers(-3, 4, 300) * np.finfo(float).eps
    x = np.concatenate([noise, 1 + rng.normal(size=60)])
    found = scale_of(x, asymmetric=asymmetric)
    assert (found.source != "mad").all()
    assert (found.scale > 0.1).all()


def test_noise_is_relative_and_integers_have_none():
    """Ten rounding errors of the dtype, of the size of the value; integers are exact."""
    assert rounding_noise(np.array([-2.0]), np.dtype(np.float64)) == 20 * np.finfo(float).eps
    assert rounding_noise(np.array([2.0]), np.dtype(np.float32)) == 20 * np.finfo(np.float32).eps
    assert rounding_noise(np.array([2.0**60]), np.dtype(np.int64)) == 0


@pytest.mark.parametrize("asymmetric", SIDES)
@pytest.mark.parametrize("x", [[5.0], [5.0] * 7, [np.nan, 5.0, np.nan], [0.0, -0.0]])
def test_constant_columns_have_scale_one(x, asymmetric):
    """One row, equal rows, and one value among missing ones do not vary."""
    found = scale_of(x, asymmetric=asymmetric)
    assert (found.scale == 1).all()
    assert (found.source == "constant").all()
    assert (found.mad == 0).all()
    assert found.constant == [True]
    assert found.center == np.nanmedian(x)


@pytest.mark.parametrize("asymmetric", SIDES)
@pytest.mark.parametrize("zero_scale", ZERO_SCALES)
@pytest.mark.parametrize("x", [[np.nan] * 3, [np.nan, np.inf, -np.inf]])
def test_columns_without_values_leave_later_values_alone(x, zero_scale, asymmetric):
    """Centre 0 and scale 1 are finite, the MAD is unknown, and the source says why."""
    found = scale_of(x, asymmetric=asymmetric, zero_scale=zero_scale)
    assert (found.center == 0).all()
    assert (found.scale == 1).all()
    assert np.isnan(found.mad).all()
    assert (found.source == "all_missing").all()
    assert found.constant == [False]
    assert np.isnan(found.tie_share).all()


def test_two_rows_have_half_their_range():
    """The MAD of two values is half of their distance."""
    assert scale_of([3.0, 7.0]).mad == 2.0
    assert scale_of([3.0, 7.0], asymmetric=True).mad.tolist() == [[2.0], [2.0]]


# --- sides --------------------------------------------------------------------------------------


def test_each_side_has_its_own_fallback():
    """Ties at the median leave one side its MAD and give the other what is left of its values."""
    x = np.concatenate([np.zeros(60), -np.arange(1.0, 11), np.arange(1.0, 31) * 10])
    found = scale_of(x, asymmetric=True)
    assert found.mad[0] == found.mad[1] == 0
    assert found.source[:, 0].tolist() == ["nonmode", "iqr"]
    assert found.scale[0] == 5.5 / NORMAL_MAD
    upper = np.quantile(x, 0.75, method="averaged_inverted_cdf")
    assert found.scale[1] == pytest.approx(upper / NORMAL_MAD, rel=1e-15)


@pytest.mark.parametrize("sign", [1, -1])
def test_a_side_without_values_takes_the_scale_of_the_other(sign):
    """Where the median is an extreme, both sides have one scale, and the source says so."""
    x = sign * np.append(np.zeros(60), np.arange(1.0, 41))
    found = scale_of(x, asymmetric=True)
    empty, filled = (0, 1) if sign == 1 else (1, 0)
    assert found.source[empty] == "other_side"
    assert found.source[filled] == "iqr"
    assert found.scale[0] == found.scale[1] > 1
    assert found.constant == [False]


# --- breakdown and extremes ---------------------------------------------------------------------


@pytest.mark.parametrize("asymmetric", SIDES)
@pytest.mark.parametrize("value", [1e300, -1e300, 1.7e308])
def test_49_percent_of_outliers_do_not_break_the_scale(value, asymmetric):
    """Centre and MAD stay within the range of the good half."""
    x = np.random.default_rng(0).normal(size=1_000)
    good = x[490:].copy()
    x[:490] = value
    found = scale_of(x, asymmetric=asymmetric)
    assert good.min() <= found.center <= good.max()
    bounded = found.scale if not asymmetric else found.scale[1 if value < 0 else 0]
    assert 0.1 < bounded.max() < np.ptp(good) / NORMAL_MAD
    assert np.isfinite(found.scale).all()


@pytest.mark.parametrize("asymmetric", SIDES)
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_the_largest_floats_have_finite_scales(dtype, asymmetric):
    """Neither the middle of two huge values nor their distance becomes infinite."""
    top = np.finfo(dtype).max
    tables = [
        [top, top],
        [-top, top],
        [top, top / 2, top / 4, top],
        [-top] * 11 + [top] * 9,
        [-top] * 18 + [top] * 2,
        [-top, 0.0, 0.0, 0.0, top],
    ]
    for x in tables:
        found = scale_of(np.array(x, dtype), asymmetric=asymmetric)
        assert np.isfinite(found.center).all()
        assert np.isfinite(found.scale).all()
        assert (found.scale > 0).all()
    assert scale_of(np.array([top, top], dtype)).center == float(top)


def test_a_huge_offset_is_taken_as_it_is_stored():
    """Centre and MAD of 1e16 + small integers are those of the rounded values."""
    x = 1e16 + np.arange(10.0)
    found = scale_of(x)
    assert found.center == np.median(x)
    assert found.mad == median_abs_deviation(x)


@pytest.mark.parametrize("start", [2**53, 2**62, -(2**63), 2**63])
def test_large_integers_keep_their_spread(start):
    """Integers that float64 cannot tell apart are scaled like the small ones, on both sides."""
    steps = np.random.default_rng(0).gamma(1.0, 40.0, 500).astype(np.int64)
    kind = np.uint64 if start == 2**63 else np.int64
    x = np.array(start, kind) + steps.astype(kind)
    for asymmetric in SIDES:
        found, small = (scale_of(y, asymmetric=asymmetric) for y in (x, steps))
        assert_equal(found, small, but=["center"])
        assert found.center == pytest.approx(start + float(small.center[0]), rel=1e-15)


@pytest.mark.parametrize("dtype", [np.int8, np.uint8, np.bool_, np.int32])
def test_small_integers_do_not_wrap_around(dtype):
    """Distances between the ends of an integer range are those of the numbers."""
    x = np.array([-128, -127, 100, 126, 127, 0, 0]).astype(dtype)
    for asymmetric in SIDES:
        found = scale_of(x, asymmetric=asymmetric)
        assert_equal(found, scale_of(x.astype(float), asymmetric=asymmetric))
