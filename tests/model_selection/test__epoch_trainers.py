"""Tests of trainers: epochs are those of one long fit, states come back, parameters too."""

import copy

import numpy as np
import pytest
from sklearn.base import BaseEstimator, ClassifierMixin, clone
from sklearn.datasets import load_iris
from sklearn.ensemble import (
    BaggingClassifier,
    GradientBoostingClassifier,
    HistGradientBoostingClassifier,
    RandomForestClassifier,
)
from sklearn.linear_model import LogisticRegression, Perceptron, SGDClassifier
from sklearn.multiclass import OneVsRestClassifier
from sklearn.naive_bayes import GaussianNB
from sklearn.neighbors import KNeighborsClassifier
from sklearn.neural_network import MLPClassifier
from sklearn.tree import DecisionTreeClassifier

from sklearn_lossfix.model_selection._epoch_trainers import (
    AddsTrees,
    balanced_weights,
    copied,
    going_on_at_random,
    make_trainer,
)

X, Y = load_iris(return_X_y=True)
CLASSES = np.unique(Y)

NETWORK = MLPClassifier(hidden_layer_sizes=(8,), random_state=0)
ESTIMATORS = {
    "adam": NETWORK,
    "sgd-network": clone(NETWORK).set_params(solver="sgd", learning_rate_init=0.1),
    "lbfgs": clone(NETWORK).set_params(solver="lbfgs"),
    "linear": SGDClassifier(loss="log_loss", random_state=0),
    "averaged": SGDClassifier(loss="log_loss", average=True, random_state=0),
    "perceptron": Perceptron(random_state=0),
    "one-vs-rest": OneVsRestClassifier(SGDClassifier(loss="log_loss", random_state=0)),
    "naive-bayes": GaussianNB(),
    "logistic": LogisticRegression(C=100.0),
    "saga": LogisticRegression(solver="saga", random_state=0),
    "forest": RandomForestClassifier(random_state=0),
    "bagging": BaggingClassifier(DecisionTreeClassifier(max_depth=2), random_state=0),
    "boosting": GradientBoostingClassifier(max_depth=1, random_state=0),
    "histogram": HistGradientBoostingClassifier(max_leaf_nodes=3, random_state=0),
}


def trained(estimator, n_epochs, n_iterations=1):
    """A trainer after some epochs."""
    trainer = make_trainer(clone(estimator), n_iterations)
    for _ in range(n_epochs):
        trainer.train(X, Y, CLASSES, {})
    return trainer


def scores(model):
    """What a model says of all rows."""
    return getattr(model, "predict_proba", getattr(model, "decision_function", None))(X)


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
@pytest.mark.parametrize("name", ["adam", "sgd-network", "forest", "bagging", "boosting"])
def test_epochs_are_those_of_one_long_fit(name):
    """Six epochs give, bit for bit, the model of one fit with six iterations or trees."""
    estimator = clone(ESTIMATORS[name])
    if "network" in name or name == "adam":
        # Shuffled, a long fit shuffles what it shuffled before, and epochs begin in order.
        estimator.set_params(max_iter=6, shuffle=False, batch_size=32)
    else:
        estimator.set_params(n_estimators=6)
    model = trained(estimator, 6).finish()
    np.testing.assert_array_equal(scores(model), scores(clone(estimator).fit(X, Y)))


def test_epochs_of_boosting_are_those_of_one_long_fit():
    """Two epochs of three trees are six trees, up to the order of sums."""
    estimator = clone(ESTIMATORS["histogram"]).set_params(max_iter=6)
    model = trained(estimator, 2, n_iterations=3).finish()
    np.testing.assert_allclose(scores(model), scores(clone(estimator).fit(X, Y)), rtol=1e-10)


@pytest.mark.parametrize("schedule", ["constant", "optimal", "invscaling"])
def test_schedules_of_linear_models_go_on(schedule):
    """Six passes are one fit of six, up to rounding: the learning rate does not begin anew."""
    linear = SGDClassifier(
        loss="log_loss", learning_rate=schedule, eta0=0.01, alpha=0.1, shuffle=False, tol=None
    )
    expected = clone(linear).set_params(max_iter=6).fit(X, Y)
    np.testing.assert_allclose(trained(linear, 6).finish().coef_, expected.coef_, rtol=1e-8)


def test_resumed_fits_go_on():
    """Epochs of some iterations each come to where one fit comes."""
    estimator = ESTIMATORS["logistic"]
    done = clone(estimator).set_params(max_iter=10_000).fit(X, Y)
    before, after = (
        np.abs(scores(trained(estimator, n_epochs, n_iterations=20).model) - scores(done)).max()
        for n_epochs in (1, 20)
    )
    assert after < 0.02 < before


def test_rows_are_visited_in_another_order_in_every_epoch():
    """With an integer seed, two epochs of `partial_fit` do not repeat each other's order."""
    orders = []

    class Spy(ClassifierMixin, BaseEstimator):
        def __init__(self, random_state=None):
            self.random_state = random_state

        def partial_fit(self, X, y, classes=None):
            seed = self.random_state
            rng = np.random.RandomState(seed) if isinstance(seed, int) else seed
            orders.append(rng.permutation(20).tolist())
            self.classes_ = classes
            return self

    model = trained(Spy(random_state=3), 2).finish()
    assert orders[0] == np.random.RandomState(3).permutation(20).tolist()
    assert orders[0] != orders[1]
    assert model.random_state == 3


@pytest.mark.parametrize("estimator", ESTIMATORS.values(), ids=ESTIMATORS)
def test_state_comes_back(estimator):
    """After more epochs, what was copied is put back: scores, and everything that was learnt."""
    trainer = trained(estimator, 2)
    state, before = trainer.state(), scores(trainer.model).copy()
    names = set(vars(trainer.model))
    for _ in range(3):
        trainer.train(X, Y, CLASSES, {})
    trainer.put_back(state)
    np.testing.assert_array_equal(scores(trainer.model), before)
    assert set(vars(trainer.model)) == names


@pytest.mark.parametrize("name", ["adam", "linear", "averaged", "naive-bayes", "boosting"])
def test_training_goes_on_from_a_state_that_came_back(name):
    """The state of the optimiser comes back too: the next epoch is the one that came next."""
    estimator = clone(ESTIMATORS[name])
    if "shuffle" in estimator.get_params():
        estimator.set_params(shuffle=False)
    if name == "boosting":
        estimator.set_params(warm_start=True, n_estimators=1)
    trainer = trained(estimator, 2)
    state = trainer.state()
    expected = None
    for _ in range(2):
        model = copy.deepcopy(trainer.model)
        if name == "boosting":
            model.set_params(n_estimators=3).fit(X, Y)
        else:
            model.partial_fit(X, Y)
        if expected is None:
            expected = scores(model)
            trainer.train(X, Y, CLASSES, {})
            trainer.put_back(state)
    np.testing.assert_array_equal(scores(model), expected)


@pytest.mark.parametrize("estimator", ESTIMATORS.values(), ids=ESTIMATORS)
def test_user_gets_the_parameters_back(estimator):
    """The trained model has the parameters that were given; of trees, as many as there are."""
    trainer = trained(estimator, 2)
    if trainer.rate is not None:
        trainer.rate.lower(trainer.model, 0.5)
    ours, theirs = trainer.finish().get_params(), estimator.get_params()
    if isinstance(trainer, AddsTrees):
        length = "max_iter" if isinstance(estimator, HistGradientBoostingClassifier) else None
        assert ours.pop(length or "n_estimators") == 2
        theirs.pop(length or "n_estimators")
    assert {name: repr(value) for name, value in ours.items()} == {
        name: repr(value) for name, value in theirs.items()
    }


@pytest.mark.parametrize("rows", [np.r_[0:50, 50:60, 100:125], np.r_[0:50, 50:60]])
@pytest.mark.parametrize(
    "estimator",
    [SGDClassifier(loss="log_loss", random_state=0), RandomForestClassifier(random_state=0)],
    ids=["linear", "forest"],
)
def test_balanced_weights_are_those_of_the_estimator(estimator, rows):
    """Epochs train what class weights by hand train, also where a class has no training rows."""
    counts = np.bincount(Y[rows])
    by_class = dict(enumerate(len(rows) / (len(counts) * counts)))
    expected = make_trainer(clone(estimator).set_params(class_weight=by_class))
    trainer = make_trainer(clone(estimator).set_params(class_weight="balanced"))
    for _ in range(3):
        expected.train(X[rows], Y[rows], CLASSES, {})
        trainer.train(X[rows], Y[rows], CLASSES, {})
    np.testing.assert_array_equal(scores(trainer.model), scores(expected.model))
    assert trainer.finish().class_weight == "balanced"


def test_balanced_weights_of_labels():
    """Every class weighs the same in all."""
    assert balanced_weights(np.array(["a", "a", "a", "b"])) == {"a": 2 / 3, "b": 2.0}


@pytest.mark.parametrize(
    "estimator",
    [KNeighborsClassifier(), DecisionTreeClassifier(), LogisticRegression(solver="liblinear")],
    ids=["neighbours", "tree", "liblinear"],
)
def test_what_cannot_go_on_is_refused(estimator):
    """Without partial_fit and without a warm start there are no epochs."""
    with pytest.raises(ValueError, match="cannot be trained epoch by epoch: expected"):
        make_trainer(estimator)


@pytest.mark.parametrize(
    ("estimator", "match"),
    [
        (MLPClassifier(early_stopping=True), "early_stopping=False"),
        (SGDClassifier(early_stopping=True), "early_stopping=False"),
        (HistGradientBoostingClassifier(early_stopping=True), "early_stopping=False"),
        (GradientBoostingClassifier(n_iter_no_change=3), "n_iter_no_change=None"),
    ],
)
def test_what_stops_by_itself_is_refused(estimator, match):
    """An estimator that would hold out rows of its own is refused, with the way out."""
    with pytest.raises(ValueError, match=match):
        make_trainer(estimator)


@pytest.mark.parametrize(
    ("estimator", "match"),
    [
        (BaggingClassifier(oob_score=True), "BaggingClassifier has oob_score=True.*False"),
        (
            OneVsRestClassifier(SGDClassifier(class_weight="balanced")),
            "OneVsRestClassifier has estimator__class_weight='balanced'.*as a dict",
        ),
    ],
    ids=["out-of-bag", "balanced-parts"],
)
def test_parameters_that_stand_against_epochs_are_refused(estimator, match):
    """What the training method would refuse in its own words is an error with a way out."""
    with pytest.raises(ValueError, match=match):
        make_trainer(estimator)
    make_trainer(RandomForestClassifier(oob_score=True, class_weight="balanced"))
    make_trainer(BaggingClassifier(DecisionTreeClassifier(class_weight="balanced")))


def test_messages_name_the_class_alone():
    """The generators and settings that a trainer puts in are not in messages."""
    with pytest.raises(ValueError, match=r"^KNeighborsClassifier cannot be trained"):
        make_trainer(KNeighborsClassifier(n_neighbors=3))


def test_ctrl_c_in_a_network_ends_more_than_an_epoch(monkeypatch):
    """A network that makes Ctrl-C a warning is interrupted all the same, and else is not."""
    trainer = trained(NETWORK, 1)

    def interrupt(*args):
        raise KeyboardInterrupt

    trainer.train(X, Y, CLASSES, {})
    monkeypatch.setattr(trainer.model, "_backprop", interrupt)
    with (
        pytest.warns(UserWarning, match="Training interrupted by user"),
        pytest.raises(KeyboardInterrupt),
    ):
        trainer.train(X, Y, CLASSES, {})


def test_copies_share_no_memory():
    """Arrays in lists, tuples and dicts are copied; generators of random numbers go on."""
    rng = np.random.RandomState(0)
    value = {"a": [np.zeros(2), (np.ones(1), None, "text", 3)], "rng": rng}
    twin = copied(value, {})
    value["a"][0][:] = 5
    value["a"][1][0][:] = 5
    value["a"].append(1)
    assert twin["a"][0].tolist() == [0.0, 0.0]
    assert twin["a"][1][0].tolist() == [1.0]
    assert len(twin["a"]) == 2
    assert twin["rng"] is rng


def test_what_is_one_array_stays_one():
    """Two names of one array are two names of one copy."""
    array = np.zeros(2)
    twin = copied({"coef": array, "average": [array]}, {})
    assert twin["coef"] is not array
    assert twin["average"][0] is twin["coef"]


def test_seeds_of_all_parts_become_generators():
    """Integer seeds at any depth become generators of that seed; free ones stay free."""
    found = going_on_at_random(OneVsRestClassifier(SGDClassifier(random_state=4)))
    assert list(found) == ["estimator__random_state"]
    assert found["estimator__random_state"].randint(99) == np.random.RandomState(4).randint(99)
    assert going_on_at_random(SGDClassifier()) == {}
