"""Tables of columns: wide and tidy, with rows that belong together."""

import pytest

from sklearn_lossfix.diagnosis.history._read import read_histories
from sklearn_lossfix.diagnosis.history.readers.columns import (
    merge_rows,
    numbers_in_text,
    step_column,
)


def test_numbers_in_text():
    """Empty cells are none, a written nan is a number, and other text stays text."""
    numbers = numbers_in_text(["0.5", "", "NA", "1e-3", " inf "])
    assert numbers == [0.5, None, None, 0.001, float("inf")]
    assert numbers_in_text(["nan"])[0] != numbers_in_text(["nan"])[0]
    assert numbers_in_text(["train", ""]) == ["train", None]


@pytest.mark.parametrize(
    ("columns", "expected"),
    [
        ({"Epoch": [1], "loss": [1]}, ("Epoch", "epoch")),
        ({"iter": [1], "step": [1]}, ("iter", "iteration")),
        ({"epoch": [1], "step": [7]}, ("epoch", "epoch")),
        ({"epoch": [0.5], "global_step": [7]}, ("global_step", "step")),
        ({"loss": [1]}, (None, "epoch")),
    ],
)
def test_step_column(columns, expected):
    """The coarsest count numbers the steps, unless epochs are fractions."""
    assert step_column(columns) == expected


def test_merge_rows_fills_gaps_and_orders():
    """Rows of a step make one, whatever their order."""
    steps, curves = merge_rows("epoch", [2, 1, 1], {"loss": [0.4, None, 0.7], "time": [3, 1, 2]})
    assert steps.tolist() == [1, 2]
    assert curves == {"loss": [0.7, 0.4], "time": [2, 3]}


def test_a_step_that_was_written_again_is_one_step():
    """A run that was resumed repeats its last step: equal entries are one."""
    (history,) = read_histories({"epoch": [1, 2, 3, 3, 4], "loss": [0.9, 0.8, 0.7, 0.7, 0.6]})
    assert history.steps.tolist() == [1, 2, 3, 4]
    assert history.loss["train"].tolist() == [0.9, 0.8, 0.7, 0.6]


def test_merge_rows_refuses_two_runs_in_one_table():
    """Two entries of a curve in a step are two runs, which cannot be told apart."""
    with pytest.raises(ValueError, match=r"epoch 1 has more than one entry in 'loss'.*dict"):
        read_histories({"epoch": [1, 2, 1, 2], "loss": [0.7, 0.5, 0.8, 0.6]})


def test_a_column_of_rows():
    """A table with one row for each epoch and set of rows is turned into curves of each."""
    (history,) = read_histories(
        {
            "epoch": [1, 1, 2, 2],
            "phase": ["train", "val", "train", "val"],
            "loss": [0.7, 0.8, 0.5, 0.6],
            "acc": [0.5, 0.4, 0.7, 0.6],
        }
    )
    assert history.loss["train"].tolist() == [0.7, 0.5]
    assert history.loss["validation"].tolist() == [0.8, 0.6]
    assert history.metrics["accuracy"]["validation"].tolist() == [0.4, 0.6]


def test_a_tidy_table_needs_steps():
    """Without numbers of steps nothing says which entries belong together."""
    with pytest.raises(ValueError, match="also needs one that numbers the steps"):
        read_histories({"metric": ["loss", "loss"], "value": [0.7, 0.5]})


def test_lengths_must_agree():
    """Which entries are missing cannot be guessed, and the lengths are named."""
    with pytest.raises(ValueError, match="'train_loss' has 3, 'valid_loss' has 2"):
        read_histories({"train_loss": [3, 2, 1], "valid_loss": [2, 1]})
