"""The classifier twin of a regressor that was given labels."""

import numpy as np
import pytest
from sklearn import config_context
from sklearn.base import clone, is_classifier
from sklearn.datasets import make_classification
from sklearn.ensemble import HistGradientBoostingRegressor, RandomForestRegressor
from sklearn.linear_model import LinearRegression, LogisticRegression, Ridge
from sklearn.neighbors import KNeighborsRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler
from sklearn.svm import SVR
from sklearn.tree import DecisionTreeRegressor

from sklearn_lossfix.diagnosis.twins._parts import last_step
from sklearn_lossfix.diagnosis.twins.classifier import ClassifierTwin
from sklearn_lossfix.exceptions import CheckNotApplicable

X, Y = make_classification(150, n_features=4, random_state=0)


@pytest.mark.parametrize(
    ("regressor", "name", "kept"),
    [
        (RandomForestRegressor(7, max_depth=3), "RandomForestClassifier", {"n_estimators": 7}),
        (DecisionTreeRegressor(max_depth=2), "DecisionTreeClassifier", {"max_depth": 2}),
        (
            HistGradientBoostingRegressor(max_iter=9, loss="absolute_error"),
            "HistGradientBoostingClassifier",
            {"max_iter": 9, "loss": "log_loss"},
        ),
        (KNeighborsRegressor(3), "KNeighborsClassifier", {"n_neighbors": 3}),
        (SVR(C=2.0), "SVC", {"C": 2.0}),
        (LinearRegression(), "LogisticRegression", {}),
        (Ridge(fit_intercept=False), "LogisticRegression", {"fit_intercept": False}),
    ],
    ids=lambda value: type(value).__name__ if hasattr(value, "fit") else None,
)
@pytest.mark.parametrize("in_pipeline", [False, True])
def test_twin_keeps_what_both_share(subject, run_code, regressor, name, kept, in_pipeline):
    """A regressor becomes the classifier of its name, with the user's settings that both have."""
    estimator = make_pipeline(StandardScaler(), regressor) if in_pipeline else regressor
    plan = ClassifierTwin().plan(subject(estimator, X, Y, regressor=True))
    twin = plan.build(estimator)
    classifier = last_step(twin)
    assert type(classifier).__name__ == name
    assert is_classifier(twin)
    assert kept.items() <= classifier.get_params().items()
    assert plan.changes == f"{name} instead of {type(regressor).__name__}"
    assert plan.params == {"classifier": name}
    assert last_step(estimator) is regressor
    assert twin.fit(X, Y).score(X, Y) > 0.7
    shown = run_code(plan.code, clone(estimator))
    assert str(shown.get_params()) == str(plan.build(estimator).get_params())


@pytest.mark.parametrize(("own", "shown"), [(None, "LogisticRegression()"), (3, "random_state=3")])
def test_the_seed_that_is_shown_is_the_user_s_own(subject, own, shown):
    """Code shows no seed that the user did not set, and makes what `build` makes."""
    estimator = Ridge(random_state=own)
    model = subject(estimator, X, Y, regressor=True)
    assert model.seeded.random_state is not None
    plan = ClassifierTwin().plan(model)
    assert shown in plan.code
    assert repr(plan.build(estimator)) == plan.code.splitlines()[-1]


def test_weights_are_asked_for_as_before(subject):
    """Where the regressor requested weights in a Pipeline its classifier does."""
    with config_context(enable_metadata_routing=True):
        ridge = Ridge().set_fit_request(sample_weight=True)
        estimator = make_pipeline(FunctionTransformer(), ridge)
        plan = ClassifierTwin().plan(subject(estimator, X, Y, regressor=True))
        weight = np.where(Y == 1, 1.0, 1e-3)
        twin = plan.build(estimator).fit(X, Y, sample_weight=weight)
        assert twin.predict(X).mean() > 0.9


def test_a_classifier_needs_none(subject):
    """What is a classifier already is not replaced."""
    with pytest.raises(CheckNotApplicable, match="is a classifier"):
        ClassifierTwin().plan(subject(LogisticRegression(), X, Y))
