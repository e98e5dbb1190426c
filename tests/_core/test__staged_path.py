"""Tests of paths of fits: every length equals a fit of that length, or there is no path."""

import warnings

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from imblearn.ensemble import BalancedRandomForestClassifier
from imblearn.over_sampling import SMOTE
from imblearn.pipeline import Pipeline as SamplerPipeline
from scipy import sparse
from sklearn import config_context
from sklearn.base import BaseEstimator, ClassifierMixin, clone
from sklearn.calibration import CalibratedClassifierCV
from sklearn.datasets import make_classification
from sklearn.decomposition import PCA
from sklearn.ensemble import (
    BaggingClassifier,
    ExtraTreesClassifier,
    GradientBoostingClassifier,
    HistGradientBoostingClassifier,
    RandomForestClassifier,
)
from sklearn.linear_model import LogisticRegression, RidgeClassifier
from sklearn.metrics import get_scorer
from sklearn.model_selection import KFold, ShuffleSplit
from sklearn.naive_bayes import GaussianNB
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.tree import DecisionTreeClassifier

from sklearn_lossfix._core._staged_path import group_paths, path_parameter, staged_proba

HGB, GB = HistGradientBoostingClassifier, GradientBoostingClassifier
RF, ET, BAG = RandomForestClassifier, ExtraTreesClassifier, BaggingClassifier

# {name: (estimator, longest fit)}; every one of them must have a path that is exact.
EXACT = {
    "hgb": (HGB(random_state=0), 7),
    "hgb-columns": (HGB(random_state=3, max_features=0.4, class_weight="balanced"), 6),
    "hgb-stops": (
        HGB(random_state=0, early_stopping=True, n_iter_no_change=2, tol=0.05, learning_rate=0.6),
        30,
    ),
    "hgb-stops-by-score": (
        HGB(random_state=1, early_stopping=True, n_iter_no_change=1, scoring="accuracy"),
        15,
    ),
    "hgb-stops-on-training-rows": (
        HGB(
            random_state=0,
            early_stopping=True,
            validation_fraction=None,
            n_iter_no_change=2,
            tol=0.1,
        ),
        20,
    ),
    "gb": (GB(random_state=0), 6),
    "gb-subsample": (GB(random_state=0, subsample=0.5, max_features=0.5, max_depth=2), 8),
    "gb-stops": (GB(random_state=0, n_iter_no_change=2, tol=0.02, learning_rate=0.8), 30),
    "gb-zero": (GB(random_state=0, init="zero"), 4),
    "forest": (RF(random_state=0, max_depth=5), 9),
    "forest-samples": (RF(random_state=0, max_samples=0.3, class_weight="balanced_subsample"), 9),
    "trees": (ET(random_state=0, max_depth=6), 9),
    "trees-bootstrap": (ET(random_state=7, bootstrap=True, max_samples=40), 9),
    "bagging": (BAG(random_state=0), 7),
    "bagging-columns": (
        BAG(LogisticRegression(max_iter=500), random_state=0, max_features=0.5, max_samples=0.6),
        7,
    ),
    "bagging-votes": (BAG(RidgeClassifier(), random_state=0, bootstrap_features=True), 7),
    "bagging-rows": (BAG(KNeighborsClassifier(), random_state=0, max_samples=60), 5),
    "bagging-few-classes": (BAG(KNeighborsClassifier(1), random_state=0, max_samples=3), 9),
    "bagging-of-pipelines": (
        BAG(
            make_pipeline(PCA(3, svd_solver="randomized"), DecisionTreeClassifier()), random_state=0
        ),
        5,
    ),
}


def data(n_classes, n_rows=300):
    """Rows to learn from and rows to score."""
    X, y = make_classification(
        n_rows + 100, 8, n_informative=6, n_classes=n_classes, flip_y=0.1, random_state=n_classes
    )
    return X[:n_rows], y[:n_rows], X[n_rows:]


def assert_path_is_exact(estimator, longest, X, y, X_new, **fit_params):
    """Compare the scores at every length with those of a fit of that length; give the longest."""
    name = path_parameter(estimator)
    fitted = clone(estimator).set_params(**{name: longest}).fit(X, y, **fit_params)
    found = staged_proba(fitted, X_new, range(1, longest + 1))
    assert list(found) == list(range(1, longest + 1))
    for length, proba in found.items():
        separate = clone(estimator).set_params(**{name: length}).fit(X, y, **fit_params)
        np.testing.assert_array_equal(proba, separate.predict_proba(X_new))
    return fitted


@pytest.mark.parametrize("n_classes", [2, 3])
@pytest.mark.parametrize("name", EXACT)
def test_every_length_equals_a_separate_fit(name, n_classes):
    """Scores from the longest fit are those of separate fits, bit for bit, at every length."""
    estimator, longest = EXACT[name]
    fitted = assert_path_is_exact(estimator, longest, *data(n_classes))
    if "stops" in name:
        n_rounds = fitted.n_iter_ if isinstance(fitted, HGB) else fitted.n_estimators_
        assert 2 <= n_rounds < longest


@pytest.mark.parametrize("name", ["hgb", "gb-subsample", "gb-zero", "forest", "bagging"])
def test_many_classes(name):
    """Sums over twelve classes round as they do in a separate fit."""
    X, y = make_classification(
        400, 10, n_informative=9, n_redundant=0, n_classes=12, random_state=0
    )
    assert_path_is_exact(EXACT[name][0], 4, X, y, X)


@pytest.mark.parametrize(
    "name", ["hgb-columns", "gb-subsample", "gb-stops", "forest-samples", "trees", "bagging"]
)
def test_weights(name):
    """Paths are exact with weights of the rows."""
    X, y, X_new = data(3)
    weight = np.random.default_rng(0).uniform(0.2, 2.0, len(y))
    assert_path_is_exact(EXACT[name][0], 6, X, y, X_new, sample_weight=weight)


@pytest.mark.parametrize("name", ["gb-subsample", "forest", "trees", "bagging-columns"])
def test_sparse_rows(name):
    """Paths are exact on sparse rows."""
    X, y, X_new = data(3)
    X, X_new = (sparse.csr_matrix(np.where(part > 0.5, part, 0.0)) for part in (X, X_new))
    assert_path_is_exact(EXACT[name][0], 5, X, y, X_new)


@pytest.mark.parametrize("name", ["hgb", "gb", "forest", "bagging", "bagging-votes"])
def test_frames_and_string_labels(name):
    """Paths are exact on data frames with names of columns, silently."""
    X, y, X_new = data(2)
    names = [f"column {i}" for i in range(X.shape[1])]
    X, X_new = pd.DataFrame(X, columns=names), pd.DataFrame(X_new, columns=names)
    assert_path_is_exact(EXACT[name][0], 4, X, np.where(y == 1, "yes", "no"), X_new)


def test_categories_of_a_frame():
    """Paths are exact where columns hold categories and missing values."""
    X, y, _ = data(2)
    frame = pd.DataFrame(X, columns=list("abcdefgh"))
    frame["a"] = pd.cut(frame["a"], 4, labels=list("wxyz"))
    frame.loc[::7, ["a", "b"]] = None
    assert_path_is_exact(HGB(random_state=0), 5, frame, y, frame)


PIPELINES = {
    "scaled": Pipeline(
        [("scale", StandardScaler()), ("skip", "passthrough"), ("clf", GB(random_state=0))]
    ),
    "nested": Pipeline(
        [
            ("pca", PCA(4, random_state=0)),
            ("rest", Pipeline([("none", None), ("clf", HGB(random_state=0))])),
        ]
    ),
    "sampled": SamplerPipeline(
        [
            ("scale", StandardScaler()),
            ("smote", SMOTE(random_state=0)),
            ("clf", RF(random_state=0, max_depth=4)),
        ]
    ),
}


@pytest.mark.parametrize("name", PIPELINES)
def test_pipelines(name):
    """Paths of the last step of a pipeline are exact; samplers leave rows to be scored alone."""
    X, y, X_new = data(2)
    keep = (y == 0) | (np.arange(len(y)) % 3 == 0)
    estimator = PIPELINES[name]
    assert path_parameter(estimator).startswith({"nested": "rest__clf__"}.get(name, "clf__"))
    assert_path_is_exact(estimator, 4, X[keep], y[keep], X_new)


def test_pipeline_with_weights_by_routing():
    """Paths are exact where weights are routed."""
    X, y, X_new = data(2)
    weight = np.random.default_rng(1).uniform(0.5, 2.0, len(y))
    with config_context(enable_metadata_routing=True):
        estimator = Pipeline(
            [
                ("scale", StandardScaler().set_fit_request(sample_weight=True)),
                ("clf", HGB(random_state=0).set_fit_request(sample_weight=True)),
            ]
        )
        assert_path_is_exact(estimator, 4, X, y, X_new, sample_weight=weight)


@pytest.mark.parametrize("estimator", [RF(random_state=0, n_jobs=2), BAG(random_state=0, n_jobs=2)])
def test_members_added_by_several_workers(estimator):
    """Where workers add up members in their own order, lengths agree to 1e-12."""
    X, y, X_new = data(3)
    fitted = clone(estimator).set_params(n_estimators=9).fit(X, y)
    for length, proba in staged_proba(fitted, X_new, [1, 4, 9]).items():
        separate = clone(estimator).set_params(n_estimators=length).fit(X, y)
        np.testing.assert_allclose(proba, separate.predict_proba(X_new), rtol=0, atol=1e-12)


def test_fits_out_of_bag_scores_do_not_matter():
    """Scores out of bag come after the fit, and leave the path as it is."""
    X, y, X_new = data(2)
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Some inputs do not have OOB scores")
        assert_path_is_exact(RF(random_state=0, oob_score=True), 5, X, y, X_new)


@settings(max_examples=15)
@given(
    seed=st.integers(0, 2**31 - 1),
    lengths=st.lists(st.integers(1, 12), min_size=1, max_size=5),
    subsample=st.sampled_from([0.3, 0.8, 1.0]),
    patience=st.sampled_from([None, 1, 3]),
)
def test_any_lengths_in_any_order(seed, lengths, subsample, patience):
    """Whatever the seed and the lengths asked for, each one is that of a separate fit."""
    X, y, X_new = data(2, n_rows=80)
    estimator = GB(
        random_state=seed,
        subsample=subsample,
        n_iter_no_change=patience,
        max_depth=2,
        n_estimators=max(lengths),
    )
    found = staged_proba(clone(estimator).fit(X, y), X_new, lengths)
    assert set(found) == set(lengths)
    for length, proba in found.items():
        separate = clone(estimator).set_params(n_estimators=length).fit(X, y)
        np.testing.assert_array_equal(proba, separate.predict_proba(X_new))


class Boosting(GB):
    """Subclass that might do anything in its rounds."""


class OwnPipeline(Pipeline):
    """Subclass that might score in its own way."""


class Untuned(ClassifierMixin, BaseEstimator):
    """Classifier with a parameter of the same name that means something else."""

    def __init__(self, n_estimators=10, random_state=0):
        self.n_estimators = n_estimators
        self.random_state = random_state


NO_PATH = {
    "no seed": GB(),
    "a generator": RF(random_state=np.random.RandomState(0)),
    "a truth value": RF(random_state=True),
    "warm start": HGB(random_state=0, warm_start=True),
    "a subclass": Boosting(random_state=0),
    "a subclass elsewhere": BalancedRandomForestClassifier(random_state=0),
    "another estimator": Untuned(),
    "no ensemble": LogisticRegression(random_state=0),
    "a subclass of Pipeline": OwnPipeline([("clf", GB(random_state=0))]),
    "a free step before": make_pipeline(PCA(), GB(random_state=0)),
    "a free sampler before": SamplerPipeline([("s", SMOTE()), ("clf", GB(random_state=0))]),
    "first scores of an estimator": GB(random_state=0, init=GaussianNB()),
    "a free splitter": BAG(
        CalibratedClassifierCV(LogisticRegression(), cv=ShuffleSplit()), random_state=0
    ),
    "a free shuffle": BAG(
        CalibratedClassifierCV(LogisticRegression(), cv=KFold(shuffle=True)), random_state=0
    ),
    "a callable scorer": HGB(random_state=0, early_stopping=True, scoring=get_scorer("accuracy")),
    "no last step": make_pipeline(StandardScaler(), "passthrough"),
}


@pytest.mark.parametrize("reason", NO_PATH)
def test_no_path_where_fits_may_differ(reason):
    """A configuration whose shorter fits might not lie within longer ones has no path."""
    assert path_parameter(NO_PATH[reason]) is None


@pytest.mark.parametrize(
    "estimator",
    [
        BAG(CalibratedClassifierCV(GaussianNB(), cv=KFold(3)), random_state=0),
        BAG(
            CalibratedClassifierCV(GaussianNB(), cv=KFold(3, shuffle=True, random_state=1)),
            random_state=np.int64(0),
        ),
        BAG(RF(2, max_depth=2), random_state=0),
    ],
    ids=["no shuffle", "seeded shuffle", "seeded by the bag"],
)
def test_splitters_and_members_with_seeds_have_a_path(estimator):
    """What lies inside bagging and is repeatable keeps the path, which is exact."""
    X, y, X_new = data(2)
    assert_path_is_exact(estimator, 3, X, y, X_new)


def test_groups_are_sorted_by_length():
    """Candidates that differ in length alone are one group, from the shortest to the longest."""
    grid = [
        {"max_depth": 2, "n_estimators": 30},
        {"max_depth": 3, "n_estimators": 5},
        {"max_depth": 2, "n_estimators": 10},
        {"max_depth": 2},
        {"n_estimators": 7, "max_depth": 3},
    ]
    assert group_paths(RF(random_state=0, n_estimators=20), grid) == [[2, 3, 0], [1, 4]]


def test_groups_of_whole_steps():
    """Candidates may replace steps; those of other kinds or seeds are no part of a path."""
    base = Pipeline([("scale", StandardScaler()), ("clf", LogisticRegression())])
    grid = [
        {"clf__C": 1.0},
        {"clf": RF(random_state=0), "clf__n_estimators": 9},
        {"clf": RF(random_state=0, n_estimators=4)},
        {"clf": RF(random_state=1, n_estimators=5)},
        {"clf": RF()},
        {"clf": RF()},
        {"clf": RF(random_state=0, n_estimators=6), "scale": "passthrough"},
        {"clf": HGB(random_state=0)},
        {"clf": RF(random_state=0), "scale": "passthrough"},
    ]
    assert group_paths(base, grid) == [[0], [2, 1], [3], [4], [5], [6, 8], [7]]


def test_groups_leave_wrong_lengths_alone():
    """A length that is no length fails in a fit of its own, not with its neighbours."""
    grid = [{"n_estimators": value} for value in (5, 0, "many", True, 2.5, 3)]
    assert group_paths(GB(random_state=0), grid) == [[5, 0], [1], [2], [3], [4]]


def test_groups_of_what_cannot_be_compared():
    """Candidates with a part that has no hash are groups of their own."""
    base = BAG(RidgeClassifier(), random_state=0)
    free = [{"estimator": LogisticRegression(class_weight={0: lambda: 1})} for _ in range(2)]
    assert group_paths(base, [{"n_estimators": 3}, *free, {}]) == [[0, 3], [1], [2]]


def test_groups_change_nothing_of_the_estimator():
    """Neither the estimator nor the candidates are touched."""
    clf = RF(random_state=0)
    base, grid = Pipeline([("clf", LogisticRegression())]), [{"clf": clf, "clf__n_estimators": 3}]
    group_paths(base, grid)
    assert isinstance(base.steps[0][1], LogisticRegression)
    assert clf.n_estimators == 100


def test_wrong_parameter_is_named():
    """A parameter that does not exist is an error before anything is fitted."""
    with pytest.raises(ValueError, match="Invalid parameter 'n_trees'"):
        group_paths(GB(random_state=0), [{"n_trees": 3}])


@pytest.mark.parametrize("length", [0, 6])
@pytest.mark.parametrize("estimator", [HGB(max_iter=5), RF(5), BAG(n_estimators=5)])
def test_length_out_of_range(estimator, length):
    """A length that the fit cannot know is an error that says which are known."""
    X, y, X_new = data(2)
    fitted = clone(estimator).set_params(random_state=0).fit(X, y)
    with pytest.raises(ValueError, match=rf"lengths from 1 to 5.*Got {length}\."):
        staged_proba(fitted, X_new, [3, length])
    assert staged_proba(fitted, X_new, []) == {}


def test_only_what_is_asked_for_is_computed(monkeypatch):
    """No tree beyond the longest length asked for is evaluated."""
    X, y, X_new = data(2)
    fitted = RF(12, random_state=0).fit(X, y)
    calls = []
    original = DecisionTreeClassifier.predict_proba

    def counted(self, X, check_input=True):
        calls.append(self)
        return original(self, X, check_input=check_input)

    monkeypatch.setattr(DecisionTreeClassifier, "predict_proba", counted)
    staged_proba(fitted, X_new, [2, 5])
    assert len(calls) == 5


def test_fitted_estimator_is_not_changed():
    """Scoring leaves the fitted ensemble as it was."""
    X, y, X_new = data(2)
    fitted = BAG(random_state=0, n_estimators=4, n_jobs=1).fit(pd.DataFrame(X).add_prefix("c"), y)
    X_new = pd.DataFrame(X_new).add_prefix("c")
    expected = fitted.predict_proba(X_new)
    staged_proba(fitted, X_new, [2])
    assert fitted.n_estimators == len(fitted.estimators_) == 4
    np.testing.assert_array_equal(fitted.predict_proba(X_new), expected)
