"""conflicting-labels: equal rows with different labels, and the error they force."""

import numpy as np
import pytest
from sklearn.naive_bayes import GaussianNB

from sklearn_lossfix import diagnose, diagnose_predictions

SLUG = "conflicting-labels"


def judged(X, y, **kwargs):
    """Finding of a model judged on other rows, so that only X and y matter."""
    X_val, y_val = np.vstack([X, X]), np.r_[y, y]
    model = GaussianNB().fit(X, y)
    return diagnose(model, X, y, X_val=X_val, y_val=y_val, effort="fast", **kwargs)[SLUG]


def test_conflicts_are_counted(table):
    """Two of ten copies that carry another label force two errors and put ten rows in conflict."""
    X, y = table(90)
    X = np.vstack([X, np.tile([9.0, 9.0, 9.0, 9.0], (10, 1))])
    y = np.r_[y, [0] * 8 + [1] * 2]
    finding = judged(X, y)
    assert finding.section == "tip"
    assert finding.evidence["n_rows"] == 10
    assert finding.estimate == pytest.approx(0.02)
    assert sorted(finding.rows) == list(range(90, 100))


def test_weights_count(table):
    """The forced error is a share of the weight."""
    X, y = table(98)
    X, y = np.vstack([X, X[:2]]), np.r_[y, 1 - y[:2]]
    weight = np.ones(100)
    weight[98:] = 0.5
    assert judged(X, y, sample_weight=weight).estimate == pytest.approx(1.0 / 99.0)


def test_silent_without_conflicts(table):
    """Copies with the same label are no conflict."""
    X, y = table(90)
    finding = judged(np.vstack([X, X]), np.r_[y, y])
    assert finding.section == "passed"
    assert finding.estimate == 0.0


def test_not_applicable_without_features(calibrated):
    """Predictions alone have no features to compare."""
    finding = diagnose_predictions(*calibrated(100))[SLUG]
    assert finding.section == "not_applicable"
    assert "No features" in finding.message
