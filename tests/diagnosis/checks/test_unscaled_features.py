"""unscaled-features: judged by a twin with StandardScaler before the last step."""

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.linear_model import LogisticRegression
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler
from sklearn.tree import DecisionTreeClassifier

from sklearn_lossfix import diagnose

SLUG = "unscaled-features"


def wide_noise(table, n_rows):
    """A table whose last column is noise, a thousand times as wide as the others."""
    X, y = table(n_rows)
    return X * [1, 1, 1, 1000.0], y


@pytest.mark.parametrize(
    "model",
    [
        KNeighborsClassifier(15),
        make_pipeline(FunctionTransformer(), KNeighborsClassifier(15)),
    ],
)
def test_fires_and_the_remedy_is_better_on_fresh_rows(table, model):
    """Neighbours in a wide column of noise know nothing; scaled they do, on rows unseen as well."""
    X, y = wide_noise(table, 800)
    finding = diagnose(model, X[:400], y[:400])[SLUG]
    assert finding.section == "issue"
    assert "column 3" in finding.message.lower()
    assert finding.remedy.proven
    twin = clone(finding.remedy.estimator)
    assert isinstance(twin, Pipeline)
    before = clone(model).fit(X[:400], y[:400]).score(X[400:], y[400:])
    assert twin.fit(X[:400], y[:400]).score(X[400:], y[400:]) > before + 0.1


def test_silent_where_scaling_brings_nothing(table):
    """A wide column that every neighbour agrees on does no harm: the twin is tried, and passes."""
    X, y = table(400)
    finding = diagnose(KNeighborsClassifier(15), X * [30, 30, 1, 1], y)[SLUG]
    assert finding.section == "passed"
    assert "not shown" in finding.message


def test_silent_on_one_scale(table):
    """On one scale no twin is tried."""
    X, y = table(200)
    finding = diagnose(LogisticRegression(), X, y, cv=2)[SLUG]
    assert finding.section == "passed"
    assert "is tried" in finding.message


@pytest.mark.parametrize(
    ("model", "words"),
    [
        (DecisionTreeClassifier(max_depth=2, random_state=0), "does not mind the scale"),
        (
            make_pipeline(FunctionTransformer(lambda X: X[:, :1]), LogisticRegression()),
            "one feature",
        ),
    ],
)
def test_not_applicable_where_scale_does_not_matter(table, model, words):
    """Trees do not mind, and one column has nothing to be compared with."""
    X, y = wide_noise(table, 200)
    finding = diagnose(model, X, y, cv=2)[SLUG]
    assert finding.section == "not_applicable"
    assert words in finding.message


def test_silent_behind_a_scaler(table):
    """What reaches the last step counts."""
    X, y = wide_noise(table, 200)
    model = make_pipeline(StandardScaler(), KNeighborsClassifier(15))
    assert diagnose(model, X, y, cv=2)[SLUG].section == "passed"


def test_skipped_where_nothing_may_be_refitted(table):
    """Fast effort has no twin, and says how to get one."""
    X, y = wide_noise(table, 200)
    model = KNeighborsClassifier().fit(X, y)
    finding = diagnose(model, X, y, X_val=X, y_val=y, effort="fast")[SLUG]
    assert finding.section == "skipped"
    assert "effort='normal'" in finding.message


def test_not_applicable_where_the_twin_cannot_be_fitted(table):
    """A model that refuses scaled columns keeps its report, which says what happened."""

    class Picky(KNeighborsClassifier):
        def fit(self, X, y):
            if np.ptp(X[:, 3]) < 100:
                raise RuntimeError("too narrow for me")
            return super().fit(X, y)

    X, y = wide_noise(table, 200)
    report = diagnose(Picky(), X, y, cv=2)
    assert report[SLUG].section == "not_applicable"
    assert "too narrow for me" in report[SLUG].message
    assert any("too narrow for me" in note for note in report.context["notes"])
