"""Twins with another learning rate: where they are tried, and that they change nothing else."""

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.datasets import make_classification
from sklearn.ensemble import (
    AdaBoostClassifier,
    GradientBoostingClassifier,
    HistGradientBoostingClassifier,
    RandomForestClassifier,
)
from sklearn.linear_model import LogisticRegression, SGDClassifier
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from sklearn_lossfix._core._evidence import NoTwin, Scored, TrainState
from sklearn_lossfix.diagnosis.twins.learning_rate import (
    RATE_STEP,
    SGD_RATE,
    FasterTwin,
    SlowerTwin,
    faster_rate,
    rate_parameter,
    slower_rate,
)
from sklearn_lossfix.exceptions import CheckNotApplicable

X, Y = make_classification(150, n_features=4, random_state=0)
SGD = SGDClassifier(loss="log_loss", learning_rate="constant", eta0=5.0)


def reference():
    """A reference that knows the labels fairly well."""
    proba = np.where(np.eye(2)[Y] == 1, 0.9, 0.1)
    return Scored(Y, proba=proba)


def train_state(log_loss):
    """What a model did on its training rows."""
    return TrainState(log_loss, None, (np.ones(2), np.ones(2), np.ones(2)), 100)


@pytest.mark.parametrize(
    ("learner", "expected"),
    [
        (MLPClassifier(learning_rate_init=0.5), ("learning_rate_init", 0.5, 0.001)),
        (HistGradientBoostingClassifier(learning_rate=2.0), ("learning_rate", 2.0, 0.1)),
        (GradientBoostingClassifier(), ("learning_rate", 0.1, 0.1)),
        (AdaBoostClassifier(learning_rate=3), ("learning_rate", 3.0, 1.0)),
        (SGD, ("eta0", 5.0, SGD_RATE)),
    ],
)
def test_the_rate_is_found_with_the_default_of_its_class(learner, expected):
    """Of every learner that has one: its name, its value, and what the class begins with."""
    assert rate_parameter(learner) == expected


@pytest.mark.parametrize(
    ("learner", "words"),
    [
        (MLPClassifier(solver="lbfgs"), "uses no learning rate"),
        (SGDClassifier(), "chooses its own rate"),
        (LogisticRegression(), "has no learning rate"),
        (RandomForestClassifier(), "has no learning rate"),
    ],
)
@pytest.mark.parametrize("maker", [SlowerTwin(), FasterTwin()])
def test_learners_without_a_rate_have_no_twin(subject, maker, learner, words):
    """The reason names the learner."""
    with pytest.raises(CheckNotApplicable, match=words):
        maker.plan(subject(learner, X, Y))


@pytest.mark.parametrize("rate", [1e-6, 1e-3, 0.1, 7.0])
@pytest.mark.parametrize("default", [1e-3, 0.1, np.nan])
def test_a_changed_rate_passes_neither_the_step_nor_the_default(rate, default):
    """Slower is at most a tenth and the default, faster at least ten times and the default."""
    slow, fast = slower_rate(rate, default), faster_rate(rate, default)
    assert slow <= rate / RATE_STEP
    assert fast >= rate * RATE_STEP
    if np.isfinite(default):
        assert slow <= default <= fast


@pytest.mark.parametrize(
    "wrap", [lambda model: model, lambda m: make_pipeline(StandardScaler(), m)]
)
@pytest.mark.parametrize(
    ("maker", "learner"),
    [
        (SlowerTwin(), MLPClassifier(learning_rate_init=0.5)),
        (FasterTwin(), MLPClassifier(learning_rate_init=1e-6)),
        (SlowerTwin(), SGD),
        (FasterTwin(), HistGradientBoostingClassifier(learning_rate=1e-3)),
    ],
)
def test_only_the_rate_is_changed(subject, run_code, maker, learner, wrap):
    """All other parameters stay, in the clone only, and the code does what the twin does."""
    estimator = wrap(learner)
    before = str(estimator.get_params())
    plan = maker.plan(subject(estimator, X, Y, reference=reference()))
    twin = plan.build(estimator)
    (changed,) = plan.params
    old, new = estimator.get_params(), twin.get_params()
    differing = [k for k in old if isinstance(old[k], int | float | str) and old[k] != new[k]]
    assert differing == [changed]
    assert new[changed] == plan.params[changed]
    assert str(estimator.get_params()) == before
    assert str(run_code(plan.code, clone(estimator)).get_params()) == str(new)
    assert f"{old[changed]:g}" in plan.cause


def test_no_twin_where_nothing_is_to_be_had(subject):
    """A model as good as the reference, and one that has learnt its training rows, are left."""
    good = reference()
    fast = MLPClassifier(learning_rate_init=0.5)
    none = SlowerTwin().plan(subject(fast, X, Y, reference=good, scored=good))
    assert isinstance(none, NoTwin)
    assert none.section == "passed"
    slow = MLPClassifier(learning_rate_init=1e-6)
    learnt = subject(slow, X, Y, reference=good, train=train_state(0.05))
    assert FasterTwin().plan(learnt).section == "passed"
    unlearnt = subject(slow, X, Y, reference=good, train=train_state(0.69))
    assert FasterTwin().plan(unlearnt).suspicion > 0.5


def test_steps_are_not_too_large_for_rows_that_were_learnt(subject):
    """A network that has learnt its training rows overfits; the rate of boosting is no step."""
    known = {"reference": reference(), "train": train_state(0.01)}
    for learner in (MLPClassifier(learning_rate_init=0.01), SGD):
        learnt = SlowerTwin().plan(subject(learner, X, Y, **known))
        assert isinstance(learnt, NoTwin)
        assert "training rows" in learnt.reason
        unlearnt = {**known, "train": train_state(0.69)}
        assert SlowerTwin().plan(subject(learner, X, Y, **unlearnt)).suspicion > 0.5
    boosting = subject(HistGradientBoostingClassifier(learning_rate=2.0), X, Y, **known)
    assert SlowerTwin().plan(boosting).suspicion > 0.5


def test_rates_on_the_other_side_of_the_default_have_passed(subject):
    """A rate is not called too high below the default of its class, nor too low above it."""
    low = subject(MLPClassifier(learning_rate_init=1e-6), X, Y, reference=reference())
    high = subject(MLPClassifier(learning_rate_init=0.5), X, Y, reference=reference())
    assert SlowerTwin().plan(low).section == "passed"
    assert FasterTwin().plan(high).section == "passed"
