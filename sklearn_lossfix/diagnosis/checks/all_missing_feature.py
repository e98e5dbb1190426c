"""Columns without any finite value."""

from sklearn_lossfix.diagnosis._columns import verb
from sklearn_lossfix.diagnosis._judging import fact
from sklearn_lossfix.exceptions import CheckNotApplicable


class AllMissingFeature:
    """A column holds nothing but missing and infinite values."""

    name = "all_missing_feature"
    slug = "all-missing-feature"
    title = "Columns hold no value"
    kinds = ("data",)
    effort = "fast"

    def run(self, analysis):
        """Name the columns, and tell infinite from missing."""
        table = analysis.table
        if analysis.evidence.n_rows == 0:
            raise CheckNotApplicable("No row was seen, so nothing can be missing from it.")
        found = [j for j, missing in enumerate(table["all_missing"]) if missing]
        if not found:
            fewest = min(range(analysis.n_columns), key=lambda j: table["n_valid"][j])
            return fact(
                self,
                "passed",
                f"Every column holds finite values in at least {table['n_valid'][fewest]:,} of "
                f"{analysis.evidence.n_rows:,} rows.",
                estimate=0.0,
                unit="count",
            )
        infinite = [j for j in found if table["n_infinite"][j]]
        also = ""
        if infinite:
            also = (
                f" {len(infinite):,} of them {verb(infinite, 'holds', 'hold')} infinite values: "
                f"{analysis.named(infinite)}."
            )
        message = (
            f"{analysis.out_of_all(found)} {verb(found, 'holds', 'hold')} no finite value in "
            f"{analysis.evidence.n_rows:,} rows: {analysis.named(found)}.{also}"
        )
        return fact(
            self,
            "tip",
            message,
            estimate=float(len(found)),
            unit="count",
            evidence={
                "columns": analysis.pick("column", found),
                "n_infinite": analysis.pick("n_infinite", found),
            },
        )
