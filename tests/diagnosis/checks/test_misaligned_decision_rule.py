"""misaligned-decision-rule: another rule on the same scores is better for the metric."""

import json

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import get_scorer

from sklearn_lossfix import DecisionRule, diagnose, diagnose_predictions

SLUG = "misaligned-decision-rule"


@pytest.mark.parametrize(("scoring", "n_classes"), [("f1", 2), ("balanced_accuracy", 3)])
def test_remedy_improves_the_metric_on_fresh_rows(table, scoring, n_classes):
    """With a rare class the tuned rule beats argmax, on rows that nothing has seen."""
    X, y = table(4000, n_classes=n_classes, offset=-3.0, slope=0.8)
    finding = diagnose(LogisticRegression(), X[:2000], y[:2000], scoring=scoring)[SLUG]
    assert finding.section == "issue"
    assert finding.remedy.proven
    before = LogisticRegression().fit(X[:2000], y[:2000])
    after = clone(finding.remedy.estimator).fit(X[:2000], y[:2000])
    score = get_scorer(scoring)
    assert score(after, X[2000:], y[2000:]) > score(before, X[2000:], y[2000:]) + finding.limit
    assert np.array_equal(after.predict_proba(X), before.predict_proba(X))


def test_the_rule_in_the_evidence_can_be_used(calibrated):
    """The rule travels as JSON and answers as the message says."""
    y, proba = calibrated(3000, offsets=np.array([0.0, -3.0]))
    finding = diagnose_predictions(y, proba, scoring="balanced_accuracy")[SLUG]
    rule = DecisionRule.from_dict(json.loads(json.dumps(finding.evidence["rule"])))
    recall = [np.mean(rule.predict(proba)[y == k] == k) for k in (0, 1)]
    assert np.mean(recall) == pytest.approx(finding.evidence["now"] + finding.estimate, abs=0.02)


@pytest.mark.parametrize("n_classes", [2, 4])
def test_silent_for_accuracy_of_calibrated_forecasts(calibrated, n_classes):
    """Argmax of calibrated forecasts is the best rule for accuracy."""
    for seed in range(3):
        report = diagnose_predictions(*calibrated(1000, n_classes=n_classes, seed=seed))
        assert report[SLUG].section == "passed"
        assert "power 80 %" in report[SLUG].message


def test_not_applicable_to_metrics_of_rankings(calibrated):
    """No rule changes a ranking."""
    finding = diagnose_predictions(*calibrated(200), scoring="roc_auc")[SLUG]
    assert finding.section == "not_applicable"
    assert "ranking" in finding.message


def test_not_applicable_to_callables(calibrated):
    """An unknown callable is reported, never swept."""
    finding = diagnose_predictions(*calibrated(200), scoring=lambda model, X, y: 0.5)[SLUG]
    assert finding.section == "not_applicable"
    assert "opaque" in finding.message


def test_not_applicable_without_scores(table, labels_only):
    """A rule needs scores."""
    X, y = table(120)
    assert diagnose(labels_only, X, y, cv=2)[SLUG].section == "not_applicable"
