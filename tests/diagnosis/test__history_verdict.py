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
    assert text.startswith("Healthy by 1 check: the validation loss went from 1.12 to 0.3")
    assert text.endswith("Of little weight: loss-spike.")


def test_an_end_above_the_best_is_not_called_healthy():
    """Where the loss ends well above its best and no check proved it, both are said."""
    runs = [History(STEPS, {"validation": np.r_[LOSS[:-3], LOSS[-3:] + 0.1]})]
    text = history_verdict(HistoryAnalysis(runs, 0.01), [Finding("a", "passed", "t", "m")])
    assert text.startswith("No fault is proven by 1 check, but the validation loss")


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
    assert "a constant forecast of 2 equally frequent classes costs 0.693" in lines[0]["text"]
    assert lines[2]["value"] == 40.0


def test_seeds_note():
    """One run has no note; several tell their spread."""
    assert seeds_note(analysis()) is None
    assert seeds_note(analysis(n_runs=3)).startswith("3 runs were pooled")


def told(loss, metrics=None, findings=(), **facts):
    """The sentence on one history."""
    n = len(next(iter((loss or next(iter(metrics.values()))).values())))
    history = History(STEPS[:n], loss, metrics or {}, **facts)
    return history_verdict(HistoryAnalysis([history], 0.01), list(findings))


def test_a_run_that_stands_where_it_began_is_not_healthy():
    """Neither a loss nor a metric that never moved makes a sound run; one near to one may stand."""
    noise = np.random.default_rng(0).normal(0, 0.05, 40)
    for values, word in ((np.full(40, 0.7), "has not moved"), (1 + noise, "beyond its noise")):
        text = told({"validation": values})
        assert text.startswith("No fault is proven by 0 checks, but the validation loss")
        assert word in text
    for level, healthy in ((0.25, False), (0.995, True)):
        text = told({"validation": LOSS}, {"accuracy": {"validation": np.full(40, level)}})
        assert text.startswith("Healthy") is healthy
    facts = {"loss_kind": "log_loss", "n_classes": 2}
    for level, learnt in ((0.5, True), (0.7, False)):
        text = told({"validation": np.full(40, level)}, **facts)
        assert ("from its first entry on below the 0.693" in text) is learnt
    tip = Finding("stuck-at-chance", "tip", "t", "If this is a log loss.")
    text = told({"validation": np.full(40, 0.7)}, findings=[tip])
    assert text.endswith("If this is a log loss.")


def test_a_significant_rise_is_not_called_noise():
    """A training loss that ends well above its best, beyond noise, is told to have risen."""
    rising = LOSS + 0.004 * np.maximum(STEPS - 20, 0)
    tip = Finding("loss-diverging", "tip", "t", "m")
    text = told({"train": rising}, findings=[tip])
    assert "more than the noise of the curve" in text
    assert text.endswith("though less than half of what it had gained.")
    rows = Finding("overfit-turning-point", "passed", "t", "m", evidence={"rows_agree": False})
    assert told({"validation": rising}, findings=[rows]).endswith("not shown row by row.")
    few = Finding("overfit-turning-point", "passed", "t", "m", evidence={"rows_suffice": False})
    assert told({"validation": rising}, findings=[few]).endswith("of too few rows to prove it.")
    noisy = LOSS + np.random.default_rng(3).normal(0, 0.05, 40)
    assert "more than the noise of the curve" not in told({"train": noisy})


def test_a_metric_alone_is_said_to_be_alone():
    """Without a loss it is not the loss that is too short."""
    metric = {"auc": {"validation": 1 - LOSS}}
    assert "no loss was recorded" in told({}, metric)
    assert told({}, {"auc": {"validation": 1 - LOSS[:5]}}).startswith(
        "Too short to judge: no loss was recorded, and the validation auc has 5 finite entries"
    )
    assert told({"train": np.full(40, np.nan)}).startswith(
        "Too short to judge: the validation loss has 0 finite entries"
    )
    lines = history_headline(HistoryAnalysis([History(STEPS, {}, metric)], 0.01))
    assert [line["label"] for line in lines] == ["Auc", "Best by auc"]


def test_both_kinds_of_rows_are_in_the_headline():
    """The gap is told with its sign, and whether it is more than noise."""
    noise = np.random.default_rng(0).normal(0, 0.01, (2, 40))
    for shift, words in (
        (0.5, "training rows are forecast better"),
        (-0.2, "training loss is the greater one"),
        (0.0, "no more than noise"),
    ):
        loss = {"train": LOSS + noise[0], "validation": LOSS + shift + noise[1]}
        metrics = {"f1": {"train": 1 - LOSS, "validation": 0.9 - LOSS}}
        lines = history_headline(HistoryAnalysis([History(STEPS, loss, metrics)], 0.01))
        by_label = {line["label"]: line for line in lines}
        assert by_label["Gap"]["value"] == pytest.approx(shift, abs=0.02)
        assert words in by_label["Gap"]["text"]
        assert by_label["F1"]["text"].endswith("0.7 in training")


def test_what_was_put_back_is_what_the_run_is_known_by():
    """Headline and sentence are about the step that was kept, not about the last one."""
    turned = LOSS + 0.01 * np.maximum(STEPS - 20, 0)
    history = History(STEPS, {"validation": turned}, kept_step=20.0)
    analysed = HistoryAnalysis([history], 0.01)
    line = history_headline(analysed)[0]
    assert line["value"] == turned[19]
    assert "at epoch 20, which was put back" in line["text"]
    text = history_verdict(analysed, [])
    assert text.startswith("Healthy by 0 checks: ")
    assert "at epoch 20, which was put back" in text


def test_a_loss_that_broke_down_has_a_last_finite_value():
    """It is not that of the end."""
    broken = np.r_[LOSS[:12], np.full(28, np.nan)]
    line = history_headline(HistoryAnalysis([History(STEPS, {"validation": broken})], 0.01))[0]
    assert line["value"] == LOSS[11]
    assert "last finite, epoch 12" in line["text"]


def test_no_best_step_of_a_constant_metric_is_named():
    """Where all are as good, none is called the best."""
    metrics = {"f1": {"validation": np.full(40, 0.5)}}
    lines = history_headline(HistoryAnalysis([History(STEPS, {"validation": LOSS}, metrics)], 0.01))
    assert lines[-1]["value"] is None
    assert "no epoch stands out" in lines[-1]["text"]
