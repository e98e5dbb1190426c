"""The command ``sklearn-lossfix``: a demonstration, data, probabilities, training logs."""

import sys

__all__ = ["main"]

# What the extra `cli` installs: without one of these there is no command line.
_EXTRA_LIBRARIES = frozenset({"click", "rich", "pandas", "pyarrow", "skops"})


def main(args=None):
    """Run the command line.

    Parameters
    ----------
    args : list of str, default=None
        Arguments; None takes those of the process.

    Raises
    ------
    SystemExit
        Always: 0 after a report, 2 after an error, which is one line on stderr.
    """
    try:
        from sklearn_lossfix.cli._commands import command_line
    except ImportError as error:
        library = (error.name or "").partition(".")[0]
        if library not in _EXTRA_LIBRARIES:
            raise
        print(
            f"Error: sklearn-lossfix on the command line needs {library}, which is not installed. "
            f'Install it with `pip install "sklearn-lossfix[cli]"`.',
            file=sys.stderr,
        )
        sys.exit(2)
    for stream in (sys.stdout, sys.stderr):
        # A label that the terminal's encoding lacks is escaped: no report fails on its last step.
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")
    command_line.main(args, prog_name="sklearn-lossfix")
