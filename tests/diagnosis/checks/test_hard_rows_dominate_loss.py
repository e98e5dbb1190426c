"""hard-rows-dominate-loss: surprises that no recalibration promises."""

import numpy as np
from sklearn.linear_model import RidgeClassifier

from sklearn_lossfix import diagnose, diagnose_predictions

SLUG = "hard-rows-dominate-loss"


def test_fires_on_wrong_labels_among_sure_forecasts():
    """Half of the forecasts are all but certain, and two in a hundred of those labels are wrong."""
    rng = np.random.default_rng(0)
    y, sure = rng.integers(0, 3, 6000), rng.random(6000) < 0.5
    logits = 4.0 * rng.normal(size=(6000, 3))
    logits[sure] = 35.0 * np.eye(3)[y[sure]]
    odds = np.exp(logits - logits.max(axis=1, keepdims=True))
    proba = odds / odds.sum(axis=1, keepdims=True)
    drawn = (rng.random((6000, 1)) > proba.cumsum(axis=1)[:, :-1]).sum(axis=1)
    wrong = sure & (rng.random(6000) < 0.02)
    y = np.where(wrong, (y + 1) % 3, np.where(sure, y, drawn))
    finding = diagnose_predictions(y, proba)[SLUG]
    assert finding.section == "issue"
    assert finding.ci[0] > finding.limit
    assert wrong[finding.rows].all()
    assert finding.remedy is None


def test_silent_on_calibrated_forecasts(calibrated):
    """Surprises at the rate that was promised are no finding, however much they cost."""
    for seed in range(5):
        finding = diagnose_predictions(*calibrated(1500, spread=3.0, seed=seed))[SLUG]
        assert finding.section == "passed"


def test_not_applicable_without_probabilities(table):
    """Rows have no log loss without probabilities."""
    X, y = table(120)
    finding = diagnose(RidgeClassifier(), X, y, cv=2)[SLUG]
    assert finding.section == "not_applicable"
    assert "no probabilities" in finding.message
