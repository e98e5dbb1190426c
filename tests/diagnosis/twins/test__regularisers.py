"""Tests of the doses: more regularised whatever the learner has, and never less."""

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.datasets import make_classification
from sklearn.discriminant_analysis import (
    LinearDiscriminantAnalysis,
    QuadraticDiscriminantAnalysis,
)
from sklearn.ensemble import (
    AdaBoostClassifier,
    BaggingClassifier,
    ExtraTreesClassifier,
    GradientBoostingClassifier,
    HistGradientBoostingClassifier,
    RandomForestClassifier,
)
from sklearn.linear_model import (
    LogisticRegression,
    LogisticRegressionCV,
    Perceptron,
    RidgeClassifier,
    SGDClassifier,
)
from sklearn.naive_bayes import BernoulliNB, MultinomialNB
from sklearn.neighbors import KNeighborsClassifier
from sklearn.neural_network import MLPClassifier
from sklearn.svm import SVC, LinearSVC
from sklearn.tree import DecisionTreeClassifier

from sklearn_lossfix.diagnosis.twins._learner import changed_values, family_entry, learner_of
from sklearn_lossfix.diagnosis.twins._regularisers import LOG_ODDS_VARIANCE, REGULARISERS
from sklearn_lossfix.exceptions import CheckNotApplicable

X, Y = make_classification(200, n_features=6, random_state=0)


def dose(subject, estimator, features=X):
    """What the family of an estimator changes."""
    learner = learner_of(subject(estimator, features, Y))
    return changed_values(learner, family_entry(learner.estimator, REGULARISERS)(learner))


# Learners, the parameter that is looked at, and whether it grows with regularisation.
GROWING = [
    (LogisticRegression(), "C", False),
    (LogisticRegression(C=1e6), "C", False),
    (LogisticRegression(C=np.inf), "C", False),
    (LinearSVC(), "C", False),
    (SVC(), "C", False),
    (SVC(kernel="linear", gamma=100.0), "C", False),
    (SGDClassifier(), "alpha", True),
    (RidgeClassifier(alpha=1e-6), "alpha", True),
    (DecisionTreeClassifier(), "min_samples_leaf", True),
    (DecisionTreeClassifier(min_samples_leaf=0.2), "min_samples_leaf", True),
    (RandomForestClassifier(), "min_samples_leaf", True),
    (ExtraTreesClassifier(min_samples_leaf=10), "min_samples_leaf", True),
    (HistGradientBoostingClassifier(), "learning_rate", False),
    (HistGradientBoostingClassifier(max_iter=1000), "max_iter", False),
    (GradientBoostingClassifier(max_depth=8), "max_depth", False),
    (AdaBoostClassifier(n_estimators=500), "n_estimators", False),
    (MLPClassifier(alpha=0.0, solver="lbfgs", max_iter=5000), "alpha", True),
    (MLPClassifier(alpha=5.0, solver="lbfgs", max_iter=5000), "alpha", True),
    (KNeighborsClassifier(1), "n_neighbors", True),
    (KNeighborsClassifier(30), "n_neighbors", True),
    (MultinomialNB(alpha=1e-6), "alpha", True),
    (BernoulliNB(), "alpha", True),
    (QuadraticDiscriminantAnalysis(), "reg_param", True),
]


@pytest.mark.parametrize(("estimator", "name", "grows"), GROWING)
def test_the_dose_regularises_more(subject, estimator, name, grows):
    """The parameter moves towards a simpler model, from wherever it stands."""
    before = estimator.get_params()[name]
    before = before * len(Y) if isinstance(before, float) and "leaf" in name else before
    after = dose(subject, estimator)[name]
    assert (after > before) is grows
    clone(estimator).set_params(**dose(subject, estimator)).fit(np.abs(X), Y)


def test_the_penalty_follows_the_width_of_the_columns(subject):
    """Columns ten times as wide need coefficients a tenth as large: a hundredth of the variance."""
    plain = dose(subject, LogisticRegression(C=1e9))["C"]
    assert plain == pytest.approx(LOG_ODDS_VARIANCE / X.var(axis=0).sum())
    assert dose(subject, LogisticRegression(C=1e9), 10 * X)["C"] == pytest.approx(plain / 100)
    alpha = dose(subject, SGDClassifier(alpha=1e-12))["alpha"]
    assert alpha == pytest.approx(1 / (len(Y) * plain))


def test_a_penalty_that_was_off_is_put_on(subject):
    """Off by name is off: the twin has the default kind of penalty."""
    assert dose(subject, Perceptron())["penalty"] == "l2"
    values = dose(subject, LogisticRegression(penalty=None))
    assert values["penalty"] == LogisticRegression().penalty
    words = np.array([["a"], ["b"]] * 100, dtype=object)
    unknown = dose(subject, LogisticRegression(penalty=None, C=0.5), words)
    assert unknown["C"] == LogisticRegression().C


def test_a_kernel_narrower_than_the_data_is_widened(subject):
    """The width is the cause there, and not the penalty; a wide one is left alone."""
    assert dose(subject, SVC(gamma=100.0)) == {"gamma": "scale"}
    assert set(dose(subject, SVC(gamma=1e-3))) == {"C"}


def test_bagging_of_unlimited_trees_gets_larger_leaves(subject):
    """The default tree has leaves of one row."""
    assert dose(subject, BaggingClassifier())["estimator"].min_samples_leaf > 1


@pytest.mark.parametrize(
    ("estimator", "words"),
    [
        (LogisticRegressionCV(), "tunes its own"),
        (LinearDiscriminantAnalysis(solver="lsqr", shrinkage="auto"), "shrunken already"),
        (QuadraticDiscriminantAnalysis(reg_param=1.0), "as far that way"),
        (BaggingClassifier(MLPClassifier()), None),
    ],
)
def test_what_cannot_be_regularised_more_says_why(subject, estimator, words):
    """A learner at the end of its scale, or that tunes itself, has no twin; others inside have."""
    if words is None:
        assert set(dose(subject, estimator)) == {"alpha"}
        return
    with pytest.raises(CheckNotApplicable, match=words):
        dose(subject, estimator)


@pytest.mark.parametrize(
    ("name", "params", "changed"),
    [
        ("XGBClassifier", {"n_estimators": None, "learning_rate": None, "reg_lambda": None}, 3),
        ("LGBMClassifier", {"n_estimators": 900, "learning_rate": 0.3, "reg_lambda": 0.0}, 3),
        ("CatBoostClassifier", {"iterations": 900}, 3),
    ],
)
def test_other_boosting_is_known_by_its_parameters(name, params, changed):
    """Fewer rounds, smaller steps and a penalty on leaves, under the names of each library."""

    class Stub:
        n_rows = 100

    Stub.params = params
    values = REGULARISERS[name](Stub)
    assert len(values) == changed
    assert max(values["n_estimators" if "n_estimators" in values else "iterations"], 1) == 100
    assert values["learning_rate"] == 0.05
