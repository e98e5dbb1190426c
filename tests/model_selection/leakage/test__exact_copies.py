"""Tests of equality with the target up to a bijection, and of its chance."""

from itertools import permutations

import numpy as np
import pytest

from sklearn_lossfix.model_selection.leakage._exact_copies import (
    FLOAT32_ERROR,
    FLOAT64_ERROR,
    affine_copy,
    class_bijection,
    log_chance_of_order,
    log_chance_of_partition,
    monotone_copy,
    rounding_error,
)


def _partition(labels):
    """The sets of rows with equal labels."""
    return frozenset(frozenset(np.flatnonzero(np.equal(labels, v))) for v in set(labels))


@pytest.mark.parametrize("labels", [(0, 0, 1, 1, 1), (0, 0, 1, 1, 2), (0, 1, 2, 3), (0, 0, 0, 1)])
def test_chance_of_partition_is_the_share_of_permutations(labels):
    """Counted over all orders of the rows."""
    orders = list(permutations(labels))
    share = np.mean([_partition(order) == _partition(labels) for order in orders])
    counts = np.bincount(labels)
    assert np.exp(log_chance_of_partition(counts)) == pytest.approx(share)


@pytest.mark.parametrize("labels", [(0, 1, 2, 3), (0, 0, 1, 2), (0, 0, 1, 1, 2)])
def test_chance_of_order_is_the_share_of_permutations(labels):
    """Counted over all orders of the rows: the target's own order, or its reverse."""
    orders = list(permutations(labels))
    turned = tuple(max(labels) - label for label in labels)
    share = np.mean([order in (labels, turned) for order in orders])
    assert np.exp(log_chance_of_order(len(labels), np.bincount(labels))) >= share - 1e-12
    if _partition(labels) == _partition(turned[::-1]):
        assert np.exp(log_chance_of_order(len(labels), np.bincount(labels))) <= 2 * share + 1e-12


@pytest.mark.parametrize("n_classes", [2, 5])
def test_renamed_classes_are_copies_and_one_other_row_is_none(n_classes):
    """Any one-to-one renaming is found, with a missing value among the names; a flip is not."""
    rng = np.random.default_rng(0)
    y = rng.integers(0, n_classes, 1000)
    names = rng.permutation(n_classes) * 1.5
    names[0] = np.nan
    column = names[y]
    assert class_bijection(column, y, n_classes)
    for row in (0, 500, 999):
        changed = column.copy()
        changed[row] = names[(y[row] + 1) % n_classes]
        assert not class_bijection(changed, y, n_classes)


def test_coarser_and_finer_columns_are_no_copies():
    """Classes that share a value, or a class with two values."""
    y = np.array([0, 1, 2] * 50)
    assert not class_bijection((y > 0).astype(float), y, 3)
    finer = y.astype(float)
    finer[y == 2] += np.arange(50) % 2
    assert not class_bijection(finer, y, 3)


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("slope", [-3.7, 1e-4, 250.0])
def test_affine_copies_survive_rounding(dtype, slope):
    """a + b y in any precision is a copy; with noise of a hundredth of a per cent it is none."""
    rng = np.random.default_rng(0)
    y = rng.normal(size=500)
    column = (5 + slope * y).astype(dtype).astype(float)
    assert affine_copy(column, y)
    assert rounding_error(column) == (FLOAT64_ERROR if dtype == np.float64 else FLOAT32_ERROR)
    assert not affine_copy(column + 1e-4 * abs(slope) * rng.normal(size=500), y) or slope == 1e-4
    assert not affine_copy(np.full(500, 2.0), y)
    assert not affine_copy(np.where(y > 1, np.nan, column), y)


def test_monotone_copies():
    """Increasing and decreasing functions are copies, with ties where the target has ties."""
    rng = np.random.default_rng(0)
    y = np.round(rng.normal(size=800), 1)
    order = np.argsort(y, kind="stable")
    is_step = np.diff(y[order]) > 0
    for function in (np.exp, lambda t: -(t**3), np.arctan):
        assert monotone_copy(function(y), order, is_step)
    assert not monotone_copy(y**2, order, is_step)
    assert not monotone_copy(y + 1e-9 * rng.normal(size=800), order, is_step)
    assert not monotone_copy(np.floor(y), order, is_step)
