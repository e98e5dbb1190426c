"""What a run as long again would add."""

import numpy as np
import pytest

from sklearn_lossfix.diagnosis.history._curve import Curve
from sklearn_lossfix.diagnosis.history._projection import projection
from sklearn_lossfix.diagnosis.history._trend import theil_sen_slope


def projected(values, steps=None):
    """Projected change of a curve, in its own units, and the share of its pace that it keeps."""
    values = np.asarray(values, dtype=float)
    steps = np.arange(float(len(values))) if steps is None else steps
    curve = Curve(steps, values, "train")
    end = curve.tail
    change = theil_sen_slope(end.steps, end.values) * (end.steps[-1] - end.steps[0])
    ahead = projection(curve, end, change)
    return ahead.times * change, ahead.kept


def test_a_straight_line_goes_on():
    """It keeps its pace, and falls as far as it has fallen."""
    for n in (10, 40, 200):
        change, kept = projected(2.0 - 0.01 * np.arange(n))
        assert kept == pytest.approx(1.0)
        assert change == pytest.approx(-0.01 * (n - 1), abs=0.021)


@pytest.mark.parametrize("constant", [20.0, 50.0, 100.0])
def test_an_exponential_falls_by_what_is_left_of_it(constant):
    """The projection is near to what a run as long again of the same course would take off."""
    course = np.exp(-np.arange(400) / constant)
    change, kept = projected(course[:200])
    assert kept == pytest.approx(np.exp(-25 / constant), rel=0.05)
    assert change == pytest.approx(course[399] - course[199], rel=0.25)


def test_what_stands_still_at_the_end_leads_nowhere():
    """A drop within the end that is over, a change of direction, and a constant curve."""
    drop = np.where(np.arange(100) < 85, 0.6, 0.3)
    assert abs(projected(drop)[0]) < 1e-12
    bowl = np.square(np.arange(100) - 82.0)
    assert projected(-bowl)[0] <= 0.0
    assert projected(np.ones(50))[0] == 0.0


def test_it_does_not_depend_on_units():
    """Scale of the values, scale of the steps and direction change nothing but the units."""
    values = np.exp(-np.arange(80) / 30) + 0.001 * np.sin(np.arange(80.0))
    change, kept = projected(values)
    other, same = projected(5 - 3 * values, 7.0 * np.arange(80))
    assert same == pytest.approx(kept)
    assert other == pytest.approx(-3 * change)


@pytest.mark.parametrize("n", [10, 12, 13])
def test_an_end_that_is_the_whole_run_must_fall_in_its_last_half(n):
    """Of few noisy entries, a fall that was over early is seldom taken to go on; a line is."""
    steps, rng = np.arange(float(n)), np.random.default_rng(0)
    noise = rng.normal(0, 0.02, (200, n))
    over = 0.5 * np.exp(-6 * steps / n)
    goes_on = [projected(over + jitter)[0] < -0.02 for jitter in noise]
    assert np.mean(goes_on) < 0.35
    line = -0.5 * steps / n
    assert np.mean([projected(line + jitter)[0] < -0.1 for jitter in noise]) > 0.95
