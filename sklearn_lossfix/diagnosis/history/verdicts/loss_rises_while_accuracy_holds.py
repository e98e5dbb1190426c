"""A validation loss that rises while the metric holds, or improves."""

from sklearn_lossfix.diagnosis._judging import fact
from sklearn_lossfix.diagnosis.history._trend import minimum_effect_p
from sklearn_lossfix.diagnosis.history.verdicts._courses import (
    course_evidence,
    course_message,
    courses,
)
from sklearn_lossfix.diagnosis.ledgers.bridges import fano_bound


class LossRisesWhileAccuracyHolds:
    """The loss rises significantly over the later half; the metric is shown not to get worse.

    The rows that are wrong are forecast more and more surely: recalibration takes that back without
    touching a label, while stopping early by loss would give up accuracy. Where accuracy was
    recorded, Fano's (1961) bound proves a part of the loss to be miscalibration. A tip where a step
    before the rise was put back at the end.
    """

    name = "loss_rises_while_accuracy_holds"
    slug = "loss-rises-while-accuracy-holds"
    title = "The loss rises while the metric holds"
    kinds = ("history",)
    effort = "fast"

    def run(self, analysis):
        """Compare both courses."""
        seen = courses(analysis)
        holds = seen.metric.low > -seen.metric_limit  # not worse by what matters
        fires = seen.directions[0] == "rises" and holds
        evidence = course_evidence(seen)
        message = course_message(analysis, seen)
        proven = self._proven_miscalibration(analysis)
        if proven is not None:
            evidence["proven_miscalibration"] = proven
            if fires and proven > 0:
                message += f"; {proven:.3g} nats of the last loss are miscalibration for certain"
        section = "passed"
        if fires:
            section = self._weight(analysis, seen)
            if section == "tip":
                step = analysis.history.kept_step
                message += f"; the model of {analysis.history.unit} {step:g} was put back"
            evidence["fix"] = (
                "Recalibrate: RecalibratedClassifier(model, method='temperature') leaves every "
                "label as it is. Choose the epoch by the metric, or by the loss after "
                "recalibration, not by the loss."
            )
        return fact(
            self,
            section,
            f"{message}.",
            estimate=seen.loss.change,
            unit=analysis.unit,
            ci=(seen.loss.low, seen.loss.high),
            p_value=minimum_effect_p(seen.loss, seen.loss_limit) if fires else None,
            limit=seen.loss_limit,
            nats_at_stake=max(0.0, seen.loss.low) if section == "issue" and analysis.unit else None,
            evidence=evidence,
        )

    def _weight(self, analysis, seen):
        """A tip where a step before the rise was put back, and no metric was given up for it."""
        position = analysis.kept_position(analysis.loss(seen.split))
        if position is None or seen.directions[1] == "rises":
            return "issue"
        smooth = analysis.smooth_loss(seen.split)
        return "tip" if smooth[position] < smooth[-1] - seen.loss_limit else "issue"

    def _proven_miscalibration(self, analysis):
        """Last loss above Fano's bound for the last error; None where it is not known."""
        name, n_classes = analysis.accuracy_name, analysis.n_classes
        if name is None or n_classes is None or analysis.history.loss_kind != "log_loss":
            return None
        split = analysis.main_split
        hits = analysis.metric(split, name)
        if len(hits) == 0:
            return None
        return float(analysis.loss(split).values[-1] - fano_bound(1 - hits.values[-1], n_classes))
