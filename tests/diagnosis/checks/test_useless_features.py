"""useless-features: judged by a twin with a selector that is refitted in every fold."""

import numpy as np
from sklearn.base import clone
from sklearn.linear_model import LogisticRegression
from sklearn.neighbors import KNeighborsClassifier

from sklearn_lossfix import diagnose

SLUG = "useless-features"


def padded(table, n_rows, n_noise):
    """A table with columns of noise beside it."""
    X, y = table(n_rows, n_features=2)
    rng = np.random.default_rng(1)
    return np.column_stack([X, rng.normal(size=(n_rows, n_noise))]), y


def test_fires_and_the_remedy_is_better_on_fresh_rows(table):
    """Neighbours in thirty columns of noise are no neighbours; in two columns they are."""
    X, y = padded(table, 1000, 30)
    model = KNeighborsClassifier(15)
    finding = diagnose(model, X[:500], y[:500], cv=3)[SLUG]
    assert finding.section == "issue"
    assert "of 32 columns show no relation" in finding.message
    assert finding.remedy.proven
    before = clone(model).fit(X[:500], y[:500]).score(X[500:], y[500:])
    twin = clone(finding.remedy.estimator).fit(X[:500], y[:500])
    assert twin.score(X[500:], y[500:]) > before + 0.02


def test_silent_where_noise_does_no_harm(table):
    """On enough rows a penalised regression ignores a few columns of noise by itself."""
    X, y = padded(table, 400, 5)
    finding = diagnose(LogisticRegression(), X, y, cv=2)[SLUG]
    assert finding.section == "passed"
    assert "not shown" in finding.message


def test_silent_where_columns_tell_something(table):
    """Where most columns are related to the label no selector is tried."""
    finding = diagnose(KNeighborsClassifier(15), *padded(table, 200, 0), cv=2)[SLUG]
    assert finding.section == "passed"
    assert "not tried" in finding.message


def test_selection_does_not_flatter_on_noise():
    """Labels that no column knows stay unknown: choosing columns inside the folds finds nothing."""
    rng = np.random.default_rng(0)
    X, y = rng.normal(size=(80, 200)), rng.integers(0, 2, 80)
    finding = diagnose(KNeighborsClassifier(15), X, y, cv=3)[SLUG]
    assert finding.section == "passed"
