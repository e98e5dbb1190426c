"""A loss and a metric that do not speak of the same answers."""

import numpy as np

from sklearn_lossfix._core._finding import METRIC_FLOOR
from sklearn_lossfix._core._paired_tests import upper_tail_p
from sklearn_lossfix.diagnosis._judging import fact, judge_effect
from sklearn_lossfix.exceptions import CheckNotApplicable


class LossMetricMismatch:
    """``predict`` contradicts the probabilities, or the loss improves and the metric stands still.

    The first is an issue where it costs: the argmax of the probabilities scores better than the
    labels of ``predict``, row-paired (SVC with Platt scaling is the classic). The second is a tip:
    against always forecasting the class shares the loss falls beyond doubt while the metric is
    equivalent to the best constant answer (two one-sided tests, Schuirmann 1987).
    """

    name = "loss_metric_mismatch"
    slug = "loss-metric-mismatch"
    title = "Loss and metric speak of different answers"
    kinds = ("model",)
    effort = "fast"

    def run(self, analysis):
        """Judge the disagreement of ``predict`` and argmax, then the two skills."""
        if analysis.ladder is None:
            raise CheckNotApplicable("The model gives no probabilities, so there is no log loss.")
        if analysis.metric.kind != "label":
            raise CheckNotApplicable(
                f"The metric {analysis.metric.name!r} is not about labels ({analysis.metric.kind})."
            )
        e = analysis.evidence
        argmax = e.model.proba.argmax(axis=1)
        differs = argmax != e.model.pred
        share = float(np.average(differs, weights=e.sample_weight))
        if share > 0:
            gain = analysis.gain(analysis.metric, argmax)
            message = (
                f"predict differs from the argmax of predict_proba in {share:.2%} of the rows: the "
                f"loss judges other answers than the metric. The argmax scores "
                f"{gain.value:+.3f} {analysis.metric.name.replace('_', ' ')}."
            )
            tested = judge_effect(
                self,
                analysis,
                gain,
                METRIC_FLOOR,
                unit="points",
                message=message,
                evidence={"share_of_rows_that_differ": share},
                rows=e.rows[np.flatnonzero(differs)[:20]],
            )
            if tested.p_value <= analysis.alpha:
                return tested
        return self._compare_skills(analysis, share)

    def _compare_skills(self, analysis, share):
        """Compare the skill in loss with the skill in the metric."""
        flips = analysis.flips
        loss_falls = flips.loss_total < 0 and flips.loss_p <= analysis.alpha
        constant, code = analysis.constant(analysis.metric)
        answer = np.full_like(analysis.evidence.model.pred, code)
        gain = analysis.gain(analysis.metric, analysis.evidence.model.pred, answer)
        below = upper_tail_p(METRIC_FLOOR - gain.value, gain.se)  # H0: gain at least the floor
        stands_still = below <= analysis.alpha
        name = analysis.metric.name.replace("_", " ")
        message = (
            f"Against always forecasting the class shares the loss changes by "
            f"{flips.loss_total:+.3g} nats; {name} is {gain.value:+.3f} beside the best constant "
            f"answer ({constant:.3f})."
        )
        return fact(
            self,
            "tip" if loss_falls and stands_still else "passed",
            message,
            estimate=gain.value,
            unit="points",
            limit=METRIC_FLOOR,
            evidence={"share_of_rows_that_differ": share, "loss_change": flips.loss_total},
        )
