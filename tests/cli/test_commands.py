"""The commands: a report on stdout and exit code 0, or one line on stderr and exit code 2."""

import gzip
import io
import json
import pickle

import numpy as np
import pandas as pd
import pytest
import skops.io
from sklearn.datasets import load_breast_cancer, load_iris, load_wine
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer

import sklearn_lossfix
from sklearn_lossfix import FitReport
from sklearn_lossfix.cli import _output, _run

FAST = ("--effort", "fast")


def identity(X):
    """A function that a model may hold, and that nobody trusts."""
    return X


def test_version(run):
    """The version is that of the package."""
    result = run("--version")
    assert result.exit_code == 0
    assert sklearn_lossfix.__version__ in result.stdout


@pytest.mark.parametrize("args", [[], ["--help"], ["-h"]])
def test_help_lists_the_commands(run, args):
    """Without a command there is help, and it is no error."""
    result = run(*args)
    assert result.exit_code == 0
    assert result.stderr == ""
    for name in ("demo", "diagnose", "history", "predictions"):
        assert name in result.stdout


@pytest.mark.parametrize("command", ["demo", "diagnose", "history", "predictions"])
def test_every_command_explains_itself_with_an_example(run, command):
    """Each help page ends with a command to copy."""
    result = run(command, "--help")
    assert result.exit_code == 0
    assert f"  sklearn-lossfix {command}" in result.stdout.partition("Example:")[2]


def test_demo(run, tmp_path, monkeypatch):
    """The demonstration prints what it does, the report, and where the HTML is."""
    monkeypatch.chdir(tmp_path)
    result = run("demo")
    assert result.exit_code == 0, result.stderr
    assert result.stderr == ""
    assert result.stdout.startswith("Data ")
    assert "Fit report: LogisticRegression" in result.stdout
    assert result.stdout.endswith("The same with pictures: lossfix-report.html\n")
    page = (tmp_path / "lossfix-report.html").read_text(encoding="utf-8")
    assert 10_000 < len(page) < 300_000


def test_demo_without_jinja2_prints_the_report_and_a_note(run, tmp_path, monkeypatch):
    """Only what was asked for by name is an error: the demonstration works without HTML."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(_output, "find_spec", lambda name: None)
    result = run("demo")
    assert result.exit_code == 0
    assert "Fit report" in result.stdout
    assert "HTML needs jinja2" in result.stderr
    assert list(tmp_path.iterdir()) == []


def test_diagnose_prints_nothing_but_the_report(run, csv):
    """Standard output is what `print(report)` shows."""
    result = run("diagnose", csv, "--target", "label", "--scoring", "balanced_accuracy")
    assert result.exit_code == 0, result.stderr
    assert result.stderr == ""
    assert result.stdout.startswith("Fit report: ")
    assert "Balanced accuracy" in result.stdout


def test_diagnose_writes_every_format(run, csv, tmp_path):
    """The files hold the printed report, and each is named on standard error."""
    files = {name: tmp_path / f"report.{name}" for name in ("html", "json", "md")}
    options = [part for name, path in files.items() for part in (f"--{name}", path)]
    result = run("diagnose", csv, "--target", "label", *FAST, *options)
    assert result.exit_code == 0, result.stderr
    report = FitReport.from_json(files["json"])
    assert report.verdict in result.stdout
    plain = report.verdict.partition(" (")[0].partition(" [")[0]  # brackets are escaped there
    assert plain in files["md"].read_text(encoding="utf-8")
    assert "</html>" in files["html"].read_text(encoding="utf-8")
    assert [line for line in result.stderr.splitlines() if "wrote" in line] == [
        f"Note: wrote {path}" for path in files.values()
    ]


def test_notes_go_to_standard_error(run, table, tmp_path):
    """Dropped rows and columns that were left out are notes, and no part of the report."""
    table.loc[3, "label"] = None
    table["empty"] = None
    table.to_csv(tmp_path / "t.csv", index=False)
    result = run("diagnose", tmp_path / "t.csv", "--target", "label", *FAST)
    assert result.exit_code == 0
    assert "Note: 1 of 120 rows were dropped: no value in 'label'." in result.stderr
    assert "Note: 'empty': left out: no value in any row." in result.stderr
    assert "Note" not in result.stdout


def test_runs_are_repeatable(run, csv):
    """The same command gives the same report; another seed holds out other rows."""
    args = ("diagnose", csv, "--target", "label", *FAST, "--model", "forest")
    first, again, other = run(*args), run(*args), run(*args, "--seed", 7)
    assert first.stdout == again.stdout
    assert first.stdout != other.stdout


def test_every_kind_of_file_gives_the_same_report(run, table, csv, tmp_path):
    """CSV, compressed CSV, TSV, Parquet and standard input are the same table."""
    table = pd.read_csv(csv)
    table.to_csv(tmp_path / "t.csv.gz", index=False)
    table.to_csv(tmp_path / "t.tsv", index=False, sep="\t")
    table.to_parquet(tmp_path / "t.parquet")
    args = ("--target", "label", *FAST)
    expected = run("diagnose", csv, *args).stdout
    for name in ("t.csv.gz", "t.tsv", "t.parquet"):
        assert run("diagnose", tmp_path / name, *args).stdout == expected
    assert run("diagnose", "-", *args, stdin=csv.read_bytes()).stdout == expected


@pytest.mark.parametrize("load", [load_iris, load_wine, load_breast_cancer])
def test_diagnose_on_real_data(run, tmp_path, load):
    """Data that ship with scikit-learn give a report."""
    bunch = load(as_frame=True)
    path = tmp_path / "data.parquet"
    bunch.frame.assign(target=bunch.target_names[bunch.target]).to_parquet(path)
    result = run("diagnose", path, "--target", "target", "--scoring", "balanced_accuracy")
    assert result.exit_code == 0, result.stderr
    assert bunch.target_names[0] in result.stdout or "Loss" in result.stdout
    assert f"{len(bunch.frame):,} rows out of fold" in result.stdout


@pytest.mark.parametrize("model", ["hgb", "tree", "knn", "nb", "svm", "sgd", "dummy", "mlp"])
def test_every_named_model_gives_a_report(run, csv, model):
    """Whatever the model gives, probabilities or margins, there is a report."""
    result = run("diagnose", csv, "--target", "label", "--model", model, *FAST)
    assert result.exit_code == 0, result.stderr
    assert result.stdout.startswith("Fit report: ")


def test_a_model_from_a_file(run, csv, fitted, tmp_path):
    """A fitted .skops model is judged on the file without being refitted."""
    path = tmp_path / "model.skops"
    skops.io.dump(fitted, path)
    result = run("diagnose", csv, "--target", "label", "--model", path, *FAST)
    assert result.exit_code == 0, result.stderr
    assert "120 rows" in result.stdout
    assert "the rows are taken as rows that this LogisticRegression has not learnt" in result.stderr


def test_trusted_types_and_pickles_need_their_flags(run, run_failing, csv, table, tmp_path):
    """With the flag, and only with it, a model that could run code is loaded."""
    model = make_pipeline(FunctionTransformer(identity), LogisticRegression())
    model.fit(table[["size", "weight"]], table["label"])
    archive, pickled = tmp_path / "m.skops", tmp_path / "m.pkl"
    skops.io.dump(model, archive)
    pickled.write_bytes(pickle.dumps(model))
    (name,) = skops.io.get_untrusted_types(file=archive)
    args = ("diagnose", csv, "--target", "label", *FAST, "--model")
    assert name in run_failing(*args, archive)
    assert "runs whatever code" in run_failing(*args, pickled)
    assert run(*args, archive, "--trust", name).exit_code == 0
    assert run(*args, pickled, "--allow-pickle").exit_code == 0


def test_predictions(run, forecast_csv):
    """A table of probabilities gives a report, and which column is which class is a note."""
    result = run("predictions", forecast_csv, "--target", "label", "--proba", "p_no", "p_yes")
    assert result.exit_code == 0, result.stderr
    assert result.stdout.startswith("Fit report: probabilities, 120 rows")
    assert "'p_yes' = 'yes'" in result.stderr


def test_predictions_are_the_same_from_one_column_or_two(run, forecast_csv, tmp_path):
    """One column of two classes says what both say, and options may come in any order."""
    outputs = [
        run("predictions", forecast_csv, "--target", "label", *proba).stdout.splitlines()
        for proba in (
            ("--proba", "p_no", "p_yes"),
            ("--proba", "p_yes", "--proba", "p_no"),
            ("--proba", "p_yes"),
            ("--proba", "p_no", "--positive", "no"),
            ("--proba", "p_no"),
            ("--proba", "p_no", "--positive", "yes"),
        )
    ]
    assert all(lines[:4] == outputs[0][:4] for lines in outputs)
    result = run("predictions", "--target", "label", "--proba", "p_no", "p_yes", forecast_csv)
    assert result.stdout.splitlines() == outputs[0]


def test_help_says_whose_probability_one_column_is(run):
    """The help has the whole rule: the name, else --positive, else the second class."""
    text = " ".join(run("predictions", "--help").stdout.split())
    assert "the class that its name is or ends with, else that of --positive, else the" in text
    assert "Positive class of the metric; also the class of one column whose name is none" in text


def test_predictions_write_files(run, forecast_csv, tmp_path):
    """The formats of `diagnose` are there for probabilities too."""
    path = tmp_path / "report.json"
    args = ("--target", "label", "--proba", "p_yes", "--json", path)
    assert run("predictions", forecast_csv, *args).exit_code == 0
    assert json.loads(path.read_text(encoding="utf-8"))["kind"] == "model"


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (["dignose"], "No such command 'dignose'"),
        (["diagnose"], "Missing argument 'FILE'"),
        (["diagnose", "CSV"], "Missing option '--target'"),
        (["diagnose", "CSV", "--target"], "'--target' requires an argument"),
        (["diagnose", "CSV", "--targt", "label"], "No such option"),
        (["diagnose", "nowhere.csv", "--target", "label"], "'nowhere.csv' does not exist"),
        (["diagnose", "CSV", "--target", "lable"], "no column 'lable'. Did you mean 'label'?"),
        (["diagnose", "CSV", "--target", "label", "--groups", "prson"], "mean 'person'?"),
        (["diagnose", "CSV", "--target", "label", "--weight", "wght"], "mean 'weight'?"),
        (["diagnose", "CSV", "--target", "label", "--drop", "color"], "mean 'colour'?"),
        (["diagnose", "CSV", "--target", "size"], "is continuous"),
        (["diagnose", "CSV", "--target", "label", "--model", "hbg"], "Did you mean 'hgb'"),
        (["diagnose", "CSV", "--target", "label", "--model", "m.skops"], "does not exist"),
        (["diagnose", "CSV", "--target", "label", "--model", "m.pkl"], "does not exist"),
        (["diagnose", "CSV", "--target", "label", "--scoring", "acuracy"], "mean 'accuracy'"),
        (["diagnose", "CSV", "--target", "label", "--positive", "maybe"], "no class 'maybe'"),
        (["diagnose", "CSV", "--target", "label", "--effort", "none"], "'fast', 'normal'"),
        (["diagnose", "CSV", "--target", "label", "--seed", "-1"], "not in the range"),
        (["diagnose", "CSV", "--target", "label", "--validation", "1.5"], "between 0 and 1"),
        (["diagnose", "CSV", "--target", "label", "--validation", "v.csv"], "does not exist"),
        (["diagnose", "CSV", "--target", "label", "--html", "no/r.html"], "folder 'no' does not"),
        (["diagnose", "CSV", "--target", "label", "--json", "."], "'.' is a folder"),
        (["diagnose", "CSV", "--target", "person", "--scoring", "f1"], "one positive class"),
        (["demo", "--html", "no/r.html"], "folder 'no' does not exist"),
        (["predictions", "CSV", "--target", "label"], "Missing option '--proba'"),
        (["predictions", "CSV", "--target", "label", "--proba", "szie"], "Did you mean 'size'?"),
        (["predictions", "CSV", "--target", "label", "--proba", "size"], "Expected probabilities"),
        (["predictions", "CSV", "--target", "label", "--proba", "colour"], "holds no numbers"),
        (["predictions", "FORECAST", "--target", "label", "--proba", "p_yes", "p_yes"], "sum to"),
        (
            ["predictions", "FORECAST", "--target", "label", "--proba", "p_no", "--scoring", "f0"],
            "f1",
        ),
        (["predictions", "nowhere.csv", "--target", "label", "--proba", "p"], "does not exist"),
        (["history"], "Missing argument 'FILE ...'"),
        (["history", "nowhere.csv"], "'nowhere.csv' does not exist"),
        (["history", "CSV"], "no curve whose name tells loss or metric"),
        (["history", "CSV", "--loss", "wieght"], "loss='wieght' is none of the curves"),
        (["history", "CSV", "--loss", "label"], "'label' holds '"),
        (["history", "CSV", "--loss", "size", "--rates", "3", "5"], "must sum to 1"),
        (["history", "CSV", "--loss", "size", "--n-val", "0"], "not in the range"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_wrong_use_is_one_line(
    run_failing, csv, forecast_csv, tmp_path, monkeypatch, args, message
):
    """Every mistake ends in exit code 2 and one line that says what to do."""
    monkeypatch.chdir(tmp_path)
    files = {"CSV": csv, "FORECAST": forecast_csv}
    assert message in run_failing(*(files.get(arg, arg) for arg in args))


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "is empty"),
        (b"x,label\n", "has no rows"),
        (b"x,label\n1,a\n2,a\n", "holds a single class, 'a'"),
        (b"x,label\n1,\n2,\n", "is empty in all 2 rows"),
        (b"x,label\n1,a\n2,b,c\n", "cannot be read as a table"),
        ("x,label\n1,ä\n".encode("latin-1"), "is no UTF-8 text"),
        (b"label\na\nb\na\nb\n", "no column is left to predict from"),
        (b"x,label\n1,a\n2,b\n3,a\n4,a\n", "class 'b' has a single row"),
        (b"\x00\x01\n\x02\n", "no column 'label'"),
    ],
)
def test_an_unusable_table_is_one_line(run_failing, tmp_path, content, message):
    """Every table that cannot be judged ends in exit code 2 and one line."""
    path = tmp_path / "t.csv"
    path.write_bytes(content)
    assert message in run_failing("diagnose", path, "--target", "label")


def test_a_damaged_archive_is_one_line(run_failing, tmp_path):
    """A download that broke off is no traceback."""
    path = tmp_path / "t.csv.gz"
    path.write_bytes(gzip.compress(b"x,label\n1,a\n2,b\n" * 50)[:-12])
    assert "cannot be read as a table" in run_failing("diagnose", path, "--target", "label")


def test_standard_input_that_is_empty_is_one_line(run_failing):
    """Nothing piped in is named as such."""
    assert "standard input is empty" in run_failing("diagnose", "-", "--target", "y", stdin=b"")


def test_held_out_rows_of_an_unknown_class_are_one_line(run_failing, csv, table, tmp_path):
    """A class that training never saw is named."""
    path = tmp_path / "v.csv"
    table.head(20).replace({"label": {"yes": "perhaps"}}).to_csv(path, index=False)
    line = run_failing("diagnose", csv, "--target", "label", "--validation", path)
    assert "'perhaps'" in line


def test_hostile_names_do_not_reach_the_terminal(run, run_failing, table, tmp_path):
    """Labels and columns that are escape sequences or markup are shown harmless."""
    evil = "\x1b[31m[bold]evil\x07"
    table = table.rename(columns={"colour": evil})
    table["label"] = table["label"].map({"yes": evil, "no": "no"})
    path = tmp_path / "t.csv"
    table.to_csv(path, index=False)
    result = run("diagnose", path, "--target", "label", *FAST, "--scoring", "f1")
    assert result.exit_code == 0, result.stderr
    line = run_failing("diagnose", path, "--target", "lbl")
    for text in (result.stdout, result.stderr, line):
        assert "\x1b" not in text
        assert "\x07" not in text


def test_a_defect_is_one_line(run_failing, csv, monkeypatch):
    """What nobody expected is one line that names it and how to see more."""

    def broken(*args, **kwargs):
        raise KeyError("column")

    monkeypatch.setattr(_run, "diagnose", broken)
    line = run_failing("diagnose", csv, "--target", "label")
    assert "internal error (KeyError: 'column'); --debug shows where" in line


def test_debug_shows_where_it_happened(run, csv):
    """With --debug the traceback comes before the line."""
    result = run("diagnose", csv, "--target", "person", "--scoring", "f1", "--debug")
    assert result.exit_code == 2
    assert "Traceback (most recent call last)" in result.stderr
    assert result.stderr.splitlines()[-1].startswith("Error: ")


def test_numbers_in_a_report_are_of_the_rows_in_the_file(run, tmp_path):
    """A file of many rows with a clear signal is judged better than the class shares."""
    rng = np.random.default_rng(1)
    x = rng.normal(size=300)
    buffer = io.StringIO()
    pd.DataFrame({"x": x, "y": (x > 0).astype(int)}).to_csv(buffer, index=False)
    result = run("diagnose", "-", "--target", "y", *FAST, stdin=buffer.getvalue())
    assert "225 training and 75 validation rows" in result.stdout
    assert "better than always forecasting the class shares" in result.stdout
