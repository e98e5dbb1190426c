"""Pairs that are equal in all but a few columns, and how many chance gives."""

from itertools import combinations

import numpy as np
import pytest

from sklearn_lossfix._core._row_hash import hash_rows
from sklearn_lossfix.model_selection.leakage._partial_copies import (
    SPARE_BLOCKS,
    _agreeing_pairs,
    _exactly_differing,
    block_keys,
    candidate_pairs,
    chance_pairs,
    deal_units,
    differing_blocks,
    n_differing_units,
    one_hot_units,
)
from sklearn_lossfix.model_selection.leakage._table import Table


def dealt(X, n_blocks=4):
    """Table, columns, units, blocks and keys."""
    table, columns = Table.read(X), np.arange(X.shape[1])
    block = deal_units(np.full(len(columns), 5), columns, n_blocks)
    return table, columns, columns, block, block_keys(table, columns, block)[0]


@pytest.mark.parametrize("n_columns", [6, 7])
def test_keys_of_blocks_are_those_of_their_columns(n_columns):
    """However many ways of dealing are read at once, and whether or not they cover all columns."""
    rng = np.random.default_rng(0)
    X = rng.integers(0, 3, (400, 7)).astype(float)
    table, columns = Table.read(X), np.arange(n_columns)
    every, some = np.arange(n_columns) % 3, np.array([1, -1, 0, 0, -1, 1, -1])[:n_columns]
    for block, keys in zip((every, some), block_keys(table, columns, every, some), strict=True):
        assert keys.shape == (block.max() + 1, len(X))
        for which, key in enumerate(keys):
            inside = columns[block == which]
            np.testing.assert_array_equal(key, hash_rows(table, inside).keys[:, 0])


@pytest.mark.parametrize("n_changed", [1, 2])
def test_finds_every_pair_that_differs_in_few_columns(n_changed):
    """The pigeonhole principle: all planted pairs, whichever columns changed, and no others."""
    rng = np.random.default_rng(0)
    X = rng.normal(size=(2000, 9))
    for row in range(300):
        X[300 + row] = X[row]
        X[300 + row, rng.choice(9, n_changed, replace=False)] += 1
    table, columns, units, block, keys = dealt(X, n_changed + SPARE_BLOCKS)
    pairs = candidate_pairs(keys, n_changed)
    differ = differing_blocks(keys, pairs)
    count = n_differing_units(table, columns, units, block, pairs, differ)
    np.testing.assert_array_equal(pairs, [(i, i + 300) for i in range(300)])
    assert (count == n_changed).all()


def test_keys_of_blocks_agree_where_the_columns_do():
    """A block's key is equal exactly for rows that are equal in its columns."""
    X = np.random.default_rng(1).integers(0, 3, (200, 8)).astype(float)
    _, columns, _, block, keys = dealt(X)
    for which in range(4):
        part = X[:, columns[block == which]]
        same = (part[:, None] == part[None]).all(axis=2)
        np.testing.assert_array_equal(keys[which][:, None] == keys[which][None], same)


def test_numbers_of_pairs_equal_a_count():
    """Inclusion and exclusion gives what looking at every pair gives."""
    X = np.random.default_rng(2).integers(0, 3, (80, 4)).astype(float)
    keys = dealt(X)[-1]
    found = _exactly_differing(_agreeing_pairs(keys))
    wanted = np.zeros(16)
    for i, j in combinations(range(80), 2):
        wanted[sum(1 << b for b in range(4) if keys[b, i] != keys[b, j])] += 1
    np.testing.assert_array_equal(found, wanted)


@pytest.mark.parametrize(
    "draw",
    [
        lambda rng: rng.integers(0, 3, (4000, 8)),
        lambda rng: rng.poisson(1.5, (4000, 8)),
        # Two populations, in which columns agree with each other.
        lambda rng: rng.integers(0, 4, (4000, 8)) * rng.integers(0, 2, (4000, 1)),
    ],
)
def test_chance_is_not_underestimated(draw):
    """Of rows without copies no more pairs differ in one block than the model expects."""
    X = np.unique(draw(np.random.default_rng(3)).astype(float), axis=0)
    keys = dealt(X)[-1]
    seen = _exactly_differing(_agreeing_pairs(keys))
    for bits, expected in chance_pairs(keys, 1, np.random.default_rng(0)).items():
        assert seen[bits] <= expected + 4 * np.sqrt(expected)


def test_copies_do_not_explain_themselves():
    """Planted pairs add nothing to what chance is thought to give."""
    X = np.random.default_rng(4).normal(size=(1000, 8))
    X[:200] = X[200:400]
    X[:200, 0] += 1
    chance = chance_pairs(dealt(X)[-1], 1, np.random.default_rng(0))
    assert sum(chance.values()) < 1e-6


def test_indicators_of_one_variable_are_one_unit():
    """One-hot blocks are found, with or without their first column, and other columns left."""
    rng = np.random.default_rng(5)
    one, other = np.eye(4)[rng.integers(0, 4, 1000)], np.eye(5)[rng.integers(0, 5, 1000)]
    free = rng.integers(0, 2, (1000, 2))
    X = np.c_[one, other[:, 1:], free, rng.normal(size=1000)]
    units = one_hot_units(list(X.T))
    np.testing.assert_array_equal(units, [0] * 4 + [1] * 4 + [2, 3, 4])


def test_units_stay_together():
    """All columns of a unit are dealt into one block, and no block stays empty."""
    units = np.array([0, 0, 0, 1, 2, 3, 4])
    block = deal_units(np.array([2, 2, 2, 50, 9, 9, 3]), units, 4)
    assert len(set(block[:3])) == 1
    assert set(block) == {0, 1, 2, 3}
