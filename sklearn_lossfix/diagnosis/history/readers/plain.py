"""Histories as plain lists, dictionaries and records."""

from collections.abc import Mapping
from numbers import Number

import numpy as np

from sklearn_lossfix.diagnosis.history._build import (
    RecordedCurve,
    build_history,
    curves_of_sets,
    is_missing,
)
from sklearn_lossfix.diagnosis.history._names import role_of, set_name, take_apart
from sklearn_lossfix.diagnosis.history.readers import columns as column_reader

_UNKNOWN_RECORDER = (
    "Nothing tells how these curves were recorded: training loss may be a mean over an epoch in "
    "which the model still changed, and may hold penalties that validation loss does not."
)


def is_number(value):
    """Whether a value is an entry of a curve: a number, or None for a step without one."""
    if is_missing(value) or (isinstance(value, Number) and not isinstance(value, bool)):
        return True
    return getattr(value, "shape", None) == () and not isinstance(value, np.bool_)


def is_curve(value):
    """Whether a value is a list of numbers: the entries of one curve."""
    if isinstance(value, str | bytes | Mapping) or not hasattr(value, "__len__"):
        return False
    shape = getattr(value, "shape", None)
    if shape is not None:
        return len(shape) == 1
    return isinstance(value, list | tuple) and all(is_number(entry) for entry in value)


def is_named_curve(name, value):
    """Whether a value is a list of numbers whose name tells what it is, or about which rows."""
    return is_curve(value) and (
        tells_rows(name) or role_of(take_apart(name).name).kind != "unknown"
    )


def is_record(value):
    """Whether a value is one step of a log: a dictionary of single values."""
    return isinstance(value, Mapping) and any(map(is_number, _flat(value).values()))


def tells_rows(name):
    """Whether the name of a curve says which rows it is about."""
    return take_apart(name).split is not None


def recognises(history):
    """Whether this is one history made of lists, dictionaries or records."""
    if is_curve(history):
        return True
    if isinstance(history, list | tuple):
        return len(history) > 0 and all(is_record(entry) for entry in history)
    return isinstance(history, Mapping) and (_is_columns(history) or _is_nested(history))


def _is_columns(history):
    """Whether every value is a list of entries."""
    return bool(history) and all(_is_list(values) for values in history.values())


def _is_list(values):
    """Whether a value is a list of single entries, be they numbers or not."""
    if is_curve(values):
        return True
    return isinstance(values, list | tuple) and not any(
        isinstance(entry, Mapping) or is_curve(entry) for entry in values
    )


def _is_nested(history):
    """Whether a dictionary is nested by rows and quantity, in either order."""
    inner = list(history.values())
    if not inner or not all(isinstance(part, Mapping) and _is_columns(part) for part in inner):
        return False
    names = {str(name) for part in inner for name in part}
    return all(map(set_name, history)) or all(map(set_name, names))


def read(history, facts):
    """Read lists and dictionaries.

    Parameters
    ----------
    history : list, tuple, ndarray or dict
        A list of numbers; records, one dictionary for each step; a dictionary of lists; or one
        that is nested by rows and quantity, in either order.
    facts : Facts
        What the user told.

    Returns
    -------
    History

    Raises
    ------
    ValueError
        If nothing says which curve is the loss, or the entries are no numbers.
    """
    if is_curve(history):
        curve = RecordedCurve("the list", "train", "", list(history))
        return build_history(
            [curve], facts, source="a list of numbers", distortions=[_UNKNOWN_RECORDER]
        )
    if not isinstance(history, Mapping):
        return column_reader.read(
            columns_of_records(history),
            facts,
            source="a list of records",
            distortions=[_UNKNOWN_RECORDER],
        )
    if _is_columns(history):
        return column_reader.read(
            history, facts, source="a dictionary of curves", distortions=[_UNKNOWN_RECORDER]
        )
    if not all(map(set_name, history)):
        history = _by_set(history)
    return build_history(
        curves_of_sets(history),
        facts,
        source="a nested dictionary of curves",
        distortions=[_UNKNOWN_RECORDER],
    )


def columns_of_records(records):
    """Columns of records that need not all have the same keys.

    Parameters
    ----------
    records : sequence of dict of str to value
        One for each row.

    Returns
    -------
    dict of str to list
        With None where a record has no such key; one level of nesting is flattened.
    """
    flat = [_flat(record) for record in records]
    names = dict.fromkeys(name for record in flat for name in record)
    return {name: [record.get(name) for record in flat] for name in names}


def _flat(record):
    """A record without dictionaries in it: ``{"val": {"loss": 1}}`` becomes ``{"val_loss": 1}``."""
    entries = {}
    for name, value in record.items():
        if isinstance(value, Mapping):
            entries.update({f"{name}_{inner}": entry for inner, entry in value.items()})
        else:
            entries[str(name)] = value
    return entries


def _by_set(history):
    """Turn a dictionary by quantity and rows into one by rows and quantity."""
    sets = {}
    for quantity, parts in history.items():
        for label, values in parts.items():
            sets.setdefault(str(label), {})[quantity] = values
    return sets
