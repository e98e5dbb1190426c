"""DecisionRuleClassifier: a classifier whose labels follow a rule chosen for the metric."""

import numpy as np

from sklearn_lossfix.decision._decision_rule import DecisionRule
from sklearn_lossfix.decision._rule_tuned_classifier import RuleTunedClassifier


class DecisionRuleClassifier(RuleTunedClassifier):
    """A classifier whose labels follow a decision rule that was chosen for a metric.

    A classifier usually predicts the class of the greatest probability, which is right for
    accuracy and often wrong for other metrics. Here the rule from scores to labels is chosen for
    the metric on scores out of fold, then the estimator is fitted on all rows. With two classes
    the rule is a threshold [1]_, and the best of *all* thresholds is taken, not of a grid. With
    more it is one offset per class [2]_. The best rule is found anew on bootstrap samples of the
    scores, and the average is used, which is steadier [3]_. Only `predict` changes: probabilities
    and decision values are those of the estimator.

    The tuned rule is kept only if it proves itself: rules are also chosen on all folds but one
    and judged on that one, and without a gain over the default rule that one stays. For accuracy,
    of which the default rule is the best on calibrated probabilities, the gain must exceed one
    standard error.

    Parameters
    ----------
    estimator : estimator
        A classifier with `predict_proba` or `decision_function`. If it is a `FrozenEstimator` or
        has a frozen or prefit part, it is used as with ``cv="prefit"``.

    scoring : str, callable, Metric or None, default=None
        The label metric that the rule is chosen for: a name of scikit-learn's, of this package
        ("gmean", "f2", "youden", "specificity", "cost", "mcc", "kappa") or of `register_metric`, or
        a scorer from `sklearn.metrics.make_scorer`. A scorer whose function is not known here
        serves for two classes: it is called at the corners of the ROC curve. None is balanced
        accuracy: for accuracy the default rule is seldom beaten. Metrics that judge scores, such as
        "roc_auc", are refused: no rule changes them.

    decision_rule : str, float or DecisionRule, default="auto"
        The rule from scores to labels:

        - "auto": chosen for the metric, and kept only if it proves itself;
        - "tune": chosen for the metric;
        - "plugin": the one that would be best if the probabilities were true, whatever the labels
          say: for the cost of errors, ``fp_cost / (fp_cost + fn_cost)`` [4]_;
        - "default": the greatest score;
        - a number: the threshold of the positive class;
        - a `DecisionRule`: applied as it is. Neither it nor a number needs scores out of fold.

    cost_matrix : array-like of shape (n_classes, n_classes), default=None
        ``cost_matrix[k][j]`` is the cost of predicting class j when k is true, classes in sorted
        order. The metric is then minus the mean cost (with two classes, what it exceeds that of
        right answers by), and `scoring` must be None. With two classes the threshold is tuned; with
        more the class of the least expected cost is predicted [4]_, if that proves itself.

    constraint : tuple of (str, callable or Metric, float), default=None
        A metric and the least value it must have, such as ``("precision", 0.9)``: the best
        threshold among those that keep to it is taken. Two classes only. The default rule is then
        no alternative, and the rule is not averaged.

    constraint_confidence : float in (0, 1), default=None
        If given, the constraint metric (precision, recall, specificity or accuracy) must reach its
        value with this one-sided confidence. Without, it does so on the scores out of fold, and
        fails on fresh rows about every second time. Rows of one group count as one row.

    infeasible : {"raise", "best_effort"}, default="raise"
        What to do where no threshold keeps to the constraint: raise, or take the nearest one, with
        a warning.

    n_bootstrap : int, default=50
        Bootstrap samples over which the rule is averaged. 0 takes the best rule on all rows.

    pos_label : str, int, float or bool, default=None
        The positive class of two. If None, that of the scorer is taken, or the greater label
        of {0, 1}, {-1, 1} and booleans. For other labels, a metric that needs a positive class
        takes the rarer one, with a warning, and a metric that needs none the last one.

    cv : int, splitter, iterable or "prefit", default=None
        Splits for the scores that the rule is chosen on. None and integers are stratified,
        shuffled folds that keep `groups` together; None is five, or fewer if a class has fewer
        rows. With "prefit" the estimator must be fitted and is not refitted: the rule is chosen on
        the rows given to `fit`, which the estimator must not have learnt from.

    response_method : {"auto", "predict_proba", "decision_function"}, default="auto"
        The scores that the rule takes. "auto" takes probabilities if there are any. No threshold
        tells apart rows whose probabilities are exactly 0 or 1; their decision values may.

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
        the given rule has none.

    class_offsets_ : ndarray of shape (n_classes,)
        With more classes, what is added to the scores (to the logarithms of probabilities).

    threshold_distribution_ : ndarray of shape (n_bootstrap,)
        With two classes, the thresholds that bootstrap samples choose; none of samples in which
        the constraint is out of reach. Their mean is the threshold in use, unless that is the
        default one, that of a constraint, or "always" or "never" positive.

    threshold_ci_ : tuple of (float, float)
        Interval of 95 % of them.

    threshold_std_ : float
        Their standard deviation.

    offsets_distribution_ : ndarray of shape (n_bootstrap, n_classes)
        With more classes, the offsets that bootstrap samples choose.

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
        `scores`; `row`; `split`, the number of the split; `sample_weight` and `groups`, or None;
        `response`, the name of the method that gave the scores; and, where costs of rows were
        given, `cost`, what an error in the row costs. Also as attributes `oof_scores_`,
        `oof_target_`, `oof_weight_`, `oof_row_`, `oof_split_` and `oof_group_`. None if the rule
        was given, the estimator is prefit, or with ``store_oof=False``.

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
    .. [3] C. Thiele and G. Hirschfeld, "cutpointr: improved estimation and validation of optimal
       cutpoints in R", Journal of Statistical Software, 2021.
    .. [4] C. Elkan, "The foundations of cost-sensitive learning", IJCAI, 2001.

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

    def __init__(
        self,
        estimator,
        *,
        scoring=None,
        decision_rule="auto",
        cost_matrix=None,
        constraint=None,
        constraint_confidence=None,
        infeasible="raise",
        n_bootstrap=50,
        pos_label=None,
        cv=None,
        response_method="auto",
        n_jobs=None,
        random_state=None,
        store_oof=True,
    ):
        super().__init__(
            estimator, cv=cv, n_jobs=n_jobs, random_state=random_state, store_oof=store_oof
        )
        self.scoring = scoring
        self.decision_rule = decision_rule
        self.cost_matrix = cost_matrix
        self.constraint = constraint
        self.constraint_confidence = constraint_confidence
        self.infeasible = infeasible
        self.n_bootstrap = n_bootstrap
        self.pos_label = pos_label
        self.response_method = response_method

    def _plan(self, codes):
        """Work out which rule is wanted; None where one is given: then no scores are needed."""
        rule = self.decision_rule
        if isinstance(rule, DecisionRule):
            self._check_given_rule(rule)
            pos = None
        else:
            spec = super()._plan(codes)
            if isinstance(rule, str):
                return spec
            rule, pos = spec.mode, spec.pos
        self.gain_ = self.gain_standard_error_ = np.nan
        self._set_rule(rule, pos)
        self._set_parameters((), None)
        return None
