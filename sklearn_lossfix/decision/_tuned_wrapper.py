"""What classifiers share that learn from another's out-of-fold scores: all but what they learn."""

from abc import ABCMeta, abstractmethod
from numbers import Integral
from typing import NamedTuple

import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin, MetaEstimatorMixin, _fit_context, clone
from sklearn.model_selection import check_cv
from sklearn.utils import Bunch, get_tags, indexable
from sklearn.utils._param_validation import Interval, StrOptions
from sklearn.utils.metadata_routing import (
    MetadataRouter,
    MethodMapping,
    _routing_enabled,
    process_routing,
)
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import check_is_fitted, column_or_1d

from sklearn_lossfix._core._diagnosable import DiagnosableMixin
from sklearn_lossfix._core._oof import fix_folds, frozen_parts, out_of_fold, weight_params
from sklearn_lossfix._core._validation import (
    CODE_DTYPE,
    check_groups,
    check_target,
    check_weights,
    encode_target,
    refuse_lazy,
)

# Folds where none are asked for, as in scikit-learn; fewer if a class has fewer rows.
DEFAULT_N_SPLITS = 5


class TunedWrapper(
    DiagnosableMixin, ClassifierMixin, MetaEstimatorMixin, BaseEstimator, metaclass=ABCMeta
):
    """Base of classifiers that learn something from the scores that `estimator` gives unseen rows.

    A subclass says what it learns in `_plan`, `_response`, `_learn` and `_cross_fitted`, and
    writes its `predict`. It adds parameters of its own to those here.
    """

    _parameter_constraints: dict = {
        "cv": ["cv_object", StrOptions({"prefit"})],
        "n_jobs": [Integral, None],
        "random_state": [Interval(Integral, 0, None, closed="left"), None],
        "store_oof": ["boolean"],
    }

    @abstractmethod
    def __init__(self, estimator, *, cv, n_jobs, random_state, store_oof):
        self.estimator = estimator
        self.cv = cv
        self.n_jobs = n_jobs
        self.random_state = random_state
        self.store_oof = store_oof

    @_fit_context(
        # the estimator validates its own parameters
        prefer_skip_nested_validation=False
    )
    def fit(self, X, y, sample_weight=None, groups=None, **params):
        """Learn from scores of unseen rows, and fit the estimator on all rows.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Data, in any container that the estimator takes.

        y : array-like of shape (n_samples,)
            Labels of two or more classes.

        sample_weight : array-like of shape (n_samples,), default=None
            Weights for what is learnt from the scores, and for the estimator if it takes them.

        groups : array-like of shape (n_samples,), default=None
            Groups of rows that are not independent: kept together in folds by number, and handed
            to a splitter that takes them.

        **params : dict
            Parameters of the estimator's `fit`; with metadata routing also of the splitter.

        Returns
        -------
        self : object
            Fitted.

        Raises
        ------
        ValueError
            If `y` is continuous, multilabel, of one class or has missing labels; if a class has
            too few rows for the folds; if the estimator has no score per class, or its scores are
            no numbers; if the parameters do not suit the classes or the estimator.
        """
        refuse_lazy(X, "X")
        y = _as_labels(y)
        X, y = indexable(X, y)
        weight = check_weights(sample_weight, len(y))
        groups = check_groups(groups, len(y))
        routed = self._route(weight, groups, params)
        prefit = self.cv == "prefit" or bool(frozen_parts(self.estimator))
        codes, self.classes_ = self._encode(y, prefit)
        plan = self._plan(codes)
        self.oof_ = None
        if plan is not None:
            if prefit:
                scores = score_columns(self.estimator, X, self._response(), self.classes_)
                row, fold = np.arange(len(codes)), None
            else:
                scores, row, fold = self._score_out_of_fold(X, y, groups, routed)
            scored = _scored_rows(scores, row, fold, codes, weight, groups)
            self._refuse_nan(scores)
            learnt = self._learn(scored, plan)
            if self.store_oof and not prefit:
                self.oof_ = self._record(scored, *self._cross_fitted(scored, learnt))
        self.estimator_ = self.estimator
        if not prefit:
            self.estimator_ = clone(self.estimator).fit(X, y, **routed.fit)
        for name in ("n_features_in_", "feature_names_in_"):
            vars(self).pop(name, None)
            if hasattr(self.estimator_, name):
                setattr(self, name, getattr(self.estimator_, name))
        return self

    def get_metadata_routing(self):
        """Get the metadata routing of this object.

        Returns
        -------
        routing : MetadataRouter
            What this object, its estimator and its splitter ask for.
        """
        router = MetadataRouter(owner=self)
        router.add_self_request(self)
        router.add(
            estimator=self.estimator,
            method_mapping=MethodMapping().add(caller="fit", callee="fit"),
        )
        if self._has_splitter():
            router.add(
                splitter=check_cv(self.cv),
                method_mapping=MethodMapping().add(caller="fit", callee="split"),
            )
        return router

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        inner = get_tags(self.estimator)
        tags.input_tags.sparse = inner.input_tags.sparse
        tags.input_tags.allow_nan = inner.input_tags.allow_nan
        tags.input_tags.pairwise = inner.input_tags.pairwise
        if inner.classifier_tags is not None:
            tags.classifier_tags.multi_class = inner.classifier_tags.multi_class
        return tags

    @abstractmethod
    def _plan(self, codes):
        """Check the parameters against the classes before any fit.

        Returns what `_learn` needs to know of them, or None where nothing is left to learn.
        """

    @abstractmethod
    def _response(self):
        """Name the method of the estimator that gives the scores."""

    @abstractmethod
    def _learn(self, scored, plan):
        """Learn from the `ScoredRows` and set the fitted attributes.

        Returns what `_cross_fitted` needs of it.
        """

    @abstractmethod
    def _cross_fitted(self, scored, learnt):
        """Return scores and predicted codes of the rows, as learnt from the rows of other folds."""

    def _has_splitter(self):
        """Whether `cv` is a splitter; strings have a `split` too."""
        return hasattr(self.cv, "split") and not isinstance(self.cv, str)

    def _route(self, sample_weight, groups, params):
        """Sort fit parameters by who takes them: the estimator's `fit`, the splitter's `split`."""
        if not _routing_enabled():
            fit = {**weight_params(self.estimator, sample_weight), **params}
            return Bunch(fit=fit, split={"groups": groups})
        params = {"sample_weight": sample_weight, "groups": groups, **params}
        routed = process_routing(self, "fit", **params)
        split = routed.splitter.split if "splitter" in routed else {}
        return Bunch(fit=routed.estimator.fit, split=split)

    def _encode(self, y, prefit):
        """Turn labels into codes; a prefit estimator says what the classes are."""
        if prefit:
            check_is_fitted(self.estimator)
            return encode_target(y, self.estimator.classes_)
        n_classes = len(np.unique(y))
        if n_classes < 2:
            raise ValueError(
                f"{type(self).__name__} needs labels of at least two classes; y has "
                f"{n_classes} class. Nothing is left to learn there."
            )
        return encode_target(y)

    def _score_out_of_fold(self, X, y, groups, routed):
        """Score rows by clones that did not learn from them: scores, row and fold of each."""
        response, cv = self._response(), self.cv
        if self._has_splitter():
            cv = list(cv.split(X, y, **routed.split))
        oof = out_of_fold(
            self.estimator,
            X,
            y,
            draw_folds(cv, X, y, groups, self.random_state),
            fit_params=routed.fit,
            response_method=response,
            n_jobs=self.n_jobs,
            random_state=self.random_state,
        )
        if oof.response != response:
            raise ValueError(_no_score_message(self.estimator, response, len(self.classes_)))
        return oof.scores, oof.row, oof.fold

    def _refuse_nan(self, scores):
        """Raise ValueError if scores are no numbers."""
        if np.isnan(scores).any():
            raise ValueError(
                f"{type(self.estimator).__name__}.{self._response()} gave NaN; nothing can be "
                "learnt from such scores. Check the estimator, or impute what it was given."
            )

    def _record(self, scored, scores, pred):
        """Return what `diagnose` reads, as plain arrays."""
        repeated = len(np.unique(scored.row)) < len(scored.row)
        return {
            "y": scored.y,
            "scores": scores,
            "pred": pred.astype(CODE_DTYPE),
            "row": scored.row,
            "response": self._response(),
            "sample_weight": scored.weight,
            "groups": scored.unit if scored.grouped or repeated else None,
        }


class ScoredRows(NamedTuple):
    """Rows that were scored by models that did not learn from them; a row may stand here often.

    Attributes
    ----------
    y : ndarray of shape (n_scored,), integer
        Class codes.

    scores : ndarray of shape (n_scored, n_classes) or (n_scored,)
        Probabilities or decision values; one column is that of the last class.

    row : ndarray of shape (n_scored,), integer
        Positions in the data.

    fold : ndarray of shape (n_scored,), integer, or None
        The split that each was tested in; None if no folds were drawn.

    weight : ndarray of shape (n_scored,) or None
        Sample weights, divided among the scores of a row; None where all are one.

    unit : ndarray of shape (n_scored,), integer
        Codes of what was drawn independently: groups, otherwise rows.

    grouped : bool
        Whether groups were given.
    """

    y: np.ndarray
    scores: np.ndarray
    row: np.ndarray
    fold: np.ndarray | None
    weight: np.ndarray | None
    unit: np.ndarray
    grouped: bool


def _scored_rows(scores, row, fold, codes, weight, groups):
    """Gather what belongs to each scored row from what belongs to each row of the data."""
    times = np.bincount(row)[row]
    row_weight = None
    if weight is not None or (times > 1).any():
        row_weight = (1.0 if weight is None else weight[row]) / times
    unit = np.unique(row if groups is None else groups[row], return_inverse=True)[1]
    return ScoredRows(codes[row], scores, row, fold, row_weight, unit, groups is not None)


def judging_folds(scored, random_state):
    """Give each scored row the fold that what was learnt is judged on, all of a unit the same.

    Parameters
    ----------
    scored : ScoredRows
        The rows.

    random_state : int or None
        Seed of the folds where they must be drawn: nothing was scored out of fold, or in one split
        only, whose rows are then divided once more.

    Returns
    -------
    folds : ndarray of shape (n_scored,), integer
        Codes, 0 to n_folds - 1: for each unit the first fold that it was tested in.
    """
    unit = scored.unit
    if scored.fold is not None:
        first = np.full(unit.max() + 1, scored.fold.max())
        np.minimum.at(first, unit, scored.fold)
        folds = np.unique(first[unit], return_inverse=True)[1]
        if folds.any():
            return folds
    repeated = unit.max() + 1 < len(unit)
    groups = unit if repeated else None
    return draw_folds(None, scored.y, scored.y, groups, random_state).fold_of_row


def draw_folds(cv, X, y, groups, random_state):
    """Draw the splits once; by default as many as the smallest class allows, up to five.

    Parameters
    ----------
    cv : int, iterable or None
        Splits asked for.

    X : array-like of shape (n_samples, n_features)
        Data.

    y : ndarray of shape (n_samples,)
        Labels.

    groups : ndarray of shape (n_samples,), integer, or None
        Codes of the groups that folds by number keep together.

    random_state : int or None
        Seed of folds by number.

    Returns
    -------
    folds : Folds
        The splits.
    """
    if cv is None:
        codes = np.unique(y, return_inverse=True)[1]
        if groups is not None:
            codes = np.unique(np.column_stack([codes, groups]), axis=0)[:, 0]
        cv = int(np.clip(np.bincount(codes).min(), 2, DEFAULT_N_SPLITS))
    return fix_folds(cv, X, y, groups=groups, random_state=random_state)


def score_columns(estimator, X, response, classes):
    """Score rows by a fitted estimator.

    Parameters
    ----------
    estimator : fitted estimator
        A classifier.

    X : array-like of shape (n_samples, n_features)
        Rows.

    response : {"predict_proba", "decision_function"}
        What to call.

    classes : ndarray of shape (n_classes,)
        Labels that there must be scores of.

    Returns
    -------
    scores : ndarray of shape (n_samples, n_classes) or (n_samples,)
        Floats; one column is that of the last of two classes.

    Raises
    ------
    ValueError
        If there is not one score per class.
    """
    scores = np.asarray(getattr(estimator, response)(X))
    if scores.dtype not in (np.float32, np.float64):
        scores = scores.astype(np.float64)
    if scores.ndim == 2 and scores.shape[1] == 1:
        scores = scores[:, 0]
    n_columns = 2 if scores.ndim == 1 else scores.shape[1]
    if n_columns != len(classes):
        raise ValueError(_no_score_message(estimator, response, len(classes)))
    return scores


def _no_score_message(estimator, response, n_classes):
    """Say that an estimator has no score per class."""
    return (
        f"{type(estimator).__name__}.{response} does not give one score for each of the "
        f"{n_classes} classes. Use an estimator that does; an SVC does it with "
        "decision_function_shape='ovr'."
    )


def _as_labels(y):
    """Check that y is one column of binary or multiclass labels, and return it as an array."""
    if y is None:
        raise ValueError(
            "This estimator requires y to be passed, but the target y is None. Pass one label "
            "per row."
        )
    refuse_lazy(y, "y")
    array = y.to_numpy() if hasattr(y, "to_numpy") else np.asarray(y)
    if array.dtype.kind == "f" and not np.isfinite(array).all():
        # type_of_target would cast these to integers, with a warning, before it refuses them.
        if np.isinf(array).any():
            raise ValueError("Input y contains infinity; labels of classes were expected.")
        check_target(y)
    check_classification_targets(y)
    if len(getattr(y, "shape", ())) == 2 and y.shape[1] == 1:
        y = column_or_1d(y, warn=True)
    return check_target(y)
