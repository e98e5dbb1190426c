"""A training loss that ends far above its best."""

import numpy as np

from sklearn_lossfix.diagnosis._judging import fact
from sklearn_lossfix.diagnosis.history._curve import window_of
from sklearn_lossfix.diagnosis.history._trend import MIN_POINTS
from sklearn_lossfix.diagnosis.history.verdicts._instability import (
    LOST_SHARE,
    divergence,
    training_loss,
)


class LossDiverging:
    """The training loss has lost half of its progress again, by more than three sigmas of noise.

    A rise beyond noise and by what matters that has lost less is a tip. Judged on training rows: a
    validation loss that rises alone is overfitting.
    """

    name = "loss_diverging"
    slug = "loss-diverging"
    title = "The training loss diverges"
    kinds = ("history",)
    effort = "fast"

    def run(self, analysis):
        """Compare the end with the best."""
        curve = training_loss(analysis, MIN_POINTS)
        end = divergence(analysis, "train")
        last = float(analysis.smooth_loss("train")[-1])
        chance = analysis.chance_loss
        worse = chance is not None and last > chance
        known = np.isfinite(end.lost_share)
        beside = f"; it is above the {chance:.3f} of {analysis.constant_forecast}" if worse else ""
        evidence = {
            **window_of(curve),
            "first_step": end.first_step,
            "statistic": end.z,
            "worse_than_constant": worse,
        }
        section = "issue" if end.diverges else "tip" if end.rises else "passed"
        if end.rises:
            evidence["fix"] = (
                "Keep the weights of the best step, and lower the learning rate from there."
            )
        return fact(
            self,
            section,
            f"The training loss ends {end.rise:.3g}{analysis.in_unit} above its best at "
            f"{analysis.history.unit} {end.first_step:g}, {end.lost} (z = {end.z:.1f}){beside}.",
            estimate=end.lost_share if known else None,
            unit="share",
            p_value=end.p_value if known else None,
            limit=LOST_SHARE,
            nats_at_stake=max(0.0, end.rise) if end.diverges and analysis.unit else None,
            evidence=evidence,
        )
