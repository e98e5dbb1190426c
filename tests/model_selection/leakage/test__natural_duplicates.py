"""Tests of the null model of equal rows: known expectations, blocks, keys, size and power."""

import numpy as np
import pytest

from sklearn_lossfix._core._row_hash import mix
from sklearn_lossfix.model_selection.leakage._natural_duplicates import (
    MODEL_ERROR,
    NaturalPairs,
    collapse_exclusive,
    column_keys,
    copied_groups,
    excess_p_value,
    group_sizes,
    key_columns,
    natural_pairs,
    pair_count,
)

N_ROWS = 2000


def estimate(X, ordered=True):
    """The null model of an array."""
    columns = [np.ascontiguousarray(column) for column in X.T]
    return natural_pairs(columns, [ordered] * len(columns), np.random.default_rng(0))


def copied(X, rng, share=0.1):
    """A table in which a share of the rows are copies of others."""
    order = rng.permutation(len(X))
    n_copies = int(share * len(X))
    X = X.copy()
    X[order[:n_copies]] = X[order[n_copies : 2 * n_copies]]
    return X


def one_hot(codes):
    """Indicators of every value of every column."""
    return np.hstack([(c[:, None] == np.unique(c)).astype(float) for c in codes.T])


def latent_classes(rng):
    """Categories that depend on a hidden class."""
    shares = rng.dirichlet(np.full(5, 0.5), (6, 8)).cumsum(axis=-1)
    hidden = rng.integers(0, 6, N_ROWS)
    return (rng.random((N_ROWS, 8, 1)) > shares[hidden]).sum(axis=-1).astype(float)


def chain(rng):
    """Columns that mostly repeat the one before."""
    X = rng.integers(0, 4, (N_ROWS, 8)).astype(float)
    for j in range(1, 8):
        kept = rng.random(N_ROWS) < 0.7
        X[kept, j] = X[kept, j - 1]
    return X


def walk(rng):
    """Rows that follow each other slowly, rounded."""
    X = rng.normal(size=(N_ROWS, 5))
    for i in range(1, N_ROWS):
        X[i] = 0.95 * X[i - 1] + 0.31 * X[i]
    return np.round(X)


def zipf(rng):
    """Few frequent and many rare values."""
    weights = 1 / np.arange(1, 21)
    return rng.choice(20, (N_ROWS, 6), p=weights / weights.sum()).astype(float)


CLEAN = {
    "few levels": lambda rng: rng.integers(0, 3, (N_ROWS, 5)).astype(float),
    "many columns": lambda rng: rng.integers(0, 4, (N_ROWS, 10)).astype(float),
    "zipf": zipf,
    "rounded": lambda rng: np.round(rng.normal(size=(N_ROWS, 4)), 1),
    "rounded, two columns": lambda rng: np.round(rng.normal(size=(N_ROWS, 2)), 1),
    "rounded, one column": lambda rng: np.round(rng.normal(size=(N_ROWS, 1)), 2),
    "latent classes": latent_classes,
    "chain": chain,
    "counts": lambda rng: rng.poisson(1.0, (N_ROWS, 6)).astype(float),
    "one-hot": lambda rng: one_hot(rng.integers(0, 4, (N_ROWS, 4))),
    "one-hot, shuffled": lambda rng: one_hot(rng.integers(0, 4, (N_ROWS, 4)))[
        :, rng.permutation(16)
    ],
    "one-hot without the first": lambda rng: one_hot(rng.integers(0, 4, (N_ROWS, 1)))[:, 1:],
    "walk": walk,
    "heavy tails": lambda rng: np.round(rng.standard_t(1.5, (N_ROWS, 5))),
    "mostly zero": lambda rng: np.where(
        rng.random((N_ROWS, 8)) < 0.85, 0, np.round(rng.exponential(1, (N_ROWS, 8)), 1)
    ),
    "functions of two": lambda rng: _with_functions(rng.integers(1, 30, (N_ROWS, 3))),
    "a hidden key": lambda rng: np.hstack(
        [rng.normal(size=(300, 6))[rng.integers(0, 300, N_ROWS)], rng.poisson(1, (N_ROWS, 5))]
    ),
    "one frequent pattern": lambda rng: np.where(
        rng.random((N_ROWS, 1)) < 0.3, 0.0, np.round(rng.normal(size=(N_ROWS, 4)), 2)
    ),
}


def _with_functions(X):
    """Sizes, and what follows from them: areas, ratios, sums."""
    a, b, c = X.T.astype(float)
    return np.column_stack([a, b, c, a * b, a / b, a + b, a + b + c])


@pytest.mark.parametrize("kind", CLEAN)
def test_natural_twins_are_expected(kind):
    """Tables without copies never reach alpha; where pairs are many, their number is foretold."""
    for seed in range(4):
        found = estimate(CLEAN[kind](np.random.default_rng(seed)))
        assert found.p_value > 0.001
        if found.observed > 30:
            assert found.observed < MODEL_ERROR * found.expected


@pytest.mark.parametrize("kind", ["many columns", "rounded", "zipf"])
def test_copies_stand_out(kind):
    """Where natural twins are rare, a tenth of copies is seen, and counted."""
    for seed in range(4):
        rng = np.random.default_rng(seed)
        found = estimate(copied(CLEAN[kind](rng), rng))
        assert found.p_value < 1e-6
        assert found.natural_share < 1 / MODEL_ERROR
        assert found.observed >= 200


def test_a_few_copies_of_measurements_stand_out():
    """Independent columns of full precision do not repeat, so that three copies are enough."""
    X = np.random.default_rng(0).normal(size=(N_ROWS, 6))
    X[:3] = X[3:6]
    assert estimate(X).p_value < 1e-6


def test_functions_of_one_rounded_column_repeat_with_it():
    """Columns that follow from one another are one column, and its values repeat."""
    x = np.round(np.random.default_rng(0).normal(size=N_ROWS), 1)
    found = estimate(np.column_stack([x, np.exp(x), x**3]))
    assert found.observed > 1000
    assert found.p_value == 1.0


def test_independent_columns_have_a_known_expectation():
    """The estimate is the number of pairs times the chances of agreement."""
    expected = N_ROWS * (N_ROWS - 1) / 2 / 3**5
    for seed in range(3):
        X = np.random.default_rng(seed).integers(0, 3, (N_ROWS, 5)).astype(float)
        assert estimate(X).expected == pytest.approx(expected, rel=0.05)


def test_categories_without_columns_beside_them_tell_nothing():
    """One column of names can repeat for any reason."""
    names = np.random.default_rng(0).integers(0, 500, (N_ROWS, 1)).astype(float)
    found = estimate(names, ordered=False)
    assert found.expected == np.inf
    assert found.p_value == 1.0
    assert found.least_excess(0.001) == np.inf


def test_a_dominant_pattern_is_set_aside():
    """It is counted, and neither hides copies nor is called one."""
    rng = np.random.default_rng(0)
    X = CLEAN["one frequent pattern"](rng)
    assert estimate(X).n_atoms == 1
    assert estimate(X).observed < 100
    assert estimate(copied(X, rng)).p_value < 1e-6


def test_invariance():
    """The order of columns' values does not matter: nor do scale and sign of rounded columns."""
    X = CLEAN["rounded"](np.random.default_rng(0))
    one, other = estimate(X), estimate(X * [1, -2, 4, 8] + 1)
    assert one.observed == other.observed
    assert one.expected == pytest.approx(other.expected)


def test_no_repeats():
    """Nothing to explain."""
    found = estimate(np.random.default_rng(0).normal(size=(50, 3)))
    assert (found.observed, found.natural_share, found.p_value) == (0.0, 0.0, 1.0)


def test_exclusive_indicators_are_joined():
    """Blocks become one column that is as fine as they were; other columns stay."""
    codes = np.random.default_rng(0).integers(0, 3, (200, 2))
    number = np.random.default_rng(1).normal(size=200)
    columns = [number, *one_hot(codes).T]
    joined, members = collapse_exclusive(columns)
    assert members == [[0], [1, 2, 3], [4, 5, 6]]
    assert joined[0] is number
    for column, code in zip(joined[1:], codes.T, strict=True):
        assert len(set(zip(column, code, strict=True))) == len(np.unique(column)) == 3


def test_keys_are_as_fine_as_the_table():
    """A key tells the same rows apart, no column of it can go, and functions are left out."""
    rng = np.random.default_rng(0)
    x = rng.integers(0, 5, (500, 3)).astype(float)
    words = column_keys([*x.T, x[:, 0] * 10 + x[:, 1], x[:, 2] ** 2])
    key = key_columns(words, [True] * 5)

    def n_patterns(columns):
        return len(group_sizes(sum((words[j] for j in columns), np.zeros(500, dtype=np.uint64))))

    assert n_patterns(key) == n_patterns(range(5))
    assert all(n_patterns([k for k in key if k != j]) < n_patterns(key) for j in key)
    assert len(key) == 3


def test_pairs_of_groups():
    """Pairs add up; groups of one size count as many as they are."""
    keys = mix(np.repeat(np.arange(10, dtype=np.uint64), 3))
    assert sorted(group_sizes(keys)) == [3] * 10
    assert pair_count(np.full(10, 3)) == (30.0, 10.0)
    assert pair_count(np.ones(10)) == (0.0, 0.0)
    assert pair_count(np.array([100, 2]))[1] < 1.01


def test_p_values_are_ordered():
    """More pairs, fewer expected, less doubt: the smaller the p-value."""
    assert excess_p_value(100, 5, 0.1) < excess_p_value(60, 5, 0.1)
    assert excess_p_value(60, 3, 0.1) < excess_p_value(60, 5, 0.1)
    assert excess_p_value(60, 5, 0.1) < excess_p_value(60, 5, 0.5)
    assert excess_p_value(MODEL_ERROR * 50, 50, 0.0) > 0.4
    assert excess_p_value(5, np.inf, 0.0) == 1.0


@pytest.mark.parametrize("expected", [0.01, 3.0, 500.0])
def test_the_least_excess_is_significant(expected):
    """So many copies reach alpha, and half as many do not."""
    null = NaturalPairs(expected, expected, 0.1, expected)
    excess = null.least_excess(0.001)
    assert excess_p_value(expected + excess, expected, 0.1) < 0.001
    assert excess < 2 or excess_p_value(expected + excess / 2, expected, 0.1) > 0.001


def test_copied_groups_are_those_beyond_chance():
    """Groups in dense places are natural, the same in empty places are copies."""
    sizes = np.r_[np.full(50, 2), np.full(50, 2), np.ones(900)]
    expected = np.r_[np.full(50, 1.0), np.full(50, 1e-4), np.full(900, 0.05)]
    found = copied_groups(sizes, expected)
    assert not found[:50].any()
    assert found[50:100].all()
    assert not found[100:].any()


def test_dominant_groups_are_not_called_copied():
    """A pattern that fills the table is common or copied: nobody can tell."""
    sizes = np.r_[500, np.full(50, 2), np.ones(100)]
    found = copied_groups(sizes, np.full(151, 1e-4))
    assert not found[0]
    assert found[1:51].all()


def test_least_excess_is_the_first_of_all_that_is_significant():
    """Looking at every number gives the same as the search."""
    rng = np.random.default_rng(0)
    for _ in range(40):
        expected, observed = 10.0 ** rng.uniform([-2, 0], [6, 7])
        natural = NaturalPairs(observed, expected, rng.uniform(0, 1), observed * rng.uniform())
        scale = natural.n_effective / observed
        first = np.inf
        for excess in np.geomspace(1.0, 1e12, 240):
            total = expected + excess
            weight = (expected * scale + excess) / total
            if excess_p_value(total, expected, natural.log_error, weight) < 0.001:
                first = excess
                break
        assert natural.least_excess(0.001) == first


def test_the_chance_of_no_pairs_is_one():
    """Zero or more pairs are certain, however many are expected."""
    assert excess_p_value(0.0, 0.0, 0.0) == 1.0
    assert excess_p_value(0.0, 5.0, 0.5) == 1.0
