"""A training loss that overshoots: the learning rate is too high."""

import numpy as np

from sklearn_lossfix.diagnosis._judging import fact
from sklearn_lossfix.diagnosis.history._curve import window_of
from sklearn_lossfix.diagnosis.history._trend import MIN_POINTS
from sklearn_lossfix.diagnosis.history.verdicts._instability import (
    LOST_SHARE,
    SWING_SHARE,
    divergence,
    share_of_progress,
    swings,
    training_loss,
)


class LearningRateTooHigh:
    """The *training* loss swings faster than noise by steps that matter, or it diverges.

    An optimiser whose step is too long jumps across the valley and back (turning points beyond
    those of white noise), or out of it. Noise of small batches alone has no more turning points
    than white noise.
    """

    name = "learning_rate_too_high"
    slug = "learning-rate-too-high"
    title = "The learning rate is too high"
    kinds = ("history",)
    effort = "fast"

    def run(self, analysis):
        """Judge the swing, then the end, of the training loss."""
        curve = training_loss(analysis, MIN_POINTS)
        seen = analysis.oscillation("train")
        end = divergence(analysis, "train")
        evidence = {**window_of(curve), "lost_share_of_progress": end.lost_share}
        if analysis.history.learning_rate is not None:
            rates = np.asarray(analysis.history.learning_rate, dtype=float)
            evidence["learning_rate"] = float(np.nanmax(rates))
        fix = "Divide the learning rate by 3 to 10, let it fall during training, or warm it up."
        if seen is not None:
            evidence |= {"statistic": seen["z"], "swing": seen["swing"]}
            if swings(seen):
                return fact(
                    self,
                    "issue",
                    f"The training loss jumps up and down a step by "
                    f"{share_of_progress(seen['share'])}, more often than noise does (turning "
                    f"points: z = {seen['z']:.1f}): the optimiser overshoots.",
                    estimate=seen["share"] if np.isfinite(seen["share"]) else None,
                    unit="share",
                    p_value=seen["p_value"],
                    limit=SWING_SHARE,
                    evidence={**evidence, "fix": fix},
                )
        if end.diverges:
            return fact(
                self,
                "issue",
                f"The training loss has risen by {end.rise:.3g}{analysis.in_unit} since "
                f"{analysis.history.unit} {end.first_step:g} and lost {end.lost}: on the rows it "
                f"learns from, the optimiser moves away from the best it had.",
                estimate=end.lost_share if np.isfinite(end.lost_share) else None,
                unit="share",
                p_value=end.p_value if np.isfinite(end.lost_share) else None,
                limit=LOST_SHARE,
                evidence={**evidence, "statistic": end.z, "fix": fix},
            )
        return fact(
            self,
            "passed",
            "The training loss neither jumps faster than noise nor moves away from its best.",
            evidence=evidence,
        )
