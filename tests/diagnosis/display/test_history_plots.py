"""Pictures of a history with matplotlib."""

import matplotlib as mpl
import numpy as np
import pytest

mpl.use("Agg")
import matplotlib.pyplot as plt

from sklearn_lossfix._core._history import History
from sklearn_lossfix.diagnosis._history_report import build_history_report

STEPS = np.arange(1.0, 61.0)
NOISE = np.random.default_rng(0).normal(0, 0.003, 60)
LOSS = 0.3 + 0.4 * np.exp(-STEPS / 8) + 0.004 * np.maximum(STEPS - 20, 0) + NOISE


def report(n_runs=1, metric=True, rows=False):
    """A report on an overfitted run."""
    facts = {}
    if rows:
        losses = LOSS[:, None] + np.random.default_rng(1).normal(0, 0.01, (60, 50))
        facts = {"row_losses": losses, "row_right": losses < 0.4, "row_steps": STEPS}
    metrics = {"$f_1$": {"validation": 1 - LOSS}} if metric else {}
    runs = [
        History(STEPS, {"train": LOSS - 0.1 - k / 100, "validation": LOSS + k / 50}, metrics,
                **facts)
        for k in range(n_runs)
    ]  # fmt: skip
    return build_history_report(runs)


@pytest.fixture(autouse=True)
def _close():
    """Close what a test drew."""
    yield
    plt.close("all")


def test_it_is_the_main_picture_and_draws_the_loss_as_recorded():
    """Without a metric one Axes with a raw and a smoothed line per split."""
    ax = report(metric=False).plot()
    raw = [line for line in ax.get_lines() if line.get_label().startswith("_")]
    assert len(raw) == 2
    assert raw[1].get_ydata() == pytest.approx(LOSS)
    labels = [text.get_text() for text in ax.get_legend().get_texts()]
    assert labels[:2] == ["training", "validation"]
    assert labels[2].startswith("best: ")
    ax.figure.canvas.draw()


def test_a_metric_has_its_own_axes():
    """Loss above, metric below, with a name that is not read as mathematics."""
    axes = report().plot("history")
    assert axes.shape == (2,)
    assert axes[1].get_ylabel() == "$f 1$"
    axes[0].figure.canvas.draw()


def test_findings_are_marked():
    """Each issue and tip has its name on the picture of the loss."""
    made = report(metric=False)
    ax = made.plot()
    names = {text.get_text() for text in ax.texts}
    assert names == set(made.frame("verdicts")["finding"])
    assert "overfit-turning-point" in names


def test_axes_can_be_given():
    """One Axes takes the loss, two take loss and metric, three are refused."""
    _, ax = plt.subplots()
    assert report().plot("history", ax=ax) is ax
    _, pair = plt.subplots(1, 2)
    assert report().plot("history", ax=pair) is pair
    _, three = plt.subplots(1, 3)
    with pytest.raises(ValueError, match="one Axes or two: got 3"):
        report().plot("history", ax=three)


def test_several_runs_have_bands():
    """The quartiles of the runs are filled."""
    ax = report(n_runs=3, metric=False).plot()
    assert len(ax.collections) >= 2


def test_flips_are_drawn_where_rows_were_recorded():
    """With rows the flip table has its picture; without the error says why."""
    report(rows=True).plot("flips").figure.canvas.draw()
    with pytest.raises(ValueError, match="no losses of single rows were recorded"):
        report().plot("flips")
    with pytest.raises(ValueError, match="report of kind 'history'"):
        report().plot("ledger")


def test_a_report_read_back_draws_the_same():
    """Pictures need the file only."""
    made = report(metric=False)
    back = type(made).from_json(made.to_json())
    first, second = made.plot(), back.plot()
    for one, other in zip(first.get_lines(), second.get_lines(), strict=True):
        assert one.get_ydata() == pytest.approx(np.asarray(other.get_ydata(), dtype=float))
