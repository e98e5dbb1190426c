"""Pairs of rows that are equal in half of their numbers."""

import numpy as np
import pytest
from scipy.stats import binom

from sklearn_lossfix.model_selection.leakage._patched_copies import (
    MIN_TELLING,
    are_more_than_chance,
    chance_of_half,
    patched_pairs,
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


@pytest.mark.parametrize("n_changed", [1, 2, 3])
def test_copies_with_up_to_three_changed_cells_are_all_found(n_changed):
    """One of four blocks is always left as it was, and nothing else is found."""
    X, planted = _patched(n_changed)
    pairs, expected, n_columns = patched_pairs(Table.read(X), np.arange(10), np.arange(len(X)))
    np.testing.assert_array_equal(pairs, planted)
    assert n_columns == 10
    assert are_more_than_chance(len(pairs), expected, 0.001)


def test_rows_that_differ_in_most_columns_are_no_copies():
    """More than half of the columns changed."""
    X, _ = _patched(6)
    assert not len(patched_pairs(Table.read(X), np.arange(10), np.arange(len(X)))[0])


def test_columns_of_few_values_do_not_count():
    """Rows agree in them by chance; without enough others nothing is judged."""
    rng = np.random.default_rng(0)
    X = np.hstack([rng.integers(0, 5, (500, 8)), rng.normal(size=(500, MIN_TELLING - 1))])
    pairs, _, n_columns = patched_pairs(Table.read(X), np.arange(X.shape[1]), np.arange(500))
    assert n_columns == 0
    assert pairs.shape == (0, 2)


def test_chance_is_that_of_independent_columns():
    """The binomial law where all columns agree with one chance; certain and impossible ends."""
    assert chance_of_half(np.full(7, 0.2)) == pytest.approx(binom.sf(3, 7, 0.2))
    assert chance_of_half(np.full(6, 0.2)) == pytest.approx(binom.sf(2, 6, 0.2))
    assert chance_of_half(np.ones(5)) == 1.0
    assert chance_of_half(np.zeros(5)) == 0.0
