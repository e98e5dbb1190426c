"""A training loss that crawls."""

import numpy as np
import pytest

from sklearn_lossfix.diagnosis.history.verdicts.learning_rate_too_low import LearningRateTooLow
from sklearn_lossfix.exceptions import CheckNotApplicable


def crawl(curves, seed=0):
    """A straight line that has not got far."""
    noise = np.random.default_rng(seed).normal(0, 0.001, len(curves["step"]))
    return 0.69 - 0.001 * curves["step"] + noise


def test_a_straight_slow_fall_is_an_issue(analysis_of, curves):
    """It falls at its mean pace to the end and has taken little off, on held-out rows too."""
    finding = LearningRateTooLow().run(analysis_of(crawl(curves), crawl(curves, 1)))
    assert finding.section == "issue"
    assert finding.evidence["pace_at_end"] == pytest.approx(1.0, abs=0.2)
    assert finding.evidence["share_gained"] == pytest.approx(0.115, abs=0.02)


def test_curves_that_bend_or_get_far_pass(analysis_of, curves):
    """A run that has levelled off, and a straight one that got far, are not too slow."""
    assert LearningRateTooLow().run(analysis_of(curves["train"])).section == "passed"
    far = 0.7 - 0.008 * curves["step"] + np.random.default_rng(1).normal(0, 0.002, 80)
    assert LearningRateTooLow().run(analysis_of(far)).section == "passed"


def test_it_needs_a_training_loss(analysis_of, curves):
    """Validation rows do not show the pace of the optimiser."""
    with pytest.raises(CheckNotApplicable, match="No training loss"):
        LearningRateTooLow().run(analysis_of(None, curves["validation"]))


def test_a_validation_loss_past_its_best_wants_no_larger_steps(analysis_of, curves):
    """The training loss crawls in all three: only where validation still falls is it an issue."""
    low, step = crawl(curves), curves["step"]
    turned = 0.69 - 0.001 * np.minimum(step, 20) + 0.002 * np.maximum(step - 20, 0)
    for validation, section in ((crawl(curves, 1), "issue"), (turned, "passed")):
        assert LearningRateTooLow().run(analysis_of(low, validation)).section == section
    assert LearningRateTooLow().run(analysis_of(low, np.full(80, 0.69))).section == "passed"


def test_a_training_loss_alone_makes_no_issue(analysis_of, curves):
    """Past the best step of held-out rows a training loss crawls too: a tip, which says so."""
    low = crawl(curves)
    alone = LearningRateTooLow().run(analysis_of(low))
    assert alone.section == "tip"
    assert "not shown for held-out rows" in alone.message
    assert alone.evidence["fix"].startswith("Record the loss of validation rows first")
    assert LearningRateTooLow().run(analysis_of(low, stop_reason="patience")).section == "passed"


@pytest.mark.parametrize("drop", [0.03, 0.08])
def test_a_line_too_slow_for_its_last_quarter_to_matter_is_too_slow(analysis_of, drop):
    """What matters is where the line leads in a run as long again."""
    step, rng = np.arange(1.0, 201), np.random.default_rng(0)
    losses = [np.log(2) - drop * step / 200 + rng.normal(0, 0.0005, 200) for _ in range(2)]
    assert LearningRateTooLow().run(analysis_of(*losses)).section == "issue"
