"""Notes, warnings and progress go to standard error, and stay out of the way of a report."""

import io
import sys
import warnings

import pytest
from sklearn.exceptions import ConvergenceWarning

from sklearn_lossfix.cli._terminal import Notes, print_error, progress


class Terminal(io.StringIO):
    """A text stream that says it is a terminal."""

    def isatty(self):
        """Whether it is a terminal."""
        return True


def test_notes_are_printed_once_and_in_order(capsys, notes):
    """A note that comes twice is one line, and printing forgets it."""
    notes.add("first")
    notes.add("second")
    notes.add("first")
    notes.print()
    notes.print()
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err == "Note: first\nNote: second\n"


def test_long_lines_are_not_broken(capsys):
    """One error is one line, however narrow the terminal."""
    print_error("word " * 100)
    assert capsys.readouterr().err.count("\n") == 1


def test_lines_are_no_markup(capsys):
    """What data say in brackets is printed as it is."""
    print_error("column '[bold]x[/bold]' :smile:")
    assert capsys.readouterr().err == "Error: column '[bold]x[/bold]' :smile:\n"


def test_warnings_to_the_user_become_notes(notes):
    """A warning that a user can act on is a note, once; others are silent."""
    with notes.from_warnings():
        for _ in range(2):
            warnings.warn("rows were left out", UserWarning, stacklevel=1)
        warnings.warn("did not converge", ConvergenceWarning, stacklevel=1)
        warnings.warn("use the new name", DeprecationWarning, stacklevel=1)
        warnings.warn("use the new name", FutureWarning, stacklevel=1)
        warnings.warn("overflow", RuntimeWarning, stacklevel=1)
    assert notes.lines == ["rows were left out"]


def test_an_error_is_not_preceded_by_warnings(notes):
    """A body that fails leaves its warnings behind: an error is one line."""

    def body():
        warnings.warn("rows were left out", UserWarning, stacklevel=1)
        raise ValueError("stop")

    with pytest.raises(ValueError, match="stop"), notes.from_warnings():
        body()
    assert notes.lines == []


def test_no_progress_where_stderr_is_no_terminal(capsys):
    """A log file gets no spinner, and the body is asked for silence."""
    with progress("working") as verbose:
        print("step", file=sys.stderr)
    assert verbose == 0
    assert capsys.readouterr().err == "step\n"


@pytest.mark.parametrize("no_color", [None, "1"])
def test_progress_on_a_terminal_shows_the_last_step(monkeypatch, capsys, no_color):
    """On a terminal the steps are shown in one line that goes away; stdout is not touched."""
    monkeypatch.setenv("TERM", "xterm")
    for name in ("NO_COLOR", "FORCE_COLOR", "TTY_COMPATIBLE"):
        monkeypatch.delenv(name, raising=False)
    if no_color is not None:
        monkeypatch.setenv("NO_COLOR", no_color)
    terminal = Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    with progress("working") as verbose:
        print("[lossfix] fold 1 of 5\n", file=sys.stderr)
        print("a report")
    assert verbose == 1
    assert sys.stderr is terminal
    assert capsys.readouterr().out == "a report\n"
    shown = terminal.getvalue()
    assert "fold 1 of 5" in shown
    assert "lossfix" not in shown
    assert shown.endswith("\x1b[2K")  # the line is erased at the end
    assert ("\x1b[32m" in shown) == (no_color is None)


def test_a_report_leaves_no_display_behind(monkeypatch):
    """An error inside the body ends the display and gives the stream back."""
    terminal = Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    with pytest.raises(ValueError, match="stop"), progress("working"):
        raise ValueError("stop")
    assert sys.stderr is terminal


def test_notes_start_empty():
    """There is nothing to say before something happened."""
    assert Notes().lines == []
