"""CatBoost: its record by sets and metrics, its training files, and fitted models."""

import numpy as np
import pytest

from sklearn_lossfix.diagnosis.history._read import read_histories


@pytest.fixture
def record(sample_json):
    """`get_evals_result()` with training and validation rows."""
    return sample_json("catboost_evals_result.json")


def make_model(make_object, record, **params):
    """A fitted model with a record."""
    return make_object(
        "catboost.core",
        "CatBoostClassifier",
        evals_result_=record,
        best_iteration_=3,
        classes_=np.array([0, 1]),
        get_params=lambda: params,
    )


def test_round_trip(record):
    """Curves come back by set and metric, counted from 0 as CatBoost counts."""
    (history,) = read_histories(record)
    assert history.source == "CatBoost"
    assert (history.unit, history.steps.tolist()) == ("iteration", [0, 1, 2, 3])
    assert history.loss["train"].tolist() == record["learn"]["Logloss"]
    assert history.loss["validation"].tolist() == record["validation"]["Logloss"]
    assert history.metrics["auc"] == {"validation": pytest.approx(record["validation"]["AUC"])}
    assert history.loss_kind == "log_loss"


def test_metrics_without_a_training_curve_are_explained(record):
    """AUC on training rows is off unless asked for, and the reader of a report is told."""
    (history,) = read_histories(record)
    assert any("does not compute AUC" in sentence for sentence in history.distortions)
    del record["validation"]["AUC"]
    assert not read_histories(record)[0].distortions


def test_training_file_keeps_its_iterations(sample):
    """With metric_period the file says which iterations its values are of."""
    (history,) = read_histories(sample("catboost_training.json"))
    assert history.steps.tolist() == [0, 2, 4, 6]
    assert history.loss["train"].tolist() == [0.6521, 0.5880, 0.5421, 0.5059]
    assert history.loss["validation"].tolist() == [0.6558, 0.5998, 0.5640, 0.5377]
    assert history.metrics["auc"]["validation"].tolist() == [0.871, 0.884, 0.891, 0.897]


def test_error_file_is_of_the_rows_in_its_name(sample):
    """test_error.tsv holds validation curves, though its columns do not say so."""
    (history,) = read_histories(sample("test_error.tsv"))
    assert history.loss["validation"].tolist() == [0.6558, 0.6247, 0.5998]
    assert "train" not in history.loss


def test_a_model_gives_its_record_and_period(record, make_object):
    """Entries of a model that computed every fifth iteration stand at those iterations."""
    (history,) = read_histories(make_model(make_object, record, metric_period=5))
    assert history.steps.tolist() == [0, 5, 10, 15]
    assert history.n_classes == 2
    text = " ".join(history.distortions)
    assert "every 5 iterations" in text
    assert "counts from 0" in text


def test_shorter_curves_are_placed_by_the_period(record, make_object):
    """A curve that was computed every second iteration, and at the last, has gaps between."""
    record["validation"]["AUC"] = [0.871, 0.884, 0.888]
    (history,) = read_histories(make_model(make_object, record, metric_period=2))
    assert np.isfinite(history.metrics["auc"]["validation"]).tolist() == [True, False, True, True]
    with pytest.raises(ValueError, match="metric_period left some out"):
        read_histories(record)


def test_a_model_without_a_record_is_an_error(make_object):
    """Whoever passed no eval_set is told to."""
    with pytest.raises(ValueError, match="recorded no curves"):
        read_histories(make_model(make_object, {}))
