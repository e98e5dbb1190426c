"""Arguments of the diagnose functions, checked."""

import numpy as np
import pandas as pd
import pytest
from sklearn.dummy import DummyClassifier
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.preprocessing import StandardScaler

from sklearn_lossfix.diagnosis._arguments import (
    check_alpha,
    check_estimator,
    for_remedies,
    in_class_order,
    seed_of,
)


@pytest.mark.parametrize("alpha", [0, 1, -0.1, True, "0.05", None])
def test_levels_lie_between_zero_and_one(alpha):
    """Anything else is refused with what came."""
    with pytest.raises(ValueError, match="alpha must be a number between 0 and 1"):
        check_alpha(alpha)
    assert check_alpha(np.float32(0.5)) == 0.5


def test_seeds_are_whole_numbers():
    """None is 0, so that two calls agree; a generator gives one number; negative ones are none."""
    assert seed_of(None) == 0
    assert seed_of(np.int64(7)) == 7
    one, other = (seed_of(np.random.RandomState(3)) for _ in range(2))
    assert one == other
    assert isinstance(one, int)
    with pytest.raises(ValueError, match="must not be negative"):
        seed_of(-1)


@pytest.mark.parametrize("thing", [LogisticRegression, StandardScaler(), "model", None])
def test_what_predicts_no_labels_is_no_estimator(thing):
    """Classes, transformers and other objects are refused by the name of the argument."""
    with pytest.raises(TypeError, match="compare must be a scikit-learn compatible classifier"):
        check_estimator(thing, "compare")
    check_estimator(LinearRegression())
    check_estimator(DummyClassifier())


def test_a_class_without_tags_is_told_what_to_inherit_from():
    """scikit-learn takes no estimator without tags: the error names the classes that give them."""

    class Untagged:
        def get_params(self, deep=True):
            return {}

        def fit(self, X, y):
            return self

        def predict(self, X):
            return X

    with pytest.raises(TypeError, match=r"no scikit-learn tags.*ClassifierMixin.*BaseEstimator"):
        check_estimator(Untagged())


def test_columns_named_like_classes_are_put_in_their_order():
    """Others stay as they are."""
    frame = pd.DataFrame({"b": [0.2], "a": [0.8]})
    assert in_class_order(frame, np.array(["a", "b"])).columns.tolist() == ["a", "b"]
    other = pd.DataFrame({"p0": [0.2], "p1": [0.8]})
    assert in_class_order(other, np.array(["a", "b"])) is other


def test_remedies_wrap_what_cannot_be_refitted():
    """A frozen part stays frozen; everything else is cloned."""
    model = LogisticRegression()
    assert for_remedies(model) is not model
    frozen = FrozenEstimator(model.fit([[0.0], [1.0]], [0, 1]))
    assert isinstance(for_remedies(frozen), FrozenEstimator)
