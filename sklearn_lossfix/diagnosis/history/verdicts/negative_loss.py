"""A loss below zero, and which of three reasons it has."""

import numpy as np

from sklearn_lossfix.diagnosis._judging import fact
from sklearn_lossfix.diagnosis.history._curve import spoken, window_of
from sklearn_lossfix.diagnosis.history._noise import second_difference_sigma
from sklearn_lossfix.diagnosis.history._trend import MIN_POINTS
from sklearn_lossfix.diagnosis.history._turning_point import RISE_Z
from sklearn_lossfix.exceptions import CheckNotApplicable

# Losses that labels within their range cannot bring below zero.
_NOT_NEGATIVE = ("log_loss", "squared_error", "hinge")

_FIXES = {
    "sign convention": "If more of it is better, say so: pass loss='-{name}', and it is read with "
    "its sign turned. Here it was judged as it was recorded.",
    "both signs": "Record it with one sign.",
    "targets outside their range": "Check that labels are coded as the loss expects them (0 and 1, "
    "not -1 and 1 or 1 and 2; soft labels within 0 and 1), and that it gets probabilities.",
    "density": "Compare such a loss with itself only: its zero means nothing. If labels are "
    "classes, check their coding and the loss instead.",
}


class NegativeLoss:
    """A negative loss is a sign convention, a target outside its range, or a log density.

    Scorers of scikit-learn give losses with a minus, so that more is better. A log loss, a squared
    error and a hinge loss of proper labels cannot be negative: then the targets are outside their
    range. Other losses may be densities of continuous targets, whose logarithm has any sign. One
    that is negative throughout and rises from its start on learns with its sign turned: an issue,
    since verdicts that look at its direction are then upside down. One that falls below zero while
    accuracy stands where it began has targets outside their range.
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
        reason, section, words = self._reason(analysis, lowest, negative, turned)
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
                "fix": _FIXES[reason].format(name=analysis.history.loss_name or "loss"),
            },
        )

    def _reason(self, analysis, curve, negative, turned):
        """Which of the reasons it has, its section, and how that shows."""
        if turned:
            return (
                "both signs",
                "tip",
                "its sign was turned by the reader, and is negative now: it seems to have been "
                "recorded with both signs",
            )
        if analysis.history.loss_kind in _NOT_NEGATIVE:
            kind = analysis.history.loss_kind.replace("_", " ")
            words = f"no {kind} of targets within their range can be negative"
            return "targets outside their range", "issue", words
        if len(curve) >= MIN_POINTS and analysis.has_moved(curve.split):
            accuracy = analysis.metric(curve.split, analysis.accuracy_name)
            if analysis.accuracy_name and analysis.is_frozen(accuracy):
                return (
                    "targets outside their range",
                    "issue",
                    "it falls while accuracy stands where it began, as a loss of classes does "
                    "that gets labels outside its range",
                )
            words = "a density of a continuous target has such a loss; one of classes has none"
            return "density", "tip", words
        if not negative.all():
            words = "a density of a continuous target has such a loss; one of classes has none"
            return "density", "tip", words
        words = (
            "it is negative throughout, as the scores of scikit-learn whose names begin with neg_ "
            "are"
        )
        if len(curve) >= MIN_POINTS and self._rises(analysis, curve):
            return "sign convention", "issue", f"{words}, and it rises from its start on"
        return "sign convention", "tip", words

    def _rises(self, analysis, curve):
        """Whether the loss goes up from its start by what matters, and more than noise."""
        smooth = analysis.smooth_loss(curve.split)
        noise = RISE_Z * second_difference_sigma(curve.values)
        return float(smooth[-1] - smooth[0]) > max(analysis.loss_limit(curve.split), noise)

    def _not_below_zero(self, turned):
        """Passed, with a word on a sign that was turned: the name or the source tells it."""
        if not turned:
            return fact(self, "passed", "No recorded loss is below zero.")
        return fact(
            self,
            "passed",
            f"Recorded with a minus, so that more is better: {', '.join(turned)}. It is shown with "
            f"its sign turned, as a loss: less is better.",
            evidence={"type": "sign convention", "curves": list(turned)},
        )
