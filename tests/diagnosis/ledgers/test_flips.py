"""Tests of the flip table: its cells sum to the changes that scikit-learn's metrics show."""

import json

import numpy as np
import pandas as pd
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats
from sklearn.metrics import accuracy_score, log_loss

from sklearn_lossfix import flip_table
from sklearn_lossfix.diagnosis.ledgers.flips import CELLS, FlipTable, flips

Y = ["no", "yes", "yes", "no", "yes"]
A = np.array([0.4, 0.4, 0.9, 0.2, 0.1])
B = np.array([0.1, 0.6, 0.9, 0.7, 0.2])


@st.composite
def two_states(draw):
    """Draw labels, two sets of forecasts with ties, zeros and ones, and sometimes weights."""
    n_classes = draw(st.integers(2, 6))
    n_rows = draw(st.integers(2, 40))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    dtype = draw(st.sampled_from([np.float32, np.float64]))
    share = draw(st.sampled_from([0.0, 0.4]))

    def forecasts():
        proba = rng.dirichlet(np.full(n_classes, 0.7), n_rows)
        certain = rng.random(n_rows) < share
        proba[certain] = np.eye(n_classes)[rng.integers(n_classes, size=certain.sum())]
        return proba.astype(dtype)

    y = rng.integers(n_classes, size=n_rows)
    weight = rng.choice([0.0, 0.5, 1.0, 3.0], n_rows) + 0.1 if draw(st.booleans()) else None
    groups = rng.permutation(n_rows) % 4 if draw(st.booleans()) else None
    a = forecasts()
    return y, a, a.copy() if draw(st.booleans()) else forecasts(), weight, groups


@given(two_states())
def test_cells_sum_to_the_changes_of_loss_and_accuracy(drawn):
    """To 1e-10 the cells sum to the totals, which are the changes of scikit-learn's metrics."""
    y, a, b, weight, groups = drawn
    labels = np.arange(a.shape[1])
    table = flip_table(y, a, b, classes=labels, sample_weight=weight, groups=groups)
    assert sum(table.loss_change.values()) == pytest.approx(table.loss_total, abs=1e-10)
    assert sum(table.accuracy_change.values()) == pytest.approx(table.accuracy_total, abs=1e-10)
    assert sum(table.share.values()) == pytest.approx(1.0, abs=1e-12)
    assert sum(table.n_rows.values()) == len(y)
    loss = [log_loss(y, p, sample_weight=weight, labels=labels) for p in (a, b)]
    # scikit-learn takes the logarithm in the dtype of the probabilities.
    tolerance = 1e-10 if a.dtype == np.float64 else 64 * float(np.finfo(np.float32).eps)
    assert table.loss_total == pytest.approx(loss[1] - loss[0], abs=tolerance)
    hits = [accuracy_score(y, p.argmax(axis=1), sample_weight=weight) for p in (a, b)]
    assert table.accuracy_total == pytest.approx(hits[1] - hits[0], abs=1e-10)
    assert table.loss_low <= table.loss_total + 1e-12
    assert table.loss_total <= table.loss_high + 1e-12


@given(two_states())
def test_swapping_the_states_negates_the_table(drawn):
    """From b to a everything moves the other way, and right and wrong change places."""
    y, a, b, weight, groups = drawn
    options = {"classes": np.arange(a.shape[1]), "sample_weight": weight, "groups": groups}
    forth = flip_table(y, a, b, **options)
    back = flip_table(y, b, a, **options)
    swapped = dict(zip(CELLS, (CELLS[0], CELLS[1], CELLS[3], CELLS[2]), strict=True))
    for cell in CELLS:
        assert back.n_rows[swapped[cell]] == forth.n_rows[cell]
        assert back.loss_change[swapped[cell]] == pytest.approx(-forth.loss_change[cell])
        assert back.accuracy_change[swapped[cell]] == pytest.approx(-forth.accuracy_change[cell])
    assert back.loss_total == pytest.approx(-forth.loss_total)
    assert (back.loss_low, back.loss_high) == pytest.approx((-forth.loss_high, -forth.loss_low))
    assert (back.loss_p, back.accuracy_p) == pytest.approx((forth.loss_p, forth.accuracy_p))


@given(two_states())
def test_nothing_changes_between_equal_states(drawn):
    """Equal forecasts flip nothing, move nothing, and no test finds a change."""
    y, a, _, weight, groups = drawn
    table = flip_table(y, a, a, classes=np.arange(a.shape[1]), sample_weight=weight, groups=groups)
    assert table.n_rows["newly right"] == table.n_rows["newly wrong"] == 0
    assert table.loss_total == table.accuracy_total == 0.0
    assert (table.loss_p, table.accuracy_p) == (1.0, 1.0)


def test_cells_of_a_small_example():
    """Five rows by hand: two stay right, one stays wrong, one is newly right, one newly wrong."""
    table = flip_table(Y, A, B, states=("before", "after"))
    assert table.n_rows == dict(zip(CELLS, (2, 1, 1, 1), strict=True))
    expected = {
        "stayed right": (np.log(0.6) - np.log(0.9)) / 5,
        "stayed wrong": (np.log(0.1) - np.log(0.2)) / 5,
        "newly right": (np.log(0.4) - np.log(0.6)) / 5,
        "newly wrong": (np.log(0.8) - np.log(0.3)) / 5,
    }
    assert table.loss_change == pytest.approx(expected)
    assert table.accuracy_change == pytest.approx(dict(zip(CELLS, (0, 0, 0.2, -0.2), strict=True)))
    assert table.states == ("before", "after")
    assert table.accuracy_p == 1.0


def test_p_values_are_those_of_their_tests():
    """The loss is tested by its paired mean, accuracy by the exact sign test of the flips."""
    rng = np.random.default_rng(0)
    y = rng.integers(2, size=300)
    a = np.clip(0.5 + 0.2 * (2 * y - 1) + rng.normal(size=300) / 3, 0.02, 0.98)
    b = np.clip(0.5 + 0.25 * (2 * y - 1) + rng.normal(size=300) / 3, 0.02, 0.98)
    table = flip_table(y, a, b)
    change = np.log(np.where(y == 1, a, 1 - a)) - np.log(np.where(y == 1, b, 1 - b))
    z = change.mean() / stats.sem(change)
    assert table.loss_p == pytest.approx(2 * stats.norm.sf(abs(z)))
    assert table.loss_high - table.loss_low == pytest.approx(
        2 * stats.norm.ppf(0.975) * stats.sem(change)
    )
    counts = table.n_rows["newly right"], table.n_rows["newly wrong"]
    assert table.accuracy_p == pytest.approx(stats.binomtest(counts[0], sum(counts)).pvalue)


@pytest.mark.parametrize(
    ("y", "a", "b"),
    [
        (np.array(Y), np.column_stack([1 - A, A]), B),
        (pd.Series(Y, index=[9, 8, 7, 6, 5]), pd.Series(A), pd.DataFrame({"no": 1 - B, "yes": B})),
        (pl.Series(Y), pl.Series(A), pl.DataFrame({"no": 1 - B, "yes": B})),
        (Y, A.tolist(), B.tolist()),
    ],
    ids=["numpy", "pandas", "polars", "list"],
)
def test_containers_do_not_matter(y, a, b):
    """Arrays, series, frames and lists give the same table."""
    found, expected = flip_table(y, a, b), flip_table(Y, A, B)
    assert found.n_rows == expected.n_rows
    assert found.loss_change == pytest.approx(expected.loss_change)
    assert found.loss_p == pytest.approx(expected.loss_p)


def test_classes_give_the_order_of_the_columns():
    """Columns in another order with their labels give the same table, absent classes included."""
    expected = flip_table(Y, A, B)
    columns = [np.column_stack([p, np.zeros(5), 1 - p]) for p in (A, B)]
    found = flip_table(Y, *columns, classes=["yes", "maybe", "no"])
    assert found.loss_change == pytest.approx(expected.loss_change)
    assert found.n_rows == expected.n_rows


def test_groups_widen_what_moves_together():
    """Rows repeated inside their groups add no certainty."""
    own = np.arange(5)
    plain = flip_table(Y, A, B)
    repeated = flip_table(np.repeat(Y, 9), np.repeat(A, 9), np.repeat(B, 9), groups=own.repeat(9))
    assert (repeated.loss_low, repeated.loss_high) == pytest.approx(
        (plain.loss_low, plain.loss_high)
    )


def test_one_group_leaves_the_change_of_the_loss_open():
    """Rows that all move together say nothing about how much the change varies."""
    table = flip_table(Y, A, B, groups=["u"] * 5)
    assert (table.loss_low, table.loss_high) == (-np.inf, np.inf)
    assert table.loss_p == 1.0


def test_table_survives_json_and_prints_its_sums():
    """A table written and read back is equal, and its text ends with the sums."""
    table = flip_table(Y, A, B, states=("prior", "model"))
    assert FlipTable.from_dict(json.loads(json.dumps(table.to_dict()))) == table
    lines = str(table).splitlines()
    assert lines[0].startswith("From prior to model: loss ")
    assert [line[:14].strip() for line in lines[2:]] == [*CELLS, "sum"]
    assert lines[-1].split() == ["sum", "5", f"{table.loss_total:+.4f}", "+0.0000"]
    assert repr(table) == str(table)


def test_flips_of_losses_need_no_probabilities():
    """Row losses and hits of any origin make a table."""
    table = flips(
        np.array([1.0, 2.0]), np.array([0.5, 2.5]), np.array([False, True]), np.array([True, False])
    )
    assert table.n_rows == dict(zip(CELLS, (0, 0, 1, 1), strict=True))
    assert table.loss_total == 0.0


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"scores_b": B[:4]}, "same number of rows: y has 5, scores_a has 5, scores_b has 4"),
        ({"sample_weight": [1, 2]}, "sample_weight has 2"),
        ({"groups": [1, 2]}, "groups has 2"),
        ({"sample_weight": [1, 1, 1, 1, -1]}, "not negative. Got -1.0 in row 4"),
        ({"y": ["no"] * 5}, "y holds a single class"),
        ({"y": [*Y[:4], None]}, "y has 1 missing values"),
        ({"classes": ["no", "maybe"]}, r"y holds labels that are not among the classes: \['yes'\]"),
        ({"scores_a": 3 * A}, r"scores_a must lie in \[0, 1\]"),
        ({"scores_b": np.column_stack([A, B])}, "rows of scores_b must sum to one"),
        ({"scores_b": [np.nan, *B[1:]]}, "scores_b has missing or infinite values"),
        ({"classes": ["no", "yes", "maybe"]}, "scores_a must have one column per class, 3"),
    ],
)
def test_bad_input_is_refused_by_name(change, message):
    """Each error names the argument and what was wrong with it."""
    arguments = {"y": Y, "scores_a": A, "scores_b": B, **change}
    with pytest.raises(ValueError, match=message):
        flip_table(**arguments)
