"""FoldEnsemble: the models of all folds, averaged."""

import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin, clone
from sklearn.utils import _safe_indexing, get_tags
from sklearn.utils.metaestimators import _safe_split, available_if
from sklearn.utils.validation import check_is_fitted

from sklearn_lossfix._core._oof import class_columns, cut_params, seed_clone


def _estimator_has(method):
    """Make a check that the estimator has a method."""

    def check(self):
        getattr(self.estimator, method)
        return True

    return check


class FoldEnsemble(ClassifierMixin, BaseEstimator):
    """A classifier that averages one model per fold, each fitted without the fold's test rows.

    The rule from scores to labels was learnt on scores of exactly these models. A single model
    that is fitted on all rows may have its scores on another scale.

    Parameters
    ----------
    estimator : estimator
        Unfitted.
    random_state : int or None, default=None
        Seed of the fits, as when the folds were scored.

    Attributes
    ----------
    estimators_ : list of estimator
        One fitted model per fold.
    columns_ : list of (ndarray of shape (n_train,) or None)
        The columns of `X` that each model takes: of a matrix of kernels or distances those of the
        rows it was fitted on, otherwise all (None).
    classes_ : ndarray of shape (n_classes,)
        The labels.
    """

    def __init__(self, estimator, random_state=None):
        self.estimator = estimator
        self.random_state = random_state

    def fit(self, X, y, *, folds, **params):
        """Fit one model per fold, on the rows of the others.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Data.
        y : array-like of shape (n_samples,)
            Labels.
        folds : Folds
            Splits.
        **params : dict
            Parameters of the estimator's `fit`; those with one entry a row are cut.

        Returns
        -------
        self : object
            Fitted.
        """
        self.classes_ = np.unique(y)
        self.estimators_, self.columns_ = [], []
        pairwise = get_tags(self.estimator).input_tags.pairwise
        for number, (train, _) in enumerate(folds.splits):
            seed = None if self.random_state is None else (int(self.random_state), number)
            model = seed_clone(clone(self.estimator), seed)
            X_train, y_train = _safe_split(model, X, y, train)
            self.estimators_.append(
                model.fit(X_train, y_train, **cut_params(params, train, len(y)))
            )
            self.columns_.append(train if pairwise else None)
        first = self.estimators_[0]
        for name in ("n_features_in_", "feature_names_in_"):
            if hasattr(first, name):
                setattr(self, name, getattr(first, name))
        if pairwise:
            self.n_features_in_ = len(y)
        return self

    def predict(self, X):
        """Predict the class of the greatest mean score."""
        check_is_fitted(self)
        method = (
            "predict_proba" if hasattr(self.estimator, "predict_proba") else "decision_function"
        )
        scores = self._mean(X, method)
        codes = (scores > 0).astype(int) if scores.ndim == 1 else scores.argmax(axis=1)
        return self.classes_[codes]

    @available_if(_estimator_has("predict_proba"))
    def predict_proba(self, X):
        """Average the probabilities."""
        return self._mean(X, "predict_proba")

    @available_if(_estimator_has("predict_proba"))
    def predict_log_proba(self, X):
        """Take the logarithms of the averaged probabilities."""
        with np.errstate(divide="ignore"):
            return np.log(self._mean(X, "predict_proba"))

    @available_if(_estimator_has("decision_function"))
    def decision_function(self, X):
        """Average the decision values."""
        return self._mean(X, "decision_function")

    def _mean(self, X, method):
        """Average the scores of the models, in the order of `classes_`."""
        check_is_fitted(self)
        scores = []
        for model, columns in zip(self.estimators_, self.columns_, strict=True):
            known = X if columns is None else _safe_indexing(X, columns, axis=1)
            scores.append(class_columns(model, known, self.classes_, method))
        return np.mean(scores, axis=0)

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        inner = get_tags(self.estimator)
        tags.input_tags = inner.input_tags
        tags.classifier_tags = inner.classifier_tags
        return tags
