"""Probabilities that neither an offset nor a temperature can mend."""

from sklearn_lossfix.diagnosis._judging import judge_effect
from sklearn_lossfix.diagnosis._remedies import recalibration_remedy
from sklearn_lossfix.diagnosis.ledgers.loss import rung_gain
from sklearn_lossfix.exceptions import CheckNotApplicable


class MisshapenProbabilities:
    """A slope per class, or an isotonic map, lowers the loss beyond one temperature."""

    name = "misshapen_probabilities"
    slug = "misshapen-probabilities"
    title = "The reliability curve has the wrong shape"
    kinds = ("model",)
    effort = "fast"

    def run(self, analysis):
        """Judge the shape rung."""
        if analysis.ladder is None:
            raise CheckNotApplicable("The model gives no probabilities, so they have no shape.")
        gain = rung_gain(analysis.ladder, "shape", **analysis.refitted_sampling)
        kinds = sorted({fitted.kind for fitted in analysis.ladder.fold_maps["shape"]})
        message = (
            f"{gain.value:.3g} of {analysis.loss:.3g} nats is lost to the shape of the "
            f"probabilities: a map of the kind {' or '.join(kinds)} recovers it where one "
            f"temperature cannot."
        )
        kind = "isotonic" if kinds == ["isotonic"] else "vector"
        return judge_effect(
            self,
            analysis,
            gain,
            analysis.loss_floor,
            unit="nats",
            message=message,
            evidence={"maps": kinds},
            remedy=recalibration_remedy(analysis, kind),
        )
