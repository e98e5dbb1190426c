"""Tests of the reliability curve and its consistency band."""

import numpy as np
import pytest
from sklearn.isotonic import IsotonicRegression

from sklearn_lossfix.diagnosis.ledgers.reliability import BAND_LEVEL, N_POINTS, reliability


def draw(n_rows, seed=0, bend=1.0):
    """Forecasts, and outcomes that follow a power of them."""
    rng = np.random.default_rng(seed)
    p = rng.random(n_rows)
    return p, rng.random(n_rows) < p**bend


def test_curve_is_isotonic_regression():
    """At its points the curve is scikit-learn's isotonic fit, with weights and ties."""
    p, happened = draw(300)
    p = np.round(p, 1)
    weight = np.random.default_rng(1).choice([0.5, 2.0], 300)
    curve = reliability(p, happened, weight)
    expected = (
        IsotonicRegression().fit(p, happened.astype(float), weight).predict(curve["forecast"])
    )
    np.testing.assert_allclose(curve["happened"], expected, atol=1e-9)


def test_curve_spans_the_forecasts():
    """Points run from the smallest to the largest forecast; counts are shares of the rows."""
    p, happened = draw(500)
    curve = reliability(p / 2 + 0.2, happened)
    assert len(curve["forecast"]) == N_POINTS
    assert (curve["forecast"][0], curve["forecast"][-1]) == (p.min() / 2 + 0.2, p.max() / 2 + 0.2)
    assert len(curve["counts"]) == 20
    assert sum(curve["counts"]) == pytest.approx(1.0)
    assert sum(curve["counts"][:4]) == 0.0
    assert (np.diff(curve["happened"]) >= 0).all()
    assert all(type(x) is float for values in curve.values() for x in values)


@pytest.mark.parametrize("n_rows", [200, 5000])
def test_band_holds_calibrated_curves_at_its_level(n_rows):
    """At each point about 90 % of calibrated curves lie in the band, subsampled or not."""
    inside = []
    for seed in range(12):
        p, happened = draw(n_rows, seed)
        curve = {key: np.array(values) for key, values in reliability(p, happened).items()}
        middle = slice(8, 33)
        inside.append(
            (curve["low"][middle] <= curve["happened"][middle])
            & (curve["happened"][middle] <= curve["high"][middle])
        )
    assert np.mean(inside) == pytest.approx(BAND_LEVEL, abs=0.12)


def test_band_shows_miscalibration():
    """A bent curve leaves the band at most points in the middle."""
    p, happened = draw(2000, bend=2.0)
    curve = {key: np.array(values) for key, values in reliability(p, happened).items()}
    outside = (curve["happened"] < curve["low"]) | (curve["happened"] > curve["high"])
    assert outside[8:33].mean() > 0.9


def test_rows_of_weight_zero_are_not_there():
    """Rows without weight change neither the curve nor the counts."""
    p, happened = draw(100)
    keep = p > 0.2
    subset = reliability(p[keep], happened[keep], np.ones(keep.sum()))
    weighted = reliability(p, happened, keep.astype(float))
    assert weighted == subset


def test_seed_fixes_the_band():
    """The same seed gives the same band, another seed another one with the same curve."""
    p, happened = draw(100)
    first, again, other = (reliability(p, happened, random_state=s) for s in (0, 0, 1))
    assert first == again
    assert first["happened"] == other["happened"]
    assert first["low"] != other["low"]


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_one_forecast_is_one_point(dtype):
    """A constant forecast gives a single point at the share of what happened."""
    curve = reliability(np.full(10, 0.25, dtype=dtype), np.arange(10) < 3)
    assert curve["forecast"] == [0.25]
    assert curve["happened"] == pytest.approx([0.3])
    assert curve["counts"][5] == 1.0
