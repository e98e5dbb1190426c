"""not-converged: judged by what ten times the iterations bring."""

import numpy as np
import pytest
from sklearn.base import BaseEstimator, ClassifierMixin, clone
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import log_loss
from sklearn.naive_bayes import GaussianNB
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from sklearn_lossfix import diagnose

SLUG = "not-converged"


def correlated(n_rows, seed=0):
    """Nearly equal columns of one scale whose difference decides: lbfgs needs many steps."""
    rng = np.random.default_rng(seed)
    base = rng.normal(size=(n_rows, 1))
    X = base + 0.1 * rng.normal(size=(n_rows, 5))
    y = (40 * (X[:, 0] - X[:, 1]) + rng.logistic(size=n_rows) > 0).astype(int)
    return X, y


@pytest.mark.parametrize("wrap", [lambda m: m, lambda m: make_pipeline(StandardScaler(), m)])
def test_fires_and_the_remedy_is_better_on_fresh_rows(wrap):
    """Two steps are not enough, twenty are better: on the folds and on fresh rows."""
    X, y = correlated(1600)
    model = wrap(LogisticRegression(C=100.0, max_iter=2))
    finding = diagnose(model, X[:800], y[:800])[SLUG]
    assert finding.section == "issue"
    assert finding.remedy.proven
    assert list(finding.remedy.params.values()) == [20]
    twin = clone(finding.remedy.estimator).fit(X[:800], y[:800])
    with pytest.warns(Warning, match="failed to converge"):
        model.fit(X[:800], y[:800])
    before = log_loss(y[800:], model.predict_proba(X[800:]))
    assert log_loss(y[800:], twin.predict_proba(X[800:])) < 0.95 * before


def test_tip_where_more_steps_bring_nothing(table):
    """A fit that warns and is as good as a converged one is a tip, without a remedy."""
    X, y = table(400)
    finding = diagnose(LogisticRegression(max_iter=4, tol=1e-12), X, y)[SLUG]
    assert finding.section == "tip"
    assert "without harm" in finding.message
    assert finding.remedy is None


def test_tip_where_nothing_can_be_refitted():
    """Fast effort sees the limit and cannot judge it."""
    X, y = correlated(400)
    with pytest.warns(Warning, match="failed to converge"):
        model = LogisticRegression(C=100.0, max_iter=2).fit(X, y)
    finding = diagnose(model, X, y, X_val=X, y_val=y, effort="fast")[SLUG]
    assert finding.section == "tip"
    assert "effort='normal'" in finding.message


class HiddenLimit(ClassifierMixin, BaseEstimator):
    """A classifier whose optimiser warns, and whose limit is no parameter."""

    def fit(self, X, y):
        self.model_ = LogisticRegression(C=100.0, max_iter=2).fit(X, y)
        self.classes_ = self.model_.classes_
        return self

    def predict(self, X):
        return self.model_.predict(X)

    def predict_proba(self, X):
        return self.model_.predict_proba(X)


def test_tip_where_no_limit_can_be_lifted():
    """The warnings of the folds are told in a sentence, with why nothing was tried."""
    finding = diagnose(HiddenLimit(), *correlated(200), cv=2)[SLUG]
    assert finding.section == "tip"
    assert finding.message.startswith("The estimator stopped at its iteration limit.")
    assert "no iteration limit to lift" in finding.message


def test_silent_where_the_fit_converged(table):
    """Below its limit the optimiser is done."""
    X, y = table(200)
    model = LogisticRegression(max_iter=1000).fit(X, y)
    assert diagnose(model, X, y, cv=2)[SLUG].section == "passed"


def test_not_applicable_without_iterations(table):
    """Naive Bayes has no iterations to run out of; trees of boosting are counted, not steps."""
    X, y = table(200)
    for model in (GaussianNB(), HistGradientBoostingClassifier(max_iter=5)):
        finding = diagnose(model.fit(X, y), X, y, cv=2)[SLUG]
        assert finding.section == "not_applicable"
        assert "no iterations of an optimiser" in finding.message
