"""Lines of the printed report."""

import re
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sklearn_lossfix import diagnose_predictions
from sklearn_lossfix.diagnosis._text import MAX_LINES, ledger_lines, printable, render_text


@pytest.fixture
def data(calibrated, sharpened):
    """Dictionary of a report with one issue; a test may change it."""
    y, proba = calibrated(600)
    return diagnose_predictions(y, sharpened(proba, 3.0)).to_dict()


@given(st.text())
def test_printable_text_has_no_control_characters(text):
    """Control characters are replaced one by one; what can be printed stays."""
    shown = printable(text)
    assert len(shown) == len(text)
    bad = ("Cc", "Cf", "Cs", "Zl", "Zp")
    for before, after in zip(text, shown, strict=True):
        assert after == ("?" if unicodedata.category(before) in bad else before)


def test_ledger_lines_show_total_and_rows_in_order():
    """One line per view, aligned on the equals sign, signs as they are, the last row's interval."""

    def row(name, value, low=None, high=None):
        return {"name": name, "value": value, "low": low, "high": high}

    ledger = {
        "total": 0.5,
        "views": {
            "ladder": [row("floor", 0.4), row("shape", -0.1), row("shift", 0.2, 0.1, 0.3)],
            "skill": [row("uncertainty", -0.6), row("rest", 1.1)],
        },
    }
    first, second = ledger_lines(ledger, "loss")
    assert first.endswith("0.5 = 0.4 floor - 0.1 shape + 0.2 shift [0.1, 0.3]")
    assert second.strip() == "= - 0.6 uncertainty + 1.1 rest" or second.strip().startswith("=")
    assert first.index("=") == second.index("=")


def test_the_text_names_everything(data):
    """Title, verdict, ledgers, the issue, and a count of the rest."""
    text = render_text(data)
    assert data["context"]["title"] in text
    assert data["verdict"] in text
    assert "miscalibration" in text
    assert "1 - accuracy" in text
    assert "  overconfident" in text
    assert f"Passed: {sum(f['section'] == 'passed' for f in data['findings'])}." in text
    assert (
        f"Not applicable: {sum(f['section'] == 'not_applicable' for f in data['findings'])}" in text
    )
    assert len(text.splitlines()) <= MAX_LINES


def test_a_clean_report_says_that_there_are_no_issues(calibrated):
    """No heading without entries."""
    text = repr(diagnose_predictions(*calibrated(600)))
    assert "Issues: none." in text
    assert "Ignored: 0." in text


def test_ignored_and_skipped_are_counted(calibrated):
    """What was not judged is told."""
    text = repr(diagnose_predictions(*calibrated(300), ignore="no-signal"))
    assert "Ignored: 1." in text
    assert re.search(r"Skipped: \d+ \(([a-z-]+, )*[a-z-]+, \.\.\.; more effort runs them\)", text)


def test_explained_issues_stand_under_their_cause(data):
    """They are indented and name the cause."""
    (issue,) = [f for f in data["findings"] if f["section"] == "issue"]
    data["findings"].insert(1, {**issue, "name": "no-signal", "explained_by": issue["name"]})
    lines = render_text(data).splitlines()
    at = next(k for k, line in enumerate(lines) if line.startswith("  overconfident"))
    assert lines[at + 1].startswith("    no-signal")
    assert "overconfident" in lines[at + 1]


def test_long_messages_are_cut_at_a_word(data):
    """The line ends in an ellipsis, and the words before it are whole."""
    (issue,) = [f for f in data["findings"] if f["section"] == "issue"]
    issue["message"] = "word " * 500
    (line,) = [line for line in render_text(data).splitlines() if "  overconfident" in line]
    assert line.endswith("word ...")
    assert set(line.split()) == {"overconfident", "word", "..."}
