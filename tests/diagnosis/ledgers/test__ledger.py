"""Tests of the form of a ledger: it sums or it does not come to be."""

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sklearn_lossfix.diagnosis.ledgers._ledger import ADDITIVITY_TOLERANCE, Ledger, LedgerRow

LEDGER = Ledger(
    "log loss",
    "nats",
    1.0,
    {
        "ladder": (LedgerRow("floor", 1.25, 1.0, 1.5), LedgerRow("shape", -0.25, extra={"df": 3})),
        "uncertainty": (LedgerRow("floor", 0.75), LedgerRow("rest", 0.25)),
    },
    {"scale": 0.5},
)


@given(st.lists(st.floats(-40, 40), min_size=1, max_size=9), st.floats(-1, 1))
def test_views_must_sum_to_the_total(values, gap):
    """Rows that miss their total by more than the tolerance are a defect that is not hidden."""
    total = float(np.sum(values)) + gap
    rows = tuple(LedgerRow(str(k), value) for k, value in enumerate(values))
    scale = max(1.0, abs(total))
    if abs(gap) <= 0.9 * ADDITIVITY_TOLERANCE * scale:
        assert Ledger("loss", "nats", total, {"view": rows}).total == total
    elif abs(gap) >= 1.1 * ADDITIVITY_TOLERANCE * scale:
        with pytest.raises(ArithmeticError, match="view 'view' of the ledger of loss misses its"):
            Ledger("loss", "nats", total, {"view": rows})


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_rows_that_are_not_numbers_do_not_sum(bad):
    """NaN and infinity are never within a tolerance."""
    with pytest.raises((ArithmeticError, ValueError)):
        Ledger("loss", "nats", 1.0, {"view": (LedgerRow("a", bad),)})
    with pytest.raises(ArithmeticError):
        Ledger("loss", "nats", np.nan, {"view": (LedgerRow("a", 1.0),)})


def test_values_are_found_by_name():
    """A row is taken from the first view that has it, or from the view asked for."""
    assert LEDGER.value("floor") == 1.25
    assert LEDGER.value("floor", view="uncertainty") == 0.75
    assert LEDGER.value("rest") == 0.25
    with pytest.raises(KeyError, match=r"No row 'roof'. Expected one of \['floor', 'shape'"):
        LEDGER.value("roof")


def test_ledger_survives_json():
    """A ledger written to JSON and read back is equal."""
    assert Ledger.from_dict(json.loads(json.dumps(LEDGER.to_dict()))) == LEDGER


def test_columns_form_a_table():
    """Every row of every view is a row of the table; columns outside the sum are None elsewhere."""
    columns = LEDGER.columns()
    assert columns["view"] == ["ladder", "ladder", "uncertainty", "uncertainty"]
    assert columns["row"] == ["floor", "shape", "floor", "rest"]
    assert columns["value"] == [1.25, -0.25, 0.75, 0.25]
    assert columns["df"] == [None, 3, None, None]
