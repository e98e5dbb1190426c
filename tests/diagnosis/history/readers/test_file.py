"""Files: CSV and TSV tables, JSON and JSON lines."""

import json

import pytest

from sklearn_lossfix.diagnosis.history._read import read_histories
from sklearn_lossfix.diagnosis.history.readers.file import columns_of_text


def test_columns_of_text():
    """The separator is found, the index that pandas writes is dropped, short rows are filled."""
    assert columns_of_text(";loss;name\n0;0,5;a\n1;0,4\n\n") == {
        "loss": ["0,5", "0,4"],
        "name": ["a", None],
    }
    assert columns_of_text("epoch\tloss\n1\t0.5\n") == {"epoch": [1.0], "loss": [0.5]}


@pytest.mark.parametrize("as_path", [str, lambda path: path], ids=["str", "Path"])
def test_csv_by_path(as_path, tmp_path):
    """A path may be text or an object; its name is the source."""
    path = tmp_path / "run.csv"
    path.write_text("\ufeffepoch,loss,val_acc\n1,0.7,0.5\n2,0.6,0.6\n", encoding="utf-8")
    (history,) = read_histories(as_path(path))
    assert history.source == "the table run.csv"
    assert history.loss["train"].tolist() == [0.7, 0.6]
    assert history.metrics["accuracy"]["validation"].tolist() == [0.5, 0.6]


def test_json_lines(tmp_path):
    """A line for each step, as many trainers log."""
    path = tmp_path / "log.jsonl"
    rows = [{"step": 10 * step, "loss": 1 / step} for step in (1, 2, 3)]
    path.write_text("\n".join(map(json.dumps, rows)) + "\n", encoding="utf-8")
    (history,) = read_histories(path)
    assert history.steps.tolist() == [10, 20, 30]
    assert history.loss["train"].tolist() == [1, 1 / 2, 1 / 3]


def test_json_of_several_runs(tmp_path):
    """A file may hold the runs of several seeds by name."""
    path = tmp_path / "seeds.json"
    run = {"loss": [0.7, 0.6], "val_loss": [0.8, 0.7]}
    path.write_text(json.dumps({"seed 1": run, "seed 2": run}), encoding="utf-8")
    assert [history.name for history in read_histories(path)] == ["seed 1", "seed 2"]


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("a.parquet", b"x", "no kind of log that is known here"),
        ("a.csv", b"", "is empty"),
        ("a.csv", b"\xff\xfe", "is no UTF-8 text"),
        ("a.json", b"{", "is no JSON"),
        ("a.json", b"[]", "a.json' is empty. Expected a list of losses"),
        ("a.csv", b"loss,loss\n1,2", "more than one column called 'loss'"),
        ("a.csv", b"epoch,loss\n1,0.5,7", "Line 2 of the table has 3 cells and the header 2"),
        ("a.csv", b"epoch,loss\n1,high", "'loss' holds 'high' at position 0"),
        ("a.csv", b"epoch,loss\n", "is empty. Expected at least one step"),
    ],
)
def test_files_that_cannot_be_read(name, content, message, tmp_path):
    """Each way of not being a log is named."""
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(ValueError, match=message):
        read_histories(path)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            json.dumps({"loss": [0.7, 0.6]}),
            r"looks like what a file holds.*Pass json.loads\(text\)",
        ),
        (json.dumps([{"loss": 0.7}] * 1000), r"Pass json.loads\(text\)"),
        ("epoch,loss\n1,0.7\n2,0.6\n", "looks like what a file holds"),
        ("x" * 5000 + ".csv", "is no path of a file|does not exist"),
    ],
)
def test_content_is_no_path(text, message):
    """What a file holds, passed as text, is told from a path; so is what is too long for one."""
    with pytest.raises((ValueError, FileNotFoundError), match=message):
        read_histories(text)


def test_tensorboard_is_told_which_column_is_the_loss(tmp_path):
    """The loss that the error suggests is not the time, and taking the advice works."""
    path = tmp_path / "run.csv"
    path.write_text("Wall time,Step,Value\n1.5,0,0.7\n2.5,1,0.6\n", encoding="utf-8")
    with pytest.raises(ValueError, match='loss="Value"'):
        read_histories(path)
    (history,) = read_histories(path, loss="Value")
    assert history.loss["train"].tolist() == [0.7, 0.6]


def test_no_such_file(tmp_path):
    """A file that is not there, and a folder, are no histories."""
    with pytest.raises(FileNotFoundError, match=r"does not exist. Expected .csv"):
        read_histories(tmp_path / "run.csv")
    with pytest.raises(ValueError, match="is a folder"):
        read_histories(tmp_path)


@pytest.mark.parametrize("content", [3, "abc", [1, 2, [3]], {"epochs": {"lr": 0.1}}])
def test_json_without_a_history_is_a_wrong_value(content, tmp_path):
    """What a file holds is no argument of a wrong type; the error names the file."""
    path = tmp_path / "settings.json"
    path.write_text(json.dumps(content), encoding="utf-8")
    with pytest.raises(ValueError, match=r"settings\.json' holds no training history: .*Expected"):
        read_histories(path)
