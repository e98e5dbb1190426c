"""What is promised of treatments: honest probabilities, honest scores, no skill that is a leak.

Seeds are fixed: the numbers are those of one draw of the simulation.
"""

import numpy as np
import pytest
from sklearn.datasets import make_classification
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import balanced_accuracy_score, brier_score_loss, log_loss
from sklearn.naive_bayes import GaussianNB
from sklearn.neighbors import KNeighborsClassifier
from sklearn.tree import DecisionTreeClassifier

from sklearn_lossfix import AutoBalancedClassifier

N_SEEDS = 25

# Each with a treatment that bends its probabilities.
BENT = {
    "weighted regression": (LogisticRegression(), "class_weight_balanced"),
    "weighted forest": (
        RandomForestClassifier(30, min_samples_leaf=3, random_state=0),
        "class_weight_balanced",
    ),
    "balanced forest": (
        RandomForestClassifier(30, min_samples_leaf=3, random_state=0),
        "balanced_random_forest",
    ),
    "bagged trees": (DecisionTreeClassifier(max_depth=5, random_state=0), "balanced_bagging"),
    "neighbors of made-up rows": (KNeighborsClassifier(15), "smote_balanced"),
    "naive Bayes of few rows": (GaussianNB(), "random_under_balanced"),
}


def as_treated(X, y, sample_weight=None):
    """The rows where classes are balanced, by rows or by weight; otherwise rows that tell nothing.

    A learner that fits these is of no use without a treatment, so the treatment is chosen.
    """
    is_balanced = np.average(y, weights=sample_weight) > 0.3
    return X if is_balanced else np.random.default_rng(0).normal(size=X.shape)


class Regression(LogisticRegression):
    """Logistic regression that learns from balanced classes only."""

    def fit(self, X, y, sample_weight=None):
        """Fit."""
        return super().fit(as_treated(X, y, sample_weight), y, sample_weight)


class Bayes(GaussianNB):
    """Naive Bayes that learns from balanced classes only, and takes no weights."""

    def fit(self, X, y):
        """Fit."""
        return super().fit(as_treated(X, y), y)


@pytest.fixture(scope="module")
def population():
    """Training rows by seed, and 15,000 fresh rows of the same two classes."""
    X, y = make_classification(
        40_000,
        n_features=12,
        n_informative=5,
        n_redundant=2,
        weights=[0.92],
        flip_y=0.03,
        class_sep=0.8,
        random_state=100,
    )

    def rows(seed, n_rows=800):
        chosen = np.random.default_rng(seed).choice(25_000, n_rows, replace=False)
        return X[chosen], y[chosen]

    return rows, X[25_000:], y[25_000:]


@pytest.fixture(scope="module", params=BENT)
def bent(request, population):
    """The table of results of each pair of learner and treatment; the untreated one is first."""
    learner, treatment = BENT[request.param]
    params = {"strategies": [treatment], "n_bootstrap": 10, "random_state": 0}
    X, y = population[0](0, 1500)
    model = AutoBalancedClassifier(learner, **params).fit(X, y)
    assert model.strategy_results_["strategy"].tolist() == ["none", treatment]
    return model.strategy_results_


def test_treatments_bend_probabilities_and_the_correction_bends_them_back(bent):
    """Uncorrected, a treatment costs far more loss than none; corrected, a tenth at most."""
    for loss in ("log_loss", "brier"):
        assert bent[f"{loss}_uncorrected"][1] > 1.2 * bent[loss][0]
        assert bent[loss][1] < 1.1 * bent[loss][0]
        assert bent[loss][1] < bent[f"{loss}_uncorrected"][1]


def test_the_formula_alone_can_make_probabilities_of_a_forest_worse(population):
    """Trees under class weights are not what Bayes' rule assumes; what is learnt never loses."""
    X, y = population[0](1, 1500)
    forest = RandomForestClassifier(30, random_state=0)
    params = {"strategies": ["class_weight_balanced"], "n_bootstrap": 10, "random_state": 0}
    formula = AutoBalancedClassifier(forest, correct_proba="prior", **params).fit(X, y)
    learnt = AutoBalancedClassifier(forest, **params).fit(X, y)
    assert formula.strategy_results_["brier"][1] > formula.strategy_results_["brier_uncorrected"][1]
    for loss in ("log_loss", "brier"):
        results = learnt.strategy_results_
        assert results[loss][1] <= results[f"{loss}_uncorrected"][1]


@pytest.mark.parametrize(
    ("learner", "treatment"),
    [
        (Regression(), "class_weight_balanced"),
        (Regression(), "smote_balanced"),
        (Bayes(), "random_under_balanced"),
        (Bayes(), "random_over_balanced"),
        (Bayes(), "balanced_bagging"),
    ],
)
@pytest.mark.parametrize("ensemble", [False, True])
def test_mean_forecasts_are_the_shares_of_the_classes(population, learner, treatment, ensemble):
    """On fresh rows the mean forecast is the share of the class, after every treatment."""
    rows, fresh, truth = population
    X, y = rows(2, 3000)
    model = AutoBalancedClassifier(
        learner, strategies=[treatment], n_bootstrap=10, random_state=0, ensemble=ensemble
    ).fit(X, y)
    assert model.best_strategy_ == treatment
    # The shares of 3,000 rows are off by half a hundredth themselves.
    assert model.predict_proba(fresh)[:, 1].mean() == pytest.approx(truth.mean(), abs=0.015)
    assert 0.4 < model.training_prior_[1] < 0.6


def test_a_weighted_regression_forecasts_like_an_unweighted_one(population):
    """On fresh rows its Brier score is within a tenth of that without weights."""
    rows, fresh, truth = population
    X, y = rows(3, 2000)
    model = AutoBalancedClassifier(
        Regression(), strategies=["class_weight_balanced"], random_state=0, n_bootstrap=10
    ).fit(X, y)
    plain = LogisticRegression().fit(X, y).predict_proba(fresh)[:, 1]
    weighted = LogisticRegression(class_weight="balanced").fit(X, y).predict_proba(fresh)[:, 1]
    least = brier_score_loss(truth, plain)
    assert brier_score_loss(truth, weighted) > 1.5 * least
    assert brier_score_loss(truth, model.predict_proba(fresh)[:, 1]) < 1.1 * least


@pytest.fixture(scope="module")
def scores(population):
    """Honest, apparent and true balanced accuracy of fits on 800 rows each, and the intervals."""
    rows, fresh, truth = population
    found = []
    for seed in range(N_SEEDS):
        model = AutoBalancedClassifier(
            DecisionTreeClassifier(max_depth=5, random_state=0),
            strategies=["class_weight", "random_over", "random_under"],
            random_state=seed,
            n_bootstrap=20,
        ).fit(*rows(seed))
        true = balanced_accuracy_score(truth, model.predict(fresh))
        low, high = model.honest_score_interval_
        found.append((model.honest_score_, model.apparent_score_, true, low <= true <= high))
    return np.array(found, dtype=float).T


def test_the_honest_score_is_near_the_truth_where_the_apparent_one_is_not(scores):
    """Over all seeds the honest score is off by two hundredths at most, the apparent by more."""
    honest, apparent, true, _ = scores
    assert abs(np.mean(honest - true)) < 0.02
    assert np.mean(apparent - true) > 0.03


def test_the_honest_interval_covers(scores):
    """The interval holds the true score in eight of ten fits at least."""
    assert scores[3].mean() >= 0.8


@pytest.mark.parametrize("share", [0.02, 0.3, 0.7])
def test_new_shares_are_found_and_pay(share):
    """Where classes keep their looks, unlabelled rows tell the new shares, and losses fall."""
    rng = np.random.default_rng(int(100 * share))

    def draw(share, n_rows):
        y = (rng.random(n_rows) < share).astype(int)
        return rng.normal(size=(n_rows, 3)) + y[:, None], y

    model = AutoBalancedClassifier(
        LogisticRegression(), random_state=0, n_bootstrap=10, scoring="accuracy"
    ).fit(*draw(0.1, 2000))
    X, y = draw(share, 6000)
    adapted = model.adapt_prior(X)
    assert adapted.class_prior_[1] == pytest.approx(share, abs=0.05)
    assert log_loss(y, adapted.predict_proba(X)) < log_loss(y, model.predict_proba(X))
    assert adapted.score(X, y) >= model.score(X, y) - 0.002


@pytest.mark.parametrize("treatment", ["random_over", "smote", "bagging"])
def test_labels_by_chance_are_not_learnt(treatment):
    """Over ten draws a nearest neighbour is at chance, though it remembers every row it saw."""
    found = []
    for seed in range(10):
        rng = np.random.default_rng(seed)
        X, y = rng.normal(size=(300, 4)), (rng.random(300) < 0.2).astype(int)
        model = AutoBalancedClassifier(
            KNeighborsClassifier(1),
            strategies=[treatment],
            decision_rule="default",
            n_bootstrap=10,
            random_state=seed,
            cv=3,
        ).fit(X, y)
        found.append(model.honest_score_)
    assert abs(np.mean(found) - 0.5) < 0.02


@pytest.mark.parametrize(
    ("scoring", "n_classes", "decision_rule"),
    [("roc_auc", 2, "default"), ("neg_log_loss", 2, "default"), ("accuracy", 12, "auto")],
)
def test_a_correction_that_is_learnt_makes_no_score_too_good(scoring, n_classes, decision_rule):
    """On pure noise, with equal shares of the classes, no score beats what fresh rows give."""
    excess = []
    for seed in range(N_SEEDS):
        rng = np.random.default_rng(seed)
        X, fresh = rng.normal(size=(72, 4)), rng.normal(size=(600, 4))
        y, y_fresh = (rng.permutation(np.arange(n) % n_classes) for n in (72, 600))
        model = AutoBalancedClassifier(
            GaussianNB(),
            strategies=["none"],
            scoring=scoring,
            decision_rule=decision_rule,
            n_bootstrap=20,
            random_state=0,
        ).fit(X, y)
        excess.append(model.honest_score_ - model.score(fresh, y_fresh))
    assert np.mean(excess) < 2 * np.std(excess, ddof=1) / np.sqrt(N_SEEDS)
