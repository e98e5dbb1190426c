"""Leakage and drift between training and validation rows, end to end and in parts."""

import pickle

import numpy as np
import pandas as pd
import polars as pl
import pytest
from scipy import sparse
from sklearn.datasets import load_diabetes
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import TimeSeriesSplit, train_test_split
from sklearn.neighbors import KNeighborsClassifier
from sklearn.tree import DecisionTreeClassifier

from sklearn_lossfix import diagnose
from sklearn_lossfix.diagnosis import _gather
from sklearn_lossfix.diagnosis._request import Data, Request
from sklearn_lossfix.diagnosis._validation_leaks import (
    shared_codes,
    validation_leaks,
    with_groups_and_times,
)
from sklearn_lossfix.model_selection import LeakageCheckedSplit
from sklearn_lossfix.model_selection.leakage._order import SPLIT_CHECKS

LEAKS = (
    "leaked-rows",
    "group-overlap",
    "time-overlap",
    "preprocessed-before-split",
    "leaky-feature",
)
SPLIT = (*LEAKS, "train-test-drift")


def request(seed=0):
    """What a user asked for, as far as leakage reads it."""
    return Request(None, None, np.array([0, 1]), 1, seed, None, 5, 0, [])


def rows_of(X, y, groups=None, times=None):
    """Rows as diagnose holds them."""
    return Data(X, y, y, None, groups, np.arange(len(y)), times)


@pytest.fixture
def no_twins(monkeypatch):
    """Reports without counterfactual refits, which these tests do not read."""
    monkeypatch.setattr(_gather, "fit_twins", lambda *args, **kwargs: ({}, {}))


@pytest.fixture
def split(table):
    """Features and labels of 600 rows, a third of them for validation."""
    X, y = table(600, n_features=6)
    return train_test_split(X, y, test_size=1 / 3, random_state=0)


def with_copies(parts, n_copies):
    """Validation rows to which copies of training rows were added."""
    X, X_val, y, y_val = parts
    return X, np.vstack([X_val, X[:n_copies]]), y, np.concatenate([y_val, y[:n_copies]])


def judged(model, parts, **kwargs):
    """Report on validation rows of a model that is fitted to the training rows."""
    X, X_val, y, y_val = parts
    return diagnose(model.fit(X, y), X, y, X_val=X_val, y_val=y_val, **kwargs)


def test_clean_split_raises_no_issue(split, no_twins):
    """On rows that were split at random all that could be judged passes."""
    report = judged(LogisticRegression(), split)
    assert [report[slug].section for slug in SPLIT] == [
        *("passed", "passed", "not_applicable", "passed", "passed", "passed"),
    ]


@pytest.mark.parametrize("effort", ["fast", "normal"])
def test_copies_are_an_issue_of_a_model_that_remembers(split, no_twins, effort):
    """A nearest neighbour knows every copy: the finding names rows, pairs and what they flatter."""
    parts = with_copies(split, 60)
    report = judged(KNeighborsClassifier(1), parts, effort=effort)
    finding = report["leaked-rows"]
    assert finding.section == "issue"
    assert report.verdict.startswith(finding.message.rstrip("."))
    assert finding.evidence["leaked_share"] == pytest.approx(60 / 260)
    assert set(finding.rows) <= set(range(200, 260))
    for train, val in finding.evidence["training_and_validation_rows"]:
        assert np.array_equal(parts[0][train], parts[1][val])
    assert finding.ci[0] > 0


def test_copies_are_a_tip_of_a_model_that_does_not_gain(split, no_twins):
    """A line through four hundred rows does not know sixty of them by heart."""
    finding = judged(LogisticRegression(), with_copies(split, 60))["leaked-rows"]
    assert finding.section == "tip"
    assert finding.p_value is None
    assert "not shown to flatter" in finding.message


def test_natural_twins_are_no_leak(no_twins):
    """Rows of few values repeat on both sides, and nobody copied them."""
    rng = np.random.default_rng(0)
    X = rng.integers(0, 3, (900, 4)).astype(float)
    y = (X.sum(axis=1) + rng.normal(size=900) > 4).astype(int)
    parts = train_test_split(X, y, random_state=0)
    finding = judged(DecisionTreeClassifier(), parts, effort="fast")["leaked-rows"]
    assert finding.section in ("passed", "not_applicable")
    assert finding.estimate > 0.5


def test_containers_agree(split, no_twins):
    """Arrays, pandas, polars and sparse matrices of the same numbers get the same answers."""
    X, X_val, y, y_val = with_copies(split, 60)
    names = [f"c{j}" for j in range(X.shape[1])]
    makers = [
        lambda A: A,
        lambda A: pd.DataFrame(A, columns=names, index=np.arange(len(A))[::-1]),
        lambda A: pl.DataFrame(A, schema=names),
    ]
    seen = []
    for make in makers:
        leaks, _, reason = validation_leaks(
            rows_of(make(X), y), rows_of(make(X_val), y_val), request(), "normal"
        )
        assert reason is None
        seen.append([(leak.check, leak.found, leak.rate) for leak in leaks.leaks])
    assert seen[0] == seen[1] == seen[2]
    leaks, _, _ = validation_leaks(
        rows_of(sparse.csr_array(X), y), rows_of(sparse.csr_array(X_val), y_val), request(), "fast"
    )
    assert leaks.leaks[0].check == "exact_duplicates"
    assert leaks.leaks[0].rate == pytest.approx(60 / 260)


def test_same_answers_as_the_audit_of_the_same_fold(split):
    """What is judged is what LeakageCheckedSplit judges on the stacked rows as one fold."""
    X, X_val, y, y_val = with_copies(split, 60)
    leaks, _, _ = validation_leaks(rows_of(X, y), rows_of(X_val, y_val), request(), "normal")
    fold = [(np.arange(len(y_val), len(y_val) + len(y)), np.arange(len(y_val)))]
    audit = LeakageCheckedSplit(fold, random_state=0)._split_evidence(
        np.vstack([X_val, X]),
        np.concatenate([y_val, y]),
        groups=None,
        times=None,
        estimator=None,
        scoring=None,
    )
    assert [(k.check, k.found, k.message) for k in leaks.leaks] == [
        (k.check, k.found, k.message) for k in audit.leaks
    ]


def test_fast_effort_asks_the_quick_checks_only(split):
    """Fast effort reads no labels; the checks that do are skipped in the report."""
    X, X_val, y, y_val = split
    leaks, _, _ = validation_leaks(rows_of(X, y), rows_of(X_val, y_val), request(), "fast")
    assert set(leaks.titles) == set(SPLIT_CHECKS)
    report = judged(LogisticRegression(), split, effort="fast")
    for slug in ("leaky-feature", "preprocessed-before-split", "train-test-drift"):
        assert report[slug].section == "skipped"


def test_evidence_can_be_pickled(split):
    """What was seen is plain data."""
    X, X_val, y, y_val = with_copies(split, 60)
    leaks, _, _ = validation_leaks(rows_of(X, y), rows_of(X_val, y_val), request(), "normal")
    again = pickle.loads(pickle.dumps(leaks))
    assert [leak.message for leak in again.leaks] == [leak.message for leak in leaks.leaks]


def test_tables_that_do_not_fit_together_are_not_judged(split):
    """Other columns in the validation rows are a reason, and no crash."""
    X, X_val, y, y_val = split
    frames = [
        pd.DataFrame(A, columns=list(names)) for A, names in ((X, "abcdef"), (X_val, "abcdeg"))
    ]
    leaks, _, reason = validation_leaks(
        rows_of(frames[0], y), rows_of(frames[1], y_val), request(), "normal"
    )
    assert leaks is None
    assert "same columns" in reason


def test_lists_and_arrays_are_one_kind(split):
    """A list of lists is compared with an array."""
    X, X_val, y, y_val = with_copies(split, 60)
    leaks, _, reason = validation_leaks(
        rows_of(X, y), rows_of(X_val.tolist(), y_val), request(), "fast"
    )
    assert reason is None
    assert leaks.leaks[0].found


def test_without_validation_rows_leakage_is_not_judged(table, no_twins):
    """Out of fold the report says who judges folds; only clumps are looked for there."""
    X, y = table(200)
    report = diagnose(LogisticRegression(), X, y)
    for slug in LEAKS[:-1]:
        judged = "passed" if slug == "group-overlap" else "not_applicable"
        assert report[slug].section == judged
    assert "LeakageCheckedSplit(cv).audit(X, y)" in report["leaked-rows"].message
    assert report["train-test-drift"].section == "not_applicable"


def test_frozen_estimators_are_judged_on_validation_rows(split):
    """A prefit model has no folds; leakage and drift are judged all the same."""
    X, X_val, y, y_val = with_copies(split, 60)
    model = FrozenEstimator(KNeighborsClassifier(1).fit(X, y))
    report = diagnose(model, X, y, X_val=X_val, y_val=y_val)
    assert report["leaked-rows"].section == "issue"
    assert report["train-test-drift"].section == "passed"


def test_scaling_before_the_split_is_a_tip(no_twins):
    """The diabetes data come standardised on all their rows, which moves no score."""
    X, y = load_diabetes(return_X_y=True)
    parts = train_test_split(X, (y > 140).astype(int), random_state=0)
    finding = judged(LogisticRegression(), parts)["preprocessed-before-split"]
    assert finding.section == "tip"
    assert "Pipeline" in finding.evidence["fix"]


# --- groups and times --------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["groups", "times"])
def test_values_of_validation_rows_need_company(split, name):
    """Groups or times of validation rows come with validation rows, and with those of X."""
    X, X_val, y, y_val = split
    validation = {"X_val": X_val, "y_val": y_val}
    with pytest.raises(ValueError, match=f"{name}_val was given without {name}"):
        diagnose(LogisticRegression(), X, y, **validation, **{f"{name}_val": y_val})
    with pytest.raises(ValueError, match=f"{name}_val was given without X_val"):
        diagnose(LogisticRegression(), X, y, **{name: y, f"{name}_val": y_val})


@pytest.mark.parametrize("bad", [[1.0], None], ids=["length", "missing"])
def test_bad_times_are_refused(table, bad):
    """Times have one entry a row, and no gaps."""
    X, y = table(100)
    times = np.r_[np.nan, np.ones(99)] if bad is None else bad
    with pytest.raises(ValueError, match=r"times|same number of rows"):
        diagnose(LogisticRegression(), X, y, times=times)


def test_groups_get_one_numbering():
    """The code of a validation group is that of the same training group; new ones follow."""
    codes = shared_codes(np.array([0, 1, 0]), ["b", "c", "b"], np.array(["c", "a", "b", "d"]))
    assert codes.tolist() == [1, 2, 0, 3]
    assert shared_codes(np.array([0, 1]), [3, 7], None) is None


def test_times_are_numbers_in_one_unit():
    """Datetimes of both parts become seconds."""
    days = np.array(["2020-01-01", "2020-01-02"], dtype="datetime64[D]")
    part = rows_of(np.zeros((2, 1)), np.array([0, 1]))
    data, validation = with_groups_and_times(part, part, (None, None), (days, days + 1))
    assert np.diff(data.times).tolist() == [86400.0]
    assert (validation.times - data.times).tolist() == [86400.0, 86400.0]


def test_folds_are_judged_by_given_times(table, no_twins):
    """Shuffled folds fill gaps, a tip; folds that walk forward over unsorted rows are wrong."""
    X, y = table(400)
    times = np.arange(400)
    finding = diagnose(LogisticRegression(), X, y, times=times)["time-overlap"]
    assert finding.section == "tip"
    walk = TimeSeriesSplit(4)
    report = diagnose(LogisticRegression(), X, y, times=times, cv=walk)
    assert report["time-overlap"].section == "passed"
    unsorted = np.random.default_rng(0).permutation(times)
    finding = diagnose(LogisticRegression(), X, y, times=unsorted, cv=walk)["time-overlap"]
    assert finding.section == "issue"
    assert "Sort the rows" in finding.evidence["fix"]
