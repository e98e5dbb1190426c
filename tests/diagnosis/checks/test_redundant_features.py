"""redundant-features: judged by a twin with one column of each correlated set."""

import numpy as np
from sklearn.base import clone
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import log_loss
from sklearn.naive_bayes import GaussianNB
from sklearn.tree import DecisionTreeClassifier

from sklearn_lossfix import diagnose

SLUG = "redundant-features"


def copied(table, n_rows):
    """A table with eight near copies of its first column."""
    X, y = table(n_rows, slope=1.0)
    rng = np.random.default_rng(1)
    return np.column_stack([X, X[:, [0]] + 0.1 * rng.normal(size=(n_rows, 8))]), y


def test_fires_and_the_remedy_is_better_on_fresh_rows(table):
    """Naive Bayes counts one column nine times; the twin counts it once."""
    X, y = copied(table, 1200)
    model = GaussianNB()
    finding = diagnose(model, X[:600], y[:600], cv=3)[SLUG]
    assert finding.section == "issue"
    assert "8 of 12 columns repeat others" in finding.message
    assert finding.remedy.proven
    before = log_loss(y[600:], clone(model).fit(X[:600], y[:600]).predict_proba(X[600:]))
    twin = clone(finding.remedy.estimator).fit(X[:600], y[:600])
    assert log_loss(y[600:], twin.predict_proba(X[600:])) < 0.9 * before


def test_silent_where_copies_do_no_harm(table):
    """A penalised regression shares the weight among copies, which costs nothing."""
    X, y = copied(table, 300)
    finding = diagnose(LogisticRegression(), X, y, cv=2)[SLUG]
    assert finding.section == "passed"
    assert "not shown" in finding.message


def test_silent_without_copies(table):
    """Columns that differ are not pruned."""
    finding = diagnose(GaussianNB(), *table(200), cv=2)[SLUG]
    assert finding.section == "passed"
    assert "not tried" in finding.message


def test_not_applicable_to_trees(table):
    """A split on one copy is a split on all."""
    X, y = copied(table, 200)
    finding = diagnose(DecisionTreeClassifier(max_depth=2, random_state=0), X, y, cv=2)[SLUG]
    assert finding.section == "not_applicable"
