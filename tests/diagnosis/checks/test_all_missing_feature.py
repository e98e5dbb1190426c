"""all-missing-feature: fires on columns without a finite value."""

import numpy as np

from sklearn_lossfix.diagnosis._data_report import build_data_report

SLUG = "all-missing-feature"
NOTHING = np.full(10, np.nan)


def judged(column_evidence, *columns, **kwargs):
    """Finding for a table of these columns."""
    return build_data_report(column_evidence(np.column_stack(columns), **kwargs))[SLUG]


def test_empty_columns_are_named(column_evidence):
    """Missing and infinite values are both none, and the infinite ones are told."""
    infinite = np.where(np.arange(10) < 4, np.inf, np.nan)
    finding = judged(column_evidence, NOTHING, np.arange(10.0), infinite)
    assert finding.section == "tip"
    assert finding.estimate == 2
    assert finding.evidence == {"columns": ["x0", "x2"], "n_infinite": [0, 4]}
    assert finding.message == (
        "2 of 3 columns hold no finite value in 10 rows: 'x0', 'x2'. 1 of them holds infinite "
        "values: 'x2'."
    )


def test_one_value_is_enough_to_pass(column_evidence):
    """It is silent from one finite value on, and says how many the emptiest column has."""
    finding = judged(column_evidence, np.arange(10.0), np.where(np.arange(10) < 1, 1.0, np.nan))
    assert finding.section == "passed"
    assert finding.message == "Every column holds finite values in at least 1 of 10 rows."


def test_not_applicable_without_rows(column_evidence):
    """Nothing can be missing from no rows."""
    assert judged(column_evidence, NOTHING, n_rows=0).section == "not_applicable"
