"""Few rows that carry far more of the loss than any recalibration of the forecasts promises."""

import numpy as np

from sklearn_lossfix._core._paired_tests import weighted_mean
from sklearn_lossfix.diagnosis._judging import judge_effect
from sklearn_lossfix.diagnosis.ledgers.loss import SURPRISE_PROBABILITY
from sklearn_lossfix.exceptions import CheckNotApplicable

# "Dominate": the excess must be a tenth of the whole loss, ten times the effect floor of a remedy,
# because few rows always carry much of a log loss.
EXCESS_SHARE = 0.10

# Rows listed as evidence.
N_ROWS_SHOWN = 20


class HardRowsDominateLoss:
    """Surprises cost more than the recalibrated forecasts say they should.

    A surprise is a label that was given less than 1 %. After the last cross-fitted recalibration
    map (so that mere over-confidence is out), each row's loss beyond that of a surprise is
    compared with what its forecast promises: exact mean and variance, no simulation. What is
    left are rows that the model gets wrong with good reason to be sure: wrong labels, outliers,
    a hidden subgroup.
    """

    name = "hard_rows_dominate_loss"
    slug = "hard-rows-dominate-loss"
    title = "A few rows dominate the loss"
    kinds = ("model",)
    effort = "fast"

    def run(self, analysis):
        """Judge the excess of the surprises."""
        if analysis.ladder is None:
            raise CheckNotApplicable("The model gives no probabilities, so rows have no log loss.")
        ladder = analysis.ladder
        weight = analysis.evidence.sample_weight
        total = weighted_mean(ladder.log_rows["shape"], weight)
        excess = ladder.surprise
        hardest = np.argsort(-analysis.row_losses, kind="stable")[:N_ROWS_SHOWN]
        row_share, loss_share, gini = analysis.lorenz
        top = float(1.0 - np.interp(0.99, row_share, loss_share))
        message = (
            f"Labels that had been given less than {SURPRISE_PROBABILITY:.0%} cost "
            f"{excess.value:.3g} of {total:.3g} nats more than the recalibrated forecasts promise; "
            f"the hardest 1 % of the rows carry {top:.0%} of the loss."
        )
        return judge_effect(
            self,
            analysis,
            excess,
            EXCESS_SHARE * total,
            unit="nats",
            message=message,
            evidence={"top_percent_share": top, "gini": gini},
            rows=analysis.evidence.rows[hardest],
        )
