"""The worked example of the guide: digits and naive Bayes."""

import pytest
from sklearn.datasets import load_digits
from sklearn.metrics import log_loss
from sklearn.model_selection import train_test_split
from sklearn.naive_bayes import GaussianNB

from sklearn_lossfix import RecalibratedClassifier, diagnose


@pytest.fixture(scope="module")
def halves():
    """Half of the digits to train on, half to judge on."""
    X, y = load_digits(return_X_y=True)
    return train_test_split(X, y, test_size=0.5, stratify=y, random_state=0)


@pytest.fixture(scope="module")
def report(halves):
    """Report of naive Bayes on the second half."""
    X, X_val, y, y_val = halves
    model = GaussianNB(var_smoothing=1e-3).fit(X, y)
    return diagnose(model, X, y, X_val=X_val, y_val=y_val)


def test_most_of_the_loss_is_overconfidence(report):
    """About 1.7 of 2.17 nats is over-confidence, and the verdict says so."""
    assert report.loss_ledger.total == pytest.approx(2.17, abs=0.005)
    assert report.loss_ledger.value("temperature") == pytest.approx(1.7, abs=0.05)
    assert "overconfident" in [finding.name for finding in report.issues]
    assert "over-confidence" in report.verdict


def test_the_decision_rule_costs_next_to_nothing(report):
    """The decision rule costs under one point of accuracy."""
    assert abs(report.error_ledger.value("decision rule")) < 0.01
    assert "misaligned-decision-rule" not in [finding.name for finding in report.issues]


def test_the_remedy_keeps_its_promise(report, halves):
    """Fitted on the first half, the remedy lowers the loss of the second by 1.5 nats."""
    X, X_val, y, y_val = halves
    remedy = report["overconfident"].remedy
    assert remedy.proven
    assert isinstance(remedy.estimator, RecalibratedClassifier)
    fixed = remedy.estimator.fit(X, y)
    assert report.loss_ledger.total - log_loss(y_val, fixed.predict_proba(X_val)) > 1.5
