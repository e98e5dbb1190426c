"""Where the values of each column lie, on one axis."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sklearn_lossfix.diagnosis.display._strips import (
    LINEAR_REACH,
    MAX_REACH,
    reach_of,
    squash,
    strips,
    tick_label,
    ticks,
    unit_words,
    unsquash,
)

reaches = st.floats(-MAX_REACH, MAX_REACH)


@given(reaches, reaches)
def test_squashing_keeps_order_and_sign_and_can_be_undone(one, other):
    """The axis is odd and monotonic, and its inverse gives the distance back."""
    assert squash(-one) == -squash(one)
    assert (one < other) <= (squash(one) <= squash(other))
    assert unsquash(squash(one)) == pytest.approx(one, rel=1e-9, abs=1e-12)


def test_the_axis_is_linear_near_zero_and_logarithmic_beyond():
    """Equal steps are equally long up to four MADs; from there on each decade is."""
    near = np.diff(squash(np.linspace(-LINEAR_REACH, LINEAR_REACH, 9)))
    far = np.diff(squash(LINEAR_REACH * 10.0 ** np.arange(6)))
    assert near == pytest.approx(near[0])
    assert far == pytest.approx(1.0)


def test_distances_are_in_mads_from_the_median(columns):
    """A point lies where the table says, whatever the unit of the column."""
    table = columns["tables"]["columns"]
    for strip in strips(table, 8):
        j = table["column"].index(strip["name"])
        if not table["mad"][j]:
            continue
        for key, distance in strip["points"].items():
            value = table[key][j]
            expected = (value - table["median"][j]) / table["mad"][j]
            assert distance == pytest.approx(np.clip(expected, -MAX_REACH, MAX_REACH))


def test_unknown_points_are_left_out(columns):
    """Extremes that did not travel, open limits and empty columns leave no point."""
    drawn = {strip["name"]: strip for strip in strips(columns["tables"]["columns"], 8)}
    assert not {"minimum", "maximum"} & set(drawn["tails"]["points"])
    assert not {"lower", "upper"} & set(drawn["open"]["points"])
    assert (drawn["open"]["below"], drawn["open"]["above"]) == ("", "")
    assert drawn["gone"]["points"] == {}
    assert drawn["gone"]["remark"] == "no finite value"


def test_extremes_are_drawn_where_they_are_known(full_columns):
    """The largest value is farther than any other, and within reach however large."""
    drawn = {strip["name"]: strip for strip in strips(full_columns["tables"]["columns"], 8)}
    assert drawn["spike"]["points"]["maximum"] == MAX_REACH
    assert drawn["tails"]["points"]["minimum"] < drawn["tails"]["points"]["q01"]


def one_column(**changes):
    """A table of one column."""
    table = {"column": "a", "median": 1.0, "mad": 0.0, "scale": None, "q25": 1.0, "q75": 1.0}
    table |= {"q01": 0.0, "q99": 5.0, "lower": None, "upper": None, "share_low": None}
    table |= {"share_high": None, "constant": False, "all_missing": False, "n_valid": 9}
    return {key: [value] for key, value in {**table, "n_infinite": 0, **changes}.items()}


@pytest.mark.parametrize(
    ("changes", "q99", "remark"),
    [
        ({"mad": 2.0}, 2.0, ""),
        ({"scale": 0.5}, 8.0, "MAD is zero: in its scale"),
        ({"q25": 0.0}, 8.0, "MAD is zero: in half its quartile range"),
        ({}, 4.0, "MAD is zero: in its own units"),
        ({"q25": None, "q75": None}, 4.0, "MAD is zero: in its own units"),
        ({"constant": True}, 4.0, "constant"),
        ({"mad": None, "q25": 0.0}, 8.0, ""),
        ({"mad": None}, 4.0, "in its own units"),
    ],
)
def test_a_mad_of_zero_takes_another_unit_and_says_so(changes, q99, remark):
    """First the transformer's own scale, then half the quartile range, then the column's unit."""
    (strip,) = strips(one_column(**changes), 1)
    assert strip["points"]["q99"] == pytest.approx(q99)
    assert strip["remark"] == remark


@given(*[st.floats(allow_nan=False, allow_infinity=False)] * 3)
def test_any_numbers_stay_within_reach(median, value, mad):
    """Neither overflow nor a tiny MAD takes a point off the axis."""
    (strip,) = strips(one_column(median=median, q99=value, q01=-value, mad=abs(mad)), 1)
    assert all(math.isfinite(z) for z in strip["points"].values())
    assert reach_of([strip]) <= MAX_REACH


def test_the_unit_is_named_after_what_is_known():
    """Without any MAD the distances are in half quartile ranges, the same in symmetric columns."""
    assert unit_words(one_column()) == "MADs"
    assert unit_words(one_column(mad=None)) == "half quartile ranges"


def test_only_the_worst_columns_are_drawn(many_columns):
    """As many as asked for, in the order of their shares beyond the limits."""
    assert len(strips(many_columns["tables"]["columns"], 20)) == 20


@given(st.floats(LINEAR_REACH, MAX_REACH))
def test_ticks_are_symmetric_few_and_on_the_axis(reach):
    """Zero is marked, at most seven ticks in all, none of them beyond what is drawn."""
    marks = ticks(reach)
    assert marks == sorted(marks) == [-z for z in reversed(marks)]
    assert 0.0 in marks
    assert 3 <= len(marks) <= 7
    assert max(marks) <= reach


@pytest.mark.parametrize(
    ("distance", "label"),
    [(0.0, "0"), (4.0, "+4"), (-4.0, "-4"), (100.0, "+100"), (1e3, "+1e3"), (-1e6, "-1e6")],
)
def test_ticks_are_labelled_shortly_and_with_their_sign(distance, label):
    """Large powers of ten are written as such."""
    assert tick_label(distance) == label
