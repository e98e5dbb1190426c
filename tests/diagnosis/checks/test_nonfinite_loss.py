"""nonfinite-loss: labels that had been given a probability of zero."""

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.linear_model import RidgeClassifier
from sklearn.metrics import log_loss
from sklearn.tree import DecisionTreeClassifier

from sklearn_lossfix import diagnose, diagnose_predictions

SLUG = "nonfinite-loss"


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_fires_on_refuted_certainty(calibrated, dtype):
    """Sixty labels at probability zero: they are listed, and their share of the loss is stated."""
    y, proba = calibrated(500)
    proba = proba.astype(dtype)
    proba[:60] = np.eye(2, dtype=dtype)[1 - y[:60]]
    finding = diagnose_predictions(y, proba)[SLUG]
    assert finding.section == "issue"
    assert finding.rows.tolist() == list(range(20))
    assert finding.evidence["n_rows"] == 60
    at_clip = -60 * np.log(np.finfo(dtype).eps)
    rest = -np.log(proba[np.arange(60, 500), y[60:]].astype(float)).sum()
    assert finding.estimate == pytest.approx(at_clip / (at_clip + rest), rel=1e-6)


def test_a_few_impossible_rows_are_a_tip(calibrated):
    """Three of them hold most of the loss, which must be told; no map is proven to mend it."""
    y, proba = calibrated(500)
    proba[:3] = np.eye(2)[1 - y[:3]]
    finding = diagnose_predictions(y, proba)[SLUG]
    assert finding.section == "tip"
    assert finding.rows.tolist() == [0, 1, 2]
    assert finding.estimate > 0.2
    assert "3 exactly zero" in finding.message


def test_silent_where_certainty_holds(calibrated):
    """A probability of zero for what did not happen is fine."""
    y, proba = calibrated(500)
    proba[:3] = np.eye(2)[y[:3]]
    finding = diagnose_predictions(y, proba)[SLUG]
    assert finding.section == "passed"
    assert finding.remedy is None


def test_remedy_lowers_the_loss_of_fresh_rows(table):
    """A full tree is always certain; the recalibrated tree is better on fresh rows."""
    X, y = table(1200)
    tree = DecisionTreeClassifier(random_state=0)
    finding = diagnose(tree, X[:600], y[:600])[SLUG]
    assert finding.section == "issue"
    before = clone(tree).fit(X[:600], y[:600]).predict_proba(X[600:])
    after = clone(finding.remedy.estimator).fit(X[:600], y[:600]).predict_proba(X[600:])
    assert log_loss(y[600:], after) < 0.5 * log_loss(y[600:], before)


def test_not_applicable_without_probabilities(table):
    """Margins have no log loss."""
    X, y = table(120)
    assert diagnose(RidgeClassifier(), X, y, cv=2)[SLUG].section == "not_applicable"
