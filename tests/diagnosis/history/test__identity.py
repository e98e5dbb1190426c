"""What objects are, by the names of their classes."""

import numpy as np
import pytest
from sklearn.neural_network import MLPClassifier

from sklearn_lossfix.diagnosis.history._identity import class_count, is_of


def test_is_of():
    """A class is found by package and name, also through inheritance."""

    class Mine(MLPClassifier):
        pass

    assert is_of(Mine(), "sklearn", "MLPClassifier")
    assert is_of(Mine(), "sklearn")
    assert not is_of(Mine(), "sklearn", "MLPRegressor")
    assert not is_of(Mine(), "xgboost")
    assert not is_of({}, "sklearn")


@pytest.mark.parametrize(
    ("classes", "count"),
    [
        (np.array(["no", "yes"]), 2),
        ([0, 1, 2], 3),
        ([np.array([0, 1]), np.array([0, 1])], None),
        (np.array([0]), None),
        (None, None),
    ],
)
def test_class_count(classes, count):
    """One list of labels is counted; several outputs, or a single label, are no classes."""
    estimator = MLPClassifier()
    if classes is not None:
        estimator.classes_ = classes
    assert class_count(estimator) == count
