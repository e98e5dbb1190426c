"""learning-rate-too-low: judged by a twin with ten times the rate."""

import pytest
from sklearn.base import clone
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.linear_model import LogisticRegression, SGDClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from sklearn_lossfix import diagnose

SLUG = "learning-rate-too-low"


@pytest.mark.parametrize(
    "model",
    [
        HistGradientBoostingClassifier(learning_rate=1e-3, max_iter=50, random_state=0),
        make_pipeline(
            StandardScaler(),
            SGDClassifier(loss="log_loss", learning_rate="constant", eta0=1e-6, random_state=0),
        ),
    ],
)
def test_fires_and_the_remedy_is_better_on_fresh_rows(table, model):
    """Steps that get nowhere are named, and larger ones have less loss on rows unseen."""
    X, y = table(800)
    finding = diagnose(model, X[:400], y[:400])[SLUG]
    assert finding.section == "issue"
    assert "is below the default of" in finding.message
    assert finding.remedy.proven
    fitted = [clone(m).fit(X[:400], y[:400]) for m in (model, finding.remedy.estimator)]
    before, after = (_brier(m.predict_proba(X[400:])[:, 1], y[400:]) for m in fitted)
    assert after < before


def _brier(p, y):
    """Mean squared error of probabilities."""
    return ((p - y) ** 2).mean()


def test_silent_on_a_sound_rate(table):
    """Slow learning with rounds enough is sound; a model without a rate is not judged."""
    X, y = table(300)
    sound = HistGradientBoostingClassifier(learning_rate=0.05, max_iter=100)
    assert diagnose(sound, X, y, cv=2)[SLUG].section == "passed"
    assert diagnose(LogisticRegression(), X, y, cv=2)[SLUG].section == "not_applicable"
