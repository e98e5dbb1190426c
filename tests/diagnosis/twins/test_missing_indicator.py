"""The twin with indicators: which imputers there are, and what missing values tell."""

import numpy as np
import pandas as pd
import polars as pl
import pytest
from scipy import sparse, stats
from sklearn.base import clone
from sklearn.compose import make_column_transformer
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.impute import KNNImputer, SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from sklearn_lossfix._core._evidence import NoTwin
from sklearn_lossfix.diagnosis.twins.missing_indicator import (
    MissingIndicatorTwin,
    missing_cells,
    missingness_tests,
    silent_imputers,
)
from sklearn_lossfix.exceptions import CheckNotApplicable

RNG = np.random.default_rng(0)
Y = RNG.integers(0, 2, 300)
X = RNG.normal(size=(300, 3))
TELLING, SILENT = X.copy(), X.copy()
TELLING[RNG.random(300) < np.where(Y == 1, 0.5, 0.1), 1] = np.nan
SILENT[RNG.random(300) < 0.3, 1] = np.nan


def piped(imputer=None):
    """An imputer in front of a regression."""
    return make_pipeline(SimpleImputer() if imputer is None else imputer, LogisticRegression())


NESTED = make_pipeline(
    make_column_transformer(
        (make_pipeline(KNNImputer(), StandardScaler()), [0, 1]), (SimpleImputer(), [2])
    ),
    LogisticRegression(),
)


@pytest.mark.parametrize(
    ("estimator", "names"),
    [
        (piped(), ["simpleimputer__add_indicator"]),
        (piped(SimpleImputer(add_indicator=True)), []),
        (LogisticRegression(), []),
        (GridSearchCV(piped(), {}), ["estimator__simpleimputer__add_indicator"]),
        (
            NESTED,
            [
                "columntransformer__pipeline__knnimputer__add_indicator",
                "columntransformer__simpleimputer__add_indicator",
            ],
        ),
    ],
)
def test_silent_imputers_are_found_at_any_depth(estimator, names):
    """Switches that are off are found in Pipelines, ColumnTransformers and searches."""
    assert silent_imputers(estimator)[0] == names


@pytest.mark.parametrize(
    "container",
    [
        np.asarray,
        pd.DataFrame,
        lambda x: pd.DataFrame(x).astype("Float64"),
        lambda x: pl.DataFrame(x, schema=["a", "b", "c"]),
        lambda x: np.where(np.isnan(x), None, x),
    ],
)
def test_missing_cells_are_the_same_in_any_container(container):
    """NaN, None and nulls count as missing, wherever the table comes from."""
    np.testing.assert_array_equal(missing_cells(container(TELLING)), np.isnan(TELLING))


def test_missing_cells_follow_the_marker():
    """What the imputer takes for missing is missing, and NaN is not where it is no marker."""
    table = np.where(np.isnan(TELLING), -1.0, TELLING)
    np.testing.assert_array_equal(missing_cells(table, -1), np.isnan(TELLING))
    assert not missing_cells(table).any()


def test_missingness_test_is_the_g_test():
    """P-values equal SciPy's G-test; columns that are never missing get one."""
    missing = np.isnan(TELLING)
    p_values, information = missingness_tests(missing, Y, 2)
    table = np.array(
        [[np.sum(missing[:, 1] & (Y == k)), np.sum(~missing[:, 1] & (Y == k))] for k in (0, 1)]
    )
    expected = stats.chi2_contingency(table, correction=False, lambda_="log-likelihood").pvalue
    assert p_values[1] == pytest.approx(expected)
    np.testing.assert_array_equal(p_values[[0, 2]], 1.0)
    assert information[1] > 0.05
    np.testing.assert_array_equal(information[[0, 2]], 0.0)


def test_missingness_that_tells_nothing_is_rarely_called_telling():
    """The p-value is uniform where missing values come by chance: 5 % lie below 0.05."""
    rng = np.random.default_rng(1)
    p_values, _ = missingness_tests(rng.random((400, 500)) < 0.2, rng.integers(0, 3, 400), 3)
    assert 0.02 < np.mean(p_values < 0.05) < 0.09


@pytest.mark.parametrize(
    ("estimator", "features", "reason"),
    [
        (piped(), X, "No value is missing"),
        (HistGradientBoostingClassifier(), TELLING, "No imputer"),
        (piped(SimpleImputer(add_indicator=True)), TELLING, "already tell"),
        (piped(), sparse.csr_array(X), "sparse"),
    ],
)
def test_no_twin_has_a_reason(subject, estimator, features, reason):
    """Where nothing is missing, or nothing keeps quiet about it, the reason says why."""
    with pytest.raises(CheckNotApplicable, match=reason):
        MissingIndicatorTwin().plan(subject(estimator, features, Y))


def test_missing_by_chance_needs_no_twin(subject):
    """Values that are missing whatever the label have passed."""
    none = MissingIndicatorTwin().plan(subject(piped(), SILENT, Y))
    assert isinstance(none, NoTwin)
    assert none.section == "passed"
    assert none.estimate > none.limit


@pytest.mark.parametrize("estimator", [piped(), piped(KNNImputer(n_neighbors=2)), NESTED])
def test_twin_switches_indicators_on_and_changes_nothing_else(subject, run_code, estimator):
    """Every switch that was off is on; all other parameters stay; the code agrees."""
    before = str(estimator.get_params())
    plan = MissingIndicatorTwin().plan(subject(estimator, TELLING, Y))
    twin = plan.build(estimator)
    assert str(estimator.get_params()) == before
    assert set(plan.params) == set(silent_imputers(estimator)[0])
    assert not silent_imputers(twin)[0]
    shown = run_code(plan.code, clone(estimator)).fit(TELLING, Y).predict_proba(TELLING)
    np.testing.assert_allclose(shown, twin.fit(TELLING, Y).predict_proba(TELLING))


def test_the_column_and_its_rows_are_named(subject):
    """The sentence names the column as the user does, and its missing rows are pointed at."""
    frame = pd.DataFrame(TELLING, columns=["a", "income", "c"])
    plan = MissingIndicatorTwin().plan(subject(piped(), frame, Y))
    assert "column 'income'" in plan.cause
    assert np.isnan(TELLING[plan.rows, 1]).all()
    assert 0 < plan.suspicion <= 1
