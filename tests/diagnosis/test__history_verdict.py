"""The sentence, and the lines above it."""

import numpy as np
import pytest

from sklearn_lossfix._core._finding import Finding
from sklearn_lossfix._core._history import History
from sklearn_lossfix.diagnosis._history_verdict import (
    counted_steps,
    history_headline,
    history_verdict,
    seeds_note,
)
from sklearn_lossfix.diagnosis.history._analysis import HistoryAnalysis

STEPS = np.arange(1.0, 41.0)
LOSS = 0.3 + np.exp(-STEPS / 5)


def analysis(n=40, n_runs=1, **facts):
    """A sound run, or several."""
    runs = [
        History(STEPS[:n], {"validation": LOSS[:n]}, {"f1": {"validation": 1 - LOSS[:n]}}, **facts)
        for _ in range(n_runs)
    ]
    return HistoryAnalysis(runs, 0.01)


def issue(name, message="Something is so.", **fields):
    """An issue."""
    return Finding(name, "issue", f"Title of {name}", message, **fields)


@pytest.mark.parametrize(("n", "expected"), [(1, "1 epoch"), (1200, "1,200 epochs")])
def test_counted_steps(n, expected):
    """Singular and plural."""
    assert counted_steps(n, "epoch") == expected


def test_the_first_issue_leads_and_others_are_named():
    """Explained issues are not named twice."""
    findings = [
        issue("learning-rate-too-high"),
        issue("loss-oscillating", explained_by="learning-rate-too-high"),
        issue("loss-spike"),
    ]
    assert history_verdict(analysis(), findings) == (
        "Title of learning-rate-too-high: something is so; also found: loss-spike."
    )


def test_what_to_do_about_overfitting_leads():
    """Where accuracy holds, recalibration is the answer, and the verdict begins with it."""
    findings = [issue("overfit-turning-point"), issue("loss-rises-while-accuracy-holds")]
    text = history_verdict(analysis(), findings)
    assert text.startswith("Title of loss-rises-while-accuracy-holds")
    assert "overfit-turning-point" in text


def test_healthy_says_how_far_it_came():
    """Without issues the course is told, tips of little weight after it."""
    tip = Finding("loss-spike", "tip", "t", "m")
    text = history_verdict(analysis(), [Finding("a", "passed", "t", "m"), tip])
    assert text.startswith("Healthy by 2 checks: the validation loss went from 1.12 to 0.3")
    assert text.endswith("Of little weight: loss-spike.")


def test_an_end_above_the_best_is_not_called_healthy():
    """Where the loss ends well above its best and no check proved it, both are said."""
    runs = [History(STEPS, {"validation": np.r_[LOSS[:-3], LOSS[-3:] + 0.1]})]
    text = history_verdict(HistoryAnalysis(runs, 0.01), [Finding("a", "passed", "t", "m")])
    assert text.startswith("No fault is proven by 1 checks, but the validation loss")


@pytest.mark.parametrize(("n", "word"), [(1, "1 finite entry"), (5, "5 finite entries")])
def test_too_short(n, word):
    """A handful of entries cannot be judged, and that is said."""
    assert word in history_verdict(analysis(n), [])


def test_headline_names_loss_metric_and_best_steps():
    """Values are those of the curves; the unit follows from the kind of loss."""
    lines = history_headline(analysis(loss_kind="log_loss", n_classes=2))
    assert [line["label"] for line in lines] == ["Loss", "F1", "Best by loss", "Best by f1"]
    assert lines[0]["value"] == LOSS[-1]
    assert lines[0]["unit"] == "nats"
    assert "a constant forecast costs 0.693" in lines[0]["text"]
    assert lines[2]["value"] == 40.0


def test_seeds_note():
    """One run has no note; several tell their spread."""
    assert seeds_note(analysis()) is None
    assert seeds_note(analysis(n_runs=3)).startswith("3 runs were pooled")
