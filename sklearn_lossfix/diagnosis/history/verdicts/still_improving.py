"""A loss that was still falling when training stopped."""

from dataclasses import replace

import numpy as np

from sklearn_lossfix.diagnosis._judging import fact
from sklearn_lossfix.diagnosis._words import short_number
from sklearn_lossfix.diagnosis.history._curve import spoken, window_of
from sklearn_lossfix.diagnosis.history._trend import MIN_POINTS, minimum_effect_p
from sklearn_lossfix.diagnosis.history.verdicts._breakdown import refuse_broken
from sklearn_lossfix.diagnosis.history.verdicts._weight import weight_of_fall
from sklearn_lossfix.exceptions import CheckNotApplicable

_TRAIN_ON = "Train on: more epochs or trees, with early stopping; the curve says when to stop."
_RECORD = "Record the loss of validation rows, then train on for as long as it falls."
_LONGER_SCHEDULE = (
    "Run again with a schedule over more epochs: at the rate that this one ended with, training on "
    "does nothing."
)


class StillImproving:
    """The last quarter of the loss falls, and a run as long again would gain what matters.

    Theil and Sen's slope with an AR(1)-sieve bootstrap test. What lies ahead is projected with the
    share of its pace that the curve keeps: a drop that is over leads nowhere, a slow straight line
    far. Judged on validation rows where their loss was recorded. A training loss falls nearly
    always: alone it makes a tip, and none where a validation metric is flat or the run was stopped
    by a rule of its own. A tip too where the learning rate was recorded and has come down to
    nothing. Not applicable where the loss broke down. Without any loss the metric is judged.
    """

    name = "still_improving"
    slug = "still-improving"
    title = "The loss was still falling"
    kinds = ("history",)
    effort = "fast"

    def run(self, analysis):
        """Test the slope of the end, and what it leads to."""
        refuse_broken(analysis)
        whole, matters = analysis.judged_end(MIN_POINTS)
        curve, is_loss = whole.tail, whole.name == "loss"
        trend, ahead, limit = analysis.end_of(whole, matters)
        if not trend.told:
            raise CheckNotApplicable(
                f"The last {trend.n_points} entries are worth {trend.n_effective:.1f} independent "
                f"ones (lag 1: {trend.coefficient:.2f}): a slope cannot be told from noise."
            )
        better = "falls" if is_loss else "rises"
        improves = analysis.direction(trend, limit) == better
        section, words = weight_of_fall(analysis, curve.split) if improves else ("passed", "")
        fix = _TRAIN_ON if section == "issue" else _RECORD
        unit = analysis.in_unit if is_loss else ""
        evidence = {
            **window_of(curve),
            "statistic": trend.slope,
            "lag_1": trend.coefficient,
            "n_effective": trend.n_effective,
            "pace_kept": ahead.kept,
            "projected_change": trend.change * ahead.times,
        }
        if improves:
            words = (
                f"; a run as long again would add {trend.change * ahead.times:+.3g}{unit}{words}"
            )
        rate = analysis.spent_rate
        if section != "passed" and rate is not None:
            section, fix = "tip", _LONGER_SCHEDULE
            evidence["learning_rate"] = rate
            words += f"; but the learning rate has come down to {short_number(rate)}"
        if section != "passed":
            evidence["fix"] = fix
        toward = trend.change < 0 if is_loss else trend.change > 0
        at_stake = section == "issue" and is_loss and analysis.unit
        finding = fact(
            self,
            section,
            f"Over the last {trend.n_points} entries the {spoken(curve.split)} "
            f"{curve.name.replace('_', ' ')} changes by {trend.change:+.3g} [{trend.low:+.3g}, "
            f"{trend.high:+.3g}]{unit}{words}.",
            estimate=trend.change,
            unit=analysis.unit if is_loss else "",
            ci=(trend.low, trend.high),
            p_value=minimum_effect_p(trend, limit) if toward else 1.0,
            limit=(-limit if is_loss else limit) if np.isfinite(limit) else None,
            nats_at_stake=max(0.0, -trend.high) * min(1.0, ahead.times) if at_stake else None,
            evidence=evidence,
        )
        return finding if is_loss else replace(finding, title="The metric was still improving")
