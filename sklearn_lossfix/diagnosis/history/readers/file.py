"""Files of training logs: CSV and TSV tables, JSON and JSON lines."""

import csv
import json
import os
import re
from pathlib import Path

from sklearn_lossfix.diagnosis.history.readers import columns as column_reader
from sklearn_lossfix.diagnosis.history.readers.columns import numbers_in_text
from sklearn_lossfix.diagnosis.history.readers.frame import _UNKNOWN_RECORDER

_TABLES = frozenset({".csv", ".log", ".tsv", ".txt"})
_JSON = frozenset({".json"})
_JSON_LINES = frozenset({".jsonl", ".ndjson"})
# JSON, or more lines than one: no name of a file.
_CONTENT = re.compile(r"\s*[{\[].*[}\]]\s*$|.*\S\s*\n\s*\S", re.DOTALL)
_EXPECTED = "Expected .csv, .tsv, .json or .jsonl"


def recognises(history):
    """Whether this is a path: a string or an object that stands for one."""
    return isinstance(history, str | os.PathLike)


def load(path):
    """What a JSON file holds, or the columns of a table.

    Parameters
    ----------
    path : str or path-like
        A file.

    Returns
    -------
    content : object
        As JSON gives it, or a dictionary of columns.
    is_table : bool

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    ValueError
        If it is a folder, of an unknown kind, no text, or cannot be read as what its name says; or
        if it is no path at all but what a file holds.
    """
    if isinstance(path, str) and _CONTENT.match(path):
        raise ValueError(
            "Text is taken for the path of a file, and this text looks like what a file holds: "
            f"{path.strip()[:40]!r}. Pass json.loads(text), or write it to a file. {_EXPECTED} "
            "file."
        )
    file = Path(path)
    try:
        is_folder = file.is_dir()
    except OSError as error:  # longer than a name can be, before Python 3.14
        raise ValueError(
            f"{str(file)[:40]!r}... is no path of a file: {error.strerror}. {_EXPECTED} file."
        ) from error
    if is_folder:
        raise ValueError(f"{str(file)!r} is a folder. {_EXPECTED} file.")
    if not file.exists():
        raise FileNotFoundError(f"File {str(file)!r} does not exist. {_EXPECTED} file.")
    suffix = file.suffix.casefold()
    if suffix not in _TABLES | _JSON | _JSON_LINES:
        raise ValueError(f"{str(file)!r} is no kind of log that is known here. {_EXPECTED} file.")
    try:
        text = file.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise ValueError(f"{str(file)!r} is no UTF-8 text (byte {error.start}).") from error
    if not text.strip():
        raise ValueError(f"{str(file)!r} is empty. Expected the curves of a training run.")
    try:
        if suffix in _JSON:
            return json.loads(text), False
        if suffix in _JSON_LINES:
            return [json.loads(line) for line in text.splitlines() if line.strip()], False
    except json.JSONDecodeError as error:
        raise ValueError(f"{str(file)!r} is no JSON: {error}.") from error
    return _rows_of_catboost(file, columns_of_text(text)), True


def read_table(columns, facts, path):
    """Read the columns of a table.

    Parameters
    ----------
    columns : dict of str to list
        As `load` returns them.
    facts : Facts
        What the user told.
    path : str or path-like
        The file, for messages.

    Returns
    -------
    History
    """
    return column_reader.read(
        columns, facts, source=f"the table {Path(path).name}", distortions=[_UNKNOWN_RECORDER]
    )


def columns_of_text(text):
    """Columns of separated values; the separator is the commonest of the usual ones in the header.

    Parameters
    ----------
    text : str
        With a header line.

    Returns
    -------
    dict of str to list
        Numbers where a column holds numbers and empty cells alone, else text; None for empty cells.

    Raises
    ------
    ValueError
        If a name occurs twice, or a row has more cells than the header.
    """
    lines = text.splitlines()
    separator = max(",;\t|", key=re.sub(r'"[^"]*"', "", lines[0]).count)
    rows = [row for row in csv.reader(lines, delimiter=separator) if any(map(str.strip, row))]
    header = [name.strip() for name in rows[0]]
    twice = sorted({name for name in header if header.count(name) > 1})
    if twice:
        raise ValueError(f"The table has more than one column called {twice[0]!r}. Rename them.")
    for number, row in enumerate(rows[1:], start=2):
        if len(row) > len(header):
            raise ValueError(
                f"Line {number} of the table has {len(row)} cells and the header {len(header)}. "
                f"Expected as many, separated by {separator!r}."
            )
    cells = [[*row, *[""] * (len(header) - len(row))] for row in rows[1:]]
    return {
        # pandas writes its index as a first column without a name.
        name: numbers_in_text([row[position] for row in cells])
        for position, name in enumerate(header)
        if name
    }


def _rows_of_catboost(file, columns):
    """Columns of CatBoost's ``learn_error.tsv`` and ``test_error.tsv``, with their rows named."""
    rows = {"learn_error": "learn", "test_error": "test"}.get(file.stem)
    if rows is None:
        return columns
    return {n if n == "iter" else f"{rows}_{n}": values for n, values in columns.items()}
