"""A loss below zero, by its reason."""

import numpy as np
import pytest

from sklearn_lossfix.diagnosis.history.verdicts.negative_loss import NegativeLoss
from sklearn_lossfix.exceptions import CheckNotApplicable


@pytest.mark.parametrize(
    ("shift", "kind", "section", "reason"),
    [
        (-0.3, "log_loss", "issue", "targets outside their range"),
        (-0.3, "squared_error", "issue", "targets outside their range"),
        (-0.3, "unknown", "tip", "density"),
        (-9.0, "unknown", "tip", "sign convention"),
    ],
)
def test_reason_follows_from_kind_and_sign(analysis_of, curves, shift, kind, section, reason):
    """Losses of labels cannot be negative; others may be, wholly by sign or partly as densities."""
    finding = NegativeLoss().run(analysis_of(curves["train"] + shift, loss_kind=kind))
    assert (finding.section, finding.evidence["type"]) == (section, reason)
    smallest = curves["train"].min() + shift
    assert finding.evidence["smallest"] == pytest.approx(smallest)


def test_a_sign_that_was_turned_is_told(analysis_of, curves):
    """A loss that a reader turned is a tip about the convention, though no value is negative."""
    finding = NegativeLoss().run(analysis_of(curves["train"], flipped=("neg_log_loss",)))
    assert (finding.section, finding.evidence["type"]) == ("tip", "sign convention")
    assert "neg_log_loss" in finding.message


def test_positive_losses_pass(analysis_of, curves):
    """A sound run passes."""
    assert NegativeLoss().run(analysis_of(curves["train"])).section == "passed"


def test_without_a_loss_it_does_not_apply(analysis_of):
    """Where nothing finite was recorded there is nothing to judge."""
    with pytest.raises(CheckNotApplicable, match="No loss"):
        NegativeLoss().run(analysis_of(np.full(5, np.nan)))
