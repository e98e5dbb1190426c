"""The cleaned twin: which forecast is read, which rows are left out, and when."""

import numpy as np
import pytest
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import log_loss
from sklearn.model_selection import cross_val_predict
from sklearn.neighbors import KNeighborsClassifier

from sklearn_lossfix._core._evidence import NoTwin, Scored
from sklearn_lossfix.diagnosis.twins.cleaned_labels import (
    CleanedLabelsTwin,
    linear_forecast,
    recalibrated_loss,
    row_means,
)
from sklearn_lossfix.exceptions import CheckNotApplicable


def scored_subject(subject, model, X, y, **fields):
    """A subject with the model's and a reference's forecasts out of fold."""
    boosting = HistGradientBoostingClassifier(max_iter=30, random_state=0)
    forecasts = [cross_val_predict(m, X, y, method="predict_proba") for m in (model, boosting)]
    scored, reference = (Scored(p.argmax(axis=1), proba=p) for p in forecasts)
    return subject(model, X, y, **{"scored": scored, "reference": reference, **fields})


def noisy(table, n_rows, share):
    """A table whose classes hardly overlap, with some labels flipped, and which they are."""
    X, y = table(n_rows, slope=5.0)
    flip = np.random.default_rng(1).random(n_rows) < share
    return X, np.where(flip, 1 - y, y), flip


@pytest.mark.parametrize("model", [LogisticRegression(), KNeighborsClassifier(15)])
def test_rows_that_look_wrong_are_left_out_and_nothing_else_changes(subject, model, table):
    """Most rows left out were flipped, most flipped rows are left out; the estimator stays."""
    X, y, flip = noisy(table, 800, 0.15)
    plan = CleanedLabelsTwin().plan(scored_subject(subject, model, X, y))
    assert str(plan.build(model).get_params()) == str(model.get_params())
    np.testing.assert_array_equal(plan.left_out, plan.rows)
    assert flip[plan.left_out].mean() > 0.8
    assert np.isin(np.flatnonzero(flip), plan.left_out).mean() > 0.6
    assert plan.evidence["low"] < 0.15 < plan.evidence["high"]
    assert len(np.unique(plan.left_out)) == len(plan.left_out) == plan.params["left_out"]


def test_neighbours_are_not_read_where_a_linear_model_is_sharper(subject, table):
    """Contradictions of a blunt forecast are its own fault: the sharpest one is read."""
    X, y, _ = noisy(table, 800, 0.15)
    plan = CleanedLabelsTwin().plan(scored_subject(subject, KNeighborsClassifier(15), X, y))
    assert plan.evidence["read_from"] == "a linear model"


def test_overlap_needs_no_twin(subject, table):
    """Clean labels of classes that overlap have passed, and the interval is told."""
    X, y = table(600, slope=1.0)
    none = CleanedLabelsTwin().plan(scored_subject(subject, LogisticRegression(), X, y))
    assert isinstance(none, NoTwin)
    assert none.section == "passed"
    assert "overlap" in none.reason


def test_few_contradictions_need_no_twin(subject, table):
    """Where hardly a label contradicts a forecast there is nothing to estimate."""
    X, y = table(200)
    y = (X[:, 0] > X[:, 1]).astype(int)
    sure = np.eye(2)[y] * 0.98 + 0.01
    exact = Scored(y, proba=sure)
    none = CleanedLabelsTwin().plan(
        subject(LogisticRegression(), X, y, scored=exact, reference=exact)
    )
    assert none.section == "passed"
    assert "too few" in none.reason


def test_one_model_alone_is_not_enough(subject, table):
    """Without a reference the reason says why."""
    with pytest.raises(CheckNotApplicable, match="Needs a reference"):
        CleanedLabelsTwin().plan(subject(LogisticRegression(), *table(60)))


def test_rows_scored_twice_count_once():
    """The mean of a row's forecasts stands for them, in rising order of the rows."""
    proba = np.array([[0.2, 0.8], [1.0, 0.0], [0.4, 0.6]])
    np.testing.assert_allclose(row_means(proba, np.array([5, 2, 5])), [[1.0, 0.0], [0.3, 0.7]])


def test_forecasts_are_compared_after_recalibration(calibrated, sharpened):
    """A sharpened forecast tells as much as the calibrated one, whose own loss it reaches."""
    y, proba = calibrated(800)
    loss = recalibrated_loss(sharpened(proba, 3.0), y)
    assert loss == pytest.approx(recalibrated_loss(proba, y), abs=1e-4)
    assert loss == pytest.approx(log_loss(y, proba), abs=0.01)


def test_linear_forecast_needs_numbers(subject, table):
    """There is none where values are missing, or a class has one row; groups stay together."""
    X, y = table(60)
    groups = np.repeat(np.arange(20), 3)
    assert linear_forecast(subject(LogisticRegression(), X, y, groups=groups)).shape == (60, 2)
    holed = np.where(np.arange(240).reshape(60, 4) == 7, np.nan, X)
    assert linear_forecast(subject(KNeighborsClassifier(), holed, y)) is None
    rare = np.where(np.arange(60) == 0, 2, y)
    assert linear_forecast(subject(LogisticRegression(), X, rare)) is None
