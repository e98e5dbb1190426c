"""learning-rate-too-high: judged by a twin with a tenth of the rate."""

import pytest
from sklearn.base import clone
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.linear_model import LogisticRegression, SGDClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from sklearn_lossfix import diagnose

SLUG = "learning-rate-too-high"


@pytest.mark.parametrize(
    "model",
    [
        HistGradientBoostingClassifier(learning_rate=3.0, max_iter=30, random_state=0),
        make_pipeline(
            StandardScaler(),
            SGDClassifier(loss="log_loss", learning_rate="constant", eta0=30.0, random_state=0),
        ),
    ],
)
def test_fires_and_the_remedy_is_better_on_fresh_rows(table, model):
    """Steps that overshoot are named, and smaller ones score better on rows unseen."""
    X, y = table(800)
    finding = diagnose(model, X[:400], y[:400])[SLUG]
    assert finding.section == "issue"
    assert "x the default" in finding.message
    assert finding.remedy.proven
    before = clone(model).fit(X[:400], y[:400]).score(X[400:], y[400:])
    assert clone(finding.remedy.estimator).fit(X[:400], y[:400]).score(X[400:], y[400:]) > before


def test_silent_on_a_sound_rate(table):
    """The default of the class is not tried; a model without a rate is not judged."""
    X, y = table(300)
    sound = HistGradientBoostingClassifier(max_iter=20)
    assert diagnose(sound, X, y, cv=2)[SLUG].section == "passed"
    assert diagnose(LogisticRegression(), X, y, cv=2)[SLUG].section == "not_applicable"
