"""Forecasts and tables that several tests of diagnosis share."""

import numpy as np
import pytest
from sklearn.base import BaseEstimator, ClassifierMixin

from sklearn_lossfix._core._evidence import Evidence, Scored
from sklearn_lossfix.decision._metrics import resolve_metric
from sklearn_lossfix.diagnosis._analysis import Analysis
from sklearn_lossfix.diagnosis._gather import map_folds


def _softmax(logits):
    odds = np.exp(logits - logits.max(axis=1, keepdims=True))
    return odds / odds.sum(axis=1, keepdims=True)


def _calibrated(n_rows, *, n_classes=2, spread=1.5, offsets=0.0, seed=0):
    """Labels drawn from random forecasts, which are therefore calibrated; and those forecasts."""
    rng = np.random.default_rng(seed)
    proba = _softmax(spread * rng.normal(size=(n_rows, n_classes)) + offsets)
    y = (rng.random((n_rows, 1)) > proba.cumsum(axis=1)[:, :-1]).sum(axis=1)
    return y, proba


def _sharpened(proba, slope, offsets=0.0):
    """Forecasts whose log-odds are multiplied and shifted."""
    return _softmax(slope * np.log(proba) + offsets)


def _table(n_rows, *, n_classes=2, n_features=4, seed=0, offset=0.0, slope=2.0):
    """Normal features, and labels drawn from a linear softmax of the first ones."""
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(n_rows, n_features))
    logits = slope * X[:, :n_classes]
    if n_classes == 2:
        logits = np.outer(X[:, 0] - X[:, 1], [0.0, slope])
    proba = _softmax(logits + np.eye(n_classes)[-1] * offset)
    y = (rng.random((n_rows, 1)) > proba.cumsum(axis=1)[:, :-1]).sum(axis=1)
    return X, y


class LabelsOnly(ClassifierMixin, BaseEstimator):
    """A classifier that has no scores: the label is the sign of the first feature."""

    def fit(self, X, y):
        """Remember the labels."""
        self.classes_ = np.unique(y)
        return self

    def predict(self, X):
        """Predict the last label where the first feature is positive, else the first."""
        return self.classes_[np.where(np.asarray(X)[:, 0] > 0, -1, 0)]


@pytest.fixture(scope="session")
def calibrated():
    """Function that draws calibrated forecasts and their labels."""
    return _calibrated


@pytest.fixture(scope="session")
def sharpened():
    """Function that multiplies and shifts the log-odds of forecasts."""
    return _sharpened


@pytest.fixture(scope="session")
def table():
    """Function that draws features and labels."""
    return _table


@pytest.fixture(scope="session")
def labels_only():
    """A classifier that has neither probabilities nor decision values."""
    return LabelsOnly()


def _analyse(y, proba=None, *, pred=None, margins=None, scoring=None, alpha=0.01, **fields):
    """Analysis of recorded scores, made as the report makes it."""
    n_classes = 2 if proba is None else proba.shape[1]
    scored = Scored(proba.argmax(axis=1) if pred is None else pred, proba=proba, margins=margins)
    evidence = Evidence(
        y=np.asarray(y),
        classes=np.arange(n_classes),
        model=scored,
        metric=resolve_metric(scoring),
        pos=1 if n_classes == 2 else None,
        source="predictions",
        rows=np.arange(len(y)),
        folds=map_folds(np.asarray(y), fields.get("groups"), 0),
        **{"facts": {"estimator": "a model", "scoring": scoring, "notes": []}, **fields},
    )
    return Analysis(evidence, alpha)


@pytest.fixture(scope="session")
def analyse():
    """Function that makes an analysis of labels and scores."""
    return _analyse
