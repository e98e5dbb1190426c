"""Tests of the score of all other columns together."""

import numpy as np
import pytest

from sklearn_lossfix.model_selection.leakage._rest_of_table import (
    MAX_ROWS,
    _sampled_rows,
    binned_column,
    joint_score,
    joint_scores,
)
from sklearn_lossfix.model_selection.leakage._table import Table


def test_interactions_are_seen():
    """A product of two columns, none of which tells anything alone."""
    rng = np.random.default_rng(0)
    X = rng.normal(size=(3000, 3))
    is_hit = X[:, 0] * X[:, 1] > 0
    table = Table.read(X)
    assert joint_score(table, np.array([0, 1, 2]), None, is_hit, rng).value > 0.95
    assert joint_score(table, np.array([1, 2]), None, is_hit, rng).value == pytest.approx(
        0.5, abs=0.05
    )


def test_numbers_are_scored_by_r2():
    """A numeric target; without columns nothing is known, exactly."""
    rng = np.random.default_rng(0)
    X = rng.normal(size=(2000, 2))
    y = np.sin(X[:, 0])
    table = Table.read(X)
    assert joint_score(table, np.array([0, 1]), y, None, rng).value > 0.95
    assert joint_score(table, np.array([], dtype=int), y, None, rng)[:2] == (0.0, 0.0)
    is_hit = y > 0
    assert joint_score(table, np.array([], dtype=int), None, is_hit, rng)[:2] == (0.5, 0.0)


def test_rare_class_is_kept_when_rows_are_sampled():
    """All rows of a rare class, and as many of the other as fit."""
    rng = np.random.default_rng(0)
    is_hit = np.zeros(50_000, dtype=bool)
    is_hit[rng.choice(50_000, 300, replace=False)] = True
    rows = _sampled_rows(50_000, is_hit, rng)
    assert len(np.unique(rows)) == len(rows) == MAX_ROWS
    assert is_hit[rows].sum() == 300


def test_missing_is_the_first_bin_of_every_kind():
    """Numbers, categories and times."""
    pd = pytest.importorskip("pandas")
    frame = pd.DataFrame(
        {
            "number": [1.0, None, 3.0, 3.0],
            "category": ["a", "b", None, "a"],
            "time": pd.to_datetime(["2020-01-01", None, "2021-01-01", "2021-01-01"]),
        }
    )
    table = Table.read(frame)
    for j, missing in enumerate([1, 2, 1]):
        codes, n_codes = binned_column(table, j)
        np.testing.assert_array_equal(np.flatnonzero(codes == 0), [missing])
        assert codes.max() < n_codes


def test_shuffling_a_column_takes_away_what_it_tells():
    """A useless column may be shuffled, a useful one not; the score itself is that of all."""
    rng = np.random.default_rng(0)
    X = rng.normal(size=(2000, 3))
    is_hit = X[:, 0] > 0
    table, columns = Table.read(X), np.array([0, 1, 2])
    score, without = joint_scores(table, columns, None, is_hit, np.random.default_rng(1), 2)
    assert set(without) == {0, 1}
    assert without[0] == pytest.approx(0.5, abs=0.05)
    assert without[1] > 0.95
    assert score == joint_score(table, columns, None, is_hit, np.random.default_rng(1))
