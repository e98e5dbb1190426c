"""diagnose_predictions: reports of labels and probabilities alone."""

import numpy as np
import pandas as pd
import polars as pl
import pytest
from sklearn.metrics import log_loss

from sklearn_lossfix import diagnose_predictions

X, Y = np.random.default_rng(0).normal(size=(60, 3)), np.arange(60) % 2
P = np.random.default_rng(0).uniform(0.1, 0.9, 60)


def assert_sums(report):
    """Every view of every ledger sums to its total."""
    for ledger in (report.loss_ledger, report.brier_ledger, report.error_ledger):
        if ledger is None:
            continue
        for rows in ledger.to_dict()["views"].values():
            assert sum(row["value"] for row in rows) == pytest.approx(ledger.total, abs=1e-10)


def numbers(report):
    """The dictionary of a report without what tells how it was called."""
    data = report.to_dict()
    data["context"].pop("call")
    return data


@pytest.mark.parametrize("n_classes", [2, 3])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("kind", ["perfect", "nearly perfect", "all wrong", "one class", "uniform"])
def test_extreme_forecasts(kind, dtype, n_classes):
    """Losses near zero and near the clip, errors of zero and one, forecasts without information."""
    y = np.arange(120) % n_classes
    proba = {
        "perfect": np.eye(n_classes)[y],
        "nearly perfect": 1e-6 / n_classes + (1 - 1e-6) * np.eye(n_classes)[y],
        "all wrong": np.eye(n_classes)[(y + 1) % n_classes],
        "one class": np.eye(n_classes)[np.zeros_like(y)],
        "uniform": np.full((120, n_classes), 1 / n_classes),
    }[kind].astype(dtype)
    report = diagnose_predictions(y, proba)
    assert_sums(report)
    assert repr(report)
    names = {finding.name for finding in report.issues}
    if "perfect" in kind:
        assert names == set()
    if kind == "uniform":
        assert names == {"no-signal"}
    if kind in ("all wrong", "one class"):
        assert {"nonfinite-loss", "overconfident"} <= names
        assert report["underconfident"].section == "passed"


def test_many_classes():
    """Sixty classes, some of which occur once, of forecasts in float32."""
    rng = np.random.default_rng(0)
    y = np.r_[np.arange(60), rng.integers(0, 60, 240)]
    proba = rng.dirichlet(np.ones(60), 300).astype(np.float32)
    report = diagnose_predictions(y, proba)
    assert_sums(report)
    assert report.loss_ledger.total == pytest.approx(log_loss(y, proba), rel=1e-5)


def test_predictions_that_are_not_argmax(calibrated):
    """The labels judged are those given."""
    y, proba = calibrated(200)
    report = diagnose_predictions(y, proba, y_pred=1 - y)
    assert report.error_ledger.total == pytest.approx(1.0)


def test_classes_say_the_order_of_columns(calibrated):
    """Columns in another order with `classes` in that order are the same forecasts."""
    y, proba = calibrated(300, n_classes=3)
    one = diagnose_predictions(y, proba)
    other = diagnose_predictions(y, proba[:, [2, 0, 1]], classes=[2, 0, 1])
    assert other.loss_ledger.total == pytest.approx(one.loss_ledger.total)
    assert other["overconfident"].p_value == pytest.approx(one["overconfident"].p_value, abs=1e-6)


@pytest.mark.parametrize(
    "make", [lambda p: p[:, 1], lambda p: p[:, 1:], pd.DataFrame, pl.DataFrame]
)
def test_containers_of_probabilities(calibrated, make):
    """One column is the second class's; frames are read by position."""
    y, proba = calibrated(200)
    expected = diagnose_predictions(y, np.column_stack([1 - proba[:, 1], proba[:, 1]]))
    assert diagnose_predictions(y, make(proba)).loss_ledger.total == pytest.approx(
        expected.loss_ledger.total
    )


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"y_proba": np.where(P > 0.5, np.nan, P)}, "y_proba has missing or infinite values"),
        ({"y_proba": np.column_stack([P, P])}, "must sum to one. Row 0"),
        ({"y_proba": 100 * P}, "not margins or percentages"),
        ({"y_proba": P[:-1]}, "y_proba has 59"),
        ({"y": 0 * Y}, "y holds a single class"),
        ({"y": 0 * Y, "classes": [0, 1]}, "y holds a single class, 0"),
        ({"classes": [0, 0]}, "at least two distinct labels"),
        ({"classes": [0, 1, 2]}, "one column per class, 3"),
        ({"classes": [5, 6]}, "not among the classes"),
        ({"y_pred": Y + 1}, "y_pred holds labels that are not among"),
        ({"y_pred": Y[:-1]}, "y_pred has 59"),
        ({"y_proba_train": P}, "given without y_train"),
        ({"y_train": Y, "y_proba_train": P[:-1]}, "y_proba_train has 59"),
        ({"y_train": Y + 1}, "y_train holds labels that are not among"),
        ({"sample_weight": np.where(Y, 0.0, 1.0)}, "every row that is not of class 0"),
        ({"ignore": ["nothing"]}, "names of findings"),
    ],
)
def test_bad_predictions_are_refused(given, words):
    """The error says what was expected and what came."""
    with pytest.raises(ValueError, match=words):
        diagnose_predictions(**{"y": Y, "y_proba": P, **given})


def test_lazy_predictions_are_refused():
    """Lazy frames are named, and the way out."""
    with pytest.raises(TypeError, match="y_proba is a polars LazyFrame"):
        diagnose_predictions(Y, pl.LazyFrame({"p": P}))


def test_whole_weights_count_like_repeated_rows(calibrated):
    """The totals of the ledgers are those of the repeated rows."""
    y, proba = calibrated(200)
    weight = np.random.default_rng(0).integers(0, 4, 200)
    weighted = diagnose_predictions(y, proba, sample_weight=weight)
    repeated = diagnose_predictions(np.repeat(y, weight), np.repeat(proba, weight, axis=0))
    for name in ("loss_ledger", "brier_ledger", "error_ledger"):
        total = getattr(repeated, name).total
        assert getattr(weighted, name).total == pytest.approx(total, abs=1e-12)


@pytest.mark.parametrize("scale", [1e-6, 7.0, 1e6])
def test_only_ratios_of_weights_matter(calibrated, scale):
    """All weights times a constant: the same findings."""
    y, proba = calibrated(200)
    weight = np.random.default_rng(0).random(200)
    one = diagnose_predictions(y, proba, sample_weight=weight)
    other = diagnose_predictions(y, proba, sample_weight=scale * weight)
    for finding in one.findings:
        assert other[finding.name].section == finding.section
        if finding.p_value is not None:
            assert other[finding.name].p_value == pytest.approx(finding.p_value, abs=1e-6)
