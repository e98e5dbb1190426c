"""Encodings of which the exact value is lost: rounded means, and leave-one-out means that coincide.

A mean that was rounded to a step s is within s / 2 of the label mean of its rows, and stays so if
categories with the same rounded mean fall together. Least favourable is a column that holds the
true means, rounded: chance leaves the label mean of k rows within s / 2 by a binomial law.

The leave-one-out mean of a category of k rows, S of them hits, is S / (k - 1) in its k - S misses
and (S - 1) / (k - 1) in its S hits. So a value v holds a (k - S) misses and b (S + 1) hits, where
S = v (k - 1), of a categories with S hits and of b with one more: the numbers are divisible by
k - S and S + 1, however many categories of one size share the value, and the values of the other
class, (S - 1) / (k - 1) and (S + 1) / (k - 1), are in the column as well.
"""

import numpy as np
from scipy import stats

from sklearn_lossfix.model_selection.leakage._encodings import (
    MAX_GROUPS,
    MIN_SHARE,
    Match,
    log_tail,
)

# Decimals that people round to. Beyond, values are taken as exact.
MAX_DECIMALS = 6
# Categories of more rows are not thought of: trying sizes costs as many steps.
MAX_ROWS_OF_CATEGORY = 2_000
# Values that are looked at before all: an encoding has simple fractions everywhere.
N_LOOKED_AT = 20
# Values that agree with some leave-one-out mean, as a share of the rows: categories of unlike size
# may coincide in a value, which is then divisible by neither.
MIN_LEFT_OUT = 0.5


def rounding_step(values):
    """Step to which numbers were rounded, a power of ten; 0.0 if they have many decimals.

    Parameters
    ----------
    values : ndarray of shape (n_values,)
        Numbers.

    Returns
    -------
    float
    """
    error = 8 * np.finfo(np.float64).eps * np.abs(values).max(initial=0.0)
    for decimals in range(MAX_DECIMALS + 1):
        if (np.abs(values - np.round(values, decimals)) <= error).all():
            return 10.0**-decimals
    return 0.0


def rounded_mean_match(groups, step):
    """Whether a column holds rounded label means.

    Parameters
    ----------
    groups : Groups
        Of the distinct values of the column.
    step : float
        Of `rounding_step`.

    Returns
    -------
    Match or None
        None if it holds in fewer than 90 % of the groups. Its chance is 1 where groups are so large
        that true means would agree as well.
    """
    if not len(groups.value) or not step:
        return None
    half = step / 2 * (1 + 1e-9)
    means = [groups.mean]
    if groups.lattice == 1:  # of the other class
        means.append(1 - groups.mean)
    near = max((np.abs(groups.value - mean) <= half for mean in means), key=np.count_nonzero)
    if near.mean() < MIN_SHARE:
        return None
    low, high = groups.value - half, groups.value + half
    if groups.lattice == 1:
        expected = np.clip(groups.value, 0.0, 1.0)
        first = np.ceil(groups.count * low)
        last = np.floor(groups.count * high)
        chance = stats.binom.cdf(last, groups.count, expected)
        chance -= stats.binom.cdf(first - 1, groups.count, expected)
    else:
        error = np.sqrt(groups.variance / groups.count)
        chance = 2 * stats.norm.cdf(half / error) - 1
    log_chance = np.log(np.clip(chance, np.finfo(np.float64).tiny, 1.0))
    return Match("rounded mean", np.nan, near, log_tail(log_chance, near, 0))


def merged_left_out_match(codes, values, label, tolerance):
    """Whether a column holds leave-one-out means, of which several categories may share values.

    Parameters
    ----------
    codes : ndarray of shape (n_rows,), dtype int
        Positions of the values of the rows; negative where missing.
    values : ndarray of shape (n_values,)
        Distinct values in rising order.
    label : ndarray of shape (n_rows,), dtype float64
        Indicator of a class.
    tolerance : float
        Relative rounding error of the column's numbers.

    Returns
    -------
    match : Match or None
        None unless values with half of the rows agree.
    share : float
        Share of the rows with a value that agrees.
    """
    present = codes >= 0
    count = np.bincount(codes[present], minlength=len(values))
    is_held = count > 0
    values, count = values[is_held], count[is_held]
    none = (None, 0.0)
    if not 0 < len(values) <= MAX_GROUPS or values[0] < 0 or values[-1] > 1:
        return none
    hits = np.bincount(codes[present], label[present], minlength=len(is_held))[is_held]
    misses = count - hits
    sizes = np.arange(2, min(MAX_ROWS_OF_CATEGORY, int(present.sum()) // 2) + 1)
    some = values[np.linspace(0, len(values) - 1, min(N_LOOKED_AT, len(values)), dtype=np.intp)]
    exact = np.multiply.outer(some, sizes - 1)
    if (np.abs(exact - np.round(exact)) <= tolerance * sizes).any(axis=1).mean() < MIN_LEFT_OUT:
        return none
    agrees = np.ones(len(values), dtype=bool)
    log_chance = []
    for number, value in enumerate(values):
        exact = value * (sizes - 1)
        left = np.round(exact)
        is_whole = np.abs(exact - left) <= tolerance * sizes
        k, s = sizes[is_whole], left[is_whole]
        # S hits of k rows: the misses hold S / (k - 1), the hits of a category with one more, too.
        for n_seen, n_each, partner in (
            (misses[number], k - s, s - 1),
            (hits[number], s + 1, s + 1),
        ):
            if not n_seen:
                continue
            # The other class of the category is there as well, unless it has no rows.
            is_alone = (partner < 0) | (partner > k - 1)
            has_partner = is_alone | _are_held(values, partner / (k - 1), tolerance)
            n_each = n_each[has_partner]
            n_each = n_each[n_seen % n_each == 0]
            agrees[number] &= n_each.size > 0
            # A number is a multiple of m with a chance of 1 / m; so many sizes were tried.
            tries = np.log(max(1, has_partner.sum()))
            log_chance.append(min(0.0, tries - np.log(n_each.max())) if n_each.size else 0.0)
    share = float(count[agrees].sum() / count.sum())
    if share < MIN_LEFT_OUT or not agrees.any():
        return none
    everywhere = np.zeros(len(is_held), dtype=bool)
    everywhere[np.flatnonzero(is_held)[agrees]] = True
    log_chance = np.array(log_chance)
    tail = log_tail(log_chance, log_chance < 0, 0)
    return Match("leave-one-out mean", np.nan, everywhere, tail), share


def _are_held(values, wanted, tolerance):
    """Whether numbers are among sorted values, within a tolerance."""
    place = np.clip(np.searchsorted(values, wanted), 1, len(values) - 1)
    near = np.minimum(np.abs(values[place] - wanted), np.abs(values[place - 1] - wanted))
    return near <= tolerance
