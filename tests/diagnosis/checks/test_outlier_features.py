"""outlier-features: judged by a twin whose outlying columns are bounded."""

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import log_loss
from sklearn.naive_bayes import GaussianNB
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.tree import DecisionTreeClassifier

from sklearn_lossfix import diagnose

SLUG = "outlier-features"


def spiked(table, n_rows, share=0.01):
    """A table in which some values of the first two columns, which decide, are far too large."""
    X, y = table(n_rows)
    X = X.copy()
    rows = np.random.default_rng(1).random((n_rows, 2)) < share
    X[:, :2] = np.where(rows, 1e4 * X[:, :2], X[:, :2])
    return X, y


@pytest.mark.parametrize(
    "model", [GaussianNB(), make_pipeline(StandardScaler(), LogisticRegression())], ids=["nb", "lr"]
)
def test_fires_and_the_remedy_is_better_on_fresh_rows(table, model):
    """Means and widths that follow a few values tell little; bounded columns tell more."""
    X, y = spiked(table, 2400)
    finding = diagnose(model, X[:1200], y[:1200], cv=3)[SLUG]
    assert finding.section == "issue"
    assert "of the variance of column" in finding.message
    assert finding.remedy.proven
    assert (np.abs(X[finding.rows]).max(axis=1) > 3).all()
    before = log_loss(y[1200:], clone(model).fit(X[:1200], y[:1200]).predict_proba(X[1200:]))
    twin = clone(finding.remedy.estimator).fit(X[:1200], y[:1200])
    assert log_loss(y[1200:], twin.predict_proba(X[1200:])) < 0.95 * before


def test_silent_on_clean_columns(table):
    """Normal columns have no outliers, and no twin is tried."""
    finding = diagnose(GaussianNB(), *table(200), cv=2)[SLUG]
    assert finding.section == "passed"
    assert "not tried" in finding.message


def test_silent_where_outliers_do_no_harm(table):
    """Outliers in a column that the model hardly reads are no issue."""
    X, y = table(300)
    X = np.column_stack([X, np.random.default_rng(0).standard_cauchy(300)])
    model = make_pipeline(StandardScaler(), LogisticRegression())
    assert diagnose(model, X, y, cv=2)[SLUG].section == "passed"


def test_not_applicable_to_trees(table):
    """Splits do not see how far an outlier lies."""
    X, y = spiked(table, 200)
    finding = diagnose(DecisionTreeClassifier(max_depth=2, random_state=0), X, y, cv=2)[SLUG]
    assert finding.section == "not_applicable"
    assert "splits by ranks" in finding.message
