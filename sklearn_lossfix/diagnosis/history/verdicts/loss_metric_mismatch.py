"""A loss and an accuracy that cannot come from the same probabilities, or that go apart."""

import numpy as np
from scipy import stats

from sklearn_lossfix._core._finding import Finding
from sklearn_lossfix.diagnosis._judging import fact
from sklearn_lossfix.diagnosis.history._autoregression import ar1_coefficient, ar1_innovations
from sklearn_lossfix.diagnosis.history._curve import spoken, window_of
from sklearn_lossfix.diagnosis.history._noise import median_window, running_median
from sklearn_lossfix.diagnosis.history._trend import minimum_effect_p
from sklearn_lossfix.diagnosis.ledgers.bridges import consistency_floor
from sklearn_lossfix.exceptions import CheckNotApplicable

# Histories are printed in a few digits: a loss this far below its floor, as a share of it, is not.
_ROUNDING_SHARE = 0.02

# Fewest pairs for Kendall's tau.
_MIN_PAIRS = 20


def paired(first, second):
    """Values of two curves at the steps that both have."""
    _, i, j = np.intersect1d(first.steps, second.steps, return_indices=True)
    return first.steps[i], first.values[i], second.values[j]


def innovations_of(values):
    """What each step adds to the smooth course of a curve and to the noise of the step before."""
    residuals = values - running_median(values, median_window(len(values)))
    residuals = residuals - residuals.mean()
    return ar1_innovations(residuals, ar1_coefficient(residuals))


class HistoryMismatch:
    """Epoch by epoch: is the loss a log loss of the probabilities whose accuracy was recorded?

    A wrong argmax costs log 2 at least, so a mean log loss is at least ``error * log 2``, on the
    same rows, exactly. A smaller one proves that loss and accuracy were not computed from the same
    probabilities: no test is needed. Otherwise it is tested whether loss and metric go apart: the
    metric gets worse in the later half while the loss falls, and in single steps a better loss goes
    with a worse metric (Kendall's tau of the innovations, one-sided).
    """

    name = "loss_metric_mismatch"
    slug = "loss-metric-mismatch"
    title = "Loss and metric speak of different answers"
    kinds = ("history",)
    effort = "fast"

    def run(self, analysis):
        """Judge the floor of every epoch, then the two courses."""
        if analysis.metric_name is None:
            raise CheckNotApplicable("No metric was recorded beside the loss.")
        for split in ("validation", "train"):
            finding = self._below_floor(analysis, split)
            if finding is not None:
                return finding
        return self._going_apart(analysis)

    def _below_floor(self, analysis, split):
        """An issue where the loss is below the floor of its own error; None otherwise."""
        if analysis.accuracy_name is None:
            return None
        loss, accuracy = analysis.loss(split), analysis.metric(split, analysis.accuracy_name)
        steps, losses, hits = paired(loss, accuracy)
        floors = np.array([consistency_floor(0.0, 1.0 - hit)["floor"] for hit in hits])
        below = losses < floors * (1.0 - _ROUNDING_SHARE)
        if not below.any():
            return None
        worst = int(np.argmin(losses - floors))
        kind = analysis.history.loss_kind
        known = kind != "unknown" and kind != "log_loss"
        named = kind.replace("_", " ")
        why = (
            f"it is a {named}, which cannot be read as a log loss"
            if known
            else "it is another loss (a squared error, a weighted or a regularised one), or of "
            "other rows, or of other answers than the labels"
        )
        return fact(
            self,
            "tip" if known else "issue",
            f"At {int(below.sum())} of {len(steps)} steps the {spoken(split)} loss is below what "
            f"the wrong labels alone cost: {losses[worst]:.3g} at {analysis.history.unit} "
            f"{steps[worst]:g}, where "
            f"{1 - hits[worst]:.0%} wrong labels cost {floors[worst]:.3g} nats at least; {why}.",
            estimate=float(floors[worst] - losses[worst]),
            unit="nats",
            evidence={
                "split": split,
                "first_step": float(steps[below][0]),
                "last_step": float(steps[below][-1]),
                "n_points": len(steps),
                "n_below_floor": int(below.sum()),
                "fix": "Record the log loss of the same rows and probabilities whose labels are "
                "counted, without weights and penalties; train classes with a log loss.",
            },
        )

    def _going_apart(self, analysis):
        """Whether the metric falls while the loss does."""
        split = analysis.main_split
        loss, metric = analysis.loss(split), analysis.metric(split)
        steps, losses, values = paired(loss, metric)
        if len(steps) < _MIN_PAIRS:
            raise CheckNotApplicable(
                f"{spoken(split).capitalize()} loss and {analysis.metric_name} have {len(steps)} "
                f"steps in common; comparing their courses needs {_MIN_PAIRS}."
            )
        better, gains = -innovations_of(losses), innovations_of(values)
        test = stats.kendalltau(better, gains, alternative="less")
        tau = 0.0 if np.isnan(test.statistic) else float(test.statistic)
        p_tau = 1.0 if np.isnan(test.pvalue) else float(test.pvalue)
        loss_trend, metric_trend = analysis.trend(loss.late), analysis.trend(metric.late)
        limit = analysis.metric_limit(metric)
        falls = analysis.direction(loss_trend, analysis.loss_limit(split)) == "falls"
        worse = analysis.direction(metric_trend, limit) == "falls"
        evidence = {
            **window_of(loss.late),
            "tau_of_steps": tau,
            "p_of_steps": p_tau,
            "loss_change": loss_trend.change,
            "metric_change": metric_trend.change,
        }
        name = analysis.metric_name.replace("_", " ")
        message = (
            f"Over the later half of the run the {spoken(split)} loss changes by "
            f"{loss_trend.change:+.3g}{analysis.in_unit} and {name} by {metric_trend.change:+.3g}; "
            f"step by step, Kendall's tau of better loss and better {name} is {tau:+.2f}."
        )
        if not (falls and worse):
            return fact(self, "passed", message, estimate=tau, limit=0.0, evidence=evidence)
        evidence["fix"] = (
            "Train for what is measured, or choose the decision rule for it: "
            "DecisionRuleClassifier(model, scoring=...); look at how the metric is averaged."
        )
        # Intersection-union: both courses must be shown (Berger 1982).
        return Finding(
            name=self.slug,
            section="issue",
            title=self.title,
            message=message,
            estimate=metric_trend.change,
            unit="points",
            ci=(metric_trend.low, metric_trend.high),
            p_value=max(
                minimum_effect_p(loss_trend, analysis.loss_limit(split)),
                minimum_effect_p(metric_trend, limit),
            ),
            limit=limit,
            errors_at_stake=max(0.0, -metric_trend.high),
            evidence=evidence,
            checks=(self.name,),
        )
