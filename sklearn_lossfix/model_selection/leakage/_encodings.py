"""Target encodings: what a column holds if it was computed from the labels of its categories.

A category has k rows with mean m and variance s2 of the label; the mean of all rows is `mu`, the
variance `tau2`. The formulas:

=========  ==========================================================================
mean       m
smoothed   (k m + w mu) / (k + w) with any weight w, which is solved for (Micci-Barreca 2001)
shrunk     (k tau2 m + s2 mu) / (k tau2 + s2): scikit-learn's ``smooth="auto"``
sigmoid    l m + (1 - l) mu, l = 1 / (1 + exp((20 - k) / 10)): default of category_encoders
woe        log of the odds of the category over the odds of all rows (binary labels), with one row
           or none added to each count
=========  ==========================================================================

Each also after a map ``a + b v`` (a scaler), with a and b solved for.
"""

from typing import NamedTuple

import numpy as np
from scipy import stats
from scipy.special import gammaln

# Categories that are compared, the largest first, and tried weights of smoothing: enough to be
# certain, and a bound on the cost.
MAX_GROUPS = 2_000
N_WEIGHTS = 16

# Categories of equal size and mean that may share a value while a weight is looked for.
MAX_MERGED = 5

# Correlation with the label means from which a scaled encoding is looked for: all formulas but
# extreme smoothing are well above it.
LEAST_CORRELATION = 0.8

# Draws of groups to fit a map to: four numbers need eight groups, of which all are sound with a
# chance of 0.9^8 = 0.43 where a tenth is not; twelve draws fail in one of 900 cases.
N_DRAWS = 12

# Numbers that are computed from few counts are never quite arbitrary: the least chance that is
# granted to a whole number among them.
MIN_CHANCE_OF_WHOLE = 1e-3

# Share of the categories that must hold the value of the formula. Not all: a rare level may have
# been encoded otherwise, and values of two categories may coincide.
MIN_SHARE = 0.9


class Groups(NamedTuple):
    """Label statistics of sets of rows.

    Attributes
    ----------
    value : ndarray of shape (n_groups,)
        What the column holds there.
    count, mean, variance : ndarray of shape (n_groups,)
        Rows; mean and variance of the label.
    total_count, total_mean, total_variance : float
        Of all rows.
    lattice : float
        Step of the label's values: 1 for classes; 0 where there is none.
    """

    value: np.ndarray
    count: np.ndarray
    mean: np.ndarray
    variance: np.ndarray
    total_count: float
    total_mean: float
    total_variance: float
    lattice: float


class Match(NamedTuple):
    """How a column agrees with a formula.

    Attributes
    ----------
    formula : str
        Name; "scaled ..." after an affine map.
    weight : float
        Weight of smoothing; NaN for other formulas.
    agrees : ndarray of shape (n_groups,), dtype bool
        Where the value is that of the formula.
    log_chance : float
        Log of the greatest chance of so many agreements in a column that was not computed so.
    n_solved : int
        Numbers of the formula that were solved for: so many agreements prove nothing.
    """

    formula: str
    weight: float
    agrees: np.ndarray
    log_chance: float
    n_solved: int = 0

    @property
    def share(self):
        """Share of the groups that agree."""
        return float(self.agrees.mean())


def label_groups(codes, values, label, lattice, rows=None):
    """Statistics of the label in every set of rows that says something about an encoding.

    Parameters
    ----------
    codes : ndarray of shape (n_rows,), dtype int
        Sets of rows; negative where there is none.
    values : ndarray of shape (n_sets,)
        What the column holds in each.
    label : ndarray of shape (n_rows,), dtype float64
        Indicator of a class, or a number.
    lattice : float
        Step of the label's values.
    rows : ndarray of int, default=None
        Rows that count; None for all.

    Returns
    -------
    groups : Groups
        At most 2,000, the largest. A single row, or a set with equal labels, has a mean that is
        also a label: it is left out, so that a copy of the target is no encoding.
    kept : ndarray of shape (n_groups,), dtype int
        Their codes.
    """
    if rows is not None:
        codes, label = codes[rows], label[rows]
    if codes.min() < 0:
        present = codes >= 0
        codes, label = codes[present], label[present]
    n_sets = len(values)
    count = np.bincount(codes, minlength=n_sets)
    total_mean, total_variance = float(label.mean()), float(label.var())
    safe = np.maximum(count, 1)
    # Sums of labels as they are: an encoder divides exactly this sum by the count.
    mean = np.bincount(codes, label, minlength=n_sets) / safe
    variance = np.bincount(codes, np.square(label - mean[codes]), minlength=n_sets) / safe
    is_mixed = variance > 1e-12 * max(total_variance, 1e-300)
    kept = np.flatnonzero((count > 1) & is_mixed & np.isfinite(values))
    if len(kept) > MAX_GROUPS:
        kept = np.sort(kept[np.argsort(-count[kept], kind="stable")[:MAX_GROUPS]])
    groups = Groups(
        values[kept],
        count[kept].astype(float),
        mean[kept],
        variance[kept],
        float(len(label)),
        total_mean,
        total_variance,
        lattice,
    )
    return groups, kept


def best_match(groups, tolerance):
    """The formula that a column agrees with, beyond chance.

    Parameters
    ----------
    groups : Groups
        From :func:`label_groups`.
    tolerance : float
        Relative error of the column's numbers.

    Returns
    -------
    Match or None
        None if there are no groups to compare, or no formula holds in 90 % of them.
    """
    if len(groups.value) == 0 or _is_design(groups):
        return None
    chance = _log_chances(groups, tolerance)
    found = []
    for name, predicted in _formulas(groups):
        near = _agrees(groups.value, predicted, tolerance)
        found.append(Match(name, np.nan, near, log_tail(chance, near, 0)))
    weight = _shrinkage_weight(groups)
    near, single = _agrees_shrunk(groups, weight, tolerance)
    if near.mean() >= MIN_SHARE:
        tail = log_tail(_merged_chances(groups, weight, chance, single, tolerance), near, 0)
        found.append(Match("shrunk", np.nan, near, tail))
    if max(match.share for match in found) < MIN_SHARE:
        found.append(_smoothed(groups, chance, tolerance))
    found = [match for match in found if match.share >= MIN_SHARE]
    if not found and _follows_mean(groups):
        found = [match for match in _scaled(groups, chance, tolerance) if match.share >= MIN_SHARE]
    return min(found, key=lambda match: match.log_chance, default=None)


def shrinkage_mean(groups, weight):
    """Mean of every group, drawn to that of all rows as if `weight` rows had it."""
    return (groups.count * groups.mean + weight * groups.total_mean) / (groups.count + weight)


def _shrinkage_weight(groups):
    """Weight of scikit-learn's empirical Bayes estimate, in rows."""
    return groups.variance / max(groups.total_variance, 1e-300)


def _formulas(groups):
    """Name and values of every formula without a free number."""
    yield "mean", groups.mean
    yield "shrunk", shrinkage_mean(groups, _shrinkage_weight(groups))
    share = 1 / (1 + np.exp(np.clip((20 - groups.count) / 10, -50, 50)))
    yield "sigmoid", share * groups.mean + (1 - share) * groups.total_mean
    if groups.lattice == 1 and 0 < groups.total_mean < 1:
        hits, rows = groups.count * groups.mean, groups.count
        all_hits, n_rows = groups.total_count * groups.total_mean, groups.total_count
        for added in (0.0, 1.0):
            with np.errstate(divide="ignore"):
                odds = (hits + added) / (rows - hits + added)
            base = (all_hits + 2 * added) / (n_rows - all_hits + 2 * added)
            yield "woe", np.log(np.maximum(odds, 1e-300) / base)


def _smoothed(groups, chance, tolerance):
    """The weight of smoothing with which most groups agree."""
    best, best_near, best_first = np.nan, np.zeros(len(groups.value), dtype=bool), None
    for weight in _weights(groups):
        near, first = _agrees_shrunk(groups, weight, tolerance)
        if near.sum() > best_near.sum():
            best, best_near, best_first = weight, near, first
    if best_near.mean() < MIN_SHARE:
        return Match("smoothed", best, best_near, 0.0, 1)
    chance = _merged_chances(groups, best, chance, best_first, tolerance)
    return Match("smoothed", best, best_near, log_tail(chance, best_near, 1), 1)


def _weights(groups):
    """Weights of smoothing that some group asks for."""
    away = groups.value - groups.total_mean
    rows = np.linspace(0, len(away) - 1, min(N_WEIGHTS, len(away))).astype(int)
    tried = set()
    for n_merged in range(1, MAX_MERGED + 1):
        with np.errstate(divide="ignore", invalid="ignore"):
            weight = groups.count[rows] / n_merged * (groups.mean - groups.value)[rows] / away[rows]
        whole = groups.count[rows] % n_merged == 0
        # People choose round weights: without the rounding error of the column they are exact.
        tried |= {float(np.round(w, 4)) for w in weight[whole & np.isfinite(weight)] if w > 0}
        tried |= {float(w) for w in weight[whole & np.isfinite(weight)] if w > 0}
    return sorted(tried - {0.0})


def _agrees_shrunk(groups, weight, tolerance):
    """Where a value is a shrunk mean, of one category or of several of equal size and mean.

    Where the categories themselves are not known, those of equal size and mean share a value; the
    value tells their size, which must divide the number of rows.

    Returns
    -------
    agrees, is_single : ndarray of shape (n_groups,), dtype bool
        Agreement; and agreement as one category.
    """
    single = _agrees(groups.value, shrinkage_mean(groups, weight), tolerance)
    with np.errstate(divide="ignore", invalid="ignore"):
        size = weight * (groups.total_mean - groups.value) / (groups.value - groups.mean)
        n_merged = np.round(groups.count / size)
    n_merged = np.where(np.isfinite(n_merged) & (n_merged >= 1), n_merged, 1)
    parts = groups._replace(count=groups.count / n_merged)
    merged = _agrees(groups.value, shrinkage_mean(parts, weight), tolerance)
    merged &= (groups.count % n_merged == 0) & (parts.count >= 1)
    return single | merged, single


def _merged_chances(groups, weight, chance, is_single, tolerance):
    """Log chances after the choice of a number of merged categories.

    Half of the error goes to one category, the other half is shared by all other divisors. Where
    the column's values are not round, it is also unlikely that the size they tell is whole.
    """
    divisors = np.array([_n_divisors(int(count)) for count in groups.count])
    chosen = chance + np.log(np.where(is_single, 2.0, 2.0 * divisors))
    if not _is_round(groups.value).all():
        size = np.abs(groups.value).max()
        with np.errstate(divide="ignore", invalid="ignore"):
            off = tolerance * size * (groups.count + weight) / np.abs(groups.value - groups.mean)
        off = np.clip(np.where(np.isfinite(off), 2 * off, 1.0), MIN_CHANCE_OF_WHOLE, 1.0)
        chosen = np.minimum(chosen, np.log(off))
    return np.minimum(0.0, chosen)


def _is_round(values):
    """Whether numbers have at most six decimals: people wrote or rounded them."""
    scaled = values * 1e6
    return np.abs(scaled - np.round(scaled)) <= 1e-9 * np.maximum(1.0, np.abs(scaled))


def _n_divisors(number):
    """Number of divisors."""
    tried = np.arange(1, int(np.sqrt(number)) + 1)
    return 2 * int((number % tried == 0).sum())


def _follows_mean(groups):
    """Whether values and label means are near a line at all, the large groups counting most."""
    if len(groups.value) < 2:
        return False
    covariance = np.cov(groups.value, groups.mean, aweights=groups.count)
    limit = LEAST_CORRELATION * np.sqrt(covariance[0, 0] * covariance[1, 1])
    return abs(covariance[0, 1]) > limit


def _scaled(groups, chance, tolerance):
    """Formulas after an affine map that least squares finds."""
    ones = np.ones(len(groups.value))
    for name, predicted in _formulas(groups):
        design = np.column_stack([ones, predicted])
        fitted, coefficients = _least_squares(design, groups.value)
        if fitted is not None and coefficients[1] != 0:
            near = _agrees(groups.value, fitted, tolerance)
            yield Match(f"scaled {name}", np.nan, near, log_tail(chance, near, 2), 2)
    # v (k + w) = a k + b k m + c, where c = w (a + b mu): linear in a, b, c and w.
    design = np.column_stack([groups.count, groups.count * groups.mean, ones, -groups.value])
    fitted, coefficients = _least_squares(design, groups.value * groups.count)
    if fitted is not None and coefficients[3] > 0 and coefficients[1] != 0:
        _, slope, constant, weight = coefficients
        predicted = (
            coefficients[0] * groups.count + slope * groups.count * groups.mean + constant
        ) / (groups.count + weight)
        # Four numbers are solved for from columns that are alike: some digits are lost.
        near = _agrees(groups.value, predicted, 100 * tolerance)
        yield Match("scaled smoothed", weight, near, log_tail(chance, near, 4), 4)


def _least_squares(design, target):
    """Fitted values and coefficients; None where the design does not determine them.

    A few values that two categories share would spoil the fit of all: the fit of the draw that
    most groups are nearest to is taken, and repeated on these.
    """
    n_groups, n_solved = design.shape
    if n_groups <= n_solved:
        return None, None
    size = np.abs(design).max(axis=0)
    if not np.isfinite(design).all() or (size == 0).any():
        return None, None
    design = design / size
    n_kept = max(n_solved + 1, int(np.ceil(MIN_SHARE * n_groups)))
    best, least = None, np.inf
    for rows in (np.arange(n_groups), *_draws(n_groups, 2 * n_solved)):
        for _ in range(2):
            coefficients, _, rank, _ = np.linalg.lstsq(design[rows], target[rows], rcond=1e-12)
            if rank < n_solved:
                break
            off = np.abs(design @ coefficients - target)
            rows = np.argpartition(off, n_kept - 1)[:n_kept]
            if off[rows].max() < least:
                best, least = coefficients, off[rows].max()
    if best is None:
        return None, None
    return design @ best, best / size


def _draws(n_groups, size):
    """Random small sets of groups, the same ones every time; none where all would be drawn."""
    if n_groups <= size:
        return []
    rng = np.random.default_rng(0)
    return [rng.choice(n_groups, size, replace=False) for _ in range(N_DRAWS)]


def _agrees(value, predicted, tolerance):
    """Whether values are equal up to rounding, measured by their size and spread."""
    size = max(float(np.abs(value).max()), float(np.ptp(value)))
    return np.abs(value - predicted) <= tolerance * max(size, 1e-300)


def _is_design(groups):
    """Whether the column looks like a factor of a balanced experiment.

    There equal steps of a factor often have equally spaced means, without any encoding.
    """
    if len(groups.value) < 2 or np.ptp(groups.count) > 0:
        return False
    steps = np.diff(np.sort(groups.value))
    return bool(np.ptp(steps) <= 1e-9 * np.abs(steps).max())


def _log_chances(groups, tolerance):
    """Log of the greatest chance that a group's mean is exactly what was predicted.

    Least favourable is a column that holds the true mean of every category, as a calibrated
    forecast would: the chance is then the mode of the binomial distribution, or in general the
    local limit ``step / (sd sqrt(2 pi k))``.
    """
    if groups.lattice == 1 and (groups.mean > 0).all() and (groups.mean < 1).all():
        hits = np.round(groups.count * groups.mean)
        return stats.binom.logpmf(hits, groups.count, hits / groups.count)
    size = max(float(np.abs(groups.value).max()), float(np.ptp(groups.value)), 1e-300)
    step = np.maximum(groups.lattice, 2 * tolerance * size * groups.count)
    spread = np.sqrt(2 * np.pi * groups.variance * groups.count)
    return np.minimum(0.0, np.log(step / spread))


def log_tail(chance, agrees, n_solved):
    """Bound on the log chance of so many agreements; as many as were solved for say nothing.

    Union bound over the sets of groups that agree, with the likeliest of them.
    """
    n_groups, n_agree = len(agrees), int(agrees.sum())
    counted = np.sort(chance)[::-1][: max(0, n_agree - n_solved)]
    n_sets = gammaln(n_groups + 1) - gammaln(n_agree + 1) - gammaln(n_groups - n_agree + 1)
    return float(min(0.0, n_sets + counted.sum()))


def leave_one_out_match(codes, raw, label, lattice, tolerance):
    """Whether a column holds the mean label of the other rows of each row's category.

    Parameters
    ----------
    codes : ndarray of shape (n_rows,), dtype int
        Categories; negative where missing.
    raw, label : ndarray of shape (n_rows,)
        The column and the label.
    lattice, tolerance : float
        Step of the label's values; rounding error of the column.

    Returns
    -------
    match : Match or None
        None if it holds in fewer than 90 % of the categories.
    kept : ndarray of int
        Codes of the categories that were compared.
    """
    n_sets = int(codes.max()) + 1
    present = codes >= 0
    codes, raw, label = codes[present], raw[present], label[present]
    count = np.bincount(codes, minlength=n_sets)
    total = np.bincount(codes, label, minlength=n_sets)
    expected = (total[codes] - label) / np.maximum(count[codes] - 1, 1)
    groups, kept = label_groups(codes, np.zeros(n_sets), label, lattice)
    rows = np.isin(codes, kept)
    if len(kept) == 0 or np.ptp(expected[rows]) == 0:
        return None, kept
    # A scaler may have followed.
    slope, shift = np.polyfit(expected[rows], raw[rows], 1)
    near = _agrees(raw, slope * expected + shift, tolerance) & (slope != 0)
    near = np.bincount(codes, ~near, minlength=n_sets)[kept] == 0
    chance = _log_chances(groups, tolerance) - _log_arrangements(groups)
    match = Match("leave-one-out mean", np.nan, near, log_tail(chance, near, 2), 2)
    return (match if match.share >= MIN_SHARE else None), kept


def _log_arrangements(groups):
    """Log of the number of ways in which the hits of each category could be dealt to its rows.

    A leave-one-out mean is one number in all hits of a category and another one in its misses: it
    shows which rows are the hits, beside how many. A column that knows nothing of the labels within
    a category shows each arrangement of so many hits with the same chance. Zero for numbers, and
    for classes that are averaged as numbers.
    """
    is_indicator = np.allclose(groups.variance, groups.mean * (1 - groups.mean), rtol=1e-6, atol=0)
    if groups.lattice != 1 or not is_indicator:
        return np.zeros(len(groups.mean))
    hits = np.round(groups.count * groups.mean)
    return gammaln(groups.count + 1) - gammaln(hits + 1) - gammaln(groups.count - hits + 1)


def leave_one_out_pairs(codes, values, label, lattice, tolerance):
    """The same where the categories are not known: values come in pairs, one per class.

    A category of k rows, S of them hits, has the value ``S / (k - 1)`` in its k - S misses and
    ``(S - 1) / (k - 1)`` in its S hits. So value and number of the misses give k and S, and these
    the value and number of the hits.

    Returns
    -------
    Match or None
        Over the distinct values; None unless 90 % of those that have repeats are in pairs.
    """
    if lattice != 1:
        return None
    n_values = len(values)
    present = codes >= 0
    count = np.bincount(codes[present], minlength=n_values)
    hits = np.bincount(codes[present], label[present], minlength=n_values)
    is_judged = count > 1
    is_miss, is_hit = is_judged & (hits == 0), is_judged & (hits == count)
    # Mixed values: no leave-one-out encoding of separate categories.
    if is_miss.sum() == 0 or (is_miss | is_hit).sum() < MIN_SHARE * is_judged.sum():
        return None
    misses = np.flatnonzero(is_miss & (values > 0) & (values < 1))
    k = np.round((count[misses] - values[misses]) / (1 - values[misses]))
    s = k - count[misses]
    is_whole = np.abs(s - values[misses] * (k - 1)) <= tolerance * k
    misses, k, s = misses[is_whole], k[is_whole], s[is_whole]
    partner = (s - 1) / np.maximum(k - 1, 1)
    place = np.clip(np.searchsorted(values, partner), 1, n_values - 1)
    place -= np.abs(values[place - 1] - partner) < np.abs(values[place] - partner)
    is_pair = (np.abs(values[place] - partner) <= tolerance) & (hits[place] == s)
    is_pair &= count[place] == s
    agrees = np.zeros(n_values, dtype=bool)
    agrees[misses[is_pair]] = agrees[place[is_pair]] = True
    if (agrees & is_judged).sum() < MIN_SHARE * is_judged.sum():
        return None
    # Chance that values which know nothing of the label are all of one class.
    share = label[present].mean()
    log_chance = (count * np.where(hits > 0, np.log(share), np.log1p(-share)))[agrees].sum()
    return Match("leave-one-out mean", np.nan, agrees, float(log_chance))
