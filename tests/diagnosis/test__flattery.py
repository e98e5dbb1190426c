"""By how much a leak flatters the scores of the judged rows."""

from dataclasses import replace

import numpy as np
import pytest

from sklearn_lossfix._core._evidence import Scored
from sklearn_lossfix._core._finding import METRIC_FLOOR
from sklearn_lossfix._core._paired_tests import paired_estimate
from sklearn_lossfix.diagnosis._analysis import Analysis
from sklearn_lossfix.diagnosis._flattery import (
    MIN_COMPARED_ROWS,
    compared_with,
    leaked_beside_others,
    rows_missing,
    without_the_copies,
)


@pytest.fixture
def forecast(calibrated):
    """400 labels and calibrated forecasts of them."""
    return calibrated(400, seed=3)


def test_an_equal_model_flatters_nothing(analyse, forecast):
    """Compared with itself a model misses exactly nothing."""
    y, proba = forecast
    seen = compared_with(analyse(y, proba), Scored(proba.argmax(axis=1), proba=proba), "itself")
    assert seen.value.value == 0.0
    assert seen.p_value == 1.0
    assert not seen.matters(0.01)


def test_the_loss_that_is_missing_is_the_difference_of_the_losses(analyse, forecast, sharpened):
    """The estimate is the paired difference of the mean losses, doubled p-value and all."""
    y, proba = forecast
    analysis = analyse(y, proba)
    worse = sharpened(proba, 3.0)
    seen = compared_with(analysis, Scored(proba.argmax(axis=1), proba=worse), "another")
    rows = analysis.losses_of(Scored(None, proba=worse)) - analysis.row_losses
    assert seen.unit == "nats"
    assert seen.value == paired_estimate(rows)
    assert seen.floor == analysis.loss_floor


def test_labels_alone_are_compared_by_the_metric(analyse, forecast):
    """Without probabilities the metric speaks, in points."""
    y, proba = forecast
    pred = proba.argmax(axis=1)
    honest = pred.copy()
    honest[:80] = 1 - y[:80]
    seen = compared_with(analyse(y, pred=pred), Scored(honest), "wrong labels")
    assert (seen.unit, seen.floor) == ("points", METRIC_FLOOR)
    assert seen.value.value == pytest.approx(np.mean(pred == y) - np.mean(honest == y))
    assert seen.matters(0.01)


def test_rows_that_vary_together_widen_the_interval(analyse, forecast):
    """Ten rows that always miss the same are one row."""
    y, proba = forecast
    analysis = analyse(y, proba)
    clusters = np.arange(400) // 10
    missing = np.random.default_rng(0).normal(size=40)[clusters]
    alone = rows_missing(analysis, missing, np.arange(400), "")
    together = rows_missing(analysis, missing, clusters, "")
    assert together.value.value == alone.value.value
    assert together.value.se > 2.5 * alone.value.se


def test_leaked_rows_are_compared_within_their_class(analyse):
    """Rows of an easy class are no leak; the estimate is the sum over classes of what they miss."""
    rng = np.random.default_rng(0)
    y = np.repeat([0, 1], [300, 100])
    p_true = np.where(y == 0, 0.95, 0.6)  # class 0 is easy, and holds most leaked rows
    leaked = rng.random(400) < np.where(y == 0, 0.5, 0.1)
    proba = np.column_stack([np.where(y == 0, p_true, 1 - p_true)] * 2)
    proba[:, 1] = 1 - proba[:, 0]
    seen = leaked_beside_others(analyse(y, proba), leaked)
    assert seen.value.value == pytest.approx(0.0, abs=1e-12)
    p_true[leaked & (y == 0)] = 0.99
    proba = np.column_stack([np.where(y == 0, p_true, 1 - p_true)] * 2)
    proba[:, 1] = 1 - proba[:, 0]
    seen = leaked_beside_others(analyse(y, proba), leaked)
    share = np.mean(leaked & (y == 0))
    assert seen.value.value == pytest.approx(share * np.log(0.99 / 0.95))


def test_its_error_is_that_of_repeated_samples(analyse, calibrated):
    """Over repeated samples the estimate varies as its standard error says."""
    values, errors = [], []
    for seed in range(40):
        y, proba = calibrated(300, seed=seed)
        leaked = np.random.default_rng(seed).random(300) < 0.3
        seen = leaked_beside_others(analyse(y, proba), leaked)
        values.append(seen.value.value)
        errors.append(seen.value.se)
    assert np.std(values) == pytest.approx(np.mean(errors), rel=0.4)
    assert abs(np.mean(values)) < 4 * np.std(values) / np.sqrt(40)


def test_few_leaked_rows_are_not_compared(analyse, forecast):
    """Fewer rows than are needed give no answer."""
    y, proba = forecast
    leaked = np.arange(400) < MIN_COMPARED_ROWS // 2
    assert leaked_beside_others(analyse(y, proba), leaked) is None


def test_copies_are_judged_as_their_training_row_was_out_of_fold(analyse, forecast, sharpened):
    """A row with one copy takes the scores of that copy; all others keep theirs."""
    y, proba = forecast
    n_judged = 100
    judged = analyse(y[:n_judged], proba[:n_judged])
    refits = analyse(y[n_judged:], sharpened(proba[n_judged:], 0.5))
    order = np.random.default_rng(0).permutation(300)  # rows of the folds come in any order
    refits = replace(
        refits.evidence,
        rows=order,
        y=y[n_judged:][order],
        model=Scored(refits.evidence.model.pred[order], proba=refits.evidence.model.proba[order]),
    )
    analysis = Analysis(judged.evidence, 0.01, Analysis(refits, 0.01))
    codes = np.arange(400)
    codes[7] = codes[n_judged + 30]  # a copy of one training row
    codes[8] = codes[n_judged + 40] = codes[n_judged + 41]  # a copy of two
    honest, paired = without_the_copies(analysis, codes, n_judged)
    assert np.flatnonzero(paired).tolist() == [7]
    assert np.array_equal(honest.proba[7], sharpened(proba[n_judged:], 0.5)[30])
    others = np.arange(n_judged) != 7
    assert np.array_equal(honest.proba[others], proba[:n_judged][others])


def test_without_refits_no_row_is_replaced(analyse, forecast):
    """Evidence of one kind has nothing to compare with."""
    honest, paired = without_the_copies(analyse(*forecast), np.arange(500), 400)
    assert honest is None
    assert not paired.any()
