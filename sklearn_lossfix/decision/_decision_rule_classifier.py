"""DecisionRuleClassifier: a classifier whose labels follow a rule chosen for the metric."""

import warnings
from numbers import Integral

import numpy as np
from sklearn.utils._param_validation import HasMethods, StrOptions
from sklearn.utils.metaestimators import available_if
from sklearn.utils.validation import check_is_fitted

from sklearn_lossfix.decision._decision_rule import DecisionRule
from sklearn_lossfix.decision._fit_rule import DEFAULT_THRESHOLDS, check_rule_metric
from sklearn_lossfix.decision._guarded_rule import guarded_rule
from sklearn_lossfix.decision._metrics import Metric, resolve_metric
from sklearn_lossfix.decision._positive_class import resolve_positive
from sklearn_lossfix.decision._tuned_wrapper import TunedWrapper, judging_folds, score_columns
from sklearn_lossfix.exceptions import LossfixWarning

_SPACES = {"predict_proba": "proba", "decision_function": "decision"}

# What rules are chosen for where nothing is said: for accuracy the default rule is seldom beaten.
DEFAULT_SCORING = "balanced_accuracy"


def _estimator_has(method):
    """Make a check that the fitted estimator, or else the given one, has a method."""

    def check(self):
        getattr(getattr(self, "estimator_", self.estimator), method)
        return True

    return check


class DecisionRuleClassifier(TunedWrapper):
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

    store_oof : bool, default=True
        Whether to keep the scores out of fold, for `diagnose` without data.

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

    oof_ : dict or None
        One entry per score out of fold: `y` and `pred`, codes of the label and of the prediction
        by a rule that was chosen without the row's fold (argmax where that is the rule in use);
        `scores`; `row`; `sample_weight` and `groups`, or None; and `response`, the name of the
        method that gave the scores. None if the rule was given, the estimator is prefit, or with
        ``store_oof=False``.

    n_features_in_ : int
        Number of features seen during `fit`, if the estimator tells it.

    feature_names_in_ : ndarray of shape (`n_features_in_`,)
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
        **TunedWrapper._parameter_constraints,
        "estimator": [
            HasMethods(["fit", "predict_proba"]),
            HasMethods(["fit", "decision_function"]),
        ],
        "scoring": [str, Metric, callable, None],
        "pos_label": [str, Integral, float, "boolean", None],
        "rule": [DecisionRule, None],
        "response_method": [StrOptions({"auto", "predict_proba", "decision_function"})],
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
        store_oof=True,
    ):
        super().__init__(
            estimator, cv=cv, n_jobs=n_jobs, random_state=random_state, store_oof=store_oof
        )
        self.scoring = scoring
        self.pos_label = pos_label
        self.rule = rule
        self.response_method = response_method

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
        scores = score_columns(self.estimator_, X, _response_of(rule), self.classes_)
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

    @property
    def _own_scoring(self):
        """What `diagnose` explains where it is given no metric: what the rule is chosen for."""
        return DEFAULT_SCORING if self.scoring is None else self.scoring

    def _plan(self, codes):
        """Take the given rule, or return the metric and the code of its positive class."""
        if self.rule is None:
            return self._metric_and_positive_class(codes)
        self._use_given_rule()
        return None

    def _response(self):
        """Name the method of the estimator that gives the scores."""
        if self.response_method != "auto":
            return self.response_method
        has_proba = hasattr(self.estimator, "predict_proba")
        return "predict_proba" if has_proba else "decision_function"

    def _learn(self, scored, plan):
        """Tune the rule on the scores and keep it if it proves itself; return the evidence."""
        metric, pos = plan
        guarded = guarded_rule(
            scored.y,
            scored.scores,
            metric,
            judging_folds(scored, self.random_state),
            classes=self.classes_.tolist(),
            sample_weight=scored.weight,
            units=scored.unit,
            pos=pos,
            space=_SPACES[self._response()],
            random_state=self.random_state,
        )
        self.gain_, self.gain_standard_error_ = guarded.gain, guarded.standard_error
        self._set_rule(guarded.rule, pos)
        return guarded

    def _cross_fitted(self, scored, learnt):
        """Return the scores as they are, and the labels by rules that did not see the row."""
        return scored.scores, learnt.codes

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
        metric = resolve_metric(self._own_scoring)
        n_classes = len(self.classes_)
        counts = np.bincount(codes, minlength=n_classes)
        pos, note = resolve_positive(metric, self.classes_, counts, self.pos_label)
        if note is not None:
            # The frames between here and the user: _plan, fit, and fit's check of parameters.
            warnings.warn(f"{note} Pass pos_label to choose.", LossfixWarning, stacklevel=5)
        if pos is None and n_classes == 2:
            pos = 1
        check_rule_metric(metric, n_classes, pos)
        return metric, pos


def _response_of(rule):
    """Name the method whose scores a rule takes."""
    return "decision_function" if rule.space == "decision" else "predict_proba"
