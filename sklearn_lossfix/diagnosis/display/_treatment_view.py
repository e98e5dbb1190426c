"""What a report shows of treatments of imbalance: scores, classes, probabilities, omissions.

It speaks of the rows that were scored out of fold, whatever rows the report judges.
"""

from sklearn_lossfix.diagnosis._words import cut, interval, share_text, short_number
from sklearn_lossfix.diagnosis.display._treatment_pictures import (
    treatment_classes_picture,
    treatments_picture,
)

#: Tables that have their place in this part.
TREATMENT_TABLES = ("treatments", "skipped_treatments", "treatment_classes", "probability_quality")

# Characters of a treatment's name beside a picture: those of this package are shorter.
NAME_WIDTH = 36


def drawable_treatments(table):
    """Positions of the treatments that have both, a Brier score and a metric.

    Parameters
    ----------
    table : dict of str to list
        Columns of the table "treatments".

    Returns
    -------
    list of int
    """
    pairs = zip(table["brier"], table["metric"], strict=True)
    return [k for k, pair in enumerate(pairs) if None not in pair]


def shown_treatments(table, n_shown):
    """Positions of the treatments that fit, in the order of the table.

    Parameters
    ----------
    table : dict of str to list
        Columns of the table "treatments".
    n_shown : int
        How many; at least two.

    Returns
    -------
    list of int
        The chosen one, the first (no treatment, where that could run), and those of the greatest
        metric.
    """
    metric = table["metric"]
    order = sorted(range(len(metric)), key=lambda k: (metric[k] is None, -(metric[k] or 0.0), k))
    first = [k for k, chosen in enumerate(table["chosen"]) if chosen] + [0]
    return sorted(list(dict.fromkeys(first + order))[:n_shown])


def shown_classes(table, n_shown):
    """Positions of the classes whose recall changed most, in the order of the table.

    Parameters
    ----------
    table : dict of str to list
        Columns of the table "treatment_classes".
    n_shown : int
        How many.

    Returns
    -------
    list of int
    """
    changes = [
        0.0 if None in pair else abs(pair[1] - pair[0])
        for pair in zip(table["recall_before"], table["recall_after"], strict=True)
    ]
    return sorted(sorted(range(len(changes)), key=lambda k: -changes[k])[:n_shown])


def treatment_part(view):
    """What HTML and Markdown show of treatments; None where there were none.

    Parameters
    ----------
    view : View
        Gives the dictionary, the limits and the words.

    Returns
    -------
    dict or None
        ``text``, and ``parts``: tables with their pictures, if there are such.
    """
    tables = view.data["tables"]
    if "treatments" not in tables:
        return None
    facts = view.data["context"].get("treatments") or {}
    metric = view.words(str(facts.get("metric", "the metric")).replace("_", " "))
    how = (
        "the simplest one within one standard error of the greatest"
        if facts.get("select") == "one_se"
        else "the one with the greatest"
    )
    n_skipped = len(tables.get("skipped_treatments", {}).get("treatment", ()))
    parts = [_treatments_part(view, tables["treatments"])]
    if "treatment_classes" in tables:
        parts.append(_classes_part(view, tables["treatment_classes"]))
    if "probability_quality" in tables:
        parts.append(_quality_part(view, tables["probability_quality"]))
    if n_skipped:
        parts.append(_skipped_part(view, tables["skipped_treatments"]))
    return {
        "text": (
            f"Each treatment was judged by {metric} out of fold, under the decision rule that is "
            f"best for it; chosen was {how}. Probabilities are judged after their correction. "
            f"Skipped: {n_skipped or 'none'}."
        ),
        "parts": parts,
    }


def _part(heading, table, picture=None):
    """A part in the form that templates take."""
    return {"heading": heading, "summary": None, "picture": picture, "table": table}


def _treatments_part(view, table):
    """All treatments, simplest first, and a picture of those that have a Brier score."""
    shown = shown_treatments(table, view.limits.rows)
    part = {key: [values[k] for k in shown] for key, values in table.items()}
    rows = []
    for k in range(len(shown)):
        row = {key: values[k] for key, values in part.items()}
        rows.append(
            [
                view.label(row["treatment"]),
                "chosen" if row["chosen"] else "",
                short_number(row["metric"]),
                interval([row["low"], row["high"]]),
                short_number(row["cost"]),
                short_number(row["lead"]),
                short_number(row["lead_se"]),
                short_number(row["metric_at_default_rule"]),
                short_number(row["log_loss"]),
                short_number(row["log_loss_uncorrected"]),
                short_number(row["brier"]),
                short_number(row["brier_uncorrected"]),
                view.value_text(row["correction"]),
                view.value_text(row["rule"]),
                short_number(row["fit_time"]),
            ]
        )
    note = "All digits: report.frame('treatments')"
    if len(shown) < len(table["metric"]):
        note = (
            f"Showing {len(shown)} of {len(table['metric'])} treatments, among them the chosen one "
            f"and those of the greatest metric. All: report.frame('treatments')"
        )
    picture = None
    if drawable_treatments(part):
        picture = treatments_picture(part, lambda name: cut(name, NAME_WIDTH))
    return _part(
        "All treatments",
        {
            "caption": "Treatments, simplest first",
            "columns": [
                "treatment",
                "chosen",
                "metric",
                "95 % interval",
                "metric against the chosen",
                "behind the greatest",
                "se of that",
                "metric at the default rule",
                "log loss",
                "before correction",
                "Brier score",
                "before correction",
                "correction",
                "rule",
                "fit, seconds",
            ],
            "rows": rows,
            "note": note,
        },
        picture,
    )


def _rate(value):
    """A recall or a precision."""
    return "n/a" if value is None else f"{value:.3f}"


def _classes_part(view, table):
    """Recall and precision per class, before and after."""
    shown = shown_classes(table, view.limits.rows)
    part = {key: [values[k] for k in shown] for key, values in table.items()}
    part["class"] = [str(label) for label in part["class"]]
    rates = ("recall_before", "recall_after", "precision_before", "precision_after")
    rows = [
        [view.label(label), share_text(share or 0.0), f"{n_rows:,}", *map(_rate, numbers)]
        for label, share, n_rows, *numbers in zip(
            *(part[key] for key in ("class", "share", "n_rows", *rates)), strict=True
        )
    ]
    note = "All digits: report.frame('treatment_classes')"
    if len(shown) < len(table["class"]):
        note = (
            f"Showing {len(shown)} of {len(table['class'])} classes, those whose recall changed "
            f"most. All: report.frame('treatment_classes')"
        )
    return _part(
        "What the choice did to each class",
        {
            "caption": "Classes before (no treatment, default rule) and after (the chosen "
            "treatment, its rule)",
            "columns": ["class", "share", "rows", *(name.replace("_", " ") for name in rates)],
            "rows": rows,
            "note": note,
        },
        treatment_classes_picture(part, lambda label: cut(label, NAME_WIDTH)),
    )


def _quality_part(view, table):
    """Losses and calibration of the probabilities."""
    keys = ("untreated", "before_correction", "after_correction", "change")
    rows = [
        [view.words(quantity), *(short_number(number) for number in numbers), interval(ends)]
        for quantity, *numbers, ends in zip(
            table["quantity"],
            *(table[key] for key in keys),
            zip(table["change_low"], table["change_high"], strict=True),
            strict=True,
        )
    ]
    return _part(
        "Probabilities",
        {
            "caption": "Probabilities of the chosen treatment, before and after their correction",
            "columns": ["quantity", *(key.replace("_", " ") for key in keys), "95 % interval"],
            "rows": rows,
            "note": "The change is that by the correction, row-paired. In the large: mean forecast "
            "minus share, 0 is right. All digits: report.frame('probability_quality')",
        },
    )


def _skipped_part(view, table):
    """What was not tried, and why."""
    pairs = list(zip(table["treatment"], table["reason"], strict=True))
    note = "All: report.frame('skipped_treatments')"
    if len(pairs) > view.limits.rows:
        note = f"Showing {view.limits.rows} of {len(pairs)}. {note}"
    return _part(
        "Skipped",
        {
            "caption": "Treatments that were not tried or could not run",
            "columns": ["treatment", "reason"],
            "rows": [
                [view.label(name), view.words(reason)] for name, reason in pairs[: view.limits.rows]
            ],
            "note": note,
        },
    )
