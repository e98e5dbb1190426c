"""An issue that an earlier cause explains stands under it."""

import numpy as np
from sklearn.datasets import load_wine, make_classification
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import FixedThresholdClassifier
from sklearn.neighbors import KNeighborsClassifier
from sklearn.neural_network import MLPClassifier

from sklearn_lossfix import diagnose, diagnose_predictions


def explained(report):
    """Slug of every issue with the slug of its cause."""
    return {issue.name: issue.explained_by for issue in report.issues}


def test_a_shifted_prior_explains_the_rule_it_bends():
    """Class weights shift the prior; recalibrated, argmax is as good as the best rule."""
    X, y = make_classification(  # one cluster per class: a line parts them as well as any model
        1500, 10, n_informative=5, n_clusters_per_class=1, weights=[0.9], flip_y=0.1, random_state=0
    )
    found = explained(diagnose(LogisticRegression(class_weight="balanced"), X, y))
    assert found["shifted-prior"] is None
    assert found["misaligned-decision-rule"] == "shifted-prior"


def test_labels_that_do_not_follow_the_probabilities_are_not_explained_by_these():
    """A cut at 0.9 beside timid probabilities: recalibration moves no label, so the rule stays."""
    rng = np.random.default_rng(0)
    X = rng.normal(size=(1500, 20))
    y = (X @ np.linspace(1.5, 0.0, 20) + rng.logistic(size=1500) > 0).astype(int)
    timid = FixedThresholdClassifier(KNeighborsClassifier(25), threshold=0.9)
    found = explained(diagnose(timid, X, y))
    assert found["underconfident"] is None
    assert found["misaligned-decision-rule"] is None
    assert next(iter(found)) == "misaligned-decision-rule"


def test_a_rule_for_another_metric_is_not_explained_by_calibration():
    """Honest probabilities cut at one half do not serve balanced accuracy: the rule stays."""
    rng = np.random.default_rng(0)
    truth = rng.beta(0.5, 4.5, 4000)
    y = (rng.random(4000) < truth).astype(int)
    sharp = truth**3 / (truth**3 + (1 - truth) ** 3)
    found = explained(diagnose_predictions(y, sharp, scoring="balanced_accuracy"))
    assert found["overconfident"] is None
    assert found["misaligned-decision-rule"] is None


def test_what_the_scaled_twin_does_not_show_stands_under_the_scale():
    """A network on unscaled wine: issues that are gone once scaled follow their cause."""
    X, y = load_wine(return_X_y=True)
    report = diagnose(MLPClassifier((20,), max_iter=60, random_state=0), X, y)
    found = explained(report)
    assert found["unscaled-features"] is None
    assert found["nonfinite-loss"] == "unscaled-features"
    names = list(found)
    assert names.index("nonfinite-loss") > names.index("unscaled-features")
    line = next(text for text in str(report).splitlines() if "gone once" in text)
    assert line.startswith("    ")


def test_a_report_without_causes_explains_nothing():
    """A single issue stands alone."""
    rng = np.random.default_rng(1)
    truth = rng.uniform(0.05, 0.95, 2000)
    y = (rng.random(2000) < truth).astype(int)
    odds = (truth / (1 - truth)) ** 3
    assert explained(diagnose_predictions(y, odds / (1 + odds))) == {"overconfident": None}
