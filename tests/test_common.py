"""scikit-learn's own contract, held to by every public estimator."""

import inspect

import pytest
from sklearn.base import BaseEstimator
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.linear_model import LogisticRegression, SGDClassifier
from sklearn.utils import get_tags
from sklearn.utils.estimator_checks import estimator_checks_generator, parametrize_with_checks

import sklearn_lossfix
from sklearn_lossfix import (
    AutoBalancedClassifier,
    DecisionRuleClassifier,
    EarlyStoppingClassifier,
    MADScaler,
    MetricAlignedSearchCV,
    RecalibratedClassifier,
    Winsorizer,
)

# {class: {check: reason}}. A reason must let a stranger judge whether the failure is right. pytest
# runs with strict xfail, so that an entry whose check has come to pass fails the build.
FOLDS_BY_ROW = (
    "The map is fitted on out-of-fold probabilities, and folds are drawn by row: repeating a row "
    "and doubling its weight give different folds, hence different clones. The prior of the map "
    "also weighs one effective row, and repeated rows are more of them than weighted ones."
)
TUNED_LABELS = (
    "The check wants predict to be the argmax of predict_proba. Labels here follow the decision "
    "rule that was tuned for balanced accuracy, as documented; with decision_rule='default', which "
    "is checked beside it, they are the argmax."
)
HELD_OUT_BY_ROW = (
    "Rows are held out to stop by, and drawn by row: repeating a row and doubling its weight hold "
    "out different rows. The trained estimators also visit rows one by one or in batches, where a "
    "row that comes twice is not one of twice the weight."
)
EXPECTED_FAILED_CHECKS = {
    AutoBalancedClassifier: {
        "check_sample_weight_equivalence_on_dense_data": FOLDS_BY_ROW,
    },
    EarlyStoppingClassifier: {
        "check_sample_weight_equivalence_on_dense_data": HELD_OUT_BY_ROW,
    },
    RecalibratedClassifier: {
        "check_sample_weight_equivalence_on_dense_data": FOLDS_BY_ROW,
        "check_sample_weight_equivalence_on_sparse_data": FOLDS_BY_ROW,
    },
}


def estimators_under_check():
    """Every public estimator with its defaults, and where other parameters change its tags."""
    return [
        AutoBalancedClassifier(cv=2, error_score="raise"),
        AutoBalancedClassifier(LogisticRegression(), error_score="raise"),
        AutoBalancedClassifier(
            LogisticRegression(), decision_rule="default", ensemble=True, error_score="raise"
        ),
        DecisionRuleClassifier(LogisticRegression()),
        EarlyStoppingClassifier(SGDClassifier(loss="log_loss"), max_epochs=30),
        EarlyStoppingClassifier(SGDClassifier(), monitor="balanced_accuracy", max_epochs=30),
        EarlyStoppingClassifier(HistGradientBoostingClassifier(), max_epochs=5),
        EarlyStoppingClassifier(
            LogisticRegression(), iterations_per_epoch=20, monitor="refinement", max_epochs=10
        ),
        MetricAlignedSearchCV(LogisticRegression(), {"C": [1.0, 10.0]}, error_score="raise"),
        MetricAlignedSearchCV(
            LogisticRegression(), {"C": [1.0, 10.0]}, ensemble=True, error_score="raise"
        ),
        RecalibratedClassifier(LogisticRegression()),
        RecalibratedClassifier(LogisticRegression(), method="isotonic"),
        MADScaler(),
        MADScaler(with_centering=False, clip=3.0),
        MADScaler(asymmetric=True, clip=("soft", 3.0)),
        MADScaler(zero_scale="std", unit_variance=False),
        Winsorizer(),
        Winsorizer(method="iqr", action="soft", add_indicator="both"),
        Winsorizer(method="mad", action="nan", add_indicator="signed"),
        Winsorizer(method="double_mad", tail="right", zero_spread="cap"),
        Winsorizer(method="gaussian"),
        Winsorizer(method="adjusted_boxplot", quantile_method="inverted_cdf"),
        Winsorizer(method="fixed", limits=(-1.0, 1.0)),
    ]


def expected_failed_checks(estimator):
    """The checks this estimator is known to fail, each with its reason."""
    expected = dict(EXPECTED_FAILED_CHECKS.get(type(estimator), {}))
    if isinstance(estimator, EarlyStoppingClassifier) and get_tags(estimator).input_tags.sparse:
        expected["check_sample_weight_equivalence_on_sparse_data"] = HELD_OUT_BY_ROW
    if isinstance(estimator, AutoBalancedClassifier) and estimator.estimator is not None:
        expected["check_sample_weight_equivalence_on_sparse_data"] = FOLDS_BY_ROW
        if estimator.decision_rule == "auto":
            expected["check_classifiers_train"] = TUNED_LABELS
    return expected


# The checks fit constant, tied and single-row data, and call partial_fit after fit: both warn by
# design, and what the warnings say is tested where they are raised.
@pytest.mark.filterwarnings("ignore::sklearn_lossfix.exceptions.ZeroSpreadWarning")
@pytest.mark.filterwarnings(
    "ignore:fit keeps no rows to add to:sklearn_lossfix.exceptions.LossfixWarning"
)
@parametrize_with_checks(estimators_under_check(), expected_failed_checks=expected_failed_checks)
def test_sklearn_compatible(estimator, check):
    """The estimator keeps the promise that this check of scikit-learn tests."""
    check(estimator)


def test_every_public_estimator_is_tested():
    """An estimator added to the public names without an entry here is noticed."""
    public = {
        value
        for value in map(sklearn_lossfix.__dict__.get, sklearn_lossfix.__all__)
        if inspect.isclass(value) and issubclass(value, BaseEstimator)
    }
    assert {type(estimator) for estimator in estimators_under_check()} == public


@pytest.mark.parametrize("estimator", estimators_under_check(), ids=lambda est: type(est).__name__)
def test_expected_failures_name_existing_checks(estimator):
    """A misspelt or removed check cannot linger in the list of expected failures."""
    names = {
        getattr(check, "func", check).__name__
        for _, check in estimator_checks_generator(estimator, legacy=True)
    }
    assert set(expected_failed_checks(estimator)) <= names
