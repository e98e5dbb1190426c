"""The classifier of training and validation rows, and its density ratio."""

import numpy as np
import pandas as pd
import pytest
from scipy import sparse, stats

from sklearn_lossfix.diagnosis import _drift
from sklearn_lossfix.diagnosis._drift import (
    DENSITY_RATIO_LIMIT,
    MIN_DRIFT_ROWS,
    density_ratio,
    gather_drift,
)
from sklearn_lossfix.diagnosis._request import Data, Request
from sklearn_lossfix.diagnosis._validation_leaks import stacked_features


def gathered(X, X_val, groups=None, groups_val=None):
    """Drift from rows to other rows, and what was noted."""
    request = Request(None, None, np.array([0, 1]), 1, 0, None, 5, 0, [])
    parts = [
        Data(A, np.zeros(A.shape[0], int), None, None, g, np.arange(A.shape[0]))
        for A, g in ((X, groups), (X_val, groups_val))
    ]
    return gather_drift(*parts, stacked_features, request)


@pytest.fixture(scope="module")
def normal():
    """600 and 300 rows of four independent normal columns."""
    rng = np.random.default_rng(1)
    return rng.normal(size=(600, 4)), rng.normal(size=(300, 4))


def test_density_ratio_is_bayes_rule():
    """The posterior of two known densities gives back their ratio, whatever the sizes."""
    x = np.linspace(-1.0, 2.0, 7)
    train, val = stats.norm.pdf(x), stats.norm.pdf(x, loc=1.0)
    for n_train, n_val in ((100, 100), (900, 100)):
        posterior = n_val * val / (n_val * val + n_train * train)
        assert density_ratio(posterior, n_train, n_val) == pytest.approx(train / val)


def test_density_ratio_is_clipped():
    """No row counts more than the limit, or less than its inverse, even where one part is sure."""
    ratio = density_ratio(np.array([0.0, 1.0]), 10, 10)
    assert ratio.tolist() == [DENSITY_RATIO_LIMIT, 1 / DENSITY_RATIO_LIMIT]


def test_equal_distributions_are_not_told_apart(normal):
    """The interval of the area holds one half, and nearly all ratios are near one."""
    drift, reason = gathered(*normal)
    assert reason is None
    assert drift.auc.low < 0.5 < drift.auc.high
    assert 0.5 < np.median(drift.ratio) < 2
    assert drift.share_clipped == 0


@pytest.mark.parametrize("container", ["array", "frame", "sparse"])
def test_a_shifted_column_is_found_and_named(normal, container):
    """A shift by one deviation has the area that theory gives to the column alone."""
    X, X_val = normal[0], normal[1] + np.array([0.0, 0.0, 1.0, 0.0])
    name = "x2"
    if container == "frame":
        X, X_val = (pd.DataFrame(A, columns=list("abcd")) for A in (X, X_val))
        name = "c"
    elif container == "sparse":
        X, X_val = sparse.csr_array(X), sparse.csr_array(X_val)
    drift, _ = gathered(X, X_val)
    assert drift.columns[0] == name
    assert drift.column_auc[0] == pytest.approx(stats.norm.cdf(1 / np.sqrt(2)), abs=0.04)
    assert drift.auc.low > 0.6
    # The rows that look like training rows weigh more.
    column = np.asarray(X_val[name]) if container == "frame" else X_val[:, [2]]
    column = column.toarray() if container == "sparse" else column
    assert stats.spearmanr(np.ravel(column), drift.ratio).statistic < -0.7


def test_groups_on_one_side_are_no_drift():
    """Rows of ten persons are alike: with their groups nothing is found, without them much is."""
    rng = np.random.default_rng(0)
    groups = np.repeat(np.arange(60), 15)
    X = rng.normal(size=(60, 4))[groups] + 0.1 * rng.normal(size=(900, 4))
    val = groups % 3 == 0
    known, _ = gathered(X[~val], X[val], groups[~val], groups[val])
    unknown, _ = gathered(X[~val], X[val])
    assert known.auc.low < 0.5 < known.auc.high
    assert unknown.auc.low > 0.7
    drift, reason = gathered(X[~val], X[val], groups[~val])
    assert drift is None
    assert "groups_val" in reason


def test_few_rows_and_other_columns_are_reasons(normal):
    """What cannot be judged has a reason."""
    X, X_val = normal
    drift, reason = gathered(X, X_val[: MIN_DRIFT_ROWS - 1])
    assert drift is None
    assert "too few" in reason
    drift, reason = gathered(X, X_val[:, :3])
    assert drift is None
    assert "same columns" in reason


def test_many_rows_are_sampled(normal, monkeypatch):
    """Of each part no more than the limit is looked at, and the ratios belong to those rows."""
    monkeypatch.setattr(_drift, "MAX_DRIFT_ROWS", 200)
    drift, _ = gathered(*normal)
    assert drift.n_train == len(drift.rows) == len(drift.ratio) == 200
    assert np.all(np.diff(drift.rows) > 0)
    assert drift.rows.max() < 300


def test_the_test_holds_its_level():
    """On random splits no more p-values lie below 0.05 than 30 draws of a true level allow."""
    p_values = []
    for seed in range(30):
        rng = np.random.default_rng(seed)
        drift, _ = gathered(rng.normal(size=(140, 3)), rng.normal(size=(70, 3)))
        error = max(drift.auc.se, drift.null_error)
        p_values.append(stats.norm.sf((drift.auc.value - 0.5) / error))
    n_small = np.sum(np.array(p_values) <= 0.05)
    assert stats.binomtest(int(n_small), 30, 0.05, alternative="greater").pvalue > 0.01
