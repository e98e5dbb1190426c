"""validation-too-small: what difference these rows can show."""

import numpy as np
import pytest
from scipy import stats

from sklearn_lossfix import diagnose_predictions

SLUG = "validation-too-small"


def test_tip_on_few_rows(calibrated):
    """Forty rows cannot show ten points."""
    finding = diagnose_predictions(*calibrated(40))[SLUG]
    assert finding.section == "tip"
    assert finding.estimate > finding.limit
    assert "Judge on more rows" in finding.message


def test_silent_on_many_rows(calibrated):
    """Four thousand rows can, and the model is far above a constant answer."""
    finding = diagnose_predictions(*calibrated(4000))[SLUG]
    assert finding.section == "passed"
    assert finding.estimate < finding.limit


def test_tip_where_the_claim_is_smaller_than_what_can_be_seen(calibrated):
    """Many rows are too few for a claim of a fraction of a point."""
    y, proba = calibrated(3000, spread=0.1)
    finding = diagnose_predictions(y, proba)[SLUG]
    assert finding.estimate < finding.limit
    assert 0 < abs(finding.evidence["difference_from_constant"]) < finding.estimate
    assert finding.section == "tip"


def test_detectable_difference_is_that_of_a_paired_comparison(calibrated):
    """For accuracy: 2.8 standard errors of the row-paired difference from the constant answer."""
    y, proba = calibrated(500)
    constant = np.bincount(y).argmax()
    difference = (proba.argmax(axis=1) == y).astype(float) - (y == constant)
    finding = diagnose_predictions(y, proba)[SLUG]
    z = stats.norm.ppf(0.975) + stats.norm.ppf(0.8)
    assert finding.estimate == pytest.approx(z * stats.sem(difference))
    assert finding.evidence["difference_from_constant"] == pytest.approx(difference.mean())


def test_not_applicable_to_metrics_of_rankings(calibrated):
    """A ranking metric has no constant answer to be compared with."""
    finding = diagnose_predictions(*calibrated(200), scoring="roc_auc")[SLUG]
    assert finding.section == "not_applicable"
