"""A loss that was still falling when training stopped."""

from dataclasses import replace

from sklearn_lossfix.diagnosis._judging import fact
from sklearn_lossfix.diagnosis.history._curve import spoken, window_of
from sklearn_lossfix.diagnosis.history._trend import MIN_POINTS, minimum_effect_p
from sklearn_lossfix.exceptions import CheckNotApplicable


class StillImproving:
    """The last quarter of the loss falls, significantly and by more than what matters.

    Theil and Sen's slope with an AR(1)-sieve bootstrap test. Judged on validation rows where their
    loss was recorded. A training loss falls nearly always: alone it makes a tip, and none where a
    validation metric is flat or the run was stopped by a rule of its own. Without any loss the
    metric is judged.
    """

    name = "still_improving"
    slug = "still-improving"
    title = "The loss was still falling"
    kinds = ("history",)
    effort = "fast"

    def run(self, analysis):
        """Test the slope of the end."""
        whole, limit = analysis.judged_end(MIN_POINTS)
        curve, is_loss = whole.tail, whole.name == "loss"
        trend = analysis.trend(curve)
        if not trend.told:
            raise CheckNotApplicable(
                f"The last {trend.n_points} entries are worth {trend.n_effective:.1f} independent "
                f"ones (lag 1: {trend.coefficient:.2f}): a slope cannot be told from noise."
            )
        better = "falls" if is_loss else "rises"
        improves = analysis.direction(trend, limit) == better
        section, words = self._weight(analysis, curve.split) if improves else ("passed", "")
        evidence = {
            **window_of(curve),
            "statistic": trend.slope,
            "lag_1": trend.coefficient,
            "n_effective": trend.n_effective,
        }
        if section != "passed":
            evidence["fix"] = (
                "Train on: more epochs or trees, with early stopping; the curve says when to stop."
                if section == "issue"
                else "Record the loss of validation rows, then train on for as long as it falls."
            )
        toward = trend.change < 0 if is_loss else trend.change > 0
        at_stake = section == "issue" and is_loss and analysis.unit
        finding = fact(
            self,
            section,
            f"Over the last {trend.n_points} entries the {spoken(curve.split)} "
            f"{curve.name.replace('_', ' ')} changes by {trend.change:+.3g} [{trend.low:+.3g}, "
            f"{trend.high:+.3g}]{analysis.in_unit if is_loss else ''}{words}.",
            estimate=trend.change,
            unit=analysis.unit if is_loss else "",
            ci=(trend.low, trend.high),
            p_value=minimum_effect_p(trend, limit) if toward else 1.0,
            limit=-limit if is_loss else limit,
            nats_at_stake=max(0.0, -trend.high) if at_stake else None,
            evidence=evidence,
        )
        return finding if is_loss else replace(finding, title="The metric was still improving")

    def _weight(self, analysis, split):
        """Section of an end that improves, and what takes from its weight, in words."""
        if split == "validation":
            return "issue", ""
        metric = analysis.metric("validation")
        if len(metric.tail) >= MIN_POINTS:
            limit = analysis.metric_limit(metric)
            if analysis.direction(analysis.trend(metric.tail), limit) == "flat":
                return "passed", f"; on validation rows {analysis.metric_name} is flat"
        if analysis.history.stop_reason == "patience":
            return "passed", "; the run was stopped by a rule of its own"
        return "tip", ", which is not shown for held-out rows"
