"""Tests of the picture of a training."""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest

from sklearn_lossfix._core._history import History
from sklearn_lossfix.model_selection._epoch_plot import plot_epochs, verdict_spans

HISTORY = History(
    steps=np.array([1.0, 2.0, 3.0]),
    loss={"train": np.array([3.0, 2.0, 1.0]), "validation": np.array([3.0, 2.5, 2.6])},
    metrics={
        "accu$racy$": {"train": np.array([0.5, 0.6, 0.7]), "validation": np.array([0.5, 0.6, 0.5])},
        "refinement": {"validation": np.zeros(3)},
    },
    loss_name="log_loss",
)


def test_curves_are_drawn_as_recorded():
    """Both splits of loss and first metric, and a line at the best epoch in both."""
    axes = plot_epochs(HISTORY, 2)
    drawn = {line.get_label(): line.get_ydata() for line in axes[0].get_lines()}
    np.testing.assert_array_equal(drawn["train"], HISTORY.loss["train"])
    np.testing.assert_array_equal(drawn["validation"], HISTORY.loss["validation"])
    assert axes[0].get_ylabel() == "log loss"
    for ax in axes:
        assert ax.get_lines()[-1].get_xdata() == [2, 2]
        assert len(ax.get_lines()) == 3
    axes[0].figure.canvas.draw()


def test_two_axes_are_drawn_on_and_nothing_else():
    """Given Axes are used; another number of them is an error."""
    _, given = plt.subplots(1, 2)
    assert list(plot_epochs(HISTORY, 1, ax=given)) == list(given)
    with pytest.raises(ValueError, match="two Axes, loss and metric: got 1"):
        plot_epochs(HISTORY, 1, ax=given[0])


def test_verdicts_are_ribbons():
    """Each verdict is a patch over its epochs, with its name."""
    axes = plot_epochs(HISTORY, 2, verdicts=[(1, 2, "loss-plateau"), (2, 3, "loss-spike")])
    assert len(axes[0].patches) == 2
    assert [text.get_text() for text in axes[0].texts] == ["loss-plateau", "loss-spike"]


class Reported:
    """A model whose report has these tables."""

    def __init__(self, tables):
        self.tables = tables

    def diagnose(self):
        if self.tables is None:
            raise ValueError("nothing was recorded.")
        return self


@pytest.mark.parametrize(
    ("tables", "expected"),
    [
        (None, []),
        ({}, []),
        (
            {
                "verdicts": pd.DataFrame(
                    {
                        "finding": ["loss-spike", "nonfinite-loss"],
                        "first_step": [1.0, np.nan],
                        "last_step": [4.0, np.nan],
                    }
                )
            },
            [(1.0, 4.0, "loss-spike")],
        ),
    ],
)
def test_verdicts_come_from_the_report_if_it_has_any(tables, expected):
    """Without a report, or for findings that have no place, there are no ribbons."""
    assert verdict_spans(Reported(tables)) == expected
