"""A loss that rises while the metric holds."""

import numpy as np
import pytest

from sklearn_lossfix.diagnosis.history.verdicts.loss_rises_while_accuracy_holds import (
    LossRisesWhileAccuracyHolds,
)
from sklearn_lossfix.diagnosis.ledgers.bridges import fano_bound


@pytest.fixture
def rising(curves):
    """A validation loss that rises in the later half."""
    return curves["validation"] + 0.005 * np.maximum(curves["step"] - 20, 0)


def test_it_fires_where_accuracy_holds(analysis_of, curves, rising):
    """Rising loss, steady accuracy: too sure of the rows that are wrong."""
    finding = LossRisesWhileAccuracyHolds().run(analysis_of(None, rising, curves["accuracy"]))
    assert finding.section == "issue"
    assert finding.estimate == pytest.approx(0.005 * 39, rel=0.15)
    last_error = 1 - curves["accuracy"][-1]
    assert finding.evidence["proven_miscalibration"] == pytest.approx(
        rising[-1] - fano_bound(last_error, 2)
    )


def test_it_fires_where_accuracy_rises(analysis_of, curves, rising):
    """Rising loss, rising accuracy: the same, and stopping by loss would give up accuracy."""
    better = curves["accuracy"] + 0.0008 * curves["step"] - 0.06
    finding = LossRisesWhileAccuracyHolds().run(analysis_of(None, rising, better))
    assert finding.section == "issue"


def test_true_overfitting_and_sound_runs_pass(analysis_of, curves, rising):
    """Where accuracy falls too it is overfitting; where the loss does not rise it is nothing."""
    worse = curves["accuracy"] - 0.002 * np.maximum(curves["step"] - 20, 0)
    assert LossRisesWhileAccuracyHolds().run(analysis_of(None, rising, worse)).section == "passed"
    sound = analysis_of(None, curves["validation"], curves["accuracy"])
    assert LossRisesWhileAccuracyHolds().run(sound).section == "passed"


def test_few_rows_make_accuracy_vague(analysis_of, curves, rising):
    """With 50 validation rows the accuracy may fall by what one cannot see: limit is its error."""
    finding = LossRisesWhileAccuracyHolds().run(
        analysis_of(None, rising, curves["accuracy"], n_validation=50)
    )
    assert finding.evidence["metric_limit"] == pytest.approx(np.sqrt(0.9 * 0.1 / 50), rel=0.1)


def test_a_rise_after_the_step_that_was_put_back_is_a_tip(analysis_of, curves, rising):
    """Nothing is lost by it where the metric is flat; where it rises, stopping gave up accuracy."""
    flat = 0.9 + 0 * curves["accuracy"]
    better = curves["accuracy"] + 0.0008 * curves["step"] - 0.06
    for accuracy, kept, section in (
        (flat, 20.0, "tip"),
        (flat, None, "issue"),
        (flat, 80.0, "issue"),
        (better, 20.0, "issue"),
    ):
        analysis = analysis_of(None, rising, accuracy, kept_step=kept)
        assert LossRisesWhileAccuracyHolds().run(analysis).section == section
