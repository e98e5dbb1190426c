"""A loss that goes up and down from step to step."""

import numpy as np

from sklearn_lossfix.diagnosis._judging import fact
from sklearn_lossfix.diagnosis.history._curve import spoken, window_of
from sklearn_lossfix.diagnosis.history._oscillation import MIN_POINTS
from sklearn_lossfix.diagnosis.history.verdicts._instability import (
    SWING_SHARE,
    share_of_progress,
    swings,
)
from sklearn_lossfix.exceptions import CheckNotApplicable


class LossOscillating:
    """More turning points than white noise has (z above 3), by steps that matter.

    The typical step must be more than a fifth of the whole progress: an ending that trembles around
    its level is no oscillation.
    """

    name = "loss_oscillating"
    slug = "loss-oscillating"
    title = "The loss oscillates from step to step"
    kinds = ("history",)
    effort = "fast"

    def run(self, analysis):
        """Judge the split that swings most."""
        seen = {}
        for split in ("train", "validation"):
            found = analysis.oscillation(split)
            if found is not None:
                seen[split] = found
        if not seen:
            raise CheckNotApplicable(
                f"No loss has {MIN_POINTS} finite entries, which counting turning points needs."
            )
        split = max(seen, key=lambda name: (swings(seen[name]), seen[name]["z"]))
        found = seen[split]
        fires = swings(found)
        evidence = {
            **window_of(analysis.loss(split)),
            "statistic": found["z"],
            "swing": found["swing"],
        }
        if fires:
            evidence["fix"] = (
                "Lower the learning rate or take larger batches; average the weights of the "
                "last epochs."
            )
        return fact(
            self,
            "issue" if fires else "passed",
            f"The {spoken(split)} loss moves by {found['swing']:.3g}{analysis.in_unit} a step, "
            f"{share_of_progress(found['share'])}; turning points beside white noise: z = "
            f"{found['z']:+.1f}.",
            estimate=found["share"] if np.isfinite(found["share"]) else None,
            unit="share",
            p_value=found["p_value"] if fires else None,
            limit=SWING_SHARE,
            evidence=evidence,
        )
