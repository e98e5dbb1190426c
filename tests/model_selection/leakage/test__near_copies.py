"""Pairs far closer than what is around them."""

import numpy as np
import pytest

from sklearn_lossfix.model_selection.leakage import _near_copies
from sklearn_lossfix.model_selection.leakage._near_copies import find_near_copies, step_up
from sklearn_lossfix.model_selection.leakage._scaled_rows import ScaledRows
from sklearn_lossfix.model_selection.leakage._table import Table


def scaled(X):
    """Scaled rows of all columns."""
    return ScaledRows(Table.read(X), np.arange(X.shape[1]), None, np.random.default_rng(0))


def planted(noise=1e-3, n_columns=10, n=2000):
    """Normal rows, of which 100 are noisy copies of the first 100."""
    rng = np.random.default_rng(0)
    X = rng.normal(size=(n, n_columns))
    X[100:200] = X[:100] + noise * rng.normal(size=(100, n_columns))
    return X


@pytest.mark.parametrize("noise", [1e-3, 1e-2])
def test_finds_exactly_the_copies(noise):
    """Pairs are the planted ones and no others."""
    copies = find_near_copies(scaled(planted(noise)), 0.03, np.random.default_rng(1))
    wanted = np.column_stack([np.arange(100), np.arange(100, 200)])
    np.testing.assert_array_equal(copies.pairs, wanted)
    assert copies.p_value < 1e-6
    assert copies.n_close == 200


def test_sampled_rows_stand_for_all(monkeypatch):
    """Searching a quarter of the rows finds the same pairs."""
    monkeypatch.setattr(_near_copies, "MAX_QUERIES", 50)
    copies = find_near_copies(scaled(planted()), 0.03, np.random.default_rng(1))
    assert len(copies.pairs) >= 95
    assert (copies.pairs[:, 1] - copies.pairs[:, 0] == 100).all()


def test_dense_rows_are_no_copies():
    """Many close rows of two dimensions are explained by their neighbours."""
    X = np.random.default_rng(2).normal(size=(5000, 2))
    copies = find_near_copies(scaled(X), 0.03, np.random.default_rng(1))
    assert copies.n_close > 1000
    assert copies.p_value > 0.01


def test_a_dense_population_among_sparse_ones_is_no_set_of_copies():
    """A narrow population lies within the radius as a whole, evenly."""
    X = np.random.default_rng(3).normal(size=(3000, 8))
    X[:300] *= 0.005
    copies = find_near_copies(scaled(X), 0.03, np.random.default_rng(1))
    assert copies.n_close >= 290
    assert copies.p_value > 0.01


def test_context_must_be_equal():
    """Copies with another word are none."""
    context = np.zeros(2000, dtype=np.uint64)
    context[100:150] = 1
    rows, rng = scaled(planted()), np.random.default_rng(1)
    copies = find_near_copies(rows, 0.03, rng, context=context)
    np.testing.assert_array_equal(copies.pairs[:, 0], np.arange(50, 100))


def test_step_up_equals_the_definition():
    """Accepted are the k smallest for the greatest k with p[k] <= q k / n."""
    p_values = np.array([0.9, 1e-5, 4e-5, 0.5, 3e-3])
    p_value, accepted = step_up(p_values, 100)
    assert p_value == pytest.approx(1e-3)
    np.testing.assert_array_equal(accepted, [False, True, True, False, False])


def test_nothing_known_is_nothing_found():
    """Without p-values the hypothesis stands."""
    p_value, accepted = step_up(np.empty(0), 10)
    assert p_value == 1.0
    assert accepted.size == 0
