"""A model that is as good as a constant answer, and provably no better."""

import numpy as np

from sklearn_lossfix._core._finding import LOSS_FLOOR_SHARE, Finding
from sklearn_lossfix._core._paired_tests import paired_estimate, upper_tail_p
from sklearn_lossfix._core._proper_scores import entropy
from sklearn_lossfix.diagnosis._judging import detectable_effect, p_text
from sklearn_lossfix.exceptions import CheckNotApplicable


class NoSignal:
    """Even after recalibration the scores save less than 1 % of the uncertainty.

    An equivalence test: H0 says that the cross-fitted, recalibrated forecasts save at least the
    effect floor against the class shares. Rejecting it proves that there is nothing to be had
    from these scores; not being able to reject on few rows is no finding. A reference model,
    where there is one, must have found nothing either, else the model fails and not the data:
    the message says which.
    """

    name = "no_signal"
    slug = "no-signal"
    title = "The scores hold no signal"
    kinds = ("model",)
    effort = "fast"

    def run(self, analysis):
        """Test that the discrimination is below the floor."""
        if analysis.ladder is None:
            raise CheckNotApplicable("The model gives no probabilities to compare with a constant.")
        e = analysis.evidence
        constant = -np.log(np.maximum(analysis.shares, np.finfo(float).tiny))[e.y]
        uncertainty = entropy(analysis.shares)
        saved = paired_estimate(constant - analysis.ladder.log_rows["shape"], **analysis.sampling)
        limit = LOSS_FLOOR_SHARE * uncertainty
        p_value = upper_tail_p(limit - saved.value, saved.se)
        context = ""
        reference = analysis.reference_rows
        if reference is not None:
            other = paired_estimate(constant - reference, **analysis.sampling)
            found = other.low > limit
            context = (
                f" A reference model saves {other.value:.3g}: the data hold a signal, this model "
                f"misses it."
                if found
                else " A reference model finds none either."
            )
        message = (
            f"Recalibrated, the scores save {saved.value:.2g} of {uncertainty:.3g} nats of "
            f"uncertainty [{saved.low:.2g}, {saved.high:.2g}]: less than {limit:.2g}, "
            f"{p_text(p_value)}. Tuning the rule or the probabilities leads no "
            f"further than to a constant answer."
            f"{context}"
        )
        return Finding(
            name=self.slug,
            section="issue",
            title=self.title,
            message=message,
            estimate=saved.value,
            unit="nats",
            ci=(saved.low, saved.high),
            p_value=p_value,
            limit=limit,
            detectable=detectable_effect(saved.se, limit, analysis.alpha),
            nats_at_stake=limit,
            evidence={"uncertainty": uncertainty},
            checks=(self.name,),
        )
