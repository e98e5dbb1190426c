"""What a report on anything shows, worked out once for HTML and Markdown: words, findings, origins.

Templates get finished strings in lists; they decide where things stand, not what they say. Nothing
is escaped here: that depends on the language and is done by the renderer.
"""

from dataclasses import dataclass

from sklearn_lossfix.diagnosis._judging import p_text
from sklearn_lossfix.diagnosis._words import cut, interval, quantity, short_number

NO_ISSUES = "None: nothing that was checked costs more than the smallest effect that matters."
PASSED_NOTE = "passed, with the effect that would have been found"
PASSED_COLUMNS = ("what was seen", "would have been found (power 80 %)")
UNCHECKED_COLUMNS = ("section", "reason")


@dataclass(frozen=True)
class Limits:
    """How much of a long thing is shown; what is left out is named with the call that gives it.

    Attributes
    ----------
    rows : int
        Rows of a table and items of a list.
    label : int
        Characters of a class label or column name.
    text : int
        Characters of a sentence.
    code : int
        Characters of a remedy's code.
    """

    rows: int
    label: int
    text: int
    code: int


class ReportView:
    """What a template needs of any report: words, findings, and how the numbers came about.

    Parameters
    ----------
    data : dict
        From ``FitReport.to_dict``.
    limits : Limits
        How much is shown.
    """

    # What a report on another kind of thing says in other words, or does not have.
    no_issues = NO_ISSUES
    passed_note = PASSED_NOTE
    limit_words = "smallest effect that matters"
    columns = None
    history = None
    split = None

    def __init__(self, data, limits):
        self.data = data
        self.limits = limits
        self._long_labels = sorted(
            {
                form
                for label in data["context"].get("classes") or []
                for form in (str(label), repr(label)[1:-1])
                if len(form) > limits.label
            },
            key=len,
            reverse=True,
        )

    # --- words -----------------------------------------------------------------------------------

    def words(self, text, more=None):
        """A sentence with long class labels cut; `more` is the call that gives all of it."""
        text = str(text)
        for label in self._long_labels:
            text = text.replace(label, cut(label, self.limits.label))
        if len(text) <= self.limits.text:
            return text
        shown = cut(text, self.limits.text)
        return shown if more is None else f"{shown} (shortened; {more} gives all)"

    def label(self, value):
        """A class label or column name, cut."""
        return cut(value, self.limits.label)

    def value_text(self, value):
        """Any plain value, as one line."""
        if isinstance(value, float):
            return short_number(value)
        if isinstance(value, list):
            shown = ", ".join(self.value_text(item) for item in value[: self.limits.rows])
            if len(value) > self.limits.rows:
                shown += f" (showing {self.limits.rows} of {len(value)})"
            return shown or "none"
        if isinstance(value, dict):
            items = list(value.items())[: self.limits.rows]
            shown = "; ".join(f"{self.label(k)}: {self.value_text(v)}" for k, v in items)
            if len(value) > self.limits.rows:
                shown += f" (showing {self.limits.rows} of {len(value)})"
            return shown or "none"
        if value is None:
            return "n/a"
        if isinstance(value, bool):
            return "yes" if value else "no"
        return self.label(value) if isinstance(value, str) else str(value)

    # --- parts -----------------------------------------------------------------------------------

    @property
    def title(self):
        """Who was judged on what."""
        return self.words(self.data["context"]["title"])

    @property
    def verdict(self):
        """The one-sentence answer."""
        return self.words(self.data["verdict"], "report.verdict")

    @property
    def headline(self):
        """Loss and metric: label, value, and what to compare with."""
        return [
            {
                "label": self.label(line["label"]),
                "value": quantity(line["value"], line["unit"]),
                "text": self.words(line["text"], "report.headline"),
            }
            for line in self.data["headline"]
        ]

    def findings(self, section):
        """The findings of one section, ready to show."""
        return [self._finding(f) for f in self.data["findings"] if f["section"] == section]

    def _finding(self, finding):
        """One finding: message, key numbers, remedy, evidence."""
        call = f"report[{finding['name']!r}]"
        unit = finding["unit"]
        facts = []
        if finding["estimate"] is not None:
            value = f"{quantity(finding['estimate'], unit)} {interval(finding['ci'], unit)}"
            facts.append([self._effect_words(finding), value.strip()])
        if finding["limit"] is not None:
            facts.append([self.limit_words, quantity(finding["limit"], unit)])
        if finding["p_value"] is not None:
            adjusted = p_text(finding["p_adjusted"]).removeprefix("p ").removeprefix("= ")
            facts.append(
                [
                    "one-sided test",
                    f"{p_text(finding['p_value'])}; adjusted for all tests of this "
                    f"report: {adjusted or 'n/a'}",
                ]
            )
        if finding["nats_at_stake"] is not None:
            facts.append(
                ["at stake in the loss, at least", quantity(finding["nats_at_stake"], "nats")]
            )
        if finding["errors_at_stake"] is not None:
            facts.append(
                ["at stake in the metric, at least", quantity(finding["errors_at_stake"], "points")]
            )
        if finding["n_rows"]:
            rows = f"{finding['n_rows']:,}: {call}.rows"
            if finding["rows"]:
                rows = f"{self.value_text(finding['rows'])}. All: {call}.rows"
            facts.append(["rows to look at", rows])
        evidence = [
            [self.label(key), cut(self.value_text(value), self.limits.text)]
            for key, value in list(finding["evidence"].items())[: self.limits.rows]
        ]
        return {
            "name": finding["name"],
            "title": self.words(finding["title"]),
            "message": self.words(finding["message"], f"{call}.message"),
            "facts": {
                "caption": "Numbers",
                "columns": ["number", "value"],
                "rows": facts,
                "note": "",
            },
            "evidence": {
                "caption": "What it was judged on",
                "columns": ["what", "value"],
                "rows": evidence,
                "note": f"All of it: {call}.evidence",
            },
            "checks": ", ".join(self.label(name) for name in finding["checks"]),
            "remedy": self._remedy(finding["remedy"], call),
        }

    def _effect_words(self, finding):
        """What the estimate of a finding is called."""
        return "effect" if finding["ci"] is None else "effect, with its 95 % interval"

    def _remedy(self, remedy, call):
        """What to do, what it gained, and the code."""
        if remedy is None:
            return None
        gain, unit = remedy["expected_gain"], remedy["unit"]
        if gain is None or gain[0] is None:
            gained = "its gain was not measured"
        else:
            value, _, low, high = gain
            why = "" if remedy["proven"] else "; the interval does not exclude zero"
            gained = (
                f"gain {quantity(value, unit)} {interval([low, high], unit)} on rows it did not "
                f"learn from{why}"
            )
        n_fits = remedy["n_fits"]
        cost = "no further fit" if n_fits == 0 else f"{n_fits} fit{'s' if n_fits != 1 else ''}"
        code = remedy["code"]
        if len(code) > self.limits.code:
            code = f"{cut(code, self.limits.code)}\n# shortened; {call}.remedy.code gives all"
        return {
            "changes": self.words(remedy["changes"], f"{call}.remedy.changes"),
            "status": "proven" if remedy["proven"] else "not proven",
            "gained": gained,
            "cost": f"Costs {cost} of your estimator.",
            "code": code,
        }

    def _plain_table(self, name, caption):
        """A table of the report as it is, cut to what fits."""
        table = self.data["tables"][name]
        rows = list(zip(*table.values(), strict=True))
        note = ""
        if len(rows) > self.limits.rows:
            note = f"Showing {self.limits.rows} of {len(rows)} rows. "
        return {
            "caption": self.label(caption),
            "columns": [self.label(key).replace("_", " ") for key in table],
            "rows": [[self.value_text(v) for v in row] for row in rows[: self.limits.rows]],
            "note": f"{note}All digits: report.frame({self.label(name)!r})",
        }

    @property
    def headline_table(self):
        """The headline as a table."""
        return {
            "caption": "",
            "columns": ["quantity", "value", "beside"],
            "rows": [[line["label"], line["value"], line["text"]] for line in self.headline],
            "note": "",
        }

    @property
    def passed_table(self):
        """What passed, as a table."""
        return {
            "caption": "",
            "columns": ["finding", *PASSED_COLUMNS],
            "rows": [[row["name"], *row["cells"]] for row in self.passed],
            "note": "",
        }

    @property
    def unchecked_table(self):
        """What was not checked, as a table."""
        return {
            "caption": "",
            "columns": ["finding", *UNCHECKED_COLUMNS],
            "rows": [[row["name"], *row["cells"]] for row in self.unchecked],
            "note": "",
        }

    @property
    def passed(self):
        """What was checked and found to be no issue, with what would have been found."""
        rows = []
        for finding in self.data["findings"]:
            if finding["section"] == "passed":
                could = ""
                if finding["detectable"] is not None:
                    could = quantity(finding["detectable"], finding["unit"])
                message = self.words(finding["message"], f"report[{finding['name']!r}].message")
                rows.append({"name": finding["name"], "cells": [message, could]})
        return rows

    @property
    def unchecked(self):
        """What was not checked, and why: section, name, reason."""
        words = {
            "not_applicable": "not applicable",
            "skipped": "skipped",
            "ignored": "ignored",
        }
        return [
            {
                "name": finding["name"],
                "cells": [
                    words[finding["section"]],
                    self.words(finding["message"], f"report[{finding['name']!r}].message"),
                ],
            }
            for finding in self.data["findings"]
            if finding["section"] in words
        ]

    @property
    def notes(self):
        """What was done differently from what was asked, in sentences."""
        return [self.words(note) for note in self.data["context"].get("notes") or []]

    @property
    def contents(self):
        """What the file holds, so that a sender knows what is sent."""
        holds = ["counts, shares, estimates and intervals", "the labels of the classes"]
        holds.append("names of columns where a message needs them")
        tables = self.data["tables"]
        if "candidates" in tables:
            holds.append("parameters and scores of the candidates of a search")
        if "treatments" in tables:
            holds.append("names, rules and scores of treatments of imbalance")
        if "hardest_rows" in tables:
            holds.append(
                f"for the {len(tables['hardest_rows']['row'])} rows that cost most: their numbers, "
                f"labels and losses"
            )
        if any(finding["rows"] for finding in self.data["findings"]):
            holds.append("numbers of the rows behind a finding")
        return (
            f"This file holds {', '.join(holds)}. It holds no feature value of any row, no script, "
            f"and loads nothing from anywhere."
        )

    @property
    def context(self):
        """Everything known about how the numbers came about, as a table."""
        hidden = ("title", "notes", "versions")
        context = self.data["context"]
        rows = [
            [self.label(key).replace("_", " "), self._context_text(value)]
            for key, value in context.items()
            if key not in hidden and value is not None
        ]
        versions = context.get("versions") or {}
        rows += [[self.label(name), self.label(version)] for name, version in versions.items()]
        return {
            "caption": "How this report was made. All: report.context",
            "columns": ["what", "value"],
            "rows": rows,
            "note": "",
        }

    def _context_text(self, value):
        """A fact, whole where it is a sentence or a call."""
        return self.words(value) if isinstance(value, str) else self.value_text(value)

    @property
    def recipes(self):
        """For every number: the call that gives it again."""
        data = self.data
        metric = data["context"].get("metric")
        rows = []
        if data["loss_ledger"] is not None:
            rows.append(["the loss", "sklearn.metrics.log_loss(y, proba), on the judged rows"])
            rows.append(["terms of the loss", "report.frame('loss_ledger')"])
        if data["brier_ledger"] is not None:
            rows.append(["Brier score and its terms", "report.frame('brier_ledger')"])
        if data["error_ledger"] is not None:
            rows.append(
                [
                    f"{self.label(metric)} and its terms",
                    f"1 - {self.label(metric)} of predict on the judged rows; "
                    f"report.frame('error_ledger')",
                ]
            )
        if data["flips"] is not None:
            rows.append(["flip table", "flip_table(y, shares, proba); report.frame('flips')"])
        if data["reliability"] is not None:
            rows.append(["reliability curve", "report.reliability; report.plot('reliability')"])
        for name, words in (
            ("candidates", "loss and metric"),
            ("threshold_curve", "thresholds"),
            ("treatments", "treatments"),
            ("treatment_classes", "recall and precision"),
        ):
            if name in data["tables"]:
                kind = name.removesuffix("_curve")
                rows.append([f"picture of {words}", f"report.plot({kind!r})"])
        rows += [
            [name.replace("_", " "), f"report.frame({name!r})"]
            for name in map(self.label, sorted(data["tables"]))
        ]
        rows.append(["findings, tests and remedies", "report.frame(); report['name of a finding']"])
        rows.append(["everything", "report.to_json('report.json'); FitReport.from_json"])
        return {
            "caption": "How to get each number again, with the software and seeds above",
            "columns": ["number", "call"],
            "rows": rows,
            "note": "",
        }
