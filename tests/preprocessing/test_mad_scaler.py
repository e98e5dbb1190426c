"""MADScaler: exact statistics, laws, and the inputs on which other scalers break."""

import pickle
import warnings

import imblearn.pipeline
import numpy as np
import pandas as pd
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy import sparse
from scipy.stats import median_abs_deviation
from sklearn import config_context
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline

from sklearn_lossfix import MADScaler
from sklearn_lossfix._core._robust_scale import NORMAL_MAD
from sklearn_lossfix.exceptions import LossfixWarning, ZeroSpreadWarning

FITTED = ("center_", "scale_", "mad_", "scale_source_", "constant_features_", "n_samples_seen_")

# Many of the tables below are tied or constant on purpose; the warning has tests of its own.
quiet = pytest.mark.filterwarnings("ignore::sklearn_lossfix.exceptions.ZeroSpreadWarning")


def assert_same_fit(one, other):
    """Two fitted scalers hold the same numbers, bit for bit."""
    for name in FITTED:
        np.testing.assert_array_equal(getattr(one, name), getattr(other, name), err_msg=name)


# --- statistics -----------------------------------------------------------------------------------


@quiet
@given(
    arrays(
        st.sampled_from([np.float64, np.float32]),
        st.tuples(st.integers(1, 50), st.just(1)),
        elements=st.one_of(
            st.sampled_from([0.0, -0.0, 1.0, -1.0, 5e-324, 1e-310, 1e30, 0.1, np.nan]).map(
                lambda value: float(np.float32(value))
            ),
            st.floats(-1000, 1000, width=32),
        ),
    )
)
def test_median_and_mad_equal_numpy_and_scipy_bit_for_bit(X):
    """Centre and MAD are those of np.nanmedian and scipy, on ties, zeros, subnormals and NaN."""
    scaler = MADScaler().fit(X)
    if np.isnan(X).all():
        assert np.isnan(scaler.mad_[0])
        return
    values = X[~np.isnan(X)]
    assert scaler.center_[0] == np.median(values)
    assert scaler.mad_[0] == median_abs_deviation(X[:, 0], nan_policy="omit")


def test_scale_is_consistent_for_the_standard_deviation(rng):
    """The scale is the MAD over the normal quartile, or the raw MAD without unit_variance."""
    X = rng.normal(size=(1000, 3))
    scaler, raw = MADScaler().fit(X), MADScaler(unit_variance=False).fit(X)
    np.testing.assert_allclose(scaler.scale_, median_abs_deviation(X, scale="normal"), rtol=1e-15)
    np.testing.assert_array_equal(raw.scale_, median_abs_deviation(X))


@quiet
def test_transform_is_the_documented_formula(mixed):
    """transform is (x - center_) / scale_ bit for bit, NaN included."""
    scaler = MADScaler().fit(mixed)
    expected = (mixed - scaler.center_) / scaler.scale_
    np.testing.assert_array_equal(scaler.transform(mixed), expected)


@pytest.mark.parametrize("centering", [True, False])
@pytest.mark.parametrize("scaling", [True, False])
def test_centering_and_scaling_can_be_left_out(rng, centering, scaling):
    """Each half can be switched off, and both attributes are learnt all the same."""
    X = rng.normal(3, 2, size=(100, 2))
    scaler = MADScaler(with_centering=centering, with_scaling=scaling).fit(X)
    expected = X - scaler.center_ * centering
    expected = expected / scaler.scale_ if scaling else expected
    np.testing.assert_array_equal(scaler.transform(X), expected)
    np.testing.assert_array_equal(scaler.center_, np.median(X, axis=0))


@quiet
@pytest.mark.parametrize("exponent", [-300, -100, -15, 0, 100, 300])
def test_scale_equivariance_whatever_the_unit(rng, exponent):
    """Multiplying a table by a constant multiplies centre and scale, down to 1e-300."""
    X = np.column_stack([rng.normal(size=200), np.where(rng.random(200) < 0.7, 0, rng.random(200))])
    factor = 2.0 ** round(exponent * np.log2(10))
    one, other = MADScaler().fit(X), MADScaler().fit(X * factor)
    np.testing.assert_array_equal(other.center_, one.center_ * factor)
    np.testing.assert_array_equal(other.scale_, one.scale_ * factor)
    np.testing.assert_array_equal(other.scale_source_, one.scale_source_)


def test_shift_equivariance(rng):
    """Adding a constant moves the centre and leaves the scale."""
    X = rng.integers(-100, 100, size=(301, 2)).astype(float)
    one, other = MADScaler().fit(X), MADScaler().fit(X + 1024)
    np.testing.assert_array_equal(other.center_, one.center_ + 1024)
    np.testing.assert_array_equal(other.scale_, one.scale_)


def test_breakdown_point_of_one_half(rng):
    """49 % of rows at 1e300 leave centre and scale where clean rows could have put them."""
    X = rng.normal(size=(1000, 1))
    X[:490] = 1e300
    scaler = MADScaler().fit(X)
    assert abs(scaler.center_[0]) < 5
    assert 0 < scaler.scale_[0] < 10


# --- zero scales ----------------------------------------------------------------------------------


def test_fallback_of_zero_inflated_columns_is_robust(rng):
    """Five outliers of 1e6 in 10,000 rows of mostly zeros move the scale by less than 1 %."""
    X = np.where(rng.random((10_000, 1)) < 0.7, 0.0, rng.gamma(2.0, 1.0, (10_000, 1)))
    spoilt = X.copy()
    spoilt[:5] = 1e6
    with pytest.warns(ZeroSpreadWarning, match="interquartile range|differ from the median"):
        one, other = MADScaler().fit(X), MADScaler().fit(spoilt)
    assert one.mad_[0] == 0
    assert one.scale_source_[0] == other.scale_source_[0] in ("iqr", "nonmode")
    assert other.scale_[0] == pytest.approx(one.scale_[0], rel=0.01)
    follows = [MADScaler(zero_scale="std").fit(table).scale_[0] for table in (X, spoilt)]
    assert follows[1] > 1000 * follows[0]


@quiet
def test_fallbacks_are_tried_in_order():
    """Interquartile range first, then the MAD of what differs from the median, then constant."""
    iqr = np.r_[np.zeros(6), 1.0, 2.0, 3.0, 4.0]
    nonmode = np.r_[np.zeros(8), 2.0, 6.0]
    scaler = MADScaler().fit(np.column_stack([iqr, nonmode, np.full(10, 7.0)]))
    assert scaler.scale_source_.tolist() == ["iqr", "nonmode", "constant"]
    low, high = np.quantile(iqr, [0.25, 0.75], method="averaged_inverted_cdf")
    assert scaler.scale_[0] == pytest.approx((high - low) / (2 * NORMAL_MAD))
    assert scaler.scale_[1] == pytest.approx(np.median([2.0, 6.0]) / NORMAL_MAD)
    assert scaler.scale_[2] == 1
    assert scaler.constant_features_.tolist() == [False, False, True]


@pytest.mark.parametrize("parameters", [{"zero_scale": "std"}, {"with_scaling": False}])
def test_a_choice_does_not_warn(parameters):
    """Where the user said what to do with a MAD of zero, or scales nothing, there is no warning."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        MADScaler(**parameters).fit(np.r_[np.zeros(8), 2.0, 6.0][:, None])


def test_a_stream_warns_when_its_numbers_are_asked_for():
    """Batches are taken in silently: what the first of them looks like may not last."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        scaler = MADScaler().partial_fit([[1.0]]).partial_fit([[1.0]])
    with pytest.warns(ZeroSpreadWarning, match="constant"):
        assert scaler.scale_.tolist() == [1.0]
    assert scaler.partial_fit([[2.0], [3.0]]).mad_.tolist() == [0.5]


@quiet
@pytest.mark.parametrize("kind", ["mean_ad", "std", "one", "nan"])
def test_other_zero_scales(kind):
    """Each other choice is the statistic it is named after, and leaves constant columns at one."""
    x = np.r_[np.zeros(8), 2.0, 6.0]
    X = np.column_stack([x, np.full(10, 7.0), np.arange(10.0)])
    scaler = MADScaler(zero_scale=kind).fit(X)
    expected = {
        "mean_ad": np.sqrt(np.pi / 2) * np.mean(np.abs(x)),
        "std": np.std(x),
        "one": 1.0,
        "nan": np.nan,
    }[kind]
    np.testing.assert_allclose(scaler.scale_[0], expected)
    np.testing.assert_allclose(scaler.scale_[1], np.nan if kind == "nan" else 1.0)
    assert scaler.scale_source_[0] == kind
    assert scaler.scale_source_[2] == "mad"


def test_zero_scale_can_raise_and_leaves_the_scaler_as_it_was():
    """zero_scale='raise' names the columns, and a scaler that was fitted before stays so."""
    good = pd.DataFrame({"a": np.arange(9.0), "b": np.arange(9.0)})
    scaler = MADScaler(zero_scale="raise").fit(good)
    before = dict(vars(scaler))
    with pytest.raises(ValueError, match="MAD of the columns 'b' is zero"):
        scaler.fit(good.assign(b=1.0, c=2.0).drop(columns="c"))
    assert vars(scaler) == before


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_values_equal_but_for_rounding_are_constant(dtype):
    """A column of 0.1 + 0.2 and 0.3 is constant, in any unit."""
    column = np.array([0.1 + 0.2] * 5 + [0.3] * 5) * np.array([1.0, 1e-20, 1e20])[:, None]
    with pytest.warns(ZeroSpreadWarning, match="constant, only centred"):
        scaler = MADScaler().fit(column.T.astype(dtype))
    assert scaler.constant_features_.all()
    assert (scaler.scale_ == 1).all()


def test_single_row_and_two_rows():
    """One row has nothing to scale by; two rows have half their range as MAD."""
    with pytest.warns(ZeroSpreadWarning):
        assert (MADScaler().fit_transform([[3.0, -4.0]]) == 0).all()
    assert MADScaler().fit([[1.0], [5.0]]).mad_.tolist() == [2.0]


def test_column_without_values_passes_finite_values_through():
    """An all-NaN column leaves later finite values as they are, instead of erasing them."""
    X = np.column_stack([np.arange(5.0), np.full(5, np.nan)])
    with pytest.warns(ZeroSpreadWarning, match="without values, left as they are \\('x1'\\)"):
        scaler = MADScaler().fit(X)
    assert scaler.transform([[2.0, 42.0]]).tolist() == [[0.0, 42.0]]
    assert np.isnan(scaler.mad_[1])
    assert scaler.n_samples_seen_.tolist() == [5, 0]


def test_clean_columns_do_not_warn(rng):
    """A table whose columns all vary is scaled silently."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        MADScaler().fit(rng.normal(size=(100, 3)))


def test_the_warning_points_at_the_caller_and_comes_once():
    """One warning for all columns, from the line that called fit."""
    with pytest.warns(ZeroSpreadWarning) as caught:
        MADScaler().fit(np.zeros((5, 3)))
    assert len(caught) == 1
    assert caught[0].filename == __file__


# --- two sides ------------------------------------------------------------------------------------


def test_asymmetric_scales_each_side_by_its_own_mad(rng):
    """The two scales are the medians of the distances on each side of the median."""
    x = rng.exponential(size=1001)
    scaler = MADScaler(asymmetric=True, unit_variance=False).fit(x[:, None])
    median = np.median(x)
    expected = [np.median(median - x[x <= median]), np.median(x[x >= median] - median)]
    np.testing.assert_allclose(scaler.scale_[:, 0], expected, rtol=1e-12)
    assert scaler.scale_[1, 0] > 1.5 * scaler.scale_[0, 0]


@quiet
def test_asymmetric_map_is_monotone_continuous_and_invertible(mixed):
    """Scaling by sides keeps the order of values and can be undone."""
    scaler = MADScaler(asymmetric=True).fit(mixed)
    Z = scaler.transform(mixed)
    for x, z in zip(mixed.T, Z.T, strict=True):
        order = np.argsort(x[~np.isnan(x)])
        assert (np.diff(z[~np.isnan(x)][order]) >= 0).all()
    np.testing.assert_allclose(scaler.inverse_transform(Z), mixed, rtol=1e-13, atol=1e-13)
    near = scaler.center_ + 1e-9 * np.array([[-1.0], [1.0]])
    assert np.abs(np.diff(scaler.transform(near), axis=0)).max() < 1e-7


@quiet
def test_a_side_without_values_borrows_from_the_other():
    """Zeros with a positive tail: nothing lies below, so below is scaled like above."""
    scaler = MADScaler(asymmetric=True).fit(np.r_[np.zeros(8), 2.0, 6.0][:, None])
    assert scaler.scale_source_[:, 0].tolist() == ["other_side", "nonmode"]
    assert scaler.scale_[0, 0] == scaler.scale_[1, 0]
    assert not scaler.constant_features_[0]


def test_asymmetric_needs_centering():
    """Without subtracting the median the map would jump there."""
    with pytest.raises(ValueError, match="asymmetric=True needs with_centering=True"):
        MADScaler(asymmetric=True, with_centering=False).fit([[1.0], [2.0]])


# --- bounds ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("clip", [3.0, ("soft", 3.0)])
def test_sentinels_and_infinity_come_out_as_the_bound(rng, dtype, clip):
    """The largest float of the dtype, 1e20, and infinity give the bound, not the centre or NaN."""
    X = rng.normal(size=(200, 1)).astype(dtype)
    X[:3, 0] = [np.finfo(dtype).max, 1e20, np.inf]
    X[3:5, 0] = [-np.finfo(dtype).max, -np.inf]
    Z = MADScaler(clip=clip).fit_transform(X)
    assert Z.dtype == dtype
    np.testing.assert_allclose(Z[:5, 0], [3, 3, 3, -3, -3])
    assert np.abs(Z).max() <= 3


def test_soft_bound_is_the_documented_formula(rng):
    """A soft bound is z / hypot(1, z / B), strictly monotone, and undone by inverse_transform."""
    X = np.sort(rng.standard_cauchy((300, 1)), axis=0)
    plain, soft = MADScaler().fit(X), MADScaler(clip=("soft", 2.5)).fit(X)
    z, bounded = plain.transform(X), soft.transform(X)
    np.testing.assert_allclose(bounded, z / np.hypot(1, z / 2.5), rtol=1e-14)
    assert (np.diff(bounded, axis=0) > 0).all()
    inside = np.abs(z) < 1e3
    restored = soft.inverse_transform(bounded)
    np.testing.assert_allclose(restored[inside], X[inside], rtol=1e-8)


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
@pytest.mark.parametrize("bound", [0.1, 1 / 3, 2.7, 3.1, 3.3])
def test_what_was_rounded_to_a_soft_bound_comes_back_infinite(rng, dtype, bound):
    """Also where the dtype rounds the bound down, so that nothing ever reaches it."""
    X = np.r_[rng.normal(size=99), -6e4, 6e4].astype(dtype)[:, None]
    scaler = MADScaler(clip=("soft", bound), unit_variance=False).fit(X)
    X[-2:] *= 1 if dtype == np.float16 else 1e30
    back = scaler.inverse_transform(scaler.transform(X))
    np.testing.assert_array_equal(back[-2:, 0], [-np.inf, np.inf])


def test_hard_bound_cannot_be_undone(rng):
    """What a hard bound cut comes back as the bound in the units of the column."""
    X = rng.standard_t(2, size=(200, 1))
    scaler = MADScaler(clip=1.0).fit(X)
    restored = scaler.inverse_transform(scaler.transform(X))
    expected = np.clip(X, scaler.center_ - scaler.scale_, scaler.center_ + scaler.scale_)
    np.testing.assert_allclose(restored, expected)


@pytest.mark.parametrize(
    "clip", [0.0, -1.0, np.nan, np.inf, True, "soft", ("soft",), ("soft", 0), ("hard", 2), (1, 2)]
)
def test_bounds_that_are_none_are_refused(clip):
    """A bound is a positive finite number, alone or behind 'soft'."""
    with pytest.raises(ValueError, match=r"clip'? parameter"):
        MADScaler(clip=clip).fit([[1.0], [2.0]])


def test_infinity_is_refused_without_a_bound_by_name(rng):
    """Infinite values raise in fit and transform, with the column and the way out."""
    frame = pd.DataFrame(rng.normal(size=(20, 2)), columns=["a", "b"])
    scaler = MADScaler().fit(frame)
    frame.loc[3, "b"] = -np.inf
    for method in (scaler.transform, MADScaler().fit, MADScaler().partial_fit):
        with pytest.raises(ValueError, match=r"infinity in the columns 'b'.*clip"):
            method(frame)


@quiet
def test_infinite_values_are_left_out_of_the_statistics():
    """With a bound, infinite values do not move centre and scale."""
    x = np.r_[np.arange(10.0), [np.inf] * 9][:, None]
    np.testing.assert_array_equal(
        MADScaler(clip=3.0).fit(x).center_, MADScaler().fit(x[:10]).center_
    )


# --- overflow -------------------------------------------------------------------------------------


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_values_near_the_largest_float(dtype):
    """Neither the middle of two values nor their distances overflow; nothing becomes NaN."""
    huge = np.finfo(dtype).max
    X = (np.array([[0.5], [0.8], [0.9], [1.0]]) * float(huge)).astype(dtype)
    scaler = MADScaler().fit(X)
    assert np.isfinite(scaler.center_).all()
    assert np.isfinite(scaler.scale_).all()
    half = MADScaler().fit(X / 2)
    np.testing.assert_allclose(scaler.transform(X), half.transform(X / 2), rtol=1e-5)


@pytest.mark.parametrize("copy", [True, False])
def test_differences_that_overflow_are_scaled_right(copy):
    """x - center beyond the largest float still gives the right quotient, in place as well."""
    X = np.r_[np.full(5, 1.5e308), np.linspace(1.2e308, 1.6e308, 20), -1.7e308][:, None]
    scaler = MADScaler(copy=copy).fit(X)
    expected = (X / 4 - scaler.center_ / 4) / (scaler.scale_ / 4)
    np.testing.assert_allclose(scaler.transform(X.copy()), expected, rtol=1e-12)


def test_results_beyond_the_dtype_are_infinite_and_named():
    """A quotient that float32 cannot hold is infinite, with a warning that names the column."""
    X = np.r_[np.linspace(0, 1e-20, 50), 1e30].astype(np.float32)[:, None]
    with pytest.warns(LossfixWarning, match="columns 'x0' are beyond float32"):
        Z = MADScaler().fit_transform(X)
    assert np.isinf(Z[-1, 0])
    assert np.isfinite(Z[:-1]).all()


@pytest.mark.parametrize("kind", [np.array, sparse.csr_array, sparse.csc_array])
@pytest.mark.parametrize("library", [make_pipeline, imblearn.pipeline.make_pipeline])
def test_overflow_is_told_at_the_line_of_the_user(kind, library):
    """The warning comes for dense and sparse rows alike, from whatever runs the scaler."""
    X = np.r_[np.linspace(1e-21, 1e-20, 50), 1e30].astype(np.float32)[:, None]
    scaler = MADScaler(with_centering=False).fit(X)
    pipeline = library(MADScaler(with_centering=False), "passthrough")
    for call in (scaler.transform, pipeline.fit_transform):
        with pytest.warns(LossfixWarning, match="columns 'x0' are beyond float32") as caught:
            call(kind(X))
        assert [warning.filename for warning in caught] == [__file__]


# --- integers and dtypes --------------------------------------------------------------------------


@pytest.mark.parametrize("dtype", [np.int8, np.uint8, np.int16, np.int32, np.int64, np.uint64])
def test_integers_are_exact(rng, dtype):
    """Integer columns give the numbers of the same values as floats, without wrapping around."""
    info = np.iinfo(dtype)
    low, high = max(info.min, -(2**50)), min(info.max, 2**50)
    X = rng.integers(low, high, size=(301, 2), endpoint=True).astype(dtype)
    X[0], X[1] = low, high
    assert_same_fit(MADScaler().fit(X), MADScaler().fit(X.astype(float)))
    assert MADScaler().fit_transform(X).dtype == np.float64


def test_integers_beyond_2_to_53_keep_their_ranks():
    """Four consecutive integers around 2**62 have a MAD of one, not of zero."""
    X = (2**62 + np.arange(4))[:, None]
    scaler = MADScaler().fit(X)
    assert scaler.mad_[0] == 1
    assert not scaler.constant_features_[0]


@quiet
def test_booleans_are_zeros_and_ones(rng):
    """A boolean column is that of zeros and ones."""
    X = rng.random((99, 1)) < 0.4
    assert_same_fit(MADScaler().fit(X), MADScaler().fit(X.astype(float)))


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_floats_keep_their_dtype_and_statistics_are_float64(rng, dtype):
    """The result has the dtype of the rows, whatever was fitted; attributes are float64."""
    X = rng.normal(size=(50, 2)).astype(dtype)
    scaler = MADScaler().fit(X)
    assert scaler.transform(X).dtype == dtype
    assert scaler.inverse_transform(scaler.transform(X)).dtype == dtype
    assert scaler.center_.dtype == scaler.scale_.dtype == scaler.mad_.dtype == np.float64


@quiet
@pytest.mark.parametrize("asymmetric", [False, True])
def test_float16_is_the_formula_rounded_once(rng, asymmetric):
    """Centre and scale are not rounded to half precision before the values are scaled."""
    X = (1000 + 50 * rng.normal(size=(1000, 1))).astype(np.float16)
    scaler = MADScaler(asymmetric=asymmetric).fit(X)
    distance = X.astype(np.float64) - scaler.center_
    scale = np.where(distance < 0, *scaler.scale_) if asymmetric else scaler.scale_
    np.testing.assert_array_equal(scaler.transform(X), (distance / scale).astype(np.float16))


def test_float16_does_not_overflow():
    """Centre and scale of large half-precision values are worked out in single precision."""
    X = np.array([[60_000.0], [50_000.0], [-60_000.0]], dtype=np.float16)
    scaler = MADScaler().fit(X)
    assert scaler.center_[0] == 49_984.0 == float(np.float16(50_000))
    assert np.isfinite(scaler.transform(X)).all()


# --- containers -----------------------------------------------------------------------------------


@quiet
@pytest.mark.parametrize(
    "convert",
    [
        np.asfortranarray,
        lambda X: np.repeat(X, 2, axis=0)[::2],
        lambda X: np.repeat(X, 2, axis=1)[:, ::2],
        lambda X: X[::-1][::-1],
        lambda X: X.astype(">f8"),
        pd.DataFrame,
        lambda X: pl.DataFrame(X, schema=[f"c{j}" for j in range(X.shape[1])]),
        lambda X: X.tolist(),
    ],
    ids=["F", "rows", "columns", "views", "big-endian", "pandas", "polars", "lists"],
)
def test_every_container_gives_the_same_numbers(mixed, convert):
    """Memory layout, byte order and container do not change a number."""
    one, other = MADScaler().fit(mixed), MADScaler().fit(convert(mixed))
    assert_same_fit(one, other)
    np.testing.assert_array_equal(one.transform(mixed), other.transform(convert(mixed)))


@quiet
@pytest.mark.parametrize("copy", [True, False])
def test_read_only_and_memory_mapped_tables(mixed, tmp_path, copy):
    """A read-only table is scaled into a new one, with copy=False as well."""
    np.save(tmp_path / "X.npy", mixed)
    mapped = np.load(tmp_path / "X.npy", mmap_mode="r")
    scaler = MADScaler(copy=copy).fit(mapped)
    np.testing.assert_array_equal(scaler.transform(mapped), MADScaler().fit_transform(mixed))
    np.testing.assert_array_equal(mapped, mixed)


@quiet
@pytest.mark.parametrize("order", ["C", "F"])
def test_copy_false_writes_into_a_writeable_table(mixed, order):
    """copy=False gives the very array that was passed; copy=True never changes it."""
    X = np.array(mixed, order=order)
    expected = MADScaler().fit_transform(X)
    np.testing.assert_array_equal(X, mixed)
    assert MADScaler(copy=False).fit(X).transform(X) is X
    np.testing.assert_array_equal(X, expected)


@quiet
@pytest.mark.parametrize("output", ["pandas", "polars"])
def test_set_output_keeps_names(mixed, output):
    """Dataframes come out with the names that came in."""
    frame = pd.DataFrame(mixed, columns=list("abcde"))
    scaled = MADScaler().set_output(transform=output).fit_transform(frame)
    assert list(scaled.columns) == list("abcde")
    np.testing.assert_array_equal(scaled.to_numpy(), MADScaler().fit_transform(mixed))


@quiet
def test_nullable_and_null_values_are_missing():
    """pandas' NA in Int64 and polars' null are missing values like NaN."""
    plain = np.array([[1.0], [2.0], [np.nan], [4.0]])
    nullable = pd.DataFrame({"a": pd.array([1, 2, None, 4], dtype="Int64")})
    null = pl.DataFrame({"a": [1, 2, None, 4]})
    for table in (nullable, null):
        scaler = MADScaler().fit(table)
        assert_same_fit(MADScaler().fit(plain), scaler)
        assert np.isnan(scaler.transform(table)[2, 0])


def test_columns_in_another_order_are_refused(rng):
    """A dataframe whose columns changed places is an error, as everywhere in scikit-learn."""
    frame = pd.DataFrame(rng.normal(size=(20, 2)), columns=["a", "b"])
    with pytest.raises(ValueError, match="feature names"):
        MADScaler().fit(frame).transform(frame[["b", "a"]])


@pytest.mark.parametrize(
    "column",
    [
        pd.date_range("2024-01-01", periods=4),
        pd.timedelta_range("1h", periods=4),
        pd.period_range("2024-01", periods=4, freq="M"),
        pd.date_range("2024-01-01", periods=4, tz="UTC"),
    ],
    ids=["datetime", "timedelta", "period", "time zone"],
)
def test_times_are_refused_by_name(column):
    """Dates, durations and periods raise with the names of the columns and what to do."""
    frame = pd.DataFrame({"n": [1.0, 2.0, 3.0, 4.0], "when": column})
    with pytest.raises(TypeError, match=r"dates, times or durations in the columns 'when'"):
        MADScaler().fit(frame)


def test_times_of_other_containers_are_refused():
    """The same for a polars frame and for an array."""
    dates = np.array(["2024-01-01", "2024-01-02"], dtype="datetime64[D]")
    with pytest.raises(TypeError, match="'when'"):
        MADScaler().fit(pl.DataFrame({"when": dates}))
    with pytest.raises(TypeError, match="dates, times or durations"):
        MADScaler().fit(dates[:, None])


def test_text_is_refused_by_name():
    """Columns of text raise with their names, however many numbers stand beside them."""
    frame = pd.DataFrame({"n": [1.0, 2.0], "city": ["Oslo", "Rome"]})
    for table in (frame, pl.DataFrame(frame.to_dict("list"))):
        with pytest.raises(ValueError, match=r"text in the columns 'city'"):
            MADScaler().fit(table)


def test_numbers_in_object_columns_are_taken():
    """Objects that are numbers are numbers."""
    X = np.array([[1, 2.5], [3, 4.5], [9, 1.5]], dtype=object)
    np.testing.assert_array_equal(MADScaler().fit(X).center_, [3, 2.5])


def test_lazy_tables_are_refused():
    """A lazy frame is not silently loaded."""
    with pytest.raises(TypeError, match="lazy"):
        MADScaler().fit(pl.DataFrame({"a": [1.0, 2.0]}).lazy())


# --- sparse tables --------------------------------------------------------------------------------


@quiet
@pytest.mark.parametrize("form", ["csr", "csc"])
@pytest.mark.parametrize("kind", [sparse.csr_array, sparse.csr_matrix])
def test_sparse_equals_dense(rng, form, kind):
    """Sparse columns give the numbers of dense ones, with NaN, negative and dense columns."""
    dense = rng.normal(size=(200, 6)) * (rng.random((200, 6)) < [0.02, 0.3, 0.6, 0.9, 1.0, 0.0])
    dense[3, 2] = np.nan
    table = kind(dense).asformat(form)
    one = MADScaler(with_centering=False).fit(dense)
    other = MADScaler(with_centering=False).fit(table)
    assert_same_fit(one, other)
    scaled = other.transform(table)
    assert scaled.format == form
    np.testing.assert_array_equal(scaled.toarray(), one.transform(dense))
    np.testing.assert_allclose(other.inverse_transform(scaled).toarray(), dense)


def test_sparse_tables_cannot_be_centred(rng):
    """Centring a sparse table is refused, with the way out."""
    with pytest.raises(ValueError, match="Cannot center sparse matrices"):
        MADScaler().fit(sparse.random(10, 3, density=0.5, random_state=0, format="csr"))


def test_sparse_tables_are_not_densified():
    """A table of 10^12 cells is fitted in the memory of what it stores."""
    rows = np.arange(3)
    table = sparse.csc_matrix((np.array([1.0, 2.0, 3.0]), (rows, rows)), shape=(10**9, 1000))
    with pytest.warns(ZeroSpreadWarning):
        scaler = MADScaler(with_centering=False).fit(table)
    assert scaler.scale_source_[:3].tolist() == ["nonmode"] * 3
    np.testing.assert_allclose(scaler.scale_[:3], np.array([1.0, 2.0, 3.0]) / NORMAL_MAD)


# --- weights --------------------------------------------------------------------------------------


@quiet
@pytest.mark.parametrize("asymmetric", [True, False])
@pytest.mark.parametrize("zero_scale", ["auto", "mean_ad", "std"])
def test_integer_weights_equal_repetition(mixed, rng, asymmetric, zero_scale):
    """Weighting a row by k is repeating it k times, for k = 0 as well."""
    weights = rng.integers(0, 4, len(mixed))
    parameters = {"asymmetric": asymmetric, "zero_scale": zero_scale}
    weighted = MADScaler(**parameters).fit(mixed, sample_weight=weights)
    repeated = MADScaler(**parameters).fit(np.repeat(mixed, weights, axis=0))
    np.testing.assert_array_equal(weighted.center_, repeated.center_)
    np.testing.assert_allclose(weighted.scale_, repeated.scale_, rtol=1e-12)
    np.testing.assert_array_equal(weighted.scale_source_, repeated.scale_source_)


@quiet
def test_unit_weights_change_nothing(mixed):
    """Weights that are all alike give the unweighted numbers bit for bit."""
    plain = MADScaler().fit(mixed)
    for weight in (np.ones(len(mixed)), np.full(len(mixed), 0.1)):
        assert_same_fit(plain, MADScaler().fit(mixed, sample_weight=weight))


@quiet
def test_rows_of_weight_zero_are_not_there(mixed):
    """A weight of zero removes a row from every number, its infinite values included."""
    weights = np.ones(len(mixed))
    spoilt = mixed.copy()
    spoilt[:50] = np.inf
    weights[:50] = 0
    assert_same_fit(MADScaler().fit(mixed[50:]), MADScaler().fit(spoilt, sample_weight=weights))


@pytest.mark.parametrize("bad", [np.nan, np.inf, -1.0])
def test_bad_weights_are_refused(bad):
    """Weights are finite and not negative, and not all zero."""
    with pytest.raises(ValueError, match="sample_weight must be finite and not negative"):
        MADScaler().fit([[1.0], [2.0]], sample_weight=[1.0, bad])
    with pytest.raises(ValueError, match="zero in every row"):
        MADScaler().fit([[1.0], [2.0]], sample_weight=[0.0, 0.0])


# --- streams --------------------------------------------------------------------------------------


@quiet
def test_partial_fit_is_exact_while_rows_are_held(mixed):
    """Up to 16 sketch sizes of rows, batches give the numbers of one fit bit for bit."""
    scaler = MADScaler()
    for start in range(0, len(mixed), 100):
        scaler.partial_fit(mixed[start : start + 100])
    assert_same_fit(MADScaler().fit(mixed), scaler)
    assert scaler.rank_error_ == 0


@pytest.mark.parametrize("order", ["sorted", "reversed", "blocks", "random"])
def test_rank_errors_hold_in_every_order(rng, order):
    """Centre and MAD are within the stated rank errors, whatever the order of the rows."""
    n_rows = 30_000
    x = np.sort(rng.standard_t(3, n_rows))
    x = {
        "sorted": x,
        "reversed": x[::-1],
        "blocks": np.concatenate([x[k::7][:: (-1) ** k] for k in range(7)]),
        "random": rng.permutation(x),
    }[order]
    scaler = MADScaler(sketch_size=64)
    for start in range(0, n_rows, 997):
        scaler.partial_fit(x[start : start + 997, None])
    error, center, mad = scaler.rank_error_, scaler.center_[0], scaler.mad_[0]
    assert 0 < error < 0.05
    assert np.mean(x < center) - error <= 0.5 <= np.mean(x <= center) + error
    distances = np.abs(x - center)
    assert np.mean(distances < mad) - 2 * error <= 0.5 <= np.mean(distances <= mad) + 2 * error


def test_merging_shards_is_one_pass_within_the_error(rng):
    """64 shards, merged in any shape, are one pass within the stated error, and stay unchanged."""
    x = rng.lognormal(size=64 * 500)
    shards = [MADScaler(sketch_size=64).partial_fit(part[:, None]) for part in np.split(x, 64)]
    untouched = shards[5].center_.copy()
    total = MADScaler(sketch_size=64)
    for shard in shards:
        total.merge(shard)
    assert total.n_samples_seen_ == len(x)
    error = total.rank_error_
    assert 0 < error < 0.05
    assert abs(np.mean(x <= total.center_[0]) - 0.5) <= error + 1 / len(x)
    np.testing.assert_array_equal(shards[5].center_, untouched)


@quiet
def test_merging_exact_shards_stays_exact(mixed):
    """Shards that still hold their rows give the numbers of one fit."""
    one = MADScaler().partial_fit(mixed[:200])
    other = MADScaler().partial_fit(mixed[200:])
    assert_same_fit(MADScaler().fit(mixed), one.merge(other))


@quiet
def test_stream_with_weights_and_missing_values(mixed, rng):
    """Weighted batches give the weighted numbers, missing values left out."""
    weights = rng.integers(0, 3, len(mixed))
    scaler = MADScaler()
    for part in np.array_split(np.arange(len(mixed)), 4):
        scaler.partial_fit(mixed[part], sample_weight=weights[part])
    expected = MADScaler().fit(mixed, sample_weight=weights)
    np.testing.assert_array_equal(scaler.center_, expected.center_)
    np.testing.assert_array_equal(scaler.scale_source_, expected.scale_source_)


def test_fit_forgets_the_stream_and_partial_fit_says_so(rng):
    """fit starts anew; partial_fit after fit does too, with a warning."""
    X = rng.normal(size=(50, 1))
    scaler = MADScaler().partial_fit(X + 100).fit(X)
    assert_same_fit(MADScaler().fit(X), scaler)
    with pytest.warns(LossfixWarning, match="partial_fit starts anew"):
        scaler.partial_fit(X + 7)
    assert_same_fit(MADScaler().fit(X + 7), scaler)


def test_merge_refuses_what_does_not_belong_together(rng):
    """Other classes, parameters, columns, and what fit learnt cannot be merged."""
    X = rng.normal(size=(30, 2))
    scaler = MADScaler().partial_fit(X)
    with pytest.raises(TypeError, match=r"another MADScaler\. Got LogisticRegression"):
        scaler.merge(LogisticRegression())
    with pytest.raises(ValueError, match="unit_variance is True here and False there"):
        scaler.merge(MADScaler(unit_variance=False).partial_fit(X))
    with pytest.raises(ValueError, match="same columns"):
        scaler.merge(MADScaler().partial_fit(X[:, :1]))
    with pytest.raises(ValueError, match="fit keeps none"):
        scaler.merge(MADScaler().fit(X))
    with pytest.raises(NotFittedError):
        scaler.merge(MADScaler())


def test_a_failing_batch_changes_nothing(rng):
    """An error in partial_fit leaves all that was learnt before."""
    scaler = MADScaler().partial_fit(rng.normal(size=(30, 2)))
    before = dict(vars(scaler))
    with pytest.raises(ValueError, match="infinity"):
        scaler.partial_fit([[np.inf, 1.0]])
    with pytest.raises(ValueError, match="features"):
        scaler.partial_fit([[1.0]])
    assert vars(scaler) == before


def test_sparse_batches_are_refused():
    """A sketch of sparse rows would store their zeros."""
    with pytest.raises(TypeError, match="partial_fit takes dense rows"):
        MADScaler(with_centering=False).partial_fit(sparse.eye(3, format="csr"))


# --- as a part of scikit-learn --------------------------------------------------------------------


@quiet
def test_pickle_and_clone(mixed):
    """A fitted scaler survives pickling, stream included; a clone is unfitted."""
    scaler = MADScaler(clip=("soft", 3.0)).partial_fit(mixed[:300])
    again = pickle.loads(pickle.dumps(scaler))
    assert_same_fit(scaler.partial_fit(mixed[300:]), again.partial_fit(mixed[300:]))
    assert not hasattr(clone(scaler), "center_")


@quiet
def test_weights_are_routed_through_a_pipeline(mixed):
    """sample_weight reaches the scaler where it is asked for."""
    y = np.arange(len(mixed)) % 2
    weights = np.where(np.arange(len(mixed)) < 250, 1.0, 3.0)
    with config_context(enable_metadata_routing=True):
        pipe = make_pipeline(
            MADScaler().set_fit_request(sample_weight=True),
            LogisticRegression().set_fit_request(sample_weight=False),
        )
        table = np.nan_to_num(mixed)
        pipe.fit(table, y, sample_weight=weights)
    assert_same_fit(MADScaler().fit(table, sample_weight=weights), pipe[0])


@quiet
def test_it_can_be_searched_over(rng):
    """Every parameter can be set in a grid, on any backend."""
    X = rng.normal(size=(60, 3))
    y = (X[:, 0] > 0).astype(int)
    search = GridSearchCV(
        make_pipeline(MADScaler(), LogisticRegression()),
        {"madscaler__clip": [None, 2.0, ("soft", 3.0)], "madscaler__asymmetric": [True, False]},
        cv=3,
        n_jobs=2,
    ).fit(X, y)
    assert search.best_score_ > 0.8


def test_inverse_transform_refuses_other_columns(rng):
    """The number of columns must be that of fit."""
    scaler = MADScaler().fit(rng.normal(size=(10, 3)))
    with pytest.raises(ValueError, match="2 columns, 3 were expected"):
        scaler.inverse_transform(np.zeros((2, 2)))


@quiet
def test_sparse_rows_cannot_become_nan():
    """A column that would become NaN is refused by name where its zeros are not stored."""
    X = np.r_[np.zeros(8), 1.0, 2.0][:, None]
    scaler = MADScaler(with_centering=False, zero_scale="nan").fit(X)
    assert np.isnan(scaler.transform(X)).all()
    rows = sparse.csr_array(X)
    with pytest.raises(ValueError, match=r"'x0'.*zero_scale='nan'.*toarray"):
        scaler.transform(rows)
    np.testing.assert_array_equal(rows.toarray(), X)


@quiet
@pytest.mark.parametrize("order", ["C", "F"])
def test_threads_change_nothing(rng, monkeypatch, order):
    """The numbers are the same for any number of threads."""
    core = "sklearn_lossfix._core"
    monkeypatch.setattr(f"{core}._order_statistics.MIN_SAMPLED_ROWS", 100)
    monkeypatch.setattr(f"{core}._row_blocks.MIN_THREADED_ELEMENTS", 100)
    for name in ("ELEMENTS", "ROWS", "COLUMN"):
        monkeypatch.setattr(f"{core}._column_reader.MIN_THREADED_{name}", 100)
    X = np.asarray(rng.normal(size=(5000, 7)), order=order)
    X[:, 3] = np.where(X[:, 3] < 1.5, 0, X[:, 3])
    one = MADScaler().fit(X)
    scaled = one.transform(X)
    for n_jobs in (2, 4, -1):
        other = MADScaler(n_jobs=n_jobs).fit(X)
        assert_same_fit(one, other)
        np.testing.assert_array_equal(other.transform(X), scaled)
        np.testing.assert_array_equal(
            other.inverse_transform(scaled), one.inverse_transform(scaled)
        )


# --- reports --------------------------------------------------------------------------------------


@quiet
def test_diagnose_without_rows_tells_what_fit_saw(mixed):
    """The table counts missing values, outliers per side, ties, and names the source of scales."""
    scaler = MADScaler().fit(pd.DataFrame(mixed, columns=list("abcde")))
    table = scaler.diagnose().tables["columns"].set_index("column")
    assert table["n_missing"].tolist() == np.isnan(mixed).sum(axis=0).tolist()
    assert table["scale_source"].tolist() == scaler.scale_source_.tolist()
    assert table["dtype"].tolist() == ["float64"] * 5
    assert table["constant"].tolist() == [False] * 4 + [True]
    z = (mixed[:, 1] - scaler.center_[1]) / scaler.scale_[1]
    valid = np.count_nonzero(~np.isnan(z))
    assert table.loc["b", "share_high"] == np.count_nonzero(z > 3.5) / valid
    assert table.loc["b", "share_low"] == np.count_nonzero(z < -3.5) / valid
    at_median = np.count_nonzero(mixed[:, 2] == scaler.center_[2])
    assert table.loc["c", "tie_share"] == at_median / np.count_nonzero(~np.isnan(mixed[:, 2]))


@quiet
def test_diagnose_of_other_rows_judges_them_by_the_fitted_limits(mixed):
    """Rows that are handed in are counted against the limits of fit, not their own."""
    scaler = MADScaler().fit(mixed)
    report = scaler.diagnose(mixed + 1000)
    assert report.kind == "data"
    table = report.tables["columns"]
    assert table["share_high"].iloc[0] == 1.0
    assert table["lower"].tolist()[:2] == scaler.diagnose().tables["columns"]["lower"].tolist()[:2]


@quiet
def test_diagnose_finds_what_is_wrong_with_columns(mixed):
    """Constant, zero-scale, tied and missing columns are findings; clean columns are none."""
    X = np.column_stack([mixed, np.full(len(mixed), np.nan)])
    found = {f.name for f in MADScaler().fit(X).diagnose().findings if f.section == "tip"}
    assert {"constant-feature", "zero-scale-feature", "all-missing-feature"} <= found
    clean = MADScaler().fit(np.random.default_rng(0).normal(size=(100, 3))).diagnose()
    assert not [finding for finding in clean.findings if finding.section in ("tip", "issue")]


def test_an_unfitted_scaler_has_nothing_to_report():
    """diagnose needs fit."""
    with pytest.raises(NotFittedError):
        MADScaler().diagnose()
