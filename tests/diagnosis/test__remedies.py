"""Remedies: unfitted, clone-able, and able to be rebuilt from their code."""

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import f1_score, make_scorer
from sklearn.naive_bayes import GaussianNB
from sklearn.neighbors import KNeighborsClassifier

from sklearn_lossfix import DecisionRuleClassifier, RecalibratedClassifier, diagnose
from sklearn_lossfix._core._paired_tests import interval, paired_estimate
from sklearn_lossfix.decision._scoring import resolve_metric
from sklearn_lossfix.diagnosis._remedies import (
    decision_rule_remedy,
    recalibration_remedy,
    rule_text,
    twin_remedy,
)

GAIN = interval(0.1, 0.01)


def rebuilt(remedy, estimator):
    """What the remedy's code makes of the user's estimator."""
    scope = {"estimator": clone(estimator)}
    *lines, last = remedy.code.splitlines()
    exec("\n".join(lines), scope)
    if last.startswith("estimator."):
        exec(last, scope)
        return scope["estimator"]
    return eval(last, scope)


def test_remedies_of_a_report_can_be_cloned_and_rebuilt(table):
    """Naive Bayes, neighbours and a rare class: every remedy is what its code makes."""
    X, y = table(600, offset=-3.0, slope=0.7)
    seen = set()
    wide, even = table(400)
    for model, features, labels in (
        (GaussianNB(), np.tile(X, 4), y),
        (LogisticRegression(), X, y),
        (KNeighborsClassifier(15), wide * [1, 1, 1, 1000], even),
    ):
        for finding in diagnose(model, features, labels, scoring="balanced_accuracy").findings:
            remedy = finding.remedy
            if remedy is None:
                continue
            seen.add(finding.name)
            assert not hasattr(remedy.estimator, "classes_")
            assert repr(clone(remedy.estimator)) == repr(remedy.estimator)
            fitted = clone(remedy.estimator).fit(features, labels)
            again = rebuilt(remedy, model).fit(features, labels)
            assert np.array_equal(again.predict(features), fitted.predict(features))
            assert np.array_equal(again.predict_proba(features), fitted.predict_proba(features))
            assert remedy.n_fits >= 1
    assert {"overconfident", "misaligned-decision-rule", "unscaled-features"} <= seen


@pytest.mark.parametrize("method", ["prior_shift", "temperature", "vector", "isotonic"])
def test_recalibration_promises_the_rungs_it_climbs(analyse, calibrated, sharpened, method):
    """The gain is the cross-fitted fall of the loss up to the rung that the map ends on."""
    y, proba = calibrated(600)
    analysis = analyse(y, sharpened(proba, 2.0, np.array([1.0, 0.0])), estimator=GaussianNB())
    remedy = recalibration_remedy(analysis, method)
    assert isinstance(remedy.estimator, RecalibratedClassifier)
    rows = analysis.ladder.log_rows
    falls = [paired_estimate(rows["as is"] - rows[rung]) for rung in analysis.ladder.rungs[1:]]
    assert remedy.expected_gain[:2] in [fall[:2] for fall in falls]
    assert remedy.proven
    if method in ("vector", "isotonic"):
        assert remedy.expected_gain == falls[-1]


def test_without_an_estimator_there_is_no_remedy(analyse, calibrated):
    """Probabilities from elsewhere cannot be wrapped."""
    analysis = analyse(*calibrated(200))
    assert recalibration_remedy(analysis, "temperature") is None
    assert decision_rule_remedy(analysis, analysis.metric, GAIN) is None
    assert twin_remedy(analysis, "scaled") is None


def test_a_regressor_gets_no_rule(analyse, calibrated):
    """A regressor is to be replaced first."""
    facts = {"scoring": None, "regressor_given_labels": True}
    analysis = analyse(*calibrated(200), estimator=LogisticRegression(), facts=facts)
    assert decision_rule_remedy(analysis, analysis.metric, GAIN) is None


@pytest.mark.parametrize(
    ("scoring", "code"),
    [
        (None, "scoring='accuracy'"),
        ("balanced_accuracy", "scoring='balanced_accuracy'"),
        ("f1", "scoring='f1', pos_label=1"),
        (make_scorer(f1_score), "scoring=scoring, pos_label=1"),
    ],
)
def test_the_rule_is_tuned_for_what_was_asked(analyse, calibrated, scoring, code):
    """Name or scorer go in as they came, with the positive class where the metric has one."""
    analysis = analyse(*calibrated(200), scoring=scoring, estimator=LogisticRegression())
    remedy = decision_rule_remedy(analysis, analysis.metric, GAIN)
    assert isinstance(remedy.estimator, DecisionRuleClassifier)
    assert remedy.estimator.scoring == ("accuracy" if scoring is None else scoring)
    assert f"DecisionRuleClassifier(estimator, {code})" in remedy.code
    assert remedy.expected_gain == GAIN


def test_another_metric_than_the_users_goes_by_its_name(analyse, calibrated):
    """Majority collapse tunes for balanced accuracy whatever the user's metric is."""
    analysis = analyse(*calibrated(200), scoring="f1", estimator=LogisticRegression())
    remedy = decision_rule_remedy(analysis, resolve_metric("balanced_accuracy"), GAIN)
    assert remedy.estimator.scoring == "balanced_accuracy"
    assert remedy.estimator.pos_label is None


def test_a_frozen_estimator_is_not_fitted_again(analyse, calibrated, table):
    """Its remedy needs no fits of it."""
    frozen = FrozenEstimator(LogisticRegression().fit(*table(100)))
    analysis = analyse(*calibrated(200), estimator=frozen)
    assert recalibration_remedy(analysis, "temperature").n_fits == 0
    assert decision_rule_remedy(analysis, analysis.metric, GAIN).n_fits == 0


@pytest.mark.parametrize("scoring", ["f1", "balanced_accuracy", "f1_macro"])
@pytest.mark.parametrize("n_classes", [2, 3])
def test_rules_in_words(analyse, calibrated, scoring, n_classes):
    """A cut for two classes, offsets for more."""
    if (scoring, n_classes) == ("f1", 3):
        scoring = "recall_macro"
    analysis = analyse(*calibrated(300, n_classes=n_classes), scoring=scoring)
    text = rule_text(analysis.fitted_rule(analysis.metric))
    assert ("cut" in text) == (n_classes == 2)
    assert text.startswith("with ")
