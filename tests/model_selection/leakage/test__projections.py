"""Close pairs by random projections."""

import numpy as np
import pytest

from sklearn_lossfix.model_selection.leakage._projections import (
    MAX_PROJECTIONS,
    MEAN_DIFFERENCE,
    MISSED,
    WIDTH,
    close_pairs,
    least_projections,
    tables_needed,
)
from sklearn_lossfix.model_selection.leakage._scaled_rows import ScaledRows
from sklearn_lossfix.model_selection.leakage._table import Table


def planted(n_columns, noise, seed=0):
    """Normal rows, of which 500 are noisy copies of the first 500."""
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(6000, n_columns))
    X[500:1000] = X[:500] + noise * rng.normal(size=(500, n_columns))
    table = Table.read(X)
    return ScaledRows(table, np.arange(n_columns), None, rng)


def recall(pairs):
    """Share of the planted pairs that are candidates."""
    found = {tuple(pair) for pair in pairs.tolist()}
    return np.mean([(i, i + 500) in found for i in range(500)])


@pytest.mark.parametrize("noise", [1e-6, 1e-3, 2e-2])
@pytest.mark.parametrize("n_columns", [6, 30])
def test_finds_copies(n_columns, noise):
    """Nearly all copies within the radius are candidates."""
    pairs = close_pairs(planted(n_columns, noise), 0.03, np.random.default_rng(1))
    assert recall(pairs) > 0.99


def test_finds_copies_in_full_cells():
    """Rows of one column share cells by hundreds, close ones are still found."""
    rng = np.random.default_rng(2)
    x = rng.normal(size=(6000, 1)) @ rng.normal(size=(1, 12))
    x[500:1000] = x[:500] * (1 + 1e-7)
    rows = ScaledRows(Table.read(x), np.arange(12), None, rng)
    assert recall(close_pairs(rows, 0.03, rng)) > 0.9


def test_pairs_are_ordered_and_unique():
    """The lower position comes first, each pair once, and far pairs are rare."""
    pairs = close_pairs(planted(12, 1e-3), 0.03, np.random.default_rng(3))
    assert (pairs[:, 0] < pairs[:, 1]).all()
    assert len(np.unique(pairs, axis=0)) == len(pairs)
    assert len(pairs) < 3 * 500


def test_context_parts_copies():
    """Copies whose words differ are no candidates."""
    context = np.zeros(6000, dtype=np.uint64)
    context[500:750] = 7
    pairs = close_pairs(planted(12, 1e-3), 0.03, np.random.default_rng(4), context)
    assert recall(pairs) == pytest.approx(0.5)


@pytest.mark.parametrize("n_projections", range(1, MAX_PROJECTIONS + 1))
def test_tables_miss_few_pairs_and_one_less_would_miss_more(n_projections):
    """The share that all tables miss is at most the one allowed, with as few tables as possible."""
    missed = 1 - (1 - MEAN_DIFFERENCE / WIDTH) ** n_projections
    n_tables = tables_needed(n_projections)
    assert missed**n_tables <= MISSED < missed ** (n_tables - 1)


def test_as_few_projections_as_part_the_rows():
    """Independent cells of d equal values need log(2 n) / log(d) projections."""
    rng = np.random.default_rng(0)
    cells = rng.integers(-4, 4, (1000, MAX_PROJECTIONS))
    for n_rows in (1000, 10_000, 1_000_000):
        assert least_projections(cells, n_rows) == np.ceil(np.log(2 * n_rows) / np.log(8))


@pytest.mark.parametrize("n_rows", [20, 1000])
def test_rows_that_no_projection_parts_need_all(n_rows):
    """So do rows of one cell, and copies among others."""
    assert least_projections(np.zeros((n_rows, 10), dtype=np.int64), n_rows) == 10
