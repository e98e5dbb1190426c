"""Tests of brackets and scans: what one pass counts and collects is what lies inside."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from sklearn_lossfix._core._brackets import (
    MIN_SAMPLE,
    Bracket,
    Collected,
    Scan,
    kept,
    marked,
)
from sklearn_lossfix._core._row_blocks import ColumnCounter, Folding

N_ROWS = 20_000


def bracket_of(X, shares, step=13):
    """Bracket the ranks at some shares of the columns, from every step-th row."""
    n_finite = np.isfinite(X).sum(axis=0)
    ranks = (np.asarray(shares) * (n_finite - 1)).astype(int)
    complete = n_finite == len(X)
    return Bracket.around(X[::step].T.copy(), n_finite, ranks, ranks, complete=complete), ranks


def scan_of(X, low, high, kind, cuts=()):
    """Scan a table in ranges of rows, which are then joined."""
    folding = Folding(X.shape[1])
    tiles = folding.tile(low), folding.tile(high)
    scans = []
    for start, stop in zip([0, *cuts], [*cuts, len(X)], strict=True):
        scan = Scan([ColumnCounter(folding) for _ in range(4)], Collected())
        for rows in folding.slices(start, stop):
            block = folding.fold(np.ascontiguousarray(X[rows]))
            ends = (folding.match(tile, block) for tile in tiles)
            masks = np.empty((2, *block.shape), dtype=bool)
            scan.add(folding, block, *ends, kind, *masks)
        scans.append(scan)
    return Scan.joined(scans)


@pytest.mark.parametrize("share", [0.01, 0.25, 0.5, 0.9])
def test_brackets_nearly_always_hold_the_rank_and_little_else(share):
    """Of 200 random columns at most a few miss, and a band holds a few per cent of them."""
    X = np.random.default_rng(0).normal(size=(N_ROWS, 200))
    bracket, ranks = bracket_of(X, np.full(200, share))
    wanted = np.sort(X, axis=0)[ranks[0]]
    assert bracket.kind == "closed"
    assert np.count_nonzero((wanted < bracket.low) | (wanted > bracket.high)) <= 8
    inside = ((X >= bracket.low) & (X <= bracket.high)).mean(axis=0)
    assert inside.max() < 0.2


@pytest.mark.parametrize("share", [0.0, 1.0])
@pytest.mark.parametrize("dtype", [np.float64, np.int16])
def test_brackets_of_the_extremes_are_open_to_their_side(share, dtype):
    """No sample knows the smallest and the largest value: nothing bounds them."""
    X = np.random.default_rng(0).integers(-9_999, 9_999, (N_ROWS, 1)).astype(dtype)
    bracket, _ = bracket_of(X, [share])
    ends = (-np.inf, np.inf) if dtype == np.float64 else (-(2**15), 2**15 - 1)
    assert (bracket.low if share == 0 else bracket.high) == ends[int(share)]


def test_kinds_tell_where_values_are_tied():
    """One value in every column is an atom; ties elsewhere open the ends."""
    rng = np.random.default_rng(0)
    atom = np.where(rng.random(N_ROWS) < 0.8, 0.0, rng.normal(size=N_ROWS))
    levels = rng.integers(0, 100, N_ROWS).astype(float)
    assert bracket_of(atom[:, None], [0.5])[0].kind == "atom"
    assert bracket_of(np.column_stack([atom, -atom]), [0.5, 0.5])[0].kind == "atom"
    assert bracket_of(np.column_stack([atom, levels]), [0.5, 0.5])[0].kind == "open"


def test_short_samples_bracket_nothing():
    """Fewer finite values than a sample needs give a bracket that no rank lies in."""
    X = np.full((N_ROWS, 2), np.nan)
    X[: 13 * (MIN_SAMPLE - 1) : 13] = 1.0
    X[:, 1] = np.arange(N_ROWS)
    bracket, _ = bracket_of(X, [0.5, 0.5])
    assert bracket.low[0] > bracket.high[0]
    assert bracket.low[1] < bracket.high[1]


ENDS = st.integers(-3, 3).map(float) | st.sampled_from([-np.inf, np.inf])


@settings(max_examples=60)
@given(
    X=arrays(
        np.float64,
        st.tuples(st.integers(1, 60), st.integers(1, 3)),
        elements=st.integers(-4, 4).map(float) | st.sampled_from([np.nan, np.inf, -np.inf]),
    ),
    data=st.data(),
)
def test_scans_count_and_collect_what_lies_between(X, data):
    """Counts at both ends and the values of every kind of band are those of comparing."""
    n_rows, n_columns = X.shape
    low = np.array(data.draw(st.lists(ENDS, min_size=n_columns, max_size=n_columns)))
    high = np.maximum(low, data.draw(st.lists(ENDS, min_size=n_columns, max_size=n_columns)))
    kinds = ["closed", "open"]
    if (low == high).all():
        kinds += ["atom"]
    kind = data.draw(st.sampled_from(kinds))
    cut = data.draw(st.integers(1, n_rows))
    scan = scan_of(X, low, high, kind, [cut] if cut < n_rows else [])
    bands = scan.band.columns(n_columns)
    counts = scan.complete(kind, bands)
    np.testing.assert_array_equal(counts[0], (X < low).sum(axis=0))
    np.testing.assert_array_equal(counts[3], (X <= high).sum(axis=0))
    if kind != "closed":
        np.testing.assert_array_equal(counts[1], (X <= low).sum(axis=0))
        np.testing.assert_array_equal(counts[2], (X < high).sum(axis=0))
    inside = {
        "closed": (X >= low) & (X <= high),
        "open": (X > low) & (X < high),
        "atom": np.zeros(X.shape, dtype=bool),
    }[kind]
    for band, mask, column in zip(bands, inside.T, X.T, strict=True):
        np.testing.assert_array_equal(np.sort(band), np.sort(column[mask]))


@given(
    mask=arrays(bool, st.integers(0, 70), elements=st.integers(0, 9).map(lambda k: k == 0)),
    dtype=st.sampled_from([np.float64, np.float32, np.uint8]),
)
def test_marks_are_found_whatever_the_length(mask, dtype):
    """Places and values under a mask are those that NumPy finds, in order."""
    values = np.arange(mask.size).astype(dtype)
    np.testing.assert_array_equal(marked(mask), np.flatnonzero(mask))
    found = kept(values, mask)
    assert found.dtype == dtype
    np.testing.assert_array_equal(found, values[mask])


@pytest.mark.parametrize("dtype", [np.float64, np.float32, np.int16])
@pytest.mark.parametrize("n_columns", [1, 2, 300])
def test_what_is_collected_comes_back_by_column(n_columns, dtype):
    """Marked values of several ranges of rows stand with their column, in its order and dtype."""
    rng = np.random.default_rng(0)
    X = rng.integers(-99, 99, (5_000, n_columns)).astype(dtype)
    mask = rng.random(X.shape) < 0.1
    folding, parts = Folding(n_columns), []
    for start, stop in ((0, 1_777), (1_777, len(X))):
        parts.append(Collected())
        for rows in folding.slices(start, stop):
            parts[-1].add(folding, folding.fold(X[rows]), folding.fold(mask[rows]))
    found = Collected.joined(parts).columns(n_columns)
    assert len(found) == n_columns
    for j, values in enumerate(found):
        assert values.dtype == dtype
        np.testing.assert_array_equal(values, X[mask[:, j], j])
