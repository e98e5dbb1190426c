"""Read tables, and take the target, weights and groups out of them."""

import bz2
import gzip
import io
import lzma
import re
import zlib
from pathlib import Path

import click
import numpy as np
import pandas as pd

from sklearn_lossfix.cli._errors import InputError, listed, one_line, suggestion

# Cells of a text file that mean "no value". Shorter than pandas' own list: "None" and "n/a" are
# answers in many questionnaires, and would silently vanish as a class.
_MISSING_CELLS = ["", "NA", "N/A", "#N/A", "<NA>", "NaN", "nan", "-NaN", "-nan", "null", "NULL"]

_OPENERS = {".gz": gzip.open, ".bz2": bz2.open, ".xz": lzma.open}
_SEPARATORS = {".csv": None, ".txt": None, ".tsv": "\t", ".tab": "\t"}
_PARQUET = {".parquet", ".pq"}
_EXPECTED = "Expected .csv, .csv.gz, .tsv or .parquet"

# Rows up to which any number of classes is taken as meant, and the share of rows above which so
# many different values are not: where scikit-learn's `type_of_target` warns.
_FEW_ROWS, _MAX_CLASS_SHARE = 20, 0.5
# Numbers with fractions are labels (grades such as 1.5) up to this many different ones.
_MAX_FRACTIONAL_LABELS = 20


def read_table(path):
    """Read a table from a file, or CSV from standard input for ``-``.

    Parameters
    ----------
    path : str
        CSV, TSV (each plain or compressed) or Parquet.

    Returns
    -------
    pandas.DataFrame of shape (n_rows, n_columns)
        With text as column names and the rows numbered from 0.

    Raises
    ------
    InputError
        If there is no such file, it cannot be read as what its name says, or it has no rows.
    """
    name = "standard input" if path == "-" else path
    try:
        frame = _read(path)
    except InputError:
        raise
    except FileNotFoundError as error:
        raise InputError(f"file {path!r} does not exist.") from error
    except IsADirectoryError as error:
        raise InputError(f"{path!r} is a folder. {_EXPECTED} file.") from error
    except PermissionError as error:
        raise InputError(f"file {path!r} may not be read: permission denied.") from error
    except UnicodeDecodeError as error:
        raise InputError(
            f"{name} is no UTF-8 text (byte {error.start}). Save it as UTF-8, or as Parquet."
        ) from error
    except pd.errors.EmptyDataError as error:
        raise InputError(f"{name} is empty. Expected a header line and rows.") from error
    except (OSError, EOFError, ValueError, zlib.error, lzma.LZMAError) as error:
        raise InputError(f"{name} cannot be read as a table: {one_line(error)}") from error
    if frame.empty:
        raise InputError(f"{name} has no rows. Expected a header line and rows.")
    frame.columns = [str(column) for column in frame.columns]
    if not frame.columns.is_unique:
        twice = frame.columns[frame.columns.duplicated()].unique()
        raise InputError(f"{name} has more than one column called {listed(twice)}. Rename them.")
    return frame.reset_index(drop=True)


def _read(path):
    """Read by the ending of the name."""
    if path == "-":
        data = click.get_binary_stream("stdin").read()
        return _read_text(io.TextIOWrapper(io.BytesIO(data), encoding="utf-8-sig", newline=""))
    suffixes = [suffix.lower() for suffix in Path(path).suffixes]
    if Path(path).is_dir():
        raise IsADirectoryError(path)
    if suffixes[-1:] and suffixes[-1] in _PARQUET:
        return pd.read_parquet(path, engine="pyarrow")
    opener = open
    if suffixes[-1:] and suffixes[-1] in _OPENERS:
        opener = _OPENERS[suffixes.pop()]
    if not suffixes or suffixes[-1] not in _SEPARATORS:
        if not Path(path).exists():
            raise FileNotFoundError(path)
        raise InputError(f"{path!r} is no kind of table that is known here. {_EXPECTED}.")
    with opener(path, "rt", encoding="utf-8-sig", newline="") as handle:
        return _read_text(handle, _SEPARATORS[suffixes[-1]])


def _read_text(handle, separator=None):
    """Read separated values; the separator is the commonest of the usual ones in the header."""
    if separator is None:
        header = re.sub(r'"[^"]*"', "", handle.readline())
        separator = max(",;\t|", key=header.count)
        handle.seek(0)
    return pd.read_csv(
        handle, sep=separator, keep_default_na=False, na_values=_MISSING_CELLS, low_memory=False
    )


def need_columns(frame, names, option):
    """Raise InputError, with the nearest names, unless every name is a column of the table."""
    for name in names:
        if name not in frame.columns:
            raise InputError(f"{option}: no column {name!r}. {suggestion(name, frame.columns)}")


def take_target(frame, name, notes, option="--target"):
    """Split a table into its other columns and its labels; rows without a label are dropped.

    Parameters
    ----------
    frame : pandas.DataFrame of shape (n_rows, n_columns)
        A table.
    name : str
        Column of the labels.
    notes : Notes
        Gets a line about dropped rows.
    option : str, default="--target"
        What to call the table in errors.

    Returns
    -------
    rest : pandas.DataFrame of shape (n_kept, n_columns - 1)
    y : ndarray of shape (n_kept,)
        Labels: booleans, integers or strings.

    Raises
    ------
    InputError
        If the column is missing, empty, constant or holds a quantity.
    """
    need_columns(frame, [name], option)
    known = frame[name].notna().to_numpy()
    if not known.any():
        raise InputError(f"{option}: column {name!r} is empty in all {len(frame):,} rows.")
    if not known.all():
        n_dropped = int((~known).sum())
        notes.add(f"{n_dropped:,} of {len(frame):,} rows were dropped: no value in {name!r}.")
    rest = frame.drop(columns=name).loc[known].reset_index(drop=True)
    return rest, class_labels(frame.loc[known, name], f"{option}: column {name!r}")


def class_labels(column, what):
    """Labels of a column without missing values, as an array of booleans, integers or strings.

    Parameters
    ----------
    column : pandas.Series of shape (n_rows,)
        Values.
    what : str
        What to call it in errors.

    Returns
    -------
    ndarray of shape (n_rows,)

    Raises
    ------
    InputError
        If there is one value, so many that they are no classes, or of a type that is no label.
    """
    labels = as_labels(column, what)
    n_rows, n_values = len(labels), len(np.unique(labels))
    if n_values == 1:
        raise InputError(
            f"{what} holds a single class, {str(labels[0])!r}. Expected at least two: loss and "
            f"accuracy say nothing about a constant target."
        )
    if n_rows > _FEW_ROWS and n_values > _MAX_CLASS_SHARE * n_rows:
        raise InputError(
            f"{what} holds {n_values:,} different values in {n_rows:,} rows: a quantity or an "
            f"identifier, not a class. Choose another column, or cut a quantity into classes first."
        )
    return labels


def as_labels(column, what):
    """Values of a column in the simplest type that holds them."""
    if isinstance(column.dtype, pd.CategoricalDtype):
        column = column.astype(column.cat.categories.dtype)
    kind = pd.api.types.infer_dtype(column, skipna=False)
    if kind == "boolean":
        return column.to_numpy(dtype=bool)
    if kind == "integer":
        return column.to_numpy(dtype=np.int64)
    if kind in ("floating", "mixed-integer-float", "decimal"):
        return _labels_of_numbers(column.to_numpy(dtype=np.float64), what)
    if kind in ("string", "empty", "mixed", "mixed-integer") and not _holds_containers(column):
        return np.array([str(value) for value in column], dtype=str)
    raise InputError(f"{what} holds values of the kind {kind!r}, which are no class labels.")


def _labels_of_numbers(values, what):
    """Whole numbers as integers; a few fractions as text; many are a quantity."""
    if not np.isfinite(values).all():
        raise InputError(f"{what} holds infinite values, which are no class labels.")
    if (values == np.rint(values)).all():
        return values.astype(np.int64)
    n_values = len(np.unique(values))
    if n_values > _MAX_FRACTIONAL_LABELS:
        raise InputError(
            f"{what} is continuous ({n_values:,} different numbers, with fractions). Expected "
            f"class labels: cut the quantity into classes first."
        )
    return np.array([str(value) for value in values], dtype=str)


def _holds_containers(column):
    """Whether any value is a list, a dictionary, bytes or the like."""
    return any(not pd.api.types.is_hashable(v) or isinstance(v, bytes | tuple) for v in column)


def take_weights(frame, name):
    """Weights of the rows, from a column of numbers that are finite and not negative."""
    need_columns(frame, [name], "--weight")
    column = frame[name]
    if not pd.api.types.is_numeric_dtype(column):
        raise InputError(f"--weight: column {name!r} holds no numbers.")
    weights = column.to_numpy(dtype=np.float64, na_value=np.nan)
    bad = np.flatnonzero(~np.isfinite(weights) | (weights < 0))
    if bad.size:
        shown = "no value" if np.isnan(weights[bad[0]]) else f"{weights[bad[0]]:g}"
        raise InputError(
            f"--weight: column {name!r} has {shown} in row {bad[0]:,} ({bad.size:,} such rows). "
            f"Expected finite weights that are not negative."
        )
    if not weights.any():
        raise InputError(f"--weight: column {name!r} is zero in every row.")
    return weights


def take_groups(frame, name):
    """Groups of the rows, as text, from a column without missing values."""
    need_columns(frame, [name], "--groups")
    missing = np.flatnonzero(frame[name].isna().to_numpy())
    if missing.size:
        raise InputError(
            f"--groups: column {name!r} has no value in {missing.size:,} rows (first: row "
            f"{missing[0]:,}). Expected a group in every row: fill them, or drop those rows."
        )
    return frame[name].astype(str).to_numpy(dtype=object)


def match_label(text, classes, option):
    """The class that a user wrote as text.

    Parameters
    ----------
    text : str
        As typed: ``"1"``, ``"yes"``, ``"true"``.
    classes : ndarray of shape (n_classes,)
        Labels.
    option : str
        Where it was typed, for the error.

    Returns
    -------
    label

    Raises
    ------
    InputError
        If no class, or more than one but for upper and lower case, is written like that.
    """
    labels = classes.tolist()
    exact = [label for label in labels if str(label) == text]
    folded = [label for label in labels if str(label).casefold() == text.casefold()]
    for found in (exact, folded):
        if len(found) == 1:
            return found[0]
    raise InputError(f"{option}: no class {text!r}. {suggestion(text, labels)}")


def align_labels(y, classes):
    """Labels in the type of `classes`, where each is written like one of them; else as they are.

    A model that was fitted on ``"0"`` and ``"1"`` and a file in which pandas reads 0 and 1 mean
    the same.
    """
    by_text = {str(label): label for label in np.asarray(classes).tolist()}
    texts = [str(label) for label in y.tolist()]
    if not set(texts) <= set(by_text):
        return y
    return np.array([by_text[text] for text in texts], dtype=np.asarray(classes).dtype)
