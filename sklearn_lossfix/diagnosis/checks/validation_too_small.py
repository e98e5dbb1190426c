"""Too few judged rows to see the differences that matter."""

import numpy as np
from scipy import stats

from sklearn_lossfix.diagnosis._judging import POWER, fact
from sklearn_lossfix.exceptions import CheckNotApplicable

# A difference of ten points: whoever cannot see that cannot choose between models at all. Ten times
# the effect floor.
COARSE_DIFFERENCE = 0.10


class ValidationTooSmall:
    """The smallest difference of the metric that these rows can show is large, or larger than the
    claim.

    The detectable difference is ``(z_{0.975} + z_{0.8}) * se`` for a paired comparison with the
    best constant answer. The claim is what the report says first: how far the model is above
    that answer.
    """

    name = "validation_too_small"
    slug = "validation-too-small"
    title = "Too few rows to tell"
    kinds = ("model",)
    effort = "fast"

    def run(self, analysis):
        """Compare the detectable difference with ten points and with the claim."""
        metric = analysis.metric
        if metric.kind != "label":
            raise CheckNotApplicable(
                f"The metric {metric.name!r} is not about labels ({metric.kind})."
            )
        e = analysis.evidence
        _, code = analysis.constant(metric)
        gain = analysis.gain(metric, e.model.pred, np.full_like(e.model.pred, code))
        if gain.se == 0:
            raise CheckNotApplicable(
                "The labels are as good as the best constant answer in every row alike, so nothing "
                "is known of how differences vary."
            )
        detectable = min(1.0, float((stats.norm.ppf(0.975) + stats.norm.ppf(POWER)) * gain.se))
        claim = abs(gain.value)
        small = detectable > COARSE_DIFFERENCE or (claim > 0 and detectable > claim)
        name = metric.name.replace("_", " ")
        message = (
            f"{analysis.n_distinct_rows:,} judged rows can show a difference of {detectable:.3f} "
            f"{name} with a power of 80 %; the model is {gain.value:+.3f} beside the best constant "
            f"answer."
        )
        if small:
            message += " Judge on more rows."
        return fact(
            self,
            "tip" if small else "passed",
            message,
            estimate=detectable,
            unit="points",
            limit=COARSE_DIFFERENCE,
            detectable=detectable,
            evidence={"n_rows": analysis.n_distinct_rows, "difference_from_constant": gain.value},
        )
