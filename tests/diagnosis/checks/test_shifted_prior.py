"""shifted-prior: an offset per class lowers the loss."""

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.linear_model import LogisticRegression, RidgeClassifier
from sklearn.metrics import log_loss

from sklearn_lossfix import diagnose, diagnose_predictions

SLUG = "shifted-prior"


@pytest.mark.parametrize("n_classes", [2, 3])
def test_fires_on_shifted_forecasts(calibrated, sharpened, n_classes):
    """An offset on one class is found again with the sign turned."""
    y, proba = calibrated(2000, n_classes=n_classes)
    shift = np.r_[2.0, np.zeros(n_classes - 1)]
    finding = diagnose_predictions(y, sharpened(proba, 1.0, shift))[SLUG]
    assert finding.section == "issue"
    found = np.array(finding.evidence["offsets"])
    assert found[0] - found[1:] == pytest.approx(-2.0, abs=0.3)
    assert finding.ci[0] > finding.limit


def test_remedy_lowers_the_loss_of_fresh_rows(table):
    """Class weights shift the prior; the offset takes them out again, on fresh rows."""
    X, y = table(3000, offset=-3.0)
    model = LogisticRegression(class_weight="balanced")
    finding = diagnose(model, X[:1500], y[:1500])[SLUG]
    assert finding.section == "issue"
    before = clone(model).fit(X[:1500], y[:1500]).predict_proba(X[1500:])
    after = clone(finding.remedy.estimator).fit(X[:1500], y[:1500]).predict_proba(X[1500:])
    gain = log_loss(y[1500:], before) - log_loss(y[1500:], after)
    assert gain > finding.limit


def test_silent_on_calibrated_forecasts(calibrated):
    """Calibrated forecasts speak under the right prior, however rare a class is."""
    for seed in range(5):
        y, proba = calibrated(1000, offsets=np.array([0.0, -3.0]), seed=seed)
        assert diagnose_predictions(y, proba)[SLUG].section == "passed"


def test_not_applicable_without_probabilities(table):
    """Margins have no prior."""
    X, y = table(120)
    assert diagnose(RidgeClassifier(), X, y, cv=2)[SLUG].section == "not_applicable"
