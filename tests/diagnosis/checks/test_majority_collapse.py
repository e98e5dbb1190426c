"""majority-collapse: a class that is hardly ever predicted although the scores rank it."""

import numpy as np
from sklearn.base import clone
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import balanced_accuracy_score

from sklearn_lossfix import diagnose, diagnose_predictions

SLUG = "majority-collapse"


def test_fires_on_a_rare_class_that_is_ranked(calibrated):
    """Calibrated forecasts that never reach one half collapse; the message names class and gain."""
    y, proba = calibrated(4000, spread=1.0, offsets=np.array([0.0, -4.0]))
    finding = diagnose_predictions(np.array(["no", "yes"])[y], proba)[SLUG]
    assert finding.section == "issue"
    assert finding.evidence["collapsed"] == ["yes"]
    assert finding.ci[0] > finding.limit
    assert finding.remedy is None


def test_remedy_improves_balanced_accuracy_on_fresh_rows(table):
    """The tuned rule answers the rare class, on rows that nothing has seen."""
    X, y = table(2000, offset=-3.0, slope=0.5)
    finding = diagnose(LogisticRegression(), X[:1000], y[:1000])[SLUG]
    assert finding.section == "issue"
    assert finding.remedy.proven
    before = LogisticRegression().fit(X[:1000], y[:1000]).predict(X[1000:])
    after = clone(finding.remedy.estimator).fit(X[:1000], y[:1000]).predict(X[1000:])
    gain = balanced_accuracy_score(y[1000:], after) - balanced_accuracy_score(y[1000:], before)
    assert gain > finding.limit


def test_a_tip_where_another_metric_was_asked_for(calibrated):
    """Who asks for accuracy by name is told of the collapse, and not blamed for it."""
    y, proba = calibrated(4000, spread=1.0, offsets=np.array([0.0, -4.0]))
    finding = diagnose_predictions(y, proba, scoring="accuracy")[SLUG]
    assert finding.section == "tip"
    assert "accuracy, is judged by itself" in finding.message
    assert diagnose_predictions(y, proba, scoring="balanced_accuracy")[SLUG].section == "issue"


def test_silent_where_every_class_is_answered(calibrated):
    """Balanced, calibrated forecasts have no collapsed class."""
    finding = diagnose_predictions(*calibrated(2000))[SLUG]
    assert finding.section == "passed"
    assert finding.evidence["collapsed"] == []


def test_silent_without_signal():
    """A class that no score ranks is a lack of signal, not a collapse."""
    rng = np.random.default_rng(0)
    y = (rng.random(2000) < 0.1).astype(int)
    finding = diagnose_predictions(y, np.full(2000, 0.1))[SLUG]
    assert finding.evidence["collapsed"] == [1]
    assert finding.section == "passed"


def test_not_applicable_without_scores(table, labels_only):
    """A rule needs scores."""
    X, y = table(120)
    finding = diagnose(labels_only, X, y, cv=2)[SLUG]
    assert finding.section == "not_applicable"
    assert "no scores" in finding.message
