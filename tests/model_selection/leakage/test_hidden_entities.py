"""Clumps of rows where no groups are given."""

import numpy as np
import pandas as pd
import pytest
from sklearn.datasets import load_breast_cancer, load_diabetes
from sklearn.model_selection import GroupKFold, KFold

from sklearn_lossfix.exceptions import CheckNotApplicable
from sklearn_lossfix.model_selection.leakage._clumps import find_clumps
from sklearn_lossfix.model_selection.leakage._leak import Leak
from sklearn_lossfix.model_selection.leakage._split_data import LeakageOptions, SplitData
from sklearn_lossfix.model_selection.leakage._table import Table
from sklearn_lossfix.model_selection.leakage.hidden_entities import (
    DOUBT_LEVEL,
    EVEN_MEAN,
    EVEN_SD,
    N_NEIGHBORS,
    HiddenEntities,
    chance_of_loose_clumps,
)


def run(X, folds=None, earlier=None, seed=0, **parts):
    """What the check says."""
    table = Table.read(X)
    if folds is None:
        folds = KFold(5, shuffle=True, random_state=seed).split(np.zeros(table.n_rows))
    data = SplitData(table, tuple(folds), options=LeakageOptions(seed=seed), **parts)
    return HiddenEntities().run(data, earlier or {})


def clumps(spread, n_columns=10, n_entities=400, size=5, shuffled=True, seed=0):
    """Rows of entities, and the entity of each."""
    rng = np.random.default_rng(seed)
    entity = np.repeat(np.arange(n_entities), size)
    if shuffled:
        rng.shuffle(entity)
    centres = rng.normal(size=(n_entities, n_columns))
    return centres[entity] + spread * rng.normal(size=(len(entity), n_columns)), entity


@pytest.mark.parametrize("shuffled", [True, False])
@pytest.mark.parametrize("spread", [0.05, 0.1, 0.15])
def test_finds_entities(spread, shuffled):
    """Clumps are found with their size, in any row order, and nothing is linked."""
    X, entity = clumps(spread, shuffled=shuffled)
    leak = run(X)
    assert leak.found is True
    assert leak.p_value <= 0.001
    assert leak.details["clump_size"] == pytest.approx(5, abs=1)
    assert leak.links is None
    assert np.mean(entity[leak.pairs[:, 1]] == entity[leak.pairs[:, 2]]) > 0.95


def test_names_the_columns_that_entities_share():
    """Identity first, then what depends on it; columns of measurements are not named."""
    X, entity = clumps(0.1)
    frame = pd.DataFrame(X).add_prefix("m")
    frame["patient"] = [f"patient {e}" for e in entity]
    frame["sex"] = entity % 2
    assert run(frame).columns == ("patient", "sex")


def test_labels_agree_inside():
    """Labels of entities agree inside clumps and by chance outside."""
    X, entity = clumps(0.1)
    y = (entity % 2).astype(float)
    found = run(X, y=y, classes=np.array([0, 1])).details["label_agreement"]
    assert found["inside"] > 0.95
    assert found["outside"] == pytest.approx(0.5, abs=0.1)
    numbers = run(X, y=entity / 100).details["label_agreement"]
    assert numbers["difference_inside"] < 0.1 < numbers["difference_outside"]


def test_entities_on_one_side_are_no_leak():
    """Folds that keep entities together are not accused."""
    X, entity = clumps(0.05)
    leak = run(X, GroupKFold(5).split(X, groups=entity))
    assert leak.found is False
    assert "no more than" in leak.message


def autoregressive(rng, n, n_columns, share):
    """A stationary series."""
    X = rng.normal(size=(n, n_columns))
    for row in range(1, n):
        X[row] = share * X[row - 1] + np.sqrt(1 - share**2) * X[row]
    return X


@pytest.mark.parametrize("seed", range(3))
def test_clean_tables_are_not_accused(seed):
    """Normal, heavy-tailed, mixed, rounded and serial rows are no entities."""
    rng = np.random.default_rng(seed)
    n = 1000
    tables = {
        "3": rng.normal(size=(n, 3)),
        "40": rng.normal(size=(n, 40)),
        "cauchy": rng.standard_cauchy(size=(n, 8)),
        "lognormal": rng.lognormal(0, 2, size=(n, 8)),
        "mixture": rng.normal(size=(n, 8)) * rng.choice([0.05, 0.3, 2], n)[:, None],
        "rounded": rng.normal(size=(n, 6)).round(1),
        "zeros": rng.lognormal(size=(n, 10)) * (rng.random((n, 10)) < 0.3),
        "series": autoregressive(rng, n, 12, 0.9),
        "slow series": autoregressive(rng, n, 12, 0.999),
    }
    for name, X in tables.items():
        assert run(X, seed=seed).found is not True, name


@pytest.mark.parametrize("load", [load_breast_cancer, load_diabetes])
def test_bundled_data_have_no_entities(load):
    """Data sets without entities are not accused."""
    assert run(load().data).found is False


def test_a_series_of_pairs_is_no_set_of_entities():
    """Rows that are like those before and after them are told from entities: could not tell."""
    rng = np.random.default_rng(0)
    # A moving average of two: each row shares half of what it is with each neighbour only.
    noise = rng.normal(size=(1201, 300))
    X = noise[1:] + noise[:-1] + 0.01 * rng.normal(size=(1200, 300))
    leak = run(X)
    assert leak.found is None
    assert "series" in leak.message


def test_copies_that_were_found_are_left_out():
    """Clumps that are links of an earlier check are not found again."""
    X, entity = clumps(0.05)
    copies = Leak("near_duplicates", "leaked-rows", True, "", links=entity)
    assert run(X, earlier={"near_duplicates": copies}).found is False


@pytest.mark.parametrize(
    ("X", "parts", "reason"),
    [
        (np.ones((300, 3)), {"groups": np.zeros(300, dtype=int)}, "Groups are given"),
        (np.random.default_rng(0).normal(size=(100, 3)), {}, "100 rows"),
        (np.random.default_rng(0).integers(0, 5, (300, 3)), {}, "different numbers"),
    ],
)
def test_says_when_it_does_not_apply(X, parts, reason):
    """The reason names what is missing."""
    with pytest.raises(CheckNotApplicable, match=reason):
        run(X, **parts)


def test_equal_rows_are_not_judged():
    """Where most rows equal another one the others are too few for a "no"; a few are no matter."""
    rng = np.random.default_rng(0)
    X = rng.integers(0, 40, (400, 3)).astype(float)
    assert run(X).found is False
    leak = run(np.repeat(X, 4, axis=0)[rng.permutation(1600)])
    assert leak.found is None
    assert "400 of 400 rows looked at equal another one" in leak.message
    assert run(np.vstack([X, X[:80]])).found is False


def even_p_values(n_rows, n_dimensions, n_columns, seed=0):
    """p-values of rows around which density is even: volumes are a Poisson process."""
    rng = np.random.default_rng(seed)
    k = np.arange(1, N_NEIGHBORS)
    logs = np.cumsum(rng.exponential(1 / n_dimensions, (n_rows, len(k))) / k, axis=1)
    distances = np.exp(np.column_stack([np.zeros(n_rows), logs]))
    return find_clumps(distances, np.full(distances.shape, n_columns)).p_values


@pytest.mark.parametrize("n_dimensions", [2, 12])
def test_even_density_has_the_moments_that_are_written_down(n_dimensions):
    """In any dimension; the mean is lower where columns are no more than dimensions."""
    logs = -np.log(even_p_values(50_000, n_dimensions, 10 * n_dimensions))
    assert logs.mean() == pytest.approx(EVEN_MEAN, abs=0.02)
    assert logs.std() == pytest.approx(EVEN_SD, abs=0.03)
    assert -np.log(even_p_values(50_000, n_dimensions, n_dimensions)).mean() < EVEN_MEAN


def test_doubts_are_no_more_frequent_than_their_level_where_density_is_even():
    """400 rows each."""
    p_values = even_p_values(80_000, 6, 60).reshape(200, 400)
    doubts = np.mean([chance_of_loose_clumps(part) <= DOUBT_LEVEL for part in p_values])
    assert doubts < 2 * DOUBT_LEVEL
    assert chance_of_loose_clumps(np.empty(0)) == 1.0


def test_loose_entities_end_in_doubt_and_clean_tables_do_not():
    """Rows of one entity half a standard deviation apart."""
    for seed in range(3):
        X, _ = clumps(0.5, seed=seed)
        leak = run(X, seed=seed)
        assert leak.found is None
        assert leak.message.startswith("Could not tell")
        clean = np.random.default_rng(seed).normal(size=(1500, 10))
        assert run(clean, seed=seed).found is False
