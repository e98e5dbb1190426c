"""Tests of when training stops: the best epoch, patience, and lowering of the learning rate."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import signal

from sklearn_lossfix.model_selection._epoch_monitor import (
    LUCK_LIMIT,
    EpochMonitor,
    best_was_luck,
    jump_sigma,
)

CURVES = st.lists(st.floats(-5, 5) | st.just(float("nan")), min_size=1, max_size=30)


def run(values, **options):
    """Feed a curve until the monitor has had enough."""
    monitor = EpochMonitor(**{"greater_is_better": False, "patience": 3, **options})
    seen = []
    for value in values:
        seen.append(monitor.see(value))
        if monitor.is_out_of_patience:
            break
    return monitor, seen


@given(CURVES, st.booleans())
def test_best_epoch_is_the_argmin_or_argmax_of_what_was_seen(values, greater):
    """The best epoch is the first of the best values so far, NaN never being one."""
    monitor, seen = run(values, greater_is_better=greater)
    curve = np.array(values[: len(seen)])
    if np.isnan(curve).all():
        assert monitor.best_epoch == 0
        return
    best = (np.nanargmax if greater else np.nanargmin)(curve)
    assert monitor.best_epoch == best + 1
    assert monitor.best == curve[best]


@given(CURVES)
def test_a_metric_is_a_loss_with_the_other_sign(values):
    """Turning the sign of the curve and its direction changes no decision."""
    loss, as_loss = run(values)
    metric, as_metric = run([-value for value in values], greater_is_better=True)
    assert as_loss == as_metric
    assert loss.best_epoch == metric.best_epoch


def jumpy_fall(seed, n_epochs=200):
    """A loss that falls with 1 / t and jumps by a third of itself."""
    rng = np.random.default_rng(seed)
    return 20 / np.arange(1, n_epochs + 1) * np.exp(rng.normal(0, 0.3, n_epochs))


@given(CURVES, st.integers(1, 5))
def test_training_ends_patience_epochs_after_the_best_or_later(values, patience):
    """Without min_delta, nothing ends before that many epochs after the best one."""
    monitor, seen = run(values, patience=patience)
    if monitor.is_out_of_patience:
        assert len(seen) - monitor.best_epoch >= patience


@given(
    st.lists(st.integers(1, 9), min_size=1, max_size=30),
    st.integers(1, 9),
    st.integers(1, 10),
)
def test_after_a_valley_of_straight_sides_training_ends_exactly_then(falls, rise, patience):
    """A curve that falls without jumps and then rises by more than it jumps ends at once."""
    fall = -np.cumsum(np.sort(falls)[::-1])
    values = [*fall, *(fall[-1] + rise * np.arange(1, patience + 1) * 100)]
    monitor, seen = run(values, patience=patience)
    assert monitor.best_epoch == len(falls)
    assert len(seen) == len(falls) + patience


def test_a_lucky_epoch_seldom_ends_a_fall_that_jumps():
    """Where the loss falls with 1 / t and jumps by a third, training lasts three times as long."""
    strict, ours = [], []
    for seed in range(20):
        values = jumpy_fall(seed)
        ends = [t for t in range(1, 201) if t - np.argmin(values[:t]) > 10]
        strict.append(ends[0] if ends else 200)
        ours.append(len(run(values, patience=10)[1]))
    assert all(np.array(ours) >= strict)
    assert np.median(ours) > 3 * np.median(strict)


@pytest.mark.parametrize("phi", [0.0, 0.5])
def test_a_plateau_that_jumps_ends(phi):
    """On noise without a trend training ends in every run, on average before 60 epochs."""
    lengths = []
    for seed in range(30):
        noise = signal.lfilter([1], [1, -phi], np.random.default_rng(seed).normal(size=400))
        monitor, seen = run(1 + 0.01 * noise, patience=10)
        assert monitor.is_out_of_patience
        lengths.append(len(seen))
    assert np.mean(lengths) < 60


@pytest.mark.parametrize("seed", range(3))
def test_min_delta_is_asked_of_the_fall_as_well(seed):
    """A fall that is less than min_delta does not prolong training."""
    values = jumpy_fall(seed)
    _, seen = run(values, patience=10, min_delta=100.0)
    assert len(seen) == 11


@given(st.integers(0, 50), st.floats(0.01, 100))
def test_luck_is_told_the_same_in_any_unit(seed, unit):
    """The scale of the curve changes nothing."""
    values = -jumpy_fall(seed, 40)
    there = best_was_luck(unit * values, unit * values.max(), 10)
    assert there == best_was_luck(values, values.max(), 10)


@pytest.mark.parametrize(("level", "expected"), [(90, True), (110, False)])
def test_jumps_below_one_percent_do_not_matter(level, expected):
    """The same curve with jumps of a sigma just above, and just below, 1 % of its best value."""
    values = np.arange(20.0) / 5 + np.resize([0.0, 1.0, 0.2, 0.7], 20)
    sigma = jump_sigma(values)
    values = values - values.max() + level * sigma
    assert best_was_luck(values, values.max(), 5) == expected


@pytest.mark.parametrize("end", [np.nan, np.inf, -np.inf])
def test_a_curve_that_is_no_number_any_more_ends(end):
    """What was a lucky epoch before is none once no epoch is a number: patience ends training."""
    values = np.arange(20.0) / 5 + np.resize([0.0, 1.0, 0.2, 0.7], 20)
    best = np.median(values[-5:]) + LUCK_LIMIT * jump_sigma(values) / 2
    assert best_was_luck(values, best, 5)
    assert not best_was_luck(np.append(values, end), best, 5)


def test_luck_ends_at_three_sigma():
    """The same rise with a best epoch just within, and just beyond, three sigma of its jumps."""
    values = np.arange(20.0) / 5 + np.resize([0.0, 1.0, 0.2, 0.7], 20) - 2
    level, sigma = np.median(values[-5:]), jump_sigma(values)
    assert best_was_luck(values, level + 0.99 * LUCK_LIMIT * sigma, 5)
    assert not best_was_luck(values, level + 1.01 * LUCK_LIMIT * sigma, 5)


def test_jumps_of_white_noise_have_its_sigma():
    """Of long white noise about a line the sigma is found within 5 %."""
    noise = np.random.default_rng(0).normal(0, 0.3, 5000)
    assert jump_sigma(noise + np.arange(5000)) == pytest.approx(0.3, rel=0.05)


def test_small_steps_reset_patience_once_they_add_up():
    """Steps below min_delta count together, and the best value is kept whatever their size."""
    values = [1.0, 0.96, 0.92, 0.88, 0.84]
    monitor, seen = run(values, min_delta=0.1, patience=4)
    assert len(seen) == 5
    assert not monitor.is_out_of_patience
    assert monitor.best_epoch == 5
    monitor, seen = run(values, min_delta=0.5, patience=4)
    assert monitor.is_out_of_patience
    assert monitor.best_epoch == 5


def test_rate_is_lowered_again_after_as_many_epochs():
    """Each lowering takes its own patience, which an improvement begins anew."""
    monitor = EpochMonitor(greater_is_better=False, patience=100, lr_patience=2)
    lowered = []
    for value in [1.0, 1.0, 1.0, 1.0, 1.0, 0.5, 0.6, 0.7]:
        monitor.see(value)
        lowered.append(monitor.lowers_rate())
    assert lowered == [False, False, True, False, True, False, False, True]


@pytest.mark.parametrize("values", [[1.0] * 9, [1.0, 2.0, 3.0]])
def test_rate_is_never_lowered_without_lr_patience(values):
    """Without lr_patience nothing is lowered, however long the curve is flat."""
    monitor = EpochMonitor(greater_is_better=False, patience=100)
    for value in values:
        monitor.see(value)
        assert not monitor.lowers_rate()
