"""Tests of the table that checks read: kinds, canonical values, parts of it, and identifiers."""

import datetime as dt

import numpy as np
import pandas as pd
import polars as pl
import pytest
from scipy import sparse

from sklearn_lossfix.model_selection.leakage._table import Table

MIXED = {
    "n": [1, 2, 2, 5],
    "x": [0.5, None, 0.5, -1.0],
    "flag": [True, False, True, None],
    "text": ["b", "a", None, "b"],
    "when": [
        dt.datetime(1970, 1, 1, 0, 0, 1),
        None,
        dt.datetime(1970, 1, 2),
        dt.datetime(1970, 1, 1),
    ],
    "wait": [dt.timedelta(seconds=1), dt.timedelta(0), None, dt.timedelta(days=1)],
}


def frames():
    """The same table in pandas, in pandas with extension types, in polars, and as objects."""
    pandas = pd.DataFrame(MIXED)
    return {
        "pandas": pandas,
        "pandas nullable": pandas.convert_dtypes(),
        "pandas category": pandas.astype({"text": "category"}),
        "polars": pl.DataFrame(MIXED),
        "polars category": pl.DataFrame(MIXED).with_columns(pl.col("text").cast(pl.Categorical)),
    }


@pytest.mark.parametrize("name", frames())
def test_kinds_and_canonical_values(name):
    """Every library gives the same kinds and, but for the numbering of categories, values."""
    table = Table.read(frames()[name])
    assert table.names == tuple(MIXED)
    assert table.kinds == ("number", "number", "number", "category", "time", "time")
    assert table.number_names == ("n", "x", "flag")
    numbers = np.array([[1, 0.5, 1], [2, np.nan, 0], [2, 0.5, 1], [5, -1, np.nan]])
    np.testing.assert_array_equal(table.numbers(), numbers)
    np.testing.assert_array_equal(table.numbers([2, 0]), numbers[:, [2, 0]])
    for j in range(3):
        assert table.column(j).dtype == np.float64
        np.testing.assert_array_equal(table.column(j), numbers[:, j])
    codes = table.column(3)
    assert codes[0] == codes[3] != codes[1]
    assert codes[2] == -1
    missing = np.iinfo(np.int64).min
    assert table.column(4).tolist() == [10**6, missing, 86_400 * 10**6, 0]
    assert table.column(5).tolist() == [10**6, 0, missing, 86_400 * 10**6]
    assert all(table.column(j).dtype == np.int64 for j in (3, 4, 5))


def test_objects_have_the_kinds_of_their_cells():
    """An array of objects is read column by column."""
    cells = np.array(list(map(list, zip(*MIXED.values(), strict=True))), dtype=object)
    table = Table.read(cells)
    assert table.names == ("x0", "x1", "x2", "x3", "x4", "x5")
    assert table.kinds == ("number", "number", "number", "category", "time", "time")
    assert table.column(4).tolist()[::2] == [10**6, 86_400 * 10**6]
    np.testing.assert_array_equal(table.column(1), [0.5, np.nan, 0.5, -1.0])


def test_numbers_between_texts_stay_numbers():
    """A list of rows with texts and numbers is not turned into texts."""
    table = Table.read([["a", 1], ["b", 2.5]])
    assert table.kinds == ("category", "number")
    assert table.column(1).tolist() == [1, 2.5]


@pytest.mark.parametrize("name", frames())
def test_rows_can_be_taken(name):
    """Values of some rows are some of the values; equal rows stay equal."""
    table = Table.read(frames()[name])
    part = table.take(np.array([3, 0, 3]))
    assert part.n_rows == 3
    for j in range(table.n_columns):
        np.testing.assert_array_equal(part.column(j), table.column(j)[[3, 0, 3]])
    assert part.equal_labels.tolist() == [0, 1, 0]
    assert table.take(slice(1, 3)).n_rows == 2


@pytest.mark.parametrize("container", [np.array, np.asfortranarray, sparse.csr_array, pd.DataFrame])
def test_columns_can_be_selected(container):
    """A table of some columns equals the table that is read from them."""
    values = np.random.default_rng(0).integers(0, 2, (50, 5)).astype(float)
    table = Table.read(container(values)).select([3, 1])
    assert len(table.names) == table.n_columns == 2
    np.testing.assert_array_equal(table.numbers(), values[:, [3, 1]])
    assert (table.equal_labels == Table.read(values[:, [3, 1]]).equal_labels).all()


def test_arrays_are_not_copied():
    """Numbers are read where they lie, and nothing is written."""
    X = np.random.default_rng(0).normal(size=(100, 3))
    X.flags.writeable = False
    assert np.shares_memory(Table.read(X).numbers(), X)
    frame = pd.DataFrame(X)
    assert np.shares_memory(Table.read(frame).numbers(), frame.to_numpy())
    assert Table.read(X).equal_labels.tolist() == list(range(100))


def test_memory_maps_are_read(tmp_path):
    """A memory map is an array."""
    values = np.random.default_rng(0).integers(0, 2, (60, 3)).astype(float)
    mapped = np.memmap(tmp_path / "x.bin", dtype=float, mode="w+", shape=values.shape)
    mapped[:] = values
    assert (Table.read(mapped).equal_labels == Table.read(values).equal_labels).all()


@pytest.mark.parametrize("container", [sparse.csr_matrix, sparse.csc_array])
def test_sparse_matrices(container):
    """Dense values on request only; rows compare by what is stored."""
    values = np.random.default_rng(0).poisson(0.3, (200, 6)).astype(float)
    table = Table.read(container(values))
    assert table.is_sparse
    assert table.kinds == ("number",) * 6
    np.testing.assert_array_equal(table.numbers([4, 0]), values[:, [4, 0]])
    np.testing.assert_array_equal(table.column(2), values[:, 2])
    assert (table.hashes.keys == Table.read(values).hashes.keys).all()
    assert (table.hashes.without(1, 5) == Table.read(values).hashes.without(1, 5)).all()
    first, second = np.divmod(np.arange(2500), 50)
    for columns in (None, [0, 3]):
        equal = table.rows_equal(first, second, columns)
        used = values if columns is None else values[:, columns]
        assert (equal == (used[first] == used[second]).all(axis=1)).all()


def test_numbers_of_other_columns_are_refused():
    """The error names them."""
    with pytest.raises(ValueError, match="the columns 'text' hold no numbers"):
        Table.read(pd.DataFrame(MIXED)).numbers([0, 3])


@pytest.mark.parametrize("X", [3.0, np.zeros(3, dtype=complex), np.zeros(3, dtype="i4,f8")])
def test_what_is_no_table_is_refused(X):
    """The error names the type."""
    with pytest.raises(TypeError, match=r"X must be a table.*Got"):
        Table.read(X)


RNG = np.random.default_rng(0)
COLUMNS = {
    "row number": (np.arange(100), True),
    "row number as floats": (np.arange(100.0), True),
    "permuted row number": (RNG.permutation(100) + 7, True),
    "falling, with gaps": (np.cumsum(RNG.integers(1, 1000, 100))[::-1], True),
    "code": (np.array([f"{i:x}-{i}" for i in RNG.permutation(100)]), True),
    "large integers without order": (RNG.integers(0, 10**9, 100), False),
    "measurement": (np.sort(RNG.normal(size=100)), False),
    "repeated number": (np.r_[np.arange(99), 98], False),
    "sentences": (np.array([f"row {i}" for i in range(100)]), False),
    "categories": (RNG.choice(["a", "b"], 100), False),
}


@pytest.mark.parametrize("name", COLUMNS)
@pytest.mark.parametrize("frame", [pd.DataFrame, pl.DataFrame])
def test_identifiers(name, frame):
    """Only columns whose distinct values say nothing about rows."""
    values, is_one = COLUMNS[name]
    table = Table.read(frame({"other": RNG.normal(size=100), "column": values}))
    assert table.identifiers == (("column",) if is_one else ())
    assert table.described_columns.tolist() == ([0] if is_one else [0, 1])


def test_arrow_and_narwhals_tables():
    """Tables that convert to pandas or to what they wrap are read as that."""
    frame = pd.DataFrame({"a": [1, 1], "b": ["x", "x"]})

    class Arrow:
        column_names = ("a", "b")

        def to_pandas(self):
            return frame

    class Narwhals:
        def to_native(self):
            return frame

    for wrapper in (Arrow(), Narwhals()):
        assert Table.read(wrapper).equal_labels.tolist() == [0, 0]
