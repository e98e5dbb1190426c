"""A model that is asked with the values of other rows in some columns."""

import numpy as np
from scipy import sparse
from sklearn.base import BaseEstimator, ClassifierMixin, clone
from sklearn.utils import _safe_indexing
from sklearn.utils.metaestimators import available_if
from sklearn.utils.validation import _num_samples

from sklearn_lossfix._core._oof import weight_params


def shuffled_columns(X, positions, order):
    """A copy of X in which some columns hold the values of other rows.

    Parameters
    ----------
    X : array-like, sparse matrix or dataframe of shape (n_rows, n_columns)
        Features; not changed.
    positions : list of int
        Columns.
    order : ndarray of shape (n_rows,), dtype int
        The row whose values each row gets; one order, so that columns stay together.

    Returns
    -------
    container of the same kind
    """
    others = _safe_indexing(X, order)
    if hasattr(X, "with_columns"):  # polars
        return X.with_columns([others[X.columns[j]] for j in positions])
    if hasattr(X, "iloc"):
        out = X.copy()
        for j in positions:
            out.isetitem(j, others.iloc[:, j].array)  # an array: labels would pull rows back
        return out
    if sparse.issparse(X):
        mine, theirs = sparse.coo_array(X), sparse.coo_array(others)
        kept, taken = ~np.isin(mine.col, positions), np.isin(theirs.col, positions)
        row, col, values = (
            np.concatenate([getattr(mine, name)[kept], getattr(theirs, name)[taken]])
            for name in ("row", "col", "data")
        )
        return type(X)(sparse.coo_array((values, (row, col)), shape=X.shape))
    out = np.array(X)
    out[:, positions] = np.asarray(others)[:, positions]
    return out


def _inner_has(name):
    """Whether the model has a method."""
    return lambda self: hasattr(getattr(self, "estimator_", self.estimator), name)


class ShuffledColumns(ClassifierMixin, BaseEstimator):
    """Learn from the columns as they are, and predict with some of them shuffled.

    What a model loses by that is what it owes to these columns (Breiman 2001, permutation
    importance); nothing is learnt anew.

    Parameters
    ----------
    estimator : estimator
        Unfitted; cloned.
    positions : list of int
        Columns to shuffle.
    seed : int, default=0
        Seed of the order.
    """

    def __init__(self, estimator, positions, seed=0):
        self.estimator = estimator
        self.positions = positions
        self.seed = seed

    def fit(self, X, y, sample_weight=None):
        """Fit a clone on the columns as they are."""
        params = weight_params(self.estimator, sample_weight)
        self.estimator_ = clone(self.estimator).fit(X, y, **params)
        self.classes_ = self.estimator_.classes_
        return self

    def _shuffled(self, X):
        order = np.random.default_rng(self.seed).permutation(_num_samples(X))
        return shuffled_columns(X, self.positions, order)

    def predict(self, X):
        """Predict labels."""
        return self.estimator_.predict(self._shuffled(X))

    @available_if(_inner_has("predict_proba"))
    def predict_proba(self, X):
        """Predict probabilities."""
        return self.estimator_.predict_proba(self._shuffled(X))

    @available_if(_inner_has("decision_function"))
    def decision_function(self, X):
        """Give decision values."""
        return self.estimator_.decision_function(self._shuffled(X))
