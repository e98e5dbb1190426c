"""A loss that comes back with a period."""

import numpy as np

from sklearn_lossfix._core._finding import Finding
from sklearn_lossfix.diagnosis._judging import fact
from sklearn_lossfix.diagnosis.history._curve import MAX_POINTS, finite_curve, spoken, window_of
from sklearn_lossfix.diagnosis.history._periodicity import (
    MIN_POINTS,
    is_even,
    strongest_period,
)
from sklearn_lossfix.diagnosis.history.verdicts._instability import SWING_SHARE
from sklearn_lossfix.exceptions import CheckNotApplicable

_FIXES = {
    "epoch": "Shuffle the rows anew in every epoch; a sawtooth that stays is normal for Adam and "
    "calls for nothing.",
    "learning rate": "It follows the schedule of the learning rate: stop, or keep the weights, at "
    "its low points.",
    "": "Look for what repeats with this period: the order of the rows, a sampler, a schedule, "
    "resets of the optimiser. Shuffle the rows.",
}


class LossRecurring:
    """One frequency holds more power than white noise gives any (Fisher's g, 1929).

    After a smooth trend and first-order autocorrelation are taken off. Three cycles at least; few
    cycles must be there in every third of the run, or one sudden change would pass for them. The
    period is compared with the length of an epoch, where steps are batches, and with the period of
    the learning rate: both are known causes, so the finding is a tip. Otherwise it is an issue
    where the height from trough to crest is a fifth of the whole progress.
    """

    name = "loss_recurring"
    slug = "loss-recurring"
    title = "The loss comes back with a period"
    kinds = ("history",)
    effort = "fast"

    def run(self, analysis):
        """Test the training loss, or the validation loss where there is no other."""
        split = analysis.training_split
        curve = analysis.raw_loss(split)
        if len(curve) > MAX_POINTS and not is_even(curve.steps):
            curve = curve.thinned()  # only evenly spaced points can all be used
        if len(curve) < MIN_POINTS:
            raise CheckNotApplicable(
                f"The {spoken(split)} loss has {len(curve)} finite entries; looking for a period "
                f"needs {MIN_POINTS}."
            )
        found = strongest_period(curve.steps, curve.values, analysis.seed)
        progress = analysis.progress(split)
        height = 2.0 * found.amplitude
        share = min(height / progress if progress > 0 else np.inf, 9.99) if height > 0 else 0.0
        matches = self._matches(analysis, found, curve)
        unit = analysis.history.unit
        words = {
            "epoch": "; that is one epoch: the rows come in the same order, or the optimiser "
            "follows the epochs (a sawtooth is normal for Adam)",
            "learning rate": "; that is the period of the learning rate",
            "": "",
        }[matches]
        message = (
            f"The {spoken(split)} loss comes back every {found.period:.3g} {unit}s, "
            f"{found.cycles:.0f} times, by {height:.3g}{analysis.in_unit} from trough to crest "
            f"({share:.0%} of its progress){words}."
        )
        evidence = {
            **window_of(curve),
            "period": found.period,
            "resolution": found.resolution,
            "statistic": found.g,
            "steadiness": found.steadiness,
            "method": found.method,
            "matches": matches or "nothing known",
        }
        if found.p_value > analysis.alpha:
            return fact(
                self,
                "passed",
                f"No period of the {spoken(split)} loss stands out (Fisher's g = {found.g:.2f}, "
                f"p = {found.p_value:.2g}).",
                p_value=found.p_value,
                estimate=share,
                unit="share",
                limit=SWING_SHARE,
                evidence=evidence,
            )
        if found.rings:
            return fact(
                self,
                "passed",
                f"The {spoken(split)} loss changes at one place rather than with a period: the "
                f"strongest one, {found.period:.3g} {unit}s, is not there in every third of the "
                f"run.",
                estimate=share,
                unit="share",
                limit=SWING_SHARE,
                evidence=evidence,
            )
        if matches:
            section = "tip"
        else:
            section = "issue" if share > SWING_SHARE else "passed"
        if section != "passed":
            evidence["fix"] = _FIXES[matches]
        return Finding(
            name=self.slug,
            section=section,
            title=self.title,
            message=message,
            estimate=share,
            unit="share",
            p_value=found.p_value,
            limit=SWING_SHARE,
            evidence=evidence,
            checks=(self.name,),
        )

    def _matches(self, analysis, found, curve):
        """What repeats with the same period: ``"epoch"``, ``"learning rate"`` or nothing."""
        h = analysis.history
        near = max(found.resolution, 1.0)
        if h.unit == "step" and h.batches_per_epoch:
            if abs(found.period - h.batches_per_epoch) <= near:
                return "epoch"
        if h.learning_rate is not None:
            rate = finite_curve(h.steps, h.learning_rate, "train", "learning rate")
            if len(rate) > MAX_POINTS and not is_even(rate.steps):
                rate = rate.thinned()
            if len(rate) >= MIN_POINTS and np.ptp(rate.values) > 0:
                cycle = strongest_period(rate.steps, rate.values, analysis.seed)
                if abs(cycle.period - found.period) <= near:
                    return "learning rate"
        return ""
