"""What a report shows of a search: the gap, the candidates that matter, the threshold curve."""

from sklearn_lossfix.diagnosis._words import cut, interval, short_number
from sklearn_lossfix.diagnosis.display._pictures import candidates_picture, threshold_picture

# Columns of the table "candidates" -> headings.
_HEADINGS = {
    "params": "parameters",
    "metric": "metric",
    "metric_at_default_rule": "at the default rule",
    "log_loss": "log loss",
    "chosen": "chosen",
}

# What is told of a curve's points.
_CURVE_HEADINGS = {"threshold": "threshold", "value": "metric", "low": "from", "high": "to"}

# Marks of the threshold picture: key of the context -> word.
_MARKS = {"chosen_threshold": "chosen", "default_threshold": "default"}


def threshold_marks(data):
    """Chosen and default threshold, as far as they are known, by their words.

    Parameters
    ----------
    data : dict
        From ``FitReport.to_dict``.

    Returns
    -------
    dict of str to float
    """
    facts = data["context"].get("search") or {}
    return {word: facts[key] for key, word in _MARKS.items() if facts.get(key) is not None}


def least_loss_of(table):
    """Position of the candidate with the least log loss; None where none is known."""
    known = [k for k, loss in enumerate(table["log_loss"]) if loss is not None]
    return min(known, key=lambda k: table["log_loss"][k], default=None)


def shown_candidates(table, n_shown):
    """Positions of the candidates of the greatest metric, greatest first.

    The chosen one and that of the least log loss are always among them.

    Parameters
    ----------
    table : dict of str to list
        Columns of the table "candidates".
    n_shown : int
        How many; at least two.

    Returns
    -------
    list of int
    """
    metric = table["metric"]
    order = sorted(range(len(metric)), key=lambda k: (metric[k] is None, -(metric[k] or 0.0), k))
    needed = {k for k, chosen in enumerate(table["chosen"]) if chosen}
    needed |= {least_loss_of(table)} - {None}
    others = [k for k in order if k not in needed][: max(n_shown - len(needed), 0)]
    kept = needed | set(others)
    return [k for k in order if k in kept]


def search_part(view):
    """What HTML and Markdown show of a search; None where there was none.

    Candidates that are treatments of imbalance have a part of their own.

    Parameters
    ----------
    view : View
        Gives the dictionary, the limits and the words.

    Returns
    -------
    dict or None
        ``heading``, ``text``, ``gap`` (a table), and ``parts``: tables with their pictures, if
        there are such.
    """
    tables = view.data["tables"]
    if "gap" not in tables:
        return None
    heading, what = "The search", "Candidates"
    if "treatments" in tables:
        heading, what = "The choice among treatments", "Treatments"
    metric = (view.data["context"].get("search") or {}).get("metric", "the metric")
    parts = []
    if "candidates" in tables:
        parts.append(_candidates_part(view, tables["candidates"]))
    if "threshold_curve" in tables:
        parts.append(_threshold_part(view, tables["threshold_curve"]))
    return {
        "heading": heading,
        "text": (
            f"{what} were chosen by {view.words(str(metric).replace('_', ' '))}, each under "
            f"the rule that is best for it where labels are judged. The table goes from how well "
            f"the scores rank, through probabilities and rules, to the score that may be quoted."
        ),
        "gap": _gap_table(view, tables["gap"]),
        "parts": parts,
    }


def _gap_table(view, table):
    """The gap with its intervals as text."""
    keys = ("quantity", "value", "low", "high", "note")
    return {
        "caption": "From ranking to honest score. All digits: report.frame('gap')",
        "columns": ["quantity", "value", "95 % interval", "note"],
        "rows": [
            [view.label(quantity), view.value_text(value), interval([low, high]), view.words(note)]
            for quantity, value, low, high, note in zip(*(table[key] for key in keys), strict=True)
        ],
        "note": "",
    }


def _candidates_part(view, table):
    """The best candidates as a table, and all of these in a picture where there is a loss."""
    shown = shown_candidates(table, view.limits.rows)
    part = {key: [values[k] for k in shown] for key, values in table.items()}
    n_candidates = len(table["metric"])
    note = "All digits: report.frame('candidates')"
    if len(shown) < n_candidates:
        note = (
            f"Showing {len(shown)} of {n_candidates:,} candidates: those of the greatest metric, "
            f"the chosen one and that of the least log loss. All: report.frame('candidates')"
        )
    rows = [
        [
            view.label(params),
            *(short_number(number) for number in numbers),
            "chosen" if chosen else "",
        ]
        for params, *numbers, chosen in zip(*(part[key] for key in _HEADINGS), strict=True)
    ]
    return {
        "heading": "Candidates",
        "summary": None,
        "picture": candidates_picture(part) if drawable_candidates(part) else None,
        "table": {
            "caption": "Candidates",
            "columns": list(_HEADINGS.values()),
            "rows": rows,
            "note": note,
        },
    }


def drawable_candidates(table):
    """Positions of the candidates that have both, a log loss and a metric."""
    return [
        k
        for k, pair in enumerate(zip(table["log_loss"], table["metric"], strict=True))
        if None not in pair
    ]


def _threshold_part(view, table):
    """The curve as a picture, and some of its points as a table."""
    n_points = len(table["threshold"])
    step = -(-n_points // view.limits.rows)
    points = zip(*(table[key][::step] for key in _CURVE_HEADINGS), strict=True)
    note = "All digits: report.frame('threshold_curve')"
    if step > 1:
        note = f"Showing one of {step} points. All: report.frame('threshold_curve')"
    return {
        "heading": "Threshold",
        "summary": "Points of the threshold curve",
        "picture": threshold_picture(table, threshold_marks(view.data)),
        "table": {
            "caption": cut(f"Metric of the chosen candidate, cut at {_cut_what(view)}", 120),
            "columns": list(_CURVE_HEADINGS.values()),
            "rows": [[short_number(number) for number in point] for point in points],
            "note": note,
        },
    }


def _cut_what(view):
    """What the threshold cuts, in words."""
    label = threshold_class(view.data)
    return "a score" if label is None else f"the score of {view.label(repr(label))}"


def threshold_class(data):
    """Label of the class whose score the threshold cuts; None where it is not known."""
    facts = data["context"].get("search") or {}
    label = facts.get("class")
    return data["context"].get("pos_label") if label is None else label
