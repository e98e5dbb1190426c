"""Tables of a report on a history."""

import numpy as np
import pytest

from sklearn_lossfix._core._history import History
from sklearn_lossfix.diagnosis._history_report import build_history_report
from sklearn_lossfix.diagnosis._history_tables import TABLE_POINTS, recorded_curves

STEPS = np.arange(1.0, 31.0)
LOSS = np.exp(-STEPS / 5)


def test_recorded_curves_begin_with_losses():
    """Losses of all splits, then metrics."""
    made = History(STEPS, {"train": LOSS, "validation": LOSS}, {"f1": {"validation": LOSS}})
    assert [(name, split) for name, split, _ in recorded_curves(made)] == [
        ("loss", "train"),
        ("loss", "validation"),
        ("f1", "validation"),
    ]


def test_long_curves_are_thinned():
    """A curve of any length has at most as many rows as a picture can show."""
    n = 7000
    made = History(np.arange(float(n)), {"train": np.exp(-np.arange(n) / 900)})
    assert len(build_history_report([made]).frame("curves")) <= TABLE_POINTS


def test_columns_of_a_table_are_equally_long():
    """Every table is a table."""
    made = History(STEPS, {"validation": LOSS}, {"accuracy": {"validation": 1 - LOSS}})
    report = build_history_report([made, made])
    for name in report.tables:
        columns = report.to_dict()["tables"][name]
        assert len({len(values) for values in columns.values()}) == 1


def test_bands_are_quartiles_of_the_runs():
    """Of five runs the band goes from the second to the fourth."""
    runs = [History(STEPS, {"validation": LOSS + k}, name=f"seed {k}") for k in range(5)]
    table = build_history_report(runs).frame("curves")
    assert table["low"].to_numpy() == pytest.approx(LOSS + 1)
    assert table["value"].to_numpy() == pytest.approx(LOSS + 2)
    assert table["high"].to_numpy() == pytest.approx(LOSS + 3)


def test_runs_are_named_and_may_lack_a_loss():
    """Each run has a row; one without a finite loss has no numbers."""
    runs = [
        History(STEPS, {"validation": LOSS}, name="a"),
        History(STEPS, {"validation": np.full(30, np.nan)}),
    ]
    table = build_history_report(runs).frame("runs")
    assert table["run"].tolist() == ["a", "run 2"]
    assert table["best_step"].tolist()[0] == 30
    assert np.isnan(table["best_step"].tolist()[1])


def test_no_courses_without_a_metric():
    """Where nothing stands beside the loss there is no such table."""
    report = build_history_report([History(STEPS, {"validation": LOSS})])
    assert "courses" not in report.tables
