"""Tests of moving components between parts."""

import numpy as np
import pytest

from sklearn_lossfix.model_selection._policies import linked_components
from sklearn_lossfix.model_selection._rebalance import rebalanced_parts


def _components(sizes):
    return linked_components([np.repeat(np.arange(len(sizes)), sizes)], int(np.sum(sizes)))


def _rows(part, components, codes=None):
    """Rows per part, or per part and class."""
    weights = part[components.codes]
    if codes is None:
        return np.bincount(weights)
    return np.array([np.bincount(codes[weights == p], minlength=2) for p in np.unique(part)])


@pytest.mark.parametrize("seed", range(5))
def test_single_rows_make_up_for_pairs(seed):
    """Parts come out even to one row where there are enough single rows to move."""
    rng = np.random.default_rng(seed)
    components = _components(rng.choice([1, 2, 3], 600, p=[0.8, 0.15, 0.05]))
    part = rng.permutation(np.arange(600) % 4)
    assert np.ptp(_rows(rebalanced_parts(part, components), components)) <= 2


@pytest.mark.parametrize("seed", range(5))
def test_classes_come_out_even(seed):
    """With classes, every class comes out even, also where sets hold several of them."""
    rng = np.random.default_rng(seed)
    components = _components(rng.choice([1, 2, 9], 900, p=[0.9, 0.08, 0.02]))
    codes = (rng.random(len(components.codes)) < 0.3).astype(int)
    part = rng.permutation(np.arange(900) % 3)
    table = _rows(rebalanced_parts(part, components, codes), components, codes)
    assert np.ptp(table, axis=0).max() <= 2


def test_even_parts_are_left_alone():
    """Nothing moves where nothing is uneven, and the input is never written to."""
    components = _components([1, 1, 2, 2, 1, 1, 2, 2] * 10)
    part = np.tile([0, 0, 0, 0, 1, 1, 1, 1], 10)
    before = part.copy()
    np.testing.assert_array_equal(rebalanced_parts(part, components), before)
    np.testing.assert_array_equal(part, before)


def test_unequal_shares_stay_unequal():
    """The share of rows that a part gets is the share of components that it was given."""
    rng = np.random.default_rng(0)
    components = _components(rng.choice([1, 2, 4], 1000))
    part = rng.permutation(np.repeat([0, 1, 2], [700, 200, 100]))
    share = _rows(rebalanced_parts(part, components), components) / len(components.codes)
    np.testing.assert_allclose(share, [0.7, 0.2, 0.1], atol=0.005)


def test_one_huge_component_takes_a_part_of_its_own():
    """A component larger than a part fills one, and the others share the rest."""
    components = _components([60] + [1] * 40)
    part = np.arange(41) % 4
    rows = np.sort(_rows(rebalanced_parts(part, components), components))
    assert rows[-1] >= 60
    assert np.ptp(rows[:-1]) <= 2
