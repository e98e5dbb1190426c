"""The twin with a selector: where it is tried, and that it is refitted with the model."""

import numpy as np
import pytest
from scipy import sparse
from sklearn import config_context
from sklearn.base import clone
from sklearn.feature_selection import SelectFromModel, f_classif
from sklearn.linear_model import LogisticRegression
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler

from sklearn_lossfix._core._evidence import NoTwin
from sklearn_lossfix.diagnosis.twins.pruned_useless import (
    MOSTLY_UNRELATED,
    PrunedUselessTwin,
    relation_p_values,
)
from sklearn_lossfix.exceptions import CheckNotApplicable

RNG = np.random.default_rng(0)
SIGNAL = RNG.normal(size=(200, 2))
Y = (SIGNAL.sum(axis=1) + 0.5 * RNG.normal(size=200) > 0).astype(int)
NOISY = np.column_stack([SIGNAL, RNG.normal(size=(200, 12))])


def test_relation_is_of_mean_or_spread():
    """A column is related by its mean or by its spread; the F-test of the mean bounds it above."""
    spread = np.where(Y == 1, 3.0, 1.0) * RNG.normal(size=200)
    p_values = relation_p_values(np.column_stack([NOISY, spread]), Y)
    assert p_values[0] < 1e-6
    assert p_values[-1] < 1e-6
    assert (p_values[:-1] <= np.minimum(1.0, 2 * f_classif(NOISY, Y)[1]) + 1e-12).all()


def test_noise_is_rarely_called_related():
    """Of columns of noise about 5 % have a p-value below 0.05, at most."""
    noise = np.random.default_rng(1).normal(size=(150, 800))
    assert 0.01 < np.mean(relation_p_values(noise, Y[:150]) < 0.05) < 0.08


def test_columns_that_do_not_vary_are_unrelated():
    """Constant and empty columns get a p-value of one, and disturb no other."""
    table = np.column_stack([NOISY[:, :2], np.ones(200), np.full(200, np.nan)])
    p_values = relation_p_values(table, Y)
    np.testing.assert_array_equal(p_values[2:], 1.0)
    np.testing.assert_array_equal(p_values[:2], relation_p_values(NOISY, Y)[:2])


@pytest.mark.parametrize(
    ("features", "reason"),
    [(sparse.csr_array(NOISY), "Sparse"), (NOISY[:, :1], "Only one feature")],
)
def test_no_twin_has_a_reason(subject, features, reason):
    """Where there is nothing to choose from the reason says why."""
    with pytest.raises(CheckNotApplicable, match=reason):
        PrunedUselessTwin().plan(subject(KNeighborsClassifier(), features, Y))


def test_related_columns_need_no_twin(subject):
    """Where most columns are related to the label, or few are not, nothing is tried."""
    none = PrunedUselessTwin().plan(subject(KNeighborsClassifier(), NOISY[:, :3], Y))
    assert isinstance(none, NoTwin)
    assert none.section == "passed"
    few = PrunedUselessTwin().plan(subject(KNeighborsClassifier(), NOISY[:, : 2 + 4], Y))
    assert few.estimate > MOSTLY_UNRELATED
    assert none.limit == MOSTLY_UNRELATED


@pytest.mark.parametrize(
    "estimator",
    [KNeighborsClassifier(5), make_pipeline(StandardScaler(), LogisticRegression(C=10))],
)
def test_twin_selects_before_the_last_step_and_changes_nothing_else(subject, run_code, estimator):
    """A selector is put before the last step, keeps the signal, and the code agrees."""
    before = str(estimator.get_params())
    plan = PrunedUselessTwin().plan(subject(estimator, NOISY, Y))
    twin = plan.build(estimator).fit(NOISY, Y)
    assert str(estimator.get_params()) == before
    assert isinstance(twin[-2], SelectFromModel)
    assert twin[-2].get_support()[:2].all()
    assert 2 <= twin[-1].n_features_in_ < 8
    shown = run_code(plan.code, clone(estimator)).fit(NOISY, Y).predict(NOISY)
    np.testing.assert_array_equal(shown, twin.predict(NOISY))


@pytest.mark.parametrize("in_pipeline", [False, True])
def test_weights_pass_with_metadata_routing(subject, run_code, in_pipeline):
    """The twin, and what the code makes, send weights to the learner and to nothing else."""
    weight = np.where(Y == 1, 1.0, 1e-3)
    with config_context(enable_metadata_routing=True):
        estimator = LogisticRegression().set_fit_request(sample_weight=True)
        if in_pipeline:
            estimator = make_pipeline(FunctionTransformer(), estimator)
        plan = PrunedUselessTwin().plan(subject(estimator, NOISY, Y))
        twin = plan.build(estimator).fit(NOISY, Y, sample_weight=weight)
        shown = run_code(plan.code, clone(estimator)).fit(NOISY, Y, sample_weight=weight)
    assert twin.predict(NOISY).mean() > 0.8
    np.testing.assert_allclose(shown.predict_proba(NOISY), twin.predict_proba(NOISY))


def test_selection_is_part_of_the_fit(subject):
    """Other labels keep other columns: what is kept is learnt from the rows of each fit."""
    plan = PrunedUselessTwin().plan(subject(KNeighborsClassifier(), NOISY, Y))
    other = (NOISY[:, 5] > 0).astype(int)
    support = plan.build(KNeighborsClassifier()).fit(NOISY, other)[0].get_support()
    assert support[5]
    assert not support[:2].all()
