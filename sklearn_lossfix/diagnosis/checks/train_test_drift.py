"""Validation rows that differ from training rows, and what that costs."""

from typing import NamedTuple

import numpy as np

from sklearn_lossfix._core._finding import METRIC_FLOOR
from sklearn_lossfix._core._paired_tests import (
    Estimate,
    interval,
    mean_standard_error,
    paired_estimate,
    upper_tail_p,
)
from sklearn_lossfix.diagnosis._judging import (
    detectable_effect,
    fact,
    interval_text,
    judge_effect,
    p_text,
)
from sklearn_lossfix.exceptions import CheckNotApplicable

# Below the area that a shift of one normal column by a fifth of its deviation gives (Cohen's
# "small" d = 0.2: AUC = Phi(d / sqrt 2)) a difference is not worth a word.
NEGLIGIBLE_AUC = 0.556

# Where more validation rows than this share have a density ratio at its limit, hardly a training
# row is like them, and no weights make one part of the other.
MAX_CLIPPED = 0.5


class TrainTestDrift:
    """A classifier tells validation rows from training rows, and the loss depends on it.

    The effect is the validation loss beside the same loss weighted to the density of the training
    rows (importance weights, Shimodaira 2000): what the difference of the features costs, or
    flatters. Or beside the loss out of fold, where the model was refitted: what a difference
    costs that no weights mend, because the parts hardly overlap or labels moved with the features.
    Both must be significant: the area under the curve beyond 0.5, and the difference of the
    losses beyond the loss floor.
    """

    name = "train_test_drift"
    slug = "train-test-drift"
    title = "Validation rows differ from training rows"
    kinds = ("model",)
    effort = "normal"

    def run(self, analysis):
        """Judge the area, then the loss."""
        e = analysis.evidence
        drift = e.drift
        if drift is None:
            reason = "There are no validation rows to compare with the training rows."
            raise CheckNotApplicable(e.facts.get("no_drift_reason", reason))
        error = max(drift.auc.se, drift.null_error)
        p_auc = upper_tail_p(drift.auc.value, error, 0.5)
        columns = ", ".join(
            f"{name!r} ({auc:.2f})"
            for name, auc in zip(drift.columns[:3], drift.column_auc, strict=False)
        )
        seen = (
            f"Their features tell validation rows from training rows with AUC "
            f"{interval_text(drift.auc, 2)} ({p_text(p_auc)})"
        )
        named = f"; alone {columns}" if columns else ""
        evidence = {
            "auc": drift.auc.value,
            "auc_ci": [drift.auc.low, drift.auc.high],
            "auc_p": p_auc,
            "columns": list(drift.columns),
            "column_auc": list(drift.column_auc),
            "share_unlike_training": drift.share_clipped,
            "n_train": drift.n_train,
            "n_judged": len(drift.rows),
        }
        told = ""
        if p_auc <= analysis.alpha:
            cost = drift_cost(analysis, drift)
            what = "loss" if cost.unit == "nats" else "error rate"
            told = (
                f". Their {what} is {interval_text(cost.size)} {cost.way} than {cost.beside} "
                f"({p_text(cost.p_value)})"
            )
            evidence |= {"cost": cost.size.value, "cost_way": cost.way, "cost_unit": cost.unit}
            if max(p_auc, cost.p_value) <= analysis.alpha:
                return judge_effect(
                    self,
                    analysis,
                    cost.size,
                    cost.floor,
                    unit=cost.unit,
                    message=f"{seen}{named}{told}.",
                    other_p=max(p_auc, cost.p_value),
                    evidence=evidence,
                )
        if p_auc <= analysis.alpha and drift.auc.value > NEGLIGIBLE_AUC:
            return fact(
                self,
                "tip",
                f"{seen}{named}{told}.",
                estimate=drift.auc.value,
                unit="auc",
                ci=(drift.auc.low, drift.auc.high),
                limit=NEGLIGIBLE_AUC,
                evidence=evidence,
            )
        detectable = detectable_effect(error, 0.5, analysis.alpha)
        return fact(
            self,
            "passed",
            f"{seen}; an AUC of {min(detectable, 1.0):.2f} would have been found with power 80 %.",
            estimate=drift.auc.value,
            unit="auc",
            ci=(drift.auc.low, drift.auc.high),
            limit=NEGLIGIBLE_AUC,
            detectable=detectable,
            evidence=evidence,
        )


class Cost(NamedTuple):
    """What validation rows cost beside training rows.

    Attributes
    ----------
    size : Estimate
        Difference of the losses, or of the error rates; positive.
    way : {"greater", "smaller"}
        Whether the validation rows lose more or less.
    unit : {"nats", "points"}
    floor : float
        The smallest difference that matters.
    p_value : float
        Of a difference of at most the floor, corrected for the number of comparisons.
    beside : str
        What they are compared with, in words.
    """

    size: Estimate
    way: str
    unit: str
    floor: float
    p_value: float
    beside: str


def drift_cost(analysis, drift):
    """The surer of two comparisons, with Bonferroni's correction.

    Parameters
    ----------
    analysis : Analysis
        Of the validation rows.
    drift : DriftEvidence
        Rows and their density ratios.

    Returns
    -------
    Cost
    """
    e, refits = analysis.evidence, analysis.refits
    by_loss = analysis.ladder is not None and refits.ladder is not None
    unit, floor = ("nats", analysis.loss_floor) if by_loss else ("points", METRIC_FLOOR)
    losses = _losses(analysis, by_loss)
    groups = None if e.groups is None else e.groups[drift.rows]
    weighted = weighted_difference(losses[drift.rows], drift.ratio, groups)
    p_value = 2 * upper_tail_p(abs(weighted.value), weighted.se, floor)
    way = "greater" if weighted.value > 0 else "smaller"
    beside = "with weights that make them like training rows"
    if drift.share_clipped > MAX_CLIPPED:
        p_value = 1.0
        beside = "with weights, which cannot make them like training rows"
    seen = [(p_value, interval(abs(weighted.value), weighted.se), way, beside)]
    if refits is not analysis:
        here = paired_estimate(losses, e.sample_weight, e.groups)
        folds = paired_estimate(
            _losses(refits, by_loss), **refits.sampling, inflation=refits.evidence.inflation
        )
        # Models of the folds learn from fewer rows: only "greater" tells something.
        gap = interval(here.value - folds.value, float(np.hypot(here.se, folds.se)))
        if gap.value > 0:
            seen.append((upper_tail_p(gap.value, gap.se, floor), gap, "greater", "out of fold"))
    n_compared = 1 if refits is analysis else 2
    p_value, size, way, beside = min(seen, key=lambda one: one[0])
    return Cost(size, way, unit, floor, min(1.0, n_compared * p_value), beside)


def _losses(analysis, by_loss):
    """Log loss of every row, or whether its label is wrong."""
    if by_loss:
        return analysis.row_losses
    return (analysis.evidence.model.pred != analysis.evidence.y).astype(float)


def weighted_difference(losses, ratio, groups=None):
    r"""Mean minus weighted mean, with the standard error of its influence.

    .. math:: \psi_i = (l_i - \bar l) - \frac{w_i}{\bar w} (l_i - \bar l_w)

    Parameters
    ----------
    losses, ratio : ndarray of shape (n_rows,)
        Values and weights.
    groups : ndarray of shape (n_rows,), dtype int, default=None
        Codes of what varies independently.

    Returns
    -------
    Estimate
    """
    mean, weighted = losses.mean(), np.average(losses, weights=ratio)
    influence = (losses - mean) - ratio / ratio.mean() * (losses - weighted)
    if groups is not None:
        groups = np.unique(groups, return_inverse=True)[1]
    return interval(mean - weighted, mean_standard_error(influence, groups=groups))
