"""Columns computed from the labels of all rows: mean, smoothed and leave-one-out encodings."""

from typing import NamedTuple

import numpy as np

from sklearn_lossfix._core._columns import named
from sklearn_lossfix.exceptions import CheckNotApplicable
from sklearn_lossfix.model_selection.leakage._binned_scores import MAX_CLASSES
from sklearn_lossfix.model_selection.leakage._encodings import (
    MIN_SHARE,
    Match,
    best_match,
    label_groups,
    leave_one_out_match,
    leave_one_out_pairs,
)
from sklearn_lossfix.model_selection.leakage._exact_copies import rounding_error
from sklearn_lossfix.model_selection.leakage._leak import Leak

# Rows among which a column of encoded categories repeats itself: of 100,000 categories two of
# 2,000 rows agree with a chance of 1 - e^-20.
N_PROBED = 2_000

# Formulas that are tried on a column and a set of labels: each is a chance to be misled.
N_FORMULAS = 12

# Folds whose training parts are tried, to tell an encoding that was fitted as it should be.
MAX_TRAIN_PARTS = 2

# Chance below which values that divide the numbers of their rows are counts.
CHANCE_OF_COUNTS = 1e-6

# Fewest different values of an encoded column. With fewer, exact agreement is common.
MIN_VALUES = 3


class Encoding(NamedTuple):
    """One encoded column.

    Attributes
    ----------
    column : int
        Position.
    match : Match
        The formula.
    source : str
        Name of the category column; empty where the column's own values were the categories.
    codes : ndarray of shape (n_rows,), dtype int
        Category of every row.
    agreeing : ndarray of int
        Codes of the categories whose value is that of the formula.
    log_chance : float
        Corrected for all columns, labels and formulas.
    """

    column: int
    match: Match
    source: str
    codes: np.ndarray
    agreeing: np.ndarray
    log_chance: float


class TargetEncoding:
    """Category means of the label that took in the labels of the test rows."""

    name = "target_encoding"
    slug = "preprocessed-before-split"
    title = "Target encoding on all rows"
    needs_y = True

    def run(self, data, earlier):
        """Compare repeated values of every column with label means over all rows."""
        if data.y is None:
            raise CheckNotApplicable("The labels are not known.")
        if len(data.y) < 2 or data.y.min() == data.y.max():
            raise CheckNotApplicable("All rows have the same label.")
        columns = repeated_columns(data.table)
        if not columns and (data.classes is not None or len(data.table.number_columns) == 0):
            raise CheckNotApplicable("No column of numbers repeats its values.")
        names = data.table.names
        found, trained, counted = [], {}, []
        labels = label_columns(data.y, data.classes)
        categories = Categories(data.table)
        for j in columns:
            atoms = Atoms(data.table.column(j))
            if len(atoms.values) < MIN_VALUES:
                continue
            encoding = encoded_on_all_rows(data, j, atoms, labels, categories, len(columns))
            if encoding is not None:
                found.append(encoding)
                continue
            fold = encoded_on_training_rows(data, atoms, labels, len(columns))
            if fold is not None:
                trained[names[j]] = fold
            elif atoms.are_counts:
                counted.append(names[j])
        if data.classes is None:
            found += left_out_means(data, columns, categories, *labels[0])
        details = {
            "formulas": {names[e.column]: e.match.formula for e in found},
            "weights": {
                names[e.column]: float(e.match.weight) for e in found if np.isfinite(e.match.weight)
            },
            "sources": {names[e.column]: e.source for e in found if e.source},
            "fitted_on_training_rows": trained,
            "count_encoded": counted,
        }
        if not found:
            return Leak(
                self.name,
                self.slug,
                False,
                _clean_message(columns, trained),
                rate=0.0,
                expected_rate=0.0,
                details=details,
            )
        found.sort(key=lambda encoding: encoding.log_chance)
        per_fold = leaked_per_fold(data.folds, found)
        n_tested = sum(len(test) for _, test in data.folds)
        leaking = tuple(names[e.column] for e in found)
        first = found[0]
        source = f" of the categories in {first.source!r}" if first.source else ""
        weight = first.match.weight
        details_of_weight = f" with weight {weight:.4g}" if np.isfinite(weight) else ""
        return Leak(
            self.name,
            self.slug,
            True,
            f"{named(leaking)} holds labels of all rows, of test rows too: the values are the "
            f"{first.match.formula} of the label{source}{details_of_weight} in "
            f"{int(first.match.agrees.sum()):,} of {len(first.match.agrees):,} categories.",
            severity="high",
            rate=float(per_fold.sum() / max(n_tested, 1)),
            expected_rate=0.0,
            p_value=float(np.exp(first.log_chance)),
            columns=leaking,
            per_fold=per_fold,
            fix="Encode inside the pipeline, on training rows only: "
            "make_pipeline(TargetEncoder(), estimator) on the categories themselves.",
            details=details,
        )


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


def encoded_on_all_rows(data, j, atoms, labels, categories, n_columns):
    """How a column was computed from the labels of all rows.

    Parameters
    ----------
    data : SplitData
        Table, labels and folds.
    j : int
        Position of the column.
    atoms : Atoms
        Its values.
    labels : list
        From :func:`label_columns`.
    categories : Categories
        Columns that may hold the categories.
    n_columns : int
        Columns that are tried.

    Returns
    -------
    Encoding or None
    """
    limit = np.log(data.options.alpha)
    for label, step in labels:
        tried = np.log(n_columns * len(labels) * N_FORMULAS)
        groups, kept = label_groups(atoms.codes, atoms.values, label, step)
        if best_match(groups, atoms.tolerance) is not None:
            encoding = _confirmed(data, j, "", atoms.codes, groups, kept, atoms.tolerance, tried)
            if encoding is not None and encoding.log_chance <= limit:
                return encoding
        pairs = leave_one_out_pairs(atoms.codes, atoms.values, label, step, atoms.tolerance)
        if pairs is not None and pairs.log_chance + tried <= limit:
            agreeing = np.flatnonzero(pairs.agrees)
            return Encoding(j, pairs, "", atoms.codes, agreeing, pairs.log_chance + tried)
        for source, codes in categories.of(j, atoms):
            tried = np.log(n_columns * len(labels) * N_FORMULAS * data.table.n_columns)
            values = _value_per_group(codes, atoms.raw)
            if values is not None:
                groups, kept = label_groups(codes, values, label, step)
                match = best_match(groups, atoms.tolerance)
            else:
                match, kept = leave_one_out_match(codes, atoms.raw, label, step, atoms.tolerance)
            if match is None:
                continue
            if values is not None:
                encoding = _confirmed(data, j, source, codes, groups, kept, atoms.tolerance, tried)
            else:
                is_split = groups_on_both_sides(codes, data.folds)[kept]
                encoding = _of_split_groups(j, source, codes, match, kept, is_split, tried)
            if encoding is not None and encoding.log_chance <= limit:
                return encoding
    return None


def _confirmed(data, j, source, codes, groups, kept, tolerance, tried):
    """The same for categories with rows on both sides of a fold: only they tell whose labels."""
    is_split = groups_on_both_sides(codes, data.folds)[kept]
    if not is_split.any():
        return None
    part = groups._replace(
        value=groups.value[is_split],
        count=groups.count[is_split],
        mean=groups.mean[is_split],
        variance=groups.variance[is_split],
    )
    match = best_match(part, tolerance)
    if match is None:
        return None
    agreeing = kept[is_split][match.agrees]
    return Encoding(j, match, source, codes, agreeing, min(0.0, match.log_chance + tried))


def _of_split_groups(j, source, codes, match, kept, is_split, tried):
    """A leave-one-out encoding, if it holds for the categories with rows on both sides."""
    if not is_split.any() or match.agrees[is_split].mean() < MIN_SHARE:
        return None
    agreeing = kept[is_split & match.agrees]
    return Encoding(j, match, source, codes, agreeing, min(0.0, match.log_chance + tried))


def encoded_on_training_rows(data, atoms, labels, n_columns):
    """Number of the first fold whose training part a column was encoded on, as it should be.

    Returns
    -------
    int or None
    """
    folds = data.folds[:MAX_TRAIN_PARTS]
    tried = np.log(n_columns * len(labels) * N_FORMULAS * max(len(folds), 1))
    for number, (train, _) in enumerate(folds):
        for label, step in labels:
            groups, _ = label_groups(atoms.codes, atoms.values, label, step, rows=train)
            match = best_match(groups, atoms.tolerance)
            if match is not None and match.log_chance + tried <= np.log(data.options.alpha):
                return number
    return None


def groups_on_both_sides(codes, folds):
    """Which sets of rows stand in the training and the test part of some fold.

    Parameters
    ----------
    codes : ndarray of shape (n_rows,), dtype int
        Sets; negative where there is none.
    folds : sequence of (train, test)
        Row numbers.

    Returns
    -------
    ndarray of shape (n_sets,), dtype bool
    """
    n_sets = int(codes.max()) + 1
    both = np.zeros(n_sets, dtype=bool)
    for train, test in folds:
        sides = []
        for rows in (train, test):
            seen = codes[rows]
            sides.append(np.bincount(seen[seen >= 0], minlength=n_sets) > 0)
        both |= sides[0] & sides[1]
    return both


def leaked_per_fold(folds, encodings):
    """Test rows of every fold that stand in an encoded category."""
    n_rows = len(encodings[0].codes)
    leaked = np.zeros(n_rows, dtype=bool)
    for encoding in encodings:
        is_agreeing = np.zeros(int(encoding.codes.max()) + 2, dtype=bool)
        is_agreeing[encoding.agreeing] = True
        leaked |= is_agreeing[encoding.codes]  # -1 takes the last, which is False
    return np.array([np.count_nonzero(leaked[test]) for _, test in folds], dtype=np.intp)


def left_out_means(data, repeated, categories, label, step):
    """Columns without repeats that hold, of a numeric target, the mean of the other rows.

    Parameters
    ----------
    data : SplitData
        Table, labels and folds.
    repeated : list of int
        Columns with repeats: they were tried before.
    categories : Categories
        Columns that may hold the categories.
    label : ndarray of shape (n_rows,), dtype float64
        The target.
    step : float
        Step of its values.

    Returns
    -------
    list of Encoding
    """
    table = data.table
    columns = np.setdiff1d(table.number_columns, repeated)
    found = {}
    if len(columns) == 0:
        return []
    tried = np.log(len(columns) * max(len(categories.columns), 1))
    probe = np.arange(0, table.n_rows, max(1, table.n_rows // N_PROBED))
    near = table.take(probe).numbers(columns)
    for source in categories.columns:
        codes = categories.codes(source)
        if codes is None:
            continue
        count = np.bincount(codes[codes >= 0])
        total = np.bincount(codes[codes >= 0], label[codes >= 0])
        expected = ((total[codes] - label) / np.maximum(count[codes] - 1, 1))[probe]
        usable = (codes[probe] >= 0) & (count[codes[probe]] > 1)
        for position, j in enumerate(columns):
            seen = near[usable, position]
            if j in found or not _is_affine(seen, expected[usable]):
                continue
            raw = table.column(j)
            match, kept = leave_one_out_match(codes, raw, label, step, rounding_error(raw))
            if match is not None:
                is_split = groups_on_both_sides(codes, data.folds)[kept]
                name = table.names[source]
                encoding = _of_split_groups(int(j), name, codes, match, kept, is_split, tried)
                if encoding is not None and encoding.log_chance <= np.log(data.options.alpha):
                    found[j] = encoding
    return list(found.values())


def _is_affine(values, expected):
    """Whether a quick look finds values on a line; exactness is left to a closer one."""
    if len(values) < MIN_VALUES or np.ptp(values) == 0 or np.ptp(expected) == 0:
        return False
    correlation = np.corrcoef(values, expected)[0, 1]
    return bool(abs(correlation) > 0.999)


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


def _value_per_group(codes, raw):
    """The one value of a column in every set of rows; None if some set has two."""
    n_sets = int(codes.max()) + 1
    values = np.full(n_sets, np.nan)
    present = codes >= 0
    values[codes[present]] = raw[present]
    same = values[codes[present]] == raw[present]
    return values if same.all() else None


def _clean_message(columns, trained):
    """What was looked at where nothing was found."""
    message = f"None of {len(columns):,} columns with repeated values holds label means of all rows"
    if trained:
        return f"{message}; {named(list(trained))} holds those of training rows only, as it should."
    return f"{message}."
