"""What HTML and Markdown show of treatments of imbalance."""

import re

import pytest

from sklearn_lossfix.diagnosis.display._render import MAX_BYTES, render_html, render_markdown
from sklearn_lossfix.diagnosis.display._report_view import Limits
from sklearn_lossfix.diagnosis.display._treatment_view import (
    TREATMENT_TABLES,
    drawable_treatments,
    shown_classes,
    shown_treatments,
)
from sklearn_lossfix.diagnosis.display._view import View

LIMITS = Limits(rows=20, label=40, text=600, code=2_000)
TIGHT = Limits(rows=2, label=10, text=40, code=80)


def parts_of(data, limits=LIMITS):
    """Parts by their headings."""
    return {part["heading"]: part for part in View(data, limits).treatments["parts"]}


def test_treatments_stand_in_the_order_of_simplicity(of_treatments):
    """The table keeps the order, marks the chosen one, and shows the numbers rounded."""
    part = parts_of(of_treatments)["All treatments"]["table"]
    table = of_treatments["tables"]["treatments"]
    assert [row[1] == "chosen" for row in part["rows"]] == table["chosen"]
    for key, heading in (("metric", "metric"), ("brier", "Brier score"), ("log_loss", "log loss")):
        column = part["columns"].index(heading)
        shown = [float(row[column]) for row in part["rows"]]
        assert shown == pytest.approx(table[key], rel=0.01)
    assert "Showing" not in part["note"]


def test_classes_show_recall_and_precision_of_both(of_treatments):
    """Four rates a class; a rate that does not exist says so."""
    table = of_treatments["tables"]["treatment_classes"]
    table["precision_before"][1] = None
    rows = parts_of(of_treatments)["What the choice did to each class"]["table"]["rows"]
    keys = ("recall_before", "recall_after", "precision_before", "precision_after")
    for k, row in enumerate(rows):
        expected = ["n/a" if table[key][k] is None else f"{table[key][k]:.3f}" for key in keys]
        assert row[3:] == expected
    assert rows[1][5] == "n/a"


@pytest.mark.parametrize("limits", [LIMITS, TIGHT])
def test_many_are_capped_with_the_call_that_gives_all(many_treatments, limits):
    """The chosen treatment and the classes that changed most are among those that are shown."""
    parts = parts_of(many_treatments, limits)
    shown = parts["All treatments"]["table"]
    assert len(shown["rows"]) == limits.rows
    assert [row[0][:3] for row in shown["rows"] if row[1] == "chosen"] == ["120"]
    assert shown["rows"][0][0][:3] == "000"
    assert shown["note"].endswith("All: report.frame('treatments')")
    classes = parts["What the choice did to each class"]["table"]
    names = [row[0][:3] for row in classes["rows"]]
    assert names == [f"{k:03d}" for k in range(200 - limits.rows, 200)]
    assert classes["note"].endswith("All: report.frame('treatment_classes')")


def test_reports_stay_small_and_escaped(many_treatments, of_treatments):
    """Long and hostile names of treatments and classes neither flood nor break a page."""
    for data in (many_treatments, of_treatments):
        text = render_html(data)
        assert len(text.encode()) <= MAX_BYTES
        assert "<script" not in text
        assert "<b>" not in text
        assert not re.search(r"<(b|script)>", render_markdown(data).replace("\\<", ""))


def test_a_hostile_class_is_shown_as_text(made_reports):
    """The class called <script> is read in the page, and is no element of it."""
    text = render_html(made_reports["treatments of three classes"])
    assert "<script" not in text
    assert text.count("&lt;script&gt;") >= 4


def test_skipped_treatments_have_a_part_only_where_there_are_some(two_class_treatments):
    """The text counts them, the part names each with its reason."""
    rows = parts_of(two_class_treatments)["Skipped"]["table"]["rows"]
    assert dict(rows) == two_class_treatments["context"]["treatments"]["skipped"]
    assert View(two_class_treatments, LIMITS).treatments["text"].endswith("Skipped: 2.")
    two_class_treatments["tables"]["skipped_treatments"] = {"treatment": [], "reason": []}
    assert "Skipped" not in parts_of(two_class_treatments)
    assert View(two_class_treatments, LIMITS).treatments["text"].endswith("Skipped: none.")


def test_parts_follow_what_was_recorded(two_class_treatments):
    """Without rows only the treatments are shown; without a Brier score without a picture."""
    tables = two_class_treatments["tables"]
    del tables["treatment_classes"], tables["probability_quality"]
    tables["treatments"]["brier"] = [None] * len(tables["treatments"]["brier"])
    parts = parts_of(two_class_treatments)
    assert set(parts) == {"All treatments", "Skipped"}
    assert parts["All treatments"]["picture"] is None


@pytest.mark.parametrize(
    ("select", "words"),
    [("one_se", "the simplest one within one standard error"), ("best", "the one with the gr")],
)
def test_the_text_says_how_was_chosen(two_class_treatments, select, words):
    """In words, with the metric."""
    two_class_treatments["context"]["treatments"]["select"] = select
    text = View(two_class_treatments, LIMITS).treatments["text"]
    assert words in text
    assert "judged by balanced accuracy out of fold" in text


def test_tables_of_treatments_stand_in_one_place(of_treatments):
    """They are not shown again among other tables; gap and threshold keep their part."""
    view = View(of_treatments, LIMITS)
    captions = {table["caption"] for table in view.other_tables}
    assert not {name.replace("_", " ").capitalize() for name in TREATMENT_TABLES} & captions
    assert view.search["heading"] == "The choice among treatments"
    headings = [part["heading"] for part in view.search["parts"]]
    assert headings == ["Threshold"] * ("threshold_curve" in of_treatments["tables"])


def test_files_say_that_they_hold_treatments(of_treatments, search):
    """Whoever sends a report knows what travels, and how each picture is drawn again."""
    view = View(of_treatments, LIMITS)
    assert "names, rules and scores of treatments" in view.contents
    calls = [call for _, call in view.recipes["rows"]]
    assert {"report.plot('treatments')", "report.plot('treatment_classes')"} <= set(calls)
    other = View(search, LIMITS)
    assert other.treatments is None
    assert other.search["heading"] == "The search"
    assert "treatments" not in other.contents


def test_what_is_drawn_and_shown():
    """Unknown metrics come last; no number takes a treatment from the picture."""
    table = {
        "metric": [0.1, None, 0.3, 0.2],
        "brier": [None, 0.2, 0.1, 0.3],
        "chosen": [False, False, False, True],
    }
    assert drawable_treatments(table) == [2, 3]
    assert shown_treatments(table, 2) == [0, 3]
    assert shown_treatments(table, 3) == [0, 2, 3]
    assert shown_treatments(table, 9) == [0, 1, 2, 3]
    classes = {"recall_before": [0.5, None, 0.9], "recall_after": [0.4, 0.9, 0.3]}
    assert shown_classes(classes, 1) == [2]
    assert shown_classes(classes, 2) == [0, 2]
