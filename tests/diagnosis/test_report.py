"""FitReport: one dictionary behind text, JSON, HTML, Markdown, frames and pictures."""

import copy
import json
import pickle
import unicodedata
from importlib import resources

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator
from sklearn.linear_model import LogisticRegression, RidgeClassifier
from sklearn.naive_bayes import GaussianNB

from sklearn_lossfix import FitReport, diagnose, diagnose_predictions
from sklearn_lossfix._core._finding import SECTIONS

# Lines of `print(report)`: what fits on a screen beside the call that made it.
MAX_LINES = 25


def calibrated():
    """A clean report on two classes."""
    rng = np.random.default_rng(0)
    proba = rng.random(400)
    return diagnose_predictions(rng.random(400) < proba, proba, random_state=0)


def overconfident():
    """A naive Bayes model that counts every feature five times, judged on validation rows."""
    rng = np.random.default_rng(0)
    X = rng.normal(size=(600, 3))
    y = np.where(X.sum(axis=1) + rng.normal(size=600) > 1.0, "yes", "no")
    X = np.tile(X, 5)
    model = GaussianNB().fit(X[:300], y[:300])
    return diagnose(model, X[:300], y[:300], X_val=X[300:], y_val=y[300:], random_state=0)


def many_classes():
    """Sixty classes, some of which occur once."""
    rng = np.random.default_rng(0)
    codes = np.concatenate([np.arange(60), rng.integers(0, 60, 300)])
    return diagnose_predictions(codes, rng.dirichlet(np.ones(60), len(codes)), random_state=0)


def weighted_groups():
    """Weights and groups, and a metric of one class."""
    rng = np.random.default_rng(0)
    proba = rng.random(200)
    return diagnose_predictions(
        rng.random(200) < proba,
        proba**3,
        sample_weight=rng.random(200),
        groups=np.repeat(np.arange(40), 5),
        scoring="f1",
        random_state=0,
    )


def without_probabilities():
    """Labels and margins only."""
    rng = np.random.default_rng(0)
    X = rng.normal(size=(200, 2))
    y = X[:, 0] > 0
    model = RidgeClassifier().fit(X[:100], y[:100])
    return diagnose(
        model, X[:100], y[:100], X_val=X[100:], y_val=y[100:], effort="fast", random_state=0
    )


def out_of_fold():
    """A pipeline's last step alone, judged out of fold, one finding ignored."""
    rng = np.random.default_rng(0)
    X = rng.normal(size=(150, 2))
    y = rng.integers(0, 3, 150)
    return diagnose(LogisticRegression(), X, y, ignore=["no-signal"], random_state=0)


MADE = (
    calibrated,
    overconfident,
    many_classes,
    weighted_groups,
    without_probabilities,
    out_of_fold,
)


@pytest.fixture(scope="module")
def of_a_search(search_report, candidates):
    """A search that ended at the edge, with a curve and an issue of its own."""
    y, probas, params = candidates(n_rows=600, n_candidates=5)
    axes = {"C": tuple(p["C"] for p in params)}
    return search_report(y, probas, params, axes=axes, classes=["no", "yes"])


@pytest.fixture(scope="module")
def of_treatments(treatment_report, treatments):
    """A choice among treatments of two classes, one of them with a name that is markup."""
    return treatment_report(*treatments(), classes=["<script>", "yes"], best=1, select="one_se")


@pytest.fixture(
    scope="module",
    params=[*MADE, "of_a_search", "of_treatments"],
    ids=lambda m: getattr(m, "__name__", m),
)
def report(request):
    """Each report in turn; no test changes it."""
    made = request.param
    return request.getfixturevalue(made) if isinstance(made, str) else made()


@pytest.fixture(scope="module")
def with_remedies():
    """The report that has remedies."""
    return overconfident()


@pytest.fixture(scope="module")
def schema():
    """The JSON Schema that the package holds."""
    folder = resources.files("sklearn_lossfix.diagnosis") / "schema"
    return json.loads((folder / "report-1.schema.json").read_text(encoding="utf-8"))


def without_origin(data):
    """A dictionary without the note that it was read from a file."""
    context = {k: v for k, v in data["context"].items() if k != "read_from_file"}
    return {**data, "context": context}


# --- JSON ------------------------------------------------------------------------------------


def test_json_holds_the_dictionary(report):
    """The JSON is strict and holds what ``to_dict`` gives."""

    def refuse(constant):
        raise AssertionError(f"{constant} is not JSON")

    assert json.loads(report.to_json(), parse_constant=refuse) == report.to_dict()


def test_report_comes_back_from_json(report):
    """Read back, it has the same numbers, pages and tables."""
    back = FitReport.from_json(report.to_json())
    assert back.context["read_from_file"] is True
    assert without_origin(back.to_dict()) == report.to_dict()
    assert [f.name for f in back.issues] == [f.name for f in report.issues]
    again = FitReport.from_dict(without_origin(back.to_dict()))
    assert again.to_markdown() == back.to_markdown()
    again.context.pop("read_from_file")
    assert again.to_html() == report.to_html()
    assert again.to_markdown() == report.to_markdown()


def test_text_comes_back_from_json(report):
    """Read back, it prints the same, but for the line on remedies that have no estimator now."""
    back = FitReport.from_json(report.to_json())
    before, after = repr(report).splitlines(), repr(back).splitlines()
    assert before[:-1] == after[:-1]
    assert "remedy.estimator" not in after[-1]


def test_reading_back_twice_changes_nothing_more(report):
    """The dictionary of a report that was read is a fixed point."""
    back = FitReport.from_json(report.to_json())
    assert FitReport.from_json(back.to_json()).to_dict() == back.to_dict()


def test_json_can_be_read_from_a_file(tmp_path, with_remedies):
    """What was written to a path is what is returned, and can be read by path or name."""
    path = tmp_path / "report.json"
    text = with_remedies.to_json(path)
    assert path.read_text(encoding="utf-8") == text
    for source in (path, str(path)):
        assert without_origin(FitReport.from_json(source).to_dict()) == with_remedies.to_dict()


def test_rows_travel_only_when_asked(with_remedies):
    """Without ``include_values`` only the number of rows is told; with it they come back."""
    name = next(f.name for f in with_remedies.findings if f.rows is not None)
    rows = with_remedies[name].rows
    for include, expected in ((False, None), (True, list(rows))):
        data = with_remedies.to_dict(include_values=include)
        (finding,) = [f for f in data["findings"] if f["name"] == name]
        assert finding["n_rows"] == len(rows)
        assert finding["rows"] == expected
    back = FitReport.from_json(with_remedies.to_json(include_values=True))
    assert back[name].rows.tolist() == list(rows)


def test_remedies_come_back_without_estimator(with_remedies):
    """Words, code and gain survive; the estimator cannot."""
    back = FitReport.from_json(with_remedies.to_json())
    remedies = [f.remedy for f in with_remedies.findings if f.remedy is not None]
    returned = [f.remedy for f in back.findings if f.remedy is not None]
    assert remedies
    assert len(returned) == len(remedies)
    for one, other in zip(remedies, returned, strict=True):
        assert other.estimator is None
        assert (other.changes, other.code, other.proven) == (one.changes, one.code, one.proven)
        assert tuple(other.expected_gain) == pytest.approx(tuple(one.expected_gain))


@pytest.mark.parametrize("text", ["{", '{"schema_version": 2}', "{}", "[1]"])
def test_other_json_is_refused(tmp_path, text):
    """What is no report, or of another version, is a ValueError that says so."""
    path = tmp_path / "other.json"
    path.write_text(text)
    with pytest.raises(ValueError, match="Expected a report"):
        FitReport.from_json(path)


# --- JSON Schema -----------------------------------------------------------------------------


def test_schema_is_valid(schema):
    """The schema is one of draft 2020-12, and every reference in it leads somewhere."""
    Draft202012Validator.check_schema(schema)
    references = set()

    def collect(value):
        if isinstance(value, dict):
            references.update([value["$ref"]] if "$ref" in value else [])
            value = list(value.values())
        if isinstance(value, list):
            for item in value:
                collect(item)

    collect(schema)
    assert references == {f"#/$defs/{name}" for name in schema["$defs"]}


def test_reports_follow_the_schema(report, schema):
    """What the package writes is what the schema describes."""
    validator = Draft202012Validator(schema)
    for data in (
        report.to_dict(),
        report.to_dict(include_values=True),
        FitReport.from_json(report.to_json()).to_dict(),
    ):
        assert [error.message for error in validator.iter_errors(data)] == []


def test_schema_describes_the_search_of_a_report(of_a_search, schema):
    """What the context says of a search has the types that the schema names."""
    validator = Draft202012Validator(schema)
    described = schema["properties"]["context"]["properties"]["search"]
    facts = of_a_search.to_dict()["context"]["search"]
    assert set(facts) <= set(described["properties"])
    for name in described["required"]:
        data = of_a_search.to_dict()
        del data["context"]["search"][name]
        assert not validator.is_valid(data)


def test_schema_describes_the_treatments_of_a_report(of_treatments, schema):
    """What the context says of treatments has the types that the schema names, and all of it."""
    validator = Draft202012Validator(schema)
    described = schema["properties"]["context"]["properties"]["treatments"]
    assert set(of_treatments.to_dict()["context"]["treatments"]) == set(described["properties"])
    for name in described["required"]:
        data = of_treatments.to_dict()
        del data["context"]["treatments"][name]
        assert not validator.is_valid(data)


@pytest.mark.parametrize(
    "path",
    [
        (),
        ("headline", 0),
        ("loss_ledger",),
        ("loss_ledger", "views", "ladder", 0),
        ("flips",),
        ("flips", "cells"),
        ("bridges",),
        ("bridges", "promised_vs_paid", "loss"),
        ("bridges", "fano"),
        ("bridges", "consistency"),
        ("findings", 0),
        ("findings", 0, "remedy"),
        ("reliability",),
    ],
)
def test_schema_refuses_missing_and_unknown_keys(with_remedies, schema, path):
    """Every object of fixed form is described completely: no key more, no key less."""
    validator = Draft202012Validator(schema)

    def changed(change):
        data = copy.deepcopy(with_remedies.to_dict())
        part = data
        for key in path:
            part = part[key]
        change(part)
        return data

    names = []
    assert validator.is_valid(changed(names.extend))
    assert names
    assert not validator.is_valid(changed(lambda part: part.update(unknown=1)))
    for name in names:
        assert not validator.is_valid(changed(lambda part, name=name: part.pop(name)))


def test_schema_knows_every_section(schema):
    """Sections of the schema are the sections of findings."""
    assert schema["$defs"]["finding"]["properties"]["section"]["enum"] == list(SECTIONS)


# --- searches --------------------------------------------------------------------------------


def test_the_honest_score_is_read_first(of_a_search):
    """Below the title: the honest score with its interval, and the apparent one beside it."""
    gap = of_a_search.frame("gap").set_index("quantity")
    line = repr(of_a_search).splitlines()[2]
    assert line.startswith("Honest score")
    honest, apparent = gap.loc["honest score"], gap.loc["apparent score"]
    shown = f"[{honest['low']:.3f}, {honest['high']:.3f}] balanced accuracy of the whole search"
    assert shown in line
    assert f"apparent {apparent['value']:.3g}, best of 5 candidates" in line
    assert line.index(f"{honest['value']:.3g}") < line.index("apparent")


def test_a_search_reads_the_same_from_a_file(of_a_search):
    """Tables, pictures and pages of a search need no search any more."""
    back = FitReport.from_json(of_a_search.to_json())
    for name in ("gap", "candidates", "threshold_curve"):
        assert back.frame(name).equals(of_a_search.frame(name))
    assert repr(back).splitlines()[:-1] == repr(of_a_search).splitlines()[:-1]
    for kind in ("threshold", "candidates"):
        one, other = of_a_search.plot(kind), back.plot(kind)
        assert [line.get_xydata().tolist() for line in one.lines] == [
            line.get_xydata().tolist() for line in other.lines
        ]


def test_treatments_read_the_same_from_a_file(of_treatments):
    """The line on the choice follows the honest score; tables and pictures need no estimator."""
    shown = repr(of_treatments).splitlines()[2:4]
    assert [line.split("  ")[0] for line in shown] == ["Honest score", "Treatment"]
    back = FitReport.from_json(of_treatments.to_json())
    assert repr(back).splitlines()[:-1] == repr(of_treatments).splitlines()[:-1]
    for name in ("treatments", "skipped_treatments", "treatment_classes", "probability_quality"):
        assert back.frame(name).equals(of_treatments.frame(name))
    for kind in ("treatments", "treatment_classes"):
        one, other = of_treatments.plot(kind), back.plot(kind)
        assert [text.get_text() for text in one.texts] == [text.get_text() for text in other.texts]


def test_a_report_of_a_search_survives_pickling(of_a_search):
    """It goes to another process and says the same there."""
    assert pickle.loads(pickle.dumps(of_a_search)).to_dict() == of_a_search.to_dict()


# --- text ------------------------------------------------------------------------------------


def test_text_fits_a_screen(report):
    """At most 25 lines; verdict, totals and the names of all issues that fit are in it."""
    text = repr(report)
    assert str(report) == text
    assert len(text.splitlines()) <= MAX_LINES
    assert report.verdict in text
    for finding in report.issues:
        assert finding.name in text


def test_text_of_many_issues_fits_a_screen(with_remedies):
    """What does not fit is counted, with the call that shows it."""
    data = with_remedies.to_dict()
    data["findings"] = [f for f in data["findings"] if f["section"] == "issue"][:1] * 40
    lines = repr(FitReport.from_dict(data)).splitlines()
    assert len(lines) <= MAX_LINES
    shown = sum(line.startswith(f"  {data['findings'][0]['name']}") for line in lines)
    assert f"  and {40 - shown} more: report.frame('issue')" in lines


HOSTILE = st.one_of(
    st.sampled_from(
        [
            "</script><img src=x onerror=alert(1)>",
            "\x1b[2J\x1b[31m",
            "\u202egnp.exe",
            "a\r\nb\x0bc\x85d\u2028e",
            "|`\\",
            "x" * 5_000,
            "\ud800",
        ]
    ),
    st.text(max_size=30),
)


def poisoned(value, text):
    """A dictionary whose every free string has `text` before it."""
    if isinstance(value, dict):
        return {
            key: item if key in ("section", "kind", "$schema", "cell") else poisoned(item, text)
            for key, item in value.items()
        }
    if isinstance(value, list):
        return [poisoned(item, text) for item in value]
    return f"{text}{value}" if isinstance(value, str) else value


@settings(max_examples=50)
@given(text=HOSTILE)
def test_hostile_strings_do_not_drive_the_terminal(with_remedies, text):
    """Whatever stands in labels, names and messages, the text has no control characters."""
    data = poisoned(with_remedies.to_dict(), text)
    printed = repr(FitReport.from_dict(data))
    assert len(printed.splitlines()) <= MAX_LINES
    categories = {unicodedata.category(char) for char in printed.replace("\n", "")}
    assert not categories & {"Cc", "Cf", "Cs", "Zl", "Zp"}


@settings(max_examples=50)
@given(text=HOSTILE)
def test_hostile_strings_survive_json(with_remedies, text):
    """JSON is plain ASCII and gives every string back as it was."""
    data = poisoned(with_remedies.to_dict(), text)
    written = FitReport.from_dict(data).to_json()
    assert written.isascii()
    assert without_origin(json.loads(written)) == data


@settings(max_examples=10)
@given(labels=st.lists(HOSTILE.filter(lambda s: not s.endswith("\0")), min_size=2, unique=True))
def test_hostile_labels_make_a_report(labels):
    """Class labels are data: any of them can be judged, printed, sent and shown."""
    labels = np.array(sorted(labels[:4]))
    codes = np.arange(20 * len(labels)) % len(labels)
    proba = np.random.default_rng(0).dirichlet(np.ones(len(labels)), len(codes))
    report = diagnose_predictions(labels[codes], proba, classes=labels, random_state=0)
    back = FitReport.from_json(report.to_json())
    assert back.tables["classes"]["label"].tolist() == labels.tolist()
    assert len(repr(report).splitlines()) <= MAX_LINES
    assert report.to_html().encode("utf-8")
    assert report.to_markdown().encode("utf-8")


def test_labels_that_are_no_text_make_a_frame():
    """Half of a surrogate pair is a string in Python, but none that every string type can hold."""
    labels = ["\ud800", "yes"]
    report = diagnose_predictions(labels * 20, [0.3, 0.6] * 20, classes=labels, random_state=0)
    frame = report.frame("classes")
    assert frame["label"].tolist() == labels
    assert frame["recall"].dtype == float


# --- parts -----------------------------------------------------------------------------------


def test_findings_are_found_by_name(report):
    """A finding can be had by its slug; an unknown one names those there are."""
    for finding in report.findings:
        assert report[finding.name] is finding
    with pytest.raises(KeyError, match=report.findings[0].name):
        report["no-such-finding"]


def test_frames_hold_all_findings_once(report):
    """The frames of the sections together are the frame of all findings."""
    everything = report.frame()
    assert everything["name"].is_unique
    assert len(everything) == len(report.findings)
    names = [name for section in SECTIONS for name in report.frame(section)["name"]]
    assert sorted(names) == sorted(everything["name"])


def test_frames_of_ledgers_sum_to_their_totals(report):
    """Each view of each ledger sums to the total."""
    for name in ("loss_ledger", "brier_ledger", "error_ledger"):
        ledger = getattr(report, name)
        if ledger is not None:
            sums = report.frame(name).groupby("view")["value"].sum()
            assert sums.to_numpy() == pytest.approx(ledger.total, abs=1e-10)


def test_frame_of_unknown_section_names_the_known_ones(report):
    """The error lists sections and tables of this report."""
    with pytest.raises(ValueError, match=r"'issue'.*'classes'.*'nothing'"):
        report.frame("nothing")


def test_tables_are_frames(report):
    """Each table is a DataFrame of its own; an unknown one is a KeyError that lists them."""
    for name in report.tables:
        assert report.tables[name].equals(report.frame(name))
    with pytest.raises(KeyError, match="classes"):
        report.tables["nothing"]


def test_pages_are_written_as_returned(tmp_path, with_remedies):
    """HTML and Markdown go to a path as they are returned, in UTF-8."""
    for write, name in (
        (with_remedies.to_html, "report.html"),
        (with_remedies.to_markdown, "report.md"),
    ):
        path = tmp_path / name
        assert write(path) == path.read_text(encoding="utf-8") == write()


def test_notebook_shows_a_fragment(with_remedies):
    """A notebook gets the report without a document around it."""
    shown = with_remedies._repr_html_()
    assert shown.startswith('<article class="lossfix-report">')
    assert "<html" not in shown


def test_report_is_not_changed_by_showing_it(report):
    """Text, pages and pictures only read."""
    before = copy.deepcopy(report.to_dict())
    repr(report)
    report.to_html()
    report.to_markdown()
    report.plot("ledger")
    report.plot("classes")
    assert report.to_dict() == before


def test_single_rows_travel_only_when_asked_for():
    """Row numbers and the table of the hardest rows leave the report only with include_values."""
    rng = np.random.default_rng(0)
    y = rng.integers(2, size=200)
    proba = np.where(y == 1, 0.9, 0.1)
    proba[:5] = 1 - y[:5]
    report = diagnose_predictions(y, proba)
    shy, open_ = report.to_dict(), report.to_dict(include_values=True)
    assert "hardest_rows" not in shy["tables"]
    assert all(finding["rows"] is None for finding in shy["findings"])
    assert open_["tables"]["hardest_rows"]["row"]
    assert any(finding["rows"] for finding in open_["findings"])


@pytest.mark.parametrize("n_classes", [2, 3])
def test_a_report_survives_pickling(n_classes):
    """A pickled copy says the same, before and after its reliability curve was worked out."""
    rng = np.random.default_rng(0)
    proba = rng.dirichlet(np.ones(n_classes), 200)
    report = diagnose_predictions(np.arange(200) % n_classes, proba)
    early = pickle.loads(pickle.dumps(report))
    assert early.to_json() == report.to_json()
    assert pickle.loads(pickle.dumps(report)).to_json() == report.to_json()
