"""Probabilities whose mean is not the share of the class."""

import numpy as np

from sklearn_lossfix.diagnosis._judging import judge_effect, p_text
from sklearn_lossfix.diagnosis._remedies import recalibration_remedy
from sklearn_lossfix.diagnosis._root_scale import root_interval, root_standard_error
from sklearn_lossfix.diagnosis.ledgers.loss import likelihood_ratio, rung_gain
from sklearn_lossfix.exceptions import CheckNotApplicable


class ShiftedPrior:
    """An offset per class lowers the loss: the forecasts speak under another prior.

    Class weights, resampling and data whose classes changed all leave this trace. It is a matter of
    the mean forecast, which every fit shares: no factor for refits widens its interval.
    """

    name = "shifted_prior"
    slug = "shifted-prior"
    title = "Probabilities speak under another prior"
    kinds = ("model",)
    effort = "fast"

    def run(self, analysis):
        """Judge the prior-shift rung."""
        if analysis.ladder is None:
            raise CheckNotApplicable("The model gives no probabilities, so they have no prior.")
        e = analysis.evidence
        gain = rung_gain(analysis.ladder, "prior shift", **analysis.sampling)
        root_se = root_standard_error(gain, analysis.n_effective)
        gain = root_interval(gain, root_se)
        test = likelihood_ratio(analysis.ladder, "prior shift", analysis.n_effective)
        promised = np.average(e.model.proba, axis=0, weights=e.sample_weight)
        worst = int(np.argmax(np.abs(promised - analysis.shares)))
        message = (
            f"{gain.value:.3g} of {analysis.loss:.3g} nats is a shifted prior: class "
            f"{e.classes[worst].item()!r} is forecast with {promised[worst]:.3g} on average and "
            f"occurs with {analysis.shares[worst]:.3g} ({p_text(test['p_value'])})."
        )
        return judge_effect(
            self,
            analysis,
            gain,
            analysis.loss_floor,
            unit="nats",
            message=message,
            other_p=test["p_value"],
            root_se=root_se,
            evidence={
                "mean_forecast": promised.tolist(),
                "class_share": analysis.shares.tolist(),
                "offsets": list(analysis.ladder.maps["prior shift"].offsets),
                "likelihood_ratio": test["statistic"],
                "likelihood_ratio_p": test["p_value"],
            },
            remedy=recalibration_remedy(analysis, "prior_shift"),
        )
