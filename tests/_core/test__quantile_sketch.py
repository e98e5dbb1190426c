"""Tests of the mergeable sketch: its stated error holds in every order, and is as small as said."""

import math
from functools import reduce

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sklearn_lossfix._core._order_statistics import ColumnSelector
from sklearn_lossfix._core._quantile_sketch import EXACT_LEVELS, QuantileSketch

SHARES = np.linspace(0, 1, 41)


def organ_pipe(x):
    """Up on the even places, down on the odd ones."""
    x = np.sort(x)
    return np.concatenate([x[::2], x[1::2][::-1]])


def alternating(x, block):
    """Blocks of small and of large values in turn."""
    x = np.sort(x)
    pieces = np.array_split(x, 2 * max(1, len(x) // (2 * block)))
    turns = np.arange(len(pieces)).reshape(2, -1).T.ravel()
    return np.concatenate([pieces[turn] for turn in turns])


STREAMS = {
    "random": lambda x, rng: x,
    "sorted": lambda x, rng: np.sort(x),
    "reversed": lambda x, rng: -np.sort(x),
    "organ pipe": lambda x, rng: organ_pipe(x),
    "alternating blocks": lambda x, rng: alternating(x, 32),
    "alternating full blocks": lambda x, rng: alternating(x, 64),
    "zigzag": lambda x, rng: np.sort(x)[np.argsort(np.arange(len(x)) % 2, kind="stable")],
    "few values": lambda x, rng: np.round(x),
    "one value": lambda x, rng: np.zeros(len(x)),
    "heavy tail": lambda x, rng: np.sinh(50 * x),
    "missing": lambda x, rng: np.where(rng.random(len(x)) < 0.3, np.nan, x),
    "missing in blocks": lambda x, rng: np.where(np.arange(len(x)) // 32 % 2, np.nan, x),
}


def stream(n_rows, seed=0):
    """A table with a column for every kind of stream."""
    rng = np.random.default_rng(seed)
    return np.column_stack([make(rng.normal(size=n_rows), rng) for make in STREAMS.values()])


def filled(X, size, batch=1_000, weights=None):
    """A sketch that was shown a table in batches."""
    sketch = QuantileSketch(X.shape[1], size)
    for start in range(0, len(X), batch):
        rows = slice(start, start + batch)
        sketch.update(X[rows], None if weights is None else weights[rows])
    return sketch


def assert_within_stated_error(sketch, X, weights=None):
    """The ranks of what the sketch returns are off by no more than it says, in every column."""
    weights = np.ones(len(X)) if weights is None else weights
    targets = np.multiply.outer(SHARES, sketch.mass)
    found = sketch.columns().at_mass(targets)
    for j, column in enumerate(X.T):
        valid = ~np.isnan(column)
        values, mass = column[valid], weights[valid]
        np.testing.assert_allclose(sketch.mass[j], mass.sum(), rtol=1e-12)
        order = np.argsort(values, kind="stable")
        values, reached = values[order], np.append(0.0, np.cumsum(mass[order]))
        # The stated share is that of the lightest column: in weight, the error is the same for all.
        allowed = sketch.rank_error * sketch.mass.min() + 1e-9 * sketch.mass[j]
        for side in (found.low[:, j], found.high[:, j], found.middle[:, j]):
            below = reached[np.searchsorted(values, side, side="left")]
            not_above = reached[np.searchsorted(values, side, side="right")]
            assert (below <= targets[:, j] + allowed).all(), list(STREAMS)[j % len(STREAMS)]
            assert (not_above >= targets[:, j] - allowed).all(), list(STREAMS)[j % len(STREAMS)]


@pytest.mark.parametrize("size", [16, 17, 64, 250])
@pytest.mark.parametrize("batch", [1, 333, 100_000])
def test_stated_error_holds_for_every_order_of_rows(size, batch):
    """Sorted, reversed, alternating, tied or missing: ranks are off by no more than stated."""
    X = stream(3_000 if batch == 1 else 40_000)
    sketch = filled(X, size, batch)
    assert sketch.rank_error > 0 or len(X) <= EXACT_LEVELS * size
    assert_within_stated_error(sketch, X)


@pytest.mark.parametrize(
    "weights",
    [
        lambda n, rng: rng.random(n) + 0.01,
        lambda n, rng: rng.integers(1, 5, n).astype(float),
        lambda n, rng: rng.pareto(1.1, n) + 1e-6,
        lambda n, rng: np.where(np.arange(n) < n // 2, 1.0, 1_000.0),
    ],
    ids=["uniform", "whole", "heavy tail", "two levels"],
)
def test_stated_error_holds_for_weighted_rows(weights):
    """Ranks are counted in weights, and are off by no more than stated."""
    X = stream(20_000)
    weights = weights(len(X), np.random.default_rng(1))
    sketch = filled(X, 64, weights=weights)
    assert 0 < sketch.rank_error
    assert_within_stated_error(sketch, X, weights)


@settings(max_examples=40)
@given(
    values=st.lists(st.integers(0, 6) | st.just(None), min_size=1, max_size=120),
    repeats=st.integers(1, 9),
    weight=st.sampled_from([None, [1, 2], [5, 1, 1]]),
)
def test_stated_error_holds_for_any_rows(values, repeats, weight):
    """No short pattern of ties and NaN, repeated, breaks the stated error."""
    X = np.tile([np.nan if v is None else float(v) for v in values], repeats)[:, None]
    weights = None if weight is None else np.resize(np.array(weight, float), len(X))
    assert_within_stated_error(filled(X, 2, 7, weights), X, weights)


@pytest.mark.parametrize("size", [16, 64, 256])
@pytest.mark.parametrize("blocks", [17, 32, 33, 64, 100, 255, 1_000])
def test_error_is_as_small_as_the_formula_says(size, blocks):
    """For unit weights it is at most (log2(n / 2k) + 2) / 4k, and not much smaller either."""
    n_rows = 2 * size * blocks
    sketch = filled(np.random.default_rng(0).normal(size=(n_rows + 1, 1)), size, 50_000)
    stated = (math.log2(n_rows / (2 * size)) + 2) / (4 * size)
    assert 0.6 * stated < sketch.rank_error <= stated


def test_stated_error_is_not_idle():
    """Rows laid out in blocks that err and blocks that cannot are off by a fifth of the bound."""
    size, n_rows = 32, 64_000
    block, place = np.divmod(np.arange(n_rows), 2 * size)
    x = np.where(block % 2 == 0, place, -1.0)
    sketch = filled(x[:, None], size)
    shares = np.linspace(0, 1, 2_001)[:, None]
    found = sketch.columns().at_mass(shares * n_rows).low[:, 0]
    below, not_above = (np.searchsorted(np.sort(x), found, side=side) for side in ("left", "right"))
    error = np.maximum(below / n_rows - shares[:, 0], shares[:, 0] - not_above / n_rows)
    assert 0.2 * sketch.rank_error < error.max() <= sketch.rank_error


def test_stated_error_is_that_of_the_emptiest_column():
    """In weight the error is that of the full columns; as a share it is never above 1."""
    X = np.random.default_rng(0).normal(size=(20_000, 3))
    full = filled(X[:, :1], 64).rank_error
    X[np.arange(len(X)) % 10 > 0, 1] = np.nan
    assert filled(X[:, :2], 64).rank_error == pytest.approx(10 * full)
    X[10:, 2] = np.nan
    assert filled(X, 64).rank_error == 1.0


def test_memory_grows_with_the_logarithm():
    """What is held is a level for every doubling of the rows."""
    size = 32
    sketch = filled(np.random.default_rng(0).normal(size=(300_000, 1)), size)
    held = sum(len(values) for values, _ in [sketch.columns().column_values(0)])
    assert held <= size * (math.log2(300_000 / size) + 2)


# --- the exact phase ----------------------------------------------------------------------------


def test_exact_while_nothing_was_dropped():
    """Up to 16 k rows results are those of all rows, in the order they came, with no error."""
    size = 20
    X = stream(EXACT_LEVELS * size)
    sketch = filled(X, size, 17)
    assert sketch.rank_error == 0
    np.testing.assert_array_equal(sketch.held_rows(), X)
    plain, held = ColumnSelector(X), sketch.columns()
    np.testing.assert_array_equal(held.mass, plain.mass)
    targets = np.multiply.outer(SHARES, plain.mass)
    for name in ("low", "high", "less", "less_equal"):
        found = getattr(held.at_mass(targets), name)
        np.testing.assert_array_equal(found, getattr(plain.at_mass(targets), name))
    sketch.update(X[:1])
    assert sketch.rank_error > 0
    assert sketch.held_rows() is None


def test_rows_of_different_weight_are_not_handed_out_as_rows():
    """Rows stand for all that was seen only while they weigh alike."""
    sketch = QuantileSketch(1, 16)
    sketch.update(np.zeros((3, 1)), np.full(3, 2.0))
    np.testing.assert_array_equal(sketch.held_rows(), np.zeros((3, 1)))
    assert sketch.common_weight() == 2
    sketch.update(np.ones((1, 1)), np.array([3.0]))
    assert sketch.held_rows() is None
    assert sketch.common_weight() is None
    assert sketch.mass == [9.0]
    assert sketch.rank_error == 0


def test_batches_do_not_matter():
    """The state after the same rows is the same, however they were cut into batches."""
    X = stream(20_000)
    targets = np.multiply.outer(SHARES, np.isfinite(X).sum(axis=0))
    found = [filled(X, 64, batch).columns().at_mass(targets).low for batch in (20_000, 7, 1_024)]
    np.testing.assert_array_equal(found[0], found[1])
    np.testing.assert_array_equal(found[0], found[2])


def test_rows_are_copied():
    """What a caller does to an array afterwards does not reach the sketch, nor the other way."""
    X = stream(2_000)
    before = X.copy()
    sketch = filled(X, 16)
    np.testing.assert_array_equal(X, before)
    expected = sketch.columns().at_mass([0.5 * sketch.mass]).low
    X[:] = -1.0
    np.testing.assert_array_equal(sketch.columns().at_mass([0.5 * sketch.mass]).low, expected)


def test_no_rows_change_nothing():
    """An empty batch is taken in without trace."""
    sketch = QuantileSketch(2, 16)
    sketch.update(np.empty((0, 2)))
    assert sketch.rank_error == 0
    assert sketch.mass.tolist() == [0, 0]


# --- merging ------------------------------------------------------------------------------------


def merged(sketches):
    """One after the other into the first."""
    first, *rest = sketches
    for sketch in rest:
        first.merge(sketch)
    return first


def merged_as_a_tree(sketches):
    """Neighbours first."""
    while len(sketches) > 1:
        sketches = [merged(sketches[i : i + 2]) for i in range(0, len(sketches), 2)]
    return sketches[0]


@pytest.mark.parametrize("join", [merged, merged_as_a_tree])
@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("shards", ["equal", "uneven"])
def test_64_merged_shards_keep_the_stated_error(join, weighted, shards):
    """In any order of merging, of shards of any size, ranks are off by no more than stated."""
    X = stream(30_000)
    rng = np.random.default_rng(2)
    weights = rng.random(len(X)) + 0.1 if weighted else None
    ends = np.linspace(0, len(X), 65).astype(int)[1:-1]
    if shards == "uneven":
        ends = np.sort(rng.choice(len(X), 63, replace=False) ** 2 // len(X))
    rows = np.split(np.arange(len(X)), ends)
    sketches = [filled(X[r], 32, weights=None if weights is None else weights[r]) for r in rows]
    sketch = join(sketches)
    assert_within_stated_error(sketch, X, weights)
    # Hardly worse than without shards, but that unequal weights move ranks both ways.
    unsharded = (math.log2(len(X) / 64) + 2) / 128
    error = sketch.rank_error * sketch.mass.min() / sketch.mass.max()
    assert error < (2.2 if weighted else 1.3) * unsharded


@pytest.mark.parametrize(("first", "second"), [(100, 150), (0, 200), (200, 0), (1, 255)])
def test_merging_what_is_exact_stays_exact(first, second):
    """Two sketches that fit into one together give all rows of both, in order."""
    X = stream(first + second)
    sketch = merged([filled(X[:first], 16), filled(X[first:], 16)])
    assert first + second <= EXACT_LEVELS * 16
    assert sketch.rank_error == 0
    np.testing.assert_array_equal(sketch.held_rows(), X)


@pytest.mark.parametrize(
    ("first", "second"), [(200, 200), (256, 256), (256, 257), (257, 256), (20, 5_000), (5_000, 255)]
)
def test_merging_across_the_end_of_the_exact_phase(first, second):
    """Where only one is exact, or both are but not together, the error holds and rows go on."""
    X = stream(first + second + 1_000)
    sketch = merged([filled(X[:first], 16), filled(X[first : first + second], 16)])
    assert sketch.rank_error > 0
    assert_within_stated_error(sketch, X[: first + second])
    sketch.update(X[first + second :])
    assert_within_stated_error(sketch, X)


def test_merging_leaves_the_other_sketch_alone():
    """The one that is merged stays as it was, whatever becomes of the first."""
    X = stream(6_000)
    for n_rows in (200, 3_000):
        other = filled(X[:n_rows], 16)
        error, mass = other.rank_error, other.mass.copy()
        expected = other.columns().at_mass([0.5 * mass]).low
        sketch = filled(X[3_000:], 16)
        sketch.merge(other)
        sketch.update(X)
        assert other.rank_error == error
        np.testing.assert_array_equal(other.mass, mass)
        np.testing.assert_array_equal(other.columns().at_mass([0.5 * mass]).low, expected)
        other.update(X[:1])  # it can go on


@pytest.mark.parametrize("n_rows", [100, 256, 300, 5_000])
def test_a_copy_is_independent(n_rows):
    """Rows that a copy takes in do not reach the original, nor the other way."""
    X = stream(3 * n_rows)
    original = filled(X[:n_rows], 16)
    twin = original.copy()
    twin.update(-X[n_rows:])
    assert_within_stated_error(original, X[:n_rows])
    alone = filled(X[:n_rows], 16)
    assert original.rank_error == alone.rank_error
    original.update(X[n_rows:])
    alone.update(X[n_rows:])
    targets = np.multiply.outer(SHARES, original.mass)
    found, expected = (s.columns().at_mass(targets).low for s in (original, alone))
    np.testing.assert_array_equal(found, expected)
    assert_within_stated_error(twin, np.vstack([X[:n_rows], -X[n_rows:]]))


def test_merging_is_counted_exactly():
    """Masses of merged sketches add up exactly, with whole weights, per column."""
    X = stream(4_000)
    parts = [filled(X[start::4], 16) for start in range(4)]
    total = reduce(np.add, [part.mass.copy() for part in parts])
    np.testing.assert_array_equal(merged(parts).mass, total)
    np.testing.assert_array_equal(total, (~np.isnan(X)).sum(axis=0))
