"""What classifiers share that learn from another's out-of-fold scores: all but what they learn."""

from abc import ABCMeta, abstractmethod
from dataclasses import dataclass, field
from numbers import Integral
from typing import Any

import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin, MetaEstimatorMixin, _fit_context, clone
from sklearn.exceptions import ConvergenceWarning, NotFittedError
from sklearn.frozen import FrozenEstimator
from sklearn.model_selection import check_cv
from sklearn.utils import Bunch, get_tags, indexable
from sklearn.utils._param_validation import Interval, StrOptions
from sklearn.utils.metadata_routing import (
    MetadataRouter,
    MethodMapping,
    _routing_enabled,
    process_routing,
)
from sklearn.utils.validation import check_is_fitted

from sklearn_lossfix._core._diagnosable import DiagnosableMixin
from sklearn_lossfix._core._oof import frozen_parts, out_of_fold, weight_params
from sklearn_lossfix._core._user_warning import warn_user
from sklearn_lossfix._core._validation import (
    CODE_DTYPE,
    check_fit_target,
    check_groups,
    check_weights,
    encode_target,
    refuse_lazy,
)
from sklearn_lossfix.decision._scored_rows import draw_folds, scored_rows
from sklearn_lossfix.exceptions import FrozenPartError


@dataclass(frozen=True, eq=False)
class FitData:
    """What `fit` was given, checked.

    Attributes
    ----------
    X : array-like of shape (n_samples, n_features)
        Data, in the user's own container.

    y, codes : ndarray of shape (n_samples,)
        Labels, and their positions in the classes.

    weight, groups : ndarray of shape (n_samples,) or None
        Weights, and codes of groups.

    routed : Bunch
        Parameters of the estimator's `fit` and of the splitter's `split`.

    prefit : bool
        Whether the estimator is used as it is.

    cost : ndarray of shape (n_samples,) or None
        What an error in each row costs, where rows have costs of their own.

    state : dict
        What one step of a fit leaves for a later one.
    """

    X: Any
    y: np.ndarray
    codes: np.ndarray
    weight: np.ndarray | None
    groups: np.ndarray | None
    routed: Bunch
    prefit: bool
    cost: np.ndarray | None
    state: dict = field(default_factory=dict)


# What subclasses remember of a fit under names without an underscore at the end.
PRIVATE_STATE = ("_resampled", "_scorings", "_aligned", "_chosen_by", "_treatments")


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
            Parameters of the estimator's `fit`; with metadata routing also of the splitter. Where
            a rule is tuned for ``scoring="cost"``, also `fp_cost` and `fn_cost`, of shape
            (n_samples,): what a false positive and a false negative cost in each row, one each if
            not given. They weigh the rule and the cost, and nothing else.

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
        return self._fit(X, y, sample_weight, groups, params)

    def _fit(self, X, y, sample_weight, groups, params):
        """Do what `fit` says, or leave everything as it was; for subclasses that document `fit`."""
        before = {name: value for name, value in vars(self).items() if _is_fitted_state(name)}
        try:
            return self._fit_anew(X, y, sample_weight, groups, params)
        except BaseException:
            for name in [name for name in vars(self) if _is_fitted_state(name)]:
                delattr(self, name)
            vars(self).update(before)
            raise

    def _fit_anew(self, X, y, sample_weight, groups, params):
        """Check what came in, learn from the scores, and fit what predicts."""
        refuse_lazy(X, "X")
        y = check_fit_target(y)
        X, y = indexable(X, y)
        weight = check_weights(sample_weight, len(y))
        groups = check_groups(groups, len(y))
        costs, params = self._split_costs(params)
        routed = self._route(weight, groups, params)
        prefit = self.cv == "prefit" or bool(frozen_parts(self._inner()))
        codes, self.classes_ = self._encode(y, prefit)
        plan = self._plan(codes)
        if prefit and plan is not None:
            self._refuse_single_class(codes, weight)
        cost, plan = self._row_costs(codes, weight, costs, plan)
        data = FitData(X, y, codes, weight, groups, routed, prefit, cost)
        self.oof_ = None
        if plan is not None:
            scored = self._score_rows(data, plan)
            learnt = self._learn(scored, plan)
            if self.store_oof and not prefit:
                self.oof_ = self._record(*self._cross_fitted(scored, learnt))
        for name in ("estimator_", "n_features_in_", "feature_names_in_"):
            vars(self).pop(name, None)
        fitted = self._fit_on_all_rows(data)
        if fitted is not None:
            self.estimator_ = fitted
            for name in ("n_features_in_", "feature_names_in_"):
                if hasattr(fitted, name):
                    setattr(self, name, getattr(fitted, name))
        return self

    def _inner(self):
        """The unfitted classifier that is wrapped."""
        return self.estimator

    def _split_costs(self, params):
        """Take costs of rows out of the fit parameters; nobody but rules knows them."""
        return {}, params

    def _row_costs(self, codes, weight, costs, plan):
        """What an error in each row costs, or None, and the plan for such costs."""
        return None, plan

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
            estimator=self._routed(),
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
        inner = get_tags(self._inner())
        tags.input_tags.sparse = inner.input_tags.sparse
        tags.input_tags.allow_nan = inner.input_tags.allow_nan
        tags.input_tags.pairwise = inner.input_tags.pairwise
        if inner.classifier_tags is not None:
            tags.classifier_tags.multi_class = inner.classifier_tags.multi_class
        return tags

    @property
    def oof_scores_(self):
        """Scores out of fold, of shape (n_scored, n_classes) or (n_scored,)."""
        return self._recorded("scores")

    @property
    def oof_target_(self):
        """Labels of the scored rows."""
        return self.classes_[self._recorded("y")]

    @property
    def oof_weight_(self):
        """Weights of the scored rows, or None."""
        return self._recorded("sample_weight")

    @property
    def oof_row_(self):
        """Positions of the scored rows in the data."""
        return self._recorded("row")

    @property
    def oof_split_(self):
        """Number of the split that each score comes from."""
        return self._recorded("split")

    @property
    def oof_group_(self):
        """Codes of the groups of the scored rows, or of rows that are scored more than once."""
        return self._recorded("groups")

    def _recorded(self, name):
        """Read what was recorded out of fold."""
        check_is_fitted(self)
        if self.oof_ is None:
            raise AttributeError(
                f"This {type(self).__name__} recorded no scores out of fold. They are kept with "
                "store_oof=True, for an estimator that is refitted and a rule that is not given."
            )
        return self.oof_[name]

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
        """Return the rows, and their scores and predicted codes as learnt from other folds."""

    def _routed(self):
        """What takes the parameters of `fit`."""
        return self._inner()

    def _has_splitter(self):
        """Whether `cv` is a splitter; strings have a `split` too."""
        return hasattr(self.cv, "split") and not isinstance(self.cv, str)

    def _route(self, sample_weight, groups, params):
        """Sort fit parameters by who takes them: the estimator's `fit`, the splitter's `split`."""
        if not _routing_enabled():
            fit = {**weight_params(self._routed(), sample_weight), **params}
            return Bunch(fit=fit, split={"groups": groups})
        params = {"sample_weight": sample_weight, "groups": groups, **params}
        routed = process_routing(self, "fit", **params)
        split = routed.splitter.split if "splitter" in routed else {}
        return Bunch(fit=routed.estimator.fit, split=split)

    def _encode(self, y, prefit):
        """Turn labels into codes; a prefit estimator says what the classes are."""
        if prefit:
            self._check_prefit()
            return encode_target(y, self.estimator.classes_)
        n_classes = len(np.unique(y))
        if n_classes < 2:
            raise ValueError(
                f"{type(self).__name__} needs labels of at least two classes; y has "
                f"{n_classes} class. Nothing is left to learn there."
            )
        return encode_target(y)

    def _check_prefit(self):
        """Raise unless the estimator is fitted; say what makes it one that has to be."""
        parts = frozen_parts(self.estimator)
        try:
            check_is_fitted(self.estimator)
        except NotFittedError as error:
            if self.cv == "prefit" or isinstance(self.estimator, FrozenEstimator):
                raise
            name = type(self.estimator).__name__
            raise FrozenPartError(
                f"{name} holds frozen or prefit parts ({', '.join(parts)}), which may have seen "
                "all rows. So it is used as it is, as with cv='prefit', and has to be fitted as a "
                f"whole: {error} Call fit of it on rows that are not given here, or put the "
                "parts there unfrozen."
            ) from error

    def _refuse_single_class(self, codes, weight):
        """Raise ValueError if the rows of a prefit estimator are all of one class."""
        present = np.unique(codes if weight is None else codes[weight > 0])
        if len(present) < 2:
            raise ValueError(
                f"{type(self).__name__} learns from rows of at least two classes; all rows with "
                f"weight are of class {self.classes_.tolist()[present[0]]!r}. Give it rows of the "
                f"others among {self.classes_.tolist()[:20]} too."
            )

    def _score_rows(self, data, plan):
        """Score rows by models that did not learn from them, as `ScoredRows`."""
        if data.prefit:
            scores = score_columns(self.estimator, data.X, self._response(), self.classes_)
            row, fold = np.arange(len(data.codes)), None
        else:
            scores, row, fold = self._score_out_of_fold(data)
        self._refuse_nan(scores)
        return scored_rows(scores, row, fold, data.codes, data.weight, data.groups, data.cost)

    def _fit_on_all_rows(self, data):
        """Return what predicts: a clone fitted on all rows, or the given one; None for nothing."""
        if data.prefit:
            return self.estimator
        return clone(self.estimator).fit(data.X, data.y, **data.routed.fit)

    def _draw_folds(self, data):
        """Draw the splits that rows are scored in."""
        cv = self.cv
        if self._has_splitter():
            cv = list(cv.split(data.X, data.y, **data.routed.split))
        return draw_folds(cv, data.X, data.y, data.groups, self.random_state)

    def _score_out_of_fold(self, data):
        """Score rows by clones that did not learn from them: scores, row and fold of each."""
        response = self._response()
        oof = out_of_fold(
            self.estimator,
            data.X,
            data.y,
            self._draw_folds(data),
            fit_params=data.routed.fit,
            response_method=response,
            n_jobs=self.n_jobs,
            random_state=self.random_state,
        )
        if oof.response != response:
            raise ValueError(no_score_message(self.estimator, response, len(self.classes_)))
        for message in oof.warnings:
            warn_user(message, ConvergenceWarning)
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
            "split": scored.fold,
            "response": self._response(),
            "sample_weight": scored.weight,
            "groups": scored.unit if scored.grouped or repeated else None,
            **({} if scored.cost is None else {"cost": scored.cost}),
        }


def _is_fitted_state(name):
    """Whether an attribute was set by `fit`: not a parameter, and nobody else's."""
    return name.endswith("_") or name in PRIVATE_STATE


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
        raise ValueError(no_score_message(estimator, response, len(classes)))
    return scores


def no_score_message(estimator, response, n_classes):
    """Say that an estimator has no score per class."""
    return (
        f"{type(estimator).__name__}.{response} does not give one score for each of the "
        f"{n_classes} classes. Use an estimator that does; an SVC does it with "
        "decision_function_shape='ovr'."
    )
