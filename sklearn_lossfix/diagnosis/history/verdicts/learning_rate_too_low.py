"""A training loss that crawls: the learning rate is too low."""

import numpy as np

from sklearn_lossfix.diagnosis._judging import fact
from sklearn_lossfix.diagnosis.history._curve import window_of
from sklearn_lossfix.diagnosis.history._trend import MIN_POINTS, minimum_effect_p, sieve_trend
from sklearn_lossfix.diagnosis.history.verdicts._breakdown import refuse_broken
from sklearn_lossfix.diagnosis.history.verdicts._weight import weight_of_fall
from sklearn_lossfix.exceptions import CheckNotApplicable

_FASTER = (
    "Multiply the learning rate by 3 to 10 until the curve bends; scale the features; of linear "
    "models and small tables, use a second-order solver."
)
_RECORD_FIRST = (
    "Record the loss of validation rows first: past its best a higher rate only overfits sooner. "
    "If it falls as slowly, multiply the learning rate by 3 to 10 until the curve bends."
)

# The end of a curve falls at least at this share of its mean pace: it has not bent yet. A curve
# that decays exponentially over three time constants ends at 15 % of its mean pace.
STRAIGHT_SHARE = 0.5

# A run that has taken less than this share off the loss it began with has not got far.
SMALL_SHARE = 0.5


class LearningRateTooLow:
    """The training loss still falls at half its mean pace or more, and has not got far.

    Where a validation loss was recorded it must still fall as well: past its best, larger steps
    would only get there sooner. Without one it is a tip, and none where a validation metric is flat
    or the run was stopped by a rule of its own.

    A loss that is learnt bends: it falls fast, then slowly. One that still falls in a straight line
    at its end, having lost less than half of what it began with, was moved in steps that were too
    short.
    """

    name = "learning_rate_too_low"
    slug = "learning-rate-too-low"
    title = "The learning rate is too low"
    kinds = ("history",)
    effort = "fast"

    def run(self, analysis):
        """Compare the pace at the end with the mean pace."""
        refuse_broken(analysis)
        if len(analysis.loss("train")) == 0:
            raise CheckNotApplicable("No training loss was recorded.")
        curve = analysis.needed_loss("train", 2 * MIN_POINTS)
        tail, _, limit = analysis.end_of(curve, analysis.loss_limit("train"))
        whole = sieve_trend(curve.steps, curve.values)
        if not tail.told:
            raise CheckNotApplicable(
                f"The last {tail.n_points} training losses are too few beside their correlation "
                f"(lag 1: {tail.coefficient:.2f}) to tell a slope from noise."
            )
        pace = tail.slope / whole.slope if whole.slope < 0 else 0.0
        start = float(analysis.smooth_loss("train")[0])
        gained = analysis.progress("train") / abs(start) if start != 0 else 1.0
        falls = analysis.direction(tail, limit) == "falls"
        slow = falls and pace > STRAIGHT_SHARE and gained < SMALL_SHARE
        section, words = self._weight(analysis) if slow else ("passed", "")
        evidence = {
            **window_of(curve.tail),
            "pace_at_end": pace,
            "share_gained": gained,
            "lag_1": tail.coefficient,
        }
        if section != "passed":
            evidence["fix"] = _FASTER if section == "issue" else _RECORD_FIRST
        return fact(
            self,
            section,
            f"At its end the training loss falls at {max(pace, 0.0):.0%} of its mean pace, and the "
            f"run has taken {gained:.0%} off the loss that it began with{words}.",
            estimate=tail.change,
            unit=analysis.unit,
            ci=(tail.low, tail.high),
            p_value=None if section == "passed" else minimum_effect_p(tail, limit),
            limit=-limit if np.isfinite(limit) else None,
            evidence=evidence,
        )

    def _weight(self, analysis):
        """Section of a training loss that crawls: an issue where the validation loss falls too."""
        curve = analysis.loss("validation")
        if len(curve) == 0:
            return weight_of_fall(analysis, "train")
        if len(curve.tail) < MIN_POINTS:
            return "passed", "; the validation loss is too short to tell whether it falls as well"
        trend, _, limit = analysis.end_of(curve, analysis.loss_limit("validation"))
        if analysis.direction(trend, limit) == "falls":
            return "issue", ""
        return "passed", "; the validation loss is not shown to fall"
