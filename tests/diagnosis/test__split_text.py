"""The part of the printed report that is about folds."""

import pytest

from sklearn_lossfix.diagnosis._split_report import build_split_report
from sklearn_lossfix.diagnosis._split_text import counts_line, finding_lines


@pytest.fixture
def data(leaky_split):
    """The dictionary of a report on folds with leaks of all sorts."""
    return build_split_report(leaky_split(), registered=()).to_dict()


def test_issues_and_tips_stand_with_what_to_do(data):
    """Name and message of each, its advice below."""
    assert finding_lines(data, 20) == [
        "Issues",
        "  leaked-rows               25 of 60 test rows have an equal row in training.",
        "      -> Use on_leak='group'.",
        "  leaky-feature             target_copies found something.",
        "      -> Mend it.",
        "Tips",
        "  preprocessed-before-split All means are 0: standardised.",
        "      -> Mend it.",
    ]


@pytest.mark.parametrize("room", range(2, 9))
def test_lines_fit_and_every_issue_outlives_the_advice(data, room):
    """As little room as there is; advice goes first."""
    lines = finding_lines(data, room)
    assert len(lines) <= room
    if room < 8:
        assert not any("->" in line for line in lines)
    if room < 5:
        assert lines[-1] == "  and more: report.frame()"


def test_clean_folds_have_no_issues(clean_split):
    """That is said in words."""
    data = build_split_report(clean_split(), registered=()).to_dict()
    assert finding_lines(data, 20) == ["Issues: none."]


def test_counts_are_those_of_checks(data):
    """Passed, undecided and not applicable, with the first reason."""
    assert counts_line(data) == (
        "Passed: 2 checks.  Could not tell: 1 (near_duplicates: rows lie dense).  "
        "Not applicable: 1 (time_overlap: No times were given)."
    )


def test_long_reasons_are_cut_at_a_word(data):
    """The line stays a line."""
    table = data["tables"]["leaks"]
    table["message"] = ["word " * 100] * len(table["message"])
    assert "word word ..." in counts_line(data)
    assert len(counts_line(data)) < 300
