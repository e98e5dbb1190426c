"""DecisionRuleClassifier: a classifier whose labels follow a rule chosen for the metric."""

import warnings
from numbers import Integral
from typing import NamedTuple

import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin, MetaEstimatorMixin, _fit_context, clone
from sklearn.model_selection import check_cv
from sklearn.utils import Bunch, get_tags, indexable
from sklearn.utils._param_validation import HasMethods, Interval, StrOptions
from sklearn.utils.metadata_routing import (
    MetadataRouter,
    MethodMapping,
    _routing_enabled,
    process_routing,
)
from sklearn.utils.metaestimators import available_if
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import check_is_fitted, column_or_1d

from sklearn_lossfix._core._oof import fix_folds, frozen_parts, out_of_fold, weight_params
from sklearn_lossfix._core._validation import (
    check_groups,
    check_target,
    check_weights,
    encode_target,
    refuse_lazy,
)
from sklearn_lossfix.decision._decision_rule import DecisionRule
from sklearn_lossfix.decision._fit_rule import DEFAULT_THRESHOLDS, check_rule_metric
from sklearn_lossfix.decision._guarded_rule import guarded_rule
from sklearn_lossfix.decision._metrics import Metric, resolve_metric
from sklearn_lossfix.exceptions import LossfixWarning

# Folds where none are asked for, as in scikit-learn; fewer if a class has fewer rows.
DEFAULT_N_SPLITS = 5

_SPACES = {"predict_proba": "proba", "decision_function": "decision"}


def _estimator_has(method):
    """Make a check that the fitted estimator, or else the given one, has a method."""

    def check(self):
        getattr(getattr(self, "estimator_", self.estimator), method)
        return True

    return check


class DecisionRuleClassifier(ClassifierMixin, MetaEstimatorMixin, BaseEstimator):
    """A classifier whose labels follow a decision rule that was chosen for a metric.

    A classifier usually predicts the class of the greatest probability, which is right for
    accuracy and often wrong for other metrics. Here the rule from scores to labels is chosen for
    the metric on scores out of fold, then the estimator is fitted on all rows. With two classes
    the rule is a threshold [1]_, and the best of *all* thresholds is taken, not of a grid. With
    more it is one offset per class [2]_. Only `predict` changes: probabilities and decision values
    are those of the estimator.

    The tuned rule is kept only if it proves itself: rules are also chosen on all folds but one
    and judged on that one, and if the gain over the default rule is not greater than one standard
    error, the default rule stays.

    Parameters
    ----------
    estimator : estimator
        A classifier with `predict_proba` or `decision_function`. If it is a `FrozenEstimator` or
        has a frozen or prefit part, it is used as with ``cv="prefit"``.

    scoring : str, callable, Metric or None, default=None
        The label metric that the rule is chosen for: a name of scikit-learn's or of this package
        ("gmean", "f2", "youden", "specificity", "cost", "mcc", "kappa"), or a scorer from
        `sklearn.metrics.make_scorer`. None is balanced accuracy: for accuracy the default rule is
        seldom beaten. Metrics that judge scores, such as "roc_auc", are refused: no rule changes
        them.

    pos_label : str, int, float or bool, default=None
        The positive class of two. If None, that of the scorer is taken, or the greater label
        of {0, 1}, {-1, 1} and booleans. For other labels, a metric that needs a positive class
        takes the rarer one, with a warning, and a metric that needs none the last one.

    cv : int, splitter, iterable or "prefit", default=None
        Splits for the scores that the rule is chosen on. None and integers are stratified,
        shuffled folds that keep `groups` together; None is five, or fewer if a class has fewer
        rows. With "prefit" the estimator must be fitted and is not refitted: the rule is chosen on
        the rows given to `fit`, which the estimator must not have learnt from.

    rule : DecisionRule or None, default=None
        A rule to apply as it is. If None, the rule is chosen.

    response_method : {"auto", "predict_proba", "decision_function"}, default="auto"
        The scores that the rule takes. "auto" takes probabilities if there are any.

    n_jobs : int or None, default=None
        Number of folds fitted at a time, through joblib.

    random_state : int or None, default=None
        Seed of the folds of an integer `cv` and of the clones fitted on them. None is seed 0 for
        the folds. The fit on all rows is governed by the estimator's own seed.

    Attributes
    ----------
    estimator_ : estimator
        The classifier fitted on all rows, or the given one if it is prefit.

    classes_ : ndarray of shape (n_classes,)
        The labels.

    decision_rule_ : DecisionRule
        The rule in use. Of kind "argmax" if the tuned rule did not prove better.

    threshold_ : float
        With two classes, the score of `pos_label_` from which on it is predicted. Not there if
        the given `rule` has none.

    pos_label_ : str, int, float or bool
        With two classes, the positive one.

    gain_ : float
        Gain of the tuned rule over argmax in the metric, cross-fitted: each fold by a rule
        that was chosen without it. NaN if the rule was given.

    gain_standard_error_ : float
        Standard error of the gain, with the correction of Nadeau and Bengio (2003) for rules
        chosen on overlapping rows. NaN if the rule was given.

    n_features_in_ : int
        Number of features seen during `fit`, if the estimator tells it.

    feature_names_in_ : ndarray of shape (n_features_in_,)
        Names of the features seen during `fit`, if the estimator tells them.

    See Also
    --------
    DecisionRule : The rule itself, as data.
    sklearn.model_selection.TunedThresholdClassifierCV : Tunes a threshold over a grid.

    Notes
    -----
    Weights enter the fits, the choice of the rule and its judgement alike. Scores of rows that
    are tested in several splits count together as one row.

    References
    ----------
    .. [1] O. Koyejo, N. Natarajan, P. Ravikumar and I. Dhillon, "Consistent binary classification
       with generalized performance metrics", NIPS, 2014.
    .. [2] H. Narasimhan, H. Ramaswamy, A. Saha and S. Agarwal, "Consistent multiclass algorithms
       for complex performance measures", ICML, 2015.

    Examples
    --------
    >>> from sklearn.datasets import make_classification
    >>> from sklearn.linear_model import LogisticRegression
    >>> from sklearn_lossfix.decision import DecisionRuleClassifier
    >>> X, y = make_classification(
    ...     n_samples=1000, weights=[0.95], flip_y=0.05, class_sep=0.5, random_state=0
    ... )
    >>> model = DecisionRuleClassifier(LogisticRegression(), scoring="f1").fit(X, y)
    >>> model.decision_rule_.kind
    'threshold'
    >>> model.threshold_ < 0.4
    True
    """

    _parameter_constraints: dict = {
        "estimator": [
            HasMethods(["fit", "predict_proba"]),
            HasMethods(["fit", "decision_function"]),
        ],
        "scoring": [str, Metric, callable, None],
        "pos_label": [str, Integral, float, "boolean", None],
        "cv": ["cv_object", StrOptions({"prefit"})],
        "rule": [DecisionRule, None],
        "response_method": [StrOptions({"auto", "predict_proba", "decision_function"})],
        "n_jobs": [Integral, None],
        "random_state": [Interval(Integral, 0, None, closed="left"), None],
    }

    def __init__(
        self,
        estimator,
        *,
        scoring=None,
        pos_label=None,
        cv=None,
        rule=None,
        response_method="auto",
        n_jobs=None,
        random_state=None,
    ):
        self.estimator = estimator
        self.scoring = scoring
        self.pos_label = pos_label
        self.cv = cv
        self.rule = rule
        self.response_method = response_method
        self.n_jobs = n_jobs
        self.random_state = random_state

    @_fit_context(
        # the estimator validates its own parameters
        prefer_skip_nested_validation=False
    )
    def fit(self, X, y, sample_weight=None, groups=None, **params):
        """Choose the decision rule and fit the estimator on all rows.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Data, in any container that the estimator takes.

        y : array-like of shape (n_samples,)
            Labels of two or more classes.

        sample_weight : array-like of shape (n_samples,), default=None
            Weights for the rule, and for the estimator if it takes them.

        groups : array-like of shape (n_samples,), default=None
            Groups of rows that are not independent, for the splitter.

        **params : dict
            Parameters of the estimator's `fit`; with metadata routing also of the splitter.

        Returns
        -------
        self : DecisionRuleClassifier
            Fitted.

        Raises
        ------
        ValueError
            If `y` is continuous, multilabel, of one class or has missing labels; if the metric
            judges scores or cannot be computed from labels; if the estimator has no score per
            class, or the rule does not suit it.
        """
        refuse_lazy(X, "X")
        y = _as_labels(y)
        X, y = indexable(X, y)
        weight = check_weights(sample_weight, len(y))
        groups = check_groups(groups, len(y))
        routed = self._route(weight, groups, params)
        prefit = self.cv == "prefit" or bool(frozen_parts(self.estimator))
        codes, self.classes_ = self._encode(y, prefit)
        if self.rule is not None:
            self._use_given_rule()
        else:
            metric, pos = self._metric_and_positive_class(codes)
            if prefit:
                scored = self._score_prefit(X, y, groups)
            else:
                scored = self._score_out_of_fold(X, y, groups, routed)
            self._choose_rule(codes, scored, metric, pos, weight, groups)
        if prefit:
            self.estimator_ = self.estimator
        else:
            self.estimator_ = clone(self.estimator).fit(X, y, **routed.estimator.fit)
        for name in ("n_features_in_", "feature_names_in_"):
            if hasattr(self.estimator_, name):
                setattr(self, name, getattr(self.estimator_, name))
        return self

    def predict(self, X):
        """Predict labels by the decision rule.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Data.

        Returns
        -------
        labels : ndarray of shape (n_samples,)
            Labels out of `classes_`.

        Raises
        ------
        sklearn.exceptions.NotFittedError
            If `fit` was not called.
        """
        check_is_fitted(self)
        rule = self.decision_rule_
        scores = _scores(self.estimator_, X, _response_of(rule), self.classes_)
        return self.classes_[rule.predict_codes(scores)]

    @available_if(_estimator_has("predict_proba"))
    def predict_proba(self, X):
        """Predict the probabilities of the estimator, unaltered.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Data.

        Returns
        -------
        proba : ndarray of shape (n_samples, n_classes)
            Probabilities in the order of `classes_`.
        """
        check_is_fitted(self)
        return self.estimator_.predict_proba(X)

    @available_if(_estimator_has("predict_log_proba"))
    def predict_log_proba(self, X):
        """Predict the logarithms of the probabilities of the estimator, unaltered.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Data.

        Returns
        -------
        log_proba : ndarray of shape (n_samples, n_classes)
            Logarithms in the order of `classes_`.
        """
        check_is_fitted(self)
        return self.estimator_.predict_log_proba(X)

    @available_if(_estimator_has("decision_function"))
    def decision_function(self, X):
        """Compute the decision values of the estimator, unaltered.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Data.

        Returns
        -------
        decision : ndarray of shape (n_samples,) or (n_samples, n_classes)
            Decision values; one column, of the last class, for two classes.
        """
        check_is_fitted(self)
        return self.estimator_.decision_function(X)

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
        if hasattr(self.cv, "split"):
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
        if inner.classifier_tags is not None:
            tags.classifier_tags.multi_class = inner.classifier_tags.multi_class
        return tags

    def _route(self, sample_weight, groups, params):
        """Sort fit parameters by who takes them: the estimator's fit, the splitter's split."""
        if _routing_enabled():
            params = {"sample_weight": sample_weight, "groups": groups, **params}
            return process_routing(self, "fit", **params)
        return Bunch(
            estimator=Bunch(fit={**weight_params(self.estimator, sample_weight), **params}),
        )

    def _encode(self, y, prefit):
        """Turn labels into codes; a prefit estimator says what the classes are."""
        if prefit:
            check_is_fitted(self.estimator)
            return encode_target(y, self.estimator.classes_)
        n_classes = len(np.unique(y))
        if n_classes < 2:
            raise ValueError(
                f"{type(self).__name__} needs labels of at least two classes; y has "
                f"{n_classes} class. Nothing is left to decide there."
            )
        return encode_target(y)

    def _use_given_rule(self):
        """Take the given rule, if it suits the classes and the estimator."""
        classes = tuple(self.classes_.tolist())
        if self.rule.classes != classes:
            raise ValueError(
                f"The rule is for the classes {self.rule.classes}, in the order of the columns "
                f"of the scores; here they are {classes}."
            )
        response = _response_of(self.rule)
        if not hasattr(self.estimator, response) or self.response_method not in ("auto", response):
            raise ValueError(
                f"The rule takes scores of space {self.rule.space!r}, from {response}; "
                f"{type(self.estimator).__name__} with response_method="
                f"{self.response_method!r} does not give them."
            )
        self.gain_ = self.gain_standard_error_ = np.nan
        self._set_rule(self.rule, len(classes) - 1)

    def _set_rule(self, rule, pos):
        """Store the rule, and with two classes the threshold and the positive class."""
        self.decision_rule_ = rule
        for name in ("threshold_", "pos_label_"):
            vars(self).pop(name, None)
        if len(rule.classes) > 2:
            return
        self.pos_label_ = rule.classes[pos]
        if rule.kind == "threshold":
            self.pos_label_ = rule.pos_label
            self.threshold_ = rule.threshold
        elif rule.kind == "argmax":
            self.threshold_ = DEFAULT_THRESHOLDS.get(rule.space, DEFAULT_THRESHOLDS["proba"])

    def _metric_and_positive_class(self, codes):
        """Resolve the metric and the code of its positive class; None for more than two classes."""
        metric = resolve_metric("balanced_accuracy" if self.scoring is None else self.scoring)
        classes = self.classes_.tolist()
        pos = None if len(classes) > 2 else len(classes) - 1
        label = metric.pos_label if self.pos_label is None else self.pos_label
        if label is not None:
            if pos is None or label not in classes:
                raise ValueError(
                    f"pos_label={label!r} must be one of two classes; the classes are {classes}."
                )
            pos = classes.index(label)
        elif metric.asymmetric and pos is not None and set(classes) not in ({0, 1}, {-1, 1}):
            counts = np.bincount(codes, minlength=2)
            pos = int(counts[1] <= counts[0])
            warnings.warn(
                f"scoring={metric.name!r} needs a positive class, and the labels {classes} do not "
                f"tell which it is. The rarer one is taken: {classes[pos]!r}. Pass pos_label to "
                "choose.",
                LossfixWarning,
                stacklevel=3,
            )
        check_rule_metric(metric, len(classes), pos)
        return metric, pos

    def _score_prefit(self, X, y, groups):
        """Score the given rows by the estimator as it is; folds serve to judge the rule only."""
        response = self._response()
        scores = _scores(self.estimator, X, response, self.classes_)
        cv = None if self.cv == "prefit" else self.cv
        folds = _fix_folds(cv, X, y, groups, self.random_state)
        row, fold = _tested_rows(folds)
        return _Scored(scores[row], row, fold, response)

    def _score_out_of_fold(self, X, y, groups, routed):
        """Score rows by clones that did not learn from them."""
        response = self._response()
        oof = out_of_fold(
            self.estimator,
            X,
            y,
            _fix_folds(self.cv, X, y, groups, self.random_state),
            fit_params=routed.estimator.fit,
            response_method=response,
            n_jobs=self.n_jobs,
            random_state=self.random_state,
        )
        if oof.response != response:
            raise ValueError(_no_score_message(self.estimator, response, len(self.classes_)))
        return _Scored(oof.scores, oof.row, oof.fold, response)

    def _choose_rule(self, codes, scored, metric, pos, weight, groups):
        """Tune the rule on the scores and keep it if it proves itself."""
        scores, row = scored.scores, scored.row
        if np.isnan(scores).any():
            raise ValueError(
                f"{type(self.estimator).__name__}.{scored.response} gave NaN; no decision rule "
                "can be chosen from such scores."
            )
        space = _SPACES[scored.response]
        row_weight = 1.0 / np.bincount(row)[row]
        if weight is not None:
            row_weight = row_weight * weight[row]
        units = row if groups is None else groups[row]
        chosen = guarded_rule(
            codes[row],
            scores,
            metric,
            _judging_folds(units, scored.fold, codes[row], self.random_state),
            classes=self.classes_.tolist(),
            sample_weight=row_weight,
            units=units,
            pos=pos,
            space=space,
            random_state=self.random_state,
        )
        self.gain_, self.gain_standard_error_ = chosen.gain, chosen.standard_error
        self._set_rule(chosen.rule, pos)

    def _response(self):
        """Name the method that gives the scores."""
        if self.response_method != "auto":
            return self.response_method
        has_proba = hasattr(self.estimator, "predict_proba")
        return "predict_proba" if has_proba else "decision_function"


class _Scored(NamedTuple):
    """Scores of rows, the fold that each was tested in, and the method that gave them."""

    scores: np.ndarray
    row: np.ndarray
    fold: np.ndarray
    response: str


def _as_labels(y):
    """Check that y is one column of binary or multiclass labels, and return it as an array."""
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


def _response_of(rule):
    """Name the method whose scores a rule takes."""
    return "decision_function" if rule.space == "decision" else "predict_proba"


def _scores(estimator, X, response, classes):
    """Score rows by a fitted estimator: one column per class, or one of the last of two."""
    scores = np.asarray(getattr(estimator, response)(X))
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
        f"{n_classes} classes. Use another response_method, or for an SVC "
        "decision_function_shape='ovr'."
    )


def _fix_folds(cv, X, y, groups, random_state):
    """Draw the splits; by default as many as the smallest class allows, up to five."""
    if cv is None:
        codes = np.unique(y, return_inverse=True)[1]
        if groups is not None:
            codes = np.unique(np.column_stack([codes, groups]), axis=0)[:, 0]
        cv = int(np.clip(np.bincount(codes).min(), 2, DEFAULT_N_SPLITS))
    return fix_folds(cv, X, y, groups=groups, random_state=random_state)


def _tested_rows(folds):
    """List the rows that are tested, and in which fold."""
    tests = [test for _, test in folds.splits]
    return np.concatenate(tests), np.repeat(np.arange(len(tests)), [len(t) for t in tests])


def _judging_folds(units, fold, codes, random_state):
    """Give all scores of one unit the same fold: the first that it was tested in."""
    first = np.full(units.max() + 1, fold.max() + 1)
    np.minimum.at(first, units, fold)
    folds = first[units]
    if (folds != folds[0]).any():
        return folds
    # One split only: the rows that it tests are divided once more to judge the rule.
    repeated = len(np.unique(units)) < len(units)
    return _fix_folds(None, codes, codes, units if repeated else None, random_state).fold_of_row
