"""The tamed twin: where it is tried, and that it changes one thing."""

import warnings

import numpy as np
import pandas as pd
import pytest
from scipy import sparse
from sklearn import config_context
from sklearn.base import clone
from sklearn.compose import ColumnTransformer
from sklearn.datasets import make_classification
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.naive_bayes import GaussianNB
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler

from sklearn_lossfix._core._evidence import NoTwin
from sklearn_lossfix.diagnosis.twins.tamed import TamedTwin, outlying_columns
from sklearn_lossfix.exceptions import CheckNotApplicable
from sklearn_lossfix.preprocessing import MADScaler, Winsorizer

X, Y = make_classification(300, n_features=4, n_redundant=0, random_state=0)
SPIKED = X.copy()
SPIKED[:6, 1] = 1e5


def test_outlying_columns_are_those_that_were_spiked():
    """Of normal columns none is outlying; a few huge values make theirs so, and their rows."""
    rng = np.random.default_rng(0)
    normal = rng.normal(size=(500, 5))
    assert outlying_columns(normal)["columns"].size == 0
    spiked = normal.copy()
    spiked[[7, 40, 99], 3] = [1e4, -1e5, 1e3]
    found = outlying_columns(spiked)
    np.testing.assert_array_equal(found["columns"], [3])
    np.testing.assert_array_equal(found["rows"][:3], [40, 7, 99])
    assert found["share"][0] > 0.99


@pytest.mark.parametrize("factor", [1e-3, 1.0, 1e6])
def test_sign_does_not_depend_on_the_unit(factor):
    """Multiplying the table, or moving it, changes neither columns nor shares."""
    first, second = outlying_columns(SPIKED), outlying_columns(SPIKED * factor + factor)
    np.testing.assert_array_equal(first["columns"], second["columns"])
    np.testing.assert_allclose(first["share"], second["share"], rtol=1e-6)
    np.testing.assert_allclose(first["relative"], second["relative"], rtol=1e-6)


def test_columns_that_do_not_vary_have_no_outliers():
    """Nothing is compared where no column has a spread, and nothing warns."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = outlying_columns(np.ones((100, 2)))
    assert found["columns"].size == found["relative"].size == found["rows"].size == 0


def test_tied_columns_are_left_alone():
    """Where half of the values are tied nobody can say what is an outlier."""
    counts = X.copy()
    counts[:, 0] = 0.0
    counts[:9, 0] = 1000.0
    assert outlying_columns(counts)["columns"].size == 0


@pytest.mark.parametrize(
    ("estimator", "features", "reason"),
    [
        (RandomForestClassifier(), SPIKED, "splits by ranks"),
        (LogisticRegression(), sparse.csr_array(SPIKED), "Sparse"),
        (LogisticRegression(), pd.DataFrame({"a": ["x"] * 300}), "not all numeric"),
    ],
)
def test_no_twin_has_a_reason(subject, estimator, features, reason):
    """Where outliers do not matter, or cannot be told, the reason says why."""
    with pytest.raises(CheckNotApplicable, match=reason):
        TamedTwin().plan(subject(estimator, features, Y))


def test_columns_without_outliers_need_no_twin(subject):
    """Clean columns, and those that were bounded on the way, have passed."""
    bounded = make_pipeline(Winsorizer(method="mad"), LogisticRegression())
    for estimator, features in ((LogisticRegression(), X), (bounded, SPIKED)):
        none = TamedTwin().plan(subject(estimator, features, Y))
        assert isinstance(none, NoTwin)
        assert none.section == "passed"


@pytest.mark.parametrize(
    ("estimator", "features", "kind"),
    [
        (KNeighborsClassifier(5), SPIKED, Winsorizer),
        (make_pipeline(FunctionTransformer(), GaussianNB()), SPIKED, Winsorizer),
        (LogisticRegression(), pd.DataFrame(SPIKED, columns=list("abcd")), Winsorizer),
        (make_pipeline(StandardScaler(), LogisticRegression()), SPIKED, ColumnTransformer),
        (KNeighborsClassifier(5), SPIKED * [1, 1e-3, 1, 1], ColumnTransformer),
    ],
)
def test_twin_bounds_before_the_last_step_and_changes_nothing_else(
    subject, run_code, estimator, features, kind
):
    """Even columns are only capped; a column that was squeezed is scaled again; code agrees."""
    before = str(estimator.get_params())
    plan = TamedTwin().plan(subject(estimator, features, Y))
    twin = plan.build(estimator)
    assert isinstance(twin, Pipeline)
    name, step = twin.steps[-2]
    assert isinstance(step, kind)
    assert list(plan.params) == [name]
    assert len(twin.steps) == 1 + len(getattr(estimator, "steps", [estimator]))
    assert str(estimator.get_params()) == before
    shown = run_code(plan.code, clone(estimator)).fit(features, Y).predict(features)
    np.testing.assert_array_equal(shown, clone(twin).fit(features, Y).predict(features))


@pytest.mark.parametrize("in_pipeline", [False, True])
@pytest.mark.parametrize("factor", [1, 1e-3], ids=["capped", "rescaled"])
def test_weights_pass_with_metadata_routing(subject, run_code, in_pipeline, factor):
    """The twin, and what the code makes, send weights to the learner and to nothing else."""
    weight = np.where(Y == 1, 1.0, 1e-3)
    with config_context(enable_metadata_routing=True):
        estimator = LogisticRegression().set_fit_request(sample_weight=True)
        if in_pipeline:
            estimator = make_pipeline(FunctionTransformer(), estimator)
        plan = TamedTwin().plan(subject(estimator, SPIKED * [1, factor, 1, 1], Y))
        twin = plan.build(estimator).fit(SPIKED, Y, sample_weight=weight)
        shown = run_code(plan.code, clone(estimator)).fit(SPIKED, Y, sample_weight=weight)
    assert twin.predict(SPIKED).mean() > 0.8
    np.testing.assert_allclose(shown.predict_proba(SPIKED), twin.predict_proba(SPIKED))


def test_only_the_outlying_columns_are_capped(subject):
    """Other columns pass the cap as they are, and the capped one keeps its order inside."""
    plan = TamedTwin().plan(subject(KNeighborsClassifier(), SPIKED, Y))
    capped = plan.build(KNeighborsClassifier()).fit(SPIKED, Y)[0].transform(SPIKED)
    np.testing.assert_array_equal(capped[:, [0, 2, 3]], SPIKED[:, [0, 2, 3]])
    assert np.abs(capped[:, 1]).max() < 10
    assert plan.cause.endswith("column 1")
    assert set(plan.rows[:6]) == set(range(6))


def test_squeezed_column_gets_its_width_back(subject):
    """Behind a scaler that followed the outliers the bounded column is as wide as the others."""
    estimator = make_pipeline(StandardScaler(), LogisticRegression())
    twin = TamedTwin().plan(subject(estimator, SPIKED, Y)).build(estimator).fit(SPIKED, Y)
    assert any(isinstance(step, MADScaler) for _, step, _ in twin[-2].transformers)
    widths = twin[:-1].transform(SPIKED).std(axis=0)
    assert widths.max() < 3 * widths.min()


def test_columns_that_a_scaler_narrowed_for_their_outliers_get_their_width_back(subject):
    """Half of the columns are spiked: by themselves they are capped, scaled they are rescaled."""
    rng = np.random.default_rng(0)
    rows, y = rng.normal(size=(500, 6)), np.arange(500) % 2
    hit = rng.random((500, 3)) < 0.02
    rows[:, :3] = np.where(hit, 20 * rng.normal(size=(500, 3)), rows[:, :3])
    plain = TamedTwin().plan(subject(KNeighborsClassifier(), rows, y))
    assert "capped" in plain.changes
    scaled = make_pipeline(StandardScaler(), KNeighborsClassifier())
    twin = TamedTwin().plan(subject(scaled, rows, y)).build(scaled).fit(rows, y)
    reached = twin[:-1].transform(rows)
    inner = [np.diff(np.quantile(reached[:, j], [0.1, 0.9]))[0] for j in range(6)]
    assert max(inner) < 1.5 * min(inner)


def test_huge_values_have_no_warning(subject):
    """Squares that overflow are no sign of a scaler."""
    rows = SPIKED.copy()
    rows[:6, 1] = 1e200
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert not outlying_columns(rows)["followed"]
