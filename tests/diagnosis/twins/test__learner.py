"""Tests of the learner inside an estimator: where it is, what reaches it, how it is changed."""

import numpy as np
import pytest
from scipy import sparse
from sklearn.base import clone
from sklearn.calibration import CalibratedClassifierCV
from sklearn.datasets import make_classification
from sklearn.ensemble import AdaBoostClassifier, BaggingClassifier, RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import log_loss
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler
from sklearn.tree import DecisionTreeClassifier

from sklearn_lossfix._core._evidence import Scored
from sklearn_lossfix.diagnosis.twins._learner import (
    attainable_loss,
    change_learner,
    changed_values,
    family_entry,
    find_learner,
    learner_of,
    own_loss,
    reached_by_learner,
    relative_cost,
    total_variance,
    values_code,
)
from sklearn_lossfix.exceptions import CheckNotApplicable

X, Y = make_classification(100, n_features=4, random_state=0)
STUMP = DecisionTreeClassifier(max_depth=1)


@pytest.mark.parametrize(
    ("estimator", "stop", "prefix", "name"),
    [
        (LogisticRegression(), None, "", "LogisticRegression"),
        (RandomForestClassifier(), None, "", "RandomForestClassifier"),
        (
            make_pipeline(StandardScaler(), LogisticRegression()),
            None,
            "logisticregression__",
            "LogisticRegression",
        ),
        (
            CalibratedClassifierCV(make_pipeline(StandardScaler(), LogisticRegression())),
            None,
            "estimator__logisticregression__",
            "LogisticRegression",
        ),
        (AdaBoostClassifier(STUMP), None, "estimator__", "DecisionTreeClassifier"),
        (AdaBoostClassifier(STUMP), "AdaBoostClassifier", "", "AdaBoostClassifier"),
        (
            CalibratedClassifierCV(AdaBoostClassifier(STUMP)),
            "AdaBoostClassifier",
            "estimator__",
            "AdaBoostClassifier",
        ),
        (BaggingClassifier(STUMP), "AdaBoostClassifier", "estimator__", "DecisionTreeClassifier"),
    ],
)
def test_learner_is_found_where_its_parameters_are(estimator, stop, prefix, name):
    """The prefix leads to the learner's own parameters."""
    found_prefix, learner = find_learner(estimator, stop)
    assert (found_prefix, type(learner).__name__) == (prefix, name)
    own = {prefix + key for key in learner.get_params(deep=False)}
    assert own <= set(estimator.get_params(deep=True))


@pytest.mark.parametrize(
    "estimator",
    [
        LogisticRegression(),
        make_pipeline(StandardScaler(), LogisticRegression()),
        CalibratedClassifierCV(make_pipeline(StandardScaler(), LogisticRegression())),
    ],
)
def test_a_change_changes_the_learner_and_nothing_else(estimator):
    """Every other parameter keeps its value, and the estimator is not touched."""
    before = repr(estimator)
    twin = change_learner(estimator, {"C": 0.25})
    assert repr(estimator) == before
    prefix, learner = find_learner(twin)
    assert learner.C == 0.25
    twin.set_params(**{f"{prefix}C": 1.0})
    assert repr(twin) == before


def test_estimators_among_the_values_are_cloned():
    """Two twins made by one plan share no part."""
    values = {"estimator": DecisionTreeClassifier(max_depth=3)}
    one, two = (change_learner(AdaBoostClassifier(), values, "AdaBoostClassifier") for _ in "ab")
    assert one.estimator is not two.estimator
    assert one.estimator.max_depth == two.estimator.max_depth == 3


def test_what_reaches_the_learner_has_gone_through_every_pipeline(subject):
    """Pipelines inside meta-estimators are applied like outer ones."""
    doubled = FunctionTransformer(lambda X: 2 * X)
    inside = CalibratedClassifierCV(make_pipeline(doubled, LogisticRegression()))
    for model, factor in (
        (LogisticRegression(), 1),
        (make_pipeline(doubled, LogisticRegression()), 2),
        (inside, 2),
        (make_pipeline(doubled, inside), 4),
    ):
        np.testing.assert_allclose(reached_by_learner(subject(model, X, Y)), factor * X)


def test_text_that_reaches_the_learner_is_no_matrix(subject):
    """Columns of words have no variance."""
    words = np.array([["a"], ["b"]] * 50, dtype=object)
    learner = learner_of(subject(LogisticRegression(), words, Y))
    assert learner.matrix is None
    assert learner.total_variance is None
    assert learner.n_columns == learner.n_coefficients == 0


def test_total_variance_is_the_same_dense_sparse_and_around_missing_values():
    """It is the sum of NumPy's variances."""
    holes = np.where(np.arange(X.size).reshape(X.shape) % 7 == 0, np.nan, X)
    assert total_variance(X) == pytest.approx(X.var(axis=0).sum())
    assert total_variance(sparse.csr_array(X)) == pytest.approx(X.var(axis=0).sum())
    assert total_variance(holes) == pytest.approx(np.nanvar(holes, axis=0).sum())


def test_subclasses_belong_to_the_family_of_their_ancestor():
    """A subclass is found by its ancestor, and a stranger is refused by name."""

    class Mine(LogisticRegression):
        pass

    assert family_entry(Mine(), {"LogisticRegression": 1}) == 1
    with pytest.raises(CheckNotApplicable, match="No regulariser of Mine"):
        family_entry(Mine(), {"Ridge": 1})


def test_values_that_change_nothing_are_no_change(subject):
    """Only what differs is kept, as plain numbers; nothing left is a reason."""
    learner = learner_of(subject(LogisticRegression(C=0.5), X, Y))
    assert changed_values(learner, {"C": np.float64(0.1), "tol": learner.params["tol"]}) == {
        "C": 0.1
    }
    with pytest.raises(CheckNotApplicable, match="as far that way"):
        changed_values(learner, {"C": 0.5})


def test_shown_code_imports_the_estimators_it_sets(run_code):
    """The code runs as it is printed."""
    code = values_code({"estimator": DecisionTreeClassifier(max_depth=3)})
    assert run_code(code, AdaBoostClassifier()).estimator.max_depth == 3


@pytest.mark.parametrize(
    ("estimator", "values", "cost"),
    [
        (RandomForestClassifier(50), {"n_estimators": 100}, 2.0),
        (RandomForestClassifier(50), {"max_depth": 3}, 1.0),
        (LogisticRegression(max_iter=100), {"max_iter": 25}, 0.25),
    ],
)
def test_more_rounds_cost_more_fits(subject, estimator, values, cost):
    """Twice the trees are two fits; what has nothing to do with rounds is one."""
    assert relative_cost(learner_of(subject(estimator, X, Y)), values) == cost


def test_losses_of_a_subject_agree_with_scikit_learn(subject):
    """Weighted log losses of the model; the attainable one is at most that of the class shares."""
    weight = np.arange(1.0, len(Y) + 1)
    proba = clone(LogisticRegression()).fit(X, Y).predict_proba(X)
    scored = Scored(proba.argmax(axis=1), proba=proba)
    seen = subject(LogisticRegression(), X, Y, scored=scored, weight=weight)
    expected = log_loss(Y, proba, sample_weight=weight)
    assert own_loss(seen) == pytest.approx(expected)
    shares = np.bincount(Y, weight) / weight.sum()
    assert attainable_loss(seen) == pytest.approx(-(shares * np.log(shares)).sum())
    better = subject(LogisticRegression(), X, Y, scored=scored, weight=weight, reference=scored)
    assert attainable_loss(better) == pytest.approx(expected)
    silent = subject(LogisticRegression(), X, Y, scored=Scored(Y))
    assert own_loss(silent) is None
