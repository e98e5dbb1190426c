"""The demonstration tells its story on real data, the same every time."""

from collections import Counter

import pytest

from sklearn_lossfix.cli._demo import N_MALIGNANT, demo_data, demo_model, diagnose_demo
from sklearn_lossfix.cli._terminal import Notes


@pytest.fixture(scope="module")
def demo():
    """The text and the report of the demonstration."""
    notes = Notes()
    with notes.from_warnings():
        return diagnose_demo(notes)


def test_the_data_are_real_and_imbalanced():
    """All benign and the first malignant samples of a data set that ships with scikit-learn."""
    X, y = demo_data()
    assert Counter(y) == {"benign": 357, "malignant": N_MALIGNANT}
    assert X.shape == (len(y), 30)
    assert N_MALIGNANT / len(y) < 0.2


def test_the_model_sees_features_of_unequal_scale():
    """What is wrong with the set-up is there: no scaler, and columns of very different width."""
    X, _ = demo_data()
    assert not hasattr(demo_model(), "steps")
    assert X.std().max() / X.std().min() > 1e4


def test_the_text_says_what_is_done(demo):
    """Four lines name the data, the model and the call, with the numbers of the data."""
    text, report = demo
    assert len(text.strip().splitlines()) == 4
    assert "427 breast tumours" in text
    assert f"{N_MALIGNANT} malignant" in text
    assert 'diagnose(model, X, y, scoring="balanced_accuracy", random_state=0)' in text
    assert report.context["metric"] == "balanced_accuracy"
    assert report.context["random_state"] == 0


def test_the_report_finds_what_is_wrong(demo):
    """The missing scaler is found, with a remedy and an interval that excludes no gain."""
    _, report = demo
    finding = report["unscaled-features"]
    assert finding.section == "issue"
    assert finding.remedy.estimator is not None
    assert finding.ci[0] > 0


def test_the_demonstration_is_deterministic(demo):
    """Two runs give the same report."""
    _, report = demo
    notes = Notes()
    with notes.from_warnings():
        _, again = diagnose_demo(notes)
    assert str(again) == str(report)
