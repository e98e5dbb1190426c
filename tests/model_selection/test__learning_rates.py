"""Tests of learning rates: that lowering them reaches the optimiser, and is refused elsewhere."""

import numpy as np
import pytest
from sklearn.datasets import load_iris
from sklearn.ensemble import GradientBoostingClassifier, HistGradientBoostingClassifier
from sklearn.linear_model import LogisticRegression, SGDClassifier
from sklearn.naive_bayes import GaussianNB
from sklearn.neural_network import MLPClassifier

from sklearn_lossfix.model_selection._learning_rates import check_lowering, learning_rate_of

X, Y = load_iris(return_X_y=True)

TRAINED = {
    "adam": MLPClassifier(hidden_layer_sizes=(5,), random_state=0),
    "sgd": MLPClassifier(hidden_layer_sizes=(5,), solver="sgd", momentum=0.0, random_state=0),
    "sgd-invscaling": MLPClassifier(
        hidden_layer_sizes=(5,),
        solver="sgd",
        learning_rate="invscaling",
        learning_rate_init=0.5,
        momentum=0.0,
        random_state=0,
    ),
}


def coefficients(model):
    """All learnt numbers in one vector."""
    parts = [*model.coefs_, *model.intercepts_] if hasattr(model, "coefs_") else [model.coef_]
    return np.concatenate([np.ravel(part) for part in parts])


def step_of_second_epoch(estimator, factor):
    """How far one more epoch goes after the rate was multiplied."""
    model = estimator.__class__(**estimator.get_params())
    model.partial_fit(X, Y, classes=np.unique(Y))
    rate = learning_rate_of(model)
    before, rate_before = coefficients(model).copy(), rate.read(model)
    rate.lower(model, factor)
    assert rate.read(model) == pytest.approx(factor * rate_before)
    model.partial_fit(X, Y)
    return np.abs(coefficients(model) - before).sum()


@pytest.mark.parametrize("estimator", TRAINED.values(), ids=TRAINED)
def test_lowered_rate_reaches_the_optimiser(estimator):
    """One more epoch goes a thousandth of the way if the rate is a thousandth."""
    whole = step_of_second_epoch(estimator, 1.0)
    part = step_of_second_epoch(estimator, 1e-3)
    assert part == pytest.approx(1e-3 * whole, rel=0.5)


@pytest.mark.parametrize("schedule", ["constant", "invscaling", "adaptive"])
def test_lowered_rate_of_a_linear_model_is_its_parameter(schedule):
    """The next epoch is that of a model whose `eta0` was set by hand."""
    models = []
    for _ in range(2):
        model = SGDClassifier(loss="log_loss", learning_rate=schedule, eta0=0.1, random_state=0)
        models.append(model.partial_fit(X, Y, classes=np.unique(Y)))
    rate = learning_rate_of(models[0])
    before = rate.read(models[0])
    rate.lower(models[0], 0.25)
    assert rate.read(models[0]) == pytest.approx(before / 4)
    models[1].set_params(eta0=0.1 * 0.25)
    first, second = (coefficients(model.partial_fit(X, Y)) for model in models)
    np.testing.assert_array_equal(first, second)
    assert not np.array_equal(first, coefficients(models[0].set_params(eta0=0.1).partial_fit(X, Y)))


def test_lowered_rate_of_boosting_shrinks_new_trees_only():
    """Trees grown after the rate was lowered to almost nothing add almost nothing to the rest."""
    model = HistGradientBoostingClassifier(max_iter=3, warm_start=True).fit(X, Y)
    before = model.decision_function(X)
    rate = learning_rate_of(model)
    rate.lower(model, 1e-6)
    assert rate.read(model) == pytest.approx(1e-7)
    np.testing.assert_array_equal(model.decision_function(X), before)
    model.set_params(max_iter=4).fit(X, Y)
    np.testing.assert_allclose(model.decision_function(X), before, atol=1e-5)


def test_set_params_would_not_reach_a_network():
    """The reason for all this: `partial_fit` of a network ignores a new `learning_rate_init`."""
    models = [MLPClassifier(random_state=0).partial_fit(X, Y, classes=[0, 1, 2]) for _ in range(2)]
    models[0].set_params(learning_rate_init=1e-9)
    first, second = (coefficients(model.partial_fit(X, Y)) for model in models)
    np.testing.assert_array_equal(first, second)


@pytest.mark.parametrize(
    "estimator",
    [
        MLPClassifier(solver="lbfgs"),
        SGDClassifier(),
        GradientBoostingClassifier(),
        LogisticRegression(),
        GaussianNB(),
    ],
    ids=["lbfgs", "optimal", "boosting", "logistic", "naive-bayes"],
)
def test_unknown_ways_are_refused(estimator):
    """Where no way is known to reach the optimiser, the error names who has one."""
    assert learning_rate_of(estimator) is None
    with pytest.raises(ValueError, match=rf"of {type(estimator).__name__} none is known"):
        check_lowering(estimator, None, 2, 5)
    with pytest.raises(ValueError, match=r"MLPClassifier .* SGDClassifier .*=None"):
        check_lowering(estimator, None, 2, 5)


def test_rate_that_would_never_be_lowered_is_refused():
    """Waiting for as long as training lasts is an error, one epoch less is not."""
    model = MLPClassifier()
    check_lowering(model, learning_rate_of(model), 4, 5)
    with pytest.raises(ValueError, match="lr_patience=5 is not less than patience=5"):
        check_lowering(model, learning_rate_of(model), 5, 5)
