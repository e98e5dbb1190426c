"""Losses recorded as no number, and runs that ended so."""

import numpy as np
import pytest

from sklearn_lossfix._core._history import History
from sklearn_lossfix.diagnosis.history._analysis import HistoryAnalysis
from sklearn_lossfix.diagnosis.history.verdicts._breakdown import (
    broken_since,
    nonfinite_entries,
    refuse_broken,
)
from sklearn_lossfix.diagnosis.history.verdicts.learning_rate_too_low import LearningRateTooLow
from sklearn_lossfix.diagnosis.history.verdicts.loss_plateau import LossPlateau
from sklearn_lossfix.diagnosis.history.verdicts.still_improving import StillImproving
from sklearn_lossfix.exceptions import CheckNotApplicable

STEPS = np.arange(1.0, 9.0)
NAN, INF = np.nan, np.inf


def first_step(values, unrecorded=None):
    """The first step with a loss that is no number."""
    bad = nonfinite_entries(values, unrecorded)
    return float(STEPS[np.argmax(bad)]) if bad.any() else None


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([3, 2, 1, 1, 1, 1, 1, 1], None),
        ([3, 2, INF, 1, 1, 1, 1, 1], 3.0),
        ([3, 2, 1, NAN, NAN, NAN, NAN, NAN], 4.0),
        ([NAN, 3, NAN, 2, NAN, 1, NAN, 1], None),
        ([3, NAN, 2, NAN, 2, NAN, 1, NAN], None),
        ([3, NAN, NAN, 2, 2, NAN, NAN, NAN], 6.0),
        ([NAN] * 8, 1.0),
    ],
)
def test_nonfinite_entries_tell_gaps_from_the_end(values, expected):
    """Infinity counts at once; missing numbers count at a long end, and if all are missing."""
    assert first_step(np.array(values, dtype=float)) == expected


def test_what_was_not_recorded_is_no_fault():
    """Where the gaps are known, any other NaN was recorded as such."""
    values = np.array([3, NAN, 2, NAN, 2, 1, 1, 1])
    unrecorded = np.isnan(values)
    assert first_step(values, unrecorded) is None
    unrecorded[3] = False
    assert first_step(values, unrecorded) == 4.0


@pytest.mark.parametrize(
    ("values", "since"),
    [
        ([3, 2, NAN, 1, 1, NAN, NAN, NAN], 6.0),
        ([3, 2, NAN, NAN, NAN, NAN, 1, 1], None),
        ([3, 2, 1, 1, 1, 1, 1, INF], 8.0),
        ([NAN] * 8, 1.0),
    ],
)
def test_a_run_is_broken_only_where_no_number_follows(values, since):
    """A loss that is a number again later on has not ended broken."""
    told = {"train": np.zeros(8, dtype=bool)}
    assert broken_since(History(STEPS, {"train": np.array(values)}, unrecorded=told)) == since


@pytest.mark.parametrize("verdict", [StillImproving, LearningRateTooLow, LossPlateau])
def test_the_end_of_a_run_that_broke_down_is_not_judged(verdict, analysis_of, curves):
    """No more epochs and no larger steps are advised to a loss that is no number."""
    broken = curves["train"] - 0.003 * curves["step"]
    broken[70:] = NAN
    with pytest.raises(CheckNotApplicable, match="From epoch 71 on"):
        verdict().run(analysis_of(broken))


def test_one_broken_run_of_several_does_not_silence_the_others(curves):
    """The median of the others has an end."""
    falling = curves["train"] - 0.003 * curves["step"]
    broken = falling.copy()
    broken[60:] = NAN
    runs = [History(curves["step"], {"train": loss}) for loss in (falling, broken, falling)]
    refuse_broken(HistoryAnalysis(runs, 0.01))
    with pytest.raises(CheckNotApplicable):
        refuse_broken(HistoryAnalysis([runs[1]] * 2, 0.01))
