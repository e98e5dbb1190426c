"""The one-sentence answer of a report on a history, and the lines above it."""

import numpy as np

from sklearn_lossfix.diagnosis._columns import listing
from sklearn_lossfix.diagnosis._words import short_number
from sklearn_lossfix.diagnosis.history._curve import MAX_POINTS, spoken
from sklearn_lossfix.diagnosis.history._noise import (
    median_window,
    running_median,
    second_difference_sigma,
)
from sklearn_lossfix.diagnosis.history._trend import MIN_POINTS
from sklearn_lossfix.diagnosis.history._turning_point import RISE_SHARE, RISE_Z
from sklearn_lossfix.diagnosis.history.verdicts._courses import SATURATED

# Where both are found, the second says what to do about the first.
_LEADS = {"overfit-turning-point": "loss-rises-while-accuracy-holds"}


def counted_steps(n_steps, unit):
    """``1 epoch``, ``80 epochs``."""
    return f"{n_steps:,} {unit}{'' if n_steps == 1 else 's'}"


def history_headline(analysis):
    """Lines of label, value and context: loss, gap, metric, and the best steps.

    Parameters
    ----------
    analysis : HistoryAnalysis
        What was derived.

    Returns
    -------
    list of dict with ``label``, ``value``, ``unit`` and ``text``
    """
    lines = [_loss_line(analysis)] if analysis.records_loss else []
    lines += filter(None, [_gap_line(analysis)])
    if analysis.metric_name is not None:
        lines.append(_metric_line(analysis))
    if not lines:
        lines.append(("Loss", None, analysis.unit, "no finite loss was recorded"))
    for best in analysis.best_epochs:
        if best.by in ("loss", "refinement", analysis.metric_name):
            lines.append(_best_line(analysis, best))
    return [dict(zip(("label", "value", "unit", "text"), line, strict=True)) for line in lines]


def _best_line(analysis, best):
    """The best step by a yardstick; where all are as good, that none stands out."""
    unit, by = analysis.history.unit, best.by.replace("_", " ")
    values = f"{spoken(best.split)} {by} {short_number(best.value)}"
    if best.stands_out:
        text = (
            f"[{best.low:g}, {best.high:g}] is the best {unit} ({values}; at the end "
            f"{short_number(best.last)})"
        )
        return f"Best by {by}", best.step, "", text
    return f"Best by {by}", None, "", f"no {unit} stands out ({values} all the while)"


def _shown_end(analysis, curve):
    """Position of the value that a run is known by, and where that is, in words.

    The step that was put back, or else the last one, which need not be that of the run: a loss that
    broke down has a last finite value before.
    """
    unit, kept = analysis.history.unit, analysis.kept_position(curve)
    if kept is not None and kept < len(curve) - 1:
        return kept, f"at {unit} {curve.steps[kept]:g}, which was put back"
    last = float(analysis.history.steps[-1])
    if curve.steps[-1] < last and not _is_thinned(analysis, curve):
        return len(curve) - 1, f"last finite, {unit} {curve.steps[-1]:g}"
    return len(curve) - 1, "at the end"


def _is_thinned(analysis, curve):
    """Whether neighbours were put together: the last step is then not in the curve."""
    return len(curve) < len(analysis.history.steps) and len(analysis.history.steps) > MAX_POINTS


def _loss_line(analysis):
    """The last loss, beside the first, that of the other rows, and a constant forecast."""
    curve = analysis.loss(analysis.main_split)
    position, where = _shown_end(analysis, curve)
    text = f"{spoken(curve.split)}, {where}; {short_number(curve.values[0])} at the start"
    if analysis.chance_loss is not None:
        text += f"; {analysis.constant_forecast} costs {analysis.chance_loss:.3f}"
    return "Loss", float(curve.values[position]), analysis.unit, text


def _gap_line(analysis):
    """Validation loss above training loss, and what to make of it; None without both."""
    sides = [analysis.loss(split) for split in ("train", "validation")]
    if min(map(len, sides)) < MIN_POINTS:
        return None
    ends, variance = [], 0.0
    for curve in sides:
        position, where = _shown_end(analysis, curve)
        ends.append(float(analysis.smooth_loss(curve.split)[position]))
        variance += second_difference_sigma(curve.values) ** 2
    gap = ends[1] - ends[0]
    limit = max(analysis.loss_limit("validation"), RISE_Z * variance**0.5)
    both = f"validation less training loss ({short_number(ends[0])}), {where}: "
    if gap > limit:
        both += "training rows are forecast better"
    elif gap < -limit:
        both += "training loss is the greater one if it lags, or holds dropout or penalties"
    else:
        both += "no more than noise, or than what matters"
    return "Gap", gap, analysis.unit, both


def _metric_line(analysis):
    """The last value of the metric to explain."""
    name, curve = analysis.metric_name.replace("_", " "), analysis.shown_metric
    if len(curve) == 0:
        return name.capitalize(), None, "", "no finite value was recorded"
    position, where = _shown_end(analysis, curve)
    text = f"{spoken(curve.split)}, {where}; {short_number(curve.values[0])} at the start"
    other = analysis.metric("train")
    if curve.split == "validation" and len(other):
        position_of_other, _ = _shown_end(analysis, other)
        text += f"; {short_number(other.values[position_of_other])} in training"
    return name.capitalize(), float(curve.values[position]), "", text


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
    is_loss = analysis.records_loss or analysis.metric_name is None
    curve = analysis.loss(split) if is_loss else analysis.shown_metric
    what = "loss" if is_loss else analysis.metric_name.replace("_", " ")
    missing = "" if is_loss else "no loss was recorded, and "
    if len(curve) < MIN_POINTS:
        return (
            f"Too short to judge: {missing}the {spoken(curve.split)} {what} has {len(curve)} "
            f"finite entr{'y' if len(curve) == 1 else 'ies'}, and most checks need {MIN_POINTS} "
            f"or more.{_seen_by_value(findings)}"
        )
    if not is_loss:
        return _of_metric_alone(analysis, findings, curve)
    return _healthy(analysis, findings, curve)


def _seen_by_value(findings):
    """What a short curve shows without a test, as a sentence; empty without any."""
    tips = [f for f in findings if f.name == "overfit-turning-point" and f.section == "tip"]
    return f" {tips[0].message}" if tips else ""


def _of_metric_alone(analysis, findings, curve):
    """What is said of a metric without a loss: how far it came."""
    n_passed = sum(f.section == "passed" for f in findings)
    smooth = running_median(curve.values, median_window(len(curve)))
    name = curve.name.replace("_", " ")
    return (
        f"No fault is proven by {_checks(n_passed)}, and no loss was recorded, which most need: "
        f"the {spoken(curve.split)} {name} went from {short_number(curve.values[0])} to "
        f"{short_number(smooth[-1])}, and its best is {short_number(smooth.max())}."
    )


def _checks(n):
    """``1 check``, ``8 checks``."""
    return f"{n} check{'' if n == 1 else 's'}"


def _healthy(analysis, findings, curve):
    """What is said where nothing was found: how far the loss came, and where it ends.

    A run whose loss, or metric, stands where it began is not called healthy: it learnt nothing, or
    nothing that shows.
    """
    n_passed = sum(f.section == "passed" for f in findings)
    smooth, unit = analysis.smooth_loss(curve.split), analysis.history.unit
    position, _ = _shown_end(analysis, curve)
    end_value = float(smooth[position])
    start, last = short_number(curve.values[0]), short_number(end_value)
    above = (end_value - smooth.min()) / abs(smooth.min()) if smooth.min() != 0 else 0.0
    end = "at its best" if above < 0.0005 else f"{above:.1%} above its best"
    moved = f"the {spoken(curve.split)} loss went from {start} to {last} and ends {end}"
    if position < len(curve) - 1:
        moved = (
            f"the {spoken(curve.split)} loss went from {start} to {last} at {unit} "
            f"{curve.steps[position]:g}, which was put back, {end}"
        )
    tips = {f.name: f for f in findings if f.section == "tip"}
    stands = _standstill(analysis, curve)
    if stands:
        chance = tips.pop("stuck-at-chance", None)
        # The tip says what the level is, where it is one that means something.
        why = f" {chance.message}" if chance else ""
        aside = _aside([name for name in tips if name != "loss-plateau"])
        return f"No fault is proven by {_checks(n_passed)}, but {stands}.{why}{aside}"
    if "loss-plateau" in tips:
        since = tips["loss-plateau"].evidence["first_step"]
        moved += f", where it has been since {unit} {since:g} at the latest"
    aside = _aside([name for name in tips if name != "loss-plateau"])
    if above > RISE_SHARE:
        proof = _proof_of_rise(analysis.turning_point(curve.split), findings)
        aside = _aside([name for name in tips if name not in ("loss-plateau", "loss-diverging")])
        return (
            f"No fault is proven by {_checks(n_passed)}, but {moved}: more than what matters, "
            f"{proof}.{aside}"
        )
    return f"Healthy by {_checks(n_passed)}: {moved}.{aside}"


def _proof_of_rise(turn, findings):
    """Whether the rise above the best is more than noise, and why it is no issue then."""
    if not turn.told or turn.z <= RISE_Z:
        return "and not shown to be more than noise"
    said = f"and more than the noise of the curve (z = {turn.z:.1f})"
    by_name = {f.name: f for f in findings}
    turned = by_name.get("overfit-turning-point")
    if turned is not None and not turned.evidence.get("rows_suffice", True):
        return f"{said}, but of too few rows to prove it"
    if turned is not None and not turned.evidence.get("rows_agree", True):
        return f"{said}, but not shown row by row"
    if "loss-diverging" in by_name and by_name["loss-diverging"].section == "tip":
        return f"{said}, though less than half of what it had gained"
    return said


def _aside(names):
    """Tips that the sentence does not speak of."""
    return f" Of little weight: {listing(names, len(names))}." if names else ""


def _learnt_at_once(analysis, curve):
    """That a loss which has not moved had learnt by its first entry, where that is known."""
    chance = analysis.chance_loss
    if chance is None or float(curve.values[0]) > chance - analysis.loss_limit(curve.split):
        return ""
    return f", from its first entry on below the {chance:.3f} of {analysis.constant_forecast}"


def _standstill(analysis, curve):
    """That the loss, or the metric, has not moved since the start; empty where both have."""
    if not analysis.has_moved(curve.split):
        matters = analysis.progress(curve.split) > analysis.loss_limit(curve.split)
        how = "is not shown to have moved beyond its noise" if matters else "has not moved"
        return (
            f"the {spoken(curve.split)} loss {how} since the start: it began at "
            f"{short_number(curve.values[0])} and its best, smoothed, is "
            f"{short_number(analysis.smooth_loss(curve.split).min())}"
            f"{_learnt_at_once(analysis, curve)}"
        )
    metric = analysis.metric(curve.split)
    if analysis.metric_name is None or not analysis.is_frozen(metric):
        return ""
    level = float(np.median(metric.values))
    if metric.name == analysis.accuracy_name and level >= SATURATED:
        return ""
    return (
        f"the {spoken(curve.split)} {metric.name.replace('_', ' ')} has not moved since the start "
        f"({short_number(level)}), while the loss came down to "
        f"{short_number(analysis.smooth_loss(curve.split)[-1])}"
    )


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
