"""scikit-learn's gradient boosting, from real fits."""

import numpy as np
import pytest
from sklearn.datasets import load_breast_cancer, load_wine, make_classification
from sklearn.ensemble import GradientBoostingClassifier, HistGradientBoostingClassifier
from sklearn.metrics import accuracy_score, log_loss

from sklearn_lossfix import diagnose_history
from sklearn_lossfix.diagnosis.history._read import read_histories

TWO_CLASSES = load_breast_cancer(return_X_y=True)
THREE_CLASSES = load_wine(return_X_y=True)


def staged_loss(model, X, y):
    """Log loss after each tree."""
    return [log_loss(y, proba) for proba in model.staged_predict_proba(X)]


@pytest.mark.parametrize("data", [TWO_CLASSES, THREE_CLASSES])
def test_gradient_boosting_shows_the_log_loss(data):
    """The curve equals the log loss of the staged forecasts, for two classes too."""
    model = GradientBoostingClassifier(n_estimators=6, random_state=0).fit(*data)
    (history,) = read_histories(model)
    np.testing.assert_allclose(history.loss["train"], staged_loss(model, *data), rtol=1e-7)
    assert (history.loss_kind, history.unit) == ("log_loss", "iteration")
    assert history.steps.tolist() == [1, 2, 3, 4, 5, 6]
    was_halved = any("halved" in sentence for sentence in history.distortions)
    assert was_halved == (history.n_classes == 2)
    assert any("staged_predict_proba" in sentence for sentence in history.distortions)


def test_out_of_bag_losses_are_no_validation_losses():
    """They fall on while the loss of fresh rows rises by a fifth: training loss is shown."""
    X, y = make_classification(3600, 20, n_informative=5, flip_y=0.2, random_state=0)
    model = GradientBoostingClassifier(
        n_estimators=80, max_depth=4, learning_rate=0.3, subsample=0.5, random_state=0
    ).fit(X[:600], y[:600])
    fresh = staged_loss(model, X[600:], y[600:])
    assert fresh[-1] > 1.2 * min(fresh)
    assert model.oob_scores_[-1] < 1.05 * model.oob_scores_.min()
    (history,) = read_histories(model)
    assert list(history.loss) == ["train"]
    np.testing.assert_allclose(history.loss["train"], model.train_score_ / 2)
    assert any("oob_scores_ are left out" in sentence for sentence in history.distortions)
    report = diagnose_history(model)
    assert not report.issues
    assert "validation" not in report.verdict


def test_exponential_loss_is_not_halved():
    """Only the log loss of two classes is recorded twice."""
    model = GradientBoostingClassifier(loss="exponential", n_estimators=4).fit(*TWO_CLASSES)
    (history,) = read_histories(model)
    np.testing.assert_array_equal(history.loss["train"], model.train_score_)
    assert (history.loss_name, history.loss_kind) == ("exponential", "unknown")


def test_histogram_boosting_records_negative_loss():
    """The curve equals the log loss of the staged forecasts after the baseline; it is turned."""
    X, y = TWO_CLASSES
    model = HistGradientBoostingClassifier(
        max_iter=5, early_stopping=True, validation_fraction=None, random_state=0
    ).fit(X, y)
    (history,) = read_histories(model)
    np.testing.assert_allclose(history.loss["train"][1:], staged_loss(model, X, y), rtol=1e-6)
    share = y.mean()
    entropy = -share * np.log(share) - (1 - share) * np.log(1 - share)
    np.testing.assert_allclose(history.loss["train"][0], entropy, rtol=1e-6)
    assert history.steps.tolist() == list(range(model.n_iter_ + 1))
    assert history.flipped == ("loss",)
    assert (history.loss_kind, history.n_classes) == ("log_loss", 2)
    assert any("negative loss" in sentence for sentence in history.distortions)


def test_histogram_boosting_with_validation_rows():
    """Rows held out inside have a curve of their own."""
    model = HistGradientBoostingClassifier(max_iter=5, early_stopping=True, random_state=0)
    model.fit(*THREE_CLASSES)
    (history,) = read_histories(model)
    np.testing.assert_array_equal(history.loss["validation"], -model.validation_score_)
    assert history.n_classes == 3


def test_histogram_boosting_with_a_score():
    """With a metric as scoring there is a metric and no loss, unless it is a negative loss."""
    X, y = TWO_CLASSES
    params = {"max_iter": 4, "early_stopping": True, "random_state": 0}
    model = HistGradientBoostingClassifier(scoring=None, validation_fraction=None, **params).fit(
        X, y
    )
    (history,) = read_histories(model)
    assert history.loss == {}
    assert history.flipped == ()
    accuracies = [accuracy_score(y, labels) for labels in model.staged_predict(X)]
    np.testing.assert_allclose(history.metrics["accuracy"]["train"][1:], accuracies)
    model = HistGradientBoostingClassifier(scoring="neg_log_loss", **params).fit(X, y)
    (history,) = read_histories(model)
    np.testing.assert_array_equal(history.loss["validation"], -model.validation_score_)
    assert (history.loss_name, history.flipped) == ("log_loss", ("neg_log_loss",))


def test_without_a_curve_the_error_says_what_to_do():
    """Small data do not stop early by default, and then nothing is recorded."""
    with pytest.raises(ValueError, match="early_stopping=True"):
        read_histories(HistGradientBoostingClassifier(max_iter=2).fit(*THREE_CLASSES))
    with pytest.raises(ValueError, match="is not fitted"):
        read_histories(GradientBoostingClassifier())


@pytest.mark.parametrize(("patience", "reason"), [(1, "patience"), (None, "")])
def test_a_run_that_stopped_by_its_own_rule_says_so(patience, reason):
    """The held-out rows that stop GradientBoosting are not recorded, but that they did is known."""
    X, y = load_breast_cancer(return_X_y=True)
    model = GradientBoostingClassifier(
        n_estimators=60, n_iter_no_change=patience, tol=0.02, random_state=0
    ).fit(X, y)
    assert read_histories(model)[0].stop_reason == reason
