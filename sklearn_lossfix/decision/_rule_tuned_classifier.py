"""What classifiers share whose labels follow a decision rule: the rule, its tuning, its curve."""

import dataclasses
from numbers import Integral, Real

import numpy as np
from sklearn.utils._param_validation import HasMethods, Interval, StrOptions
from sklearn.utils.metaestimators import available_if
from sklearn.utils.validation import check_is_fitted

from sklearn_lossfix._core._paired_tests import CONFIDENCE
from sklearn_lossfix._core._user_warning import warn_user
from sklearn_lossfix._core._validation import check_weights
from sklearn_lossfix.decision._constraint import Constraint, parse_constraint
from sklearn_lossfix.decision._decision_rule import DecisionRule
from sklearn_lossfix.decision._fit_rule import DEFAULT_THRESHOLDS, check_rule_metric
from sklearn_lossfix.decision._guarded_rule import guarded_rule
from sklearn_lossfix.decision._metric_scorer import MetricScorer
from sklearn_lossfix.decision._metrics import Metric, make_metric
from sklearn_lossfix.decision._positive_class import code_of_positive, resolve_positive
from sklearn_lossfix.decision._rule_spec import RULE_MODES, RuleSpec, priced_spec
from sklearn_lossfix.decision._scored_rows import judging_folds
from sklearn_lossfix.decision._scoring import metric_for_classes, resolve_metric
from sklearn_lossfix.decision._threshold_curve import CURVE_METRICS, plot_curve, threshold_curve
from sklearn_lossfix.decision._tuned_wrapper import TunedWrapper, score_columns
from sklearn_lossfix.exceptions import InfeasibleConstraintError, LossfixWarning

_SPACES = {"predict_proba": "proba", "decision_function": "decision"}

# Costs of errors that `fit` takes for each row: of false positives and of false negatives.
_ROW_COSTS = ("fp_cost", "fn_cost")

# What rules are chosen for where nothing is said: for accuracy the default rule is seldom beaten.
DEFAULT_SCORING = "balanced_accuracy"


def _estimator_has(method):
    """Make a check that the fitted estimator, or else the given one, has a method."""

    def check(self):
        if getattr(self, "refit", True) is False:  # a search that fits nothing to ask
            raise AttributeError(f"refit=False: there is no model that has {method}.")
        getattr(getattr(self, "estimator_", self._inner()), method)
        return True

    return check


def _has_threshold(self):
    """Check that thresholds were drawn: two classes and a tuned rule."""
    if not hasattr(self, "threshold_distribution_"):
        raise AttributeError(
            f"This {type(self).__name__} drew no thresholds: that takes two classes, a rule that "
            "is tuned, and n_bootstrap above 0."
        )
    return True


class RuleTunedClassifier(TunedWrapper):
    """Base of classifiers whose labels follow a decision rule that is chosen for a metric.

    A subclass says which estimator gives the scores. It has the parameters `scoring`,
    `decision_rule`, `cost_matrix`, `constraint`, `constraint_confidence`, `infeasible`,
    `n_bootstrap`, `response_method` and `pos_label` beside those of `TunedWrapper`.
    """

    _parameter_constraints: dict = {
        **TunedWrapper._parameter_constraints,
        "estimator": [
            HasMethods(["fit", "predict_proba"]),
            HasMethods(["fit", "decision_function"]),
        ],
        "scoring": [str, Metric, callable, None],
        "pos_label": [str, Integral, float, "boolean", None],
        "decision_rule": [StrOptions(set(RULE_MODES)), DecisionRule, Real],
        "cost_matrix": ["array-like", None],
        "constraint": [tuple, Constraint, None],
        "constraint_confidence": [Interval(Real, 0, 1, closed="neither"), None],
        "infeasible": [StrOptions({"raise", "best_effort"})],
        "n_bootstrap": [Interval(Integral, 0, None, closed="left")],
        "response_method": [StrOptions({"auto", "predict_proba", "decision_function"})],
    }

    # What `fit` takes under **params for itself: `set_fit_request` has to know of it.
    __metadata_request__fit = dict.fromkeys(_ROW_COSTS)

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
        return self.classes_[self.decision_rule_.predict_codes(self._rule_scores(X))]

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

    def _rule_scores(self, X):
        """Score new rows by what the rule takes."""
        response = response_of_rule(self.decision_rule_)
        return score_columns(self.estimator_, X, response, self.classes_)

    @property
    def threshold_ci_(self):
        """Interval of 95 % of the thresholds that bootstrap samples choose."""
        _has_threshold(self)
        tail = 50 * (1 - CONFIDENCE)
        low, high = np.percentile(self.threshold_distribution_, [tail, 100 - tail])
        return float(low), float(high)

    @property
    def threshold_std_(self):
        """Standard deviation of the thresholds that bootstrap samples choose."""
        _has_threshold(self)
        return float(np.std(self.threshold_distribution_))

    def threshold_curve(self, metrics=None):
        """Compute metrics at every distinct threshold of the scores out of fold.

        Parameters
        ----------
        metrics : str, or iterable of str, scorer or Metric, default=None
            Label metrics. None takes accuracy, balanced accuracy, F1, precision, recall,
            specificity and Matthews correlation. A scorer that names a positive class is judged
            by that.

        Returns
        -------
        curve : dict of str to ndarray of shape (n_thresholds,)
            ``"threshold"``, decreasing from inf ("never positive") to -inf ("always"), and one
            entry per metric; of several metrics of one name the second is called "name_2".

        Raises
        ------
        ValueError
            For more than two classes, and where no scores out of fold were kept.
        """
        check_is_fitted(self)
        if len(self.classes_) > 2:
            raise ValueError(
                f"A curve over thresholds needs two classes; there are {len(self.classes_)}."
            )
        if self.oof_ is None:
            raise ValueError(
                f"This {type(self).__name__} kept no scores out of fold. Fit it with "
                "store_oof=True on an estimator that is not prefit."
            )
        recorded = self.oof_
        metrics = CURVE_METRICS if metrics is None else metrics
        return threshold_curve(
            recorded["y"],
            recorded["scores"],
            [resolve_metric(m) for m in ([metrics] if isinstance(metrics, str) else metrics)],
            classes=self.classes_,
            pos=self.classes_.tolist().index(self.pos_label_),
            space=_SPACES[recorded["response"]],
            sample_weight=recorded["sample_weight"],
            cost=recorded.get("cost"),
        )

    def plot_curve(self, metrics=None, *, ax=None):
        """Draw metrics over the threshold, with the threshold in use and its 95 % interval.

        Parameters
        ----------
        metrics : str, or iterable of str, scorer or Metric, default=None
            As for `threshold_curve`.
        ax : matplotlib Axes, default=None
            Where to draw; a new figure if None.

        Returns
        -------
        ax : matplotlib Axes
            The axes.

        Raises
        ------
        ImportError
            Without matplotlib.
        """
        curve = self.threshold_curve(metrics)
        band = self.threshold_ci_ if hasattr(self, "threshold_distribution_") else None
        caller = f"{type(self).__name__}.plot_curve"
        return plot_curve(curve, self.threshold_, band, ax=ax, caller=caller)

    @property
    def _own_scoring(self):
        """What `diagnose` explains where it is given no metric: what the rule is chosen for."""
        if self.cost_matrix is not None:
            return self._cost_metric()
        return DEFAULT_SCORING if self.scoring is None else self.scoring

    def _cost_metric(self):
        """Minus the mean cost as a metric; of two classes, what an error costs more than a hit."""
        costs = np.asarray(self.cost_matrix, dtype=float)
        labels = self.classes_.tolist()
        n_classes = len(labels)
        if costs.shape != (n_classes, n_classes) or not np.isfinite(costs).all():
            raise ValueError(
                f"cost_matrix must hold finite numbers of shape ({n_classes}, {n_classes}), one "
                f"row per true class and one column per predicted class; got {self.cost_matrix!r}."
            )
        if self.scoring is not None:
            raise ValueError(
                "cost_matrix is a metric of its own: leave scoring=None, or leave it out."
            )
        excess = costs - np.diag(costs)[:, None]
        if (excess < 0).any():
            raise ValueError(
                "cost_matrix must not make an error cheaper than a right answer: "
                f"cost_matrix[k][j] >= cost_matrix[k][k]. Got {costs.tolist()}."
            )
        if n_classes > 2:
            matrix = tuple(map(tuple, costs.tolist()))
            metric = Metric("cost_matrix", matrix=matrix)
            return dataclasses.replace(metric, scorer=MetricScorer(metric, labels))
        pos = 1 if self.pos_label is None else code_of_positive(self.pos_label, labels)
        return make_metric(
            "cost",
            fp_cost=excess[1 - pos, pos],
            fn_cost=excess[pos, 1 - pos],
            pos_label=labels[pos],
        )

    def _split_costs(self, params):
        """Take the costs of rows out of the fit parameters."""
        costs = {name: params[name] for name in _ROW_COSTS if params.get(name) is not None}
        return costs, {name: v for name, v in params.items() if name not in _ROW_COSTS}

    def _row_costs(self, codes, weight, costs, plan):
        """What an error in each row costs, and the spec of a rule for these costs.

        The cost is linear: a false positive in row i costs ``fp_cost[i]``, so the row counts as
        that many rows in which errors cost the same. That equal cost is such that the metric stays
        the mean cost per row.
        """
        if not costs:
            return None, plan
        metric = None if plan is None else plan.metric
        if metric is None or metric.name != "cost" or metric.params or plan.mode == "plugin":
            raise ValueError(
                f"{' and '.join(costs)} need scoring='cost' and a rule that is tuned: they are the "
                "costs of errors in each row. Other metrics, costs that are the same for all rows "
                "and decision_rule='plugin' leave no place for them."
            )
        if plan.constraint is not None:
            raise ValueError(
                f"{' and '.join(costs)} cannot be combined with constraint: rows are weighed by "
                "their costs while the rule is chosen, and the constraint would be kept on those "
                "weights. Leave one of them out."
            )
        checked = {name: np.ones(len(codes)) for name in _ROW_COSTS}
        for name, cost in costs.items():
            checked[name] = check_weights(cost, len(codes), name, all_zero=True)
        cost = np.where(codes == plan.pos, checked["fn_cost"], checked["fp_cost"])
        return cost, priced_spec(plan, codes, weight, cost)

    def _plan(self, codes):
        """Work out which rule is wanted."""
        metric, pos = self._metric_and_positive_class(codes)
        return self._spec(metric, pos)

    def _spec(self, metric, pos):
        """Put together what rule is wanted, and check that it suits classes and estimator."""
        space = _SPACES[self._response()]
        classes = tuple(self.classes_.tolist())
        mode = self.decision_rule
        if isinstance(mode, DecisionRule):
            self._check_given_rule(mode)
        elif not isinstance(mode, str):
            mode = self._rule_of_threshold(float(mode), classes, pos, space, metric)
        by_proba = mode == "plugin" or (metric.matrix is not None and mode != "default")
        if by_proba and space != "proba":
            raise ValueError(
                "A plug-in rule or one of least expected cost is computed from probabilities; "
                f"{type(self._inner()).__name__} is asked for decision_function. Use "
                "decision_rule='tune', or an estimator with predict_proba."
            )
        constraint = parse_constraint(self.constraint, self.constraint_confidence)
        if constraint is not None:
            constraint = self._checked_constraint(constraint, classes, pos)
        return RuleSpec(
            metric=metric,
            classes=classes,
            pos=pos,
            space=space,
            mode=mode,
            constraint=constraint,
            n_bootstrap=self.n_bootstrap if metric.vectorised else 0,
            seed=0 if self.random_state is None else int(self.random_state),
        )

    def _checked_constraint(self, constraint, classes, pos):
        """Bind the constraint to the classes; it is kept by a threshold that is tuned."""
        if len(classes) > 2 or self.decision_rule not in ("auto", "tune"):
            raise ValueError(
                "constraint is kept by the tuned threshold of two classes; here are "
                f"{len(classes)} classes and decision_rule={self.decision_rule!r}."
            )
        best_effort = self.infeasible == "best_effort"
        constraint = dataclasses.replace(constraint, best_effort=best_effort)
        return constraint.for_classes(classes, pos)

    def _warn_if_infeasible(self, scored, spec):
        """Say that no threshold keeps to the constraint, where the nearest one was taken."""
        if spec.constraint is None or not spec.constraint.best_effort:
            return
        strict = dataclasses.replace(spec.constraint, best_effort=False)
        try:
            dataclasses.replace(spec, constraint=strict).fit(scored.y, scored.scores, scored.weight)
        except InfeasibleConstraintError as error:
            warn_user(f"{error} The nearest threshold was taken.", LossfixWarning)

    def _warn_if_undefined(self, spec, guarded):
        """Say that there was nothing to choose a rule by, where the metric is not a number."""
        if not (spec.is_tuned and np.isnan(guarded.gain)):
            return
        in_use = "default rule was kept" if spec.mode == "auto" else "tuned rule is in use unproven"
        warn_user(
            f"The metric {spec.metric.name!r} is NaN for the labels by the tuned rule or for those "
            f"by the default one: what tuning gains is not known, and the {in_use}. Check the "
            "function of the metric, or take one that is a number for any labels.",
            LossfixWarning,
        )

    def _rule_of_threshold(self, threshold, classes, pos, space, metric):
        """A number is the threshold of the positive class."""
        if len(classes) > 2:
            raise ValueError(
                f"decision_rule={threshold:g} is a threshold, which needs two classes; there are "
                f"{len(classes)}. Pass a DecisionRule."
            )
        return DecisionRule(
            "threshold",
            classes=classes,
            threshold=threshold,
            pos_label=classes[pos],
            metric=metric.name,
            space=space,
        )

    def _response(self):
        """Name the method of the estimator that gives the scores."""
        if isinstance(self.decision_rule, DecisionRule):
            return response_of_rule(self.decision_rule)
        if self.response_method != "auto":
            return self.response_method
        has_proba = hasattr(self._inner(), "predict_proba")
        return "predict_proba" if has_proba else "decision_function"

    def _learn(self, scored, spec, parameters=None):
        """Tune the rule on the scores and keep it if it proves itself; return the evidence."""
        folds = None
        if spec.is_tuned:
            folds = judging_folds(scored, self.random_state, self.classes_)
        spec, scored = spec.certified_for(scored), scored.priced()
        guarded = guarded_rule(spec, scored, folds, parameters)
        self._warn_if_undefined(spec, guarded)
        self._warn_if_infeasible(scored, spec)
        self.gain_, self.gain_standard_error_ = guarded.gain, guarded.standard_error
        self._set_rule(guarded.rule, spec.pos)
        self._set_parameters(guarded.parameters, spec)
        return guarded

    def _cross_fitted(self, scored, learnt):
        """Return the rows, their scores as they are, and labels by rules that did not see them."""
        return scored, scored.scores, learnt.codes

    def _check_given_rule(self, rule):
        """Raise ValueError unless a given rule suits the classes and the estimator."""
        classes = tuple(self.classes_.tolist())
        if rule.classes != classes:
            raise ValueError(
                f"The rule is for the classes {rule.classes}, in the order of the columns "
                f"of the scores; here they are {classes}."
            )
        response = response_of_rule(rule)
        if not hasattr(self._inner(), response) or self.response_method not in ("auto", response):
            raise ValueError(
                f"The rule takes scores of space {rule.space!r}, from {response}; "
                f"{type(self._inner()).__name__} with response_method="
                f"{self.response_method!r} does not give them."
            )

    def _set_rule(self, rule, pos):
        """Store the rule, with two classes the threshold and the positive class, or the offsets."""
        self.decision_rule_ = rule
        for name in ("threshold_", "pos_label_", "class_offsets_"):
            vars(self).pop(name, None)
        if len(rule.classes) > 2:
            if rule.kind in ("offsets", "argmax"):
                n_classes = len(rule.classes)
                offsets = rule.offsets if rule.kind == "offsets" else np.zeros(n_classes)
                self.class_offsets_ = np.array(offsets)
            return
        self.pos_label_ = rule.classes[1 if pos is None else pos]
        if rule.kind == "threshold":
            self.pos_label_ = rule.pos_label
            self.threshold_ = rule.threshold
        elif rule.kind == "argmax":
            self.threshold_ = DEFAULT_THRESHOLDS.get(rule.space, DEFAULT_THRESHOLDS["proba"])

    def _set_parameters(self, parameters, spec):
        """Store what bootstrap samples choose."""
        for name in ("threshold_distribution_", "offsets_distribution_"):
            vars(self).pop(name, None)
        if len(parameters):
            kind = "threshold" if spec.n_classes == 2 else "offsets"
            setattr(
                self,
                f"{kind}_distribution_",
                parameters[~np.isnan(parameters)] if kind == "threshold" else parameters,
            )

    def _metric_and_positive_class(self, codes):
        """Resolve the metric and the code of its positive class; None for more than two classes."""
        metric = metric_for_classes(self._own_scoring, self.classes_)
        n_classes = len(self.classes_)
        counts = np.bincount(codes, minlength=n_classes)
        pos, note = resolve_positive(metric, self.classes_, counts, self.pos_label)
        if note is not None:
            warn_user(f"{note} Pass pos_label to choose.", LossfixWarning)
        if pos is None and n_classes == 2:
            pos = 1
        self._check_metric(metric, n_classes, pos)
        return metric, pos

    def _check_metric(self, metric, n_classes, pos):
        """Raise ValueError, or warn, where no rule can be chosen for the metric."""
        check_rule_metric(metric, n_classes, pos)


def response_of_rule(rule):
    """Name the method whose scores a rule takes.

    Parameters
    ----------
    rule : DecisionRule
        The rule.

    Returns
    -------
    {"predict_proba", "decision_function"}
    """
    return "decision_function" if rule.space == "decision" else "predict_proba"
