"""Tests of the recorded training as a History."""

import numpy as np
import pytest
from sklearn.datasets import load_iris
from sklearn.linear_model import SGDClassifier
from sklearn.neural_network import MLPClassifier

from sklearn_lossfix import EarlyStoppingClassifier
from sklearn_lossfix.model_selection import _epoch_rows
from sklearn_lossfix.model_selection._epoch_history import history_of

X, Y = load_iris(return_X_y=True)
LINEAR = SGDClassifier(loss="log_loss", random_state=0)


def test_curves_are_those_of_the_model():
    """Losses and metrics are the recorded arrays, by split."""
    model = EarlyStoppingClassifier(LINEAR, scoring="f1_macro", max_epochs=5).fit(X, Y)
    history = history_of(model)
    for split in ("train", "validation"):
        np.testing.assert_array_equal(history.loss[split], model.history_[f"{split}_log_loss"])
        np.testing.assert_array_equal(
            history.metrics["f1_macro"][split], model.history_[f"{split}_f1_macro"]
        )
    assert history.steps.tolist() == [1.0, 2.0, 3.0, 4.0, 5.0]
    assert (history.loss_name, history.loss_kind) == ("log_loss", "log_loss")
    assert (history.n_validation, history.n_classes) == (15, 3)
    np.testing.assert_allclose(history.class_rates, 1 / 3)
    assert history.learning_rate is None
    assert history.row_losses is None
    assert history.flipped == ()


def test_refinement_is_turned_so_that_more_is_better():
    """It stands among the metrics with its sign turned, and says so."""
    model = EarlyStoppingClassifier(LINEAR, monitor="refinement", max_epochs=3).fit(X, Y)
    history = history_of(model)
    np.testing.assert_array_equal(
        history.metrics["refinement"]["validation"], -model.history_["validation_refinement"]
    )
    assert history.flipped == ("refinement",)


def test_rows_and_rates_are_there_where_recorded():
    """Row losses come with their steps, and the learning rate of a network is a curve."""
    network = MLPClassifier(hidden_layer_sizes=(3,), random_state=0)
    model = EarlyStoppingClassifier(network, store_row_losses=True, max_epochs=4).fit(X, Y)
    history = history_of(model)
    assert history.row_losses.shape == history.row_right.shape == (4, 15)
    np.testing.assert_array_equal(history.row_steps, history.steps)
    np.testing.assert_allclose(history.row_losses.mean(axis=1), history.loss["validation"], 1e-5)
    np.testing.assert_array_equal(
        history.row_right.mean(axis=1), history.metrics["accuracy"]["validation"]
    )
    np.testing.assert_allclose(history.learning_rate, 0.001)


def test_hinge_loss_is_named_as_such():
    """Classifiers without probabilities record a hinge loss."""
    model = EarlyStoppingClassifier(SGDClassifier(random_state=0), monitor="hinge_loss")
    history = history_of(model.set_params(max_epochs=2).fit(X, Y))
    assert (history.loss_name, history.loss_kind) == ("hinge_loss", "hinge")


@pytest.mark.parametrize("limit", [20, 10_000])
def test_distortions_say_what_is_measured_on_fewer_rows(monkeypatch, limit):
    """Curves on some of the training rows say so, those on all do not."""
    monkeypatch.setattr(_epoch_rows, "MAX_TRAIN_ROWS", limit)
    history = history_of(EarlyStoppingClassifier(LINEAR, max_epochs=2).fit(X, Y))
    assert any("20 of the 135" in sentence for sentence in history.distortions) == (limit == 20)


@pytest.mark.parametrize("restores", [True, False])
def test_the_end_of_the_run_is_told(restores):
    """Which epoch was put back, where one was, and why the run ended."""
    model = EarlyStoppingClassifier(LINEAR, max_epochs=4, restore_best=restores).fit(X, Y)
    history = history_of(model)
    assert history.kept_step == (float(model.best_epoch_) if restores else None)
    assert history.stop_reason == model.stop_reason_
