"""What a report on data shows: the columns instead of ledgers, and words without a model."""

from sklearn_lossfix.diagnosis._columns import most_beyond
from sklearn_lossfix.diagnosis._words import cut, share_text
from sklearn_lossfix.diagnosis.display._pictures import columns_picture
from sklearn_lossfix.diagnosis.display._plain_view import PlainView
from sklearn_lossfix.diagnosis.display._strips import strips, unit_words
from sklearn_lossfix.diagnosis.display._view import PICTURE_LABEL

# Key of the table "columns" -> its heading. Counts first, then what was made of them.
HEADINGS = {
    "dtype": "type",
    "n_valid": "finite",
    "n_missing": "missing",
    "n_infinite": "infinite",
    "median": "median",
    "mad_low": "MAD below",
    "mad": "MAD",
    "scale_low": "scale below",
    "scale": "scale",
    "scale_source": "scale from",
    "lower": "lower limit",
    "upper": "upper limit",
    "share_low": "below",
    "share_high": "above",
    "tie_share": "equal to median",
    "constant": "constant",
}
QUANTILE_HEADINGS = {
    "minimum": "smallest",
    "q01": "1 %",
    "q25": "25 %",
    "q75": "75 %",
    "q99": "99 %",
    "maximum": "largest",
}
_SHARES = ("share_low", "share_high", "tie_share")
_LIMITS = ("lower", "upper")


class DataView(PlainView):
    """The view of a report of kind "data"."""

    no_issues = (
        "None: what is seen in a table alone is a tip, since harm shows only in a model that is "
        "fitted to it."
    )
    limit_words = "limit"

    @property
    def columns(self):
        """The table of columns with its picture."""
        table, context = self.data["tables"]["columns"], self.data["context"]
        n_columns = len(table["column"])
        shown = most_beyond(table)[: self.limits.rows]
        note = "All digits: report.frame('columns')"
        if len(shown) < n_columns:
            note = (
                f"Showing {len(shown)} of {n_columns:,} columns, those with most values beyond "
                f"their limits. All: report.frame('columns')"
            )
        sentences = [
            f"{label}: {self.words(context[key]).rstrip('.')}."
            for label, key in (
                ("Limits", "rule"),
                ("What happens to a value beyond them", "action"),
            )
            if context.get(key)
        ]
        drawn, unit = strips(table, self.limits.rows), unit_words(table)
        tables = [self._column_table("Columns", HEADINGS, table, shown, note)]
        quantiles = self._column_table("Quantiles", QUANTILE_HEADINGS, table, shown, note)
        if len(quantiles["columns"]) > 1:
            tables.append(quantiles)
        return {
            "text": " ".join(sentences),
            "picture": columns_picture(drawn, unit, lambda name: cut(name, PICTURE_LABEL)),
            "tables": tables,
        }

    def _column_table(self, caption, headings, table, shown, note):
        """One row per column; quantities that none of them has are left out."""
        there = [key for key in headings if key in table]
        keys = [key for key in there if any(table[key][j] is not None for j in shown)]
        headings = {
            key: f"{heading} above" if f"{key}_low" in table else heading
            for key, heading in headings.items()
        }
        return {
            "caption": caption,
            "columns": ["column", *(headings[key] for key in keys)],
            "rows": [
                [
                    self.label(table["column"][j]),
                    *(self._column_cell(key, table[key][j], table["n_valid"][j]) for key in keys),
                ]
                for j in shown
            ],
            "note": note,
        }

    def _column_cell(self, key, value, n_valid):
        """One cell of the table of columns."""
        if value is None:
            return "open" if key in _LIMITS and n_valid else "n/a"
        if key in _SHARES:
            return share_text(value)
        if key.startswith("n_"):
            return f"{value:,}"
        return self.value_text(value)

    def _effect_words(self, finding):
        """What the estimate of a finding is called."""
        return "largest share" if finding["unit"] == "share" else "number of columns"

    @property
    def other_tables(self):
        """Tables that are not shown with the columns."""
        return [
            self._plain_table(name, name.replace("_", " ").capitalize())
            for name in self.data["tables"]
            if name != "columns"
        ]

    @property
    def passed(self):
        """What was checked and passed: name and what was seen."""
        return [{**row, "cells": row["cells"][:1]} for row in super().passed]

    @property
    def passed_table(self):
        """What passed, as a table."""
        return {
            "caption": "",
            "columns": ["finding", "what was seen"],
            "rows": [[row["name"], *row["cells"]] for row in self.passed],
            "note": "",
        }

    @property
    def contents(self):
        """What the file holds, so that a sender knows what is sent."""
        table = self.data["tables"]["columns"]
        what = (
            "names, types, counts, shares, medians, scales, limits and quantiles of the columns "
            "of a table"
        )
        if any(key in table for key in ("minimum", "maximum")):
            return (
                f"This file holds {what}, and of each column the smallest and the largest value: "
                f"values of single rows, kept because include_values=True asked for them. It holds "
                f"no script, and loads nothing from anywhere."
            )
        return (
            f"This file holds {what}. It holds no smallest or largest value and no quantile with "
            f"fewer than ten rows beyond it, unless a limit is one; no script, and loads nothing "
            f"from anywhere."
        )
