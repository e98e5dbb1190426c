"""A loss that never got below that of always forecasting the class shares."""

import numpy as np

from sklearn_lossfix._core._finding import LOSS_FLOOR_SHARE
from sklearn_lossfix._core._paired_tests import wilson_interval
from sklearn_lossfix.diagnosis._judging import fact
from sklearn_lossfix.diagnosis.history._curve import spoken, window_of
from sklearn_lossfix.diagnosis.history._trend import MIN_POINTS
from sklearn_lossfix.exceptions import CheckNotApplicable


class StuckAtChance:
    """The best smoothed loss is no better than the entropy of the classes, and accuracy agrees.

    Always forecasting the class shares costs their entropy, ``log K`` where they are equal: 0.693
    for two classes. A best loss within the smallest change that matters of it, or above it, has
    learnt nothing that shows. Where an accuracy was recorded, its interval must hold that of always
    answering the largest class.
    """

    name = "stuck_at_chance"
    slug = "stuck-at-chance"
    title = "The loss stays at that of a constant forecast"
    kinds = ("history",)
    effort = "fast"

    def run(self, analysis):
        """Compare the best loss with the entropy."""
        chance = analysis.chance_loss
        if chance is None:
            raise CheckNotApplicable(
                "What a constant forecast costs is known of a log loss with a known number of "
                "classes only: pass loss='log_loss' names and n_classes or class_rates."
            )
        split = analysis.main_split
        curve = analysis.needed_loss(split, MIN_POINTS)
        best = float(analysis.smooth_loss(split).min())
        limit = max(LOSS_FLOOR_SHARE * chance, analysis.loss_se(split))
        skill = 1.0 - best / chance if chance > 0 else 0.0
        stuck = best > chance - limit
        evidence = {
            **window_of(curve),
            "constant_forecast": chance,
            "best": best,
            "class_shares_known": analysis.history.class_rates is not None,
        }
        words, agrees = self._accuracy(analysis, split, evidence)
        message = (
            f"The best {spoken(split)} loss, {best:.3f} nats, is {abs(skill):.1%} "
            f"{'below' if skill >= 0 else 'above'} the {chance:.3f} of always forecasting the "
            f"class shares{words}."
        )
        fires = stuck and agrees
        if fires:
            evidence["fix"] = (
                "Check that labels belong to their rows and that inputs arrive scaled; try a "
                "learning rate 10 times lower and higher, and a simple model as reference."
            )
        return fact(
            self,
            "issue" if fires else "passed",
            message,
            estimate=skill,
            unit="share",
            limit=limit / chance if chance > 0 else 0.0,
            evidence=evidence,
        )

    def _accuracy(self, analysis, split, evidence):
        """What accuracy says, and whether it agrees."""
        name, chance = analysis.accuracy_name, analysis.chance_accuracy
        curve = analysis.metric(split, name) if name else ()
        if not len(curve) or chance is None:
            return "", True
        level = float(np.median(curve.tail.values))
        n_rows = analysis.history.n_validation if split == "validation" else None
        high = chance + LOSS_FLOOR_SHARE
        low_seen = wilson_interval(level, n_rows)[0] if n_rows else level
        evidence |= {"accuracy": level, "constant_answer": chance}
        return f"; accuracy is {level:.3f}, a constant answer's {chance:.3f}", low_seen <= high
