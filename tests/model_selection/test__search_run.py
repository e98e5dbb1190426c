"""What a search makes of its scores: tables, the choice, and what labels and costs they are of."""

import numpy as np
import pytest
import sklearn
from sklearn.datasets import make_classification
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import f1_score, log_loss, make_scorer, recall_score, roc_auc_score
from sklearn.model_selection import StratifiedKFold
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer
from sklearn.tree import DecisionTreeClassifier

from sklearn_lossfix import AutoBalancedClassifier, MetricAlignedSearchCV, register_metric
from sklearn_lossfix.model_selection._joint_selection import lead_error

GRID = {"C": [0.01, 0.1, 1]}


@pytest.fixture(scope="module")
def few():
    """Few rows, of which accuracy is not worth a tuned rule."""
    return make_classification(300, weights=[0.8], flip_y=0.1, class_sep=0.6, random_state=0)


@pytest.fixture(scope="module")
def rare():
    """Two classes, one of them rare."""
    return make_classification(600, weights=[0.85], flip_y=0.1, class_sep=0.6, random_state=0)


def search(estimator=None, grid=None, **params):
    """A search with few samples."""
    estimator = LogisticRegression() if estimator is None else estimator
    params = {"random_state": 0, "n_bootstrap": 20, **params}
    return MetricAlignedSearchCV(estimator, GRID if grid is None else grid, **params)


def counted_f1(estimator, X, y):
    """A plain scorer of labels, of which nothing is known."""
    return f1_score(y, estimator.predict(X))


# --- the rule in use ------------------------------------------------------------------------------


@pytest.mark.parametrize("selection", ["f1", counted_f1])
def test_another_metric_chooses_under_the_rule_in_use(few, selection):
    """Where the tuned rule does not prove itself, what chooses judges labels by the default one."""
    tuned = search(scoring="accuracy", selection_metric=selection).fit(*few)
    default = search(scoring="accuracy", selection_metric=selection, decision_rule="default")
    default.fit(*few)
    assert tuned.decision_rule_.kind == "argmax"
    name = "mean_test_selection_metric"
    np.testing.assert_array_equal(tuned.cv_results_[name], default.cv_results_[name])
    assert tuned.best_index_ == default.best_index_ == np.argmax(default.cv_results_[name])


def test_other_metrics_are_those_of_the_labels_in_use(few):
    """Reported metrics are those of the labels out of fold that the table is of."""
    scoring = {"accuracy": "accuracy", "f1": "f1", "auc": "roc_auc", "plain": counted_f1}
    model = search(scoring=scoring, refit="accuracy", grid={"C": [0.01]}).fit(*few)
    assert model.decision_rule_.kind == "argmax"
    labels = model.oof_["pred"]
    np.testing.assert_array_equal(labels, model.oof_scores_.argmax(axis=1))
    expected = f1_score(model.oof_target_, labels)
    assert model.cv_results_["mean_test_f1"][0] == pytest.approx(expected)
    by_split = [
        f1_score(model.oof_target_[rows], labels[rows])
        for rows in (model.oof_split_ == k for k in range(5))
    ]
    assert model.cv_results_["mean_test_plain"][0] == pytest.approx(np.mean(by_split))


def test_the_first_within_a_standard_error_is_judged_by_what_chooses(rare):
    """Leads of another metric that chooses are compared with the errors of that metric."""
    grid = {"max_depth": [1, 2, 3, 5, None]}
    tree = DecisionTreeClassifier(random_state=0)
    for selection in ("neg_log_loss", "roc_auc", "recall"):
        model = search(tree, grid, scoring="f1", selection_metric=selection, select="one_se")
        table = model.fit(*rare).cv_results_
        values = table["mean_test_selection_metric"]
        splits = np.array([table[f"split{k}_test_selection_metric"] for k in range(5)])
        factor = np.sqrt(1 + 5 * (len(rare[1]) / 5) / (len(rare[1]) * 4 / 5))
        best = int(np.argmax(values))
        close = values[best] - values <= np.nan_to_num(lead_error(splits, best, factor))
        assert model.best_index_ == int(np.flatnonzero(close)[0])


# --- costs of rows ------------------------------------------------------------------------------


def test_costs_of_rows_leave_other_metrics_alone(few):
    """They have a say in the cost alone: other metrics and the log loss are those without them."""
    X, y = few
    amount = np.where(X[:, 0] > 0, 20.0, 1.0)
    scoring = {"c": "cost", "auc": "roc_auc", "f1": "f1", "again": "cost"}
    options = {"scoring": scoring, "refit": "c", "decision_rule": "default"}
    plain, priced = search(**options).fit(X, y), search(**options).fit(X, y, fn_cost=amount)
    for name in ("mean_test_auc", "mean_test_f1", "split0_test_f1", "proper_loss"):
        np.testing.assert_array_equal(priced.cv_results_[name], plain.cv_results_[name])
    labels, target, row = priced.oof_["pred"], priced.oof_target_, priced.oof_row_
    paid = np.where(labels == target, 0.0, np.where(target == 1, amount[row], 1.0))
    best = priced.best_index_
    for name in ("c", "again"):
        assert priced.cv_results_[f"mean_test_{name}"][best] == pytest.approx(-paid.mean())
        split = -paid[priced.oof_split_ == 0].mean()
        assert priced.cv_results_[f"split0_test_{name}"][best] == pytest.approx(split)


def test_costs_of_rows_choose_where_the_cost_is_asked_to(few):
    """As the metric that chooses, "cost" is that of the rows too."""
    X, y = few
    amount = np.where(X[:, 0] > 0, 20.0, 1.0)
    by_itself = search(scoring="cost", n_bootstrap=0).fit(X, y, fn_cost=amount)
    named = search(scoring="cost", selection_metric="cost", n_bootstrap=0)
    named.fit(X, y, fn_cost=amount)
    assert named.best_index_ == by_itself.best_index_
    np.testing.assert_array_equal(
        named.cv_results_["mean_test_selection_metric"], named.cv_results_["mean_test_score"]
    )


def test_losses_of_priced_rows_are_those_of_the_record(few):
    """The log loss is scikit-learn's of the recorded scores, whatever errors cost."""
    X, y = few
    model = search(scoring="cost", grid={"C": [1]}).fit(X, y, fn_cost=np.linspace(1, 50, len(y)))
    expected = log_loss(model.oof_target_, model.oof_scores_)
    assert model.cv_results_["proper_loss"][0] == pytest.approx(expected)
    assert model.oof_weight_ is None
    assert roc_auc_score(model.oof_target_, model.oof_scores_[:, 1]) > 0.5


@pytest.mark.parametrize("make", [search, lambda **p: AutoBalancedClassifier(**p)])
def test_costs_of_rows_can_be_asked_for(few, make):
    """With metadata routing a Pipeline hands the costs on to a classifier that asks for them."""
    X, y = few
    amount = np.where(X[:, 0] > 0, 20.0, 1.0)
    options = {"estimator": LogisticRegression(), "scoring": "cost", "random_state": 0}
    alone = make(**options).fit(X, y, fn_cost=amount)
    with sklearn.config_context(enable_metadata_routing=True):
        model = make(**options).set_fit_request(fn_cost=True)
        piped = make_pipeline(FunctionTransformer(), model).fit(X, y, fn_cost=amount)
    assert piped[-1].threshold_ == alone.threshold_
    np.testing.assert_array_equal(piped[-1].oof_["cost"], alone.oof_["cost"])


# --- positive classes -----------------------------------------------------------------------------


def test_scorers_keep_their_own_positive_class(rare):
    """A scorer that names a positive class is reported, and made anew, for that one."""
    X, y = rare
    zero = make_scorer(recall_score, pos_label=0)
    model = search(
        scoring={"r1": "recall", "r0": zero}, refit="r1", decision_rule="default", grid={"C": [1]}
    ).fit(X, y)
    for name, label in (("r1", 1), ("r0", 0)):
        expected = recall_score(model.oof_target_, model.oof_["pred"], pos_label=label)
        assert model.cv_results_[f"mean_test_{name}"][0] == pytest.approx(expected)
        expected = recall_score(y, model.predict(X), pos_label=label)
        assert model.scorer_[name](model, X, y) == pytest.approx(expected)


def test_what_chooses_keeps_its_own_positive_class(rare):
    """Selection by the recall of one class is not that of the other."""
    zero = make_scorer(recall_score, pos_label=0)
    model = search(scoring="f1", selection_metric=zero, grid={"C": [1e-4, 1]}).fit(*rare)
    expected = recall_score(model.oof_target_, model.oof_["pred"], pos_label=0)
    values = model.cv_results_["mean_test_selection_metric"]
    assert values[model.best_index_] == pytest.approx(expected)


# --- values that are none -------------------------------------------------------------------------


def test_a_metric_that_is_never_a_number_is_named(few):
    """The error blames the function of the metric, not the splits."""
    metric = register_metric("never", lambda tp, fp, fn, tn: tp * np.nan, overwrite=True)
    with pytest.raises(ValueError, match="the function of the metric 'never' makes of"):
        search(scoring=metric).fit(*few)


def test_a_single_test_row_of_a_class_is_named(few):
    """Where rules cannot be judged on other rows, the error says of what there are too few."""
    X, y = few
    test = np.r_[np.flatnonzero(y == 0)[:50], np.flatnonzero(y == 1)[:1]]
    cv = [(np.setdiff1d(np.arange(len(y)), test), test)]
    with pytest.raises(ValueError, match=r"takes two rows of every class.*Class 1 has one"):
        search(scoring="f1", cv=cv).fit(X, y)
    model = search(scoring="f1", cv=cv, decision_rule="default").fit(X, y)
    assert model.decision_rule_.kind == "argmax"
    assert search(scoring="f1", cv=StratifiedKFold(3)).fit(X, y).n_splits_ == 3
