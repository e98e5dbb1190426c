"""Files of a report are checked before the work, and written after it."""

import sys

import pytest

from sklearn_lossfix import FitReport, diagnose_predictions
from sklearn_lossfix.cli import _output
from sklearn_lossfix.cli._errors import InputError
from sklearn_lossfix.cli._output import can_write_html, check_outputs, write_outputs


@pytest.fixture
def report():
    """A small report."""
    return diagnose_predictions([0, 0, 1, 1] * 25, [0.1, 0.3, 0.6, 0.9] * 25)


def test_each_format_is_written(report, tmp_path, notes):
    """HTML, JSON and Markdown go to their files, each with a note; others are not touched."""
    outputs = {name: str(tmp_path / f"report.{name}") for name in ("html", "json", "md")}
    check_outputs(outputs)
    write_outputs(report, outputs, notes)
    assert "</html>" in (tmp_path / "report.html").read_text(encoding="utf-8")
    assert FitReport.from_json(tmp_path / "report.json").verdict == report.verdict
    assert report.verdict in (tmp_path / "report.md").read_text(encoding="utf-8")
    assert notes.lines == [f"wrote {path}" for path in outputs.values()]


def test_nothing_is_written_unasked(report, tmp_path, monkeypatch, notes):
    """Without a file name there is no file."""
    monkeypatch.chdir(tmp_path)
    outputs = dict.fromkeys(("html", "json", "md"))
    check_outputs(outputs)
    write_outputs(report, outputs, notes)
    assert list(tmp_path.iterdir()) == []
    assert notes.lines == []


@pytest.mark.parametrize(
    ("name", "message"),
    [("missing/report.json", "folder .* does not exist"), ("", "is a folder")],
)
def test_a_place_that_cannot_hold_the_file_is_refused(tmp_path, name, message):
    """A folder that is missing, or stands where the file should be, is found before the work."""
    with pytest.raises(InputError, match=message):
        check_outputs({"json": str(tmp_path / name)})


def test_a_place_without_permission_is_refused(tmp_path, monkeypatch):
    """A file that may not be written is found before the work."""
    monkeypatch.setattr(_output.os, "access", lambda path, mode: False)
    with pytest.raises(InputError, match="may not be written: permission denied"):
        check_outputs({"json": str(tmp_path / "report.json")})


def test_a_disk_that_fills_up_is_one_line(report, tmp_path, notes, monkeypatch):
    """What goes wrong while writing names the file and the reason."""

    def full(self, path):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(FitReport, "to_json", full)
    with pytest.raises(InputError, match="cannot be written: No space left on device"):
        write_outputs(report, {"json": str(tmp_path / "report.json")}, notes)


def test_a_missing_library_is_named_before_the_work(tmp_path, monkeypatch):
    """Without jinja2 there is no HTML: the error names the extra, JSON works all the same."""
    assert can_write_html()
    monkeypatch.setitem(sys.modules, "jinja2", None)
    monkeypatch.setattr(_output, "find_spec", lambda name: None)
    assert not can_write_html()
    with pytest.raises(InputError, match=r"sklearn-lossfix\[report\]"):
        check_outputs({"html": str(tmp_path / "report.html")})
    check_outputs({"json": str(tmp_path / "report.json")})
