"""Keras: its History, the dictionary in it, and its CSV log."""

import numpy as np
import pytest

from sklearn_lossfix.diagnosis.history._read import read_histories
from sklearn_lossfix.diagnosis.history.readers.keras import distortions


@pytest.fixture
def recorded(sample_json):
    """`History.history` of six epochs."""
    return sample_json("keras_history.json")


@pytest.fixture
def keras_history(recorded, make_object):
    """The object that `fit` returns."""
    return make_object(
        "keras.src.callbacks.history",
        "History",
        history=recorded,
        epoch=list(range(6)),
        model=make_object("keras", "Sequential", loss="sparse_categorical_crossentropy"),
    )


def test_round_trip(keras_history, recorded):
    """Every curve of the object comes back under its rows and name."""
    (history,) = read_histories(keras_history)
    assert history.source == "Keras"
    assert history.unit == "epoch"
    assert history.loss["train"].tolist() == recorded["loss"]
    assert history.loss["validation"].tolist() == recorded["val_loss"]
    assert history.metrics["accuracy"]["train"].tolist() == recorded["accuracy"]
    assert history.metrics["accuracy"]["validation"].tolist() == recorded["val_accuracy"]
    assert history.learning_rate.tolist() == recorded["learning_rate"]
    assert history.flipped == ()


def test_steps_are_those_of_the_progress_bar(keras_history):
    """Keras counts epochs from 0 and prints them from 1; training that was resumed goes on."""
    assert read_histories(keras_history)[0].steps.tolist() == [1, 2, 3, 4, 5, 6]
    keras_history.epoch = list(range(10, 16))
    assert read_histories(keras_history)[0].steps.tolist() == list(range(11, 17))


def test_the_compiled_loss_tells_what_the_loss_is(keras_history):
    """A loss of the name "loss" is what the model was compiled with, by name or object."""
    assert read_histories(keras_history)[0].loss_kind == "log_loss"
    keras_history.model.loss = type("BinaryCrossentropy", (), {"name": "binary_crossentropy"})()
    assert read_histories(keras_history)[0].loss_name == "binary_crossentropy"
    keras_history.model.loss = lambda y, f: 0.0
    assert read_histories(keras_history)[0].loss_kind == "unknown"
    assert read_histories(keras_history, loss="log_loss")[0].loss_kind == "log_loss"


def test_object_dictionary_and_file_agree(keras_history, recorded, sample):
    """The same curves are read from each, and what Keras distorts is said of each."""
    histories = [read_histories(h)[0] for h in (keras_history, recorded)]
    histories += read_histories(sample("keras_history.json"))
    for history in histories:
        np.testing.assert_array_equal(history.loss["train"], recorded["loss"])
        np.testing.assert_array_equal(history.steps, histories[0].steps)
        text = " ".join(history.distortions)
        for words in ("half an epoch", "dropout", "class_weight", "penalties"):
            assert words in text
    assert "If Keras" not in " ".join(histories[0].distortions)
    assert "If Keras" in " ".join(histories[1].distortions)


def test_csv_log_tells_empty_cells_from_nan(sample):
    """In its file NA is a step without an entry, and nan a loss that broke down."""
    (history,) = read_histories(sample("keras_training.csv"))
    assert history.steps.tolist() == [0, 1, 2, 3]
    assert np.isnan(history.loss["train"]).tolist() == [False, False, False, True]
    assert "train" not in history.unrecorded
    assert np.isnan(history.loss["validation"]).tolist() == [True, False, True, True]
    assert history.unrecorded["validation"].tolist() == [True, False, True, False]


def test_validation_freq_is_found_by_the_lengths(recorded):
    """Validation curves that are shorter stand at the epochs at which they were recorded."""
    for name in ("val_loss", "val_accuracy"):
        recorded[name] = recorded[name][:3]
    (history,) = read_histories(recorded)
    assert np.flatnonzero(np.isfinite(history.loss["validation"])).tolist() == [1, 3, 5]
    assert any("taken to be of every 2 epochs" in s for s in history.distortions)


def test_lengths_that_no_frequency_explains_are_an_error(recorded):
    """Four entries in six epochs fit no frequency, and one entry fits several."""
    for n_entries in (4, 1):
        columns = {**recorded, "val_loss": recorded["val_loss"][:n_entries]}
        with pytest.raises(ValueError, match=r"differ in length: .*'val_loss' has"):
            read_histories(columns)


def test_old_names_of_accuracy(recorded):
    """What was called acc is accuracy."""
    old = {name.replace("accuracy", "acc"): values for name, values in recorded.items()}
    assert list(read_histories(old)[0].metrics) == ["accuracy"]


def test_an_empty_history_is_an_error(make_object):
    """Nothing was recorded before `fit`."""
    empty = make_object("keras.src.callbacks.history", "History", history={}, epoch=[])
    with pytest.raises(ValueError, match="Keras's History is empty"):
        read_histories(empty)


def test_several_outputs_have_one_loss(recorded):
    """The loss of the whole model is judged, those of its outputs are named."""
    outputs = {f"{name}_loss": recorded["loss"] for name in ("shape", "colour")}
    (history,) = read_histories({**recorded, **outputs})
    assert history.loss["train"].tolist() == recorded["loss"]
    assert any("'shape_loss', 'colour_loss'" in sentence for sentence in history.distortions)


def test_each_distortion_is_a_note_of_its_own():
    """What may be so stands in sentences that can be shown, or left out, one by one."""
    sentences = distortions({"loss": [1.0], "val_loss": [1.0]}, by_names=True)
    assert len(sentences) == len(distortions({"loss": [1.0], "val_loss": [1.0]})) == 3
    assert all(text.startswith("If Keras recorded this: ") for text in sentences)
