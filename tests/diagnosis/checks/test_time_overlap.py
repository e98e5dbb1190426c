"""time-overlap: training rows that are later than judged rows."""

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression

from sklearn_lossfix import diagnose, diagnose_predictions

SLUG = "time-overlap"


def judged(X, y, train, val, **kwargs):
    """Finding on a split of rows that stand in the order of time; nothing is refitted."""
    model = LogisticRegression().fit(X[train], y[train])
    times = np.arange(len(y))
    kwargs = {"times": times[train], "times_val": times[val], "effort": "fast"} | kwargs
    return diagnose(model, X[train], y[train], X_val=X[val], y_val=y[val], **kwargs)[SLUG]


def drifting(n_rows=1200):
    """Labels that follow one column at first and another one later."""
    rng = np.random.default_rng(0)
    X = rng.normal(size=(n_rows, 3))
    late = np.arange(n_rows) > n_rows / 2
    y = (np.where(late, X[:, 1], X[:, 0]) + 0.3 * rng.normal(size=n_rows) > 0).astype(int)
    return X, y


def test_a_split_in_the_order_of_time_passes(table):
    """Training rows before all validation rows do not know the future."""
    X, y = table(400)
    finding = judged(X, y, np.arange(300), np.arange(300, 400))
    assert finding.section == "passed"


def test_a_random_split_is_a_tip(table):
    """Gaps may be what is to be filled."""
    X, y = table(400)
    order = np.random.default_rng(0).permutation(400)
    finding = judged(X, y, order[:300], order[300:])
    assert finding.section == "tip"
    assert "how well gaps are filled" in finding.message


def test_fires_where_later_rows_score_worse():
    """Validation rows from the time of the training rows promise what later ones do not keep."""
    X, y = drifting()
    train = np.arange(0, 600, 2)
    val = np.r_[np.arange(1, 600, 2), np.arange(600, 1200)]
    finding = judged(X, y, train, val)
    assert finding.section == "issue"
    assert finding.nats_at_stake > 0
    assert "later rows of the same classes" in finding.message


@pytest.mark.parametrize("missing", ["times_val", "times"])
def test_needs_times_of_both_parts(table, missing):
    """Without times, and for validation rows without theirs, the order is not known."""
    X, y = table(200)
    left_out = {"times_val": None} | ({"times": None} if missing == "times" else {})
    finding = judged(X, y, np.arange(100), np.arange(100, 200), **left_out)
    assert finding.section == "not_applicable"
    assert "times_val=" in finding.message


def test_times_of_training_rows_alone_judge_the_folds(table):
    """With refits and without times of validation rows the folds are judged."""
    X, y = table(200)
    finding = judged(X, y, np.arange(100), np.arange(100, 200), times_val=None, effort="normal")
    assert finding.section == "tip"
    assert finding.message.startswith("Out of fold: ")


def test_predictions_have_no_times():
    """Predictions alone have no rows to compare."""
    y = np.arange(100) % 2
    assert diagnose_predictions(y, np.full(100, 0.5))[SLUG].section == "not_applicable"
