"""A loss that has stood still for a long time."""

from sklearn_lossfix.diagnosis._judging import fact
from sklearn_lossfix.diagnosis.history._analysis import EQUIVALENCE_LEVEL
from sklearn_lossfix.diagnosis.history._curve import LATE_SHARE, spoken, window_of
from sklearn_lossfix.diagnosis.history._trend import MIN_POINTS, equivalence_p
from sklearn_lossfix.diagnosis.history.verdicts._breakdown import refuse_broken


class LossPlateau:
    """Over the later half the loss is shown to change by less than what matters. A tip.

    Two one-sided tests (Schuirmann 1987). Every run that is long enough ends so: the plateau says
    where training could have stopped, or where the learning rate could have been lowered. Without
    any loss the metric is judged.
    """

    name = "loss_plateau"
    slug = "loss-plateau"
    title = "The loss has stood still for half of the run"
    kinds = ("history",)
    effort = "fast"

    def run(self, analysis):
        """Test whether the later half is flat."""
        refuse_broken(analysis)
        whole, limit = analysis.judged_end(2 * MIN_POINTS)
        curve, trend = whole.late, analysis.trend(whole.late)
        unit = analysis.in_unit if curve.name == "loss" else ""
        p_value = equivalence_p(trend, limit)
        end, _, limit_of_end = analysis.end_of(whole, limit)
        # A straight line that a run as long again would take further than what matters is no rest.
        moves = analysis.direction(end, limit_of_end) in ("falls", "rises")
        flat = p_value <= EQUIVALENCE_LEVEL and not moves
        evidence = {**window_of(curve), "p_of_equivalence": p_value, "lag_1": trend.coefficient}
        if flat:
            evidence["fix"] = (
                f"Stop at {analysis.history.unit} {curve.steps[0]:g}, or lower the learning rate "
                f"there: a plateau that a lower rate ends was no end."
            )
        shown = "less than what matters" if flat else "not shown to be less than what matters"
        if moves and p_value <= EQUIVALENCE_LEVEL:
            shown = "and so steadily that a run as long again changes it by more than what matters"
        return fact(
            self,
            "tip" if flat else "passed",
            f"Over the last {LATE_SHARE:.0%} of the run the {spoken(curve.split)} "
            f"{curve.name.replace('_', ' ')} changes by {trend.change:+.3g} [{trend.low:+.3g}, "
            f"{trend.high:+.3g}]{unit}, {shown} ({limit:.3g}).",
            estimate=trend.change,
            unit=unit.strip(),
            ci=(trend.low, trend.high),
            limit=limit,
            evidence=evidence,
        )
