"""Columns as plain values, and how sentences name them."""

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sklearn_lossfix.diagnosis._columns import (
    NAME_WIDTH,
    ColumnAnalysis,
    beyond_limits,
    listing,
    most_beyond,
    quoted,
    verb,
)


@given(st.text())
def test_quoted_names_are_short_and_printable(name):
    """Whatever a column is called, its name in a sentence cannot drive a terminal or flood it."""
    shown = quoted(name)
    assert shown.isprintable()
    assert len(shown) <= 10 * NAME_WIDTH + 2


@given(st.lists(st.sampled_from("abc"), max_size=20), st.integers(1, 6))
def test_listing_accounts_for_every_item(items, shown):
    """What is not named is counted."""
    text = listing(items, shown)
    named, _, more = text.partition(" and ")
    n_named = len(named.split(", ")) if items else 0
    n_more = int(more.split()[0]) if more else 0
    assert n_named + n_more == len(items)
    assert n_named <= shown


def test_verbs_go_with_their_number():
    """One column is, two are."""
    assert [verb(range(n), "is", "are") for n in (1, 2)] == ["is", "are"]


def table_of(lower, upper, low, high, n_valid=10, n_infinite=0):
    """The table of one column."""
    keys = ("lower", "upper", "share_low", "share_high", "n_valid", "n_infinite")
    return {
        k: [v] for k, v in zip(keys, (lower, upper, low, high, n_valid, n_infinite), strict=True)
    }


@pytest.mark.parametrize(
    ("table", "share"),
    [
        (table_of(0.0, 1.0, 0.1, 0.2), 0.3),
        (table_of(None, 1.0, None, 0.2), 0.2),
        (table_of(None, None, None, None), None),
        (table_of(0.0, 1.0, None, None, n_valid=0), None),
        (table_of(0.0, 1.0, 0.0, 1.0, n_valid=0, n_infinite=3), 1.0),
    ],
)
def test_both_sides_count_where_they_have_limits(table, share):
    """An open side adds nothing; without limits or values there is no share."""
    (found,) = beyond_limits(table)
    assert found == pytest.approx(share)


def test_most_beyond_comes_first(column_evidence):
    """Columns come by their share beyond the limits, ties in their own order, unknown ones last."""
    X = np.zeros((10, 4))
    X[0, 1], X[:2, 3], X[:, 0] = 100.0, 100.0, np.nan
    X[2:, :] += np.linspace(-1, 1, 8)[:, None]
    assert most_beyond(ColumnAnalysis(column_evidence(X)).table) == [3, 1, 2, 0]


def test_columns_become_plain_values(column_evidence):
    """NumPy arrays, NaN and names that are no strings become what JSON knows."""
    evidence = column_evidence(
        [[1.0, 2.0], [3.0, 5.0]],
        names=[np.int64(7), None],
        columns={"mad": np.array([1.0, np.nan]), "dtype": [np.dtype(float), None]},
    )
    table = ColumnAnalysis(evidence).table
    assert table["column"] == ["7", "None"]
    assert table["mad"] == [1.0, None]
    assert table["dtype"] == ["float64", None]
    assert json.loads(json.dumps(table, allow_nan=False)) == table


def test_types_keep_no_values(column_evidence):
    """What a type holds in brackets can be the values of the column."""
    evidence = column_evidence([[1.0]], columns={"dtype": ["Enum(categories=['Ada', 'Bob'])"]})
    assert ColumnAnalysis(evidence).table["dtype"] == ["Enum"]
