"""underconfident: the temperature map sharpens the forecasts and lowers the loss."""

import pytest
from sklearn.base import clone
from sklearn.linear_model import LogisticRegression, RidgeClassifier
from sklearn.metrics import log_loss

from sklearn_lossfix import diagnose, diagnose_predictions

SLUG = "underconfident"


@pytest.mark.parametrize("n_classes", [2, 4])
def test_fires_on_flattened_forecasts(calibrated, sharpened, n_classes):
    """Log-odds divided by three have a temperature of a third, and only this direction fires."""
    y, proba = calibrated(2000, n_classes=n_classes, spread=2.0)
    report = diagnose_predictions(y, sharpened(proba, 1 / 3))
    finding = report[SLUG]
    assert finding.section == "issue"
    assert finding.evidence["temperature"] == pytest.approx(1 / 3, rel=0.15)
    assert report["overconfident"].section == "passed"
    assert "under-confidence" in report.verdict


def test_silent_on_calibrated_forecasts(calibrated):
    """Calibrated forecasts pass."""
    for seed in range(5):
        assert diagnose_predictions(*calibrated(800, seed=seed))[SLUG].section == "passed"


def test_remedy_lowers_the_loss_of_fresh_rows(table):
    """Far too much regularisation flattens; the recalibrated model is better on fresh rows."""
    X, y = table(1600)
    model = LogisticRegression(C=1e-3)
    finding = diagnose(model, X[:800], y[:800])[SLUG]
    assert finding.section == "issue"
    assert finding.remedy.proven
    before = clone(model).fit(X[:800], y[:800]).predict_proba(X[800:])
    after = clone(finding.remedy.estimator).fit(X[:800], y[:800]).predict_proba(X[800:])
    assert log_loss(y[800:], after) < log_loss(y[800:], before) - finding.limit


def test_not_applicable_without_probabilities(table):
    """Margins are not timid."""
    X, y = table(120)
    assert diagnose(RidgeClassifier(), X, y, cv=2)[SLUG].section == "not_applicable"
