"""The one-sentence answer, the headline and the order of issues."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import brier_score_loss, log_loss

from sklearn_lossfix import diagnose_predictions
from sklearn_lossfix._core._finding import Finding
from sklearn_lossfix._core._paired_tests import wilson_interval
from sklearn_lossfix.diagnosis._verdict import (
    counted_candidates,
    headline,
    number,
    rank,
    ranking_text,
    stake_interval,
    treatment_line,
    verdict,
)
from sklearn_lossfix.diagnosis.ledgers._ledger import Ledger, LedgerRow


def issue(name, **fields):
    """An issue with a message."""
    return Finding(name, "issue", "Title", f"Message of {name}.", **fields)


@given(st.floats(1e-300, 9e5))
def test_numbers_keep_three_digits(value):
    """What is printed is within half a unit of the third digit, of the second where it is tiny."""
    error = abs(float(number(value)) - value)
    assert error <= (0.05 if value < 1e-4 else 0.005) * value * (1 + 1e-9)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, "n/a"),
        (np.nan, "n/a"),
        (np.inf, "n/a"),
        (0, "0"),
        (-0.0, "0"),
        (0.12345, "0.123"),
        (2.17, "2.17"),
        (12345.0, "12345"),
        (1.5e7, "1.5e+07"),
    ],
)
def test_numbers_as_a_reader_wants_them(value, text):
    """No exponent where it can be avoided, and words for what is no number."""
    assert number(value) == text


def test_the_headline_holds_loss_and_both_accuracies(analyse, calibrated):
    """Without `scoring`, balanced accuracy stands beside accuracy; each beside its constant."""
    y, proba = calibrated(300)
    loss, brier, accuracy, balanced = headline(analyse(y, proba))
    assert brier["value"] == pytest.approx(brier_score_loss(y, proba[:, 1]))
    assert [loss["label"], loss["unit"]] == ["Loss", "nats"]
    assert loss["value"] == pytest.approx(log_loss(y, proba))
    assert accuracy["value"] == pytest.approx(np.mean(proba.argmax(axis=1) == y))
    assert f"{max(np.mean(y), 1 - np.mean(y)):.3f}" in accuracy["text"]
    assert balanced["label"] == "Balanced accuracy"
    assert balanced["text"].endswith("gives 0.500")


@pytest.mark.parametrize("n_rows", [20, 200, 601])
def test_rows_that_are_all_right_are_no_certainty(analyse, n_rows):
    """Accuracy has Wilson's interval there, and what has none shows none."""
    y = np.arange(n_rows) % 2
    analysis = analyse(y, np.column_stack([0.9 - 0.8 * y, 0.1 + 0.8 * y]))
    *_, accuracy, balanced = headline(analysis)
    low, high = wilson_interval(1.0, n_rows)
    assert accuracy["text"].startswith(f"[{low:.3f}, {high:.3f}]; always answering")
    assert balanced["text"].startswith("always answering")
    assert ranking_text(analysis) == "AUC 1.00"


def test_the_headline_holds_the_metric_that_was_asked_for(analyse, calibrated):
    """With `scoring` only that metric is shown."""
    lines = headline(analyse(*calibrated(300), scoring="f1"))
    assert [line["label"] for line in lines] == ["Loss", "Brier score", "F1"]


def test_the_headline_says_that_there_is_no_loss(analyse, calibrated):
    """Labels alone have no loss."""
    y, proba = calibrated(100)
    line = headline(analyse(y, pred=proba.argmax(axis=1)))[0]
    assert line["value"] is None
    assert "no probabilities" in line["text"]


def test_the_headline_compares_with_the_class_shares(analyse, calibrated):
    """Better or worse than always forecasting the shares, in per cent of their entropy."""
    y, proba = calibrated(300)
    assert "better than" in headline(analyse(y, proba))[0]["text"]
    assert "worse than" in headline(analyse(y, proba[:, ::-1]))[0]["text"]


def test_the_headline_of_a_search_starts_with_its_honest_score(analyse, candidates, searched):
    """The interval and the apparent score stand beside it; the other lines follow."""
    y, probas, params = candidates(n_rows=120)
    search = searched(y, probas, params)
    first, *others = headline(analyse(y, probas[0], search=search))
    assert (first["label"], first["value"]) == ("Honest score", search.honest)
    assert first["text"].startswith(f"[{search.honest_low:.3f}, {search.honest_high:.3f}]")
    assert f"apparent {number(search.apparent)}, best of 4 candidates" in first["text"]
    assert others == headline(analyse(y, probas[0]))


def test_the_headline_of_a_search_leaves_out_what_is_not_known(analyse, candidates, searched):
    """Without an honest score or an interval there is none to show."""
    y, probas, params = candidates(n_rows=120)
    search = searched(y, probas, params)
    first = headline(analyse(y, probas[0], search=replace(search, honest_low=np.nan)))[0]
    assert first["text"].startswith("balanced accuracy of the whole search")
    unknown = replace(search, honest=np.nan, honest_low=np.nan, honest_high=np.nan)
    assert np.isnan(headline(analyse(y, probas[0], search=unknown))[0]["value"])


def test_candidates_are_counted_in_words():
    """One is not several."""
    assert [counted_candidates(n) for n in (1, 2, 2000)] == [
        "1 candidate",
        "2 candidates",
        "2,000 candidates",
    ]


def test_issues_are_ranked_by_the_larger_share_at_stake(analyse, calibrated):
    """Nats count by their share of the loss, points by their share of the error."""
    analysis = analyse(*calibrated(300))
    loss, error = analysis.loss, analysis.error_ledger.total
    issues = [
        issue("failing-class"),
        issue("no-signal", nats_at_stake=0.1 * loss),
        issue("overconfident", errors_at_stake=0.5 * error),
        issue("majority-collapse", nats_at_stake=0.3 * loss, errors_at_stake=0.2 * error),
    ]
    for order in (issues, issues[::-1]):
        names = [finding.name for finding in rank(order, analysis)]
        assert names == ["overconfident", "majority-collapse", "no-signal", "failing-class"]


def test_nothing_overtakes_what_makes_the_rows_invalid(analyse, calibrated):
    """Leaked rows are told first, whatever else costs more; a symptom stands behind its causes."""
    analysis = analyse(*calibrated(300))
    issues = [
        issue("leaked-rows", nats_at_stake=0.01 * analysis.loss),
        issue("nonfinite-loss", nats_at_stake=0.2 * analysis.loss),
        issue("overfitting", nats_at_stake=0.2 * analysis.loss),
        issue("overconfident", nats_at_stake=0.9 * analysis.loss),
    ]
    names = [finding.name for finding in rank(issues, analysis)]
    assert names == ["leaked-rows", "overconfident", "overfitting", "nonfinite-loss"]


def test_underfitting_stands_behind_faults_of_the_training(analyse, calibrated):
    """What a model cannot learn is only known once it was trained well; other causes overtake."""
    analysis = analyse(*calibrated(300))
    dead = issue("dead-units", nats_at_stake=0.01 * analysis.loss)
    for name, first in (("underfitting", "dead-units"), ("overfitting", "overfitting")):
        later = issue(name, nats_at_stake=0.5 * analysis.loss)
        assert rank([later, dead], analysis)[0].name == first


@pytest.mark.parametrize(
    ("low", "high", "first"),
    [
        (0.2, 0.4, "overfitting"),  # the two overlap: the earlier cause
        (0.2, 0.29, "overconfident"),  # the later one is provably more
        (0.35, 0.4, "overfitting"),
    ],
)
def test_causes_come_first_unless_a_consequence_provably_costs_more(
    analyse, calibrated, low, high, first
):
    """What cannot be told apart by its stake stands in causal order."""
    analysis = analyse(*calibrated(300))
    loss = analysis.loss
    cause = issue(
        "overfitting",
        nats_at_stake=low * loss,
        unit="Brier",
        evidence={"loss_gain": [0.3 * loss, 0.0, low * loss, high * loss]},
    )
    later = issue(
        "overconfident", nats_at_stake=0.3 * loss, unit="nats", ci=(0.3 * loss, 0.5 * loss)
    )
    assert stake_interval(cause, analysis) == pytest.approx((low, high))
    assert stake_interval(later, analysis) == pytest.approx((0.3, 0.5))
    for order in ([cause, later], [later, cause]):
        assert rank(order, analysis)[0].name == first


def test_a_clean_report_says_that_loss_and_metric_agree(calibrated):
    """Calibrated forecasts: they agree, and how well the scores rank is told."""
    text = diagnose_predictions(*calibrated(1000)).verdict
    assert text.startswith("Loss and metric agree")
    assert "AUC" in text


def test_the_verdict_names_the_rule(calibrated):
    """A rare class that is ranked and not answered."""
    y, proba = calibrated(3000, offsets=np.array([0.0, -4.0]))
    text = diagnose_predictions(y, proba, scoring="balanced_accuracy").verdict
    assert "ranks well" in text
    assert "to the decision rule" in text


def test_the_verdict_says_that_forecasts_point_the_wrong_way(calibrated):
    """Swapped columns are named, and neither a good ranking nor over-confidence is claimed."""
    y, proba = calibrated(1000)
    report = diagnose_predictions(y, proba[:, ::-1])
    assert report["misaligned-decision-rule"].section == "issue"
    assert "point the wrong way (AUC 0.1" in report.verdict
    assert "ranks well" not in report.verdict
    assert "over-confidence" not in report.verdict


def test_the_verdict_names_the_direction_of_confidence(calibrated, sharpened):
    """Too sure or too timid, with nats, and what the rule costs beside it."""
    y, proba = calibrated(1000)
    over = diagnose_predictions(y, sharpened(proba, 3.0)).verdict
    assert "over-confidence, while the decision rule costs" in over
    under = diagnose_predictions(y, sharpened(proba, 0.3)).verdict
    assert "under-confidence" in under


@pytest.mark.parametrize(
    ("low", "high", "expected"),
    [
        (-0.02, 0.02, "while the decision rule costs 0.0 points"),
        (0.05, 0.15, "and with it the labels lose 10.0 points of the metric."),
        (-0.05, 0.25, "whether the decision rule costs anything could not be told (10.0 [-5.0, "),
    ],
)
def test_the_verdict_claims_a_cost_of_the_rule_only_where_it_is_proven(
    analyse, calibrated, low, high, expected
):
    """An interval that holds zero is shown, and nothing is said to be lost."""
    analysis = analyse(*calibrated(200))
    middle = (low + high) / 2
    rows = (LedgerRow("reference and ranking", 0.2), LedgerRow("decision rule", middle, low, high))
    analysis.error_ledger = Ledger("1 - accuracy", "share", 0.2 + middle, {"ladder": rows})
    assert expected in verdict(analysis, [issue("overconfident", estimate=0.1)])


def test_no_signal_goes_before_what_it_causes(analyse, calibrated):
    """Where there is no signal, over-confidence and the rule are beside the point."""
    found = [issue("overconfident", estimate=0.1), issue("no-signal")]
    text = verdict(analyse(*calibrated(100)), found)
    assert "no signal" in text
    assert "confiden" not in text


def test_what_drowns_a_signal_goes_before_its_absence(analyse, calibrated):
    """A model without signal that a proven cause was seen to give back has that cause first."""
    found = [issue("no-signal"), issue("unscaled-features"), issue("overconfident", estimate=0.1)]
    text = verdict(analyse(*calibrated(100)), found)
    assert text.startswith("Message of unscaled-features")
    assert text.index("no signal") > text.index("unscaled-features")


def test_another_issue_speaks_for_itself(analyse, calibrated):
    """The first of the ranked issues gives the sentence."""
    found = [issue("failing-class"), issue("nonfinite-loss")]
    assert verdict(analyse(*calibrated(100)), found) == "Message of failing-class."


def test_explained_issues_do_not_speak(analyse, calibrated):
    """What an earlier cause explains is named under it, not on its own."""
    found = [
        issue("unscaled-features"),
        issue("overconfident", estimate=0.1, explained_by="unscaled-features"),
    ]
    text = verdict(analyse(*calibrated(100)), found)
    assert text == "Message of unscaled-features (which also explains overconfident)."


def test_without_probabilities_the_loss_was_not_judged(analyse, calibrated):
    """The verdict on labels says so."""
    y, proba = calibrated(100)
    assert "was not judged" in verdict(analyse(y, pred=proba.argmax(axis=1)), [])


def test_few_rows_prove_nothing(calibrated):
    """No issue on 150 rows is no good news, and the verdict says why."""
    y, proba = calibrated(150, spread=0.3)
    report = diagnose_predictions(y, proba)
    assert report.issues == []
    assert "too few to tell" in report.verdict
    assert report["validation-too-small"].message in report.verdict


def test_what_is_suspected_is_said_where_nothing_is_proven(analyse, calibrated):
    """The likeliest cause, and that it is not proven."""
    suspect = replace(issue("overconfident"), section="tip", p_value=0.02)
    text = verdict(analyse(*calibrated(100)), [], suspects=[suspect, issue("no-signal")])
    assert text == "No issue is proven; the likeliest cause: message of overconfident."


def test_ranking_in_words(analyse, calibrated):
    """One area for two classes, their mean for more, nothing without scores."""
    y, proba = calibrated(200)
    assert ranking_text(analyse(y, proba)).startswith("AUC 0.")
    assert ranking_text(analyse(y, pred=y)) is None
    many = ranking_text(analyse(*calibrated(200, n_classes=3)))
    assert many.startswith("mean one-vs-rest AUC 0.")
    assert ranking_text(analyse(np.zeros(20, dtype=int), proba[:20])) is None


# --- treatments ------------------------------------------------------------------------------


def compared(treated, treatments, values, best, *, names=None, **fields):
    """Evidence of treatments with these values of the metric."""
    y, raw = treatments(60, n_treatments=len(values))
    values = np.array(values)
    lead = np.nanmax(values) - values
    names = ("none", "class_weight_sqrt", "bagging")[: len(values)] if names is None else names
    return replace(
        treated(y, raw, best=best, **fields),
        names=names,
        values=values,
        lead=lead,
        lead_error=np.where(lead > 0, 0.006, 0.0),
    )


@pytest.mark.parametrize(
    ("values", "best", "select", "why"),
    [
        (
            [0.7, 0.704, 0.69],
            0,
            "one_se",
            "none, kept of 3; class_weight_sqrt is 0.004 (se 0.006) better, within one standard "
            "error",
        ),
        (
            [0.7, 0.731, 0.69],
            1,
            "one_se",
            "class_weight_sqrt, the greatest of 3; 0.031 [0.019, 0.043] better than none",
        ),
        (
            [0.7, 0.731, 0.735],
            1,
            "one_se",
            "class_weight_sqrt, chosen of 3; bagging is 0.004 (se 0.006) better, within one "
            "standard error; class_weight_sqrt is 0.031 better than none",
        ),
        (
            [0.7, 0.69, 0.68],
            0,
            "best",
            "none, the greatest of 3; 0.010 [-0.002, 0.022] better than class_weight_sqrt",
        ),
        ([0.7, np.nan, np.nan], 0, "best", "none, the greatest of 3"),
        ([np.nan, 0.7, np.nan], 1, "best", "class_weight_sqrt, the greatest of 3"),
        ([0.7], 0, "best", "none, the only treatment that ran; 2 skipped"),
        # A tie is won by the one that was chosen, and differs by nothing.
        ([0.7, 0.7, 0.6], 1, "best", "class_weight_sqrt, the greatest of 3; 0 [0.000, 0.000]"),
        # Differences are not rounded to nothing.
        ([0.7, 0.70004, 0.6], 0, "one_se", "none, kept of 3; class_weight_sqrt is 4e-05 (se"),
    ],
)
def test_the_choice_among_treatments_has_a_reason(treated, treatments, values, best, select, why):
    """The metric of the chosen one, against the greatest and against no treatment."""
    line = treatment_line(compared(treated, treatments, values, best, select=select))
    assert line["label"] == "Treatment"
    assert line["value"] == values[best]
    assert line["text"].startswith(f"balanced accuracy with {why}")


def test_the_only_treatment_says_nothing_of_skipped_ones_without_any(treated, treatments):
    """What did not happen is not told."""
    line = treatment_line(compared(treated, treatments, [0.7], 0, skipped={}))
    assert line["text"].endswith("the only treatment that ran")


def test_a_choice_without_no_treatment_is_not_compared_with_it(treated, treatments):
    """Where the untreated model could not run, the greatest is compared with the next."""
    names = ("class_weight_sqrt", "bagging")
    line = treatment_line(compared(treated, treatments, [0.7, 0.72], 1, names=names))
    assert line["text"].endswith("better than class_weight_sqrt")


def test_a_chosen_treatment_of_unknown_metric_says_so(treated, treatments):
    """A number that does not exist is not compared."""
    line = treatment_line(compared(treated, treatments, [np.nan, 0.7], 0))
    assert line["text"].endswith("none, chosen of 2; its metric is not known")


def test_the_honest_score_is_that_of_the_whole_choice(
    analyse, searched, treated, treatments, candidates
):
    """With treatments the search is a choice; its line stands first, theirs next."""
    y, probas, params = candidates()
    search = searched(y, probas, params, n_bootstrap=5)
    recorded = treated(y, probas)
    for fields, words in (({}, "whole search"), ({"treatments": recorded}, "whole choice")):
        lines = headline(analyse(y, probas[0], search=search, **fields))
        assert f"balanced accuracy of the {words}; apparent" in lines[0]["text"]
        assert (lines[1]["label"] == "Treatment") == bool(fields)


def test_rounding_is_no_spread(calibrated):
    """Weights and groups leave rounding errors in the spread of rows that are all right."""
    rng = np.random.default_rng(0)
    y = np.arange(60) % 2
    proba = np.column_stack([0.9 - 0.8 * y, 0.1 + 0.8 * y])
    for facts in ({"sample_weight": rng.uniform(0.1, 3, 60)}, {"groups": np.arange(60) // 3}):
        text = str(diagnose_predictions(y, proba, scoring="accuracy", **facts))
        assert "[1.000, 1.000]" not in text
        assert ", 1.000]; always answering" in text
