"""Tests of findings that are remembered, carried over to other folds, and put into words."""

import numpy as np
import pytest
from sklearn.model_selection import KFold, TimeSeriesSplit

from sklearn_lossfix.model_selection._audit import read_split_data
from sklearn_lossfix.model_selection._fingerprint_cache import FingerprintCache
from sklearn_lossfix.model_selection._split_findings import (
    is_acting,
    leak_message,
    of_rows,
    on_folds,
    remembered_findings,
)
from sklearn_lossfix.model_selection.leakage._leak import Leak
from sklearn_lossfix.model_selection.leakage._split_data import LeakageOptions

PAIRS = np.repeat(np.arange(20), 2)


def _leak(found=True, links=PAIRS, severity="medium", **more):
    return Leak("copies", "leaked-rows", found, "Said.", severity, links=links, fix="Mend.", **more)


class _Copies:
    """A check that counts how often it is asked."""

    name, slug, title, needs_y = "copies", "leaked-rows", "Copies", False

    def __init__(self):
        self.n_asked = 0

    def run(self, data, earlier):
        self.n_asked += 1
        return on_folds(_leak(), data.folds)


def test_counts_follow_the_folds():
    """Links stay, and what stands on both sides is counted anew."""
    folds = list(KFold(5, shuffle=True, random_state=0).split(PAIRS))
    leak = on_folds(_leak(), folds)
    expected = [np.isin(PAIRS[test], PAIRS[train]).sum() for train, test in folds]
    np.testing.assert_array_equal(leak.per_fold, expected)
    assert leak.rate == sum(expected) / 40
    assert leak.links is PAIRS
    assert on_folds(_leak(), list(KFold(5).split(PAIRS))).found is False


def test_copies_that_did_not_cross_come_back():
    """What was on one side of some folds is a leak between others."""
    quiet = on_folds(_leak(), list(KFold(5).split(PAIRS)))
    leak = on_folds(quiet, list(KFold(5, shuffle=True, random_state=0).split(PAIRS)))
    assert leak.found
    assert is_acting(leak)


@pytest.mark.parametrize("leak", [_leak(found=None), _leak(links=None), _leak(False, None, "")])
def test_what_has_no_links_stays(leak):
    """Findings about columns, and what could not be told, do not depend on the folds."""
    assert on_folds(leak, list(KFold(5).split(PAIRS))) is leak


def test_rows_of_a_table():
    """Links are cut to the rows at hand; pairs of row numbers of the table are not kept."""
    rows = np.array([39, 0, 38, 10])
    leak = of_rows(_leak(), rows, [(np.array([0, 1]), np.array([2, 3]))])
    assert leak.links.tolist() == [19, 0, 19, 5]
    assert leak.pairs.tolist() == [[0, 0, 2]]
    column = of_rows(_leak(links=None, pairs=np.array([[0, 38, 39]])), rows, [])
    assert column.pairs.shape == (0, 3)


def test_a_table_is_searched_once():
    """Equal tables are looked up; other tables, options and groups are searched."""
    X = np.random.default_rng(0).normal(size=(40, 3))
    cache, check = FingerprintCache(), _Copies()

    def ask(X, seed=0, groups=None, **options):
        folds = KFold(5, shuffle=True, random_state=seed).split(X)
        data = read_split_data(X, folds, LeakageOptions(**options), groups=groups)
        leaks, _ = remembered_findings(data, [check], cache)
        expected = on_folds(_leak(), data.folds)
        np.testing.assert_array_equal(leaks["copies"].per_fold, expected.per_fold)
        return check.n_asked

    assert ask(X) == ask(X) == ask(X.copy()) == ask(X, seed=1) == ask(X.tolist()) == 1
    assert ask(X + 1) == 2
    assert ask(X, near=0.5) == 3
    assert ask(X, groups=PAIRS) == 4


def test_notes_do_not_act():
    """What is told as a note, or not found, asks for nothing."""
    leaks = [_leak(severity="low"), _leak(severity="info"), _leak(False), _leak(None)]
    assert [is_acting(leak) for leak in leaks] == [True, False, False, False]


def test_message_names_what_is_possible():
    """The advice fits the leak and the splitter."""
    leak = _leak(pairs=np.array([[2, 5, 4]]))
    message = leak_message({"copies": leak}, KFold(3))
    assert "training row 5 and test row 4 in fold 2" in message
    assert "'group'" in message
    assert "'drop'" in message
    assert "Mend." not in message
    assert "'group'" not in leak_message({"copies": leak}, TimeSeriesSplit(3))
    column = leak_message({"column": _leak(links=None)}, KFold(3))
    assert "Mend." in column
    assert "'drop'" not in column


def test_what_a_check_tested_does_not_depend_on_the_folds():
    """The p-value stays on folds without a crossing: the correction counts the same tests."""
    quiet = on_folds(_leak(p_value=1e-9), list(KFold(5).split(PAIRS)))
    assert (quiet.found, quiet.p_value) == (False, 1e-9)
