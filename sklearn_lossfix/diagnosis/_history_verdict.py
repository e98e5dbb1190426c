"""The one-sentence answer of a report on a history, and the lines above it."""

import numpy as np

from sklearn_lossfix.diagnosis._columns import listing
from sklearn_lossfix.diagnosis._words import short_number
from sklearn_lossfix.diagnosis.history._curve import spoken
from sklearn_lossfix.diagnosis.history._trend import MIN_POINTS
from sklearn_lossfix.diagnosis.history._turning_point import RISE_SHARE

# Where both are found, the second says what to do about the first.
_LEADS = {"overfit-turning-point": "loss-rises-while-accuracy-holds"}


def counted_steps(n_steps, unit):
    """``1 epoch``, ``80 epochs``."""
    return f"{n_steps:,} {unit}{'' if n_steps == 1 else 's'}"


def history_headline(analysis):
    """Lines of label, value and context: loss, metric, and the best steps.

    Parameters
    ----------
    analysis : HistoryAnalysis
        What was derived.

    Returns
    -------
    list of dict with ``label``, ``value``, ``unit`` and ``text``
    """
    lines = [_loss_line(analysis)]
    if analysis.metric_name is not None:
        lines.append(_metric_line(analysis))
    unit = analysis.history.unit
    for best in analysis.best_epochs:
        if best.by not in ("loss", "refinement", analysis.metric_name):
            continue
        place = f"[{best.low:g}, {best.high:g}]"
        by = best.by.replace("_", " ")
        lines.append(
            (
                f"Best by {by}",
                best.step,
                "",
                f"{place} is the best {unit} ({spoken(best.split)} {by} "
                f"{short_number(best.value)}; at the end {short_number(best.last)})",
            )
        )
    return [dict(zip(("label", "value", "unit", "text"), line, strict=True)) for line in lines]


def _loss_line(analysis):
    """The last loss, beside the first and a constant forecast."""
    curve = analysis.loss(analysis.main_split)
    if len(curve) == 0:
        return "Loss", None, analysis.unit, "no finite loss was recorded"
    text = f"{spoken(curve.split)}, at the end; {short_number(curve.values[0])} at the start"
    if analysis.chance_loss is not None:
        text += f"; a constant forecast costs {analysis.chance_loss:.3f}"
    return "Loss", float(curve.values[-1]), analysis.unit, text


def _metric_line(analysis):
    """The last value of the metric to explain."""
    name = analysis.metric_name.replace("_", " ")
    for split in ("validation", "train"):
        curve = analysis.metric(split)
        if len(curve):
            text = f"{spoken(split)}, at the end; {short_number(curve.values[0])} at the start"
            return name.capitalize(), float(curve.values[-1]), "", text
    return name.capitalize(), None, "", "no finite value was recorded"


def history_verdict(analysis, findings):
    """One sentence: what is wrong with the run, or that it is healthy, or too short to tell.

    Parameters
    ----------
    analysis : HistoryAnalysis
        What was derived.
    findings : list of Finding
        All findings, issues first.

    Returns
    -------
    str
    """
    issues = {f.name: f for f in findings if f.section == "issue" and f.explained_by is None}
    if issues:
        lead = next(iter(issues))
        if _LEADS.get(lead) in issues:
            lead = _LEADS[lead]
        others = [name for name in issues if name != lead]
        also = f"; also found: {listing(others, len(others))}" if others else ""
        message = issues[lead].message.rstrip(".")
        return f"{issues[lead].title}: {message[0].lower()}{message[1:]}{also}."
    split = analysis.main_split
    curve = analysis.loss(split)
    if len(curve) < MIN_POINTS:
        return (
            f"Too short to judge: the {spoken(split)} loss has {len(curve)} finite "
            f"entr{'y' if len(curve) == 1 else 'ies'}, and most checks need {MIN_POINTS} or more."
        )
    return _healthy(analysis, findings, curve)


def _healthy(analysis, findings, curve):
    """What is said where nothing was found: how far the loss came, and where it ends."""
    n_passed = sum(f.section in ("passed", "tip") for f in findings)
    smooth = analysis.smooth_loss(curve.split)
    start, last = short_number(curve.values[0]), short_number(smooth[-1])
    above = (smooth[-1] - smooth.min()) / abs(smooth.min()) if smooth.min() != 0 else 0.0
    end = "at its best" if above < 0.0005 else f"{above:.1%} above its best"
    moved = f"the {spoken(curve.split)} loss went from {start} to {last} and ends {end}"
    tips = {f.name: f for f in findings if f.section == "tip"}
    if "loss-plateau" in tips:
        since = tips["loss-plateau"].evidence["first_step"]
        moved += f", where it has been since {analysis.history.unit} {since:g} at the latest"
    others = [name for name in tips if name != "loss-plateau"]
    aside = f" Of little weight: {listing(others, len(others))}." if others else ""
    if above > RISE_SHARE:
        return (
            f"No fault is proven by {n_passed} checks, but {moved}: more than what matters, and "
            f"not shown to be more than noise.{aside}"
        )
    return f"Healthy by {n_passed} checks: {moved}.{aside}"


def seeds_note(analysis):
    """What several runs tell beside one, in a sentence; None for one run.

    Parameters
    ----------
    analysis : HistoryAnalysis
        What was derived.

    Returns
    -------
    str or None
    """
    n_runs = len(analysis.histories)
    if n_runs == 1:
        return None
    start = (
        f"{n_runs} runs were pooled: verdicts are about their median curve, and bands are their "
        f"quartiles."
    )
    spread = analysis.seed_spread
    if spread is None:
        return start
    between, within = spread
    ratio = between / within if within > 0 else np.inf
    beside = f"{ratio:.1f} times" if np.isfinite(ratio) else "beyond"
    return (
        f"{start} Their last losses differ with a standard deviation of {short_number(between)}, "
        f"{beside} the {short_number(within)} by which a run itself varies at its end."
    )
