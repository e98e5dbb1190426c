"""Tests of lines through rows and two of their neighbours."""

import numpy as np
import pytest
from sklearn.neighbors import NearestNeighbors

from sklearn_lossfix.model_selection.leakage._collinearity import (
    chance_of_line,
    find_lines,
    scale,
    whiten,
)


def test_inner_rows_have_the_identity_as_covariance_and_dependent_columns_are_dropped():
    """Whatever the columns are mixed from, and however wild a few rows are."""
    X = np.random.default_rng(0).normal(size=(300, 4)) @ np.random.default_rng(1).normal(
        size=(4, 6)
    )
    X[:3] *= 1e6
    scaled = scale(1e3 * X + 7)
    points = whiten(scaled)
    assert points.shape == (300, 4)
    size = np.linalg.norm(scaled, axis=1)
    inner = points[size <= np.quantile(size, 0.9)]
    assert np.cov(inner.T, bias=True) == pytest.approx(np.eye(4), abs=1e-8)
    assert scale(np.column_stack([X, np.ones(300)])).shape == (300, 6)


def test_drawn_rows_lie_between_their_parents():
    """Every drawn row is on a line, and every partner pair is truly collinear with it."""
    rng = np.random.default_rng(0)
    X = rng.normal(size=(80, 5))
    near = NearestNeighbors(n_neighbors=3).fit(X).kneighbors(X[:20], return_distance=False)[:, 2]
    drawn = X[:20] + rng.uniform(0.2, 0.8, (20, 1)) * (X[near] - X[:20])
    points = whiten(scale(np.vstack([X, drawn])))
    rows = np.arange(80, len(points))
    lines = find_lines(points, rows)
    assert lines.hit.mean() > 0.8
    assert lines.is_between[lines.hit].mean() > 0.8
    for row, (a, b) in zip(rows[lines.hit], lines.partners[lines.hit], strict=True):
        ways = np.array([points[a] - points[row], points[b] - points[row]])
        assert np.linalg.svd(ways)[1][1] < 1e-8
    assert not find_lines(whiten(scale(X)), np.arange(80)).hit.any()


def test_near_copies_on_one_side_are_no_line():
    """Two copies of a neighbour have the same direction; that says nothing."""
    rng = np.random.default_rng(0)
    X = rng.normal(size=(50, 4))
    twins = np.vstack([X, X + 1e-9 * rng.normal(size=X.shape)])
    assert not find_lines(twins, np.arange(100)).hit.any()


def test_chance_is_that_of_random_directions():
    """Against the share of pairs of normal vectors within a wide cone, and closed form in 3-D."""
    rng = np.random.default_rng(0)
    pairs = rng.normal(size=(2, 200_000, 4))
    pairs /= np.linalg.norm(pairs, axis=2, keepdims=True)
    share = np.mean(1 - np.abs((pairs[0] * pairs[1]).sum(axis=1)) < 1e-3)
    assert chance_of_line(4, 1e-3) == pytest.approx(190 * share, rel=0.3)
    assert chance_of_line(3, 1e-6) == pytest.approx(190 * 1e-6, rel=1e-3)
