"""Tests of the reference model: it takes every kind of features as they are."""

import numpy as np
import pandas as pd
import polars as pl
import pytest
import sklearn
from packaging.version import Version
from scipy import sparse
from sklearn.base import clone
from sklearn.datasets import make_classification

from sklearn_lossfix.diagnosis._reference import MAX_DENSE_CELLS, make_reference

X, Y = make_classification(200, n_features=4, random_state=0)
COLOURS = np.array(["red", "green", None, "blue"], dtype=object)[np.arange(200) % 4]
NAMES = [f"x{k}" for k in range(4)]


def frame(kind):
    """A dataframe with numbers, text with gaps and booleans."""
    columns = {name: X[:, k] for k, name in enumerate(NAMES)}
    return kind(columns | {"colour": COLOURS.tolist(), "flag": (np.arange(200) % 2 == 0).tolist()})


# scikit-learn 1.7 selects columns through an interchange protocol that polars 2 has dropped: there
# the user's own ColumnTransformer fails on such a frame too.
MIXED_POLARS = [frame(pl.DataFrame)] if Version(sklearn.__version__) >= Version("1.9") else []


@pytest.mark.parametrize(
    "features",
    [
        X,
        X.tolist(),
        np.where(X > 2, np.nan, X),
        X > 0,
        pd.DataFrame(X, columns=NAMES),
        frame(pd.DataFrame),
        frame(pd.DataFrame).astype({"colour": "category"}),
        pd.DataFrame({"a": pd.Series([1, None] * 100, dtype="Int64"), "b": X[:, 0]}),
        pl.DataFrame(X, schema=NAMES),
        *MIXED_POLARS,
        sparse.csr_array(X),
        sparse.csc_matrix(X),
        np.column_stack([COLOURS, np.array(["u", "v"] * 100, dtype=object)]),
    ],
    ids=lambda value: f"{type(value).__module__}.{getattr(value, 'dtype', '')}",
)
def test_every_kind_of_features_is_learnt_from(features):
    """The reference fits, answers for every row, and learns more than the class shares."""
    model, reason = make_reference(features, random_state=0)
    assert reason is None
    model = clone(model).fit(features, Y)
    proba = model.predict_proba(features)
    assert proba.shape == (200, 2)
    np.testing.assert_allclose(proba.sum(axis=1), 1.0)
    assert np.ptp(proba[:, 1]) > 0


@pytest.mark.parametrize(
    "held",
    [
        X.astype(object),
        np.where(X > 2, None, X.astype(object)),
        pd.DataFrame(X, columns=NAMES).astype({"x0": object, "x2": object}),
    ],
    ids=["array", "gaps", "columns"],
)
def test_numbers_held_as_objects_stay_numbers(held):
    """They are not coded: rows that were never seen are forecast as those of plain numbers are."""
    plain = pd.DataFrame(held).astype(float).to_numpy()
    train, test = slice(0, 150), slice(150, None)
    rows = held.iloc if hasattr(held, "iloc") else held
    model = make_reference(held, random_state=0)[0].fit(rows[train], Y[train])
    expected = make_reference(plain, random_state=0)[0].fit(plain[train], Y[train])
    found = model.predict_proba(rows[test])
    if not hasattr(held, "iloc"):  # encoded columns stand first: ties of splits may fall otherwise
        np.testing.assert_array_equal(found, expected.predict_proba(plain[test]))
    agree = found.argmax(axis=1) == expected.predict(plain[test])
    assert agree.mean() > 0.95


def test_text_that_looks_like_numbers_is_text():
    """Codes like "007" are categories, whatever they look like."""
    codes = np.array(["007", "01", "1"] * 66 + ["1", "01"], dtype=object)[:, None]
    model, _ = make_reference(codes)
    assert "ordinalencoder" in model.named_steps


def test_unseen_categories_count_as_missing():
    """A category that training never held is no error and is treated as a gap."""
    train, test = frame(pd.DataFrame), frame(pd.DataFrame).assign(colour="violet")
    model = make_reference(train)[0].fit(train, Y)
    gap = test.assign(colour=pd.Series([None] * 200, dtype=object))
    np.testing.assert_array_equal(model.predict_proba(test), model.predict_proba(gap))


def test_seed_makes_it_repeatable():
    """The seed is handed to the boosting, wherever it stands."""
    for features in (X, frame(pd.DataFrame)):
        params = make_reference(features, random_state=3)[0].get_params()
        assert [v for k, v in params.items() if k.endswith("random_state")] == [3]


def test_large_sparse_features_have_no_reference():
    """Sparse features that would not fit in memory are declined with their size."""
    wide = sparse.csr_array((1000, MAX_DENSE_CELLS // 1000 + 1))
    model, reason = make_reference(wide)
    assert model is None
    assert "1,000 x 20,001 cells" in reason
    assert make_reference(wide[:, 1:])[0] is not None


@pytest.mark.parametrize(
    "features", [np.array(["2020-01-01"] * 3, dtype="M8[D]")[:, None], np.array([["a"], ["b"]])]
)
def test_features_of_other_types_have_no_reference(features):
    """Arrays of dates or fixed-width text are declined with their dtype."""
    model, reason = make_reference(features)
    assert model is None
    assert str(features.dtype) in reason
