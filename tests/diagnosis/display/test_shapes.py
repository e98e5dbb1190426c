"""Shapes of the pictures of a report."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sklearn_lossfix.diagnosis.display._shapes import (
    BOX,
    bar_between,
    free_box,
    linear_map,
    picture_of,
)

numbers = st.floats(-1e6, 1e6)


@given(numbers, numbers, numbers)
def test_bars_are_visible_whichever_end_comes_first(first, last, y):
    """Both orders of the ends give the same bar, which is at least a line wide."""
    bar = bar_between(first, last, y, "more")
    assert bar == bar_between(last, first, y, "more")
    assert bar["width"] >= 0.8
    assert bar["x"] == pytest.approx(min(first, last), abs=0.06)


@given(numbers, numbers, numbers)
def test_maps_take_ends_to_ends(low, high, value):
    """A linear map takes the ends of the range to its own, or all of a point to its start."""
    at = linear_map(low, high, 10.0, 20.0)
    assert at(low) == 10.0
    if abs(high - low) > 1e-3:
        assert at(high) == pytest.approx(20.0)
        assert at(value) == pytest.approx(10.0 + 10.0 * (value - low) / (high - low))


@given(st.lists(st.floats(-1e3, 1e3), min_size=1, max_size=5))
def test_all_values_lie_inside_the_box(values):
    """Whatever the numbers, equal ones too, their places are within the axes."""
    _, x, y = free_box(values, values, "x", "y")
    left, top, right, floor = BOX
    assert all(left <= x(value) <= right and top <= y(value) <= floor for value in values)


@pytest.mark.parametrize("hatch", [False, True])
def test_pictures_know_whether_they_need_a_hatch(hatch):
    """The pattern is defined only where it is used."""
    shapes = [bar_between(0, 1, 0, "more"), bar_between(0, 1, 9, "less", hatch=hatch)]
    assert picture_of("a", "A", 20, shapes)["hatched"] is hatch
