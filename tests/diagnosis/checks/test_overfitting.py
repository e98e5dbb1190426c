"""overfitting: judged by a twin that is regularised more."""

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.ensemble import RandomForestClassifier, VotingClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.tree import DecisionTreeClassifier

from sklearn_lossfix import diagnose

SLUG = "overfitting"


def wide(n_rows, n_columns=80, seed=0):
    """Many columns, of which one matters."""
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(n_rows, n_columns))
    return X, (rng.random(n_rows) < 1 / (1 + np.exp(-2 * X[:, 0]))).astype(int)


@pytest.mark.parametrize(
    "model",
    [
        DecisionTreeClassifier(random_state=0),
        make_pipeline(StandardScaler(), KNeighborsClassifier(1)),
    ],
)
def test_fires_and_the_remedy_is_better_on_fresh_rows(table, model):
    """A model that remembers noise is worse than its regularised twin, on rows unseen as well."""
    X, y = table(3000, slope=1.0)
    finding = diagnose(model, X[:600], y[:600])[SLUG]
    assert finding.section == "issue"
    assert finding.evidence["training_gap"] == pytest.approx(1.0, abs=0.01)
    assert finding.remedy.proven
    before = clone(model).fit(X[:600], y[:600]).score(X[600:], y[600:])
    twin = clone(finding.remedy.estimator).fit(X[:600], y[:600])
    assert twin.score(X[600:], y[600:]) > before + 0.03


def test_fires_where_columns_are_as_many_as_rows():
    """Hardly any penalty and nearly as many coefficients as rows."""
    X, y = wide(240, 120)
    model = make_pipeline(StandardScaler(), LogisticRegression(C=1e6, solver="newton-cholesky"))
    finding = diagnose(model, X, y, cv=3)[SLUG]
    assert finding.section == "issue"
    assert finding.nats_at_stake > 0
    tamed = make_pipeline(StandardScaler(), LogisticRegression(C=0.02))
    assert diagnose(tamed, X, y, cv=3)[SLUG].section == "passed"


def test_silent_on_a_forest_that_knows_its_rows_by_heart(table):
    """A training score of one is no harm: the twin is tried, and is no better."""
    X, y = table(400)
    model = RandomForestClassifier(100, min_samples_leaf=2, random_state=0)
    assert clone(model).fit(X, y).score(X, y) > 0.95
    finding = diagnose(model, X, y, cv=3)[SLUG]
    assert finding.section == "passed"
    assert "not shown" in finding.message


def test_silent_without_a_gap(table):
    """A model that is no better on its own rows is not refitted."""
    X, y = table(400)
    finding = diagnose(LogisticRegression(), X, y, cv=3)[SLUG]
    assert finding.section == "passed"
    assert "nothing for a regularised twin" in finding.message
    assert finding.estimate <= finding.limit


def test_no_more_than_the_gap_is_at_stake(table):
    """What the twin wins beyond the gap to the training rows is something else's doing."""
    X, y = table(300, slope=1.0)
    report = diagnose(DecisionTreeClassifier(random_state=0), X, y, cv=3)
    finding = report[SLUG]
    gap = finding.evidence["training_gap"]
    assert finding.nats_at_stake <= gap * report.loss_ledger.total


def test_not_applicable_without_a_regulariser(table):
    """A committee has none that is known."""
    X, y = table(200)
    model = VotingClassifier([("a", LogisticRegression())], voting="soft")
    finding = diagnose(model, X, y, cv=2)[SLUG]
    assert finding.section == "not_applicable"
    assert "VotingClassifier" in finding.message


def test_skipped_where_nothing_may_be_refitted(table):
    """Fast effort has no twin."""
    X, y = table(200)
    model = DecisionTreeClassifier(random_state=0).fit(X, y)
    report = diagnose(model, X, y, X_val=X, y_val=y, effort="fast")
    assert report[SLUG].section == "skipped"
