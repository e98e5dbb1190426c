"""Tests of finding equal rows: against comparison of all pairs, in any container."""

import numpy as np
import pandas as pd
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import sparse

from sklearn_lossfix.diagnosis._equal_rows import equal_row_codes, label_conflicts

CELLS = [0.0, -0.0, 1.0, 2.5, np.nan]


@st.composite
def small_tables(draw):
    """Draw a table of few distinct numbers, so that rows repeat."""
    n_rows, n_columns = draw(st.integers(1, 12)), draw(st.integers(1, 3))
    cells = draw(
        st.lists(st.sampled_from(CELLS), min_size=n_rows * n_columns, max_size=n_rows * n_columns)
    )
    return np.array(cells).reshape(n_rows, n_columns)


def same(codes):
    """Which pairs of rows have one code."""
    codes = np.asarray(codes)
    assert codes.ndim == 1
    return codes[:, None] == codes


def equal_pairs(X):
    """Which pairs of rows are equal, missing values equal to each other."""
    a, b = X[:, None], X[None]
    return ((a == b) | (np.isnan(a) & np.isnan(b))).all(axis=-1)


@given(small_tables())
def test_codes_are_equal_where_rows_are(X):
    """Two rows share a code exactly if all their cells are equal, NaN and -0.0 included."""
    before = X.copy()
    expected = equal_pairs(X)
    names = [f"x{k}" for k in range(X.shape[1])]
    mixed = pd.DataFrame(X, columns=names).assign(text="same")
    containers = [
        X,
        np.asfortranarray(X),
        X.astype(np.float32),
        X.tolist(),
        X.astype(object),  # the table holds no other negative numbers
        pd.DataFrame(X, columns=names),
        mixed,
        pl.DataFrame(X, schema=names),
        sparse.csr_array(X),
        sparse.csc_matrix(X),
        sparse.coo_array(X),
    ]
    for container in containers:
        np.testing.assert_array_equal(same(equal_row_codes(container)), expected)
    np.testing.assert_array_equal(X, before)
    np.testing.assert_array_equal(np.signbit(X), np.signbit(before))


def test_explicit_zeros_and_split_entries_are_what_they_sum_to():
    """Sparse rows are compared by value, not by how they are stored, and stay as stored."""
    data, rows, columns = [0.0, 1.0, 2.0, 3.0], [0, 1, 1, 2], [0, 1, 1, 1]
    X = sparse.csr_array(sparse.coo_array((data, (rows, columns)), shape=(4, 2)))
    X.data = X.data.copy()
    stored = X.nnz
    codes = equal_row_codes(X)
    assert codes[0] == codes[3]
    assert codes[1] == codes[2]
    assert codes[0] != codes[1]
    assert X.nnz == stored


@pytest.mark.parametrize(
    ("X", "expected"),
    [
        (pd.DataFrame({"a": ["x", "x", None, None], "b": [1, 1, 2, 2]}), [0, 0, 1, 1]),
        (pd.DataFrame({"a": pd.Series([1, None, None], dtype="Int64")}), [0, 1, 1]),
        (pd.DataFrame({"a": pd.Series(["u", "v", "u"], dtype="category")}), [0, 1, 0]),
        (pd.DataFrame({"a": pd.to_datetime(["2020-01-01", None, None])}), [0, 1, 1]),
        (pl.DataFrame({"a": ["x", None, None], "b": [1, 2, 2]}), [0, 1, 1]),
        (np.array(["x", "y", "x"]), [0, 1, 0]),
        (["some text", "some text", "another"], [0, 0, 1]),
        (np.array([[1, "1"], ["1", 1], [1, "1"]], dtype=object), [0, 1, 0]),
        (np.array([[True, False], [True, True], [True, False]]), [0, 1, 0]),
        (np.array([1, 2, 1]), [0, 1, 0]),
        (np.empty((3, 0)), [0, 0, 0]),
        (pd.DataFrame(index=range(3)), [0, 0, 0]),
    ],
    ids=str,
)
def test_any_kind_of_cell(X, expected):
    """Text, categories, dates, missing values and no columns at all are compared by value."""
    np.testing.assert_array_equal(same(equal_row_codes(X)), same(expected))


@given(small_tables(), st.integers(0, 99), st.booleans())
def test_conflicts_are_those_of_all_pairs(X, seed, weighted):
    """Rows conflict with equal rows of another label; the least error is the best answer's."""
    rng = np.random.default_rng(seed)
    y = rng.integers(3, size=len(X)).astype(np.int32)
    weight = rng.choice([0.5, 1.0, 4.0], len(X)) if weighted else None
    found = label_conflicts(X, y, weight)
    equal = equal_pairs(X)
    conflict = (equal & (y[:, None] != y)).any(axis=1)
    w = np.ones(len(X)) if weight is None else weight
    assert found["n_rows"] == conflict.sum()
    assert found["share"] == pytest.approx(w[conflict].sum() / w.sum())
    np.testing.assert_array_equal(found["rows"], np.flatnonzero(conflict))
    mass = np.array([[w[equal[i] & (y == k)].sum() for k in range(3)] for i in range(len(X))])
    right = mass.argmax(axis=1) == y
    # Equal masses tie; count each group's best answer instead of its rows.
    best = sum(mass[i].max() / equal[i].sum() for i in range(len(X)))
    assert found["least_error"] == pytest.approx(max(0.0, 1 - best / w.sum()), abs=1e-12)
    assert found["least_error"] <= 1 - w[right].sum() / w.sum() + 1e-12


def test_shown_rows_are_limited():
    """All conflicts are counted, the first few are listed."""
    found = label_conflicts(np.zeros((10, 1)), np.arange(10) % 2, n_shown=3)
    assert found["n_rows"] == 10
    assert found["rows"].tolist() == [0, 1, 2]
    assert found["least_error"] == pytest.approx(0.5)
