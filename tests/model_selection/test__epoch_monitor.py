"""Tests of when training stops: the best epoch, patience, and lowering of the learning rate."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sklearn_lossfix.model_selection._epoch_monitor import EpochMonitor

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


@given(CURVES, st.integers(1, 5))
def test_training_ends_patience_epochs_after_the_best(values, patience):
    """Without min_delta, what ends by patience ends exactly that many epochs after the best."""
    monitor, seen = run(values, patience=patience)
    if monitor.is_out_of_patience:
        assert len(seen) - monitor.best_epoch == patience


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
