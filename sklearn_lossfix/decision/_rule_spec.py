"""What decision rule is wanted, as data: handed from an estimator's parameters to what finds it."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from sklearn_lossfix.decision._decision_rule import DecisionRule
from sklearn_lossfix.decision._fit_rule import cross_fitted_codes, fit_rule
from sklearn_lossfix.decision._metrics import Metric
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
        )

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
