"""Best steps, and the loss after recalibration."""

import numpy as np
import pytest

from sklearn_lossfix._core._proper_scores import log_loss_rows
from sklearn_lossfix.diagnosis.history._best_epochs import best_epoch, binary_refinement
from sklearn_lossfix.diagnosis.history._curve import Curve


def test_best_is_least_loss_and_greatest_metric():
    """The same curve read as a loss and, turned, as a metric has the same best step."""
    steps = np.arange(10.0, 70.0)
    values = 1 + 0.001 * (steps - 40) ** 2 + np.random.default_rng(0).normal(0, 0.01, 60)
    loss = best_epoch(Curve(steps, values, "validation"), by="loss")
    metric = best_epoch(Curve(steps, -values, "validation", "f1"), by="f1", sign=-1.0)
    assert (loss.step, loss.low, loss.high) == (metric.step, metric.low, metric.high)
    assert loss.value == values.min() == -metric.value
    assert loss.low <= loss.step <= loss.high


def test_refinement_does_not_depend_on_temperature():
    """Forecasts that are too sure, or not sure enough, have the refinement of the true ones."""
    rng = np.random.default_rng(1)
    odds = rng.normal(0, 1.5, 2000)
    y = (rng.random(2000) < 1 / (1 + np.exp(-odds))).astype(int)
    found = []
    for factor in (0.3, 1.0, 4.0):
        p = 1 / (1 + np.exp(-factor * odds))
        found.append(binary_refinement(log_loss_rows(np.column_stack([1 - p, p]), y)))
    assert found == pytest.approx([found[1]] * 3, abs=1e-4)


def test_refinement_is_never_above_the_loss():
    """A temperature of one is among those that are tried."""
    losses = np.random.default_rng(2).exponential(size=100)
    assert binary_refinement(losses) <= losses.mean()
    assert binary_refinement(np.zeros(5)) == pytest.approx(0.0, abs=1e-6)


def test_no_step_of_a_constant_curve_stands_out():
    """All are as good, so the interval is the whole run."""
    steps = np.arange(1.0, 31.0)
    best = best_epoch(Curve(steps, np.full(30, 0.5), "validation"), by="loss")
    assert not best.stands_out
    assert (best.low, best.high, best.value, best.last) == (1.0, 30.0, 0.5, 0.5)
    assert best_epoch(Curve(steps, 0.5 + 1e-3 * steps, "validation"), by="loss").stands_out
