"""A loss that was still falling when training stopped."""

from sklearn_lossfix.diagnosis._judging import fact
from sklearn_lossfix.diagnosis.history._curve import spoken, window_of
from sklearn_lossfix.diagnosis.history._trend import MIN_POINTS, minimum_effect_p
from sklearn_lossfix.exceptions import CheckNotApplicable


class StillImproving:
    """The last quarter of the loss falls, significantly and by more than what matters.

    Theil and Sen's slope with an AR(1)-sieve bootstrap test. Judged on validation rows where their
    loss was recorded: a training loss falls nearly always.
    """

    name = "still_improving"
    slug = "still-improving"
    title = "The loss was still falling"
    kinds = ("history",)
    effort = "fast"

    def run(self, analysis):
        """Test the slope of the end."""
        split = analysis.main_split
        curve = analysis.needed_loss(split, MIN_POINTS).tail
        trend, limit = analysis.trend(curve), analysis.loss_limit(split)
        if not trend.told:
            raise CheckNotApplicable(
                f"The last {trend.n_points} entries are worth {trend.n_effective:.1f} independent "
                f"ones (lag 1: {trend.coefficient:.2f}): a slope cannot be told from noise."
            )
        fires = analysis.direction(trend, limit) == "falls"
        evidence = {
            **window_of(curve),
            "statistic": trend.slope,
            "lag_1": trend.coefficient,
            "n_effective": trend.n_effective,
        }
        if fires:
            evidence["fix"] = (
                "Train on: more epochs or trees, with early stopping; the curve says when to stop."
            )
        return fact(
            self,
            "issue" if fires else "passed",
            f"Over the last {trend.n_points} entries the {spoken(split)} loss changes by "
            f"{trend.change:+.3g} [{trend.low:+.3g}, {trend.high:+.3g}]{analysis.in_unit}.",
            estimate=trend.change,
            unit=analysis.unit,
            ci=(trend.low, trend.high),
            p_value=minimum_effect_p(trend, limit) if trend.change < 0 else 1.0,
            limit=-limit,
            nats_at_stake=max(0.0, -trend.high) if fires and analysis.unit else None,
            evidence=evidence,
        )
