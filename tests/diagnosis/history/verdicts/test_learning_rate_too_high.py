"""A training loss that overshoots."""

import numpy as np

from sklearn_lossfix.diagnosis.history.verdicts.learning_rate_too_high import LearningRateTooHigh


def test_overshooting_is_an_issue(analysis_of, curves):
    """A training loss that jumps up and down by much of its progress overshoots."""
    step = curves["step"]
    noise = np.random.default_rng(0).normal(0, 0.02, len(step))
    swinging = 0.4 + 0.2 * np.exp(-step / 20) + 0.1 * (-1.0) ** step + noise
    rate = np.full(len(step), 0.5)
    finding = LearningRateTooHigh().run(analysis_of(swinging, learning_rate=rate))
    assert finding.section == "issue"
    assert finding.p_value < 1e-6
    assert finding.evidence["learning_rate"] == 0.5


def test_divergence_is_an_issue(analysis_of, curves):
    """A training loss that goes back to where it was moves away from its best."""
    step = curves["step"]
    finding = LearningRateTooHigh().run(
        analysis_of(curves["train"] + 0.01 * np.maximum(step - 40, 0))
    )
    assert finding.section == "issue"
    assert finding.estimate > 0.5


def test_noise_of_small_batches_is_none(analysis_of, curves):
    """White noise of any size has no more turning points than white noise."""
    noisy = curves["train"] + np.random.default_rng(1).normal(0, 0.1, len(curves["step"]))
    assert LearningRateTooHigh().run(analysis_of(noisy)).section == "passed"
    assert LearningRateTooHigh().run(analysis_of(curves["train"])).section == "passed"


def test_a_rise_without_progress_has_no_hundreds_of_percent(analysis_of):
    """A creeping loss that never came down passes; a rising one is told in words."""
    creeping = 0.6931 + 0.0001 * np.arange(20)
    assert LearningRateTooHigh().run(analysis_of(creeping)).section == "passed"
    finding = LearningRateTooHigh().run(analysis_of(0.6931 + 0.01 * np.arange(20)))
    assert finding.section == "issue"
    assert "lost all of its progress, and more" in finding.message
    assert "999%" not in finding.message
