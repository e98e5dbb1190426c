"""scikit-learn's ScoringMonitor, which versions before 1.9 do not have: its log as it writes it."""

import pandas as pd
import pytest

from sklearn_lossfix.diagnosis.history._read import read_histories


def log_rows(n_iterations, fit=0):
    """Rows of a fit: one for the fit as a whole, one for each iteration."""
    task = {"estimator_name": "LogisticRegression", "sequential_subtasks": False}
    scores = [
        {"neg_log_loss": -0.7 + 0.1 * n, "accuracy": 0.5 + 0.1 * n} for n in range(n_iterations)
    ]
    rows = [
        {
            "task_id_path": (fit, n),
            "parent_task_id_path": (fit,),
            "task_name": "iteration",
            "task_id": n,
            **task,
            **scores[n],
        }
        for n in range(n_iterations)
    ]
    whole = {"task_id_path": (fit,), "parent_task_id_path": (), "task_name": "fit", "task_id": fit}
    return [{**whole, **task, **scores[-1]}, *reversed(rows)]


@pytest.fixture
def make_log(make_object):
    """A log of given rows."""
    return lambda rows: make_object(
        "sklearn.callback._scoring_monitor", "ScoringMonitorLog", data=rows
    )


def test_round_trip(make_log, make_object):
    """Scores come back in the order of iterations, without the row that repeats the last."""
    log = make_log(log_rows(3))
    monitor = make_object(
        "sklearn.callback._scoring_monitor", "ScoringMonitor", get_logs=lambda: log
    )
    for source in (log, monitor, log.data, pd.DataFrame(log.data)):
        (history,) = read_histories(source)
        assert history.loss["train"].tolist() == pytest.approx([0.7, 0.6, 0.5])
        assert history.metrics["accuracy"]["train"].tolist() == pytest.approx([0.5, 0.6, 0.7])
        assert (history.loss_name, history.flipped) == ("log_loss", ("neg_log_loss",))
        assert any("training rows" in sentence for sentence in history.distortions)


def test_several_fits_and_none_are_errors(make_log):
    """A search logs many fits, which are no one curve."""
    with pytest.raises(ValueError, match=r"logged 2 fits. Expected one"):
        read_histories(make_log([*log_rows(2), *log_rows(2, fit=1)]))
    with pytest.raises(ValueError, match="logged no iteration"):
        read_histories(make_log([]))
