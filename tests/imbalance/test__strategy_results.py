"""What the treatments were worth: every column worked out again from the scores of the search."""

from dataclasses import fields

import numpy as np
import pytest
from scipy.stats import norm
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import brier_score_loss, get_scorer, log_loss, roc_auc_score
from sklearn.model_selection import RepeatedStratifiedKFold
from sklearn.svm import LinearSVC
from sklearn.tree import DecisionTreeClassifier

from sklearn_lossfix import AutoBalancedClassifier
from sklearn_lossfix._core._evidence import TreatmentEvidence
from sklearn_lossfix.imbalance._strategy_results import (
    strategy_results,
    treatment_evidence,
    treatment_record,
)
from sklearn_lossfix.model_selection._joint_selection import LEFT_OUT_FACTOR


class Kept(AutoBalancedClassifier):
    """Keeps the search that its results were made from."""

    def _learn(self, run, spec):
        scored, learnt = super()._learn(run, spec)
        self.kept_ = run, spec, learnt
        return scored, learnt


def kept(estimator=None, **params):
    """A classifier with few samples, and the learner that most tests take."""
    params = {"cv": 3, "n_bootstrap": 10, "random_state": 0, **params}
    estimator = DecisionTreeClassifier(max_depth=4) if estimator is None else estimator
    return Kept(estimator, **params)


def weights(n_rows):
    """Weights of rows that are far from one another."""
    return np.random.default_rng(0).uniform(0.2, 3.0, n_rows)


@pytest.fixture(scope="module", params=["two classes", "three classes", "weights", "repeated"])
def fitted(request, rare, three):
    """Fitted classifiers, and the labels and weights of the rows that were scored."""
    X, y = three if request.param == "three classes" else rare
    weight = weights(len(y)) if request.param == "weights" else None
    cv = RepeatedStratifiedKFold(n_splits=3, n_repeats=2, random_state=0)
    model = kept(strategies="all", cv=cv if request.param == "repeated" else 3)
    model.fit(X, y, sample_weight=weight)
    row = np.concatenate(model.kept_[0].results.rows)
    return model, y[row], None if weight is None else weight[row]


def brier(y, proba, weight):
    """Of scikit-learn, which halves it for two classes."""
    proba = proba[:, 1] if proba.shape[1] == 2 else proba
    return brier_score_loss(y, proba, sample_weight=weight)


def test_columns_have_one_entry_per_treatment(fitted):
    """All columns are as long as there are treatments that ran."""
    results = fitted[0].strategy_results_
    assert list(results) == [
        "strategy",
        "metric",
        "metric_low",
        "metric_high",
        "metric_at_default_rule",
        "rank",
        "rule",
        "log_loss",
        "brier",
        "log_loss_uncorrected",
        "brier_uncorrected",
        "correction",
        "fit_time",
    ]
    n_ran = len(results["strategy"])
    assert n_ran + len(fitted[0].skipped_strategies_) == 12
    assert {len(column) for column in results.values()} == {n_ran}
    assert len(set(results["strategy"])) == n_ran


def test_losses_before_correction_are_those_of_the_recorded_probabilities(fitted):
    """scikit-learn gives the same for what the models of the folds said."""
    model, y, weight = fitted
    results, raw = model.strategy_results_, model.kept_[0].data.state["raw"]
    for k, name in enumerate(results["strategy"]):
        proba = raw[model.kept_[0].data.state["names"].index(name)]
        expected = log_loss(y, proba, sample_weight=weight)
        assert results["log_loss_uncorrected"][k] == pytest.approx(expected)
        assert results["brier_uncorrected"][k] == pytest.approx(brier(y, proba, weight))


def test_losses_after_correction_are_those_of_the_record(fitted):
    """The winner's are found again in the scores that are kept for the user."""
    model, y, weight = fitted
    results, proba = model.strategy_results_, model.oof_["scores"]
    place = results["strategy"].tolist().index(model.best_strategy_)
    np.testing.assert_array_equal(model.oof_["y"], y)
    assert results["log_loss"][place] == pytest.approx(log_loss(y, proba, sample_weight=weight))
    assert results["brier"][place] == pytest.approx(brier(y, proba, weight))
    assert results["correction"][place] == model.proba_correction_


def test_columns_fit_each_other(fitted):
    """Intervals hold their value; ranks sort them; the table of the search has the same values."""
    model, _, _ = fitted
    results, table = model.strategy_results_, model.cv_results_
    value = results["metric"]
    assert (results["metric_low"] <= value).all()
    assert (value <= results["metric_high"]).all()
    np.testing.assert_allclose(
        results["metric_high"] - value, value - results["metric_low"], atol=1e-12
    )
    assert [1 + int(np.sum(value > v)) for v in value] == results["rank"].tolist()
    np.testing.assert_array_equal(value, table["mean_test_score"])
    np.testing.assert_array_equal(
        results["metric_at_default_rule"], table["mean_test_score_at_default_rule"]
    )
    np.testing.assert_allclose(results["fit_time"], table["mean_fit_time"])
    np.testing.assert_array_equal(results["log_loss"], table["proper_loss"])
    assert results["strategy"][model.best_index_] == model.best_strategy_


def test_the_record_holds_what_the_choice_was_made_by(fitted):
    """Leads over treatments, and their standard error over the samples that all share."""
    model, _, _ = fitted
    run, spec, learnt = model.kept_
    record = treatment_record(run, spec, learnt, model.best_index_, "one_se", True)
    value = model.strategy_results_["metric"]
    np.testing.assert_allclose(record["lead"], value.max() - value)
    samples = model._resampled
    spread = [np.nanstd(samples[:, value.argmax()] - column) for column in samples.T]
    expected = LEFT_OUT_FACTOR * np.array(spread)
    np.testing.assert_allclose(record["lead_error"], expected, atol=1e-12)
    first = int(np.flatnonzero(record["lead"] <= record["lead_error"])[0])
    assert record["best"] == model.best_index_ == first
    np.testing.assert_array_equal(record["codes"], model.oof_["pred"])
    np.testing.assert_array_equal(record["proba"], model.oof_["scores"])
    np.testing.assert_array_equal(record["y"], model.oof_["y"])
    np.testing.assert_array_equal(record["untreated_codes"], record["untreated_proba"].argmax(1))


def test_the_record_without_rows_has_no_array_of_their_length(fitted):
    """Where nothing is kept of single rows, what is kept is one entry per treatment."""
    model, y, _ = fitted
    record = treatment_record(*model.kept_, model.best_index_, "best", False)
    assert set(record) == {"lead", "lead_error", "best", "select"}
    assert len(record["lead"]) == len(model.strategy_results_["strategy"]) < len(y)


def test_evidence_is_the_table_under_other_names(fitted):
    """Every field of the evidence is filled, each with the column that it speaks of."""
    model, _, _ = fitted
    evidence = treatment_evidence(model)
    results = model.strategy_results_
    assert all(
        getattr(evidence, field.name) is not None
        for field in fields(TreatmentEvidence)
        if field.name != "sample_weight"
    )
    assert evidence.names == tuple(results["strategy"])
    assert evidence.names[evidence.best] == model.best_strategy_
    assert evidence.skipped == model.skipped_strategies_
    assert (evidence.select, evidence.metric_name) == ("one_se", "balanced_accuracy")
    for ours, theirs in (
        ("values", "metric"),
        ("low", "metric_low"),
        ("high", "metric_high"),
        ("defaults", "metric_at_default_rule"),
        ("log_loss", "log_loss"),
        ("raw_log_loss", "log_loss_uncorrected"),
        ("brier", "brier"),
        ("raw_brier", "brier_uncorrected"),
    ):
        np.testing.assert_array_equal(getattr(evidence, ours), results[theirs])


# --- intervals ------------------------------------------------------------------------------------


def test_interval_of_accuracy_is_that_of_a_share(rare):
    """Accuracy is a mean of rows: its interval is the normal one of a binomial share."""
    model = kept(scoring="accuracy", decision_rule="default").fit(*rare)
    value = model.strategy_results_["metric"]
    half = norm.ppf(0.975) * np.sqrt(value * (1 - value) / len(rare[1]))
    np.testing.assert_allclose(model.strategy_results_["metric_high"] - value, half, rtol=1e-3)


def test_interval_widens_with_groups(rare):
    """Rows of one group tell less than as many of their own: here each stands there four times."""
    X, y = np.repeat(rare[0][:150], 4, axis=0), np.repeat(rare[1][:150], 4)
    params = {"scoring": "accuracy", "decision_rule": "default", "strategies": ["none"]}
    splits = [(np.flatnonzero(part), np.flatnonzero(~part)) for part in (np.arange(600) < 300,)]
    alone = kept(cv=splits, **params).fit(X, y).strategy_results_
    groups = np.repeat(np.arange(150), 4)
    grouped = kept(cv=splits, **params).fit(X, y, groups=groups).strategy_results_
    width, wide = (r["metric_high"] - r["metric_low"] for r in (alone, grouped))
    np.testing.assert_array_equal(alone["metric"], grouped["metric"])
    np.testing.assert_allclose(wide, 2 * width, rtol=0.05)


@pytest.mark.parametrize("scoring", ["roc_auc", "neg_log_loss"])
def test_interval_of_a_metric_of_scores_is_that_of_the_splits(rare, scoring):
    """The mean of the splits, with the correction of Nadeau and Bengio for shared rows."""
    model = kept(scoring=scoring, decision_rule="default", correct_proba=None).fit(*rare)
    results, table = model.strategy_results_, model.cv_results_
    splits = np.array([table[f"split{k}_test_score"] for k in range(3)])
    np.testing.assert_allclose(results["metric"], splits.mean(axis=0))
    half = norm.ppf(0.975) * np.sqrt(splits.var(axis=0, ddof=1) * (1 / 3 + 200 / 400))
    np.testing.assert_allclose(results["metric_high"] - results["metric"], half)
    if scoring == "roc_auc":
        proba, split = model.oof_["scores"][:, 1], model.oof_["split"]
        aucs = [roc_auc_score(model.oof_["y"][split == k], proba[split == k]) for k in range(3)]
        place = model.best_index_
        assert results["metric"][place] == pytest.approx(np.mean(aucs))


def test_one_split_has_no_interval_of_a_metric_of_scores(rare):
    """A single value tells nothing of its spread."""
    splits = [(np.arange(400), np.arange(400, 600))]
    model = kept(scoring="roc_auc", decision_rule="default", cv=splits).fit(*rare)
    assert np.isnan(model.strategy_results_["metric_low"]).all()
    assert not np.isnan(model.strategy_results_["metric"]).any()
    assert model.best_strategy_ in model.strategy_results_["strategy"]


# --- rules in words -------------------------------------------------------------------------------


@pytest.mark.parametrize("learner", [LogisticRegression(), LinearSVC()])
def test_thresholds_are_the_means_over_the_samples(rare, learner):
    """Each treatment's threshold is the one that the table of the search tells."""
    model = kept(learner, decision_rule="tune", scoring="f1").fit(*rare)
    expected = [f"threshold {value:.3g}" for value in model.cv_results_["threshold"]]
    assert model.strategy_results_["rule"].tolist() == expected
    place = model.best_index_
    assert model.strategy_results_["rule"][place] == f"threshold {model.threshold_:.3g}"


def test_rules_of_other_kinds(rare, three):
    """Offsets, least cost, the most probable class, and a threshold that was given."""
    rules = kept(decision_rule="tune").fit(*three).strategy_results_["rule"]
    assert set(rules) == {"offsets"}
    rules = kept(decision_rule="default").fit(*three).strategy_results_["rule"]
    assert set(rules) == {"argmax"}
    given = kept(decision_rule=0.3).fit(*rare)
    assert set(given.strategy_results_["rule"]) == {"threshold 0.3"}


def test_without_a_gain_treatments_are_still_compared_under_their_own_rules(rare):
    """The default rule is used where the winner's does not prove itself; the table is as before."""
    model = kept(LogisticRegression(), scoring="accuracy").fit(*rare)
    tuned = kept(LogisticRegression(), scoring="accuracy", decision_rule="tune").fit(*rare)
    assert model.decision_rule_.kind == "argmax"
    assert tuned.decision_rule_.kind == "threshold"
    place = model.best_index_
    assert model.strategy_results_["rule"][place] == "argmax"
    for key in ("metric", "metric_low", "metric_at_default_rule", "rank"):
        np.testing.assert_array_equal(model.strategy_results_[key], tuned.strategy_results_[key])
    others = np.arange(3) != place
    rules = [results.strategy_results_["rule"][others].tolist() for results in (model, tuned)]
    assert rules[0] == rules[1]


# --- what is left out -----------------------------------------------------------------------------


def test_treatments_that_failed_have_no_entry(rare):
    """The table has those that ran; positions in the search and in the table are told apart."""
    X, y = rare
    X = X.copy()
    X[0, 0] = np.nan
    model = kept(strategies="all", ratios=["sqrt"], scoring="f1", select="best").fit(X, y)
    run, spec, learnt = model.kept_
    names = run.data.state["names"]
    ran = [name for name in names if name != "smote_sqrt"]
    assert model.strategy_results_["strategy"].tolist() == ran
    assert len(model.cv_results_["params"]) == len(ran) + 1
    # As if the last treatment had been chosen, which stands after the one that failed.
    last = len(names) - 1
    record = treatment_record(run, spec, learnt, last, "best", True)
    assert ran[record["best"]] == "bagging"
    np.testing.assert_array_equal(record["raw_proba"], run.data.state["raw"][last])
    again = strategy_results(run, spec, learnt, model.best_index_)
    for key, column in model.strategy_results_.items():
        np.testing.assert_array_equal(again[key], column)


def test_decision_values_have_no_losses(rare):
    """Without probabilities all that speaks of them is empty, and the metrics are there."""
    model = kept(LinearSVC(), scoring="f1").fit(*rare)
    results = model.strategy_results_
    for key in ("log_loss", "brier", "log_loss_uncorrected", "brier_uncorrected"):
        assert np.isnan(results[key]).all()
    assert set(results["correction"]) == {None}
    record = treatment_record(*model.kept_, model.best_index_, "best", True)
    assert "proba" not in record
    raw = model.kept_[0].data.state["raw"][0]
    np.testing.assert_array_equal(record["untreated_codes"], raw > 0)
    evidence = treatment_evidence(model)
    assert evidence.proba is None
    assert evidence.metric_name == "f1"


def test_the_metric_at_the_default_rule_is_that_of_the_corrected_probabilities(rare):
    """Its rows are those of the search: without a correction scikit-learn says the same."""
    model = kept(correct_proba=None, scoring="f1").fit(*rare)
    run = model.kept_[0]
    y = rare[1][np.concatenate(run.results.rows)]
    f1 = get_scorer("f1")._score_func
    expected = [f1(y, raw.argmax(axis=1)) for raw in run.data.state["raw"]]
    np.testing.assert_allclose(model.strategy_results_["metric_at_default_rule"], expected)
