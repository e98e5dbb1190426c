"""Too few judged rows to see the differences that matter."""

import numpy as np
from scipy import stats

from sklearn_lossfix.diagnosis._judging import POWER, fact
from sklearn_lossfix.exceptions import CheckNotApplicable

# Ten points, ten times the effect floor: rows that cannot show such a difference cannot choose
# between models at all, and a metric that is not known to within as much says next to nothing.
COARSE_DIFFERENCE = 0.10


class ValidationTooSmall:
    """The metric is not known to within ten points, or differences that matter cannot be seen.

    An issue where the 95 % interval of the metric reaches further than ten points to either side:
    that is certain, and no test is asked. A tip where the smallest difference of the metric that
    these rows can show is more than ten points, or more than the claim: how far the model is above
    the best constant answer, which the report says first. The detectable difference is
    ``(z_{0.975} + z_{0.8}) * se`` for a paired comparison with that answer.
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
        score = analysis.score(metric)
        vague = (score.high - score.low) / 2 > COARSE_DIFFERENCE
        if vague:
            message = (
                f"The {name} of {score.value:.3f} is only known to lie in [{score.low:.3f}, "
                f"{score.high:.3f}]. {message}"
            )
        if small or vague:
            message += " Judge on more rows."
        return fact(
            self,
            "issue" if vague else "tip" if small else "passed",
            message,
            estimate=detectable,
            unit="points",
            limit=COARSE_DIFFERENCE,
            detectable=detectable,
            evidence={"n_rows": analysis.n_distinct_rows, "difference_from_constant": gain.value},
        )
