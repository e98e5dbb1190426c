"""A loss at that of a constant forecast."""

import numpy as np
import pytest

from sklearn_lossfix.diagnosis.history.verdicts.stuck_at_chance import StuckAtChance
from sklearn_lossfix.exceptions import CheckNotApplicable


def level(value, seed=0, sigma=0.001, n=40):
    """A flat curve."""
    return value + np.random.default_rng(seed).normal(0, sigma, n)


@pytest.mark.parametrize("n_classes", [2, 5, 10])
def test_log_k_is_chance(analysis_of, n_classes):
    """A loss that stays at log K is an issue for any number of classes."""
    analysis = analysis_of(None, level(np.log(n_classes)), n_classes=n_classes)
    finding = StuckAtChance().run(analysis)
    assert finding.section == "issue"
    assert finding.evidence["constant_forecast"] == pytest.approx(np.log(n_classes))


def test_known_shares_lower_what_chance_costs(analysis_of):
    """With shares of 90 % and 10 % a loss of log 2 is worse than chance, and 0.325 is chance."""
    rates = np.array([0.9, 0.1])
    entropy = -(rates * np.log(rates)).sum()
    for value in (np.log(2), entropy):
        analysis = analysis_of(None, level(value), level(0.9), class_rates=rates)
        assert StuckAtChance().run(analysis).section == "issue"
    analysis = analysis_of(None, level(0.25), level(0.93), class_rates=rates)
    assert StuckAtChance().run(analysis).section == "passed"


def test_an_accuracy_above_chance_contradicts(analysis_of):
    """A loss at log 2 with an accuracy of 70 % on 2000 rows is something else."""
    analysis = analysis_of(None, level(np.log(2)), level(0.7))
    assert StuckAtChance().run(analysis).section == "passed"


def test_learning_passes(analysis_of, curves):
    """A sound run passes, and says how far it is from chance."""
    finding = StuckAtChance().run(analysis_of(None, curves["validation"]))
    assert finding.section == "passed"
    assert finding.estimate == pytest.approx(1 - 0.295 / np.log(2), abs=0.03)


def test_an_unknown_loss_is_not_judged(analysis_of, curves):
    """Without the kind of loss or the number of classes chance is not known."""
    for facts in ({"loss_kind": "unknown"}, {"n_classes": None}):
        with pytest.raises(CheckNotApplicable, match="constant forecast"):
            StuckAtChance().run(analysis_of(None, curves["validation"], **facts))
