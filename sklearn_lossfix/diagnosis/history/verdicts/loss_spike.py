"""Jumps of the loss: some pass, some stay."""

import numpy as np

from sklearn_lossfix.diagnosis._judging import fact
from sklearn_lossfix.diagnosis.history._curve import spoken, window_of
from sklearn_lossfix.diagnosis.history._spikes import SIDE, level_shifts, spikes
from sklearn_lossfix.diagnosis.history.verdicts._instability import SWING_SHARE
from sklearn_lossfix.exceptions import CheckNotApplicable

# Fewest points: both sides of a jump, and as many to know the noise by.
_MIN_POINTS = 4 * SIDE


class LossSpike:
    """The loss jumps far beyond its noise, and by a fifth of its progress.

    A spike stands above both what came before and what comes after (Hampel 1974) and is over within
    five steps: a tip. A level that stays up, by a CUSUM test as well, is an issue.
    """

    name = "loss_spike"
    slug = "loss-spike"
    title = "The loss jumps"
    kinds = ("history",)
    effort = "fast"

    def run(self, analysis):
        """Look for jumps of the training loss, or the validation loss where there is no other."""
        split = analysis.training_split
        curve = analysis.loss(split)
        if len(curve) < _MIN_POINTS:
            raise CheckNotApplicable(
                f"The {spoken(split)} loss has {len(curve)} finite entries; judging a jump needs "
                f"{_MIN_POINTS}."
            )
        limit = SWING_SHARE * max(analysis.progress(split), analysis.loss_limit(split))
        shifts = level_shifts(curve.values, analysis.alpha)
        jumps = [j for j in [*shifts, *spikes(curve.values)] if j.height > limit]
        if not jumps:
            return fact(
                self,
                "passed",
                f"The {spoken(split)} loss has no jump beyond its noise and above "
                f"{limit:.3g}{analysis.in_unit}.",
                evidence=window_of(curve),
            )
        largest = max(jumps, key=lambda jump: (jump.stays, jump.height))
        steps = [float(curve.steps[jump.position]) for jump in jumps]
        what = "and stays there" if largest.stays else f"and is back within {SIDE} steps"
        others = f"; {len(jumps) - 1} more" if len(jumps) > 1 else ""
        ratio = largest.ratio if np.isfinite(largest.ratio) else None
        return fact(
            self,
            "issue" if largest.stays else "tip",
            f"At {analysis.history.unit} {curve.steps[largest.position]:g} the {spoken(split)} "
            f"loss jumps by {largest.height:.3g}{analysis.in_unit} {what}{others}.",
            estimate=largest.height,
            unit=analysis.unit,
            limit=limit,
            evidence={
                **window_of(curve),
                "first_step": min(steps),
                "last_step": max(steps),
                "statistic": ratio,
                "steps": steps,
                "stays": largest.stays,
                "fix": "Look at the batch of that step and at what changed there (schedule, data, "
                "restart); clip gradients.",
            },
        )
