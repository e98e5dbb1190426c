"""What a report on a history shows: its curves, the best steps, loss and metric side by side."""

from sklearn_lossfix.diagnosis._words import cut
from sklearn_lossfix.diagnosis.display._history_curves import (
    best_of,
    curves_of,
    quantities,
    ribbons,
)
from sklearn_lossfix.diagnosis.display._history_pictures import history_picture
from sklearn_lossfix.diagnosis.display._plain_view import PlainView
from sklearn_lossfix.diagnosis.display._view import PICTURE_LABEL

# Characters of the name of a finding above its ribbon: the whole width is free there.
_RIBBON_LABEL = 48

# Tables that have a place of their own.
_PLACED = ("curves", "best_epochs", "verdicts", "courses", "runs")

_CAPTIONS = {
    "best_epochs": ("Best steps", "The best step by each yardstick, with its 95 % interval"),
    "courses": ("Loss and metric", "Over the later half: change, interval, least that matters"),
    "verdicts": ("Where on the curve", "Steps that each issue and tip is about"),
    "runs": ("Runs", "Every run by itself"),
}


class HistoryView(PlainView):
    """The view of a report of kind "history"."""

    no_issues = "None: nothing that was checked is beyond noise and matters."

    @property
    def history(self):
        """Curves with pictures, then tables: parts of a heading, a picture and a table."""
        tables = self.data["tables"]
        parts = [self._curve_part(name) for name in quantities(tables)[: self.limits.rows]]
        for name, (heading, caption) in _CAPTIONS.items():
            if name in tables and any(tables[name].values()):
                parts.append(
                    {
                        "heading": heading,
                        "picture": None,
                        "summary": "",
                        "table": self._plain_table(name, caption),
                    }
                )
        return {
            "text": "Thin lines are as recorded, thick ones their running median. The shaded "
            "stretch is the 95 % interval of the best step; of several runs, bands are quartiles.",
            "parts": parts,
        }

    def _curve_part(self, quantity):
        """One quantity: its curves and where they begin, are best, and end."""
        tables = self.data["tables"]
        curves = curves_of(tables, quantity)
        title = quantity.replace("_", " ")
        unit = self.data["context"].get("step_unit", "step")
        marks = ribbons(tables) if quantity == "loss" else []
        picture = None
        if curves:
            picture = history_picture(
                f"history-{quantities(tables).index(quantity)}",
                cut(title, PICTURE_LABEL),
                curves,
                best_of(tables, quantity),
                marks,
                cut(unit, PICTURE_LABEL),
                lambda name: cut(name, _RIBBON_LABEL),
            )
        rows = [
            [
                curve["split"],
                self.value_text(curve["value"][0]),
                self.value_text(min(curve["value"])),
                self.value_text(max(curve["value"])),
                self.value_text(curve["value"][-1]),
            ]
            for curve in curves
        ]
        return {
            "heading": self.label(title.capitalize()),
            "picture": picture,
            "summary": "",
            "table": {
                "caption": self.label(f"{title}: where it begins, its range, where it ends"),
                "columns": ["rows", "first", "least", "greatest", "last"],
                "rows": rows,
                "note": "All points: report.frame('curves')",
            },
        }

    def _finding(self, finding):
        """One finding; what to do stands with its numbers."""
        evidence = dict(finding["evidence"])
        fix = evidence.pop("fix", "")
        shown = super()._finding({**finding, "evidence": evidence})
        if finding["explained_by"]:
            shown["facts"]["rows"].insert(0, ["explained by", self.label(finding["explained_by"])])
        if fix:
            call = f"report[{finding['name']!r}].evidence['fix']"
            shown["facts"]["rows"].append(["what to do", self.words(fix, call)])
        return shown

    @property
    def other_tables(self):
        """Tables that have no place of their own."""
        return [
            self._plain_table(name, name.replace("_", " ").capitalize())
            for name, table in self.data["tables"].items()
            if name not in _PLACED and any(table.values())
        ]

    @property
    def contents(self):
        """What the file holds, so that a sender knows what is sent."""
        return (
            "This file holds losses and metrics by step, estimates, intervals and p-values, and "
            "the shares of the classes where they were given. It holds no row of any data, no "
            "script, and loads nothing from anywhere."
        )

    @property
    def recipes(self):
        """For every number: the call that gives it again."""
        table = super().recipes
        rows = [row for row in table["rows"] if row[0] != "flip table"]
        pictures = [["picture of the curves", "report.plot('history')"]]
        if self.data["flips"] is not None:
            pictures.append(["flip table", "report.frame('flips'); report.plot('flips')"])
        return {**table, "rows": [*pictures, *rows]}
