"""Tests of the rows held out: shares, classes, groups, and splits of the user's own."""

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from sklearn.model_selection import GroupKFold, KFold, PredefinedSplit

from sklearn_lossfix.exceptions import TooFewRowsError
from sklearn_lossfix.model_selection._validation_rows import (
    check_training_part,
    first_split,
    folds_of_share,
    hold_out,
)


@given(
    st.lists(st.integers(1, 30), min_size=2, max_size=6).filter(lambda sizes: max(sizes) > 1),
    st.floats(0.05, 0.9),
    st.integers(0, 5),
)
def test_parts_divide_the_rows_and_hold_every_class(sizes, fraction, seed):
    """The parts are a partition in order; a class of two rows or more is in both."""
    codes = np.repeat(np.arange(len(sizes)), sizes)
    parts = hold_out(codes, fraction, seed)
    np.testing.assert_array_equal(np.sort(np.concatenate(parts)), np.arange(len(codes)))
    assert all((np.diff(part) > 0).all() for part in parts)
    train, held_out = (np.bincount(codes[part], minlength=len(sizes)) for part in parts)
    assert (train > 0).all()
    assert ((held_out > 0) == (np.array(sizes) > 1)).all()
    for size, n_held_out in zip(sizes, held_out, strict=True):
        assert n_held_out == min(max(round(fraction * size), 1), size - 1)


def test_seed_decides_what_is_held_out():
    """The same seed draws the same rows, another seed others."""
    codes = np.repeat([0, 1], 50)
    drawn = [hold_out(codes, 0.2, seed).validation for seed in (0, 0, 1)]
    np.testing.assert_array_equal(drawn[0], drawn[1])
    assert not np.array_equal(drawn[0], drawn[2])


@given(st.integers(2, 12), st.floats(0.1, 0.5), st.integers(0, 3))
def test_groups_are_held_out_whole(n_groups, fraction, seed):
    """No group is in both parts, and both parts hold groups."""
    groups = np.repeat(np.arange(n_groups), 6)
    codes = np.tile([0, 1], len(groups) // 2)
    parts = hold_out(codes, fraction, seed, groups)
    assert not np.intersect1d(groups[parts.train], groups[parts.validation]).size
    assert len(parts.train)
    assert len(parts.validation)


@pytest.mark.parametrize("n_rare", [0, 1, 3])
@pytest.mark.parametrize("fraction", [0.05, 0.1, 0.2, 0.35, 0.5, 0.7, 0.9])
def test_share_of_groups_is_about_the_fraction(fraction, n_rare):
    """With many groups, about the share asked for is held out, whether or not a class is rare."""
    groups = np.repeat(np.arange(100), 5)
    codes = np.arange(500) % 2
    codes[500 - n_rare :] = 2
    parts = hold_out(codes, fraction, 0, groups)
    assert len(parts.validation) == pytest.approx(500 * fraction, abs=15)
    assert set(codes[parts.train]) == set(codes)


@given(st.floats(0.001, 0.999), st.integers(2, 200))
def test_folds_come_near_any_share(fraction, most):
    """A part of the folds, never all and never none, is as near as the number of folds allows."""
    n_held_out, n_splits = folds_of_share(fraction, most)
    assert 0 < n_held_out < n_splits <= most
    off = abs(n_held_out / n_splits - fraction)
    assert off <= max(1 / 40, 1 / most) + 1e-12
    if 1 / most <= fraction <= 1 - 1 / most:
        nearest = min(
            abs(k / n - fraction) for n in range(2, min(most, 20) + 1) for k in range(1, n)
        )
        assert off <= nearest + 1e-12


@given(st.data())
def test_any_groups_are_held_out_whole(data):
    """Groups of any size and classes of any number give two parts without a group in common."""
    n = data.draw(st.integers(4, 25))
    groups, codes = (
        np.array(data.draw(st.lists(st.integers(0, most), min_size=n, max_size=n)))
        for most in (5, 3)
    )
    assume(len(np.unique(groups)) > 1)
    codes = np.unique(codes, return_inverse=True)[1]
    fraction = data.draw(st.floats(0.01, 0.99))
    parts = hold_out(codes, fraction, 0, groups)
    assert not np.intersect1d(groups[parts.train], groups[parts.validation]).size
    assert len(parts.train)
    assert len(parts.validation)


def test_held_out_groups_hold_every_class_if_they_can():
    """Of several folds one is taken in which every class is judged, and trained on."""
    groups = np.repeat(np.arange(40), 5)
    codes = np.arange(200) % 2
    codes[[2, 102]] = 2  # in two groups
    for seed in range(5):
        parts = hold_out(codes, 0.1, seed, groups)
        assert set(codes[parts.train]) == set(codes[parts.validation]) == {0, 1, 2}


def test_a_fold_is_taken_that_leaves_every_class_to_train_on():
    """Where one group has all rows of a class, another group is held out if there is one."""
    groups = np.repeat(np.arange(5), 10)
    codes = np.where(groups == 0, 2, np.arange(50) % 2)
    for seed in range(5):
        assert 0 in groups[hold_out(codes, 0.2, seed, groups).train]


def test_too_little_to_hold_out_is_an_error():
    """One group, and classes of a single row each, leave nothing to hold out."""
    with pytest.raises(TooFewRowsError, match="groups holds one group"):
        hold_out(np.array([0, 1, 0, 1]), 0.5, 0, np.zeros(4, dtype=int))
    with pytest.raises(TooFewRowsError, match="every class has a single row"):
        hold_out(np.array([0, 1, 2]), 0.5, 0)
    with pytest.raises(TooFewRowsError, match="every class has a single row"):
        hold_out(np.array([0, 1, 2]), 0.5, 0, np.arange(3))


ROWS = np.zeros((6, 1)), np.array([0, 1, 0, 1, 0, 1])


@pytest.mark.parametrize(
    "splitter",
    [
        PredefinedSplit([-1, -1, -1, 0, 0, -1]),
        [([5, 2, 1, 0], [4, 3])],
        [(np.array([1, 1, 1, 0, 0, 1], dtype=bool), np.array([0, 0, 0, 1, 1, 0], dtype=bool))],
    ],
    ids=["predefined", "indices", "masks"],
)
def test_splits_of_the_user_are_taken(splitter):
    """A predefined split, row numbers and masks say the same."""
    parts = first_split(splitter, *ROWS, {})
    assert parts.train.tolist() == [0, 1, 2, 5]
    assert parts.validation.tolist() == [3, 4]


def test_first_of_several_splits_is_taken_with_its_arguments():
    """Of a splitter's splits the first is taken, and groups reach the splitter."""
    expected = next(KFold(3).split(*ROWS))[1]
    np.testing.assert_array_equal(first_split(KFold(3), *ROWS, {}).validation, expected)
    groups = np.array([0, 0, 1, 1, 2, 2])
    held_out = first_split(GroupKFold(3), *ROWS, {"groups": groups}).validation
    assert len(np.unique(groups[held_out])) == 1


@pytest.mark.parametrize(
    ("splits", "match"),
    [
        ([], "gave no split"),
        ([[0, 1, 2]], "gave no split"),
        ([([0, 1, 2, 3], [3, 4])], r"holds out 1 rows that it trains on \(first: \[3\]\)"),
        ([([0, 1], [2, 9])], "holds row 9"),
        ([([0, 1], [])], "empty"),
    ],
)
def test_impossible_splits_are_refused(splits, match):
    """No split, common rows, rows out of range and empty parts are errors."""
    with pytest.raises(ValueError, match=match):
        first_split(splits, *ROWS, {})


def test_training_on_one_class_is_refused():
    """Two classes are enough, one is an error."""
    check_training_part(np.array([1, 2]))
    with pytest.raises(TooFewRowsError, match="single class"):
        check_training_part(np.array([1, 1]))
