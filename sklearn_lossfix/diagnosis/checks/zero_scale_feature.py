"""Columns that vary and have a MAD of zero: something else gave their scale."""

from sklearn_lossfix.diagnosis._columns import counted, listing, quoted, verb
from sklearn_lossfix.diagnosis._judging import fact
from sklearn_lossfix.diagnosis._verdict import number
from sklearn_lossfix.exceptions import CheckNotApplicable

# What stands in for a MAD of zero -> how a sentence says so.
SOURCE_WORDS = {
    "mad": "from the MAD",
    "iqr": "from the quartile range",
    "nonmode": "from the distances that are not zero",
    "mean_ad": "from the mean absolute deviation",
    "std": "from the standard deviation",
    "other_side": "from the other side of the median",
    "one": "set to 1",
    "nan": "set to missing",
}

# Columns that the message names: each takes some words.
N_NAMED = 3


class ZeroScaleFeature:
    """The median absolute deviation is zero, on some side of the median, although values vary."""

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
        below = table.get("mad_low", table["mad"])
        found = [j for j in judged if 0 in (table["mad"][j], below[j])]
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
            f"{listing([self._instead(analysis, j) for j in found], N_NAMED)}."
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
        """``'a' 0.74 from the quartile range``, for each side of the median where they differ."""
        table = analysis.table
        sources = (table["scale_source"][j] or "nothing").split("/")
        scales = [table["scale"][j]]
        if len(sources) == 2:
            scales.insert(0, table.get("scale_low", table["scale"])[j])
        told = [_sourced(*pair) for pair in zip(sources, scales, strict=True)]
        if len(told) == 2:
            told = [f"{told[0]} below and {told[1]} above"]
        return f"{quoted(analysis.names[j])} {told[0]}"


def _sourced(source, scale):
    """``0.74 from the quartile range``, ``set to 1``."""
    words = SOURCE_WORDS.get(source, f"from {source}")
    told = words.startswith("set") or scale is None
    return words if told else f"{number(scale)} {words}"
