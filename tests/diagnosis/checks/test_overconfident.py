"""overconfident: the temperature map flattens the forecasts and lowers the loss."""

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.linear_model import RidgeClassifier
from sklearn.metrics import log_loss
from sklearn.naive_bayes import GaussianNB

from sklearn_lossfix import diagnose, diagnose_predictions

SLUG = "overconfident"


@pytest.mark.parametrize("n_classes", [2, 4])
def test_fires_on_sharpened_forecasts(calibrated, sharpened, n_classes):
    """Log-odds times three have a temperature of three, and only this direction fires."""
    y, proba = calibrated(2000, n_classes=n_classes)
    report = diagnose_predictions(y, sharpened(proba, 3.0))
    finding = report[SLUG]
    assert finding.section == "issue"
    assert finding.evidence["temperature"] == pytest.approx(3.0, rel=0.15)
    assert finding.ci[0] > finding.limit
    assert report["underconfident"].section == "passed"
    assert "over-confidence" in report.verdict


def test_a_few_hundred_rows_show_forecasts_that_are_a_little_too_sure(calibrated, sharpened):
    """Log-odds times 1.7 are found in most draws of 500 rows; just the smallest effect in none."""
    found = {1.7: 0, 1.2: 0}
    for seed in range(20):
        y, proba = calibrated(500, seed=seed)
        for power in found:
            report = diagnose_predictions(y, sharpened(proba, power))
            found[power] += report[SLUG].section == "issue"
    assert found[1.7] >= 15
    assert found[1.2] == 0


def test_forecasts_that_point_the_wrong_way_are_too_sure(calibrated):
    """Turned round, sure forecasts are over-confident, never timid."""
    y, proba = calibrated(2000)
    report = diagnose_predictions(y, proba[:, ::-1])
    assert report[SLUG].evidence["temperature"] < 0
    assert report[SLUG].section == "issue"
    assert "the wrong way" in report[SLUG].message
    assert report["underconfident"].section == "passed"


def test_silent_on_calibrated_forecasts(calibrated):
    """Calibrated forecasts pass, and the message says what would have been found."""
    for seed in range(5):
        finding = diagnose_predictions(*calibrated(800, seed=seed))[SLUG]
        assert finding.section == "passed"
        assert finding.detectable > finding.limit


def test_remedy_lowers_the_loss_of_fresh_rows(table):
    """Naive Bayes that counts each feature five times; recalibrated it is better on fresh rows."""
    X, y = table(1200)
    X = np.tile(X, 5)
    finding = diagnose(GaussianNB(), X[:600], y[:600])[SLUG]
    assert finding.section == "issue"
    assert finding.remedy.proven
    before = GaussianNB().fit(X[:600], y[:600]).predict_proba(X[600:])
    after = clone(finding.remedy.estimator).fit(X[:600], y[:600]).predict_proba(X[600:])
    gain = log_loss(y[600:], before) - log_loss(y[600:], after)
    assert finding.remedy.expected_gain.low < gain < finding.remedy.expected_gain.high


def test_not_applicable_without_probabilities(table):
    """Margins are not too sure of anything."""
    X, y = table(120)
    assert diagnose(RidgeClassifier(), X, y, cv=2)[SLUG].section == "not_applicable"
