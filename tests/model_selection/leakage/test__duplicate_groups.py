"""Tests of numbering equal rows: one answer for all containers, and the semantics of equality."""

import datetime as dt

import numpy as np
import pandas as pd
import polars as pl
import pytest
from scipy import sparse

from sklearn_lossfix.model_selection.leakage._duplicate_groups import find_duplicate_groups


def table_with_repeats(seed=0, n_rows=300):
    """Few distinct values, some of them zero."""
    return np.random.default_rng(seed).integers(-1, 2, (n_rows, 4)).astype(float)


def as_text(values):
    """The same table as texts."""
    return np.array([[f"v{cell:.0f}" for cell in row] for row in values])


CONTAINERS = {
    "C": np.ascontiguousarray,
    "F": np.asfortranarray,
    "strided": lambda v: np.repeat(v, 2, axis=1)[:, ::2],
    "float32": lambda v: v.astype(np.float32),
    "int8": lambda v: v.astype(np.int8),
    "object": lambda v: v.astype(object),
    "list": lambda v: v.tolist(),
    "text": as_text,
    "bytes": lambda v: as_text(v).astype("S"),
    "list of texts": lambda v: as_text(v).tolist(),
    "csr": sparse.csr_matrix,
    "csc array": sparse.csc_array,
    "coo": sparse.coo_array,
    "pandas": pd.DataFrame,
    "pandas columns": lambda v: pd.DataFrame({f"c{j}": v[:, j] for j in range(v.shape[1])}),
    "pandas Int64": lambda v: pd.DataFrame(v).astype("Int64"),
    "pandas mixed": lambda v: pd.DataFrame(v).astype({0: "int64", 1: "category", 2: "str"}),
    "pandas object": lambda v: pd.DataFrame(as_text(v), dtype=object),
    "polars": lambda v: pl.DataFrame(v, orient="row"),
    "polars text": lambda v: pl.DataFrame(as_text(v).tolist(), orient="row"),
    "polars categories": lambda v: pl.DataFrame(as_text(v).tolist(), orient="row").cast(
        pl.Categorical
    ),
    "times": lambda v: v.astype("datetime64[D]"),
}


@pytest.mark.parametrize("container", CONTAINERS)
def test_containers_do_not_matter(container):
    """Every container of one table has the groups that NumPy finds."""
    values = table_with_repeats()
    first_seen = {}
    expected = [first_seen.setdefault(tuple(row), len(first_seen)) for row in values.tolist()]
    assert find_duplicate_groups(CONTAINERS[container](values)).tolist() == expected


def test_groups_follow_a_permutation_of_rows():
    """Permuted rows have permuted groups, up to their numbers."""
    values = table_with_repeats()
    order = np.random.default_rng(1).permutation(len(values))
    groups, permuted = find_duplicate_groups(values)[order], find_duplicate_groups(values[order])
    assert ((groups[:, None] == groups) == (permuted[:, None] == permuted)).all()


NOON = dt.datetime(2024, 1, 31, 12)
CET = dt.timezone(dt.timedelta(hours=1))
CELLS = {
    "all that is missing": [None, np.nan, pd.NA, pd.NaT, float("nan")],
    "zeros": [0, -0.0, 0.0, False],
    "ones": [1, 1.0, True, np.float32(1), np.int8(1)],
    "texts": ["a", np.str_("a")],
    "instants": [NOON.replace(tzinfo=dt.UTC), NOON.replace(hour=13, tzinfo=CET)],
}


@pytest.mark.parametrize("name", CELLS)
def test_equal_cells(name):
    """Cells of one list are equal to each other, and to nothing else."""
    cells = np.empty((len(CELLS[name]) + 1, 1), dtype=object)
    cells[:, 0] = [*CELLS[name], 7 if name != "instants" else NOON.replace(tzinfo=CET)]
    for X in (cells, pd.DataFrame(cells)):
        assert find_duplicate_groups(X).tolist() == [0] * len(CELLS[name]) + [1]


def test_unequal_cells():
    """A rounded number, a large integer, a text of a number and a missing text stay apart."""
    assert len(set(find_duplicate_groups(np.array([[0.1], [np.float32(0.1)]])))) == 2
    assert len(set(find_duplicate_groups(np.array([[2**53], [2**53 + 1]])))) == 2
    cells = np.array([["1"], [1], ["nan"], [np.nan], ["None"]], dtype=object)
    assert len(set(find_duplicate_groups(cells))) == 5


@pytest.mark.parametrize("frame", [pd.DataFrame, pl.DataFrame])
def test_large_integers_with_gaps(frame):
    """Missing values do not turn large integers into floats that are equal."""
    values = {"a": [2**60, 2**60 + 1, None, None, 2**60], "b": [1] * 5}
    X = frame(values)
    if frame is pd.DataFrame:
        X = X.assign(a=pd.array(values["a"], dtype="Int64"))
    assert find_duplicate_groups(X).tolist() == [0, 1, 2, 2, 0]


def test_times_of_frames():
    """Time zones, dates, durations and missing times of both libraries."""
    stamps = pd.to_datetime(["2024-01-01", "2024-01-02", None, "2024-01-01", None], utc=True)
    X = pd.DataFrame({"zone": stamps.tz_convert("Asia/Tokyo"), "span": stamps - stamps[0]})
    assert find_duplicate_groups(X).tolist() == [0, 1, 2, 0, 2]
    assert find_duplicate_groups(pl.from_pandas(X)).tolist() == [0, 1, 2, 0, 2]
    clock = pl.DataFrame(
        {"t": [dt.time(1), dt.time(2), dt.time(1)], "d": [dt.date(2024, 1, 1)] * 3}
    )
    assert find_duplicate_groups(clock).tolist() == [0, 1, 0]


def test_sparse_rows_with_stored_zeros_and_any_order():
    """Zeros that are stored, repeated entries and unsorted indices change nothing."""
    data, columns = [1.0, 2.0, 2.0, 1.0, 0.0, 0.5, 0.5, 2.0], [0, 3, 3, 0, 2, 0, 0, 3]
    X = sparse.csr_matrix((data, columns, [0, 2, 5, 8]), shape=(3, 5))
    before = X.data.copy(), X.indices.copy(), X.indptr.copy()
    assert find_duplicate_groups(X).tolist() == [0, 0, 0]
    assert all((a == b).all() for a, b in zip(before, (X.data, X.indices, X.indptr), strict=True))


def test_texts_and_images():
    """One dimension is one column; more than two are flattened."""
    assert find_duplicate_groups(["a b", "c", "a b"]).tolist() == [0, 1, 0]
    images = np.zeros((3, 4, 5))
    images[1, 2, 3] = 1
    assert find_duplicate_groups(images).tolist() == [0, 1, 0]


def test_identifiers_do_not_hide_copies():
    """Row numbers and distinct codes are not compared, unless nothing else is there."""
    X = pd.DataFrame(
        {"id": np.arange(40), "code": [f"k{i}" for i in range(40)], "a": [1.5, 2.5] * 20}
    )
    assert find_duplicate_groups(X).tolist() == [0, 1] * 20
    assert find_duplicate_groups(X[["id", "code"]]).tolist() == list(range(40))
    assert find_duplicate_groups(X.assign(code=X["code"] + " text")).tolist() == list(range(40))


def test_columns_can_be_ignored():
    """By name or position; unknown ones are named."""
    X = pd.DataFrame({"a": [1.5, 1.5, 1.5], "b": [0.1, 0.2, 0.3]})
    assert find_duplicate_groups(X, ignore=["b"]).tolist() == [0, 0, 0]
    assert find_duplicate_groups(X.to_numpy(), ignore=[1]).tolist() == [0, 0, 0]
    with pytest.raises(ValueError, match=r"ignore names the column 'c'.*'a', 'b'"):
        find_duplicate_groups(X, ignore=["c"])


@pytest.mark.parametrize(
    "X",
    [
        pd.DataFrame({"n": [1, 2], "cells": [[1], [2]]}),
        pl.DataFrame({"n": [1, 2], "cells": [[1], [2]]}),
    ],
)
def test_cells_that_hold_lists_are_refused(X):
    """The error names the column and what to do."""
    with pytest.raises(TypeError, match=r"the column 'cells' holds cells of type.*ignore="):
        find_duplicate_groups(X)
    assert find_duplicate_groups(X, ignore=["cells"]).tolist() == [0, 1]


def test_lazy_tables_are_refused():
    """The error names the way out."""
    with pytest.raises(TypeError, match="collect"):
        find_duplicate_groups(pl.LazyFrame({"a": [1]}))


@pytest.mark.parametrize("shape", [(0, 3), (3, 0), (0,)])
def test_an_empty_table_is_refused(shape):
    """There is nothing to compare, and the message says so."""
    with pytest.raises(ValueError, match="at least one row and one column"):
        find_duplicate_groups(np.empty(shape))
