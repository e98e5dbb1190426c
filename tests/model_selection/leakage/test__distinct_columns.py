"""Columns in which all rows differ."""

import numpy as np
import pandas as pd
import pytest

from sklearn_lossfix.model_selection.leakage._distinct_columns import DistinctColumns
from sklearn_lossfix.model_selection.leakage._table import Table


def frame():
    """Numbers and names, distinct, repeated, or missing more than once."""
    rng = np.random.default_rng(0)
    repeated = rng.normal(size=200)
    repeated[7] = repeated[150]
    gaps = rng.normal(size=200)
    gaps[[3, 4]] = np.nan
    names = [f"row {k}" for k in rng.permutation(200)]
    return pd.DataFrame({"a": rng.normal(size=200), "b": names, "c": repeated, "d": gaps})


@pytest.mark.parametrize(("column", "holds"), [(0, True), (1, True), (2, False), (3, False)])
def test_knows_columns_without_repeats(column, holds):
    """One repeated value, or two missing ones, are enough to lose a column."""
    found = DistinctColumns(Table.read(frame()), np.arange(200), [column])
    assert found.one_of([column]) is holds
    assert found.are_at_least(1) is holds


def test_counts_the_rows_asked_for_only():
    """Without one of two equal rows all rows differ; one missing value equals no other."""
    rows = np.setdiff1d(np.arange(200), [3, 7])
    assert DistinctColumns(Table.read(frame()), rows, [0, 1, 2, 3]).are_at_least(4)


def test_asks_only_candidates_and_ends_with_the_first_failure():
    """A column that is no candidate is not known, nor is any after one that failed."""
    found = DistinctColumns(Table.read(frame()), np.arange(200), [0, 2])
    assert not found.one_of([1])
    assert not found.are_at_least(3)
    assert not found.are_at_least(2)
    assert not found.one_of([1, 3])
    assert found.one_of([0, 1])
    late = DistinctColumns(Table.read(frame()), np.arange(200), [2, 0])
    assert not late.one_of([2])
    assert not late.one_of([0])
