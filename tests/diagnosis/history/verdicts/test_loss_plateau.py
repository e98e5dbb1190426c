"""A loss that has stood still."""

import numpy as np
import pytest

from sklearn_lossfix.diagnosis.history.verdicts.loss_plateau import LossPlateau
from sklearn_lossfix.exceptions import CheckNotApplicable


def test_a_flat_later_half_is_a_tip(analysis_of):
    """Where the change is shown to be less than what matters, training could have stopped."""
    step = np.arange(1.0, 81.0)
    noise = np.random.default_rng(0).normal(0, 0.001, 80)
    flat = 0.3 + 0.4 * np.exp(-step / 4) + noise
    finding = LossPlateau().run(analysis_of(None, flat))
    assert finding.section == "tip"
    assert finding.evidence["p_of_equivalence"] <= 0.05
    assert finding.evidence["first_step"] == 41.0


def test_noise_that_hides_a_change_is_no_plateau(analysis_of):
    """A flat but noisy curve is not shown to be flat, and a falling one is not."""
    step = np.arange(1.0, 81.0)
    noise = np.random.default_rng(1).normal(0, 0.05, 80)
    assert LossPlateau().run(analysis_of(None, 0.5 + noise)).section == "passed"
    assert LossPlateau().run(analysis_of(None, 1 - 0.005 * step)).section == "passed"


def test_short_curves_are_not_judged(analysis_of):
    """Sixteen entries give a half of eight, the fewest for a trend."""
    with pytest.raises(CheckNotApplicable, match="this needs 16"):
        LossPlateau().run(analysis_of(None, np.full(15, 0.3)))
