"""Tests of what is known of a wrapped splitter."""

import numpy as np
import pytest
from sklearn.model_selection import (
    GroupKFold,
    KFold,
    LeaveOneGroupOut,
    LeaveOneOut,
    PredefinedSplit,
    ShuffleSplit,
    StratifiedKFold,
    StratifiedShuffleSplit,
    TimeSeriesSplit,
    check_cv,
)

from sklearn_lossfix.model_selection._wrapped_splitter import (
    base_folds,
    fixed_n_splits,
    folds_to_regroup,
    is_regroupable,
    is_unseeded,
    narrowed,
    resolve_splitter,
    splitter_name,
    takes_groups,
)


@pytest.mark.parametrize(
    ("cv", "y", "expected"),
    [
        (4, [0, 1] * 10, StratifiedKFold(4)),
        (4, ["a", "b"] * 10, StratifiedKFold(4)),
        (4, np.linspace(0, 1, 20), KFold(4)),
        (4, np.arange(20), KFold(4)),
        (4, None, KFold(4)),
        (None, [0, 1] * 10, StratifiedKFold(5)),
    ],
)
def test_numbers_of_folds_are_those_of_scikit_learn(cv, y, expected):
    """Classes are stratified, numbers are not, also whole ones that do not repeat."""
    assert str(resolve_splitter(cv, y)) == str(expected)


def test_seeds_are_given_to_those_who_need_one():
    """An unseeded splitter that shuffles gets the seed, in a copy; others are left alone."""
    free = ShuffleSplit(2)
    seeded = resolve_splitter(free, None, 7)
    assert (free.random_state, seeded.random_state) == (None, 7)
    for cv in (ShuffleSplit(2, random_state=1), KFold(3), LeaveOneOut(), TimeSeriesSplit(2)):
        assert resolve_splitter(cv, None, 7) is cv
    assert resolve_splitter(free, None) is free


def test_facts():
    """Who takes groups, who can be drawn anew, who has no seed, and how many splits there are."""
    assert [takes_groups(cv) for cv in (GroupKFold(2), KFold(2), object())] == [True, False, True]
    iterable = check_cv([(np.arange(2), np.arange(2, 4))])
    fixed = [TimeSeriesSplit(2), PredefinedSplit([0, 1]), iterable]
    assert [is_regroupable(cv) for cv in [*fixed, KFold(2)]] == [False, False, False, True]
    shuffled = KFold(2, shuffle=True)
    assert [is_unseeded(cv) for cv in (shuffled, KFold(2), ShuffleSplit(2), LeaveOneOut())] == [
        True,
        False,
        True,
        False,
    ]
    assert [fixed_n_splits(cv) for cv in (KFold(3), LeaveOneOut(), LeaveOneGroupOut())] == [
        3,
        None,
        None,
    ]
    assert splitter_name(iterable) == "an iterable of splits"
    assert splitter_name(KFold(3)) == str(KFold(3))
    assert "\n" not in splitter_name(StratifiedShuffleSplit(3))


@pytest.mark.parametrize(
    ("y", "dtype"),
    [
        (np.array([-128, 127]), np.int8),
        (np.array([0, 128]), np.int16),
        (np.array([0, 128], dtype=np.uint64), np.int16),
        (np.array([0, 2**15]), np.int64),
        (np.array([2**64 - 1], dtype=np.uint64), np.uint64),
        (np.array([0, 200], dtype=np.uint8), np.uint8),
        (np.array([0.0, 1.0]), np.float64),
        (np.array([], dtype=int), np.int64),
    ],
    ids=str,
)
def test_narrowed_targets_keep_their_values(y, dtype):
    """The least of 8 and 16 bits that holds all numbers; everything else as it came."""
    out = narrowed(y)
    assert out.dtype == dtype
    np.testing.assert_array_equal(out, y)


@pytest.mark.parametrize("y", [np.resize([3, 0, 3, 900], 60), ["b", "a", "b"] * 20], ids=str)
@pytest.mark.parametrize(
    "cv", [KFold(4), StratifiedKFold(4, shuffle=True, random_state=0), GroupKFold(4)], ids=str
)
def test_folds_are_those_of_the_splitter(cv, y):
    """Row by row, whatever the dtype of the target."""
    X, groups = np.zeros((60, 1)), np.arange(60) // 3
    given = groups if takes_groups(cv) else None
    for ours, theirs in zip(base_folds(cv, X, y, groups), cv.split(X, y, given), strict=True):
        for part, expected in zip(ours, theirs, strict=True):
            np.testing.assert_array_equal(part, expected)


def test_folds_end_with_the_first_that_parts_a_group():
    """No more are drawn; all are where no group is parted."""
    groups = np.array(["a", "a", "b", "b", "c", "c"])
    folds = [
        (np.array([2, 3, 4, 5]), np.array([0, 1])),
        (np.array([0, 1, 2, 5]), np.array([3, 4])),
        (np.array([0]), np.array([1])),
    ]
    drawn = iter(folds)
    assert folds_to_regroup(drawn, groups, 6) == folds[:2]
    assert list(drawn) == folds[2:]
    assert folds_to_regroup(iter(folds[:1]), groups, 6) == folds[:1]
    masks = [
        (np.array([False, False, True, True, True, True]), np.array([True, True] + 4 * [False]))
    ]
    assert folds_to_regroup(masks, groups, 6) == masks
