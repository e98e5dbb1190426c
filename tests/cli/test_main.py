"""The entry point, as a process of its own."""

import subprocess
import sys

import pytest

from sklearn_lossfix import cli

RUN = "from sklearn_lossfix.cli import main; main()"


def run_process(code, *args):
    """Run Python code with arguments in a new interpreter."""
    return subprocess.run(
        [sys.executable, "-c", code, *map(str, args)],
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=120,
    )


def blocked(library):
    """Code that runs the command line on a machine without a library."""
    return f"import sys; sys.modules[{library!r}] = None; {RUN}"


@pytest.mark.parametrize("library", ["click", "pandas"])
def test_without_the_extra_one_line_names_it(library):
    """Importing works, and running says what to install: one line, exit code 2."""
    done = run_process(blocked(library), "demo")
    assert done.returncode == 2
    assert done.stdout == ""
    assert done.stderr.count("\n") == 1
    assert library in done.stderr
    assert 'pip install "sklearn-lossfix[cli]"' in done.stderr


def test_an_import_that_fails_for_another_reason_is_shown():
    """A broken installation is not mistaken for a missing extra."""
    done = run_process(blocked("sklearn_lossfix.cli._tables"), "demo")
    assert done.returncode == 1
    assert "sklearn_lossfix.cli._tables" in done.stderr


def test_a_report_from_a_process(csv):
    """A process prints the report and ends with 0; no warning reaches standard error."""
    fast = ("--effort", "fast", "--validation", "0.25", "--model", "mlp")
    done = run_process(RUN, "diagnose", csv, "--target", "label", *fast)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("Fit report: ")
    assert done.stderr == ""


def test_an_error_from_a_process(csv):
    """A process that cannot do its work prints one line and ends with 2."""
    done = run_process(RUN, "diagnose", csv, "--target", "lable")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == "Error: --target: no column 'lable'. Did you mean 'label'?\n"


def test_labels_beyond_the_terminals_encoding_are_escaped(table, tmp_path):
    """A terminal that knows only ASCII gets a report all the same."""
    path = tmp_path / "t.csv"
    table.replace({"label": {"yes": "ja, größer"}}).to_csv(path, index=False)
    code = (
        "import sys; [s.reconfigure(encoding='ascii', errors='strict') "
        f"for s in (sys.stdout, sys.stderr)]; {RUN}"
    )
    done = run_process(code, "diagnose", path, "--target", "label", "--effort", "fast")
    assert done.returncode == 0, done.stderr
    done = run_process(code, "diagnose", path, "--target", "größe")
    assert (done.returncode, done.stderr.count("\n")) == (2, 1)
    assert "gr\\xf6\\xdfe" in done.stderr


def test_main_takes_arguments(capsys):
    """Called from Python, `main` takes the arguments and ends as a process would."""
    with pytest.raises(SystemExit) as ended:
        cli.main(["--version"])
    assert ended.value.code == 0
    assert "sklearn-lossfix" in capsys.readouterr().out
