"""Tests of columns that follow from others by a formula."""

import numpy as np
import pytest

from sklearn_lossfix.model_selection.leakage._functional_columns import (
    following,
    functional_rules,
    without_functional,
)
from sklearn_lossfix.model_selection.leakage._natural_duplicates import column_keys, natural_pairs


def boxes(rng, n_rows=2000):
    """Heights, lengths, their area and ratio, and a column that follows from none."""
    height, length = rng.integers(1, 12, (2, n_rows)).astype(float)
    return [height, length, height * length, (length / height).round(3), rng.normal(size=n_rows)]


@pytest.mark.parametrize("seed", range(5))
def test_formulas_are_known_and_other_columns_are_kept(seed):
    """Two numbers of a box are left, whichever; and the column that is none of its."""
    rng = np.random.default_rng(seed)
    columns = boxes(rng)
    kept = without_functional(column_keys(columns))
    assert len(kept) == 3
    assert 4 in kept
    shuffled = [columns[j] for j in (4, 2, 0, 3, 1)]
    assert len(without_functional(column_keys(shuffled))) == 3


@pytest.mark.parametrize("seed", range(5))
def test_columns_that_know_nothing_of_each_other_are_all_kept(seed):
    """Numbers, few levels, and a column that is nearly always zero."""
    rng = np.random.default_rng(seed)
    columns = [
        rng.normal(size=1000),
        rng.normal(size=1000).round(1),
        rng.integers(0, 3, 1000).astype(float),
        (rng.random(1000) < 0.01).astype(float),
    ]
    assert functional_rules(column_keys(columns)) == []
    assert without_functional(column_keys(columns)) == [0, 1, 2, 3]


def test_copies_are_no_formula():
    """Copied rows agree in all columns, so that pairs of them say nothing about one."""
    rng = np.random.default_rng(0)
    X = rng.normal(size=(1000, 5))
    X[:300] = X[300:600]
    assert functional_rules(column_keys(list(X.T))) == []


def test_what_follows_in_several_steps():
    """A circle of columns does not determine itself."""
    rules = [(0, 1, 2), (2, 2, 3), (3, 3, 2)]
    assert following({0, 1}, rules) == {0, 1, 2, 3}
    assert following({0}, rules) == {0}
    assert following({3}, rules) == {2, 3}


def test_natural_pairs_are_never_fewer_for_a_formula():
    """Ratios beside what they are made from hide near misses, which are found without them."""
    rng = np.random.default_rng(3)
    height, length = (1 + rng.geometric(0.1, (2, 2000))).astype(float)
    black = np.round(height * length * rng.uniform(0.2, 1, 2000))
    base = [height, length, black]
    all_columns = [*base, height * length, (black / (height * length)).round(3)]
    found = [
        natural_pairs(columns, [True] * len(columns), np.random.default_rng(0))
        for columns in (base, all_columns)
    ]
    assert found[0].observed == found[1].observed > 0
    assert found[1].p_value > 0.01
