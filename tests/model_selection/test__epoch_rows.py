"""Tests of the rows of a training."""

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import SGDClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils import Bunch

from sklearn_lossfix.model_selection import _epoch_rows
from sklearn_lossfix.model_selection._epoch_rows import scored_parts, training_rows
from sklearn_lossfix.model_selection._fitted_head import FittedHead
from sklearn_lossfix.model_selection._validation_rows import HeldOut

X = np.random.default_rng(0).normal(5.0, 2.0, size=(40, 2))
CODES = np.arange(40) % 2
CLASSES = np.array(["a", "b"])
PARTS = HeldOut(np.arange(0, 40, 2), np.arange(1, 40, 2))


def head():
    """A Pipeline taken apart."""
    return FittedHead(make_pipeline(StandardScaler(), SGDClassifier()))


def test_transformers_learn_from_training_rows_alone():
    """Training rows are centred, held-out rows by the same numbers; weights are cut to them."""
    fitted = head()
    params = Bunch(last={"sample_weight": np.arange(40.0), "rate": 3}, head={})
    rows = training_rows(X, CLASSES[CODES], CLASSES, PARTS.train, fitted, params)
    np.testing.assert_allclose(rows.X.mean(axis=0), 0.0, atol=1e-10)
    np.testing.assert_array_equal(rows.params["sample_weight"], PARTS.train)
    assert rows.params["rate"] == 3
    parts = scored_parts(X, CODES, None, PARTS, fitted, 0)
    mean, scale = X[PARTS.train].mean(axis=0), X[PARTS.train].std(axis=0)
    np.testing.assert_allclose(parts["validation"].X, (X[PARTS.validation] - mean) / scale)
    np.testing.assert_array_equal(parts["train"].X, rows.X)


def test_containers_stay_what_they_are():
    """Without transformers a table of the user is cut and stays a table."""
    frame = pd.DataFrame(X, columns=["u", "v"])
    plain = FittedHead(SGDClassifier())
    rows = training_rows(
        frame, CLASSES[CODES], CLASSES, PARTS.train, plain, Bunch(last={}, head={})
    )
    pd.testing.assert_frame_equal(rows.X, frame.iloc[PARTS.train])


def test_training_rows_that_are_scored_are_few_and_fixed(monkeypatch):
    """Above the limit a draw by seed is scored, in order; rows of weight zero are not drawn."""
    monkeypatch.setattr(_epoch_rows, "MAX_TRAIN_ROWS", 7)
    plain, marks = FittedHead(SGDClassifier()), np.arange(40.0)[:, None]
    weight = np.where(np.arange(40) < 20, 1.0, 0.0)
    weight[PARTS.validation] = 1.0
    drawn = [
        scored_parts(marks, CODES, weight, PARTS, plain, seed)["train"].X.ravel()
        for seed in (0, 0, 1)
    ]
    np.testing.assert_array_equal(drawn[0], drawn[1])
    assert not np.array_equal(drawn[0], drawn[2])
    assert len(drawn[0]) == 7
    assert (np.diff(drawn[0]) > 0).all()
    assert set(drawn[0]) <= set(range(0, 20, 2))


@pytest.mark.parametrize("part", [PARTS.train, PARTS.validation])
def test_parts_without_weight_are_an_error(part):
    """If all rows of a part weigh nothing, nothing can be learnt or judged."""
    weight = np.ones(40)
    weight[part] = 0.0
    with pytest.raises(ValueError, match="sample_weight is zero in all rows"):
        scored_parts(X, CODES, weight, PARTS, FittedHead(SGDClassifier()), 0)
