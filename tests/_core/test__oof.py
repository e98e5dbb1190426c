"""Tests of the out-of-fold engine: against scikit-learn's own, for any container and backend."""

import os
import warnings

import joblib
import numpy as np
import pandas as pd
import polars as pl
import pytest
from imblearn.over_sampling import RandomOverSampler
from imblearn.pipeline import make_pipeline as make_sampler_pipeline
from joblib.parallel import ThreadingBackend
from scipy import sparse
from sklearn import config_context
from sklearn.base import BaseEstimator, ClassifierMixin, clone
from sklearn.calibration import CalibratedClassifierCV
from sklearn.datasets import load_iris, make_classification
from sklearn.ensemble import (
    AdaBoostClassifier,
    BaggingClassifier,
    RandomForestClassifier,
    StackingClassifier,
    VotingClassifier,
)
from sklearn.exceptions import ConvergenceWarning
from sklearn.feature_selection import SelectFromModel
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import LinearRegression, LogisticRegression, Perceptron, RidgeClassifier
from sklearn.metrics import get_scorer, log_loss
from sklearn.model_selection import (
    FixedThresholdClassifier,
    GridSearchCV,
    LeaveOneOut,
    RepeatedStratifiedKFold,
    StratifiedKFold,
    StratifiedShuffleSplit,
    TimeSeriesSplit,
    TunedThresholdClassifierCV,
    cross_val_predict,
)
from sklearn.multiclass import OneVsRestClassifier
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC, LinearSVC
from sklearn.tree import DecisionTreeClassifier

from sklearn_lossfix._core._oof import (
    MAX_ROUNDS,
    align_columns,
    fix_folds,
    frozen_parts,
    is_regressor_given_labels,
    out_of_fold,
    refuse_frozen,
    response_of,
    score_rows,
    weight_params,
)
from sklearn_lossfix.exceptions import FrozenPartError, TooFewRowsError

IRIS_X, IRIS_Y = load_iris(return_X_y=True)
BINARY_X, BINARY_Y = make_classification(120, n_features=5, random_state=0)
BINARY_NAMES = np.array(["no", "yes"])[BINARY_Y]


def logistic():
    """A pipeline that converges."""
    return make_pipeline(StandardScaler(), LogisticRegression())


def in_row_order(oof):
    """Scores and predicted labels as `cross_val_predict` gives them."""
    order = np.argsort(oof.row)
    return oof.scores[order], oof.classes[oof.pred[order]]


def assert_same_scores(found, expected):
    """Two sets of triplets are equal to the last bit."""
    for name in ("row", "fold", "scores", "pred"):
        np.testing.assert_array_equal(getattr(found, name), getattr(expected, name))


class Probe(ClassifierMixin, BaseEstimator):
    """A classifier that answers with class shares, and shows what `fit` was given by its scores."""

    def fit(self, X, y, sample_weight=None, extra=None, offset=0.0):
        """Remember the weighted class shares and the further parameters."""
        self.classes_, codes = np.unique(y, return_inverse=True)
        counts = np.bincount(codes, sample_weight)
        self.shares_ = counts / counts.sum()
        self.extra_ = 0.0 if extra is None else float(np.sum(extra) / len(y))
        self.extra_ += offset
        return self

    def decision_function(self, X):
        """The mean of `extra`, plus `offset`."""
        return np.full(len(X), self.extra_)

    def predict_proba(self, X):
        """The class shares."""
        return np.tile(self.shares_, (len(X), 1))

    def predict(self, X):
        """The most frequent class."""
        return self.classes_[np.full(len(X), self.shares_.argmax())]


class WithoutGenerators(ThreadingBackend):
    """A joblib backend that gives all results at once, as multiprocessing, ray and spark do."""

    supports_return_generator = False


# --- agreement with scikit-learn ------------------------------------------------------------------


@pytest.mark.parametrize("method", ["predict_proba", "decision_function"])
@pytest.mark.parametrize(("X", "y"), [(IRIS_X, IRIS_Y), (BINARY_X, BINARY_NAMES)])
def test_scores_are_those_of_cross_val_predict(X, y, method):
    """On a partition of the rows the scores and labels are scikit-learn's."""
    cv = StratifiedKFold(4, shuffle=True, random_state=1)
    oof = out_of_fold(logistic(), X, y, fix_folds(cv, X, y), response_method=method)
    scores, labels = in_row_order(oof)
    np.testing.assert_array_equal(scores, cross_val_predict(logistic(), X, y, cv=cv, method=method))
    np.testing.assert_array_equal(labels, cross_val_predict(logistic(), X, y, cv=cv))
    assert oof.response == method
    np.testing.assert_array_equal(oof.row_weight, 1.0)


@pytest.mark.parametrize(
    ("estimator", "response"),
    [
        (logistic(), "predict_proba"),
        (LinearSVC(random_state=0), "decision_function"),
        (RidgeClassifier(), "decision_function"),
        (SVC(), "decision_function"),
        (Perceptron(random_state=0), "decision_function"),
        (KNeighborsClassifier(), "predict_proba"),
        (GridSearchCV(logistic(), {"logisticregression__C": [0.1, 1]}, cv=2), "predict_proba"),
        (TunedThresholdClassifierCV(logistic(), cv=2), "predict_proba"),
        (CalibratedClassifierCV(LinearSVC(random_state=0), cv=2), "predict_proba"),
        (make_sampler_pipeline(RandomOverSampler(random_state=0), logistic()), "predict_proba"),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, BaseEstimator) else value,
)
def test_probabilities_are_preferred_to_margins(estimator, response):
    """Every kind of estimator is scored by the best method it has, as scikit-learn would."""
    folds = fix_folds(3, BINARY_X, BINARY_NAMES)
    oof = out_of_fold(estimator, BINARY_X, BINARY_NAMES, folds, random_state=0)
    assert oof.response == response
    scores, labels = in_row_order(oof)
    splits = list(folds.splits)
    np.testing.assert_allclose(
        scores, cross_val_predict(estimator, BINARY_X, BINARY_NAMES, cv=splits, method=response)
    )
    np.testing.assert_array_equal(
        labels, cross_val_predict(estimator, BINARY_X, BINARY_NAMES, cv=splits)
    )


def test_estimator_without_scores_gives_its_labels():
    """Where there is only `predict`, the scores are the predicted codes."""

    class OnlyPredicts(ClassifierMixin, BaseEstimator):
        def fit(self, X, y):
            self.classes_ = np.unique(y)
            return self

        def predict(self, X):
            return self.classes_[(np.asarray(X)[:, 0] > 0).astype(int)]

    oof = out_of_fold(OnlyPredicts(), BINARY_X, BINARY_NAMES, fix_folds(3, BINARY_X, BINARY_NAMES))
    assert oof.response == "predict"
    np.testing.assert_array_equal(oof.scores, oof.pred)
    np.testing.assert_array_equal(oof.pred, (BINARY_X[oof.row, 0] > 0).astype(int))


def test_regressor_is_fitted_on_codes():
    """With `encoded` a regressor learns the codes, and the nearest code is its label."""
    names = np.array(["a", "b", "c"])[IRIS_Y]
    folds = fix_folds(3, IRIS_X, names)
    oof = out_of_fold(LinearRegression(), IRIS_X, names, folds, encoded=True, want_train=True)
    scores, labels = in_row_order(oof)
    expected = cross_val_predict(LinearRegression(), IRIS_X, IRIS_Y, cv=list(folds.splits))
    np.testing.assert_allclose(scores, expected)
    np.testing.assert_array_equal(labels, oof.classes[np.clip(np.rint(expected), 0, 2).astype(int)])
    assert oof.train_states[0]["log_loss"] is None
    assert is_regressor_given_labels(LinearRegression())
    assert not is_regressor_given_labels(logistic())


# --- splits ---------------------------------------------------------------------------------------


def test_repeated_splits_give_every_row_many_times():
    """Three repeats score each row three times, at a third of the weight."""
    cv = RepeatedStratifiedKFold(n_splits=3, n_repeats=3, random_state=0)
    folds = fix_folds(cv, BINARY_X, BINARY_Y)
    oof = out_of_fold(Probe(), BINARY_X, BINARY_Y, folds)
    assert folds.fold_of_row is None
    np.testing.assert_array_equal(np.bincount(oof.row), 3)
    np.testing.assert_allclose(oof.row_weight, 1 / 3)
    assert sorted(set(oof.fold)) == list(range(9))
    for number, (_, test) in enumerate(folds.splits):
        np.testing.assert_array_equal(oof.row[oof.fold == number], test)


def test_shuffle_splits_may_leave_rows_out():
    """Rows that no split tests are absent; the weights of the others sum to one each."""
    cv = StratifiedShuffleSplit(2, test_size=0.2, random_state=0)
    oof = out_of_fold(Probe(), BINARY_X, BINARY_Y, fix_folds(cv, BINARY_X, BINARY_Y))
    times = np.bincount(oof.row, minlength=120)
    assert times.min() == 0
    assert times.max() == 2
    np.testing.assert_allclose(
        np.bincount(oof.row, oof.row_weight, minlength=120), (times > 0).astype(float)
    )


def test_rolling_splits_learn_from_the_past_only():
    """A splitter whose training part is not all the rest is followed as it is."""
    folds = fix_folds(TimeSeriesSplit(3), BINARY_X, BINARY_Y)
    assert folds.fold_of_row is None
    oof = out_of_fold(Probe(), BINARY_X, BINARY_Y, folds)
    for number, (train, test) in enumerate(folds.splits):
        share = BINARY_Y[train].mean()
        assert oof.scores[oof.fold == number, 1] == pytest.approx(np.full(len(test), share))


def test_folds_of_a_number_are_fixed():
    """Two calls draw the same stratified folds, another seed draws others."""
    first, second = (fix_folds(4, BINARY_X, BINARY_Y) for _ in range(2))
    np.testing.assert_array_equal(first.fold_of_row, second.fold_of_row)
    other = fix_folds(4, BINARY_X, BINARY_Y, random_state=1)
    assert (other.fold_of_row != first.fold_of_row).any()
    counts = [np.bincount(BINARY_Y[test]) for _, test in first.splits]
    assert np.ptp(counts, axis=0).max() <= 1
    assert first.mean_sizes == (90.0, 30.0)
    for number, (train, test) in enumerate(first.splits):
        np.testing.assert_array_equal(np.flatnonzero(first.fold_of_row == number), np.sort(test))
        assert not set(train) & set(test)


def test_splitter_without_seed_is_drawn_once():
    """A shuffling splitter without a seed gives one draw that every model shares."""
    folds = fix_folds(StratifiedKFold(3, shuffle=True), BINARY_X, BINARY_Y)
    first, second = (out_of_fold(logistic(), BINARY_X, BINARY_Y, folds) for _ in range(2))
    assert_same_scores(first, second)


def test_splits_may_be_pairs_of_rows_or_masks():
    """An iterable of row numbers and one of masks give the same folds, generators included."""
    pairs = list(StratifiedKFold(3).split(BINARY_X, BINARY_Y))
    masks = [tuple(np.isin(np.arange(120), part) for part in pair) for pair in pairs]
    expected = fix_folds(iter(pairs), BINARY_X, BINARY_Y)
    found = fix_folds(masks, BINARY_X, BINARY_Y)
    np.testing.assert_array_equal(found.fold_of_row, expected.fold_of_row)


def test_many_folds_are_a_partition_too():
    """Leave-one-out on 120 rows is recognised as a partition."""
    folds = fix_folds(LeaveOneOut(), BINARY_X, BINARY_Y)
    np.testing.assert_array_equal(folds.fold_of_row, np.arange(120))
    oof = out_of_fold(Probe(), BINARY_X, BINARY_Y, folds)
    np.testing.assert_array_equal(oof.row, np.arange(120))


def test_training_parts_that_are_not_the_rest_are_no_partition():
    """Tests that cover each row once do not make a partition if a training row is also tested."""
    rows = np.arange(10)
    y = rows % 2
    halves = [(rows[:5], rows[:5]), (rows[5:], rows[5:])]
    assert fix_folds(halves, y[:, None], y).fold_of_row is None
    overlapping = [(rows[5:], rows[:5]), (rows[5:], rows[:5])]
    assert fix_folds(overlapping, y[:, None], y).fold_of_row is None


def test_groups_stay_together():
    """With groups no group is on both sides of a split, and the classes stay spread."""
    groups = np.repeat([f"person {k}" for k in range(30)], 4)
    folds = fix_folds(3, BINARY_X, BINARY_Y, groups=groups)
    for train, test in folds.splits:
        assert not set(groups[train]) & set(groups[test])
        assert set(BINARY_Y[test]) == {0, 1}
    oof = out_of_fold(logistic(), BINARY_X, BINARY_Y, folds)
    np.testing.assert_array_equal(np.sort(oof.row), np.arange(120))


@pytest.mark.parametrize(
    ("cv", "groups", "message"),
    [
        (5, None, r"Class 'rare' has 3\. Pass cv=3\."),
        (2, [0] * 9 + [1] * 3, "cv=2 needs 2 groups of every class.*Merge or drop class"),
        (1, None, "cv must be at least 2 folds. Got 1 instead"),
    ],
)
def test_too_many_folds_are_explained(cv, groups, message):
    """The error names the class, how many rows it has, and what would work."""
    y = np.array(["often"] * 9 + ["rare"] * 3)
    with pytest.raises(ValueError, match=message):
        fix_folds(cv, np.zeros((12, 1)), y, groups=groups)


def test_class_with_one_row_cannot_be_split():
    """No number of folds helps a class of one row, so the offer is another."""
    with pytest.raises(TooFewRowsError, match=r"Class 1 has 1\. Merge or drop class 1\.$"):
        fix_folds(2, np.zeros((4, 1)), [0, 0, 0, 1])


@pytest.mark.parametrize(
    ("cv", "message"),
    [
        ([], "cv gave no split"),
        ([([0, 1], [])], "Split 0 of cv has an empty train or test part"),
        ([([0, 1], [2]), ([0, 1], [6])], "Split 1 of cv holds row 6; expected rows from 0 to 5"),
        ([([0, -1], [2])], "Split 0 of cv holds row -1; expected rows from 0 to 5"),
    ],
)
def test_impossible_splits_are_refused(cv, message):
    """Empty parts and rows that are not there are named with the split."""
    with pytest.raises(ValueError, match=message):
        fix_folds(cv, np.zeros((6, 1)), [0, 1, 0, 1, 0, 1])


def test_training_part_of_one_class_is_refused():
    """A split whose training rows share one label is named before anything is fitted."""
    y = np.array(["a", "a", "b", "b"])
    folds = fix_folds([([0, 1], [2, 3])], np.zeros((4, 1)), y)
    with pytest.raises(TooFewRowsError, match=r"split 0 holds a single class, .*'a'"):
        out_of_fold(Probe(), np.zeros((4, 1)), y, folds)


# --- classes --------------------------------------------------------------------------------------


def test_class_missing_from_training_gets_probability_zero():
    """A class the fold never saw has probability 0 and margin minus infinity."""
    y = np.array([0, 1, 2] * 8 + [3])
    X = np.random.default_rng(0).normal(size=(25, 2)) + y[:, None]
    folds = fix_folds([(np.arange(24), [24, 0]), (np.arange(1, 25), [0])], X, y)
    oof = out_of_fold(logistic(), X, y, folds)
    assert oof.scores.shape == (3, 4)
    assert (oof.scores[:2, 3] == 0).all()
    assert oof.scores[2, 3] > 0
    margins = out_of_fold(logistic(), X, y, folds, response_method="decision_function")
    assert np.isneginf(margins.scores[:2, 3]).all()
    assert np.isfinite(margins.scores[:2, :3]).all()
    assert np.isfinite(margins.scores[2]).all()


def test_two_training_classes_out_of_three_keep_their_columns():
    """One decision value for two known classes becomes two columns beside the unknown one."""
    y = np.array([0, 2] * 10 + [1])
    X = y[:, None] + np.random.default_rng(0).normal(size=(21, 1)) / 4
    folds = fix_folds([(np.arange(20), [20, 0, 1])], X, y)
    oof = out_of_fold(LinearSVC(), X, y, folds, random_state=0)
    assert np.isneginf(oof.scores[:, 1]).all()
    np.testing.assert_array_equal(oof.scores[:, 0], -oof.scores[:, 2])
    assert oof.pred.tolist()[1:] == [0, 2]
    np.testing.assert_array_equal(oof.scores.argmax(axis=1), oof.pred)


@pytest.mark.parametrize("n_classes", [3, 4])
@pytest.mark.parametrize("wrap", ["plain", "pipeline", "search"])
def test_votes_of_pairs_are_not_taken_for_margins(n_classes, wrap):
    """One-vs-one decision values compare pairs of classes, also where there are as many pairs."""
    X = np.random.default_rng(0).normal(size=(80, 2))
    y = np.arange(80) % n_classes
    X[:, 0] += 3 * y
    estimator = SVC(decision_function_shape="ovo")
    if wrap == "pipeline":
        estimator = make_pipeline(StandardScaler(), estimator)
    if wrap == "search":
        estimator = GridSearchCV(make_pipeline(estimator), {"svc__C": [1]}, cv=2)
    oof = out_of_fold(estimator, X, y, fix_folds(3, X, y))
    assert oof.response == "predict"
    np.testing.assert_array_equal(oof.scores, oof.pred)
    one_vs_rest = out_of_fold(SVC(), X, y, fix_folds(3, X, y))
    assert one_vs_rest.response == "decision_function"
    assert one_vs_rest.scores.shape == (80, n_classes)


def test_columns_are_put_in_the_order_wanted():
    """Columns move with their labels, and unknown labels are filled."""
    scores = np.array([[0.2, 0.8]])
    assert align_columns(scores, ["b", "a"], ["a", "b"]).tolist() == [[0.8, 0.2]]
    assert align_columns(scores, ["b", "a"], ["a", "b", "c"]).tolist() == [[0.8, 0.2, 0.0]]
    assert align_columns(scores, ["a", "b"], ["a", "b"]) is scores


def test_margin_of_two_classes_follows_their_order():
    """The margin is that of the second class wanted, whichever the estimator calls second."""
    model = RidgeClassifier().fit(BINARY_X, BINARY_NAMES)
    forward, pred, response = score_rows(model, BINARY_X, np.array(["no", "yes"]))
    backward, swapped, _ = score_rows(model, BINARY_X, np.array(["yes", "no"]))
    assert response == "decision_function"
    np.testing.assert_array_equal(forward, -backward)
    np.testing.assert_array_equal(pred, 1 - swapped)
    np.testing.assert_array_equal(forward > 0, pred == 1)


def test_unknown_predicted_labels_are_refused():
    """An estimator that answers with labels nobody has is an error that shows them."""
    model = KNeighborsClassifier().fit(BINARY_X, BINARY_NAMES)
    with pytest.raises(ValueError, match=r"predict gave the labels \['no', 'yes'\], expected only"):
        score_rows(model, BINARY_X, np.array(["maybe", "yes"]))


def test_object_without_any_score_is_refused():
    """The error says which methods were looked for."""
    with pytest.raises(ValueError, match="StandardScaler has none of the methods predict_proba, d"):
        response_of(StandardScaler())
    with pytest.raises(ValueError, match="LinearSVC has none of the methods predict_proba"):
        response_of(LinearSVC(), "predict_proba")


def test_float32_scores_stay_float32():
    """The dtype of the scores is the estimator's."""
    X = BINARY_X.astype(np.float32)
    oof = out_of_fold(LinearSVC(dual=False), X, BINARY_Y, fix_folds(3, X, BINARY_Y))
    model = LinearSVC(dual=False).fit(X, BINARY_Y)
    assert oof.scores.dtype == model.decision_function(X).dtype


# --- containers -----------------------------------------------------------------------------------


def frozen_copy(array):
    """A copy that cannot be written to."""
    array = array.copy()
    array.flags.writeable = False
    return array


CONTAINERS = {
    "list": lambda X: X.tolist(),
    "read-only array": frozen_copy,
    "pandas": lambda X: pd.DataFrame(X, columns=[f"x{k}" for k in range(X.shape[1])]),
    "polars": lambda X: pl.DataFrame(X, schema=[f"x{k}" for k in range(X.shape[1])]),
    "csr": sparse.csr_array,
    "csc": sparse.csc_matrix,
}
LABELS = {
    "list": lambda y: y.tolist(),
    "read-only array": frozen_copy,
    "pandas": lambda y: pd.Series(y, index=np.arange(len(y))[::-1]),
    "polars": pl.Series,
    "categorical": lambda y: pd.Series(y, dtype="category"),
}


@pytest.mark.parametrize("container", CONTAINERS)
def test_rows_come_in_any_container(container):
    """Lists, frames and sparse matrices give the scores of the array."""
    X = CONTAINERS[container](BINARY_X)
    folds = fix_folds(3, X, BINARY_NAMES)
    model = LogisticRegression()
    expected = out_of_fold(model, BINARY_X, BINARY_NAMES, folds)
    found = out_of_fold(model, X, BINARY_NAMES, folds)
    np.testing.assert_array_equal(found.row, expected.row)
    np.testing.assert_allclose(found.scores, expected.scores, atol=1e-4)


@pytest.mark.parametrize("container", LABELS)
def test_labels_come_in_any_container(container):
    """Strings in lists, series and categories give the scores of the array."""
    y = LABELS[container](BINARY_NAMES)
    folds = fix_folds(3, BINARY_X, y)
    expected = out_of_fold(logistic(), BINARY_X, BINARY_NAMES, folds)
    found = out_of_fold(logistic(), BINARY_X, y, folds)
    assert_same_scores(found, expected)
    assert found.classes.tolist() == ["no", "yes"]


def test_frames_reach_the_estimator_as_frames():
    """Column names survive, so that a ColumnTransformer or a feature-name check works."""

    class WantsNames(Probe):
        def fit(self, X, y):
            assert list(X.columns) == ["a", "b", "c", "d", "e"]
            return super().fit(X, y)

    X = pd.DataFrame(BINARY_X, columns=list("abcde"))
    out_of_fold(WantsNames(), X, BINARY_Y, fix_folds(3, X, BINARY_Y))


def test_memory_maps_are_read_and_never_written(tmp_path):
    """Rows that live in a file are scored, by workers too, and the file stays as it was."""
    path = tmp_path / "X.npy"
    np.save(path, BINARY_X)
    before = path.read_bytes()
    X = np.load(path, mmap_mode="r")
    folds = fix_folds(3, X, BINARY_Y)
    expected = out_of_fold(logistic(), BINARY_X, BINARY_Y, folds)
    assert_same_scores(out_of_fold(logistic(), X, BINARY_Y, folds), expected)
    assert_same_scores(out_of_fold(logistic(), X, BINARY_Y, folds, n_jobs=2), expected)
    assert path.read_bytes() == before


def test_precomputed_kernels_are_cut_on_both_sides():
    """A pairwise estimator gets the square of its training rows."""
    kernel = BINARY_X @ BINARY_X.T
    folds = fix_folds(3, BINARY_X, BINARY_Y)
    found = out_of_fold(SVC(kernel="precomputed"), kernel, BINARY_Y, folds)
    expected = out_of_fold(SVC(kernel="linear"), BINARY_X, BINARY_Y, folds)
    np.testing.assert_allclose(found.scores, expected.scores, atol=1e-6)


# --- parallel work --------------------------------------------------------------------------------


def test_backends_and_number_of_jobs_do_not_matter():
    """Seeded from (seed, fold), a forest without a seed gives one result however it is run."""
    forest = RandomForestClassifier(n_estimators=5)
    folds = fix_folds(3, BINARY_X, BINARY_Y)

    def scores(n_jobs, seed=7):
        return out_of_fold(
            forest, BINARY_X, BINARY_Y, folds, n_jobs=n_jobs, random_state=seed, want_train=True
        )

    expected = scores(1)
    for found in (scores(None), scores(2)):
        assert_same_scores(found, expected)
        assert str(found.train_states) == str(expected.train_states)
    with joblib.parallel_config(backend="threading"):
        assert_same_scores(scores(2), expected)
    joblib.register_parallel_backend("without generators", WithoutGenerators)
    with joblib.parallel_config(backend="without generators"):
        assert_same_scores(scores(2), expected)
    assert (scores(1, seed=8).scores != expected.scores).any()


def test_seeds_reach_every_free_part_and_no_other():
    """Nested free seeds differ from each other and between folds; given seeds are kept."""
    bag = BaggingClassifier(DecisionTreeClassifier(max_features=1), n_estimators=3)
    fixed = BaggingClassifier(
        DecisionTreeClassifier(max_features=1, random_state=1), random_state=2
    )
    folds = fix_folds(3, BINARY_X, BINARY_Y)
    assert_same_scores(
        *(out_of_fold(bag, BINARY_X, BINARY_Y, folds, random_state=0) for _ in range(2))
    )
    assert_same_scores(
        *(out_of_fold(fixed, BINARY_X, BINARY_Y, folds, random_state=s) for s in (0, 1))
    )


def test_users_estimator_is_left_as_it_is():
    """Neither parameters nor fitted state of the estimator handed in change."""
    forest = RandomForestClassifier(n_estimators=3).fit(BINARY_X, BINARY_Y)
    before = {key: id(value) for key, value in vars(forest).items()}
    folds = fix_folds(3, BINARY_X, BINARY_Y)
    out_of_fold(forest, BINARY_X, BINARY_Y, folds, random_state=0)
    assert {key: id(value) for key, value in vars(forest).items()} == before
    assert forest.random_state is None


def test_progress_counts_the_finished_folds():
    """The caller hears of every finished fold, in the calling process."""
    heard = []
    folds = fix_folds(4, BINARY_X, BINARY_Y)
    out_of_fold(Probe(), BINARY_X, BINARY_Y, folds, on_done=lambda *count: heard.append(count))
    assert heard == [(1, 4), (2, 4), (3, 4), (4, 4)]


def test_finished_folds_survive_the_death_of_a_worker(tmp_path):
    """A worker that dies takes along at most what was running: the result is complete."""
    process, make_directory, path_of = os._exit, os.mkdir, os.path.join
    started = str(tmp_path)

    class DiesOnce(LogisticRegression):
        """Ends its process the first time that row 0 is left out of training."""

        def fit(self, X, y):
            key = repr(float(np.sum(X[:, 0])))
            flag = path_of(started, key)
            log = open(path_of(started, "fits"), "a")
            with log:
                log.write(key + "\n")
            if BINARY_X[0, 0] not in X[:, 0]:
                try:
                    make_directory(flag)
                except FileExistsError:
                    pass
                else:
                    process(1)
            return super().fit(X, y)

    folds = fix_folds(6, BINARY_X, BINARY_Y)
    found = out_of_fold(DiesOnce(), BINARY_X, BINARY_Y, folds, n_jobs=2)
    assert_same_scores(found, out_of_fold(LogisticRegression(), BINARY_X, BINARY_Y, folds))
    assert sum(path.is_dir() for path in tmp_path.iterdir()) == 1
    fits = (tmp_path / "fits").read_text().split()
    # The fold that died is fitted twice, and at most the few that were under way with it.
    assert 7 <= len(fits) < 12


def test_worker_that_always_dies_is_given_up():
    """A lost worker is retried, finished folds are kept, and the loss is reported in the end."""
    fits = []

    class TerminatedWorkerError(RuntimeError):
        """Named like the loss of a worker on loky."""

    class Doomed(Probe):
        def fit(self, X, y):
            fits.append(len(X))
            if BINARY_X[0, 0] not in X[:, 0]:
                raise TerminatedWorkerError("gone")
            return super().fit(X, y)

    folds = fix_folds(3, BINARY_X, BINARY_Y)
    doomed = int(folds.fold_of_row[0])
    with pytest.raises(TerminatedWorkerError, match="gone"):
        out_of_fold(Doomed(), BINARY_X, BINARY_Y, folds)
    # Folds before the doomed one are fitted once, those behind it never get their turn.
    assert len(fits) == doomed + MAX_ROUNDS


@pytest.mark.parametrize("n_jobs", [1, 2])
def test_error_of_a_fit_names_the_split(n_jobs):
    """The estimator's own error is raised at once, with a note that says where."""

    class Fails(Probe):
        def fit(self, X, y):
            if BINARY_X[0, 0] not in X[:, 0]:
                raise ArithmeticError("cannot fit this")
            return super().fit(X, y)

    folds = fix_folds(3, BINARY_X, BINARY_Y)
    with pytest.raises(ArithmeticError, match="cannot fit this") as caught:
        out_of_fold(Fails(), BINARY_X, BINARY_Y, folds, n_jobs=n_jobs)
    split = folds.fold_of_row[0]
    assert f"While fitting Fails out of fold, split {split}." in caught.value.__notes__


@pytest.mark.parametrize("n_jobs", [1, 2])
def test_convergence_is_recorded_and_other_warnings_are_passed_on_once(n_jobs):
    """Convergence warnings become data; any other warning reaches the user one time."""

    class Warns(Probe):
        def fit(self, X, y):
            warnings.warn("did not converge", ConvergenceWarning, stacklevel=2)
            warnings.warn("look at this", UserWarning, stacklevel=2)
            return super().fit(X, y)

    folds = fix_folds(4, BINARY_X, BINARY_Y)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        oof = out_of_fold(Warns(), BINARY_X, BINARY_Y, folds, n_jobs=n_jobs)
    assert oof.warnings == ("did not converge",)
    mine = [w for w in caught if str(w.message) == "look at this"]
    assert [w.category for w in mine] == [UserWarning]
    assert not any(issubclass(w.category, ConvergenceWarning) for w in caught)


def test_unconverged_optimiser_is_recorded():
    """The warning of a real optimiser that was stopped short is kept in its own words."""
    folds = fix_folds(3, BINARY_X, BINARY_Y)
    oof = out_of_fold(LogisticRegression(max_iter=1), BINARY_X, BINARY_Y, folds)
    assert len(oof.warnings) == 1
    assert "lbfgs failed to converge" in oof.warnings[0]
    assert out_of_fold(LogisticRegression(), BINARY_X, BINARY_Y, folds).warnings == ()


# --- weights and further parameters ---------------------------------------------------------------

WEIGHT = np.random.default_rng(0).choice([0.2, 1.0, 5.0], 120)


def weighted(estimator):
    """Out-of-fold scores with weights, then without."""
    folds = fix_folds(3, BINARY_X, BINARY_Y)
    return (
        out_of_fold(estimator, BINARY_X, BINARY_Y, folds, sample_weight=w, random_state=0).scores
        for w in (WEIGHT, None)
    )


def test_weights_are_cut_to_the_training_rows():
    """The weighted class share of each training part is what the estimator learnt."""
    folds = fix_folds(3, BINARY_X, BINARY_Y)
    oof = out_of_fold(Probe(), BINARY_X, BINARY_Y, folds, sample_weight=WEIGHT)
    for number, (train, _) in enumerate(folds.splits):
        share = np.average(BINARY_Y[train], weights=WEIGHT[train])
        assert oof.scores[oof.fold == number, 1] == pytest.approx(share)


@pytest.mark.parametrize("routing", [False, True])
@pytest.mark.parametrize(
    "estimator",
    [
        LogisticRegression(),
        logistic(),
        make_pipeline(StandardScaler(), make_pipeline(StandardScaler(), LogisticRegression())),
        GridSearchCV(LogisticRegression(), {"C": [1.0]}, cv=2),
        GridSearchCV(logistic(), {"logisticregression__C": [1.0]}, cv=2),
        make_pipeline(GridSearchCV(LogisticRegression(), {"C": [1.0]}, cv=2)),
        CalibratedClassifierCV(DecisionTreeClassifier(max_depth=2), cv=2),
        BaggingClassifier(DecisionTreeClassifier(max_depth=2), n_estimators=3),
        VotingClassifier([("a", LogisticRegression()), ("b", "drop")]),
        StackingClassifier([("a", LogisticRegression())], cv=2),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, BaseEstimator) else str(value),
)
def test_weights_reach_whatever_fits_with_them(estimator, routing):
    """Plain estimators, pipelines, searches and ensembles learn from the weights."""
    with config_context(enable_metadata_routing=routing):
        estimator = clone(estimator)
        if routing:
            for part in [estimator, *estimator.get_params(deep=True).values()]:
                if isinstance(part, LogisticRegression | DecisionTreeClassifier):
                    part.set_fit_request(sample_weight=True)
                if isinstance(part, GridSearchCV):
                    unweighted = get_scorer("accuracy").set_score_request(sample_weight=False)
                    part.set_params(scoring=unweighted)
                if isinstance(part, StandardScaler):
                    part.set_fit_request(sample_weight=False)
            if isinstance(estimator, StackingClassifier):
                estimator.set_params(
                    final_estimator=LogisticRegression().set_fit_request(sample_weight=True)
                )
        with_weights, without = weighted(estimator)
        assert (with_weights != without).any()


@pytest.mark.parametrize(
    "estimator",
    [
        make_sampler_pipeline(RandomOverSampler(random_state=0), LogisticRegression()),
        GridSearchCV(
            make_sampler_pipeline(RandomOverSampler(random_state=0), LogisticRegression()),
            {"logisticregression__C": [1.0]},
            cv=2,
        ),
        KNeighborsClassifier(),
        make_pipeline(StandardScaler(), "passthrough", KNeighborsClassifier()),
        VotingClassifier([("a", LogisticRegression()), ("b", KNeighborsClassifier())]),
        TunedThresholdClassifierCV(LogisticRegression(), cv=2),
        FixedThresholdClassifier(LogisticRegression()),
        OneVsRestClassifier(LogisticRegression()),
    ],
    ids=lambda value: type(value).__name__,
)
def test_weights_stay_away_from_what_cannot_take_them(estimator):
    """Samplers, neighbours and wrappers that refuse weights are fitted without, not broken."""
    assert weight_params(estimator, WEIGHT) == {}
    with_weights, without = weighted(estimator)
    np.testing.assert_array_equal(with_weights, without)


def test_weights_and_samplers_do_not_mix_with_routing_either():
    """A sampler changes the rows; weights that the classifier asked for would no longer fit."""
    with config_context(enable_metadata_routing=True):
        model = LogisticRegression().set_fit_request(sample_weight=True)
        pipeline = make_sampler_pipeline(RandomOverSampler(random_state=0), model)
        assert weight_params(pipeline, WEIGHT) == {}
        folds = fix_folds(3, BINARY_X[:100], BINARY_Y[:100])
        out_of_fold(pipeline, BINARY_X[:100], BINARY_Y[:100], folds, sample_weight=WEIGHT[:100])


def test_a_request_for_no_weights_is_heeded():
    """With routing on, an estimator that declined weights is fitted without."""
    with config_context(enable_metadata_routing=True):
        declined = LogisticRegression().set_fit_request(sample_weight=False)
        assert weight_params(declined, WEIGHT) == {}
        assert weight_params(KNeighborsClassifier(), WEIGHT) == {}
        assert list(weight_params(LogisticRegression(), WEIGHT)) == ["sample_weight"]


def test_estimators_that_do_not_route_refuse_weights_only_with_routing():
    """AdaBoost takes weights by hand, and refuses them while metadata routing is on."""
    assert list(weight_params(AdaBoostClassifier(), WEIGHT)) == ["sample_weight"]
    with config_context(enable_metadata_routing=True):
        assert weight_params(AdaBoostClassifier(), WEIGHT) == {}
        with_weights, without = weighted(AdaBoostClassifier(n_estimators=3))
    np.testing.assert_array_equal(with_weights, without)


def test_no_weights_are_no_parameters():
    """Without weights nothing is passed."""
    assert weight_params(LogisticRegression(), None) == {}


def test_further_fit_parameters_are_cut_where_they_have_a_row_each():
    """Arrays with one entry a row are cut to the training rows; scalars go through."""
    folds = fix_folds(3, BINARY_X, BINARY_Y)
    extra = np.arange(120.0)
    oof = out_of_fold(
        Probe(),
        BINARY_X,
        BINARY_Y,
        folds,
        fit_params={"extra": extra, "offset": 1000.0},
        response_method="decision_function",
    )
    for number, (train, _) in enumerate(folds.splits):
        assert oof.scores[oof.fold == number] == pytest.approx(1000 + extra[train].mean())


def test_losses_on_the_training_rows():
    """With `want_train` each fold tells its weighted loss and class totals on what it learnt."""
    folds = fix_folds(3, BINARY_X, BINARY_NAMES)
    oof = out_of_fold(
        logistic(), BINARY_X, BINARY_NAMES, folds, sample_weight=WEIGHT, want_train=True
    )
    for (train, _), state in zip(folds.splits, oof.train_states, strict=True):
        X, y, w = BINARY_X[train], BINARY_Y[train], WEIGHT[train]
        model = logistic().fit(X, y, logisticregression__sample_weight=w)
        expected = log_loss(y, model.predict_proba(X), sample_weight=w)
        assert state["log_loss"] == pytest.approx(expected)
        hits, predicted, true = state["totals"]
        np.testing.assert_allclose(true, np.bincount(y, w))
        np.testing.assert_allclose(predicted, np.bincount(model.predict(X), w))
        assert hits.sum() / w.sum() == pytest.approx(model.score(X, y, w))
        assert state["n_rows"] == len(train)
    assert out_of_fold(Probe(), BINARY_X, BINARY_Y, folds).train_states == (None,) * 3


def described(model, X, y, sample_weight):
    """Weighted accuracy of a fold's model on the rows that it is handed."""
    return len(X), float(model.score(X, y, sample_weight=sample_weight))


@pytest.mark.parametrize("n_jobs", [None, 2])
def test_models_are_described_on_their_test_rows(n_jobs):
    """With `describe` each fold says what the function says of its model and its test rows."""
    folds = fix_folds(3, BINARY_X, BINARY_NAMES)
    given = {"sample_weight": WEIGHT, "n_jobs": n_jobs}
    oof = out_of_fold(logistic(), BINARY_X, BINARY_NAMES, folds, describe=described, **given)
    for number, (n_rows, accuracy) in enumerate(oof.described):
        rows = oof.row[oof.fold == number]
        right = oof.pred[oof.fold == number] == BINARY_Y[rows]
        assert n_rows == len(rows)
        assert accuracy == pytest.approx(np.average(right, weights=WEIGHT[rows]))
    assert out_of_fold(Probe(), BINARY_X, BINARY_Y, folds).described == (None,) * 3


# --- frozen parts ---------------------------------------------------------------------------------

FITTED = LogisticRegression().fit(BINARY_X, BINARY_Y)


@pytest.mark.parametrize(
    ("estimator", "parts"),
    [
        (FrozenEstimator(FITTED), ["estimator"]),
        (CalibratedClassifierCV(FrozenEstimator(FITTED)), ["estimator"]),
        (make_pipeline(StandardScaler(), FrozenEstimator(FITTED)), ["frozenestimator"]),
        (
            CalibratedClassifierCV(make_pipeline(FrozenEstimator(StandardScaler()), FITTED)),
            ["estimator__frozenestimator"],
        ),
        (
            make_pipeline(CalibratedClassifierCV(make_pipeline(FrozenEstimator(FITTED)))),
            ["calibratedclassifiercv__estimator__frozenestimator"],
        ),
        (
            VotingClassifier([("a", LogisticRegression()), ("b", FrozenEstimator(FITTED))]),
            ["b"],
        ),
        (StackingClassifier([("a", FITTED)], cv="prefit"), ["cv='prefit'"]),
        (
            make_pipeline(TunedThresholdClassifierCV(FITTED, cv="prefit", refit=False)),
            ["tunedthresholdclassifiercv__cv='prefit'"],
        ),
        (
            make_pipeline(SelectFromModel(FITTED, prefit=True), LogisticRegression()),
            ["selectfrommodel__prefit=True"],
        ),
        (logistic(), []),
        (GridSearchCV(logistic(), {}, cv=3), []),
        (make_pipeline(SelectFromModel(LogisticRegression()), LogisticRegression()), []),
    ],
    ids=str,
)
def test_frozen_parts_are_found_at_any_depth(estimator, parts):
    """Every frozen or prefit part is named by its parameter path, and refused."""
    assert frozen_parts(estimator) == parts
    folds = fix_folds(3, BINARY_X, BINARY_Y)
    if parts:
        with pytest.raises(FrozenPartError, match=r"have seen all rows: .*Pass an estimator"):
            out_of_fold(estimator, BINARY_X, BINARY_Y, folds)
    else:
        refuse_frozen(estimator)


def test_folds_that_score_differently_are_refused():
    """Margins from one fold and probabilities from another cannot stand in one array."""

    class Moody(ClassifierMixin, BaseEstimator):
        def fit(self, X, y):
            self.classes_ = np.unique(y)
            if BINARY_X[0, 0] in X[:, 0]:
                self.predict_proba = lambda X: np.full((len(X), 2), 0.5)
            return self

        def predict(self, X):
            return np.zeros(len(X), dtype=int)

    folds = fix_folds(3, BINARY_X, BINARY_Y)
    with pytest.raises(ValueError, match="Moody scored folds in different ways"):
        out_of_fold(Moody(), BINARY_X, BINARY_Y, folds)
