"""seed-sensitive: seeds differ by more than the floor, and their mean is better."""

import ast

import numpy as np
import pytest
from sklearn.base import BaseEstimator, ClassifierMixin, clone
from sklearn.ensemble import VotingClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.naive_bayes import GaussianNB
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import Normalizer, QuantileTransformer, StandardScaler
from sklearn.svm import LinearSVC
from sklearn.utils import check_random_state

from sklearn_lossfix import diagnose

SLUG = "seed-sensitive"


class Lucky(ClassifierMixin, BaseEstimator):
    """A linear model that sees the columns through a random matrix drawn from its seed."""

    def __init__(self, luck=1.0, random_state=None):
        self.luck = luck
        self.random_state = random_state

    def fit(self, X, y):
        """Add random directions to the coefficients that were learnt."""
        self.model_ = LogisticRegression().fit(X, y)
        rng = check_random_state(self.random_state)
        self.model_.coef_ += self.luck * rng.normal(size=self.model_.coef_.shape)
        self.classes_ = self.model_.classes_
        return self

    def predict_proba(self, X):
        """Probabilities of the disturbed model."""
        return self.model_.predict_proba(X)

    def predict(self, X):
        """The more probable label."""
        return self.model_.predict(X)


def test_fires_and_the_remedy_is_better_on_fresh_rows(table):
    """The mean over seeds is better than one of them, on rows unseen as well."""
    X, y = table(3000)
    model = Lucky(2.0, random_state=0)
    report = diagnose(model, X[:1000], y[:1000], cv=3, effort="thorough")
    finding = report[SLUG]
    assert finding.section == "issue"
    assert finding.evidence["seed_p"] < 0.01
    assert finding.remedy.proven
    assert len(report.tables["seeds"]) == 5
    fresh = [
        clone(model).set_params(random_state=s).fit(X[:1000], y[:1000]).predict_proba(X[1000:])
        for s in range(10)
    ]
    rows = np.arange(2000), y[1000:]
    alone = np.mean([-np.log(p[rows]).mean() for p in fresh])
    together = clone(finding.remedy.estimator).fit(X[:1000], y[:1000]).predict_proba(X[1000:])
    assert -np.log(together[rows]).mean() < alone


def test_silent_where_luck_is_small(table):
    """Seeds that hardly differ pass, with what was seen."""
    X, y = table(400)
    finding = diagnose(Lucky(0.05, random_state=0), X, y, cv=2, effort="thorough")[SLUG]
    assert finding.section == "passed"


def test_silent_where_the_seed_is_not_used(table):
    """A solver that draws nothing gives the same with every seed."""
    X, y = table(300)
    report = diagnose(LogisticRegression(), X, y, cv=2, effort="thorough")
    assert report[SLUG].section == "passed"
    assert "changes nothing" in report[SLUG].message
    assert len(report.tables["seeds"]) == 2


@pytest.mark.parametrize(
    ("model", "words"),
    [(GaussianNB(), "takes no seed"), (LinearSVC(random_state=0), "no probabilities")],
)
def test_not_applicable_without_seed_or_probabilities(table, model, words):
    """There is nothing to vary, or nothing to average."""
    X, y = table(200)
    finding = diagnose(model, X, y, cv=2, effort="thorough")[SLUG]
    assert finding.section == "not_applicable"
    assert words in finding.message


def test_skipped_at_normal_effort(table):
    """Other seeds cost refits that only thorough effort makes."""
    X, y = table(200)
    finding = diagnose(Lucky(), X, y, cv=2)[SLUG]
    assert finding.section == "skipped"
    assert "thorough" in finding.message


def rebuilt(remedy, estimator):
    """What the remedy's code makes of the user's estimator: the value of its last statement."""
    scope, tree = {"estimator": clone(estimator)}, ast.parse(remedy.code)
    last = ast.Expression(tree.body.pop().value)
    exec(compile(tree, "remedy", "exec"), scope)
    return eval(compile(last, "remedy", "eval"), scope)


@pytest.mark.parametrize(
    "model",
    [Lucky(2.0), make_pipeline(StandardScaler(), make_pipeline(Normalizer(), Lucky(2.0)))],
    ids=["alone", "pipeline"],
)
def test_the_code_makes_the_remedy(table, model):
    """Of a bare model and of a Pipeline, whose first steps are fitted once."""
    remedy = diagnose(model, *table(1000), cv=3, effort="thorough")[SLUG].remedy
    assert repr(rebuilt(remedy, model)) == repr(remedy.estimator)
    assert type(remedy.estimator) is (VotingClassifier if isinstance(model, Lucky) else Pipeline)


class WeightedLucky(Lucky):
    """The same, with weights."""

    def fit(self, X, y, sample_weight=None):
        """Weights change nothing here: only that they can be handed in matters."""
        return super().fit(X, y)


def test_no_remedy_that_would_drop_the_weights(table):
    """Where first steps have seeds, weights cannot reach the members: the reason is said."""
    X, y = table(1000)
    model = make_pipeline(QuantileTransformer(n_quantiles=20), WeightedLucky(2.0))
    given = {"cv": 3, "effort": "thorough"}
    finding = diagnose(model, X, y, sample_weight=np.full(1000, 0.5), **given)[SLUG]
    assert finding.section == "issue"
    assert finding.remedy is None
    assert "the weights of the rows do not reach a Pipeline inside of a VotingClassifier" in (
        finding.message
    )
    assert diagnose(model, X, y, **given)[SLUG].remedy is not None
