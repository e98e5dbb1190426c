"""Tests of the richer twin: its sign is what is missing on the training rows too."""

import pickle

import numpy as np
import pytest
from sklearn import config_context
from sklearn.base import clone
from sklearn.calibration import CalibratedClassifierCV
from sklearn.datasets import make_classification
from sklearn.ensemble import AdaBoostClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.naive_bayes import GaussianNB
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler
from sklearn.svm import LinearSVC
from sklearn.tree import DecisionTreeClassifier

from sklearn_lossfix._core._evidence import NoTwin, Scored, TrainState
from sklearn_lossfix.diagnosis.twins.higher_capacity import HigherCapacityTwin, missed_share
from sklearn_lossfix.exceptions import CheckNotApplicable

X, Y = make_classification(200, n_features=4, random_state=0)
EVEN = float(np.log(2))
RIGHT = Scored(Y, proba=np.where(np.eye(2)[Y] == 1, 0.9, 0.1))


def trained(loss, right=100):
    """The state of 200 training rows: the mean loss, and how many labels are right."""
    half = np.full(2, 100.0)
    return TrainState(loss, loss, (np.full(2, right / 2), half, half), 200)


def seen(subject, estimator, **fields):
    """A model that says even odds everywhere, beside a reference that knows."""
    return subject(estimator, X, Y, **{"train": trained(EVEN), "reference": RIGHT, **fields})


@pytest.mark.parametrize(
    "estimator",
    [
        LogisticRegression(),
        LogisticRegression(C=1e-6),
        make_pipeline(StandardScaler(), LogisticRegression()),
        CalibratedClassifierCV(make_pipeline(StandardScaler(), LogisticRegression())),
        make_pipeline(StandardScaler(), AdaBoostClassifier()),
        DecisionTreeClassifier(max_depth=1),
    ],
)
def test_code_does_what_build_does(subject, run_code, estimator):
    """The estimator of the shown code learns what the twin learns."""
    made = HigherCapacityTwin().plan(seen(subject, estimator))
    twin = made.build(estimator)
    shown = run_code(made.code, clone(estimator))
    expected = clone(twin).set_params(**_seeds(twin)).fit(X, Y).predict_proba(X)
    np.testing.assert_allclose(
        shown.set_params(**_seeds(shown)).fit(X, Y).predict_proba(X), expected
    )
    assert repr(pickle.loads(pickle.dumps(made.build))(estimator)) == repr(twin)
    assert repr(clone(twin)) == repr(twin) != repr(estimator)


@pytest.mark.parametrize("in_pipeline", [False, True])
def test_weights_pass_with_metadata_routing(subject, run_code, in_pipeline):
    """The twin, and what the code makes, send weights to the learner and to nothing else."""
    weight = np.where(Y == 1, 1.0, 1e-3)
    with config_context(enable_metadata_routing=True):
        estimator = LogisticRegression().set_fit_request(sample_weight=True)
        if in_pipeline:
            estimator = make_pipeline(FunctionTransformer(), estimator)
        plan = HigherCapacityTwin().plan(seen(subject, estimator))
        twin = plan.build(estimator).fit(X, Y, sample_weight=weight)
        shown = run_code(plan.code, clone(estimator)).fit(X, Y, sample_weight=weight)
    assert twin.predict(X).mean() > 0.8
    np.testing.assert_allclose(shown.predict_proba(X), twin.predict_proba(X))


def _seeds(estimator):
    """Every seed set to zero."""
    names = estimator.get_params(deep=True)
    return {name: 0 for name in names if name.rpartition("__")[2] == "random_state"}


def test_missed_share_is_loss_on_training_rows_beyond_the_reference(subject):
    """Even odds lose log 2 on any rows, the reference its own loss."""
    reference = -np.log(0.9)
    share = missed_share(seen(subject, LogisticRegression()))
    assert share >= (EVEN - reference) / EVEN
    assert share == pytest.approx(1.0, abs=0.2)


def test_optimism_is_not_missing(subject):
    """A model that knows its training rows misses nothing there."""
    untried = HigherCapacityTwin().plan(seen(subject, LogisticRegression(), train=trained(0.0)))
    assert isinstance(untried, NoTwin)
    assert untried.section == "passed"


def test_as_good_as_the_reference_is_not_tried(subject):
    """Nothing is missed by a model that says what the reference says."""
    same = seen(subject, LogisticRegression(), scored=RIGHT, train=trained(-np.log(0.9)))
    assert missed_share(same) == pytest.approx(0.0)
    assert isinstance(HigherCapacityTwin().plan(same), NoTwin)


def test_labels_are_compared_where_there_are_no_probabilities(subject):
    """Errors on the training rows less errors of the reference."""
    model = seen(subject, LinearSVC(), scored=Scored(Y), train=trained(None, right=150))
    assert missed_share(model) == pytest.approx(0.25)
    assert "LinearSVC" in HigherCapacityTwin().plan(model).changes


def test_reasons_where_there_is_no_twin(subject):
    """No reference, no training rows, no richer form."""
    with pytest.raises(CheckNotApplicable, match="no reference"):
        missed_share(seen(subject, LogisticRegression(), reference=None))
    with pytest.raises(CheckNotApplicable, match="training rows"):
        missed_share(seen(subject, LogisticRegression(), train=None))
    with pytest.raises(CheckNotApplicable, match="No richer form of GaussianNB"):
        HigherCapacityTwin().plan(seen(subject, GaussianNB()))
    with pytest.raises(CheckNotApplicable, match="no reference"):
        missed_share(seen(subject, LinearSVC(), scored=Scored(Y), reference=None))
