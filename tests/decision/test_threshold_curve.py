"""Metrics at every threshold: against scikit-learn's metrics of the labels there."""

import numpy as np
import pytest
from sklearn.metrics import f1_score, make_scorer, matthews_corrcoef, recall_score

from sklearn_lossfix.decision._metrics import make_metric
from sklearn_lossfix.decision._scoring import resolve_metric
from sklearn_lossfix.decision._threshold_curve import plot_curve, threshold_curve

CLASSES = np.array(["no", "yes"])


def _rows(seed=0, n=60):
    """Tied probabilities and weights."""
    rng = np.random.default_rng(seed)
    second = np.round(rng.random(n), 1)
    y = (rng.random(n) < second).astype(int)
    return y, np.column_stack([1 - second, second]), rng.uniform(0.5, 2, n)


def _curve(y, scores, metrics, pos=1, weight=None):
    """A curve over probabilities."""
    return threshold_curve(
        y, scores, metrics, classes=CLASSES, pos=pos, space="proba", sample_weight=weight
    )


@pytest.mark.parametrize("pos", [0, 1])
@pytest.mark.parametrize("weighted", [False, True])
def test_every_point_is_the_metric_of_its_labels(pos, weighted):
    """At each threshold each metric is scikit-learn's, whichever class is positive."""
    y, scores, weight = _rows()
    weight = weight if weighted else None
    names = ("f1", "recall", "matthews_corrcoef")
    curve = _curve(y, scores, [make_metric(name) for name in names], pos, weight)
    functions = (
        lambda t, p: f1_score(t, p, pos_label=pos, sample_weight=weight, zero_division=0),
        lambda t, p: recall_score(t, p, pos_label=pos, sample_weight=weight),
        lambda t, p: matthews_corrcoef(t, p, sample_weight=weight),
    )
    for i, threshold in enumerate(curve["threshold"]):
        labels = np.where(scores[:, pos] >= threshold, pos, 1 - pos)
        for name, function in zip(names, functions, strict=True):
            assert curve[name][i] == pytest.approx(function(y, labels), abs=1e-12)


def test_ends_are_never_and_always_positive():
    """The curve runs from the infinite threshold to the minus infinite one, decreasing."""
    y, scores, _ = _rows()
    thresholds = _curve(y, scores, [])["threshold"]
    assert (thresholds[0], thresholds[-1]) == (np.inf, -np.inf)
    assert (np.diff(thresholds[1:-1]) < 0).all()
    assert len(thresholds) == len(np.unique(scores[:, 1])) + 1


def count_yes(y_true, y_pred):
    """A function of labels that names one of them."""
    return np.sum((y_true == "yes") & (y_pred == "yes"))


def test_users_functions_are_called_with_labels():
    """A function that names a label is given labels, and counts the same from either side."""
    y, scores, _ = _rows()
    metric = resolve_metric(make_scorer(count_yes))
    curve = _curve(y, scores, [metric])
    assert curve["count_yes"][-1] == y.sum()
    assert curve["count_yes"][0] == 0
    assert _curve(y, scores, [metric], pos=0)["count_yes"][0] == y.sum()


def test_metrics_of_scores_have_no_curve():
    """A ranking metric is the same at all thresholds: it is refused."""
    y, scores, _ = _rows()
    with pytest.raises(ValueError, match="roc_auc"):
        _curve(y, scores, [resolve_metric("roc_auc")])


def test_picture_shows_metrics_threshold_and_band():
    """Each metric is one step line; the threshold in use and its interval are marked."""
    y, scores, _ = _rows()
    curve = _curve(y, scores, [make_metric("f1"), make_metric("recall")])
    ax = plot_curve(curve, 0.45, (0.3, 0.6))
    labels = [text.get_text() for text in ax.get_legend().get_texts()]
    assert labels == ["f1", "recall", "threshold in use", "95 % of bootstrap thresholds"]
    assert plot_curve(curve, np.inf, ax=ax) is ax
    np.testing.assert_array_equal(ax.lines[0].get_ydata(), curve["f1"][1:-1])


@pytest.mark.parametrize("pos", [0, 1])
def test_scorers_keep_their_own_positive_class(pos):
    """A scorer that names a class is judged by it, and two of one name do not hide each other."""
    y, scores, _ = _rows()
    metrics = [resolve_metric(make_scorer(recall_score, pos_label=k)) for k in ("no", "yes")]
    curve = _curve(y, scores, [*metrics, make_metric("recall")], pos)
    assert list(curve) == ["threshold", "recall", "recall_2", "recall_3"]
    for i, threshold in enumerate(curve["threshold"]):
        labels = np.where(scores[:, pos] >= threshold, pos, 1 - pos)
        for name, k in (("recall", 0), ("recall_2", 1), ("recall_3", pos)):
            assert curve[name][i] == pytest.approx(recall_score(y, labels, pos_label=k))


@pytest.mark.parametrize("weighted", [False, True])
def test_costs_of_rows_are_those_of_the_cost_alone(weighted):
    """The cost is the mean of what the rows' errors cost; other metrics know nothing of it."""
    y, scores, weight = _rows()
    weight = weight if weighted else None
    cost = np.random.default_rng(1).uniform(0, 9, len(y))
    options = {"classes": CLASSES, "pos": 1, "space": "proba", "sample_weight": weight}
    metrics = [make_metric("cost"), make_metric("f1"), make_metric("cost", fn_cost=3.0)]
    curve = threshold_curve(y, scores, metrics, cost=cost, **options)
    plain = threshold_curve(y, scores, metrics, **options)
    for name in ("threshold", "f1", "cost_2"):
        np.testing.assert_array_equal(curve[name], plain[name])
    for i, threshold in enumerate(curve["threshold"]):
        wrong = (scores[:, 1] >= threshold) != y
        assert curve["cost"][i] == pytest.approx(-np.average(cost * wrong, weights=weight))
