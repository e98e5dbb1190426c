"""The converged twin: which limits there are, and that it lifts them."""

import pytest
from sklearn.base import clone
from sklearn.calibration import CalibratedClassifierCV
from sklearn.datasets import make_classification
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression, SGDClassifier
from sklearn.model_selection import GridSearchCV
from sklearn.naive_bayes import GaussianNB
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC, LinearSVC

from sklearn_lossfix._core._evidence import Scored
from sklearn_lossfix.diagnosis.twins.converged import (
    MORE_ITERATIONS,
    ConvergedTwin,
    iteration_limits,
    more_iterations,
    steps_at_limit,
)
from sklearn_lossfix.exceptions import CheckNotApplicable

X, Y = make_classification(150, n_features=4, random_state=0)
WIDE = X * [1, 1, 1, 1000]


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


def test_twin_multiplies_the_limits(subject, run_code):
    """Every limit is ten times as large, in the twin only, and the code says the same."""
    estimator = make_pipeline(StandardScaler(), LogisticRegression(max_iter=3))
    plan = ConvergedTwin().plan(subject(estimator, X, Y, at_limit=("LogisticRegression",)))
    twin = plan.build(estimator)
    assert plan.params == {"logisticregression__max_iter": 3 * MORE_ITERATIONS}
    assert twin.get_params()["logisticregression__max_iter"] == 30
    assert estimator.get_params()["logisticregression__max_iter"] == 3
    assert plan.changes == "logisticregression__max_iter=30"
    assert str(run_code(plan.code, clone(estimator)).get_params()) == str(twin.get_params())
    assert plan.cause == "LogisticRegression stopped at its iteration limit"


def test_no_limit_was_reached(subject):
    """Without a sign there is no twin; with a sign and no limit to lift there is a reason."""
    assert ConvergedTwin().plan(subject(LogisticRegression(), X, Y)).section == "passed"
    warned = Scored(Y, warnings=("ConvergenceWarning: slow",))
    with pytest.raises(CheckNotApplicable, match="no iteration limit"):
        ConvergedTwin().plan(subject(GaussianNB(), X, Y, scored=warned))
    assert ConvergedTwin().plan(subject(LogisticRegression(), X, Y, scored=warned)).n_fits > 1


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
    assert steps_at_limit(more_iterations(estimator).fit(X, Y)) == ([], True)
