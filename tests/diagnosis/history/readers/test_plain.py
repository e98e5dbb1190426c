"""Plain lists, dictionaries and records."""

import numpy as np
import pytest

from sklearn_lossfix.diagnosis.history._read import read_histories

LOSS, VAL_LOSS = [0.7, 0.5, 0.4], [0.72, 0.58, 0.53]


def curves(history):
    """The losses of a history as lists."""
    return {split: values.tolist() for split, values in history.loss.items()}


@pytest.mark.parametrize("container", [list, tuple, np.array])
def test_a_list_is_the_curve_that_was_named(container):
    """A bare list is a loss or a metric, of the rows that the name tells."""
    (history,) = read_histories(container(LOSS), loss="log_loss")
    assert curves(history) == {"train": LOSS}
    assert history.loss_kind == "log_loss"
    (history,) = read_histories(container(LOSS), loss="val_log_loss")
    assert curves(history) == {"validation": LOSS}
    (history,) = read_histories(container(LOSS), metric="val_accuracy")
    assert history.metrics["accuracy"]["validation"].tolist() == LOSS


def test_a_list_without_a_name_is_ambiguous():
    """Nothing tells whether numbers are losses, and the error says which argument decides."""
    with pytest.raises(ValueError, match=r'what is in .the list.*loss="log_loss".*metric='):
        read_histories(LOSS)


def test_every_form_of_the_same_curves_is_read_alike():
    """Columns, records and both ways of nesting give the same losses."""
    forms = [
        {"loss": LOSS, "val_loss": VAL_LOSS},
        {"train_loss": LOSS, "valid_loss": np.array(VAL_LOSS)},
        {"loss/train": tuple(LOSS), "loss/eval": VAL_LOSS},
        {"train": {"loss": LOSS}, "validation": {"loss": VAL_LOSS}},
        {"loss": {"train": LOSS, "test": VAL_LOSS}},
        [{"loss": a, "val_loss": b} for a, b in zip(LOSS, VAL_LOSS, strict=True)],
        [
            record
            for step, (a, b) in enumerate(zip(LOSS, VAL_LOSS, strict=True), start=1)
            for record in ({"epoch": step, "loss": a}, {"epoch": step, "eval_loss": b})
        ],
        [{"train": {"loss": a}, "val": {"loss": b}} for a, b in zip(LOSS, VAL_LOSS, strict=True)],
    ]
    for form in forms:
        (history,) = read_histories(form)
        assert curves(history) == {"train": LOSS, "validation": VAL_LOSS}
        assert history.steps.tolist() == [1, 2, 3]
        assert history.distortions


def test_rows_alone_need_a_name():
    """A dictionary of rows says nothing about the quantity; loss= or metric= does."""
    rows = {"train": LOSS, "val": VAL_LOSS}
    with pytest.raises(ValueError, match="Nothing says what is in 'train', 'val'"):
        read_histories(rows)
    (history,) = read_histories(rows, loss="log_loss")
    assert curves(history) == {"train": LOSS, "validation": VAL_LOSS}


def test_steps_come_from_a_column():
    """Epochs need not begin at 1, be without gaps, or in order."""
    (history,) = read_histories({"epoch": [30, 10, 20], "loss": [0.4, 0.7, 0.5]})
    assert history.steps.tolist() == [10, 20, 30]
    assert curves(history) == {"train": LOSS}
    assert read_histories({"iteration": [0, 5], "loss": [1, 0.5]})[0].unit == "iteration"


def test_trainer_state_of_fractional_epochs(sample):
    """Entries between epochs are read by step, with the number of steps of an epoch."""
    (history,) = read_histories(sample("trainer_state.json"))
    assert (history.unit, history.batches_per_epoch) == ("step", 20)
    assert history.steps.tolist() == [10, 20, 30, 40]
    assert curves(history)["train"] == [0.69, 0.58, 0.49, 0.44]
    assert np.isnan(history.loss["validation"]).tolist() == [True, False, True, False]
    assert history.unrecorded["validation"].tolist() == [True, False, True, False]
    assert history.learning_rate.tolist() == [4e-05, 3e-05, 2e-05, 1e-05]


def test_scalars_of_other_libraries_are_numbers():
    """An entry that turns into a float is a number, whatever made it."""

    class Tensor:
        shape = ()

        def __float__(self):
            return 0.25

    (history,) = read_histories({"loss": [Tensor(), np.float32(0.5), 1]})
    assert curves(history) == {"train": [0.25, 0.5, 1.0]}
