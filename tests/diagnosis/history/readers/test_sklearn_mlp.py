"""scikit-learn's multilayer perceptrons, from real fits."""

import warnings

import numpy as np
import pytest
from sklearn.datasets import load_iris
from sklearn.exceptions import ConvergenceWarning
from sklearn.neural_network import MLPClassifier, MLPRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from sklearn_lossfix.diagnosis.history._read import read_histories

X, y = load_iris(return_X_y=True)


def fit(estimator, targets=y):
    """Fit on the iris data; that it has not converged does not matter here."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        return estimator.fit(X, targets)


def test_round_trip():
    """The recorded curve comes back, with what distorts it and the number of classes."""
    mlp = fit(MLPClassifier(max_iter=8, alpha=0.25, random_state=0))
    (history,) = read_histories(mlp)
    assert history.loss["train"].tolist() == mlp.loss_curve_
    assert history.steps.tolist() == list(range(1, mlp.n_iter_ + 1))
    assert (history.source, history.loss_kind, history.n_classes) == (
        "MLPClassifier",
        "log_loss",
        3,
    )
    text = " ".join(history.distortions)
    assert "half an epoch" in text
    assert "alpha = 0.25" in text
    assert history.metrics == {}


def test_validation_scores_are_accuracy():
    """With early stopping the validation curve is a metric, and no loss is recorded beside it."""
    mlp = fit(MLPClassifier(max_iter=8, early_stopping=True, random_state=0))
    (history,) = read_histories(mlp, n_val=15)
    assert history.metrics["accuracy"]["validation"].tolist() == mlp.validation_scores_
    assert list(history.loss) == ["train"]
    assert history.n_validation == 15
    assert any("no validation loss" in sentence for sentence in history.distortions)


def test_pipeline_is_read_by_its_last_step():
    """A pipeline has the history of its classifier."""
    pipe = fit(make_pipeline(StandardScaler(), MLPClassifier(max_iter=5, random_state=0)))
    assert read_histories(pipe)[0].loss["train"].tolist() == pipe[-1].loss_curve_


def test_multilabel_loss_is_compared_with_nothing():
    """Losses of several labels are summed: they are no log loss of one answer."""
    labels = np.column_stack([y == 0, y == 1]).astype(int)
    (history,) = read_histories(fit(MLPClassifier(max_iter=3, random_state=0), labels))
    assert history.loss_kind == "unknown"
    assert history.n_classes is None


def test_regressor_records_half_a_squared_error():
    """The loss of a regressor is read and named, and has no entropy to be compared with."""
    (history,) = read_histories(fit(MLPRegressor(max_iter=3, random_state=0)))
    assert (history.loss_name, history.loss_kind) == ("squared_error", "unknown")


def test_without_a_curve_the_error_says_what_to_do():
    """Nothing is recorded by lbfgs, nor before `fit`."""
    with pytest.raises(ValueError, match=r"'lbfgs' has none. Fit it with solver='adam'"):
        read_histories(fit(MLPClassifier(solver="lbfgs", max_iter=3)))
    with pytest.raises(ValueError, match="MLPClassifier is not fitted"):
        read_histories(MLPClassifier())


@pytest.mark.parametrize(("tol", "reason"), [(1e9, "patience"), (0.0, "")])
def test_a_run_that_stopped_by_its_own_rule_says_so(tol, reason):
    """A training that stopped before max_iter did so because the loss, or score, got no better."""
    mlp = MLPClassifier(max_iter=20, n_iter_no_change=3, tol=tol, random_state=0)
    assert read_histories(fit(mlp))[0].stop_reason == reason
