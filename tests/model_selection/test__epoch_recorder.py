"""Tests of what is recorded: equal to scikit-learn's metrics of the model, epoch by epoch."""

import numpy as np
import pytest
from sklearn.datasets import load_iris
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression, SGDClassifier
from sklearn.metrics import balanced_accuracy_score, hinge_loss, log_loss, roc_auc_score
from sklearn.neural_network import MLPClassifier

from sklearn_lossfix._core._proper_scores import log_loss_rows
from sklearn_lossfix.decision._scoring import resolve_metric
from sklearn_lossfix.exceptions import LossfixWarning
from sklearn_lossfix.model_selection._epoch_recorder import (
    EpochRecorder,
    ScoredPart,
    hinge_loss_rows,
)

X, Y = load_iris(return_X_y=True)
NAMES = np.array(["a", "b", "c"])
TRAIN, HELD_OUT = np.arange(0, 150, 2), np.arange(1, 150, 2)
WEIGHT = np.linspace(0.5, 2, 150)
PROBA = "predict_proba"


def recorder(metrics=("balanced_accuracy",), response=PROBA, weight=None, labels=Y, **options):
    """A recorder on two halves of iris."""
    classes = np.unique(NAMES[labels])
    parts = {
        name: ScoredPart(X[rows], labels[rows], None if weight is None else weight[rows])
        for name, rows in {"train": TRAIN, "validation": HELD_OUT}.items()
    }
    resolved = [resolve_metric(metric) for metric in metrics]
    return EpochRecorder(classes, parts, response, resolved, [None] * len(resolved), **options)


def fitted(estimator, labels=Y):
    """A model of the first half."""
    return estimator.fit(X[TRAIN], NAMES[labels[TRAIN]])


@pytest.mark.parametrize("weight", [None, WEIGHT], ids=["unweighted", "weighted"])
def test_values_are_those_of_scikit_learn(weight):
    """Loss, label metric and ranking metric of both parts are scikit-learn's, with weights."""
    model = fitted(LogisticRegression(C=0.1))
    ours = recorder(("balanced_accuracy", "roc_auc_ovr"), weight=weight).record(model)
    for name, rows in {"train": TRAIN, "validation": HELD_OUT}.items():
        given = {"sample_weight": None if weight is None else weight[rows]}
        y, proba = NAMES[Y[rows]], model.predict_proba(X[rows])
        assert ours[f"{name}_log_loss"] == pytest.approx(log_loss(y, proba, **given))
        labels = model.predict(X[rows])
        expected = balanced_accuracy_score(y, labels, **given)
        assert ours[f"{name}_balanced_accuracy"] == pytest.approx(expected)
        expected = roc_auc_score(y, proba, multi_class="ovr", **given)
        assert ours[f"{name}_roc_auc_ovr"] == pytest.approx(expected)


@pytest.mark.parametrize("n_classes", [2, 3])
def test_hinge_loss_is_that_of_scikit_learn(n_classes):
    """Decision values of two and of more classes are judged as scikit-learn judges them."""
    y = np.minimum(Y, n_classes - 1)
    model = SGDClassifier(random_state=0).fit(X, y)
    margins = model.decision_function(X)
    assert hinge_loss_rows(margins, y).mean() == pytest.approx(hinge_loss(y, margins))
    ours = recorder(response="decision_function", labels=y)
    named = SGDClassifier(random_state=0).fit(X, NAMES[y])
    expected = hinge_loss(y[HELD_OUT], margins[HELD_OUT])
    assert ours.record(named)["validation_hinge_loss"] == pytest.approx(expected)
    assert ours.loss_name == "hinge_loss"


@pytest.mark.parametrize(
    "estimator",
    [
        MLPClassifier(random_state=0, max_iter=2000),
        RandomForestClassifier(random_state=0),
        SGDClassifier(loss="log_loss", random_state=0),
        SGDClassifier(loss="modified_huber", random_state=0),
    ],
    ids=["network", "forest", "linear", "huber"],
)
def test_labels_are_those_of_predict(estimator):
    """Rows count as right where `predict` is right, also where probabilities are tied at one."""
    model = fitted(estimator)
    ours = recorder(store_rows=True)
    ours.record(model)
    right = model.predict(X[HELD_OUT]) == NAMES[Y[HELD_OUT]]
    np.testing.assert_array_equal(ours.row_right[0], right)


def test_row_losses_are_kept_for_every_epoch():
    """Their means are the recorded losses, up to single precision."""
    ours = recorder(store_rows=True)
    for C in (0.01, 1.0):
        ours.record(fitted(LogisticRegression(C=C)))
    assert np.shape(ours.row_losses) == (2, len(HELD_OUT))
    assert ours.row_losses[0].dtype == np.float32
    np.testing.assert_allclose(
        np.mean(ours.row_losses, axis=1), ours.curves["validation_log_loss"], rtol=1e-5
    )


def test_refinement_forgives_temperature_and_prior():
    """Flattened and shifted probabilities have the same refinement, and a greater log loss."""

    class Distorted(LogisticRegression):
        def predict_proba(self, X):
            log_p = 0.5 * np.log(super().predict_proba(X)) + np.array([0.0, 1.0, -1.0])
            p = np.exp(log_p - log_p.max(axis=1, keepdims=True))
            return p / p.sum(axis=1, keepdims=True)

    plain = recorder(refine=True).record(fitted(LogisticRegression(C=100.0, max_iter=1000)))
    distorted = recorder(refine=True).record(fitted(Distorted(C=100.0, max_iter=1000)))
    assert distorted["validation_log_loss"] > plain["validation_log_loss"] + 0.05
    assert distorted["validation_refinement"] == pytest.approx(
        plain["validation_refinement"], abs=0.02
    )


def test_refinement_is_corrected_for_what_was_fitted():
    """A forecast that is right has, on average, the refinement that it has on fresh rows."""
    rng = np.random.default_rng(0)
    n, excess = 60, []
    for _ in range(300):
        z = rng.normal(size=(n, 1)) * 1.5
        proba = 1 / (1 + np.exp(-np.hstack([-z, z])))
        codes = (rng.random(n) < proba[:, 1]).astype(int)
        part = ScoredPart(z, codes, None)
        one = EpochRecorder(np.array([0, 1]), {"validation": part}, PROBA, [], [], refine=True)
        excess.append(one._refinement(proba, part) - log_loss_rows(proba, codes).mean())
    error = np.std(excess) / np.sqrt(len(excess))
    # The prior of one row on the map takes away some of the 2 / (2 n) that was added.
    assert abs(np.mean(excess)) < 3 * error + 0.25 * (2 / (2 * n))
    assert np.mean(excess) - 2 / (2 * n) < -2 * error


def test_diverged_scores_are_recorded_as_such():
    """Scores that are no numbers make losses that are none, without a warning or an error."""

    class Broken(LogisticRegression):
        def predict_proba(self, X):
            return np.full((len(X), 3), np.nan)

    ours = recorder(("accuracy", "roc_auc_ovr"), refine=True).record(fitted(Broken()))
    assert np.isnan(ours["validation_log_loss"])
    assert np.isnan(ours["validation_refinement"])
    assert np.isnan(ours["validation_roc_auc_ovr"])


def test_a_class_without_training_rows_costs_what_it_should():
    """A class that the model never saw has probability zero, and its rows a finite, great loss."""
    model = LogisticRegression().fit(X[:100], NAMES[Y[:100]])
    ours = recorder(store_rows=True)
    value = ours.record(model)["validation_log_loss"]
    rows = ours.row_losses[0][Y[HELD_OUT] == 2]
    np.testing.assert_allclose(rows, -np.log(np.finfo(float).eps), rtol=1e-6)
    assert np.isfinite(value)


def test_scores_that_compare_pairs_are_refused():
    """An estimator without one score for each class is an error that names it."""

    class Pairs(LogisticRegression):
        def decision_function(self, X):
            return np.zeros((len(X), 4))

    with pytest.raises(ValueError, match=r"Pairs\.decision_function does not give one score"):
        recorder(response="decision_function").record(fitted(Pairs()))


def without_a_class(monitored=None, weight=None, held_out=HELD_OUT):
    """A recorder of a ranking metric whose validation rows hold no row of class "c"."""
    rows = held_out if weight is not None else held_out[Y[held_out] < 2]
    parts = {
        "train": ScoredPart(X[TRAIN], Y[TRAIN], None),
        "validation": ScoredPart(X[rows], Y[rows], weight),
    }
    metrics = [resolve_metric("roc_auc_ovr"), resolve_metric("accuracy")]
    return EpochRecorder(NAMES, parts, PROBA, metrics, [None, None], monitored=monitored)


@pytest.mark.parametrize("weight", [None, (Y[HELD_OUT] < 2).astype(float)], ids=["rows", "weight"])
def test_metrics_without_a_value_are_nan_and_told_once(weight):
    """A metric that is only recorded is NaN where a class is wanting, and one warning says so."""
    model, ours = fitted(LogisticRegression()), without_a_class(weight=weight)
    with pytest.warns(LossfixWarning, match=r"roc_auc_ovr has no value on the validation.*'c': it"):
        values = ours.record(model)
    assert np.isnan(values["validation_roc_auc_ovr"])
    assert np.isfinite([values["train_roc_auc_ovr"], values["validation_accuracy"]]).all()
    ours.record(model)  # a second warning would be an error here


def test_a_monitored_metric_without_a_value_is_an_error():
    """It names the metric, the class, and what to do."""
    ours = without_a_class("roc_auc_ovr")
    with pytest.raises(ValueError, match=r"roc_auc_ovr has no value .*'c', and it is monitored"):
        ours.record(fitted(LogisticRegression()))
    without_a_class("accuracy")  # which has one


@pytest.mark.parametrize("monitored", [None, "roc_auc"])
def test_one_class_of_two_is_undefined_too(monitored):
    """Where scikit-learn warns and gives NaN, the same is said in the same words."""
    y = np.minimum(Y, 1)
    rows = HELD_OUT[y[HELD_OUT] == 1]
    parts = {
        "train": ScoredPart(X[TRAIN], y[TRAIN], None),
        "validation": ScoredPart(X[rows], y[rows], None),
    }
    ours = EpochRecorder(
        NAMES[:2], parts, PROBA, [resolve_metric("roc_auc")], [None], monitored=monitored
    )
    model = fitted(LogisticRegression(), y)
    if monitored:
        with pytest.raises(ValueError, match="no row of 'a', and it is monitored"):
            ours.record(model)
    else:
        with pytest.warns(LossfixWarning, match="no row of 'a': it is recorded as NaN"):
            ours.record(model)


def test_errors_of_a_scorer_are_not_hidden():
    """With rows of every class, an error of a scorer of the user's own is raised as it is."""

    def broken(estimator, X, y):
        raise ValueError("not my day")

    with pytest.raises(ValueError, match="not my day"):
        recorder((broken,)).record(fitted(LogisticRegression()))


def test_cut_forgets_the_last_entries():
    """Every curve and the losses of rows end where told, also those that were longer."""
    ours, model = recorder(store_rows=True), fitted(LogisticRegression())
    for _ in range(3):
        ours.record(model)
    ours.curves["learning_rate"] = [1.0, 1.0]
    ours.cut(2)
    assert {len(curve) for curve in ours.curves.values()} == {2}
    assert len(ours.row_losses) == len(ours.row_right) == 2


def test_history_and_facts_are_what_was_recorded():
    """Arrays with the numbers of the epochs, and what a reader needs to know of them."""
    ours, model = recorder(weight=WEIGHT), fitted(LogisticRegression())
    for _ in range(2):
        ours.record(model)
    history = ours.history()
    assert history["epoch"].tolist() == [1, 2]
    assert history["train_log_loss"].tolist() == ours.curves["train_log_loss"]
    facts = ours.facts()
    rates = np.bincount(Y[HELD_OUT], WEIGHT[HELD_OUT]) / WEIGHT[HELD_OUT].sum()
    np.testing.assert_allclose(facts.pop("class_rates"), rates)
    assert facts == {"loss": "log_loss", "metrics": ["balanced_accuracy"], "n_train_scored": 75}
