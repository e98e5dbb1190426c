"""The one-sentence answer of a report on folds, and the lines above it."""

import numpy as np
import pytest

from sklearn_lossfix._core._paired_tests import Estimate
from sklearn_lossfix.diagnosis._split_findings import check_results
from sklearn_lossfix.diagnosis._split_verdict import split_headline, split_verdict


def verdict_of(evidence):
    """The verdict on what an audit saw."""
    return split_verdict(check_results(evidence, ()), evidence.effect)


def headline_of(evidence):
    """Lines by label."""
    lines = split_headline(evidence, check_results(evidence, ()))
    return {line["label"]: line for line in lines}


def test_copies_are_told_with_their_rate_and_that_of_chance(split_evidence, leak_of):
    """The sentence that a user reads first."""
    leak = leak_of("exact_duplicates", rate=0.12, expected_rate=0.001)
    assert verdict_of(split_evidence([leak])) == (
        "12.0% of the test rows have an equal row in training (expected by chance: 0.1%): scores "
        "of these folds are too good."
    )


def test_facts_have_no_chance(split_evidence, leak_of):
    """A group on both sides is not compared with chance."""
    leak = leak_of("group_overlap", rate=0.5, expected_rate=0.0)
    assert verdict_of(split_evidence([leak])) == (
        "50.0% of the test rows belong to a group that is in training: scores of these folds are "
        "too good."
    )


def test_other_checks_speak_with_their_first_sentence(split_evidence, leak_of):
    """What they say of columns is the verdict; a colon inside it is not followed by another."""
    leak = leak_of("target_copies", message="'a' tells y: AUC 0.999. It is known late.")
    assert verdict_of(split_evidence([leak])) == (
        "'a' tells y: AUC 0.999; scores of these folds are too good."
    )


def test_other_leaks_and_doubts_are_named(leaky_split):
    """One sentence, with what else was found and how many checks could not tell."""
    verdict = verdict_of(leaky_split())
    assert verdict.startswith("41.7% of the test rows have an equal row in training")
    assert verdict.endswith("; also found: leaky-feature; 1 check could not tell.")


@pytest.mark.parametrize(
    ("estimate", "words"),
    [
        (Estimate(0.2, 0.02, 0.16, 0.24), "are too good, by 0.2 nats [0.16, 0.24]"),
        (
            Estimate(0.01, 0.02, -0.03, 0.05),
            "can be too good, though not measurably for this model (0.01 nats [-0.03, 0.05])",
        ),
    ],
)
def test_effect_says_whether_it_was_measured(leaky_split, estimate, words):
    """Only an interval above zero proves that scores are too good."""
    effect = {**leaky_split().effect, "inflation": estimate}
    assert words in verdict_of(leaky_split(effect=effect))


@pytest.mark.parametrize(
    ("unit", "words"),
    [
        ("errors", "by 20.0 points [16.0, 24.0]"),
        ("balanced_accuracy", "by 0.2 [0.16, 0.24] of balanced accuracy"),
    ],
)
def test_units_of_the_effect(leaky_split, unit, words):
    """Errors are points, a score is named."""
    effect = {**leaky_split().effect, "unit": unit}
    assert words in verdict_of(leaky_split(effect=effect))


@pytest.mark.parametrize(
    ("check", "severity"), [("hidden_entities", "medium"), ("exact_duplicates", "low")]
)
def test_guesses_do_not_say_that_scores_are_too_good(split_evidence, leak_of, check, severity):
    """A guess, or a leak of low severity, can make scores too good."""
    leak = leak_of(check, rate=0.1, severity=severity)
    assert verdict_of(split_evidence([leak])).endswith("scores of these folds can be too good.")


def test_a_clean_verdict_is_no_proof(split_evidence, leak_of):
    """It counts what passed, names what could not tell and what did not apply."""
    leaks = [
        leak_of("exact_duplicates", False),
        leak_of("group_overlap", False),
        leak_of("near_duplicates", None),
    ]
    assert verdict_of(split_evidence(leaks)) == (
        "No leakage was found by 2 checks; 1 could not tell (near_duplicates); 1 did not apply "
        "(time_overlap): that is no proof."
    )


def test_matters_of_little_weight_are_named(split_evidence, leak_of):
    """Data that was scaled before the split is told, and not held against the folds."""
    leaks = [leak_of("exact_duplicates", False), leak_of("fitted_on_all_rows", severity="info")]
    assert verdict_of(split_evidence(leaks, not_applicable={})) == (
        "No leakage that flatters scores was found by 1 check; of little weight: "
        "preprocessed-before-split: that is no proof."
    )


def test_nothing_judged_is_not_clean(split_evidence):
    """Without any answer the verdict does not sound like one."""
    assert verdict_of(split_evidence([])) == (
        "No check could judge these folds: 1 did not apply (time_overlap)."
    )


def test_headline_counts_rows_checks_and_the_effect(leaky_split):
    """Leaked rows of the worst check and fold; how the checks ended; what the leak is worth."""
    lines = headline_of(leaky_split())
    assert lines["Rows"]["value"] == 60
    assert lines["Leaked test rows"]["value"] == 25 / 60
    assert lines["Leaked test rows"]["text"] == "by exact_duplicates; most in fold 0 (6 of 12)"
    assert lines["Checks"]["value"] == 7
    assert lines["Checks"]["text"] == (
        "2 found a leak, 1 found a matter of little weight, 2 found none, 1 could not tell, "
        "1 did not apply"
    )
    assert lines["Worth of the leak"]["value"] == 0.2
    assert (
        "log loss 0.3 with leaked rows in training, 0.5 without"
        in (lines["Worth of the leak"]["text"])
    )


def test_headline_without_leaks(clean_split):
    """No rate is claimed, and no effect."""
    lines = headline_of(clean_split())
    assert lines["Leaked test rows"]["value"] is None
    assert "Worth of the leak" not in lines


def test_empty_test_parts_are_no_division_by_zero(leaky_split):
    """A fold without test rows has no share."""
    evidence = leaky_split()
    evidence.per_fold["n_test"][4] = 0
    evidence.per_fold["exact_duplicates"][4] = 0
    value = headline_of(evidence)["Leaked test rows"]["value"]
    assert np.isclose(value, 21 / 48)
