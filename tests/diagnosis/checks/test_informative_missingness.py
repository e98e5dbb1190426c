"""informative-missingness: judged by a twin whose imputers add indicators."""

import numpy as np
from sklearn.base import clone
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import log_loss
from sklearn.naive_bayes import GaussianNB
from sklearn.pipeline import make_pipeline

from sklearn_lossfix import diagnose

SLUG = "informative-missingness"


def holed(table, n_rows, shares):
    """A table whose third column, which is noise, is missing with a chance that the label sets."""
    X, y = table(n_rows, slope=1.0)
    X = X.copy()
    X[np.random.default_rng(1).random(n_rows) < np.asarray(shares)[y], 2] = np.nan
    return X, y


def test_fires_and_the_remedy_is_better_on_fresh_rows(table):
    """What is missing tells the label, and only the indicator hands it on."""
    X, y = holed(table, 1600, [0.05, 0.6])
    model = make_pipeline(SimpleImputer(), LogisticRegression())
    finding = diagnose(model, X[:800], y[:800], cv=3)[SLUG]
    assert finding.section == "issue"
    assert "column 2" in finding.message
    assert finding.remedy.proven
    assert finding.remedy.params == {"simpleimputer__add_indicator": True}
    assert np.isnan(X[finding.rows, 2]).all()
    before = log_loss(y[800:], clone(model).fit(X[:800], y[:800]).predict_proba(X[800:]))
    twin = clone(finding.remedy.estimator).fit(X[:800], y[:800])
    assert log_loss(y[800:], twin.predict_proba(X[800:])) < 0.9 * before


def test_silent_where_values_are_missing_by_chance(table):
    """Holes that do not depend on the label are filled in silence, rightly."""
    X, y = holed(table, 300, [0.3, 0.3])
    finding = diagnose(make_pipeline(SimpleImputer(), LogisticRegression()), X, y, cv=2)[SLUG]
    assert finding.section == "passed"
    assert "do not predict the label" in finding.message


def test_silent_where_the_indicators_are_there(table):
    """An imputer that says what was missing has nothing to add."""
    X, y = holed(table, 200, [0.05, 0.6])
    model = make_pipeline(SimpleImputer(add_indicator=True), LogisticRegression())
    finding = diagnose(model, X, y, cv=2)[SLUG]
    assert finding.section == "not_applicable"
    assert "already" in finding.message


def test_not_applicable_without_holes(table):
    """A whole table has nothing to tell by what is missing."""
    finding = diagnose(GaussianNB(), *table(200), cv=2)[SLUG]
    assert finding.section == "not_applicable"
    assert "No value is missing" in finding.message
