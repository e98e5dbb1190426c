"""A loss that falls while the metric stands still."""

import numpy as np

from sklearn_lossfix.diagnosis._judging import fact
from sklearn_lossfix.diagnosis.history._curve import spoken, window_of
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

# A run that has taken this share off the loss it began with has learnt something, which a metric
# that stands where it began does not show.
LARGE_SHARE = 0.5


class AccuracyStallsWhileLossFalls:
    """The loss falls significantly over the later half; the metric is shown to change too little.

    Accuracy moves only where a label flips. Rows on the right side that get surer, and rows on the
    wrong side that get less so, lower the loss and leave it as it is. Where accuracy is near to one
    there is nothing left to win, and nothing to find.

    Over the whole run the same is asked: a loss that has lost half of what it began with, beside an
    accuracy that stays at that of a constant answer, is an issue; beside another metric that stays
    where it began, a tip.
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
        metric = analysis.metric(seen.split)
        if not saturated and self._large(analysis, seen.split) and analysis.is_frozen(metric):
            constant = self._constant_answer(analysis, metric)
            if constant is not None or not fires:
                return self._over_the_whole_run(analysis, seen, metric, constant)
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

    def _large(self, analysis, split):
        """Whether the loss has lost half of what it began with, and more than noise."""
        start = abs(float(analysis.loss(split).values[0]))
        return analysis.has_moved(split) and analysis.progress(split) > LARGE_SHARE * start

    def _constant_answer(self, analysis, metric):
        """Accuracy of a constant answer where the metric stays at it; else None.

        Where the number of classes is not known, any number of equally frequent ones counts.
        """
        if metric.name != analysis.accuracy_name:
            return None
        level, chance = float(np.median(metric.values)), analysis.chance_accuracy
        if chance is None and level > 0:
            chance = 1.0 / max(2, round(1.0 / level))
        limit = analysis.metric_limit(metric)
        return chance if chance is not None and abs(level - chance) <= limit else None

    def _over_the_whole_run(self, analysis, seen, metric, constant):
        """A loss that came far while the metric never left where it began."""
        loss, name = analysis.loss(seen.split), metric.name.replace("_", " ")
        level = float(np.median(metric.values))
        at = "" if constant is None else f", which a constant answer has ({constant:.3f})"
        evidence = {
            **course_evidence(seen),
            **window_of(loss),
            "metric_level": level,
            "constant_answer": constant,
            "fix": "Look at the decision rule first (DecisionRuleClassifier): it may give every "
            "row the same label; then whether the metric compares the labels that the loss is "
            "trained on, coded alike and from the same answers.",
        }
        return fact(
            self,
            "tip" if constant is None else "issue",
            f"Over the whole run the {spoken(seen.split)} loss came down from "
            f"{loss.values[0]:.3g} to {analysis.smooth_loss(seen.split)[-1]:.3g}"
            f"{analysis.in_unit} and {name} stayed at {level:.3f}{at}.",
            estimate=-analysis.progress(seen.split),
            unit=analysis.unit,
            evidence=evidence,
        )
