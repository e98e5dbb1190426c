"""Reports of kind "split": built from evidence, and sent on like any other."""

import copy
import json
import pickle
from importlib import resources

import numpy as np
import pytest
from jsonschema import Draft202012Validator
from sklearn.model_selection import KFold

from sklearn_lossfix import FitReport
from sklearn_lossfix._core._finding import SECTIONS, SLUGS
from sklearn_lossfix.diagnosis._split_report import build_split_report
from sklearn_lossfix.model_selection._audit import audit_split, read_split_data
from sklearn_lossfix.model_selection.leakage._order import LEAKAGE_CHECKS
from sklearn_lossfix.model_selection.leakage._split_data import LeakageOptions
from sklearn_lossfix.model_selection.leakage.group_overlap import GroupOverlap

HOSTILE = ["<script>alert(1)</script>", "a|b\n| --- |\n# x", "\x1b[31mred\x07", "\ud800", "$\\f{$"]


@pytest.fixture(scope="module")
def report(leaky_split):
    """A report on folds with leaks of all sorts; no test changes it."""
    return build_split_report(leaky_split())


def without_origin(data):
    """A dictionary without the note that it was read from a file."""
    context = {k: v for k, v in data["context"].items() if k != "read_from_file"}
    return {**data, "context": context}


def test_every_registered_check_speaks_once(report):
    """In one finding and one row of the table; every finding has a known slug and section."""
    checks = [name for finding in report.findings for name in finding.checks]
    assert len(checks) == len(set(checks))
    assert {check.name for check in LEAKAGE_CHECKS} <= set(checks)
    assert sorted(report.frame("leaks")["check"]) == sorted(checks)
    assert {finding.name for finding in report.findings} <= set(SLUGS)
    assert {finding.section for finding in report.findings} <= set(SECTIONS)
    assert all(finding.message for finding in report.findings)


def test_it_is_a_report_without_a_model(report):
    """Ledgers, flips, bridges and curves belong to models."""
    assert report.kind == "split"
    for name in ("loss_ledger", "brier_ledger", "error_ledger", "flips", "bridges", "reliability"):
        assert getattr(report, name) is None
    assert [f.name for f in report.issues] == ["leaked-rows", "leaky-feature"]
    assert list(report.tables) == [
        *("leaks", "per_fold", "pairs", "components", "component_map", "effect"),
    ]


def test_context_says_what_was_judged(report):
    """Splitter, rows, columns, folds, level, notes and versions."""
    assert report.context["title"] == "KFold(n_splits=5), 60 rows, 30 columns, 5 folds"
    assert report.context["alpha"] == 0.001
    assert report.context["notes"] == ["A note on the folds."]
    assert report.context["versions"]["numpy"] == np.__version__


@pytest.mark.parametrize("n_groups", [5, 50])
def test_an_audit_becomes_a_report(n_groups):
    """What a real audit sees is reported with its own counts."""
    X = np.random.default_rng(0).normal(size=(50, 3))
    groups = np.arange(50) % n_groups
    data = read_split_data(X, KFold(5).split(X), LeakageOptions(), groups=groups)
    evidence = audit_split(data, [GroupOverlap()], splitter="KFold(n_splits=5)")
    report = build_split_report(evidence)
    finding = report["group-overlap"]
    assert finding.section == ("issue" if n_groups == 5 else "passed")
    assert report.frame("per_fold")["group_overlap"].sum() == (50 if n_groups == 5 else 0)
    assert finding.estimate == (1.0 if n_groups == 5 else 0.0)
    frame = report.frame("components")
    assert (frame["set_size"] * frame["n_sets"]).sum() == (50 if n_groups == 5 else 0)
    assert repr(FitReport.from_json(report.to_json())) == repr(report)


# --- travelling ------------------------------------------------------------------------------


@pytest.mark.parametrize("include_values", [False, True])
def test_report_comes_back_from_json(report, include_values):
    """Read back, it has the same numbers, pages and text."""
    text = report.to_json(include_values=include_values)
    back = FitReport.from_json(text)
    assert without_origin(back.to_dict(include_values=include_values)) == json.loads(text)
    assert repr(back) == repr(report)
    back.context.pop("read_from_file")
    assert back.to_html() == report.to_html()
    assert back.to_markdown() == report.to_markdown()


def test_reports_follow_the_schema(report, clean_split):
    """What is written is what the schema describes, with and without rows."""
    folder = resources.files("sklearn_lossfix.diagnosis") / "schema"
    schema = json.loads((folder / "report-1.schema.json").read_text(encoding="utf-8"))
    validator = Draft202012Validator(schema)
    for data in (
        report.to_dict(),
        report.to_dict(include_values=True),
        build_split_report(clean_split()).to_dict(),
        FitReport.from_json(report.to_json()).to_dict(),
    ):
        assert [error.message for error in validator.iter_errors(data)] == []


def test_row_numbers_travel_only_when_asked_for(report):
    """Pairs of rows stay unless asked for; in memory they are there."""
    assert "pairs" not in report.to_dict()["tables"]
    assert "test_row" not in report.to_json() + report.to_markdown() + report.to_html()
    assert report.frame("pairs")["test_row"].tolist() == [0, 1, 25]
    asked = report.to_dict(include_values=True)
    assert asked["tables"]["pairs"]["test_row"] == [0, 1, 25]
    assert ">test row<" in report.to_html(include_values=True)


def test_showing_changes_nothing(report):
    """Text, pages and pictures only read."""
    before = copy.deepcopy(report.to_dict(include_values=True))
    repr(report)
    report._repr_html_()
    report.plot()
    report.plot("components")
    assert report.to_dict(include_values=True) == before


def test_a_report_survives_pickling(report):
    """A pickled copy says the same."""
    copied = pickle.loads(pickle.dumps(report))
    assert copied.to_json(include_values=True) == report.to_json(include_values=True)


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_names_stay_text(split_evidence, leak_of, name):
    """Names of columns and splitters break neither page, table, terminal nor JSON."""
    leak = leak_of("target_copies", message=f"{name} tells y.", columns=(name,), fix=name)
    report = build_split_report(split_evidence([leak], splitter=name))
    assert "<script>" not in report.to_html()
    assert "<script>" not in report.to_markdown().replace("\\<", "")
    lines = report.to_markdown().splitlines()
    assert not any(line.startswith("# x") for line in lines)
    assert all(line.isprintable() for line in repr(report).splitlines())
    assert len(repr(report).splitlines()) <= 25
    assert FitReport.from_json(report.to_json())["leaky-feature"].evidence["columns"] == [name]


def test_text_fits_a_screen(report, split_evidence, leak_of):
    """At most 25 lines, also where every check found something with endless words."""
    checks = ("exact_duplicates", "group_overlap", "target_copies", "fitted_on_all_rows")
    leaks = [leak_of(name, message="word " * 500, fix="fix " * 500) for name in checks]
    for one in (report, build_split_report(split_evidence(leaks))):
        lines = repr(one).splitlines()
        assert len(lines) <= 25
        assert max(map(len, lines)) <= 400
    assert repr(report).startswith("Fit report: KFold(n_splits=5), 60 rows, 30 columns, 5 folds")
