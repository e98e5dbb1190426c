"""What a report on a model shows: ledgers, flips, curves, classes, bridges, all capped.

Pictures and tables come as finished strings in lists; words, findings and the origin of the numbers
are those of any report.
"""

from sklearn_lossfix.diagnosis._judging import p_text
from sklearn_lossfix.diagnosis._words import UNIT_WIDTH, cut, interval, quantity
from sklearn_lossfix.diagnosis.display._pictures import (
    classes_picture,
    flips_picture,
    ledger_picture,
    lorenz_picture,
    reliability_picture,
)
from sklearn_lossfix.diagnosis.display._report_view import ReportView
from sklearn_lossfix.diagnosis.display._search_view import search_part
from sklearn_lossfix.diagnosis.display._treatment_view import TREATMENT_TABLES, treatment_part
from sklearn_lossfix.diagnosis.display._waterfall import VIEW_TITLES, decimals_for

# Characters of a name beside a bar: what fits in the picture.
PICTURE_LABEL = 24
CLASS_LABEL = 36

# Tables of a report that have a place of their own.
_PLACED = ("classes", "lorenz", "concentration", "hardest_rows")
_PLACED_OF_A_SEARCH = ("gap", "candidates", "threshold_curve")


class View(ReportView):
    """Everything a template needs, as strings, lists and pictures.

    Parameters
    ----------
    data : dict
        From ``FitReport.to_dict``.
    limits : Limits
        How much is shown.
    """

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
