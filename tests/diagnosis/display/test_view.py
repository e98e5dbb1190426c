"""What a report shows: words, caps and the calls that give the rest."""

import copy

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sklearn_lossfix.diagnosis.display._view import (
    Limits,
    View,
    cut,
    interval,
    quantity,
    short_number,
)

LIMITS = Limits(rows=20, label=40, text=600, code=2_000)


@given(st.text(), st.integers(4, 50))
def test_cut_never_exceeds_its_width(text, width):
    """A short text stays as it is; a long one keeps its beginning and says that it was cut."""
    shown = cut(text, width)
    assert len(shown) <= width
    if len(text) <= width:
        assert shown == text
    else:
        assert shown == text[: width - 3] + "..."


@pytest.mark.parametrize(
    ("value", "unit", "text"),
    [
        (0.0123, "nats", "0.0123 nats"),
        (0.102, "points", "10.2 points"),
        (0.5, "share", "50.0%"),
        (0.87, "auc", "0.870 AUC"),
        (16.1, "ratio", "16.1 times"),
        (None, "nats", "n/a"),
        (2.5e-16, "", "2.5e-16"),
        (0.0, "nats", "0 nats"),
    ],
)
def test_quantities_carry_their_unit(value, unit, text):
    """Every unit is written as people say it, and an unknown number says so."""
    assert quantity(value, unit) == text


@pytest.mark.parametrize(
    ("ci", "unit", "text"),
    [
        ((0.01, 0.02), "nats", "[0.01, 0.02]"),
        ((0.01, 0.02), "points", "[1.0, 2.0]"),
        ([0.01, 0.02], "share", "[1.0, 2.0]%"),
        (None, "nats", ""),
        ([None, None], "nats", ""),
    ],
)
def test_intervals_use_the_scale_of_their_unit(ci, unit, text):
    """An interval can be compared with its estimate; an unknown one is left out."""
    assert interval(ci, unit) == text


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_no_number_is_rounded_to_zero(value):
    """Only zero is written as zero."""
    assert (float(short_number(value)) == 0) == (value == 0)


def test_ledger_tables_hold_the_terms_and_their_sum(data):
    """Each view has its own table; the numbers shown are those of the dictionary, rounded."""
    shown = [table for ledger in View(data, LIMITS).ledgers for table in ledger["tables"]]
    views = [
        (data[key]["total"], rows)
        for key in ("loss_ledger", "error_ledger")
        if data[key] is not None
        for rows in data[key]["views"].values()
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


def test_every_finding_stands_in_exactly_one_place(data):
    """Issues, tips, passed and unchecked together hold each finding once."""
    view = View(data, LIMITS)
    parts = [view.findings("issue"), view.findings("tip"), view.passed, view.unchecked]
    names = [item["name"] for part in parts for item in part]
    assert sorted(names) == sorted(finding["name"] for finding in data["findings"])


def test_unchecked_findings_have_a_reason(data):
    """What was not checked says why."""
    assert all(all(item["cells"]) for item in View(data, LIMITS).unchecked)


def test_every_table_has_as_many_cells_as_columns(data):
    """No table is ragged."""
    view = View(data, LIMITS)
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


def test_context_shows_versions_and_seed(data):
    """Software, seed and call stand in the report."""
    shown = dict(View(data, LIMITS).context["rows"])
    assert shown["random state"] == str(data["context"]["random_state"])
    for name, version in data["context"]["versions"].items():
        assert shown[name] == version
