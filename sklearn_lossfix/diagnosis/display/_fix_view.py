"""What a fix shows: before and after, every remedy, and the code of what was kept."""

from sklearn_lossfix.diagnosis._words import cut, interval, quantity, short_number
from sklearn_lossfix.diagnosis.display._shapes import (
    WIDTH,
    bar_between,
    linear_map,
    picture_of,
    text_at,
)

# How the gain of all remedies together was measured.
HONEST_NOTE = (
    "Choosing among remedies flatters the choice. Before and after are therefore those of the "
    "whole procedure: for every fold the remedies were chosen anew on the rows of the other folds."
)

# What a leak does to everything that is shown.
LEAK_NOTE = "What leaks flatters all scores here, before and after: mend it, then diagnose again."

_GAIN_UNITS = {"loss": "nats", "metric": "points"}


class FixView:
    """Everything the template of a fix needs, as strings, lists and a picture.

    Parameters
    ----------
    data : dict
        From ``Fix.to_dict``.
    limits : Limits
        How much is shown.
    """

    def __init__(self, data, limits):
        self.data = data
        self.limits = limits

    @property
    def metric(self):
        """Name of the metric, as words."""
        return cut(self.data["metric"].replace("_", " "), self.limits.label)

    @property
    def verdict(self):
        """One sentence."""
        text = cut(self.data["verdict"], self.limits.text)
        return f"{text[:1].upper()}{text[1:].rstrip('.')}."

    @property
    def headline(self):
        """Loss and metric, before and after, with the gain's interval."""
        return [
            {"label": label, "value": f"{before} to {after}", "text": gain}
            for label, before, after, gain in self.before_after["rows"]
        ]

    @property
    def notes(self):
        """What a reader must know."""
        notes = [
            f"{name}: {cut(todo, self.limits.text)} {LEAK_NOTE}"
            for name, todo in self.data["leaks"].items()
        ]
        notes += [HONEST_NOTE] if self.data["kept"] else []
        if self.data["n_left_out"]:
            notes.append(
                f"{self.data['n_left_out']:,} rows were left out of every fit: fix.left_out names "
                f"them. They were judged all the same."
            )
        notes.append(f"{self.data['n_fits']:,} fits of the estimator were spent on trying.")
        return notes

    @property
    def before_after(self):
        """Table of both quantities."""
        rows = []
        for label, key in (("Loss", "loss"), (self.metric.capitalize(), "metric")):
            values = [self.data[when][key] for when in ("before", "after")]
            gain, unit = self.data[f"{key}_gain"], _GAIN_UNITS[key]
            if gain is not None and None not in values:
                better = f"gain {quantity(gain[0], unit)} {interval(gain[2:], unit)}"
                rows.append([label, *map(short_number, values), better])
        return {
            "caption": "Out of fold, on the rows and folds of the report",
            "columns": ["quantity", "before", "after", "gain"],
            "rows": rows,
            "note": "",
        }

    @property
    def remedies(self):
        """Table of all remedies in the order tried."""
        columns = self.data["remedies"]
        rows = []
        for k, name in enumerate(columns["remedy"][:-1]):
            gains = [
                "n/a"
                if columns[f"{key}_gain"][k] is None
                else f"{quantity(columns[f'{key}_gain'][k], unit)} "
                + interval([columns[f"{key}_gain_low"][k], columns[f"{key}_gain_high"][k]], unit)
                for key, unit in _GAIN_UNITS.items()
            ]
            changes, reason = columns["changes"][k], columns["reason"][k]
            rows.append(
                [
                    name,
                    cut(changes, self.limits.text),
                    columns["outcome"][k],
                    *gains,
                    cut(reason, self.limits.text),
                ]
            )
        return {
            "caption": "Remedies in causal order, each on top of what was kept before",
            "columns": ["remedy", "what it changes", "outcome", "loss", self.metric, "why"],
            "rows": rows,
            "note": "",
        }

    @property
    def code(self):
        """Code of what was kept."""
        return [cut(code, self.limits.code) for code in self.data["code"]]

    @property
    def estimator(self):
        """The repaired estimator as text."""
        return cut(self.data["estimator"], self.limits.code)

    @property
    def picture(self):
        """Bars of both quantities, before (hatched) and after (solid)."""
        return before_after_picture(self.data["before"], self.data["after"], self.metric)


def before_after_picture(before, after, metric):
    """Bars of loss and metric, before (hatched) and after (solid).

    Parameters
    ----------
    before, after : dict
        With ``loss`` and ``metric``; None where unknown.
    metric : str
        Name of the metric.

    Returns
    -------
    dict
        A picture.
    """
    shapes, y = [text_at(0, 12, "hatched: before; solid: after", css="small")], 30
    for label, key in (("loss, nats", "loss"), (metric, "metric")):
        pair = before[key], after[key]
        if None in pair:
            continue
        shapes.append(text_at(0, y, label, css="head"))
        at = linear_map(min(0.0, *pair), max(0.0, *pair), 0, WIDTH - 60)
        for value, css, hatch in zip(pair, ("less", "more"), (True, False), strict=True):
            y += 8
            shapes.append(bar_between(at(0.0), at(value), y, css, hatch=hatch))
            shapes.append(text_at(WIDTH, y + 10, short_number(value), "end"))
            y += 12
        y += 24
    return picture_of("fix", f"Loss and {metric} before and after", y, shapes)
