"""train-test-drift: validation rows that differ from training rows, and what that costs."""

from dataclasses import replace

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from sklearn_lossfix import diagnose, diagnose_predictions
from sklearn_lossfix._core._evidence import DriftEvidence
from sklearn_lossfix._core._paired_tests import interval, paired_estimate
from sklearn_lossfix.diagnosis.checks.train_test_drift import (
    NEGLIGIBLE_AUC,
    TrainTestDrift,
    weighted_difference,
)

SLUG = "train-test-drift"


def drift(auc, n_rows, ratio=None, **fields):
    """What was seen of the features, by hand."""
    made = {
        "auc": interval(auc, 0.02),
        "null_error": 0.02,
        "rows": np.arange(n_rows),
        "ratio": np.ones(n_rows) if ratio is None else ratio,
        "share_clipped": 0.0,
        "columns": ("age", "income"),
        "column_auc": (0.7, 0.6),
        "n_train": 500,
    }
    return DriftEvidence(**made | fields)


def regions(n_rows, share_hard, seed=0):
    """Rows of a region where the label is clear, and of another one where it is chance."""
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(n_rows, 3))
    X[:, 1] = np.where(rng.random(n_rows) < share_hard, 1.0, -1.0) + 0.3 * X[:, 1]
    noise = np.where(X[:, 1] > 0, 3.0, 0.2) * rng.normal(size=n_rows)
    return X, (X[:, 0] + noise > 0).astype(int)


def judged(parts, **kwargs):
    """Finding on validation rows of a line that is fitted to the training rows."""
    (X, y), (X_val, y_val) = parts
    model = make_pipeline(StandardScaler(), LogisticRegression()).fit(X, y)
    return diagnose(model, X, y, X_val=X_val, y_val=y_val, cv=2, **kwargs)[SLUG]


def test_fires_where_more_rows_are_hard():
    """The same rule on a harder mix of rows: the weighted loss says what the mix costs."""
    finding = judged([regions(1000, 0.2), regions(800, 0.8, seed=1)])
    assert finding.section == "issue"
    assert finding.evidence["columns"][0] == "x1"
    assert finding.nats_at_stake > 0
    assert "greater" in finding.message


def test_a_drift_without_harm_is_a_tip(table):
    """A column that the model does not need may move as it likes."""
    X, y = table(1200, n_features=3)
    X[800:, 2] += 1.0
    finding = judged([(X[:800], y[:800]), (X[800:], y[800:])])
    assert finding.section == "tip"
    assert finding.p_value is None
    assert finding.estimate > NEGLIGIBLE_AUC
    assert "'x2'" in finding.message


def test_silent_on_a_random_split(table):
    """Rows of one distribution pass, with the area that would have been found."""
    X, y = table(900)
    finding = judged([(X[:600], y[:600]), (X[600:], y[600:])])
    assert finding.section == "passed"
    assert 0.5 < finding.detectable < 0.7


def test_an_area_within_its_error_is_no_drift(analyse, calibrated):
    """However much weights change the loss, features that cannot be told apart did not do it."""
    y, proba = calibrated(500)
    analysis = analyse(y, proba)
    analysis.evidence = replace(
        analysis.evidence, drift=drift(0.53, 500, np.where(y == proba.argmax(axis=1), 10.0, 0.1))
    )
    assert TrainTestDrift().run(analysis).section == "passed"


def test_weights_decide_without_refits(analyse, calibrated):
    """The effect is the loss minus the weighted loss, in both directions."""
    y, proba = calibrated(500)
    analysis = analyse(y, proba)
    hard = analysis.row_losses > np.median(analysis.row_losses)
    for ratio, way in (
        (np.where(hard, 0.2, 2.0), "greater"),
        (np.where(hard, 2.0, 0.2), "smaller"),
    ):
        analysis = analyse(y, proba)
        analysis.evidence = replace(analysis.evidence, drift=drift(0.8, 500, ratio))
        finding = TrainTestDrift().run(analysis)
        assert finding.section == "issue"
        assert finding.evidence["cost_way"] == way
        weighted = np.average(analysis.row_losses, weights=ratio)
        assert finding.estimate == pytest.approx(abs(analysis.loss - weighted))
        # Where hardly any row is like a training row, weights prove nothing.
        analysis.evidence = replace(
            analysis.evidence, drift=drift(0.8, 500, ratio, share_clipped=0.9)
        )
        assert TrainTestDrift().run(analysis).section == "tip"


def test_labels_alone_are_judged_by_their_errors(analyse, calibrated):
    """Without probabilities the error rate takes the place of the loss."""
    y, proba = calibrated(800)
    pred = proba.argmax(axis=1)
    analysis = analyse(y, pred=pred)
    analysis.evidence = replace(
        analysis.evidence, drift=drift(0.8, 800, np.where(pred == y, 1.0, 0.2))
    )
    finding = TrainTestDrift().run(analysis)
    assert (finding.section, finding.unit) == ("issue", "points")


def test_equal_weights_change_nothing():
    """With one weight for all rows the difference is exactly zero, and so is its error."""
    losses = np.random.default_rng(0).random(50)
    assert weighted_difference(losses, np.full(50, 3.0))[:2] == pytest.approx((0.0, 0.0))


def test_weights_of_zero_and_one_leave_rows_out():
    """The error is that of the difference of two means of which one holds half of the other."""
    rng = np.random.default_rng(0)
    values, ses = [], []
    for _ in range(400):
        losses, ratio = rng.normal(size=100), (np.arange(100) < 50).astype(float)
        estimate = weighted_difference(losses, ratio)
        assert estimate.value == pytest.approx(losses.mean() - losses[:50].mean())
        values.append(estimate.value)
        ses.append(estimate.se)
    assert np.std(values) == pytest.approx(np.mean(ses), rel=0.15)


def test_groups_are_the_unit():
    """Ten equal rows of a group are one row."""
    losses = np.repeat(np.random.default_rng(0).normal(size=40), 10)
    ratio = np.repeat(np.linspace(0.5, 2, 40), 10)
    groups = np.repeat(np.arange(40), 10)
    once = weighted_difference(losses[::10], ratio[::10])
    assert weighted_difference(losses, ratio, groups).se == pytest.approx(once.se)
    assert paired_estimate(losses, None, groups).se == pytest.approx(
        paired_estimate(losses[::10]).se
    )


def test_needs_validation_rows(table):
    """Without rows of another source there is no drift to see."""
    y = np.arange(100) % 2
    finding = diagnose_predictions(y, np.full(100, 0.5))[SLUG]
    assert finding.section == "skipped"
    assert diagnose(LogisticRegression(), *table(100), cv=2)[SLUG].section == "not_applicable"
