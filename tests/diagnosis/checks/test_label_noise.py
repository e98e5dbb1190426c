"""label-noise: judged by what contradicts the sharpest forecast where it is surest."""

import numpy as np
import pytest
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression

from sklearn_lossfix import diagnose, diagnose_predictions
from sklearn_lossfix.diagnosis.checks.label_noise import noise_entropy

SLUG = "label-noise"


@pytest.mark.parametrize(
    "model", [LogisticRegression(), RandomForestClassifier(30, min_samples_leaf=3, random_state=0)]
)
def test_fires_on_flipped_labels(table, model):
    """One label in seven is flipped: the share is about that, and the rows are mostly those."""
    X, y = table(700, slope=5.0)
    flip = np.random.default_rng(1).random(700) < 0.15
    finding = diagnose(model, X, np.where(flip, 1 - y, y), cv=3)[SLUG]
    assert finding.section == "issue"
    assert finding.ci[0] < 0.15 < finding.ci[1]
    assert flip[finding.rows].mean() > 0.8
    assert finding.errors_at_stake == finding.ci[0]
    np.testing.assert_array_equal(finding.remedy.left_out, finding.rows)
    assert not finding.remedy.proven


@pytest.mark.parametrize("slope", [1.0, 5.0])
def test_silent_on_clean_labels(table, slope):
    """Classes that overlap much, or little, are no noise."""
    finding = diagnose(LogisticRegression(), *table(500, slope=slope), cv=3)[SLUG]
    assert finding.section == "passed"


def test_not_judged_on_predictions_alone(calibrated):
    """What contradicts one model alone may be the model's fault."""
    y, proba = calibrated(200)
    assert diagnose_predictions(y, proba)[SLUG].section in ("skipped", "not_applicable")


def test_entropy_is_that_of_the_flips():
    """No noise costs nothing, a coin costs log 2, and more classes cost more."""
    assert noise_entropy(0.0, 2) == 0.0
    assert noise_entropy(0.5, 2) == pytest.approx(np.log(2))
    assert noise_entropy(0.1, 2) < noise_entropy(0.1, 5)
    # Drawn labels: the mean loss of the best forecast.
    expected = -(0.9 * np.log(0.9) + 0.1 * np.log(0.1 / 4))
    assert noise_entropy(0.1, 5) == pytest.approx(expected)
