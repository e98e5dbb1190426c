"""The one-sentence answer, and the two or three lines above it."""

import numpy as np

from sklearn_lossfix._core._finding import METRIC_FLOOR, SLUGS
from sklearn_lossfix._core._paired_tests import interval, wilson_interval
from sklearn_lossfix.diagnosis._compare import differences

# Standard errors of shares below this are the rounding error of sums, up to 1e-10 on small tables,
# and mean no spread at all; one wrong row in ten million still has 1e-7.
NO_SPREAD = 1e-8


def number(value, digits=3):
    """A number as a reader wants it: three digits, an exponent only where it is tiny."""
    if value is None or not np.isfinite(value):
        return "n/a"
    if value == 0:
        return "0"
    if abs(value) < 10.0 ** -(digits + 1):
        return f"{value:.2g}"
    text = f"{value:.{digits}g}"
    return f"{value:.0f}" if "e" in text and abs(value) < 1e6 else text


def counted_candidates(n_candidates):
    """``1 candidate``, ``48 candidates``."""
    return f"{n_candidates:,} candidate{'' if n_candidates == 1 else 's'}"


def headline(analysis):
    """Lines of label, value and context: loss, Brier score, metric (balanced accuracy beside).

    Of a search, the score of choosing by it comes first, with its interval; then, of treatments of
    imbalance, why one was chosen.

    Returns
    -------
    list of dict with ``label``, ``value``, ``unit`` and ``text``
    """
    e = analysis.evidence
    lines = []
    if e.search is not None:
        lines.append(_search_line(e.search, "search" if e.treatments is None else "choice"))
    if e.treatments is not None:
        lines.append(treatment_line(e.treatments))
    if e.compared is not None:
        lines.append(_compared_line(analysis))
    if analysis.ladder is not None:
        uncertainty = analysis.loss_ledger.value("uncertainty")
        lines.append(
            {
                "label": "Loss",
                "value": analysis.loss,
                "unit": "nats",
                "text": _beside(analysis.loss, uncertainty),
            }
        )
        brier = analysis.brier_ledger
        lines.append(
            {
                "label": "Brier score",
                "value": brier.total,
                "unit": "",
                "text": _beside(brier.total, brier.value("uncertainty")),
            }
        )
    else:
        lines.append(
            {
                "label": "Loss",
                "value": None,
                "unit": "nats",
                "text": "none: the model gives no probabilities",
            }
        )
    metrics = [analysis.metric]
    if e.facts.get("scoring") is None and analysis.metric.name != analysis.balanced.name:
        metrics.append(analysis.balanced)
    for metric in metrics:
        label = metric.name.replace("_", " ").capitalize()
        if metric.kind != "label":
            value = e.facts.get("metric_value")
            lines.append(
                {"label": label, "value": value, "unit": "", "text": f"{metric.kind} metric"}
            )
            continue
        constant, code = analysis.constant(metric)
        estimate = analysis.score(metric)
        lines.append(
            {
                "label": label,
                "value": estimate.value,
                "unit": "",
                "text": f"{_interval_of_score(analysis, metric, estimate)}always answering "
                f"{e.classes[code].item()!r} gives {constant:.3f}",
            }
        )
    return lines


def _interval_of_score(analysis, metric, estimate):
    """The interval of a metric, to begin a line; none where rows that are all alike give none.

    Where all rows are right, or all wrong, the spread of the rows is zero, which is no certainty:
    of accuracy Wilson's interval is shown.
    """
    low, high = estimate.low, min(estimate.high, 1.0)
    if estimate.se < NO_SPREAD:
        if metric.name != "accuracy":
            return ""
        low, high = wilson_interval(estimate.value, analysis.n_effective)
    return f"[{low:.3f}, {high:.3f}]; "


def _compared_line(analysis):
    """What changed between the compared model and the judged one."""
    rows = [row for row in differences(analysis) if row[0] != "Brier score"]
    changes = [
        f"{name.replace('_', ' ')} {number(before)} -> {number(after)} "
        f"({change.value:+.3g} [{change.low:+.3g}, {change.high:+.3g}])"
        for name, before, after, change in rows[:2]
    ]
    return {
        "label": "Compared",
        "value": None,
        "unit": "",
        "text": f"from {analysis.evidence.facts['compared']}: {', '.join(changes)}",
    }


def _search_line(search, what):
    """The honest score of a search, and beside it the one that it shows of itself."""
    metric = search.metric_name.replace("_", " ")
    known = np.isfinite([search.honest, search.honest_low, search.honest_high]).all()
    spread = f"[{search.honest_low:.3f}, {search.honest_high:.3f}] " if known else ""
    apparent, n_candidates = number(search.apparent), counted_candidates(len(search.params))
    label = "Honest score"
    text = (
        f"of the whole {what}; apparent {apparent}, best of {n_candidates} on the rows that chose"
    )
    if search.chosen_by == "function":
        label = "Left-out score"
        text = f"of the one of {n_candidates} that a function chose; what that choice flatters, "
        text += f"nothing tells; apparent {apparent}"
    elif search.chosen_by == "other metric":
        text = f"of the whole {what}; apparent {apparent}, of the one of {n_candidates} that "
        text += "another metric chose"
    return {
        "label": label,
        "value": float(search.honest),
        "unit": "",
        "text": f"{spread}{metric} {text}",
    }


def treatment_line(treatments):
    """Why the chosen treatment was chosen, in numbers, as a line of the headline.

    Parameters
    ----------
    treatments : TreatmentEvidence
        What was seen.

    Returns
    -------
    dict
        With ``label``, ``value`` (the metric of the chosen treatment), ``unit`` and ``text``.
    """
    metric = treatments.metric_name.replace("_", " ")
    return {
        "label": "Treatment",
        "value": float(treatments.values[treatments.best]),
        "unit": "",
        "text": f"{metric} with {treatments.names[treatments.best]}, {_why_chosen(treatments)}",
    }


def _why_chosen(treatments):
    """How the chosen treatment compares with the greatest metric, and with no treatment."""
    names, values, best = treatments.names, treatments.values, treatments.best
    if len(names) == 1:
        n_skipped = len(treatments.skipped)
        return "the only treatment that ran" + (f"; {n_skipped} skipped" if n_skipped else "")
    known = np.isfinite(values)
    if not known[best]:
        return f"chosen of {len(names)}; its metric is not known"
    order = sorted(np.flatnonzero(known), key=lambda k: (-values[k], k != best, k))
    is_none = names[best] == "none"
    none = names.index("none") if "none" in names and not is_none else None
    if none is not None and not known[none]:
        none = None
    if order[0] == best:
        text = f"the greatest of {len(names)}"
        if none is not None:
            return f"{text}; {_apart(treatments, none)} better than none"
        if len(order) == 1:
            return text
        return f"{text}; {_apart(treatments, order[1])} better than {names[order[1]]}"
    lead, error = treatments.lead[best], treatments.lead_error[best]
    within = treatments.select == "one_se" and lead <= error
    text = (
        f"{'kept' if is_none else 'chosen'} of {len(names)}; {names[order[0]]} is "
        f"{_difference(lead)} (se {_difference(error)}) better"
        f"{', within one standard error' if within else ''}"
    )
    if none is None or order[0] == none:
        return text
    gain = values[best] - values[none]
    worse = "better" if gain >= 0 else "worse"
    return f"{text}; {names[best]} is {_difference(abs(gain))} {worse} than none"


def _apart(treatments, k):
    """How far a treatment lies below the one with the greatest metric, with its interval."""
    lead = interval(treatments.lead[k], treatments.lead_error[k])
    spread = f" [{lead.low:.3f}, {lead.high:.3f}]" if np.isfinite(lead.se) else ""
    return f"{_difference(lead.value)}{spread}"


def _difference(value):
    """A difference of metrics: three decimals, more where these would be zeros."""
    return f"{value:.3f}" if abs(value) >= 0.0005 else number(value)


def _beside(loss, uncertainty):
    """How a loss compares with always forecasting the class shares."""
    if uncertainty == 0:
        return "the judged rows hold one class"
    skill = 1 - loss / uncertainty
    word = "better" if skill >= 0 else "worse"
    return (
        f"{abs(skill):.0%} {word} than always forecasting the class shares ({number(uncertainty)})"
    )


#: Issues that say what happened and not why: they stand behind every cause.
SYMPTOMS = ("nonfinite-loss", "loss-metric-mismatch")

#: All findings, causes before what they lead to.
CAUSAL_ORDER = [slug for slug in SLUGS if slug not in SYMPTOMS] + list(SYMPTOMS)


def rank(findings, analysis):
    """Order issues: causes first, but for what provably has more at stake.

    Two issues whose stakes cannot be told apart stand in causal order; a later cause overtakes an
    earlier one only where the lower bound of what it costs, as a share of the loss or of the error,
    lies above the upper bound of the earlier one's. Nothing overtakes what makes the judged rows
    invalid: what the other numbers are worth depends on it; and underfitting overtakes no fault of
    the training.

    Parameters
    ----------
    findings : list of Finding
        Issues of one report.
    analysis : Analysis
        Gives loss and error.

    Returns
    -------
    list of Finding
    """
    ranked = []
    for finding in sorted(findings, key=lambda f: CAUSAL_ORDER.index(f.name)):
        low, _ = stake_interval(finding, analysis)
        place = len(ranked)
        while place and _overtakes(finding, low, ranked[place - 1], analysis):
            place -= 1
        ranked.insert(place, finding)
    return ranked


def _overtakes(finding, low, earlier, analysis):
    """Whether a stake of at least `low` is provably more than that of an earlier cause."""
    if SLUGS[earlier.name] == "validity":
        return False
    # What a model cannot learn is only known once it was trained well.
    if finding.name == "underfitting" and SLUGS[earlier.name] == "optimisation":
        return False
    return low > stake_interval(earlier, analysis)[1]


def stake_interval(finding, analysis):
    """What a finding costs, as a share of the loss or of the error: the larger bounds of the two.

    Returns
    -------
    low, high : float
        Where no upper bound is known, the lower one twice.
    """
    totals = {"nats": None, "points": None}
    if analysis.ladder is not None:
        totals["nats"] = analysis.loss
    if analysis.error_ledger is not None:
        totals["points"] = analysis.error_ledger.total
    gains = {
        "nats": finding.evidence.get("loss_gain"),
        "points": finding.evidence.get("metric_gain"),
    }
    stakes = {"nats": finding.nats_at_stake, "points": finding.errors_at_stake}
    low = high = 0.0
    for unit, total in totals.items():
        if not total or total <= 0:
            continue
        if stakes[unit] is not None:
            low = max(low, stakes[unit] / total)
        if gains[unit] is not None:
            high = max(high, gains[unit][3] / total)
        elif finding.unit == unit and finding.ci is not None:
            high = max(high, finding.ci[1] / total)
    return low, max(low, high)


def ranking_text(analysis):
    """How well the scores rank, in words; None without scores."""
    if analysis.ranking is None:
        return None
    known = [a for a in analysis.ranking if np.isfinite(a.value)]
    if not known:
        return None
    if len(analysis.ranking) == 1:
        auc = known[0]
        if auc.se < NO_SPREAD:  # every pair is in order, or none: no spread, and yet no certainty
            return f"AUC {auc.value:.2f}"
        low, high = max(0.0, auc.low), min(1.0, auc.high)
        return f"AUC {auc.value:.2f} [{low:.2f}, {high:.2f}]"
    return f"mean one-vs-rest AUC {np.mean([a.value for a in known]):.2f}"


# From here on discrimination is called acceptable (Hosmer, Lemeshow & Sturdivant 2013, 5.2.4).
ACCEPTABLE_AUC = 0.7


def _ranks_how(analysis):
    """Whether the scores put the classes into the right order, in words."""
    auc = np.nanmean([estimate.value for estimate in analysis.ranking])
    return "ranks well" if auc >= ACCEPTABLE_AUC else "holds a signal"


# Where the rows that judge are not what they are taken for, all else is said of the wrong rows.
SPLIT_FIRST = (
    "leaked-rows",
    "leaky-feature",
    "group-overlap",
    "time-overlap",
    "preprocessed-before-split",
    "train-test-drift",
    "validation-too-small",
)

# Causes in the optimiser come before what they do to probabilities and labels.
CAUSES_FIRST = ("not-converged", "unscaled-features")


def _cost_of_rule(error_ledger):
    """What the labels lose by their rule, beside probabilities that are too sharp or too flat."""
    rule = next(r for r in error_ledger.views["ladder"] if r.name == "decision rule")
    if rule.value < METRIC_FLOOR:
        return (
            f", while the decision rule costs {max(rule.value, 0.0) * 100:.1f} points: the loss "
            f"can fall without any label changing"
        )
    if rule.low > 0:
        return f", and with it the labels lose {rule.value * 100:.1f} points of the metric"
    return (
        f"; whether the decision rule costs anything could not be told ({rule.value * 100:.1f} "
        f"[{rule.low * 100:.1f}, {rule.high * 100:.1f}] points)"
    )


def _with_consequences(cause, issues):
    """A cause's message, with the issues that it explains."""
    text = cause.message.rstrip(".")
    gone = [issue.name for issue in issues if issue.explained_by == cause.name]
    return f"{text} (which also explains {', '.join(gone)})" if gone else text


def verdict(analysis, issues, too_few=None, suspects=()):
    """One sentence: what the loss says, what the metric says, and where they part.

    Parameters
    ----------
    analysis : Analysis
        The derived numbers.
    issues : list of Finding
        Ranked issues.
    too_few : str, default=None
        What the check of the number of rows says, where it gives a tip.
    suspects : list of Finding, default=()
        What is suspected and not proven, the likeliest first.

    Returns
    -------
    str
    """
    found = {finding.name: finding for finding in issues if finding.explained_by is None}
    decision = found.get("misaligned-decision-rule") or found.get("majority-collapse")
    sharpness = found.get("overconfident") or found.get("underconfident")
    ranks = ranking_text(analysis)
    if "loss-unsuited-to-task" in found:
        return found["loss-unsuited-to-task"].message
    parts = [found[name].message.rstrip(".") for name in SPLIT_FIRST if name in found]
    parts += [_with_consequences(f, issues) for f in found.values() if f.name in CAUSES_FIRST]
    if "no-signal" in found:
        parts.append(
            "neither loss nor metric can beat a constant answer: the scores hold no signal beyond "
            "the class shares"
        )
    elif analysis.ranks_backwards:
        parts.append(
            f"the forecasts point the wrong way ({ranks}): columns or labels look swapped, and the "
            f"rest follows from that"
        )
    elif decision is not None:
        collapse = decision.name == "majority-collapse"
        metric = analysis.balanced if collapse else analysis.metric
        judged = metric.name.replace("_", " ")
        agree = analysis.ladder is None or analysis.loss >= analysis.loss_ledger.value(
            "uncertainty"
        )
        opening = "" if agree else "they disagree because "
        parts.append(
            f"{opening}the model {_ranks_how(analysis)} ({ranks}) but its labels lose "
            f"{decision.estimate:.3f} of {judged} to the decision rule"
        )
    if sharpness is not None and not analysis.ranks_backwards and "no-signal" not in found:
        share = sharpness.estimate / analysis.loss
        word = "over" if sharpness.name == "overconfident" else "under"
        text = (
            f"{number(sharpness.estimate)} of {number(analysis.loss)} nats ({share:.0%}) is "
            f"{word}-confidence"
        )
        if decision is None and analysis.error_ledger is not None:
            text += _cost_of_rule(analysis.error_ledger)
        parts.append(text)
    if not parts and issues:
        parts.append(issues[0].message.rstrip("."))
    if parts:
        sentence = "; ".join(part[0].lower() + part[1:] for part in parts)
        return sentence[0].upper() + sentence[1:] + "."
    if suspects:
        first = suspects[0].message
        return f"No issue is proven; the likeliest cause: {first[0].lower() + first[1:]}"
    if analysis.ladder is None:
        return "No issue was found in the labels; without probabilities the loss was not judged."
    agree = f" ({ranks})" if ranks else ""
    if too_few:
        return f"Nothing was found, but the rows are too few to tell{agree}: {too_few}"
    return f"Loss and metric agree: nothing that was checked costs either of them much{agree}."
