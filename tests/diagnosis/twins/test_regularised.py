"""Tests of the regularised twin: its sign is the gap to the training rows."""

import pickle

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.calibration import CalibratedClassifierCV
from sklearn.datasets import make_classification
from sklearn.ensemble import BaggingClassifier, VotingClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.tree import DecisionTreeClassifier

from sklearn_lossfix._core._evidence import NoTwin, Scored, TrainState
from sklearn_lossfix.diagnosis.twins.regularised import RegularisedTwin, training_gap
from sklearn_lossfix.exceptions import CheckNotApplicable

X, Y = make_classification(100, n_features=4, random_state=0)
EVEN = float(np.log(2))


def trained(loss, right=100, n_rows=100):
    """The state on training rows: a mean loss, and how many labels are right."""
    half, wrong = n_rows / 2, (n_rows - right) / 2
    totals = (np.full(2, half - wrong), np.full(2, half), np.full(2, half))
    return TrainState(loss, loss, totals, n_rows)


def plan(subject, estimator, **fields):
    """Plan of the twin."""
    return RegularisedTwin().plan(subject(estimator, X, Y, **{"train": trained(0.1), **fields}))


ESTIMATORS = [
    DecisionTreeClassifier(random_state=0),
    make_pipeline(StandardScaler(), KNeighborsClassifier(1)),
    CalibratedClassifierCV(make_pipeline(StandardScaler(), DecisionTreeClassifier())),
    BaggingClassifier(),
]


@pytest.mark.parametrize("estimator", ESTIMATORS)
def test_code_does_what_build_does(subject, run_code, estimator):
    """The estimator of the shown code, that of the parameters and the twin's are one."""
    made = plan(subject, estimator)
    twin = made.build(estimator)
    assert repr(run_code(made.code, clone(estimator))) == repr(twin)
    assert repr(pickle.loads(pickle.dumps(made.build))(estimator)) == repr(twin)
    assert repr(clone(twin)) == repr(twin) != repr(estimator)


def test_build_follows_the_learner_into_another_wrapping(subject):
    """The same change is made where a scaler was put in front meanwhile."""
    made = plan(subject, DecisionTreeClassifier())
    wrapped = make_pipeline(StandardScaler(), DecisionTreeClassifier())
    leaf = made.build(DecisionTreeClassifier()).min_samples_leaf
    assert made.build(wrapped)[-1].min_samples_leaf == leaf


def test_no_gap_no_twin(subject):
    """A model that is no better on its own rows has nothing to win back."""
    untried = plan(subject, DecisionTreeClassifier(), train=trained(EVEN))
    assert isinstance(untried, NoTwin)
    assert untried.section == "passed"
    assert untried.estimate == pytest.approx(0.0)


def test_gap_is_a_share_of_the_loss(subject):
    """Half the loss gone on the training rows is a gap of one half."""
    seen = subject(DecisionTreeClassifier(), X, Y, train=trained(EVEN / 2))
    assert training_gap(seen) == pytest.approx(0.5)


def test_known_optimism_is_taken_off(subject):
    """A linear model with k coefficients is better on its n rows by k / n where all is well."""
    optimism = 5 / 100
    fair = plan(subject, LogisticRegression(), train=trained(EVEN - optimism))
    assert isinstance(fair, NoTwin)
    assert fair.estimate == pytest.approx(0.0)
    tree = plan(subject, DecisionTreeClassifier(), train=trained(EVEN - optimism))
    assert tree.evidence["training_gap"] == pytest.approx(optimism / EVEN)


def test_suspicion_is_at_most_what_is_known_to_be_had(subject):
    """A learner that remembers its rows is hardly suspected while nothing is known to be better."""
    near = Scored(Y, proba=np.where(np.eye(2)[Y] == 1, 0.55, 0.45))
    remembered = plan(subject, DecisionTreeClassifier(), train=trained(0.0))
    beaten = plan(subject, DecisionTreeClassifier(), train=trained(0.0), reference=near)
    assert remembered.evidence["training_gap"] == beaten.evidence["training_gap"] == 1.0
    assert remembered.suspicion < beaten.suspicion < 0.2


def test_without_probabilities_errors_are_compared(subject):
    """Labels only: the share of the errors that is gone on the training rows."""
    labels = Scored(np.where(np.arange(100) < 20, 1 - Y, Y))
    seen = subject(DecisionTreeClassifier(), X, Y, scored=labels, train=trained(None, right=90))
    assert training_gap(seen) == pytest.approx(0.5)
    flawless = subject(DecisionTreeClassifier(), X, Y, scored=Scored(Y), train=trained(None))
    assert training_gap(flawless) == 0.0


def test_reasons_where_there_is_no_twin(subject):
    """Unknown learners and unknown training rows are named."""
    with pytest.raises(CheckNotApplicable, match="No regulariser of VotingClassifier"):
        plan(subject, VotingClassifier([("a", LogisticRegression())]))
    with pytest.raises(CheckNotApplicable, match="not judged on its training rows"):
        plan(subject, DecisionTreeClassifier(), train=None)
