"""tied-feature: fires from half of the values at the median on."""

import numpy as np
import pytest

from sklearn_lossfix.diagnosis._data_report import build_data_report
from sklearn_lossfix.diagnosis.checks.tied_feature import TIE_SHARE

SLUG = "tied-feature"


def judged(column_evidence, *columns, **kwargs):
    """Finding for a table of these columns."""
    return build_data_report(column_evidence(np.column_stack(columns), **kwargs))[SLUG]


def tied(n_tied, n_rows=101):
    """Values around zero, of which so many are zero, the median."""
    rest = np.arange(1.0, (n_rows - n_tied) // 2 + 1)
    return np.concatenate([-rest, np.zeros(n_rows - 2 * len(rest)), rest])


@pytest.mark.parametrize(("n_tied", "section"), [(49, "passed"), (51, "tip"), (99, "tip")])
def test_tip_from_half_on(column_evidence, n_tied, section):
    """The share of the values at the median is the estimate and decides."""
    finding = judged(column_evidence, tied(n_tied))
    assert finding.section == section
    assert finding.estimate == pytest.approx(n_tied / 101)
    assert finding.limit == TIE_SHARE


def test_exactly_half_is_enough(column_evidence):
    """At half of the values one more decides whether a robust scale is zero."""
    evidence = column_evidence(np.arange(4.0)[:, None], columns={"tie_share": [0.5]})
    assert build_data_report(evidence)[SLUG].section == "tip"


@pytest.mark.parametrize("n_tied", range(1, 101, 2))
def test_a_mad_of_zero_is_always_named(column_evidence, n_tied):
    """The exact-fit property: wherever ties alone make the MAD zero, the column is named."""
    column = tied(n_tied)
    mad = np.median(np.abs(column - np.median(column)))
    assert (judged(column_evidence, column).section == "tip") == (mad == 0)


def test_columns_are_named_with_their_shares(column_evidence):
    """Names and shares stand in the message, all of them in the evidence."""
    finding = judged(column_evidence, *[tied(71)] * 7, np.arange(101.0))
    assert finding.evidence["columns"] == [f"x{j}" for j in range(7)]
    assert finding.evidence["tie_share"] == pytest.approx([71 / 101] * 7)
    assert "7 of 8 columns have at least 50% of the values at the median" in finding.message
    assert "'x0' 70.3%" in finding.message
    assert "and 2 more" in finding.message


def test_not_applicable_where_nothing_varies(column_evidence):
    """All values of a constant are tied; that is another finding."""
    finding = judged(column_evidence, np.ones(10), np.full(10, np.nan))
    assert finding.section == "not_applicable"
