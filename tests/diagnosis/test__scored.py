"""Scores put where they belong, and what is none refused."""

import numpy as np
import pytest

from sklearn_lossfix.diagnosis._scored import to_scored


def test_scores_go_where_they_belong():
    """Probabilities, margins and labels each have their place; only a regressor's labels rank."""
    scores, pred = np.array([[0.4, 0.6], [0.7, 0.3]]), np.array([1, 0])
    proba = to_scored(scores, pred, "predict_proba", 2, "m", ["slow"])
    assert proba.margins is None
    assert proba.warnings == ("slow",)
    margins = to_scored(scores[:, 1], pred, "decision_function", 2, "m")
    assert margins.proba is None
    assert np.array_equal(margins.margins, scores[:, 1])
    labels = to_scored(pred.astype(float), pred, "predict", 2, "m")
    assert labels.proba is labels.margins is None


@pytest.mark.parametrize(
    ("scores", "response", "words"),
    [
        ([[0.5, 0.6]], "predict_proba", "predict_proba of m must sum to one"),
        ([[0.5, np.nan]], "predict_proba", "predict_proba of m has missing"),
        ([[1.5, -0.5]], "predict_proba", r"must lie in \[0, 1\]"),
        ([np.nan], "decision_function", "decision_function of m gave NaN in 1 rows"),
        ([[0.0, np.nan]], "decision_function", "decision_function of m gave NaN"),
    ],
)
def test_scores_that_are_none_are_refused(scores, response, words):
    """The error names the method and the estimator."""
    scores = np.array(scores)
    with pytest.raises(ValueError, match=words):
        to_scored(scores, np.zeros(len(scores), dtype=int), response, 2, "m")


def test_classes_that_a_fold_never_saw_have_no_margin():
    """Minus infinity is a margin: of a class that the fit never saw."""
    scores = np.array([[0.1, 0.2, -np.inf]])
    assert to_scored(scores, np.array([1]), "decision_function", 3, "m").margins[0, 2] == -np.inf
