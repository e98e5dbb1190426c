"""loss-unsuited-to-task: regressors given labels, and margins instead of probabilities."""

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.ensemble import RandomForestRegressor
from sklearn.linear_model import LinearRegression, LogisticRegression, RidgeClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from sklearn_lossfix import diagnose

SLUG = "loss-unsuited-to-task"


@pytest.mark.parametrize(
    ("regressor", "classifier"),
    [
        (LinearRegression(), "LogisticRegression"),
        (RandomForestRegressor(5, random_state=0), "RandomForestClassifier"),
        (make_pipeline(StandardScaler(), LinearRegression()), "LogisticRegression"),
    ],
)
def test_fires_on_regressors(table, regressor, classifier):
    """A regressor that was given labels is an issue, and the remedy is a classifier."""
    X, y = table(200)
    labels = np.array(["no", "yes"])[y]
    report = diagnose(regressor, X, labels, cv=2)
    finding = report[SLUG]
    assert finding.section == "issue"
    assert report.verdict == finding.message
    assert report.loss_ledger is None
    remedy = clone(finding.remedy.estimator)
    assert finding.remedy.params == {"classifier": classifier}
    assert remedy.fit(X, labels).predict_proba(X).shape == (200, 2)


def test_the_classifier_is_better_where_codes_have_no_order():
    """Where codes have no order a line through them fails, and the remedy does not."""
    rng = np.random.default_rng(0)
    y = np.arange(600) % 3
    X = np.array([[0.0, 0.0], [3.0, 3.0], [3.0, -3.0]])[y] + rng.normal(size=(600, 2))
    remedy = diagnose(LinearRegression(), X[:300], y[:300])[SLUG].remedy
    line = np.rint(LinearRegression().fit(X[:300], y[:300]).predict(X[300:]))
    fixed = clone(remedy.estimator).fit(X[:300], y[:300])
    assert fixed.score(X[300:], y[300:]) > np.mean(line == y[300:]) + 0.05


def test_tip_on_margins(table):
    """A margin classifier is a tip that tells what its margins would cost as probabilities."""
    X, y = table(400)
    finding = diagnose(RidgeClassifier(), X, y, cv=2)[SLUG]
    assert finding.section == "tip"
    assert 0 < finding.evidence["margin_log_loss"] < np.log(2)


def test_tip_on_labels_without_scores(table, labels_only):
    """Without margins there is nothing to read as probabilities."""
    X, y = table(200)
    finding = diagnose(labels_only, X, y, cv=2)[SLUG]
    assert finding.section == "tip"
    assert finding.evidence["margin_log_loss"] is None


def test_silent_on_probabilities(table):
    """A classifier with probabilities passes."""
    X, y = table(120)
    finding = diagnose(LogisticRegression(), X, y, cv=2)[SLUG]
    assert finding.section == "passed"
    assert finding.remedy is None
