"""Tests of FittedOnAllRows: who fitted a transformer is told from exact moments."""

import numpy as np
import pandas as pd
import pytest
from scipy import sparse
from sklearn.datasets import (
    load_breast_cancer,
    load_diabetes,
    load_digits,
    load_iris,
    load_wine,
)
from sklearn.decomposition import PCA
from sklearn.impute import SimpleImputer
from sklearn.model_selection import KFold, ShuffleSplit
from sklearn.preprocessing import (
    MaxAbsScaler,
    MinMaxScaler,
    PowerTransformer,
    QuantileTransformer,
    RobustScaler,
    StandardScaler,
)

from sklearn_lossfix.exceptions import CheckNotApplicable
from sklearn_lossfix.model_selection.leakage._split_data import SplitData
from sklearn_lossfix.model_selection.leakage._table import Table
from sklearn_lossfix.model_selection.leakage.fitted_on_all_rows import FittedOnAllRows

N_ROWS = 400


def judge(X, cv=None):
    """The leak of a table under a splitter."""
    cv = KFold(5, shuffle=True, random_state=0) if cv is None else cv
    folds = tuple(cv.split(np.zeros(len(X))))
    return FittedOnAllRows().run(SplitData(Table.read(X), folds), {})


def raw_table(seed=0):
    """Correlated, skewed and rounded columns."""
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(N_ROWS, 6)) @ rng.normal(size=(6, 6)) + 5
    X[:, 0] = np.exp(X[:, 0] / 4)
    X[:, 1] = np.round(X[:, 1])
    return X


TRANSFORMERS = {
    "standardised": StandardScaler(),
    "centred": StandardScaler(with_std=False),
    "unit variance": StandardScaler(with_mean=False),
    "robustly scaled": RobustScaler(),
    "scaled to 0..1": MinMaxScaler(),
    "scaled to max 1": MaxAbsScaler(),
    "quantiles": QuantileTransformer(n_quantiles=200),
    "decorrelated": PCA(whiten=True),
}


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("name", TRANSFORMERS)
def test_transformers_of_all_rows_are_named_and_those_of_training_rows_are_not(name, dtype):
    """The same transformer is a leak fitted on all rows, and none fitted on the training rows."""
    X = raw_table()
    leak = judge(TRANSFORMERS[name].fit_transform(X).astype(dtype))
    assert leak.found is True
    assert leak.severity == "info"
    assert leak.p_value == 0.0
    assert len(leak.details["fitted_on_all"][name]) >= 5
    split = ShuffleSplit(1, test_size=0.25, random_state=1)
    train, _ = next(split.split(X))
    inside = judge(TRANSFORMERS[name].fit(X[train]).transform(X).astype(dtype), split)
    assert inside.found is not True
    assert judge(X).found is False


def test_other_scalers_have_the_same_moments():
    """A power transformer standardises, a normal quantile transformer spreads evenly."""
    X = raw_table()
    assert "standardised" in judge(PowerTransformer().fit_transform(X)).details["fitted_on_all"]
    normal = QuantileTransformer(n_quantiles=400, output_distribution="normal")
    assert "quantiles" in judge(normal.fit_transform(X)).details["fitted_on_all"]


@pytest.mark.parametrize("strategy", ["mean", "median"])
def test_imputers_are_found_behind_scalers_of_training_rows(strategy):
    """A repeated value equals the mean of the others after any later affine map."""
    X = raw_table()
    X[np.random.default_rng(1).random(X.shape) < 0.1] = np.nan
    split = ShuffleSplit(1, test_size=0.25, random_state=1)
    train, _ = next(split.split(X))
    filled = SimpleImputer(strategy=strategy).fit_transform(X)
    scaled = StandardScaler().fit(filled[train]).transform(filled)
    for table in (filled, scaled):
        leak = judge(table, split)
        assert leak.found is True
        assert f"imputed {strategy}" in leak.details["fitted_on_all"]
    inside = SimpleImputer(strategy=strategy).fit(X[train]).transform(X)
    leak = judge(inside, split)
    assert leak.found is not True
    assert len(leak.details["fitted_on_training_rows"][f"imputed {strategy}"]) >= 3


@pytest.mark.parametrize("load", [load_breast_cancer, load_digits, load_iris, load_wine])
def test_raw_data_are_silent(load):
    """Bundled data as they were measured."""
    assert judge(load().data).found is False


def whole_table(seed=0):
    """Columns of whole numbers."""
    return np.round(np.random.default_rng(seed).gamma(2.0, 40.0, (N_ROWS, 4)))


@pytest.mark.parametrize("scaler", [MinMaxScaler(), MaxAbsScaler(), RobustScaler()], ids=repr)
def test_scaled_whole_numbers_cannot_be_told(scaler):
    """Doubt where all rows were seen; none where only training rows were, or nothing was done."""
    X = whole_table()
    assert judge(X).found is False
    leak = judge(scaler.fit_transform(X))
    assert leak.found is None
    assert "whole numbers" in leak.message
    train = np.arange(N_ROWS) < N_ROWS // 2
    folds = ((np.flatnonzero(train), np.flatnonzero(~train)),)
    out = scaler.fit(X[train]).transform(X)
    assert FittedOnAllRows().run(SplitData(Table.read(out), folds), {}).found is False


@pytest.mark.parametrize("seed", range(3))
def test_imputed_medians_of_whole_numbers_cannot_be_told(seed):
    """A tenth of the cells; the raw column is silent."""
    X = np.round(np.random.default_rng(seed).gamma(2.0, 400.0, (N_ROWS, 3)))
    assert judge(X).found is False
    X[np.random.default_rng(seed).random(X.shape) < 0.1] = np.nan
    assert judge(SimpleImputer(strategy="median").fit_transform(X)).found is None


def test_diabetes_was_standardised_on_all_rows():
    """It ships so; its binary column proves nothing."""
    leak = judge(load_diabetes().data)
    assert leak.found is True
    assert len(leak.columns) == 9
    assert "x1" not in leak.columns


def test_moments_that_are_natural_are_silent():
    """Integers about zero, waves, one-hot columns, zero-inflated columns."""
    rng = np.random.default_rng(0)
    hours = np.arange(480)[:, None]
    waves = [f(2 * np.pi * hours * k / 24) for f in (np.sin, np.cos) for k in (1, 2)]
    year = [f(2 * np.pi * hours * k / 480) for f in (np.sin, np.cos) for k in (1, 2)]
    inflated = rng.normal(size=(480, 3)) * (rng.random((480, 3)) < 0.5)
    X = np.hstack(
        [
            rng.integers(-2, 3, (480, 5)),
            rng.choice([-1.0, 1.0], (480, 5)),
            np.eye(4)[rng.integers(0, 4, 480)],
            *waves,
            *year,
            inflated,
        ]
    )
    # Waves over one period reach 1 in one row: that may be natural, and is only mentioned.
    leak = judge(X)
    assert leak.found is not True
    assert judge(np.delete(X, range(14, 22), axis=1)).found is False


def test_luck_is_rarer_than_the_level():
    """Clean columns of all kinds: no alarm in 200 tables (0.2 expected at most)."""
    alarms = 0
    for seed in range(200):
        rng = np.random.default_rng(seed)
        X = np.column_stack(
            [
                rng.integers(-2, 3, (100, 4)),
                rng.choice([-1, 0, 1], (100, 4)),
                rng.poisson(2, (100, 2)),
                np.round(rng.normal(size=(100, 2)), 1),
                rng.dirichlet(np.ones(4), 100),
            ]
        )
        alarms += judge(X.astype(np.float32)).found is True
    assert alarms <= 1


def test_one_column_in_its_natural_range_is_not_told():
    """A share of continuous values that reaches 0 and 1 once each."""
    rng = np.random.default_rng(0)
    X = rng.normal(size=(N_ROWS, 4))
    X[:, 0] = MinMaxScaler().fit_transform(X[:, :1])[:, 0]
    leak = judge(X)
    assert leak.found is None
    assert leak.columns == ("x0",)


def test_missing_values_and_frames_change_nothing():
    """Scalers ignore missing values; text columns are not read."""
    X = raw_table()
    X[::7, 2] = np.nan
    scaled = StandardScaler().fit_transform(X)
    frame = pd.DataFrame(scaled, columns=list("abcdef")).assign(text="yes")
    leak = judge(frame)
    assert leak.columns == tuple("abcdef")
    assert leak.details["n_judged_columns"] == judge(scaled).details["n_judged_columns"] == 6


def test_reasons_why_it_does_not_apply():
    """Sparse tables, no numbers, nothing but binary columns."""
    rng = np.random.default_rng(0)
    folds = tuple(KFold(2).split(np.zeros(60)))
    tables = {
        "dense": sparse.random(60, 4, 0.5, format="csr", random_state=0),
        "no column of numbers": pd.DataFrame({"a": ["x", "y"] * 30}),
        "more than two levels": rng.integers(0, 2, (60, 3)),
    }
    for reason, X in tables.items():
        with pytest.raises(CheckNotApplicable, match=reason):
            FittedOnAllRows().run(SplitData(Table.read(X), folds), {})


@pytest.mark.parametrize("seed", range(3))
def test_rounded_columns_tell_on_which_rows_they_were_standardised(seed):
    """On all rows: named; on those of one split: as it should be."""
    X = np.random.default_rng(seed).lognormal(size=(N_ROWS, 6))
    assert judge(np.round(StandardScaler().fit_transform(X), 2)).found is True
    cv = ShuffleSplit(1, test_size=0.2, random_state=seed)
    train, _ = next(cv.split(X))
    assert judge(np.round(StandardScaler().fit(X[train]).transform(X), 2), cv).found is False


def test_three_imputed_cells_are_enough():
    """Means of all rows; those of the training rows are as they should be."""
    rng = np.random.default_rng(0)
    X = rng.normal(size=(N_ROWS, 4))
    X[[3, 100, 300]] = np.nan
    X[:, 3] = rng.normal(size=N_ROWS)
    assert judge(SimpleImputer().fit_transform(X)).columns == ("x0", "x1", "x2")
    cv = ShuffleSplit(1, test_size=0.2, random_state=0)
    train, _ = next(cv.split(X))
    assert judge(SimpleImputer().fit(X[train]).transform(X), cv).found is False
