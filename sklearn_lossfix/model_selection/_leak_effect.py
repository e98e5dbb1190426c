"""What leaked training rows are worth to a model, measured on the same test rows."""

import numpy as np
from sklearn.base import clone, is_classifier
from sklearn.metrics import get_scorer
from sklearn.model_selection import cross_validate
from sklearn.utils import _safe_indexing

from sklearn_lossfix._core._oof import Folds, out_of_fold, refuse_frozen, seed_clone
from sklearn_lossfix._core._paired_tests import nadeau_bengio_inflation, paired_estimate
from sklearn_lossfix._core._proper_scores import log_loss_rows
from sklearn_lossfix.exceptions import TooFewRowsError
from sklearn_lossfix.model_selection._policies import (
    check_purged,
    leak_free_folds,
    linked_components,
)


def leak_effect(estimator, X, y, data, leaks, *, scoring=None, n_jobs=None):
    """Compare models with and without the leaked training rows, on the same test rows.

    Parameters
    ----------
    estimator : estimator
        Cloned, never changed.
    X, y : array-like of n_rows
        Data as the estimator takes them.
    data : SplitData
        Folds, times and options.
    leaks : iterable of Leak
        What was found.
    scoring : str, callable or None, default=None
        A scorer: folds are paired then. None pairs rows: their log loss, or without probabilities
        their errors, or the squared error of a regressor.
    n_jobs : int or None, default=None
        Fits at a time.

    Returns
    -------
    effect : dict or None
        See `SplitEvidence`. None where no training row can be removed.
    note : str
        Why there is none, or how to read it.
    """
    refuse_frozen(estimator)
    if y is None:
        raise ValueError("audit(estimator=...) needs y: models are fitted to it.")
    if scoring is not None and not (isinstance(scoring, str) or callable(scoring)):
        raise TypeError(
            f"scoring must be one scorer: a name or a callable. Got {scoring!r} instead."
        )
    if scoring is None and is_classifier(estimator) and np.ndim(y) == 2 and np.shape(y)[1] > 1:
        return (
            None,
            "The effect was not measured: pass scoring for a classifier of several targets.",
        )
    if np.ndim(y) == 2 and np.shape(y)[1] == 1:  # a column is a target, too
        y = np.asarray(y)[:, 0]
    leaks = [leak for leak in leaks if leak.found]
    components = linked_components(
        [leak.links for leak in leaks if leak.links is not None], data.n_rows
    )
    purged = leak_free_folds(data, leaks)
    changed = [
        k
        for k, ((before, _), (after, _)) in enumerate(zip(data.folds, purged, strict=True))
        if len(after) < len(before)
    ]
    if not changed:
        return None, "No leak that was found goes through single training rows: nothing to remove."
    try:
        check_purged(data.folds, purged, y)
    except TooFewRowsError as error:
        return None, f"The effect of the leak was not measured. {error}"
    folds = [data.folds[k] for k in changed], [purged[k] for k in changed]
    model = seed_clone(clone(estimator), data.options.seed)
    if scoring is not None:
        effect = _compared_scores(model, X, y, folds, scoring, n_jobs)
    else:
        effect = _compared_losses(model, X, y, folds, components, data.options.seed, n_jobs)
    effect["folds"] = changed
    effect["n_removed"] = [
        len(before) - len(after) for (before, _), (after, _) in zip(*folds, strict=True)
    ]
    effect["n_judged"] = sum(len(test) for _, test in folds[0])
    note = "The models without leaked rows learn from fewer rows, which is part of the difference."
    return effect, note


def _inflation_factor(folds):
    """Factor on the variance of differences between models of overlapping training parts."""
    n_train = np.mean([len(train) for train, _ in folds[1]])
    n_test = np.mean([len(test) for _, test in folds[1]])
    return nadeau_bengio_inflation(n_train, n_test, len(folds[1]))


def _compared_scores(model, X, y, folds, scoring, n_jobs):
    """Scores of every fold, paired."""
    scorer = get_scorer(scoring) if isinstance(scoring, str) else scoring
    leaky, clean = (
        cross_validate(model, X, y, cv=list(part), scoring=scorer, n_jobs=n_jobs)["test_score"]
        for part in folds
    )
    return {
        "unit": scoring if isinstance(scoring, str) else "score",
        "with_leak": float(leaky.mean()),
        "without_leak": float(clean.mean()),
        "inflation": paired_estimate(leaky - clean, inflation=_inflation_factor(folds)),
    }


def _compared_losses(model, X, y, folds, components, seed, n_jobs):
    """Losses of every test row, paired; rows of one component vary together."""
    losses = _class_losses if is_classifier(model) else _squared_errors
    (unit, row, leaky), (_, _, clean) = (
        losses(model, X, y, part, len(components.codes), seed, n_jobs) for part in folds
    )
    clusters = np.unique(components.codes[row], return_inverse=True)[1]
    return {
        "unit": unit,
        "with_leak": float(leaky.mean()),
        "without_leak": float(clean.mean()),
        "inflation": paired_estimate(
            clean - leaky, groups=clusters, inflation=_inflation_factor(folds)
        ),
    }


def _class_losses(model, X, y, folds, n_rows, seed, n_jobs):
    """Log loss of every test row, or its error where there are no probabilities."""
    oof = out_of_fold(
        model, X, y, Folds(n_rows, tuple(folds), None), n_jobs=n_jobs, random_state=seed
    )
    labels = y.to_numpy() if hasattr(y, "to_numpy") else np.asarray(y)
    codes = np.searchsorted(oof.classes, labels)[oof.row]
    if oof.response == "predict_proba":
        return "nats", oof.row, log_loss_rows(oof.scores, codes)
    return "errors", oof.row, (oof.pred != codes).astype(np.float64)


def _squared_errors(model, X, y, folds, n_rows, seed, n_jobs):
    """Squared error of every test row."""
    fitted = cross_validate(
        model, X, y, cv=list(folds), scoring=_no_score, n_jobs=n_jobs, return_estimator=True
    )["estimator"]
    row = np.concatenate([test for _, test in folds])
    predicted = np.concatenate(
        [
            np.asarray(one.predict(_safe_indexing(X, test)))
            for one, (_, test) in zip(fitted, folds, strict=True)
        ]
    )
    truth = np.asarray(y, dtype=np.float64)[row]
    errors = np.square(predicted - truth).reshape(len(row), -1).mean(axis=1)
    return "squared error", row, errors


def _no_score(estimator, X, y):
    """A scorer that asks nothing: the models themselves are wanted."""
    return 0.0
