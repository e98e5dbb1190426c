"""A loss that is infinite or no number."""

import numpy as np
import pytest

from sklearn_lossfix._core._history import History
from sklearn_lossfix.diagnosis.history._analysis import HistoryAnalysis
from sklearn_lossfix.diagnosis.history.verdicts.nonfinite_loss import (
    NonfiniteHistory,
    first_nonfinite,
)

STEPS = np.arange(1.0, 9.0)
NAN, INF = np.nan, np.inf


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
def test_first_nonfinite_tells_gaps_from_the_end(values, expected):
    """Infinity counts at once; missing numbers count at a long end, and if all are missing."""
    assert first_nonfinite(STEPS, np.array(values, dtype=float)) == expected


def test_what_was_not_recorded_is_no_fault():
    """Where the gaps are known, any other NaN was recorded as such."""
    values = np.array([3, NAN, 2, NAN, 2, 1, 1, 1])
    unrecorded = np.isnan(values)
    assert first_nonfinite(STEPS, values, unrecorded) is None
    unrecorded[3] = False
    assert first_nonfinite(STEPS, values, unrecorded) == 4.0


def test_it_fires_with_the_first_step(analysis_of, curves):
    """A loss that breaks down is an issue from the step on where it did."""
    broken = curves["train"].copy()
    broken[50:] = NAN
    finding = NonfiniteHistory().run(analysis_of(broken, curves["validation"]))
    assert finding.section == "issue"
    assert (finding.evidence["split"], finding.evidence["first_step"]) == ("train", 51.0)
    assert finding.evidence["n_entries"] == 30


@pytest.mark.parametrize("split", ["train", "validation"])
def test_a_loss_that_never_was_a_number_is_an_issue(analysis_of, curves, split):
    """A loss that is NaN from the first step to the last is an issue, one not recorded is none."""
    losses = {name: curves[name] for name in ("train", "validation")}
    losses[split] = np.full(80, NAN)
    finding = NonfiniteHistory().run(analysis_of(**losses))
    assert (finding.section, finding.evidence["split"]) == ("issue", split)
    assert (finding.evidence["first_step"], finding.evidence["n_entries"]) == (1.0, 80)
    unrecorded = {split: np.ones(80, dtype=bool)}
    history = History(curves["step"], losses, unrecorded=unrecorded)
    assert NonfiniteHistory().run(HistoryAnalysis([history], 0.01)).section == "passed"


def test_any_run_of_several_is_enough(curves):
    """One broken run is named, though the median of all is finite."""
    sound = History(curves["step"], {"train": curves["train"]})
    broken = curves["train"].copy()
    broken[60] = INF
    runs = [sound, History(curves["step"], {"train": broken}, name="seed 7"), sound]
    finding = NonfiniteHistory().run(HistoryAnalysis(runs, 0.01))
    assert finding.section == "issue"
    assert "seed 7" in finding.message


def test_it_passes_on_finite_losses(analysis_of, curves):
    """A sound run passes."""
    assert NonfiniteHistory().run(analysis_of(curves["train"])).section == "passed"


def test_the_step_is_named_by_its_unit(analysis_of):
    """An iteration is called an iteration."""
    values = np.r_[np.ones(5), np.full(5, np.inf)]
    finding = NonfiniteHistory().run(analysis_of(values, unit="iteration"))
    assert finding.message.startswith("From iteration 6 on")
