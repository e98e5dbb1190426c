"""preprocessed-before-split: steps that saw the validation rows."""

import numpy as np
from imblearn.over_sampling import SMOTE
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import StandardScaler
from sklearn.tree import DecisionTreeClassifier

from sklearn_lossfix import diagnose

SLUG = "preprocessed-before-split"


def judged(model, X, y):
    """Finding on a random split of rows."""
    a, b, y_a, y_b = train_test_split(X, y, test_size=0.3, random_state=0)
    return diagnose(model.fit(a, y_a), a, y_a, X_val=b, y_val=y_b, cv=2)[SLUG]


def test_oversampling_before_the_split_is_an_issue(table):
    """Rows between others of their class stand on both sides, and cannot be taken back."""
    X, y = table(700, offset=-3.0, n_features=5)
    finding = judged(LogisticRegression(), *SMOTE(random_state=0).fit_resample(X, y))
    assert finding.section == "issue"
    assert finding.unit == "share"
    assert "SMOTE" in finding.message


def encoded(n_rows=700, n_levels=120):
    """A column of categories without meaning, encoded by the mean label of all rows."""
    rng = np.random.default_rng(0)
    category, y = rng.integers(0, n_levels, n_rows), rng.integers(0, 2, n_rows)
    mean = np.bincount(category, y, n_levels) / np.maximum(np.bincount(category), 1)
    return np.column_stack([mean[category], category, rng.normal(size=(n_rows, 2))]), y


def test_an_encoding_that_the_model_relies_on_is_an_issue():
    """Noise looks like signal, and the model believes it."""
    finding = judged(LogisticRegression(), *encoded())
    assert finding.section == "issue"
    assert finding.evidence["columns"] == ["x0"]
    assert finding.nats_at_stake or finding.errors_at_stake


def test_an_encoding_that_the_model_ignores_is_a_tip():
    """A constant answer relies on no column."""
    finding = judged(
        DecisionTreeClassifier(max_depth=1, max_leaf_nodes=2, min_samples_leaf=340), *encoded()
    )
    assert finding.section == "tip"


def test_scaling_before_the_split_is_a_tip(table):
    """A scaler that saw all rows seldom moves a score."""
    X, y = table(400)
    finding = judged(LogisticRegression(), StandardScaler().fit_transform(X), y)
    assert finding.section == "tip"
    assert finding.evidence["severity"] == "info"


def test_silent_on_raw_columns(table):
    """Columns as they were measured pass."""
    assert judged(LogisticRegression(), *table(400)).section == "passed"


def test_needs_validation_rows(table):
    """Out of fold there is nothing to compare."""
    assert diagnose(LogisticRegression(), *table(100), cv=2)[SLUG].section == "not_applicable"
