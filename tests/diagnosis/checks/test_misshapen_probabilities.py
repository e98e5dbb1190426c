"""misshapen-probabilities: what neither an offset nor one temperature can mend."""

import numpy as np
from sklearn.base import clone
from sklearn.linear_model import LogisticRegression, RidgeClassifier
from sklearn.metrics import log_loss

from sklearn_lossfix import diagnose, diagnose_predictions

SLUG = "misshapen-probabilities"


class Bent(LogisticRegression):
    """Logistic regression that is too sure of one class and too timid about the other."""

    def predict_proba(self, X):
        """Bend the probabilities."""
        return bend(super().predict_proba(X)[:, 1])


def bend(second):
    """Multiply positive log-odds by four, divide negative ones by four."""
    log_odds = np.log(second / (1 - second))
    odds = np.exp(np.where(log_odds > 0, 4 * log_odds, log_odds / 4))
    return np.column_stack([1 / (1 + odds), odds / (1 + odds)])


def test_fires_on_a_bent_curve(calibrated):
    """Log-odds whose slope changes its value at one half need a map with a shape."""
    y, proba = calibrated(3000, spread=2.0)
    finding = diagnose_predictions(y, bend(proba[:, 1]))[SLUG]
    assert finding.section == "issue"
    assert finding.ci[0] > finding.limit


def test_fires_on_slopes_that_differ_by_class(calibrated):
    """One class far too sure, the others right: one temperature cannot mend that."""
    y, proba = calibrated(4000, n_classes=3, spread=1.0)
    logits = np.log(proba) * np.array([3.0, 1.0, 1.0])
    odds = np.exp(logits)
    finding = diagnose_predictions(y, odds / odds.sum(axis=1, keepdims=True))[SLUG]
    assert finding.section == "issue"
    assert finding.evidence["maps"] == ["vector"]


def test_remedy_lowers_the_loss_of_fresh_rows(table):
    """The recalibrated estimator is better on rows that nothing has seen."""
    X, y = table(4000)
    finding = diagnose(Bent(), X[:2000], y[:2000])[SLUG]
    assert finding.section == "issue"
    assert finding.remedy.proven
    before = Bent().fit(X[:2000], y[:2000]).predict_proba(X[2000:])
    after = clone(finding.remedy.estimator).fit(X[:2000], y[:2000]).predict_proba(X[2000:])
    assert log_loss(y[2000:], after) < log_loss(y[2000:], before) - finding.limit


def test_silent_on_calibrated_forecasts(calibrated):
    """Calibrated forecasts have the right shape."""
    for seed in range(3):
        assert diagnose_predictions(*calibrated(1500, seed=seed))[SLUG].section == "passed"


def test_silent_where_one_temperature_is_enough(calibrated, sharpened):
    """What a temperature mends is no matter of shape."""
    y, proba = calibrated(3000)
    assert diagnose_predictions(y, sharpened(proba, 3.0))[SLUG].section == "passed"


def test_not_applicable_without_probabilities(table):
    """Margins have no shape."""
    X, y = table(120)
    assert diagnose(RidgeClassifier(), X, y, cv=2)[SLUG].section == "not_applicable"
