"""Columns computed from the labels of all rows: mean, smoothed and leave-one-out encodings."""

from typing import NamedTuple

import numpy as np

from sklearn_lossfix._core._columns import named
from sklearn_lossfix.exceptions import CheckNotApplicable
from sklearn_lossfix.model_selection.leakage._encoded_columns import (
    MIN_VALUES,
    N_PROBED,
    Atoms,
    Categories,
    OwnGroups,
    label_columns,
    repeated_columns,
)
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
from sklearn_lossfix.model_selection.leakage._merged_encodings import (
    merged_left_out_match,
    rounded_mean_match,
    rounding_step,
)

# Formulas that are tried on a column and a set of labels: each is a chance to be misled.
N_FORMULAS = 12

# Chance from which on agreement with leave-one-out means is worth a doubt.
SUSPICIOUS = 0.01

# Folds whose training parts are tried, to tell an encoding that was fitted as it should be.
MAX_TRAIN_PARTS = 2


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
        found, doubts, trained, counted = [], [], {}, []
        limit = np.log(data.options.alpha)
        labels = label_columns(data.y, data.classes)
        categories = Categories(data.table)
        for j in columns:
            atoms = Atoms(data.table.column(j))
            if len(atoms.values) < MIN_VALUES:
                continue
            own = OwnGroups(atoms, labels, data.folds)
            encoding = encoded_on_all_rows(data, j, atoms, labels, own, categories, len(columns))
            if encoding is not None and encoding.log_chance <= limit:
                found.append(encoding)
                continue
            fold = encoded_on_training_rows(data, own, len(labels), len(columns))
            if fold is not None:
                trained[names[j]] = fold
                continue
            blurred = blurred_encoding(data, j, atoms, labels, own, len(columns))
            if blurred is not None and blurred.log_chance <= limit:
                found.append(blurred)
                continue
            doubt = encoding or blurred or few_groups_encoding(data, j, atoms, len(labels), own)
            if doubt is not None:
                doubts.append(doubt)
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
        if doubts and not found:
            return _doubt(self, data, doubts, details)
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


def encoded_on_all_rows(data, j, atoms, labels, own, categories, n_columns):
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
    own : OwnGroups
        Of the values.
    categories : Categories
        Columns that may hold the categories.
    n_columns : int
        Columns that are tried.

    Returns
    -------
    Encoding or None
        Its chance is above alpha where leave-one-out means hold in all categories, but these are
        too few to be sure.
    """
    limit, doubt = np.log(data.options.alpha), None
    for number, (label, step) in enumerate(labels):
        tried = np.log(n_columns * len(labels) * N_FORMULAS)
        if own.match(number) is not None:
            groups, kept = own.of(number)
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
            if encoding is None:
                continue
            if encoding.log_chance <= limit:
                return encoding
            if values is None and _holds_everywhere(match):
                doubt = doubt or encoding
    return doubt


def _holds_everywhere(match):
    """Whether a formula holds in all sets of rows: a doubt where these are too few to be sure.

    A formula without a number to solve for says every value beforehand: that all are met is no
    usual thing in another column, however likely each of them is. Otherwise agreement beyond the
    numbers that were solved for must be unlikely.
    """
    if match is None or match.share < 1.0:
        return False
    return match.n_solved == 0 or match.log_chance <= np.log(SUSPICIOUS)


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


def blurred_encoding(data, j, atoms, labels, own, n_columns):
    """How a column holds label means of all rows whose exact values are lost.

    Parameters
    ----------
    data, j, atoms, labels, own, n_columns
        As for `encoded_on_all_rows`.

    Returns
    -------
    Encoding or None
        Its chance may be any: large groups agree with rounded means wherever these come from.
    """
    step = rounding_step(atoms.values)
    for number, (label, lattice) in enumerate(labels):
        tried = np.log(n_columns * len(labels) * N_FORMULAS)
        match, kept = None, np.arange(len(atoms.values))
        if step:
            groups, kept = own.of(number)
            match = rounded_mean_match(groups, step) if len(kept) >= MIN_VALUES else None
        elif lattice == 1:
            match = _left_out_of_all(data, atoms, label)
        if match is None:
            continue
        is_split = groups_on_both_sides(atoms.codes, data.folds)[kept]
        if is_split.any() and match.agrees[is_split].any():
            agreeing = kept[match.agrees & is_split]
            log_chance = min(0.0, match.log_chance + tried)
            return Encoding(j, match, "", atoms.codes, agreeing, log_chance)
    return None


def few_groups_encoding(data, j, atoms, n_labels, own):
    """How a column of few categories agrees with a formula in all of them, which proves nothing.

    Parameters
    ----------
    data, j, atoms, own
        As for `encoded_on_all_rows`.
    n_labels : int
        Number of labels.

    Returns
    -------
    Encoding or None
        Its chance is 1: it is only worth a doubt. None if training rows agree as well.
    """
    folds = [None, *range(len(data.folds[:MAX_TRAIN_PARTS]))]
    for number in range(n_labels):
        agree = []
        for fold in folds:
            enough = len(own.of(number, fold)[1]) >= MIN_VALUES
            match = own.match(number, fold) if enough else None
            agree.append(_holds_everywhere(match))
            if not agree[0]:
                break
        if agree[0] and not any(agree[1:]):
            return Encoding(j, own.match(number), "", atoms.codes, own.of(number)[1], 0.0)
    return None


def _left_out_of_all(data, atoms, label):
    """A merged leave-one-out encoding of all rows; None if it fits training parts better."""
    match, share = merged_left_out_match(atoms.codes, atoms.values, label, atoms.tolerance)
    if match is None or match.log_chance > np.log(SUSPICIOUS):
        return None
    for train, _ in data.folds[:MAX_TRAIN_PARTS]:
        on_train = merged_left_out_match(
            atoms.codes[train], atoms.values, label[train], atoms.tolerance
        )
        if on_train[1] > share:
            return None
    return match


def _doubt(check, data, doubts, details):
    """What is said of columns that may hold label means."""
    names = data.table.names
    leaking = tuple(names[e.column] for e in doubts)
    first = min(doubts, key=lambda encoding: encoding.log_chance)
    return Leak(
        check.name,
        check.slug,
        None,
        f"Could not tell: {named(leaking)} may hold labels of test rows. Values agree with the "
        f"{first.match.formula} of the label in {int(first.match.agrees.sum()):,} of "
        f"{len(first.match.agrees):,} sets of equal values, which chance, or true means in the "
        "column, explain as well.",
        columns=leaking,
        fix="If an encoder made them, fit it inside the pipeline, on training rows only.",
        details=details,
    )


def encoded_on_training_rows(data, own, n_labels, n_columns):
    """Number of the first fold whose training part a column was encoded on, as it should be.

    Returns
    -------
    int or None
    """
    n_folds = len(data.folds[:MAX_TRAIN_PARTS])
    tried = np.log(n_columns * n_labels * N_FORMULAS * max(n_folds, 1))
    for fold in range(n_folds):
        for number in range(n_labels):
            match = own.match(number, fold)
            if match is not None and match.log_chance + tried <= np.log(data.options.alpha):
                return fold
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
