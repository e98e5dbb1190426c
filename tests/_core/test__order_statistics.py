"""Tests of exact selection: against sorting, NumPy and SciPy, on data that mislead a sample."""

import threading

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.stats import median_abs_deviation

from sklearn_lossfix._core import _brackets, _column_reader, _order_statistics
from sklearn_lossfix._core._order_statistics import ColumnSelector
from sklearn_lossfix._core._quantiles import QUANTILE_METHODS

N_ROWS = 6_000
SHARES = np.array([0.0, 0.001, 0.25, 0.31, 0.5, 0.75, 0.999, 1.0])


@pytest.fixture
def sampled(monkeypatch):
    """Sample, bracket and count, however few the rows are."""
    monkeypatch.setattr(_order_statistics, "MIN_SAMPLED_ROWS", 1)
    monkeypatch.setattr(_brackets, "MIN_SAMPLE", 1)


@pytest.fixture
def threaded(monkeypatch):
    """Use threads, however little there is to do."""
    for name in ("MIN_THREADED_ELEMENTS", "MIN_THREADED_ROWS", "MIN_THREADED_COLUMN"):
        monkeypatch.setattr(_column_reader, name, 1)


@pytest.fixture
def partitioned(monkeypatch):
    """Columns that were partitioned whole since the test began."""
    columns, method = [], ColumnSelector._select_column

    def counted(self, j, *args, **kwargs):
        columns.append(j)
        return method(self, j, *args, **kwargs)

    monkeypatch.setattr(ColumnSelector, "_select_column", counted)
    return columns


def sampled_rows(n_rows):
    """Rows that the selector samples, found by letting it sample their numbers."""
    return ColumnSelector(np.arange(n_rows)[:, None])._sample(slice(0, 1))[0]


def in_step_with_the_sample(n_rows, rng):
    """Values that are large exactly where the sample looks."""
    x = rng.normal(size=n_rows)
    x[sampled_rows(n_rows)] += 100.0
    return x


def sprinkled(x, rng, share, values):
    """A copy with some entries replaced."""
    return np.where(rng.random(len(x)) < share, rng.choice(values, len(x)), x)


COLUMNS = {
    "normal": lambda n, rng: rng.normal(size=n),
    "in step with the sample": in_step_with_the_sample,
    "periodic": lambda n, rng: np.tile(rng.normal(size=10), n)[:n] + 1e-9 * np.arange(n),
    "sorted": lambda n, rng: np.sort(rng.normal(size=n)),
    "reversed": lambda n, rng: -np.sort(rng.exponential(size=n)),
    "equal": lambda n, rng: np.full(n, 3.5),
    "two halves": lambda n, rng: np.repeat([1.0, 2.0], n // 2),
    "two halves in turn": lambda n, rng: np.tile([1.0, 2.0], n // 2),
    "ten levels": lambda n, rng: rng.integers(0, 10, n).astype(float),
    "forty levels": lambda n, rng: rng.integers(0, 40, n).astype(float),
    "rare level": lambda n, rng: np.where(np.arange(n) == 17, 5.0, rng.integers(0, 3, n)),
    "zeros": lambda n, rng: np.where(rng.random(n) < 0.9, 0.0, rng.normal(size=n)),
    "signed zeros": lambda n, rng: np.where(rng.random(n) < 0.6, rng.choice([0.0, -0.0], n), 1.0),
    "spike": lambda n, rng: rng.choice([2.0, -2.0, 0.5, -7.0], n, p=[0.9, 0.04, 0.03, 0.03]),
    "missing": lambda n, rng: sprinkled(rng.normal(size=n), rng, 0.3, [np.nan]),
    "nonfinite": lambda n, rng: sprinkled(rng.normal(size=n), rng, 0.4, [np.nan, np.inf, -np.inf]),
    "nonfinite zeros": lambda n, rng: sprinkled(np.zeros(n), rng, 0.1, [np.nan, np.inf, -np.inf]),
    "nearly all missing": lambda n, rng: np.where(np.arange(n) % 997 == 0, np.arange(n), np.nan),
    "all missing": lambda n, rng: np.full(n, np.nan),
    "infinite": lambda n, rng: rng.choice([np.inf, -np.inf, np.nan], n),
    "one value": lambda n, rng: np.where(np.arange(n) == n // 3, 2.0, np.nan),
    "tiny": lambda n, rng: rng.normal(size=n) * 1e-310,
    "huge": lambda n, rng: rng.uniform(0.5, 1.0, n) * rng.choice([1.7e308, -1.7e308], n),
}


def table(names, n_rows=N_ROWS):
    """Columns side by side."""
    return np.column_stack([COLUMNS[name](n_rows, np.random.default_rng(7)) for name in names])


# Alone, a column is scanned as one long array; beside others, in folded rows.
TABLES = [[name] for name in COLUMNS] + [
    ["normal", "missing", "zeros"],
    ["normal", "in step with the sample", "sorted", "all missing"],
    ["ten levels", "two halves", "equal"],
    ["equal", "zeros", "rare level", "one value"],
    ["zeros", "spike", "nonfinite zeros"],
    list(COLUMNS),
]


def finite_sorted(X, j, around=None):
    """Sorted finite values of a column, or their distances from its centre."""
    column = X[:, j]
    column = np.sort(column[np.isfinite(column)])
    if around is None or not column.size:
        return column
    dtype = column.dtype if column.dtype.kind == "f" else np.float64
    with np.errstate(over="ignore"):
        return np.sort(np.abs(column.astype(dtype) - around.middle[0, j].astype(dtype)))


def assert_selected(reached, targets, X, around=None):
    """Compare values with those of the sorted columns; and counts, which distances have none of."""
    for j in range(X.shape[1]):
        column = finite_sorted(X, j, around)
        if not column.size:
            assert np.isnan(reached.low[:, j]).all()
            continue
        for t, target in enumerate(targets[:, j]):
            first = max(int(np.ceil(target)) - 1, 0)
            meets = 0 < target == np.floor(target)
            low, high = column[first], column[min(first + meets, len(column) - 1)]
            assert (reached.low[t, j], reached.high[t, j]) == (low, high)
            if around is None:
                assert reached.less[t, j] == (column < low).sum()
                assert reached.less_equal[t, j] == (column <= high).sum()


def assert_same(one, other, names=None):
    """Fields of two results are the same, to the bit."""
    for name in names or vars(one):
        np.testing.assert_array_equal(getattr(one, name), getattr(other, name), strict=True)


def assert_same_selection(one, other):
    """Medians, distances and many values of two selectors are the same."""
    results = zip(medians_and_distances(one), medians_and_distances(other), strict=True)
    for (left, right), names in zip(results, (None, ("low", "high"), None), strict=True):
        assert_same(left, right, names)


def medians_and_distances(selector):
    """Medians, the middle of the distances from them, and many values at once."""
    median = selector.at_mass(0.5 * selector.mass)
    distances = selector.at_mass(np.multiply.outer(SHARES, selector.mass), around=median)
    return median, distances, selector.at_mass(np.multiply.outer(SHARES, selector.mass))


# --- exactness ----------------------------------------------------------------------------------


@pytest.mark.parametrize("order", ["C", "F"])
@pytest.mark.parametrize("names", TABLES, ids=", ".join)
def test_values_and_counts_are_those_of_sorted_columns(sampled, names, order):
    """Whatever a sample makes of a column, ranks, values and counts are those of sorting it."""
    X = np.array(table(names), order=order)
    before = X.copy()
    selector = ColumnSelector(X)
    targets = np.multiply.outer(SHARES, selector.mass)
    # A second time around: some columns are tabulated by then.
    for _ in range(2):
        assert_selected(selector.at_mass(targets), targets, X)
        median = selector.at_mass(0.5 * selector.mass)
        assert_selected(selector.at_mass(targets, around=median), targets, X, around=median)
    np.testing.assert_array_equal(X, before, strict=True)


@pytest.mark.parametrize("order", ["C", "F"])
def test_a_misled_sample_costs_a_partition_but_no_exactness(sampled, partitioned, order):
    """Data that run along with the sample make it miss, and the column is partitioned whole."""
    X = np.array(table(["normal", "in step with the sample"]), order=order)
    selector = ColumnSelector(X)
    median = selector.at_mass(0.5 * selector.mass)
    assert set(partitioned) == {1}
    assert_selected(median, 0.5 * selector.mass[None], X)


def test_an_honest_sample_saves_the_partition(partitioned):
    """Random columns above the threshold are selected without a partition of any of them."""
    X = table(["normal", "missing", "zeros", "forty levels"], _order_statistics.MIN_SAMPLED_ROWS)
    median, distances, _ = medians_and_distances(ColumnSelector(X))
    assert partitioned == []
    assert_selected(median, 0.5 * np.isfinite(X).sum(axis=0)[None], X)
    assert_selected(distances, np.multiply.outer(SHARES, np.isfinite(X).sum(axis=0)), X, median)


@pytest.mark.parametrize("names", [["normal"], ["normal", "nonfinite", "ten levels", "huge"]])
def test_both_paths_agree(monkeypatch, names):
    """Sampling and partitioning whole give the same values and counts."""
    X = table(names)
    whole = medians_and_distances(ColumnSelector(X))
    monkeypatch.setattr(_order_statistics, "MIN_SAMPLED_ROWS", 1)
    median, distances, many = medians_and_distances(ColumnSelector(X))
    assert_same(median, whole[0])
    assert_same(distances, whole[1], ("low", "high"))
    assert_same(many, whole[2])


FLOATS = {
    np.float64: st.sampled_from([0.0, -0.0, 1.0, 5e-324, -5e-324, 1e-310, np.nan, np.inf, -np.inf])
    | st.floats(-1e300, 1e300)
    | st.floats(-1e-300, 1e-300)
    | st.integers(-3, 3).map(float),
    np.float32: st.sampled_from([0.0, -0.0, 1.0, np.nan, np.inf, -np.inf])
    | st.floats(-(2.0**120), 2.0**120, width=32)
    | st.floats(-(2.0**-130), 2.0**-130, width=32)
    | st.integers(-3, 3).map(float),
}
SMALL_TABLES = st.sampled_from(list(FLOATS)).flatmap(
    lambda dtype: arrays(
        dtype, st.tuples(st.integers(1, 50), st.integers(1, 3)), elements=FLOATS[dtype]
    )
)


@settings(max_examples=300)
@given(X=SMALL_TABLES, minimum=st.sampled_from([1, 1_000]))
def test_median_and_mad_equal_those_of_numpy_and_scipy(X, minimum):
    """On ties, signed zeros, subnormals and either dtype, median and MAD are the same numbers."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(_order_statistics, "MIN_SAMPLED_ROWS", minimum)
        patch.setattr(_brackets, "MIN_SAMPLE", 1)
        selector = ColumnSelector(X)
        median = selector.at_mass(0.5 * selector.mass)
        mad = selector.at_mass(0.5 * selector.mass, around=median).middle[0]
    for j, column in enumerate(X.T):
        finite = column[np.isfinite(column)]
        if finite.size:
            assert median.middle[0, j] == np.median(finite)
            assert mad[j] == median_abs_deviation(finite)
            spoilt = np.where(np.isfinite(column), column, np.nan)
            assert mad[j] == median_abs_deviation(spoilt, nan_policy="omit")
        else:
            assert np.isnan(median.middle[0, j])
            assert np.isnan(mad[j])


@settings(max_examples=40)
@given(
    X=SMALL_TABLES,
    q=st.lists(st.floats(0, 1) | st.sampled_from([0.0, 0.25, 1 / 3, 0.5, 1.0]), min_size=1),
    minimum=st.sampled_from([1, 1_000]),
)
def test_quantiles_of_every_definition_equal_those_of_numpy(nanquantile, X, q, minimum):
    """Every method of ``numpy.nanquantile`` gives the same number, to the bit."""
    X = np.where(np.isfinite(X), X, X.dtype.type(np.nan))
    X[0] = np.where(np.isnan(X[0]), X.dtype.type(0), X[0])
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(_order_statistics, "MIN_SAMPLED_ROWS", minimum)
        patch.setattr(_brackets, "MIN_SAMPLE", 1)
        selector = ColumnSelector(X)
        for method in QUANTILE_METHODS:
            expected = nanquantile(X, np.array(q), method)
            np.testing.assert_array_equal(selector.quantiles(q, method), expected, err_msg=method)


@pytest.mark.parametrize("method", QUANTILE_METHODS)
def test_quantiles_of_many_rows_equal_those_of_numpy(nanquantile, method):
    """Above the threshold too, with probabilities that differ from column to column."""
    X = table(["normal", "missing", "forty levels", "zeros"], _order_statistics.MIN_SAMPLED_ROWS)
    q = np.array([[0.01, 0.1, 0.25, 0.5], [0.99, 0.9, 0.75, 0.95]])
    expected = np.stack(
        [nanquantile(X[:, [j]], q[:, j], method)[:, 0] for j in range(X.shape[1])], axis=1
    )
    np.testing.assert_array_equal(ColumnSelector(X).quantiles(q, method), expected)


# --- dtypes -------------------------------------------------------------------------------------


@pytest.mark.parametrize("minimum", [1, 100_000])
@pytest.mark.parametrize("levels", [8, 3_000])
@pytest.mark.parametrize(
    "dtype", ["int8", "uint8", "int16", "uint32", "int32", "int64", "uint64", "bool", ">i4"]
)
def test_integers_are_selected_as_integers(monkeypatch, dtype, levels, minimum):
    """Integers over their whole range keep their dtype, values and counts."""
    monkeypatch.setattr(_order_statistics, "MIN_SAMPLED_ROWS", minimum)
    native = np.dtype(dtype).newbyteorder("=")
    ends = (0, 1) if dtype == "bool" else (np.iinfo(native).min, np.iinfo(native).max)
    rng = np.random.default_rng(0)
    kind = np.uint8 if dtype == "bool" else native
    values = rng.integers(*ends, levels, dtype=kind, endpoint=True)
    X = np.append(
        rng.choice(values, (2 * N_ROWS - 1)), kind.type(ends[1]) if dtype != "bool" else 1
    )
    X = X.reshape(-1, 2).astype(dtype)
    selector = ColumnSelector(X)
    targets = np.multiply.outer(SHARES, selector.mass)
    reached = selector.at_mass(targets)
    assert reached.low.dtype == (np.uint8 if dtype == "bool" else native)
    assert_selected(reached, targets, X.astype(reached.low.dtype))


@pytest.mark.parametrize("minimum", [1, 100_000])
@pytest.mark.parametrize("spread", [1_000, 1_000_000])
@pytest.mark.parametrize(
    ("dtype", "start"), [("int64", 2**62), ("int64", -(2**62)), ("uint64", 2**63)]
)
def test_large_integers_keep_ranks_and_distances_exact(monkeypatch, dtype, start, spread, minimum):
    """Integers that float64 cannot tell apart have the median and MAD of Python's integers."""
    monkeypatch.setattr(_order_statistics, "MIN_SAMPLED_ROWS", minimum)
    rng = np.random.default_rng(0)
    steps = rng.integers(0, spread, 3_000)
    X = (np.array(start, dtype=dtype) + steps.astype(dtype))[:, None]
    selector = ColumnSelector(X)
    median = selector.at_mass(0.5 * selector.mass)
    middles = int(median.low[0, 0]) - start, int(median.high[0, 0]) - start
    assert sum(middles) / 2 == np.median(steps)
    targets = np.multiply.outer(SHARES, selector.mass)
    distances = selector.at_mass(targets, around=median)
    assert_selected(distances, targets, np.abs(steps - np.median(steps))[:, None])


@pytest.mark.parametrize("dtype", ["float16", "float32", ">f4", ">f8"])
def test_floats_are_compared_natively(sampled, dtype):
    """Half precision is selected in single, and the byte order does not matter."""
    X = table(["normal", "nonfinite", "ten levels"]).astype(dtype)
    selector = ColumnSelector(X)
    targets = np.multiply.outer(SHARES, selector.mass)
    working = np.float32 if dtype == "float16" else np.dtype(dtype).newbyteorder("=")
    assert selector.dtype == working
    median = selector.at_mass(0.5 * selector.mass)
    assert_selected(selector.at_mass(targets), targets, X.astype(working))
    distances = selector.at_mass(targets, around=median)
    assert_selected(distances, targets, X.astype(working), around=median)


# --- memory layouts and threads -----------------------------------------------------------------


def layouts(X, folder):
    """The same table in every kind of memory."""
    wide = np.repeat(np.repeat(X, 2, axis=0), 3, axis=1)
    frozen = X.copy()
    frozen.flags.writeable = False
    path = folder / "table.bin"
    X.tofile(path)
    return {
        "F": np.asfortranarray(X),
        "strided": wide[::2, ::3],
        "negative": np.ascontiguousarray(X[::-1, ::-1])[::-1, ::-1],
        "read-only": frozen,
        "memmap": np.memmap(path, dtype=X.dtype, mode="r", shape=X.shape),
    }


@pytest.mark.parametrize("names", [["normal"], ["normal", "zeros", "nonfinite", "ten levels"]])
def test_memory_layout_does_not_matter(sampled, names, tmp_path):
    """C, F, strided, reversed, read-only and mapped memory give the same results."""
    X = table(names)
    for layout in layouts(X, tmp_path).values():
        np.testing.assert_array_equal(layout, X)
        assert_same_selection(ColumnSelector(layout), ColumnSelector(X))
        np.testing.assert_array_equal(layout, X)


@pytest.mark.parametrize("order", ["C", "F"])
@pytest.mark.parametrize("names", [["normal"], ["ten levels", "equal"], list(COLUMNS)])
def test_threads_do_not_change_results(sampled, threaded, monkeypatch, names, order):
    """One, two and four threads give the same results, and more than one really work."""
    X = np.array(table(names, 20_000), order=order)
    seen, method = set(), ColumnSelector._share_rows

    def watched(self, work, run, n_threads):
        def noted(*ends):
            seen.add(threading.get_ident())
            return work(*ends)

        return method(self, noted, run, n_threads)

    monkeypatch.setattr(ColumnSelector, "_share_rows", watched)
    limits = np.full(X.shape[1], -0.5), np.full(X.shape[1], 0.5)
    alone = ColumnSelector(X)
    medians_and_distances(alone)
    assert seen == {threading.get_ident()}
    for n_jobs in (2, 4):
        seen.clear()
        selector = ColumnSelector(X, n_jobs=n_jobs)
        outside = selector.survey(*limits)[:2]
        medians_and_distances(selector)
        if order == "C" or len(names) > 1:
            assert seen - {threading.get_ident()}
        np.testing.assert_array_equal(outside, alone.survey(*limits)[:2])
        assert_same_selection(selector, alone)


@pytest.mark.parametrize(
    "levels", [[-1.7e308, 1.7e308, 1e308], np.linspace(-1.7, 1.7, 999) * 1e308]
)
def test_distances_overflow_silently_in_threads(sampled, threaded, levels):
    """Distances beyond the largest float are infinite, without a warning from any thread."""
    rng = np.random.default_rng(0)
    X = np.asfortranarray(rng.choice(levels, (N_ROWS, 2)))
    X[: N_ROWS * 2 // 3] = -1.7e308
    selector = ColumnSelector(X, n_jobs=2)
    median, distances, _ = medians_and_distances(selector)
    assert_selected(distances, np.multiply.outer(SHARES, selector.mass), X, around=median)
    assert np.isinf(distances.high[-1]).all()


# --- counting and parts -------------------------------------------------------------------------


@pytest.mark.parametrize("dtype", [np.float64, np.float32, np.int8, np.int64, np.uint64])
@pytest.mark.parametrize("names", [["zeros"], ["ten levels"], list(COLUMNS)])
def test_survey_counts_values_beyond_limits_rounded_like_them(sampled, dtype, names):
    """Counts are those of comparing, before and after columns were tabulated."""
    X = table(names)
    if np.dtype(dtype).kind == "f":
        with np.errstate(over="ignore"):
            X = X.astype(dtype)
    else:
        X = (np.nan_to_num(np.clip(X, 0, 9)) * 5).astype(dtype)
        X += X.dtype.type(2**62 if X.dtype.itemsize == 8 else 0)
    sides = [(-np.inf, np.inf), (0.1, 0.1), (0.0, 8.0), (-1e39, 1e39), (2.0**62 + 512, 2.0**62)]
    selector = ColumnSelector(X)
    for _ in range(2):
        for lower, upper in sides:
            if X.dtype.kind == "f":
                with np.errstate(over="ignore"):
                    below, above = X < X.dtype.type(lower), X > X.dtype.type(upper)
            else:
                below = np.vectorize(lambda x, limit=lower: int(x) < limit, otypes="?")(X)
                above = np.vectorize(lambda x, limit=upper: int(x) > limit, otypes="?")(X)
            if dtype == np.int8 and abs(lower) > 128:
                continue  # beyond the dtype a limit becomes the end of its range
            found = selector.survey(*np.full((2, X.shape[1]), [[lower], [upper]]))[:2]
            np.testing.assert_array_equal(found, [below.sum(axis=0), above.sum(axis=0)])
        medians_and_distances(selector)


@pytest.mark.parametrize("warm", [False, True])
@pytest.mark.parametrize("order", ["C", "F"])
def test_subset_equals_selecting_from_the_columns_alone(sampled, order, warm):
    """Some columns, in any order and of a subset again, give what they give alone."""
    X = np.array(table(list(COLUMNS)), order=order)
    selector = ColumnSelector(X)
    if warm:
        medians_and_distances(selector)
    columns = np.random.default_rng(0).permutation(X.shape[1])[:9]
    for part, alone in [
        (selector.subset(columns), ColumnSelector(X[:, columns])),
        (selector.subset(columns).subset([4, 1]), ColumnSelector(X[:, columns[[4, 1]]])),
        (ColumnSelector(X, columns=columns), ColumnSelector(X[:, columns])),
    ]:
        assert_same_selection(part, alone)
        limits = np.zeros((2, part.n_columns))
        np.testing.assert_array_equal(part.survey(*limits)[:2], alone.survey(*limits)[:2])
        for j in range(part.n_columns):
            np.testing.assert_array_equal(part.column_values(j), alone.column_values(j))
        for mine, other in zip(vars(part.moments()), vars(alone.moments()), strict=True):
            # Sums are added up in the order of the memory, so they agree to rounding only.
            np.testing.assert_allclose(
                getattr(part.moments(), mine), getattr(alone.moments(), other), rtol=1e-12
            )
