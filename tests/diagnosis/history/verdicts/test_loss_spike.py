"""Jumps of the loss."""

import numpy as np
import pytest

from sklearn_lossfix.diagnosis.history.verdicts.loss_spike import LossSpike
from sklearn_lossfix.exceptions import CheckNotApplicable


def test_a_spike_is_a_tip_and_a_level_an_issue(analysis_of, curves):
    """What is over is told; what stays is an issue, and leads where both are there."""
    spike = curves["train"].copy()
    spike[39] += 0.4
    finding = LossSpike().run(analysis_of(spike))
    assert (finding.section, finding.evidence["stays"]) == ("tip", False)
    assert finding.evidence["steps"] == [40.0]
    both = spike.copy()
    both[60:] += 0.2
    finding = LossSpike().run(analysis_of(both))
    assert (finding.section, finding.evidence["stays"]) == ("issue", True)
    assert sorted(finding.evidence["steps"]) == [40.0, 61.0]
    assert finding.estimate == pytest.approx(0.2, abs=0.03)


def test_small_jumps_pass(analysis_of, curves):
    """A jump of a tenth of the progress is beyond noise, and does not matter."""
    small = curves["train"].copy()
    small[39] += 0.05
    assert LossSpike().run(analysis_of(small)).section == "passed"
    assert LossSpike().run(analysis_of(curves["train"])).section == "passed"


def test_short_curves_are_not_judged(analysis_of):
    """Both sides of a jump, and as many points again, are needed."""
    with pytest.raises(CheckNotApplicable, match="judging a jump needs 20"):
        LossSpike().run(analysis_of(np.linspace(1, 0.5, 12)))
