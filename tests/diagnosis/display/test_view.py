"""What a report on a model shows: ledgers, classes and their tables."""

import pytest

from sklearn_lossfix.diagnosis.display._report_view import Limits
from sklearn_lossfix.diagnosis.display._view import View

LIMITS = Limits(rows=20, label=40, text=600, code=2_000)


def test_ledger_tables_hold_the_terms_and_their_sum(model):
    """Each view has its own table; the numbers shown are those of the dictionary, rounded."""
    shown = [table for ledger in View(model, LIMITS).ledgers for table in ledger["tables"]]
    views = [
        (model[key]["total"], rows)
        for key in ("loss_ledger", "error_ledger")
        if model[key] is not None
        for rows in model[key]["views"].values()
    ]
    assert len(shown) == len(views) > 0
    for table, (total, rows) in zip(shown, views, strict=True):
        assert all(len(row) == len(table["columns"]) for row in table["rows"])
        assert [row[0] for row in table["rows"]] == [*(row["name"] for row in rows), "total"]
        values = [float(row[1]) for row in table["rows"]]
        assert values == pytest.approx([*(row["value"] for row in rows), total], abs=5.1e-4)


def test_brier_score_stands_beside_the_log_loss(binary):
    """Every term of the loss shows its Brier score, and the total shows the Brier score itself."""
    table = View(binary, LIMITS).ledgers[0]["tables"][0]
    column = table["columns"].index("Brier score")
    values = [float(row[column]) for row in table["rows"]]
    brier = binary["brier_ledger"]
    expected = [row["value"] for row in brier["views"]["ladder"]] + [brier["total"]]
    assert values == pytest.approx(expected, abs=5.1e-4)


def test_classes_are_capped_with_the_call_that_gives_all(many_classes):
    """Of a hundred classes the twenty with most of the loss are shown, in their own order."""
    classes = View(many_classes, LIMITS).classes
    table = many_classes["tables"]["classes"]
    heaviest = sorted(range(100), key=lambda k: -table["loss_share"][k])[:20]
    assert [row[0][:3] for row in classes["table"]["rows"]] == [
        table["label"][k][:3] for k in sorted(heaviest)
    ]
    assert classes["table"]["note"] == (
        "Showing 20 of 100 classes, those with most of the loss. All: report.frame('classes')"
    )


def test_every_table_has_as_many_cells_as_columns(model):
    """No table is ragged."""
    view = View(model, LIMITS)
    tables = [
        view.context,
        view.recipes,
        view.headline_table,
        view.passed_table,
        view.unchecked_table,
        *view.other_tables,
        *(part["table"] for part in (view.flips, view.reliability, view.classes) if part),
        *([view.bridges] if view.bridges else []),
        *(view.concentration["tables"] if view.concentration else []),
        *([view.search["gap"]] if view.search else []),
        *([part["table"] for part in view.search["parts"]] if view.search else []),
        *([part["table"] for part in view.treatments["parts"]] if view.treatments else []),
    ]
    for table in tables:
        assert all(len(row) == len(table["columns"]) for row in table["rows"])
