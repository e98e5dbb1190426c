"""Reports of kind "data": built from evidence, and sent on like any other."""

import copy
import json
import pickle
from importlib import resources

import numpy as np
import pytest
from jsonschema import Draft202012Validator

from sklearn_lossfix import FitReport
from sklearn_lossfix._core._finding import SECTIONS
from sklearn_lossfix.diagnosis._data_report import build_data_report
from sklearn_lossfix.diagnosis._run_checks import known_slugs
from sklearn_lossfix.diagnosis.checks import BUILTIN_CHECKS

SLUGS = known_slugs(BUILTIN_CHECKS, "data")


def matrix():
    """Rows with everything in them: tails, gaps, ties, a constant, an empty column."""
    rng = np.random.default_rng(0)
    X = rng.standard_cauchy(size=(1_500, 5))
    X[:700, 1] = np.nan
    X[:, 2] = 1.0
    X[:, 3] = np.nan
    X[:900, 4] = 0.0
    return X


@pytest.fixture(scope="module")
def report(column_evidence):
    """A report on all of it; no test changes it."""
    return build_data_report(column_evidence(matrix(), notes=("A note.",)))


def without_origin(data):
    """A dictionary without the note that it was read from a file."""
    context = {k: v for k, v in data["context"].items() if k != "read_from_file"}
    return {**data, "context": context}


def test_every_check_of_data_speaks_once_and_no_other(report):
    """Each slug stands in exactly one section, with a message and never as an issue."""
    assert sorted(finding.name for finding in report.findings) == sorted(SLUGS)
    assert {finding.section for finding in report.findings} <= set(SECTIONS) - {"issue"}
    assert all(finding.message for finding in report.findings)
    assert len(SLUGS) == 5


def test_it_is_a_report_without_a_model(report):
    """Ledgers, flips, bridges and curves belong to models."""
    assert report.kind == "data"
    for name in ("loss_ledger", "brier_ledger", "error_ledger", "flips", "bridges", "reliability"):
        assert getattr(report, name) is None
    assert report.issues == []
    assert list(report.tables) == ["columns"]


def test_context_says_how_the_numbers_came_about(report):
    """Transformer, rows, rule, action, notes and versions."""
    assert report.context["title"] == "Scaler, 1,500 rows, 5 columns"
    assert report.context["rule"] == "the median and 5 scales on either side"
    assert report.context["action"] == "it is scaled like the others"
    assert report.context["notes"] == ["A note."]
    assert report.context["versions"]["numpy"] == np.__version__


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"rank_error": 0.0025}, "off by at most 0.0025 of the rows"),
        ({"n_profiled": 200}, "those of 200 evenly spaced rows of 1,500"),
    ],
)
def test_what_is_not_exact_is_noted(column_evidence, fields, words):
    """A sketch and a sample of rows are told in words."""
    (note,) = build_data_report(column_evidence(matrix(), **fields)).context["notes"]
    assert words in note


def test_ignored_checks_are_named(column_evidence):
    """What is ignored stands there as ignored; names of models are refused."""
    report = build_data_report(column_evidence(matrix()), ignore="tied-feature")
    assert report["tied-feature"].section == "ignored"
    with pytest.raises(ValueError, match="'no-signal'"):
        build_data_report(column_evidence(matrix()), ignore=["no-signal"])


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


def test_reports_follow_the_schema(report):
    """What is written is what the schema describes, with and without values of rows."""
    folder = resources.files("sklearn_lossfix.diagnosis") / "schema"
    schema = json.loads((folder / "report-1.schema.json").read_text(encoding="utf-8"))
    validator = Draft202012Validator(schema)
    for data in (
        report.to_dict(),
        report.to_dict(include_values=True),
        FitReport.from_json(report.to_json()).to_dict(),
    ):
        assert [error.message for error in validator.iter_errors(data)] == []


def test_values_of_single_rows_travel_only_when_asked_for(report):
    """No page, file or text holds a smallest or largest value unless asked; memory does."""
    table = report.frame("columns")
    values = [repr(abs(value)) for key in ("minimum", "maximum") for value in table[key][:2]]
    shy = (report.to_json(), report.to_html(), report.to_markdown(), repr(report))
    assert not any(value in text for text in shy for value in values)
    assert not any(word in text for text in shy for word in ('"minimum"', ">smallest<"))
    assert all(value in report.to_json(include_values=True) for value in values)
    assert ">smallest<" in report.to_html(include_values=True)
    assert report.plot().get_legend_handles_labels()[1].count("smallest to largest") == 1


def test_quantiles_of_few_rows_stay(column_evidence):
    """Of a hundred rows the outer quantiles are next to single rows, the quartiles are not."""
    report = build_data_report(column_evidence(matrix()[:100, :1]))
    table = report.to_dict()["tables"]["columns"]
    assert table["q01"] == table["q99"] == [None]
    assert table["q25"] == report.to_dict(include_values=True)["tables"]["columns"]["q25"]


def test_frames_hold_the_columns(report):
    """One row per column, and the findings beside."""
    frame = report.frame("columns")
    assert frame["column"].tolist() == [f"x{j}" for j in range(5)]
    assert report.tables["columns"].equals(frame)
    assert len(report.frame()) == len(SLUGS)


def test_showing_changes_nothing(report):
    """Text, pages and pictures only read."""
    before = copy.deepcopy(report.to_dict(include_values=True))
    repr(report)
    report._repr_html_()
    report.plot()
    assert report.to_dict(include_values=True) == before


def test_a_report_survives_pickling(report):
    """A pickled copy says the same."""
    copied = pickle.loads(pickle.dumps(report))
    assert copied.to_json(include_values=True) == report.to_json(include_values=True)


def test_ten_thousand_columns_with_long_names_fit(column_evidence):
    """The size of the pages follows neither the number of columns nor the length of names."""
    n_columns = 10_000
    X = np.random.default_rng(0).standard_cauchy(size=(20, 2))
    X[:12, 0] = 0.0
    one = column_evidence(X)
    columns = {key: values * (n_columns // 2) for key, values in one.columns.items()}
    columns["column"] = [f"{j}{'<&|' * 100}" for j in range(n_columns)]
    report = build_data_report(column_evidence(X, columns=columns))
    html = report.to_html()
    assert len(html.encode()) < 300_000
    assert "Showing 20 of 10,000 columns" in html
    assert len(report.to_markdown().encode()) < 300_000
    assert len(report._repr_html_().encode()) < 300_000
    assert len(repr(report).splitlines()) <= 25
    assert len(report["tied-feature"].evidence["columns"]) == n_columns // 2
