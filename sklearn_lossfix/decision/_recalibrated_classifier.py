"""RecalibratedClassifier: a classifier whose probabilities go through a cross-fitted map."""

from numbers import Integral

import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin, MetaEstimatorMixin, _fit_context, clone
from sklearn.utils import get_tags
from sklearn.utils._param_validation import HasMethods, Interval, StrOptions
from sklearn.utils.validation import check_is_fitted

from sklearn_lossfix._core._diagnosable import DiagnosableMixin
from sklearn_lossfix._core._oof import frozen_parts, score_rows
from sklearn_lossfix._core._proper_scores import clipped_log
from sklearn_lossfix._core._recalibration import fit_isotonic_map, fit_smooth_map
from sklearn_lossfix._core._validation import check_target, check_weights, encode_target
from sklearn_lossfix.decision._tuning import route_fit, tuning_scores, wrapper_router

#: Maps that can be asked for.
METHODS = ("prior_shift", "temperature", "vector", "isotonic")


class RecalibratedClassifier(
    DiagnosableMixin, ClassifierMixin, MetaEstimatorMixin, BaseEstimator
):
    """Pass a classifier's probabilities through a map that was fitted out of fold.

    One map for all classes together, learnt from the out-of-fold probabilities of clones; the
    estimator itself is then fitted on all rows. Where the estimator is frozen (or ``cv="prefit"``)
    the map is learnt from the rows given to ``fit``, which it must not have seen.

    Parameters
    ----------
    estimator : estimator
        Classifier with ``predict_proba``.
    method : {"prior_shift", "temperature", "vector", "isotonic"}, default="temperature"
        The map. "prior_shift": an offset per class. "temperature": one slope and an offset per class;
        for two classes Cox's logistic recalibration. "vector": a slope and an offset per class; for
        two classes beta calibration. "isotonic": two classes only, needs some hundred rows of each.
    cv : int, splitter, iterable or "prefit", default=None
        Folds for the out-of-fold probabilities; None is 5 stratified, shuffled folds.
    n_jobs : int, default=None
        Folds fitted at a time.
    random_state : int, default=None
        Seed of the folds and of free seeds of the clones; None is seed 0 for the folds.
    store_oof : bool, default=True
        Whether to keep the recalibrated out-of-fold scores for ``diagnose()``.

    Attributes
    ----------
    classes_ : ndarray of shape (n_classes,)
        Labels.
    estimator_ : estimator
        Fitted on all rows, or the prefit one.
    map_ : object
        The fitted map: ``slopes`` and ``offsets`` on log-probabilities, or ``knots`` and ``values``.
    temperature_ : float
        One over the mean slope; NaN for an isotonic map.
    oof_ : dict or None
        Out-of-fold record: ``y``, ``scores`` (in-sample recalibrated), ``pred``, ``row``.
    n_features_in_ : int
        Number of features, where the estimator knows it.
    feature_names_in_ : ndarray of shape (`n_features_in_`,)
        Names of the features, where the estimator knows them.

    See Also
    --------
    DecisionRuleClassifier : Changes labels and leaves probabilities as they are.

    References
    ----------
    C. Guo, G. Pleiss, Y. Sun and K. Weinberger, "On calibration of modern neural networks", ICML 2017.
    D. R. Cox, "Two further applications of a model for binary regression", Biometrika 45, 1958.

    Examples
    --------
    >>> from sklearn.datasets import load_digits
    >>> from sklearn.naive_bayes import GaussianNB
    >>> from sklearn_lossfix import RecalibratedClassifier
    >>> X, y = load_digits(return_X_y=True)
    >>> model = RecalibratedClassifier(GaussianNB(var_smoothing=1e-3)).fit(X, y)
    >>> bool(model.temperature_ > 3)
    True
    """

    _parameter_constraints: dict = {
        "estimator": [HasMethods(["fit", "predict_proba"])],
        "method": [StrOptions(set(METHODS))],
        "cv": ["cv_object", StrOptions({"prefit"})],
        "n_jobs": [Integral, None],
        "random_state": [Interval(Integral, 0, None, closed="left"), None],
        "store_oof": ["boolean"],
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
        self.estimator = estimator
        self.method = method
        self.cv = cv
        self.n_jobs = n_jobs
        self.random_state = random_state
        self.store_oof = store_oof

    @_fit_context(prefer_skip_nested_validation=False)
    def fit(self, X, y, sample_weight=None, **params):
        """Fit the estimator and the map.

        Parameters
        ----------
        X : array-like of shape (n_rows, n_features)
            Data.
        y : array-like of shape (n_rows,)
            Labels.
        sample_weight : array-like of shape (n_rows,), default=None
            Weights, for the estimator where it takes them and for the map.
        **params : dict
            Metadata for the estimator's ``fit`` and, with metadata routing, the splitter.

        Returns
        -------
        RecalibratedClassifier
            Fitted.

        Raises
        ------
        ValueError
            For unusable targets, too few rows of a class, or "isotonic" with more than two classes.
        """
        labels = check_target(y)
        codes, self.classes_ = encode_target(labels)
        weight = check_weights(sample_weight, len(codes))
        if self.method == "isotonic" and len(self.classes_) > 2:
            raise ValueError(
                f"method='isotonic' recalibrates two classes. Got {len(self.classes_)}; use "
                f"'vector' or 'temperature'."
            )
        prefit = self.cv == "prefit" or bool(frozen_parts(self.estimator))
        if prefit:
            self.estimator_ = self.estimator
            proba, _, _ = score_rows(self.estimator_, X, self.classes_, "predict_proba")
            rows, row_weight = np.arange(len(codes)), weight
        else:
            proba, rows, row_weight = self._fit_out_of_fold(X, labels, weight, params)
        log_p = clipped_log(proba)
        if self.method == "isotonic":
            self.map_ = fit_isotonic_map(log_p, codes[rows], row_weight)
            self.temperature_ = np.nan
        else:
            self.map_ = fit_smooth_map(log_p, codes[rows], self.method, row_weight)
            self.temperature_ = self.map_.temperature
        self.oof_ = None
        if self.store_oof and not prefit:
            scores = np.exp(self.map_.log_proba(log_p))
            self.oof_ = {
                "y": codes[rows],
                "scores": scores,
                "pred": scores.argmax(axis=1),
                "row": rows,
                "response": "predict_proba",
                "sample_weight": row_weight,
                "groups": None,
            }
        for name in ("n_features_in_", "feature_names_in_"):
            if hasattr(self.estimator_, name):
                setattr(self, name, getattr(self.estimator_, name))
        return self

    def _fit_out_of_fold(self, X, labels, weight, params):
        """Score out of fold, then fit the estimator on all rows; gives (proba, rows, weights)."""
        routed = route_fit(self, params, weight)
        oof, row_weight = tuning_scores(
            self.estimator,
            X,
            labels,
            routed,
            cv=self.cv,
            sample_weight=weight,
            response_method="predict_proba",
            n_jobs=self.n_jobs,
            random_state=self.random_state,
        )
        self.estimator_ = clone(self.estimator).fit(X, labels, **routed.estimator.fit)
        return oof.scores, oof.row, row_weight

    def predict_proba(self, X):
        """Predict recalibrated probabilities.

        Parameters
        ----------
        X : array-like of shape (n_rows, n_features)
            Data.

        Returns
        -------
        ndarray of shape (n_rows, n_classes)
            Columns in the order of ``classes_``; float64.
        """
        check_is_fitted(self)
        proba, _, _ = score_rows(self.estimator_, X, self.classes_, "predict_proba")
        return np.exp(self.map_.log_proba(clipped_log(proba)))

    def predict(self, X):
        """Predict the labels of the largest recalibrated probability.

        Parameters
        ----------
        X : array-like of shape (n_rows, n_features)
            Data.

        Returns
        -------
        ndarray of shape (n_rows,)
            Labels out of ``classes_``.
        """
        return self.classes_[self.predict_proba(X).argmax(axis=1)]

    def get_metadata_routing(self):
        """Get the metadata routing of this object.

        Returns
        -------
        MetadataRouter
            To the estimator's ``fit`` and the splitter's ``split``.
        """
        return wrapper_router(self)

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        inner = get_tags(self.estimator)
        tags.input_tags.sparse = inner.input_tags.sparse
        tags.input_tags.allow_nan = inner.input_tags.allow_nan
        tags.input_tags.pairwise = inner.input_tags.pairwise
        if self.method == "isotonic":
            tags.classifier_tags.multi_class = False
        return tags
