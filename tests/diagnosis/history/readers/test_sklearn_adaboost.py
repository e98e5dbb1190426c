"""scikit-learn's AdaBoost, from real fits."""

import numpy as np
import pytest
from sklearn.datasets import load_breast_cancer, load_wine
from sklearn.ensemble import AdaBoostClassifier
from sklearn.tree import DecisionTreeClassifier

from sklearn_lossfix.diagnosis.history._read import read_histories


@pytest.mark.parametrize("load", [load_breast_cancer, load_wine])
@pytest.mark.parametrize("learning_rate", [1.0, 0.3])
def test_loss_is_that_of_the_ensemble(load, learning_rate):
    """The loss made from recorded errors equals the one computed from the members' answers."""
    X, y = load(return_X_y=True)
    model = AdaBoostClassifier(
        DecisionTreeClassifier(max_depth=1), n_estimators=8, learning_rate=learning_rate
    ).fit(X, y)
    n_classes = model.n_classes_
    margins, expected = np.zeros(len(y)), []
    for member, weight in zip(model.estimators_, model.estimator_weights_, strict=False):
        is_right = member.predict(X) == y
        margins += weight * np.where(is_right, (n_classes - 1) / n_classes, -1 / n_classes)
        expected.append(np.exp(-margins).mean())
    (history,) = read_histories(model)
    np.testing.assert_allclose(history.loss["train"], expected, rtol=1e-9)
    assert (history.loss_name, history.loss_kind) == ("exponential", "unknown")
    assert history.n_classes == n_classes
    assert any("records no loss" in sentence for sentence in history.distortions)


def test_not_fitted_is_an_error():
    """There is nothing to read before `fit`."""
    with pytest.raises(ValueError, match="not fitted"):
        read_histories(AdaBoostClassifier())
