"""Tests of what checks read."""

import numpy as np

from sklearn_lossfix.model_selection.leakage._split_data import SplitData
from sklearn_lossfix.model_selection.leakage._table import Table


def test_some_rows_keep_their_place_in_the_folds():
    """Rows that are left out leave the folds as well; all per-row parts go along."""
    X = np.arange(12.0).reshape(6, 2)
    folds = ((np.array([0, 1, 2]), np.array([3, 4, 5])), (np.array([3, 4, 5]), np.array([0, 1, 2])))
    data = SplitData(
        Table.read(X), folds, np.arange(6), np.arange(6), groups=np.arange(6) // 2, times=X[:, 0]
    )
    some = data.take(np.array([5, 1, 3]))
    np.testing.assert_array_equal(some.table.numbers(), X[[5, 1, 3]])
    for part, expected in zip(some.folds[0], ([1], [2, 0]), strict=True):
        np.testing.assert_array_equal(part, expected)
    np.testing.assert_array_equal(some.test_fold, [0, 1, 0])
    np.testing.assert_array_equal(some.y, [5, 1, 3])
    np.testing.assert_array_equal(some.groups, [2, 0, 1])
    np.testing.assert_array_equal(some.times, [10.0, 2.0, 6.0])
    assert SplitData(Table.read(X), folds).take(np.arange(2)).y is None
