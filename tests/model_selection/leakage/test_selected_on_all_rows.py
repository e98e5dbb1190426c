"""Tests of SelectedOnAllRows: features chosen by all rows have too uniform z-scores."""

import numpy as np
import pytest
from scipy import sparse, stats
from sklearn.datasets import load_breast_cancer, load_diabetes, load_digits, load_iris, load_wine
from sklearn.feature_selection import SelectKBest, f_classif, f_regression
from sklearn.model_selection import KFold, ShuffleSplit

from sklearn_lossfix.exceptions import CheckNotApplicable
from sklearn_lossfix.model_selection.leakage._leak import Leak
from sklearn_lossfix.model_selection.leakage._split_data import SplitData
from sklearn_lossfix.model_selection.leakage._table import Table
from sklearn_lossfix.model_selection.leakage.selected_on_all_rows import SelectedOnAllRows


def judge(X, y, cv=None, is_class=True, earlier=None):
    """The leak of a table under a splitter."""
    cv = KFold(5, shuffle=True, random_state=0) if cv is None else cv
    classes, codes = np.unique(y, return_inverse=True) if is_class else (None, y.astype(float))
    folds = tuple(cv.split(np.zeros(len(codes))))
    data = SplitData(Table.read(X), folds, y=codes, classes=classes)
    return SelectedOnAllRows().run(data, earlier or {})


def noise(n_rows, n_columns, seed, n_classes=2):
    """Columns without effect, and classes."""
    rng = np.random.default_rng(seed)
    return rng.normal(size=(n_rows, n_columns)), rng.integers(0, n_classes, n_rows)


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize(
    ("n_rows", "n_columns", "k", "n_classes"),
    [(50, 5000, 100, 2), (200, 5000, 25, 2), (1000, 500, 50, 2), (300, 2000, 60, 3)],
)
def test_noise_chosen_on_all_rows_is_found(n_rows, n_columns, k, n_classes, seed):
    """Hastie, Tibshirani and Friedman 7.10.2 among them."""
    X, y = noise(n_rows, n_columns, seed, n_classes)
    leak = judge(SelectKBest(f_classif, k=k).fit_transform(X, y), y)
    assert leak.found is True
    assert leak.severity == "high"
    assert leak.details["spread"] < leak.details["spread_on_training_rows"]


@pytest.mark.parametrize("seed", range(5))
def test_the_same_chosen_on_training_rows_is_none(seed):
    """The rows by which columns were chosen are those on which they are most alike."""
    X, y = noise(200, 3000, seed)
    split = ShuffleSplit(1, test_size=0.25, random_state=seed)
    train, _ = next(split.split(X))
    inside = SelectKBest(f_classif, k=60).fit(X[train], y[train]).transform(X)
    assert judge(inside, y, split).found is False
    outside = SelectKBest(f_classif, k=60).fit_transform(X, y)
    assert judge(outside, y, split).found is True


def test_numbers_as_targets():
    """Selection by correlation with a number."""
    rng = np.random.default_rng(0)
    X, y = rng.normal(size=(200, 2000)), rng.normal(size=200)
    chosen = SelectKBest(f_regression, k=40).fit_transform(X, y)
    assert judge(chosen, y, is_class=False).found is True
    # Without any effect a selection may or may not show; with unlike ones it would.
    assert judge(X[:, :40], y, is_class=False).found is not True
    effects = y[:, None] * np.linspace(0, 2, 40)
    assert judge(X[:, :40] + effects, y, is_class=False).found is False


@pytest.mark.parametrize("load", [load_breast_cancer, load_digits, load_wine])
def test_bundled_classes_are_silent(load):
    """Effects of different sizes: far more spread than chance."""
    assert judge(*load(return_X_y=True)).p_value == 1.0


def test_diabetes_is_silent():
    """The same for a number as target."""
    assert judge(*load_diabetes(return_X_y=True), is_class=False).p_value == 1.0


def null_tables(rng):
    """Clean columns of many kinds, with labels."""
    n = 300
    y = rng.integers(0, 2, n)
    rare = rng.permutation(np.arange(n) < 15).astype(int)
    one_hot = [np.eye(6)[rng.integers(0, 6, n)] for _ in range(5)]
    yield rng.normal(size=(n, 30)), y
    yield rng.normal(size=(n, 30)) + 0.1 * y[:, None], y
    yield rng.normal(size=(n, 30)) + rng.normal(size=(n, 1)), y
    yield np.repeat(rng.normal(size=(n, 10)), 3, axis=1) + rng.normal(size=(n, 30)), y
    yield rng.standard_t(3, (n, 30)), y
    yield rng.normal(size=(n, 30)), rare
    yield np.hstack(one_hot), y
    yield rng.normal(size=(n, 30)) * np.where(rare, 0.3, 1)[:, None], rare


def test_size_over_null_models():
    """p-values of clean tables: 400 in all; at 0.01 four are expected."""
    p_values = [
        judge(X, y).p_value
        for seed in range(50)
        for X, y in null_tables(np.random.default_rng(seed))
    ]
    n_small = sum(p <= 0.01 for p in p_values)
    assert stats.binom.sf(n_small - 1, len(p_values), 0.01) > 0.001
    assert sum(p <= 0.001 for p in p_values) <= 2


def test_few_columns_without_a_spread_could_not_be_told():
    """Six columns of noise would look alike whether they were chosen or not."""
    found = [judge(*noise(100, 6, seed)).found for seed in range(20)]
    assert None in found
    assert True not in found


def test_explained_columns_are_left_out():
    """What target encodings or copies explain does not count."""
    X, y = noise(300, 8, 0)
    known = Leak("target_encoding", "preprocessed-before-split", True, "", columns=("x1", "x4"))
    leak = judge(X, y, earlier={"target_encoding": known})
    assert leak.details["n_judged_columns"] == 6


def test_reasons_why_it_does_not_apply():
    """No labels, few columns, missing values, sparse tables, one label, many classes."""
    X, y = noise(100, 8, 0)
    missing = X.copy()
    missing[0, :5] = np.nan
    with pytest.raises(CheckNotApplicable, match="not known"):
        SelectedOnAllRows().run(SplitData(Table.read(X), ()), {})
    with pytest.raises(CheckNotApplicable, match="dense"):
        judge(sparse.csr_array(X), y)
    with pytest.raises(CheckNotApplicable, match="different labels"):
        judge(X, np.zeros(100, dtype=int))
    with pytest.raises(CheckNotApplicable, match="too many classes"):
        judge(np.tile(X, (5, 1)), np.arange(500))
    for few in (X[:, :4], missing, load_iris().data[:100]):
        with pytest.raises(CheckNotApplicable, match="At least 5 columns"):
            judge(few, y)
