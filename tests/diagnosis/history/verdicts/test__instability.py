"""Divergence and swing, as numbers."""

import numpy as np
import pytest

from sklearn_lossfix.diagnosis.history.verdicts._instability import (
    divergence,
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
    ("z", "share", "expected"), [(4, 0.5, True), (2, 0.5, False), (4, 0.1, False)]
)
def test_swings_needs_statistic_and_size(z, share, expected):
    """More turning points than noise has, and steps that matter."""
    assert swings({"z": z, "share": share}) is expected


def test_training_loss_is_needed(analysis_of, curves):
    """A validation loss alone says nothing about the optimiser."""
    with pytest.raises(CheckNotApplicable, match="No training loss"):
        training_loss(analysis_of(None, curves["validation"]), 8)
