"""Decision rules: from scores to labels, chosen for the metric that matters."""

from sklearn_lossfix.decision._decision_rule import DecisionRule
from sklearn_lossfix.decision._decision_rule_classifier import DecisionRuleClassifier
from sklearn_lossfix.decision._recalibrated_classifier import RecalibratedClassifier
from sklearn_lossfix.decision._scoring import from_scorer, register_metric

__all__ = [
    "DecisionRule",
    "DecisionRuleClassifier",
    "RecalibratedClassifier",
    "from_scorer",
    "register_metric",
]
