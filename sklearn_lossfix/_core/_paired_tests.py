"""Row-paired tests and intervals: one set of statistics for the whole package.

All of them take one value a row (a difference of losses, an influence on a metric) with optional
weights and groups. With groups the rows of a group are summed first: a group is the unit that
varies independently (cluster-robust variance, Liang & Zeger 1986).
"""

from typing import NamedTuple

import numpy as np
from scipy import stats

# Two-sided level of every interval that is printed.
CONFIDENCE = 0.95

# P-values of effects that look smaller than their limit are set aside before the others are
# adjusted: half of those whose effect is just at its limit (Ellis, Pecanka & Goeman 2020).
DISCARD_ABOVE = 0.5


class Estimate(NamedTuple):
    """A mean with its standard error and confidence interval."""

    value: float
    se: float
    low: float
    high: float


def effective_rows(sample_weight, n_rows):
    """Kish's effective number of rows, ``(sum w)^2 / sum w^2``."""
    if sample_weight is None:
        return float(n_rows)
    if not sample_weight.any():
        return 0.0
    return float(sample_weight.sum() ** 2 / np.square(sample_weight).sum())


def effective_units(sample_weight, n_rows, groups=None):
    """Effective number of rows, at most the number of groups: at worst a group is one row."""
    effective = effective_rows(sample_weight, n_rows)
    return effective if groups is None else min(effective, float(len(np.unique(groups))))


def weighted_mean(values, sample_weight=None):
    """Mean of `values` under `sample_weight`, a Python float."""
    return float(np.average(values, weights=sample_weight))


def mean_standard_error(values, sample_weight=None, groups=None):
    r"""Standard error of a weighted mean, cluster-robust where groups are given.

    .. math:: \mathrm{se}^2 = \frac{G}{G - 1} \sum_g \Big( \sum_{i \in g} w_i (v_i - \bar v)
              \Big)^2 \Big/ \Big(\sum_i w_i\Big)^2

    Parameters
    ----------
    values : ndarray of shape (n_rows,)
        One value a row.
    sample_weight : ndarray of shape (n_rows,), default=None
        Weights.
    groups : ndarray of shape (n_rows,), dtype int, default=None
        Codes 0..G-1 of the groups; None makes each row its own group.

    Returns
    -------
    float
        Infinite if there is only one group: nothing is known about its variation.
    """
    centred = values - weighted_mean(values, sample_weight)
    total = float(len(values))
    if sample_weight is not None:
        centred *= sample_weight
        total = float(sample_weight.sum())
    if groups is not None:
        centred = np.bincount(groups, centred)
    # Rows of weight zero are not there: they must not count as groups either.
    if sample_weight is not None or groups is not None:
        present = np.bincount(np.arange(len(values)) if groups is None else groups, sample_weight)
        n_units = int(np.count_nonzero(present))
    else:
        n_units = len(centred)
    if n_units < 2:
        return np.inf
    return float(np.sqrt(n_units / (n_units - 1) * np.dot(centred, centred)) / total)


def interval(value, se, confidence=CONFIDENCE):
    """Normal-theory interval around `value`."""
    half = float(stats.norm.ppf(0.5 + confidence / 2)) * se
    return Estimate(float(value), float(se), float(value - half), float(value + half))


def paired_estimate(values, sample_weight=None, groups=None, *, inflation=1.0):
    """Mean of row-paired values with its interval.

    Parameters
    ----------
    values : ndarray of shape (n_rows,)
        One value a row.
    sample_weight, groups : ndarray of shape (n_rows,), default=None
        Weights; codes of the groups.
    inflation : float, default=1.0
        Factor on the variance, from :func:`nadeau_bengio_inflation` where models were refitted.

    Returns
    -------
    Estimate
    """
    se = mean_standard_error(values, sample_weight, groups) * np.sqrt(inflation)
    return interval(weighted_mean(values, sample_weight), se)


def upper_tail_p(value, se, limit=0.0):
    """P-value of H0: the true value is at most `limit`, one-sided.

    A minimum-effect test (Murphy & Myors 1999) where `limit` is above zero. A zero standard error
    means the value is exact: 0.0 above the limit, 1.0 otherwise.
    """
    if se == 0.0:
        return 0.0 if value > limit else 1.0
    return float(stats.norm.sf((value - limit) / se))


def nadeau_bengio_inflation(n_train, n_test, n_splits):
    """Variance factor for means over `n_splits` refits on overlapping training sets.

    ``1 + J * n_test / n_train``: the ratio of the corrected variance ``(1/J + n_test/n_train) s^2``
    to the naive ``s^2 / J`` (Nadeau & Bengio 2003, equation 9).
    """
    return 1.0 + n_splits * n_test / n_train


def mcnemar_p(n_newly_right, n_newly_wrong):
    """Exact two-sided McNemar p-value (McNemar 1947) of unweighted counts; 1.0 without flips."""
    flips = int(n_newly_right + n_newly_wrong)
    if flips == 0:
        return 1.0
    return float(stats.binomtest(int(min(n_newly_right, n_newly_wrong)), flips).pvalue)


def wilson_interval(share, n_rows, confidence=CONFIDENCE):
    """Wilson's score interval (Wilson 1927) of a share seen in `n_rows` (effective) rows."""
    if n_rows <= 0:
        return 0.0, 1.0
    z2 = float(stats.norm.ppf(0.5 + confidence / 2)) ** 2
    centre = (share + z2 / (2 * n_rows)) / (1 + z2 / n_rows)
    half = np.sqrt(z2 * (share * (1 - share) / n_rows + z2 / (4 * n_rows**2))) / (1 + z2 / n_rows)
    return float(max(0.0, centre - half)), float(min(1.0, centre + half))


def benjamini_hochberg(p_values):
    """Benjamini & Hochberg (1995) adjusted p-values, in the order given."""
    p_values = np.asarray(p_values, dtype=float)
    if p_values.size == 0:
        return p_values
    return stats.false_discovery_control(p_values, method="bh")


def conditional_benjamini_hochberg(p_values, tau=DISCARD_ABOVE):
    """Benjamini-Hochberg among the p-values of at most `tau`, each divided by it.

    Tests of "the effect is at most the limit" whose effects lie below their limits give p-values
    near one, and beside these the plain procedure asks for more than its level. P-values above
    `tau` are set aside. Given that such a test's p-value is at most `tau`, its ratio to `tau` is
    still no smaller than a uniform variable, as it is "uniformly conservative" (Zhao, Small & Su
    2019, *Multiple testing when many p-values are uniformly conservative*, Journal of the American
    Statistical Association 114; of tests against a smallest effect of interest, Ellis, Pecanka &
    Goeman 2020, *Gaining power in multiple testing of interval hypotheses via conditionalization*,
    Biostatistics 21).

    Parameters
    ----------
    p_values : array-like of shape (n_tests,)
        One-sided p-values.
    tau : float, default=0.5
        Largest p-value that is kept.

    Returns
    -------
    ndarray of shape (n_tests,), dtype float64
        Adjusted p-values in the order given; 1 for those that were set aside.
    """
    p_values = np.asarray(p_values, dtype=float)
    adjusted = np.ones_like(p_values)
    kept = p_values <= tau
    adjusted[kept] = benjamini_hochberg(p_values[kept] / tau)
    return adjusted


def auc_influence(score, positive, sample_weight=None):
    r"""Area under the ROC curve with the influence of every row on it.

    Ties count one half (Mann & Whitney 1947). The influence of a positive row is
    ``(P(score > negative) - AUC) / share of positives``, of a negative row likewise: its variance
    is DeLong's (DeLong, DeLong & Clarke-Pearson 1988) for unit weights.

    Parameters
    ----------
    score : ndarray of shape (n_rows,)
        Larger means more positive.
    positive : ndarray of shape (n_rows,), dtype bool
        The labels.
    sample_weight : ndarray of shape (n_rows,), default=None
        Weights.

    Returns
    -------
    auc : float
        NaN if one of the two classes is absent.
    influence : ndarray of shape (n_rows,)
        Weighted mean zero.
    """
    order = np.argsort(score).astype(np.int32)
    is_positive = positive[order]
    starts, lengths = tie_blocks(score[order])
    if len(starts) == len(score):  # no ties: the blocks would only cost memory
        starts = lengths = None
    w = None if sample_weight is None else sample_weight[order].astype(float)
    total = float(len(score)) if w is None else float(w.sum())
    total_pos = float(np.count_nonzero(is_positive) if w is None else w[is_positive].sum())
    total_neg = total - total_pos
    if total_pos == 0 or total_neg == 0:
        return np.nan, np.zeros(len(score))
    values = np.empty(len(score))
    rank = _mid_cumulative(~is_positive, w, starts, lengths)
    values[is_positive] = rank[is_positive] / total_neg
    wins = values[is_positive]
    auc = float(np.average(wins, weights=None if w is None else w[is_positive]))
    values[is_positive] = (wins - auc) * (total / total_pos)
    rank = _mid_cumulative(is_positive, w, starts, lengths)
    losses = 1.0 - rank[~is_positive] / total_pos
    values[~is_positive] = (losses - auc) * (total / total_neg)
    influence = np.empty_like(values)
    influence[order] = values
    return auc, influence


def tie_blocks(sorted_values):
    """First index and length of every run of equal values."""
    starts = np.flatnonzero(np.r_[True, sorted_values[1:] != sorted_values[:-1]])
    return starts, np.diff(starts, append=len(sorted_values))


def _mid_cumulative(member, weight, starts, lengths):
    """Weight of the members before each row, ties counted half, rows sorted."""
    mass = member.astype(float) if weight is None else np.where(member, weight, 0.0)
    if starts is None:
        return np.cumsum(mass) - mass / 2
    block = np.add.reduceat(mass, starts)
    return np.repeat(np.cumsum(block) - block / 2, lengths)
