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
        (-9.0, "unknown", "tip", "density"),
    ],
)
def test_reason_follows_from_kind_and_sign(analysis_of, curves, shift, kind, section, reason):
    """Losses of labels cannot be negative; others that fall may be, as densities."""
    finding = NegativeLoss().run(analysis_of(curves["train"] + shift, loss_kind=kind))
    assert (finding.section, finding.evidence["type"]) == (section, reason)
    smallest = curves["train"].min() + shift
    assert finding.evidence["smallest"] == pytest.approx(smallest)


def test_a_negative_loss_that_rises_has_its_sign_turned(analysis_of, curves):
    """It learns upside down: an issue, with the parameter that turns it."""
    finding = NegativeLoss().run(
        analysis_of(-curves["train"], loss_kind="unknown", loss_name="score_loss")
    )
    assert (finding.section, finding.evidence["type"]) == ("issue", "sign convention")
    assert "loss='-score_loss'" in finding.evidence["fix"]
    flat = NegativeLoss().run(analysis_of(0 * curves["train"] - 1, loss_kind="unknown"))
    assert (flat.section, flat.evidence["type"]) == ("tip", "sign convention")


def test_a_fall_below_zero_without_better_labels_has_wrong_targets(analysis_of, curves):
    """Where accuracy stands still it is no density; where it improves it may be."""
    falling = curves["train"] - 9
    for accuracy, section in ((np.full(80, 0.33), "issue"), (curves["accuracy"], "tip")):
        finding = NegativeLoss().run(analysis_of(falling, None, accuracy, loss_kind="unknown"))
        assert finding.section == section


def test_a_sign_that_was_turned_is_told_and_passes(analysis_of, curves):
    """The name or the source tells the sign: no tip on every history of such a source."""
    finding = NegativeLoss().run(analysis_of(curves["train"], flipped=("neg_log_loss",)))
    assert (finding.section, finding.evidence["type"]) == ("passed", "sign convention")
    assert "neg_log_loss" in finding.message


def test_positive_losses_pass(analysis_of, curves):
    """A sound run passes."""
    assert NegativeLoss().run(analysis_of(curves["train"])).section == "passed"


def test_without_a_loss_it_does_not_apply(analysis_of):
    """Where nothing finite was recorded there is nothing to judge."""
    with pytest.raises(CheckNotApplicable, match="No loss"):
        NegativeLoss().run(analysis_of(np.full(5, np.nan)))
