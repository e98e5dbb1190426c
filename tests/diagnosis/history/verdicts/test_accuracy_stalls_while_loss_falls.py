"""A metric that stalls while the loss falls."""

import numpy as np
import pytest

from sklearn_lossfix.diagnosis.history.verdicts.accuracy_stalls_while_loss_falls import (
    AccuracyStallsWhileLossFalls,
)


@pytest.fixture
def falling(curves):
    """A validation loss that falls to the end."""
    return curves["validation"] + 0.5 - 0.004 * curves["step"]


def stalled(level, seed=0):
    """A metric that stays where it is."""
    return level + np.random.default_rng(seed).normal(0, 0.003, 80)


def test_it_fires_with_both_intervals(analysis_of, falling):
    """The loss falls beyond doubt and accuracy is shown to stay."""
    finding = AccuracyStallsWhileLossFalls().run(analysis_of(None, falling, stalled(0.75)))
    assert finding.section == "issue"
    assert finding.estimate < -0.1
    assert abs(finding.evidence["metric_low"]) < 0.01
    assert abs(finding.evidence["metric_high"]) < 0.01


def test_nothing_left_to_win_is_no_stall(analysis_of, falling):
    """At an accuracy near one there is nothing to find."""
    finding = AccuracyStallsWhileLossFalls().run(
        analysis_of(None, falling, stalled(0.995).clip(max=1))
    )
    assert finding.section == "passed"


def test_a_vague_metric_is_not_stalled(analysis_of, falling):
    """Noise that hides a change is no proof of constancy."""
    noisy = 0.75 + np.random.default_rng(1).normal(0, 0.1, 80)
    assert AccuracyStallsWhileLossFalls().run(analysis_of(None, falling, noisy)).section == "passed"


def test_sound_runs_pass(analysis_of, curves, falling):
    """A metric that improves, and the slow end of a sound run, pass."""
    better = stalled(0.6) + 0.003 * curves["step"]
    assert (
        AccuracyStallsWhileLossFalls().run(analysis_of(None, falling, better)).section == "passed"
    )
    sound = analysis_of(None, curves["validation"], curves["accuracy"])
    assert AccuracyStallsWhileLossFalls().run(sound).section == "passed"


@pytest.mark.parametrize("n_classes", [4, None])
def test_an_accuracy_frozen_at_a_constant_answer_is_an_issue(analysis_of, n_classes):
    """A loss that fell early and far beside an accuracy of 1 / K all the while."""
    noise = np.random.default_rng(0).normal(0, 1, (2, 50))
    loss = 1.25 + 5.8 * np.exp(-np.arange(50) / 6) + 0.02 * noise[0]
    analysis = analysis_of(
        None, loss, 0.25 + 0.005 * noise[1], n_classes=n_classes, n_validation=500
    )
    finding = AccuracyStallsWhileLossFalls().run(analysis)
    assert finding.section == "issue"
    assert finding.evidence["constant_answer"] == 0.25
    assert finding.estimate < -5


def test_a_frozen_accuracy_that_is_no_constant_answer_is_a_tip(analysis_of):
    """Rows may have been told apart by the first epoch, and be told more surely since."""
    loss = 0.2 + 0.5 * np.exp(-np.arange(50) / 6)
    finding = AccuracyStallsWhileLossFalls().run(analysis_of(None, loss, np.full(50, 0.93)))
    assert finding.section == "tip"
    assert finding.evidence["constant_answer"] is None
    learnt = 0.93 - 0.4 * np.exp(-np.arange(50) / 3)
    assert AccuracyStallsWhileLossFalls().run(analysis_of(None, loss, learnt)).section == "passed"
