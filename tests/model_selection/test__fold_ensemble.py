"""FoldEnsemble: the average of the models that the scores out of fold came from."""

import pickle

import numpy as np
import pandas as pd
import polars as pl
import pytest
from sklearn.base import clone, is_classifier
from sklearn.datasets import make_classification
from sklearn.ensemble import RandomForestClassifier
from sklearn.exceptions import NotFittedError
from sklearn.linear_model import LogisticRegression
from sklearn.metrics.pairwise import rbf_kernel
from sklearn.model_selection import ShuffleSplit
from sklearn.naive_bayes import GaussianNB
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler
from sklearn.svm import SVC
from sklearn.utils import get_tags

from sklearn_lossfix._core._oof import fix_folds, out_of_fold
from sklearn_lossfix.model_selection._fold_ensemble import FoldEnsemble


@pytest.fixture(scope="module")
def two():
    """Two classes: 120 rows and four features."""
    return make_classification(n_samples=120, n_features=4, flip_y=0.1, random_state=0)


@pytest.fixture(scope="module")
def three():
    """Three classes, as words."""
    X, y = make_classification(
        n_samples=120, n_features=4, n_classes=3, n_informative=3, n_redundant=0, random_state=0
    )
    return X, np.array(["low", "middle", "high"])[y]


def fitted(estimator, X, y, *, cv=3, random_state=0, **params):
    """An ensemble and its folds."""
    folds = fix_folds(cv, X, y)
    return FoldEnsemble(estimator, random_state).fit(X, y, folds=folds, **params), folds


@pytest.mark.parametrize(
    "estimator",
    [
        LogisticRegression(),
        RandomForestClassifier(n_estimators=4),
        make_pipeline(StandardScaler(), GaussianNB()),
        SVC(),
    ],
    ids=lambda estimator: type(estimator).__name__,
)
@pytest.mark.parametrize("data", ["two", "three"])
def test_models_are_those_of_the_out_of_fold_engine(estimator, data, request):
    """Each one gives its test rows the very scores of the engine, random states included."""
    X, y = request.getfixturevalue(data)
    ensemble, folds = fitted(estimator, X, y, random_state=7)
    oof = out_of_fold(estimator, X, y, folds, random_state=7)
    for fold, (_, test) in enumerate(folds.splits):
        scores = getattr(ensemble.estimators_[fold], oof.response)(X[test])
        np.testing.assert_array_equal(scores, oof.scores[oof.fold == fold])
    scores = getattr(ensemble, oof.response)(X)
    each = [getattr(model, oof.response)(X) for model in ensemble.estimators_]
    np.testing.assert_allclose(scores, np.mean(each, axis=0))
    codes = (scores > 0).astype(int) if scores.ndim == 1 else scores.argmax(axis=1)
    np.testing.assert_array_equal(ensemble.predict(X), ensemble.classes_[codes])
    np.testing.assert_array_equal(ensemble.classes_, np.unique(y))


def test_log_probabilities_are_of_the_average(two):
    """The logarithm of the mean, with -inf for a probability of zero and no warning."""
    X, y = two
    ensemble, _ = fitted(KNeighborsClassifier(1), X, y)
    proba = ensemble.predict_proba(X)
    np.testing.assert_allclose(proba.sum(axis=1), 1)
    np.testing.assert_allclose(np.exp(ensemble.predict_log_proba(X)), proba)
    assert np.isneginf(ensemble.predict_log_proba(X)).any()


@pytest.mark.parametrize("estimator", [LogisticRegression(), GaussianNB(), SVC()])
def test_methods_are_the_estimators(two, estimator):
    """A method is there if the estimator has it."""
    for ensemble in (FoldEnsemble(estimator), fitted(estimator, *two)[0]):
        for method in ("predict_proba", "predict_log_proba", "decision_function"):
            name = "predict_proba" if "proba" in method else method
            assert hasattr(ensemble, method) == hasattr(estimator, name)
        assert not hasattr(ensemble, "transform")


def test_parameters_with_an_entry_a_row_are_cut(two):
    """Weights go along with their rows; other parameters go as they are."""
    X, y = two
    weight = np.random.default_rng(0).uniform(0.5, 2, len(y))
    ensemble, folds = fitted(LogisticRegression(), X, y, sample_weight=weight)
    for model, (train, _) in zip(ensemble.estimators_, folds.splits, strict=True):
        alone = LogisticRegression().fit(X[train], y[train], sample_weight=weight[train])
        np.testing.assert_array_equal(model.coef_, alone.coef_)


def test_a_class_that_a_model_never_saw_has_probability_zero_in_it(three):
    """Columns are aligned by label."""
    X, y = three
    unseen = np.flatnonzero(y == "middle")
    splits = [(np.setdiff1d(np.arange(120), unseen), unseen), (np.arange(60), np.arange(60, 120))]
    ensemble, _ = fitted(GaussianNB(), X, y, cv=splits)
    assert ensemble.estimators_[0].classes_.tolist() == ["high", "low"]
    proba = ensemble.predict_proba(X)
    np.testing.assert_allclose(proba.sum(axis=1), 1)
    middle = ensemble.classes_.tolist().index("middle")
    np.testing.assert_allclose(
        proba[:, middle], ensemble.estimators_[1].predict_proba(X)[:, middle] / 2
    )


@pytest.mark.parametrize("frame", [pd.DataFrame, pl.DataFrame])
def test_frames_keep_their_names(two, frame):
    """Names and number of columns are those of the models, where these tell them."""
    X, y = two
    X = frame({f"c{k}": column for k, column in enumerate(X.T)})
    ensemble, _ = fitted(LogisticRegression(), X, y)
    assert hasattr(ensemble, "feature_names_in_") == hasattr(
        LogisticRegression().fit(X, y), "feature_names_in_"
    )
    if frame is pd.DataFrame:
        assert ensemble.feature_names_in_.tolist() == ["c0", "c1", "c2", "c3"]
    assert ensemble.n_features_in_ == 4
    plain, _ = fitted(LogisticRegression(), *two)
    np.testing.assert_allclose(ensemble.predict_proba(X), plain.predict_proba(two[0]))


@pytest.mark.parametrize("cv", [3, ShuffleSplit(3, test_size=0.3, random_state=0)])
def test_kernels_are_cut_to_the_rows_of_each_model(two, cv):
    """An ensemble on a kernel matrix is the ensemble on the features, for rows old and new."""
    X, y = two
    old, new = X[:90], X[90:]
    K_old, K_new = (rbf_kernel(rows, old, gamma=0.5) for rows in (old, new))
    kernel, _ = fitted(SVC(kernel="precomputed"), K_old, y[:90], cv=cv)
    features, _ = fitted(SVC(gamma=0.5), old, y[:90], cv=cv)
    assert get_tags(kernel).input_tags.pairwise
    assert not get_tags(features).input_tags.pairwise
    assert kernel.n_features_in_ == 90
    for K, rows in ((K_old, old), (K_new, new)):
        np.testing.assert_allclose(
            kernel.decision_function(K), features.decision_function(rows), atol=1e-8
        )
        np.testing.assert_array_equal(kernel.predict(K), features.predict(rows))


def test_rows_that_are_no_table_are_taken(two):
    """Whatever the first step takes, such as a list of texts."""
    texts = ["a" * (1 + k % 7) for k in range(120)]
    first = FunctionTransformer(lambda rows: np.array([[len(text)] for text in rows]))
    ensemble, _ = fitted(make_pipeline(first, GaussianNB()), texts, two[1])
    assert ensemble.predict(texts).shape == (120,)
    assert not hasattr(ensemble, "n_features_in_")


def test_it_is_an_estimator_like_others(two):
    """Cloned, pickled, tagged as a classifier, and not fitted before it is fitted."""
    X, y = two
    ensemble, _ = fitted(LogisticRegression(C=0.5), X, y)
    copy = clone(ensemble)
    assert copy.get_params()["estimator__C"] == 0.5
    for method in ("predict", "predict_proba", "decision_function"):
        with pytest.raises(NotFittedError):
            getattr(copy, method)(X)
    assert is_classifier(ensemble)
    assert not hasattr(ensemble.estimator, "coef_")
    again = pickle.loads(pickle.dumps(ensemble))
    np.testing.assert_array_equal(again.predict_proba(X), ensemble.predict_proba(X))
