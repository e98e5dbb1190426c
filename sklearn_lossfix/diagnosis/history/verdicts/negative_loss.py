"""A loss below zero, and which of three reasons it has."""

import numpy as np

from sklearn_lossfix.diagnosis._judging import fact
from sklearn_lossfix.diagnosis.history._curve import spoken, window_of
from sklearn_lossfix.exceptions import CheckNotApplicable

# Losses that labels within their range cannot bring below zero.
_NOT_NEGATIVE = ("log_loss", "squared_error", "hinge")

_FIXES = {
    "sign convention": "Nothing to repair: read it with its sign turned, as this report does.",
    "targets outside their range": "Check that labels are coded as the loss expects them (0 and 1, "
    "not -1 and 1 or 1 and 2; soft labels within 0 and 1), and that it gets probabilities.",
    "density": "Compare such a loss with itself only: its zero means nothing. If labels are "
    "classes, check their coding and the loss instead.",
}


class NegativeLoss:
    """A negative loss is a sign convention, a target outside its range, or a log density.

    Scorers of scikit-learn give losses with a minus, so that more is better. A log loss, a squared
    error and a hinge loss of proper labels cannot be negative: then the targets are outside their
    range. Other losses may be densities of continuous targets, whose logarithm has any sign.
    """

    name = "negative_loss"
    slug = "negative-loss"
    title = "The loss is negative"
    kinds = ("history",)
    effort = "fast"

    def run(self, analysis):
        """State whether a loss was negative, and which reason it has."""
        curves = [analysis.raw_loss(split) for split in ("train", "validation")]
        curves = [curve for curve in curves if len(curve)]
        if not curves:
            raise CheckNotApplicable("No loss was recorded.")
        turned = [name for name in analysis.history.flipped if name not in analysis.history.metrics]
        lowest = min(curves, key=lambda curve: curve.values.min())
        smallest = float(lowest.values.min())
        if smallest >= 0:
            return self._not_below_zero(turned)
        negative = lowest.values < 0
        if turned:
            reason, section = "sign convention", "tip"
            words = (
                "its sign was turned by the reader, and is negative now: it seems to have been "
                "recorded with both signs"
            )
        elif analysis.history.loss_kind in _NOT_NEGATIVE:
            kind = analysis.history.loss_kind.replace("_", " ")
            reason, section = "targets outside their range", "issue"
            words = f"no {kind} of targets within their range can be negative"
        elif negative.all():
            reason, section = "sign convention", "tip"
            words = (
                "it is negative throughout, as the scores of scikit-learn whose names begin with "
                "neg_ are; if so, pass it under that name"
            )
        else:
            reason, section = "density", "tip"
            words = "a density of a continuous target has such a loss; one of classes has none"
        where = np.flatnonzero(negative)
        return fact(
            self,
            section,
            f"The {spoken(lowest.split)} loss is below zero at {where.size} of {len(lowest)} "
            f"steps, down to {smallest:.3g}: {words}.",
            evidence={
                **window_of(lowest),
                "first_step": float(lowest.steps[where[0]]),
                "type": reason,
                "smallest": smallest,
                "fix": _FIXES[reason],
            },
        )

    def _not_below_zero(self, turned):
        """Passed, or a word on the sign that the source gave it."""
        if not turned:
            return fact(self, "passed", "No recorded loss is below zero.")
        return fact(
            self,
            "tip",
            f"Recorded with a minus, so that more is better (a sign convention): "
            f"{', '.join(turned)}. It is shown with its sign turned, as a loss: less is better.",
            evidence={
                "type": "sign convention",
                "curves": list(turned),
                "fix": _FIXES["sign convention"],
            },
        )
