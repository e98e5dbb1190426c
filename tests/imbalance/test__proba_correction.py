"""Probabilities led back to the data's own prior, in the way that loses least out of fold."""

import numpy as np
import pytest
from scipy.special import expit, logit
from sklearn.metrics import log_loss

from sklearn_lossfix._core._prior_shift import correct_prior
from sklearn_lossfix._core._recalibration import identity_map
from sklearn_lossfix.imbalance._proba_correction import (
    LEAST_ROWS,
    Correction,
    choose_correction,
    fit_correction,
    fit_corrections,
    fit_mixture,
    least_mixture,
)

N = 4_000


def columns(p):
    """Two columns from the probability of the second class."""
    return np.column_stack([1 - p, p])


@pytest.fixture(scope="module")
def truth():
    """True probabilities of a rare class, labels drawn from them, and five folds."""
    rng = np.random.default_rng(0)
    p = expit(rng.normal(-2.5, 1.5, N))
    return p, (rng.random(N) < p).astype(int), np.arange(N) % 5


def regret(proba, p):
    """Mean loss that forecasts cost beyond the truth, in nats: a Kullback-Leibler divergence."""
    truth = columns(p)
    return np.mean(np.sum(truth * (np.log(truth) - np.log(proba)), axis=1))


def test_right_probabilities_are_hardly_touched(truth):
    """What a map learns of noise costs no more than its parameters: one in n each, at most."""
    p, y, folds = truth
    proba = columns(p)
    found = choose_correction("auto", proba, proba, y, None, folds)
    assert regret(found.correction(proba), p) < 3 / N
    assert found.log_loss <= found.raw_log_loss == pytest.approx(log_loss(y, proba))
    alone = choose_correction(None, proba, proba, y, None, folds)
    assert alone.proba is proba
    assert alone.log_loss == alone.raw_log_loss


def test_the_formula_undoes_balanced_classes(truth):
    """A model that is right under balanced classes is right after the formula."""
    p, y, folds = truth
    prior = np.array([1 - p.mean(), p.mean()])
    raw = correct_prior(columns(p), prior, [0.5, 0.5])
    shifted = correct_prior(raw, np.array([0.5, 0.5]), prior)
    found = choose_correction("auto", raw, shifted, y, None, folds)
    assert found.correction.kind != "none"
    assert regret(found.correction(shifted), p) < 3 / N
    assert found.raw_log_loss > found.log_loss + 0.1


def test_an_offset_is_taken_where_the_formula_has_the_wrong_shares(truth):
    """Off by a constant on the logit scale, which is not what the formula undoes."""
    p, y, folds = truth
    off = columns(expit(logit(p) + 1.5))
    found = choose_correction("auto", off, off, y, None, folds)
    assert found.correction.kind in ("offset", "sigmoid")
    assert regret(found.correction(off), p) < 3 / N < 0.1 < regret(off, p)


def test_a_slope_is_taken_where_forecasts_are_too_sure(truth):
    """Three times the log-odds: only the sigmoid can flatten them."""
    p, y, folds = truth
    off = columns(expit(3 * logit(p)))
    found = choose_correction("auto", off, off, y, None, folds)
    assert found.correction.kind == "sigmoid"
    assert np.mean(found.correction.recalibration.slopes) == pytest.approx(1 / 3, rel=0.15)
    assert found.correction.mixture == least_mixture(N)


@pytest.mark.parametrize("method", [None, "prior", "offset", "sigmoid"])
def test_a_method_that_is_asked_for_is_taken(truth, method):
    """Whatever it costs."""
    p, y, folds = truth
    raw, shifted = columns(p), columns(expit(logit(p) - 1))
    found = choose_correction(method, raw, shifted, y, None, folds)
    assert found.correction.kind == ("none" if method is None else method)
    expected = {None: raw, "prior": shifted}.get(method)
    if expected is not None:
        assert found.proba is expected


def test_each_row_is_corrected_by_what_the_other_folds_taught(truth):
    """Rows of one fold say nothing about how they are corrected themselves."""
    p, y, folds = truth
    off = columns(expit(2 * logit(p) + 1))
    found = choose_correction("sigmoid", off, off, y, None, folds)
    turned = np.where(folds == 2, 1 - y, y)
    other = choose_correction("sigmoid", off, off, turned, None, folds)
    np.testing.assert_array_equal(found.proba[folds == 2], other.proba[folds == 2])
    assert not np.array_equal(found.proba[folds != 2], other.proba[folds != 2])


def test_the_mixture_is_the_share_of_rows_that_are_pure_noise():
    """A quarter of the labels are drawn from the prior, whatever the forecast says."""
    rng = np.random.default_rng(0)
    p = rng.choice([0.0, 1.0], N, p=[0.8, 0.2])
    prior = np.array([0.8, 0.2])
    noise = rng.random(N) < 0.25
    y = np.where(noise, rng.random(N) < 0.2, p).astype(int)
    assert fit_mixture(columns(p), y, prior) == pytest.approx(0.25, abs=0.03)


def test_the_mixture_of_right_forecasts_is_the_least_there_is(truth):
    """Right forecasts need none; at least half a row in n + 1 keeps zeros finite."""
    p, y, _ = truth
    prior = np.array([1 - y.mean(), y.mean()])
    assert fit_mixture(columns(p), y, prior) < 0.01
    always = np.ones(500, dtype=int)
    least = fit_mixture(columns(np.full(500, 0.999)), always, np.array([0.5, 0.5]))
    assert least == pytest.approx(LEAST_ROWS / 501, rel=1e-3)


def test_votes_of_zero_get_a_finite_loss_and_a_better_brier_score():
    """Votes of a few neighbours say 0 of what is merely rare."""
    rng = np.random.default_rng(0)
    p = expit(rng.normal(-2.5, 1, N))
    y = (rng.random(N) < p).astype(int)
    votes = columns(rng.binomial(5, p) / 5)
    found = choose_correction("auto", votes, votes, y, None, np.arange(N) % 5)
    assert found.correction.mixture > 0.1
    assert found.proba.min() > 0.005
    assert found.log_loss < 0.5 * found.raw_log_loss
    assert found.brier < found.raw_brier


def test_forecasts_are_never_turned_round():
    """Labels that go against the forecasts teach a map to flatten them, not to reverse them."""
    rng = np.random.default_rng(0)
    p = rng.uniform(0.05, 0.95, 300)
    y = (rng.random(300) < 1 - p).astype(int)
    proba = columns(p)
    fitted = fit_correction("sigmoid", proba, y)
    assert (np.diff(fitted(proba)[np.argsort(p), 1]) >= 0).all()


def test_rows_without_weight_teach_nothing(truth):
    """Nothing is learnt, and nothing fails, where all the weight lies in one fold."""
    p, y, folds = truth
    off = columns(expit(3 * logit(p)))
    weight = (folds == 2).astype(float)
    found = choose_correction("sigmoid", off, off, y, weight, folds)
    np.testing.assert_array_equal(found.proba[folds == 2], off[folds == 2])
    assert np.isfinite(found.log_loss)


def test_weights_count_as_rows(truth):
    """A row of weight two is as good as two rows."""
    p, y, _ = truth
    off = columns(expit(2 * logit(p) + 1))
    weight = np.random.default_rng(1).integers(1, 4, N)
    weighed = fit_correction("sigmoid", off, y, weight.astype(float))
    repeated = fit_correction("sigmoid", np.repeat(off, weight, axis=0), np.repeat(y, weight))
    # The unit prior of the map and the least mixture count effective rows.
    assert weighed.recalibration.slopes == pytest.approx(repeated.recalibration.slopes, rel=1e-2)
    assert weighed.recalibration.offsets == pytest.approx(
        repeated.recalibration.offsets, rel=1e-2, abs=1e-2
    )


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_a_correction_keeps_dtype_and_sums_to_one(dtype):
    """Of three classes as of two."""
    rng = np.random.default_rng(0)
    proba = rng.dirichlet([5, 1, 0.2], 600)
    y = np.array([rng.choice(3, p=row) for row in proba])
    proba = proba.astype(dtype)
    out = fit_correction("sigmoid", proba, y)(proba)
    assert out.dtype == dtype
    np.testing.assert_allclose(out.sum(axis=1), 1, rtol=1e-5)
    same = Correction("none", 0.0, (0.5, 0.3, 0.2), identity_map(3))
    assert same(proba) is proba


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("kind", ["offset", "sigmoid"])
def test_no_order_is_lost_however_small_probabilities_are(truth, kind, dtype):
    """What lies far below the share that is mixed in differs as before, and hardly moves."""
    p, y, _ = truth
    correction = fit_correction(kind, columns(p).astype(dtype), y)
    assert correction.mixture > 0
    least = np.log10(np.finfo(dtype).smallest_subnormal)
    small = np.logspace(least + 1, -1, 200).astype(dtype)
    rare = np.column_stack([1 - small, small])
    assert (np.diff(correction(rare)[:, 1]) > 0).all()
    # Near one the other column tells what this one cannot, as 1 - 1e-30 is 1; float32 has not
    # enough digits there for all of that.
    near_one = np.diff(correction(rare[:, ::-1])[:, 1])
    assert (near_one < 0).all() if dtype == np.float64 else (near_one <= 0).all()
    log_p = correction.mixed_log(rare)
    plain = np.log(
        (1 - correction.mixture) * rare + correction.mixture * np.array(correction.prior)
    )
    limit = -np.sqrt(np.finfo(dtype).eps) * np.log(np.finfo(dtype).smallest_subnormal)
    assert np.abs(log_p - plain).max() <= limit + 1e-6
    assert limit < 0.04


def test_several_ways_at_once_are_each_as_alone(truth):
    """What they have in common changes none of them, whatever the weights."""
    p, y, _ = truth
    proba, kinds = columns(expit(2 * logit(p))), ("none", "prior", "offset", "sigmoid")
    for weight in (None, np.where(y, 3.0, 1.0), np.zeros(N)):
        together = fit_corrections(kinds, proba, y, weight)
        assert together == [fit_correction(kind, proba, y, weight) for kind in kinds]


def test_what_drowns_is_small_not_zero_and_common():
    """Votes of zero are no order; one tiny probability among many rows is not most of them."""
    correction = Correction("offset", 1e-3, (0.9, 0.1), identity_map(2))
    tiny, zero, usual = columns(np.array([1e-30, 0.0, 0.2]))
    assert correction.drowns(np.array([tiny, tiny, usual]))
    assert not correction.drowns(np.array([tiny, usual, usual]))
    assert not correction.drowns(np.array([zero, zero, usual]))
    plain = Correction("prior", 0.0, (0.9, 0.1), identity_map(2))
    assert not plain.drowns(np.array([tiny, tiny, usual]))
