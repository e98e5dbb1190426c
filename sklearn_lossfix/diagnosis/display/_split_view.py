"""What a report on folds shows: leaked rows per fold, linked rows across folds, every check."""

from sklearn_lossfix.diagnosis._judging import p_text
from sklearn_lossfix.diagnosis._split_findings import (
    CLEAN,
    NOT_APPLICABLE,
    NOT_ASKED,
    UNDECIDED,
)
from sklearn_lossfix.diagnosis._words import cut, share_text
from sklearn_lossfix.diagnosis.display._pictures import WIDTH
from sklearn_lossfix.diagnosis.display._plain_view import PlainView
from sklearn_lossfix.diagnosis.display._split_folds import component_dots, fold_bars
from sklearn_lossfix.diagnosis.display._split_pictures import components_picture, folds_picture
from sklearn_lossfix.diagnosis.display._view import PICTURE_LABEL

# Folds that the map of components has room for, at a dot of ordinary size.
_MAP_FOLDS = WIDTH // 18

# Tables that have a place of their own; the map of components is the picture.
_PLACED = ("leaks", "per_fold", "components", "component_map", "effect")

# Key of the table "leaks" -> its heading.
_HEADINGS = {
    "check": "check",
    "finding": "finding",
    "found": "leak",
    "severity": "severity",
    "rate": "share",
    "expected_rate": "by chance",
    "p_adjusted": "p, adjusted",
    "columns": "columns",
}
_SHARES = ("rate", "expected_rate")


class SplitView(PlainView):
    """The view of a report of kind "split"."""

    no_issues = "None: that no check found a leak is no proof that there is none."
    limit_words = "share expected by chance"

    @property
    def split(self):
        """Folds, linked rows, effect, and all checks: parts of a heading, a picture and a table."""
        parts = [self._fold_part(), self._component_part(), self._effect_part(), self._leaks_part()]
        return {
            "text": "A leaked test row is one that a training row of its fold tells about. Counts "
            "of several checks can hold the same row.",
            "parts": [part for part in parts if part is not None],
        }

    def _fold_part(self):
        """Leaked test rows of every fold."""
        bars = fold_bars(self.data["tables"], self.limits.rows)
        note = "All digits: report.frame('per_fold')"
        if len(bars["folds"]) < bars["n_folds"]:
            note = (
                f"Showing {len(bars['folds'])} of {bars['n_folds']:,} folds, those with most "
                f"leaked rows. All: report.frame('per_fold')"
            )
        table = self.data["tables"]["per_fold"]
        place = {fold: k for k, fold in enumerate(table["fold"])}
        rows = [
            [self.value_text(values[place[fold]]) for values in table.values()]
            for fold in bars["folds"]
        ]
        words = {"n_train": "training rows", "n_test": "test rows"}
        picture = None
        if bars["checks"]:
            picture = folds_picture(bars, lambda name: cut(name, PICTURE_LABEL))
        return {
            "heading": "Leaked test rows per fold",
            "picture": picture,
            "summary": "",
            "table": {
                "caption": "Folds, and leaked test rows by check",
                "columns": [words.get(key, self.label(key)) for key in table],
                "rows": rows,
                "note": note,
            },
        }

    def _component_part(self):
        """Linked rows: which folds test the largest sets, and how many sets of which size."""
        table = self.data["tables"]["components"]
        if not table["set_size"]:
            return None
        dots = component_dots(self.data["tables"], self.limits.rows, _MAP_FOLDS)
        largest = list(zip(*table.values(), strict=True))[::-1]
        note = "All: report.frame('components'); report.frame('component_map')"
        if len(largest) > self.limits.rows:
            note = f"Showing {self.limits.rows} of {len(largest):,} sizes. {note}"
        return {
            "heading": "Linked rows across folds",
            "picture": components_picture(dots) if dots["sizes"] else None,
            "summary": "",
            "table": {
                "caption": "Sets of linked rows by their size, also those on one side of all folds",
                "columns": ["rows of a set", "sets", "rows in all"],
                "rows": [[f"{n:,}" for n in row] for row in largest[: self.limits.rows]],
                "note": note,
            },
        }

    def _effect_part(self):
        """What the leak is worth to the model; None where that was not measured."""
        if "effect" not in self.data["tables"]:
            return None
        table = self._plain_table("effect", "")
        table["caption"] = "The same test rows, with and without the leaked rows in training"
        words = {
            "inflation": "too good by",
            "n folds": "folds compared",
            "n removed": "training rows removed",
            "n judged": "test rows",
        }
        table["columns"] = [words.get(name, name) for name in table["columns"]]
        return {
            "heading": "What the leak is worth to the model",
            "picture": None,
            "summary": "",
            "table": table,
        }

    def _leaks_part(self):
        """Every check with its numbers."""
        table = self.data["tables"]["leaks"]
        rows = list(zip(*(table[key] for key in _HEADINGS), strict=True))
        return {
            "heading": "All checks",
            "picture": None,
            "summary": "",
            "table": {
                "caption": "What every check said",
                "columns": list(_HEADINGS.values()),
                "rows": [
                    [self._leak_cell(key, v) for key, v in zip(_HEADINGS, row, strict=True)]
                    for row in rows
                ],
                "note": "All digits, and what to do: report.frame('leaks')",
            },
        }

    def _leak_cell(self, key, value):
        """One cell of the table of checks."""
        if key in _SHARES and value is not None:
            return share_text(value)
        if key == "p_adjusted" and value is not None:
            return p_text(value).removeprefix("p ").removeprefix("= ")
        return "" if value is None else self.label(value)

    def _finding(self, finding):
        """One finding; what to do and how bad it is stand with its numbers."""
        evidence = dict(finding["evidence"])
        severity, fix = (evidence.pop(key, "") for key in ("severity", "fix"))
        shown = super()._finding({**finding, "evidence": evidence})
        call = f"report[{finding['name']!r}].evidence['fix']"
        if severity:
            shown["facts"]["rows"].insert(0, ["severity", self.label(severity)])
        if fix:
            shown["facts"]["rows"].append(["what to do", self.words(fix, call)])
        return shown

    def _effect_words(self, finding):
        """What the estimate of a finding is called."""
        return "share that leaks"

    @property
    def other_tables(self):
        """Tables that have no place of their own: pairs of rows, where they were asked for."""
        return [
            self._plain_table(name, name.replace("_", " ").capitalize())
            for name, table in self.data["tables"].items()
            if name not in _PLACED and any(table.values())
        ]

    def _checks(self, *answers):
        """Name, anchor, answer, finding and reason of the checks that ended in one of the ways.

        The first check of a finding that stands in the same section carries the finding's anchor.
        """
        sections = {f["name"]: f["section"] for f in self.data["findings"]}
        table = self.data["tables"]["leaks"]
        keys = ("check", "finding", "section", "found", "message")
        rows, anchored = [], set()
        for check, slug, section, found, message in zip(*(table[k] for k in keys), strict=True):
            if found not in answers:
                continue
            anchor = check
            if sections.get(slug) == section and slug not in anchored:
                anchored.add(slug)
                anchor = slug
            words = self.words(message, "report.frame('leaks')")
            rows.append(
                {"name": self.label(check), "anchor": anchor, "cells": [found, slug, words]}
            )
        return rows

    @property
    def passed(self):
        """Checks that found nothing: finding and what was seen."""
        return [{**row, "cells": row["cells"][1:]} for row in self._checks(CLEAN)]

    @property
    def passed_table(self):
        """Checks that found nothing, as a table."""
        return self._check_table(["check", "finding", "what was seen"], self.passed)

    @property
    def unchecked(self):
        """Checks that could not tell, did not apply, or were not asked for, and why."""
        return self._checks(UNDECIDED, NOT_APPLICABLE, NOT_ASKED)

    @property
    def unchecked_table(self):
        """Checks that gave no answer, as a table."""
        return self._check_table(["check", "section", "finding", "reason"], self.unchecked)

    def _check_table(self, columns, rows):
        """Checks by name."""
        return {
            "caption": "",
            "columns": columns,
            "rows": [[row["name"], *row["cells"]] for row in rows],
            "note": "",
        }

    @property
    def contents(self):
        """What the file holds, so that a sender knows what is sent."""
        pairs = self.data["tables"].get("pairs", {}).get("fold")
        holds = (
            "names of columns, numbers of rows in folds and in sets of linked rows, shares and "
            "p-values"
        )
        if pairs:
            holds += (
                ", and row numbers as evidence, kept because include_values=True asked for them"
            )
        return (
            f"This file holds {holds}. It holds no feature value of any row, no script, and loads "
            f"nothing from anywhere."
        )

    @property
    def recipes(self):
        """For every number: the call that gives it again."""
        table = super().recipes
        pictures = [["picture of leaked rows per fold", "report.plot('folds')"]]
        if self.data["tables"]["component_map"]["set"]:
            pictures.append(["map of linked rows across folds", "report.plot('components')"])
        return {**table, "rows": [*pictures, *table["rows"]]}
