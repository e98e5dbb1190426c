"""Tests of the definitions of quantiles, and of weighted order statistics."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.stats import median_abs_deviation

from sklearn_lossfix._core._moments import Moments
from sklearn_lossfix._core._order_statistics import ColumnSelector
from sklearn_lossfix._core._quantiles import (
    ORDER_STATISTIC_METHODS,
    QUANTILE_METHODS,
    WEIGHTED_METHODS,
    AtMass,
    WeightedColumns,
    gap,
    interpolate,
    midpoint,
    quantile_positions,
)

SHARES = np.array([0.0, 0.1, 0.25, 1 / 3, 0.5, 0.75, 0.9, 1.0])


def by_definition(values, weights, share):
    """Where the weight of all values up to one reaches a share of the total; at a tie halfway."""
    reached = {v: weights[values <= v].sum() for v in np.unique(values[weights > 0])}
    target = share * weights.sum()
    first = min(v for v, mass in reached.items() if mass >= target)
    larger = [v for v in reached if v > first]
    return (first + min(larger)) / 2 if reached[first] == target and larger else first


VALUES = (
    st.sampled_from([0.0, -0.0, 1.0, 5e-324, np.nan, np.inf, -np.inf])
    | st.floats(-1e300, 1e300)
    | st.integers(-3, 3).map(float)
)
# A column, and a whole weight for each of its values.
COLUMNS = st.integers(1, 50).flatmap(
    lambda n: st.tuples(
        arrays(np.float64, n, elements=VALUES),
        arrays(np.float64, n, elements=st.integers(0, 4).map(float)),
    )
)


def assert_same(one, other):
    """Medians, many values, and distances are the same, to the bit; of values also the masses."""
    medians = [columns.at_mass(0.5 * columns.mass) for columns in (one, other)]
    targets = np.multiply.outer(SHARES, one.mass)
    values = [columns.at_mass(targets) for columns in (one, other)]
    distances = [
        columns.at_mass(targets, around=median)
        for columns, median in zip((one, other), medians, strict=True)
    ]
    np.testing.assert_array_equal(one.mass, other.mass)
    for name in ("low", "high", "less", "less_equal"):
        for left, right in (medians, values) if "less" in name else (medians, values, distances):
            np.testing.assert_array_equal(getattr(left, name), getattr(right, name), err_msg=name)


# --- definitions --------------------------------------------------------------------------------


def test_the_lists_of_definitions_are_those_of_numpy():
    """Every name is one that ``numpy.quantile`` knows, none is left out, and none stands twice."""
    with pytest.raises(ValueError, match="hazen") as error:
        np.quantile([1.0, 2.0], 0.5, method="unknown")
    names = [name for name in QUANTILE_METHODS if repr(name) in str(error.value)]
    assert sorted(names) == sorted(QUANTILE_METHODS)
    assert len(set(QUANTILE_METHODS)) == len(QUANTILE_METHODS) == 13
    assert set(ORDER_STATISTIC_METHODS) | set(WEIGHTED_METHODS) < set(QUANTILE_METHODS)


@pytest.mark.parametrize("method", QUANTILE_METHODS)
def test_positions_give_the_quantiles_of_numpy(nanquantile, method):
    """For 1 to 60 values and probabilities on and between their ranks, to the bit."""
    rng = np.random.default_rng(0)
    for n in range(1, 61):
        x = np.sort(rng.normal(size=n))
        ranks = np.arange(n + 1) / n
        q = np.unique(np.concatenate([ranks, ranks[:-1] + 0.5 / n, rng.random(5)]))
        low, high, gamma = zip(*(quantile_positions(n, share, method) for share in q), strict=True)
        found = interpolate(x[list(low)], x[list(high)], np.array(gamma))
        np.testing.assert_array_equal(found, nanquantile(x[:, None], q, method)[:, 0])


@pytest.mark.parametrize("method", ORDER_STATISTIC_METHODS)
@given(n=st.integers(1, 10_000), q=st.floats(0, 1))
def test_order_statistics_do_not_interpolate(method, n, q):
    """The quantiles of these definitions are values of the data: the share is zero."""
    assert quantile_positions(n, q, method)[2] == 0


@pytest.mark.parametrize("method", QUANTILE_METHODS)
@given(n=st.integers(0, 10_000), q=st.floats(0, 1))
def test_positions_are_ranks_that_exist(method, n, q):
    """Ranks are equal or adjacent, and within the data, even of a column without any."""
    low, high, gamma = quantile_positions(n, q, method)
    assert 0 <= low <= high <= min(low + 1, max(n - 1, 0))
    assert 0 <= gamma < 1


@given(low=st.floats(-8e307, 8e307), step=st.floats(0, 8e307), gamma=st.floats(0, 1))
def test_interpolating_stays_between_and_meets_the_ends(low, step, gamma):
    """The result lies between the two values, and is one of them at 0 and 1, without overflow."""
    high = low + step
    assert interpolate(low, high, np.array([0.0, 1.0])).tolist() == [low, high]
    slack = 1e-15 * max(abs(low), abs(high))
    assert low - slack <= interpolate(low, high, gamma) <= high + slack


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_neither_interpolation_nor_midpoint_overflows(dtype):
    """Values near the largest float, of one sign or of both, give what lies between them."""
    top = np.finfo(dtype).max
    low, high = np.array([-top, top, -top]), np.array([top, top, -top])
    np.testing.assert_array_equal(interpolate(low, high, 0.5), np.float64([0, top, -top]))
    np.testing.assert_allclose(interpolate(low[:1], high[:1], 0.75), [0.5 * float(top)])
    np.testing.assert_array_equal(midpoint(low, high), np.array([0, top, -top], dtype), strict=True)


@given(a=st.floats(-1e300, 1e300) | st.just(5e-324), b=st.floats(-1e300, 1e300) | st.just(5e-324))
def test_midpoint_is_the_median_of_two(a, b):
    """Where nothing overflows the halfway point is what ``numpy.median`` computes."""
    assert midpoint(a, b) == np.median([a, b])


def test_midpoint_keeps_float_dtypes_and_turns_integers_to_floats():
    """Small integers do not wrap around, and single precision stays so."""
    both = midpoint(np.array([127], np.int8), np.array([126], np.int8))
    np.testing.assert_array_equal(both, np.array([126.5]), strict=True)
    assert midpoint(np.float32(1), np.float32(2)).dtype == np.float32


@pytest.mark.parametrize(
    ("dtype", "low", "high", "expected"),
    [
        (np.int64, (2**62, 2**62 + 1), (2**62 + 1, 2**62 + 4), 2.0),
        (np.int64, (-(2**63), -(2**63)), (2**63 - 1, 2**63 - 1), 2.0**64),
        (np.uint64, (2**64 - 9, 2**64 - 8), (2**64 - 1, 2**64 - 1), 7.5),
        (np.int8, (-128, -128), (127, 127), 255.0),
        (np.float32, (1.5, 2.5), (3.0, 3.0), 1.0),
        (np.float64, (-1.7e308, -1.7e308), (1.7e308, 1.7e308), np.inf),
    ],
)
def test_gap_subtracts_integers_before_rounding(dtype, low, high, expected):
    """The distance of two middles is exact for integers that float64 cannot tell apart."""
    low, high = (AtMass(*np.array(pair, dtype)[:, None], None, None) for pair in (low, high))
    assert gap(*(AtMass(x.low, x.high, x.low, x.low) for x in (low, high)))[0] == expected


# --- weights ------------------------------------------------------------------------------------


@pytest.mark.parametrize("dtype", [np.float64, np.float32, np.float16, np.int64, np.bool_])
def test_unit_weights_change_nothing(dtype):
    """Weights of one give what no weights give, to the bit, in values, masses and dtype."""
    rng = np.random.default_rng(0)
    for n in (1, 2, 3, 10, 101, 1_000):
        x = np.column_stack([rng.normal(size=n), rng.integers(0, 4, n), np.zeros(n)])
        if np.dtype(dtype).kind == "f":
            x[rng.random(x.shape) < 0.1] = np.nan
        x = x.astype(dtype)
        plain = ColumnSelector(x)
        weighted = WeightedColumns([(column, np.ones(n)) for column in x.T])
        assert_same(weighted, plain)
        for method in WEIGHTED_METHODS:
            np.testing.assert_array_equal(
                weighted.quantiles(SHARES, method), plain.quantiles(SHARES, method)
            )


@given(column=COLUMNS)
def test_whole_weights_mean_repetition(column):
    """A weight of k is the same as k values, and so a weight of zero as none."""
    values, weights = column
    repeated = np.repeat(values, weights.astype(int))[:, None]
    if not len(repeated):
        return
    weighted, plain = WeightedColumns([column]), ColumnSelector(repeated)
    if not plain.mass[0]:
        assert weighted.mass == [0]
        return
    assert_same(weighted, plain)
    for method in WEIGHTED_METHODS:
        np.testing.assert_array_equal(
            weighted.quantiles(SHARES, method), plain.quantiles(SHARES, method)
        )


def test_weights_of_zero_remove_values():
    """Removing the rows of weight zero leaves every result as it is."""
    rng = np.random.default_rng(0)
    values, weights = rng.normal(size=500), rng.random(500) * rng.integers(0, 2, 500)
    kept = weights > 0
    one = WeightedColumns([(values, weights)])
    other = WeightedColumns([(values[kept], weights[kept])])
    assert_same(one, other)
    np.testing.assert_array_equal(one.moments().mean, other.moments().mean)


@given(column=COLUMNS, scale=st.sampled_from([0.25, 1.0, 2.0**40]))
def test_weighted_quantiles_equal_their_definition(column, scale):
    """The averaged inverse of the weighted distribution is what its definition says."""
    values, weights = column
    finite = np.isfinite(values) & (weights > 0)
    values, weights = values[finite], weights[finite] * scale
    if not values.size:
        return
    found = WeightedColumns([(values, weights)]).quantiles(SHARES[1:-1], "averaged_inverted_cdf")
    for share, quantile in zip(SHARES[1:-1], found[:, 0], strict=True):
        if share in (0.25, 0.5, 0.75):  # the others meet no mass exactly, but for rounding
            expected = by_definition(values, weights, share)
            np.testing.assert_allclose(quantile, expected, rtol=1e-15, atol=1e-323)


def test_weighted_mad_equals_that_of_the_sorted_distances():
    """The weighted MAD is the weighted median of the distances from the weighted median."""
    rng = np.random.default_rng(0)
    values, weights = rng.normal(size=301), rng.random(301)
    columns = WeightedColumns([(values, weights)])
    median = columns.at_mass(0.5 * columns.mass)
    expected = by_definition(values, weights, 0.5)
    assert median.middle[0, 0] == expected
    mad = columns.at_mass(0.5 * columns.mass, around=median).middle[0, 0]
    assert mad == by_definition(np.abs(values - expected), weights, 0.5)
    ones = WeightedColumns([(values, np.ones(301))])
    found = ones.at_mass(0.5 * ones.mass, around=ones.at_mass(0.5 * ones.mass)).middle[0, 0]
    assert found == median_abs_deviation(values)


@pytest.mark.parametrize("method", QUANTILE_METHODS)
def test_every_definition_lies_within_one_rank_of_the_values(method):
    """Definitions that weights do not suit are replaced by one that differs by a rank at most."""
    x = np.sort(np.random.default_rng(0).normal(size=200))
    found = WeightedColumns([(x, np.ones(200))]).quantiles(SHARES, method)[:, 0]
    expected = np.quantile(x, SHARES, method=method)
    ranks = np.searchsorted(x, found) - np.searchsorted(x, expected)
    assert np.abs(ranks).max() <= 1


def test_survey_adds_weights_strictly_beyond():
    """Values at a limit are not beyond it, and infinite limits leave a side open."""
    columns = WeightedColumns([(np.array([1.0, 2.0, 3.0, 3.0]), np.array([1.0, 2.0, 4.0, 8.0]))])
    for limits, expected in [
        ((2.0, 2.0), (1, 12)),
        ((3.5, 0.0), (15, 15)),
        ((-np.inf, np.inf), (0, 0)),
    ]:
        found = columns.survey(*np.array(limits)[:, None])
        assert (found[0][0], found[1][0]) == expected


def test_subset_and_values_are_those_of_the_columns():
    """Some columns give what they give alone; values come sorted, with their weights."""
    rng = np.random.default_rng(0)
    parts = [(rng.normal(size=20), rng.integers(0, 3, 20).astype(float)) for _ in range(4)]
    columns = WeightedColumns(parts)
    picked, alone = columns.subset(np.array([3, 1])), WeightedColumns([parts[3], parts[1]])
    assert_same(picked, alone)
    values, weights = columns.column_values(2)
    assert (np.diff(values) >= 0).all()
    expected = dict(zip(*parts[2], strict=True))
    assert dict(zip(values, weights, strict=True)) == {x: w for x, w in expected.items() if w}


def test_known_masses_and_moments_are_believed():
    """What is known exactly is not worked out again from what stands for it."""
    known = Moments(*np.ones((3, 1)))
    columns = WeightedColumns([(np.array([1.0, 2.0]), np.ones(2))], np.array([7.0]), known)
    assert columns.moments() is known
    assert columns.mass == [7.0]
    assert columns.at_mass([[7.0]]).high == [[2.0]]


def test_weighted_moments_equal_those_of_repetition():
    """Mass, mean and squares are those of the repeated values; NaN is left out."""
    values, weights = np.array([1.0, np.nan, 4.0, -2.0]), np.array([3.0, 2.0, 1.0, 0.0])
    moments = WeightedColumns([(values, weights)]).moments()
    repeated = np.array([1.0, 1.0, 1.0, 4.0])
    assert (moments.mass, moments.mean) == (4, repeated.mean())
    assert moments.standard_deviation[0] == pytest.approx(repeated.std())


@pytest.mark.parametrize("target", [0.0, 0.5, 1.0])
def test_columns_without_values_are_nan(target):
    """Neither values nor weights: everything is NaN, the mass is zero, and nothing warns."""
    columns = WeightedColumns([(np.array([np.nan, 1.0]), np.array([1.0, 0.0]))])
    assert columns.mass == [0.0]
    reached = columns.at_mass([[target]])
    assert np.isnan(reached.middle).all()
    assert np.isnan(columns.quantiles([0.5], "inverted_cdf")).all()
