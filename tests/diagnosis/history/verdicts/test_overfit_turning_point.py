"""A validation loss that has turned."""

import contextlib

import numpy as np
import pytest
from scipy import signal

from sklearn_lossfix import diagnose_history
from sklearn_lossfix._core._history import History
from sklearn_lossfix.diagnosis.history._analysis import HistoryAnalysis
from sklearn_lossfix.diagnosis.history._turning_point import LIKELIHOOD_RATIO
from sklearn_lossfix.diagnosis.history.verdicts.overfit_turning_point import OverfitTurningPoint
from sklearn_lossfix.exceptions import CheckNotApplicable


@pytest.fixture
def turned(curves):
    """A validation loss that rises from step 30 on."""
    return curves["validation"] + 0.004 * np.maximum(curves["step"] - 30, 0)


def test_the_turn_is_found_with_interval_and_cost(analysis_of, curves, turned):
    """The best step lies in its interval, and the cost is near what was planted."""
    finding = OverfitTurningPoint().run(analysis_of(curves["train"], turned))
    assert finding.section == "issue"
    evidence = finding.evidence
    assert evidence["best_step_low"] <= evidence["best_step"] <= evidence["best_step_high"]
    assert 25 <= evidence["best_step"] <= 38
    assert finding.estimate == pytest.approx(0.16, abs=0.02)  # 0.168 less what smoothing takes
    assert finding.nats_at_stake == pytest.approx(finding.ci[0])


def rows_of(means, spread, right, n_rows=400, seed=0):
    """Row losses with given means, by step."""
    rng = np.random.default_rng(seed)
    losses = np.stack([mean + spread * rng.normal(size=n_rows) for mean in means])
    return {
        "row_losses": losses,
        "row_right": np.full(losses.shape, right),
        "row_steps": np.arange(1.0, len(means) + 1),
    }


def test_rows_must_agree(analysis_of, curves, turned):
    """A rise of the curve that the rows do not show is no issue."""
    sure = rows_of(turned, 0.05, True)
    finding = OverfitTurningPoint().run(analysis_of(curves["train"], turned, **sure))
    assert finding.section == "issue"
    assert finding.evidence["rows_low"] > 0
    vague = rows_of(turned, 20.0, True)
    finding = OverfitTurningPoint().run(analysis_of(curves["train"], turned, **vague))
    assert finding.section == "passed"
    assert finding.evidence["rows_low"] < 0


def test_few_rows_do_not_prove_a_rise(analysis_of, curves, turned):
    """Labels must be twenty times as likely under the valley: the rise times the rows decides."""
    rise = OverfitTurningPoint().run(analysis_of(curves["train"], turned)).estimate
    enough = int(np.ceil(np.log(LIKELIHOOD_RATIO) / rise))
    for n_rows, section in ((enough - 1, "passed"), (enough, "issue")):
        analysis = analysis_of(curves["train"], turned, n_validation=n_rows)
        finding = OverfitTurningPoint().run(analysis)
        assert finding.section == section
        assert finding.evidence["log_likelihood_ratio"] == pytest.approx(n_rows * rise)
        assert ("too few" in finding.message) == (section == "passed")


@pytest.mark.parametrize("facts", [{"n_validation": None}, {"loss_kind": "unknown"}])
def test_only_a_log_loss_of_so_many_rows_is_a_likelihood(analysis_of, curves, turned, facts):
    """Where the number of rows or the kind of the loss is not known, the curve alone decides."""
    facts = {"n_validation": 5} | facts
    finding = OverfitTurningPoint().run(analysis_of(curves["train"], turned, **facts))
    assert finding.section == "issue"
    assert "log_likelihood_ratio" not in finding.evidence


def test_such_a_ratio_is_rare_if_the_last_model_is_right():
    """Labels drawn from the last forecasts favour others twentyfold in at most 1 of 20 samples."""
    rng = np.random.default_rng(0)
    last = rng.uniform(0.05, 0.95, 60)
    valley = 1 / (1 + np.exp(-np.log(last / (1 - last)) - rng.normal(0, 0.5, 60)))
    labels = rng.random((20_000, 60)) < last
    log_ratio = np.where(labels, np.log(valley / last), np.log((1 - valley) / (1 - last)))
    assert 0 < np.mean(log_ratio.sum(axis=1) > np.log(LIKELIHOOD_RATIO)) < 1 / LIKELIHOOD_RATIO


def test_a_sound_run_passes(analysis_of, curves):
    """A validation loss that falls and stays passes."""
    finding = OverfitTurningPoint().run(analysis_of(curves["train"], curves["validation"]))
    assert finding.section == "passed"


def test_half_a_percent_does_not_matter(analysis_of, curves):
    """A rise beyond noise and below one percent passes."""
    step = curves["step"]
    creeping = 1 + np.exp(-step / 5) + 0.00015 * np.maximum(step - 30, 0)
    creeping += np.random.default_rng(5).normal(0, 0.0003, len(step))
    finding = OverfitTurningPoint().run(analysis_of(None, creeping))
    assert finding.section == "passed"
    assert finding.evidence["statistic"] > 3


def test_it_needs_a_validation_loss_of_eight_entries(analysis_of, curves):
    """Training rows do not show it, nor do a handful of epochs that do not turn."""
    with pytest.raises(CheckNotApplicable, match="No validation loss"):
        OverfitTurningPoint().run(analysis_of(curves["train"]))
    with pytest.raises(CheckNotApplicable, match="5 finite entries; this needs 8"):
        OverfitTurningPoint().run(analysis_of(None, [0.9, 0.5, 0.4, 0.5, 0.3]))
    with pytest.raises(CheckNotApplicable, match="2 finite entries; this needs 8"):
        OverfitTurningPoint().run(analysis_of(None, [0.5, 0.9]))


def test_correlated_noise_is_rarely_taken_for_a_rise(analysis_of):
    """Flat curves whose noise is large and strongly correlated are no issue, but for a few."""
    issues = 0
    for seed in range(30):
        noise = np.random.default_rng(seed).normal(0, 0.03, 160)
        values = 1 + signal.lfilter([1], [1, -0.8], noise)[100:]
        with contextlib.suppress(CheckNotApplicable):
            finding = OverfitTurningPoint().run(analysis_of(None, values))
            issues += finding.section == "issue" and finding.p_value <= 0.01
    assert issues <= 4


def test_what_was_put_back_is_not_blamed(analysis_of, curves, turned):
    """A run that ends with the model of its best step has done what the fix says."""
    finding = OverfitTurningPoint().run(analysis_of(curves["train"], turned, kept_step=31.0))
    assert finding.section == "passed"
    assert finding.message.endswith("the model of epoch 31 was put back.")
    assert "fix" not in finding.evidence
    late = OverfitTurningPoint().run(analysis_of(curves["train"], turned, kept_step=70.0))
    assert late.section == "issue"
    assert late.nats_at_stake == pytest.approx(late.ci[0] - 0.004 * 10, abs=0.015)


def test_without_a_loss_the_metric_is_judged():
    """A metric that falls from its best by a point and beyond noise has turned."""
    steps = np.arange(1.0, 81.0)
    noise = np.random.default_rng(0).normal(0, 0.005, 80)
    held = 0.9 - 0.4 * np.exp(-steps / 6) + noise
    fallen = held - 0.004 * np.maximum(steps - 30, 0)
    for values, section in ((held, "passed"), (fallen, "issue")):
        history = History(steps, {}, {"f1": {"validation": values}})
        finding = OverfitTurningPoint().run(HistoryAnalysis([history], 0.01))
        assert finding.section == section
    assert finding.title == "The validation metric has turned"
    assert 20 <= finding.evidence["best_step"] <= 38
    assert finding.estimate == pytest.approx(0.2, abs=0.03)


def test_a_metric_that_jitters_is_rarely_taken_for_one_that_fell():
    """Correlated noise of half a point exceeds what matters by chance, but not by three sigmas."""
    steps, issues = np.arange(1.0, 61.0), 0
    for seed in range(30):
        noise = np.random.default_rng(seed).normal(0, 0.0036, 160)
        values = 0.9 - 0.35 * np.exp(-steps / 6) + signal.lfilter([1], [1, -0.8], noise)[100:]
        history = History(steps, {}, {"auc": {"validation": values}})
        with contextlib.suppress(CheckNotApplicable):
            finding = OverfitTurningPoint().run(HistoryAnalysis([history], 0.01))
            issues += finding.section == "issue"
    assert issues <= 1


@pytest.mark.parametrize(
    ("values", "section"),
    [
        ([0.6, 0.45, 0.40, 0.46, 0.55, 0.66, 0.8], "tip"),
        ([0.6, 0.40, 0.421], "tip"),
        ([0.6, 0.40, 0.419], None),
        ([0.6, 0.5, 0.4], None),
        ([0.4, 0.6], None),
    ],
)
def test_a_few_entries_are_judged_by_value(analysis_of, values, section):
    """Too few for a test, a last loss five percent above the least is worth a word and no more."""
    analysis = analysis_of(np.linspace(1, 0.5, len(values)), np.array(values))
    if section is None:
        with pytest.raises(CheckNotApplicable, match="finite entries"):
            OverfitTurningPoint().run(analysis)
        return
    finding = OverfitTurningPoint().run(analysis)
    assert finding.section == section
    assert finding.p_value is None
    assert finding.evidence["best_step"] == 1 + np.argmin(values)
    assert finding.estimate == pytest.approx(values[-1] - min(values))


def test_the_least_of_a_few_entries_is_no_news_where_it_was_put_back(analysis_of):
    """What early stopping has kept is not lost."""
    values = np.array([0.6, 0.40, 0.46, 0.55])
    with pytest.raises(CheckNotApplicable, match="put back"):
        OverfitTurningPoint().run(analysis_of(values, values, kept_step=2.0))


def test_an_absurd_rise_has_an_exponent():
    """A loss that left all bounds is told in few digits."""
    curve = [*np.geomspace(1.0, 0.1, 20), *[1e120] * 20]
    message = diagnose_history({"val_loss": curve})["overfit-turning-point"].message
    assert "e+" in message
    assert max(map(len, message.split())) < 40
