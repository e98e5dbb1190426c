"""Data frames of pandas and polars."""

import numpy as np
import pandas as pd
import polars as pl
import pytest

from sklearn_lossfix.diagnosis.history._read import read_histories

WIDE = {
    "epoch": [1, 2, 3, 4],
    "train_loss": [0.7, 0.6, 0.5, 0.45],
    "val_loss": [None, 0.65, None, 0.6],
    "val_acc": [None, 0.6, None, 0.7],
}


@pytest.mark.parametrize("library", [pd, pl])
def test_wide_frame_equals_a_dictionary(library):
    """A frame is read as the dictionary of its columns, gaps included."""
    (expected,) = read_histories(WIDE)
    (history,) = read_histories(library.DataFrame(WIDE))
    np.testing.assert_array_equal(history.steps, expected.steps)
    for split in ("train", "validation"):
        np.testing.assert_array_equal(history.loss[split], expected.loss[split])
    assert history.unrecorded["validation"].tolist() == [True, False, True, False]
    np.testing.assert_array_equal(
        history.metrics["accuracy"]["validation"], expected.metrics["accuracy"]["validation"]
    )


@pytest.mark.parametrize("library", [pd, pl])
def test_tidy_frame(library, sample):
    """A frame with one value in a row is turned into curves."""
    (history,) = read_histories(library.read_csv(sample("tidy.csv")))
    assert history.loss["train"].tolist() == [0.71, 0.62, 0.55]
    assert history.loss["validation"].tolist() == [0.73, 0.66, 0.63]
    assert history.metrics["accuracy"]["validation"].tolist() == [0.52, 0.61, 0.64]


def test_index_of_a_pandas_frame_numbers_the_steps():
    """An index called epoch is the column of that name."""
    frame = pd.DataFrame(WIDE).set_index("epoch")
    assert read_histories(frame.iloc[1:])[0].steps.tolist() == [2, 3, 4]


def test_nullable_columns():
    """Gaps of nullable types are gaps."""
    frame = pd.DataFrame(WIDE).convert_dtypes()
    (history,) = read_histories(frame)
    assert history.unrecorded["validation"].tolist() == [True, False, True, False]


def test_a_column_without_numbers_is_no_curve_but_for_training_loss():
    """Validation that never ran leaves an empty column; a training loss may be NaN throughout."""
    frame = pd.DataFrame({"epoch": [1, 2], "train_loss": [0.5, 0.4], "val_loss": [np.nan, np.nan]})
    (history,) = read_histories(frame)
    assert list(history.loss) == ["train"]
    (history,) = read_histories(frame.assign(train_loss=np.nan, val_loss=[1.0, 1.0]))
    assert np.isnan(history.loss["train"]).all()
    assert "train" not in history.unrecorded


def test_validation_that_was_judged_has_a_loss_that_was_nan_throughout():
    """Where another curve of validation rows has numbers, a loss without any was recorded so."""
    frame = pd.DataFrame({"train_loss": [0.5, 0.4], "val_loss": [np.nan] * 2, "val_acc": np.nan})
    (history,) = read_histories(frame)
    assert list(history.loss) == ["train"]
    (history,) = read_histories(frame.assign(val_acc=[np.nan, 0.5]))
    assert np.isnan(history.loss["validation"]).all()
    assert "validation" not in history.unrecorded


def test_lazy_frames_are_refused():
    """Nothing is collected silently."""
    with pytest.raises(TypeError, match="history is a polars LazyFrame"):
        read_histories(pl.DataFrame(WIDE).lazy())
