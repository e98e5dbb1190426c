"""Tests of counting linked rows on both sides of a fold."""

import numpy as np
import pytest
from sklearn.model_selection import KFold, ShuffleSplit

from sklearn_lossfix.model_selection.leakage._crossing import crossing_rows, n_tested


@pytest.mark.parametrize("cv", [KFold(4), ShuffleSplit(3, test_size=0.3, random_state=0)])
def test_counts_are_those_of_the_definition(cv):
    """A test row counts if a training row has its number, and negative numbers never do."""
    links = np.random.default_rng(0).integers(-1, 40, 120)
    folds = list(cv.split(links))
    per_fold, pairs = crossing_rows(links, folds, 1000)
    expected = [
        (np.isin(links[test], links[train]) & (links[test] >= 0)).sum() for train, test in folds
    ]
    np.testing.assert_array_equal(per_fold, expected)
    assert len(pairs) == sum(expected)
    for fold, train, test in pairs:
        assert links[train] == links[test] >= 0
        assert train in folds[fold][0]
        assert test in folds[fold][1]


def test_limit_is_shared_among_folds():
    """Few pairs are taken from all folds, and none is lost while there is room."""
    links = np.zeros(40, dtype=int)
    folds = list(KFold(4).split(links))
    _, pairs = crossing_rows(links, folds, 8)
    assert np.bincount(pairs[:, 0]).tolist() == [2, 2, 2, 2]
    links[10:] = -1
    _, pairs = crossing_rows(links, [(np.arange(5), np.arange(5, 10)), folds[1]], 4)
    assert pairs[:, 0].tolist() == [0, 0, 0, 0]


def test_a_row_on_both_sides_meets_itself():
    """A row that stands in both parts of a split is its own copy."""
    per_fold, pairs = crossing_rows(np.arange(5), [(np.arange(4), np.arange(3, 5))], 10)
    assert per_fold.tolist() == [1]
    assert pairs.tolist() == [[0, 3, 3]]


def test_nothing_linked():
    """Rows without any link give no pair, of the right shape."""
    per_fold, pairs = crossing_rows(np.full(10, -1), list(KFold(2).split(np.zeros(10))), 10)
    assert per_fold.tolist() == [0, 0]
    assert pairs.shape == (0, 3)
    assert n_tested(list(KFold(2).split(np.zeros(10)))) == 10


@pytest.mark.parametrize("cv", [KFold(4), ShuffleSplit(3, test_size=0.3, random_state=0)])
def test_numbers_on_both_sides_are_marked(cv):
    """Numbers of all test rows that count are marked; pairs show the first training row."""
    links = np.random.default_rng(0).integers(0, 60, 120)
    folds = [(train[::-1], test) for train, test in cv.split(links)]
    met = np.zeros(60, dtype=bool)
    _, pairs = crossing_rows(links, folds, 7, met)
    expected = [np.intersect1d(links[train], links[test]) for train, test in folds]
    np.testing.assert_array_equal(np.flatnonzero(met), np.unique(np.concatenate(expected)))
    assert len(pairs) == 7
    for fold, train, test in pairs:
        rows = folds[fold][0]
        assert train == rows[links[rows] == links[test]][0]
