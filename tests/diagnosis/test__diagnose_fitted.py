"""Reports of fitted objects of this package, behind their ``diagnose`` method."""

import pytest
from sklearn.base import clone
from sklearn.linear_model import LogisticRegression


@pytest.fixture(scope="module")
def searched_model(recorded_search, table):
    """A fitted search of this package's kind."""
    return recorded_search(LogisticRegression(), {"C": [1e-3, 0.1, 10.0]}).fit(*table(300))


@pytest.mark.parametrize("handed_in", [False, True])
def test_a_search_hands_in_what_it_recorded(searched_model, table, handed_in):
    """With held-out rows and without, its report has the tables and the findings of a search."""
    rows = table(200, seed=1) if handed_in else (None, None)
    report = searched_model.diagnose(*rows)
    assert report.kind == "model"
    assert {"gap", "candidates", "threshold_curve"} <= set(report.tables)
    assert report.headline[0]["value"] == searched_model.search_.honest
    sections = {report[slug].section for slug in ("search-at-edge", "selection-optimism")}
    assert "not_applicable" not in sections
    assert report.context["search"]["chosen_threshold"] == searched_model.decision_rule_.threshold
    assert report.context["source"] == ("validation" if handed_in else "out-of-fold")
    assert len(repr(report).splitlines()) <= 25


def test_a_search_that_recorded_nothing_is_judged_like_any_model(searched_model, table):
    """Without evidence the report is an ordinary one of the rows that were handed in."""
    silent = clone(searched_model).set_params(store=False)
    vars(silent).update({k: v for k, v in vars(searched_model).items() if k.endswith("_")})
    report = silent.diagnose(*table(200, seed=1))
    assert "gap" not in report.tables
    assert "search" not in report.context
    assert report.headline[0]["label"] == "Loss"
    for slug in ("search-at-edge", "selection-optimism"):
        assert report[slug].message == "No search was handed in."
