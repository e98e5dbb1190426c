"""Held-out rows are a share or a file, and folds fit the smallest class."""

import numpy as np
import pytest

from sklearn_lossfix.cli._errors import InputError
from sklearn_lossfix.cli._validation import held_out_share, hold_out, number_of_folds

Y = np.repeat(["a", "b"], [60, 20])
GROUPS = np.arange(80) // 2


@pytest.mark.parametrize(
    ("text", "share"), [("0.25", 0.25), ("25%", 0.25), (".5", 0.5), ("v.csv", None), ("%", None)]
)
def test_a_number_is_a_share_and_all_else_a_file(text, share):
    """A share is a number or a percentage."""
    assert held_out_share(text) == share


def test_a_file_called_like_a_number_is_a_file(tmp_path, monkeypatch):
    """What exists as a file is meant as one."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "5").touch()
    assert held_out_share("5") is None


@pytest.mark.parametrize("text", ["0", "1", "1.5", "-0.2", "25", "150%", "nan", "inf"])
def test_a_number_that_is_no_share_is_refused(text):
    """Nothing can be trained on no rows, or judged on none."""
    with pytest.raises(InputError, match="between 0 and 1"):
        held_out_share(text)


def test_held_out_rows_are_stratified_and_disjoint():
    """Each class gives its share, every row stands in one part, and the seed decides."""
    train, test = hold_out(Y, None, 0.25, seed=0)
    assert sorted([*train, *test]) == list(range(80))
    assert (Y[test] == "b").sum() == 5
    assert len(test) == 20
    np.testing.assert_array_equal(test, hold_out(Y, None, 0.25, seed=0)[1])
    assert not np.array_equal(test, hold_out(Y, None, 0.25, seed=1)[1])


@pytest.mark.parametrize("share", [0.2, 0.5, 0.75])
def test_groups_are_held_out_whole(share):
    """No group stands in both parts, and about the share is held out."""
    train, test = hold_out(Y, GROUPS, share, seed=0)
    assert sorted([*train, *test]) == list(range(80))
    assert not set(GROUPS[train]) & set(GROUPS[test])
    assert len(test) / 80 == pytest.approx(share, abs=0.1)


@pytest.mark.parametrize(
    ("y", "groups", "share", "message"),
    [
        (["a"] * 5 + ["b"], None, 0.5, "class 'b' has a single row"),
        (["a"] * 5 + ["b"] * 2, [1, 1, 1, 2, 3, 3, 3], 0.5, "class 'b' has a single group"),
        (["a"] * 5 + ["b"] * 2, None, 0.01, "--validation: "),
    ],
)
def test_too_few_rows_to_hold_out_are_refused(y, groups, share, message):
    """A class must have rows for both parts."""
    groups = None if groups is None else np.array(groups)
    with pytest.raises(InputError, match=message):
        hold_out(np.array(y), groups, share, seed=0)


@pytest.mark.parametrize(("n_rare", "expected"), [(2, 2), (4, 4), (5, 5), (20, 5)])
def test_folds_fit_the_smallest_class(notes, n_rare, expected):
    """A class of fewer rows than folds gets fewer folds, with a note."""
    y = np.repeat(["common", "rare"], [30, n_rare])
    assert number_of_folds(y, None, notes) == expected
    assert len(notes.lines) == (expected < 5)
    assert all("class 'rare' has only" in line for line in notes.lines)


def test_folds_count_groups_where_given(notes):
    """Groups stay together, so a class needs groups rather than rows."""
    assert number_of_folds(Y, np.minimum(GROUPS, 32), notes) == 3
    assert notes.lines == ["3 folds instead of 5: class 'b' has only 3 groups."]


@pytest.mark.parametrize(
    ("groups", "message"),
    [(None, "class '7' has a single row"), ([1, 2, 3, 4, 5], "class '7' has a single group")],
)
def test_a_class_too_small_for_two_folds_is_refused(notes, groups, message):
    """A single row of a class cannot be both learnt from and judged; the error says what to do."""
    groups = None if groups is None else np.array(groups)
    with pytest.raises(InputError, match=message) as caught:
        number_of_folds(np.array([0, 0, 0, 0, 7]), groups, notes)
    assert "Merge it with another class" in str(caught.value)
