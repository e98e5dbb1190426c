"""no-signal: provably no better than the class shares."""

import numpy as np
import pytest
from sklearn.dummy import DummyClassifier
from sklearn.linear_model import RidgeClassifier

from sklearn_lossfix import diagnose, diagnose_predictions

SLUG = "no-signal"


@pytest.mark.parametrize("n_classes", [2, 3])
def test_fires_on_noise(n_classes):
    """Forecasts that know nothing, on enough rows to prove it."""
    rng = np.random.default_rng(0)
    y = rng.integers(0, n_classes, 3000)
    report = diagnose_predictions(y, rng.dirichlet(np.full(n_classes, 50.0), 3000))
    assert report[SLUG].section == "issue"
    assert report[SLUG].ci[1] < report[SLUG].limit
    assert report[SLUG].remedy is None
    assert "no signal" in report.verdict


def test_silent_on_signal(calibrated):
    """Forecasts that discriminate pass."""
    assert diagnose_predictions(*calibrated(1000))[SLUG].section == "passed"


def test_no_issue_where_it_cannot_be_proven():
    """On 60 rows noise cannot be told from a weak signal: at most a suspicion."""
    rng = np.random.default_rng(0)
    finding = diagnose_predictions(rng.integers(0, 2, 60), rng.uniform(0.3, 0.7, 60))[SLUG]
    assert finding.section == "tip"
    assert "not proven" in finding.message


@pytest.mark.parametrize(("signal", "words"), [(True, "misses it"), (False, "finds none either")])
def test_the_reference_tells_the_model_from_the_data(table, signal, words):
    """A constant model on data with a signal is to blame itself; on noise it is not."""
    X, y = table(600)
    if not signal:
        y = np.random.default_rng(1).permutation(y)
    finding = diagnose(DummyClassifier(), X, y)[SLUG]
    assert finding.section == "issue"
    assert words in finding.message


def test_not_applicable_without_probabilities(table):
    """Without probabilities nothing is compared with the class shares."""
    X, y = table(120)
    assert diagnose(RidgeClassifier(), X, y, cv=2)[SLUG].section == "not_applicable"
