"""How validation rows differ from training rows: a classifier of the two, and its density ratio."""

import numpy as np
from sklearn.model_selection import StratifiedGroupKFold, StratifiedKFold, cross_val_predict
from sklearn.pipeline import Pipeline
from sklearn.utils import _safe_indexing

from sklearn_lossfix._core._evidence import DriftEvidence
from sklearn_lossfix._core._paired_tests import (
    auc_influence,
    interval,
    mean_standard_error,
    nadeau_bengio_inflation,
)
from sklearn_lossfix.diagnosis._reference import make_reference
from sklearn_lossfix.diagnosis._workbench import attempt
from sklearn_lossfix.model_selection.leakage._binned_scores import auc_null_se, class_score
from sklearn_lossfix.model_selection.leakage._rest_of_table import binned_column
from sklearn_lossfix.model_selection.leakage._table import Table

# Rows of each part that are looked at, at most: an AUC of 0.51 would be seen among so many.
MAX_DRIFT_ROWS = 10_000

# Fewer rows of a part leave folds of one or two.
MIN_DRIFT_ROWS = 50

N_FOLDS = 5

# A density ratio is not trusted beyond this factor, up or down: few rows would decide alone.
DENSITY_RATIO_LIMIT = 10.0

# Columns that are looked at one by one, and those that are named.
MAX_COLUMNS = 1_000
N_COLUMNS_NAMED = 5

# Few, small and slow trees: a drift that matters shows in them, and the ratio stays tame.
_SETTINGS = {"max_iter": 30, "learning_rate": 0.1, "max_leaf_nodes": 8}


def gather_drift(data, validation, stack, request):
    """Tell training from validation rows by their features, out of fold.

    Parameters
    ----------
    data, validation : Data
        Training rows; rows to judge.
    stack : callable
        From features of validation and of training rows to one container.
    request : Request
        Seed, number of jobs and notes.

    Returns
    -------
    drift : DriftEvidence or None
    reason : str or None
        Why there is none.
    """
    if data.groups is not None and validation.groups is None:
        return None, (
            "The training rows come in groups, and groups_val was not given: rows of one group "
            "are alike, which would look like drift."
        )
    rng = np.random.default_rng(request.seed)
    rows, train_rows = (_some_rows(len(part.y), rng) for part in (validation, data))
    if min(len(rows), len(train_rows)) < MIN_DRIFT_ROWS:
        return None, (
            f"{len(train_rows):,} training and {len(rows):,} validation rows are too few to tell "
            f"apart; at least {MIN_DRIFT_ROWS} of each are needed."
        )
    parts = [_safe_indexing(validation.X, rows), _safe_indexing(data.X, train_rows)]
    try:
        X = stack(*parts)
    except (TypeError, ValueError) as error:
        return None, f"X and X_val cannot be compared. {error}"
    is_val = np.arange(len(rows) + len(train_rows)) < len(rows)
    groups = None
    if data.groups is not None:
        groups = np.concatenate([validation.groups[rows], data.groups[train_rows]])
        groups = np.unique(groups, return_inverse=True)[1]
        n_folds = min(N_FOLDS, int(groups.max()) + 1)
    else:
        n_folds = N_FOLDS
    kind = StratifiedKFold if groups is None else StratifiedGroupKFold
    folds = list(
        kind(n_folds, shuffle=True, random_state=request.seed).split(
            np.zeros((len(is_val), 1)), is_val, groups
        )
    )
    model, reason = _domain_classifier(X, request.seed)
    if model is None:
        return None, reason
    probability, reason = attempt(
        lambda: cross_val_predict(
            model, X, is_val, cv=folds, method="predict_proba", n_jobs=request.n_jobs
        )[:, 1],
        "the classifier of training and validation rows",
        request.notes,
    )
    if probability is None:
        return None, reason
    auc, influence = auc_influence(probability, is_val)
    # Classifiers of overlapping rows err together: without the factor 3 % of random splits of 12
    # normal columns had a p-value below 0.01.
    n_test = np.mean([len(test) for _, test in folds])
    inflation = nadeau_bengio_inflation(len(is_val) - n_test, n_test, len(folds))
    error = mean_standard_error(influence, groups=groups)
    ratio = density_ratio(probability[is_val], len(train_rows), len(rows))
    names, scores = _worst_columns(X, is_val, folds)
    return (
        DriftEvidence(
            auc=interval(auc, error * np.sqrt(inflation)),
            null_error=auc_null_se(0.5, len(rows), len(train_rows)) * float(np.sqrt(inflation)),
            rows=rows,
            ratio=ratio,
            share_clipped=float(np.mean(ratio <= 1 / DENSITY_RATIO_LIMIT)),
            columns=names,
            column_auc=scores,
            n_train=len(train_rows),
        ),
        None,
    )


def density_ratio(probability, n_train, n_val):
    """Density of training rows over that of validation rows, from a classifier of the two.

    By Bayes' rule ``p_train(x) / p_val(x) = P(train | x) / P(val | x) * n_val / n_train`` (Bickel,
    Brueckner & Scheffer 2009), clipped to `DENSITY_RATIO_LIMIT` and its inverse.

    Parameters
    ----------
    probability : ndarray of shape (n_rows,)
        Probability of being a validation row.
    n_train, n_val : int
        Rows that the classifier saw of each.

    Returns
    -------
    ndarray of shape (n_rows,)
    """
    with np.errstate(divide="ignore"):
        ratio = (1 - probability) / probability * (n_val / n_train)
    return np.clip(ratio, 1 / DENSITY_RATIO_LIMIT, DENSITY_RATIO_LIMIT)


def _some_rows(n_rows, rng):
    """All rows, or `MAX_DRIFT_ROWS` of them in order."""
    if n_rows <= MAX_DRIFT_ROWS:
        return np.arange(n_rows)
    return np.sort(rng.choice(n_rows, MAX_DRIFT_ROWS, replace=False))


def _domain_classifier(X, seed):
    """A small copy of the reference model."""
    model, reason = make_reference(X, seed)
    if model is not None:
        boosting = model[-1] if isinstance(model, Pipeline) else model
        boosting.set_params(**_SETTINGS)
    return model, reason


def _worst_columns(X, is_val, folds):
    """Columns that tell the parts apart alone, the best first, with their areas out of fold."""
    try:
        table = Table.read(X)
    except (TypeError, ValueError):
        return (), ()
    fold = np.zeros(len(is_val), dtype=np.intp)
    for number, (_, test) in enumerate(folds):
        fold[test] = number
    scores = {}
    for j in range(min(table.n_columns, MAX_COLUMNS)):
        codes, n_codes = binned_column(table, j)
        if codes.min() < codes.max():
            score = class_score(codes, n_codes, is_val.astype(np.intp), 2, fold).value
            scores[table.names[j]] = float(np.nan_to_num(score, nan=0.5))
    named = sorted(scores, key=lambda name: -scores[name])[:N_COLUMNS_NAMED]
    return tuple(named), tuple(scores[name] for name in named)
