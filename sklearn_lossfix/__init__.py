"""Find out why the loss and the metric disagree, fix it, and prove the fix."""

from sklearn_lossfix._version import __version__
from sklearn_lossfix.decision import (
    DecisionRule,
    DecisionRuleClassifier,
    RecalibratedClassifier,
    from_scorer,
    register_metric,
)
from sklearn_lossfix.diagnosis import (
    FitReport,
    Fix,
    diagnose,
    diagnose_history,
    diagnose_predictions,
    flip_table,
)
from sklearn_lossfix.imbalance import AutoBalancedClassifier
from sklearn_lossfix.model_selection import (
    EarlyStoppingClassifier,
    LeakageCheckedSplit,
    MetricAlignedSearchCV,
    assert_no_leakage,
    find_duplicate_groups,
    leakage_checked_train_test_split,
)
from sklearn_lossfix.preprocessing import MADScaler, Winsorizer, suggest_robust_steps

__all__ = [
    "AutoBalancedClassifier",
    "DecisionRule",
    "DecisionRuleClassifier",
    "EarlyStoppingClassifier",
    "FitReport",
    "Fix",
    "LeakageCheckedSplit",
    "MADScaler",
    "MetricAlignedSearchCV",
    "RecalibratedClassifier",
    "Winsorizer",
    "__version__",
    "assert_no_leakage",
    "diagnose",
    "diagnose_history",
    "diagnose_predictions",
    "find_duplicate_groups",
    "flip_table",
    "from_scorer",
    "leakage_checked_train_test_split",
    "register_metric",
    "suggest_robust_steps",
]
