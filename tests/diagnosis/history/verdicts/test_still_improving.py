"""A loss that was still falling."""

import numpy as np
import pytest

from sklearn_lossfix._core._history import History
from sklearn_lossfix.diagnosis.history._analysis import HistoryAnalysis
from sklearn_lossfix.diagnosis.history.verdicts.still_improving import StillImproving
from sklearn_lossfix.exceptions import CheckNotApplicable


def test_a_falling_end_is_an_issue(analysis_of, curves):
    """A validation loss that falls to the end by more than a percent was stopped too early."""
    falling = curves["validation"] + 0.3 - 0.003 * curves["step"]
    finding = StillImproving().run(analysis_of(curves["train"], falling))
    assert finding.section == "issue"
    assert finding.estimate == pytest.approx(-0.003 * 19, abs=0.02)
    assert finding.evidence["first_step"] == 61.0
    assert 0 < finding.nats_at_stake < 0.06


def test_the_validation_loss_decides(analysis_of, curves):
    """A training loss that falls on does not count where a validation loss has levelled off."""
    falling = curves["train"] + 0.3 - 0.003 * curves["step"]
    assert StillImproving().run(analysis_of(falling, curves["validation"])).section == "passed"
    alone = StillImproving().run(analysis_of(falling))
    assert alone.section == "tip"
    assert "not shown for held-out rows" in alone.message


def test_a_training_loss_alone_may_have_passed(analysis_of, curves):
    """A run that stopped by its own rule, and a flat validation metric, take the tip away."""
    falling = curves["train"] + 0.3 - 0.003 * curves["step"]
    stopped = analysis_of(falling, stop_reason="patience")
    assert StillImproving().run(stopped).section == "passed"
    flat = 0.9 + np.random.default_rng(0).normal(0, 0.002, 80)
    for values, section in ((flat, "passed"), (flat + 0.002 * curves["step"], "tip")):
        history = History(curves["step"], {"train": falling}, {"accuracy": {"validation": values}})
        assert StillImproving().run(HistoryAnalysis([history], 0.01)).section == section


def test_without_a_loss_the_metric_is_judged(curves):
    """A metric that rises to the end is what a falling loss is; one that falls is not."""
    noise = np.random.default_rng(0).normal(0, 0.002, 80)
    for slope, section in ((0.003, "issue"), (-0.003, "passed"), (0.0, "passed")):
        metric = {"f1": {"validation": 0.6 + slope * curves["step"] + noise}}
        analysis = HistoryAnalysis([History(curves["step"], {}, metric)], 0.01)
        finding = StillImproving().run(analysis)
        assert finding.section == section
        assert finding.title == "The metric was still improving"


def test_less_than_a_percent_is_not_worth_more_epochs(analysis_of):
    """A fall beyond noise by half a percent passes."""
    step = np.arange(80.0)
    noise = np.random.default_rng(0).normal(0, 1e-4, 80)
    finding = StillImproving().run(analysis_of(None, 1.0 - 0.00025 * step + noise))
    assert finding.section == "passed"
    assert finding.estimate < 0


def test_correlated_ends_are_withheld(analysis_of):
    """Ten entries of a random walk tell nothing, and it says so."""
    reasons = 0
    for seed in range(10):
        walk = 1 + 0.01 * np.random.default_rng(seed).normal(size=30).cumsum()
        try:
            StillImproving().run(analysis_of(None, walk))
        except CheckNotApplicable as reason:
            reasons += "independent" in str(reason)
    assert reasons >= 6


def test_short_curves_are_not_judged(analysis_of):
    """Below eight entries there is no trend."""
    with pytest.raises(CheckNotApplicable, match="this needs 8"):
        StillImproving().run(analysis_of(None, [0.5, 0.4, 0.3]))
