"""Tables of columns: what a frame, a CSV file and a list of records have in common."""

import numpy as np

from sklearn_lossfix._core._columns import named
from sklearn_lossfix.diagnosis.history._build import (
    build_history,
    curves_of_columns,
    is_missing,
    numbers_of,
)
from sklearn_lossfix.diagnosis.history._names import STEP_UNITS, role_of, split_of, take_apart
from sklearn_lossfix.diagnosis.history.readers import keras, lightning

# Cells that mean "not recorded". A written "nan" is none of them: it is a loss that broke down.
_EMPTY_CELLS = frozenset({"", "NA", "N/A", "<NA>", "null", "None"})

# Columns of a tidy table, which holds one value in a row.
_VALUE_COLUMNS = ("value", "values")
_METRIC_COLUMNS = ("metric", "variable", "name", "tag", "key", "measure")
_SPLIT_COLUMNS = ("split", "set", "dataset", "phase", "subset", "mode", "stage")


def read(columns, facts, *, source, distortions=()):
    """Read a table: wide or tidy, with or without numbers of steps.

    Parameters
    ----------
    columns : dict of str to sequence of shape (n_rows,)
        Entries, None for an empty cell.
    facts : Facts
        What the user told.
    source : str
        Who recorded it, where its columns do not tell.
    distortions : sequence of str, default=()
        What such a source does not show truly, where its columns do not tell.

    Returns
    -------
    History

    Raises
    ------
    ValueError
        If the columns differ in length, rows contradict each other, or no name tells loss or
        metric.
    """
    columns = {str(name): list(values) for name, values in columns.items()}
    if not columns or not any(columns.values()):
        raise ValueError(f"{source} is empty. Expected at least one step with a loss or metric.")
    gaps = []
    if keras.has_names(columns):
        columns, gaps = keras.fill_gaps(columns)
    _check_lengths(columns)
    columns = _untidy(columns)
    if lightning.recognises_columns(columns):
        return lightning.read_columns(columns, facts)
    index, unit = step_column(columns)
    curves = {name: values for name, values in columns.items() if _step_unit(name) is None}
    if keras.has_names(columns):
        source, distortions = (
            keras.SOURCE_BY_NAMES,
            [*keras.distortions(columns, by_names=True), *gaps],
        )
    steps = None
    if index is None and any(take_apart(name).aggregate == "mean" for name in curves):
        unit = "iteration"  # of `cv` of a boosting library
    if index is not None:
        steps, curves = merge_rows(index, columns[index], curves)
    return build_history(
        curves_of_columns(curves),
        facts,
        source=source,
        steps=steps,
        unit=unit,
        distortions=distortions,
        batches_per_epoch=_batches_per_epoch(columns) if unit == "step" else None,
    )


def numbers_in_text(cells):
    """Numbers, where all cells that are not empty hold one; else the text.

    Parameters
    ----------
    cells : list of str or None
        A column.

    Returns
    -------
    list of float or None, or list of str or None
    """
    cells = [None if is_missing(c) or c.strip() in _EMPTY_CELLS else c for c in cells]
    try:
        return [None if cell is None else float(cell) for cell in cells]
    except ValueError:
        return cells


def step_column(columns):
    """The column that numbers the steps, and what it counts.

    Parameters
    ----------
    columns : dict of str to sequence
        A table.

    Returns
    -------
    name : str or None
    unit : {"epoch", "iteration", "step"}
    """
    by_unit = {}
    for name in columns:
        unit = _step_unit(name)
        if unit is not None:
            by_unit.setdefault(unit, name)
    # A fraction of an epoch (0.25, 0.5, ...) numbers steps; they have a column of their own.
    if "epoch" in by_unit and "step" in by_unit:
        epochs, _ = numbers_of(columns[by_unit["epoch"]], by_unit["epoch"])
        if not _are_whole(epochs):
            return by_unit["step"], "step"
    for unit in ("epoch", "iteration", "step"):
        if unit in by_unit:
            return by_unit[unit], unit
    return None, "epoch"


def _step_unit(name):
    """What a column counts, or None if it is a curve."""
    return STEP_UNITS.get(str(name).strip().casefold().replace(" ", "_"))


def _are_whole(numbers):
    """Whether all known numbers are whole."""
    known = numbers[np.isfinite(numbers)]
    return bool((known == np.rint(known)).all())


def _batches_per_epoch(columns):
    """Steps of an epoch, from a column of each; None without both."""
    names = {unit: name for name in columns if (unit := _step_unit(name)) is not None}
    if not {"epoch", "step"} <= set(names):
        return None
    epochs, _ = numbers_of(columns[names["epoch"]], names["epoch"])
    steps, _ = numbers_of(columns[names["step"]], names["step"])
    known = np.isfinite(epochs) & np.isfinite(steps) & (epochs > 0)
    return int(np.rint(np.median(steps[known] / epochs[known]))) if known.any() else None


def _check_lengths(columns):
    """Raise ValueError unless all columns have the same number of rows."""
    lengths = {name: len(values) for name, values in columns.items()}
    if len(set(lengths.values())) > 1:
        told = ", ".join(f"{name!r} has {n}" for name, n in lengths.items())
        raise ValueError(
            f"The curves differ in length: {told}. Expected one entry for each step in every "
            f"curve, and None where a step has none."
        )


def _untidy(columns):
    """One column for each curve, from a table with a column of names, of rows, or of both."""
    value = _find(columns, _VALUE_COLUMNS)
    metric = None if value is None else _find_text(columns, _METRIC_COLUMNS)
    split = _find_text(columns, _SPLIT_COLUMNS)
    if split is not None and not all(map(split_of, map(_folded, columns[split]))):
        split = None
    if metric is None and split is None:
        return columns
    index = [name for name in columns if _step_unit(name) is not None]
    if not index:
        raise ValueError(
            f"A table with a column {metric or split!r} also needs one that numbers the steps: "
            f"'epoch', 'iteration' or 'step'. Got {named(columns)}."
        )
    n_rows = len(columns[index[0]])
    wide = {name: columns[name] for name in index}
    quantities = [value] if metric is not None else [*set(columns) - {*index, split}]
    for row in range(n_rows):
        for quantity in sorted(quantities):
            name = columns[metric][row] if metric is not None else quantity
            label = str(name) if split is None else f"{columns[split][row]}_{name}"
            wide.setdefault(label, [None] * n_rows)[row] = columns[quantity][row]
    return wide


def _find(columns, names):
    """The first column that is called by one of the names."""
    return next((name for name in columns if _folded(name) in names), None)


def _find_text(columns, names):
    """The first column that is called by one of the names and holds text alone."""
    name = _find(columns, names)
    is_text = name is not None and all(isinstance(entry, str) for entry in columns[name])
    return name if is_text else None


def _folded(text):
    """Text in lower case without spaces around it."""
    return str(text).strip().casefold()


def merge_rows(index, numbers, curves):
    """Rows of the same step made one, in increasing order of the steps.

    Parameters
    ----------
    index : str
        Name of the column of steps, for errors.
    numbers : sequence of shape (n_rows,)
        Step of every row.
    curves : dict of str to list of shape (n_rows,)
        Entries, None where a row has none.

    Returns
    -------
    steps : ndarray of shape (n_steps,), dtype float64
    curves : dict of str to list of shape (n_steps,)

    Raises
    ------
    ValueError
        If a row has no step, or two rows of a step have different entries in the same curve.
    """
    numbers, missing = numbers_of(numbers, index)
    if missing.any() or not np.isfinite(numbers).all():
        row = int(np.flatnonzero(missing | ~np.isfinite(numbers))[0])
        raise ValueError(f"Row {row} has no number in the column {index!r}. Expected one in each.")
    steps, rows = np.unique(numbers, return_inverse=True)
    merged = {}
    for name, values in curves.items():
        # Columns of unknown use, such as the time, need not agree: the last entry stands.
        is_unknown = role_of(take_apart(name).name).kind == "unknown"
        entries = [None] * len(steps)
        for row, value in zip(rows.tolist(), values, strict=True):
            if is_missing(value):
                continue
            # A run that was resumed writes its last step once more.
            if not (is_unknown or is_missing(entries[row]) or entries[row] == value):
                raise ValueError(
                    f"{index} {steps[row]:g} has more than one entry in {name!r}: {entries[row]!r} "
                    f"and {value!r}. Expected one. Of a run that went back to an earlier step, "
                    f"leave out the rows that it repeated; pass the runs of several seeds as a "
                    f"dict, {{name: table}}."
                )
            entries[row] = value
        merged[name] = entries
    return steps, merged
