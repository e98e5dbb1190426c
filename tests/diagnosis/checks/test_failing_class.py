"""failing-class: one class is ranked far worse than its peers."""

import numpy as np

from sklearn_lossfix import diagnose, diagnose_predictions

SLUG = "failing-class"


def forecasts(n_rows, *, lost, seed=0):
    """Four classes whose score is raised where they are the truth; a lost one looks like others."""
    rng = np.random.default_rng(seed)
    y = rng.integers(0, 4, n_rows)
    seen = y.copy()
    logits = rng.normal(size=(n_rows, 4))
    if lost is not None:
        others = np.setdiff1d(np.arange(4), lost)
        seen[y == lost] = rng.choice(others, np.count_nonzero(y == lost))
        logits[:, lost] = -1.5
    logits[np.arange(n_rows), seen] += 3.0
    odds = np.exp(logits)
    return y, odds / odds.sum(axis=1, keepdims=True)


def test_fires_on_the_class_that_is_lost():
    """The class without a score of its own is named, with its share of rows and of the loss."""
    y, proba = forecasts(2000, lost=2)
    finding = diagnose_predictions(y, proba)[SLUG]
    assert finding.section == "issue"
    assert finding.evidence["class"] == 2
    assert finding.p_adjusted <= 0.01
    assert "% of the loss" in finding.message


def test_silent_where_all_classes_are_ranked():
    """Four classes that are ranked alike hold no failing one."""
    assert diagnose_predictions(*forecasts(2000, lost=None))[SLUG].section == "passed"


def test_silent_where_no_class_is_ranked():
    """Where the peers are at chance as well, no class fails beside them."""
    rng = np.random.default_rng(0)
    proba = rng.dirichlet(np.ones(4), 2000)
    assert diagnose_predictions(rng.integers(0, 4, 2000), proba)[SLUG].section == "passed"


def test_not_applicable_to_two_classes(calibrated):
    """Two classes share one ranking."""
    finding = diagnose_predictions(*calibrated(200))[SLUG]
    assert finding.section == "not_applicable"
    assert "two classes" in finding.message


def test_not_applicable_without_scores(table, labels_only):
    """Labels alone rank nothing."""
    X, y = table(150, n_classes=3)
    finding = diagnose(labels_only, X, y, cv=2)[SLUG]
    assert finding.section == "not_applicable"
    assert "no scores" in finding.message


def test_not_applicable_to_fewer_than_three_ranked_classes(calibrated):
    """Of classes without rows nothing is known."""
    y, proba = calibrated(300)
    proba = np.column_stack([0.9 * proba, np.full(300, 0.1)])
    finding = diagnose_predictions(y, proba, classes=[0, 1, 2])[SLUG]
    assert finding.section == "not_applicable"
    assert "three classes" in finding.message
