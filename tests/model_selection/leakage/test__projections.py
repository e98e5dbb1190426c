"""Close pairs by random projections."""

import numpy as np
import pytest

from sklearn_lossfix.model_selection.leakage._projections import close_pairs
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
