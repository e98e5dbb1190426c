"""Checks of leakage become findings: one per slug, each check named once."""

import pytest

from sklearn_lossfix.diagnosis._split_findings import by_weight, check_results, split_findings


class Registered:
    """A check that there is, which was not asked."""

    name, slug, title = "selected_on_all_rows", "preprocessed-before-split", "Selection"


def findings_of(evidence, registered=()):
    """Findings by slug."""
    return {f.name: f for f in split_findings(check_results(evidence, registered))}


def test_every_check_stands_in_exactly_one_finding(leaky_split):
    """All that were asked and those that were not, once each."""
    evidence = leaky_split()
    found = findings_of(evidence, [Registered])
    named = [name for finding in found.values() for name in finding.checks]
    assert sorted(named) == sorted([*evidence.titles, Registered.name])
    assert len(named) == len(set(named))


def test_results_keep_the_order_of_the_checks(leaky_split):
    """As asked; those that were not asked come last."""
    evidence = leaky_split()
    results = check_results(evidence, [Registered])
    assert [r.check for r in results] == [*evidence.titles, Registered.name]
    assert results[-1].section == "ignored"


def test_a_registered_check_that_was_asked_is_no_second_one(leaky_split, leak_of):
    """Registered and asked is one check."""
    evidence = leaky_split()

    class Asked:
        name, slug, title = "exact_duplicates", "leaked-rows", "Equal rows"

    assert len(check_results(evidence, [Asked])) == len(evidence.titles)


@pytest.mark.parametrize(
    ("found", "severity", "section"),
    [
        (True, "critical", "issue"),
        (True, "low", "issue"),
        (True, "info", "tip"),
        (False, "", "passed"),
        (None, "", "not_applicable"),
    ],
)
def test_sections_follow_the_answer(split_evidence, leak_of, found, severity, section):
    """A leak is an issue, of severity info a tip; a doubt is not passed."""
    evidence = split_evidence([leak_of("target_copies", found, severity=severity)])
    finding = findings_of(evidence)["leaky-feature"]
    assert finding.section == section


@pytest.mark.parametrize("message", ["Rows lie dense.", "Could not tell: Rows lie dense."])
def test_a_doubt_begins_with_could_not_tell(split_evidence, leak_of, message):
    """Once, whether the check said so or not."""
    evidence = split_evidence([leak_of("near_duplicates", None, message)])
    assert findings_of(evidence)["leaked-rows"].message == "could not tell: Rows lie dense."


def test_reasons_of_checks_that_did_not_apply_are_kept(leaky_split):
    """The message is the reason."""
    finding = findings_of(leaky_split())["time-overlap"]
    assert (finding.section, finding.message) == ("not_applicable", "No times were given.")


@pytest.mark.parametrize("order", [1, -1])
def test_a_doubt_is_not_hidden_behind_a_pass(split_evidence, leak_of, order):
    """One check passed, one could not tell: the finding is not passed, in either order."""
    leaks = [leak_of("exact_duplicates", False), leak_of("near_duplicates", None, "Rows are few.")]
    finding = findings_of(split_evidence(leaks[::order]))["leaked-rows"]
    assert finding.section == "not_applicable"
    assert finding.message.startswith("could not tell")
    assert finding.evidence["other_checks"] == {
        "exact_duplicates": "no: exact_duplicates found nothing."
    }


def test_checks_of_one_slug_are_one_finding(split_evidence, leak_of):
    """The worst speaks first; columns, advice and numbers of all are there."""
    leaks = [
        leak_of("target_encoding", columns=("a", "b"), fix="First.", severity="medium"),
        leak_of(
            "fitted_on_all_rows",
            columns=("b", "c"),
            fix="Second.",
            severity="high",
            rate=0.1,
            p_value=0.0,
            details={"atoms": 3},
        ),
    ]
    finding = findings_of(split_evidence(leaks))["preprocessed-before-split"]
    assert finding.checks == ("fitted_on_all_rows", "target_encoding")
    assert finding.title == "Fitted on all rows"
    assert finding.message == (
        "fitted_on_all_rows found something. Also: target_encoding found something."
    )
    assert finding.evidence["columns"] == ["b", "c", "a"]
    assert finding.evidence["fix"] == "Second. First."
    assert finding.evidence["atoms"] == 3
    assert (finding.estimate, finding.p_value, finding.unit) == (0.1, 0.0, "share")


def test_several_reasons_are_told_with_their_checks(split_evidence, leak_of):
    """Two doubts of one slug are one message that names both."""
    leaks = [leak_of("target_encoding", None, "A."), leak_of("fitted_on_all_rows", None, "B.")]
    finding = findings_of(split_evidence(leaks))["preprocessed-before-split"]
    assert finding.message == "could not tell: target_encoding: A; fitted_on_all_rows: B."


def test_issues_are_ranked_by_severity_then_by_rate(split_evidence, leak_of):
    """Whatever the order of the checks; then come the other sections."""
    leaks = [
        leak_of("group_overlap", rate=0.2),
        leak_of("target_encoding", False),
        leak_of("fitted_on_all_rows", False),
        leak_of("exact_duplicates", rate=0.3),
        leak_of("target_copies", rate=0.01, severity="critical"),
    ]
    results = check_results(split_evidence(leaks), ())
    assert [f.name for f in split_findings(results)] == [
        *("leaky-feature", "leaked-rows", "group-overlap"),
        *("preprocessed-before-split", "time-overlap"),
    ]
    assert [r.check for r in by_weight(results)][:3] == [
        *("target_copies", "exact_duplicates", "group_overlap"),
    ]


def test_what_another_leak_explains_names_its_finding(split_evidence, leak_of):
    """Copies that another leak makes have passed, and say whose doing they are."""
    details = {"explained_by": "target_encoding"}
    leaks = [leak_of("target_encoding"), leak_of("exact_duplicates", False, details=details)]
    found = findings_of(split_evidence(leaks))
    assert found["leaked-rows"].section == "passed"
    assert found["leaked-rows"].explained_by == "preprocessed-before-split"
    assert found["preprocessed-before-split"].explained_by is None
