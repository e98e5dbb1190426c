"""What HTML and Markdown show of a history."""

import numpy as np
import pytest

from sklearn_lossfix._core._history import History
from sklearn_lossfix.diagnosis._history_report import build_history_report
from sklearn_lossfix.diagnosis.display._history_view import HistoryView
from sklearn_lossfix.diagnosis.display._render import LIMITS

STEPS = np.arange(1.0, 61.0)
NOISE = np.random.default_rng(0).normal(0, 0.003, 60)
LOSS = 0.3 + 0.4 * np.exp(-STEPS / 8) + 0.004 * np.maximum(STEPS - 20, 0) + NOISE


@pytest.fixture(scope="module")
def report():
    """An overfitted run with a metric."""
    made = History(STEPS, {"validation": LOSS}, {"f1": {"validation": 1 - LOSS}}, source="a test")
    return build_history_report([made])


def test_parts_are_curves_then_tables(report):
    """Loss and metric have pictures; best steps, courses and windows are tables."""
    parts = HistoryView(report.to_dict(), LIMITS[0]).history["parts"]
    assert [part["heading"] for part in parts] == [
        *("Loss", "F1", "Best steps", "Loss and metric", "Where on the curve"),
    ]
    assert [part["picture"] is not None for part in parts] == [True, True, False, False, False]


def test_html_and_markdown_hold_the_curves(report):
    """Both name the section, the finding and what to do; HTML draws one picture a quantity."""
    html, markdown = report.to_html(), report.to_markdown()
    assert html.count("<svg") == 2
    assert 'id="overfit-turning-point"' in html
    for text in (html, markdown):
        assert "Curves" in text
        assert "what to do" in text
        assert "Keep the model of epoch" in text
    assert "## Curves" in markdown


def test_the_file_tells_what_it_holds_and_how_to_get_it(report):
    """No rows, and calls that give each number again."""
    view = HistoryView(report.to_dict(), LIMITS[0])
    assert "no row of any data" in view.contents
    calls = " ".join(call for _, call in view.recipes["rows"])
    assert "report.plot('history')" in calls
    assert "flip_table(y, shares" not in calls


def test_explained_issues_name_their_cause():
    """An explained issue shows its cause among its numbers."""
    swing = 0.4 + 0.2 * np.exp(-STEPS / 20) + 0.1 * (-1.0) ** STEPS + NOISE
    report = build_history_report([History(STEPS, {"train": swing})])
    view = HistoryView(report.to_dict(), LIMITS[0])
    facts = {item["name"]: item["facts"]["rows"] for item in view.findings("issue")}
    assert ["explained by", "learning-rate-too-high"] in facts["loss-oscillating"]
