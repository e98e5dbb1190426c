"""Tests of progress events: one for each epoch, callbacks may stop, and a failing one does not."""

import pickle

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.datasets import load_iris
from sklearn.linear_model import SGDClassifier
from sklearn.pipeline import Pipeline

from sklearn_lossfix import EarlyStoppingClassifier
from sklearn_lossfix.model_selection._epoch_progress import EpochProgress

X, Y = load_iris(return_X_y=True)
MODEL = EarlyStoppingClassifier(
    SGDClassifier(loss="log_loss", random_state=0), max_epochs=4, random_state=0
)


class Recorder:
    """Callback that writes down tasks, data, and what the model of the moment predicts."""

    def __init__(self, stop_after=None, fails=False):
        self.begun, self.ended, self.scores, self.metadata = [], [], [], []
        self.stop_after, self.fails = stop_after, fails

    def setup(self, estimator, context):
        pass

    def teardown(self, estimator, context):
        pass

    def on_fit_task_begin(self, estimator, context):
        self.begun.append((context.task_name, context.task_id))

    def on_fit_task_end(self, estimator, context, *, X, y, metadata, fitted_estimator):
        if self.fails:
            raise OSError("the disk is full.")
        self.ended.append((context.task_name, context.task_id))
        self.metadata.append(metadata)
        if fitted_estimator is not None:
            self.scores.append(fitted_estimator.predict_proba(X))
        return context.task_id + 1 == self.stop_after


def test_without_callbacks_nothing_is_sent():
    """An estimator that knows no callbacks is trained in silence."""
    progress = EpochProgress.start(object(), 5, X=X)
    assert progress.epoch_done(dict) is False
    progress.finish()


if hasattr(Pipeline, "set_callbacks"):  # scikit-learn 1.9

    def test_each_epoch_is_a_task():
        """Tasks begin and end in order beneath the fit, with the data it was given."""
        recorder, weight = Recorder(), np.linspace(1, 2, 150)
        clone(MODEL).set_callbacks(recorder).fit(X, Y, sample_weight=weight)
        epochs = [("epoch", i) for i in range(4)]
        assert recorder.begun == [("fit", 0), *epochs]
        assert recorder.ended == [*epochs, ("fit", 0)]
        np.testing.assert_array_equal(recorder.metadata[0]["sample_weight"], weight)

    def test_callbacks_see_the_model_of_the_epoch():
        """What predicts in an epoch is what a shorter training ends with, and stays it."""
        recorder = Recorder()
        clone(MODEL).set_callbacks(recorder).fit(X, Y)
        for n_epochs, scores in enumerate(recorder.scores, start=1):
            short = clone(MODEL).set_params(max_epochs=n_epochs, restore_best=False).fit(X, Y)
            np.testing.assert_array_equal(short.predict_proba(X), scores)

    def test_callback_may_stop():
        """A callback that returns True ends the training."""
        model = clone(MODEL).set_callbacks(Recorder(stop_after=2)).fit(X, Y)
        assert (model.n_epochs_, model.stop_reason_) == (2, "callback")

    def test_failing_callback_costs_one_warning():
        """A callback that fails changes nothing in the result, and is reported once."""
        with pytest.warns(RuntimeWarning, match="disk is full") as caught:
            model = clone(MODEL).set_callbacks(Recorder(fails=True)).fit(X, Y)
        assert len(caught) == 1
        expected = clone(MODEL).fit(X, Y)
        np.testing.assert_array_equal(model.predict_proba(X), expected.predict_proba(X))

    def test_nothing_of_it_stays():
        """After the fit the model is pickled without callbacks or contexts."""
        model = clone(MODEL).set_callbacks(Recorder()).fit(X, Y)
        assert not [name for name in vars(model.set_callbacks()) if "callback" in name]
        again = pickle.loads(pickle.dumps(model))
        np.testing.assert_array_equal(again.predict(X), model.predict(X))
