"""RecalibratedClassifier: a classifier whose probabilities go through a map learnt out of fold."""

import numpy as np
from sklearn.utils._param_validation import HasMethods, StrOptions
from sklearn.utils.validation import check_is_fitted

from sklearn_lossfix._core._proper_scores import clipped_log
from sklearn_lossfix._core._recalibration import (
    IsotonicMap,
    SmoothMap,
    cross_fit,
    cross_fitted_chunks,
    fit_isotonic_map,
    fit_smooth_map,
)
from sklearn_lossfix.decision._scored_rows import judging_folds
from sklearn_lossfix.decision._tuned_wrapper import TunedWrapper, score_columns

# Maps that can be asked for.
METHODS = ("prior_shift", "temperature", "vector", "isotonic")


class RecalibratedClassifier(TunedWrapper):
    """A classifier whose probabilities go through a map that was learnt out of fold.

    Class weights, resampling and over-confident models give probabilities that do not mean what
    they say. Here one map for all classes together is learnt on the probabilities of rows that
    clones of the estimator did not learn from, then the estimator is fitted on all rows. The
    smooth maps are ``r_k ~ p_k ** slopes_[k] * exp(offsets_[k])``, normalised over the classes k;
    labels are the classes of the greatest probability after the map.

    Parameters
    ----------
    estimator : estimator
        A classifier with `predict_proba`. If it is a `FrozenEstimator` or has a frozen or prefit
        part, it is used as with ``cv="prefit"``.

    method : {"prior_shift", "temperature", "vector", "isotonic"}, default="temperature"
        The map:

        - "prior_shift": an offset per class, as after weighting or resampling classes [1]_.
        - "temperature": one slope for all classes [2]_ and an offset per class; for two classes,
          Cox's logistic recalibration [3]_.
        - "vector": a slope and an offset per class [2]_; for two classes, beta calibration [4]_.
        - "isotonic": any non-decreasing curve; two classes only, and many rows of each.

    cv : int, splitter, iterable or "prefit", default=None
        Splits for the probabilities that the map is learnt on. None and integers are stratified,
        shuffled folds that keep `groups` together; None is five, or fewer if a class has fewer
        rows. With "prefit" the estimator must be fitted and is not refitted: the map is learnt on
        the rows given to `fit`, which the estimator must not have learnt from.

    n_jobs : int or None, default=None
        Number of folds fitted at a time, through joblib.

    random_state : int or None, default=None
        Seed of the folds of an integer `cv` and of the clones fitted on them. None is seed 0 for
        the folds. The fit on all rows is governed by the estimator's own seed.

    store_oof : bool, default=True
        Whether to keep recalibrated probabilities out of fold, for `diagnose` without data.

    Attributes
    ----------
    estimator_ : estimator
        The classifier fitted on all rows, or the given one if it is prefit.

    classes_ : ndarray of shape (n_classes,)
        The labels.

    slopes_, offsets_ : ndarray of shape (n_classes,)
        The map on logarithms of probabilities. Not there for "isotonic".

    knots_, values_ : ndarray of shape (n_knots,)
        For "isotonic", probabilities of the last class before and after the map; linear in
        between. Not there for other methods.

    temperature_ : float
        One over the mean of `slopes_`: above 1 the estimator was over-confident. NaN for
        "isotonic".

    oof_ : dict or None
        One entry per score out of fold: `y` and `pred`, codes of the label and of the prediction;
        `scores`, the probabilities after a map that was learnt without the row's fold; `row`;
        `sample_weight` and `groups`, or None; and `response`, always "predict_proba". None if the
        estimator is prefit, or with ``store_oof=False``.

    n_features_in_ : int
        Number of features seen during `fit`, if the estimator tells it.

    feature_names_in_ : ndarray of shape (`n_features_in_`,)
        Names of the features seen during `fit`, if the estimator tells them.

    See Also
    --------
    DecisionRuleClassifier : Changes labels and leaves probabilities as they are.
    sklearn.calibration.CalibratedClassifierCV : One map per class and, by default, per fold.

    Notes
    -----
    Slopes and offsets minimise the log loss plus a Gaussian prior of the weight of one row around
    the map that changes nothing, so that they stay finite where a class is never mistaken. Weights
    enter the fits and the map alike. The scores of a row that is tested in several splits share
    its weight.

    References
    ----------
    .. [1] M. Saerens, P. Latinne and C. Decaestecker, "Adjusting the outputs of a classifier to
       new a priori probabilities", Neural Computation 14, 2002.
    .. [2] C. Guo, G. Pleiss, Y. Sun and K. Weinberger, "On calibration of modern neural networks",
       ICML, 2017.
    .. [3] D. R. Cox, "Two further applications of a model for binary regression", Biometrika 45,
       1958.
    .. [4] M. Kull, T. Silva Filho and P. Flach, "Beta calibration", AISTATS, 2017.

    Examples
    --------
    >>> from sklearn.datasets import load_digits
    >>> from sklearn.naive_bayes import GaussianNB
    >>> from sklearn_lossfix.decision import RecalibratedClassifier
    >>> X, y = load_digits(return_X_y=True)
    >>> model = RecalibratedClassifier(GaussianNB(var_smoothing=1e-3)).fit(X, y)
    >>> bool(model.temperature_ > 3)
    True
    """

    _parameter_constraints: dict = {
        **TunedWrapper._parameter_constraints,
        "estimator": [HasMethods(["fit", "predict_proba"])],
        "method": [StrOptions(set(METHODS))],
    }

    def __init__(
        self,
        estimator,
        *,
        method="temperature",
        cv=None,
        n_jobs=None,
        random_state=None,
        store_oof=True,
    ):
        super().__init__(
            estimator, cv=cv, n_jobs=n_jobs, random_state=random_state, store_oof=store_oof
        )
        self.method = method

    def predict(self, X):
        """Predict the labels of the greatest probability after the map.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Data.

        Returns
        -------
        labels : ndarray of shape (n_samples,)
            Labels out of `classes_`; of equal probabilities the first.

        Raises
        ------
        sklearn.exceptions.NotFittedError
            If `fit` was not called.
        """
        codes = self.predict_proba(X).argmax(axis=1)
        return self.classes_[codes]

    def predict_proba(self, X):
        """Predict probabilities after the map.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Data.

        Returns
        -------
        proba : ndarray of shape (n_samples, n_classes)
            Probabilities in the order of `classes_`, of the dtype that the estimator gives.

        Raises
        ------
        sklearn.exceptions.NotFittedError
            If `fit` was not called.
        """
        log_proba = self.predict_log_proba(X)
        return np.exp(log_proba, out=log_proba)

    def predict_log_proba(self, X):
        """Predict the logarithms of the probabilities after the map.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Data.

        Returns
        -------
        log_proba : ndarray of shape (n_samples, n_classes)
            Logarithms in the order of `classes_`, of the dtype that the estimator gives.

        Raises
        ------
        sklearn.exceptions.NotFittedError
            If `fit` was not called.
        """
        check_is_fitted(self)
        proba = score_columns(self.estimator_, X, "predict_proba", self.classes_)
        return self._map().log_proba(_log_columns(proba)).astype(proba.dtype, copy=False)

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        if self.method == "isotonic":
            tags.classifier_tags.multi_class = False
        return tags

    def _plan(self, codes):
        """Refuse more than two classes for an isotonic map; return the name of the map."""
        n_classes = len(self.classes_)
        if self.method == "isotonic" and n_classes > 2:
            raise ValueError(
                "Only binary classification is supported by method='isotonic'; y has "
                f"{n_classes} classes. Use method='vector' or method='temperature'."
            )
        return self.method

    def _response(self):
        """Name the method of the estimator that gives the scores."""
        return "predict_proba"

    def _learn(self, scored, plan):
        """Fit the map on all scored rows; return the name of it."""
        self._set_map(_fit_map(plan, _log_columns(scored.scores), scored))
        return plan

    def _cross_fitted(self, scored, learnt):
        """Return the rows with probabilities and labels by maps learnt on the other folds."""
        log_p = _log_columns(scored.scores)
        folds = judging_folds(scored, self.random_state, self.classes_)
        maps = cross_fit(lambda keep: _fit_map(learnt, log_p, scored, keep), folds)
        for rows, log_r in cross_fitted_chunks(maps, log_p, folds):
            log_p[rows] = log_r  # each row is read once
        return scored, np.exp(log_p), log_p.argmax(axis=1)

    def _set_map(self, fitted):
        """Store the numbers of the map as plain arrays."""
        for name in ("slopes_", "offsets_", "knots_", "values_"):
            vars(self).pop(name, None)
        if self.method == "isotonic":
            self.knots_, self.values_ = fitted.knots, fitted.values
            self.temperature_ = np.nan
        else:
            self.slopes_, self.offsets_ = np.array(fitted.slopes), np.array(fitted.offsets)
            self.temperature_ = fitted.temperature

    def _map(self):
        """Rebuild the map from its numbers; "vector" is the family that holds all smooth maps."""
        if hasattr(self, "knots_"):
            return IsotonicMap(self.knots_, self.values_, n_blocks=len(self.values_) // 2)
        return SmoothMap("vector", tuple(self.slopes_), tuple(self.offsets_))


def _log_columns(proba):
    """Take logarithms of probabilities, one column per class."""
    if proba.ndim == 1:
        proba = np.column_stack([1 - proba, proba])
    return clipped_log(proba)


def _fit_map(method, log_p, scored, keep=None):
    """Fit a map to scored rows, or to those where `keep` is true."""
    if method == "isotonic":
        return fit_isotonic_map(log_p, scored.y, scored.weight, keep=keep)
    return fit_smooth_map(log_p, scored.y, method, scored.weight, keep=keep)
