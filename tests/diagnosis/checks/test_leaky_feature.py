"""leaky-feature: features that tell the target, and whether the model relies on them."""

import numpy as np
import pandas as pd
import pytest
from sklearn.compose import make_column_transformer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline

from sklearn_lossfix import diagnose

SLUG = "leaky-feature"


def judged(model, X, y):
    """Finding on the last rows of a model that is fitted to the first."""
    cut = int(0.6 * len(y))
    parts = {"X_val": X[cut:], "y_val": y[cut:]}
    return diagnose(model.fit(X[:cut], y[:cut]), X[:cut], y[:cut], cv=2, **parts)[SLUG]


@pytest.fixture
def leaky(table):
    """A table in which one column is known only after the outcome."""
    X, y = table(1000, slope=1.0)
    rng = np.random.default_rng(0)
    frame = pd.DataFrame(X, columns=list("abcd"))
    frame["after"] = y + 0.1 * rng.normal(size=len(y))
    return frame, y


def test_fires_on_a_column_that_tells_the_target(leaky):
    """A column too good to be true that the model lives on is an issue and is named."""
    finding = judged(LogisticRegression(), *leaky)
    assert finding.section == "issue"
    assert finding.evidence["columns"][0] == "after"
    assert finding.estimate > finding.limit


def test_a_column_that_the_model_does_not_use_is_a_tip(leaky):
    """What a pipeline drops flatters nobody."""
    kept = make_column_transformer(("passthrough", list("abcd")))
    finding = judged(make_pipeline(kept, LogisticRegression()), *leaky)
    assert finding.section == "tip"
    assert finding.evidence["columns"][0] == "after"
    assert "0.000 [0.000, 0.000]" in finding.message


def test_a_column_as_good_as_all_others_is_a_tip(leaky):
    """Whether it is known before the outcome is for the user to say."""
    X, y = leaky
    rng = np.random.default_rng(1)
    finding = judged(LogisticRegression(), X.assign(after=y + 0.5 * rng.normal(size=len(y))), y)
    assert finding.section == "tip"
    assert "'after' alone" in finding.message
    assert "known before the outcome?" in finding.message


def test_silent_on_honest_columns(leaky):
    """Columns that tell something, but not all, pass."""
    X, y = leaky
    assert judged(LogisticRegression(), X.drop(columns="after"), y).section == "passed"


def test_the_order_of_a_file_is_no_feature(table):
    """Rows that are sorted by their label are no matter of a column."""
    X, y = table(600, slope=1.0)
    half = np.r_[np.argsort(y[:300], kind="stable"), 300 + np.argsort(y[300:], kind="stable")]
    X, y = X[half], y[half]
    model = LogisticRegression().fit(X[:300], y[:300])
    finding = diagnose(model, X[:300], y[:300], X_val=X[300:], y_val=y[300:], cv=2)[SLUG]
    assert finding.section == "passed"


def test_out_of_fold_columns_are_looked_at_too(leaky):
    """Without validation rows a column that tells the target is named as well; honest ones pass."""
    X, y = leaky
    finding = diagnose(LogisticRegression(), X, y, cv=2)[SLUG]
    assert finding.section == "issue"
    assert finding.evidence["columns"][0] == "after"
    honest = diagnose(LogisticRegression(), X.drop(columns="after"), y, cv=2)[SLUG]
    assert honest.section == "passed"
