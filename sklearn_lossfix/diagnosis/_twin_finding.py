"""Harm by comparison: is a twin with one thing changed better on the same rows?"""

from dataclasses import replace
from typing import NamedTuple

from sklearn_lossfix._core._finding import LOSS_FLOOR_SHARE, SUSPICION, Finding
from sklearn_lossfix._core._paired_tests import Estimate, paired_estimate
from sklearn_lossfix._core._proper_scores import brier_rows
from sklearn_lossfix.diagnosis._judging import fact, interval_text, judge_effect
from sklearn_lossfix.diagnosis._remedies import twin_remedy
from sklearn_lossfix.exceptions import CheckNotApplicable

# What a gain in a unit is a gain of.
_QUANTITY = {"nats": "the loss", "Brier": "the Brier score", "points": "the metric"}


class Gains(NamedTuple):
    """What a twin saves, each an Estimate or None: positive means that the twin is better.

    Variances carry the Nadeau-Bengio factor.
    """

    loss: Estimate | None
    brier: Estimate | None
    metric: Estimate | None


def twin_gains(analysis, twin):
    """What a twin saves of the log loss in nats, of the Brier score, and of the metric in points.

    The Brier score is bounded where the log loss is not: a few rows that were given a probability
    near zero for what came true drown every difference of log losses, and none of Brier scores.

    Parameters
    ----------
    analysis : Analysis
        In which the twin shares rows and folds with the model.
    twin : Twin
        The twin.

    Returns
    -------
    Gains
    """
    e = analysis.evidence
    loss = brier = metric = None
    if e.model.proba is not None and twin.scored.proba is not None:
        common = {"inflation": e.inflation, **analysis.sampling}
        saved = analysis.row_losses - analysis.losses_of(twin.scored)
        loss = paired_estimate(saved, **common)
        saved = brier_rows(e.model.proba, e.y) - brier_rows(twin.scored.proba, e.y)
        brier = paired_estimate(saved, **common)
    if analysis.metric.kind == "label":
        metric = analysis.gain(analysis.metric, twin.scored.pred, inflation=e.inflation)
    return Gains(loss, brier, metric)


def untried_twin(check, analysis, name):
    """Finding of a check whose twin was not tried; None where it was.

    Raises
    ------
    CheckNotApplicable
        With the reason, where the twin cannot be tried.
    """
    e = analysis.refits.evidence
    if name in e.twins:
        return None
    why = e.no_twins.get(name)
    if why is None:
        raise CheckNotApplicable(e.facts.get("no_twins_reason", "Nothing was refitted."))
    if why.section == "not_applicable":
        raise CheckNotApplicable(why.reason)
    if why.section == "passed":
        return fact(
            check, "passed", why.reason, estimate=why.estimate, unit=why.unit, limit=why.limit
        )
    return Finding(check.slug, why.section, check.title, why.reason, checks=(check.name,))


def check_twin(check, analysis, name, *, harmless="passed"):
    """Judge one twin by what it gains, or say why it was not tried.

    Parameters
    ----------
    check : Check
        Who judges.
    analysis : Analysis
        The derived numbers.
    name : str
        Which twin.
    harmless : {"passed", "tip"}, default="passed"
        Section where the twin is not better.

    Returns
    -------
    Finding

    Raises
    ------
    CheckNotApplicable
        With the reason, where the twin cannot be tried.
    """
    untried = untried_twin(check, analysis, name)
    if untried is not None:
        return untried
    twin = analysis.refits.evidence.twins[name]
    return judge_twin(check, analysis, name, cause=twin.cause, harmless=harmless)


def judge_twin(check, analysis, name, *, cause, harmless="passed"):
    """Judge one twin by log loss, Brier score and metric; the clearest of the three counts.

    Its p-value is multiplied by the number of looks (Bonferroni).

    Parameters
    ----------
    check : Check
        Who judges.
    analysis : Analysis
        The derived numbers.
    name : str
        Which twin.
    cause : str
        What the twin changed the consequences of, to begin the message.
    harmless : {"passed", "tip"}, default="passed"
        Section where the twin is not better.

    Returns
    -------
    Finding
    """
    analysis = analysis.refits
    cause = cause[0].upper() + cause[1:]
    twin = analysis.evidence.twins[name]
    gains = twin_gains(analysis, twin)
    looks = []
    if gains.loss is not None:
        looks.append((gains.loss, analysis.loss_floor, "nats", "loss"))
        floor = LOSS_FLOOR_SHARE * analysis.brier_ledger.total
        looks.append((gains.brier, floor, "Brier", "Brier score"))
    if gains.metric is not None:
        what = analysis.metric.name.replace("_", " ")
        looks.append((gains.metric, analysis.metric_floor, "points", what))
    if not looks:
        raise CheckNotApplicable(
            f"The model gives no probabilities, and {analysis.metric.name} is no metric of labels: "
            f"nothing compares a variant with it."
        )
    stakes = {
        "nats_at_stake": None if gains.loss is None else max(0.0, gains.loss.low),
        "errors_at_stake": None if gains.metric is None else max(0.0, gains.metric.low),
    }
    evidence = {
        f"{look}_gain": None if gain is None else list(gain)
        for look, gain in gains._asdict().items()
    }
    findings = [
        judge_effect(
            check,
            analysis,
            gain,
            limit,
            unit=unit,
            message=f"{cause}; {twin.changes}: {what} improves by {interval_text(gain)} on the "
            f"same rows.",
            remedy=twin_remedy(analysis, name, gain, unit),
            rows=twin.rows,
            evidence={**twin.evidence, **evidence},
            **stakes,
        )
        for gain, limit, unit, what in looks
    ]
    best = min(findings, key=lambda finding: finding.p_value)
    best = replace(best, p_value=min(1.0, len(findings) * best.p_value))
    if harmless == "tip" and best.p_value > max(SUSPICION, analysis.alpha):
        return replace(
            best,
            section="tip",
            p_value=None,
            remedy=None,
            nats_at_stake=None,
            errors_at_stake=None,
            message=f"{cause}, without harm that could be shown: {twin.changes} changes "
            f"{_QUANTITY[best.unit]} by "
            f"{best.estimate:.3g} [{best.ci[0]:.3g}, {best.ci[1]:.3g}].",
        )
    return best
