"""Where a report goes: standard output, and files."""

import os
from importlib.util import find_spec
from pathlib import Path

import click

from sklearn_lossfix.cli._errors import InputError

# Option of each format, the method of FitReport that writes it, and the library it needs.
_FORMATS = {
    "html": ("to_html", "jinja2"),
    "json": ("to_json", None),
    "md": ("to_markdown", "jinja2"),
}


def output_options(command):
    """Add ``--html``, ``--json`` and ``--md``."""
    words = {"html": "one HTML file", "json": "JSON", "md": "Markdown"}
    for name in reversed(_FORMATS):
        command = click.option(
            f"--{name}", metavar="OUT", help=f"Also write the report as {words[name]}."
        )(command)
    return command


def can_write_html():
    """Whether the library that HTML reports are made with is installed."""
    return find_spec("jinja2") is not None


def check_outputs(outputs):
    """Raise InputError for a file that cannot be written, before the work and not after it.

    Parameters
    ----------
    outputs : dict of str to (str or None)
        File by format.
    """
    for name, path in outputs.items():
        if path is None:
            continue
        _, library = _FORMATS[name]
        if library is not None and find_spec(library) is None:
            raise InputError(
                f"--{name} needs {library}, which is not installed. Install it with "
                f'`pip install "sklearn-lossfix[report]"`.'
            )
        file = Path(path)
        if file.is_dir():
            raise InputError(f"--{name}: {path!r} is a folder. Expected a file name.")
        if not file.parent.is_dir():
            raise InputError(f"--{name}: folder {str(file.parent)!r} does not exist.")
        if not os.access(file if file.exists() else file.parent, os.W_OK):
            raise InputError(f"--{name}: {path!r} may not be written: permission denied.")


def write_outputs(report, outputs, notes):
    """Write the report to the files asked for, each with a note.

    Parameters
    ----------
    report : FitReport
        What to write.
    outputs : dict of str to (str or None)
        File by format.
    notes : Notes
        Gets a line for each file.
    """
    for name, path in outputs.items():
        if path is None:
            continue
        try:
            getattr(report, _FORMATS[name][0])(path)
        except OSError as error:
            raise InputError(f"--{name}: {path!r} cannot be written: {error.strerror}.") from error
        notes.add(f"wrote {path}")
