"""What a report on data shows: columns instead of ledgers, and no words of models."""

import copy
import re

import pytest

from sklearn_lossfix.diagnosis.display._data_view import DataView
from sklearn_lossfix.diagnosis.display._render import LIMITS, render_html, render_markdown

ROOMY = LIMITS[0]

# Headings of what only a model has, and words that only reports on models use.
OF_MODELS = (
    *("Ledgers", "Where the loss comes from", "Reliability", "Classes", "Which rows moved"),
    *("How the loss is spread", "prove about each other", "log_loss", "labels of the classes"),
    *("effect that matters", "power 80 %", "None)", ">None<", "| None |", "decision rule"),
)


@pytest.mark.parametrize("render", [render_html, render_markdown])
def test_nothing_of_a_model_is_said(of_data, render):
    """Neither sections that data do not have, nor words, nor a bare None."""
    text = render(of_data)
    for words in OF_MODELS:
        assert words not in text


@pytest.mark.parametrize("render", [render_html, render_markdown])
def test_columns_limits_and_action_are_told(columns, render):
    """The section on columns holds the rule, the action and a row for every column."""
    text = render(columns)
    assert "Limits: the median and 5 scales on either side." in text
    assert "beyond them: it is scaled like the others." in text
    for name in columns["tables"]["columns"]["column"]:
        assert re.search(rf"(\| |>){name}( \||<)", text)


def test_cells_say_what_is_open_and_what_is_not_known(columns):
    """An open limit is open, an unknown number is n/a, shares are in percent, counts are whole."""
    table, _ = DataView(columns, ROOMY).columns["tables"]
    rows = {row[0]: dict(zip(table["columns"], row, strict=True)) for row in table["rows"]}
    assert rows["open"]["lower limit"] == rows["open"]["upper limit"] == "open"
    assert rows["open"]["below"] == "n/a"
    assert rows["gone"]["median"] == rows["gone"]["lower limit"] == "n/a"
    assert rows["gone"]["missing"] == "1,200"
    assert rows["fixed"]["constant"] == "yes"
    assert rows["zeros"]["equal to median"].endswith("%")


def test_both_sides_of_a_double_mad_are_shown(columns):
    """Where there is a scale below the median, the other one is called that above."""
    table = columns["tables"]["columns"]
    table["mad_low"], table["scale_low"] = table["mad"], table["scale"]
    shown, _ = DataView(columns, ROOMY).columns["tables"]
    assert {"MAD below", "MAD above", "scale below", "scale above"} <= set(shown["columns"])


def test_quantities_that_no_column_has_are_left_out(made_reports):
    """Without scales there is no column of scales, without extremes none of extremes."""
    table, quantiles = DataView(made_reports["clean columns"], ROOMY).columns["tables"]
    assert not {"scale", "scale from"} & set(table["columns"])
    assert quantiles["columns"] == ["column", "25 %", "75 %"]


def test_quantiles_need_something_to_show(made_reports):
    """Of a few rows no quantile travels, and the table is left out."""
    data = copy.deepcopy(made_reports["clean columns"])
    for key in ("q25", "q75"):
        data["tables"]["columns"][key] = [None] * 3
    (table,) = DataView(data, ROOMY).columns["tables"]
    assert table["caption"] == "Columns"


@pytest.mark.parametrize("limits", LIMITS)
def test_columns_are_capped_worst_first(many_columns, limits):
    """As many as fit, with how many there are and the call that gives all."""
    view = DataView(many_columns, limits)
    for table in view.columns["tables"]:
        assert len(table["rows"]) == limits.rows
        assert table["note"] == (
            f"Showing {limits.rows} of 300 columns, those with most values beyond their limits. "
            f"All: report.frame('columns')"
        )
        assert all(len(row[0]) <= limits.label for row in table["rows"])


def test_every_table_has_as_many_cells_as_columns(of_data):
    """No table is ragged."""
    view = DataView(of_data, ROOMY)
    tables = [
        *view.columns["tables"],
        *view.other_tables,
        view.headline_table,
        view.passed_table,
        view.unchecked_table,
        view.context,
        view.recipes,
    ]
    for table in tables:
        assert all(len(row) == len(table["columns"]) for row in table["rows"])


def test_every_finding_stands_in_exactly_one_place(of_data):
    """Tips, passed and unchecked together hold each finding once."""
    view = DataView(of_data, ROOMY)
    parts = [view.findings("issue"), view.findings("tip"), view.passed, view.unchecked]
    names = [item["name"] for part in parts for item in part]
    assert sorted(names) == sorted(finding["name"] for finding in of_data["findings"])


def test_contents_follow_what_is_held(columns, full_columns):
    """The sentence on what the file holds is true with and without values of single rows."""
    shy, asked = (DataView(data, ROOMY).contents for data in (columns, full_columns))
    assert "It holds no smallest or largest value" in shy
    assert "values of single rows, kept because include_values=True asked for them" in asked


def test_notes_are_shown_and_capped(columns):
    """A transformer with a note per column does not make the page grow."""
    view = DataView(columns, ROOMY)
    assert len(view.notes) == 3
    columns["context"]["notes"] = [f"Note {k}." for k in range(500)]
    assert view.notes[-1] == "And 480 more: report.context['notes']."
    assert len(view.notes) == ROOMY.rows + 1


def test_facts_of_findings_are_named_for_data(columns):
    """A count is a number of columns, a share the largest one, its limit a limit."""
    facts = {
        item["name"]: [row[0] for row in item["facts"]["rows"]]
        for item in DataView(columns, ROOMY).findings("tip")
    }
    assert facts["constant-feature"] == ["number of columns"]
    assert facts["tied-feature"] == ["largest share", "limit"]


def test_other_tables_are_shown_as_they_are(columns):
    """A table that is not known here is not lost."""
    columns["tables"]["more"] = {"a": [1.0], "b": ["x"]}
    (table,) = DataView(columns, ROOMY).other_tables
    assert table["caption"] == "More"
    assert table["rows"] == [["1", "x"]]
