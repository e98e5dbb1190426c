"""Tests of progress events: sent by the driver, balanced, and harmless when callbacks fail."""

import importlib.util
import os
import pickle
import sys
import warnings

import numpy as np
import pytest
from imblearn.over_sampling import RandomOverSampler
from imblearn.pipeline import make_pipeline as make_sampler_pipeline
from joblib import Parallel, delayed
from sklearn.base import BaseEstimator, ClassifierMixin, clone
from sklearn.datasets import load_iris
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.tree import DecisionTreeClassifier

from sklearn_lossfix._core import _progress
from sklearn_lossfix._core._progress import CallbackSupport, Progress, with_callbacks

# scikit-learn has callbacks from 1.9 on.
HAS_CALLBACKS = hasattr(Pipeline, "set_callbacks")


class Recorder:
    """Callback that writes down every event, and is passed on to estimators inside."""

    max_propagation_depth = None

    def __init__(self):
        self.events = []

    def setup(self, estimator, context):
        self.note("setup", context)

    def teardown(self, estimator, context):
        self.note("teardown", context)

    def on_fit_task_begin(self, estimator, context, *, X=None, y=None, metadata=None):
        self.note("begin", context, X, metadata)

    def on_fit_task_end(self, estimator, context, *, X=None, y=None, metadata=None):
        self.note("end", context, X, metadata)

    def note(self, event, context, X=None, metadata=None):
        """Write down an event with its place in the tree of tasks."""
        path, above = [], context
        while above is not None:
            path.insert(0, (above.task_name, above.task_id))
            above = above.parent
        self.events.append(
            {
                "event": event,
                "path": tuple(path),
                "estimator": context.estimator_name,
                "source": context.source_task_name,
                "pid": os.getpid(),
                "X": X,
                "metadata": metadata,
            }
        )

    def of(self, event):
        """Paths of the tasks that had an event, in its order."""
        return [entry["path"] for entry in self.events if entry["event"] == event]


class FailingRecorder(Recorder):
    """Callback that fails at one event."""

    def __init__(self, failing):
        super().__init__()
        self.failing = failing

    def note(self, event, context, X=None, metadata=None):
        if event == self.failing:
            raise OSError("the disk is full.")
        super().note(event, context, X, metadata)


class TinySearch(CallbackSupport, ClassifierMixin, BaseEstimator):
    """Meta-estimator that fits its tasks in parallel, then refits."""

    def __init__(self, estimator, n_jobs=1, tasks=4, refit=True):
        self.estimator = estimator
        self.n_jobs = n_jobs
        self.tasks = tasks
        self.refit = refit

    @with_callbacks
    def fit(self, X, y, sample_weight=None):
        # A function inside another travels to a worker by value: tests cannot be imported there.
        def score_one(estimator, X, y, number):
            return number, clone(estimator).fit(X, y).score(X, y), os.getpid()

        progress = Progress.start(
            self, self.tasks, X=X, y=y, sample_weight=sample_weight, refit=self.refit
        )
        counts = self.tasks if isinstance(self.tasks, dict) else {_progress.EVALUATION: self.tasks}
        self.scores_, self.pids_ = {}, set()
        for name, count in counts.items():
            tasks = (delayed(score_one)(self.estimator, X, y, i) for i in range(count))
            outputs = Parallel(n_jobs=self.n_jobs, return_as="generator_unordered")(tasks)
            for number, score, pid in outputs:
                progress.task_done(name, number)
                self.scores_[name, number] = score
                self.pids_.add(pid)
        self.classes_ = np.unique(y)
        if self.refit:
            self.best_estimator_ = clone(self.estimator)
            with progress.refit(self.best_estimator_):
                self.best_estimator_.fit(X, y)
        progress.finish()
        return self


X, Y = load_iris(return_X_y=True)
PIPELINE = make_pipeline(StandardScaler(), LogisticRegression(max_iter=1000))
EVALUATIONS = [(("fit", 0), ("search", 0), ("candidate-split-evaluation", i)) for i in range(4)]


def without_callbacks_module():
    """A fresh copy of the module, made while scikit-learn has no callbacks."""
    spec = importlib.util.spec_from_file_location("progress_of_1_8", _progress.__file__)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def recorded(search, *callbacks, **fit_params):
    """Fit a search with callbacks where this scikit-learn has any."""
    return search.set_callbacks(*callbacks).fit(X, Y, **fit_params)


if HAS_CALLBACKS:

    def test_mixin_and_decorator_are_those_of_scikit_learn():
        """Where scikit-learn has callbacks, nothing stands in for its parts."""
        from sklearn.callback import CallbackSupportMixin
        from sklearn.callback import with_callbacks as theirs

        assert CallbackSupport is CallbackSupportMixin
        assert with_callbacks is theirs

    @pytest.mark.parametrize("n_jobs", [1, 2])
    def test_events_are_balanced_and_sent_by_the_driver(n_jobs):
        """Every task begins once and ends once, and both are said by the process of `fit`."""
        recorder = Recorder()
        search = recorded(TinySearch(PIPELINE, n_jobs=n_jobs), recorder)
        assert sorted(recorder.of("begin")) == sorted(recorder.of("end"))
        assert len(set(recorder.of("begin"))) == len(recorder.of("begin"))
        assert {entry["pid"] for entry in recorder.events} == {os.getpid()}
        assert (search.pids_ == {os.getpid()}) == (n_jobs == 1)

    def test_tasks_lie_within_their_parents():
        """A task begins after the task around it has begun, and ends before that ends."""
        recorder = Recorder()
        recorded(TinySearch(PIPELINE, n_jobs=2), recorder)
        running = []
        for entry in recorder.events:
            if entry["event"] == "begin":
                assert tuple(running) == entry["path"][:-1]
                running.append(entry["path"][-1])
            elif entry["event"] == "end":
                assert tuple(running) == entry["path"]
                running.pop()
        assert running == []
        assert recorder.of("setup") == recorder.of("teardown") == [(("fit", 0),)]

    def test_tree_has_the_names_of_scikit_learn():
        """The tasks of the search and of the refit are named as in scikit-learn's searches."""
        recorder = Recorder()
        recorded(TinySearch(PIPELINE), recorder)
        begun = recorder.of("begin")
        assert begun[:2] == [(("fit", 0),), (("fit", 0), ("search", 0))]
        assert begun[2:6] == EVALUATIONS
        assert recorder.events[-2]["path"] == (("fit", 0),)

    def test_refit_events_appear_beneath_the_refit():
        """What the refitted pipeline reports, to any depth, stands in place of the refit task."""
        recorder = Recorder()
        recorded(TinySearch(PIPELINE), recorder)
        refit = [entry for entry in recorder.events if entry["path"][1:2] == (("fit", 1),)]
        assert refit[0]["source"] == "refit-with-best-params"
        assert refit[0]["estimator"] == "Pipeline"
        assert {entry["estimator"] for entry in refit} >= {"StandardScaler", "LogisticRegression"}

    @pytest.mark.parametrize(
        "estimator",
        [
            DecisionTreeClassifier(random_state=0),
            make_sampler_pipeline(RandomOverSampler(random_state=0), DecisionTreeClassifier()),
        ],
        ids=["no callbacks", "imbalanced-learn"],
    )
    def test_refit_of_a_silent_estimator_is_reported(estimator):
        """The refit of an estimator that sends no events still begins and ends."""
        recorder = Recorder()
        recorded(TinySearch(estimator), recorder)
        refit = (("fit", 0), ("refit-with-best-params", 1))
        assert recorder.of("begin")[-1] == refit
        assert recorder.of("end")[-2] == refit

    def test_data_and_weights_reach_the_callbacks_that_ask():
        """The root and the refit carry the data of the fit; tasks carry none."""
        recorder, weight = Recorder(), np.ones(len(Y))
        recorded(TinySearch(DecisionTreeClassifier()), recorder, sample_weight=weight)
        for entry in recorder.events:
            if entry["path"][-1] in [("fit", 0), ("refit-with-best-params", 1)]:
                if entry["event"] in ("begin", "end"):
                    assert entry["X"] is X
                    assert entry["metadata"]["sample_weight"] is weight
            else:
                assert entry["X"] is None

    def test_tasks_of_several_kinds():
        """Tasks of every kind are children of the search, with numbers of their own."""
        recorder = Recorder()
        recorded(TinySearch(PIPELINE, tasks={"a": 2, "b": 1}, refit=False), recorder)
        leaves = [path[-1] for path in recorder.of("end") if len(path) == 3]
        assert leaves == [("a", 0), ("a", 1), ("b", 2)]
        assert "refit-with-best-params" not in str(recorder.events)

    def test_estimator_stays_cloneable_and_picklable():
        """Nothing of the events is left on the estimators after the fit."""
        recorder = Recorder()
        search = recorded(TinySearch(PIPELINE, n_jobs=2), recorder)
        clone(search)
        again = pickle.loads(pickle.dumps(search.set_callbacks()))
        np.testing.assert_array_equal(
            again.best_estimator_.predict_proba(X), search.best_estimator_.predict_proba(X)
        )
        left = {*vars(search), *vars(search.best_estimator_)}
        assert not [name for name in left if "callback" in name]

    @pytest.mark.parametrize("failing", ["begin", "end"])
    @pytest.mark.parametrize("estimator", [DecisionTreeClassifier(random_state=0), PIPELINE])
    def test_failing_callback_costs_one_warning(estimator, failing):
        """A callback that raises at every event changes no score, and is reported once."""
        expected = TinySearch(estimator).fit(X, Y)
        search = TinySearch(estimator, n_jobs=2)
        first, failed = Recorder(), FailingRecorder(failing)
        with pytest.warns(RuntimeWarning, match=r"TinySearch failed with OSError: the disk") as log:
            recorded(search, first, failed)
        assert len(log) == 1
        assert search.scores_ == expected.scores_
        assert sorted(first.of("begin")) == sorted(first.of("end"))

    def test_callback_that_cannot_be_set_up_fails_at_once():
        """A failing set-up is raised before anything has been computed."""
        search = TinySearch(PIPELINE)
        with pytest.raises(OSError, match="disk"):
            recorded(search, FailingRecorder("setup"))
        assert not hasattr(search, "scores_")

    def test_callbacks_on_the_inner_estimator_do_not_lose_the_fit():
        """Callbacks attached in the wrong place are a warning at the refit, not an error."""
        inner = LogisticRegression(max_iter=1000)
        search = TinySearch(inner, tasks=1)
        progress_of_inner = Recorder()
        inner.set_callbacks(progress_of_inner)
        with pytest.warns(RuntimeWarning, match="Register them directly on the meta-estimator"):
            recorded(search, Recorder())
        assert search.best_estimator_.score(X, Y) > 0.9

    def test_nothing_is_sent_without_callbacks():
        """Without callbacks the fit is the same, and silent."""
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            search = TinySearch(PIPELINE).fit(X, Y)
        expected = recorded(TinySearch(PIPELINE), Recorder())
        assert search.scores_ == expected.scores_

    def test_unknown_task_is_an_error():
        """A task that was not announced, or is reported twice, is a mistake of the caller."""
        progress = Progress.start(TinySearch(PIPELINE), 1)
        progress.task_done(_progress.EVALUATION, 0)
        with pytest.raises(KeyError):
            progress.task_done(_progress.EVALUATION, 0)


def test_progress_cannot_be_sent_to_a_worker():
    """Pickling it says what to do instead."""
    with pytest.raises(TypeError, match="Call task_done when the result of a task is back"):
        pickle.dumps(Progress.start(TinySearch(PIPELINE), 1))


def test_everything_is_silent_without_the_module(monkeypatch):
    """Before scikit-learn 1.9 mixin and decorator do nothing, and a fit runs as it would."""
    monkeypatch.setitem(sys.modules, "sklearn.callback", None)
    old = without_callbacks_module()

    class OldSearch(old.CallbackSupport, BaseEstimator):
        @old.with_callbacks
        def fit(self, X, y):
            progress = old.Progress.start(self, {"a": 2}, X=X, y=y)
            progress.task_done("a", 1)
            self.best_estimator_ = LogisticRegression(max_iter=1000)
            with progress.refit(self.best_estimator_):
                self.best_estimator_.fit(X, y)
            progress.finish()
            return self

    assert not hasattr(OldSearch(), "set_callbacks")
    assert old.with_callbacks(print) is print
    search = OldSearch().fit(X, Y)
    assert vars(search) == {"best_estimator_": search.best_estimator_}


def test_refit_lets_errors_of_the_fit_through():
    """An error inside the final fit is raised as it is."""
    progress = Progress.start(TinySearch(PIPELINE), 1)
    with pytest.raises(ZeroDivisionError), progress.refit(LogisticRegression()):
        raise ZeroDivisionError
