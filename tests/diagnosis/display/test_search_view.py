"""What HTML and Markdown show of a search."""

import pytest

from sklearn_lossfix.diagnosis.display._report_view import Limits
from sklearn_lossfix.diagnosis.display._search_view import (
    drawable_candidates,
    least_loss_of,
    shown_candidates,
    threshold_class,
    threshold_marks,
)
from sklearn_lossfix.diagnosis.display._view import View

LIMITS = Limits(rows=20, label=40, text=600, code=2_000)
TIGHT = Limits(rows=2, label=10, text=40, code=80)


def test_the_gap_is_shown_whole_and_in_order(of_search):
    """Every quantity stands there, with its value and its interval."""
    table = of_search["tables"]["gap"]
    gap = View(of_search, LIMITS).search["gap"]
    assert [row[0] for row in gap["rows"]] == table["quantity"]
    for row, value, low in zip(gap["rows"], table["value"], table["low"], strict=True):
        assert float(row[1]) == pytest.approx(value, rel=0.01) if value is not None else True
        assert (row[2] != "") == (low is not None)


def test_candidates_come_best_first(search):
    """The table is in the order of the metric, and says which one was chosen."""
    part = View(search, LIMITS).search["parts"][0]
    table = search["tables"]["candidates"]
    metric = [float(row[1]) for row in part["table"]["rows"]]
    assert metric == sorted(metric, reverse=True)
    chosen = [row[0] for row in part["table"]["rows"] if row[-1] == "chosen"]
    assert chosen == [table["params"][table["chosen"].index(True)]]
    assert "Showing" not in part["table"]["note"]


@pytest.mark.parametrize("limits", [LIMITS, TIGHT])
def test_many_candidates_are_capped_with_both_choices(many_candidates, limits):
    """However few are shown, the chosen one and that of the least log loss are among them."""
    part = View(many_candidates, limits).search["parts"][0]["table"]
    names = [row[0][:4] for row in part["rows"]]
    assert len(names) == limits.rows
    assert {"1200", "0000"} <= set(names)
    assert part["note"].startswith(f"Showing {limits.rows} of 2,000 candidates")
    assert part["note"].endswith("All: report.frame('candidates')")


def test_the_picture_shows_the_candidates_of_the_table(many_candidates):
    """Picture and table are the same rows."""
    part = View(many_candidates, LIMITS).search["parts"][0]
    points = [shape for shape in part["picture"]["shapes"] if shape["kind"] == "rect"]
    assert len(points) == len(part["table"]["rows"]) == 20


def test_failed_candidates_come_last():
    """A metric that is not known is below all others, and below none."""
    table = {
        "metric": [None, -0.5, 0.3, 0.3],
        "log_loss": [None, 0.2, None, 0.4],
        "chosen": [False, False, True, False],
    }
    assert shown_candidates(table, 4) == [2, 3, 1, 0]
    assert shown_candidates(table, 2) == [2, 1]
    assert least_loss_of(table) == 1
    assert drawable_candidates(table) == [1, 3]
    assert least_loss_of({"log_loss": [None, None]}) is None


def test_without_any_log_loss_there_is_no_picture(search):
    """The table stays."""
    table = search["tables"]["candidates"]
    table["log_loss"] = [None] * len(table["log_loss"])
    part = View(search, LIMITS).search["parts"][0]
    assert part["picture"] is None
    assert len(part["table"]["rows"]) == len(table["metric"])


def test_marks_and_class_are_those_of_the_context(search):
    """Thresholds that are not known, or not finite, are not marked."""
    facts = search["context"]["search"]
    assert threshold_marks(search) == {
        "chosen": facts["chosen_threshold"],
        "default": facts["default_threshold"],
    }
    assert threshold_class(search) == facts["class"]
    facts["chosen_threshold"] = facts["class"] = None
    assert threshold_marks(search) == {"default": 0.5}
    assert threshold_class(search) == search["context"]["pos_label"]
    del search["context"]["search"]
    assert threshold_marks(search) == {}


def test_points_of_the_curve_are_thinned(search):
    """The table shows as many points as fit, and says so."""
    table = View(search, LIMITS).search["parts"][1]["table"]
    assert 2 < len(table["rows"]) <= 20
    assert "Showing one of 3 points" in table["note"]


def test_tables_of_a_search_stand_in_one_place(of_search):
    """What the part on the search shows is not shown again among the other tables."""
    captions = [table["caption"] for table in View(of_search, LIMITS).other_tables]
    assert not {"Gap", "Candidates", "Threshold curve"} & set(captions)


def test_other_reports_have_no_search(binary):
    """No search, no part on it."""
    assert View(binary, LIMITS).search is None
    assert "candidates" not in View(binary, LIMITS).contents


def test_a_file_says_that_it_holds_candidates(of_search):
    """Whoever sends a report knows that the parameters travel with it."""
    assert "parameters and scores of the candidates" in View(of_search, LIMITS).contents
    calls = [call for _, call in View(of_search, LIMITS).recipes["rows"]]
    assert "report.plot('candidates')" in calls
    has_curve = "threshold_curve" in of_search["tables"]
    assert ("report.plot('threshold')" in calls) == has_curve
