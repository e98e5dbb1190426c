"""A loss that comes back."""

import numpy as np
import pytest

from sklearn_lossfix.diagnosis.history.verdicts.loss_recurring import LossRecurring
from sklearn_lossfix.exceptions import CheckNotApplicable


@pytest.fixture
def wave(curves):
    """A training loss that comes back every eight steps."""
    return curves["train"] + 0.1 * np.sin(2 * np.pi * curves["step"] / 8)


def test_a_wave_is_found_with_its_period(analysis_of, wave):
    """A period that nothing known has is an issue."""
    finding = LossRecurring().run(analysis_of(wave))
    assert finding.section == "issue"
    assert finding.evidence["period"] == pytest.approx(8, abs=0.5)
    assert finding.evidence["matches"] == "nothing known"
    assert finding.p_value < 1e-4


def test_the_length_of_an_epoch_explains_it(analysis_of, wave):
    """Steps that are batches: a period of one epoch is a tip."""
    finding = LossRecurring().run(analysis_of(wave, unit="step", batches_per_epoch=8))
    assert (finding.section, finding.evidence["matches"]) == ("tip", "epoch")
    finding = LossRecurring().run(analysis_of(wave, unit="step", batches_per_epoch=20))
    assert finding.section == "issue"


def test_a_cycle_of_the_learning_rate_explains_it(analysis_of, curves, wave):
    """A rate with the same period is named; a constant one is not."""
    rate = 0.1 + 0.05 * np.sin(2 * np.pi * curves["step"] / 8)
    finding = LossRecurring().run(analysis_of(wave, learning_rate=rate))
    assert (finding.section, finding.evidence["matches"]) == ("tip", "learning rate")
    finding = LossRecurring().run(analysis_of(wave, learning_rate=np.full(80, 0.1)))
    assert finding.section == "issue"


def test_a_small_wave_and_a_sound_run_pass(analysis_of, curves):
    """Waves of a few percent of the progress matter to nobody."""
    small = curves["train"] + 0.02 * np.sin(2 * np.pi * curves["step"] / 8)
    finding = LossRecurring().run(analysis_of(small))
    assert finding.section == "passed"
    assert finding.p_value < 0.01
    assert LossRecurring().run(analysis_of(curves["train"])).section == "passed"


def test_many_steps_keep_a_short_period(analysis_of):
    """A period is looked for in all points of a long curve, not in its thinned one."""
    step = np.arange(3000.0)
    noise = np.random.default_rng(0).normal(0, 0.02, 3000)
    long = 0.2 + np.exp(-step / 500) + 0.15 * np.sin(2 * np.pi * step / 5) + noise
    finding = LossRecurring().run(analysis_of(long, unit="step", batches_per_epoch=5))
    assert finding.evidence["period"] == pytest.approx(5, abs=0.02)
    assert finding.evidence["n_points"] == 3000


@pytest.mark.parametrize(("centre", "width"), [(135, 4), (100, 6), (80, 2), (120, 8)])
def test_one_sudden_change_does_not_recur(analysis_of, centre, width):
    """A loss that comes down at one place is not said to come back three times."""
    step = np.arange(1.0, 201)
    loss = 4.5 / (1 + np.exp((step - centre) / width)) + 0.05
    noise = np.random.default_rng(0).normal(0, 0.01, 200)
    finding = LossRecurring().run(analysis_of(loss + noise))
    assert finding.section == "passed"
    assert LossRecurring().run(analysis_of(loss)).section == "passed"


def test_three_cycles_of_a_true_wave_recur(analysis_of, curves):
    """Few cycles are found where they are there all the time."""
    wave = 0.15 * np.sin(2 * np.pi * curves["step"] / 25)
    finding = LossRecurring().run(analysis_of(curves["train"] + wave))
    assert finding.section == "issue"
    assert finding.evidence["period"] == pytest.approx(25, abs=3)


def test_short_curves_are_not_judged(analysis_of):
    """Too few entries for three cycles and a test."""
    with pytest.raises(CheckNotApplicable, match="looking for a period needs"):
        LossRecurring().run(analysis_of(np.linspace(1, 0.5, 15)))
