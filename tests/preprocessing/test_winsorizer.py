"""Winsorizer: limits against oracles, laws of capping, and the inputs on which others break."""

import pickle
import warnings
from fractions import Fraction

import numpy as np
import pandas as pd
import polars as pl
import pytest
from scipy import sparse
from scipy.stats import median_abs_deviation
from sklearn.exceptions import NotFittedError
from sklearn.linear_model import LinearRegression
from sklearn.pipeline import make_pipeline

from sklearn_lossfix import MADScaler, Winsorizer
from sklearn_lossfix._core._quantiles import ORDER_STATISTIC_METHODS, QUANTILE_METHODS
from sklearn_lossfix.exceptions import ZeroSpreadWarning

FITTED = ("lower_", "upper_", "n_capped_low_", "n_capped_high_", "n_samples_seen_")

RULES = ["quantile", "iqr", "mad", "double_mad", "gaussian", "adjusted_boxplot"]
_AUTO = dict(zip(RULES, [0.01, 1.5, 3.5, 3.5, 3, 1.5], strict=True))

# Many of the tables below are tied or constant on purpose; the warning has tests of its own.
quiet = pytest.mark.filterwarnings("ignore::sklearn_lossfix.exceptions.ZeroSpreadWarning")


def assert_same_fit(one, other):
    """Two fitted winsorizers hold the same numbers, bit for bit."""
    for name in FITTED:
        np.testing.assert_array_equal(getattr(one, name), getattr(other, name), err_msg=name)


# --- limits ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("quantile_method", QUANTILE_METHODS)
@pytest.mark.parametrize("n_rows", [20, 101, 1000])
def test_quantile_limits_are_numpys(rng, nanquantile, quantile_method, n_rows):
    """Limits by quantiles equal np.nanquantile bit for bit under every definition."""
    X = rng.standard_t(3, size=(n_rows, 3))
    X[rng.random(X.shape) < 0.1] = np.nan
    winsorizer = Winsorizer(limits=(0.05, 0.9), quantile_method=quantile_method).fit(X)
    expected = nanquantile(X, np.array([0.05, 0.9]), quantile_method)
    np.testing.assert_array_equal([winsorizer.lower_, winsorizer.upper_], expected)


def test_linear_quantiles_are_those_of_pandas(rng):
    """quantile_method='linear' gives the limits of pandas' quantile."""
    frame = pd.DataFrame(rng.normal(size=(333, 2)), columns=["a", "b"])
    winsorizer = Winsorizer(limits=0.05, quantile_method="linear").fit(frame)
    np.testing.assert_array_equal(winsorizer.lower_, frame.quantile(0.05))
    np.testing.assert_array_equal(winsorizer.upper_, frame.quantile(0.95))


def test_rules_are_their_formulas(rng):
    """Every rule's limits are those of its definition, worked out with NumPy and SciPy."""
    x = rng.gamma(3, 2, 500)
    low, high = np.quantile(x, [0.25, 0.75], method="averaged_inverted_cdf")
    median, mad = np.median(x), median_abs_deviation(x, scale="normal")
    sides = [np.median(median - x[x <= median]), np.median(x[x >= median] - median)]
    scaled = np.array(sides) / 0.6744897501960817
    expected = {
        "iqr": (low - 1.5 * (high - low), high + 1.5 * (high - low)),
        "mad": (median - 3.5 * mad, median + 3.5 * mad),
        "double_mad": (median - 3.5 * scaled[0], median + 3.5 * scaled[1]),
        "gaussian": (x.mean() - 3 * x.std(), x.mean() + 3 * x.std()),
    }
    for method, limits in expected.items():
        winsorizer = Winsorizer(method=method).fit(x[:, None])
        np.testing.assert_allclose([winsorizer.lower_[0], winsorizer.upper_[0]], limits, rtol=1e-12)


def test_adjusted_boxplot_follows_the_skewness(rng):
    """The fences of a skewed column move to the side of its long tail, those of -x mirrored."""
    x = rng.exponential(size=(1000, 1))
    plain, adjusted = (Winsorizer(method=m).fit(x) for m in ("iqr", "adjusted_boxplot"))
    assert adjusted.upper_[0] > plain.upper_[0]
    assert adjusted.lower_[0] > plain.lower_[0]
    mirrored = Winsorizer(method="adjusted_boxplot").fit(-x)
    np.testing.assert_allclose(mirrored.lower_, -adjusted.upper_, rtol=1e-12)
    symmetric = np.r_[-x, x]
    np.testing.assert_allclose(
        Winsorizer(method="adjusted_boxplot").fit(symmetric).upper_,
        Winsorizer(method="iqr").fit(symmetric).upper_,
        rtol=0.05,
    )


def test_forms_of_limits_mean_the_same(rng):
    """A number, a pair, an array and a dict that say the same give the same limits."""
    X = rng.normal(size=(100, 2))
    forms = [0.1, (0.1, 0.9), [[0.1, 0.1], [0.9, 0.9]], {0: 0.1, 1: (0.1, 0.9)}]
    first, *others = (Winsorizer(limits=form).fit(X) for form in forms)
    for other in others:
        assert_same_fit(first, other)


@pytest.mark.parametrize("number", [int, Fraction, np.int8, np.float16, np.float32])
@pytest.mark.parametrize("tail", ["both", "left", "right"])
@pytest.mark.parametrize("method", ["quantile", "mad"])
def test_every_kind_of_number_is_a_limit(rng, number, tail, method):
    """Limits depend on the value of a number, not on its type."""
    X = rng.normal(size=(60, 2))
    value = number(0 if method == "quantile" else 2)
    if number in (Fraction, np.float16, np.float32):
        value = value + number(1) / number(8) / number(3)
    one = Winsorizer(method=method, limits=value, tail=tail).fit(X)
    assert_same_fit(one, Winsorizer(method=method, limits=float(value), tail=tail).fit(X))


def test_limits_per_column_and_side(rng):
    """Columns that a dict leaves out are not capped; None and NaN leave a side open."""
    frame = pd.DataFrame(rng.normal(size=(100, 3)), columns=["a", "b", "c"])
    winsorizer = Winsorizer(method="iqr", limits={"a": (None, 1.0), "c": 0.5}).fit(frame)
    assert np.isnan(winsorizer.lower_).tolist() == [True, True, False]
    assert np.isnan(winsorizer.upper_).tolist() == [False, True, False]
    capped = winsorizer.transform(frame)
    np.testing.assert_array_equal(capped[:, 1], frame["b"])
    assert capped[:, 0].min() == frame["a"].min()
    assert capped[:, 0].max() == winsorizer.upper_[0] < frame["a"].max()


@pytest.mark.parametrize("method", [*RULES, "fixed"])
def test_tails(rng, method):
    """One tail has the limit of both tails, and the other side is open."""
    X = rng.normal(size=(200, 2))
    limits = (-1.0, 1.0) if method == "fixed" else "auto"
    both = Winsorizer(method=method, limits=limits).fit(X)
    left = Winsorizer(method=method, limits=limits, tail="left").fit(X)
    right = Winsorizer(method=method, limits=limits, tail="right").fit(X)
    np.testing.assert_array_equal(left.lower_, both.lower_)
    np.testing.assert_array_equal(right.upper_, both.upper_)
    assert np.isnan(left.upper_).all()
    assert np.isnan(right.lower_).all()


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"limits": "never"}, "limits must be 'auto'"),
        ({"method": "fixed"}, "method='fixed' needs limits"),
        ({"method": "fixed", "limits": 3}, r"\(None, 3\) caps above 3"),
        ({"method": "fixed", "limits": (2, 1)}, r"lower <= upper.*column 'x0'"),
        ({"limits": 0.5}, "0 <= lower < upper <= 1"),
        ({"limits": (0.6, 0.6)}, "0 <= lower < upper <= 1"),
        ({"limits": (-0.1, 0.9)}, "0 <= lower < upper <= 1"),
        ({"limits": (0.1, 0.9, 1)}, r"a number or a pair \(lower, upper\)"),
        ({"limits": [[0.1], [0.9]]}, r"shape\s+\(2, 2\)"),
        ({"limits": {"z": 0.1}}, "names the column 'z', which X holds 0 times"),
        ({"limits": {7: 0.1}}, "names column 7, but there are 2 columns"),
        ({"method": "mad", "limits": -1}, "not negative"),
        ({"method": "iqr", "limits": np.inf}, "finite numbers of spreads"),
        ({"limits": True}, r"a number or a pair \(lower, upper\)"),
        ({"method": "median"}, "'method' parameter"),
        ({"action": "trim"}, "'action' parameter"),
        ({"quantile_method": "mean"}, "'quantile_method' parameter"),
    ],
)
def test_parameters_out_of_range_are_refused(rng, parameters, message):
    """What a parameter cannot be raises, with what was expected and what came."""
    with pytest.raises(ValueError, match=message):
        Winsorizer(**parameters).fit(rng.normal(size=(20, 2)))


def test_limits_are_learnt_in_fit_and_applied_to_other_rows(rng):
    """New rows are capped at the limits of the training rows."""
    winsorizer = Winsorizer().fit(rng.normal(size=(500, 1)))
    capped = winsorizer.transform([[1e9], [-1e9], [0.0]])
    assert capped.ravel().tolist() == [winsorizer.upper_[0], winsorizer.lower_[0], 0.0]


def test_gaussian_rule_is_masked_by_its_own_outlier():
    """Of ten values none can be three standard deviations from the mean; MADs see it."""
    x = np.r_[np.arange(9.0), 1e9][:, None]
    assert Winsorizer(method="gaussian").fit_transform(x).max() == 1e9
    assert Winsorizer(method="mad").fit_transform(x).max() < 100


def test_quantiles_cap_clean_data_too(rng):
    """Quantile limits alter the shares beyond them whatever the data; MAD limits alter few."""
    X = rng.uniform(size=(1000, 1))
    by_quantile, by_mad = Winsorizer(limits=0.05).fit(X), Winsorizer(method="mad").fit(X)
    assert by_quantile.n_capped_low_[0] == by_quantile.n_capped_high_[0] == 50
    assert by_mad.n_capped_low_[0] == by_mad.n_capped_high_[0] == 0


@pytest.mark.parametrize("method", RULES)
@pytest.mark.parametrize("exponent", [-300, -15, 0, 250])
def test_limits_are_equivariant(rng, method, exponent):
    """Multiplying a column multiplies its limits, in any unit."""
    X = rng.gamma(2, 1, size=(300, 2))
    factor = 2.0 ** round(exponent * np.log2(10))
    if method == "gaussian" and abs(exponent) > 150:
        factor = 2.0 ** np.sign(exponent) * 400  # squares of larger ones leave the range of floats
    one, other = Winsorizer(method=method).fit(X), Winsorizer(method=method).fit(X * factor)
    np.testing.assert_allclose(other.lower_, one.lower_ * factor, rtol=1e-12)
    np.testing.assert_allclose(other.upper_, one.upper_ * factor, rtol=1e-12)


# --- capping --------------------------------------------------------------------------------------


@quiet
@pytest.mark.parametrize("method", RULES)
def test_capping_is_np_clip_and_capping_twice_is_capping_once(mixed, method):
    """transform is np.clip at the limits, NaN passes through, and a second time changes nothing."""
    winsorizer = Winsorizer(method=method).fit(mixed)
    lower = np.nan_to_num(winsorizer.lower_, nan=-np.inf)
    upper = np.nan_to_num(winsorizer.upper_, nan=np.inf)
    capped = winsorizer.transform(mixed)
    np.testing.assert_array_equal(capped, np.clip(mixed, lower, upper))
    np.testing.assert_array_equal(winsorizer.transform(capped), capped)


@quiet
def test_counts_of_capped_values(mixed):
    """The counts are those of training values strictly beyond each limit."""
    winsorizer = Winsorizer(method="iqr").fit(mixed)
    np.testing.assert_array_equal(
        winsorizer.n_capped_low_, np.count_nonzero(mixed < winsorizer.lower_, axis=0)
    )
    np.testing.assert_array_equal(
        winsorizer.n_capped_high_, np.count_nonzero(mixed > winsorizer.upper_, axis=0)
    )


@quiet
def test_nan_action_hands_over_to_an_imputer(mixed):
    """action='nan' makes exactly the values beyond a limit NaN."""
    plain, gone = Winsorizer().fit(mixed), Winsorizer(action="nan").fit(mixed)
    beyond = (mixed < plain.lower_) | (mixed > plain.upper_)
    np.testing.assert_array_equal(gone.transform(mixed), np.where(beyond, np.nan, mixed))
    assert beyond.any()


@pytest.mark.parametrize("tail", ["both", "left", "right"])
def test_soft_action_keeps_the_order_and_can_be_undone(rng, tail):
    """A soft cap is the identity inside, its formula outside, strictly monotone and invertible."""
    x = np.sort(rng.standard_cauchy(400))[:, None]
    winsorizer = Winsorizer(method="mad", action="soft", tail=tail).fit(x)
    drawn = winsorizer.transform(x)
    assert (np.diff(drawn, axis=0) > 0).all()
    np.testing.assert_allclose(winsorizer.inverse_transform(drawn), x, rtol=1e-9)
    lower, upper = winsorizer.lower_[0], winsorizer.upper_[0]
    inside = ~((x < lower) | (x > upper))
    np.testing.assert_array_equal(drawn[inside], x[inside])
    if tail != "left":
        scale = upper - np.median(x)
        above = x > upper
        expected = upper + scale * np.log1p((x[above] - upper) / scale)
        np.testing.assert_allclose(drawn[above], expected, rtol=1e-12)
        near = winsorizer.transform([[upper], [upper + 1e-6 * scale]])
        assert np.diff(near, axis=0)[0, 0] == pytest.approx(1e-6 * scale, rel=1e-3)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_soft_action_of_the_largest_floats(rng, dtype):
    """The logarithm of a distance that overflows is still right, and monotone."""
    winsorizer = Winsorizer(action="soft").fit(rng.normal(size=(100, 1)).astype(dtype))
    huge = np.finfo(dtype).max
    drawn = winsorizer.transform(np.array([[-huge], [1e30], [huge], [np.inf]], dtype=dtype)).ravel()
    assert drawn.dtype == dtype
    assert -10_000 < drawn[0] < 0 < drawn[1] < drawn[2] < 10_000
    assert drawn[3] == np.inf


@pytest.mark.parametrize("method", RULES)
@pytest.mark.parametrize("action", ["clip", "soft"])
def test_columns_of_the_largest_floats_are_capped_in_silence(method, action):
    """Limits and scales beyond the largest float raise no warning, and the order is kept."""
    X = np.r_[-1.7e308, np.linspace(0.9e308, 1.7e308, 20)][:, None]
    X = np.r_[X, -X, np.zeros((3, 1))]
    drawn = Winsorizer(method=method, action=action).fit(X).transform(np.sort(X, axis=0)).ravel()
    assert (drawn[1:] >= drawn[:-1]).all()


@pytest.mark.parametrize("limits", [(-1.6e308, 1.6e308), (-1.6e308, None)])
def test_soft_scales_are_finite(limits):
    """Where the distance of a limit from the median overflows the scale is the largest float."""
    X = np.array([[1e308], [1.1e308], [1.2e308]])
    winsorizer = Winsorizer(method="fixed", limits=limits, action="soft").fit(X)
    assert winsorizer.soft_scale_[0, 0] == np.finfo(np.float64).max
    drawn = winsorizer.transform([[-1.7e308], [-1.65e308], [-1.6e308], [1.5e308]]).ravel()
    assert (np.diff(drawn / 4) > 0).all()


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_undoing_beyond_the_dtype_is_infinite(rng, dtype):
    """What no soft cap of this dtype can have given comes from infinity, in silence."""
    winsorizer = Winsorizer(action="soft").fit(rng.normal(size=(100, 1)).astype(dtype))
    restored = winsorizer.inverse_transform(np.array([[-30_000], [0], [30_000]], dtype))
    np.testing.assert_array_equal(restored.ravel(), [-np.inf, 0, np.inf])


@pytest.mark.parametrize("kind", [np.array, sparse.csr_array])
def test_soft_scales_have_to_be_learnt(rng, kind):
    """An action that became "soft" after fit is refused: in a unit of 1e6 a scale of 1 is wrong."""
    X = kind(1e6 * rng.normal(size=(50, 2)))
    winsorizer = Winsorizer(method="mad").fit(X).set_params(action="soft")
    for call in (winsorizer.transform, winsorizer.inverse_transform):
        with pytest.raises(ValueError, match="learnt with another action"):
            call(X)
    assert winsorizer.fit(X).transform(X).shape == (50, 2)


def test_inverse_of_a_cap_is_the_identity_so_that_pipelines_invert(rng):
    """A pipeline with a cap can be inverted; what was cut stays cut, indicators are dropped."""
    X = rng.normal(size=(50, 2))
    winsorizer = Winsorizer(add_indicator="both").fit(X)
    capped = winsorizer.transform(X)
    np.testing.assert_array_equal(winsorizer.inverse_transform(capped), capped[:, :2])
    with pytest.raises(ValueError, match="2 columns, 6 were expected"):
        winsorizer.inverse_transform(X)


# --- missing, infinite and constant values --------------------------------------------------------


def test_infinite_values_are_left_out_in_fit_and_capped_in_transform(rng):
    """Infinite values do not move limits, are counted, and become the limits."""
    x = rng.normal(size=(200, 1))
    spoilt = np.r_[x, [[np.inf]], [[-np.inf]], [[np.inf]]]
    for method in (*RULES, "fixed"):
        limits = (-1.0, 1.0) if method == "fixed" else "auto"
        one = Winsorizer(method=method, limits=limits).fit(x)
        other = Winsorizer(method=method, limits=limits).fit(spoilt)
        np.testing.assert_allclose(other.lower_, one.lower_, rtol=1e-14)
        assert other.n_capped_high_[0] == one.n_capped_high_[0] + 2
        assert np.isfinite(other.transform(spoilt)).all()
    gone = Winsorizer(action="nan").fit(spoilt).transform([[np.inf], [0.0]])
    assert np.isnan(gone[0, 0])


@pytest.mark.parametrize("method", RULES)
def test_column_without_values_is_left_alone_with_a_warning(method):
    """An all-NaN column has no limits, warns by name, and lets later values through."""
    X = np.column_stack([np.arange(20.0), np.full(20, np.nan)])
    with pytest.warns(ZeroSpreadWarning, match=r"hold no values \('x1'\)"):
        winsorizer = Winsorizer(method=method).fit(X)
    assert winsorizer.transform([[3.0, 1e9]]).tolist() == [[3.0, 1e9]]


@pytest.mark.parametrize("method", RULES)
def test_one_constant_column_does_not_fail_the_others(rng, method):
    """A constant column is left alone with a warning; the others are capped as without it."""
    X = rng.normal(size=(100, 2))
    X[:, 1] = 5
    with pytest.warns(ZeroSpreadWarning, match=r"spread is zero \('x1'\)"):
        winsorizer = Winsorizer(method=method).fit(X)
    assert np.isnan([winsorizer.lower_[1], winsorizer.upper_[1]]).all()
    assert_same_fit(
        Winsorizer(method=method).fit(X[:, :1]),
        Winsorizer(method=method, limits=_AUTO[method], zero_spread="cap").fit(X[:, :1]),
    )
    assert winsorizer.transform([[0.0, 9.0]])[0, 1] == 9.0


@pytest.mark.parametrize("method", ["quantile", "iqr", "mad"])
def test_zero_spread_policies(rng, method):
    """A column of mostly zeros is not erased; 'cap' caps it all the same, 'raise' names it."""
    X = np.where(rng.random((500, 1)) < 0.995, 0.0, 1.0) if method == "quantile" else None
    X = np.where(rng.random((500, 1)) < 0.8, 0.0, rng.random((500, 1))) if X is None else X
    with pytest.warns(ZeroSpreadWarning):
        np.testing.assert_array_equal(Winsorizer(method=method).fit_transform(X), X)
    assert (Winsorizer(method=method, zero_spread="cap").fit_transform(X) == 0).all()
    with pytest.raises(ValueError, match="spread of the columns 'x0' is zero"):
        Winsorizer(method=method, zero_spread="raise").fit(X)


def test_one_sided_quantile_that_would_erase_a_column_is_skipped(rng):
    """A cap above at the only value that is not beyond it would leave a constant."""
    X = np.where(rng.random((500, 1)) < 0.995, 0.0, 1.0)
    with pytest.warns(ZeroSpreadWarning):
        winsorizer = Winsorizer(tail="right").fit(X)
    np.testing.assert_array_equal(winsorizer.transform(X), X)


@quiet
def test_single_row():
    """A single row has no spread: nothing is capped."""
    for method in RULES:
        assert Winsorizer(method=method).fit_transform([[1.0, 2.0]]).tolist() == [[1.0, 2.0]]


def test_clean_columns_do_not_warn(rng):
    """A table whose columns all spread is capped silently."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for method in RULES:
            Winsorizer(method=method).fit(rng.normal(size=(100, 3)))


@pytest.mark.parametrize("method", ["quantile", "iqr", "mad", "double_mad", "adjusted_boxplot"])
def test_limits_near_the_largest_float(method):
    """Limits never overflow to NaN, which would erase a column."""
    X = np.linspace(-1, 1, 101)[:, None] * 1.7e308
    winsorizer = Winsorizer(method=method).fit(X)
    assert not np.isnan([winsorizer.lower_, winsorizer.upper_]).any()
    assert np.isfinite(winsorizer.transform(X)).all()


# --- dtypes ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("quantile_method", ORDER_STATISTIC_METHODS)
@pytest.mark.parametrize("dtype", [np.int8, np.uint8, np.int32, np.int64])
def test_integers_stay_integers_with_limits_of_the_data(rng, quantile_method, dtype):
    """Limits that are values of the data keep the dtype; limits that interpolate give float64."""
    X = rng.integers(0, 100, size=(200, 2)).astype(dtype)
    kept = Winsorizer(limits=0.1, quantile_method=quantile_method).fit(X)
    capped = kept.transform(X)
    assert capped.dtype == dtype
    np.testing.assert_array_equal(capped, np.clip(X, kept.lower_, kept.upper_))
    assert set(np.unique(capped)) <= set(np.unique(X))
    assert Winsorizer(limits=0.1, quantile_method="linear").fit(X).transform(X).dtype == np.float64
    soft = Winsorizer(limits=0.1, quantile_method=quantile_method, action="soft").fit(X)
    assert soft.transform(X).dtype == np.float64


def test_fixed_whole_limits_keep_integers():
    """Whole fixed limits keep integers, beyond the range of the dtype too; others give floats."""
    X = np.array([[0], [100], [120]], dtype=np.int8)
    whole = Winsorizer(method="fixed", limits=(10, 1000)).fit(X)
    assert whole.transform(X).tolist() == [[10], [100], [120]]
    assert whole.transform(X).dtype == np.int8
    assert Winsorizer(method="fixed", limits=(0.5, None)).fit(X).transform(X).dtype == np.float64


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_floats_keep_their_dtype(rng, dtype):
    """A float table comes out in its dtype; limits are float64."""
    X = rng.normal(size=(60, 2)).astype(dtype)
    winsorizer = Winsorizer(add_indicator=True).fit(X)
    assert winsorizer.transform(X).dtype == dtype
    assert winsorizer.lower_.dtype == np.float64


# --- indicators -----------------------------------------------------------------------------------


@quiet
def test_indicators_say_what_was_beyond(mixed):
    """Signed and paired indicators mark strictly what lies beyond, NaN and the limits as inside."""
    signed, both = (Winsorizer(add_indicator=kind).fit(mixed) for kind in ("signed", "both"))
    below, above = mixed < signed.lower_, mixed > signed.upper_
    limited = ~np.isnan(signed.lower_)
    np.testing.assert_array_equal(
        signed.transform(mixed)[:, 5:], (above.astype(int) - below)[:, limited]
    )
    pairs = np.stack([below[:, limited], above[:, limited]], axis=2).reshape(len(mixed), -1)
    np.testing.assert_array_equal(both.transform(mixed)[:, 5:], pairs)
    at_limits = np.array([signed.lower_, signed.upper_])
    assert (signed.transform(at_limits)[:, 5:] == 0).all()


def test_indicator_columns_are_decided_in_fit(rng):
    """Names and numbers of columns do not depend on the rows that are transformed."""
    frame = pd.DataFrame(rng.normal(size=(100, 3)), columns=["a", "b", "c"])
    limits = {"a": (None, 0.9), "c": 0.1}
    for kind, added in (
        ("signed", ["a__capped", "c__capped"]),
        ("both", ["a__high", "c__low", "c__high"]),
    ):
        winsorizer = Winsorizer(limits=limits, add_indicator=kind).set_output(transform="pandas")
        names = ["a", "b", "c", *added]
        assert winsorizer.fit(frame).get_feature_names_out().tolist() == names
        inside = frame.iloc[:4] * 0
        assert list(winsorizer.transform(inside).columns) == names
        polars = winsorizer.set_output(transform="polars").transform(inside)
        assert polars.columns == names
    renamed = Winsorizer(add_indicator=True).fit(frame.to_numpy())
    assert renamed.get_feature_names_out(["p", "q", "r"])[-1] == "r__capped"


def test_unsigned_integers_with_signed_indicators_become_floats():
    """A table of unsigned integers cannot hold a -1."""
    X = np.arange(100, dtype=np.uint8)[:, None]
    capped = Winsorizer(limits=0.1, quantile_method="lower", add_indicator=True).fit_transform(X)
    assert capped.dtype == np.float64
    assert set(capped[:, 1]) == {-1.0, 0.0, 1.0}


# --- containers -----------------------------------------------------------------------------------


@quiet
@pytest.mark.parametrize("method", RULES)
@pytest.mark.parametrize(
    "convert",
    [
        np.asfortranarray,
        lambda X: np.repeat(np.repeat(X, 2, axis=0), 2, axis=1)[::2, ::2],
        pd.DataFrame,
        lambda X: pl.DataFrame(X, schema=[f"c{j}" for j in range(X.shape[1])]),
        lambda X: X.tolist(),
    ],
    ids=["F", "strided", "pandas", "polars", "lists"],
)
def test_every_container_gives_the_same_numbers(mixed, method, convert):
    """Memory layout and container do not change a number."""
    one, other = (Winsorizer(method=method).fit(table) for table in (mixed, convert(mixed)))
    for name in FITTED:
        np.testing.assert_allclose(getattr(one, name), getattr(other, name), rtol=1e-14)
    np.testing.assert_array_equal(one.transform(mixed), one.transform(np.array(convert(mixed))))


@quiet
@pytest.mark.parametrize("action", ["clip", "nan", "soft"])
@pytest.mark.parametrize("order", ["C", "F"])
def test_copy_false_writes_into_a_writeable_table(mixed, action, order):
    """copy=False gives the very array that was passed; read-only ones are copied."""
    X = np.array(mixed, order=order)
    winsorizer = Winsorizer(action=action).fit(X)
    expected = winsorizer.transform(X)
    np.testing.assert_array_equal(X, mixed)
    in_place = Winsorizer(action=action, copy=False).fit(X)
    X.flags.writeable = False
    np.testing.assert_array_equal(in_place.transform(X), expected)
    X.flags.writeable = True
    assert in_place.transform(X) is X
    np.testing.assert_array_equal(X, expected)


def test_times_and_text_are_refused_by_name():
    """Dates and text raise with the names of their columns."""
    frame = pd.DataFrame({"n": [1.0, 2.0], "when": pd.date_range("2024", periods=2)})
    with pytest.raises(TypeError, match="columns 'when'"):
        Winsorizer().fit(frame)
    with pytest.raises(ValueError, match="text in the columns 'city'"):
        Winsorizer().fit(pd.DataFrame({"n": [1.0, 2.0], "city": ["Oslo", "Rome"]}))


# --- sparse tables --------------------------------------------------------------------------------


@quiet
@pytest.mark.parametrize("form", ["csr", "csc"])
@pytest.mark.parametrize("action", ["clip", "nan", "soft"])
@pytest.mark.parametrize("indicator", [False, "signed", "both"])
def test_sparse_equals_dense(rng, form, action, indicator):
    """Sparse columns with zero within the limits are capped like dense ones and stay sparse."""
    dense = rng.normal(size=(300, 4)) * (rng.random((300, 4)) < [0.3, 0.6, 0.95, 0.0])
    table = sparse.csr_array(dense).asformat(form)
    parameters = {"limits": 0.05, "action": action, "add_indicator": indicator}
    one, other = Winsorizer(**parameters).fit(dense), Winsorizer(**parameters).fit(table)
    assert_same_fit(one, other)
    capped = other.transform(table)
    assert capped.format == form
    np.testing.assert_allclose(capped.toarray(), one.transform(dense), rtol=1e-12)
    np.testing.assert_array_equal(table.toarray(), dense)


def test_sparse_columns_whose_zeros_would_be_capped_are_refused(rng):
    """Where zero lies beyond a limit the error names the column and the limits."""
    table = sparse.csr_array(rng.uniform(1, 2, size=(50, 2)))
    winsorizer = Winsorizer().fit(table)
    with pytest.raises(ValueError, match="within the limits; those of the column 'x0' are 1"):
        winsorizer.transform(table)


# --- weights and streams --------------------------------------------------------------------------


@quiet
@pytest.mark.parametrize("method", RULES)
@pytest.mark.parametrize("quantile_method", ["averaged_inverted_cdf", "inverted_cdf"])
def test_integer_weights_equal_repetition(mixed, rng, method, quantile_method):
    """Weighting a row by k is repeating it k times, for every rule."""
    weights = rng.integers(0, 4, len(mixed))
    parameters = {"method": method, "quantile_method": quantile_method}
    weighted = Winsorizer(**parameters).fit(mixed, sample_weight=weights)
    repeated = Winsorizer(**parameters).fit(np.repeat(mixed, weights, axis=0))
    for name in ("lower_", "upper_", "n_capped_low_", "n_capped_high_"):
        np.testing.assert_allclose(
            getattr(weighted, name), getattr(repeated, name), rtol=1e-11, err_msg=name
        )


def test_limits_in_a_dataframe_are_refused():
    """Which axis would be the sides nobody can know."""
    limits = pd.DataFrame({"a": [0.0, 1.0]})
    with pytest.raises(ValueError, match=r"dict of pairs by column\. Got a DataFrame"):
        Winsorizer(method="fixed", limits=limits).fit([[0.5], [2.0]])


def test_weights_need_a_definition_that_knows_them(rng):
    """An interpolating quantile is not defined for weights; the error names those that are."""
    X, weights = rng.normal(size=(30, 1)), rng.random(30)
    with pytest.raises(ValueError, match="'averaged_inverted_cdf', 'inverted_cdf'"):
        Winsorizer(quantile_method="linear").fit(X, sample_weight=weights)
    Winsorizer(quantile_method="linear", method="mad").fit(X, sample_weight=weights)
    Winsorizer(quantile_method="linear").fit(X, sample_weight=np.full(30, 2.0))


@quiet
@pytest.mark.parametrize("method", [*RULES, "fixed"])
@pytest.mark.parametrize("quantile_method", ["averaged_inverted_cdf", "linear"])
def test_partial_fit_is_exact_while_rows_are_held(mixed, method, quantile_method):
    """Batches give the numbers of one fit, under every rule and definition."""
    limits = (-1.0, 1.0) if method == "fixed" else "auto"
    parameters = {"method": method, "quantile_method": quantile_method, "limits": limits}
    winsorizer = Winsorizer(**parameters)
    for start in range(0, len(mixed), 100):
        winsorizer.partial_fit(mixed[start : start + 100])
    assert_same_fit(Winsorizer(**parameters).fit(mixed), winsorizer)


@pytest.mark.parametrize("order", ["sorted", "reversed", "random"])
def test_rank_errors_hold_in_every_order(rng, order):
    """Streamed quantiles are within the stated error of their ranks, whatever the order."""
    n_rows = 30_000
    x = np.sort(rng.standard_t(3, n_rows))
    x = {"sorted": x, "reversed": x[::-1], "random": rng.permutation(x)}[order]
    winsorizer = Winsorizer(limits=(0.1, 0.75), sketch_size=64)
    for start in range(0, n_rows, 997):
        winsorizer.partial_fit(x[start : start + 997, None])
    error = winsorizer.rank_error_
    assert 0 < error < 0.05
    for limit, share in ((winsorizer.lower_[0], 0.1), (winsorizer.upper_[0], 0.75)):
        assert np.mean(x < limit) - error <= share <= np.mean(x <= limit) + error


def test_streamed_moments_are_exact(rng):
    """The gaussian rule of shards is that of one pass: moments are merged without a sketch."""
    X = rng.normal(1e6, 1, size=(64 * 700, 2))
    total = Winsorizer(method="gaussian", sketch_size=16)
    for part in np.split(X, 64):
        total.merge(Winsorizer(method="gaussian", sketch_size=16).partial_fit(part))
    expected = Winsorizer(method="gaussian").fit(X)
    assert total.rank_error_ == 0
    np.testing.assert_allclose(total.lower_, expected.lower_, rtol=1e-13)
    np.testing.assert_allclose(total.spread_, expected.spread_, rtol=1e-9)


# --- as a part of scikit-learn --------------------------------------------------------------------


@quiet
def test_pickle(mixed):
    """A fitted winsorizer survives pickling, stream included."""
    winsorizer = Winsorizer(add_indicator=True).partial_fit(mixed[:300])
    again = pickle.loads(pickle.dumps(winsorizer))
    assert_same_fit(winsorizer.partial_fit(mixed[300:]), again.partial_fit(mixed[300:]))


@pytest.mark.parametrize("method", RULES)
def test_capping_helps_least_squares_on_rows_with_wrong_entries(rng, method):
    """Least squares recovers a coefficient from a feature with absurd entries once it is capped."""
    X = rng.normal(size=(500, 1))
    y = X[:, 0] * 2
    X[:3] = 1e4
    plain = LinearRegression().fit(X, y).coef_[0]
    pipe = make_pipeline(Winsorizer(method=method), LinearRegression()).fit(X, y)
    if method == "gaussian":
        # Three entries of 1e4 widen the standard deviation so much that the cap stays far out.
        assert abs(pipe[-1].coef_[0] - 2) > 1
    else:
        assert abs(pipe[-1].coef_[0] - 2) < 0.3
    assert abs(plain) < 0.01


# --- reports --------------------------------------------------------------------------------------


@quiet
def test_diagnose_tells_what_was_capped(mixed):
    """The report holds the limits, the shares beyond them, and the rule in words."""
    winsorizer = Winsorizer(limits=0.05).fit(mixed)
    report = winsorizer.diagnose()
    table = report.tables["columns"]
    n_values = (~np.isnan(mixed)).sum(axis=0)
    np.testing.assert_allclose(table["share_low"], winsorizer.n_capped_low_ / n_values)
    np.testing.assert_array_equal(table["upper"], winsorizer.upper_)
    assert report.kind == "data"
    assert "0.05 and 0.95 quantiles" in str(report.to_dict())
    assert "by column" in str(Winsorizer(limits={0: 0.1}).fit(mixed).diagnose().to_dict())


@quiet
def test_diagnose_of_other_rows_counts_them(mixed):
    """Rows that are handed in are judged by the limits of fit."""
    winsorizer = Winsorizer(method="iqr").fit(mixed)
    assert winsorizer.diagnose(mixed + 1000).tables["columns"]["share_high"].iloc[0] == 1


def test_an_unfitted_winsorizer_has_nothing_to_report():
    """diagnose needs fit."""
    with pytest.raises(NotFittedError):
        Winsorizer().diagnose()


# --- what is easily lost --------------------------------------------------------------------------


@pytest.mark.parametrize("cls", [MADScaler, Winsorizer])
def test_batches_keep_weights_that_are_alike_within_them(rng, cls):
    """Batches of constant but different weights, and of one row, weigh what they were told to."""
    X, weights = rng.normal(size=(60, 2)), np.repeat([10.0, 1.0, 3.0], 20)
    X[20:40] += 100
    expected = cls().fit(X, sample_weight=weights)
    for size in (20, 1):
        stream = cls()
        for start in range(0, 60, size):
            part = slice(start, start + size)
            stream.partial_fit(X[part], sample_weight=weights[part])
        shards = [cls().partial_fit(X[k::3], sample_weight=weights[k::3]) for k in range(3)]
        merged = shards[0].merge(shards[1]).merge(shards[2])
        for other in (stream, merged):
            name = "center_" if cls is MADScaler else "upper_"
            np.testing.assert_allclose(getattr(other, name), getattr(expected, name))


def test_infinite_values_are_counted_on_every_path():
    """Plain, weighted, sparse and streamed rows give the same counts and shares."""
    X = np.array([[1.0], [2], [3], [np.inf], [-np.inf], [4]])
    fits = {
        "plain": Winsorizer().fit(X),
        "weighted": Winsorizer().fit(X, sample_weight=np.r_[np.ones(5), 1.0 + 1e-9]),
        "sparse": Winsorizer().fit(sparse.csr_array(X)),
        "stream": Winsorizer().partial_fit(X[:3]).partial_fit(X[3:]),
        "all weigh 0.3": Winsorizer().fit(X, sample_weight=0.3),
        "stream of 0.3": Winsorizer()
        .partial_fit(X[:3], sample_weight=0.3)
        .partial_fit(X[3:], sample_weight=0.3),
    }
    for name, winsorizer in fits.items():
        assert winsorizer.n_capped_low_.tolist() == [1], name
        assert winsorizer.n_capped_high_.tolist() == [1], name
        table = winsorizer.diagnose().tables["columns"]
        assert table["share_high"].tolist() == pytest.approx([1 / 6]), name
    many = np.r_[np.tile(X, (200, 1)), np.zeros((1, 1))]
    sketch = Winsorizer(sketch_size=16).partial_fit(many)
    assert sketch.rank_error_ > 0
    assert sketch.n_capped_high_[0] >= 200


@quiet
def test_reports_know_the_ends_of_a_column(rng):
    """Minimum and maximum are exact, however few rows the quantiles are taken from."""
    X = np.zeros((100_000, 2))
    X[99_998:, 0] = [5, -6]
    X[:, 1] = rng.normal(size=100_000)
    for table in (X, np.asfortranarray(X)):
        columns = Winsorizer(limits=(0, 1)).fit(table).diagnose().tables["columns"]
        assert columns["minimum"].tolist() == X.min(axis=0).tolist()
        assert columns["maximum"].tolist() == X.max(axis=0).tolist()
        assert columns["constant"].tolist() == [False, False]
    for stream in (
        Winsorizer(limits=(0, 1)).partial_fit(X),
        Winsorizer(limits=(0, 1), sketch_size=16)
        .partial_fit(X[::2])
        .merge(Winsorizer(limits=(0, 1), sketch_size=16).partial_fit(X[1::2])),
    ):
        assert stream.rank_error_ > 0
        columns = stream.diagnose().tables["columns"]
        assert columns["minimum"].tolist() == X.min(axis=0).tolist()
        assert columns["constant"].tolist() == [False, False]


@pytest.mark.parametrize("action", ["clip", "nan", "soft"])
def test_repeated_entries_of_sparse_rows_are_one_value(action):
    """Entries that stand twice are added up before they are capped."""
    table = sparse.csr_array(([6.0, 6.0, 1.0], [0, 0, 0], [0, 2, 3]), shape=(2, 1))
    winsorizer = Winsorizer(method="fixed", limits=(-10, 10), action=action).fit(table)
    np.testing.assert_allclose(
        winsorizer.transform(table).toarray(), winsorizer.transform(table.toarray())
    )
    assert table.nnz == 3
    assert MADScaler(with_centering=False, clip=1.0).fit_transform(table).max() == 1


def test_limits_beyond_an_integer_dtype_give_floats():
    """A limit that uint8 cannot hold is not squeezed into it, and counts are right."""
    X = np.array([[1], [2], [255]], dtype=np.uint8)
    winsorizer = Winsorizer(method="fixed", limits=(300, None)).fit(X)
    assert winsorizer.transform(X).tolist() == [[300.0]] * 3
    assert winsorizer.n_capped_low_.tolist() == [3]
    below = Winsorizer(method="fixed", limits=(None, -5)).fit(X)
    assert below.transform(X).tolist() == [[-5.0]] * 3
    assert below.n_capped_high_.tolist() == [3]


def test_integers_are_floats_where_the_limits_are():
    """Limits that were learnt from floats are not rounded for integers."""
    winsorizer = Winsorizer(quantile_method="lower", limits=(0, 0.5)).fit([[1.2], [2.5], [3.7]])
    assert winsorizer.transform(np.array([[5], [1]])).tolist() == [[2.5], [1.2]]


@pytest.mark.parametrize("action", ["clip", "nan", "soft"])
def test_single_precision_is_compared_with_limits_of_its_own(action):
    """A float32 value that equals the limit as float32 is not beyond it."""
    x = np.array([[0.1], [0.05]], dtype=np.float32)
    winsorizer = Winsorizer(method="fixed", limits=(None, 0.1), action=action, add_indicator=True)
    capped = winsorizer.fit_transform(x)
    np.testing.assert_array_equal(capped, np.c_[x, [0, 0]])
    assert winsorizer.n_capped_high_.tolist() == [0]


def test_parameters_between_batches(rng):
    """Changing a parameter does not change what was learnt, nor corrupt what is kept."""
    X = rng.normal(size=(50, 1))
    scaler = MADScaler().partial_fit(X)
    expected = MADScaler().fit(X).scale_
    np.testing.assert_array_equal(scaler.set_params(unit_variance=False).scale_, expected)
    with pytest.raises(ValueError, match="kept with sketch_size=2048"):
        MADScaler().partial_fit(X).set_params(sketch_size=16).partial_fit(X)
    with pytest.raises(ValueError, match="without their means and variances"):
        Winsorizer().partial_fit(X).set_params(method="gaussian").partial_fit(X)


@pytest.mark.parametrize("method", ["quantile", "mad"])
def test_moments_that_nobody_wants_any_more_do_not_hinder_a_merge(rng, method):
    """A stream begun under "gaussian" merges with one that never kept moments, either way."""
    X = rng.normal(size=(60, 2))
    expected = Winsorizer(method=method).fit(X)
    for order in (1, -1):
        first = Winsorizer(method="gaussian").partial_fit(X[:30]).set_params(method=method)
        second = Winsorizer(method=method).partial_fit(X[30:])
        one, other = [first, second][::order]
        assert_same_fit(one.merge(other), expected)


def test_merge_compares_limits_by_what_they_mean(rng):
    """Long arrays that differ are told apart, and spellings of the same limits are not."""
    X = rng.normal(size=(30, 600))
    one, other = np.tile([[0.1], [0.9]], 600), np.tile([[0.1], [0.9]], 600)
    other[0, 300] = 0.2
    with pytest.raises(ValueError, match="limits is"):
        Winsorizer(limits=one).partial_fit(X).merge(Winsorizer(limits=other).partial_fit(X))
    merged = Winsorizer(limits=one).partial_fit(X).merge(Winsorizer(limits=0.1).partial_fit(X))
    assert merged.n_samples_seen_ == 60


@quiet
def test_asking_for_an_attribute_never_raises_anything_else():
    """hasattr is False where a stream cannot be learnt from; transform says why."""
    scaler = MADScaler(zero_scale="raise").partial_fit([[1.0], [1.0]])
    assert not hasattr(scaler, "center_")
    with pytest.raises(ValueError, match="MAD of the columns 'x0' is zero"):
        scaler.transform([[1.0]])
    assert (
        MADScaler(zero_scale="raise").partial_fit([[1.0]]).set_params(zero_scale="one").scale_ == 1
    )
    assert hasattr(scaler.partial_fit([[2.0], [3.0], [4.0]]), "center_")


@pytest.mark.parametrize("call", ["fit", "fit_transform", "transform", "attribute"])
def test_warnings_point_at_the_user(call):
    """Whatever made the transformer learn, the warning names the user's line."""
    X = np.zeros((5, 1))
    learn = {
        "fit": lambda: Winsorizer().fit(X),
        "fit_transform": lambda: Winsorizer().fit_transform(X),
        "transform": lambda: Winsorizer().partial_fit(X).transform(X),
        "attribute": lambda: Winsorizer().partial_fit(X).lower_,
    }[call]
    with pytest.warns(ZeroSpreadWarning) as caught:
        learn()
    assert [warning.filename for warning in caught] == [__file__]


def test_code_without_a_module_can_be_warned():
    """What is run by exec or timeit may have no name to look for, and is warned all the same."""
    with pytest.warns(ZeroSpreadWarning):
        exec("winsorizer.fit(X)", {"winsorizer": Winsorizer(), "X": np.zeros((5, 1))})


def test_names_that_would_stand_twice_are_refused(rng):
    """An indicator cannot take the name of a column."""
    frame = pd.DataFrame(rng.normal(size=(20, 2)), columns=["a", "a__capped"])
    with pytest.raises(ValueError, match="'a__capped' have the names of columns"):
        Winsorizer(add_indicator=True).fit(frame).get_feature_names_out()


def test_numbers_as_names_of_columns_are_no_keys(rng):
    """With columns called 1 and 0 a key could be a name or a position."""
    frame = pd.DataFrame(rng.normal(size=(20, 2)), columns=[1, 0])
    with pytest.raises(ValueError, match="a number could be a name or a position"):
        Winsorizer(limits={1: 0.1}).fit(frame)
    with pytest.raises(ValueError, match="the column 'a' twice"):
        Winsorizer(limits={"a": 0.1, 0: 0.2}).fit(frame.set_axis(["a", "b"], axis=1))


@pytest.mark.parametrize(
    "limits",
    [
        (False, True),
        np.nan,
        np.array(0.6),
        pd.Series([0.9, 0.1]),
        [],
        np.zeros(0),
        [[0.1, 0.2], [0.3]],
        [["a"], ["b"]],
    ],
)
def test_odd_limits_are_refused(rng, limits):
    """Booleans, NaN, nothing, text, ragged rows and pairs out of order are no limits."""
    with pytest.raises(ValueError, match=r"[Ll]imits? must|array of limits must"):
        Winsorizer(limits=limits).fit(rng.normal(size=(20, 1)))


def test_many_weighted_columns_are_sorted_together(rng):
    """Weighted columns give the numbers they give alone, in groups of any size."""
    X, weights = rng.normal(size=(30, 50)), rng.integers(1, 4, 30)
    together = Winsorizer(limits=0.1).fit(X, sample_weight=weights)
    alone = [Winsorizer(limits=0.1).fit(X[:, [j]], sample_weight=weights) for j in range(50)]
    np.testing.assert_array_equal(together.upper_, [one.upper_[0] for one in alone])


def test_diagnose_of_other_rows_speaks_of_those_rows(rng):
    """What is constant or infinite is judged in the rows that were handed in."""
    fitted = np.c_[np.full(50, 2.0), rng.normal(size=50)]
    with pytest.warns(ZeroSpreadWarning):
        scaler = MADScaler().fit(fitted)
    rows = np.c_[rng.normal(size=50), np.full(50, np.inf)]
    table = scaler.diagnose(rows).tables["columns"]
    assert table["constant"].tolist() == [False, False]
    assert table["n_infinite"].tolist() == [0, 50]
