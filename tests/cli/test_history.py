"""Training logs become the right call of the library."""

import json

import numpy as np
import pytest

from sklearn_lossfix import FitReport
from sklearn_lossfix.cli._errors import InputError
from sklearn_lossfix.cli._history import diagnose_log
from sklearn_lossfix.diagnosis._history import diagnose_history

OPTIONS = {
    "loss": None,
    "metric": None,
    "n_val": None,
    "n_classes": None,
    "rates": (),
    "batches": None,
}


@pytest.fixture
def curves():
    """A training that overfits."""
    epoch = np.arange(40)
    noise = np.random.default_rng(0).normal(0, 0.003, (2, 40))
    train = 0.1 + 0.6 * np.exp(-epoch / 5) + noise[0]
    val = train + 0.05 + 0.02 * np.maximum(epoch - 15, 0) + noise[1]
    return {"loss": train.tolist(), "val_loss": val.tolist()}


@pytest.fixture
def log(curves, tmp_path):
    """Its log as JSON."""
    path = tmp_path / "run.json"
    path.write_text(json.dumps(curves), encoding="utf-8")
    return path


def test_the_report_is_that_of_the_library(log, curves, notes):
    """A file gives the report of its curves, with what the options tell."""
    told = {"n_val": 500, "n_classes": 2}
    report = diagnose_log(
        notes, files=[str(log)], **{**OPTIONS, **told, "loss": "log_loss", "rates": (0.3, 0.7)}
    )
    expected = diagnose_history(
        curves, **told, loss="log_loss", class_rates=[0.3, 0.7], random_state=0
    )
    assert str(report) == str(expected)


def test_notes_that_the_report_cut_short_are_whole(log, notes):
    """What the report says in full is no note; what it says in part is one."""
    report = diagnose_log(notes, files=[str(log)], **OPTIONS)
    recorded = report.context["notes"]
    shown = " ".join(str(report).split())
    assert 0 < sum(note in shown for note in recorded) < len(recorded)
    assert notes.lines == [note for note in recorded if note not in shown]


def test_several_files_are_runs(log, curves, tmp_path, notes):
    """Each file is a run of the same training."""
    other = tmp_path / "other.json"
    other.write_text(json.dumps(curves), encoding="utf-8")
    report = diagnose_log(notes, files=[str(log), str(other)], **OPTIONS)
    assert "2 runs" in str(report)


def test_what_cannot_be_read_is_an_input_error(tmp_path, notes):
    """Neither a missing file nor a folder is a traceback."""
    for path in (tmp_path / "none.json", tmp_path):
        with pytest.raises(InputError):
            diagnose_log(notes, files=[str(path)], **OPTIONS)


def test_command(run, log, tmp_path):
    """The command prints the report and writes the formats asked for."""
    target = tmp_path / "report.json"
    result = run("history", log, "--n-val", 500, "--rates", 0.5, 0.5, "--json", target)
    assert result.exit_code == 0, result.stderr
    assert result.stdout.startswith("Fit report: ")
    assert "overfit-turning-point" in result.stdout
    assert f"Note: wrote {target}" in result.stderr
    assert FitReport.from_json(target).kind == "history"
