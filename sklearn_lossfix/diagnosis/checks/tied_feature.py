"""Columns of which half the values are one and the same: robust scales break down there."""

from sklearn_lossfix.diagnosis._columns import listing, quoted, verb
from sklearn_lossfix.diagnosis._judging import fact
from sklearn_lossfix.diagnosis._words import share_text
from sklearn_lossfix.exceptions import CheckNotApplicable

# Share of the values that equal the median. Every scale with a breakdown point of one half is zero
# once more than half of the values are equal: the exact-fit property (Rousseeuw and Croux 1993,
# "Alternatives to the median absolute deviation", JASA 88). At exactly half, one row more decides.
# A lower share would name ordinary counts and ratings, whose MAD is what it should be.
TIE_SHARE = 0.5


class TiedFeature:
    """At least half of the finite values of a column that varies equal its median."""

    name = "tied_feature"
    slug = "tied-feature"
    title = "Half of a column is one value"
    kinds = ("data",)
    effort = "fast"

    def run(self, analysis):
        """Name the columns with their shares, or the largest share there is."""
        shares = analysis.table["tie_share"]
        # Of two values each is the median of half of them.
        n_valid = analysis.table["n_valid"]
        judged = [j for j in analysis.varying if shares[j] is not None and n_valid[j] > 2]
        if not judged:
            raise CheckNotApplicable(
                "No column holds values that vary: all of a constant column are tied."
            )
        worst = max(judged, key=lambda j: shares[j])
        found = [j for j in judged if shares[j] >= TIE_SHARE]
        numbers = {"estimate": shares[worst], "unit": "share", "limit": TIE_SHARE}
        if not found:
            message = (
                f"At most {share_text(shares[worst])} of a column's values equal its median "
                f"({quoted(analysis.names[worst])}), less than the {TIE_SHARE:.0%} at which a "
                f"robust scale breaks down."
            )
            return fact(self, "passed", message, **numbers)
        examples = [f"{quoted(analysis.names[j])} {share_text(shares[j])}" for j in found]
        message = (
            f"{analysis.out_of_all(found)} {verb(found, 'has', 'have')} at least {TIE_SHARE:.0%} "
            f"of the values at the median: {listing(examples)}. Every scale with a breakdown point "
            f"of one half is zero there, or one row away from it."
        )
        return fact(
            self,
            "tip",
            message,
            **numbers,
            evidence={
                "columns": analysis.pick("column", found),
                "tie_share": analysis.pick("tie_share", found),
            },
        )
