"""Columns that vary and have a MAD of zero: something else gave their scale."""

from sklearn_lossfix.diagnosis._columns import counted, listing, quoted, verb
from sklearn_lossfix.diagnosis._judging import fact
from sklearn_lossfix.diagnosis._verdict import number
from sklearn_lossfix.exceptions import CheckNotApplicable

# What stands in for a MAD of zero -> how a sentence says so.
SOURCE_WORDS = {
    "iqr": "from the quartile range",
    "nonmode": "from the distances that are not zero",
    "mean_ad": "from the mean absolute deviation",
    "std": "from the standard deviation",
    "other_side": "from the other side of the median",
    "one": "set to 1",
    "nan": "set to missing",
}


class ZeroScaleFeature:
    """The median absolute deviation is zero although the column varies."""

    name = "zero_scale_feature"
    slug = "zero-scale-feature"
    title = "Columns have a MAD of zero"
    kinds = ("data",)
    effort = "fast"

    def run(self, analysis):
        """Name the columns, and what gave each its scale instead."""
        table = analysis.table
        if all(source is None for source in table["scale_source"]):
            raise CheckNotApplicable(
                f"{analysis.evidence.transformer} takes no scale from these columns, so a MAD of "
                f"zero decides nothing."
            )
        judged = [j for j in analysis.varying if table["mad"][j] is not None]
        if not judged:
            raise CheckNotApplicable("No column varies, so a MAD of zero says nothing new.")
        found = [j for j in judged if table["mad"][j] == 0]
        if not found:
            return fact(
                self,
                "passed",
                f"None of {counted(len(judged))} that {verb(judged, 'varies', 'vary')} has a MAD "
                f"of zero.",
                estimate=0.0,
                unit="count",
            )
        message = (
            f"{analysis.out_of_all(found)} {verb(found, 'varies and has', 'vary and have')} a MAD "
            f"of zero, so the scale comes from elsewhere: "
            f"{listing([self._instead(analysis, j) for j in found])}."
        )
        return fact(
            self,
            "tip",
            message,
            estimate=float(len(found)),
            unit="count",
            evidence={
                "columns": analysis.pick("column", found),
                "scale_source": analysis.pick("scale_source", found),
                "scale": analysis.pick("scale", found),
                "tie_share": analysis.pick("tie_share", found),
            },
        )

    @staticmethod
    def _instead(analysis, j):
        """``'a' 0.74 from the quartile range``."""
        source, scale = analysis.table["scale_source"][j], analysis.table["scale"][j]
        words = SOURCE_WORDS.get(source, f"from {source}" if source else "from nothing")
        told = words.startswith("set") or scale is None
        size = "" if told else f"{number(scale)} "
        return f"{quoted(analysis.names[j])} {size}{words}"
