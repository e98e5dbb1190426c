"""The sentence and the lines above it in a report on data."""

import numpy as np
import pytest

from sklearn_lossfix.diagnosis._data_report import build_data_report

VARIES = np.arange(100.0)
TIED = np.repeat([0.0, 1.0], [60, 40])
EMPTY = np.full(100, np.nan)
SPIKE = np.where(VARIES == 7, 1e9, VARIES)


def report_on(column_evidence, *columns, ignore=(), **kwargs):
    """Report on a table of these columns."""
    return build_data_report(column_evidence(np.column_stack(columns), **kwargs), ignore=ignore)


def lines_of(report):
    """Headline by label."""
    return {line["label"]: line for line in report.headline}


def test_outliers_come_first_and_the_worst_is_named(column_evidence):
    """How many columns hold values beyond their limits, and which of them most."""
    two = np.where(VARIES < 2, -1e9, VARIES)
    report = report_on(column_evidence, VARIES, SPIKE, two, names=["a", "b", "c"])
    assert report.verdict == (
        "Of 3 columns, 2 hold values beyond their limits, most of all 'c' (2.0% of its values)."
    )


def test_everything_else_is_counted(column_evidence):
    """A single column is named, several are counted; the order is that of the checks."""
    report = report_on(
        column_evidence, TIED, np.ones(100), np.zeros(100), EMPTY, SPIKE, names=list("abcde")
    )
    assert report.verdict == (
        "Of 5 columns, 1 holds values beyond its limits, 'e' (1.0% of its values); 2 are constant; "
        "1 has a MAD of zero ('a'); 1 holds no finite value ('d'); 1 has half its values at the "
        "median ('a')."
    )


def test_clean_data_is_called_clean(column_evidence):
    """Where nothing is found the sentence says what was judged, and of how many columns."""
    report = report_on(column_evidence, VARIES, VARIES**2)
    assert report.verdict == (
        "Nothing stands out: all 2 columns vary, have a MAD above zero, came as numbers and lie "
        "within their limits."
    )
    assert report_on(column_evidence, VARIES).verdict.startswith(
        "Nothing stands out: the only column varies, has a MAD"
    )


def test_what_was_not_judged_is_not_called_clean(column_evidence):
    """Without scales, limits and types, and with a check ignored, the sentence claims nothing."""
    keys = ["scale", "scale_source", "lower", "upper", "dtype"]
    nothing = {key: [None, None] for key in keys}
    ignored = ["tied-feature"]
    report = report_on(column_evidence, VARIES, TIED, ignore=ignored, columns=nothing)
    assert report.verdict == "Nothing stands out: all 2 columns vary."
    ignored.append("constant-feature")
    report = report_on(column_evidence, VARIES, TIED, ignore=ignored, columns=nothing)
    assert report.verdict == "Nothing was found in 2 columns, and none could be judged."


def test_headline_counts_what_it_says(column_evidence):
    """Rows, columns, missing and outlying shares are those of the whole table."""
    gaps = np.where(VARIES < 30, np.nan, VARIES)
    infinite = np.where(VARIES < 5, np.inf, VARIES)
    lines = lines_of(report_on(column_evidence, SPIKE, gaps, infinite, EMPTY))
    assert lines["Rows"]["value"] == 100
    assert lines["Columns"]["value"] == 4
    assert lines["Columns"]["text"] == "2 with values beyond their limits"
    assert lines["Missing"]["value"] == pytest.approx(130 / 400)
    assert lines["Missing"]["text"] == "of all values; 5 are infinite"
    assert lines["Beyond limits"]["value"] == pytest.approx(6 / 270)
    assert lines["Beyond limits"]["text"].endswith("limits: the median and 5 scales on either side")


def test_headline_without_limits(column_evidence):
    """Without limits there is no share beyond them."""
    lines = lines_of(report_on(column_evidence, VARIES, columns={"lower": [None], "upper": [None]}))
    assert lines["Beyond limits"]["value"] is None
    assert lines["Beyond limits"]["text"] == "no column has limits"
    assert lines["Columns"]["text"] == "without limits"


@pytest.mark.parametrize(("source", "words"), [("fit", "fit saw"), ("X", "handed in")])
def test_headline_says_whose_rows_these_are(column_evidence, source, words):
    """Rows of fit and rows that were passed are told apart."""
    assert words in lines_of(report_on(column_evidence, VARIES, source=source))["Rows"]["text"]
