"""What decision rule is wanted, as data: handed from an estimator's parameters to what finds it."""

import dataclasses
from dataclasses import dataclass
from typing import Any

import numpy as np

from sklearn_lossfix.decision._decision_rule import DecisionRule
from sklearn_lossfix.decision._fit_rule import cross_fitted_codes, fit_rule
from sklearn_lossfix.decision._metrics import Metric, make_metric
from sklearn_lossfix.decision._plugin_rule import plugin_rule

# How a rule may be asked for by name.
RULE_MODES = ("auto", "tune", "plugin", "default")


@dataclass(frozen=True)
class RuleSpec:
    """The rule that is wanted, for a metric and for scores of a kind.

    Attributes
    ----------
    metric : Metric
        What the rule is judged by. Rules are tuned for label metrics only.
    classes : tuple of labels
        In the order of the columns of the scores.
    pos : int or None
        Code of the positive class; None for more than two classes.
    space : {"proba", "decision"}
        What the scores are.
    mode : {"auto", "tune", "plugin", "default"} or DecisionRule
        "tune": chosen by the labels. "auto": the same, kept only if it proves itself against the
        default. For a cost matrix of three or more classes both are the rule of least expected
        cost. "plugin": the best one if the probabilities were true. "default": the greatest
        score. A rule is taken as it is.
    constraint : Constraint or None
        What the rule must keep to.
    n_bootstrap : int
        Bootstrap samples over which a tuned rule is averaged; 0 takes the best on all rows.
    seed : int
        Seed of these samples and of subsamples.
    """

    metric: Metric
    classes: tuple
    pos: int | None
    space: str
    mode: Any = "auto"
    constraint: Any = None
    n_bootstrap: int = 0
    seed: int = 0

    @property
    def n_classes(self):
        """Number of classes."""
        return len(self.classes)

    @property
    def is_tuned(self):
        """Whether the rule is chosen by labels."""
        return (
            self.metric.kind == "label"
            and self.metric.matrix is None
            and self.mode in ("auto", "tune")
            and self.certain_threshold is None
        )

    @property
    def certain_threshold(self):
        """Threshold of no cost where one kind of error is free: always or never positive.

        None where both kinds of errors cost something, or neither, and for other metrics.
        """
        if self.metric.name != "cost" or self.constraint is not None:
            return None
        costs = self.metric.error_costs()
        if (costs["fp_cost"] > 0) == (costs["fn_cost"] > 0):
            return None
        return np.inf if costs["fp_cost"] > 0 else -np.inf

    def certified_for(self, scored, n_models=1):
        """The rule that is wanted, with what a constraint's confidence depends on.

        Parameters
        ----------
        scored : ScoredRows
            The rows; their scores play no part.
        n_models : int, default=1
            Models that are compared on these rows, one of which will be chosen.

        Returns
        -------
        RuleSpec
            A constraint holds for the chosen model, however it is chosen.
        """
        if self.constraint is None:
            return self
        code = self.pos if self.constraint.pos == 1 else 1 - self.pos
        positive, all_rows = scored.y == code, slice(None)
        # A share is proven by the rows that it is a share of: by another part of them at every
        # cut, where it is the precision, and that may be any.
        parts = {
            "recall": [positive],
            "specificity": [~positive],
            "accuracy": [all_rows],
        }.get(self.constraint.metric.name, [positive, ~positive, all_rows])
        constraint = dataclasses.replace(
            self.constraint,
            n_models=n_models,
            rows_per_unit=max(scored.rows_per_unit(part) for part in parts),
        )
        return dataclasses.replace(self, constraint=constraint)

    def default_rule(self):
        """The rule that takes the greatest score."""
        return DecisionRule(
            "argmax", classes=self.classes, metric=self.metric.name, space=self.space
        )

    def fixed_rule(self, scores, sample_weight=None):
        """The rule of these scores where it does not depend on labels; None where it is tuned.

        Parameters
        ----------
        scores : ndarray of shape (n_samples, n_classes) or (n_samples,)
            Scores; only a plug-in rule looks at them.
        sample_weight : ndarray of shape (n_samples,), default=None
            Weight of each row.

        Returns
        -------
        DecisionRule or None
        """
        if self.is_tuned:
            return None
        if isinstance(self.mode, DecisionRule):
            return self.mode
        if self.metric.matrix is not None and self.mode != "default":
            return DecisionRule(
                "cost_matrix",
                classes=self.classes,
                cost_matrix=self.metric.matrix,
                metric=self.metric.name,
            )
        if self.mode == "plugin" and self.metric.kind == "label":
            return plugin_rule(
                scores,
                self.metric,
                classes=self.classes,
                sample_weight=sample_weight,
                pos=self.pos,
                random_state=self.seed,
            )
        if self.certain_threshold is not None and self.mode != "default":
            return DecisionRule(
                "threshold",
                classes=self.classes,
                threshold=self.certain_threshold,
                pos_label=self.classes[self.pos],
                metric=self.metric.name,
                exact=True,
                space=self.space,
            )
        return self.default_rule()

    def fit(self, y, scores, sample_weight=None):
        """The best rule on these rows, and none other.

        Parameters
        ----------
        y : ndarray of shape (n_samples,), integer
            Class codes.
        scores : ndarray of shape (n_samples, n_classes) or (n_samples,)
            Scores.
        sample_weight : ndarray of shape (n_samples,), default=None
            Weight of each row.

        Returns
        -------
        DecisionRule
        """
        return fit_rule(
            y,
            np.asarray(scores),
            self.metric,
            classes=self.classes,
            sample_weight=sample_weight,
            pos=self.pos,
            space=self.space,
            constraint=self.constraint,
            random_state=self.seed,
        )

    def cross_fitted_codes(self, scored, folds):
        """Labels by the tuned rule, each chosen on the rows of the other folds.

        Parameters
        ----------
        scored : ScoredRows
            The rows.
        folds : ndarray of shape (n_scored,), integer
            Fold of each row.

        Returns
        -------
        codes : ndarray of shape (n_scored,), integer
        """
        return cross_fitted_codes(
            scored.y,
            scored.scores,
            self.metric,
            folds,
            n_classes=self.n_classes,
            sample_weight=scored.weight,
            pos=self.pos,
            space=self.space,
            constraint=self.constraint,
            random_state=self.seed,
        )


def priced_spec(spec, y, weight, cost):
    """Make the rule that is wanted one for costs that rows have of their own.

    Parameters
    ----------
    spec : RuleSpec
        The rule for the metric "cost".
    y : ndarray of shape (n_samples,), integer
        Class codes.
    weight : ndarray of shape (n_samples,) or None
        Sample weights.
    cost : ndarray of shape (n_samples,)
        What an error in each row costs.

    Returns
    -------
    RuleSpec
        Its metric is the mean cost per row where rows are weighed by weight and cost. A class
        whose errors are all free has a cost of zero.

    Raises
    ------
    ValueError
        If no error costs anything.
    """
    total = cost if weight is None else weight * cost
    scale = float(np.average(cost, weights=weight))
    of_class = {"fp_cost": y != spec.pos, "fn_cost": y == spec.pos}
    costs = {name: scale if total[rows].any() else 0.0 for name, rows in of_class.items()}
    if not any(costs.values()):
        raise ValueError(
            "fp_cost and fn_cost are zero in every row that has weight: no rule is better than "
            "another. Expected some errors to cost something."
        )
    metric = dataclasses.replace(make_metric("cost", **costs), by_row=True)
    return dataclasses.replace(spec, metric=metric)


def is_plain_cost(metric):
    """Whether a metric is the mean cost of errors without saying what they cost."""
    return metric.name == "cost" and metric.kind == "label" and not metric.params
