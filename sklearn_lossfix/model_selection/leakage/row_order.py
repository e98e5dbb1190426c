"""The order of the rows, or a column that numbers them, tells the target."""

import numpy as np
from scipy import stats
from scipy.special import gammaln

from sklearn_lossfix._core._columns import named
from sklearn_lossfix.exceptions import CheckNotApplicable
from sklearn_lossfix.model_selection.leakage._binned_scores import (
    bin_numbers,
    class_score,
    judged_classes,
    random_folds,
    rank_score,
    score_se,
    standard_ranks,
)
from sklearn_lossfix.model_selection.leakage._leak import Leak

# Smallest score of an order that is worth a word: AUC .6, R2 .1. Slow drift below it moves no
# score of a model noticeably.
AUC_FLOOR = 0.6
R2_FLOOR = 0.1

# Blocks of consecutive rows whose label means are compared. Neighbouring blocks of a series with a
# short memory are nearly independent if a block is many memories long.
MAX_BLOCKS = 64
MIN_BLOCKS = 12
MEMORIES_PER_BLOCK = 20

# Fewer rows show too little of a memory to tell it from a trend.
MIN_ROWS_OF_TREND = 1000

# Parts of a series whose memory is looked at: few, for short parts hide it; more than one or two,
# so that most of them hold no step between sorted classes.
MEMORY_PARTS = 5

# A series is sorted where it has at most so many runs a class, or so great a correlation of ranks.
# No memory could be told from that.
RUNS_PER_CLASS = 2
SORTED_CORRELATION = 0.95


class RowOrder:
    """Row positions and row numbers that tell the target."""

    name = "row_order"
    slug = "leaky-feature"
    title = "Row order and identifiers"
    needs_y = True

    def run(self, data, earlier):
        """Score the position of a row, and every column that numbers rows, alone."""
        if data.y is None:
            raise CheckNotApplicable("The labels are not known.")
        if len(data.y) < 2 or data.y.min() == data.y.max():
            raise CheckNotApplicable("All rows have the same label.")
        targets = order_targets(data.y, data.classes)
        if len(targets) == 0:
            raise CheckNotApplicable("No two classes have enough rows.")
        unit = "AUC" if data.classes is not None else "R2"
        rng = data.rng("row_order")
        fold = random_folds(len(data.y), rng, data.groups)
        orders = {"": np.arange(len(data.y))}
        for name in data.table.identifiers:
            orders[name] = identifier_order(data.table, data.table.names.index(name))
        tests = {
            name: order_score(order, data.y, data.classes, targets, fold)
            for name, order in orders.items()
        }
        # Every identifier is a chance to be misled.
        n_identifiers = max(1, len(tests) - 1)
        floor = AUC_FLOOR if data.classes is not None else R2_FLOOR
        alpha = data.options.alpha
        z = stats.norm.isf(alpha)
        telling = [name for name, (score, se, _) in tests.items() if score - z * se > floor]
        leaking = [name for name in telling if name and n_identifiers * tests[name][2] <= alpha]
        score, _, p_value = tests[""]
        is_ordered = "" in telling and p_value <= alpha
        details = {
            "score": unit,
            "position": float(score),
            "position_p_value": float(p_value),
            "identifiers": {name: float(tests[name][0]) for name in tests if name},
        }
        if leaking:
            leaking.sort(key=lambda name: -tests[name][0])
            best, _, p_value = tests[leaking[0]]
            return Leak(
                self.name,
                self.slug,
                True,
                f"{named(leaking)} numbers the rows and tells the target: alone it reaches {unit} "
                f"{best:.3g}"
                + (", as the rows stand in the order of the target." if is_ordered else "."),
                severity="high",
                rate=len(leaking) / data.table.n_columns,
                expected_rate=0.0,
                p_value=min(1.0, n_identifiers * p_value),
                columns=tuple(leaking),
                fix=f"Remove {named(leaking)}: new rows have other numbers.",
                details=details,
            )
        if is_ordered and data.times is not None:
            return Leak(
                self.name,
                self.slug,
                False,
                f"The position of a row alone reaches {unit} {score:.3g}; the rows have times, "
                "which explain that.",
                rate=0.0,
                expected_rate=0.0,
                details=details,
            )
        if is_ordered:
            return Leak(
                self.name,
                self.slug,
                True,
                f"The rows stand in the order of the target or of time: the position of a row "
                f"alone reaches {unit} {score:.3g}. No column of the table tells it.",
                severity="info",
                rate=0.0,
                expected_rate=0.0,
                p_value=float(p_value),
                fix="Shuffle the rows in the splitter; if the order is that of time, pass times.",
                details=details,
            )
        doubtful = tuple(name for name in telling if name)
        is_clumped = bool(doubtful) or ("" in telling and data.times is None)
        message = f"The position of a row alone reaches {unit} {score:.3g}"
        if doubtful:
            message = (
                f"Could not tell: {named(doubtful)} numbers the rows and alone reaches {unit} "
                f"{tests[doubtful[0]][0]:.3g}, by the order of the target or because the rows are "
                "a series."
            )
        elif is_clumped:
            message = (
                f"Could not tell: near rows have like labels ({message[0].lower()}{message[1:]}), "
                "by the order of the file or because the rows are a series."
            )
        return Leak(
            self.name,
            self.slug,
            None if is_clumped else False,
            message if is_clumped else f"{message}.",
            rate=0.0,
            expected_rate=0.0,
            columns=doubtful,
            details=details,
        )


def order_targets(y, classes):
    """What an order may tell: indicators of classes, or standardised ranks of numbers.

    Parameters
    ----------
    y : ndarray of shape (n_rows,)
        Codes of classes, or numbers.
    classes : ndarray or None
        None for numbers.

    Returns
    -------
    ndarray of shape (n_targets, n_rows), dtype float64
    """
    if classes is None:
        return standard_ranks(y)[None]
    judged = judged_classes(np.bincount(y, minlength=len(classes)))
    return (y == judged[:, None]).astype(float)


def identifier_order(table, j):
    """Rows in the order of an identifier: by number, or texts as a dictionary has them."""
    values = table.column(j)
    if table.kinds[j] == "category":
        values = np.asarray(table._columns[j].texts)[values]
    return np.argsort(values, kind="stable")


def order_score(order, y, classes, targets, fold):
    """How well the place of a row in an order tells the target, and whether beyond chance.

    Parameters
    ----------
    order : ndarray of shape (n_rows,), dtype int
        Rows in their order.
    y, classes
        As for :func:`order_targets`.
    targets : ndarray of shape (n_targets, n_rows)
        From :func:`order_targets`.
    fold : ndarray of shape (n_rows,), dtype int
        Folds of the score.

    Returns
    -------
    score, se : float
        Out-of-fold AUC or R2 of the place, with its standard error.
    p_value : float
        Of "the target has no trend along this order"; infinite where its memory is too long to
        tell a trend from it.
    """
    place = np.empty(len(order))
    place[order] = np.arange(len(order))
    codes, n_codes = bin_numbers(place)
    if classes is None:
        score = rank_score(codes, n_codes, targets[0], fold)
    else:
        score = class_score(codes, n_codes, y, len(classes), fold)
    is_class = classes is not None
    se = score_se(score, AUC_FLOOR if is_class else R2_FLOOR, is_class)
    p_sorted = sorted_p((y if is_class else targets[0])[order], is_class)
    if p_sorted < 1:
        return score.value, se, p_sorted
    series = [target[order] for target in targets]
    remembered = max(memory(values) for values in series)
    p_values = [trend_p(values, remembered) for values in series]
    p_value = len(p_values) * min(p_values)  # infinite where none could be tested
    return score.value, se, p_value if p_value == np.inf else min(1.0, p_value)


def trend_p(series, remembered):
    """P-value of "means of blocks of a series are in random order".

    The lag-one correlation of the block means (von Neumann 1941; permutation moments of Wald &
    Wolfowitz 1943). Blocks are longer the longer the series remembers, so that a stationary
    series, such as an autoregressive one, is no trend.

    Parameters
    ----------
    series : ndarray of shape (n_rows,), dtype float64
        Values in their order.
    remembered : float
        Rows that it remembers.

    Returns
    -------
    float
        Infinite if there are fewer than 12 blocks, or 1,000 rows.
    """
    n_rows = len(series)
    length = max(int(np.ceil(MEMORIES_PER_BLOCK * remembered)), -(-n_rows // MAX_BLOCKS))
    n_blocks = n_rows // length
    if n_blocks < MIN_BLOCKS or n_rows < MIN_ROWS_OF_TREND:
        return np.inf
    bounds = (np.arange(n_blocks) * n_rows) // n_blocks
    means = np.add.reduceat(series, bounds) / np.diff(bounds, append=n_rows)
    means = means - means.mean()
    square = float(np.dot(means, means))
    if square <= 1e-24 * n_blocks:
        return 1.0
    return float(stats.norm.sf(_serial_z(means / np.sqrt(square / n_blocks))))


def _serial_z(values):
    """Standardised circular serial correlation under random order (Wald & Wolfowitz 1943)."""
    n = len(values)
    fourth = float(np.mean(values**4))
    observed = float(np.dot(values, np.roll(values, 1)))
    mean = -n / (n - 1)
    # Power sums of standardised values: s1 = 0, s2 = n, s4 = n * fourth.
    s2, s4 = float(n), n * fourth
    variance = (s2**2 - s4) / (n - 1) + (s2**2 - 2 * s4) / ((n - 1) * (n - 2)) - mean**2
    return (observed - mean) / np.sqrt(max(variance, 1e-12))


def memory(series):
    """Rows that a series remembers: twice the sum of its first positive correlations.

    Taken inside of parts without their linear trends, as the median of the parts: neither a trend
    nor a few steps between sorted classes are memory.

    Parameters
    ----------
    series : ndarray of shape (n_rows,), dtype float64
        Values in their order.

    Returns
    -------
    float
        0.0 where the correlation with the next row is within noise.
    """
    length = len(series) // MEMORY_PARTS
    if length < 4:
        return 0.0
    blocks = series[: length * MEMORY_PARTS].reshape(MEMORY_PARTS, length)
    place = np.arange(length) - (length - 1) / 2
    blocks = blocks - blocks.mean(axis=1, keepdims=True)
    blocks = blocks - np.outer(blocks @ place / np.dot(place, place), place)
    total = np.square(blocks).sum(axis=1)
    varies = total > 1e-12 * max(float(np.square(series).sum()), 1e-300)
    if varies.sum() <= MEMORY_PARTS // 2:
        return 0.0
    spectrum = np.abs(np.fft.rfft(blocks[varies], 2 * length)) ** 2
    correlation = np.fft.irfft(spectrum, 2 * length)[:, 1 : length // 2] / total[varies, None]
    correlation = np.median(correlation, axis=0)
    # Without its mean and trend a short part seems to remember less (Marriott & Pope 1954, twice).
    correlation += 2 * (1 + 3 * np.maximum(correlation, 0)) / length
    below = np.flatnonzero(correlation < 2 / np.sqrt(len(series)))
    stop = below[0] if len(below) else len(correlation)
    return float(2 * correlation[:stop].sum())


def sorted_p(series, is_class):
    """P-value of "rows in random order" for series that are sorted; 1.0 for all others.

    Parameters
    ----------
    series : ndarray of shape (n_rows,)
        Codes of classes, or ranks, in their order.
    is_class : bool
        Classes: sorted are those with at most two runs a class, on average.

    Returns
    -------
    float
        Bound on the chance of so few runs; for numbers of so great a rank correlation.
    """
    n_rows = len(series)
    if is_class:
        n_runs = 1 + int(np.count_nonzero(series[1:] != series[:-1]))
        counts = np.bincount(series)
        n_classes = int(np.count_nonzero(counts))
        if n_runs > RUNS_PER_CLASS * n_classes:
            return 1.0
        # Ways to cut the rows into so few runs of given classes, among all orders of the labels.
        log_orders = gammaln(n_rows + 1) - gammaln(counts + 1).sum()
        log_sorted = n_runs * (np.log(n_rows) + np.log(n_classes))
        return float(np.exp(min(0.0, log_sorted - log_orders)))
    correlation = abs(float(np.corrcoef(series, np.arange(n_rows))[0, 1]))
    if correlation < SORTED_CORRELATION:
        return 1.0
    return float(2 * stats.norm.sf(correlation * np.sqrt(n_rows - 1)))
