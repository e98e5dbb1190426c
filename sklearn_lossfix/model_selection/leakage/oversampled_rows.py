"""OversampledRows: classes that were enlarged before the split, by copies or by interpolation."""

from dataclasses import dataclass

import numpy as np
from scipy import stats

from sklearn_lossfix._core._columns import named
from sklearn_lossfix.exceptions import CheckNotApplicable
from sklearn_lossfix.model_selection.leakage._class_lines import class_lines, continuous_columns
from sklearn_lossfix.model_selection.leakage._crossing import crossing_rows, n_tested
from sklearn_lossfix.model_selection.leakage._leak import Leak
from sklearn_lossfix.model_selection.leakage._sets_by_class import SetsByClass, sets_by_class
from sklearn_lossfix.model_selection.leakage._split_data import SplitData
from sklearn_lossfix.model_selection.leakage.exact_duplicates import estimate_natural

# If more than this share of the distinct rows of the largest class repeat, rows repeat by nature,
# and copies of a sampler do not show.
NATURAL_SHARE = 0.1

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

# Kinds of drawn rows that are looked for: copies, rows on lines, near copies.
N_KINDS = 3

_NO_PAIRS = np.empty((0, 3), dtype=np.intp)


class OversampledRows:
    """Classes but the largest that hold even copies of their rows, or rows on lines with others.

    Copies: each set of equal rows would fall into the largest class with the share that this has
    among distinct rows, if it was natural (binomial test); and copies of a sampler are spread
    evenly over the rows of a class (dispersion test). Near copies that were found, drawn rows that
    were rounded or shaken: the same binomial test. Lines: rows that lie exactly between two
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
        lines = class_lines(data, labels)
        near = earlier.get("near_duplicates")
        is_near = near is not None and near.found and near.links is not None
        near = sets_by_class(near.links, data.y) if is_near else SetsByClass(1.0, [], 0)
        return _leak(self, data, copies, lines, near)


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
    if N_KINDS * p_value <= data.options.alpha:
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


def _leak(check, data, copies, lines, near):
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
    is_one_sided = N_KINDS * copies.p_value <= alpha
    is_natural = N_KINDS * copies.natural > alpha
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
            if N_KINDS * p_lines[c] <= alpha
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
    counts = np.bincount(data.y)
    # Rows of a rare class may lie dense by nature, or be noted twice: only sizes that samplers aim
    # at make them drawn ones.
    are_filled = all(
        1 / LARGEST_RATIO <= counts[c] / np.delete(counts, c).max() <= LARGEST_RATIO
        for c in near.classes
    )
    has_near = bool(near.classes) and are_filled and N_KINDS * near.p_value <= alpha
    p_values.append(near.p_value if has_near else 1.0)
    if has_near:
        parts.append(
            f"{near.n_rows:,} near copies lie in {named([spoken[c] for c in near.classes])}, and "
            "hardly any in the largest class, as drawn rows do that were rounded or shaken"
        )
        rates.append(near.n_rows / data.n_rows)
    p_value = min(1.0, len(p_values) * min(p_values))
    tell = {"p_value": p_value, "details": details, "expected_rate": 0.0}
    if parts:
        by_copies = has_copies and n_crossing > 0
        enlarged = {*(copies.classes if by_copies else ()), *drawn}
        enlarged.update(near.classes if has_near else ())
        details["enlarged_classes"] = [spoken[code] for code in sorted(enlarged)]
        pairs = [copies.pairs if by_copies else _NO_PAIRS]
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
    if lines.reason and _are_filled_up(data):
        doubts.append(
            f"classes are about as large as the largest one, as a sampler would make them, and "
            f"{lines.reason}, so that rows made up between others would not show"
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


def _are_filled_up(data):
    """Whether a class has the size that samplers aim at, and a column may hold drawn values."""
    counts = np.sort(np.bincount(data.y))
    if LARGEST_RATIO * counts[-2] < counts[-1]:
        return False
    rows = np.arange(data.n_rows)
    return bool(continuous_columns(data.table, rows, data.rng("filled up")))


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
