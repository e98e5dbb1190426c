"""Lightning's CSV log: rows that fill each other's gaps."""

import numpy as np
import pandas as pd
import polars as pl
import pytest

from sklearn_lossfix.diagnosis.history._read import read_histories
from sklearn_lossfix.diagnosis.history.readers.lightning import filled_epochs, mark_gaps


@pytest.fixture(params=["path", "pandas", "polars"])
def metrics(request, sample):
    """The log as a file and as frames."""
    path = sample("lightning_metrics.csv")
    if request.param == "path":
        return path
    return pd.read_csv(path) if request.param == "pandas" else pl.read_csv(path)


def test_round_trip(metrics):
    """An epoch has one entry: its mean in training, the last in validation."""
    (history,) = read_histories(metrics)
    assert history.unit == "epoch"
    assert history.steps.tolist() == [0, 1, 2]
    assert history.loss["train"].tolist() == [0.6208, 0.5120, 0.4533]
    assert history.loss["validation"].tolist() == [0.5433, 0.4802, 0.4511]
    assert history.metrics["accuracy"]["validation"].tolist() == [0.7578, 0.7969, 0.8125]
    assert history.learning_rate.tolist() == [0.001, 0.001, 0.0005]
    assert history.unrecorded == {}


def test_the_check_before_the_first_epoch_is_not_shown(metrics):
    """The row that was logged before any training is no result of epoch 0, and that is said."""
    (history,) = read_histories(metrics)
    assert history.loss["validation"][0] != 0.7210
    assert any("check before the first one" in sentence for sentence in history.distortions)


@pytest.mark.parametrize("as_frame", [False, True])
def test_rows_that_hold_a_rate_alone_need_no_epoch(tmp_path, as_frame):
    """A callback logs the rate by step: it belongs to the epoch of the next step that has one."""
    lines = ["lr-Adam,epoch,step,train_loss,val_loss"]
    for epoch in range(3):
        lines += [f"{0.1 / (epoch + 1)},,{epoch * 100},,", f",{epoch},{epoch * 100 + 99},1.5,1.2"]
    path = tmp_path / "metrics.csv"
    path.write_text("\n".join([*lines, "0.01,,300,,"]))
    (history,) = read_histories(pd.read_csv(path) if as_frame else path)
    assert history.steps.tolist() == [0, 1, 2]
    assert history.loss["validation"].tolist() == [1.2, 1.2, 1.2]
    assert history.learning_rate.tolist() == [0.1, 0.05, 0.01]


def test_epochs_are_filled_by_step():
    """Whatever the order of the rows; nothing can be filled where nothing is known."""
    step, rows = np.array([5, 1, 9, 3, 12]), np.array([True, True, True, True, False])
    found = filled_epochs([None, 0, 2, np.nan, None], step, rows)
    assert found[:4].tolist() == [2, 0, 2, 2]
    assert np.isnan(found[4])
    assert np.isnan(filled_epochs([None] * 5, step, rows)).all()


def test_batches_are_averaged_without_a_mean_of_the_epoch(sample):
    """With training entries by batch alone, an epoch is their mean, and that is said."""
    frame = pd.read_csv(sample("lightning_metrics.csv")).drop(columns="train_loss_epoch")
    (history,) = read_histories(frame)
    np.testing.assert_allclose(history.loss["train"][:2], [(0.6512 + 0.5804) / 2, 0.5194])
    assert any("were averaged" in sentence for sentence in history.distortions)


def test_without_validation_batches_are_the_steps(sample):
    """Single batches are kept where nothing else was recorded, with the length of an epoch."""
    (history,) = read_histories(sample("lightning_steps.csv"))
    assert history.unit == "step"
    assert history.batches_per_epoch == 30
    assert history.steps.tolist() == list(range(9, 90, 10))
    assert history.loss["train"][[0, -1]].tolist() == [0.692, 0.509]
    assert read_histories(sample("lightning_steps.csv"), batch=10)[0].batches_per_epoch == 10


@pytest.mark.parametrize("kind", ["path", "pandas"])
def test_a_loss_that_broke_down_stays_nan(kind, tmp_path):
    """NaN that a run ends with was recorded; cells left empty between entries were not."""
    lines = ["epoch,step,train_loss,val_loss"]
    for epoch in range(6):
        loss = "nan" if epoch > 3 else f"{1 / (epoch + 1):.4f}"
        lines += [f"{epoch},{epoch},{loss},", f"{epoch},{epoch},,{loss}"]
    path = tmp_path / "metrics.csv"
    path.write_text("\n".join(lines), encoding="utf-8")
    (history,) = read_histories(path if kind == "path" else pd.read_csv(path))
    for split in ("train", "validation"):
        assert np.isnan(history.loss[split]).tolist() == [False] * 4 + [True] * 2
    assert history.unrecorded == {}


@pytest.mark.parametrize(
    ("values", "gaps"),
    [
        ([1.0, np.nan, 2.0, np.nan], [1, 3]),
        ([1.0, np.nan, 2.0, np.nan, np.nan], [1, 3]),
        ([np.nan, np.nan, 1.0], [0, 1]),
        ([np.nan, np.nan], []),
        ([1.0, 2.0, np.nan], []),
        ([1.0, 2.0], []),
    ],
)
def test_mark_gaps(values, gaps):
    """Cells between entries, and as many after the last, are empty; more NaN were recorded."""
    marked = mark_gaps(values)
    assert [row for row, value in enumerate(marked) if value is None] == gaps
    assert len(marked) == len(values)


def test_a_row_without_an_epoch_is_an_error():
    """Rows that belong to no epoch cannot be placed, and the row is named."""
    frame = {"epoch": [0, None], "step": [0, 1], "train_loss": [1.0, 0.9]}
    with pytest.raises(ValueError, match="Row 1 has no number in the column 'epoch'"):
        read_histories(frame)
