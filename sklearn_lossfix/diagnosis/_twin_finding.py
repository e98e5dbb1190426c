"""Harm by comparison: is a twin with one thing changed better on the same rows?"""

from dataclasses import replace

from sklearn_lossfix._core._finding import Finding
from sklearn_lossfix._core._paired_tests import paired_estimate
from sklearn_lossfix.diagnosis._judging import fact, interval_text, judge_effect
from sklearn_lossfix.diagnosis._remedies import twin_remedy
from sklearn_lossfix.exceptions import CheckNotApplicable


def twin_gains(analysis, twin):
    """What a twin saves: loss in nats (None without probabilities) and metric in points (or None).

    Returns
    -------
    loss_gain, metric_gain : Estimate or None
        Positive means that the twin is better; variances carry the Nadeau-Bengio factor.
    """
    e = analysis.evidence
    loss_gain = metric_gain = None
    losses = analysis.losses_of(twin.scored)
    if losses is not None and analysis.ladder is not None:
        loss_gain = paired_estimate(
            analysis.row_losses - losses, inflation=e.inflation, **analysis.sampling
        )
    if analysis.metric.kind == "label":
        metric_gain = analysis.gain(analysis.metric, twin.scored.pred, inflation=e.inflation)
    return loss_gain, metric_gain


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
    """Judge one twin by the loss and by the metric; the clearer of the two counts, twice its p.

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
    loss_gain, metric_gain = twin_gains(analysis, twin)
    candidates = []
    if loss_gain is not None:
        candidates.append((loss_gain, analysis.loss_floor, "nats", "loss"))
    if metric_gain is not None:
        candidates.append(
            (metric_gain, analysis.metric_floor, "points", analysis.metric.name.replace("_", " "))
        )
    findings = []
    for gain, limit, unit, what in candidates:
        message = (
            f"{cause}; {twin.changes}: {what} improves by {interval_text(gain)} on the same rows."
        )
        findings.append(
            judge_effect(
                check,
                analysis,
                gain,
                limit,
                unit=unit,
                message=message,
                remedy=twin_remedy(analysis, name, gain, unit),
                rows=twin.rows,
                evidence={
                    **twin.evidence,
                    "loss_gain": None if loss_gain is None else list(loss_gain),
                    "metric_gain": None if metric_gain is None else list(metric_gain),
                },
            )
        )
    best = min(findings, key=lambda finding: finding.p_value)
    # Two looks at one twin: Bonferroni within the check.
    best = replace(best, p_value=min(1.0, len(findings) * best.p_value))
    if harmless == "tip" and best.p_value > analysis.alpha:
        return replace(
            best,
            section="tip",
            p_value=None,
            remedy=None,
            nats_at_stake=None,
            errors_at_stake=None,
            message=f"{cause}, without harm that could be shown: {twin.changes} changes "
            f"{'the loss' if best.unit == 'nats' else 'the metric'} by "
            f"{best.estimate:.3g} [{best.ci[0]:.3g}, {best.ci[1]:.3g}].",
        )
    return best
