"""Tests of the classes in which sets of linked rows lie."""

import numpy as np
import pytest
from scipy.stats import binom

from sklearn_lossfix.model_selection.leakage._sets_by_class import sets_by_class


def test_sets_that_spare_the_largest_class_are_no_chance():
    """Binomial, with the share of the largest class; mixed sets count as its own."""
    y = np.repeat([0, 1], [300, 100])
    links = np.full(400, -1)
    links[300:340] = np.repeat(np.arange(20), 2)
    found = sets_by_class(links, y)
    assert found.p_value == pytest.approx(binom.cdf(0, 20, 0.75))
    assert (found.classes, found.n_rows) == ([1], 40)
    links[0] = 0
    found = sets_by_class(links, y)
    assert found.p_value == pytest.approx(binom.cdf(1, 20, 0.75))
    assert found.n_rows == 38


def test_sets_of_all_classes_are_chance():
    """And so is a table without any."""
    rng = np.random.default_rng(0)
    y = rng.integers(0, 2, 400)
    links = np.where(np.arange(400) < 100, np.arange(400) // 2, -1)
    assert sets_by_class(links, y).p_value > 0.01
    assert sets_by_class(np.full(400, -1), y) == (1.0, [], 0)
