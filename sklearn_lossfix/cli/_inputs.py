"""From options to arrays: rows with labels, and columns of probabilities."""

import re
from dataclasses import dataclass

import numpy as np
import pandas as pd

from sklearn_lossfix.cli._errors import InputError, listed
from sklearn_lossfix.cli._tables import (
    align_labels,
    as_labels,
    match_label,
    need_columns,
    read_table,
    take_groups,
    take_target,
    take_weights,
)

# Rounding in other programs may leave [0, 1] by this much; as `diagnose_predictions` allows.
_TOLERANCE = 1e-3
# What may stand before the label at the end of a column's name: nothing, or a sign, but not the
# decimal point of a number. Column "1.0" is not of class 0.
_BEFORE_LABEL = r"(^|_|[^\w.]|(?<!\d)\.)"


@dataclass(frozen=True, eq=False)
class Rows:
    """Rows of a table: features as they were read, labels, and what else was asked for.

    Attributes
    ----------
    X : pandas.DataFrame of shape (n_rows, n_features)
        Features.
    y : ndarray of shape (n_rows,)
        Labels.
    weight, groups : ndarray of shape (n_rows,) or None
        Weights and groups.
    """

    X: pd.DataFrame
    y: np.ndarray
    weight: np.ndarray | None
    groups: np.ndarray | None

    def take(self, keep):
        """The rows `keep`."""
        return Rows(
            self.X.iloc[keep].reset_index(drop=True),
            self.y[keep],
            None if self.weight is None else self.weight[keep],
            None if self.groups is None else self.groups[keep],
        )


def read_rows(file, notes, *, target, groups=None, weight=None, drop=()):
    """Read a table of features and labels.

    Parameters
    ----------
    file : str
        Table, or ``-``.
    notes : Notes
        Gets lines about dropped rows.
    target, groups, weight : str or None
        Columns of labels, groups and weights; none of them is a feature.
    drop : sequence of str, default=()
        Columns that are no features.

    Returns
    -------
    Rows

    Raises
    ------
    InputError
        If a column is missing, named twice or unsuitable.
    """
    frame = read_table(file)
    _refuse_repeats(
        [("--target", target), ("--groups", groups), ("--weight", weight)]
        + [("--drop", name) for name in drop]
    )
    need_columns(frame, drop, "--drop")
    for name, option in ((groups, "--groups"), (weight, "--weight")):
        need_columns(frame, [] if name is None else [name], option)
    frame, y = take_target(frame, target, notes)
    others = [name for name in (groups, weight, *drop) if name is not None]
    return Rows(
        frame.drop(columns=others),
        y,
        None if weight is None else take_weights(frame, weight),
        None if groups is None else take_groups(frame, groups),
    )


def read_held_out(file, train, notes, *, target):
    """Read held-out rows: the columns of the training rows, and labels in their type.

    Parameters
    ----------
    file : str
        Table.
    train : Rows
        Training rows.
    notes : Notes
        Gets lines about dropped rows.
    target : str
        Column of labels.

    Returns
    -------
    Rows
    """
    frame = read_table(file)
    need_columns(frame, train.X.columns, "--validation")
    frame, y = take_target(frame, target, notes, "--validation")
    return Rows(frame[list(train.X.columns)], align_labels(y, np.unique(train.y)), None, None)


def _refuse_repeats(named):
    """Raise InputError where a column is named by two options."""
    seen = {}
    for option, name in named:
        if name is None:
            continue
        if seen.setdefault(name, option) != option:
            raise InputError(f"column {name!r} is given to both {seen[name]} and {option}.")


@dataclass(frozen=True, eq=False)
class Forecast:
    """Labels and probabilities of rows, columns in the order of the classes.

    Attributes
    ----------
    y : ndarray of shape (n_rows,)
        Labels.
    proba : ndarray of shape (n_rows, n_classes)
        Probabilities.
    classes : ndarray of shape (n_classes,)
        Sorted labels.
    pred : ndarray of shape (n_rows,) or None
        Predicted labels.
    weight, groups : ndarray of shape (n_rows,) or None
        Weights and groups.
    positive : label or None
        The positive class, where it is known.
    """

    y: np.ndarray
    proba: np.ndarray
    classes: np.ndarray
    pred: np.ndarray | None
    weight: np.ndarray | None
    groups: np.ndarray | None
    positive: object


def read_forecast(
    file,
    notes,
    *,
    target,
    proba,
    classes=(),
    predicted=None,
    weight=None,
    groups=None,
    positive=None,
):
    """Read a table of probabilities.

    Parameters
    ----------
    file : str
        Table, or ``-``.
    notes : Notes
        Gets lines about dropped rows and about which column is which class.
    target, predicted, weight, groups : str or None
        Columns of labels, predicted labels, weights and groups.
    proba : sequence of str
        Columns of probabilities: one for each class, or one for one of two. One column is of the
        class that its name is or ends with; where that is none, of `positive`, or else of the
        second class.
    classes : sequence of str, default=()
        Classes in the order of the columns; empty to find out. With one column, both classes, of
        which the last is the second.
    positive : str, default=None
        The positive class of the metric; None takes the class of the column where there is one.

    Returns
    -------
    Forecast

    Raises
    ------
    InputError
        If a column is missing or holds no probabilities, or columns and classes do not match.
    """
    frame = read_table(file)
    _refuse_repeats([("--target", target), *(("--proba", name) for name in proba)])
    need_columns(frame, proba, "--proba")
    need_columns(frame, [] if predicted is None else [predicted], "--predicted")
    frame, y = take_target(frame, target, notes)
    columns = np.column_stack([_probabilities(frame, name) for name in proba])
    known = np.unique(y) if not classes else _classes_like(classes, y)
    if positive is not None:
        positive = match_label(positive, known, "--positive")
    if len(proba) == 1:
        known, columns, positive = _two_columns(columns, known, positive, proba[0], notes)
    else:
        known = _class_of_columns(proba, known, bool(classes), notes)
    order = np.argsort(known)
    return Forecast(
        y,
        columns[:, order],
        known[order],
        None if predicted is None else _predicted(frame, predicted, known),
        None if weight is None else take_weights(frame, weight),
        None if groups is None else take_groups(frame, groups),
        positive,
    )


def _probabilities(frame, name):
    """One column of probabilities; InputError where it holds none."""
    column = frame[name]
    expected = "Expected probabilities in [0, 1]"
    if pd.api.types.is_bool_dtype(column) or not pd.api.types.is_numeric_dtype(column):
        raise InputError(f"--proba: column {name!r} holds no numbers. {expected}.")
    values = column.to_numpy(dtype=np.float64, na_value=np.nan)
    missing = int(np.isnan(values).sum())
    if missing:
        raise InputError(f"--proba: column {name!r} has no value in {missing:,} rows. {expected}.")
    low, high = values.min(), values.max()
    if low < 0 or high > 1 + _TOLERANCE:
        hint = "margins or percentages" if np.isfinite(high) else "infinite values"
        raise InputError(
            f"--proba: column {name!r} holds values from {low:g} to {high:g}. {expected}, not "
            f"{hint}."
        )
    return values


def _classes_like(texts, y):
    """Classes given as text, in the type of the labels."""
    if len(texts) < 2 or len(set(texts)) < len(texts):
        raise InputError(f"--classes: expected two different classes or more, got {listed(texts)}.")
    try:
        if y.dtype.kind == "b":
            return np.array([{"true": True, "false": False}[t.casefold()] for t in texts])
        classes = np.array([int(t) for t in texts] if y.dtype.kind == "i" else texts)
    except (KeyError, ValueError):
        raise InputError(
            f"--classes: {listed(texts)} are no labels like those of the target, "
            f"{listed(np.unique(y).tolist())}."
        ) from None
    absent = sorted(set(y.tolist()) - set(classes.tolist()))
    if absent:
        raise InputError(f"--classes: the target also holds {listed(absent)}. Name every class.")
    return classes


def _two_columns(columns, classes, positive, name, notes):
    """Classes, both columns and the positive class, from the column of one of two classes."""
    labels = classes.tolist()
    if len(labels) != 2:
        raise InputError(
            f"--proba: one column serves two classes, and the target has {len(labels)}: "
            f"{listed(labels)}. Give one column for each class."
        )
    label, reason = _class_of_one_column(name, labels, positive)
    notes.add(f"{name!r} is taken as the probability of {str(label)!r}{reason}")
    other = labels[1 - labels.index(label)]
    # Whoever saves one column saves that of the class they care about.
    positive = label if positive is None else positive
    return np.array([other, label]), np.column_stack([1 - columns, columns]), positive


def _class_of_one_column(name, labels, positive):
    """The class of the only column, and the end of the note that says why it is that one.

    The name comes first: `positive` is about the metric, and would turn the probabilities of a
    column that is named like the other class around.
    """
    label = _class_in_name(name, labels)
    if label is None and positive is None:
        return labels[1], ", the second class; --positive says otherwise."
    if label is None:
        return positive, ", as --positive says; a column named after its class keeps that class."
    if positive is None:
        return label, " by its name, and that is the positive class; --positive names another."
    return label, f" by its name; --positive {str(positive)!r} is for the metric alone."


def _class_of_columns(names, classes, is_given, notes):
    """The class of each column: as given, else by the ends of the names, else in sorted order."""
    if len(names) != len(classes):
        raise InputError(
            f"--proba: {len(names)} columns for {len(classes)} classes "
            f"({listed(classes.tolist())}). Give one column for each class, and --classes where "
            f"some occur in no row."
        )
    if is_given:
        return classes
    found = [_class_in_name(name, classes.tolist()) for name in names]
    by_name = None not in found and len(set(found)) == len(found)
    if by_name:
        classes = np.array(found, dtype=classes.dtype)
    pairs = ", ".join(f"{n!r} = {str(c)!r}" for n, c in zip(names, classes.tolist(), strict=True))
    how = "by their names" if by_name else "in sorted order"
    notes.add(f"columns were taken as classes {how}: {pairs}; --classes says otherwise.")
    return classes


def _class_in_name(name, labels):
    """The longest label that a column's name is or ends with, after a sign such as ``_``.

    Of labels that differ in case alone it is the one in the case of the name; None where no label
    fits, or where two fit alike.
    """
    ranks = {}
    for label in labels:
        if re.search(rf"{_BEFORE_LABEL}{_label_pattern(label)}$", name, flags=re.IGNORECASE):
            ranks[label] = (len(str(label)), name.endswith(str(label)))
    best = [label for label, rank in ranks.items() if rank == max(ranks.values())]
    return best[0] if len(best) == 1 else None


def _label_pattern(label):
    """A label as a regular expression; a whole number may be written as 1.0."""
    is_whole = isinstance(label, int) and not isinstance(label, bool)
    return re.escape(str(label)) + (r"(\.0+)?" if is_whole else "")


def _predicted(frame, name, classes):
    """Predicted labels in the type of the classes."""
    missing = int(frame[name].isna().sum())
    if missing:
        raise InputError(f"--predicted: column {name!r} has no value in {missing:,} rows.")
    labels = align_labels(as_labels(frame[name], f"--predicted: column {name!r}"), classes)
    unknown = sorted(set(labels.tolist()) - set(classes.tolist()), key=str)
    if unknown:
        raise InputError(
            f"--predicted: column {name!r} holds {listed(unknown)}, which is no class of the "
            f"target. Known: {listed(classes.tolist())}."
        )
    return labels
