"""A loss that goes up and down from step to step."""

import numpy as np
import pytest

from sklearn_lossfix.diagnosis.history.verdicts.loss_oscillating import LossOscillating
from sklearn_lossfix.exceptions import CheckNotApplicable


@pytest.mark.parametrize("split", ["train", "validation"])
def test_the_split_that_swings_is_named(analysis_of, curves, split):
    """An alternation is found in either split."""
    swinging = dict(curves)
    swinging[split] = curves[split] + 0.1 * (-1.0) ** curves["step"]
    finding = LossOscillating().run(analysis_of(swinging["train"], swinging["validation"]))
    assert finding.section == "issue"
    assert finding.evidence["split"] == split
    assert finding.evidence["swing"] == pytest.approx(0.2, abs=0.02)


def test_trembling_is_no_oscillation(analysis_of, curves):
    """Alternation by a percent of the progress passes, and so does white noise."""
    trembling = curves["train"] + 0.01 * (-1.0) ** curves["step"]
    assert LossOscillating().run(analysis_of(trembling)).section == "passed"
    noisy = curves["train"] + np.random.default_rng(0).normal(0, 0.2, len(curves["step"]))
    assert LossOscillating().run(analysis_of(noisy)).section == "passed"


def test_short_curves_are_not_judged(analysis_of):
    """Below twenty entries turning points are too few to count."""
    with pytest.raises(CheckNotApplicable, match="20 finite entries"):
        LossOscillating().run(analysis_of((-1.0) ** np.arange(19)))
