"""Model selection for the metric that matters, on folds that keep their promise."""

from sklearn_lossfix.model_selection._assert_no_leakage import assert_no_leakage
from sklearn_lossfix.model_selection._early_stopping import EarlyStoppingClassifier
from sklearn_lossfix.model_selection._leakage_checked_split import LeakageCheckedSplit
from sklearn_lossfix.model_selection._leakage_checked_train_test_split import (
    leakage_checked_train_test_split,
)
from sklearn_lossfix.model_selection._metric_aligned_search import MetricAlignedSearchCV
from sklearn_lossfix.model_selection.leakage._duplicate_groups import find_duplicate_groups

__all__ = [
    "EarlyStoppingClassifier",
    "LeakageCheckedSplit",
    "MetricAlignedSearchCV",
    "assert_no_leakage",
    "find_duplicate_groups",
    "leakage_checked_train_test_split",
]
