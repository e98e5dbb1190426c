"""validation-too-small: what difference these rows can show."""

import numpy as np
import pytest
from scipy import stats

from sklearn_lossfix import diagnose_predictions

SLUG = "validation-too-small"


@pytest.mark.parametrize(("n_rows", "section"), [(40, "issue"), (150, "tip")])
def test_few_rows(calibrated, n_rows, section):
    """Forty rows do not know the metric to within ten points; 150 cannot show such a difference."""
    y, proba = calibrated(n_rows)
    finding = diagnose_predictions(y, proba)[SLUG]
    assert finding.section == section
    assert finding.estimate > finding.limit
    assert "Judge on more rows" in finding.message
    half = stats.norm.ppf(0.975) * stats.sem(proba.argmax(axis=1) == y)
    assert (
        (half > finding.limit) == ("only known to lie" in finding.message) == (section == "issue")
    )


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
