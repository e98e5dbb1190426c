"""Tests of running checks over folds and gathering what they say."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from imblearn.over_sampling import SMOTE, RandomOverSampler
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import KFold, StratifiedKFold

from sklearn_lossfix.exceptions import CheckNotApplicable
from sklearn_lossfix.model_selection._audit import (
    MOST_COMPONENTS_SHOWN,
    as_rows,
    audit_split,
    corrected,
    explained,
    holm,
    read_split_data,
    read_target,
    run_checks,
)
from sklearn_lossfix.model_selection.leakage._leak import Leak
from sklearn_lossfix.model_selection.leakage._order import LEAKAGE_CHECKS
from sklearn_lossfix.model_selection.leakage._split_data import LeakageOptions


class _Says:
    """A check that gives one answer, and keeps what it was told of earlier ones."""

    slug = "leaked-rows"
    title = "A check"

    def __init__(self, name, answer, needs_y=False):
        self.name, self.answer, self.needs_y = name, answer, needs_y

    def run(self, data, earlier):
        self.earlier = list(earlier)
        if isinstance(self.answer, str):
            raise CheckNotApplicable(self.answer)
        return self.answer


def _leak(name, found=True, p_value=None, **more):
    severity = "high" if found else ""
    return Leak(name, "leaked-rows", found, f"{name} says so.", severity, p_value=p_value, **more)


def _data(n_rows=60, y=None, groups=None, **options):
    X = np.random.default_rng(0).normal(size=(n_rows, 3))
    folds = list(KFold(3).split(X))
    return read_split_data(X, folds, LeakageOptions(**options), y=y, groups=groups)


@given(st.lists(st.floats(0, 1), min_size=1, max_size=8))
def test_holm_is_the_step_down_of_its_definition(p_values):
    """Hypotheses are rejected at a level exactly as Holm's sequence of tests rejects them."""
    adjusted = holm(p_values)
    order = np.argsort(p_values, kind="stable")
    for alpha in (0.001, 0.05, 0.5):
        rejected = set()
        for step, k in enumerate(order):
            if p_values[k] * (len(p_values) - step) > alpha:
                break
            rejected.add(int(k))
        assert set(np.flatnonzero(adjusted <= alpha)) == rejected


def test_correction_takes_back_what_could_be_chance():
    """A leak that does not stand after the correction could not be told; certain ones stay."""
    leaks = {
        "sure": _leak("sure", p_value=0.0),
        "weak": _leak("weak", p_value=0.004),
        "fact": _leak("fact"),
        "quiet": _leak("quiet", found=False, p_value=0.3),
    }
    out, p_adjusted = corrected(leaks, alpha=0.005)
    assert [leak.found for leak in out.values()] == [True, None, True, False]
    assert p_adjusted == pytest.approx({"sure": 0.0, "weak": 0.008, "quiet": 0.3})
    assert "0.008" in out["weak"].message
    assert out["weak"].severity == ""
    assert corrected(leaks, alpha=0.01)[0]["weak"].found


def test_checks_are_asked_in_order():
    """Each check hears what earlier ones said, and those that cannot judge give a reason."""
    first, second = _Says("first", _leak("first")), _Says("second", "there is no column.")
    third = _Says("third", _leak("third", found=False))
    labels = _Says("labels", _leak("labels"), needs_y=True)
    leaks, reasons = run_checks(_data(), [first, second, labels, third])
    assert list(leaks) == ["first", "third"]
    assert list(reasons) == ["second", "labels"]
    assert reasons["second"] == "there is no column."
    assert "labels" in reasons["labels"]
    assert third.earlier == ["first"]


def test_known_answers_are_not_asked_for_again():
    """What is known is taken as it is: answers and reasons."""
    known = {"first": _leak("first"), "second": "known reason."}
    checks = [_Says("first", "asked again"), _Says("second", _leak("second"))]
    leaks, reasons = run_checks(_data(), checks, known)
    assert leaks["first"] is known["first"]
    assert reasons == {"second": "known reason."}


def test_every_check_is_in_the_evidence_once():
    """All checks of the package judge, or say why they do not, and have a title and a slug."""
    evidence = audit_split(_data(y=np.tile([0, 1], 30)), LEAKAGE_CHECKS)
    said = [leak.check for leak in evidence.leaks] + list(evidence.not_applicable)
    names = [check.name for check in LEAKAGE_CHECKS]
    assert sorted(said) == sorted(names)
    assert list(evidence.titles) == list(evidence.slugs) == names
    spoke = [leak.check for leak in evidence.leaks]
    assert spoke == [name for name in names if name in spoke]
    assert evidence.effect is None


def test_clean_table_is_clean():
    """Independent rows raise no leak."""
    rng = np.random.default_rng(3)
    X = rng.normal(size=(400, 5))
    y = (X[:, 0] + rng.normal(size=400) > 0).astype(int)
    folds = list(StratifiedKFold(5, shuffle=True, random_state=0).split(X, y))
    evidence = audit_split(read_split_data(X, folds, LeakageOptions(), y=y), LEAKAGE_CHECKS)
    assert [leak.check for leak in evidence.leaks if leak.found] == []


def test_table_per_fold():
    """The table has sizes, and the leaked test rows of every check that counts them."""
    groups = np.arange(60) // 7
    evidence = audit_split(_data(groups=groups), LEAKAGE_CHECKS, splitter="KFold")
    assert evidence.per_fold["n_train"] == [40, 40, 40]
    assert evidence.per_fold["n_test"] == [20, 20, 20]
    leak = next(leak for leak in evidence.leaks if leak.check == "group_overlap")
    assert evidence.per_fold["group_overlap"] == leak.per_fold.tolist()
    assert (evidence.n_rows, evidence.n_columns, evidence.n_folds) == (60, 3, 3)
    assert evidence.splitter == "KFold"


def test_map_of_components():
    """Sets on both sides of a fold are shown, the largest first, with the rows per fold."""
    groups = np.concatenate([np.zeros(25, int), np.arange(1, 26), np.repeat([30, 31], 5)])
    evidence = audit_split(_data(groups=groups), LEAKAGE_CHECKS)
    # Rows 0-24 lie in folds 0 and 1; rows 50-59 lie in fold 2 together, so they do not cross.
    assert evidence.component_sizes.tolist() == [25]
    assert evidence.component_folds.tolist() == [[20, 5, 0]]
    many = audit_split(_data(300, groups=np.tile(np.arange(100), 3)), LEAKAGE_CHECKS)
    assert many.component_folds.shape == (MOST_COMPONENTS_SHOWN, 3)
    assert (many.component_folds.sum(axis=1) == many.component_sizes).all()


def test_effect_is_measured_where_asked_for():
    """With an estimator, the leak's worth to it is part of the evidence."""
    data = _data(groups=np.tile(np.arange(20), 3))
    X, y = data.table.X, np.tile([0, 1, 1, 0], 15)
    evidence = audit_split(data, LEAKAGE_CHECKS[2:3], estimator=LogisticRegression(), X=X, y=y)
    assert evidence.effect is None  # every training row is in a group of a test row
    assert "leaves no training row" in evidence.notes[-1]
    data = _data(groups=np.arange(60) // 7)
    evidence = audit_split(data, LEAKAGE_CHECKS[2:3], estimator=LogisticRegression(), X=X, y=y)
    assert evidence.effect["unit"] == "nats"
    assert len(evidence.effect["n_removed"]) == len(evidence.effect["folds"])


def test_verbose_prints_checks(capsys):
    """Each check is printed with its time where that is asked for."""
    audit_split(_data(), LEAKAGE_CHECKS[:2], verbose=1)
    printed = capsys.readouterr().out.splitlines()
    assert [line.split()[1] for line in printed] == [f"{c.name}:" for c in LEAKAGE_CHECKS[:2]]


@pytest.mark.parametrize(
    ("part", "expected"),
    [
        (np.array([True, False, True, False]), [0, 2]),
        ([3, 1], [3, 1]),
        ([-1, 0], [3, 0]),
        (np.array([], dtype=bool), []),
    ],
)
def test_parts_of_splits_as_rows(part, expected):
    """Masks, lists and negative numbers mean the rows that indexing with them means."""
    assert as_rows(part, 4).tolist() == expected


def test_rows_out_of_range_are_refused():
    """A split of other data is noticed."""
    with pytest.raises(ValueError, match="holds row 4; expected rows from 0 to 3"):
        as_rows([0, 4], 4)
    with pytest.raises(ValueError, match=r"mask of shape \(3,\); expected one entry a row, \(4,\)"):
        as_rows(np.ones(3, dtype=bool), 4)


def test_targets():
    """Classes become codes, numbers stay, and several targets are not read."""
    codes, classes = read_target(pd.Series(["b", "a", "b"]))
    assert (codes.tolist(), classes.tolist()) == ([1, 0, 1], ["a", "b"])
    values, classes = read_target([0.5, 1.25, 3])
    assert (values.tolist(), classes) == ([0.5, 1.25, 3.0], None)
    assert read_target(np.zeros((3, 2))) == (None, None)
    assert read_target(None) == (None, None)
    codes, _ = read_target(np.array([[1], [0], [1]]))
    assert codes.tolist() == [1, 0, 1]


@pytest.mark.parametrize(
    "y",
    [
        np.array(["a", None, "b"], dtype=object),
        np.array([0.5, np.nan, 1.0]),
        pd.Series(["a", None, "b"], dtype="string"),
        pd.Series([1, None, 0], dtype="Int64"),
        ["a", np.nan, "b"],
        np.array(["2020-01-01", "NaT", "2020-01-02"], dtype="datetime64[D]"),
    ],
    ids=["objects", "numbers", "texts", "nullable", "list", "days"],
)
def test_missing_labels_are_refused(y):
    """The error says how many labels are missing, and where."""
    with pytest.raises(ValueError, match=r"y has 1 missing values \(first rows: \[1\]\)"):
        read_target(y)


def test_lengths_must_agree():
    """Groups, times and targets of other lengths are named."""
    X = np.zeros((10, 2))
    for name in ("y", "groups", "times"):
        with pytest.raises(ValueError, match=f"{name} has 9"):
            read_split_data(X, [], LeakageOptions(), **{name: np.arange(9)})


def _sampled(sampler, has_copies, seed=0):
    """An audit of an oversampled table; a part of the largest class may stand there twice."""
    rng = np.random.default_rng(seed)
    X, y = rng.normal(size=(800, 8)), (np.arange(800) < 160).astype(int)
    if has_copies:
        X[700:] = X[600:700]
    X, y = sampler.fit_resample(X, y)
    order = rng.permutation(len(y))
    X, y = X[order], y[order]
    folds = list(StratifiedKFold(5, shuffle=True, random_state=0).split(X, y))
    return read_split_data(X, folds, LeakageOptions(), y=y)


@pytest.mark.parametrize("sampler", [SMOTE(random_state=0), RandomOverSampler(random_state=0)])
def test_one_cause_raises_one_alarm(sampler):
    """Drawn rows are copies and clumps as well; only oversampling is named, and links them."""
    data = _sampled(sampler, has_copies=False)
    evidence = audit_split(data, LEAKAGE_CHECKS)
    leaks = {leak.check: leak for leak in evidence.leaks}
    assert [name for name, leak in leaks.items() if leak.found] == ["oversampled_rows"]
    explained_by = {leak.details.get("explained_by") for leak in leaks.values()}
    assert explained_by == {"oversampled_rows", None}
    links = leaks["oversampled_rows"].links
    for name in ("exact_duplicates", "near_duplicates"):
        own = leaks[name].links if name in leaks else None
        for label in np.unique(own[own >= 0]) if own is not None else ():
            assert len(np.unique(links[own == label])) == 1


@pytest.mark.parametrize("sampler", [SMOTE(random_state=0), RandomOverSampler(random_state=0)])
def test_copies_of_the_class_that_was_not_enlarged_are_an_alarm_of_their_own(sampler):
    """Oversampling does not explain them."""
    data = _sampled(sampler, has_copies=True)
    found = {leak.check for leak in audit_split(data, LEAKAGE_CHECKS).leaks if leak.found}
    assert {"exact_duplicates", "oversampled_rows"} <= found


def test_a_number_of_sorted_rows_is_one_alarm():
    """It tells the target, too; another column that does is an alarm of its own."""
    data = read_split_data(np.eye(4), [([0, 1], [2, 3])], LeakageOptions(), y=[0, 1, 0, 1])
    order = Leak("row_order", "leaky-feature", True, "Sorted.", columns=("number",))
    for columns, is_found in ((("number",), False), (("number", "other"), True)):
        telling = Leak("target_copies", "leaky-feature", True, "Tells.", columns=columns)
        leaks = explained(data, (), {"target_copies": telling, "row_order": order})
        assert leaks["target_copies"].found is is_found
        assert leaks["row_order"].found is True


def test_without_a_cause_nothing_is_explained():
    """Symptoms stay as they are."""
    data = read_split_data(np.eye(4), [([0, 1], [2, 3])], LeakageOptions(), y=[0, 1, 0, 1])
    leaks = {"near_duplicates": Leak("near_duplicates", "leaked-rows", True, "Near.")}
    assert explained(data, LEAKAGE_CHECKS, leaks) == leaks
