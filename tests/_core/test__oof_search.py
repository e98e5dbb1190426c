"""Tests of the fits of a search: equal to fits one by one, whatever is shared and how it is run."""

import itertools
import pickle
import time
import warnings

import joblib
import numpy as np
import pandas as pd
import polars as pl
import pytest
from scipy import sparse
from sklearn.base import BaseEstimator, ClassifierMixin, TransformerMixin, clone
from sklearn.datasets import make_classification
from sklearn.ensemble import HistGradientBoostingClassifier, RandomForestClassifier
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import KFold, ShuffleSplit, TimeSeriesSplit
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC, LinearSVC
from sklearn.tree import DecisionTreeClassifier

from sklearn_lossfix._core._oof import fix_folds
from sklearn_lossfix._core._oof_search import CandidateFolds, make_candidate
from sklearn_lossfix.exceptions import FrozenPartError, TooFewRowsError

X, Y = make_classification(n_samples=120, n_features=5, weights=[0.7], flip_y=0.1, random_state=0)
X3, Y3 = make_classification(n_samples=150, n_informative=4, n_classes=3, random_state=0)
FOLDS = fix_folds(3, X, Y)
LOGISTIC = [{"C": c} for c in (0.01, 1.0, 100.0)]


def engine(estimator, candidates, X=X, y=Y, folds=FOLDS, **options):
    """The fits of a search by probabilities, with nothing in parallel unless told otherwise."""
    options = {
        "response_method": "predict_proba",
        "fit_params": {},
        "n_jobs": 1,
        "random_state": 0,
        "share_prefix": True,
        "share_path": True,
        "raise_errors": False,
        **options,
    }
    return CandidateFolds(estimator, candidates, X, y, folds, **options)


def run(*args, **options):
    """What all fits of a search give."""
    return engine(*args, **options).run()


def assert_same_scores(found, expected):
    """The same scores, to the bit, in the same type, of every candidate on every fold."""
    for candidate, (ours, theirs) in enumerate(zip(found.scores, expected.scores, strict=True)):
        for fold, (a, b) in enumerate(zip(ours, theirs, strict=True)):
            where = f"candidate {candidate}, fold {fold}"
            np.testing.assert_array_equal(a, b, err_msg=where)
            assert a.dtype == b.dtype, where


class Centroids(ClassifierMixin, BaseEstimator):
    """Classifier with weighted class means, that writes down what its fits were given."""

    log: list = []

    def __init__(self, power=1.0, fails_without=None, result=None, pause=0.0):
        self.power = power
        self.fails_without = fails_without
        self.result = result
        self.pause = pause

    def fit(self, X, y, sample_weight=None, offset=None, note=None):
        """Remember the class means; fail if a row is left out that is needed."""
        time.sleep(self.pause)
        X = np.asarray(X)
        if self.fails_without is not None and self.fails_without not in X[:, 0]:
            raise ArithmeticError(f"power={self.power} cannot do without it")
        self.log.append((self.power, X, sample_weight, offset, note))
        self.classes_ = np.unique(y)
        w = np.ones(len(X)) if sample_weight is None else np.asarray(sample_weight)
        members = [np.asarray(y) == label for label in self.classes_]
        self.means_ = [np.average(X[m], axis=0, weights=w[m]) for m in members]
        return self

    def predict_proba(self, X):
        """Closeness to the means, or what was asked for."""
        time.sleep(self.pause)
        if self.result is not None:
            return np.full((len(X), 2), self.result)
        distance = [np.linalg.norm(np.asarray(X) - mean, axis=1) for mean in self.means_]
        closeness = np.exp(-self.power * np.array(distance).T)
        return closeness / closeness.sum(axis=1, keepdims=True)


@pytest.fixture(autouse=True)
def empty_log():
    """Start every test with nothing written down."""
    Centroids.log.clear()
    CountingScaler.fits.clear()


class CountingScaler(TransformerMixin, BaseEstimator):
    """Shifts the data, and writes down its fits."""

    fits: list = []

    def __init__(self, shift=0.0):
        self.shift = shift

    def fit(self, X, y=None):
        """Write down the fit."""
        self.fits.append((self.shift, len(X)))
        self.n_features_in_ = X.shape[1]
        return self

    def transform(self, X):
        """Shift the data."""
        return X + self.shift


# --- scores -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("estimator", "candidates", "method", "data"),
    [
        (LogisticRegression(), LOGISTIC, "predict_proba", (X, Y)),
        (LogisticRegression(), LOGISTIC, "predict_proba", (X3, Y3)),
        (LinearSVC(random_state=0), LOGISTIC, "decision_function", (X, Y)),
        (LinearSVC(random_state=0), LOGISTIC, "decision_function", (X3, Y3)),
        (LogisticRegression(), LOGISTIC, "predict_proba", (X.astype(np.float32), Y)),
        (
            make_pipeline(StandardScaler(), DecisionTreeClassifier(random_state=0)),
            [{"decisiontreeclassifier__max_depth": d} for d in (1, 3)],
            "predict_proba",
            (X, np.array(["no", "yes"])[Y]),
        ),
    ],
    ids=["two", "three", "margins", "margins of three", "float32", "pipeline, strings"],
)
def test_scores_are_those_of_clones_fitted_one_by_one(estimator, candidates, method, data):
    """Each candidate's scores on a fold are what its clone, fitted on the other rows, gives."""
    folds = fix_folds(3, *data)
    found = run(estimator, candidates, *data, folds, response_method=method)
    for candidate, params in enumerate(candidates):
        for fold, (train, test) in enumerate(folds.splits):
            model = clone(estimator).set_params(**params).fit(data[0][train], data[1][train])
            expected = getattr(model, method)(data[0][test])
            np.testing.assert_array_equal(found.scores[candidate][fold], expected)
        assert found.is_complete(candidate)
        assert not found.failed(candidate)
    np.testing.assert_array_equal(found.classes, np.unique(data[1]))
    assert found.warnings == {}


@pytest.mark.parametrize(
    "cv",
    [ShuffleSplit(4, test_size=0.3, random_state=0), TimeSeriesSplit(3), KFold(4)],
    ids=["rows twice or never", "rolling", "partition"],
)
def test_any_kind_of_splits(cv):
    """Splits need not be a partition; pooled scores are those of the folds in a row."""
    folds = fix_folds(cv, X, Y)
    found = run(Centroids(), [{"power": 2.0}], folds=folds)
    for fold, (train, test) in enumerate(folds.splits):
        np.testing.assert_array_equal(found.rows[fold], test)
        expected = Centroids(2.0).fit(X[train], Y[train]).predict_proba(X[test])
        np.testing.assert_array_equal(found.scores[0][fold], expected)
    np.testing.assert_array_equal(found.pooled(0), np.concatenate(found.scores[0]))
    np.testing.assert_array_equal(
        found.pooled(0, [2, 0]), np.concatenate([found.scores[0][2], found.scores[0][0]])
    )


@pytest.mark.parametrize(
    "container",
    [pd.DataFrame, pl.DataFrame, sparse.csr_array, sparse.csc_matrix, np.asfortranarray],
    ids=["pandas", "polars", "csr array", "csc matrix", "column by column"],
)
def test_data_come_in_any_container(container):
    """Containers change how rows are held and not what is learnt from them."""
    columns = [f"x{j}" for j in range(X.shape[1])]
    held = container(X, columns=columns) if container is pd.DataFrame else container(X)
    tree = DecisionTreeClassifier(max_features=2)
    candidates = [{"max_depth": 1}, {"max_depth": 4}]
    assert_same_scores(run(tree, candidates, held), run(tree, candidates))


@pytest.mark.parametrize("container", [list, pd.Series, pl.Series])
def test_labels_come_in_any_container(container):
    """Labels may be a list or a series, with an index of its own."""
    labels = container(Y)
    if container is pd.Series:
        labels.index = np.arange(len(Y))[::-1]
    expected = run(LogisticRegression(), LOGISTIC)
    assert_same_scores(run(LogisticRegression(), LOGISTIC, y=labels), expected)


def test_kernels_are_cut_on_both_sides():
    """A pairwise estimator gets the square of its training rows."""
    grid = [{"C": 0.1}, {"C": 10.0}]
    options = {"response_method": "decision_function"}
    found = run(SVC(kernel="precomputed"), grid, X @ X.T, **options)
    expected = run(SVC(kernel="linear"), grid, **options)
    for ours, theirs in zip(found.scores, expected.scores, strict=True):
        np.testing.assert_allclose(np.concatenate(ours), np.concatenate(theirs), atol=1e-6)


def test_nothing_of_the_users_is_changed():
    """Estimator, parameters of candidates and data are left as they are."""
    inner = DecisionTreeClassifier()
    pipeline = make_pipeline(StandardScaler(), LogisticRegression())
    candidates = [{"logisticregression": inner}, {"standardscaler__with_mean": False}]
    data = X.copy()
    data.setflags(write=False)
    run(pipeline, candidates, data)
    assert not hasattr(inner, "classes_")
    assert inner.random_state is None
    assert candidates[0]["logisticregression"] is inner
    assert type(pipeline.steps[-1][1]) is LogisticRegression
    assert pipeline.memory is None


# --- seeds --------------------------------------------------------------------------------------

FOREST = RandomForestClassifier(n_estimators=3, max_features=2)
DEPTHS = [{"max_depth": d} for d in (1, 2, 5)]


def test_order_of_candidates_does_not_matter():
    """Whatever stands before or after it, a candidate has the same scores."""
    expected = run(FOREST, DEPTHS)
    for order in itertools.permutations(range(3)):
        found = run(FOREST, [DEPTHS[i] for i in order])
        for place, candidate in enumerate(order):
            for ours, theirs in zip(found.scores[place], expected.scores[candidate], strict=True):
                np.testing.assert_array_equal(ours, theirs)


def test_seeds_depend_on_the_fold_alone():
    """Equal candidates have equal scores; two folds of the same rows do not."""
    twice = fix_folds([FOLDS.splits[0]] * 2, X, Y)
    found = run(FOREST, [DEPTHS[2]] * 2, folds=twice)
    np.testing.assert_array_equal(found.scores[0][0], found.scores[1][0])
    np.testing.assert_array_equal(found.scores[0][1], found.scores[1][1])
    assert (found.scores[0][0] != found.scores[0][1]).any()
    other = run(FOREST, [DEPTHS[2]], folds=twice, random_state=1)
    assert (found.scores[0][0] != other.scores[0][0]).any()


def test_seeds_that_were_given_are_kept():
    """A seed of the estimator, or of a candidate, is used in all folds whatever the search's."""
    grid = [{"random_state": 3}, {"random_state": 4}]
    assert_same_scores(run(FOREST, grid, random_state=0), run(FOREST, grid, random_state=9))
    assert make_candidate(FOREST, {"random_state": 3}, (0, 1)).random_state == 3
    assert make_candidate(FOREST, {}, None).random_state is None


def test_parts_at_a_time_give_what_one_run_gives():
    """Fold by fold, or candidate by candidate, results add up to those of one run."""
    grid = [{"max_iter": n, "max_depth": d} for n in (2, 6) for d in (1, 3)]
    booster = HistGradientBoostingClassifier(max_features=0.5)
    expected = run(booster, grid)
    by_fold, by_candidate = engine(booster, grid), engine(booster, grid)
    for fold in (2, 0, 1):
        by_fold.run(folds=[fold])
    for candidate in (3, 1, 0, 2):
        assert not by_candidate.results.is_complete(candidate)
        by_candidate.run(candidates=[candidate])
        assert by_candidate.results.is_complete(candidate)
    assert_same_scores(by_fold.results, expected)
    assert_same_scores(by_candidate.results, expected)


# --- tasks --------------------------------------------------------------------------------------

# Two lengths of fit, two depths, two preparations.
PIPELINE = make_pipeline(StandardScaler(), HistGradientBoostingClassifier(max_features=0.5))
PIPELINE_GRID = [
    {
        "histgradientboostingclassifier__max_depth": depth,
        "histgradientboostingclassifier__max_iter": length,
        "standardscaler__with_mean": with_mean,
    }
    for depth in (1, 3)
    for length in (6, 2)
    for with_mean in (True, False)
]


@pytest.mark.parametrize("prefix", [True, False])
@pytest.mark.parametrize("path", [True, False])
@pytest.mark.parametrize(("candidates", "folds"), [(None, None), ([6, 1, 3], [2, 0])])
def test_tasks_hold_every_fit_once(prefix, path, candidates, folds):
    """Each candidate stands once for each fold; names are distinct; n_fits counts paths."""
    fits = engine(PIPELINE, PIPELINE_GRID, share_prefix=prefix, share_path=path)
    tasks = fits.tasks(candidates, folds)
    pairs = sorted((c, task[1]) for task in tasks for p in task[3] for c, _ in p)
    wanted = range(8) if candidates is None else candidates
    assert pairs == sorted(itertools.product(wanted, range(3) if folds is None else folds))
    assert [task[0] for task in tasks] == list(range(len(tasks)))
    assert fits.n_fits(candidates, folds) == sum(len(task[3]) for task in tasks)
    for task in tasks:
        for c, params in itertools.chain(*task[3]):
            assert params is PIPELINE_GRID[c]


@pytest.mark.parametrize(
    ("prefix", "path", "n_tasks", "n_fits"),
    [(False, False, 24, 24), (True, False, 6, 24), (False, True, 12, 12), (True, True, 6, 12)],
)
def test_what_is_shared_saves_tasks_and_fits(prefix, path, n_tasks, n_fits):
    """Two preparations are two tasks a fold; two lengths of a fit are one fit."""
    fits = engine(PIPELINE, PIPELINE_GRID, share_prefix=prefix, share_path=path)
    assert (len(fits.tasks()), fits.n_fits()) == (n_tasks, n_fits)
    for task in fits.tasks():
        for one in task[3]:
            lengths = [p["histgradientboostingclassifier__max_iter"] for _, p in one]
            assert lengths == sorted(lengths)
            assert len(one) == (2 if path else 1)
        settings = [p["standardscaler__with_mean"] for one in task[3] for _, p in one]
        assert not prefix or len(set(settings)) == 1


@pytest.mark.parametrize(("prefix", "path"), [(True, False), (False, True), (True, True)])
def test_sharing_changes_no_bit_of_the_scores(prefix, path):
    """Scores with steps and lengths in common are those of separate fits."""
    apart = run(PIPELINE, PIPELINE_GRID, share_prefix=False, share_path=False)
    assert_same_scores(run(PIPELINE, PIPELINE_GRID, share_prefix=prefix, share_path=path), apart)


@pytest.mark.parametrize(
    "grid",
    [
        [{}, {"max_iter": 2}, {"max_iter": 7}, {}, {"max_iter": 4}],
        [{"max_iter": 3}] * 2,
        [{"max_iter": n, "max_depth": d} for n, d in ((5, 1), (3, 2), (2, 1), (5, 2), (3, 1))],
    ],
    ids=["default", "equal", "two paths"],
)
def test_length_that_is_not_named_is_the_default(grid):
    """Candidates of one path need not all say how long they are, nor differ."""
    booster = HistGradientBoostingClassifier(max_iter=4)
    shared = engine(booster, grid)
    assert shared.n_fits() < engine(booster, grid, share_path=False).n_fits()
    assert_same_scores(shared.run(), run(booster, grid, share_path=False))
    assert not any(shared.results.failed(c) for c in range(len(grid)))


def test_length_that_comes_with_a_whole_step_is_read_off_it():
    """Candidates may replace the last step by one of another length."""
    steps = [HistGradientBoostingClassifier(max_iter=n, random_state=0) for n in (2, 5)]
    grid = [{"histgradientboostingclassifier": step} for step in steps]
    shared = engine(PIPELINE, grid)
    assert shared.n_fits() == 3
    assert_same_scores(shared.run(), run(PIPELINE, grid, share_path=False))


def test_early_steps_are_fitted_once_a_fold_and_setting():
    """Candidates with a step in common fit it once in each fold."""
    pipeline = make_pipeline(CountingScaler(), LogisticRegression())
    grid = [
        {"countingscaler__shift": shift, "logisticregression__C": c}
        for c in (0.1, 1.0, 10.0)
        for shift in (0.0, 1.0)
    ]
    run(pipeline, grid)
    assert sorted(shift for shift, _ in CountingScaler.fits) == [0.0] * 3 + [1.0] * 3
    CountingScaler.fits.clear()
    run(pipeline, grid, share_prefix=False)
    assert len(CountingScaler.fits) == 6 * 3


@pytest.mark.parametrize(
    "options",
    [{"random_state": None}, {"share_path": False}, {"response_method": "decision_function"}],
    ids=["no seed", "not wanted", "margins"],
)
def test_fits_that_cannot_be_shared_are_made(options):
    """Without a seed two fits differ, and margins are not read off longer fits."""
    grid = [{"max_iter": n} for n in (2, 4)]
    assert engine(HistGradientBoostingClassifier(), grid, **options).n_fits() == 6
    assert engine(HistGradientBoostingClassifier(), grid).n_fits() == 3


def test_candidates_may_replace_the_last_step():
    """Candidates that are different estimators share what comes before them."""
    pipeline = make_pipeline(CountingScaler(), "passthrough").set_params(
        passthrough=LogisticRegression()
    )
    grid = [{"passthrough": LogisticRegression()}, {"passthrough": DecisionTreeClassifier()}]
    found = run(pipeline, grid)
    assert len(CountingScaler.fits) == 3
    assert found.is_complete(0)
    assert found.is_complete(1)


def test_tasks_carry_one_vector_of_folds_and_no_rows():
    """Where tests are a partition all tasks hold one and the same small vector, else their rows."""
    layouts = [task[2] for task in engine(Centroids(), [{}, {"power": 2.0}]).tasks()]
    assert {id(vector) for layout in layouts for vector in layout} == {id(FOLDS.fold_of_row)}
    folds = fix_folds(ShuffleSplit(2, random_state=0), X, Y)
    for task in engine(Centroids(), [{}], folds=folds).tasks():
        assert task[2] is folds.splits[task[1]]


def test_tasks_travel_and_do_not_hold_the_data():
    """A task is small: it names what it works on instead of carrying it."""
    rows, labels = np.tile(X, (200, 10)), np.tile(Y, 200)
    tasks = engine(Centroids(), [{}], rows, labels, fix_folds(3, rows, labels)).tasks()
    for task in tasks:
        assert len(pickle.dumps(task)) < 2 * len(labels) < rows.nbytes / 100


# --- times --------------------------------------------------------------------------------------


def test_times_are_of_fit_and_of_scoring():
    """Fits and scores are timed one by one; what was not run has no time."""
    fits = engine(Centroids(pause=0.02), [{"power": 1.0}, {"power": 2.0}])
    found = fits.run(candidates=[1], folds=[0, 2])
    has_time = np.array([[False] * 3, [True, False, True]])
    for times in (found.fit_time, found.score_time):
        np.testing.assert_array_equal(np.isfinite(times), has_time)
        assert (times[has_time] >= 0.02).all()
    assert (found.fit_time + found.score_time)[has_time].max() < 2.0


def test_time_of_a_long_fit_is_shared_by_its_lengths():
    """A candidate read off a longer fit is charged in proportion to its length."""
    found = run(HistGradientBoostingClassifier(), [{"max_iter": n} for n in (2, 8, 4)])
    np.testing.assert_allclose(found.fit_time[0] / found.fit_time[1], 0.25)
    np.testing.assert_allclose(found.fit_time[2] / found.fit_time[1], 0.5)
    np.testing.assert_array_equal(found.score_time[0], found.score_time[1])
    assert (found.score_time > 0).all()


# Without the first row, which is in the test part of one fold, a fit may fail.
FIRST = float(X[0, 0])
FAILING_FOLD = int(FOLDS.fold_of_row[0])


def classes_of(model):
    """What is to be known of a fitted model."""
    return model.classes_.tolist()


@pytest.mark.parametrize("n_jobs", [1, 2])
def test_facts_of_fitted_models_come_back(n_jobs):
    """Of every model that could be fitted, and of none without a question."""
    grid = [{"power": 2.0}, {"power": 3.0, "fails_without": FIRST}]
    with joblib.parallel_config(backend="threading"):
        found = run(Centroids(), grid, n_jobs=n_jobs, describe=classes_of)
    assert found.facts[0] == [[0, 1]] * 3
    assert found.facts[1] == [None if k == FAILING_FOLD else [0, 1] for k in range(3)]
    assert run(Centroids(), grid[:1]).facts == [[None] * 3]


# --- errors and warnings ------------------------------------------------------------------------


@pytest.mark.parametrize("n_jobs", [1, 2])
def test_errors_are_kept_with_their_traceback(n_jobs):
    """A failed fit costs its own scores alone, and says where it failed."""
    grid = [{"power": 2.0}, {"power": 3.0, "fails_without": FIRST}]
    with joblib.parallel_config(backend="threading"):
        found = run(Centroids(), grid, n_jobs=n_jobs)
    assert [found.failed(c) for c in (0, 1)] == [False, True]
    assert [found.is_complete(c) for c in (0, 1)] == [True, False]
    for fold in range(3):
        assert found.errors[0][fold] is None
        is_failed = fold == FAILING_FOLD
        assert (found.scores[1][fold] is None) == is_failed
        assert np.isfinite(found.fit_time[1, fold])
        if is_failed:
            error = found.errors[1][fold]
            assert error.startswith("Traceback")
            assert "in fit" in error
            assert error.endswith("ArithmeticError: power=3.0 cannot do without it\n")
            assert found.score_time[1, fold] == 0.0
        else:
            assert found.errors[1][fold] is None
    expected = run(Centroids(), grid[:1])
    for ours, theirs in zip(found.scores[0], expected.scores[0], strict=True):
        np.testing.assert_array_equal(ours, theirs)


def test_equal_errors_read_the_same():
    """Errors of one cause are equal texts, so that they can be counted."""
    grid = [{"fails_without": np.inf, "power": 3.0}] * 2
    found = run(Centroids(), grid)
    assert len({error for row in found.errors for error in row}) == 1


@pytest.mark.parametrize("n_jobs", [1, 2])
def test_errors_are_raised_where_that_is_asked(n_jobs):
    """The estimator's own error is raised, with a note of the candidate and the split."""
    grid = [{"power": 2.0}, {"power": 3.0, "fails_without": FIRST}]
    fits = engine(Centroids(), grid, raise_errors=True, n_jobs=n_jobs)
    with (
        joblib.parallel_config(backend="threading"),
        pytest.raises(ArithmeticError, match=r"power=3\.0 cannot") as caught,
    ):
        fits.run()
    assert f"While fitting candidate 1 on split {FAILING_FOLD}." in caught.value.__notes__


def test_fit_that_fails_within_a_group_leaves_the_others():
    """In one task with shared steps, only the candidate that fails has no scores."""
    pipeline = make_pipeline(StandardScaler(), LogisticRegression())
    grid = [{"logisticregression__C": c} for c in (1.0, -1.0, 2.0)]
    found = run(pipeline, grid)
    assert [found.failed(c) for c in range(3)] == [False, True, False]
    assert "InvalidParameterError" in found.errors[1][0]
    alone = run(pipeline, grid[::2], share_prefix=False)
    for place, candidate in ((0, 0), (1, 2)):
        for ours, theirs in zip(found.scores[candidate], alone.scores[place], strict=True):
            np.testing.assert_array_equal(ours, theirs)


def test_length_out_of_range_fails_alone():
    """A length that no fit can have does not take the valid lengths with it."""
    grid = [{"max_iter": n} for n in (2, 0, 4)]
    found = run(HistGradientBoostingClassifier(), grid)
    assert [found.failed(c) for c in range(3)] == [False, True, False]
    alone = run(HistGradientBoostingClassifier(), grid[::2], share_path=False)
    for place, candidate in ((0, 0), (1, 2)):
        for ours, theirs in zip(found.scores[candidate], alone.scores[place], strict=True):
            np.testing.assert_array_equal(ours, theirs)


@pytest.mark.parametrize(
    ("estimator", "data", "method", "message"),
    [
        (Centroids(result=np.nan), (X, Y), "predict_proba", "Centroids.predict_proba gave NaN."),
        (
            SVC(decision_function_shape="ovo"),
            (X3, Y3),
            "decision_function",
            "SVC.decision_function does not give one score per class. Use an estimator that does; "
            "an SVC does it with decision_function_shape='ovr'.",
        ),
    ],
    ids=["NaN", "pairs of classes"],
)
def test_scores_that_are_none_are_errors(estimator, data, method, message):
    """What cannot be judged is an error of the fit, which says what was wrong."""
    found = run(estimator, [{}], *data, fix_folds(3, *data), response_method=method)
    assert found.errors[0][0].endswith(f"ValueError: {message}\n")


@pytest.mark.parametrize("n_jobs", [1, 2])
def test_warnings_are_kept_once_each(n_jobs):
    """Warnings of the fits do not come out in the middle, but are there to be given in the end."""

    class Warning_(Centroids):
        def fit(self, X, y):
            warnings.warn(f"power is {self.power}", UserWarning, stacklevel=2)
            return super().fit(X, y)

    grid = [{"power": p} for p in (3.0, 1.0, 2.0)]
    found = run(Warning_(), grid, n_jobs=n_jobs)
    assert list(found.warnings) == [(UserWarning, f"power is {p}") for p in (3.0, 1.0, 2.0)]


@pytest.mark.parametrize(
    ("estimator", "y", "error"),
    [
        (FrozenEstimator(LogisticRegression().fit(X, Y)), Y, FrozenPartError),
        (LogisticRegression(), (np.arange(120) >= 80).astype(int), TooFewRowsError),
    ],
)
def test_what_cannot_be_searched_is_refused_before_any_fit(estimator, y, error):
    """Frozen parts, and training parts of one class, are refused when the fits are planned."""
    folds = fix_folds(TimeSeriesSplit(2), X, y)
    with pytest.raises(error):
        engine(estimator, [{}], y=y, folds=folds)


@pytest.mark.parametrize("shared", [True, False])
def test_unknown_parameters_are_an_error(shared):
    """A parameter that does not exist is named, and how it is told depends on nothing else."""
    fits = engine(
        LogisticRegression(),
        [{"gamma": 1.0}],
        share_path=shared,
        share_prefix=shared,
        raise_errors=True,
    )
    with pytest.raises(ValueError, match="Invalid parameter 'gamma'"):
        fits.run()


# --- parameters of fit --------------------------------------------------------------------------


@pytest.mark.parametrize("container", [np.asarray, list, pd.Series, pl.Series])
def test_parameters_with_a_row_each_are_cut(container):
    """Weights go with their training rows; what has no entry for each row goes as it is."""
    weight = np.arange(1.0, 121.0)
    options = {"fit_params": {"sample_weight": container(weight), "offset": 7, "note": "as it is"}}
    found = run(Centroids(), [{"power": 2.0}], **options)
    for fold, (train, test) in enumerate(FOLDS.splits):
        _, rows, given, offset, note = Centroids.log[fold]
        np.testing.assert_array_equal(rows, X[train])
        np.testing.assert_array_equal(np.asarray(given), weight[train])
        assert (offset, note) == (7, "as it is")
        model = Centroids(2.0).fit(X[train], Y[train], sample_weight=weight[train])
        np.testing.assert_array_equal(found.scores[0][fold], model.predict_proba(X[test]))


def test_weights_reach_shared_fits():
    """Weights count in fits whose steps and lengths are shared as in fits of their own."""
    name = "histgradientboostingclassifier__sample_weight"
    options = {"fit_params": {name: np.random.default_rng(0).integers(0, 3, 120)}}
    apart = run(PIPELINE, PIPELINE_GRID, share_prefix=False, share_path=False, **options)
    assert_same_scores(run(PIPELINE, PIPELINE_GRID, **options), apart)
    assert (apart.scores[0][0] != run(PIPELINE, PIPELINE_GRID).scores[0][0]).any()


# --- parallel work ------------------------------------------------------------------------------


@pytest.mark.parametrize("backend", ["loky", "threading"])
def test_number_of_jobs_and_backend_do_not_matter(backend):
    """Scores are equal to the bit in processes and in threads, with all there is to share."""
    expected = run(PIPELINE, PIPELINE_GRID)
    with joblib.parallel_config(backend=backend):
        found = run(PIPELINE, PIPELINE_GRID, n_jobs=2)
    assert_same_scores(found, expected)
    for ours, theirs in zip(found.rows, expected.rows, strict=True):
        np.testing.assert_array_equal(ours, theirs)


@pytest.mark.parametrize("n_jobs", [1, 2])
def test_finished_pairs_are_reported_once_each(n_jobs):
    """The caller hears of each candidate on each fold when its task is done."""
    heard, counts = [], []

    def on_done(result, done, total):
        heard.extend(result[1])
        counts.append((done, total))

    fits = engine(PIPELINE, PIPELINE_GRID, n_jobs=n_jobs)
    with joblib.parallel_config(backend="threading"):
        fits.run(on_done=on_done)
    assert sorted(heard) == sorted(itertools.product(range(8), range(3)))
    assert counts == [(i, 6) for i in range(1, 7)]


@pytest.mark.parametrize("backend", ["loky", "threading"])
def test_writing_into_the_data_is_not_seen_by_other_fits(backend):
    """Every fit gets rows of its own, and what a step writes into them stays there."""

    class Vandal(BaseEstimator):
        def __init__(self, value=0.0):
            self.value = value

        def fit(self, X, y=None):
            return self

        def transform(self, X):
            X[:, 0] = self.value
            return X

    pipeline = make_pipeline(Vandal(), LogisticRegression())
    grid = [{"vandal__value": v, "logisticregression__C": c} for v in (0.0, 5.0) for c in (1, 9)]
    data = X.copy()
    with joblib.parallel_config(backend=backend):
        found = run(pipeline, grid, data, n_jobs=2)
    np.testing.assert_array_equal(data, X)
    for candidate, params in enumerate(grid):
        alone = run(pipeline, [params], X.copy(), share_prefix=False)
        for ours, theirs in zip(found.scores[candidate], alone.scores[0], strict=True):
            np.testing.assert_array_equal(ours, theirs)
