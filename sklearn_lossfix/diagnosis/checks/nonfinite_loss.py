"""Labels that had been given a probability of zero: their log loss is infinite."""

import numpy as np

from sklearn_lossfix.diagnosis._judging import fact
from sklearn_lossfix.diagnosis._remedies import recalibration_remedy
from sklearn_lossfix.diagnosis.ledgers.loss import clipped_rows
from sklearn_lossfix.exceptions import CheckNotApplicable

# Rows listed as evidence.
N_ROWS_SHOWN = 20


class NonfiniteLoss:
    """Rows at the clip carry a share of the printed loss that only the clip decides.

    One label with probability zero refutes the forecasts: no test is needed. It matters where these
    rows carry a share of the loss above the effect floor.
    """

    name = "nonfinite_loss"
    slug = "nonfinite-loss"
    title = "The log loss is infinite"
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
        rows_word = "row" if rows.size == 1 else "rows"
        message = (
            f"{rows.size} {rows_word} had been given a probability of "
            f"{notes['clip_probability']:.2g} or less for what came true: their loss is infinite, "
            f"the clip makes it {-np.log(notes['clip_probability']):.1f} nats each, {share:.0%} of "
            f"the printed loss."
        )
        fires = rows.size > 0 and share > limit
        return fact(
            self,
            "issue" if fires else "passed",
            message,
            estimate=share,
            unit="share",
            limit=limit,
            nats_at_stake=share * analysis.loss if fires else None,
            evidence={"n_rows": int(rows.size)},
            rows=e.rows[rows[:N_ROWS_SHOWN]],
            remedy=recalibration_remedy(analysis, "temperature") if fires else None,
        )
