"""Numbers and names as a report writes them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sklearn_lossfix.diagnosis._words import cut, interval, quantity, share_text, short_number


@given(st.text(), st.integers(4, 50))
def test_cut_never_exceeds_its_width(text, width):
    """A short text stays as it is; a long one keeps its beginning and says that it was cut."""
    shown = cut(text, width)
    assert len(shown) <= width
    if len(text) <= width:
        assert shown == text
    else:
        assert shown == text[: width - 3] + "..."


@pytest.mark.parametrize(
    ("value", "unit", "text"),
    [
        (0.0123, "nats", "0.0123 nats"),
        (0.102, "points", "10.2 points"),
        (0.5, "share", "50.0%"),
        (1_234_567, "count", "1,234,567"),
        (0.87, "auc", "0.870 AUC"),
        (16.1, "ratio", "16.1 times"),
        (None, "nats", "n/a"),
        (2.5e-16, "", "2.5e-16"),
        (0.0, "nats", "0 nats"),
    ],
)
def test_quantities_carry_their_unit(value, unit, text):
    """Every unit is written as people say it, and an unknown number says so."""
    assert quantity(value, unit) == text


@pytest.mark.parametrize(
    ("ci", "unit", "text"),
    [
        ((0.01, 0.02), "nats", "[0.01, 0.02]"),
        ((0.01, 0.02), "points", "[1.0, 2.0]"),
        ([0.01, 0.02], "share", "[1.0, 2.0]%"),
        (None, "nats", ""),
        ([None, None], "nats", ""),
    ],
)
def test_intervals_use_the_scale_of_their_unit(ci, unit, text):
    """An interval can be compared with its estimate; an unknown one is left out."""
    assert interval(ci, unit) == text


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_no_number_is_rounded_to_zero(value):
    """Only zero is written as zero."""
    assert (float(short_number(value)) == 0) == (value == 0)


@given(st.floats(0.0, 1.0))
def test_shares_are_neither_none_nor_all_unless_they_are(share):
    """Only zero is written as nothing, and only one as everything."""
    shown = float(share_text(share).removesuffix("%"))
    assert (shown == 0) == (share == 0)
    assert (shown == 100) == (share == 1)
    assert shown == pytest.approx(100 * share, abs=0.1)
