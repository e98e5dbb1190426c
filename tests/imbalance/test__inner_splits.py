"""Which classifiers split the rows that they are given."""

import pytest
from sklearn.calibration import CalibratedClassifierCV
from sklearn.ensemble import (
    BaggingClassifier,
    GradientBoostingClassifier,
    HistGradientBoostingClassifier,
    RandomForestClassifier,
    VotingClassifier,
)
from sklearn.linear_model import LogisticRegression, LogisticRegressionCV, SGDClassifier
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.tree import DecisionTreeClassifier

from sklearn_lossfix import EarlyStoppingClassifier
from sklearn_lossfix.imbalance._inner_splits import inner_split, without_automatic_stopping

TREE = DecisionTreeClassifier()


@pytest.mark.parametrize(
    "estimator",
    [
        LogisticRegression(),
        RandomForestClassifier(),
        SGDClassifier(),
        MLPClassifier(),
        GradientBoostingClassifier(),
        HistGradientBoostingClassifier(),
        HistGradientBoostingClassifier(early_stopping=False),
        BaggingClassifier(MLPClassifier()),
        make_pipeline(StandardScaler(), LogisticRegression()),
    ],
    ids=lambda estimator: type(estimator).__name__,
)
def test_learners_as_they_come_take_all_rows(estimator):
    """Numbers of epochs without a change stop the training loss unless a switch says otherwise."""
    assert inner_split(estimator) is None


@pytest.mark.parametrize(
    ("estimator", "owner", "how"),
    [
        (LogisticRegressionCV(), "LogisticRegressionCV", "cross-validation"),
        (
            VotingClassifier([("c", CalibratedClassifierCV(TREE))]),
            "CalibratedClassifierCV",
            "cross-validation",
        ),
        (
            make_pipeline(StandardScaler(), LogisticRegressionCV()),
            "LogisticRegressionCV",
            "cross-validation",
        ),
        (SGDClassifier(early_stopping=True), "SGDClassifier", "early stopping"),
        (BaggingClassifier(MLPClassifier(early_stopping=True)), "MLPClassifier", "early stopping"),
        (
            GradientBoostingClassifier(n_iter_no_change=5),
            "GradientBoostingClassifier",
            "early stopping",
        ),
        (EarlyStoppingClassifier(MLPClassifier()), "EarlyStoppingClassifier", "early stopping"),
    ],
    ids=lambda value: value if isinstance(value, str) else type(value).__name__,
)
def test_whoever_splits_rows_is_named(estimator, owner, how):
    """At any depth, by its class and by what it does."""
    found = inner_split(estimator)
    assert found.startswith(owner)
    assert how in found


def test_automatic_stopping_is_switched_off_at_any_depth():
    """Where the number of rows would decide; what the user chose stays."""
    boosting = HistGradientBoostingClassifier()
    switched = without_automatic_stopping(make_pipeline(StandardScaler(), boosting))
    assert switched[-1].early_stopping is False
    assert without_automatic_stopping(HistGradientBoostingClassifier()).early_stopping is False
    chosen = HistGradientBoostingClassifier(early_stopping=True)
    assert without_automatic_stopping(chosen).early_stopping is True
    assert without_automatic_stopping(TREE) is TREE
