"""The share of wrong labels, from contradictions where a forecast is surest."""

import numpy as np
import pytest
from scipy import stats
from scipy.optimize import minimize
from scipy.special import expit

from sklearn_lossfix.diagnosis import _label_noise
from sklearn_lossfix.diagnosis._label_noise import (
    MIN_ERRORS,
    NOISE_FLOOR,
    binned_hits,
    bounded_log_odds,
    estimate_label_noise,
    profile,
)


def forecasts(n_rows, spread, rng):
    """Forecasts of two classes, and labels drawn from them."""
    p = expit(spread * rng.normal(size=n_rows))
    return np.column_stack([1 - p, p]), (rng.random(n_rows) < p).astype(int)


def flipped(y, share, rng, only=None):
    """Labels of which a share - of all rows, or of one class - is moved to another class."""
    n_classes = int(y.max()) + 1
    flip = rng.random(len(y)) < share
    if only is not None:
        flip &= y == only
    other = (y + rng.integers(1, n_classes, len(y))) % n_classes
    return np.where(flip, other, y), flip


@pytest.mark.parametrize("both_ends", [True, False])
def test_profile_is_the_maximum_of_the_likelihood(both_ends):
    """At every share the curve is at least as likely as the one that a general optimiser finds."""
    rng = np.random.default_rng(0)
    score = 2 * rng.normal(size=800)
    hit = rng.random(800) < (0.1 if both_ends else 0.0) + (0.8 if both_ends else 0.9) * expit(score)
    losses, _ = profile(score, hit, np.ones(800), both_ends)
    x, hits, total = binned_hits(score, hit, np.ones(800))

    def loss(params, rate):
        low = rate if both_ends else 0.0
        chance = low + (1 - low - rate) * expit(params[0] + params[1] * x)
        chance = np.clip(chance, 1e-12, 1 - 1e-12)
        return -(hits @ np.log(chance) + (total - hits) @ np.log(1 - chance))

    for k in range(0, len(losses), 5):
        rate = _label_noise._RATES[k]
        best = minimize(loss, (0, 1), (rate,), "L-BFGS-B", bounds=[(-20, 20), (0, 50)]).fun
        assert losses[k] < best + 1e-2


def test_bins_keep_totals():
    """Binning loses no hit, no weight and no score."""
    rng = np.random.default_rng(0)
    score, weight = rng.normal(size=1234), rng.random(1234)
    mean, hits, total = binned_hits(score, score > 0, weight)
    assert total.sum() == pytest.approx(weight.sum())
    assert hits.sum() == pytest.approx(weight[score > 0].sum())
    assert mean @ total == pytest.approx(weight @ score)


def test_no_forecast_is_surer_than_its_rows_allow():
    """A vote of all neighbours is no infinite odds."""
    assert np.abs(bounded_log_odds(np.array([0.0, 1.0]), 98)).max() == pytest.approx(np.log(99))


@pytest.mark.parametrize("spread", [0.5, 1.2, 2.5, 6.0])
def test_overlap_is_not_noise(spread):
    """Classes that overlap, up to an error near one half, are rarely called noisy."""
    false = 0
    for seed in range(30):
        found = estimate_label_noise(*forecasts(400, spread, np.random.default_rng(seed)))
        false += found is not None and found.p_value <= 0.01
    assert false <= 1


@pytest.mark.parametrize("share", [0.08, 0.1, 0.2])
@pytest.mark.parametrize("temperature", [1.0, 4.0])
def test_noise_is_found_whatever_the_temperature(share, temperature, sharpened):
    """Forecasts that noise has made less sure hide nothing: the share is about the planted one."""
    rng = np.random.default_rng(1)
    proba, clean = forecasts(4000, 6.0, rng)
    y, flip = flipped(clean, share, rng)
    found = estimate_label_noise(sharpened(proba, 1 / temperature), y)
    assert found.p_value < 0.001
    assert found.only is None
    assert found.low - 0.01 < share < found.high + 0.01
    assert flip[found.chance > 0.5].mean() > 0.8
    assert (found.chance > 0.5)[flip].mean() > 0.5


def test_noise_that_a_forecast_knows_of_is_not_told():
    """Exact forecasts of noisy labels are those of classes that overlap: nothing parts them."""
    rng = np.random.default_rng(1)
    proba, clean = forecasts(4000, 6.0, rng)
    y, _ = flipped(clean, 0.1, rng)
    assert estimate_label_noise(0.1 + 0.8 * proba, y).p_value > 0.01


@pytest.mark.parametrize("only", [0, 1])
def test_noise_of_one_class_is_found(only):
    """Flips of one class stand among the rows of that class, and are a share of all rows."""
    rng = np.random.default_rng(2)
    proba, clean = forecasts(4000, 6.0, rng)
    y, flip = flipped(clean, 0.2, rng, only=only)
    found = estimate_label_noise(proba, y)
    assert found.p_value < 0.001
    assert found.only == only
    assert found.rate == pytest.approx(flip.mean(), abs=0.03)


def test_noise_of_many_classes_is_found():
    """Of five classes as of two; without flips nothing is."""
    rng = np.random.default_rng(3)
    scores = 6 * rng.normal(size=(4000, 5))
    proba = np.exp(scores) / np.exp(scores).sum(axis=1, keepdims=True)
    clean = (rng.random((4000, 1)) > proba.cumsum(axis=1)[:, :-1]).sum(axis=1)
    assert estimate_label_noise(proba, clean).p_value > 0.01
    y, flip = flipped(clean, 0.1, rng)
    found = estimate_label_noise(proba, y)
    assert found.p_value < 0.001
    assert found.rate == pytest.approx(flip.mean(), abs=0.03)
    assert flip[found.chance > 0.5].mean() > 0.8


def test_less_than_the_floor_is_not_called_noise():
    """A few wrong labels in a thousand are no finding, however many rows there are."""
    rng = np.random.default_rng(4)
    proba, clean = forecasts(20_000, 6.0, rng)
    y, _ = flipped(clean, NOISE_FLOOR / 3, rng)
    assert estimate_label_noise(proba, y).p_value > 0.01


def test_too_few_contradictions_tell_nothing():
    """Without errors, or where the forecast never varies, there is no estimate."""
    rng = np.random.default_rng(5)
    proba, _ = forecasts(300, 2.0, rng)
    y = proba.argmax(axis=1)
    y[: MIN_ERRORS - 1] = 1 - y[: MIN_ERRORS - 1]
    assert estimate_label_noise(proba, y) is None
    assert estimate_label_noise(np.full((300, 2), 0.5), rng.integers(0, 2, 300)) is None


def test_names_of_the_classes_do_not_matter():
    """Swapping the two classes changes nothing but the name."""
    rng = np.random.default_rng(6)
    proba, clean = forecasts(1500, 5.0, rng)
    y, _ = flipped(clean, 0.2, rng, only=1)
    first, second = estimate_label_noise(proba, y), estimate_label_noise(proba[:, ::-1], 1 - y)
    assert (first.only, second.only) == (1, 0)
    assert first.rate == pytest.approx(second.rate)
    assert first.p_value == pytest.approx(second.p_value, rel=0.05)
    np.testing.assert_allclose(first.chance, second.chance, atol=0.01)


def test_weights_of_two_are_rows_twice():
    """A row of weight two counts as two, if the effective number of rows says so."""
    rng = np.random.default_rng(7)
    proba, clean = forecasts(1500, 5.0, rng)
    y, _ = flipped(clean, 0.1, rng)
    weight = np.where(np.arange(1500) < 500, 2.0, 1.0)
    rows = np.repeat(np.arange(1500), weight.astype(int))
    first = estimate_label_noise(proba, y, weight, 2000.0)
    second = estimate_label_noise(proba[rows], y[rows])
    # Bins hold equally many rows, so they do not end at the same scores.
    assert first.rate == pytest.approx(second.rate, abs=0.03)
    assert first.low == pytest.approx(second.low, abs=0.02)


def test_wrong_labels_of_a_class_that_is_hardly_there_are_no_news():
    """A fifth of a fiftieth of the rows is less than a point; of a third of them it is news."""
    rng = np.random.default_rng(0)
    for share, is_news in ((0.02, False), (0.35, True)):
        p = expit(8 * (rng.normal(size=20_000) - stats.norm.isf(share)))
        clean = (rng.random(20_000) < p).astype(int)
        y, _ = flipped(clean, 0.25, rng, only=1)
        noise = estimate_label_noise(np.column_stack([1 - p, p]), y)
        assert (noise.p_value < 0.01) == is_news
        assert (noise.low > noise.limit) == is_news


@pytest.mark.parametrize(("share", "floor"), [(1.0, NOISE_FLOOR), (0.4, NOISE_FLOOR), (0.05, 0.2)])
def test_a_rate_is_news_where_it_is_a_point_of_all_rows(share, floor):
    """The floor of a part of the rows is that of all rows, or a hundredth of these."""
    assert _label_noise.rate_floor(share) == pytest.approx(floor)
    assert _label_noise.rate_floor(0.0) == np.inf
