"""underfitting: judged by a reference model and by a richer twin."""

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.naive_bayes import GaussianNB
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import LinearSVC
from sklearn.tree import DecisionTreeClassifier

from sklearn_lossfix import diagnose
from sklearn_lossfix.diagnosis._reference_twin import REFERENCE

SLUG = "underfitting"


def crossed(n_rows, seed=0):
    """Labels that depend on the product of two columns: no line, no single column tells."""
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(n_rows, 3))
    odds = np.exp(-3 * X[:, 0] * X[:, 1])
    return X, (rng.random(n_rows) < 1 / (1 + odds)).astype(int)


@pytest.mark.parametrize(
    "model",
    [
        make_pipeline(StandardScaler(), LogisticRegression()),
        LinearSVC(),
        DecisionTreeClassifier(max_depth=1, random_state=0),
        KNeighborsClassifier(300),
        GaussianNB(),
    ],
)
def test_fires_and_the_remedy_is_better_on_fresh_rows(model):
    """What the model cannot represent, the remedy can, on rows unseen as well."""
    X, y = crossed(3000)
    finding = diagnose(model, X[:600], y[:600])[SLUG]
    assert finding.section == "issue"
    assert finding.remedy.proven
    before = clone(model).fit(X[:600], y[:600]).score(X[600:], y[600:])
    remedy = clone(finding.remedy.estimator).fit(X[:600], y[:600])
    assert remedy.score(X[600:], y[600:]) > before + 0.1


def test_the_own_kind_is_proposed_where_it_does_as_well():
    """Products of columns are all that a line needs here."""
    X, y = crossed(600)
    finding = diagnose(make_pipeline(StandardScaler(), LogisticRegression()), X, y)[SLUG]
    assert finding.evidence["twin"] == "higher_capacity"
    assert "before LogisticRegression" in finding.remedy.changes


def test_the_reference_is_proposed_where_nothing_smaller_is_known():
    """Naive Bayes has no richer form."""
    X, y = crossed(600)
    report = diagnose(GaussianNB(), X, y)
    finding = report[SLUG]
    assert finding.evidence["twin"] == REFERENCE
    assert isinstance(finding.remedy.estimator, HistGradientBoostingClassifier)
    assert "no-signal" not in [f.name for f in report.findings if f.section == "issue"] or (
        report["no-signal"].explained_by == SLUG
    )


def test_fires_where_a_recalibration_would_do():
    """A few tiny steps rank well and say little: the twin with more of them says it."""
    X, y = crossed(600)
    model = HistGradientBoostingClassifier(max_iter=3, learning_rate=0.01, random_state=0)
    finding = diagnose(model, X, y)[SLUG]
    assert finding.section == "issue"
    assert "max_iter" in finding.remedy.changes


def test_silent_where_the_model_fits(table):
    """A linear model of linear data misses nothing."""
    X, y = table(600)
    finding = diagnose(LogisticRegression(), X, y, cv=3)[SLUG]
    assert finding.section == "passed"
    assert finding.estimate < finding.limit


def test_silent_on_a_model_that_remembers_its_rows():
    """A tree that knows its rows by heart can represent anything: that is overfitting."""
    X, y = crossed(600)
    report = diagnose(DecisionTreeClassifier(random_state=0), X, y, cv=3)
    assert report[SLUG].section == "passed"
    assert report["overfitting"].section == "issue"


def test_explained_by_columns_on_different_scales(table):
    """Neighbours in a wide column of noise miss what they find once it is scaled."""
    X, y = table(500)
    report = diagnose(KNeighborsClassifier(30), X * [1, 1, 1, 1000], y)
    assert report["unscaled-features"].section == "issue"
    finding = report[SLUG]
    assert finding.section != "issue" or finding.explained_by == "unscaled-features"


def test_not_applicable_without_a_reference(table):
    """Words in an array of fixed width are none that boosting can take."""
    X, y = table(200)
    model = make_pipeline(_Length(), LogisticRegression())
    finding = diagnose(model, X.astype("U8"), y, cv=2)[SLUG]
    assert finding.section == "not_applicable"
    assert "no reference" in finding.message


class _Length(StandardScaler):
    """Reads numbers from words."""

    def fit(self, X, y=None):
        """Fit on the numbers."""
        return super().fit(X.astype(float))

    def transform(self, X):
        """Scale the numbers."""
        return super().transform(X.astype(float))
