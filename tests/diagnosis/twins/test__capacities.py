"""Tests of richer forms: more than the learner has, within what the rows allow."""

import math

import numpy as np
import pytest
from scipy import sparse
from sklearn.base import clone
from sklearn.datasets import make_classification
from sklearn.ensemble import (
    AdaBoostClassifier,
    ExtraTreesClassifier,
    GradientBoostingClassifier,
    HistGradientBoostingClassifier,
    RandomForestClassifier,
)
from sklearn.linear_model import (
    LogisticRegression,
    LogisticRegressionCV,
    RidgeClassifier,
    SGDClassifier,
)
from sklearn.model_selection import GridSearchCV
from sklearn.neighbors import KNeighborsClassifier
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC, LinearSVC
from sklearn.tree import DecisionTreeClassifier

from sklearn_lossfix.diagnosis.twins._capacities import (
    CAPACITIES,
    MOST_DEGREE,
    RICHER,
    ROWS_PER_COLUMN,
    columns_before_learner,
    richer_columns,
)
from sklearn_lossfix.diagnosis.twins._learner import changed_values, family_entry, learner_of
from sklearn_lossfix.diagnosis.twins._parts import inner_learner
from sklearn_lossfix.exceptions import CheckNotApplicable

X, Y = make_classification(200, n_features=4, random_state=0)


def richer(subject, estimator, features=X):
    """What the family of an estimator changes; None stands for more columns."""
    learner = learner_of(subject(estimator, features, Y), "AdaBoostClassifier")
    values = family_entry(learner.estimator, CAPACITIES)(learner)
    return values if values is None else changed_values(learner, values)


# Poor learners, and what is raised (True), lowered (False), or lifted (None: no limit).
POOR = [
    (LogisticRegression(C=1e-5), "C", True),
    (LinearSVC(C=1e-6), "C", True),
    (SVC(C=1e-4), "C", True),
    (SVC(), "C", True),
    (SGDClassifier(alpha=100.0), "alpha", False),
    (RidgeClassifier(alpha=1e6), "alpha", False),
    (DecisionTreeClassifier(max_depth=1), "max_depth", None),
    (DecisionTreeClassifier(max_leaf_nodes=3), "max_leaf_nodes", None),
    (DecisionTreeClassifier(min_samples_leaf=0.3), "min_samples_leaf", False),
    (RandomForestClassifier(max_depth=2), "max_depth", None),
    (ExtraTreesClassifier(min_samples_leaf=50), "min_samples_leaf", False),
    (HistGradientBoostingClassifier(max_iter=3), "max_iter", True),
    (HistGradientBoostingClassifier(learning_rate=0.001), "learning_rate", True),
    (HistGradientBoostingClassifier(max_depth=1), "max_depth", None),
    (GradientBoostingClassifier(max_depth=1), "max_depth", True),
    (KNeighborsClassifier(90), "n_neighbors", False),
    (MLPClassifier(alpha=100.0), "alpha", False),
]


@pytest.mark.parametrize(("estimator", "name", "raised"), POOR)
def test_a_poor_learner_is_made_richer(subject, estimator, name, raised):
    """The parameter moves towards a richer model."""
    before, after = estimator.get_params()[name], richer(subject, estimator)[name]
    before = before * len(Y) if isinstance(before, float) and "leaf" in name else before
    assert after is None if raised is None else (after > before) is raised


@pytest.mark.parametrize(
    "estimator",
    [
        DecisionTreeClassifier(),
        RandomForestClassifier(),
        KNeighborsClassifier(3),
    ],
)
def test_what_nothing_limits_says_so(subject, estimator):
    """A learner that can represent anything has no richer form."""
    with pytest.raises(CheckNotApplicable, match=r"Nothing limits|as far that way"):
        richer(subject, estimator)


@pytest.mark.parametrize(
    "estimator", [LogisticRegression(), LogisticRegressionCV(), LinearSVC(), SGDClassifier()]
)
def test_linear_models_with_a_usual_penalty_want_columns(subject, estimator):
    """A weaker penalty does not bend a line."""
    assert richer(subject, estimator) is None


def test_kernels_layers_and_stumps(subject):
    """A straight kernel is bent, layers are widened in number and shape, stumps are replaced."""
    assert richer(subject, SVC(kernel="linear"))["kernel"] == "rbf"
    assert richer(subject, MLPClassifier((2, 2)))["hidden_layer_sizes"] == (100, 100)
    assert richer(subject, MLPClassifier(()))["hidden_layer_sizes"] == (100,)
    boosted = AdaBoostClassifier(DecisionTreeClassifier(max_depth=1))
    assert richer(subject, boosted)["estimator"].max_depth > 1


@pytest.mark.parametrize("n_columns", [2, 3, 4, 6, 12])
def test_columns_leave_ten_rows_each(subject, n_columns):
    """The degree is the largest that leaves ten rows a column; beyond, landmarks are counted."""
    rng = np.random.default_rng(0)
    features = rng.normal(size=(len(Y), n_columns))
    made, words = richer_columns(learner_of(subject(LogisticRegression(), features, Y)))
    n_made = made.fit_transform(features).shape[1]
    assert n_made * ROWS_PER_COLUMN <= len(Y)
    room = len(Y) // ROWS_PER_COLUMN
    fitting = [d for d in (2, 3) if math.comb(n_columns + d, d) - 1 <= room]
    if fitting:
        assert f"up to {max(fitting)} columns" in words
        assert max(fitting) <= MOST_DEGREE
    else:
        assert "kernel" in words


def test_sparse_columns_stay_sparse_products(subject):
    """They are scaled without being centred."""
    learner = learner_of(subject(LogisticRegression(), sparse.csr_array(X), Y))
    made, _ = richer_columns(learner)
    assert sparse.issparse(made.fit_transform(sparse.csr_array(X)))


def test_too_few_rows_or_words_say_why(subject):
    """Nothing is made of words, and nothing of a handful of rows."""
    words = np.array([["a"], ["b"]] * 100, dtype=object)
    with pytest.raises(CheckNotApplicable, match="not all numeric"):
        richer_columns(learner_of(subject(LogisticRegression(), words, Y)))
    few = subject(LogisticRegression(), X[:15], Y[:15])
    with pytest.raises(CheckNotApplicable, match="too few rows"):
        richer_columns(learner_of(few))


@pytest.mark.parametrize(
    "estimator", [LogisticRegression(), make_pipeline(StandardScaler(), LogisticRegression())]
)
def test_columns_go_right_before_the_learner(subject, estimator):
    """What was in front stays in front, and the learner is the same."""
    made, _ = richer_columns(learner_of(subject(estimator, X, Y)))
    twin = columns_before_learner(estimator, made)
    last = twin
    while isinstance(last, Pipeline):
        last = last.steps[-1][1]
    assert repr(last) == repr(LogisticRegression())
    assert clone(twin).fit(X, Y).predict_proba(X).shape == (len(Y), 2)
    if isinstance(estimator, Pipeline):
        assert [name for name in twin.named_steps if name != RICHER] == list(estimator.named_steps)


@pytest.mark.parametrize(
    "estimator",
    [
        make_pipeline(StandardScaler(), LogisticRegression()),
        make_pipeline(StandardScaler(), make_pipeline(StandardScaler(), LogisticRegression())),
        GridSearchCV(
            make_pipeline(StandardScaler(), LogisticRegression()),
            {"logisticregression__C": [0.1, 1.0]},
            cv=2,
        ),
    ],
)
def test_the_learner_of_a_pipeline_keeps_its_name(subject, estimator):
    """Its parameters are set by the names that the user knows, and weights reach it by them."""
    made, _ = richer_columns(learner_of(subject(estimator, X, Y)))
    twin = columns_before_learner(estimator, made)
    assert set(estimator.get_params(deep=True)) <= set(twin.get_params(deep=True))
    assert inner_learner(twin)[0] == inner_learner(estimator)[0]
    weights = {
        f"{inner_learner(estimator)[0].removeprefix('estimator__')}sample_weight": np.ones(200)
    }
    twin.fit(X, Y, **weights)
