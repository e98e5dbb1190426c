"""Rows that lie exactly on a line between two rows of their class, as SMOTE draws them."""

from dataclasses import dataclass

import numpy as np
from scipy import stats

from sklearn_lossfix.model_selection.leakage._collinearity import (
    COSINE_ERROR,
    COSINE_ERROR_FLOAT32,
    MIN_AXES,
    chance_of_line,
    find_lines,
    scale,
    whiten,
)
from sklearn_lossfix.model_selection.leakage._exact_copies import FLOAT64_ERROR, rounding_error
from sklearn_lossfix.model_selection.leakage._moment_signatures import (
    distinct_levels,
    lattice_step,
)

# A class is judged if it has as many rows; fewer have no neighbours.
MIN_CLASS_ROWS = 10
# Rows of each class that are judged, and multiplications that looking for neighbours may take.
MAX_JUDGED = 400
MIN_JUDGED = 100
MAX_PRODUCTS = 2_000_000_000

# Share of the rows that differ in a continuous column. Of these, columns on a lattice (integers,
# rounded values) are left out class by class: lines are natural there, and drawn values are not.
CONTINUOUS_SHARE = 0.3
SAMPLE_ROWS = 2_000
MAX_COLUMNS = 50

_NO_PAIRS = np.empty((0, 3), dtype=np.intp)


@dataclass(frozen=True, eq=False)
class ClassLines:
    """Rows of each class on lines.

    Attributes
    ----------
    reason : str
        Why lines cannot be looked for; empty if they were.
    judged, hits, near : dict of int to int
        Tested rows of each class that were judged, those on lines, and those that miss one by
        little.
    chance : float
        Bound of the chance of a line.
    n_untested_hits : int
        Rows on lines among those that no fold tests.
    pairs : ndarray of shape (n_pairs, 3)
        Fold, training row, test row.
    """

    reason: str = ""
    judged: dict = None
    hits: dict = None
    near: dict = None
    chance: float = 0.0
    n_untested_hits: int = 0
    pairs: np.ndarray = None

    def p_value(self, code):
        """Chance of as many hits, corrected for the number of classes."""
        p = stats.binom.sf(self.hits[code] - 1, self.judged[code], self.chance)
        return float(min(1.0, len(self.judged) * p))

    def rate(self, code):
        """Share of the judged rows of a class on lines."""
        return self.hits[code] / self.judged[code]


def class_lines(data, labels):
    """Look for lines class by class, among rows that differ."""
    table, y = data.table, data.y
    if table.is_sparse:
        return ClassLines("lines between rows are looked for in dense tables only")
    distinct = np.flatnonzero(labels == np.arange(len(labels)))
    rng = data.rng("oversampled_rows")
    columns = continuous_columns(table, distinct, rng)
    if len(columns) < MIN_AXES:
        return ClassLines(f"lines come by chance with fewer than {MIN_AXES} continuous columns")
    is_tested = data.test_fold >= 0
    judged, hits, near, n_untested = {}, {}, {}, 0
    pairs = [_NO_PAIRS]
    chance = 0.0
    for code in range(len(data.classes)):
        rows = distinct[y[distinct] == code]
        if len(rows) < MIN_CLASS_ROWS:
            continue
        block = _off_lattices(table.take(rows).numbers(columns))
        if block.shape[1] < MIN_AXES:
            # Drawn values would lie off the lattice of the others: there are none.
            n_tested_rows = int(np.count_nonzero(is_tested[rows]))
            if n_tested_rows:
                judged[code], hits[code], near[code] = n_tested_rows, 0, 0
            continue
        is_narrow = rounding_error(block[:1000]) > FLOAT64_ERROR
        cosine_error = COSINE_ERROR_FLOAT32 if is_narrow else COSINE_ERROR
        scaled = scale(block)
        points = whiten(scaled)
        if points.shape[1] < MIN_AXES:
            continue
        chance = max(chance, chance_of_line(points.shape[1], cosine_error))
        n_judged = int(np.clip(MAX_PRODUCTS // block.size, MIN_JUDGED, MAX_JUDGED))
        tested = _some(np.flatnonzero(is_tested[rows]), n_judged, rng)
        others = _some(np.flatnonzero(~is_tested[rows]), n_judged, rng)
        chosen = np.concatenate([tested, others])
        found = _lines_in(points, chosen, cosine_error, (scaled, block))
        if len(tested):
            judged[code], hits[code] = len(tested), int(found.hit[: len(tested)].sum())
            near[code] = int(found.is_near[: len(tested)].sum())
        n_untested += int(found.hit[len(tested) :].sum())
        on_line = np.flatnonzero(found.hit[: len(tested)])
        pairs.append(_line_pairs(data, rows[tested[on_line]], rows[found.partners[on_line]]))
    if not judged:
        return ClassLines(
            f"lines come by chance where no class has {MIN_CLASS_ROWS} rows with {MIN_AXES} "
            "continuous columns that vary independently"
        )
    return ClassLines(
        judged=judged,
        hits=hits,
        near=near,
        chance=chance,
        n_untested_hits=n_untested,
        pairs=np.concatenate(pairs)[: data.options.evidence],
    )


def continuous_columns(table, distinct, rng):
    """Columns of numbers whose values differ in many rows, without missing ones."""
    rows = _some(distinct, SAMPLE_ROWS, rng)
    columns = []
    for j in table.number_columns:
        values = table.column(j)
        if not np.isfinite(values).all():
            continue
        if len(np.unique(values[rows])) > CONTINUOUS_SHARE * len(rows):
            columns.append(j)
    if len(columns) > MAX_COLUMNS:
        columns = np.sort(rng.choice(columns, MAX_COLUMNS, replace=False)).tolist()
    return columns


def _off_lattices(block):
    """Columns whose values lie on no lattice."""
    sample = block[np.linspace(0, len(block) - 1, min(SAMPLE_ROWS, len(block)), dtype=np.intp)]
    kept = [j for j, column in enumerate(sample.T) if not lattice_step(distinct_levels(column))]
    return block[:, kept]


def _some(rows, n, rng):
    """At most `n` of the rows."""
    return rows if len(rows) <= n else np.sort(rng.choice(rows, n, replace=False))


def _lines_in(points, chosen, cosine_error, metrics):
    """Lines in one class; neighbours in the scaled columns, and if these tell nothing as given."""
    for metric_points in metrics:
        found = find_lines(points, chosen, cosine_error, metric_points)
        if found.hit.any():
            break
    return found


def _line_pairs(data, rows, partners):
    """Test rows with one of their partners in the training part: fold, training row, test row."""
    fold = data.test_fold[rows]
    pairs = []
    for number in np.unique(fold):
        in_train = np.zeros(data.n_rows, dtype=bool)
        in_train[data.folds[number][0]] = True
        mine = np.flatnonzero(fold == number)
        known = in_train[partners[mine]]
        partner = np.where(known[:, 0], partners[mine, 0], partners[mine, 1])
        crosses = known.any(axis=1)
        numbers = np.full(crosses.sum(), number, dtype=np.intp)
        pairs.append(np.column_stack([numbers, partner[crosses], rows[mine[crosses]]]))
    return np.concatenate(pairs) if pairs else _NO_PAIRS
