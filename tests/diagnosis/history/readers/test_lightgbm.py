"""LightGBM: its record by sets and metrics, its cross-validation, and fitted models."""

import numpy as np
import pytest

from sklearn_lossfix.diagnosis.history._read import read_histories


@pytest.fixture
def record(sample_json):
    """`evals_result_` with training and validation rows."""
    return sample_json("lightgbm_evals_result.json")


def test_round_trip(record):
    """Curves come back by set and metric, counted from 1 as LightGBM counts."""
    (history,) = read_histories(record)
    assert history.source == "LightGBM"
    assert (history.unit, history.steps.tolist()) == ("iteration", [1, 2, 3])
    assert history.loss["train"].tolist() == record["training"]["binary_logloss"]
    assert history.loss["validation"].tolist() == record["valid_0"]["binary_logloss"]
    assert history.metrics["auc"]["validation"].tolist() == record["valid_0"]["auc"]
    assert history.loss_kind == "log_loss"
    assert any("class_weight" in sentence for sentence in history.distortions)


def test_recorded_under_names_of_the_user(record):
    """`record_evaluation` uses the names of the sets; the metrics tell whose they are."""
    renamed = {"train": record["training"], "eval": record["valid_0"]}
    (history,) = read_histories(renamed)
    assert history.source == "LightGBM"
    assert history.loss["validation"].tolist() == record["valid_0"]["binary_logloss"]


def test_a_model_gives_its_record(record, make_object):
    """A fitted model is read by its record, with its classes and the base of best_iteration_."""
    model = make_object(
        "lightgbm.sklearn",
        "LGBMClassifier",
        evals_result_=record,
        best_iteration_=3,
        classes_=np.array(["a", "b"]),
    )
    (history,) = read_histories(model)
    assert history.loss["train"].tolist() == record["training"]["binary_logloss"]
    assert history.n_classes == 2
    assert any("counts from 1" in sentence for sentence in history.distortions)


def test_a_model_without_a_record_is_an_error(make_object):
    """Whoever passed no eval_set is told to."""
    with pytest.raises(ValueError, match=r"recorded no curves. Fit with eval_set="):
        read_histories(make_object("lightgbm.sklearn", "LGBMClassifier", evals_result_={}))


def test_cross_validation(sample, sample_json):
    """The flat dictionary of `lightgbm.cv` is one history, without the curves of the spread."""
    content = sample_json("lightgbm_cv.json")
    (history,) = read_histories(sample("lightgbm_cv.json"))
    assert history.loss["validation"].tolist() == content["valid binary_logloss-mean"]
    assert history.loss["train"].tolist() == content["train binary_logloss-mean"]
    assert history.unit == "iteration"
