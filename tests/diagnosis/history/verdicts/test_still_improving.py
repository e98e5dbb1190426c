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
    """A fall beyond noise passes where a run as long again would add less than a percent."""
    step = np.arange(80.0)
    noise = np.random.default_rng(0).normal(0, 1e-4, 80)
    finding = StillImproving().run(analysis_of(None, 1.0 - 0.0001 * step + noise))
    assert finding.section == "passed"
    assert finding.estimate < 0
    assert -0.009 < finding.evidence["projected_change"] < -0.002


@pytest.mark.parametrize(
    ("start", "drop"),
    [(np.log(2), 0.03), (2.30, 0.08)],
)
def test_a_slow_straight_line_leads_somewhere(analysis_of, start, drop):
    """A run that falls by a percent in its last quarter, and would go on so, is not done."""
    step, rng = np.arange(1.0, 201), np.random.default_rng(0)
    losses = [start - drop * step / 200 + rng.normal(0, sd, 200) for sd in (0.0005, 0.0008)]
    finding = StillImproving().run(analysis_of(*losses))
    assert finding.section == "issue"
    assert 0.5 * drop < -finding.evidence["projected_change"] < 1.1 * drop
    assert "a run as long again would add" in finding.message


@pytest.mark.parametrize("seed", range(4))
def test_a_drop_that_is_over_leads_nowhere(analysis_of, seed):
    """The last quarter begins above a drop, of a lower rate, and ends flat: nothing falls there."""
    step, rng = np.arange(1.0, 101), np.random.default_rng(seed)
    shape = 0.3 + np.exp(-step / 6) + 0.3 * (step < 85)
    losses = [shape - 0.1 + rng.normal(0, 0.01, 100), shape + rng.normal(0, 0.015, 100)]
    finding = StillImproving().run(analysis_of(*losses))
    assert finding.section == "passed"
    assert finding.estimate < -0.1


def test_a_rate_that_has_run_out_wants_a_longer_schedule(analysis_of, curves):
    """Where the recorded rate ends at nothing, training on with it would do nothing."""
    falling = curves["validation"] + 0.3 - 0.003 * curves["step"]
    for rate, section in (
        (0.1 * (1 + np.cos(np.pi * curves["step"] / 80)) / 2, "tip"),
        (np.full(80, 0.1), "issue"),
        (np.where(curves["step"] < 40, 0.1, 0.001), "issue"),
    ):
        finding = StillImproving().run(
            analysis_of(curves["train"], falling, learning_rate=rate, unit="epoch")
        )
        assert finding.section == section
        assert ("a schedule over more epochs" in finding.evidence["fix"]) == (section == "tip")


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
