"""What one column alone tells of the target: out-of-fold scores from bins of its values.

Bins see what is not monotone, and missingness is a bin of its own. All scores come from the counts
of (fold, bin, class), so that a column costs one sort.
"""

from typing import NamedTuple

import numpy as np
from scipy import stats

from sklearn_lossfix._core._paired_tests import auc_influence

# Bins of a column of numbers, and the fewest rows a bin should hold: with 64 bins a column that
# is sorted like the target loses less than 1e-3 of AUC to the bins.
N_BINS = 64
ROWS_PER_BIN = 8

# Folds of the scores: as many as a cross-validation has by default.
N_FOLDS = 5

# Weight, in rows, of the mean of all rows in the mean of a bin (m-estimate, Cestnik 1990).
PRIOR_ROWS = 2.0

# The same for means of ranks: error variance over variance between bins, the best weight, of a
# column whose R2 is .98. More would cost just the columns that are looked for.
RANK_PRIOR_ROWS = 0.02

# Levels of a category and classes that are looked at, the most frequent first: bounds the table
# of counts to 5 x 10,000 x 20.
MAX_LEVELS = 10_000
MAX_CLASSES = 20

# A class of fewer rows is not set against the others: high AUCs are common by chance then. With the
# lesser number a column can be too good for chance, though not by how much (of ten rows the
# standard error of an AUC without signal is .09).
MIN_CLASS_ROWS = 30
MIN_RARE_ROWS = 10


class ColumnScore(NamedTuple):
    """Out-of-fold score of one column alone.

    AUC of the class that it separates best from the others, or R2 of the ranks of the target.
    """

    value: float
    se: float
    target: int
    n_positive: int
    n_negative: int


def bin_numbers(values, max_bins=N_BINS):
    """Codes of quantile bins of a column; few distinct values have a bin each.

    Parameters
    ----------
    values : ndarray of shape (n_rows,), dtype float64
        NaN where missing.
    max_bins : int, default=64
        Most bins.

    Returns
    -------
    codes : ndarray of shape (n_rows,), dtype int64
        0 where missing, otherwise 1, 2, ... in the order of the values.
    n_codes : int
        One more than the largest code.
    """
    present = ~np.isnan(values)
    ordered = np.sort(values[present] if not present.all() else values)
    if len(ordered) == 0:
        return np.zeros(len(values), dtype=np.int64), 1
    n_bins = int(np.clip(len(ordered) // ROWS_PER_BIN, 2, max_bins))
    starts = np.flatnonzero(ordered[1:] != ordered[:-1]) + 1
    if len(starts) < n_bins:
        edges = ordered[starts]
    else:
        edges = np.unique(ordered[(np.arange(1, n_bins) * len(ordered)) // n_bins])
        edges = edges[edges > ordered[0]]
    codes = np.searchsorted(edges, values, side="right") + 1
    codes[~present] = 0
    return codes, len(edges) + 2


def bin_categories(codes, max_levels=MAX_LEVELS):
    """Codes of levels; those of one row only, and all beyond the most frequent, share one.

    Parameters
    ----------
    codes : ndarray of shape (n_rows,), dtype int
        -1 where missing.
    max_levels : int, default=10,000
        Most levels.

    Returns
    -------
    codes : ndarray of shape (n_rows,), dtype int64
        0 where missing, 1 where rare.
    n_codes : int
        One more than the largest code.
    """
    counts = np.bincount(codes[codes >= 0], minlength=1)
    kept = np.flatnonzero(counts > 1)
    if len(kept) > max_levels:
        kept = kept[np.argsort(-counts[kept], kind="stable")[:max_levels]]
    new = np.ones(len(counts) + 1, dtype=np.int64)
    new[kept] = np.arange(2, len(kept) + 2)
    new[-1] = 0  # what -1 takes
    return new[codes], len(kept) + 2


def random_folds(n_rows, rng, groups=None, n_folds=N_FOLDS):
    """Number of a random fold for every row; the rows of a group share theirs.

    Without the groups an identifier of them would seem to know labels that it only remembers.
    """
    if groups is None:
        return rng.permutation(np.arange(n_rows) % n_folds)
    n_groups = int(groups.max()) + 1
    return rng.permutation(np.arange(n_groups) % n_folds)[groups]


def class_score(codes, n_codes, y, n_classes, fold, n_folds=N_FOLDS, min_rows=MIN_CLASS_ROWS):
    """Out-of-fold AUC of a binned column for the class that it separates best.

    Parameters
    ----------
    codes : ndarray of shape (n_rows,), dtype int
        Bins.
    n_codes : int
        Their number.
    y : ndarray of shape (n_rows,), dtype int
        Codes of the classes.
    n_classes : int
        Number of classes; of two the last is judged, of more the most frequent ones.
    fold : ndarray of shape (n_rows,), dtype int
        Fold of every row.
    n_folds : int, default=5
        Number of folds.
    min_rows : int, default=30
        Rows of the classes that are judged, at least.

    Returns
    -------
    ColumnScore
        NaN if there is nothing to compare.
    """
    shape = (n_folds, n_codes, n_classes)
    cell = (fold * n_codes + codes) * n_classes + y
    counts = np.bincount(cell, minlength=n_folds * n_codes * n_classes).reshape(shape)
    rows = counts.sum(axis=2)
    filled = rows > 0
    others = rows.sum(axis=0) - rows
    total = rows.sum()
    best = ColumnScore(np.nan, np.inf, 0, 0, 0)
    for target in judged_classes(counts.sum(axis=(0, 1)), min_rows):
        hits = counts[:, :, target]
        known = hits.sum(axis=0) - hits
        prior = known.sum(axis=1, keepdims=True) / np.maximum(others.sum(axis=1, keepdims=True), 1)
        score = ((known + PRIOR_ROWS * prior) / (others + PRIOR_ROWS))[filled]
        hits = hits[filled]
        weight = np.concatenate([hits, rows[filled] - hits]).astype(float)
        is_hit = np.repeat([True, False], len(hits))
        auc, influence = auc_influence(np.tile(score, 2), is_hit, weight)
        if np.isnan(auc) or auc <= np.nan_to_num(best.value, nan=-1.0):
            continue
        se = float(np.sqrt(np.dot(weight, influence**2)) / total)
        best = ColumnScore(auc, se, int(target), int(hits.sum()), int(total - hits.sum()))
    return best


def judged_classes(counts, min_rows=MIN_CLASS_ROWS):
    """Classes that are each set against all others: one of two, the most frequent of many."""
    present = np.flatnonzero(counts)
    if len(present) == 2:
        return present[-1:] if counts[present].min() >= min_rows else present[:0]
    present = np.flatnonzero(counts >= min_rows)
    return present[np.argsort(-counts[present], kind="stable")[:MAX_CLASSES]]


def rank_score(codes, n_codes, ranks, fold, n_folds=N_FOLDS):
    """Out-of-fold R2 of a binned column for the ranks of a numeric target.

    Ranks, because few extreme values would else decide alone.

    Parameters
    ----------
    codes, n_codes, fold, n_folds
        As for :func:`class_score`.
    ranks : ndarray of shape (n_rows,), dtype float64
        Ranks of the target, standardised by :func:`standard_ranks`.

    Returns
    -------
    ColumnScore
    """
    cell = fold * n_codes + codes
    shape = (n_folds, n_codes)
    rows = np.bincount(cell, minlength=n_folds * n_codes).reshape(shape)
    sums = np.bincount(cell, ranks, minlength=n_folds * n_codes).reshape(shape)
    mean = (sums.sum(axis=0) - sums) / (rows.sum(axis=0) - rows + RANK_PRIOR_ROWS)
    predicted = mean.ravel()[cell]
    explained = predicted * (2 * ranks - predicted)  # ranks**2 - (ranks - predicted)**2
    value = float(explained.mean())
    # R2 is 1 - mean(error) / mean(square): the influence of a row on that ratio.
    # (A plain sum: threads of BLAS cost more than they save here.)
    explained -= value * ranks**2
    se = float(np.sqrt(np.square(explained).sum())) / len(ranks)
    return ColumnScore(value, se, 0, len(ranks), len(ranks))


def standard_ranks(y):
    """Mid-ranks of mean zero and variance one; zeros if all values are equal."""
    ranks = stats.rankdata(y)
    ranks -= ranks.mean()
    spread = ranks.std()
    return ranks / spread if spread > 0 else np.zeros(len(ranks))


def auc_null_se(limit, n_positive, n_negative):
    """Standard error of an AUC whose true value is `limit` (Hanley & McNeil 1982)."""
    q1, q2 = limit / (2 - limit), 2 * limit**2 / (1 + limit)
    variance = limit * (1 - limit)
    variance += (n_positive - 1) * (q1 - limit**2) + (n_negative - 1) * (q2 - limit**2)
    return float(np.sqrt(variance / (n_positive * n_negative)))


def score_se(score, limit, is_auc):
    """Standard error to test "the true score is at most `limit`" with.

    The larger of the one seen and the one that holds at the limit: at a perfect score the one seen
    is zero, whatever the number of rows.
    """
    if is_auc:
        return max(score.se, auc_null_se(limit, score.n_positive, score.n_negative))
    # Under normal errors the relative error of a sum of n squares is sqrt(2 / n).
    return max(score.se, (1 - limit) * np.sqrt(2 / max(score.n_positive, 1)))
