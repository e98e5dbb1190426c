"""What a report reads of a search."""

import numpy as np
import pytest
from sklearn.datasets import make_classification
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import f1_score
from sklearn.naive_bayes import GaussianNB

from sklearn_lossfix import MetricAlignedSearchCV
from sklearn_lossfix.model_selection._search_evidence import search_evidence


@pytest.fixture(scope="module")
def fitted():
    """A search over two axes, one of them of numbers."""
    X, y = make_classification(n_samples=500, weights=[0.85], flip_y=0.1, random_state=0)
    grid = {"C": [1.0, 0.01, 0.1], "fit_intercept": [True, False]}
    return MetricAlignedSearchCV(
        LogisticRegression(),
        grid,
        scoring="f1",
        decision_rule="tune",
        random_state=0,
        n_bootstrap=25,
    ).fit(X, y)


def test_candidates_are_told_as_the_table_has_them(fitted):
    """Values, losses and the choice are those of cv_results_; only numbers make an axis."""
    seen = search_evidence(fitted)
    assert seen.axes == {"C": (0.01, 0.1, 1.0)}
    np.testing.assert_array_equal(seen.values, fitted.cv_results_["mean_test_score"])
    np.testing.assert_array_equal(seen.losses, fitted.cv_results_["proper_loss"])
    assert seen.best == fitted.best_index_
    assert seen.resampled.shape == (25, 6)
    assert seen.resampled.mean(axis=0) == pytest.approx(seen.values)
    assert (seen.honest_low, seen.honest_high) == fitted.honest_score_interval_
    assert seen.metric_name == "f1"


def test_curve_is_the_metric_at_each_threshold(fitted):
    """The curve equals scikit-learn's metric of the labels, and lies in its band almost always."""
    curve = search_evidence(fitted).curve
    scores = fitted.oof_scores_[:, 1]
    for threshold, value in list(zip(curve["threshold"], curve["value"], strict=True))[::20]:
        expected = f1_score(fitted.oof_target_, scores >= threshold, zero_division=0)
        assert value == pytest.approx(expected)
    inside = (curve["low"] <= curve["value"]) & (curve["value"] <= curve["high"])
    assert inside.mean() > 0.95
    assert fitted.threshold_ in curve["threshold"]


def test_more_classes_and_no_record_have_no_curve():
    """Where there is no threshold, or no scores, there is no curve and no error."""
    X, y = make_classification(n_samples=300, n_classes=3, n_informative=4, random_state=0)
    grid = {"var_smoothing": [1e-9, 1e-3]}
    three = MetricAlignedSearchCV(GaussianNB(), grid, n_bootstrap=5).fit(X, y)
    assert search_evidence(three).curve == {}
    two = MetricAlignedSearchCV(GaussianNB(), grid, n_bootstrap=5, store_oof=False)
    assert search_evidence(two.fit(X, y > 0)).curve == {}
