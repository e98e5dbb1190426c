"""zero-scale-feature: fires on columns that vary with a MAD of zero."""

import numpy as np
import pytest

from sklearn_lossfix.diagnosis._data_report import build_data_report
from sklearn_lossfix.diagnosis.checks.zero_scale_feature import SOURCE_WORDS

SLUG = "zero-scale-feature"
TIED = np.repeat([0.0, 1.0], [60, 40])
VARIES = np.arange(100.0)


def judged(column_evidence, *columns, **kwargs):
    """Finding for a table of these columns."""
    return build_data_report(column_evidence(np.column_stack(columns), **kwargs))[SLUG]


def test_fallback_is_told_for_each_column(column_evidence):
    """Each column is named with its scale and with what gave it."""
    replaced = {"scale_source": ["iqr", "nonmode", "mad"], "scale": [0.5, 2.0, 1.0]}
    finding = judged(column_evidence, TIED, TIED, VARIES, columns=replaced)
    assert finding.section == "tip"
    assert finding.estimate == 2
    assert finding.evidence["columns"] == ["x0", "x1"]
    assert finding.evidence["scale_source"] == ["iqr", "nonmode"]
    assert finding.evidence["scale"] == [0.5, 2.0]
    assert finding.message.endswith(
        "'x0' 0.5 from the quartile range, 'x1' 2 from the distances that are not zero."
    )


@pytest.mark.parametrize("source", [*SOURCE_WORDS, "somewhere", None])
def test_any_source_is_told_in_words(column_evidence, source):
    """Known sources have words, an unknown one its name, and none is left as None."""
    replaced = {"scale_source": [source, "mad"], "scale": [None, 1.0]}
    message = judged(column_evidence, TIED, VARIES, columns=replaced).message
    assert SOURCE_WORDS.get(source, source or "from nothing") in message
    assert "None" not in message


def test_each_side_of_a_double_mad_is_told(column_evidence):
    """A MAD of zero on one side alone is enough, and both sides are told with their scales."""
    replaced = {
        "mad_low": [0.0, 1.0],
        "mad": [3.0, 2.0],
        "scale_low": [0.5, 1.0],
        "scale": [4.0, 2.0],
        "scale_source": ["other_side/mad", "mad"],
    }
    finding = judged(column_evidence, VARIES, VARIES, columns=replaced)
    assert finding.evidence["columns"] == ["x0"]
    assert finding.message.endswith(
        "'x0' 0.5 from the other side of the median below and 4 from the MAD above."
    )


def test_constants_are_another_finding(column_evidence):
    """A constant has a MAD of zero by nature and is not named here."""
    finding = judged(column_evidence, np.ones(100), VARIES, np.full(100, np.nan))
    assert finding.section == "passed"
    assert finding.message == "None of 1 column that varies has a MAD of zero."


def test_not_applicable_without_scales(column_evidence):
    """A transformer that takes no scale is not hurt by a MAD of zero."""
    finding = judged(column_evidence, TIED, columns={"scale": [None], "scale_source": [None]})
    assert finding.section == "not_applicable"
    assert finding.message.startswith("Scaler takes no scale")


def test_not_applicable_where_nothing_varies(column_evidence):
    """Constants alone leave nothing to judge."""
    assert judged(column_evidence, np.ones(5)).section == "not_applicable"
