"""What is derived from a history once."""

import numpy as np
import pytest

from sklearn_lossfix._core._history import History
from sklearn_lossfix.diagnosis.history._analysis import HistoryAnalysis
from sklearn_lossfix.exceptions import CheckNotApplicable

STEPS = np.arange(1.0, 61.0)
LOSS = 0.3 + 0.4 * np.exp(-STEPS / 8) + np.random.default_rng(0).normal(0, 0.003, 60)


def analysis(loss=None, metrics=None, **facts):
    """The analysis of one history."""
    loss = {"validation": LOSS} if loss is None else loss
    return HistoryAnalysis([History(STEPS, loss, metrics or {}, **facts)], 0.01)


def test_validation_judges_and_training_shows_the_optimiser():
    """Each split is taken where it was recorded, else the other."""
    both = analysis({"train": LOSS, "validation": LOSS})
    assert (both.main_split, both.training_split) == ("validation", "train")
    assert analysis().training_split == "validation"
    nothing = analysis({"train": LOSS, "validation": np.full(60, np.nan)})
    assert nothing.main_split == "train"


def test_metric_to_explain():
    """Accuracy comes first, then what was recorded first; a name that is not there is refused."""
    metrics = {"f1": {"validation": LOSS}, "accuracy": {"validation": LOSS}}
    assert analysis(metrics=metrics).metric_name == "accuracy"
    assert analysis(metrics={"f1": {"validation": LOSS}}).metric_name == "f1"
    assert analysis().metric_name is None
    chosen = HistoryAnalysis([History(STEPS, {"train": LOSS}, metrics)], 0.01, scoring="f1")
    assert chosen.metric_name == "f1"
    with pytest.raises(ValueError, match=r"one of \['f1', 'accuracy'\]. Got 'auc'"):
        HistoryAnalysis([History(STEPS, {"train": LOSS}, metrics)], 0.01, scoring="auc")


def test_chance_is_the_entropy_of_the_shares():
    """Equal shares give log K; no log loss gives nothing to compare with."""
    assert analysis(loss_kind="log_loss", n_classes=4).chance_loss == pytest.approx(np.log(4))
    even = analysis(loss_kind="log_loss", class_rates=np.full(4, 0.25))
    assert even.chance_loss == pytest.approx(np.log(4))
    assert even.chance_accuracy == 0.25
    assert analysis(n_classes=4).chance_loss is None


def test_limits_are_shares_or_what_rows_can_tell():
    """One percent of the loss, or the standard error over rows where that is larger."""
    assert analysis().loss_limit("validation") == pytest.approx(0.003, rel=0.05)
    rows = np.random.default_rng(1).exponential(0.3, (2, 50))
    vague = analysis(row_losses=rows, row_steps=np.array([1.0, 60.0]))
    assert vague.loss_limit("validation") == pytest.approx(rows[1].std(ddof=1) / np.sqrt(50))
    accuracy = {"accuracy": {"validation": np.full(60, 0.8)}}
    few = analysis(metrics=accuracy, n_validation=100)
    assert few.metric_limit(few.metric("validation")) == pytest.approx(0.04)
    many = analysis(metrics=accuracy, n_validation=10**6)
    assert many.metric_limit(many.metric("validation")) == 0.01


def test_directions_need_proof():
    """Falls, rises and flat stretches are told apart, and noise is left unknown."""
    made = analysis()
    step = STEPS - 30
    noise = np.random.default_rng(2).normal(size=60)
    for values, expected in (
        (0.01 * step + 0.01 * noise, "rises"),
        (-0.01 * step + 0.01 * noise, "falls"),
        (0.001 * noise, "flat"),
        (0.2 * noise, "unknown"),
    ):
        one = analysis({"validation": 1 + values})
        assert one.direction(one.trend(one.loss("validation")), 0.05) == expected
    with pytest.raises(CheckNotApplicable, match="a trend needs 8"):
        made.trend(made.loss("validation").last_points(0.0, 5))


def test_oscillation_and_progress():
    """Progress is start minus best; a short curve has no oscillation."""
    made = analysis()
    assert made.progress("validation") == pytest.approx(LOSS[0] - 0.3, abs=0.01)
    assert made.oscillation("validation")["share"] < 0.05
    short = HistoryAnalysis([History(STEPS[:9], {"train": LOSS[:9]})], 0.01)
    assert short.oscillation("train") is None


def test_best_epochs_by_each_yardstick():
    """Loss, refinement of two classes where rows are known, and metrics."""
    rng = np.random.default_rng(3)
    rows = LOSS[:, None] + rng.normal(0, 0.01, (60, 40))
    metrics = {"accuracy": {"validation": 1 - LOSS}}
    facts = {"loss_kind": "log_loss", "row_losses": rows, "row_steps": STEPS}
    made = analysis(metrics=metrics, n_classes=2, **facts)
    assert [best.by for best in made.best_epochs] == ["loss", "refinement", "accuracy"]
    assert made.best_by_loss.step == STEPS[np.argmin(LOSS)]
    told = {"refinement": {"validation": -LOSS}} | metrics
    recorded = analysis(metrics=told, n_classes=2, **facts)
    assert [best.by for best in recorded.best_epochs] == ["loss", "refinement", "accuracy"]
    assert recorded.best_epochs[1].value == LOSS.min()
    assert analysis(metrics={"refinement": {"validation": -LOSS}}).metric_name is None
    three = analysis(metrics=metrics, n_classes=3, **facts)
    assert [best.by for best in three.best_epochs] == ["loss", "accuracy"]


def test_recorded_rows_are_those_next_to_a_step():
    """The states are the recorded step nearest to the one asked for, and the last."""
    rows = np.arange(12.0).reshape(3, 4)
    right = rows % 2 == 0
    made = analysis(row_losses=rows, row_right=right, row_steps=np.array([10.0, 30.0, 60.0]))
    states = made.recorded_rows(27.0)
    assert states["steps"].tolist() == [30.0, 60.0]
    assert states["losses"].tolist() == rows[1:].tolist()
    assert states["right"].tolist() == right[1:].tolist()
    assert made.recorded_rows(59.0) is None
    assert analysis().recorded_rows(3.0) is None


def test_seed_spread_of_runs():
    """One run has none; shifted runs have that of their shifts."""
    assert analysis().seed_spread is None
    runs = [History(STEPS, {"validation": LOSS + k}) for k in (0.0, 1.0)]
    between, within = HistoryAnalysis(runs, 0.01).seed_spread
    assert between == pytest.approx(np.sqrt(0.5))
    assert within < 0.01


def test_what_has_moved_and_what_is_frozen():
    """A loss moves by what matters and more than noise; a metric that learnt is not frozen."""
    noise = np.random.default_rng(1).normal(0, 1, 60)
    assert analysis().has_moved("validation")
    for still in (np.full(60, 0.7), 0.7 + 0.05 * noise, 0.7 + 1e-5 * STEPS):
        assert not analysis({"validation": still}).has_moved("validation")
    for values, expected in (
        (np.full(60, 0.25), True),
        (0.25 + 0.004 * noise, True),
        (0.25 + 0.4 * (1 - np.exp(-STEPS / 3)), False),
        (0.25 + 0.002 * STEPS, False),
    ):
        seen = analysis(metrics={"accuracy": {"validation": values}})
        assert seen.is_frozen(seen.metric("validation")) is expected


def test_the_end_that_is_judged_is_of_the_loss_or_else_of_the_metric():
    """A metric is judged by its own limit, and only where no loss has an entry."""
    metrics = {"f1": {"validation": 1 - LOSS}}
    curve, limit = analysis(metrics=metrics).judged_end(8)
    assert (curve.name, limit) == ("loss", analysis().loss_limit("validation"))
    curve, limit = analysis({"train": np.full(60, np.nan)}, metrics).judged_end(8)
    assert (curve.name, curve.split, limit) == ("f1", "validation", 0.01)
    with pytest.raises(CheckNotApplicable, match="No loss was recorded, and the validation f1"):
        analysis({}, metrics).judged_end(61)
    with pytest.raises(CheckNotApplicable, match="No loss was recorded"):
        analysis({}).judged_end(8)


def test_the_step_that_was_put_back_has_a_place_on_each_curve():
    """It is the nearest recorded one; without any there is no place."""
    assert analysis().kept_position(analysis().loss("validation")) is None
    kept = analysis(kept_step=17.2)
    assert kept.kept_position(kept.loss("validation")) == 16
    assert kept.kept_position(kept.loss("train")) is None


def test_the_constant_forecast_is_named_by_what_is_known():
    """log K is that of equally frequent classes, and said to be."""
    told = analysis(loss_kind="log_loss", n_classes=4).constant_forecast
    assert told == "a constant forecast of 4 equally frequent classes"
    assert "class shares" in analysis(class_rates=np.array([0.9, 0.1])).constant_forecast
    assert analysis(class_rates=np.array([0.9, 0.1])).class_entropy == pytest.approx(
        0.3251, abs=1e-4
    )
