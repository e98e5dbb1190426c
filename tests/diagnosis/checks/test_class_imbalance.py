"""class-imbalance: a tip from a ratio of four on."""

import numpy as np
import pytest

from sklearn_lossfix import diagnose_predictions

SLUG = "class-imbalance"


def judged(counts, **kwargs):
    """Finding for calibrated constant forecasts of classes with these counts."""
    y = np.repeat(np.arange(len(counts)), counts)
    proba = np.tile(np.array(counts) / len(y), (len(y), 1))
    return diagnose_predictions(y, proba, **kwargs)[SLUG]


@pytest.mark.parametrize(
    ("counts", "section"),
    [([80, 20], "tip"), ([79, 21], "passed"), ([50, 50], "passed"), ([60, 30, 10], "tip")],
)
def test_tip_from_four_to_one_on(counts, section):
    """The largest class is compared with the smallest; the ratio is the estimate."""
    finding = judged(counts)
    assert finding.section == section
    assert finding.estimate == pytest.approx(max(counts) / min(counts))


def test_never_an_issue_and_never_a_remedy():
    """Even at 999 to 1 imbalance is context: no test, no stake, no remedy."""
    finding = judged([999, 1])
    assert finding.section == "tip"
    assert finding.remedy is None
    assert finding.p_value is None


def test_weights_count():
    """Shares are shares of the weight."""
    weight = np.repeat([1.0, 9.0], [90, 10])
    assert judged([90, 10], sample_weight=weight).estimate == pytest.approx(1.0)


def test_absent_classes_do_not_count():
    """A class without rows among the judged ones has no ratio."""
    y = np.arange(60) % 2
    proba = np.tile([0.4, 0.4, 0.2], (60, 1))
    assert diagnose_predictions(y, proba, classes=[0, 1, 2])[SLUG].estimate == 1.0
