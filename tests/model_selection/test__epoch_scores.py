"""Tests of what is asked for: scores, losses and metrics."""

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression, SGDClassifier
from sklearn.metrics import f1_score, make_scorer

from sklearn_lossfix.exceptions import LossfixWarning
from sklearn_lossfix.model_selection._epoch_scores import (
    encode_classes,
    is_loss,
    recorded_metrics,
    response_for,
)

CODES = np.array([0, 0, 0, 1])
CLASSES = np.array(["no", "yes"])


def names(monitor, scoring, **options):
    """Names of what is recorded."""
    return [
        metric.name for metric in recorded_metrics(monitor, scoring, CLASSES, CODES, **options)[0]
    ]


@pytest.mark.parametrize(
    ("monitor", "scoring", "expected"),
    [
        ("log_loss", None, ["accuracy"]),
        ("refinement", "mcc", ["matthews_corrcoef"]),
        ("balanced_accuracy", None, ["balanced_accuracy"]),
        ("balanced_accuracy", ["accuracy", "bac"], ["balanced_accuracy", "accuracy"]),
        ("log_loss", ["roc_auc", "accuracy"], ["roc_auc", "accuracy"]),
        ("log_loss", [], ["accuracy"]),
    ],
)
def test_monitored_metric_comes_first_and_nothing_twice(monitor, scoring, expected):
    """A metric that is monitored is recorded first; aliases of one metric are one."""
    if "bac" in (scoring or []):
        scoring = ["accuracy", "balanced_accuracy"]
    assert names(monitor, scoring) == expected


def test_positive_class_is_resolved_for_each_metric():
    """The named class is taken; without a name the rarer one is, and a warning says so."""
    metrics, positive = recorded_metrics("f1", "accuracy", CLASSES, CODES, "no")
    assert [metric.name for metric in metrics] == ["f1", "accuracy"]
    assert positive[0] == 0
    with pytest.warns(LossfixWarning, match="'yes', was taken. Pass pos_label"):
        assert recorded_metrics("f1", None, CLASSES, CODES)[1] == [1]


def test_scorers_are_metrics_too():
    """A scorer made by scikit-learn is recognised."""
    assert names(make_scorer(f1_score, average="macro"), None) == ["f1_macro"]


@pytest.mark.parametrize(
    ("monitor", "estimator", "expected"),
    [
        ("log_loss", LogisticRegression(), "predict_proba"),
        ("accuracy", LogisticRegression(), "predict_proba"),
        ("hinge_loss", LogisticRegression(), "decision_function"),
        ("hinge_loss", SGDClassifier(), "decision_function"),
        ("accuracy", SGDClassifier(), "decision_function"),
    ],
)
def test_scores_follow_from_the_monitor(monitor, estimator, expected):
    """Probabilities are judged where there are any and nothing else is asked for."""
    assert response_for(monitor, estimator) == expected


def test_what_the_estimator_cannot_give_is_refused():
    """Log loss without probabilities, and any loss without scores, are errors with a way out."""
    with pytest.raises(ValueError, match=r"needs predict_proba.*monitor='hinge_loss'"):
        response_for("log_loss", SGDClassifier())
    with pytest.raises(ValueError, match="has no decision_function"):
        response_for("accuracy", object())
    with pytest.raises(ValueError, match="this SGDClassifier has not"):
        response_for("log_loss", SGDClassifier(random_state=np.random.RandomState(0)))


def test_losses_are_named():
    """Names of losses are losses; metrics and callables are not."""
    assert is_loss("refinement")
    assert not is_loss("accuracy")
    assert not is_loss(make_scorer(f1_score))


def test_one_class_is_refused():
    """Labels of one class are an error; others become codes of sorted classes."""
    with pytest.raises(ValueError, match="y has 1 class"):
        encode_classes(np.array(["a", "a"]))
    codes, classes = encode_classes(np.array(["b", "a"]))
    assert codes.tolist() == [1, 0]
    assert classes.tolist() == ["a", "b"]
