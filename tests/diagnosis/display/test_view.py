"""What a report shows: words, caps and the calls that give the rest."""

import copy

import pytest

from sklearn_lossfix.diagnosis._words import cut
from sklearn_lossfix.diagnosis.display._view import Limits, View

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


def test_long_labels_are_cut_wherever_they_stand(many_classes):
    """No label is shown beyond its width, in no cell, sentence or headline."""
    label = many_classes["context"]["classes"][0]
    view = View(many_classes, LIMITS)
    text = view.words(f"Class {label!r} is always answered.")
    assert text == f"Class '{cut(label, 40)}' is always answered."
    assert all(len(line["text"]) < 200 for line in view.headline)


def test_lists_are_capped_with_their_length(binary):
    """A long list of evidence shows its first items and how many there are."""
    view = View(binary, LIMITS)
    assert view.value_text(list(range(28))).endswith("19 (showing 20 of 28)")
    assert view.value_text({str(k): k for k in range(28)}).endswith("19: 19 (showing 20 of 28)")
    assert view.value_text([]) == view.value_text({}) == "none"
    assert (view.value_text(None), view.value_text(True), view.value_text(False)) == (
        "n/a",
        "yes",
        "no",
    )


def test_shortened_sentences_name_the_call_that_gives_them(binary):
    """What was left out of a message, of code or of evidence can be had by the call beside it."""
    finding = copy.deepcopy(binary["findings"][0])
    finding["message"] = "long " * 1_000
    finding["remedy"] = {
        "changes": "much",
        "params": {},
        "code": "x = 1\n" * 1_000,
        "expected_gain": [0.1, 0.01, 0.08, 0.12],
        "unit": "points",
        "n_fits": 1,
        "proven": True,
    }
    binary["findings"] = [finding]
    (shown,) = View(binary, LIMITS).findings("issue")
    call = f"report['{finding['name']}']"
    assert shown["message"].endswith(f"(shortened; {call}.message gives all)")
    assert shown["remedy"]["code"].endswith(f"# shortened; {call}.remedy.code gives all")
    assert len(shown["message"]) < 700
    assert len(shown["remedy"]["code"]) < 2_100


@pytest.mark.parametrize(
    ("gain", "proven", "status", "gained"),
    [
        (
            [0.02, 0.005, 0.01, 0.03],
            True,
            "proven",
            "gain 0.02 nats [0.01, 0.03] on rows it did not learn from",
        ),
        (
            [0.02, 0.02, -0.02, 0.06],
            False,
            "not proven",
            "gain 0.02 nats [-0.02, 0.06] on rows it did not learn from; "
            "the interval does not exclude zero",
        ),
        (None, False, "not proven", "its gain was not measured"),
    ],
)
def test_remedies_say_whether_they_are_proven(binary, gain, proven, status, gained):
    """A gain stands with its interval, and with the word that the interval allows."""
    finding = binary["findings"][0]
    finding["remedy"] = {
        "changes": "this",
        "params": {},
        "code": "pass",
        "expected_gain": gain,
        "unit": "nats",
        "n_fits": 0,
        "proven": proven,
    }
    remedy = View(binary, LIMITS).findings(finding["section"])[0]["remedy"]
    assert (remedy["status"], remedy["gained"]) == (status, gained)
    assert remedy["cost"] == "Costs no further fit of your estimator."


def test_every_finding_stands_in_exactly_one_place(model):
    """Issues, tips, passed and unchecked together hold each finding once."""
    view = View(model, LIMITS)
    parts = [view.findings("issue"), view.findings("tip"), view.passed, view.unchecked]
    names = [item["name"] for part in parts for item in part]
    assert sorted(names) == sorted(finding["name"] for finding in model["findings"])


def test_unchecked_findings_have_a_reason(model):
    """What was not checked says why."""
    assert all(all(item["cells"]) for item in View(model, LIMITS).unchecked)


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


def test_contents_name_row_numbers_only_where_they_are(binary):
    """The line on what the file holds follows what the file holds."""
    finding = binary["findings"][0]
    finding["rows"] = None
    assert "numbers of the rows behind a finding" not in View(binary, LIMITS).contents
    finding["rows"] = [1, 2]
    assert "numbers of the rows behind a finding" in View(binary, LIMITS).contents
    assert "rows that cost most" not in View(binary, LIMITS).contents
    binary["tables"]["hardest_rows"] = {"row": [3, 4, 5], "loss": [3.0, 2.0, 1.0]}
    assert "for the 3 rows that cost most" in View(binary, LIMITS).contents


def test_context_shows_versions_and_seed(model):
    """Software, seed and call stand in the report."""
    shown = dict(View(model, LIMITS).context["rows"])
    assert shown["random state"] == str(model["context"]["random_state"])
    for name, version in model["context"]["versions"].items():
        assert shown[name] == version
