"""What the pictures of a report on folds show."""

import pytest

from sklearn_lossfix.diagnosis.display._split_folds import (
    component_dots,
    component_words,
    fold_bars,
)


def test_bars_are_the_shares_of_the_checks_that_found_rows(folds):
    """Counts over test rows, in the order of the folds; a check that found nothing has no bars."""
    bars = fold_bars(folds["tables"], 20)
    (check,) = bars["checks"]
    assert check["name"] == "exact_duplicates"
    assert check["n_leaked"] == folds["tables"]["per_fold"]["exact_duplicates"]
    assert check["share"] == pytest.approx([n / 12 for n in check["n_leaked"]])
    assert bars["folds"] == [0, 1, 2, 3, 4]


def test_a_tip_has_no_bars(folds):
    """What is told and not held against the folds is drawn neither."""
    folds["tables"]["per_fold"]["fitted_on_all_rows"] = [12] * 5
    assert [c["name"] for c in fold_bars(folds["tables"], 20)["checks"]] == ["exact_duplicates"]


@pytest.mark.parametrize("n_shown", [1, 3])
def test_the_worst_folds_are_shown_in_their_order(folds, n_shown):
    """No fold that is left out leaks more than one that is shown."""
    table = folds["tables"]["per_fold"]
    table["exact_duplicates"] = [1, 9, 2, 7, 8]
    bars = fold_bars(folds["tables"], n_shown)
    assert bars["folds"] == {1: [1], 3: [1, 3, 4]}[n_shown]
    assert bars["n_folds"] == 5


def test_a_fold_without_test_rows_has_no_share(folds):
    """Nothing is divided by zero."""
    folds["tables"]["per_fold"]["n_test"][0] = 0
    assert fold_bars(folds["tables"], 20)["checks"][0]["share"][0] == 0.0


def test_clean_folds_have_no_bars(clean_folds):
    """Folds are there, checks are not."""
    bars = fold_bars(clean_folds["tables"], 20)
    assert bars["checks"] == []
    assert len(bars["folds"]) == 5


def test_dots_hold_every_row_of_the_sets_shown(folds):
    """The counts of a set sum to its size, the largest set first."""
    dots = component_dots(folds["tables"], 20, 20)
    assert dots["sizes"] == [3] + [2] * 11
    for number, size in enumerate(dots["sizes"]):
        assert sum(n for k, _, n in dots["dots"] if k == number) == size
    assert component_words(dots) == "12 of 12 linked sets"


def test_what_is_left_out_is_told(folds, many_folds):
    """How many more sets there are, and how many folds are shown."""
    few = component_dots(folds["tables"], 4, 3)
    assert len(few["sizes"]) == 4
    assert max(fold for _, fold, _ in few["dots"]) <= 2
    assert component_words(few) == "4 of 12 linked sets (8 more), 3 of 5 folds"
    many = component_dots(many_folds["tables"], 20, 20)
    assert component_words(many).endswith(", 20 of 1,000 folds")
