"""Tests of the learning curve: nested training parts, and a power law that is found again."""

import numpy as np
import pytest
from sklearn.dummy import DummyClassifier
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.neighbors import KNeighborsClassifier
from sklearn.svm import LinearSVC

from sklearn_lossfix._core._oof import fix_folds
from sklearn_lossfix._core._paired_tests import mean_standard_error
from sklearn_lossfix.decision._scoring import resolve_metric
from sklearn_lossfix.diagnosis._learning_curve import (
    LEAST_ROWS,
    SHARES,
    curve_columns,
    forecast,
    learning_curve,
    mean_covariance,
    next_fall,
    smaller_training_parts,
)
from sklearn_lossfix.diagnosis._request import Data, Request
from sklearn_lossfix.diagnosis._workbench import Workbench


def bench_of(estimator, X, y, **fields):
    """Rows and folds."""
    labels = fields.get("labels", y)
    data = Data(X, y, labels, None, fields.get("groups"), np.arange(len(y)))
    request = Request(
        classes=np.unique(labels),
        metric=resolve_metric(None),
        pos=1,
        scoring=None,
        cv=3,
        seed=0,
        n_jobs=None,
        verbose=0,
        notes=[],
    )
    return Workbench(estimator, data, request)


def curve_of(estimator, X, y, **fields):
    """Curve of an estimator, and its bench."""
    bench = bench_of(estimator, X, y, **fields)
    scored = bench.score(estimator, "the model")
    return learning_curve(bench, estimator, scored), bench, scored


# --- training parts -------------------------------------------------------------------------------


def test_parts_are_nested_stratified_and_leave_the_tests_alone(table):
    """Every smaller part lies inside the larger one, with each class's share of rows."""
    X, y = table(400, n_classes=3)
    folds = fix_folds(4, X, y)
    previous = None
    for share in SHARES:
        smaller = smaller_training_parts(folds, y, None, share, 0)
        for (train, test), (full, full_test) in zip(smaller.splits, folds.splits, strict=True):
            np.testing.assert_array_equal(test, full_test)
            assert set(train) <= set(full)
            counts, wanted = np.bincount(y[train]), share * np.bincount(y[full])
            assert (np.abs(counts - wanted) < 1).all()
        if previous is not None:
            for (small, _), (large, _) in zip(previous.splits, smaller.splits, strict=True):
                assert set(small) <= set(large)
        previous = smaller


def test_a_rare_class_keeps_a_row():
    """One row is left of a class that a share would round away."""
    y = np.r_[np.zeros(90, dtype=int), np.ones(6, dtype=int)]
    folds = fix_folds(2, y[:, None], y)
    for train, _ in smaller_training_parts(folds, y, None, SHARES[0], 0).splits:
        assert y[train].max() == 1


def test_groups_are_kept_whole():
    """A group is in a part with all its training rows or with none."""
    y = np.tile([0, 1], 60)
    groups = np.repeat(np.arange(30), 4)
    folds = fix_folds(3, y[:, None], y, groups=groups)
    for train, _ in smaller_training_parts(folds, y, groups, 0.5, 0).splits:
        assert set(np.bincount(groups[train], minlength=30)) == {0, 4}


# --- the curve ------------------------------------------------------------------------------------


def test_last_point_is_the_model_itself(table):
    """Losses at full size are those of the report, row by row."""
    X, y = table(300)
    curve, bench, scored = curve_of(LogisticRegression(), X, y)
    judged = y[bench.out_of_fold(LogisticRegression(), "again").row]
    expected = -np.log(scored.proba[np.arange(len(y)), judged])
    np.testing.assert_allclose(curve["losses"][-1], expected)
    assert curve["n_train"] == sorted(curve["n_train"])
    assert curve["n_train"][0] >= LEAST_ROWS
    assert curve["losses"].shape == (len(curve["n_train"]), len(y))
    assert curve["unit"] == "nats"


def test_without_probabilities_errors_are_counted(table):
    """Losses are zeros and ones."""
    X, y = table(300)
    curve, _, scored = curve_of(LinearSVC(random_state=0), X, y)
    assert curve["unit"] == "errors"
    assert set(np.unique(curve["losses"])) <= {0.0, 1.0}
    assert len(np.unique(scored.pred)) == 2


def test_a_regressor_given_labels_has_a_curve(table):
    """It learns from codes on every share of the rows, as the report itself has it do."""
    X, y = table(300)
    words = np.array(["no", "yes"])[y]
    bench = bench_of(LinearRegression(), X, y, labels=words)
    curve = learning_curve(bench, LinearRegression(), bench.score(LinearRegression(), "the model"))
    assert bench.request.notes == []
    assert curve["unit"] == "errors"
    assert len(curve["n_train"]) == len(SHARES)
    assert curve["losses"][-1].mean() < 0.5


def test_a_constant_model_has_a_flat_curve(table):
    """The class shares are the same in every stratified part."""
    X, y = table(400)
    curve, _, _ = curve_of(DummyClassifier(strategy="prior"), X, y)
    seen = forecast(curve)
    assert np.ptp(seen.means) < 1e-3
    assert abs(seen.gain.value) < 1e-3


def test_too_few_rows_or_fits_that_fail_give_no_curve(table):
    """Three sizes are needed; fits that fail are noted."""
    X, y = table(80)
    assert curve_of(LogisticRegression(), X, y)[0] is None
    X, y = table(300)
    curve, bench, _ = curve_of(KNeighborsClassifier(120), X, y)
    assert curve is None
    assert any("of its rows could not be" in note for note in bench.request.notes)


# --- the forecast ---------------------------------------------------------------------------------


@pytest.mark.parametrize("power", [0.25, 0.5, 1.0])
def test_a_power_law_is_continued(power):
    """Of losses a + b / n^c the forecast is exact, whatever a, b and c."""
    n_train = np.array([100, 200, 400, 800])
    means = 0.3 + 5.0 * n_train**-power
    noise = np.random.default_rng(0).normal(0, 0.1, 500)
    curve = {"n_train": n_train.tolist(), "losses": means[:, None] + noise, "unit": "nats"}
    seen = forecast(curve)
    expected = 5.0 * (800**-power - 1600**-power)
    assert seen.gain.value == pytest.approx(expected)
    assert seen.slope.value < 0
    columns = curve_columns(curve)
    assert columns["n_train"][-1] == 1600
    assert columns["loss"][-1] == pytest.approx(seen.means[-1] - expected)


def test_returns_do_not_grow_and_do_not_change_sign():
    """The next doubling brings no more than the last, and nothing after a fall that is made up."""
    falls = np.array([[1.0, 2.0, 4.0], [1.0, 0.5, -0.5], [0.0, 0.0, 0.0], [4.0, 2.0, 1.0]])
    np.testing.assert_allclose(next_fall(falls), [4.0, -0.1, 0.0, 0.5])


def test_interval_widens_with_noise_and_inflation():
    """More noise between sizes, or models that share rows, make the forecast less sure."""
    rng = np.random.default_rng(0)
    base = np.array([0.9, 0.7, 0.6, 0.55])[:, None]
    n_train = [100, 200, 400, 800]

    def width(noise, inflation=1.0):
        losses = base + rng.normal(0, noise, (4, 2000))
        seen = forecast({"n_train": n_train, "losses": losses}, inflation=inflation)
        return seen.gain.high - seen.gain.low

    assert width(0.1) < width(0.5) < width(0.5, inflation=4.0)


def test_covariance_agrees_with_the_standard_error_of_one_value(calibrated):
    """Its diagonal is the cluster-robust variance of each mean."""
    y, proba = calibrated(200)
    values = np.stack([proba[:, 0], (y == 0).astype(float)])
    weight = np.random.default_rng(0).integers(0, 3, len(y)).astype(float)
    for groups in (None, np.arange(len(y)) // 5):
        _, covariance = mean_covariance(values, weight, groups)
        errors = [mean_standard_error(v, weight, groups) for v in values]
        np.testing.assert_allclose(np.sqrt(np.diag(covariance)), errors)
