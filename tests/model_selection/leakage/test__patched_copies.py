"""Pairs of rows that are equal in half of their numbers."""

import numpy as np
import pytest
from scipy.stats import binom

from sklearn_lossfix.model_selection.leakage._partial_copies import block_keys
from sklearn_lossfix.model_selection.leakage._patched_copies import (
    MIN_TELLING,
    are_more_than_chance,
    chance_of_half,
    patched_pairs,
    telling_columns,
    value_agreement,
)
from sklearn_lossfix.model_selection.leakage._table import Table


def _patched(n_changed, n_columns=10, n_rows=600, n_copies=60, seed=0):
    """Rows of which the last are copies of the first with other values in some columns."""
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(n_rows, n_columns))
    X[-n_copies:] = X[:n_copies]
    for row in range(n_rows - n_copies, n_rows):
        at = rng.choice(n_columns, n_changed, replace=False)
        X[row, at] = rng.normal(size=n_changed)
    return X, np.column_stack([np.arange(n_copies), np.arange(n_rows - n_copies, n_rows)])


def _found(X):
    """Pairs that are found, how many chance gives, and the number of columns that count."""
    table, columns = Table.read(X), np.arange(X.shape[1])
    telling = telling_columns(columns, *value_agreement(list(X.T)))
    keys = block_keys(table, columns, telling.block)[0]
    return *patched_pairs(table, telling, keys, np.arange(len(X))), len(telling.columns)


@pytest.mark.parametrize("n_changed", [1, 2, 3])
def test_copies_with_up_to_three_changed_cells_are_all_found(n_changed):
    """One of four blocks is always left as it was, and nothing else is found."""
    X, planted = _patched(n_changed)
    pairs, expected, n_columns = _found(X)
    np.testing.assert_array_equal(pairs, planted)
    assert n_columns == 10
    assert are_more_than_chance(len(pairs), expected, 0.001)


def test_rows_that_differ_in_most_columns_are_no_copies():
    """More than half of the columns changed."""
    X, _ = _patched(6)
    assert not len(_found(X)[0])


def test_columns_of_few_values_do_not_count():
    """Rows agree in them by chance; without enough others nothing is judged."""
    rng = np.random.default_rng(0)
    X = np.hstack([rng.integers(0, 5, (500, 8)), rng.normal(size=(500, MIN_TELLING - 1))])
    telling = telling_columns(np.arange(X.shape[1]), *value_agreement(list(X.T)))
    assert not len(telling.columns)
    assert (telling.block == -1).all()


def test_agreement_is_that_of_all_pairs():
    """The share of the pairs of rows that are equal in a column, and its distinct values."""
    rng = np.random.default_rng(0)
    values = [rng.integers(0, k, 50) for k in (1, 3, 40)]
    agreement, n_distinct = value_agreement(values)
    first, second = np.triu_indices(50, 1)
    expected = [(column[first] == column[second]).mean() for column in values]
    np.testing.assert_allclose(agreement, expected)
    assert n_distinct.tolist() == [len(set(column.tolist())) for column in values]


def test_chance_is_that_of_independent_columns():
    """The binomial law where all columns agree with one chance; certain and impossible ends."""
    assert chance_of_half(np.full(7, 0.2)) == pytest.approx(binom.sf(3, 7, 0.2))
    assert chance_of_half(np.full(6, 0.2)) == pytest.approx(binom.sf(2, 6, 0.2))
    assert chance_of_half(np.ones(5)) == 1.0
    assert chance_of_half(np.zeros(5)) == 0.0
