"""Columns that hold the values of other rows, and models that are asked with them."""

import numpy as np
import pandas as pd
import polars as pl
import pytest
from scipy import sparse
from sklearn.base import clone
from sklearn.linear_model import LogisticRegression, RidgeClassifier
from sklearn.neighbors import KNeighborsClassifier

from sklearn_lossfix.diagnosis._shuffled_columns import ShuffledColumns, shuffled_columns


def test_shuffled_columns_are_the_same_in_every_container():
    """Chosen columns hold the values of the rows in the order; the data stay as they are."""
    rng = np.random.default_rng(0)
    X = rng.normal(size=(20, 4)).round(1)
    X[rng.random(X.shape) < 0.3] = 0.0
    order, names = rng.permutation(20), list("abca")
    expected = X.copy()
    expected[:, [1, 3]] = X[order][:, [1, 3]]
    before = X.copy()
    frame = pd.DataFrame(X, columns=names, index=rng.permutation(20))  # names may repeat
    out = shuffled_columns(frame, [1, 3], order)
    assert np.array_equal(out.to_numpy(), expected)
    assert out.columns.tolist() == names
    assert out.index.equals(frame.index)
    assert np.array_equal(shuffled_columns(X, [1, 3], order), expected)
    polars = shuffled_columns(pl.DataFrame(X, schema=list("abcd")), [1, 3], order)
    assert np.array_equal(polars.to_numpy(), expected)
    matrix = shuffled_columns(sparse.csr_matrix(X), [1, 3], order)
    assert sparse.issparse(matrix)
    assert np.array_equal(matrix.toarray(), expected)
    assert np.array_equal(X, before)


def test_the_model_learns_from_the_columns_as_they_are(table):
    """Only what it is asked with is shuffled; without columns to shuffle nothing changes."""
    X, y = table(200)
    weight = np.random.default_rng(0).random(200)
    plain = LogisticRegression().fit(X, y, sample_weight=weight)
    model = ShuffledColumns(LogisticRegression(), [0, 1]).fit(X, y, sample_weight=weight)
    np.testing.assert_array_equal(model.estimator_.coef_, plain.coef_)
    order = np.random.default_rng(0).permutation(200)
    expected = plain.predict_proba(shuffled_columns(X, [0, 1], order))
    np.testing.assert_array_equal(model.predict_proba(X), expected)
    assert model.score(X, y) < plain.score(X, y)
    same = ShuffledColumns(LogisticRegression(), []).fit(X, y, sample_weight=weight)
    np.testing.assert_array_equal(same.predict_proba(X), plain.predict_proba(X))


@pytest.mark.parametrize("inner", [RidgeClassifier(), KNeighborsClassifier()])
def test_it_has_the_scores_of_the_model(table, inner):
    """Methods are those of the model, which is neither fitted nor changed; weights where it can."""
    X, y = table(60)
    model = clone(ShuffledColumns(inner, [0]))
    for name in ("predict_proba", "decision_function"):
        assert hasattr(model, name) == hasattr(inner, name)
    model.fit(X, y, sample_weight=np.ones(60)).predict(X)
    assert not hasattr(inner, "classes_")
