"""Scorers that are made from metrics as data."""

import pickle

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import f1_score, get_scorer, make_scorer

from sklearn_lossfix.decision._metric_scorer import MetricScorer, make_metric_scorer
from sklearn_lossfix.decision._metrics import make_metric
from sklearn_lossfix.decision._scoring import resolve_metric

LABELS = ["fraud", "legit"]


@pytest.fixture(scope="module")
def fitted():
    """A classifier of two named classes, with rows and weights."""
    rng = np.random.default_rng(0)
    X = rng.normal(size=(200, 2))
    y = np.where(X[:, 0] + rng.normal(size=200) > 1, "fraud", "legit")
    return LogisticRegression().fit(X, y), X, y, rng.uniform(1, 2, 200)


@pytest.mark.parametrize("name", ["accuracy", "balanced_accuracy", "matthews_corrcoef"])
def test_scores_equal_those_of_scikit_learn(fitted, name):
    """The scorer is scikit-learn's of the same name, with weights and without."""
    model, X, y, weight = fitted
    ours, theirs = MetricScorer(make_metric(name), LABELS), get_scorer(name)
    assert ours(model, X, y) == pytest.approx(theirs(model, X, y))
    expected = theirs(model, X, y, sample_weight=weight)
    assert ours(model, X, y, sample_weight=weight) == pytest.approx(expected)


@pytest.mark.parametrize("label", LABELS)
def test_positive_class_is_the_named_one(fitted, label):
    """A metric of one class judges the class that is named."""
    model, X, y, _ = fitted
    scorer = make_metric_scorer(make_metric("f1"), LABELS, label)
    expected = f1_score(y, model.predict(X), pos_label=label)
    assert scorer(model, X, y) == pytest.approx(expected)
    assert pickle.loads(pickle.dumps(scorer))(model, X, y) == scorer(model, X, y)
    assert repr(scorer) == "MetricScorer('f1')"


def test_what_is_no_function_of_labels_keeps_its_scorer():
    """A ranking metric is scored by scikit-learn's own scorer."""
    metric = resolve_metric("roc_auc")
    assert make_metric_scorer(metric, LABELS) is metric.scorer
    loss = make_scorer(lambda y, p: 0.0, response_method="predict_proba")
    assert make_metric_scorer(resolve_metric(loss), LABELS) is loss


def test_unknown_labels_are_named(fitted):
    """Labels that were never learnt are refused by name."""
    model, X, _, _ = fitted
    scorer = MetricScorer(make_metric("accuracy"), LABELS)
    with pytest.raises(ValueError, match="unheard"):
        scorer(model, X[:2], ["fraud", "unheard"])
