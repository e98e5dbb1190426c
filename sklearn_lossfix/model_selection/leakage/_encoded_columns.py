"""Columns that may hold an encoding or its categories, and labels that it may average."""

import numpy as np

from sklearn_lossfix.model_selection.leakage._binned_scores import MAX_CLASSES
from sklearn_lossfix.model_selection.leakage._encodings import best_match, label_groups
from sklearn_lossfix.model_selection.leakage._exact_copies import rounding_error

# Rows among which a column of encoded categories repeats itself: of 100,000 categories two of
# 2,000 rows agree with a chance of 1 - e^-20.
N_PROBED = 2_000

# Chance below which values that divide the numbers of their rows are counts.
CHANCE_OF_COUNTS = 1e-6

# Fewest different values of an encoded column. With fewer, exact agreement is common.
MIN_VALUES = 3


class Atoms:
    """Distinct values of a column, and where they are.

    Attributes
    ----------
    values : ndarray of shape (n_values,)
        Distinct values in rising order, without missing.
    codes : ndarray of shape (n_rows,), dtype int
        Their positions; -1 where missing.
    counts : ndarray of shape (n_values,), dtype int
        Rows of each.
    tolerance : float
        Relative rounding error of the numbers.
    raw : ndarray of shape (n_rows,)
        The column.
    """

    def __init__(self, raw):
        self.raw = raw
        self.tolerance = rounding_error(raw)
        self.values, codes, self.counts = np.unique(raw, return_inverse=True, return_counts=True)
        if len(self.values) and np.isnan(self.values[-1]):
            self.values, self.counts = self.values[:-1], self.counts[:-1]
            codes[codes == len(self.values)] = -1
        self.codes = codes

    @property
    def are_counts(self):
        """Whether the values are the numbers, or the shares, of their rows.

        Categories of one size share a value: the size divides the number of its rows.
        """
        if len(self.values) < MIN_VALUES or self.values[0] <= 0:
            return False
        for n_rows in (1, self.counts.sum()):
            size = np.round(self.values * n_rows)
            exact = np.abs(self.values * n_rows - size) <= self.tolerance * n_rows
            if (size >= 1).all() and exact.all() and (self.counts % size == 0).all():
                # A number is a multiple of `size` with a chance of 1 / size.
                return bool(np.log(size).sum() > -np.log(CHANCE_OF_COUNTS))
        return False


def repeated_columns(table):
    """Positions of the columns of numbers with repeated values, by a look at some rows."""
    step = max(1, table.n_rows // N_PROBED)
    probe = table.take(np.arange(0, table.n_rows, step))
    kept = []
    for j in table.number_columns:
        seen = probe.column(j)
        if len(np.unique(seen[~np.isnan(seen)])) < np.count_nonzero(~np.isnan(seen)):
            kept.append(int(j))
    return kept


def label_columns(y, classes):
    """What an encoder may have averaged: indicators of the classes, or numbers.

    Parameters
    ----------
    y : ndarray of shape (n_rows,)
        Codes of classes, or numbers.
    classes : ndarray or None
        Labels of the codes.

    Returns
    -------
    list of (ndarray of shape (n_rows,), dtype float64; float)
        The label and the step of its values (0 where there is none).
    """
    if classes is None:
        distinct = np.unique(y)
        step = float(np.diff(distinct).min()) if len(distinct) <= len(y) // 2 else 0.0
        return [(y.astype(float), step)]
    counts = np.bincount(y, minlength=len(classes))
    present = np.flatnonzero(counts)
    if len(present) == 2:  # the other class is an affine map of this one
        return [((y == present[1]).astype(float), 1.0)]
    order = present[np.argsort(-counts[present], kind="stable")][:MAX_CLASSES]
    labels = [((y == code).astype(float), 1.0) for code in order]
    if np.asarray(classes).dtype.kind in "iuf":
        numbers = np.asarray(classes, dtype=float)
        labels.append((numbers[y], float(np.diff(numbers[present]).min())))
    return labels


class Categories:
    """Columns that may hold the categories behind an encoding: no fractions, no times.

    Parameters
    ----------
    table : Table
        Features.

    Attributes
    ----------
    columns : list of int
        Positions.
    """

    def __init__(self, table):
        self.table = table
        self._codes, self._heads = {}, {}
        head = table.take(slice(0, N_PROBED))
        for j, kind in enumerate(table.kinds):
            if kind == "time":
                continue
            values = head.column(j)
            if kind == "number" and not (values == np.floor(values)).all():
                continue
            codes = np.unique(values, return_inverse=True)[1]
            if MIN_VALUES <= int(codes.max()) + 1 < len(values):
                self._heads[j] = codes
        self.columns = list(self._heads)

    def codes(self, j):
        """Codes of all rows, -1 where missing; None if most rows have a level of their own."""
        if j not in self._codes:
            values = self.table.column(j)
            if self.table.kinds[j] == "number":
                values = np.unique(values, return_inverse=True)[1]
            is_fit = int(values.max()) + 1 <= self.table.n_rows // 2
            self._codes[j] = values if is_fit else None
        return self._codes[j]

    def of(self, j, atoms):
        """Yield name and codes of the columns in which column `j` is constant, or nearly so."""
        seen = atoms.codes[:N_PROBED].astype(np.int64)
        for other, head in self._heads.items():
            # An encoding has at most two values in a category (leave-one-out).
            n_pairs = len(np.unique(head * (len(atoms.values) + 1) + seen))
            if other != j and n_pairs <= 2 * (int(head.max()) + 1):
                codes = self.codes(other)
                if codes is not None:
                    yield self.table.names[other], codes


class OwnGroups:
    """Labels grouped by the values of a column, and the formula that they agree with.

    Several questions ask for the same rows: each is answered once.

    Parameters
    ----------
    atoms : Atoms
        The values.
    labels : list
        From :func:`label_columns`.
    folds : sequence of (train, test)
        Row numbers.
    """

    def __init__(self, atoms, labels, folds):
        self._atoms, self._labels, self._folds = atoms, labels, folds
        self._groups, self._matches = {}, {}

    def of(self, number, fold=None):
        """`label_groups` by one of the labels, of all rows or of the training rows of a fold."""
        if (number, fold) not in self._groups:
            label, step = self._labels[number]
            rows = None if fold is None else self._folds[fold][0]
            self._groups[number, fold] = label_groups(
                self._atoms.codes, self._atoms.values, label, step, rows=rows
            )
        return self._groups[number, fold]

    def match(self, number, fold=None):
        """`best_match` of these groups."""
        if (number, fold) not in self._matches:
            groups, _ = self.of(number, fold)
            self._matches[number, fold] = best_match(groups, self._atoms.tolerance)
        return self._matches[number, fold]
