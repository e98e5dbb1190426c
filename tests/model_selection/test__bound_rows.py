"""Tests of finding rows among those that a splitter was bound to."""

import pickle

import numpy as np
import pandas as pd
import polars as pl
import pytest
from scipy import sparse

from sklearn_lossfix.model_selection._bound_rows import BoundRows, content_keys
from sklearn_lossfix.model_selection.leakage._table import Table

FRAME = pd.DataFrame(
    {
        "number": [0.5, np.nan, 2.0, 2.0, -1.0, 7.0],
        "text": ["b", "a", None, "c", "a", "b"],
        "kind": pd.Categorical(["u", "v", "u", "u", "w", "v"]),
        "day": pd.date_range("2024-01-01", periods=6),
    }
)


def _bound(X):
    table = Table.read(X)
    return BoundRows(content_keys(table), table.n_columns)


@pytest.mark.parametrize(
    "X",
    [
        np.arange(12.0).reshape(6, 2),
        np.arange(12).reshape(6, 2).tolist(),
        sparse.csr_array(np.diag(np.arange(1.0, 7.0))),
        FRAME.to_numpy(dtype=object)[:, :3],
        FRAME,
        pl.from_pandas(FRAME),
        FRAME[["number"]].assign(rank=np.arange(6)),
    ],
    ids=["array", "list", "sparse", "objects", "pandas", "polars", "numbers"],
)
def test_subsets_are_found_by_content(X):
    """Rows of a part of the table, in any order, are the rows that they came from."""
    bound = _bound(X)
    for rows in ([4, 1, 3], [5, 4, 3, 2, 1, 0], [2]):
        if isinstance(X, list):
            part = [X[row] for row in rows]
        else:
            part = X.iloc[rows] if hasattr(X, "iloc") else X[rows]
        assert bound.find(Table.read(part)).tolist() == rows


def test_containers_share_their_keys():
    """A row has one key in pandas, polars and an array of objects."""
    keys = [
        content_keys(Table.read(X))
        for X in (FRAME, pl.from_pandas(FRAME), FRAME.astype({"kind": str}))
    ]
    np.testing.assert_array_equal(keys[0], keys[1])
    np.testing.assert_array_equal(keys[0], keys[2])


def test_equal_rows_are_taken_in_turn():
    """Copies are found once each, so that what differs between them is not mixed up."""
    X = np.array([[1.0], [2.0], [1.0], [1.0], [2.0]])
    bound = _bound(X)
    assert bound.find(Table.read(X)).tolist() == [0, 1, 2, 3, 4]
    assert bound.find(Table.read(X[[0, 2, 4]])).tolist() == [0, 2, 1]
    # A bootstrap sample holds rows more often than the table: they start anew.
    assert bound.find(Table.read(X[[1, 1, 1]])).tolist() == [1, 4, 1]


def test_other_columns_are_found_by_position():
    """A table of as many rows with some of the columns, or other values, is the same table."""
    X = np.random.default_rng(0).normal(size=(10, 3))
    bound = _bound(X)
    assert bound.find(Table.read(X[:, :2])).tolist() == list(range(10))
    assert bound.find(Table.read(X * 2)).tolist() == list(range(10))


def test_strangers_are_refused():
    """Fewer rows with unknown content are no rows of the table, and are counted."""
    X = np.random.default_rng(0).normal(size=(10, 3))
    other = X[:4].copy()
    other[:2] += 1
    with pytest.raises(ValueError, match="of which 2 are not among them"):
        _bound(X).find(Table.read(other))
    with pytest.raises(ValueError, match="bound to 10 rows of 3 columns"):
        _bound(X).find(Table.read(X[:4, :2]))


def test_travels():
    """Keys survive a pickle; nothing of the table does."""
    X = np.random.default_rng(0).normal(size=(1000, 50))
    data = pickle.dumps(_bound(X))
    assert len(data) < X.nbytes / 10
    assert pickle.loads(data).find(Table.read(X[5:9])).tolist() == [5, 6, 7, 8]
