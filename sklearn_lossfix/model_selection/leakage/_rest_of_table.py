"""How well all columns but the suspected ones know the target together."""

import numpy as np
from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor
from sklearn.model_selection import KFold, StratifiedKFold
from threadpoolctl import threadpool_limits

from sklearn_lossfix._core._paired_tests import auc_influence, mean_standard_error
from sklearn_lossfix.model_selection.leakage._binned_scores import (
    ColumnScore,
    bin_categories,
    bin_numbers,
)

# Rows and columns that the model sees: it has to tell a good score from a poor one, within a
# second. The columns kept are those that score best alone.
MAX_ROWS = 10_000
MAX_COLUMNS = 100

# A model of trees sees interactions, which a sum over columns (naive Bayes) cannot: it would
# underrate the other columns, and so accuse the strong one.
N_TREES = 40
N_LEAVES = 15
LEARNING_RATE = 0.15
N_FOLDS = 3

# Levels of a category that the trees take apart, below the 255 bins of scikit-learn.
MAX_LEVELS = 200


def joint_score(table, columns, y, is_hit, rng):
    """Out-of-fold score of a small model of gradient boosting on binned columns.

    Parameters
    ----------
    table : Table
        Features.
    columns : ndarray of int
        Positions of the columns to use, the best first.
    y : ndarray of shape (n_rows,)
        Standardised ranks of a numeric target, read if `is_hit` is None.
    is_hit : ndarray of shape (n_rows,), dtype bool, or None
        Whether a row belongs to the class that is set against the others.
    rng : Generator
        Of rows and folds.

    Returns
    -------
    ColumnScore
        AUC, or R2; of a table without columns 0.5 or 0.0, exactly.
    """
    return joint_scores(table, columns, y, is_hit, rng)[0]


def joint_scores(table, columns, y, is_hit, rng, n_shuffled=0):
    """The same, and the score that is left when one column is shuffled in the test parts.

    Parameters
    ----------
    table, columns, y, is_hit, rng
        As for `joint_score`.
    n_shuffled : int, default=0
        How many of the columns are shuffled, one at a time, the first ones.

    Returns
    -------
    score : ColumnScore
        With all columns.
    without : dict of int to float
        By column: AUC or R2 after it was shuffled (Breiman 2001). The model goes on to rely on it,
        so that less is left than a model without the column would reach.
    """
    is_auc = is_hit is not None
    if len(columns) == 0:
        return ColumnScore(0.5 if is_auc else 0.0, 0.0, 0, 0, 0), {}
    rows = _sampled_rows(table.n_rows, is_hit, rng)
    features, is_category = _binned(table.select(columns[:MAX_COLUMNS]).take(rows))
    target = is_hit[rows] if is_auc else y[rows]
    seed = int(rng.integers(2**31 - 1))
    n_small = int(min(target.sum(), (~target).sum())) if is_auc else len(rows)
    settings = {
        "max_iter": N_TREES,
        "max_leaf_nodes": N_LEAVES,
        "learning_rate": LEARNING_RATE,
        "min_samples_leaf": int(np.clip(n_small // 10, 1, 20)),
        "early_stopping": False,
        "categorical_features": is_category if is_category.any() else None,
        "random_state": seed,
    }
    Model = HistGradientBoostingClassifier if is_auc else HistGradientBoostingRegressor
    Splitter = StratifiedKFold if is_auc else KFold
    splitter = Splitter(min(N_FOLDS, n_small), shuffle=True, random_state=seed)
    n_shuffled = min(n_shuffled, features.shape[1])
    predicted = np.empty((1 + n_shuffled, len(rows)))
    # On so few rows threads would wait for one another longer than they work.
    with threadpool_limits(1, user_api="openmp"):
        for train, test in splitter.split(features, target):
            model = Model(**settings).fit(features[train], target[train])
            output = model.decision_function if is_auc else model.predict
            block = features[test]
            predicted[0, test] = output(block)
            for k in range(n_shuffled):
                kept = block[:, k].copy()
                block[:, k] = rng.permutation(kept)
                predicted[1 + k, test] = output(block)
                block[:, k] = kept
    scores = [_score(values, target, is_auc) for values in predicted]
    without = {int(columns[k]): scores[1 + k].value for k in range(n_shuffled)}
    return scores[0], without


def _score(predicted, target, is_auc):
    """AUC or R2 of out-of-fold predictions, with its standard error."""
    if is_auc:
        value, influence = auc_influence(predicted, target)
        n_hits = int(target.sum())
        se = mean_standard_error(influence)
        return ColumnScore(value, se, 1, n_hits, len(target) - n_hits)
    square = np.square(target - target.mean())
    explained = square - np.square(target - predicted)
    value = float(explained.sum() / square.sum())
    se = mean_standard_error((explained - value * square) / square.mean())
    return ColumnScore(value, se, 0, len(target), len(target))


def _sampled_rows(n_rows, is_hit, rng):
    """Rows to learn from: of a rare class as many as of the other, which an AUC allows."""
    if n_rows <= MAX_ROWS:
        return np.arange(n_rows)
    if is_hit is None:
        return np.sort(rng.choice(n_rows, MAX_ROWS, replace=False))
    parts = [np.flatnonzero(is_hit), np.flatnonzero(~is_hit)]
    parts.sort(key=len)
    n_small = min(len(parts[0]), MAX_ROWS // 2)
    n_large = min(len(parts[1]), MAX_ROWS - n_small)
    chosen = [
        rng.choice(part, n, replace=False)
        for part, n in zip(parts, (n_small, n_large), strict=True)
    ]
    return np.sort(np.concatenate(chosen))


def _binned(table):
    """Bins of all columns as numbers, missing as NaN, and which of them are categories."""
    features = np.empty((table.n_rows, table.n_columns))
    is_category = np.array([kind == "category" for kind in table.kinds])
    for j in range(table.n_columns):
        codes, _ = binned_column(table, j, MAX_LEVELS)
        features[:, j] = codes
    features[features == 0] = np.nan
    return features, is_category


def binned_column(table, j, max_levels=None):
    """Bins of one column of any kind.

    Returns
    -------
    codes : ndarray of shape (n_rows,), dtype int64
        0 where missing.
    n_codes : int
        One more than the largest possible code.
    """
    values = table.column(j)
    if table.kinds[j] == "category":
        return bin_categories(values) if max_levels is None else bin_categories(values, max_levels)
    if table.kinds[j] == "time":
        missing = values == np.iinfo(np.int64).min
        values = values.astype(float)
        values[missing] = np.nan
    return bin_numbers(values)
