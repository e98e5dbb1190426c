"""Labels that had been given a probability of next to zero: the clip decides their loss."""

import numpy as np

from sklearn_lossfix._core._paired_tests import paired_estimate, upper_tail_p
from sklearn_lossfix._core._proper_scores import true_class_probability
from sklearn_lossfix.diagnosis._judging import fact
from sklearn_lossfix.diagnosis._remedies import recalibration_remedy
from sklearn_lossfix.diagnosis.ledgers.loss import clipped_rows
from sklearn_lossfix.exceptions import CheckNotApplicable

# Rung of the ladder that all recalibration maps lead to.
RECALIBRATED = "shape"

# Rows listed as evidence.
N_ROWS_SHOWN = 20


class NonfiniteLoss:
    """Rows at the clip carry a share of the printed loss that only the clip decides.

    One label with probability zero refutes the forecasts, and where such rows carry a share of the
    loss above the effect floor a reader must know: a tip. It is an issue where the forecasts as a
    whole are too sure: a recalibration that was learnt on other rows provably lowers the loss. A
    forest that is right about all but two rows has nothing to mend.
    """

    name = "nonfinite_loss"
    slug = "nonfinite-loss"
    title = "The log loss hangs on its clip"
    kinds = ("model",)
    effort = "fast"

    def run(self, analysis):
        """State the share of the loss that sits at the clip."""
        if analysis.ladder is None:
            raise CheckNotApplicable("The model gives no probabilities, so there is no log loss.")
        e = analysis.evidence
        notes = analysis.loss_ledger.notes
        rows = clipped_rows(e.model.proba, e.y)
        share = notes["clipped_share"]
        limit = analysis.loss_floor / analysis.loss if analysis.loss > 0 else 0.0
        n_zero = int(np.count_nonzero(true_class_probability(e.model.proba, e.y)[rows] == 0))
        message = (
            f"{rows.size} row{'' if rows.size == 1 else 's'} had been given a probability of "
            f"{notes['clip_probability']:.2g} or less for what came true ({n_zero} exactly zero: "
            f"an infinite loss). The clip makes it {-np.log(notes['clip_probability']):.1f} nats "
            f"each, {share:.0%} of the printed loss."
        )
        matters = rows.size > 0 and share > limit
        saved = analysis.ladder.log_rows["as is"] - analysis.ladder.log_rows[RECALIBRATED]
        gain = paired_estimate(saved, **analysis.refitted_sampling)
        fires = matters and upper_tail_p(gain.value, gain.se, analysis.loss_floor) <= analysis.alpha
        return fact(
            self,
            "issue" if fires else "tip" if matters else "passed",
            message,
            estimate=share,
            unit="share",
            limit=limit,
            nats_at_stake=max(0.0, gain.low) if fires else None,
            evidence={"n_rows": int(rows.size), "n_zero": n_zero},
            rows=e.rows[rows[:N_ROWS_SHOWN]],
            remedy=_useful(recalibration_remedy(analysis, "temperature")) if fires else None,
        )


def _useful(remedy):
    """A remedy that is expected to gain, or None."""
    return remedy if remedy is not None and remedy.expected_gain.value > 0 else None
