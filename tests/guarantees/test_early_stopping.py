"""What the docs promise of EarlyStoppingClassifier, for each kind of training and several seeds."""

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.datasets import make_classification
from sklearn.ensemble import GradientBoostingClassifier, RandomForestClassifier
from sklearn.linear_model import SGDClassifier
from sklearn.metrics import accuracy_score, log_loss
from sklearn.neural_network import MLPClassifier

from sklearn_lossfix import EarlyStoppingClassifier

# A fifth of the labels is noise: networks and boosting overfit, and the best epoch is in between.
X, Y = make_classification(
    400, 12, n_informative=6, n_classes=3, flip_y=0.2, class_sep=0.7, random_state=0
)
NAMES = np.array(["u", "v", "w"])[Y]

LINEAR = SGDClassifier(loss="log_loss", learning_rate="constant", eta0=0.01, random_state=7)
NETWORK = MLPClassifier(hidden_layer_sizes=(24,), learning_rate_init=0.02, random_state=7)
TREES = {
    "forest": RandomForestClassifier(max_depth=3, random_state=7),
    "boosting": GradientBoostingClassifier(learning_rate=0.5, subsample=0.5, random_state=7),
}
PASSES = {
    "linear": LINEAR,
    "averaged": clone(LINEAR).set_params(average=True),
    "balanced": clone(LINEAR).set_params(class_weight="balanced"),
    "adam": NETWORK,
    "sgd-network": clone(NETWORK).set_params(solver="sgd", learning_rate_init=0.1),
}
KINDS = {**PASSES, **TREES}
SEEDS = range(3)


def stopped(estimator, seed, monitor="log_loss"):
    """The estimator after early stopping, and the rows that it was trained on."""
    model = EarlyStoppingClassifier(
        estimator, monitor=monitor, validation_fraction=0.25, patience=6, max_epochs=60
    )
    model.set_params(random_state=seed).fit(X, NAMES)
    return model, np.setdiff1d(np.arange(len(Y)), model.validation_rows_)


def by_hand(estimator, rows, n_epochs):
    """The estimator after so many calls of `partial_fit`, its seed being that of a generator."""
    model = clone(estimator).set_params(random_state=np.random.RandomState(estimator.random_state))
    if model.get_params().get("class_weight") == "balanced":
        counts = np.unique(NAMES[rows], return_counts=True)[1]
        weights = len(rows) / (len(counts) * counts)
        model.set_params(class_weight=dict(zip("uvw", weights, strict=True)))
    for _ in range(n_epochs):
        model.partial_fit(X[rows], NAMES[rows], classes=["u", "v", "w"])
    return model


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("name", PASSES)
def test_what_is_kept_is_a_loop_by_hand_up_to_the_best_epoch(name, seed):
    """The kept model equals, bit for bit, as many calls of `partial_fit` as the best epoch says."""
    model, rows = stopped(PASSES[name], seed)
    expected = by_hand(PASSES[name], rows, model.best_epoch_)
    np.testing.assert_array_equal(model.predict_proba(X), expected.predict_proba(X))
    after = by_hand(PASSES[name], rows, model.n_epochs_)
    if model.n_epochs_ > model.best_epoch_:
        assert not np.array_equal(model.predict_proba(X), after.predict_proba(X))


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("name", TREES)
def test_what_is_kept_of_trees_is_one_fit_of_the_best_number(name, seed):
    """The kept trees equal, bit for bit, those of one `fit` with the best number of trees."""
    model, rows = stopped(TREES[name], seed)
    expected = clone(TREES[name]).set_params(n_estimators=model.best_epoch_)
    expected.fit(X[rows], NAMES[rows])
    np.testing.assert_array_equal(model.predict_proba(X), expected.predict_proba(X))


@pytest.mark.parametrize("monitor", ["log_loss", "accuracy"])
@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("name", KINDS)
def test_recorded_values_of_the_best_epoch_are_those_of_what_is_kept(name, seed, monitor):
    """scikit-learn's loss and accuracy of the kept model on the held-out rows were recorded."""
    model, _ = stopped(KINDS[name], seed, monitor)
    rows, best = model.validation_rows_, model.best_epoch_ - 1
    loss = log_loss(NAMES[rows], model.predict_proba(X[rows]), labels=model.classes_)
    assert model.history_["validation_log_loss"][best] == pytest.approx(loss, rel=1e-12)
    accuracy = accuracy_score(NAMES[rows], model.predict(X[rows]))
    assert model.history_["validation_accuracy"][best] == pytest.approx(accuracy, rel=1e-12)
    curve = model.history_[f"validation_{monitor}"]
    best_value = curve.min() if monitor == "log_loss" else curve.max()
    assert model.best_score_ == curve[best] == best_value
    assert best_value not in curve[:best]  # the first of equal ones


@pytest.mark.parametrize("name", KINDS)
def test_equal_seeds_give_equal_curves(name):
    """Two fits with one seed have the same curves, bit for bit; another seed has others."""
    free = clone(KINDS[name]).set_params(random_state=None)
    curves = []
    for seed, state in ((3, 0), (3, 1), (4, 0)):
        np.random.seed(state)  # the global generator decides nothing
        curves.append(stopped(free, seed)[0].history_)
    assert all(np.array_equal(curves[0][key], curves[1][key]) for key in curves[0])
    assert not np.array_equal(curves[0]["validation_log_loss"], curves[2]["validation_log_loss"])
