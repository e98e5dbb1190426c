"""What goes to stderr: notes, warnings as notes, progress, and the one line of an error."""

import io
import sys
import warnings
from contextlib import contextmanager, redirect_stderr

from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.text import Text
from sklearn.exceptions import ConvergenceWarning

from sklearn_lossfix.cli._errors import one_line


def print_error(message):
    """Print ``Error: ...`` as one line on stderr."""
    _print_line("Error", "bold red", message)


def _print_line(label, style, message):
    """Print a labelled line on stderr; the data may not speak to the terminal through it."""
    console = Console(stderr=True, highlight=False)
    console.print(Text.assemble((f"{label}:", style), f" {one_line(message)}"), soft_wrap=True)


# What the package puts before the lines it reports its steps with.
_PREFIX = "[lossfix] "


class Notes:
    """Notes to the user, held back until it is known that the command did not fail.

    An error is one line: it must not follow notes about how far the command came.
    """

    def __init__(self):
        self.lines = []

    def add(self, message):
        """Keep a note, once."""
        if message not in self.lines:
            self.lines.append(message)

    def print(self):
        """Print the notes that were kept, and forget them."""
        while self.lines:
            _print_line("Note", "bold", self.lines.pop(0))

    @contextmanager
    def from_warnings(self):
        """Turn warnings of the body into notes.

        Left out are warnings that are not for the user of a command (deprecations, arithmetic of a
        fit) and those about convergence, which the report judges by what they cost.
        """
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("ignore")
            warnings.simplefilter("always", UserWarning)
            warnings.simplefilter("ignore", ConvergenceWarning)
            yield
        for warning in caught:
            self.add(one_line(warning.message))


class _StatusLines(io.TextIOBase):
    """A text stream that shows the last line written to it as the status of a progress display."""

    def __init__(self, progress, task):
        self._progress = progress
        self._task = task

    def writable(self):
        """Whether it can be written to: always."""
        return True

    def write(self, text):
        """Show the last line of the text that is not empty."""
        lines = [line for line in text.splitlines() if line.strip()]
        if lines:
            self._progress.update(self._task, description=one_line(lines[-1].removeprefix(_PREFIX)))
        return len(text)


@contextmanager
def progress(description):
    """Show a status line with the time while the body runs; nothing where stderr is no terminal.

    Yields
    ------
    verbose : int
        What to pass on, so that the body reports its steps to `sys.stderr`; 0 for silence.
    """
    if not sys.stderr.isatty():
        yield 0
        return
    # The stream itself, since `sys.stderr` is another one while the display runs.
    console = Console(file=sys.stderr)
    columns = (SpinnerColumn(), TextColumn("{task.description}", markup=False), TimeElapsedColumn())
    # Standard output stays as it is: whatever the report is piped to must not see the display.
    with Progress(
        *columns, console=console, transient=True, redirect_stdout=False, redirect_stderr=False
    ) as display:
        task = display.add_task(description, total=None)
        with redirect_stderr(_StatusLines(display, task)):
            yield 1
