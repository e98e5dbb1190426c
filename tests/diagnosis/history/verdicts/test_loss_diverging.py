"""A training loss that ends far above its best."""

import numpy as np
import pytest

from sklearn_lossfix.diagnosis.history.verdicts.loss_diverging import LossDiverging
from sklearn_lossfix.exceptions import CheckNotApplicable


def test_it_fires_and_tells_whether_a_constant_is_better(analysis_of, curves):
    """A loss above log 2 at the end is worse than a constant forecast."""
    rising = curves["train"] + 0.02 * np.maximum(curves["step"] - 40, 0)
    finding = LossDiverging().run(analysis_of(rising))
    assert finding.section == "issue"
    assert finding.evidence["worse_than_constant"]
    assert finding.nats_at_stake == pytest.approx(0.02 * 38, abs=0.05)
    assert 25 <= finding.evidence["first_step"] <= 45


def test_small_rises_and_sound_runs_pass(analysis_of, curves):
    """A tenth of the progress lost beyond noise is a tip, less than what matters is nothing."""
    rising = curves["train"] + 0.0015 * np.maximum(curves["step"] - 40, 0)
    finding = LossDiverging().run(analysis_of(rising))
    assert finding.section == "tip"
    assert finding.p_value < 1e-3
    creeping = 1 + np.exp(-curves["step"] / 5) + 0.0001 * np.maximum(curves["step"] - 40, 0)
    assert LossDiverging().run(analysis_of(creeping)).section == "passed"
    assert LossDiverging().run(analysis_of(curves["train"])).section == "passed"


def test_validation_loss_is_left_to_overfitting(analysis_of, curves):
    """Without a training loss it does not apply."""
    with pytest.raises(CheckNotApplicable, match="overfit-turning-point"):
        LossDiverging().run(analysis_of(None, curves["validation"]))
