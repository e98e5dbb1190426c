"""Tests of the twins: one thing changed, nothing else, and code that says the same."""

import numpy as np
import pandas as pd
import pytest
from imblearn.ensemble import BalancedRandomForestClassifier
from imblearn.over_sampling import RandomOverSampler
from imblearn.pipeline import make_pipeline as make_sampler_pipeline
from scipy import sparse
from sklearn.base import clone, is_classifier
from sklearn.calibration import CalibratedClassifierCV
from sklearn.compose import make_column_transformer
from sklearn.datasets import make_classification
from sklearn.ensemble import (
    HistGradientBoostingClassifier,
    HistGradientBoostingRegressor,
    RandomForestClassifier,
    RandomForestRegressor,
)
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LinearRegression, LogisticRegression, Ridge, SGDClassifier
from sklearn.model_selection import GridSearchCV
from sklearn.naive_bayes import GaussianNB
from sklearn.neighbors import KNeighborsClassifier, KNeighborsRegressor
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler
from sklearn.svm import SVC, SVR, LinearSVC
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor

from sklearn_lossfix.diagnosis._twins import (
    MORE_ITERATIONS,
    classifier_twin,
    column_spread,
    converged_twin,
    is_scale_free,
    iteration_limits,
    last_step,
    scaled_twin,
    steps_at_limit,
)

X, Y = make_classification(150, n_features=4, random_state=0)
WIDE = X * [1, 1, 1, 1000]


def run(code, estimator):
    """What the code shown to the user makes of their estimator."""
    names = {"estimator": estimator}
    *statements, last = code.splitlines()
    scope = "from sklearn.preprocessing import *\n" + "\n".join(statements)
    exec(scope, names)
    try:
        result = eval(last, names)
    except SyntaxError:
        exec(last, names)
        result = None
    return names["estimator"] if result is None else result


# --- scale ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("estimator", "expected"),
    [
        (RandomForestClassifier(), True),
        (DecisionTreeClassifier(), True),
        (HistGradientBoostingClassifier(), True),
        (GaussianNB(), False),
        (BalancedRandomForestClassifier(), True),
        (make_pipeline(StandardScaler(), DecisionTreeClassifier()), True),
        (GridSearchCV(DecisionTreeClassifier(), {}), True),
        (CalibratedClassifierCV(make_pipeline(DecisionTreeClassifier())), True),
        (LogisticRegression(), False),
        (KNeighborsClassifier(), False),
        (SVC(), False),
        (make_pipeline(DecisionTreeClassifier(), LogisticRegression()), False),
        (GridSearchCV(make_pipeline(LogisticRegression()), {}), False),
    ],
    ids=str,
)
def test_scale_matters_to_the_last_step(estimator, expected):
    """Trees do not mind scaled columns, wherever they are wrapped; distances and penalties do."""
    assert is_scale_free(estimator) is expected


@pytest.mark.parametrize(
    "estimator", [DecisionTreeClassifier(random_state=0), RandomForestClassifier(5, random_state=0)]
)
def test_scale_free_means_equal_predictions(estimator):
    """What is called scale-free answers the same on columns multiplied by powers of two."""
    scaled = X * [1, 1024, 0.5, 4]
    expected = clone(estimator).fit(X, Y).predict_proba(X)
    np.testing.assert_array_equal(clone(estimator).fit(scaled, Y).predict_proba(scaled), expected)


def test_last_step_is_found_at_any_depth():
    """Pipelines in pipelines are looked through."""
    inner = LogisticRegression()
    assert last_step(make_pipeline(StandardScaler(), make_pipeline(inner))) is inner
    assert last_step(inner) is inner


@pytest.mark.parametrize(
    ("features", "column"),
    [
        (WIDE, "column 3"),
        (pd.DataFrame(WIDE, columns=["a", "b", "c", "income"]), "column 'income'"),
        (sparse.csr_array(WIDE), "column 3"),
        (np.where(np.arange(600).reshape(150, 4) % 7 == 0, np.nan, WIDE), "column 3"),
        (X / [1, 1000, 1, 1], "column 1"),
    ],
    ids=["numpy", "pandas", "sparse", "missing", "narrow"],
)
def test_uneven_columns_are_named(features, column):
    """The ratio is about the factor planted, and the column is the one that stands out."""
    spread, reason = column_spread(LogisticRegression(), features, Y)
    assert reason is None
    assert spread["column"] == column
    assert 300 < spread["ratio"] < 3000


def test_spread_is_that_of_what_reaches_the_last_step():
    """Scaling steps are fitted first, samplers are left out, and the user's steps stay unfitted."""
    scaled = make_pipeline(StandardScaler(), LogisticRegression())
    assert column_spread(scaled, WIDE, Y)[0]["ratio"] == pytest.approx(1.0)
    assert not hasattr(scaled[0], "scale_")
    sampled = make_sampler_pipeline(RandomOverSampler(), LogisticRegression())
    plain = column_spread(LogisticRegression(), WIDE, Y)
    assert column_spread(sampled, WIDE, Y) == plain
    both = make_sampler_pipeline(StandardScaler(), RandomOverSampler(), LogisticRegression())
    assert column_spread(both, WIDE, Y)[0]["ratio"] == pytest.approx(1.0)
    skipped = make_pipeline("passthrough", LogisticRegression())
    assert column_spread(skipped, WIDE, Y) == plain


@pytest.mark.parametrize(
    ("estimator", "features", "reason"),
    [
        (DecisionTreeClassifier(), X, "DecisionTreeClassifier does not mind the scale"),
        (LogisticRegression(), X[:, :1], "Only one feature"),
        (LogisticRegression(), X * [1, 0, 0, 0], "Fewer than two features vary"),
        (LogisticRegression(), np.full((150, 2), "a"), "not all numeric"),
        (LogisticRegression(), pd.DataFrame({"a": ["x"] * 150, "b": 1}), "not all numeric"),
    ],
)
def test_no_spread_has_a_reason(estimator, features, reason):
    """Where columns cannot be compared the reason says why."""
    spread, why = column_spread(estimator, features, Y)
    assert spread is None
    assert reason in why


@pytest.mark.parametrize(
    "estimator",
    [
        LogisticRegression(C=0.5),
        GridSearchCV(SVC(), {"C": [1]}, cv=2),
        make_pipeline(KNeighborsClassifier(3)),
        Pipeline([("scale", StandardScaler(with_mean=False)), ("model", SVC(C=2))]),
        make_sampler_pipeline(RandomOverSampler(random_state=0), LogisticRegression()),
    ],
    ids=str,
)
def test_scaled_twin_scales_before_the_last_step_and_changes_nothing_else(estimator):
    """One scaler is put before the last step; parameters stay, and so does the user's object."""
    before = str(estimator.get_params())
    twin, _, code, params = scaled_twin(estimator, WIDE)
    assert isinstance(twin, Pipeline)
    (name,) = params
    assert twin.steps[-2][0] == name
    assert isinstance(twin.steps[-2][1], StandardScaler)
    old = estimator.steps if isinstance(estimator, Pipeline) else [("model", estimator)]
    assert len(twin.steps) == len(old) + 1
    assert len(dict(twin.steps)) == len(twin.steps)
    assert str(twin.steps[-1][1].get_params()) == str(old[-1][1].get_params())
    assert twin.steps[-1][1] is not old[-1][1]
    assert str(estimator.get_params()) == before
    assert type(twin) is (type(estimator) if isinstance(estimator, Pipeline) else Pipeline)
    proba = twin.fit(WIDE, Y).predict(WIDE)
    shown = run(code, clone(estimator)).fit(WIDE, Y).predict(WIDE)
    np.testing.assert_array_equal(shown, proba)


def test_scaled_twin_does_not_centre_what_may_be_sparse():
    """Sparse rows, and encoders that may give some, are scaled without centring."""
    twin, _, _, _ = scaled_twin(LogisticRegression(), sparse.csr_array(WIDE))
    twin.fit(sparse.csr_array(WIDE), Y)
    table = pd.DataFrame({"a": WIDE[:, 3], "b": ["u", "v", "w"] * 50})
    encode = make_column_transformer((OneHotEncoder(), ["b"]), remainder="passthrough")
    twin, _, _, _ = scaled_twin(make_pipeline(encode, LogisticRegression()), table)
    assert twin.fit(table, Y).steps[-2][1].with_mean is False


# --- convergence ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("estimator", "limits"),
    [
        (LogisticRegression(max_iter=7), ["max_iter"]),
        (make_pipeline(StandardScaler(), LinearSVC()), ["linearsvc__max_iter"]),
        (GridSearchCV(make_pipeline(MLPClassifier()), {}), ["estimator__mlpclassifier__max_iter"]),
        (SVC(), []),
        (HistGradientBoostingClassifier(), []),
        (make_pipeline(HistGradientBoostingClassifier()), []),
        (GaussianNB(), []),
    ],
    ids=str,
)
def test_iteration_limits_are_those_of_optimisers(estimator, limits):
    """Trees counted by `max_iter` are capacity, and minus one is no limit."""
    assert iteration_limits(estimator) == limits


def test_converged_twin_multiplies_the_limits():
    """Every limit is ten times as large, in the twin only, and the code says the same."""
    estimator = make_pipeline(StandardScaler(), LogisticRegression(max_iter=3))
    twin, changes, code, params = converged_twin(estimator)
    assert params == {"logisticregression__max_iter": 3 * MORE_ITERATIONS}
    assert twin.get_params()["logisticregression__max_iter"] == 30
    assert estimator.get_params()["logisticregression__max_iter"] == 3
    assert changes == "logisticregression__max_iter=30"
    assert str(run(code, clone(estimator)).get_params()) == str(twin.get_params())
    assert converged_twin(GaussianNB()) is None


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
@pytest.mark.parametrize(
    ("estimator", "at_limit"),
    [
        (LogisticRegression(max_iter=1), ["LogisticRegression"]),
        (LogisticRegression(max_iter=1000), []),
        (make_pipeline(StandardScaler(), MLPClassifier(max_iter=2)), ["MLPClassifier"]),
        (GridSearchCV(LogisticRegression(max_iter=1), {}, cv=2), ["LogisticRegression"]),
        (CalibratedClassifierCV(LogisticRegression(max_iter=1), cv=2), ["LogisticRegression"]),
        (SGDClassifier(max_iter=2, tol=None), ["SGDClassifier"]),
    ],
    ids=str,
)
def test_spent_iterations_are_seen(estimator, at_limit):
    """A fitted part that used up its iterations is named, inside any wrapper."""
    assert steps_at_limit(estimator.fit(WIDE, Y)) == (at_limit, True)


@pytest.mark.parametrize("estimator", [GaussianNB(), SVC(), HistGradientBoostingClassifier()])
def test_parts_without_a_limit_are_unknown(estimator):
    """What counts no iterations against a limit says nothing about convergence."""
    assert steps_at_limit(estimator.fit(X, Y)) == ([], False)


def test_more_iterations_converge():
    """The twin of a model stopped short is not stopped short."""
    estimator = LogisticRegression(max_iter=5)
    with pytest.warns(ConvergenceWarning):
        assert steps_at_limit(clone(estimator).fit(X, Y))[0] == ["LogisticRegression"]
    assert steps_at_limit(converged_twin(estimator)[0].fit(X, Y)) == ([], True)


# --- regressors given labels ----------------------------------------------------------------------


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
def test_classifier_twin_keeps_what_both_share(regressor, name, kept, in_pipeline):
    """A regressor becomes the classifier of its name, with the user's settings that both have."""
    estimator = make_pipeline(StandardScaler(), regressor) if in_pipeline else regressor
    twin, changes, code, params = classifier_twin(estimator)
    classifier = last_step(twin)
    assert type(classifier).__name__ == name
    assert is_classifier(twin)
    assert kept.items() <= classifier.get_params().items()
    assert changes == f"{name} instead of {type(regressor).__name__}"
    assert params == {"classifier": name}
    assert last_step(estimator) is regressor
    assert twin.fit(X, Y).score(X, Y) > 0.7
    shown = run(code, clone(estimator))
    assert str(shown.get_params()) == str(classifier_twin(estimator)[0].get_params())
