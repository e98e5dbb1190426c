"""What a report on folds shows: folds, linked rows, every check, and no words of models."""

import re

import pytest

from sklearn_lossfix.diagnosis.display._render import (
    LIMITS,
    MAX_BYTES,
    render_html,
    render_markdown,
)
from sklearn_lossfix.diagnosis.display._split_view import SplitView

ROOMY = LIMITS[0]
OF_MODELS = (
    *("Ledgers", "Where the loss comes from", "Reliability", "Classes", "Which rows moved"),
    *("labels of the classes", "effect that matters", "power 80 %", "None)", ">None<", "| None |"),
)


def parts_of(view):
    """Parts by heading."""
    return {part["heading"]: part for part in view.split["parts"]}


@pytest.mark.parametrize("render", [render_html, render_markdown])
def test_nothing_of_a_model_is_said(of_folds, clean_folds, render):
    """Neither sections that folds do not have, nor words, nor a bare None."""
    for data in (of_folds, clean_folds):
        text = render(data)
        for words in OF_MODELS:
            assert words not in text


def test_every_check_stands_in_exactly_one_place(folds):
    """Found ones in a finding, the others passed or unchecked; each finding once, too."""
    view = SplitView(folds, ROOMY)
    table = folds["tables"]["leaks"]
    found = [c for c, f in zip(table["check"], table["found"], strict=True) if f == "yes"]
    rows = [row["name"] for row in [*view.passed, *view.unchecked]]
    assert sorted(found + rows) == sorted(table["check"])
    anchors = [row["anchor"] for row in [*view.passed, *view.unchecked]]
    anchors += [item["name"] for section in ("issue", "tip") for item in view.findings(section)]
    assert {finding["name"] for finding in folds["findings"]} <= set(anchors)
    assert len(anchors) == len(set(anchors))


def test_reasons_are_shown(folds):
    """What could not tell, what did not apply and what was not asked for, each with why."""
    cells = {row["name"]: row["cells"] for row in SplitView(folds, ROOMY).unchecked}
    assert cells["near_duplicates"] == [
        *("could not tell", "leaked-rows", "could not tell: rows lie dense."),
    ]
    assert cells["time_overlap"] == ["not applicable", "time-overlap", "No times were given."]


def test_findings_say_how_bad_and_what_to_do(folds):
    """Severity first, advice last; neither a second time as evidence."""
    (copies, _) = SplitView(folds, ROOMY).findings("issue")
    rows = copies["facts"]["rows"]
    assert rows[0] == ["severity", "critical"]
    assert rows[-1] == ["what to do", "Use on_leak='group'."]
    assert ["share expected by chance", "0.1%"] in rows
    assert not {"severity", "fix"} & {row[0] for row in copies["evidence"]["rows"]}


def test_parts_follow_what_is_there(folds, clean_folds):
    """Without linked rows there is no map, without an effect no table of it."""
    assert list(parts_of(SplitView(folds, ROOMY))) == [
        *("Leaked test rows per fold", "Linked rows across folds"),
        *("What the leak is worth to the model", "All checks"),
    ]
    clean = parts_of(SplitView(clean_folds, ROOMY))
    assert list(clean) == ["Leaked test rows per fold", "All checks"]
    assert clean["Leaked test rows per fold"]["picture"] is None


def test_folds_show_their_counts(folds):
    """One row per fold, with the counts of every check that counts."""
    table = parts_of(SplitView(folds, ROOMY))["Leaked test rows per fold"]["table"]
    assert table["columns"] == [
        *("fold", "training rows", "test rows", "exact_duplicates", "group_overlap"),
    ]
    assert table["rows"][0] == ["0", "48", "12", "6", "0"]


def test_checks_show_shares_and_tests(folds):
    """Shares in percent, p-values in words, nothing where nothing is known."""
    table = parts_of(SplitView(folds, ROOMY))["All checks"]["table"]
    rows = {row[0]: row[1:] for row in table["rows"]}
    assert rows["exact_duplicates"] == [
        *("leaked-rows", "yes", "critical", "41.7%", "0.1%", "< 1e-9", ""),
    ]
    assert rows["time_overlap"] == ["time-overlap", "not applicable", "", "", "", "", ""]


def test_every_table_has_as_many_cells_as_columns(of_folds, clean_folds):
    """No table is ragged."""
    for data in (of_folds, clean_folds):
        view = SplitView(data, ROOMY)
        tables = [part["table"] for part in view.split["parts"]]
        tables += [*view.other_tables, view.headline_table, view.passed_table]
        tables += [view.unchecked_table, view.context, view.recipes]
        for table in tables:
            assert all(len(row) == len(table["columns"]) for row in table["rows"])


@pytest.mark.parametrize("limits", LIMITS)
def test_long_things_are_capped(many_folds, limits):
    """Folds, sizes, names and notes: as many as fit, with how many there are."""
    view = SplitView(many_folds, limits)
    table = parts_of(view)["Leaked test rows per fold"]["table"]
    assert len(table["rows"]) == limits.rows
    assert f"Showing {limits.rows} of 1,000 folds" in table["note"]
    assert len(view.notes) == limits.rows + 1
    checks = parts_of(view)["All checks"]["table"]["rows"]
    assert max(len(cell) for row in checks for cell in row) <= limits.label


@pytest.mark.parametrize("render", [render_html, render_markdown])
def test_a_thousand_folds_fit(many_folds, render):
    """The size of a page follows neither folds, nor sets, nor names of columns."""
    assert len(render(many_folds).encode()) <= MAX_BYTES


def test_row_numbers_are_told_where_they_are(folds):
    """Pairs of rows are a table of their own, and the sentence on contents says so."""
    assert SplitView(folds, ROOMY).other_tables == []
    assert "row numbers" not in SplitView(folds, ROOMY).contents
    pairs = {"check": ["a"], "fold": [0], "train_row": [1], "test_row": [2]}
    folds["tables"]["pairs"] = pairs
    view = SplitView(folds, ROOMY)
    (table,) = view.other_tables
    assert table["rows"] == [["a", "0", "1", "2"]]
    assert "row numbers as evidence" in view.contents


def test_pictures_can_be_drawn_again(folds, clean_folds):
    """The recipes name the pictures there are."""
    calls = [row[1] for row in SplitView(folds, ROOMY).recipes["rows"]]
    assert {"report.plot('folds')", "report.plot('components')"} <= set(calls)
    calls = [row[1] for row in SplitView(clean_folds, ROOMY).recipes["rows"]]
    assert "report.plot('components')" not in calls


def test_anchors_stand_in_the_page(folds):
    """A passed finding has its permalink, and so has every check beside it."""
    ids = re.findall(r'<tr id="(.*?)"', render_html(folds))
    assert {"group-overlap", "time-overlap", "near_duplicates", "target_encoding"} <= set(ids)
