"""Tests of the mixin that gives fitted objects a `diagnose` method."""

import inspect

import numpy as np
import pytest
from sklearn.base import BaseEstimator, ClassifierMixin, TransformerMixin
from sklearn.datasets import make_classification
from sklearn.exceptions import NotFittedError
from sklearn.linear_model import LogisticRegression

from sklearn_lossfix import FitReport, diagnose_predictions
from sklearn_lossfix._core._diagnosable import DiagnosableMixin, DiagnosableTransformerMixin

X, Y = make_classification(300, n_features=5, flip_y=0.1, random_state=0)


class Ours(DiagnosableMixin, ClassifierMixin, BaseEstimator):
    """A wrapper in the manner of this package that records nothing in `fit`."""

    def fit(self, X, y):
        """Fit a logistic regression."""
        self.model_ = LogisticRegression().fit(X, y)
        self.classes_ = self.model_.classes_
        return self

    def predict(self, X):
        """Labels."""
        return self.model_.predict(X)

    def predict_proba(self, X):
        """Probabilities."""
        return self.model_.predict_proba(X)


def test_held_out_rows_give_a_report_of_them():
    """With rows the report is that of their probabilities."""
    model = Ours().fit(X[:150], Y[:150])
    report = model.diagnose(X[150:], Y[150:])
    assert isinstance(report, FitReport)
    expected = diagnose_predictions(Y[150:], model.predict_proba(X[150:]))
    assert report.loss_ledger.total == expected.loss_ledger.total


def test_weights_and_metric_are_handed_on():
    """Weights change the total, and the metric asked for is the one explained."""
    model = Ours().fit(X[:150], Y[:150])
    weight = np.linspace(0, 2, 150)
    report = model.diagnose(X[150:], Y[150:], sample_weight=weight, scoring="balanced_accuracy")
    expected = diagnose_predictions(
        Y[150:],
        model.predict_proba(X[150:]),
        sample_weight=weight,
        scoring="balanced_accuracy",
    )
    assert report.loss_ledger.total == expected.loss_ledger.total
    assert report.error_ledger.quantity == "1 - balanced accuracy"


def test_without_rows_something_must_have_been_recorded():
    """Neither rows nor a record is an error that says what to pass."""
    model = Ours().fit(X, Y)
    with pytest.raises(
        ValueError, match=r"recorded no out-of-fold scores.*diagnose\(X_test, y_tes"
    ):
        model.diagnose()


@pytest.mark.parametrize("given", [{"X": X}, {"y": Y}])
def test_rows_and_labels_come_together(given):
    """One without the other is an error."""
    with pytest.raises(ValueError, match="X and y come together"):
        Ours().fit(X, Y).diagnose(**given)


def test_everything_but_the_rows_is_keyword_only():
    """Only X and y can be given by position, as for `score`."""
    parameters = list(inspect.signature(Ours.diagnose).parameters.values())
    assert [p.name for p in parameters if p.kind is p.POSITIONAL_OR_KEYWORD] == ["self", "X", "y"]


class OurTransformer(DiagnosableTransformerMixin, TransformerMixin, BaseEstimator):
    """A transformer in the manner of this package."""

    def __init__(self, *, evidence=None):
        self.evidence = evidence

    def fit(self, X, y=None):
        """Remember the rows."""
        self.rows_ = X
        return self

    def _column_evidence(self, X):
        """What was seen of the rows of fit, or of others."""
        source = "fit" if X is None else "X"
        return self.evidence(self.rows_ if X is None else X, source=source)


def test_transformers_report_on_what_fit_recorded_or_on_other_rows(column_evidence):
    """Without rows the report is of kind "data" on those of fit, with rows on these."""
    transformer = OurTransformer(evidence=column_evidence).fit(X)
    assert isinstance(transformer.diagnose(), FitReport)
    assert transformer.diagnose().kind == "data"
    assert transformer.diagnose().context["n_rows"] == 300
    report = transformer.diagnose(X[:50])
    assert report.context["n_rows"] == 50
    assert report.context["source"] == "rows that were handed in"


def test_transformers_must_be_fitted(column_evidence):
    """There is nothing to report before."""
    with pytest.raises(NotFittedError, match="OurTransformer"):
        OurTransformer(evidence=column_evidence).diagnose(X)
