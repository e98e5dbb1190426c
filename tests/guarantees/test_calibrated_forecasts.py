"""What the guide promises about calibrated and miscalibrated forecasts, by simulation.

Seeds are fixed: the numbers are those of one draw of the simulation, and the acceptance of a
rate is the one stated in the guide (the lower end of Wilson's 95 % interval, or the band named
in the test).
"""

import numpy as np
import pytest
from scipy.special import softmax

from sklearn_lossfix import diagnose_predictions
from sklearn_lossfix._core._paired_tests import mean_standard_error, wilson_interval
from sklearn_lossfix._core._proper_scores import log_loss_rows
from sklearn_lossfix.diagnosis._gather import map_folds
from sklearn_lossfix.diagnosis.ledgers.bridges import fano_certificate, promised_vs_paid
from sklearn_lossfix.diagnosis.ledgers.loss import climb, loss_ledger

CALIBRATION_FINDINGS = (
    "overconfident",
    "underconfident",
    "shifted-prior",
    "misshapen-probabilities",
    "nonfinite-loss",
    "hard-rows-dominate-loss",
)


def draw_labels(proba, rng):
    """Labels from their forecasts: calibrated by construction."""
    return (proba.cumsum(axis=1) > rng.random((len(proba), 1))).argmax(axis=1)


def logits(n_rows, n_classes, rng, spread=1.5):
    """Class scores of varied rows."""
    return rng.normal(0, spread, (n_rows, n_classes))


@pytest.mark.parametrize("n_classes", [2, 5])
def test_promised_versus_paid_has_its_size(n_classes):
    """On calibrated forecasts both Z tests reject at 5 % in 3 % to 7 % of 2,000 draws."""
    rng = np.random.default_rng(20 + n_classes)
    n_draws = 2000
    rejected = np.zeros(2)
    for _ in range(n_draws):
        proba = softmax(logits(1000, n_classes, rng), axis=1)
        y = draw_labels(proba, rng)
        found = promised_vs_paid(proba, log_loss_rows(proba, y), proba.argmax(axis=1) == y)
        rejected += [found["loss"]["p_value"] < 0.05, found["accuracy"]["p_value"] < 0.05]
    assert (rejected / n_draws >= 0.03).all()
    assert (rejected / n_draws <= 0.07).all()


def certificate(proba, y):
    """Lower bound of the Fano certificate of some forecasts."""
    losses = log_loss_rows(proba, y)
    error = float(np.mean(proba.argmax(axis=1) != y))
    se = mean_standard_error(losses)
    return fano_certificate(losses.mean(), se, error, len(y), proba.shape[1])["low"]


def equally_sure(n_rows, n_classes, confidence):
    """The equality case of Fano's inequality: one confidence, the rest spread evenly."""
    proba = np.full((n_rows, n_classes), (1 - confidence) / (n_classes - 1))
    proba[np.arange(n_rows), np.arange(n_rows) % n_classes] = confidence
    return proba


@pytest.mark.parametrize(
    ("n_rows", "n_classes", "confidence"),
    [
        (1000, 2, None),
        (200, 5, None),
        (1000, 2, 0.9),
        (1000, 2, 0.999),
        (100, 2, 0.99),
        (300, 5, 0.7),
        (1000, 10, 0.95),
        (50, 3, 0.8),
    ],
)
def test_fano_certificate_is_rarely_wrong(n_rows, n_classes, confidence):
    """It certifies miscalibration in at most 1 % of calibrated draws, equality cases included."""
    rng = np.random.default_rng(n_rows + n_classes)
    n_draws = 1500
    fired = 0
    for _ in range(n_draws):
        if confidence is None:
            proba = softmax(logits(n_rows, n_classes, rng), axis=1)
        else:
            proba = equally_sure(n_rows, n_classes, confidence)
        fired += certificate(proba, draw_labels(proba, rng)) > 0
    assert wilson_interval(fired / n_draws, n_draws)[0] <= 0.01


def test_fano_certificate_finds_gross_overconfidence():
    """The certificate is no dead letter: it fires on forecasts ten times too sharp."""
    rng = np.random.default_rng(0)
    z = logits(1000, 5, rng, spread=1.0)
    y = draw_labels(softmax(z, axis=1), rng)
    assert certificate(softmax(10 * z, axis=1), y) > 0.5


def printed_interval(y, proba):
    """The miscalibration row of the ledger."""
    ladder = climb(proba, y, map_folds(y, None, 0))
    return loss_ledger(ladder, proba, y).views["uncertainty"][2]


@pytest.mark.parametrize(
    ("n_classes", "sharpness", "n_rows"),
    [(2, 2.5, 500), (2, 0.5, 1000), (5, 2.0, 1000), (2, 2.0, 150)],
)
def test_miscalibration_interval_covers(n_classes, sharpness, n_rows):
    """The 95 % interval holds the true miscalibration in at least 90 % of 300 draws."""
    rng = np.random.default_rng(7)
    n_draws = 300
    covered = 0
    big = logits(200_000, n_classes, rng)
    truth, forecast = softmax(big, axis=1), softmax(sharpness * big, axis=1)
    true_value = np.mean(np.sum(truth * (np.log(truth) - np.log(forecast)), axis=1))
    for _ in range(n_draws):
        z = logits(n_rows, n_classes, rng)
        y = draw_labels(softmax(z, axis=1), rng)
        row = printed_interval(y, softmax(sharpness * z, axis=1))
        assert row.low <= row.value <= row.high
        covered += row.low <= true_value <= row.high
    assert covered / n_draws >= 0.90


def test_miscalibration_interval_covers_where_the_map_is_isotonic():
    """Forecasts whose truth is a step: no smooth map fits, and the interval still covers."""
    rng = np.random.default_rng(8)
    grid = np.linspace(0.02, 0.98, 100_001)
    truth = np.where(grid < 0.5, 0.2, 0.8)
    true_value = np.mean(
        truth * np.log(truth / grid) + (1 - truth) * np.log((1 - truth) / (1 - grid))
    )
    covered = 0
    for _ in range(200):
        p = rng.uniform(0.02, 0.98, 2000)
        y = (rng.random(2000) < np.where(p < 0.5, 0.2, 0.8)).astype(int)
        row = printed_interval(y, np.column_stack([1 - p, p]))
        covered += row.low <= true_value <= row.high
    assert covered / 200 >= 0.90


@pytest.mark.parametrize(("n_classes", "n_rows"), [(2, 150), (2, 1000), (3, 300), (5, 1000)])
def test_calibration_findings_stay_silent_on_calibrated_forecasts(n_classes, n_rows):
    """Any calibration finding fires in at most 1 % of reports on truly calibrated forecasts."""
    rng = np.random.default_rng(100 * n_classes + n_rows)
    n_draws = 250
    fired = 0
    for _ in range(n_draws):
        proba = softmax(logits(n_rows, n_classes, rng, spread=rng.uniform(0.5, 3)), axis=1)
        y = draw_labels(proba, rng)
        if len(np.unique(y)) < n_classes:
            continue
        report = diagnose_predictions(y, proba)
        fired += any(f.name in CALIBRATION_FINDINGS for f in report.issues)
    assert wilson_interval(fired / n_draws, n_draws)[0] <= 0.01
