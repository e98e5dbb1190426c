"""What checks of leakage that share a slug become in the report of a model."""

from dataclasses import replace

import numpy as np
import pytest

from sklearn_lossfix._core._finding import METRIC_FLOOR, Finding
from sklearn_lossfix._core._paired_tests import interval
from sklearn_lossfix.diagnosis._flattery import Flattery
from sklearn_lossfix.diagnosis._leak_finding import (
    N_PAIRS_SHOWN,
    LeakFinding,
    as_issue,
    leak_p,
    with_flattery,
)
from sklearn_lossfix.exceptions import CheckNotApplicable

TIP = Finding("leaked-rows", "tip", "Copies", "There are copies.")


class Copies(LeakFinding):
    """A finding that is judged by nobody."""

    name, slug, title, fix = "copies", "leaked-rows", "Copies", "Split again."


@pytest.fixture
def judge(analyse, calibrated, split_evidence):
    """Function that judges validation rows of which checks say something."""
    y, proba = calibrated(20)

    def run(check, leaks, **fields):
        fields = {"n_rows": 60, "n_folds": 1, "not_applicable": {}} | fields
        seen = split_evidence(leaks, **fields)
        seen.per_fold.update(n_test=[20], n_train=[40])
        analysis = analyse(y, proba, leaks=seen)
        analysis.evidence = replace(analysis.evidence, source="validation")
        return check.run(analysis)

    return run


def flattery(value, se=0.001, p_value=1e-6, unit="nats"):
    """An effect beside a floor of a hundredth."""
    return Flattery(interval(value, se), unit, 0.01, p_value, "the others")


def test_checks_of_a_slug_are_one_finding(judge, leak_of):
    """One check finds copies and another one none: a tip that lists both, with rows of the user."""
    pairs = np.column_stack([np.zeros(30, int), np.arange(20, 50), np.arange(30) % 20])
    leaks = [
        leak_of("exact_duplicates", p_value=1e-9, rate=0.5, pairs=pairs),
        leak_of("near_duplicates", False, p_value=1.0, rate=0.0),
        leak_of("target_copies", p_value=1e-9, columns=("a",)),
    ]
    finding = judge(Copies(), leaks)
    assert (finding.section, finding.checks, finding.title) == ("tip", ("copies",), "Copies")
    assert list(finding.evidence["leakage_checks"]) == ["exact_duplicates", "near_duplicates"]
    assert finding.evidence["fix"] == "Split again."
    assert finding.p_value is None
    # Validation rows come first in what was judged: training rows are counted from their own start.
    listed = finding.evidence["training_and_validation_rows"]
    assert listed == [[k, k % 20] for k in range(N_PAIRS_SHOWN)]
    assert finding.rows.tolist() == list(range(20))


def test_nothing_found_has_passed(judge, leak_of):
    """Where no check found anything the finding passes, without a p-value for the report."""
    finding = judge(Copies(), [leak_of("exact_duplicates", False, p_value=0.5, rate=0.0)])
    assert (finding.section, finding.p_value, finding.rows) == ("passed", None, None)
    assert "fix" not in finding.evidence


def test_what_could_not_be_told_has_not_passed(judge, leak_of):
    """A doubt of one check is louder than the pass of another one."""
    leaks = [
        leak_of("exact_duplicates", False, p_value=0.5, rate=0.0),
        leak_of("near_duplicates", None, "Could not tell: rows lie dense.", p_value=0.2),
    ]
    finding = judge(Copies(), leaks)
    assert finding.section == "not_applicable"
    assert finding.message.startswith("could not tell")


def test_checks_that_were_not_asked_are_not_applicable(judge, leak_of):
    """A slug of which no check was asked names the effort that asks."""
    with pytest.raises(CheckNotApplicable, match="effort='normal'"):
        judge(Copies(), [leak_of("group_overlap", False)])


def test_evidence_without_a_split_is_not_applicable(analyse, calibrated):
    """Without both parts the reason says what compares them, or why they could not be compared."""
    analysis = analyse(*calibrated(50))
    with pytest.raises(CheckNotApplicable, match="X_val="):
        Copies().run(analysis)
    analysis.evidence.facts["no_leaks_reason"] = "Other columns."
    with pytest.raises(CheckNotApplicable, match=r"Other columns\."):
        Copies().run(analysis)


def test_a_leak_that_flatters_is_an_issue():
    """Beyond chance, above the floor and in enough rows: an issue with what is at stake."""
    finding = with_flattery(TIP, flattery(0.05), 0.2, 0.01, 1e-4)
    assert finding.section == "issue"
    assert finding.p_value == 1e-4  # the larger of the two
    assert finding.estimate == 0.05
    assert finding.nats_at_stake == finding.ci[0]
    assert finding.message.startswith("There are copies. That flatters the scores: by 0.050 [")


@pytest.mark.parametrize(
    ("seen", "share", "p_leak"),
    [
        (flattery(0.009), 0.2, 0.0),
        (flattery(0.05, p_value=0.02), 0.2, 0.0),
        (flattery(0.05), METRIC_FLOOR / 2, 0.0),
        (flattery(0.05), 0.2, 0.02),
        (flattery(-0.05, p_value=1.0), 0.2, 0.0),
        (None, 0.2, 0.0),
    ],
    ids=["below the floor", "chance", "few rows", "no leak", "the other way", "not measured"],
)
def test_a_leak_without_harm_is_a_tip(seen, share, p_leak):
    """An issue needs a leak, harm, and rows enough to matter."""
    finding = with_flattery(TIP, seen, share, 0.01, p_leak)
    assert finding.section == "tip"
    assert finding.p_value is None
    assert finding.nats_at_stake is None
    assert len(finding.message) > len(TIP.message)


def test_points_are_at_stake_of_a_metric():
    """What is measured by the metric counts as errors."""
    finding = with_flattery(TIP, flattery(0.05, unit="points"), 0.2, 0.01, 0.0)
    assert finding.errors_at_stake == finding.ci[0]
    assert "of the metric" in finding.message


def test_a_leak_that_cannot_be_undone_needs_a_share():
    """By its trace alone a leak is an issue from the smallest share that can matter on."""
    finding = as_issue(TIP, 0.3, 1e-5)
    assert (finding.section, finding.estimate, finding.p_value) == ("issue", 0.3, 1e-5)
    assert as_issue(TIP, METRIC_FLOOR / 2, 1e-5) is TIP


def test_the_least_sure_check_gives_the_p_value():
    """Several checks are as sure as the least sure one; facts are certain."""

    class Result:
        def __init__(self, p):
            self.p_adjusted = p

    assert leak_p([Result(0.001), Result(1e-9), Result(None)]) == 0.001
    assert leak_p([Result(None)]) == 0.0
