"""OversampledRows: classes that were enlarged before the split, by copies or by interpolation."""

from dataclasses import dataclass

import numpy as np
from scipy import stats

from sklearn_lossfix._core._columns import named
from sklearn_lossfix.exceptions import CheckNotApplicable
from sklearn_lossfix.model_selection.leakage._collinearity import (
    COSINE_ERROR,
    COSINE_ERROR_FLOAT32,
    MIN_AXES,
    chance_of_line,
    find_lines,
    scale,
    whiten,
)
from sklearn_lossfix.model_selection.leakage._crossing import crossing_rows, n_tested
from sklearn_lossfix.model_selection.leakage._exact_copies import FLOAT64_ERROR, rounding_error
from sklearn_lossfix.model_selection.leakage._leak import Leak
from sklearn_lossfix.model_selection.leakage._moment_signatures import (
    distinct_levels,
    lattice_step,
)
from sklearn_lossfix.model_selection.leakage._split_data import SplitData
from sklearn_lossfix.model_selection.leakage.exact_duplicates import estimate_natural

# If more than this share of the distinct rows of the largest class repeat, rows repeat by nature,
# and copies of a sampler do not show.
NATURAL_SHARE = 0.1

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

# Lines that are found by accident (copies of parts of rows, data that were resampled in time) come
# in ones, or in all classes alike.
MIN_LINES = 5
ALIKE_RATIO = 0.2
# Rows of smooth curves miss lines by little ten times as often as they hit one; drawn rows hit.
NEAR_RATIO = 0.5
# Samplers make a class about as large as the largest (ADASYN up to a few percent larger).
LARGEST_RATIO = 1.1

# Copies of random oversampling are drawn evenly: their multiplicities are those of a Poisson law.
# Natural twins pile up on few patterns. Below this p-value they are not even.
EVEN_LEVEL = 1e-4
# Where some rows had natural twins before, they are drawn more often: rates may have this squared
# coefficient of variation (a third of the rows with one twin have 0.13).
RATE_VARIATION = 0.25


_NO_PAIRS = np.empty((0, 3), dtype=np.intp)


class OversampledRows:
    """Classes but the largest that hold even copies of their rows, or rows on lines with others.

    Copies: each set of equal rows would fall into the largest class with the share that this has
    among distinct rows, if it was natural (binomial test); and copies of a sampler are spread
    evenly over the rows of a class (dispersion test). Lines: rows that lie exactly between two
    rows of their class (`_collinearity.py`); in continuous data there are none, and where all
    classes have some, something else made them.
    """

    name = "oversampled_rows"
    slug = "preprocessed-before-split"
    title = "Classes oversampled before the split"
    needs_y = True

    def run(self, data, earlier):
        """Look for copies first, then for lines among distinct rows."""
        if data.y is None:
            raise CheckNotApplicable("The labels are not known.")
        if data.classes is None:
            raise CheckNotApplicable("The target is a number: only classes are oversampled.")
        counts = np.bincount(data.y, minlength=len(data.classes))
        if np.count_nonzero(counts) < 2:
            raise CheckNotApplicable("All rows have the same label.")
        labels = data.table.equal_labels
        copies = _judge_copies(data, labels)
        lines = _judge_lines(data, labels)
        return _leak(self, data, copies, lines)


@dataclass(frozen=True, eq=False)
class _Copies:
    """Copies in classes but the largest.

    Attributes
    ----------
    p_value : float
        That so few sets of equal rows hold the largest class by chance.
    natural : float
        p-value of "chance explains the equal rows" (`exact_duplicates.py`), in the table or in
        all of these classes; 1.0 where the first p-value is above the level.
    evenness : float
        p-value of "the copies are drawn evenly from the rows of their class".
    is_balanced : bool
        Whether these classes are exactly as large as the largest, and most of their rows are
        copies.
    n_copies : int
        Rows beyond the first of each set, in the enlarged classes.
    per_fold, pairs : ndarray
        Test rows with an equal training row, and evidence.
    classes : list of int
        Codes of the enlarged classes.
    links : ndarray of shape (n_rows,) or None
        Numbers of the sets.
    natural_share : float
        Share of the distinct rows of the largest class that repeat.
    """

    p_value: float
    natural: float
    evenness: float
    is_balanced: bool
    n_copies: int
    per_fold: np.ndarray
    pairs: np.ndarray
    classes: list
    links: np.ndarray | None
    natural_share: float


def _judge_copies(data, labels):
    """Sets of equal rows, and the classes they lie in."""
    y, n_classes = data.y, len(data.classes)
    first, sets, size = np.unique(labels, return_inverse=True, return_counts=True)
    of_class = np.bincount(y[first], minlength=n_classes)
    largest = int(of_class.argmax())
    repeated = size > 1
    has_largest = np.zeros(len(first), dtype=bool)
    has_largest[sets[y == largest]] = True
    is_mixed = np.zeros(len(first), dtype=bool)
    is_mixed[sets[y != y[first][sets]]] = True
    n_sets = int(repeated.sum())
    n_largest = int((repeated & (has_largest | is_mixed)).sum())
    share = of_class[largest] / len(first)
    p_value = float(stats.binom.cdf(n_largest, n_sets, share)) if n_sets else 1.0
    pure = repeated & ~has_largest & ~is_mixed
    classes = np.unique(y[first][pure])
    links = np.where(pure[sets], sets, -1)
    # Where copies are never tested, only training rows were drawn from.
    is_tested = data.test_fold >= 0
    drawn_from = np.ones(len(first), dtype=bool)
    if not is_tested[links >= 0].any():
        drawn_from[sets[is_tested]] = False
    evenness = min(
        (_evenness(size[drawn_from & (y[first] == code)]) for code in classes), default=1.0
    )
    per_fold, pairs = crossing_rows(links, data.folds, data.options.evidence)
    natural = 1.0
    if 2 * p_value <= data.options.alpha:
        in_classes = max(_natural_p_value(data, y == code) for code in classes)
        in_table = _natural_p_value(data, np.ones(len(y), dtype=bool))
        natural = min(1.0, 2 * min(in_classes, in_table))
    counts = np.bincount(y)
    n_copies = int((size[pure] - 1).sum())
    is_balanced = bool((counts[classes] == counts.max()).all())
    return _Copies(
        p_value,
        natural,
        min(1.0, evenness * max(1, len(classes))),
        is_balanced and 2 * n_copies > counts[classes].sum(),
        n_copies,
        per_fold,
        pairs,
        classes.tolist(),
        links if pure.any() else None,
        float(n_largest / max(1, of_class[largest])),
    )


def _natural_p_value(data, is_mine):
    """p-value of "chance explains the equal rows" among some rows."""
    part = SplitData(data.table.take(np.flatnonzero(is_mine)), folds=(), options=data.options)
    return float(estimate_natural(part, part.table.equal_labels)[0].p_value)


def _evenness(sizes):
    """Chance of multiplicities as uneven as these if copies are drawn evenly.

    Parameters
    ----------
    sizes : ndarray of shape (n_distinct_rows,), dtype int
        Rows equal to each.

    Returns
    -------
    float
        Of the dispersion statistic, which has a chi-squared law for a multinomial; normal
        moments of it where few copies are drawn.
    """
    extra = sizes - 1
    n, total = len(extra), int(extra.sum())
    if total < 2 or n < 2:
        return 1.0
    statistic = n / total * float((extra**2).sum()) - total
    statistic /= 1 + RATE_VARIATION * total / n
    # Exact mean and variance for an even multinomial (Haldane 1937).
    mean, variance = n - 1, 2 * (n - 1) * (total - 1) / total
    scale = variance / (2 * mean)
    return float(stats.chi2.sf(statistic / scale, mean / scale))


@dataclass(frozen=True, eq=False)
class _Lines:
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


def _judge_lines(data, labels):
    """Look for lines class by class, among rows that differ."""
    table, y = data.table, data.y
    if table.is_sparse:
        return _Lines("lines between rows are looked for in dense tables only")
    distinct = np.flatnonzero(labels == np.arange(len(labels)))
    rng = data.rng("oversampled_rows")
    columns = _continuous_columns(table, distinct, rng)
    if len(columns) < MIN_AXES:
        return _Lines(f"lines come by chance with fewer than {MIN_AXES} continuous columns")
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
        return _Lines(
            f"lines come by chance where no class has {MIN_CLASS_ROWS} rows with {MIN_AXES} "
            "continuous columns that vary independently"
        )
    return _Lines(
        judged=judged,
        hits=hits,
        near=near,
        chance=chance,
        n_untested_hits=n_untested,
        pairs=np.concatenate(pairs)[: data.options.evidence],
    )


def _continuous_columns(table, distinct, rng):
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


def _leak(check, data, copies, lines):
    """What is said of copies and lines."""
    alpha = data.options.alpha
    spoken = [str(name) for name in data.classes]
    details = {"n_copies": copies.n_copies, "copies_p_value": copies.p_value}
    details["copies_natural_p_value"] = copies.natural
    details["copies_evenness"] = copies.evenness
    details["copied_classes"] = [spoken[code] for code in copies.classes]
    p_values, parts, doubts, rates = [max(copies.p_value, copies.natural)], [], [], []
    n_crossing, n_test = int(copies.per_fold.sum()), n_tested(data.folds)
    is_even = copies.evenness > EVEN_LEVEL or copies.is_balanced
    is_one_sided = 2 * copies.p_value <= alpha
    is_natural = 2 * copies.natural > alpha
    has_copies = is_one_sided and is_even and not is_natural
    if is_one_sided and n_crossing and is_natural:
        doubts.append(
            f"{copies.n_copies:,} copies lie in {named(details['copied_classes'])} only, but rows "
            "of so few distinct values repeat naturally"
        )
    if not (has_copies and n_crossing):
        p_values = [1.0]
    if has_copies and n_crossing:
        parts.append(
            f"{copies.n_copies:,} copies are spread over the rows of "
            f"{named(details['copied_classes'])} and hardly any over the largest class, so that "
            f"{n_crossing:,} of {n_test:,} test rows equal a training row"
        )
        rates.append(n_crossing / max(1, n_test))
    if lines.reason:
        details["lines_not_applicable"] = lines.reason
        drawn = []
    else:
        details["judged_rows"] = {spoken[c]: n for c, n in lines.judged.items()}
        details["rows_on_lines"] = {spoken[c]: n for c, n in lines.hits.items()}
        details["chance_of_line"] = lines.chance
        p_lines = {c: lines.p_value(c) for c in lines.judged}
        counts = np.bincount(data.y)
        drawn = [
            c
            for c in p_lines
            if 2 * p_lines[c] <= alpha
            and lines.hits[c] >= MIN_LINES
            and lines.near[c] <= NEAR_RATIO * lines.hits[c]
            and counts[c] <= LARGEST_RATIO * np.delete(counts, c).max()
        ]
        least = min(lines.rate(c) for c in lines.judged)
        greatest = max(lines.rate(c) for c in lines.judged)
        if drawn and (len(lines.judged) < 2 or least > ALIKE_RATIO * greatest):
            doubts.append(
                f"rows of all classes lie on lines between others ({least:.0%} to "
                f"{greatest:.0%}), as rows interpolated in time do"
            )
            drawn = []
    p_values.append(min((p_lines[c] for c in drawn), default=1.0))
    if drawn and len(lines.pairs):
        n_hits, n_judged = (sum(d[c] for c in drawn) for d in (lines.hits, lines.judged))
        parts.append(
            f"{n_hits:,} of {n_judged:,} sampled test rows of {named([spoken[c] for c in drawn])} "
            f"lie exactly on a line with two rows of their class, as SMOTE draws them"
        )
        rates.append(n_hits / n_judged)
    p_value = min(1.0, len(p_values) * min(p_values))
    tell = {"p_value": p_value, "details": details, "expected_rate": 0.0}
    if parts:
        by_copies = has_copies and n_crossing > 0
        pairs = [copies.pairs] if by_copies else []
        pairs += [lines.pairs] if drawn else []
        return Leak(
            check.name,
            check.slug,
            True,
            f"The table was oversampled before the split: {'; '.join(parts)}.",
            severity="critical" if max(rates) > 0.1 else "high",
            rate=max(rates),
            pairs=np.concatenate(pairs)[: data.options.evidence],
            per_fold=copies.per_fold if by_copies else None,
            links=copies.links if by_copies else None,
            fix="Split first, and oversample the training part of every fold only: put the "
            "sampler into an imblearn Pipeline.",
            **tell,
        )
    if doubts:
        return Leak(check.name, check.slug, None, f"Could not tell: {'; '.join(doubts)}.", **tell)
    if lines.reason and copies.natural_share > NATURAL_SHARE:
        raise CheckNotApplicable(
            "Rows repeat by nature, so that copies of a sampler would not show, and "
            f"{lines.reason}."
        )
    return Leak(
        check.name,
        check.slug,
        False,
        _clean_message(copies, lines, has_copies, is_one_sided),
        rate=0.0,
        **tell,
    )


def _clean_message(copies, lines, has_copies, is_one_sided):
    """What is said where no test row was made from training rows."""
    unsaid = f"; {lines.reason}" if lines.reason else ""
    if has_copies or lines.n_untested_hits >= MIN_LINES:
        return (
            "Rows were oversampled, but only in training parts: no test row was made from "
            f"training rows{unsaid}."
        )
    if copies.n_copies:
        return (
            f"Equal rows are spread over classes as chance spreads them{unsaid}: no sign "
            "of oversampling."
        )
    return f"No class holds copies, or rows on lines between others{unsaid}."
