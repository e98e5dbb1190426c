"""Tests of the spread of z-scores and its null model."""

import numpy as np
import pytest
from scipy import stats

from sklearn_lossfix.model_selection.leakage._selection_null import (
    chance_of_spread,
    contrasts,
    null_root,
    residuals,
    shares_of_one_row,
    standardised,
    z_scores,
)


def test_z_scores_are_those_of_the_multiple_correlation():
    """Of numbers: Fisher's transform of Pearson's correlation; of classes: of the root of R2."""
    rng = np.random.default_rng(0)
    X = rng.normal(size=(120, 3))
    y = rng.normal(size=120) + X[:, 0]
    z = z_scores(standardised(X.copy()), contrasts(y))
    r = [stats.pearsonr(column, y)[0] for column in X.T]
    assert z == pytest.approx(np.abs(np.arctanh(r)) * np.sqrt(117))
    y = rng.integers(0, 3, 120)
    z = z_scores(standardised(X.copy()), contrasts(y, 4))
    f = [stats.f_oneway(*[column[y == code] for code in range(3)])[0] for column in X.T]
    r2 = 2 * np.array(f) / (2 * np.array(f) + 117)
    assert z == pytest.approx(np.arctanh(np.sqrt(r2)) * np.sqrt(117))


def test_contrasts_are_orthonormal_and_centred():
    """For any number of classes; absent ones do not count."""
    y = np.array([0, 0, 1, 3, 3, 3, 4, 4])
    q = contrasts(y, 6)
    assert q.shape == (8, 3)
    assert q.T @ q == pytest.approx(np.eye(3))
    assert q.sum(axis=0) == pytest.approx(np.zeros(3))


def test_the_null_covariance_is_that_of_z_scores_without_effect():
    """Also where the classes spread differently, which a pooled covariance misses."""
    rng = np.random.default_rng(0)
    n, y = 200, np.repeat([0, 1], [160, 40])
    q = contrasts(y, 2)
    mixing = rng.normal(size=(3, 3))
    draws, roots = [], []
    for _ in range(400):
        X = (rng.normal(size=(n, 3)) @ mixing) * np.where(y, 0.3, 1.0)[:, None]
        Z = standardised(X)
        draws.append((Z.T @ q)[:, 0] * np.sqrt(n - 3))
        root = null_root(residuals(Z, q), q)
        roots.append(root.T @ root)
    assert np.mean(roots, axis=0) == pytest.approx(np.cov(np.transpose(draws)), abs=0.06)
    assert np.cov(np.transpose(draws))[0, 0] < 0.5


def test_p_values_are_uniform_or_larger_under_the_null():
    """With early stopping as without."""
    rng = np.random.default_rng(0)
    root = np.linalg.cholesky(0.5 * np.eye(8) + 0.5).T
    p_values = []
    for _ in range(300):
        z = np.abs(rng.standard_normal(8) @ root)
        observed = z.mean() - np.quantile(z, 0.05)
        p_values.append(chance_of_spread(observed, root, 1, 2000, rng)[0])
    assert stats.kstest(p_values, "uniform").pvalue > 1e-3


def test_one_row_that_decides_is_seen():
    """Its share in the variance of a z-score is nearly 1."""
    rng = np.random.default_rng(0)
    X = rng.normal(size=(200, 2))
    X[7, 1] = 1e6
    q = contrasts(rng.normal(size=200))
    first, second = shares_of_one_row(residuals(standardised(X), q), q)
    assert first < 0.2
    assert second > 0.9
