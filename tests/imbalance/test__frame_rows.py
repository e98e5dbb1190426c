"""Tests of tables on their way to a sampler and back."""

import datetime

import numpy as np
import pandas as pd
import polars as pl
import pytest
from scipy import sparse

from sklearn_lossfix._core._table_columns import boolean_columns, categorical_columns
from sklearn_lossfix.imbalance._frame_rows import (
    append_rows,
    frame_to_array,
    is_pandas,
    is_polars,
    like_frame,
    other_than_numbers,
    same_values,
)

COLUMNS = {
    "single": np.array([1.5, -2.25, 0.0], dtype=np.float32),
    "double": [0.1, 0.2, 0.3],
    "count": [1, -2, 3],
    "byte": np.array([1, 2, 255], dtype=np.uint8),
    "text": ["a", "b", "a"],
    "level": ["x", "y", "y"],
    "truth": [True, False, True],
}


def _pandas():
    frame = pd.DataFrame(COLUMNS, index=[5, 7, 7])
    return frame.assign(level=frame["level"].astype("category"), wide=pd.array([1, 2, 3], "Int64"))


def _polars():
    return pl.DataFrame(COLUMNS).with_columns(pl.col("level").cast(pl.Enum(["x", "y"])))


TABLES = {
    "pandas": _pandas(),
    "polars": _polars(),
    "pandas, numbers": _pandas()[["single", "count"]],
    "polars, numbers": _polars()[["single", "count"]],
    "pandas, text": _pandas()[["text", "level"]],
    "polars, text": _polars()[["text", "level"]],
    "float64": np.array([[1.5, 2.0]]),
    "float32": np.array([[1.5, 2.0]], dtype=np.float32),
    "int8": np.array([[1, -2]], dtype=np.int8),
    "strings": np.array([["a", "bb"]]),
    "objects": np.array([["a", 1.5, True]], dtype=object),
    "csr_matrix": sparse.csr_matrix(np.eye(3)),
    "csc_array": sparse.csc_array(np.eye(3, dtype=np.int32)),
}


def _kept(X):
    """Columns that are no numbers."""
    return np.union1d(categorical_columns(X), boolean_columns(X)).astype(int)


def _values(X):
    """All values, row by row."""
    if sparse.issparse(X):
        return X.toarray().tolist()
    return X.rows() if isinstance(X, pl.DataFrame) else np.asarray(X, dtype=object).tolist()


def _dtypes(X):
    """Dtypes of the columns, or the one of an array."""
    return [str(dtype) for dtype in X.dtypes] if hasattr(X, "columns") else X.dtype


@pytest.mark.parametrize("X", TABLES.values(), ids=TABLES)
def test_what_comes_back_is_what_went(X):
    """Container, dtypes, names and values survive the way to a sampler and back."""
    n_rows = X.shape[0]
    longer = append_rows(X, frame_to_array(X, _kept(X)))
    assert type(longer) is type(X)
    assert longer.shape == (2 * n_rows, X.shape[1])
    assert _dtypes(longer) == _dtypes(X)
    assert list(getattr(longer, "columns", ())) == list(getattr(X, "columns", ()))
    assert _values(longer) == [*_values(X), *_values(X)]


@pytest.mark.parametrize("X", TABLES.values(), ids=TABLES)
def test_tables_of_numbers_become_floats_and_others_objects(X):
    """Single precision stays, where it is that of all columns."""
    array = frame_to_array(X, _kept(X))
    assert array.dtype.kind == ("O" if _kept(X).size else "f")


@pytest.mark.parametrize("make", [_pandas, _polars])
def test_a_table_of_single_precision_stays_so(make):
    """Neighbours in double precision would not be those that a float32 array has."""
    frame = make()[["single"]]
    assert frame_to_array(frame, np.zeros(0, dtype=int)).dtype == np.float32


@pytest.mark.parametrize("dtype", [np.int8, np.int64, np.uint16])
@pytest.mark.parametrize("make", [np.array, sparse.csr_array, pd.DataFrame, pl.DataFrame])
def test_whole_numbers_are_rounded_not_cut_off(make, dtype):
    """A value between two neighbours is not always moved down."""
    X = make(np.zeros((1, 2), dtype=dtype))
    made = np.array([[1.6, 2.4]])
    assert list(_values(append_rows(X, made))[1]) == [2, 2]


@pytest.mark.parametrize("frame", [_pandas()[["truth"]], _polars()[["truth"]]])
def test_truth_values_are_rounded(frame):
    """Any fraction would be true otherwise."""
    assert [row[0] for row in _values(like_frame(frame, np.array([[0.3], [0.7]])))] == [False, True]


def test_lists_become_arrays_of_what_they_hold():
    """Numbers between strings are not spelled out."""
    assert append_rows([[1.0, 2.0]], np.array([[0.5, 0.5]])).dtype == np.float64
    longer = append_rows([["a", 2.5]], np.array([["b", 0.5]], dtype=object))
    assert longer.tolist() == [["a", 2.5], ["b", 0.5]]


def test_columns_may_share_a_name():
    """They are taken by position."""
    X = pd.DataFrame([[1, "a", 2.5]], columns=["x", "x", "y"])
    longer = append_rows(X, frame_to_array(X, np.array([1])))
    assert longer.columns.tolist() == ["x", "x", "y"]
    assert _values(longer) == [[1, "a", 2.5]] * 2


def test_containers_are_told_apart():
    """By their own classes, and those derived from them."""

    class Derived(pd.DataFrame):
        """A frame of a package that builds on pandas."""

    assert is_pandas(_pandas())
    assert is_pandas(Derived(_pandas()))
    assert is_polars(_polars())
    for other in (np.zeros((1, 1)), [[1.0]], sparse.csr_matrix([[1.0]])):
        assert not is_pandas(other)
        assert not is_polars(other)
    assert not is_pandas(_polars())
    assert not is_polars(_pandas())


def test_other_columns_of_polars_are_found():
    """Text, truth values and times, which no float can stand for."""
    frame = _polars().with_columns(day=pl.lit(datetime.date(2024, 1, 31)))
    np.testing.assert_array_equal(other_than_numbers(frame), [4, 5, 6, 7])


def test_same_values_include_missing_ones():
    """NaN equals NaN here, and None equals None."""
    floats = np.array([[1.0, np.nan]])
    objects = np.array([["a", None, np.nan]], dtype=object)
    for array in (floats, objects):
        other = array.copy()
        assert same_values(array, other)
        other[0, 0] = 7
        assert not same_values(array, other)
        assert not same_values(array, array[:, :1])
