"""Clumps of all rows as numbers."""

import numpy as np
import pytest
from sklearn.metrics import adjusted_rand_score

from sklearn_lossfix.model_selection.leakage import _clump_links
from sklearn_lossfix.model_selection.leakage._clump_links import clump_links, has_levels
from sklearn_lossfix.model_selection.leakage._split_data import SplitData
from sklearn_lossfix.model_selection.leakage._table import Table


def data_of(X, **parts):
    """A table without folds: links do not depend on them."""
    return SplitData(Table.read(X), (), **parts)


def entities(spread, n_entities=100, size=5, n_columns=6, seed=0):
    """Shuffled rows of entities, and the entity of each."""
    rng = np.random.default_rng(seed)
    entity = rng.permutation(np.repeat(np.arange(n_entities), size))
    centres = rng.normal(size=(n_entities, n_columns))
    return centres[entity] + spread * rng.normal(size=(len(entity), n_columns)), entity


def grid(rng, n, n_columns):
    """Rows on the corners of a cube, with a little noise."""
    return rng.integers(0, 2, (n, n_columns)) + 0.02 * rng.normal(size=(n, n_columns))


@pytest.mark.parametrize("size", [2, 5, 15])
def test_tight_clumps_are_the_entities(size):
    """Whatever their size, and whatever the order of the rows."""
    X, entity = entities(0.005, size=size, n_entities=600 // size)
    links = clump_links(data_of(X), 5)
    assert adjusted_rand_score(entity, links) > 0.98
    order = np.random.default_rng(1).permutation(len(X))
    assert adjusted_rand_score(links[order], clump_links(data_of(X[order]), 5)) == 1.0


def test_clumps_rarely_take_in_rows_of_other_entities():
    """Looser clumps are found in part: what is linked is of one entity nearly always."""
    X, entity = entities(0.1)
    links = clump_links(data_of(X), 5)
    same = links[:, None] == links
    np.fill_diagonal(same, False)
    assert same.sum() > 0.5 * 4 * len(X)
    assert (entity[:, None] == entity)[same].mean() > 0.9


def test_rows_in_no_clump_have_a_number_of_their_own():
    """Numbers run from zero, and even density links few rows."""
    X = np.random.default_rng(0).normal(size=(500, 5))
    links = clump_links(data_of(X), 5)
    assert np.array_equal(np.unique(links), np.arange(links.max() + 1))
    assert links.max() + 1 > 0.95 * len(X)


def test_columns_with_levels_link_nothing():
    """Rows on a grid are in no clump; beside them entities are found all the same."""
    rng = np.random.default_rng(0)
    X, entity = entities(0.005)
    assert clump_links(data_of(grid(rng, 500, 8)), 5) is None
    kinds = grid(rng, 100, 4).round()[entity] + 0.02 * rng.normal(size=(500, 4))
    assert adjusted_rand_score(entity, clump_links(data_of(np.hstack([kinds, X])), 5)) > 0.98
    spread = rng.normal(size=(500, 4))
    links = clump_links(data_of(np.hstack([grid(rng, 500, 6), spread])), 5)
    assert links is None or links.max() + 1 > 0.95 * 500


def test_a_clump_above_a_part_is_no_clump():
    """Folds cannot be made where one set of rows is larger than a fold."""
    X, _ = entities(0.005, n_entities=40, size=15)
    assert clump_links(data_of(X), 40) is not None
    assert clump_links(data_of(X), 41) is None


def test_what_cannot_be_searched_has_no_links(monkeypatch):
    """Given groups, few rows, and more work than the budget."""
    X, entity = entities(0.005)
    assert clump_links(data_of(X, groups=entity), 5) is None
    assert clump_links(data_of(X[:150]), 5) is None
    monkeypatch.setattr(_clump_links, "N_SEARCHES", 0)
    assert clump_links(data_of(X), 5) is None


@pytest.mark.parametrize("spread", [0.01, 0.1])
def test_levels_are_told_from_numbers_that_vary_smoothly(spread):
    """Also where these are skewed or rounded as finely as rows of one entity differ."""
    X, entity = entities(spread, n_entities=300)
    rng = np.random.default_rng(1)
    smooth = np.column_stack([X[:, 0], np.exp(X[:, 1]), X[:, 2].round(1 if spread == 0.1 else 2)])
    levels = np.column_stack([X[:, 3].round(), X[:, 4].round() + spread * rng.normal(size=1500)])
    order = np.argsort(entity, kind="stable").reshape(300, 5)
    pairs = np.vstack([order[:, [0, k]] for k in range(1, 5)])
    seen = has_levels(np.hstack([smooth, levels]), pairs, entity, rng)
    assert seen.tolist() == [False, False, False, True, spread < 0.1]
    assert not has_levels(smooth, pairs[:0], entity, rng).any()
