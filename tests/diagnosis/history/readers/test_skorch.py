"""skorch: the list of epochs, its JSON file, and fitted nets."""

import pytest

from sklearn_lossfix.diagnosis.history._read import read_histories


@pytest.fixture
def rows(sample_json):
    """The history of three epochs."""
    return sample_json("skorch_history.json")


def test_round_trip(rows):
    """What an epoch recorded for itself comes back; batches, flags and events are no curves."""
    (history,) = read_histories(rows)
    assert history.source == "skorch"
    assert (history.unit, history.steps.tolist()) == ("epoch", [1, 2, 3])
    assert history.loss["train"].tolist() == [row["train_loss"] for row in rows]
    assert history.loss["validation"].tolist() == [row["valid_loss"] for row in rows]
    assert list(history.metrics) == ["accuracy"]
    assert history.metrics["accuracy"]["validation"].tolist() == [row["valid_acc"] for row in rows]
    assert len(history.distortions) == 1
    assert "half an epoch" in history.distortions[0]


def test_file_list_history_and_net_agree(rows, sample, make_object):
    """The same curves are read from each of them."""

    class History(list):
        """A list, as in skorch."""

    History.__module__ = "skorch.history"
    net = make_object("skorch.classifier", "NeuralNetClassifier", history_=History(rows))
    sources = (rows, sample("skorch_history.json"), History(rows), net)
    losses = [read_histories(source)[0].loss["validation"].tolist() for source in sources]
    assert losses[1:] == losses[:1] * 3


def test_what_the_loss_is_can_be_told(rows):
    """The name valid_loss does not say which loss it is."""
    assert read_histories(rows)[0].loss_kind == "unknown"
    assert read_histories(rows, loss="log_loss")[0].loss_kind == "log_loss"


def test_a_net_that_was_not_fitted_is_an_error(make_object):
    """There is nothing to read before `fit`."""
    for net in (
        make_object("skorch.classifier", "NeuralNetClassifier"),
        make_object("skorch.classifier", "NeuralNetClassifier", history_=[]),
    ):
        with pytest.raises(ValueError, match=r"empty. Expected that of a fitted net"):
            read_histories(net)
