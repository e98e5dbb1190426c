"""Loss and metric of different answers."""

import numpy as np
import pytest

from sklearn_lossfix.diagnosis.history.verdicts.loss_metric_mismatch import (
    HistoryMismatch,
    innovations_of,
    paired,
)
from sklearn_lossfix.exceptions import CheckNotApplicable


def test_a_squared_error_beside_a_poor_accuracy_is_proven(analysis_of):
    """A loss of 0.1 with three quarters wrong is below 0.75 log 2: no log loss of these labels."""
    flat, right = np.full(30, 0.1), np.full(30, 0.25)
    finding = HistoryMismatch().run(analysis_of(flat, accuracy=right, loss_kind="unknown"))
    assert finding.section == "issue"
    assert finding.estimate == pytest.approx(0.75 * np.log(2) - 0.1)
    finding = HistoryMismatch().run(analysis_of(flat, accuracy=right, loss_kind="squared_error"))
    assert finding.section == "tip"


def test_no_log_loss_of_the_same_forecasts_is_accused(analysis_of):
    """Whatever forecasts are drawn, their log loss and accuracy agree."""
    rng = np.random.default_rng(0)
    losses, hits = [], []
    for _ in range(30):
        proba = rng.dirichlet(np.full(3, rng.uniform(0.1, 3)), 200)
        y = rng.integers(0, 3, 200)
        losses.append(-np.log(proba[np.arange(200), y]).mean())
        hits.append((proba.argmax(axis=1) == y).mean())
    assert HistoryMismatch().run(analysis_of(None, losses, hits)).section != "issue"


def test_a_metric_that_falls_with_the_loss_is_an_issue(analysis_of, curves):
    """Both fall in the later half, beyond doubt: the metric asks for something else."""
    step = curves["step"]
    worse = 0.9 - 0.004 * np.maximum(step - 30, 0) + curves["accuracy"] - curves["accuracy"].mean()
    loss = curves["validation"] + 0.4 - 0.005 * step
    worse -= curves["accuracy"] - curves["accuracy"].mean()
    noise = np.random.default_rng(3).normal(0, 0.004, len(step))
    finding = HistoryMismatch().run(analysis_of(None, loss, worse + noise))
    assert finding.section == "issue"
    assert finding.p_value <= 0.01
    assert finding.evidence["loss_change"] < 0
    assert finding.evidence["metric_change"] < 0


def test_a_sound_run_passes(analysis_of, curves):
    """Loss and accuracy that improve together pass."""
    analysis = analysis_of(curves["train"], curves["validation"], curves["accuracy"])
    assert HistoryMismatch().run(analysis).section == "passed"


def test_it_needs_a_metric_and_enough_steps(analysis_of, curves):
    """Without a metric, or with a few steps only, it does not apply, and says why."""
    with pytest.raises(CheckNotApplicable, match="No metric"):
        HistoryMismatch().run(analysis_of(curves["train"]))
    with pytest.raises(CheckNotApplicable, match="10 steps in common"):
        HistoryMismatch().run(analysis_of(None, np.full(10, 0.5), np.full(10, 0.8)))


def test_paired_takes_the_steps_of_both(analysis_of):
    """Steps that one curve lacks are left out."""
    analysis = analysis_of(None, [3.0, np.nan, 1.0, 0.5], [0.1, 0.2, np.nan, 0.4])
    steps, losses, hits = paired(analysis.loss("validation"), analysis.metric("validation"))
    assert steps.tolist() == [1.0, 4.0]
    assert losses.tolist() == [3.0, 0.5]
    assert hits.tolist() == [0.1, 0.4]


def test_innovations_are_centred_and_keep_no_course():
    """A steady course leaves nothing."""
    assert np.abs(innovations_of(np.linspace(0, 1, 50))).max() < 0.1
    assert innovations_of(np.random.default_rng(1).normal(size=50)).mean() == pytest.approx(0)
