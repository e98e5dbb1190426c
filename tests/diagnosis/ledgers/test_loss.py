"""Tests of the loss ledger: exact sums, scikit-learn's totals, and known causes found."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats
from scipy.special import softmax
from sklearn.metrics import brier_score_loss, log_loss

from sklearn_lossfix._core._paired_tests import effective_rows, mean_standard_error
from sklearn_lossfix._core._proper_scores import clipped_log, log_loss_rows
from sklearn_lossfix._core._recalibration import SmoothMap, map_loss_rows
from sklearn_lossfix.diagnosis.ledgers.loss import (
    SHOWN_RUNGS,
    brier_ledger,
    class_loss_shares,
    climb,
    clipped_rows,
    likelihood_ratio,
    lorenz_curve,
    loss_ledger,
    rung_gain,
)


@st.composite
def judged_rows(draw):
    """Draw forecasts with ties, zeros and ones, labels, folds, and sometimes weights and groups."""
    n_classes = draw(st.integers(2, 6))
    n_rows = draw(st.integers(12, 60))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    proba = rng.dirichlet(np.full(n_classes, draw(st.sampled_from([0.05, 1.0, 20.0]))), n_rows)
    certain = rng.random(n_rows) < draw(st.sampled_from([0.0, 0.3, 1.0]))
    proba[certain] = np.eye(n_classes)[rng.integers(n_classes, size=certain.sum())]
    if draw(st.booleans()):
        proba = proba[rng.integers(6, size=n_rows)]
    proba = proba.astype(draw(st.sampled_from([np.float32, np.float64])))
    y = rng.integers(draw(st.integers(1, n_classes)), size=n_rows).astype(np.int32)
    weight = rng.choice([0.0, 0.5, 1.0, 3.0], n_rows) if draw(st.booleans()) else None
    if weight is not None:
        weight[rng.permutation(n_rows)[:8]] = 1.0
    groups = rng.integers(5, size=n_rows) if draw(st.booleans()) else None
    folds = rng.permutation(n_rows) % 3
    if weight is not None:  # every training part needs some weight
        weight[[np.flatnonzero(folds == k)[0] for k in range(3)]] = 1.0
    return proba, y, folds, weight, groups


def total_of(ledger, view):
    """Sum of the rows of a view."""
    return sum(row.value for row in ledger.views[view])


@given(judged_rows(), st.booleans(), st.none() | st.floats(0, 3))
@settings(max_examples=60)
def test_log_loss_ledger_sums_to_the_metric_of_scikit_learn(drawn, with_reference, train_loss):
    """Every view sums to the total to 1e-10, and the total is `sklearn.metrics.log_loss`."""
    proba, y, folds, weight, groups = drawn
    n_classes = proba.shape[1]
    ladder = climb(proba, y, folds, weight, groups)
    reference = np.random.default_rng(0).exponential(size=len(y)) if with_reference else None
    ledger = loss_ledger(
        ladder,
        proba,
        y,
        sample_weight=weight,
        groups=groups,
        reference_rows=reference,
        train_loss=train_loss,
        inflation=1.5,
    )
    for view in ledger.views:
        assert total_of(ledger, view) == pytest.approx(ledger.total, abs=1e-10)
    expected = log_loss(y, proba, sample_weight=weight, labels=np.arange(n_classes))
    # scikit-learn takes the logarithm in the dtype of the probabilities.
    tolerance = 1e-12 if proba.dtype == np.float64 else 4 * float(np.finfo(np.float32).eps)
    assert ledger.total == pytest.approx(expected, rel=tolerance, abs=tolerance)
    assert set(ledger.views) == {"ladder", "uncertainty", "gap"} - (
        {"gap"} if train_loss is None else set()
    )
    causes = sum(ledger.value(rung) for rung in SHOWN_RUNGS)
    assert ledger.value("miscalibration") == pytest.approx(causes, abs=1e-10)
    for row in ledger.views["ladder"] + ledger.views["uncertainty"][1:]:
        assert row.low <= row.value <= row.high
    first = [row.name for row in ledger.views["ladder"]][: 1 + with_reference]
    assert first == (["reference", "grouping"] if with_reference else ["refinement"])


@given(judged_rows(), st.none() | st.floats(0, 1))
@settings(max_examples=60)
def test_brier_ledger_sums_to_the_metric_of_scikit_learn(drawn, reference):
    """Both views sum to the total to 1e-10, and the total is `brier_score_loss` by default."""
    proba, y, folds, weight, _ = drawn
    n_classes = proba.shape[1]
    ledger = brier_ledger(climb(proba, y, folds, weight), y, n_classes, weight, reference)
    for view in ("ladder", "uncertainty"):
        assert total_of(ledger, view) == pytest.approx(ledger.total, abs=1e-10)
    expected = brier_score_loss(
        y,
        proba if n_classes > 2 else proba[:, 1],
        sample_weight=weight,
        labels=np.arange(n_classes),
        **({"pos_label": 1} if n_classes == 2 else {}),
    )
    tolerance = 1e-12 if proba.dtype == np.float64 else 4 * float(np.finfo(np.float32).eps)
    assert ledger.total == pytest.approx(expected, abs=tolerance)
    assert ledger.notes["scale"] == (0.5 if n_classes == 2 else 1.0)


@given(judged_rows(), st.floats(0.01, 100))
@settings(max_examples=25)
def test_scale_of_weights_does_not_move_a_ledger(drawn, factor):
    """Multiplying all weights changes neither a row nor its interval."""
    proba, y, folds, weight, groups = drawn
    weight = np.ones(len(y)) if weight is None else weight
    ledgers = [
        loss_ledger(climb(proba, y, folds, w, groups), proba, y, sample_weight=w, groups=groups)
        for w in (weight, factor * weight)
    ]
    for view in ("ladder", "uncertainty"):
        for one, other in zip(*(ledger.views[view] for ledger in ledgers), strict=True):
            assert other.value == pytest.approx(one.value, abs=1e-5)
            if one.low is not None:
                assert (other.low, other.high) == pytest.approx((one.low, one.high), abs=1e-4)


@given(judged_rows())
@settings(max_examples=25)
def test_rungs_are_cross_fitted(drawn):
    """Row losses of a rung are those of the map that the other folds gave."""
    proba, y, folds, weight, _ = drawn
    ladder = climb(proba, y, folds, weight)
    log_p = clipped_log(proba)
    np.testing.assert_array_equal(ladder.log_rows["as is"], log_loss_rows(proba, y))
    assert ladder.rungs[0] == "as is"
    assert sorted(ladder.rungs[1:]) == sorted(SHOWN_RUNGS)
    assert ladder.rungs[-1] == "shape"
    for rung in ladder.rungs[1:]:
        for fold, recalibration in enumerate(ladder.fold_maps[rung]):
            members = folds == fold
            expected = map_loss_rows(recalibration, log_p, y)[members]
            np.testing.assert_allclose(ladder.log_rows[rung][members], expected, atol=1e-9)


def draw_calibrated(n_rows, n_classes, seed):
    """Sharp calibrated probabilities, labels drawn from them and folds."""
    rng = np.random.default_rng(seed)
    proba = softmax(2 * rng.normal(size=(n_rows, n_classes)), axis=1)
    y = (rng.random((n_rows, 1)) > proba.cumsum(axis=1)[:, :-1]).sum(axis=1)
    return proba, y, rng.permutation(n_rows) % 5


@pytest.mark.parametrize("n_classes", [2, 4])
@pytest.mark.parametrize("cause", ["temperature", "prior shift"])
def test_planted_cause_gets_its_row(n_classes, cause):
    """Forecasts spoilt in one way show the damage in that row, and hardly any in the others."""
    truth, y, folds = draw_calibrated(6000, n_classes, 0)
    if cause == "temperature":
        spoilt = softmax(3 * np.log(truth), axis=1)
    else:
        spoilt = softmax(np.log(truth) + np.linspace(-1.5, 1.5, n_classes), axis=1)
    ladder = climb(spoilt, y, folds)
    ledger = loss_ledger(ladder, spoilt, y)
    damage = ledger.total - log_loss_rows(truth, y).mean()
    assert ladder.rungs[1] == cause
    assert ledger.value(cause) == pytest.approx(damage, abs=0.01)
    for rung in set(SHOWN_RUNGS) - {cause}:
        assert abs(ledger.value(rung)) < 0.01
    assert ledger.value("refinement") == pytest.approx(log_loss_rows(truth, y).mean(), abs=0.01)
    miscalibration = ladder.miscalibration
    assert miscalibration.low < damage < miscalibration.high


def test_planted_shape_gets_its_row():
    """A step that no slope can follow shows as shape."""
    rng = np.random.default_rng(1)
    p = rng.random(6000)
    truth = np.where(p < 0.3, 0.1, np.where(p < 0.7, 0.5, 0.9))
    y = (rng.random(6000) < truth).astype(int)
    proba = np.column_stack([1 - p, p])
    ladder = climb(proba, y, rng.permutation(6000) % 5)
    ledger = loss_ledger(ladder, proba, y)
    assert ledger.value("shape") > 0.02
    assert abs(ledger.value("prior shift")) < 0.005


def test_likelihood_ratio_has_its_size():
    """On calibrated forecasts the test of each rung rejects about as often as its level says."""
    p_values = {rung: [] for rung in SHOWN_RUNGS}
    for seed in range(120):
        proba, y, folds = draw_calibrated(300, 3, 100 + seed)
        ladder = climb(proba, y, np.minimum(folds, 1))
        for rung in SHOWN_RUNGS:
            p_values[rung].append(likelihood_ratio(ladder, rung, 300.0)["p_value"])
    for values in p_values.values():
        rejected = np.count_nonzero(np.array(values) < 0.05)
        assert stats.binomtest(rejected, 120, 0.05).pvalue > 0.005


def test_likelihood_ratio_is_twice_the_fall():
    """The statistic, its degrees of freedom and the optimism belong together."""
    proba, y, folds = draw_calibrated(500, 4, 2)
    ladder = climb(proba, y, folds)
    for rung, df in (("prior shift", 3), ("temperature", 1), ("shape", 3)):
        test = likelihood_ratio(ladder, rung, 500.0)
        fall = ladder.in_sample_means[ladder.before(rung)] - ladder.in_sample_means[rung]
        assert test["df"] == df
        assert test["statistic"] == pytest.approx(1000 * fall)
        assert test["in_sample"] == pytest.approx(fall - df / 1000)
        assert test["p_value"] == pytest.approx(stats.chi2.sf(max(1000 * fall, 0), df))


def test_rung_gain_is_a_paired_mean():
    """The gain of a rung is the mean fall of the same rows' losses."""
    proba, y, folds = draw_calibrated(500, 3, 3)
    weight = np.random.default_rng(3).choice([1.0, 2.0], 500)
    ladder = climb(proba, y, folds, weight)
    gain = rung_gain(ladder, "shape", weight)
    fall = ladder.log_rows[ladder.before("shape")] - ladder.log_rows["shape"]
    assert gain.value == pytest.approx(np.average(fall, weights=weight))
    assert gain.se == pytest.approx(mean_standard_error(fall, weight))


def test_miscalibration_of_calibrated_forecasts_is_unbiased():
    """Less its optimism, the in-sample estimate is zero on average where the truth is zero."""
    estimates = []
    for seed in range(60):
        proba, y, folds = draw_calibrated(300, 2, 200 + seed)
        estimates.append(climb(proba, y, folds).miscalibration.value)
    assert abs(np.mean(estimates)) < 3 * stats.sem(estimates)


def test_whole_weights_are_repetitions():
    """Ledger rows of integer weights are those of repeated rows, up to the prior of the maps."""
    proba, y, folds = draw_calibrated(1500, 3, 4)
    times = np.random.default_rng(4).integers(1, 4, 1500)
    spoilt = softmax(2 * np.log(proba), axis=1)
    weighted = loss_ledger(
        climb(spoilt, y, folds, times.astype(float)), spoilt, y, sample_weight=times.astype(float)
    )
    again = [np.repeat(a, times, axis=0) for a in (spoilt, y, folds)]
    repeated = loss_ledger(climb(*again), again[0], again[1])
    assert weighted.total == pytest.approx(repeated.total, abs=1e-12)
    for row in SHOWN_RUNGS:
        assert weighted.value(row) == pytest.approx(repeated.value(row), abs=1e-3)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_clipped_rows_are_noted(dtype):
    """Labels that were given probability zero are counted with their share of the loss."""
    proba = np.array([[1, 0], [0.5, 0.5], [0.5, 0.5], [0, 1]] * 3, dtype=dtype)
    y = np.array([1, 0, 1, 1] * 3)
    assert clipped_rows(proba, y).tolist() == [0, 4, 8]
    notes = loss_ledger(climb(proba, y, np.arange(12) % 3), proba, y).notes
    losses = log_loss_rows(proba, y)
    assert notes["n_clipped_rows"] == 3
    assert notes["clipped_share"] == pytest.approx(losses[::4].sum() / losses.sum())
    assert notes["clip_probability"] == np.finfo(dtype).eps


def test_surprise_of_calibrated_forecasts_is_within_its_error():
    """Calibrated forecasts pay for surprises what they promise to pay."""
    z = []
    for seed in range(40):
        proba, y, folds = draw_calibrated(500, 2, 300 + seed)
        surprise = climb(proba, y, folds).surprise
        z.append(surprise.value / surprise.se)
    assert np.mean(np.abs(z) < 3) > 0.9


@given(judged_rows())
def test_class_shares_of_the_loss_sum_to_one(drawn):
    """Shares of rows and of loss each sum to one and recombine to the mean loss."""
    proba, y, _, weight, _ = drawn
    losses = log_loss_rows(proba, y)
    row_share, loss_share, mean_loss = class_loss_shares(losses, y, proba.shape[1], weight)
    total = np.average(losses, weights=weight)
    assert row_share.sum() == pytest.approx(1.0)
    assert loss_share.sum() == pytest.approx(1.0 if total > 0 else 0.0)
    present = row_share > 0
    np.testing.assert_array_equal(np.isnan(mean_loss), ~present)
    assert np.dot(row_share[present], mean_loss[present]) == pytest.approx(total, abs=1e-12)


def test_class_shares_without_loss_are_zero():
    """Where nothing is lost no class has a share."""
    _, loss_share, _ = class_loss_shares(np.zeros(3), np.array([0, 1, 1]), 2)
    assert loss_share.tolist() == [0.0, 0.0]


@given(judged_rows())
def test_lorenz_curve_is_convex_and_its_gini_the_mean_difference(drawn):
    """The curve runs from corner to corner below the diagonal; Gini is half the relative spread."""
    proba, y, _, weight, _ = drawn
    losses = log_loss_rows(proba, y)
    rows, loss, gini = lorenz_curve(losses, weight)
    assert (rows[0], loss[0]) == (0.0, 0.0)
    assert (rows[-1], loss[-1]) == pytest.approx((1.0, 1.0))
    assert (loss <= rows + 1e-12).all()
    assert (np.diff(loss) >= -1e-12).all()
    w = np.ones(len(y)) if weight is None else weight
    w = w / w.sum()
    spread = w @ np.abs(losses[:, None] - losses) @ w
    mean = w @ losses
    assert gini == pytest.approx(spread / (2 * mean) if mean > 0 else 0.0, abs=1e-9)


def test_lorenz_curve_of_equal_losses_is_the_diagonal():
    """Equal losses, zero ones too, have a Gini coefficient of zero."""
    for losses in (np.full(10, 2.0), np.zeros(10)):
        rows, loss, gini = lorenz_curve(losses)
        np.testing.assert_allclose(loss, rows, atol=1e-12)
        assert gini == pytest.approx(0.0, abs=1e-12)


@pytest.mark.parametrize("n_classes", [2, 3])
def test_surprising_forecasts_keep_their_intervals(n_classes):
    """Separable forecasts, one class in the labels and certain errors give finite ledgers."""
    rng = np.random.default_rng(5)
    proba = rng.dirichlet(np.full(n_classes, 0.2), 60)
    corners = np.eye(n_classes)[rng.integers(n_classes, size=60)]
    for scores, y in (
        (proba, proba.argmax(axis=1)),
        (proba, np.zeros(60, dtype=int)),
        (corners, (corners.argmax(axis=1) + 1) % n_classes),
        (np.full((60, n_classes), 1 / n_classes), rng.integers(n_classes, size=60)),
    ):
        ledger = loss_ledger(climb(scores, y, np.arange(60) % 5), scores, y)
        rows = [row for rows in ledger.views.values() for row in rows if row.low is not None]
        assert np.isfinite([(row.low, row.value, row.high) for row in rows]).all()


def test_temperature_map_of_the_ladder_is_plain_data():
    """Maps fitted to all rows are numbers that remedies can carry."""
    proba, y, folds = draw_calibrated(200, 3, 6)
    ladder = climb(proba, y, folds)
    for rung in ladder.rungs:
        assert isinstance(ladder.maps[rung], SmoothMap)
        assert all(type(x) is float for x in ladder.maps[rung].slopes + ladder.maps[rung].offsets)
    assert effective_rows(None, 200) == 200.0
