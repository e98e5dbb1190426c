"""The honest score of a search is near what fresh rows give, where the apparent score is not."""

import numpy as np
import pytest
from sklearn.datasets import make_classification
from sklearn.metrics import f1_score
from sklearn.tree import DecisionTreeClassifier

from sklearn_lossfix import MetricAlignedSearchCV

N_SEEDS = 40
GRID = {"max_depth": [2, 4, 7, None], "min_samples_leaf": [1, 5, 20]}


@pytest.fixture(scope="module")
def scores():
    """Apparent, honest and true F1 of searches on 600 rows each; seeds 0 to 39."""
    X, y = make_classification(
        40_000,
        n_features=20,
        n_informative=5,
        n_redundant=4,
        weights=[0.9],
        flip_y=0.03,
        class_sep=0.8,
        random_state=100,
    )
    fresh = np.arange(24_000, 40_000)
    found = []
    for seed in range(N_SEEDS):
        rows = np.random.default_rng(seed).choice(24_000, 600, replace=False)
        search = MetricAlignedSearchCV(
            DecisionTreeClassifier(random_state=0), GRID, scoring="f1", random_state=seed
        ).fit(X[rows], y[rows])
        true = f1_score(y[fresh], search.predict(X[fresh]))
        low, high = search.honest_score_interval_
        found.append((search.apparent_score_, search.honest_score_, true, low <= true <= high))
    return np.array(found).T


def test_honest_score_is_near_the_truth_where_the_apparent_one_is_not(scores):
    """Over all seeds the honest score is off by a hundredth at most, the apparent by far more."""
    apparent, honest, true, _ = scores
    assert np.mean(apparent - true) > 0.04
    assert abs(np.mean(honest - true)) <= 0.01


def test_honest_interval_covers(scores):
    """The interval holds the true score in nine of ten searches at least."""
    assert np.mean(scores[3]) >= 0.9
