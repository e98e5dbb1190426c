"""A loss that is infinite or no number."""

import numpy as np
import pytest

from sklearn_lossfix._core._history import History
from sklearn_lossfix.diagnosis.history._analysis import HistoryAnalysis
from sklearn_lossfix.diagnosis.history.verdicts.nonfinite_loss import NonfiniteHistory

NAN, INF = np.nan, np.inf


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


def test_gaps_that_may_be_entries_are_told(analysis_of, curves):
    """NaN in mid-run that may stand for no entry pass, with their number and how to tell more."""
    values = curves["train"].copy()
    values[[20, 40, 41]] = NAN
    finding = NonfiniteHistory().run(analysis_of(values))
    assert finding.section == "passed"
    assert "if its NaN (3) stand for steps without an entry" in finding.message
    told = NonfiniteHistory().run(analysis_of(values, unrecorded={"train": np.isnan(values)}))
    assert told.message == "Every recorded loss is finite."


def test_the_step_is_named_by_its_unit(analysis_of):
    """An iteration is called an iteration."""
    values = np.r_[np.ones(5), np.full(5, np.inf)]
    finding = NonfiniteHistory().run(analysis_of(values, unit="iteration"))
    assert finding.message.startswith("From iteration 6 on")


def test_a_loss_that_came_back_is_an_issue_of_its_own_words(analysis_of, curves):
    """What is no number in mid-run only is said to have passed, and how often it was there."""
    broken = curves["train"].copy()
    broken[20:26] = NAN
    gaps = {"train": np.zeros(80, dtype=bool)}
    finding = NonfiniteHistory().run(analysis_of(broken, unrecorded=gaps))
    assert finding.section == "issue"
    assert (finding.evidence["first_step"], finding.evidence["last_step"]) == (21.0, 26.0)
    assert finding.evidence["ends_finite"] is True
    assert "from epoch 21 to 26 (6 entries), and a number again" in finding.message
    broken[70:] = NAN
    finding = NonfiniteHistory().run(analysis_of(broken, unrecorded=gaps))
    assert finding.evidence["ends_finite"] is False
    assert (finding.evidence["n_entries"], finding.evidence["last_step"]) == (16, 80.0)


def test_steps_without_an_entry_are_not_counted(analysis_of, curves):
    """Only entries that were recorded as no number are counted."""
    broken = curves["train"].copy()
    broken[1::2] = NAN
    broken[60:] = NAN
    gaps = {"train": np.arange(80) % 2 == 1}
    finding = NonfiniteHistory().run(analysis_of(broken, unrecorded=gaps))
    assert finding.evidence["n_entries"] == 10
