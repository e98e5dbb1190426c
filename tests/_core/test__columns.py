"""Tests of reading tables: names, dtypes, what is refused, and sparse columns."""

import datetime

import numpy as np
import pandas as pd
import polars as pl
import pytest
from scipy import sparse

from sklearn_lossfix._core._columns import (
    MAX_NAMES,
    NUMERIC_DTYPES,
    check_container,
    container_dtypes,
    entry_columns,
    joined,
    named,
    sparse_columns,
    sparse_counts,
    text_columns,
)
from sklearn_lossfix._core._order_statistics import ColumnSelector
from sklearn_lossfix._core._quantiles import WeightedColumns

NOON = datetime.datetime(2024, 1, 31, 12)


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        ([], ""),
        (["a"], "'a'"),
        ([1, "b"], "'1', 'b'"),
        (list("abcde"), "'a', 'b', 'c', 'd', 'e'"),
        (list("abcdefg"), "'a', 'b', 'c', 'd', 'e' and 2 more"),
        (np.array(["x0", "x1"], dtype=object), "'x0', 'x1'"),
    ],
)
def test_a_message_names_a_few_and_counts_the_rest(names, expected):
    """Names are quoted, and from the sixth on counted."""
    assert named(names) == expected
    assert MAX_NAMES == 5


def test_dtypes_of_dataframes_are_told_by_column():
    """Names and dtypes come as strings from pandas and polars; arrays have none."""
    frame = pd.DataFrame({"a": [1], 2: [1.5]})
    assert container_dtypes(frame) == [("a", "int64"), ("2", "float64")]
    assert container_dtypes(pl.DataFrame({"a": [1], "b": [True]})) == [
        ("a", "Int64"),
        ("b", "Boolean"),
    ]
    assert container_dtypes(np.zeros((2, 2))) is None
    assert container_dtypes([[1.0]]) is None


@pytest.mark.parametrize(
    ("read", "values"),
    [
        (pd.DataFrame, pd.to_datetime([NOON])),
        (pd.DataFrame, pd.to_datetime([NOON], utc=True)),
        (pd.DataFrame, pd.to_timedelta([NOON - NOON])),
        (pd.DataFrame, pd.period_range("2024", periods=1, freq="D")),
        (pd.DataFrame, pd.interval_range(0, 1)),
        (pl.DataFrame, [NOON]),
        (pl.DataFrame, [NOON.date()]),
        (pl.DataFrame, [NOON.time()]),
        (pl.DataFrame, [NOON - NOON]),
    ],
)
def test_dates_and_times_are_refused_by_name(read, values):
    """Columns of times are refused before they could become integers of an arbitrary unit."""
    with pytest.raises(TypeError, match=r"columns 'when';.*days since"):
        check_container(read({"number": [1.0], "when": values}))


@pytest.mark.parametrize("dtype", ["datetime64[s]", "timedelta64[ms]"])
def test_arrays_of_times_are_refused(dtype):
    """An array of times is refused with its dtype."""
    with pytest.raises(TypeError, match=r"timedelta|datetime"):
        check_container(np.zeros((2, 2), dtype=dtype))


@pytest.mark.parametrize(
    "X",
    [
        np.zeros((2, 2)),
        [[1, 2]],
        pd.DataFrame({"date": [1.0], "update": [2]}),
        pd.DataFrame({"a": pd.Categorical(["x"])}),
        pl.DataFrame({"time": [1.0]}),
        sparse.csr_matrix((2, 2)),
    ],
)
def test_numbers_pass_whatever_they_are_called(X):
    """The dtype decides, not the name of a column."""
    check_container(X)


def test_lazy_tables_are_refused():
    """A lazy table is not collected behind the user's back."""
    with pytest.raises(TypeError, match="collect"):
        check_container(pl.LazyFrame({"a": [1.0]}))


@pytest.mark.parametrize("read", [pd.DataFrame, pl.DataFrame])
def test_text_columns_are_those_that_are_no_numbers(read):
    """Columns that cannot be read as floats are named, the others are not."""
    frame = read({"a": [1, 2], "b": ["x", "y"], "c": [True, False], "d": ["u", "1"]})
    assert text_columns(frame) == ["b", "d"]
    assert text_columns(np.zeros((2, 2))) == []


def test_repeated_names_are_looked_at_by_position():
    """Two columns of one name are two columns."""
    frame = pd.DataFrame([[1, "x"], [2, "y"]], columns=["a", "a"])
    assert text_columns(frame) == ["a"]


def test_numeric_dtypes_are_those_that_selection_reads():
    """Every dtype in the list is selected from as it is."""
    for dtype in NUMERIC_DTYPES:
        X = np.array([[0], [1], [1]]).astype(dtype)
        assert ColumnSelector(X).at_mass([[1.5]]).low == [[1]]


# --- sparse tables ------------------------------------------------------------------------------


def sparse_table(dtype=np.float64, seed=0):
    """A sparse table with stored zeros, an empty column and a full one."""
    rng = np.random.default_rng(seed)
    X = np.where(rng.random((60, 6)) < 0.3, rng.integers(-5, 6, (60, 6)), 0).astype(dtype)
    X[:, 2], X[:, 3] = 0, np.arange(60) % 7 + 1
    matrix = sparse.csc_matrix(X)
    matrix.data[::9] = 0
    return matrix


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("dtype", [np.float64, np.float32, np.int64])
def test_sparse_columns_equal_dense_ones(dtype, weighted):
    """Zeros that are not stored count like stored ones, in order statistics and in moments."""
    matrix = sparse_table(dtype)
    if np.dtype(dtype).kind == "f":
        matrix.data[1::11] = np.nan
    dense = matrix.toarray()
    weights = np.random.default_rng(1).integers(1, 5, 60).astype(float) if weighted else None
    ones = np.ones(60) if weights is None else weights
    found, expected = sparse_columns(matrix, weights), WeightedColumns([(c, ones) for c in dense.T])
    np.testing.assert_array_equal(found.mass, expected.mass)
    targets = np.multiply.outer(np.linspace(0, 1, 21), found.mass)
    median = expected.at_mass(0.5 * expected.mass)
    for around in (None, median):
        one, other = found.at_mass(targets, around), expected.at_mass(targets, around)
        for name in ("low", "high", "less", "less_equal"):
            np.testing.assert_array_equal(getattr(one, name), getattr(other, name), err_msg=name)
    for name in ("mass", "mean", "squares"):
        one, other = (getattr(columns.moments(), name) for columns in (found, expected))
        np.testing.assert_allclose(one, other, rtol=1e-12, atol=1e-12)


def test_full_columns_have_no_zeros_left_over_by_rounding():
    """Weights that do not add up exactly leave no crumb of a zero in a full column."""
    rng = np.random.default_rng(0)
    for _ in range(50):
        weights, rows = rng.random(60), rng.permutation(60)
        matrix = sparse.csc_matrix((np.ones(60), rows, [0, 60]), shape=(60, 1))
        values, held = sparse_columns(matrix, weights).column_values(0)
        assert len(values) == 60
        assert held.sum() == pytest.approx(weights.sum())


@pytest.mark.parametrize("form", ["csr", "csc"])
def test_entries_know_their_columns(form):
    """The column of every stored entry is that of its place, in either format."""
    matrix = sparse_table().asformat(form)
    found = np.zeros(matrix.shape[1])
    np.add.at(found, entry_columns(matrix), matrix.data)
    np.testing.assert_array_equal(found, matrix.toarray().sum(axis=0))


@pytest.mark.parametrize("form", ["csr", "csc"])
@pytest.mark.parametrize("dtype", [np.float64, np.int64])
def test_missing_and_infinite_entries_are_counted(form, dtype):
    """NaN and infinities are counted by column; integers have none."""
    matrix = sparse_table(dtype)
    if dtype == np.float64:
        matrix.data[1::5], matrix.data[2::5], matrix.data[3::5] = np.nan, np.inf, -np.inf
    dense = matrix.toarray()
    counts = sparse_counts(matrix.asformat(form))
    assert counts["n_rows"] == 60
    np.testing.assert_array_equal(counts["n_missing"], np.isnan(dense).sum(axis=0))
    np.testing.assert_array_equal(counts["n_infinite"], np.isinf(dense).sum(axis=0))


def test_joining_puts_columns_side_by_side():
    """Arrays of one and of two rows per column are joined along the columns."""
    parts = ({"a": np.array([j]), "b": np.array([[j], [-j]])} for j in range(3))
    both = joined(parts)
    np.testing.assert_array_equal(both["a"], [0, 1, 2])
    np.testing.assert_array_equal(both["b"], [[0, 1, 2], [0, -1, -2]])
