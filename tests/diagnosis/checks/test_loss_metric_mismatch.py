"""loss-metric-mismatch: predict contradicts the probabilities, or only the loss moves."""

import numpy as np
from sklearn.linear_model import RidgeClassifier

from sklearn_lossfix import diagnose, diagnose_predictions

SLUG = "loss-metric-mismatch"


def test_fires_where_argmax_is_better_than_predict(calibrated):
    """Labels that contradict the probabilities in a tenth of the rows cost accuracy."""
    y, proba = calibrated(2000)
    pred = proba.argmax(axis=1)
    sure = np.argsort(-proba.max(axis=1))[:200]
    pred[sure] = 1 - pred[sure]
    finding = diagnose_predictions(y, proba, y_pred=pred)[SLUG]
    assert finding.section == "issue"
    assert finding.evidence["share_of_rows_that_differ"] == 0.1
    assert finding.unit == "points"
    assert finding.ci[0] > finding.limit
    assert not np.isin(finding.rows, sure, invert=True).any()


def test_silent_where_predict_is_argmax(calibrated):
    """The same labels give nothing to complain of."""
    finding = diagnose_predictions(*calibrated(2000))[SLUG]
    assert finding.section == "passed"
    assert finding.evidence["share_of_rows_that_differ"] == 0.0


def test_silent_where_another_answer_is_as_good(calibrated):
    """Labels that differ in hopeless rows only cost nothing."""
    y, proba = calibrated(2000)
    pred = proba.argmax(axis=1)
    unsure = np.argsort(proba.max(axis=1))[:20]
    pred[unsure] = 1 - pred[unsure]
    assert diagnose_predictions(y, proba, y_pred=pred)[SLUG].section == "passed"


def test_tip_where_only_the_loss_moves(calibrated):
    """A rare class that is ranked, but never above one half: the loss falls, accuracy stands."""
    y, proba = calibrated(8000, spread=0.7, offsets=np.array([0.0, -4.0]))
    finding = diagnose_predictions(y, proba)[SLUG]
    assert finding.section == "tip"
    assert finding.evidence["loss_change"] < 0
    assert abs(finding.estimate) < finding.limit


def test_not_applicable_without_probabilities(table):
    """Without a loss there is no mismatch."""
    X, y = table(120)
    finding = diagnose(RidgeClassifier(), X, y, cv=2)[SLUG]
    assert finding.section == "not_applicable"
    assert "no log loss" in finding.message


def test_not_applicable_to_metrics_of_rankings(calibrated):
    """A ranking metric does not speak of labels."""
    finding = diagnose_predictions(*calibrated(200), scoring="roc_auc")[SLUG]
    assert finding.section == "not_applicable"
    assert "roc_auc" in finding.message
