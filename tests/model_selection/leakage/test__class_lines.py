"""Tests of rows on lines, class by class."""

import numpy as np
import pytest
from imblearn.over_sampling import SMOTE
from sklearn.model_selection import StratifiedKFold

from sklearn_lossfix.model_selection.leakage._class_lines import class_lines, continuous_columns
from sklearn_lossfix.model_selection.leakage._split_data import SplitData
from sklearn_lossfix.model_selection.leakage._table import Table


def _judged(X, y):
    """What is found under five folds."""
    folds = tuple(StratifiedKFold(5, shuffle=True, random_state=0).split(X, y))
    data = SplitData(Table.read(X), folds, y=y, classes=np.unique(y))
    return class_lines(data, data.table.equal_labels)


@pytest.mark.parametrize("seed", range(3))
def test_drawn_rows_are_on_lines_and_others_are_not(seed):
    """Pairs cross the folds, and hold rows of the enlarged class only."""
    rng = np.random.default_rng(seed)
    X, y = rng.normal(size=(600, 6)), (np.arange(600) < 100).astype(int)
    clean = _judged(X, y)
    assert clean.hits == {0: 0, 1: 0}
    assert clean.p_value(1) == 1.0
    X, y = SMOTE(random_state=seed).fit_resample(X, y)
    found = _judged(X, y)
    assert found.rate(1) > 0.5
    assert found.rate(0) == 0.0
    assert found.p_value(1) < 1e-9
    assert (y[found.pairs[:, 1:]] == 1).all()


def test_says_why_lines_say_nothing():
    """Few columns."""
    rng = np.random.default_rng(0)
    lines = _judged(rng.normal(size=(100, 2)), np.arange(100) % 2)
    assert "fewer than" in lines.reason


def test_continuous_columns_have_no_gaps_and_few_repeats():
    """Levels, and columns with missing values, are left out."""
    rng = np.random.default_rng(0)
    X = np.column_stack([rng.normal(size=300), rng.integers(0, 9, 300), rng.normal(size=300)])
    X[5, 2] = np.nan
    assert continuous_columns(Table.read(X), np.arange(300), rng) == [0]
