"""Tests of the proper scores: against scikit-learn's metrics and against enumeration."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats
from sklearn.metrics import brier_score_loss, log_loss

from sklearn_lossfix._core._proper_scores import (
    brier_rows,
    brier_scale,
    class_shares,
    clipped_log,
    entropy,
    gini_simpson,
    log_loss_rows,
    probability_floor,
    promised_log_loss_moments,
    row_chunks,
    true_class_probability,
)


@st.composite
def forecasts(draw):
    """Draw labels, probabilities with ties, zeros and ones, and sometimes weights."""
    n_classes = draw(st.integers(2, 8))
    n_rows = draw(st.integers(2, 40))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    sharpness = draw(st.sampled_from([0.05, 1.0, 20.0]))
    proba = rng.dirichlet(np.full(n_classes, sharpness), n_rows)
    certain = rng.random(n_rows) < draw(st.sampled_from([0.0, 0.3]))
    proba[certain] = np.eye(n_classes)[rng.integers(n_classes, size=certain.sum())]
    if draw(st.booleans()):  # ties
        proba = proba[rng.integers(max(1, n_rows // 3), size=n_rows)]
    proba = proba.astype(draw(st.sampled_from([np.float32, np.float64])))
    # Often fewer classes in the labels than in the columns.
    y = rng.integers(draw(st.integers(1, n_classes)), size=n_rows)
    weight = rng.choice([0.0, 0.5, 1.0, 3.0], n_rows) + 0.1 if draw(st.booleans()) else None
    return proba, y, weight


@given(forecasts())
def test_mean_log_loss_is_that_of_scikit_learn(drawn):
    """The weighted mean of the rows is `sklearn.metrics.log_loss`, clipped alike."""
    proba, y, weight = drawn
    rows = log_loss_rows(proba, y)
    assert rows.dtype == np.float64
    assert np.isfinite(rows).all()
    expected = log_loss(y, proba, sample_weight=weight, labels=np.arange(proba.shape[1]))
    # scikit-learn takes the logarithm in the dtype of the probabilities.
    tolerance = 1e-12 if proba.dtype == np.float64 else 4 * float(np.finfo(np.float32).eps)
    assert np.average(rows, weights=weight) == pytest.approx(expected, rel=tolerance, abs=tolerance)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_log_loss_of_certain_forecasts(dtype):
    """A certain forecast costs almost nothing when right and minus log eps when wrong."""
    rows = log_loss_rows(np.eye(2, dtype=dtype), np.array([0, 0]))
    eps = np.finfo(dtype).eps
    assert probability_floor(np.eye(2, dtype=dtype)) == eps
    assert rows == pytest.approx([eps, -np.log(eps)], rel=1e-6)


@given(forecasts())
def test_mean_brier_score_is_that_of_scikit_learn(drawn):
    """The weighted mean of the rows is `brier_score_loss` on its default scale."""
    proba, y, weight = drawn
    n_classes = proba.shape[1]
    expected = brier_score_loss(
        y,
        proba if n_classes > 2 else proba[:, 1],
        sample_weight=weight,
        labels=np.arange(n_classes),
        **({"pos_label": 1} if n_classes == 2 else {}),
    )
    rows = brier_rows(proba, y)
    assert rows.dtype == np.float64
    assert (rows >= 0).all()
    # Two float32 columns sum to one only to their rounding, and scikit-learn reads one of them.
    tolerance = 1e-12 if proba.dtype == np.float64 else 4 * float(np.finfo(np.float32).eps)
    assert np.average(rows, weights=weight) == pytest.approx(expected, abs=tolerance)


@given(forecasts())
def test_brier_rows_follow_the_definition(drawn):
    """Each row is the squared distance to the corner of its label, halved for two classes."""
    proba, y, _ = drawn
    n_classes = proba.shape[1]
    distance = np.square(proba.astype(np.float64) - np.eye(n_classes)[y]).sum(axis=1)
    np.testing.assert_allclose(brier_rows(proba, y), distance * brier_scale(n_classes), atol=1e-14)


@given(forecasts())
def test_promised_moments_equal_enumeration(drawn):
    """The moments are those of a variable that is -log f_k with probability f_k."""
    proba, _, _ = drawn
    mean, variance = promised_log_loss_moments(proba)
    p = proba.astype(np.float64)
    losses = -np.log(np.maximum(p, probability_floor(proba)))
    expected = (p * losses).sum(axis=1)
    np.testing.assert_allclose(mean, expected, rtol=1e-12, atol=1e-15)
    spread = (p * losses**2).sum(axis=1) - expected**2
    # Differences of moments are known to a few eps of the second moment, at most 36 squared nats.
    atol = 16 * float(np.finfo(proba.dtype).eps) * 36**2
    np.testing.assert_allclose(variance, spread, rtol=1e-12, atol=atol)
    assert (variance >= 0).all()


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("n_classes", range(2, 12))
def test_equal_and_certain_forecasts_promise_no_variance(n_classes, dtype):
    """A forecast that has one possible loss has a promised variance of exactly zero."""
    proba = np.vstack([np.full(n_classes, 1 / n_classes), np.eye(n_classes)[0]]).astype(dtype)
    assert promised_log_loss_moments(proba)[1].tolist() == [0.0, 0.0]


def test_promised_variance_of_sharp_forecasts_survives():
    """Rounding is told from the small variance of a forecast that is nearly certain."""
    for dtype, tiny in ((np.float64, 1e-14), (np.float32, 1e-6)):
        proba = np.array([[tiny, 1 - tiny]], dtype=dtype)
        p = proba[0].astype(float)
        expected = np.sum(p * np.log(p) ** 2) - np.sum(p * np.log(p)) ** 2
        assert promised_log_loss_moments(proba)[1] == pytest.approx(expected, rel=1e-6)


def test_row_functions_do_not_depend_on_chunks():
    """Promised moments of many rows are those of the rows one by one."""
    proba = np.random.default_rng(0).dirichlet([1, 2, 3], 20_001)
    mean, variance = promised_log_loss_moments(proba)
    some = np.r_[0, 8191, 8192, 16_383, 16_384, 20_000]
    one_by_one = [promised_log_loss_moments(proba[[i]]) for i in some]
    np.testing.assert_allclose(mean[some], [m[0] for m, _ in one_by_one], rtol=1e-14)
    np.testing.assert_allclose(variance[some], [v[0] for _, v in one_by_one], rtol=1e-12)


@given(st.integers(0, 100), st.integers(1, 30))
def test_chunks_cover_the_rows_in_order(n_rows, size):
    """Every row is in one chunk, none of which is larger than asked for or empty."""
    chunks = [np.arange(n_rows)[rows] for rows in row_chunks(n_rows, size)]
    assert all(0 < len(chunk) <= size for chunk in chunks)
    assert np.concatenate([[], *chunks]).tolist() == list(range(n_rows))


@given(forecasts())
def test_constant_forecasts_of_the_shares_cost_the_entropy(drawn):
    """Entropy and Gini-Simpson index are the losses of always forecasting the class shares."""
    proba, y, weight = drawn
    n_classes = proba.shape[1]
    shares = class_shares(y, n_classes, weight)
    assert shares.sum() == pytest.approx(1.0, abs=1e-15)
    constant = np.tile(shares, (len(y), 1))
    assert entropy(shares) == pytest.approx(stats.entropy(shares), abs=1e-14)
    loss = np.average(log_loss_rows(constant, y), weights=weight)
    assert entropy(shares) == pytest.approx(loss, abs=1e-13)
    brier = np.average(brier_rows(constant, y), weights=weight)
    assert gini_simpson(shares) == pytest.approx(brier, abs=1e-13)


@given(forecasts())
def test_clipped_log_is_finite_and_leaves_its_input_alone(drawn):
    """Zero probabilities get the logarithm of the eps; the input is not written to."""
    proba, y, _ = drawn
    before = proba.copy()
    log_p = clipped_log(proba)
    assert log_p.dtype == np.float64
    np.testing.assert_array_equal(proba, before)
    floor = probability_floor(proba)
    expected = np.log(np.maximum(proba.astype(np.float64), floor))
    np.testing.assert_allclose(log_p, expected, rtol=1e-14)
    np.testing.assert_array_equal(true_class_probability(proba, y), proba[np.arange(len(y)), y])
