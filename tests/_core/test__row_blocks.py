"""Tests of cutting tables into folded blocks: nothing is lost, moved, or counted twice."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sklearn_lossfix._core import _row_blocks
from sklearn_lossfix._core._row_blocks import (
    BLOCK,
    FOLD,
    MAX_FOLDED_ROWS,
    ColumnCounter,
    ColumnEnds,
    Folding,
    column_runs,
    in_threads,
    joined_ends,
    map_blocks,
)

WIDTHS = [1, 2, 3, 7, 100, FOLD - 1, FOLD, FOLD + 1, 3 * FOLD]


@given(
    n_columns=st.sampled_from(WIDTHS),
    start=st.integers(0, 10_000),
    length=st.integers(0, 2_000_000),
)
def test_slices_cover_every_row_once(n_columns, start, length):
    """Slices follow one another from start to stop, and all but the last hold whole folded rows."""
    folding = Folding(n_columns)
    slices = list(folding.slices(start, start + length))
    assert [s.stop for s in slices[:-1]] == [s.start for s in slices[1:]]
    assert sum(s.stop - s.start for s in slices) == length
    if slices:
        assert slices[0].start == start
    for s in slices[:-1]:
        assert (s.stop - s.start) % folding.repeats == 0
    for s in slices:
        assert 0 < s.stop - s.start <= folding.rows


@pytest.mark.parametrize("n_columns", WIDTHS)
def test_blocks_stay_small(n_columns):
    """A block holds no more elements than the cache should, unless a single row does."""
    folding = Folding(n_columns)
    assert folding.rows * n_columns <= max(BLOCK, n_columns)
    assert folding.rows // folding.repeats <= MAX_FOLDED_ROWS


@pytest.mark.parametrize("n_columns", WIDTHS)
@pytest.mark.parametrize("n_rows", [1, 5, 255, 300])
def test_folded_parameters_meet_their_columns(n_columns, n_rows):
    """An operation with tiled parameters on folded blocks is that on the table."""
    rng = np.random.default_rng(0)
    X, center = rng.normal(size=(n_rows, n_columns)), rng.normal(size=n_columns)
    folding = Folding(n_columns)
    tiled = folding.tile(center)
    scratch = np.empty(folding.rows * n_columns)
    out = np.empty_like(X)
    for rows in folding.slices(0, n_rows):
        block = folding.fold(X[rows])
        target = folding.shaped(scratch, block)
        assert np.shares_memory(target, scratch)
        np.subtract(block, folding.match(tiled, block), out=target)
        out[rows] = target.reshape(-1, n_columns)
    np.testing.assert_array_equal(out, X - center)


@pytest.mark.parametrize("share", [0.0, 0.5, 1.0])
@pytest.mark.parametrize(
    ("n_columns", "n_rows"),
    [(1, 700_000), (2, 1_100_000), (3, 500_001), (100, 30_007), (FOLD, 600), (FOLD + 1, 700)],
)
def test_counts_are_those_of_a_sum(n_columns, n_rows, share):
    """Counts in eight bits do not overflow, over many blocks and where every value is true."""
    mask = np.random.default_rng(0).random((n_rows, n_columns), dtype=np.float32) < share
    folding = Folding(n_columns)
    counter = ColumnCounter(folding)
    for rows in folding.slices(0, n_rows):
        counter.add(folding.fold(mask[rows]))
    np.testing.assert_array_equal(counter.total(), mask.sum(axis=0))
    np.testing.assert_array_equal(counter.total(), mask.sum(axis=0))


def test_counting_takes_masks_of_any_height():
    """Masks taller than eight bits can add up are counted too."""
    folding = Folding(2)
    counter = ColumnCounter(folding)
    counter.add(np.ones((MAX_FOLDED_ROWS + 45, 2 * folding.repeats), dtype=bool))
    counter.add(np.ones((200, 2 * folding.repeats), dtype=bool))
    assert (counter.total() == 500 * folding.repeats).all()


def shift_and_scale(block, center, scale, out):
    """What a scaler does to a block."""
    np.divide(block - center, scale, out=out)


LAYOUTS = {
    "C": np.ascontiguousarray,
    "F": np.asfortranarray,
    "strided": lambda X: np.repeat(np.repeat(X, 2, axis=0), 2, axis=1)[::2, ::2],
    "negative": lambda X: np.ascontiguousarray(X[::-1, ::-1])[::-1, ::-1],
}


@pytest.mark.parametrize("shape", [(1, 1), (10, 1), (1, 3), (7, 2), (100_003, 3), (5, FOLD + 1)])
@pytest.mark.parametrize("target", LAYOUTS)
@pytest.mark.parametrize("source", LAYOUTS)
def test_mapping_blocks_equals_broadcasting(source, target, shape):
    """In and out of any memory layout, and in place, results are those of NumPy's broadcasting."""
    rng = np.random.default_rng(0)
    center, scale = rng.normal(size=shape[1]), rng.random(shape[1]) + 0.5
    X = LAYOUTS[source](rng.normal(size=shape))
    expected = (X - center) / scale
    before = X.copy()
    out = LAYOUTS[target](np.full(shape, np.nan))
    map_blocks(shift_and_scale, X, out, center, scale)
    np.testing.assert_array_equal(out, expected)
    np.testing.assert_array_equal(X, before)
    map_blocks(shift_and_scale, X, X, center, scale)
    np.testing.assert_array_equal(X, expected)


@pytest.mark.parametrize("layout", LAYOUTS)
def test_threads_map_every_block_once(layout, monkeypatch):
    """The result of several threads, more than there are blocks or fewer, is that of one."""
    monkeypatch.setattr(_row_blocks, "MIN_THREADED_ELEMENTS", 1)
    rng = np.random.default_rng(0)
    X = LAYOUTS[layout](rng.normal(size=(300_001, 3)))
    center, scale = rng.normal(size=3), rng.random(3) + 0.5
    for n_jobs in (2, 50):
        out = np.zeros_like(X)
        map_blocks(shift_and_scale, X, out, center, scale, n_jobs=n_jobs)
        np.testing.assert_array_equal(out, (X - center) / scale)


def test_threads_keep_order_errors_and_the_handling_of_overflow():
    """Results stand in the order of the items, and what a thread raises is raised."""
    assert in_threads(lambda k: k * k, range(9), 3) == [k * k for k in range(9)]
    with pytest.raises(ZeroDivisionError):
        in_threads(lambda k: 1 // k, [1, 0], 2)
    with np.errstate(over="raise"), pytest.raises(FloatingPointError):
        in_threads(lambda k: np.array([1e308]) * k, [1.0, 9.0], 2)


@pytest.mark.parametrize("n_columns", [1, 3, FOLD + 1])
@pytest.mark.parametrize("dtype", [np.float64, np.float32, np.int8, np.uint64])
def test_ends_are_those_of_the_columns(n_columns, dtype):
    """Over blocks and ranges of rows; NaN shows, or is left out where that was asked for."""
    rng = np.random.default_rng(0)
    X = rng.integers(0, 99, (800, n_columns)).astype(dtype)
    is_float = np.dtype(dtype).kind == "f"
    if is_float:
        X[5, 0] = np.nan
    folding = Folding(n_columns)
    plain = {"smaller": np.minimum, "larger": np.maximum}
    for functions in (plain, {"smaller": np.fmin, "larger": np.fmax}):
        parts = []
        for start, stop in ((0, 333), (333, len(X))):
            ends = ColumnEnds(folding, X.dtype, **functions)
            for rows in folding.slices(start, stop):
                ends.add(folding.fold(X[rows]))
            parts.append(ends.total())
        found = joined_ends(parts)
        expected = [functions["smaller"].reduce(X), functions["larger"].reduce(X)]
        np.testing.assert_array_equal(found, expected)
        assert np.isnan(found).any() == (is_float and functions is plain)


def test_mapping_reads_what_may_not_be_written():
    """A read-only table can be mapped to another one, of another dtype."""
    X = np.arange(12).reshape(4, 3)
    X.flags.writeable = False
    out = np.empty((4, 3))
    map_blocks(shift_and_scale, X, out, np.ones(3), np.full(3, 2.0))
    np.testing.assert_array_equal(out, (X - 1) / 2)


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("n_columns", [1, 4])
def test_runs_cover_every_column_once(layout, n_columns):
    """Only columns that lie one after the other in memory are read one by one."""
    runs = column_runs(LAYOUTS[layout](np.zeros((6, n_columns))))
    assert np.concatenate([np.arange(n_columns)[run] for run in runs]).tolist() == list(
        range(n_columns)
    )
    assert len(runs) == (n_columns if layout == "F" else 1)
