"""What a report shows, worked out once for HTML and Markdown: words, tables, pictures, all capped.

Templates get finished strings in lists; they decide where things stand, not what they say. Nothing
is escaped here: that depends on the language and is done by the renderer.
"""

from dataclasses import dataclass

from sklearn_lossfix.diagnosis._judging import p_text
from sklearn_lossfix.diagnosis._words import UNIT_WIDTH, cut, interval, quantity, short_number
from sklearn_lossfix.diagnosis.display._pictures import (
    classes_picture,
    flips_picture,
    ledger_picture,
    lorenz_picture,
    reliability_picture,
)
from sklearn_lossfix.diagnosis.display._search_view import search_part
from sklearn_lossfix.diagnosis.display._treatment_view import TREATMENT_TABLES, treatment_part
from sklearn_lossfix.diagnosis.display._waterfall import VIEW_TITLES, decimals_for

# Characters of a name beside a bar: what fits in the picture.
PICTURE_LABEL = 24
CLASS_LABEL = 36

NO_ISSUES = "None: nothing that was checked costs more than the smallest effect that matters."
PASSED_NOTE = "passed, with the effect that would have been found"
PASSED_COLUMNS = ("what was seen", "would have been found (power 80 %)")
UNCHECKED_COLUMNS = ("section", "reason")

# Tables of a report that have a place of their own.
_PLACED = ("classes", "lorenz", "concentration", "hardest_rows")
_PLACED_OF_A_SEARCH = ("gap", "candidates", "threshold_curve")


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


class View:
    """Everything a template needs, as strings, lists and pictures.

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

    # --- words ----------------------------------------------------------------------------------

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

    # --- parts ----------------------------------------------------------------------------------

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

    @property
    def ledgers(self):
        """The loss and the error ledger, each with a picture and a table."""
        found = []
        for key, heading in (
            ("loss_ledger", "Where the loss comes from"),
            ("error_ledger", "Where the errors come from"),
        ):
            ledger = self.data[key]
            if ledger is None:
                continue
            beside = self.data["brier_ledger"] if key == "loss_ledger" else None
            found.append(
                {
                    "heading": heading,
                    "picture": ledger_picture(
                        key.replace("_", "-"), ledger, lambda name: cut(name, PICTURE_LABEL)
                    ),
                    "tables": [
                        self._ledger_table(ledger, view, beside) for view in ledger["views"]
                    ],
                    "notes": self._ledger_notes(key, ledger),
                }
            )
        return found

    def _ledger_notes(self, key, ledger):
        """What holds for all views of a ledger."""
        notes = f"Each view sums to the total; shown rounded. All digits: report.frame({key!r})."
        if ledger["notes"]:
            facts = {name.replace("_", " "): value for name, value in ledger["notes"].items()}
            notes = f"{notes} Facts: {self.value_text(facts)}."
        return notes

    def _ledger_table(self, ledger, view, beside):
        """Terms of one view, with the Brier score's where there are such."""
        digits = decimals_for(ledger["total"])
        terms = ledger["views"][view]
        scores = {}
        if beside is not None and view in beside["views"]:
            scores = {row["name"]: row["value"] for row in beside["views"][view]}
        has_interval = any(term["low"] is not None for term in terms)
        has_test = any("in_sample" in term for term in terms)
        unit = cut(ledger["unit"], UNIT_WIDTH)
        columns = ["term", unit]
        columns += ["95 % interval"] if has_interval else []
        columns += ["Brier score"] if scores else []
        columns += ["in sample", "its p"] if has_test else []
        rows = []
        for term in terms:
            row = [self.label(term["name"]), _signed(term["value"], digits)]
            if has_interval:
                row.append(_signed_interval(term["low"], term["high"], digits))
            if scores:
                row.append(_signed(scores.get(term["name"]), digits))
            if has_test:
                p_value = p_text(term.get("p_value")).removeprefix("p ").removeprefix("= ")
                row += [_signed(term.get("in_sample"), digits), p_value]
            rows.append(row)
        sums = {"term": "total", unit: f"{ledger['total']:.{digits}f}"}
        if scores:
            sums["Brier score"] = f"{beside['total']:.{digits}f}"
        rows.append([sums.get(name, "") for name in columns])
        return {
            "caption": VIEW_TITLES.get(view, self.label(view)),
            "columns": columns,
            "rows": rows,
            "total": "total",
            "note": "",
        }

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

    @property
    def flips(self):
        """The flip table with its picture; None without one."""
        flips = self.data["flips"]
        if flips is None:
            return None
        cells = flips["cells"]
        names = ("cell", "n_rows", "share", "loss_change", "accuracy_change")
        rows = [
            [cell, f"{n_rows:,}", f"{share:.1%}", f"{loss:+.4f}", f"{accuracy:+.4f}"]
            for cell, n_rows, share, loss, accuracy in zip(*(cells[k] for k in names), strict=True)
        ]
        rows.append(
            [
                "sum",
                f"{sum(cells['n_rows']):,}",
                f"{sum(cells['share']):.1%}",
                f"{flips['loss_total']:+.4f}",
                f"{flips['accuracy_total']:+.4f}",
            ]
        )
        first, second = (self.label(state) for state in flips["states"])
        known = interval([flips["loss_low"], flips["loss_high"]])
        return {
            "text": (
                f"From {first} to {second}: the loss changes by {flips['loss_total']:+.4f} nats "
                f"{known} ({p_text(flips['loss_p']) or 'no test'}), accuracy by "
                f"{flips['accuracy_total']:+.4f} (McNemar {p_text(flips['accuracy_p'])}). The loss "
                f"can move where no label flips; accuracy only where one does."
            ),
            "picture": flips_picture(cells, flips["loss_total"], flips["accuracy_total"]),
            "table": {
                "caption": "Flip table. All digits: report.frame('flips')",
                "columns": ["cell", "rows", "share", "loss, nats", "accuracy"],
                "rows": rows,
                "total": "sum",
                "note": "",
            },
        }

    @property
    def reliability(self):
        """The reliability curve with its picture; None without one."""
        curve = self.data["reliability"]
        if curve is None:
            return None
        keys = ("forecast", "happened", "low", "high")
        return {
            "text": (
                f"Event: {self.words(curve['event'])}. The curve is the share that came true at "
                f"every forecast; calibrated forecasts keep it inside the band with a chance of "
                f"90 % at each point. The bars below show how many rows got which forecast."
            ),
            "picture": reliability_picture(curve),
            "table": {
                "caption": "Points of the curve. All digits: report.reliability",
                "columns": ["forecast", "came true", "band from", "to"],
                "rows": [
                    ["n/a" if value is None else f"{value:.3f}" for value in point]
                    for point in zip(*(curve[k] for k in keys), strict=True)
                ],
                "note": "",
            },
        }

    @property
    def classes(self):
        """The table of classes with its picture; None without one."""
        table = self.data["tables"].get("classes")
        if table is None:
            return None
        shown = self._classes_shown(table)
        part = {key: [values[k] for k in shown] for key, values in table.items()}
        part["label"] = [str(label) for label in part["label"]]
        headings = {
            "row_share": "share of rows",
            "loss_share": "share of loss",
            "mean_loss": "mean loss, nats",
            "recall": "recall",
            "recall_low": "recall from",
            "recall_high": "to",
            "precision": "precision",
            "predicted_share": "share of predictions",
            "auc": "AUC",
        }
        keys = [key for key in headings if key in table]
        rows = [
            [self.label(label), *(_cell(key, part[key][i]) for key in keys)]
            for i, label in enumerate(part["label"])
        ]
        note = ""
        if len(shown) < len(table["label"]):
            by = "loss" if "loss_share" in table else "rows"
            note = (
                f"Showing {len(shown)} of {len(table['label'])} classes, those with most of the "
                f"{by}. All: report.frame('classes')"
            )
        return {
            "picture": classes_picture(part, lambda label: cut(label, CLASS_LABEL)),
            "table": {
                "caption": "Classes",
                "columns": ["class", *(headings[key] for key in keys)],
                "rows": rows,
                "note": note,
            },
        }

    def _classes_shown(self, table):
        """Positions of the classes that fit, in the order of the table."""
        key = "loss_share" if "loss_share" in table else "row_share"
        by_weight = sorted(range(len(table["label"])), key=lambda k: -(table[key][k] or 0.0))
        return sorted(by_weight[: self.limits.rows])

    @property
    def concentration(self):
        """How the loss is spread over the rows, and the hardest ones; None without the curve."""
        tables = self.data["tables"]
        if "lorenz" not in tables:
            return None
        part = {"picture": lorenz_picture(tables["lorenz"]), "tables": []}
        for name, caption in (
            ("concentration", "Shares of the loss"),
            ("hardest_rows", "The rows that cost most"),
        ):
            if name in tables:
                part["tables"].append(self._plain_table(name, caption))
        return part

    @property
    def search(self):
        """The gap, the candidates and the threshold curve of a search; None without one."""
        return search_part(self)

    @property
    def treatments(self):
        """Treatments of imbalance with what they did to classes and probabilities, or None."""
        return treatment_part(self)

    @property
    def other_tables(self):
        """Tables that have no picture of their own."""
        drawn = _PLACED if self.search is None else _PLACED + _PLACED_OF_A_SEARCH
        drawn += () if self.treatments is None else TREATMENT_TABLES
        return [
            self._plain_table(name, name.replace("_", " ").capitalize())
            for name in self.data["tables"]
            if name not in drawn
        ]

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
    def bridges(self):
        """What loss and accuracy prove about each other, as a table; None without probabilities."""
        bridges = self.data["bridges"]
        if bridges is None:
            return None
        rows = []
        for name, unit in (("loss", "nats"), ("accuracy", "")):
            part = bridges["promised_vs_paid"][name]
            z = "zero variance: not applicable"
            if part["z"] is not None:
                z = f"Z {part['z']:+.2f}, {p_text(part['p_value'])}"
            rows.append(
                [
                    f"{name}: promised and paid",
                    f"{quantity(part['promised'], unit)} and {quantity(part['paid'], unit)}",
                    z,
                ]
            )
        fano, floor = bridges["fano"], bridges["consistency"]
        certified = fano["low"] is not None and fano["low"] > 0
        rows.append(
            [
                "miscalibration that the error rate alone proves (Fano)",
                quantity(fano["estimate"], "nats"),
                f"at least {quantity(fano['low'], 'nats')}: "
                f"{'certified' if certified else 'nothing is proven'}",
            ]
        )
        rows.append(
            [
                "least loss that goes with this error rate",
                quantity(floor["floor"], "nats"),
                f"{quantity(floor['slack'], 'nats')} above it",
            ]
        )
        return {
            "caption": "What loss and accuracy prove about each other. All: report.bridges",
            "columns": ["bridge", "value", "reading"],
            "rows": rows,
            "note": "",
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


def _signed(value, digits):
    """A signed number, empty where there is none."""
    return "" if value is None else f"{value:+.{digits}f}"


def _signed_interval(low, high, digits):
    """``[+low, +high]``, empty where it is not known."""
    return "" if low is None or high is None else f"[{low:+.{digits}f}, {high:+.{digits}f}]"


def _cell(key, value):
    """A number of the table of classes."""
    if value is None:
        return "n/a"
    return f"{value:.1%}" if key.endswith("_share") else f"{value:.3f}"
