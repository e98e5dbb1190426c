"""The classifier twin of a regressor that was given labels."""

import pytest
from sklearn.base import clone, is_classifier
from sklearn.datasets import make_classification
from sklearn.ensemble import HistGradientBoostingRegressor, RandomForestRegressor
from sklearn.linear_model import LinearRegression, LogisticRegression, Ridge
from sklearn.neighbors import KNeighborsRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
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


def test_a_classifier_needs_none(subject):
    """What is a classifier already is not replaced."""
    with pytest.raises(CheckNotApplicable, match="is a classifier"):
        ClassifierTwin().plan(subject(LogisticRegression(), X, Y))
