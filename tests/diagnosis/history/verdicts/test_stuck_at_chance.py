"""A loss at that of a constant forecast."""

import numpy as np
import pytest

from sklearn_lossfix._core._history import History
from sklearn_lossfix.diagnosis.history._analysis import HistoryAnalysis
from sklearn_lossfix.diagnosis.history.verdicts.stuck_at_chance import (
    StuckAtChance,
    majority_entropy,
)
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


def test_a_loss_far_above_chance_has_its_own_title(analysis_of):
    """It is worse than a constant forecast: an issue unless accuracy contradicts, then a tip."""
    for accuracy, section in ((None, "issue"), (level(0.5), "issue"), (level(0.8), "tip")):
        finding = StuckAtChance().run(analysis_of(None, level(1.3), accuracy))
        assert finding.section == section
        assert finding.title == "The loss is worse than that of a constant forecast"
    assert StuckAtChance().run(analysis_of(None, level(0.6931))).title == StuckAtChance.title


def test_a_ranking_metric_is_heard(curves):
    """Forecasts that rank are of the wrong size, and that is what to mend."""
    metrics = {"auc": {"validation": level(0.9)}}
    facts = {"loss_kind": "log_loss", "n_classes": 2}
    history = History(np.arange(1.0, 41.0), {"validation": level(1.3)}, metrics, **facts)
    finding = StuckAtChance().run(HistoryAnalysis([history], 0.01))
    assert "auc is 0.900: the forecasts rank" in finding.message
    assert "recalibrate" in finding.evidence["fix"]


@pytest.mark.parametrize(("n_classes", "share"), [(2, 0.95), (5, 0.8)])
def test_a_constant_accuracy_may_be_the_largest_share(analysis_of, n_classes, share):
    """Without shares, an accuracy that never moves and a loss at its entropy are chance."""
    rest = np.full(n_classes - 1, (1 - share) / (n_classes - 1))
    entropy = -share * np.log(share) - (rest * np.log(rest)).sum()
    assert majority_entropy(share, n_classes) == pytest.approx(entropy)
    for value, section in ((entropy, "issue"), (0.8 * entropy, "passed")):
        analysis = analysis_of(None, level(value), np.full(40, share), n_classes=n_classes)
        assert StuckAtChance().run(analysis).section == section


def test_without_shares_it_says_what_it_compares_with(analysis_of):
    """log K is the cost of equally frequent classes only."""
    message = StuckAtChance().run(analysis_of(None, level(np.log(2)))).message
    assert "2 equally frequent classes" in message
    assert "pass class_rates" in message
    assert "smoothed" in message


@pytest.mark.parametrize("n_classes", [None, 10])
def test_log_k_beside_one_kth_is_a_tip_where_the_loss_is_not_known(analysis_of, n_classes):
    """Both at once are no coincidence; one of them is not enough."""
    facts = {"loss_kind": "unknown", "n_classes": n_classes}
    loss = level(np.log(10))
    finding = StuckAtChance().run(analysis_of(None, loss, level(0.1), **facts))
    assert finding.section == "tip"
    assert "n_classes=10" in finding.evidence["fix"]
    for other in (
        analysis_of(None, loss, level(0.4), **facts),
        analysis_of(None, level(2.0), level(0.1), **facts),
    ):
        with pytest.raises(CheckNotApplicable):
            StuckAtChance().run(other)
