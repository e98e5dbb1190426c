"""What any report shows: words, caps, findings and the calls that give the rest."""

import copy

import pytest

from sklearn_lossfix.diagnosis._words import cut
from sklearn_lossfix.diagnosis.display._report_view import Limits
from sklearn_lossfix.diagnosis.display._view import View

LIMITS = Limits(rows=20, label=40, text=600, code=2_000)


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
