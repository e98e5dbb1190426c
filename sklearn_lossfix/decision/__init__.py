"""Decision rules: from scores to labels, chosen for the metric that matters."""

from sklearn_lossfix.decision._decision_rule import DecisionRule

__all__ = ["DecisionRule"]
