"""What a whole selection is worth: the same choice, made on some rows and judged on others."""

import numpy as np
import pytest
from sklearn.datasets import make_classification
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import accuracy_score, f1_score, make_scorer, recall_score
from sklearn.tree import DecisionTreeClassifier

from sklearn_lossfix import MetricAlignedSearchCV, register_metric
from sklearn_lossfix._core._bootstrap import bootstrap_counts

GRID = {"max_depth": [1, 2, 3, None]}


def _gain_of_hits(tp, fp, fn, tn):
    """Twenty for every hit, one for every letter: it grows with the rows."""
    return 20 * tp - (tp + fp)


def _error_of_f1(y_true, y_pred, sample_weight=None):
    """How far F1 is from its best: a metric that chooses the worst candidate."""
    return 1 - f1_score(y_true, y_pred, sample_weight=sample_weight)


PROFIT = register_metric("_profit", _gain_of_hits, overwrite=True)
WORST = register_metric(
    "_error_of_f1", lambda tp, fp, fn, tn: 1 - 2 * tp / (2 * tp + fp + fn), overwrite=True
).name


@pytest.fixture(scope="module")
def rare():
    """Two classes, one of them rare."""
    return make_classification(600, weights=[0.85], flip_y=0.1, class_sep=0.6, random_state=0)


def search(**params):
    """A search of trees, some of them poor, for F1."""
    params = {"scoring": "f1", "random_state": 0, **params}
    return MetricAlignedSearchCV(DecisionTreeClassifier(random_state=0), GRID, **params)


def _worst(table):
    """Choose the worst candidate."""
    return int(np.argmin(table["mean_test_score"]))


@pytest.mark.parametrize("params", [{"select": _worst}, {"refit": _worst}])
@pytest.mark.parametrize("options", [{}, {"n_bootstrap": 0}, {"pooling": "fold_mean"}])
def test_of_a_function_the_chosen_candidate_is_judged(rare, params, options):
    """The score is that of a search over the chosen candidate alone, and is not called honest."""
    options = {**options, "decision_rule": "tune"}
    model = search(**params, **options).fit(*rare)
    alone = search(**options).set_params(
        param_grid={"max_depth": [model.best_params_["max_depth"]]}
    )
    alone.fit(*rare)
    assert model.honest_score_ == pytest.approx(alone.honest_score_)
    assert model.honest_score_interval_ == pytest.approx(alone.honest_score_interval_)
    assert model.apparent_score_ == pytest.approx(alone.apparent_score_)
    assert model.best_index_ == np.argmin(model.cv_results_["mean_test_score"])
    assert repr(model).startswith("<left-out f1 ")
    report = model.diagnose()
    assert report.headline[0]["label"] == "Left-out score"
    assert "that a function chose" in report.headline[0]["text"]


def test_a_metric_of_labels_chooses_on_the_drawn_rows(rare):
    """Each sample is judged by the candidate whose labels have the greatest value on its rows."""
    options = {"decision_rule": "tune", "n_bootstrap": 30}
    for selection, function in (("recall", recall_score), (WORST, _error_of_f1)):
        model = search(selection_metric=selection, **options).fit(*rare)
        alone = [
            search(**options).set_params(param_grid={"max_depth": [depth]}).fit(*rare)
            for depth in GRID["max_depth"]
        ]
        rows = alone[0].oof_row_
        y = rare[1][rows]
        counts = bootstrap_counts(y, rows, 30, 0)
        drawn = np.array(
            [[function(y, one.oof_["pred"], sample_weight=c) for one in alone] for c in counts]
        )
        left_out = np.column_stack([one._resampled[:, 0] for one in alone])
        best = drawn == drawn.max(axis=1, keepdims=True)
        expected = np.mean([row[chosen].mean() for row, chosen in zip(left_out, best, strict=True)])
        winner = alone[model.best_index_]
        averaging = winner.honest_score_ - winner._resampled.mean()
        assert model.honest_score_ == pytest.approx(expected + averaging)
        assert repr(model).startswith("<honest f1 ")


@pytest.mark.parametrize("n_bootstrap", [0, 20])
def test_a_metric_of_scores_chooses_on_the_other_folds(rare, n_bootstrap):
    """Each fold has the labels of the candidate that is best on the mean of the other folds."""
    options = {"decision_rule": "default", "n_bootstrap": n_bootstrap}
    model = search(selection_metric="roc_auc", **options).fit(*rare)
    table = model.cv_results_
    splits = np.array([table[f"split{k}_test_selection_metric"] for k in range(5)])
    chosen = [np.delete(splits, k, axis=0).mean(axis=0).argmax() for k in range(5)]
    target, labels = [], []
    for k, candidate in enumerate(chosen):
        alone = search(**options).set_params(
            param_grid={"max_depth": [GRID["max_depth"][candidate]]}
        )
        alone.fit(*rare)
        rows = alone.oof_split_ == k
        target.append(alone.oof_target_[rows])
        labels.append(alone.oof_["pred"][rows])
    expected = f1_score(np.concatenate(target), np.concatenate(labels))
    assert model.honest_score_ == pytest.approx(expected)
    low, high = model.honest_score_interval_
    assert low < expected < high


def test_reports_tell_what_another_metric_chose(rare):
    """The apparent score beside the honest one is that of the chosen candidate, and says so."""
    model = search(selection_metric="neg_log_loss", decision_rule="tune").fit(*rare)
    one = search(decision_rule="tune").set_params(
        param_grid={"max_depth": [model.best_params_["max_depth"]]}
    )
    assert model.apparent_score_ == pytest.approx(one.fit(*rare).apparent_score_)
    text = model.diagnose().headline[0]["text"]
    assert "another metric chose" in text


# --- metrics that grow with the rows --------------------------------------------------------------


@pytest.mark.parametrize("options", [{}, {"n_bootstrap": 0}, {"decision_rule": "default"}])
@pytest.mark.parametrize(
    "metric", [PROFIT, make_scorer(accuracy_score, normalize=False)], ids=["profit", "hits"]
)
def test_all_scores_of_a_sum_are_of_all_rows(rare, metric, options):
    """Whatever rows they were made on, scores of a sum over rows are on the scale of all rows."""
    model = MetricAlignedSearchCV(
        LogisticRegression(), {"C": [1.0]}, scoring=metric, random_state=0, **options
    ).fit(*rare)
    y, labels = model.oof_target_, model.oof_["pred"]
    if metric is PROFIT:
        earned = 20 * np.sum((y == 1) & (labels == 1)) - np.sum(labels == 1)
    else:
        earned = np.sum(y == labels)
    for score in (model.best_score_, model.honest_score_, model.apparent_score_):
        assert score == pytest.approx(earned, rel=0.1)


def test_a_mean_does_not_care_for_the_scale(rare):
    """A mean per row and the sum over rows choose the same, by scores that differ by the rows."""
    n = len(rare[1])
    mean = register_metric(
        "_profit_per_row",
        lambda tp, fp, fn, tn: _gain_of_hits(tp, fp, fn, tn) / (tp + fp + fn + tn),
        overwrite=True,
    )
    weight = np.random.default_rng(0).uniform(0.5, 2.0, n)
    one, other = (
        MetricAlignedSearchCV(
            LogisticRegression(), {"C": [0.01, 1.0]}, scoring=metric, random_state=0
        ).fit(*rare, sample_weight=weight)
        for metric in (PROFIT, mean)
    )
    assert one.threshold_ == pytest.approx(other.threshold_)
    for name in ("best_score_", "honest_score_", "apparent_score_"):
        assert getattr(one, name) == pytest.approx(weight.sum() * getattr(other, name))
    for sums, means in zip(one._resampled, other._resampled, strict=True):
        np.testing.assert_allclose(sums, weight.sum() * means)
