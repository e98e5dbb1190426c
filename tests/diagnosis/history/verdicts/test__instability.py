"""Divergence and swing, as numbers."""

import numpy as np
import pytest

from sklearn_lossfix.diagnosis.history.verdicts._instability import (
    divergence,
    share_of_progress,
    swings,
    training_loss,
)
from sklearn_lossfix.exceptions import CheckNotApplicable


def test_divergence_is_the_share_of_progress_lost(analysis_of, curves):
    """A curve that goes back to where it began has lost all, one that stays has lost nothing."""
    back = np.concatenate([curves["train"][:40], curves["train"][:40][::-1]])
    lost = divergence(analysis_of(back), "train")
    assert lost.diverges
    assert lost.lost_share == pytest.approx(0.85, abs=0.15)
    kept = divergence(analysis_of(curves["train"]), "train")
    assert not kept.diverges
    assert kept.lost_share < 0.05


@pytest.mark.parametrize(
    ("z", "share", "swing", "expected"),
    [(4, 0.5, 0.1, True), (2, 0.5, 0.1, False), (4, 0.1, 0.1, False), (4, 0.5, 0.001, False)],
)
def test_swings_needs_statistic_and_size(z, share, swing, expected):
    """More turning points than noise has, and steps that matter beside progress and level."""
    assert swings({"z": z, "share": share, "swing": swing, "limit": 0.01}) is expected


def test_a_rise_without_progress_must_matter_by_itself(analysis_of):
    """Where a loss never came down any rise is all of its progress: a trifle is no divergence."""
    creeping = divergence(analysis_of(0.6931 + 0.0001 * np.arange(20)), "train")
    assert creeping.lost_share > 1
    assert not creeping.rises
    assert not creeping.diverges
    assert divergence(analysis_of(0.6931 + 0.01 * np.arange(20)), "train").diverges


def test_shares_beyond_all_are_said_in_words(analysis_of):
    """No message speaks of hundreds of percent of a progress that there was not."""
    risen = divergence(analysis_of(0.6931 + 0.01 * np.arange(20)), "train")
    assert risen.lost == "all of its progress, and more"
    assert share_of_progress(np.inf) == "more than its whole progress"
    assert share_of_progress(0.5) == "50% of its whole progress"


def test_training_loss_is_needed(analysis_of, curves):
    """A validation loss alone says nothing about the optimiser."""
    with pytest.raises(CheckNotApplicable, match="No training loss"):
        training_loss(analysis_of(None, curves["validation"]), 8)
