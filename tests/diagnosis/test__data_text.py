"""The printed report on data."""

import numpy as np
import pytest

from sklearn_lossfix.diagnosis._data_report import build_data_report
from sklearn_lossfix.diagnosis._data_text import MAX_COLUMNS, column_lines
from sklearn_lossfix.diagnosis._text import MAX_LINES


def _spiked(n_columns):
    """Columns of which the j-th has j values far above the rest."""
    X = np.tile(np.arange(100.0)[:, None], n_columns)
    for j in range(n_columns):
        X[:j, j] = 1e9
    return X


def test_columns_are_listed_worst_first_and_counted(column_evidence):
    """Five columns with their shares on either side; what is left out is counted."""
    lines = column_lines(build_data_report(column_evidence(_spiked(9))).to_dict())
    shown = lines[1 : MAX_COLUMNS + 1]
    assert [line.split()[0] for line in shown] == ["'x8'", "'x7'", "'x6'", "'x5'", "'x4'"]
    assert shown[0].endswith("0.0% below, 8.0% above")
    assert lines[MAX_COLUMNS + 1] == "  and 3 more: report.frame('columns')"


def test_an_open_side_is_not_spoken_of(column_evidence):
    """A share stands only where there is a limit."""
    evidence = column_evidence(_spiked(2), columns={"lower": [None, None]})
    lines = column_lines(build_data_report(evidence).to_dict())
    assert lines[1].split() == ["'x1'", "1.0%", "above"]


def test_clean_data_has_no_lines(column_evidence):
    """No heading without entries."""
    assert column_lines(build_data_report(column_evidence(_spiked(1))).to_dict()) == []


@pytest.mark.parametrize("n_columns", [1, 3, 60])
def test_everything_fits_a_screen_without_words_of_models(column_evidence, n_columns):
    """With every tip and many outliers there are at most 25 lines, and none of a model."""
    X = np.column_stack([_spiked(n_columns), np.ones(100), np.full(100, np.nan)])
    X = np.column_stack([X, np.repeat([0.0, 1.0], [60, 40])])
    names = [f"{j}\x1b[31m\n{'x' * 500}" for j in range(X.shape[1])]
    evidence = column_evidence(X, names=names)
    evidence.columns["dtype"][0] = "object"
    report = build_data_report(evidence)
    text = repr(report)
    assert len(text.splitlines()) <= MAX_LINES
    assert "\x1b" not in text
    assert report.verdict in text
    tips = [finding for finding in report.findings if finding.section == "tip"]
    assert len(tips) == 5
    for tip in tips:
        assert f"\n  {tip.name} " in text
    for word in ("None", "class", "metric", "loss", "accuracy", "nan"):
        assert word not in text
