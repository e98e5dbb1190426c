"""The rows of a training: those that are trained on, and those that are scored every epoch."""

import numpy as np
from sklearn.utils import _safe_indexing

from sklearn_lossfix._core._oof import cut_params
from sklearn_lossfix.model_selection._epoch_loop import TrainingRows
from sklearn_lossfix.model_selection._epoch_recorder import ScoredPart

# Training rows that the training curves are measured on, at most: a standard error of accuracy of
# 0.005 or less, at a cost per epoch that does not grow with the data.
MAX_TRAIN_ROWS = 10_000


def training_rows(X, y, classes, train, head, params):
    """Fit the transformers, and gather what is trained on.

    Parameters
    ----------
    X : array-like of shape (n_samples, n_features)
        All rows.

    y : ndarray of shape (n_samples,)
        Their labels.

    classes : ndarray of shape (n_classes,)
        All labels.

    train : ndarray of int
        The rows to train on.

    head : FittedHead
        The transformers; fitted here.

    params : Bunch
        Of `sort_params`.

    Returns
    -------
    TrainingRows
    """
    last = cut_params(params.last, train, len(y))
    before = {step: cut_params(own, train, len(y)) for step, own in params.head.items()}
    X_train = head.fit_transform(_safe_indexing(X, train), y[train], before)
    return TrainingRows(X_train, y[train], classes, last)


def scored_parts(X, codes, weight, parts, head, seed):
    """The rows that are scored after every epoch, as the trained estimator sees them.

    Parameters
    ----------
    X : array-like of shape (n_samples, n_features)
        All rows.

    codes : ndarray of shape (n_samples,), dtype int
        Class codes.

    weight : ndarray of shape (n_samples,) or None
        Weights.

    parts : HeldOut
        Rows to train on, and those held out.

    head : FittedHead
        Fitted transformers.

    seed : int
        Seed of the draw among more than `MAX_TRAIN_ROWS` training rows.

    Returns
    -------
    dict of str to ScoredPart

    Raises
    ------
    ValueError
        If all rows of a part have a weight of zero.
    """
    train = parts.train if weight is None else parts.train[weight[parts.train] > 0]
    if len(train) > MAX_TRAIN_ROWS:
        train = np.sort(np.random.RandomState(seed).permutation(train)[:MAX_TRAIN_ROWS])
    scored = {"train": train, "validation": parts.validation}
    if weight is not None and not all(weight[rows].any() for rows in scored.values()):
        raise ValueError(
            "sample_weight is zero in all rows that are trained on, or in all that are held out. "
            "Expected some positive weights in both parts: hold out other rows with validation."
        )
    return {
        name: ScoredPart(
            head.transform(_safe_indexing(X, rows)),
            codes[rows].astype(np.intp),
            None if weight is None else weight[rows],
        )
        for name, rows in scored.items()
    }
