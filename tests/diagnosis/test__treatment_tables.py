"""What a report says of treatments: tables that can be worked out again from what was recorded."""

import json
from dataclasses import replace

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import brier_score_loss, log_loss, precision_score, recall_score

from sklearn_lossfix import FitReport
from sklearn_lossfix._core._paired_tests import paired_estimate
from sklearn_lossfix.diagnosis._treatment_tables import (
    class_columns,
    quality_columns,
    treatment_columns,
    treatment_facts,
    treatment_tables,
)

TABLES = {"treatments", "skipped_treatments", "treatment_classes", "probability_quality"}


@pytest.fixture(params=[2, 4], ids=["two classes", "four classes"])
def n_classes(request):
    """Numbers of classes."""
    return request.param


@pytest.fixture(params=[False, True], ids=["rows", "weights"])
def weight(request):
    """Weights of the rows that are drawn, some of them zero; or none."""
    if not request.param:
        return None
    rng = np.random.default_rng(1)
    return rng.exponential(size=500) * (rng.random(500) > 0.1)


@pytest.fixture
def recorded(treatments, treated, n_classes, weight):
    """Evidence of treatments for each number of classes, with and without weights."""
    return treated(*treatments(n_classes=n_classes), best=2, sample_weight=weight)


# --- treatments ------------------------------------------------------------------------------


def test_treatments_are_those_recorded_in_their_order(recorded):
    """One row each; the cost of the chosen one is nothing, of others what they would have lost."""
    columns = treatment_columns(recorded)
    for key, name in (
        ("treatment", "names"),
        ("metric", "values"),
        ("low", "low"),
        ("high", "high"),
        ("metric_at_default_rule", "defaults"),
        ("lead", "lead"),
        ("lead_se", "lead_error"),
        ("log_loss", "log_loss"),
        ("brier", "brier"),
        ("log_loss_uncorrected", "raw_log_loss"),
        ("brier_uncorrected", "raw_brier"),
        ("correction", "corrections"),
        ("rule", "rules"),
        ("fit_time", "fit_time"),
    ):
        assert columns[key] == list(getattr(recorded, name))
    assert np.flatnonzero(columns["chosen"]).tolist() == [2]
    assert columns["cost"][2] == 0.0
    assert np.add(columns["cost"], columns["metric"][2]) == pytest.approx(columns["metric"])


def test_losses_of_the_chosen_treatment_are_those_of_its_probabilities(recorded):
    """The table of treatments and the table of probabilities tell the same numbers."""
    labels = list(range(recorded.proba.shape[1]))
    quality = quality_columns(recorded, labels)
    columns = treatment_columns(recorded)
    for row, name in enumerate(("log_loss", "brier")):
        assert quality["after_correction"][row] == pytest.approx(columns[name][2])
        assert quality["before_correction"][row] == pytest.approx(columns[f"{name}_uncorrected"][2])
        assert quality["untreated"][row] == pytest.approx(columns[f"{name}_uncorrected"][0])


# --- classes ---------------------------------------------------------------------------------


def test_recall_and_precision_are_those_of_scikit_learn(recorded, n_classes):
    """Before: the untreated model at the default rule. After: the chosen one under its rule."""
    columns = class_columns(recorded, list("abcd"[:n_classes]))
    for when, codes in (("before", recorded.untreated_codes), ("after", recorded.codes)):
        for name, score in (("recall", recall_score), ("precision", precision_score)):
            expected = score(
                recorded.y,
                codes,
                average=None,
                labels=range(n_classes),
                sample_weight=recorded.sample_weight,
                zero_division=np.nan,
            )
            assert columns[f"{name}_{when}"] == pytest.approx(expected.tolist(), nan_ok=True)
    assert columns["class"] == list("abcd"[:n_classes])
    assert sum(columns["n_rows"]) == len(recorded.y)
    shares = [np.average(recorded.y == k, weights=recorded.sample_weight) for k in range(n_classes)]
    assert columns["share"] == pytest.approx(shares)


def test_what_never_happens_has_no_rate(treatments, treated):
    """A class that is never predicted has no precision; one without rows has no recall."""
    y, raw = treatments()
    recorded = treated(y, raw, untreated_codes=np.zeros(len(y), dtype=int))
    columns = class_columns(recorded, [0, 1])
    assert columns["recall_before"] == [1.0, 0.0]
    assert np.isnan(columns["precision_before"][1])
    absent = replace(recorded, y=np.zeros(len(y), dtype=int))
    columns = class_columns(absent, [0, 1])
    assert np.isnan(columns["recall_after"][1])
    assert columns["n_rows"] == [len(y), 0]
    unknown = class_columns(replace(recorded, untreated_codes=None), [0, 1])
    assert np.isnan(unknown["recall_before"]).all()
    assert unknown["recall_after"] == class_columns(recorded, [0, 1])["recall_after"]


# --- probabilities ---------------------------------------------------------------------------


def test_losses_are_those_of_scikit_learn(recorded, n_classes):
    """Log loss and Brier score of the three states, from the recorded arrays."""
    columns = quality_columns(recorded, list(range(n_classes)))
    assert columns["quantity"][:2] == ["log loss", "Brier score"]
    options = {"sample_weight": recorded.sample_weight}
    for key, proba in (
        ("untreated", recorded.untreated_proba),
        ("before_correction", recorded.raw_proba),
        ("after_correction", recorded.proba),
    ):
        loss = log_loss(recorded.y, proba, labels=range(n_classes), **options)
        if n_classes == 2:
            brier = brier_score_loss(recorded.y, proba[:, 1], **options)
        else:
            squares = np.square(proba - np.eye(n_classes)[recorded.y]).sum(axis=1)
            brier = np.average(squares, weights=recorded.sample_weight)
        assert columns[key][:2] == pytest.approx([loss, brier])


def test_calibration_in_the_large_is_that_of_the_rarest_class(recorded, n_classes):
    """Mean forecast minus share; it is named, and a change of it is not judged."""
    columns = quality_columns(recorded, list("abcd"[:n_classes]))
    w = recorded.sample_weight
    shares = [np.average(recorded.y == k, weights=w) for k in range(n_classes)]
    k = int(np.argmin(shares))
    assert columns["quantity"][2] == f"calibration in the large of {'abcd'[k]!r}"
    for key, proba in (
        ("untreated", recorded.untreated_proba),
        ("after_correction", recorded.proba),
    ):
        mean = np.average(proba[:, k], weights=w)
        assert columns[key][2] == pytest.approx(mean - shares[k])
    assert np.isnan([columns[key][2] for key in ("change", "change_low", "change_high")]).all()


def test_changes_are_after_minus_before_and_paired(recorded, n_classes):
    """The change is the difference of the two columns, its interval that of row differences."""
    columns = quality_columns(recorded, list(range(n_classes)))
    for row in range(2):
        change = columns["after_correction"][row] - columns["before_correction"][row]
        assert columns["change"][row] == pytest.approx(change)
    rows = np.arange(len(recorded.y))
    differences = np.log(recorded.raw_proba[rows, recorded.y] / recorded.proba[rows, recorded.y])
    expected = paired_estimate(differences, recorded.sample_weight)
    assert columns["change_low"][0] == pytest.approx(expected.low)
    assert columns["change_high"][0] == pytest.approx(expected.high)


def test_rows_that_are_scored_twice_count_once(treatments, treated):
    """Repeats of a row do not make an interval narrower: units vary, not scores."""
    recorded = treated(*treatments(), best=2)
    arrays = {
        name: np.concatenate([getattr(recorded, name)] * 2)
        for name in ("y", "units", "proba", "raw_proba", "untreated_proba")
    }
    once, twice = (quality_columns(r, [0, 1]) for r in (recorded, replace(recorded, **arrays)))
    for key in list(once)[1:]:
        assert twice[key] == pytest.approx(once[key], nan_ok=True)
    as_rows = quality_columns(replace(recorded, **arrays | {"units": np.arange(1_000)}), [0, 1])
    assert as_rows["change_high"][0] - as_rows["change_low"][0] == pytest.approx(
        (once["change_high"][0] - once["change_low"][0]) / np.sqrt(2), rel=0.01
    )


def test_states_that_are_not_known_are_left_open(treatments, treated):
    """Without the untreated or the uncorrected probabilities the other numbers stay."""
    recorded = treated(*treatments(), best=2)
    full = quality_columns(recorded, [0, 1])
    part = quality_columns(replace(recorded, raw_proba=None, untreated_proba=None), [0, 1])
    assert part["after_correction"] == full["after_correction"]
    for key in ("untreated", "before_correction", "change", "change_low", "change_high"):
        assert np.isnan(part[key]).all()


# --- which tables there are ------------------------------------------------------------------


@pytest.mark.parametrize(
    ("missing", "absent"),
    [
        ((), set()),
        (("proba", "raw_proba", "untreated_proba"), {"probability_quality"}),
        (("y", "codes", "proba"), {"treatment_classes", "probability_quality"}),
    ],
)
def test_tables_follow_what_was_recorded(analyse, treatments, treated, missing, absent):
    """Without rows there is no table of classes, without probabilities none of these."""
    y, raw = treatments()
    recorded = replace(treated(y, raw), **dict.fromkeys(missing))
    evidence = analyse(y, raw[0], treatments=recorded).evidence
    assert set(treatment_tables(evidence)) == TABLES - absent


def test_skipped_treatments_stand_with_their_reason(analyse, treatments, treated):
    """The table is there when nothing was skipped, too."""
    y, raw = treatments()
    recorded = treated(y, raw)
    for skipped in (recorded.skipped, {}):
        evidence = analyse(y, raw[0], treatments=replace(recorded, skipped=skipped)).evidence
        table = treatment_tables(evidence)["skipped_treatments"]
        assert dict(zip(table["treatment"], table["reason"], strict=True)) == skipped


def test_facts_name_the_choice(treatments, treated):
    """The context says what was chosen, how, and what was left out."""
    recorded = treated(*treatments(), best=1, select="one_se")
    assert treatment_facts(recorded) == {
        "metric": "balanced_accuracy",
        "chosen": "class_weight_sqrt",
        "select": "one_se",
        "n_treatments": 4,
        "skipped": recorded.skipped,
    }


# --- reports ---------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def fitted(recorded_treatments, table):
    """A fitted choice among treatments."""
    return recorded_treatments(LogisticRegression(), {"C": [1e-3, 1.0]}).fit(*table(300))


def test_treatments_take_the_place_of_the_candidates(fitted):
    """They are told once: the gap and the threshold stay, the candidates do not."""
    report = fitted.diagnose()
    assert set(report.tables) >= TABLES | {"gap", "threshold_curve"}
    assert "candidates" not in report.tables
    assert report.context["search"]["n_candidates"] == report.context["treatments"]["n_treatments"]
    names = report.frame("treatments")["treatment"].tolist()
    assert names == list(fitted.treatments_.names)


def test_tables_speak_of_the_record_whatever_rows_are_judged(fitted, table):
    """On held-out rows the numbers of the treatments are still those out of fold."""
    own, other = fitted.diagnose(), fitted.diagnose(*table(90, seed=5))
    assert other.context["source"] == "validation"
    for name in TABLES:
        assert other.frame(name).equals(own.frame(name))


def test_models_without_treatments_have_no_such_table(fitted, recorded_search, table):
    """A search that chose among other things is reported as before."""
    search = recorded_search(LogisticRegression(), {"C": [1e-3, 1.0]}).fit(*table(300))
    report = search.diagnose()
    assert not TABLES & set(report.tables)
    assert "candidates" in report.tables
    assert "treatments" not in report.context


def test_numbers_that_do_not_exist_are_null_in_json(treatment_report, treatments):
    """A treatment without probabilities has no loss: null, and NaN again when read back."""
    y, raw = treatments()
    unknown = np.full(len(raw), np.nan)
    report = treatment_report(y, raw, log_loss=unknown, brier=unknown)
    table = json.loads(report.to_json())["tables"]["treatments"]
    assert table["brier"] == [None] * len(raw)
    back = FitReport.from_json(report.to_json())
    assert back.frame("treatments")["brier"].isna().all()
    assert back.frame("treatment_classes").equals(report.frame("treatment_classes"))
