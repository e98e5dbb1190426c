"""constant-feature: fires on columns whose finite values are all equal."""

import numpy as np
import pytest

from sklearn_lossfix.diagnosis._data_report import build_data_report

SLUG = "constant-feature"
VARIES = np.arange(10.0)


def judged(column_evidence, *columns, **kwargs):
    """Finding for a table of these columns."""
    return build_data_report(column_evidence(np.column_stack(columns), **kwargs))[SLUG]


def test_constant_columns_are_named(column_evidence):
    """Two of three columns are constant, and both are named, in the message and as evidence."""
    finding = judged(column_evidence, np.ones(10), VARIES, np.zeros(10), names=["a", "b", "c"])
    assert finding.section == "tip"
    assert finding.estimate == 2
    assert finding.evidence["columns"] == ["a", "c"]
    assert finding.message.startswith("2 of 3 columns are constant: 'a', 'c'.")


def test_missing_values_beside_a_constant_are_told(column_evidence):
    """A constant with gaps can still tell rows apart."""
    finding = judged(column_evidence, np.where(VARIES < 3, np.nan, 1.0), np.ones(10))
    assert finding.evidence["with_missing_values"] == ["x0"]
    assert "1 of them has missing values, which may still tell rows apart: 'x0'." in finding.message


def test_silent_where_all_vary(column_evidence):
    """Two different values are enough to pass, and a column without any is not constant."""
    finding = judged(column_evidence, VARIES, np.full(10, np.nan))
    assert finding.section == "passed"
    assert finding.message == "None of 1 column with values is constant."


@pytest.mark.parametrize("X", [np.ones((1, 2)), np.full((5, 2), np.nan)])
def test_not_applicable_without_two_values(column_evidence, X):
    """One row, or none with a value, cannot vary."""
    finding = build_data_report(column_evidence(X))[SLUG]
    assert finding.section == "not_applicable"
    assert "two finite values" in finding.message
