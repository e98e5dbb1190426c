"""Histories that are handed over ready-made."""

import numpy as np
import pytest

from sklearn_lossfix._core._history import History
from sklearn_lossfix.diagnosis.history._read import read_histories


@pytest.fixture
def recorded():
    """A history of two metrics."""
    values = np.array([0.7, 0.6])
    return History(
        steps=np.array([1.0, 2.0]),
        loss={"train": values, "validation": values + 0.1},
        metrics={"accuracy": {"validation": values}, "f1": {"validation": values}},
        source="EarlyStoppingClassifier",
        loss_name="log_loss",
        loss_kind="log_loss",
        n_classes=3,
    )


@pytest.fixture
def estimator(recorded, make_object):
    """What hands it over."""
    return make_object("anywhere", "EarlyStopping", _history_evidence=lambda: recorded)


def test_round_trip(estimator, recorded):
    """What an estimator hands over, and a History itself, come back as they are."""
    for source in (estimator, recorded):
        (history,) = read_histories(source)
        assert history == recorded or vars(history) == vars(recorded)


def test_facts_are_added(estimator):
    """What the user tells is put in; what contradicts the record is an error."""
    (history,) = read_histories(estimator, n_val=50, class_rates=[0.2, 0.3, 0.5])
    assert (history.n_validation, history.class_rates.tolist()) == (50, [0.2, 0.3, 0.5])
    with pytest.raises(ValueError, match=r"knows 3 classes, and n_classes .* says 2"):
        read_histories(estimator, n_classes=2)


def test_metric_and_loss_by_name(estimator):
    """The metric that was named is kept; a name that is not recorded is an error."""
    assert list(read_histories(estimator, metric="f1", loss="log_loss")[0].metrics) == ["f1"]
    with pytest.raises(ValueError, match=r"metric='auc' is no metric of .*'accuracy', 'f1'"):
        read_histories(estimator, metric="auc")
    with pytest.raises(ValueError, match="loss='hinge' is not the loss of"):
        read_histories(estimator, loss="hinge")
