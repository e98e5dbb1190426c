"""Tests of row hashing: equality of words, additivity of keys, and grouping despite collisions."""

import numpy as np
import pytest

from sklearn_lossfix._core._row_hash import (
    RowHashes,
    add_block,
    add_columns,
    equal_rows,
    hash_rows,
    mix,
    multipliers,
    repeated,
    sieved_rows,
    words_of,
)


class Rows:
    """The least that hashing asks of a table: an array of floats."""

    def __init__(self, values):
        self.values = values
        self.n_rows, self.n_columns = values.shape

    def add_to_keys(self, keys, columns, odd):
        add_block(keys, self.values[:, columns], odd[:, columns])

    def mixed_column(self, j):
        return mix(words_of(self.values[:, j]))

    def rows_equal(self, first, second, columns):
        one, other = (self.values[rows][:, columns] for rows in (first, second))
        return ((one == other) | (np.isnan(one) & np.isnan(other))).all(axis=1)


def table_with_repeats(rng, n_rows=500, n_columns=6):
    """Rows of few values, a third of them missing in one column."""
    values = rng.integers(0, 3, (n_rows, n_columns)).astype(float)
    values[rng.random(n_rows) < 0.3, 1] = np.nan
    return values


def labels_by_dictionary(values):
    """The first row with the same bytes: the oracle."""
    values = values + 0.0
    values[np.isnan(values)] = np.nan
    first = {}
    return np.array([first.setdefault(row.tobytes(), i) for i, row in enumerate(values)])


def test_words_are_equal_exactly_where_values_are():
    """Zeros of both signs and all NaNs share a word; other values do not."""
    other_nan = np.array([0x7FF8000000000123], dtype=np.uint64).view(np.float64)[0]
    words = words_of(np.array([0.0, -0.0, np.nan, -np.nan, other_nan, 5e-324, np.inf, -np.inf]))
    assert words[0] == words[1] == 0
    assert words[2] == words[3] == words[4]
    assert len(np.unique(words)) == 5


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_floats_of_any_width_have_one_word(dtype):
    """A value that two dtypes hold exactly has one word."""
    values = np.array([0.5, -3.0, 1024.0, np.nan])
    assert (words_of(values.astype(dtype)) == words_of(values)).all()


def test_large_integers_keep_all_digits():
    """Integers that float64 cannot tell apart have different words."""
    values = np.array([2**53, 2**53 + 1, -1, 2**62, 2**62 + 1])
    assert len(np.unique(words_of(values))) == 5
    assert words_of(np.array([0, 1], dtype=bool)).tolist() == [0, 1]


def test_mix_is_a_bijection_that_keeps_zero():
    """Different words stay different, and a lone bit spreads over half of them."""
    words = np.concatenate([[0], 2 ** np.arange(64, dtype=np.uint64), np.arange(3, 4000)])
    words = words.astype(np.uint64)
    mixed = mix(words.copy())
    assert mixed[0] == 0
    assert len(np.unique(mixed)) == len(np.unique(words))


def test_multipliers_are_odd_and_do_not_depend_on_how_many_columns_follow():
    """A column has its numbers for itself."""
    odd = multipliers(100)
    assert (odd % np.uint64(2) == 1).all()
    assert (multipliers(7) == odd[:, :7]).all()
    assert len(np.unique(odd)) == 200


@pytest.mark.parametrize("order", ["C", "F"])
@pytest.mark.parametrize("shape", [(1, 1), (7, 3), (5000, 40), (3, 70_000)])
def test_blocks_and_columns_give_the_same_keys(shape, order):
    """The two ways to read a table agree, in any memory order and across block limits."""
    values = np.asarray(np.random.default_rng(0).normal(size=shape), order=order)
    odd = multipliers(shape[1])
    by_row, by_column = (np.zeros((shape[0], 2), dtype=np.uint64) for _ in range(2))
    add_block(by_row, values, odd)
    add_columns(by_column, list(values.T), odd)
    assert (by_row == by_column).all()
    products = mix(words_of(values))[:, :, None] * odd.T
    assert (by_row == products.sum(axis=1, dtype=np.uint64)).all()


@pytest.mark.parametrize("columns", [(0,), (2, 5), (5, 2, 2), tuple(range(6))])
def test_keys_lose_columns(columns):
    """Taking columns away gives the keys that reading the others gives."""
    source = Rows(table_with_repeats(np.random.default_rng(1)))
    others = [j for j in range(6) if j not in columns]
    assert (hash_rows(source).without(*columns) == hash_rows(source, others).keys).all()


def test_columns_that_were_not_read_cannot_be_taken_away():
    """The error names them."""
    hashes = hash_rows(Rows(table_with_repeats(np.random.default_rng(1))), [0, 1])
    with pytest.raises(ValueError, match=r"columns \[4\] were not hashed"):
        hashes.without(0, 4)


@pytest.mark.parametrize("n_columns", [1, 3, 12])
def test_labels_name_the_first_equal_row(n_columns):
    """As a dictionary of rows does."""
    values = table_with_repeats(np.random.default_rng(2), n_columns=max(n_columns, 2))
    values = np.ascontiguousarray(values[:, :n_columns])
    assert (equal_rows(Rows(values)) == labels_by_dictionary(values)).all()


def test_labels_with_few_repeats():
    """The sieve that passes few rows loses none of them."""
    rng = np.random.default_rng(3)
    values = rng.normal(size=(20_000, 3))
    values[-50:] = values[:50]
    assert (equal_rows(Rows(values)) == labels_by_dictionary(values)).all()


@pytest.mark.parametrize("n_keys", [1, 3])
def test_collisions_are_resolved(n_keys):
    """Keys that collide, even all of them, change nothing."""
    values = table_with_repeats(np.random.default_rng(4), n_rows=200)
    source = Rows(values)
    keys = hash_rows(source).keys % np.uint64(n_keys)
    labels = equal_rows(source, RowHashes(source, keys, np.arange(6)))
    assert (labels == labels_by_dictionary(values)).all()


def test_labels_follow_the_columns_that_were_hashed():
    """Rows that differ elsewhere only are equal."""
    values = table_with_repeats(np.random.default_rng(5))
    source = Rows(values)
    labels = equal_rows(source, hash_rows(source, [0, 1]))
    assert (labels == labels_by_dictionary(values[:, :2])).all()


def test_repeated_keys_come_together():
    """Rows are sorted by key; what occurs once is left out."""
    rows, starts = repeated(np.array([5, 9, 5, 7, 9, 5], dtype=np.uint64))
    assert [set(part.tolist()) for part in np.split(rows, starts[1:])] == [{0, 2, 5}, {1, 4}]
    assert len(rows) == 5
    assert starts.tolist() == [0, 3]
    assert repeated(np.arange(4, dtype=np.uint64))[0].size == 0
    assert repeated(np.empty(0, dtype=np.uint64))[0].size == 0


def test_no_rows_and_no_columns():
    """Empty tables have empty labels; rows without columns are all equal."""
    assert equal_rows(Rows(np.empty((0, 3)))).tolist() == []
    assert equal_rows(Rows(np.empty((4, 0)))).tolist() == [0, 0, 0, 0]


@pytest.mark.parametrize("n_wanted", [0, 3, 200])
def test_a_sieve_passes_all_that_is_wanted_and_little_else(n_wanted):
    """No row with a wanted key is lost; of mixed keys few others pass, unless many are wanted."""
    keys = mix(np.arange(1, 601, dtype=np.uint64))
    rows = sieved_rows(keys, keys[:n_wanted])
    assert np.isin(np.arange(n_wanted), rows).all()
    assert (np.diff(rows) > 0).all()
    assert len(rows) == 600 if n_wanted == 200 else len(rows) <= n_wanted + 3
