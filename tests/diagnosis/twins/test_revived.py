"""The twin of a network with dead units."""

import numpy as np
import pytest
from scipy import sparse
from sklearn.base import clone
from sklearn.datasets import make_classification
from sklearn.ensemble import BaggingClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler

from sklearn_lossfix._core._evidence import Scored
from sklearn_lossfix.diagnosis.twins.revived import DEAD_SHARE, RevivedTwin, dead_units
from sklearn_lossfix.exceptions import CheckNotApplicable

X, Y = make_classification(200, n_features=4, random_state=0)
ALIVE = MLPClassifier((8, 8), max_iter=30, random_state=0)
# Its units die in the first steps: a rate a thousand times the default, three layers deep.
DYING = MLPClassifier(
    (20, 20, 20), solver="sgd", learning_rate_init=3.0, max_iter=10, random_state=0
)

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")


@pytest.mark.parametrize("killed", [0, 3, 8])
@pytest.mark.parametrize("rows", [X, sparse.csr_array(X)], ids=["dense", "sparse"])
def test_units_that_were_killed_are_counted(killed, rows):
    """A unit whose intercept is far below zero is off on every row; the others are as before."""
    network = clone(ALIVE).fit(X, Y)
    before = dead_units(network, rows)
    network.coefs_[0][:, :killed] = 0.0
    network.intercepts_[0][:killed] = -1.0
    after = dead_units(network, rows)
    assert len(after) == 2
    assert after[0] == pytest.approx(max(before[0], killed / 8), abs=before[0])


def test_a_dying_network_gets_units_that_cannot_die(subject, run_code):
    """Only the activation is changed, inside Pipelines too, and the share of dead units is told."""
    estimator = make_pipeline(StandardScaler(), FunctionTransformer(), DYING)
    plan = RevivedTwin().plan(subject(estimator, X, Y, reference=_knowing()))
    assert plan.params == {"mlpclassifier__activation": "tanh"}
    assert max(plan.evidence["dead_share"]) > DEAD_SHARE
    twin = plan.build(estimator)
    assert twin.get_params()["mlpclassifier__activation"] == "tanh"
    assert twin.get_params()["mlpclassifier__learning_rate_init"] == 3.0
    assert not hasattr(estimator[-1], "coefs_")
    shown = run_code(plan.code, clone(estimator))
    assert str(shown.get_params()) == str(twin.get_params())


def _knowing():
    """A reference that knows the labels."""
    return Scored(Y, proba=np.where(np.eye(2)[Y] == 1, 0.9, 0.1))


def test_no_twin_of_living_networks(subject):
    """Networks whose units live, and those that lose no more than the reference, have passed."""
    none = RevivedTwin().plan(subject(ALIVE, X, Y, reference=_knowing()))
    assert none.section == "passed"
    assert none.estimate < none.limit == DEAD_SHARE
    good = RevivedTwin().plan(subject(DYING, X, Y, reference=_knowing(), scored=_knowing()))
    assert good.section == "passed"
    assert "not watched" in good.reason


@pytest.mark.parametrize(
    ("estimator", "words"),
    [
        (LogisticRegression(), "no neural network"),
        (MLPClassifier(activation="tanh"), "Only rectified units die"),
        (BaggingClassifier(ALIVE, n_estimators=2), "were not watched"),
    ],
)
def test_no_twin_has_a_reason(subject, estimator, words):
    """What has no rectified units, or hides them, is not applicable."""
    with pytest.raises(CheckNotApplicable, match=words):
        RevivedTwin().plan(subject(estimator, X, Y, reference=_knowing()))
