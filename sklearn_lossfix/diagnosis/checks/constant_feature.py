"""Columns that do not vary: they tell no row from another."""

from sklearn_lossfix.diagnosis._columns import counted, verb
from sklearn_lossfix.diagnosis._judging import fact
from sklearn_lossfix.exceptions import CheckNotApplicable


class ConstantFeature:
    """All finite values of a column are equal."""

    name = "constant_feature"
    slug = "constant-feature"
    title = "Columns are constant"
    kinds = ("data",)
    effort = "fast"

    def run(self, analysis):
        """Name the columns, and those of them whose missing values may still say something."""
        table = analysis.table
        seen = [j for j, n_valid in enumerate(table["n_valid"]) if n_valid]
        if not any(table["n_valid"][j] > 1 for j in seen):
            raise CheckNotApplicable("No column holds two finite values, so none can vary.")
        found = [j for j in seen if table["constant"][j]]
        if not found:
            return fact(
                self,
                "passed",
                f"None of {counted(len(seen))} with values is constant.",
                estimate=0.0,
                unit="count",
            )
        gaps = [j for j in found if table["n_missing"][j]]
        also = ""
        if gaps:
            also = (
                f" {len(gaps):,} of them {verb(gaps, 'has', 'have')} missing values, which may "
                f"still tell rows apart: {analysis.named(gaps)}."
            )
        message = (
            f"{analysis.out_of_all(found)} {verb(found, 'is', 'are')} constant: "
            f"{analysis.named(found)}. A constant tells no row from another and has no scale.{also}"
        )
        return fact(
            self,
            "tip",
            message,
            estimate=float(len(found)),
            unit="count",
            evidence={
                "columns": analysis.pick("column", found),
                "with_missing_values": analysis.pick("column", gaps),
            },
        )
