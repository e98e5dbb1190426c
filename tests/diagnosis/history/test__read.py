"""One history or several, and what is neither."""

import numpy as np
import pandas as pd
import pytest

from sklearn_lossfix.diagnosis.history._read import READERS, read_histories

RUN = {"loss": [0.7, 0.5], "val_loss": [0.8, 0.6]}
OTHER = {"loss": [0.9, 0.4], "val_loss": [1.0, 0.5]}


def first_losses(histories):
    """First training loss of every history."""
    return [float(history.loss["train"][0]) for history in histories]


def test_a_list_of_histories_is_several_runs():
    """Runs of any format are read one by one, and keep their order."""
    histories = read_histories([RUN, pd.DataFrame(OTHER)])
    assert first_losses(histories) == [0.7, 0.9]
    assert [history.name for history in histories] == ["run 1", "run 2"]


def test_a_dictionary_of_histories_keeps_the_names():
    """Runs by name are called by it; a single run has no name."""
    histories = read_histories({"seed 3": RUN, 7: pd.DataFrame(OTHER)})
    assert [history.name for history in histories] == ["seed 3", "7"]
    assert first_losses(histories) == [0.7, 0.9]
    assert read_histories(RUN)[0].name == ""


def test_lists_of_lists_are_several_curves():
    """A list of numbers is one curve, a list of lists one for each run."""
    histories = read_histories([[0.7, 0.5], np.array([0.9, 0.4, 0.3])], loss="log_loss")
    assert first_losses(histories) == [0.7, 0.9]
    assert [len(history.steps) for history in histories] == [2, 3]


def test_rows_or_runs_is_ambiguous():
    """Names that may be sets of rows or runs are not guessed."""
    record = {"a": {"logloss": [0.7, 0.6]}, "b": {"logloss": [0.8, 0.7]}}
    with pytest.raises(ValueError, match=r"'a', 'b' tell neither.*pass several runs as a list"):
        read_histories(record)
    assert len(read_histories(list(record.values()))) == 2


def test_errors_name_the_run():
    """What is wrong with one of several histories is said of it."""
    with pytest.raises(ValueError, match=r"In 'b' of several histories: .*'loss' holds 'x'"):
        read_histories({"a": RUN, "b": {"loss": ["x"], "val_loss": [1]}})
    with pytest.raises(TypeError, match="In 'run 2' of several histories: history is a object"):
        read_histories([RUN, object()])


@pytest.mark.parametrize("empty", [[], {}, ()])
def test_an_empty_history_is_an_error(empty):
    """Nothing in, nothing to say."""
    with pytest.raises(ValueError, match=r"history is empty. Expected a list of losses"):
        read_histories(empty)


def test_a_setting_among_curves_is_an_error():
    """What is no curve is named, with what to do."""
    for setting in (3, "resnet", {"lr": 0.1}, [[1, 2], [3]]):
        with pytest.raises(ValueError, match=r"history\['setting'\] is .*and a list of numbers"):
            read_histories({"setting": setting, "loss": [1, 2]})


@pytest.mark.parametrize("wrong", [3, object(), None])
def test_what_is_no_history_is_an_error(wrong):
    """The error lists what can be read."""
    with pytest.raises(TypeError, match=r"history is a \w+. Expected a list of losses, a dict"):
        read_histories(wrong)


def test_facts_reach_every_history():
    """What the user tells holds for all runs."""
    for history in read_histories([RUN, OTHER], n_val=200, class_rates=[0.9, 0.1], batch=4):
        assert history.n_validation == 200
        assert history.n_classes == 2
        assert history.class_rates.tolist() == [0.9, 0.1]
        assert history.batches_per_epoch == 4


def test_nothing_that_was_passed_is_changed():
    """Reading writes into nothing."""
    run = {"loss": [0.7, None], "val_loss": [0.8, 0.6], "acc": [60.0, 70.0]}
    frame = pd.DataFrame(run)
    before = frame.copy()
    read_histories([run, frame])
    assert run == {"loss": [0.7, None], "val_loss": [0.8, 0.6], "acc": [60.0, 70.0]}
    pd.testing.assert_frame_equal(frame, before)


def test_no_reader_takes_any_object():
    """An object that is nothing special is recognised by no reader."""
    assert not any(reader.recognises(object()) for reader in READERS)
