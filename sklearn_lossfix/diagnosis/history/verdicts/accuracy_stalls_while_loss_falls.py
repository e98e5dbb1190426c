"""A loss that falls while the metric stands still."""

from sklearn_lossfix.diagnosis._judging import fact
from sklearn_lossfix.diagnosis.history._trend import minimum_effect_p
from sklearn_lossfix.diagnosis.history.verdicts._courses import (
    SATURATED,
    course_evidence,
    course_message,
    courses,
)

# Fall of the loss over the later half, as a share of it, that would show in the metric. Every run
# ends with a loss that creeps and a metric that does not: a percent of a loss is worth less than
# the point of accuracy that counts as a change.
STALL_SHARE = 0.05


class AccuracyStallsWhileLossFalls:
    """The loss falls significantly over the later half; the metric is shown to change too little.

    Accuracy moves only where a label flips. Rows on the right side that get surer, and rows on the
    wrong side that get less so, lower the loss and leave it as it is. Where accuracy is near to one
    there is nothing left to win, and nothing to find.
    """

    name = "accuracy_stalls_while_loss_falls"
    slug = "accuracy-stalls-while-loss-falls"
    title = "The metric stalls while the loss falls"
    kinds = ("history",)
    effort = "fast"

    def run(self, analysis):
        """Compare both courses."""
        seen = courses(analysis)
        saturated = analysis.metric_name == analysis.accuracy_name and seen.level >= SATURATED
        limit = max(seen.loss_limit, STALL_SHARE * abs(seen.loss_level))
        falls = analysis.direction(seen.loss, limit) == "falls"
        fires = falls and seen.directions[1] == "flat" and not saturated
        evidence = course_evidence(seen)
        if fires:
            evidence["fix"] = (
                "Look at the decision rule first (DecisionRuleClassifier): labels may hang on a "
                "cut at 0.5 or on rows far from it; then at noisy labels, and at the features of "
                "the rows that stay wrong."
            )
        return fact(
            self,
            "issue" if fires else "passed",
            f"{course_message(analysis, seen)}.",
            estimate=seen.loss.change,
            unit=analysis.unit,
            ci=(seen.loss.low, seen.loss.high),
            p_value=minimum_effect_p(seen.loss, limit) if fires else None,
            limit=-limit,
            evidence=evidence,
        )
