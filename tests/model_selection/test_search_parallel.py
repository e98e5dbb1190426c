"""MetricAlignedSearchCV run in every way: equal results, no fit too many, events in the driver."""

import functools
import os
import pickle
import signal
import threading
import time
import uuid

import joblib
import numpy as np
import pandas as pd
import pytest
from distributed import Client, LocalCluster
from joblib.parallel import ThreadingBackend
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.datasets import make_classification
from sklearn.ensemble import HistGradientBoostingClassifier, RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV, StratifiedKFold
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.tree import DecisionTreeClassifier

from sklearn_lossfix import MetricAlignedSearchCV
from sklearn_lossfix._core import _oof_search

# scikit-learn has callbacks from 1.9 on.
HAS_CALLBACKS = hasattr(Pipeline, "set_callbacks")

X, Y = make_classification(
    n_samples=240, n_features=5, weights=[0.8], flip_y=0.1, class_sep=0.7, random_state=0
)
X3, Y3 = make_classification(
    n_samples=300, n_informative=4, n_classes=3, weights=[0.6, 0.25], random_state=0
)
SCALED = make_pipeline(StandardScaler(), LogisticRegression())
GRID = {"logisticregression__C": [0.01, 1.0, 100.0]}


def search(estimator=SCALED, grid=GRID, **params):
    """A search for F1 by three folds and few samples, unless told otherwise."""
    params = {"scoring": "f1", "random_state": 0, "n_bootstrap": 10, "cv": 3, **params}
    return MetricAlignedSearchCV(estimator, grid, **params)


def assert_same_search(found, expected):
    """All that a search tells, but for times, is equal to the bit."""
    assert list(found.cv_results_) == list(expected.cv_results_)
    for key, column in expected.cv_results_.items():
        if not key.endswith("_time"):
            np.testing.assert_array_equal(found.cv_results_[key], column, err_msg=key)
    for name in ("best_index_", "best_params_", "n_fits_", "n_splits_"):
        assert getattr(found, name) == getattr(expected, name), name
    assert repr(found.decision_rule_) == repr(expected.decision_rule_)
    for name in (
        "best_score_",
        "honest_score_",
        "honest_score_interval_",
        "apparent_score_",
        "gain_",
        "gain_standard_error_",
        "threshold_",
        "class_offsets_",
        "threshold_distribution_",
    ):
        assert hasattr(found, name) == hasattr(expected, name), name
        if hasattr(expected, name):
            ours, theirs = getattr(found, name), getattr(expected, name)
            np.testing.assert_array_equal(ours, theirs, err_msg=name)
    assert set(found.oof_) == set(expected.oof_)
    for key, value in expected.oof_.items():
        np.testing.assert_array_equal(found.oof_[key], value, err_msg=key)


# --- ways to run a search -----------------------------------------------------------------------


class WithoutGenerators(ThreadingBackend):
    """A backend that gives all results at once, like those of ray and spark."""

    supports_return_generator = False


# Two preparations by two depths, with seeds that are free; lengths of one fit; three classes with
# offsets; weights and groups, and one model a fold.
TREES = make_pipeline(StandardScaler(), DecisionTreeClassifier(max_features=2))
TREE_GRID = {
    "standardscaler__with_std": [True, False],
    "decisiontreeclassifier__max_depth": [2, 4],
}
CASES = {
    "pipeline": (search(TREES, TREE_GRID), (X, Y), {}),
    "lengths": (
        search(
            HistGradientBoostingClassifier(max_features=0.5, max_leaf_nodes=4),
            {"max_iter": [3, 9], "learning_rate": [0.1, 0.3]},
        ),
        (X, Y),
        {},
    ),
    "three classes": (search(TREES, TREE_GRID, scoring="balanced_accuracy"), (X3, Y3), {}),
    # Its members are added up by threads where `n_jobs=None` means several.
    "forest": (
        search(RandomForestClassifier(n_estimators=9, max_features=2), {"max_depth": [2, 4]}),
        (X, Y),
        {},
    ),
    "dropping": (search(TREES, TREE_GRID, drop="bbcd", cv=4), (X, Y), {}),
    "weights, groups, ensemble": (
        search(DecisionTreeClassifier(max_features=2), {"max_depth": [1, 3]}, ensemble=True),
        (X, Y),
        {
            "sample_weight": np.random.default_rng(0).integers(1, 4, len(Y)).astype(float),
            "groups": np.arange(len(Y)) // 3,
        },
    ),
}


@functools.cache
def one_by_one(case):
    """A search of which nothing runs in parallel."""
    model, data, params = CASES[case]
    with joblib.parallel_config(backend="sequential"):
        return fitted(model, data, params, n_jobs=1)


def fitted(model, data, params, **changes):
    """A copy of a search, fitted."""
    return MetricAlignedSearchCV(**{**model.get_params(deep=False), **changes}).fit(*data, **params)


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize(
    "config",
    [
        {"backend": "loky"},
        {"backend": "loky", "max_nbytes": 1},
        {"backend": "threading"},
        {"backend": "without generators"},
    ],
    ids=["loky", "loky, memory mapped", "threading", "without generators"],
)
def test_backends_and_number_of_jobs_do_not_matter(case, config):
    """A search in two processes or threads tells what it tells when nothing is parallel."""
    joblib.register_parallel_backend("without generators", WithoutGenerators)
    model, data, params = CASES[case]
    with joblib.parallel_config(**config):
        found = fitted(model, data, params, n_jobs=2)
    assert_same_search(found, one_by_one(case))


@pytest.fixture(scope="module", params=["threads", "processes"])
def cluster(request):
    """Two workers of dask, in this process or in two others, and a client of them."""
    with (
        LocalCluster(
            n_workers=2,
            threads_per_worker=1,
            processes=request.param == "processes",
            dashboard_address=":0",  # any free port: several test processes may run
        ) as workers,
        Client(workers) as client,
    ):
        yield client


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("is_scattered", [False, True])
def test_a_cluster_does_not_matter(cluster, case, is_scattered):
    """A search whose fits are done by the workers of a cluster tells the same."""
    model, data, params = CASES[case]
    options = {"scatter": list(data)} if is_scattered else {}
    with joblib.parallel_config(backend="dask", **options):
        found = fitted(model, data, params, n_jobs=None)
    assert_same_search(found, one_by_one(case))


def test_a_cluster_does_the_fits(cluster, tmp_path):
    """Fits of the candidates are done by workers, the last one by the process that asked."""
    me, folder = os.getpid(), str(tmp_path)

    class Signing(LogisticRegression):
        def fit(self, X, y):
            name = f"{os.getpid()}-{threading.get_ident()}-{uuid.uuid4().hex}"
            open(os.path.join(folder, name), "x").close()
            return super().fit(X, y)

    with joblib.parallel_config(backend="dask"):
        search(Signing(), {"C": [0.1, 1.0, 10.0]}).fit(X, Y)
    names = [path.name.split("-")[:2] for path in tmp_path.iterdir()]
    here = [str(me), str(threading.get_ident())]
    assert len(names) == 3 * 3 + 1
    assert names.count(here) == 1


# --- workers that die ---------------------------------------------------------------------------


def test_a_killed_worker_loses_no_finished_task(tmp_path):
    """After a kill the search goes on with what was not done, and ends as if nothing had been."""
    splits = list(StratifiedKFold(4).split(X, Y))
    folder, last = str(tmp_path), float(X[splits[3][1][0], 0])
    kill = getattr(signal, "SIGKILL", signal.SIGTERM)
    fold_of = {float(X[train, 0].sum()): fold for fold, (train, _) in enumerate(splits)}

    class DiesOnce(LogisticRegression):
        """Kills its process the first time that it is fitted on the last split."""

        def fit(self, X, y):
            fold = fold_of.get(float(X[:, 0].sum()), "all")
            open(os.path.join(folder, f"{fold}-{uuid.uuid4().hex}"), "x").close()
            if last not in X[:, 0]:
                try:
                    os.mkdir(os.path.join(folder, "killed"))
                except FileExistsError:
                    pass
                else:
                    time.sleep(0.12)  # until what this process did before has arrived
                    os.kill(os.getpid(), kill)
            time.sleep(0.25)  # long enough for joblib to send tasks one by one
            return super().fit(X, y)

    grid = {"C": [0.01, 0.1, 1.0, 10.0]}
    with joblib.parallel_config(backend="loky"):
        found = search(DiesOnce(), grid, cv=splits, n_jobs=2).fit(X, Y)
    assert (tmp_path / "killed").is_dir()
    assert_same_search(found, search(LogisticRegression(), grid, cv=splits).fit(X, Y))
    assert not np.isnan(found.cv_results_["mean_test_score"]).any()
    fits = [path.name.split("-")[0] for path in tmp_path.iterdir() if path.name != "killed"]
    # Tasks are handed out fold by fold, and two run at a time: those of the first folds were done.
    assert [fits.count(fold) for fold in ("0", "1", "all")] == [4, 4, 1]
    # Fitted twice: the one that was killed, and at most what was out with it, two for each process.
    assert 1 <= len(fits) - (16 + 1) <= 4
    assert found.n_fits_ == 16


# --- what is sent -------------------------------------------------------------------------------


@pytest.mark.parametrize("container", [np.asarray, pd.DataFrame])
def test_workers_are_handed_the_users_own_data(monkeypatch, container):
    """Data go out as the very object that came in: so a cluster knows what it already holds."""
    sent, run_tasks = [], _oof_search.run_tasks

    def spy(run, shared, tasks, n_jobs, on_done):
        sent.append(shared)
        return run_tasks(run, shared, tasks, n_jobs, on_done)

    monkeypatch.setattr(_oof_search, "run_tasks", spy)
    rows = container(X)
    model = search().fit(rows, Y)
    ((estimator, sent_rows, _, _),) = sent
    assert estimator is model.estimator
    assert sent_rows is rows


# --- number of fits -----------------------------------------------------------------------------


class Counting(LogisticRegression):
    """Counts its fits, in this process."""

    fits: list = []

    def fit(self, X, y, sample_weight=None):
        """Count the fit."""
        self.fits.append(len(X))
        return super().fit(X, y, sample_weight)


class CountingScaler(TransformerMixin, BaseEstimator):
    """Shifts the data and counts its fits, in this process."""

    fits: list = []

    def __init__(self, shift=0.0):
        self.shift = shift

    def fit(self, X, y=None):
        """Count the fit."""
        self.fits.append(len(X))
        self.n_features_in_ = X.shape[1]
        return self

    def transform(self, X):
        """Shift the data."""
        return X + self.shift


@pytest.fixture(autouse=True)
def counted():
    """Start every test with no fits counted."""
    Counting.fits.clear()
    CountingScaler.fits.clear()


@pytest.mark.parametrize("n_jobs", [1, 2])
@pytest.mark.parametrize(
    ("params", "n_last"),
    [({}, 1), ({"ensemble": True}, 4), ({"refit": False}, 0), ({"n_bootstrap": 0}, 1)],
    ids=["one model", "ensemble", "no refit", "cross-fitted"],
)
def test_every_candidate_is_fitted_once_a_split(n_jobs, params, n_last):
    """C candidates on K splits are C x K fits, and those that predict afterwards."""
    with joblib.parallel_config(backend="threading"):
        model = search(Counting(), {"C": [0.1, 1.0, 9.0]}, cv=4, n_jobs=n_jobs, **params).fit(X, Y)
    assert len(Counting.fits) == 3 * 4 + n_last
    assert model.n_fits_ == 3 * 4
    assert Counting.fits.count(len(X)) == (n_last == 1)


@pytest.mark.parametrize("n_jobs", [1, 2])
@pytest.mark.parametrize(("share_path", "n_paths"), [(True, 2), (False, 6)])
def test_lengths_of_a_fit_are_one_fit_a_split(monkeypatch, n_jobs, share_path, n_paths):
    """Three lengths at two rates are two fits a split, or six where that is not wanted."""
    fits, fit = [], HistGradientBoostingClassifier.fit

    @functools.wraps(fit)
    def counted_fit(self, X, y, *args, **params):
        fits.append(len(X))
        return fit(self, X, y, *args, **params)

    monkeypatch.setattr(HistGradientBoostingClassifier, "fit", counted_fit)
    grid = {"max_iter": [2, 4, 8], "learning_rate": [0.1, 0.3]}
    with joblib.parallel_config(backend="threading"):
        model = search(
            HistGradientBoostingClassifier(max_leaf_nodes=4),
            grid,
            n_jobs=n_jobs,
            share_path=share_path,
        ).fit(X, Y)
    assert len(fits) == n_paths * 3 + 1
    assert model.n_fits_ == n_paths * 3


@pytest.mark.parametrize("n_jobs", [1, 2])
@pytest.mark.parametrize(("share_prefix", "n_chains"), [(True, 2), (False, 6)])
def test_early_steps_are_fitted_once_a_split_and_setting(n_jobs, share_prefix, n_chains):
    """Two settings of a first step by three of a second are two fits of the first a split."""
    grid = {"countingscaler__shift": [0.0, 1.0], "counting__C": [0.1, 1.0, 10.0]}
    with joblib.parallel_config(backend="threading"):
        model = search(
            make_pipeline(CountingScaler(), Counting()),
            grid,
            n_jobs=n_jobs,
            share_prefix=share_prefix,
        ).fit(X, Y)
    assert len(CountingScaler.fits) == n_chains * 3 + 1
    assert len(Counting.fits) == 6 * 3 + 1
    assert model.n_fits_ == 6 * 3


def test_dropped_candidates_are_not_fitted():
    """With candidates dropped on the way, fits are those whose scores stand in the table."""
    grid = {"C": [1e-9, 0.1, 1.0]}
    model = search(Counting(), grid, cv=5, drop="bbcd", decision_rule="default").fit(X, Y)
    scores = [model.cv_results_[f"split{k}_test_score"] for k in range(5)]
    assert len(Counting.fits) == model.n_fits_ + 1
    assert model.n_fits_ < 15
    assert np.isnan(model.cv_results_["mean_test_score"]).any()
    assert not np.isnan(np.array(scores)).all()


def test_processes_fit_no_more_than_threads(tmp_path):
    """Across processes, too, every candidate is fitted once a split."""
    folder = str(tmp_path)

    class Signing(LogisticRegression):
        def fit(self, X, y):
            open(os.path.join(folder, f"{len(X)}-{uuid.uuid4().hex}"), "x").close()
            return super().fit(X, y)

    with joblib.parallel_config(backend="loky"):
        model = search(Signing(), {"C": [0.1, 1.0, 10.0]}, n_jobs=2).fit(X, Y)
    sizes = [int(path.name.split("-")[0]) for path in tmp_path.iterdir()]
    assert sorted(sizes) == [160] * 9 + [240]
    assert model.n_fits_ == 9


# --- events -------------------------------------------------------------------------------------


class Recorder:
    """Callback that writes down every event, and cannot leave this process."""

    max_propagation_depth = None

    def __init__(self):
        self.events = []

    def __reduce__(self):
        raise TypeError("a callback was sent to a worker")

    def setup(self, estimator, context):
        self.note("setup", context)

    def teardown(self, estimator, context):
        self.note("teardown", context)

    def on_fit_task_begin(self, estimator, context, *, X=None, y=None):
        self.note("begin", context)

    def on_fit_task_end(self, estimator, context, *, X=None, y=None):
        self.note("end", context)

    def note(self, event, context):
        """Write down an event with its place in the tree of tasks."""
        path, above = [], context
        while above is not None:
            path.insert(0, (above.task_name, above.task_id))
            above = above.parent
        self.events.append((event, tuple(path), context.estimator_name, os.getpid()))

    def of(self, event, task=None, estimator="MetricAlignedSearchCV"):
        """Paths of tasks of an estimator that had an event, in its order."""
        return [
            path
            for what, path, name, _ in self.events
            if what == event and task in (None, path[-1][0]) and estimator in (None, name)
        ]

    def assert_nested(self):
        """Every task that begins ends, within the one around it, as said by this process."""
        running = []
        for event, path, _, pid in self.events:
            assert pid == os.getpid()
            if event == "begin":
                assert tuple(running) == path[:-1]
                running.append(path[-1])
            elif event == "end":
                assert tuple(running) == path
                running.pop()
        assert running == []
        begun = self.of("begin", estimator=None)
        assert len(set(begun)) == len(begun)


class FailingRecorder(Recorder):
    """Callback that fails where a candidate was scored."""

    def note(self, event, context):
        """Fail at the tasks of our search."""
        if context.estimator_name == "MetricAlignedSearchCV" and event in ("begin", "end"):
            raise OSError("the disk is full.")
        super().note(event, context)


EVALUATION = "candidate-split-evaluation"
REFIT = "refit-with-best-params"


def test_tasks_carry_nothing_of_callbacks(monkeypatch):
    """What is sent to workers is the same with and without callbacks on the search."""
    sent, run_tasks = [], _oof_search.run_tasks

    def spy(run, shared, tasks, n_jobs, on_done):
        sent.append(pickle.dumps((run, shared, tasks)))
        return run_tasks(run, shared, tasks, n_jobs, on_done)

    monkeypatch.setattr(_oof_search, "run_tasks", spy)
    model = search()
    model.fit(X, Y)
    if HAS_CALLBACKS:
        model.set_callbacks(Recorder())
    model.fit(X, Y)
    assert sent[0] == sent[1]
    assert b"callback" not in sent[1]


if HAS_CALLBACKS:

    @pytest.mark.parametrize("n_jobs", [1, 2])
    @pytest.mark.parametrize("backend", ["loky", "threading"])
    def test_each_candidate_and_split_has_one_begin_and_one_end(n_jobs, backend):
        """The tree holds all fits, each once, and then what the refitted pipeline reports."""
        recorder = Recorder()
        with joblib.parallel_config(backend=backend):
            model = search(n_jobs=n_jobs).set_callbacks(recorder).fit(X, Y)
        recorder.assert_nested()
        for event in ("begin", "end"):
            paths = recorder.of(event, EVALUATION)
            above = (("fit", 0), ("search", 0))
            assert sorted(paths) == [(*above, (EVALUATION, i)) for i in range(9)]
        within = {name for _, path, name, _ in recorder.events if path[1:2] == (("fit", 1),)}
        assert within == {"Pipeline", "StandardScaler", "LogisticRegression"}
        assert_same_search(model, search().fit(X, Y))

    @pytest.mark.parametrize("n_jobs", [1, 2])
    @pytest.mark.parametrize(
        ("params", "refitted"),
        [
            ({"ensemble": True}, {"MetricAlignedSearchCV"}),
            ({"refit": False}, set()),
            ({"n_bootstrap": 0}, {"Pipeline", "StandardScaler", "LogisticRegression"}),
        ],
        ids=["ensemble", "no refit", "cross-fitted"],
    )
    def test_events_of_other_ends(n_jobs, params, refitted):
        """Whatever follows the search, or nothing, begins and ends within the fit."""
        recorder = Recorder()
        search(n_jobs=n_jobs, **params).set_callbacks(recorder).fit(X, Y)
        recorder.assert_nested()
        assert len(recorder.of("end", EVALUATION)) == 9
        # An ensemble of folds fits several models, and reports the whole as one task.
        assert len(recorder.of("end", REFIT)) == (refitted == {"MetricAlignedSearchCV"})
        within = {name for _, path, name, _ in recorder.events if path[1:2] and path[1][1] == 1}
        assert within == refitted
        assert recorder.events[-1][:2] == ("teardown", (("fit", 0),))

    @pytest.mark.parametrize("n_jobs", [1, 2])
    def test_events_of_dropped_candidates_never_come(n_jobs):
        """A candidate that was dropped has events of the splits it was fitted on."""
        recorder = Recorder()
        params = {"cv": 5, "drop": "bbcd", "decision_rule": "default", "n_jobs": n_jobs}
        model = search(LogisticRegression(), {"C": [1e-9, 0.1, 1.0]}, **params)
        model.set_callbacks(recorder).fit(X, Y)
        recorder.assert_nested()
        done = {path[-1][1] for path in recorder.of("end", EVALUATION)}
        assert len(done) == model.n_fits_ < 15
        assert done >= {candidate * 5 + fold for candidate in range(3) for fold in (0, 1)}
        assert done >= {model.best_index_ * 5 + fold for fold in range(5)}

    def test_shared_fits_report_each_candidate():
        """Candidates that are read off one fit have an event each."""
        recorder = Recorder()
        grid = {"max_iter": [2, 4, 8]}
        model = search(HistGradientBoostingClassifier(), grid).set_callbacks(recorder).fit(X, Y)
        recorder.assert_nested()
        assert model.n_fits_ == 3
        assert len(set(recorder.of("end", EVALUATION))) == 9

    @pytest.mark.parametrize("n_jobs", [1, 2])
    def test_search_within_a_search(n_jobs):
        """Events of our searches stand beneath the tasks of scikit-learn's around them."""
        recorder = Recorder()
        outer = GridSearchCV(search(n_jobs=n_jobs), {"select": ["best", "one_se"]}, cv=2)
        outer.set_callbacks(recorder).fit(X, Y)
        recorder.assert_nested()
        ours = recorder.of("end", EVALUATION)
        # Two settings on two splits, and the refit.
        assert len(ours) == (2 * 2 + 1) * 9
        assert len({path[:-2] for path in ours}) == 5
        alone = GridSearchCV(search(), {"select": ["best", "one_se"]}, cv=2).fit(X, Y)
        np.testing.assert_array_equal(
            outer.cv_results_["mean_test_score"], alone.cv_results_["mean_test_score"]
        )
        assert_same_search(outer.best_estimator_, alone.best_estimator_)

    @pytest.mark.parametrize("n_jobs", [1, 2])
    def test_failing_callbacks_cost_no_score(n_jobs):
        """A callback that fails at every fit of a candidate costs one warning, not a number."""
        model = search(n_jobs=n_jobs).set_callbacks(FailingRecorder())
        with pytest.warns(RuntimeWarning, match="MetricAlignedSearchCV failed with OSError") as log:
            model.fit(X, Y)
        assert len(log) == 1
        assert_same_search(model, search().fit(X, Y))

    def test_failing_callbacks_cost_no_score_within_a_search():
        """The search around ours gets its scores, too."""
        outer = GridSearchCV(search(), {"select": ["best", "one_se"]}, cv=2)
        with pytest.warns(RuntimeWarning, match="MetricAlignedSearchCV failed with OSError"):
            outer.set_callbacks(FailingRecorder()).fit(X, Y)
        expected = GridSearchCV(search(), {"select": ["best", "one_se"]}, cv=2).fit(X, Y)
        np.testing.assert_array_equal(
            outer.cv_results_["mean_test_score"], expected.cv_results_["mean_test_score"]
        )

    def test_failing_fits_end_their_tasks():
        """A candidate that cannot be fitted has its events; the fit that raises is torn down."""
        recorder = Recorder()
        grid = {"logisticregression__C": [-1.0, 1.0]}
        with pytest.warns(Warning, match="3 fits failed"):
            search(grid=grid, n_jobs=2).set_callbacks(recorder).fit(X, Y)
        recorder.assert_nested()
        assert len(recorder.of("end", EVALUATION)) == 6
        raising = Recorder()
        with pytest.raises(ValueError, match="'C' parameter"):
            search(grid=grid, error_score="raise").set_callbacks(raising).fit(X, Y)
        assert raising.events[-1][0] == "teardown"

    @pytest.mark.parametrize("n_jobs", [1, 2])
    def test_progress_bar_of_scikit_learn(capsys, n_jobs):
        """The bar is drawn to its end with fits in other processes, and changes no result."""
        from sklearn.callback import ProgressBar

        model = search(n_jobs=n_jobs).set_callbacks(ProgressBar()).fit(X, Y)
        shown = capsys.readouterr().out
        assert "MetricAlignedSearchCV" in shown
        assert "100%" in shown
        assert_same_search(model, search().fit(X, Y))

    def test_killed_worker_repeats_no_event(tmp_path):
        """Tasks that are sent out again after a worker died are reported once."""
        flag, kill = str(tmp_path / "killed"), getattr(signal, "SIGKILL", signal.SIGTERM)

        class DiesOnce(LogisticRegression):
            def fit(self, X, y):
                try:
                    os.mkdir(flag)
                except FileExistsError:
                    return super().fit(X, y)
                os.kill(os.getpid(), kill)

        recorder = Recorder()
        model = search(DiesOnce(), {"C": [0.1, 1.0]}, n_jobs=2).set_callbacks(recorder).fit(X, Y)
        recorder.assert_nested()
        assert len(recorder.of("end", EVALUATION)) == 6
        assert_same_search(model, search(LogisticRegression(), {"C": [0.1, 1.0]}).fit(X, Y))
