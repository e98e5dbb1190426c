"""A loss that has stood still."""

import numpy as np
import pytest

from sklearn_lossfix._core._history import History
from sklearn_lossfix.diagnosis.history._analysis import HistoryAnalysis
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


def test_without_a_loss_the_metric_is_judged():
    """A metric that has stood still for half of the run is a plateau, too."""
    values = 0.9 - 0.4 * np.exp(-np.arange(80) / 4)
    history = History(np.arange(1.0, 81.0), {}, {"auc": {"validation": values}})
    finding = LossPlateau().run(HistoryAnalysis([history], 0.01))
    assert finding.section == "tip"
    assert "validation auc" in finding.message
