"""leaked-rows: validation rows that are copies of training rows, and flatter the scores."""

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.neighbors import KNeighborsClassifier
from sklearn.tree import DecisionTreeClassifier

from sklearn_lossfix import diagnose, diagnose_predictions
from sklearn_lossfix._core._finding import METRIC_FLOOR

SLUG = "leaked-rows"


def judged(model, X, X_val, y, y_val, **kwargs):
    """Finding on validation rows; nothing is refitted unless it is asked for."""
    kwargs = {"effort": "fast"} | kwargs
    return diagnose(model.fit(X, y), X, y, X_val=X_val, y_val=y_val, **kwargs)[SLUG]


@pytest.fixture
def rows(table):
    """300 training rows and 200 validation rows with noisy labels."""
    X, y = table(500, slope=1.0)
    return X[:300], X[300:], y[:300], y[300:]


@pytest.mark.parametrize("jitter", [0.0, 1e-4])
def test_fires_on_copies_that_a_tree_remembers(rows, jitter):
    """Copies, also with a little noise, flatter a tree that knows its rows by heart."""
    X, X_val, y, y_val = rows
    noise = jitter * np.random.default_rng(0).normal(size=(60, X.shape[1]))
    X_val, y_val = np.vstack([X_val, X[:60] + noise]), np.concatenate([y_val, y[:60]])
    finding = judged(DecisionTreeClassifier(random_state=0), X, X_val, y, y_val)
    assert finding.section == "issue"
    assert finding.estimate > finding.limit
    assert finding.p_adjusted <= 0.01
    assert finding.evidence["leaked_share"] == pytest.approx(60 / 260)
    assert "leakage_checked_train_test_split" in finding.evidence["fix"]
    assert set(finding.evidence["leakage_checks"]) == {"exact_duplicates", "near_duplicates"}


def test_measures_the_effect_on_the_same_rows(rows):
    """With refits a copied row is judged by a model without it: about as good as a new row."""
    X, X_val, y, y_val = rows
    parts = X, np.vstack([X_val, X[:60]]), y, np.concatenate([y_val, y[:60]])
    finding = judged(KNeighborsClassifier(1), *parts, scoring="accuracy", effort="normal")
    assert finding.section == "issue"
    assert "60 of these rows judged by models that did not see the copy" in finding.message
    if finding.unit == "points":
        error = 1 - KNeighborsClassifier(1).fit(X, y).score(X_val, y_val)
        assert finding.estimate == pytest.approx(error * 60 / 260, abs=0.03)


def test_a_model_that_does_not_gain_has_a_tip(rows):
    """Copies that flatter nobody are worth a word, and no alarm."""
    X, X_val, y, y_val = rows
    finding = judged(
        *(LogisticRegression(), X, np.vstack([X_val, X[:60]]), y),
        *(np.concatenate([y_val, y[:60]]),),
    )
    assert finding.section == "tip"
    assert finding.rows.min() >= 200


@pytest.mark.parametrize("n_new", [0, 5])
def test_the_training_rows_are_no_judges(rows, n_new):
    """Where nearly all validation rows are copies, whatever they say of the model is no news."""
    X, X_val, y, y_val = rows
    parts = X, np.vstack([X, X_val[:n_new]]), y, np.concatenate([y, y_val[:n_new]])
    finding = judged(LogisticRegression(), *parts)
    assert finding.section == "issue"
    assert finding.estimate == pytest.approx(300 / (300 + n_new))
    assert f"Only {n_new} others are left" in finding.message


def test_a_share_below_the_floor_is_a_tip(table):
    """So few copies that the metric cannot move by a point are no issue, whatever they flatter."""
    X, y = table(6000, slope=1.0)
    X_val, y_val = np.vstack([X[2000:], X[:30]]), np.concatenate([y[2000:], y[:30]])
    finding = judged(KNeighborsClassifier(1), X[:2000], X_val, y[:2000], y_val)
    assert finding.section == "tip"
    assert finding.evidence["leaked_share"] < METRIC_FLOOR


def test_silent_on_new_rows(rows):
    """Rows that nobody copied pass."""
    finding = judged(DecisionTreeClassifier(), *rows)
    assert finding.section == "passed"
    assert finding.p_value is None


def test_needs_both_parts(rows):
    """Predictions alone have no rows to compare."""
    _, _, y, _ = rows
    finding = diagnose_predictions(y, np.full(len(y), 0.5))[SLUG]
    assert finding.section == "not_applicable"
    assert "LeakageCheckedSplit(cv).audit(X, y)" in finding.message
