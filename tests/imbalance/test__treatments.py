"""Tests of the doses of treatments: what balances, what goes half the way, and what never turns."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.utils.class_weight import compute_class_weight

from sklearn_lossfix.imbalance._treatments import (
    DOSED_KINDS,
    RATIOS,
    TREATMENTS,
    class_weights,
    parse_treatment,
    target_counts,
)

COUNTS = st.lists(st.integers(0, 10**9), min_size=1, max_size=8).filter(any)
WEIGHTS = st.lists(st.just(0.0) | st.floats(1e-3, 1e6), min_size=1, max_size=8).filter(any)


def test_names_and_parts_are_one_to_one():
    """Every name is its kind and its ratio, and both ratios of a kind are there."""
    parsed = [parse_treatment(name) for name in TREATMENTS]
    joined = tuple(kind if ratio is None else f"{kind}_{ratio}" for kind, ratio in parsed)
    assert joined == TREATMENTS
    dosed = [(kind, ratio) for kind, ratio in parsed if ratio is not None]
    assert sorted(dosed) == sorted((kind, ratio) for kind in DOSED_KINDS for ratio in RATIOS)
    assert TREATMENTS[0] == "none"


@pytest.mark.parametrize("name", ["class_weight", "Smote_sqrt", "smote_half", "", None, 1])
def test_unknown_names_are_refused(name):
    """The error lists what there is."""
    with pytest.raises(ValueError, match="Known are: 'none', 'class_weight_sqrt'"):
        parse_treatment(name)


@given(st.lists(st.integers(0, 5), min_size=1, max_size=60))
def test_balanced_weights_are_those_of_scikit_learn(y):
    """Of the classes that are there."""
    y = np.array(y)
    weights = class_weights(np.bincount(y, minlength=6), "balanced")
    classes = np.unique(y)
    np.testing.assert_allclose(
        weights[classes], compute_class_weight("balanced", classes=classes, y=y)
    )
    assert (np.delete(weights, classes) == 0).all()


@given(WEIGHTS, st.sampled_from(RATIOS))
def test_weights_keep_the_weight_of_all_rows(counts, ratio):
    """And do not depend on its unit."""
    weights = class_weights(counts, ratio)
    np.testing.assert_allclose(weights @ counts, np.sum(counts))
    np.testing.assert_allclose(class_weights(np.multiply(counts, 7), ratio), weights)


@given(WEIGHTS)
def test_square_root_twice_is_half_the_way_twice(counts):
    """Balancing what is left after the square root is what balancing at once gives."""
    once = class_weights(counts, "sqrt")
    rest = class_weights(once * counts, "balanced")
    np.testing.assert_allclose(once * rest, class_weights(counts, "balanced"))
    present = np.array(counts) > 0
    np.testing.assert_allclose(
        np.diff(np.log(once[present])),
        np.diff(np.log(class_weights(counts, "balanced")[present])) / 2,
        atol=1e-9,
    )


@pytest.mark.parametrize("ratio", RATIOS)
@pytest.mark.parametrize("kind", ["over", "under"])
@given(counts=COUNTS)
def test_resampling_goes_one_way(ratio, kind, counts):
    """It adds or removes, keeps the order of the classes, and ends at one of them."""
    counts = np.array(counts)
    present = counts > 0
    targets = target_counts(counts, ratio, kind)
    assert targets.dtype == np.int64
    assert (targets[~present] == 0).all()
    assert (targets[present] > 0).all()
    order = np.argsort(counts, kind="stable")
    assert (np.diff(targets[order]) >= 0).all()
    if kind == "over":
        assert (targets >= counts).all()
        assert targets.max() == counts.max()
    else:
        assert (targets <= counts).all()
        assert targets[present].min() == counts[present].min()
    balanced = target_counts(counts, "balanced", kind)
    assert len(set(balanced[present].tolist())) == 1
    # Half the way lies between nothing and all of it.
    assert (np.abs(targets - counts) <= np.abs(balanced - counts)).all()


@pytest.mark.parametrize("kind", ["over", "under"])
@given(counts=COUNTS)
def test_square_root_is_the_geometric_mean_to_half_a_row(kind, counts):
    """Of the rows there are and the rows of the class that stays."""
    counts = np.array(counts)
    balanced = target_counts(counts, "balanced", kind).astype(float)
    exact = np.sqrt(counts.astype(float)) * np.sqrt(balanced)
    assert (np.abs(target_counts(counts, "sqrt", kind) - exact) <= 0.5 + 1e-6).all()
