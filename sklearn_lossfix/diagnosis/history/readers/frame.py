"""Data frames of pandas and polars, wide or tidy."""

from sklearn_lossfix._core._validation import refuse_lazy
from sklearn_lossfix.diagnosis.history._build import is_missing
from sklearn_lossfix.diagnosis.history._names import STEP_UNITS, role_of, take_apart
from sklearn_lossfix.diagnosis.history.readers import columns as column_reader
from sklearn_lossfix.diagnosis.history.readers.lightning import mark_gaps

_UNKNOWN_RECORDER = (
    "Nothing in the table tells how its curves were recorded: training loss may be a mean over an "
    "epoch in which the model still changed, and may hold penalties that validation loss does not."
)


def recognises(history):
    """Whether this is a data frame."""
    return hasattr(history, "columns") and hasattr(history, "dtypes")


def read(history, facts):
    """Read a data frame.

    Parameters
    ----------
    history : pandas or polars DataFrame of shape (n_rows, n_columns)
        Wide (a column for each curve), tidy (columns such as ``metric``, ``split``, ``value``), or
        with a column that tells the rows. Steps are taken from a column, or an index, called
        ``epoch``, ``iteration`` or ``step``.
    facts : Facts
        What the user told.

    Returns
    -------
    History

    Raises
    ------
    TypeError
        For a lazy frame.
    ValueError
        If no column is a loss or metric.
    """
    refuse_lazy(history, "history")
    columns = {str(name): list(history[name]) for name in history.columns}
    index = getattr(history, "index", None)
    if str(getattr(index, "name", "")).casefold() in STEP_UNITS and index.name not in columns:
        columns = {str(index.name): list(index), **columns}
    columns = {name: _numbers_in_text(values) for name, values in columns.items()}
    if hasattr(history, "iloc"):  # pandas writes an empty cell as NaN; polars has null for it
        judged = {name for name, values in columns.items() if not _holds_no_number(values)}
        was_judged = any(take_apart(name).split == "validation" for name in judged)
        columns = {
            name: _gaps_of_cells(name, values, was_judged) for name, values in columns.items()
        }
    return column_reader.read(
        columns, facts, source="a data frame", distortions=[_UNKNOWN_RECORDER]
    )


def _numbers_in_text(values):
    """A column with text turned into numbers: a single "nan" makes text of a column in polars."""
    is_text = all(isinstance(value, str) or is_missing(value) for value in values)
    return column_reader.numbers_in_text(values) if is_text else values


def _holds_no_number(values):
    """Whether a column of numbers holds gaps and NaN alone."""
    return all(is_missing(value) or value != value for value in values)


def _gaps_of_cells(name, values, was_judged):
    """A column with None for empty cells.

    Without a single number it is a column that nothing was written to, but for a loss, which may
    have been NaN from the first step: of training rows, and of validation rows where these were
    judged, that is where another curve of theirs has a number.
    """
    if not any(isinstance(value, float) for value in values):
        return values
    if _holds_no_number(values):
        parts = take_apart(name)
        was_written = was_judged or parts.split != "validation"
        is_loss = role_of(parts.name).kind == "loss"
        return values if is_loss and was_written else [None] * len(values)
    return mark_gaps(values)
