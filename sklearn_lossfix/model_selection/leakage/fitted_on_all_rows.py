"""FittedOnAllRows: scalers, PCA, quantile transformers and imputers that have seen test rows."""

from collections import defaultdict
from dataclasses import dataclass, field

import numpy as np

from sklearn_lossfix._core._columns import named
from sklearn_lossfix.exceptions import CheckNotApplicable
from sklearn_lossfix.model_selection.leakage._decorrelation import (
    correlations,
    uncorrelated_pairs,
)
from sklearn_lossfix.model_selection.leakage._leak import Leak
from sklearn_lossfix.model_selection.leakage._level_signatures import (
    UNMOVED,
    holds,
    level_signature,
)
from sklearn_lossfix.model_selection.leakage._moment_signatures import (
    CLEARLY_OFF,
    EVENNESS_RATIO,
    RANGES,
    ROUNDED_OFF,
    SIGNATURES,
    distance,
    find_signatures,
    quantile_unevenness,
    read_column,
)

# Ranges 0..1 may be those of the quantity itself (shares, probabilities). Reached exactly, in one
# row each, by so many columns without a lattice, and by most of those, they were made. No null
# model stands behind this number: it is a convention.
SEVERAL = 3
MOST = 0.5

# Up to here columns that agree are mentioned; above, luck explains them.
SUSPICIOUS = 0.01

# Name of the signature that pairs of columns hold.
DECORRELATED = "decorrelated"


class FittedOnAllRows:
    """Columns whose moments are exact on all rows, but not on the training rows of a fold.

    Which moments is listed in `_moment_signatures.py`; beside them stand columns that are exactly
    uncorrelated (PCA, whitening). The null model is that a moment of a column that was not
    fitted has a density, or moves in steps of a lattice (`chance_of_moment`); Bonferroni over
    columns and signatures. Two moments of one float64 column, as of StandardScaler, are certain
    (1e-11 with 10,000 rows and 50 columns); one moment of a float32 column is not before a second
    column agrees. In columns of whole numbers and of levels nothing is certain
    (`_level_signatures.py`): there it ends in "could not tell".
    """

    name = "fitted_on_all_rows"
    slug = "preprocessed-before-split"
    title = "Scalers and imputers fitted on all rows"
    needs_y = False

    def run(self, data, earlier):
        """Look for exact moments on all rows, then ask the training rows."""
        table = data.table
        if table.is_sparse:
            raise CheckNotApplicable(
                "Moments are compared in dense tables: scalers do not centre a sparse one."
            )
        if not len(table.number_columns):
            raise CheckNotApplicable("The table has no column of numbers.")
        if not data.folds:
            raise CheckNotApplicable("There is no fold, so all rows are training rows.")
        held = _held_signatures(data)
        if not held.n_judged:
            raise CheckNotApplicable(
                "No column of numbers has at least 20 known values and more than two levels."
            )
        return _leak(self, data, held)


@dataclass
class _Held:
    """Columns by the signature they hold, and where they hold it.

    Attributes
    ----------
    n_judged, n_continuous : int
        Columns that were judged; those among them that are continuous.
    on_all, unclear, on_train : dict of str to list of int
        Positions of the columns: of those that hold it on all rows and not on some training part;
        on all rows and no training part clearly not; on the training rows of the first fold only.
    chances : dict of (str, int) to float
        Chance of each that was found on all rows.
    levels : dict of str to list of int
        Positions of the columns of levels that hold on all rows what proves nothing.
    """

    n_judged: int = 0
    n_continuous: int = 0
    on_all: dict = field(default_factory=lambda: defaultdict(list))
    unclear: dict = field(default_factory=lambda: defaultdict(list))
    on_train: dict = field(default_factory=lambda: defaultdict(list))
    chances: dict = field(default_factory=dict)
    levels: dict = field(default_factory=lambda: defaultdict(list))


def _held_signatures(data):
    """Read all columns, one at a time."""
    table, held = data.table, _Held()
    first_train = data.folds[0][0]
    centred, errors = [], []
    for j in table.number_columns:
        column = read_column(table.column(j))
        if column is None:
            continue
        held.n_judged += 1
        held.n_continuous += column.is_continuous and not column.step
        found = find_signatures(column)
        if not found:
            for signature in find_signatures(column, first_train):
                if _is_clearly_off(column, signature.name, None, first_train):
                    held.on_train[signature.name].append(j)
            _add_level(held, column, j, data.folds)
            continue
        for name, chance in found:
            held.chances[name, j] = chance
            is_off = any(_is_clearly_off(column, name, train, None) for train, _ in data.folds)
            (held.on_all if is_off else held.unclear)[name].append(j)
        is_full = not np.isnan(column.values).any()
        if column.is_continuous and is_full and found[0].name in ("centred", "standardised"):
            centred.append(j)
            errors.append(column.error)
    _add_decorrelated(data, held, centred, errors)
    return held


def _add_level(held, column, j, folds):
    """Note what a column of levels holds on all rows, or on the training rows of the first fold."""
    name = level_signature(column)
    if name:
        if name in UNMOVED or not all(holds(column, name, train) for train, _ in folds):
            held.levels[name].append(j)
        return
    name = level_signature(column, folds[0][0])
    if name and name not in UNMOVED:
        held.on_train[name].append(j)


def _is_clearly_off(column, name, rows, reference):
    """Whether rows do not hold a signature that others do."""
    if name == "quantiles":
        return quantile_unevenness(column, rows) > EVENNESS_RATIO * quantile_unevenness(
            column, reference
        )
    limit = ROUNDED_OFF if name == "standardised and rounded" else CLEARLY_OFF
    return distance(column, name, rows) > limit


def _add_decorrelated(data, held, centred, errors):
    """Move centred columns that are uncorrelated to a signature of their own."""
    pairs = uncorrelated_pairs(data.table, centred, errors)
    if not len(pairs):
        return
    columns, which = np.unique(pairs, return_inverse=True)
    which = which.reshape(pairs.shape)
    positions = np.asarray(centred)[columns]
    limits = CLEARLY_OFF * np.asarray(errors)[columns]
    is_off = np.zeros(len(columns), dtype=bool)
    for train, _ in data.folds:
        found = np.abs(correlations(data.table, positions, train))[which[:, 0], which[:, 1]]
        broken = found > limits[which].max(axis=1)
        is_off[which[broken]] = True
        if is_off.all():
            break
    for j, off in zip(positions.tolist(), is_off, strict=True):
        for by_name in (held.on_all, held.unclear):
            for name in ("centred", "standardised"):
                if j in by_name[name]:
                    by_name[name].remove(j)
                    held.chances[DECORRELATED, j] = held.chances[name, j] ** (
                        2 if name == "centred" else 1
                    )
        (held.on_all if off else held.unclear)[DECORRELATED].append(j)


def _leak(check, data, held):
    """What is said of the columns."""
    names = data.table.names
    details = {
        "n_judged_columns": held.n_judged,
        "fitted_on_all": _named_columns(names, held.on_all),
        "fitted_on_training_rows": _named_columns(names, held.on_train),
        "fitted_somewhere": _named_columns(names, held.unclear),
    }
    n_tests = held.n_judged * (len(SIGNATURES) + 1)
    p_value, certain, doubtful = _evidence(held, n_tests, data.options.alpha)
    tell = {"details": details, "expected_rate": 0.0}
    columns = sorted({j for name in certain for j in held.on_all[name]})
    if columns:
        kinds = {name: [names[j] for j in held.on_all[name]] for name in certain}
        spoken = "; ".join(f"{name}: {named(found)}" for name, found in kinds.items())
        return Leak(
            check.name,
            check.slug,
            True,
            f"{len(columns)} of {held.n_judged} columns of numbers hold moments that are exact on "
            f"all {data.n_rows:,} rows and not on the training rows ({spoken}): what made them "
            "has seen the test rows. This seldom moves a score by more than .005. If these rows "
            "are the training part of an outer split, it is as it should be.",
            severity="info",
            rate=len(columns) / held.n_judged,
            p_value=p_value,
            columns=tuple(names[j] for j in columns),
            fix="Put the transformer into the Pipeline, so that every fold fits it on its own "
            "training rows: make_pipeline(StandardScaler(), model).",
            **tell,
        )
    levels = _unexplained_levels(held)
    doubts = {name: held.on_all[name] for name in doubtful} | levels
    if doubts:
        spoken = "; ".join(
            f"{name}: {named([names[j] for j in found])}" for name, found in doubts.items()
        )
        return Leak(
            check.name,
            check.slug,
            None,
            f"Could not tell: {_doubt_reason(doubtful, levels)} ({spoken}); it may be nature.",
            p_value=p_value,
            columns=tuple(names[j] for j in sorted({j for f in doubts.values() for j in f})),
            fix="If a transformer made them, fit it inside the Pipeline.",
            **tell,
        )
    return Leak(
        check.name,
        check.slug,
        False,
        _clean_message(names, held),
        rate=0.0,
        **tell,
    )


def _evidence(held, n_tests, alpha):
    """Chance that the columns came so by luck, and the signatures that stand.

    Returns
    -------
    p_value : float
        0.0 where several columns agree exactly.
    certain, doubtful : list of str
        Names of signatures that were found, and of those of which it could not be told.
    """
    certain, doubtful, p_value = [], [], 1.0
    for name, columns in held.on_all.items():
        # Columns of a range that is not judged by a fold belong to those that are.
        agreeing = columns + held.unclear.get(name, [])
        if not columns:
            continue
        if name in RANGES:
            enough = len(agreeing) >= max(SEVERAL, MOST * held.n_continuous)
            p_name = 0.0 if enough else 1.0
        else:
            # The chance that m columns of n_tests agree is at most (n_tests * chance) ** m.
            factors = [min(1.0, n_tests * held.chances[name, j]) for j in columns]
            p_name = float(np.prod(factors))
            if len(columns) >= SEVERAL and p_name <= alpha:
                p_name = 0.0
        p_value = min(p_value, p_name)
        if p_name <= alpha:
            certain.append(name)
        elif name in (*RANGES, "imputed median") or p_name <= SUSPICIOUS:
            doubtful.append(name)
    return p_value, certain, doubtful


def _unexplained_levels(held):
    """Columns of levels by signature, but not beside others that were fitted on training rows."""

    def is_imputation(name):
        return "imputed" in name

    explained = {is_imputation(name) for name in held.on_train}
    return {name: j for name, j in held.levels.items() if is_imputation(name) not in explained}


def _doubt_reason(doubtful, levels):
    """What is seen of columns of which it could not be told."""
    parts = ["few columns are exact on all rows"] if doubtful else []
    if levels:
        parts.append(
            "columns of whole numbers or of levels are as a scaler or an imputer leaves them, but "
            "the fingerprint of all rows cannot be told in such columns"
        )
    return ", and ".join(parts)


def _named_columns(names, by_name):
    """Plain lists of names."""
    return {name: [names[j] for j in found] for name, found in by_name.items() if found}


def _clean_message(names, held):
    """What is said where nothing was fitted on all rows."""
    on_train = sorted({j for found in held.on_train.values() for j in found})
    if on_train:
        return (
            f"{named([names[j] for j in on_train])} hold moments that are exact on the training "
            "rows only: what made them was fitted on those, as it should be."
        )
    unclear = sorted({j for found in held.unclear.values() for j in found})
    if unclear:
        return (
            f"{named([names[j] for j in unclear])} hold exact moments on all rows and on the "
            "training rows alike, so nothing tells on which they were fitted."
        )
    return (
        f"None of {held.n_judged} columns of numbers holds exact moments of a scaler, a PCA, a "
        "quantile transformer or an imputer."
    )
