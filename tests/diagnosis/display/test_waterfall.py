"""Waterfalls: where each term of a ledger starts and ends."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sklearn_lossfix.diagnosis.display._waterfall import decimals_for, extent, waterfall

TERMS = st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=8)


def rows_of(values):
    """Rows of a ledger view without intervals."""
    return [
        {"name": f"term {k}", "value": value, "low": None, "high": None}
        for k, value in enumerate(values)
    ]


@given(TERMS)
def test_steps_are_laid_end_to_end(values):
    """Each bar starts where the one before ended, the first and the total at zero."""
    *steps, total = waterfall(rows_of(values), math.fsum(values))
    assert steps[0].start == 0
    assert [step.start for step in steps[1:]] == [step.end for step in steps[:-1]]
    assert total.is_total
    assert (total.start, total.end) == (0.0, math.fsum(values))
    assert steps[-1].end == pytest.approx(total.end, abs=1e-8)
    assert [step.value for step in steps] == pytest.approx(values, abs=1e-8)


@given(TERMS)
def test_extent_holds_every_bar_and_zero(values):
    """No bar reaches beyond the extent."""
    steps = waterfall(rows_of(values), math.fsum(values))
    low, high = extent(steps)
    assert low <= 0 <= high
    assert all(low <= end <= high for step in steps for end in (step.start, step.end))


def test_interval_is_laid_at_the_start_of_its_bar():
    """The interval of a term is that of its end; an unknown one stays unknown."""
    rows = rows_of([1.0, 2.0])
    rows[1] |= {"low": 1.5, "high": 2.5}
    first, second, total = waterfall(rows, 3.0)
    assert (first.low, first.high) == (None, None)
    assert (second.low, second.high) == (2.5, 3.5)
    assert (total.low, total.high) == (None, None)


@pytest.mark.parametrize(
    ("total", "decimals"), [(2.17, 3), (0.171, 3), (0.0123, 4), (0.00123, 5), (0.0, 3), (1e-30, 12)]
)
def test_decimals_show_three_significant_digits(total, decimals):
    """A small total gets more decimals, up to what a float can tell apart."""
    assert decimals_for(total) == decimals
