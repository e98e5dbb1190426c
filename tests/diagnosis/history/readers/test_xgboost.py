"""XGBoost: its record by sets and metrics, and fitted models."""

import numpy as np
import pytest

from sklearn_lossfix.diagnosis.history._read import read_histories


@pytest.fixture
def record(sample_json):
    """`evals_result()` with two sets."""
    return sample_json("xgboost_evals_result.json")


def test_round_trip(record):
    """Curves come back by set and metric, counted from 0 as XGBoost counts."""
    (history,) = read_histories(record)
    assert history.source == "XGBoost"
    assert (history.unit, history.steps.tolist()) == ("iteration", [0, 1, 2, 3])
    assert history.loss["train"].tolist() == record["validation_0"]["logloss"]
    assert history.loss["validation"].tolist() == record["validation_1"]["logloss"]
    assert (history.loss_name, history.loss_kind) == ("logloss", "log_loss")


def test_errors_are_turned_into_accuracy(record):
    """Less error is better: its curve is shown as accuracy, and that is said."""
    (history,) = read_histories(record)
    np.testing.assert_allclose(
        history.metrics["accuracy"]["validation"], 1 - np.array(record["validation_1"]["error"])
    )
    assert any("1 - error" in sentence for sentence in history.distortions)
    assert history.flipped == ()


def test_sets_by_position_are_said_and_names_decide(record):
    """Two sets are training and validation rows by position; names say so for sure."""
    (by_position,) = read_histories(record)
    assert any("by position" in sentence for sentence in by_position.distortions)
    named = {"validation": record["validation_0"], "train": record["validation_1"]}
    (by_name,) = read_histories(named)
    assert by_name.loss["validation"].tolist() == record["validation_0"]["logloss"]
    assert not any("by position" in sentence for sentence in by_name.distortions)


def test_a_single_set_is_validation(record):
    """One evaluation set is what early stopping looks at, no training rows."""
    del record["validation_1"]
    (history,) = read_histories(record)
    assert list(history.loss) == ["validation"]


def test_of_three_sets_the_last_is_judged(record):
    """XGBoost stops by the last set; the one between is named."""
    third = {"logloss": [0.5, 0.4, 0.3, 0.2], "error": [0.1] * 4}
    (history,) = read_histories({**record, "validation_2": third})
    assert history.loss["validation"].tolist() == third["logloss"]
    assert any("'validation_1 logloss' not" in sentence for sentence in history.distortions)


def test_a_model_gives_its_record(record, make_object):
    """A fitted model is read by its own record, with its classes and the base of best_iteration."""
    model = make_object(
        "xgboost.sklearn",
        "XGBClassifier",
        evals_result=lambda: record,
        best_iteration=2,
        classes_=np.array([0, 1]),
    )
    (history,) = read_histories(model)
    assert history.loss["validation"].tolist() == record["validation_1"]["logloss"]
    assert history.n_classes == 2
    assert any("counts from 0" in s and "best_iteration = 2" in s for s in history.distortions)


def test_a_model_without_a_record_is_an_error(make_object):
    """Whoever passed no eval_set is told to."""

    def raise_error():
        raise RuntimeError("No evaluation result.")

    for model in (
        make_object("xgboost.sklearn", "XGBClassifier", evals_result=raise_error),
        make_object("xgboost.sklearn", "XGBClassifier", evals_result=dict),
        make_object("xgboost.core", "Booster"),
    ):
        with pytest.raises(ValueError, match="eval_set="):
            read_histories(model)


def test_cv_is_read_as_means_over_folds():
    """The flat columns of `xgboost.cv` are curves; those of the spread are not."""
    (history,) = read_histories(
        {
            "train-logloss-mean": [0.6, 0.5],
            "train-logloss-std": [0.01, 0.01],
            "test-logloss-mean": [0.62, 0.55],
            "test-logloss-std": [0.02, 0.02],
        }
    )
    assert history.loss["validation"].tolist() == [0.62, 0.55]
    assert history.unit == "iteration"
    assert history.metrics == {}
    assert any("means over folds" in sentence for sentence in history.distortions)
