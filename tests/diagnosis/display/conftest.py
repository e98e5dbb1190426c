"""Reports to render: one dictionary per kind of model, made once."""

import copy

import numpy as np
import pytest
from sklearn.linear_model import RidgeClassifier
from sklearn.naive_bayes import GaussianNB

from sklearn_lossfix import diagnose, diagnose_predictions


def _binary():
    """Rare class, scores that rank well, a cut that misses it, and a hatched row in each ledger."""
    rng = np.random.default_rng(0)
    y = rng.random(600) < 0.1
    score = rng.normal(size=600) + 2.0 * y
    proba = 1.0 / (1.0 + np.exp(-(score - 5.0)))
    labels = np.where(y, "yes", "no")
    return diagnose_predictions(labels, proba, scoring="balanced_accuracy", random_state=0)


def _many_classes():
    """A hundred classes, every label 5,000 characters long."""
    rng = np.random.default_rng(0)
    classes = np.array([f"{k:03d}" + "<b>|`$&" * 714 for k in range(100)])
    codes = np.concatenate([np.arange(100), rng.integers(0, 100, 700)])
    proba = rng.dirichlet(np.full(100, 0.3), len(codes))
    return diagnose_predictions(classes[codes], proba, classes=classes, random_state=0)


def _with_estimator():
    """A naive Bayes model that counts every feature five times: over-confident, with a remedy."""
    rng = np.random.default_rng(0)
    X = rng.normal(size=(600, 3))
    y = X.sum(axis=1) + rng.normal(size=600) > 1.0
    X = np.tile(X, 5)
    model = GaussianNB().fit(X[:300], y[:300])
    return diagnose(
        model, X[:300], y[:300], X_val=X[300:], y_val=y[300:], scoring="f1", random_state=0
    )


def _without_probabilities():
    """Labels and margins only: no loss, no reliability."""
    rng = np.random.default_rng(0)
    X = rng.normal(size=(200, 2))
    y = X[:, 0] > 0
    model = RidgeClassifier().fit(X[:100], y[:100])
    return diagnose(
        model, X[:100], y[:100], X_val=X[100:], y_val=y[100:], effort="fast", random_state=0
    )


_MADE = {
    "binary": _binary,
    "many classes": _many_classes,
    "with estimator": _with_estimator,
    "without probabilities": _without_probabilities,
}


@pytest.fixture(scope="session")
def made_reports():
    """Dictionaries of all reports, by name."""
    return {name: make().to_dict() for name, make in _MADE.items()}


@pytest.fixture(params=_MADE)
def data(request, made_reports):
    """The dictionary of each report in turn; a test may change it."""
    return copy.deepcopy(made_reports[request.param])


@pytest.fixture
def binary(made_reports):
    """The dictionary of the report on two classes."""
    return copy.deepcopy(made_reports["binary"])


@pytest.fixture
def many_classes(made_reports):
    """The dictionary of the report on a hundred classes."""
    return copy.deepcopy(made_reports["many classes"])


@pytest.fixture
def with_estimator(made_reports):
    """The dictionary of the report that has remedies."""
    return copy.deepcopy(made_reports["with estimator"])
