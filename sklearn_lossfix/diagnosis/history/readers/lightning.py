"""Lightning's ``CSVLogger``: columns ``epoch`` and ``step``, and rows that fill each other's gaps.

Format: every call that logs writes a row of its own, so that training and validation entries of an
epoch stand in different rows, and what a row does not hold is empty. Some callbacks, such as
``LearningRateMonitor``, log by the step alone.
"""

import numpy as np

from sklearn_lossfix.diagnosis.history._build import (
    build_history,
    curves_of_columns,
    is_missing,
    numbers_of,
)
from sklearn_lossfix.diagnosis.history._names import role_of, take_apart

SOURCE = "a log by epoch and step"

_BATCHES = (
    "If Lightning recorded this: training loss is that of single batches (_step) or their mean "
    "over the epoch (_epoch) while the weights still change and with dropout on, so that it lags "
    "half an epoch behind validation loss."
)


def recognises_columns(columns):
    """Whether a table has both an ``epoch`` and a ``step``, and epochs are whole numbers."""
    if not {"epoch", "step"} <= set(columns):
        return False
    epochs, _ = numbers_of(columns["epoch"], "epoch")
    known = epochs[np.isfinite(epochs)]
    return bool((known == np.rint(known)).all())


def read_columns(columns, facts):
    """Read the columns of a log.

    Epochs are the steps where anything was recorded on validation rows, or where there is no more
    than one row for each; otherwise batches are.

    Parameters
    ----------
    columns : dict of str to list of shape (n_rows,)
        Entries, None for an empty cell.
    facts : Facts
        What the user told.

    Returns
    -------
    History

    Raises
    ------
    ValueError
        If a row has no step, or one with a loss or metric has no epoch.
    """
    step = _whole_numbers(columns["step"], "step")
    curves = {name: list(v) for name, v in columns.items() if name not in ("epoch", "step")}
    if not any(is_missing(value) for values in curves.values() for value in values):
        curves = {name: mark_gaps(values) for name, values in curves.items()}
    judged = [name for name in curves if _kind(name) in ("loss", "metric")]
    holds_none = np.ones(len(step), dtype=bool)
    for name in judged:
        holds_none &= [is_missing(value) for value in curves[name]]
    epoch = _whole_numbers(filled_epochs(columns["epoch"], step, holds_none), "epoch")
    has_validation = any(take_apart(name).split == "validation" for name in judged)
    epochs = np.unique(epoch)
    n_entries = {name: sum(not is_missing(v) for v in curves[name]) for name in judged}
    by_epoch = has_validation or max(n_entries.values(), default=0) <= len(epochs)
    index = epoch if by_epoch else step
    steps, rows = np.unique(index, return_inverse=True)
    notes = [_BATCHES]
    merged = {}
    for name, values in curves.items():
        groups = [[] for _ in steps]
        for row, value in zip(rows.tolist(), values, strict=True):
            if not is_missing(value):
                groups[row].append(value)
        merged[name] = [_one_entry(name, group) for group in groups]
    if by_epoch:
        notes += _notes_on_epochs(curves, rows, len(epochs))
    return build_history(
        curves_of_columns(merged),
        facts,
        source=SOURCE,
        steps=steps,
        unit="epoch" if by_epoch else "step",
        distortions=notes,
        batches_per_epoch=None if by_epoch else _batches_per_epoch(epoch, step),
        prefer="epoch" if by_epoch else "step",
    )


def _kind(name):
    """What a column is."""
    return role_of(take_apart(name).name).kind


def _whole_numbers(values, name):
    """A column that numbers the rows, as integers."""
    numbers, missing = numbers_of(values, name)
    if missing.any() or not np.isfinite(numbers).all():
        row = int(np.flatnonzero(missing | ~np.isfinite(numbers))[0])
        raise ValueError(f"Row {row} has no number in the column {name!r}. Expected one in each.")
    return np.rint(numbers).astype(np.int64)


def filled_epochs(values, step, rows):
    """The epochs of rows; of some, where there is none, that of the next step that has one.

    Parameters
    ----------
    values : sequence of shape (n_rows,)
        Epochs; None or NaN where a row has none.
    step : ndarray of shape (n_rows,), dtype int64
        Steps.
    rows : ndarray of shape (n_rows,), dtype bool
        Which may be filled.

    Returns
    -------
    ndarray of shape (n_rows,), dtype float64
        Behind the last step with an epoch it is the last epoch. NaN of the others, and where no
        row has one.
    """
    epochs, _ = numbers_of(values, "epoch")
    epochs = np.array(epochs, dtype=np.float64)
    known = np.flatnonzero(np.isfinite(epochs))
    unknown = rows & ~np.isfinite(epochs)
    if known.size:
        known = known[np.argsort(step[known], kind="stable")]
        place = np.searchsorted(step[known], step[unknown]).clip(max=len(known) - 1)
        epochs[unknown] = epochs[known[place]]
    return epochs


def mark_gaps(values):
    """Tell the NaN of empty cells from the NaN of a loss that broke down.

    A table of numbers writes both as NaN. Cells left empty have entries after them, or follow the
    last entry in a gap no longer than the gaps before; a loss that has become NaN stays NaN.

    Parameters
    ----------
    values : sequence of shape (n_rows,)
        Entries.

    Returns
    -------
    list of shape (n_rows,)
        With None for empty cells.
    """
    values = list(values)
    is_nan = [is_missing(value) or value != value for value in values]
    known = [row for row, gap in enumerate(is_nan) if not gap]
    if not known:
        return values
    gaps = np.diff([-1, *known]) - 1
    end = known[-1] + 1 + gaps.max()
    return [None if is_nan[row] and row < end else v for row, v in enumerate(values)]


def _one_entry(name, entries):
    """The entry of a step: the mean of single batches of training, else the last."""
    if not entries:
        return None
    parts = take_apart(name)
    is_batches = parts.split != "validation" and parts.aggregate != "epoch"
    if len(entries) > 1 and is_batches and _kind(name) in ("loss", "metric"):
        return float(np.mean(numbers_of(entries, name)[0]))
    return entries[-1]


def _notes_on_epochs(curves, rows, n_epochs):
    """Sentences about what was made one entry for each epoch."""
    counts = {}
    parts_of = {name: take_apart(name) for name in curves if _kind(name) in ("loss", "metric")}
    summed_up = {(p.split, p.name) for p in parts_of.values() if p.aggregate == "epoch"}
    for name, parts in parts_of.items():
        values = curves[name]
        if (parts.split, parts.name) not in summed_up:
            present = [r for r, v in zip(rows.tolist(), values, strict=True) if not is_missing(v)]
            most = np.bincount(present, minlength=n_epochs).max() if present else 0
            key = parts.split or "train"
            counts[key] = max(counts.get(key, 0), int(most))
    notes = []
    if counts.get("train", 0) > 1:
        notes.append(
            "No mean of the epoch was recorded for training: the entries of single batches were "
            "averaged."
        )
    if counts.get("validation", 0) > 1:
        notes.append(
            "Validation rows were judged more than once in an epoch (or in a check before the "
            "first one): the last entry of each epoch is shown."
        )
    return notes


def _batches_per_epoch(epoch, step):
    """Median number of batches of an epoch; of one epoch alone, its batches."""
    last = np.array([step[epoch == number].max() for number in np.unique(epoch)])
    return int(np.median(np.diff(last))) if len(last) > 1 else None
