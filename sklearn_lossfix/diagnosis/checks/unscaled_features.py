"""Features on very different scales in front of a model that minds."""

from sklearn_lossfix._core._robust_scale import SPREAD_RATIO
from sklearn_lossfix.diagnosis._judging import fact
from sklearn_lossfix.diagnosis._twin_finding import judge_twin
from sklearn_lossfix.exceptions import CheckNotApplicable


class UnscaledFeatures:
    """A twin with StandardScaler before the last step is better on the same rows."""

    name = "unscaled_features"
    slug = "unscaled-features"
    title = "Features are not on one scale"
    kinds = ("model",)
    effort = "normal"

    def run(self, analysis):
        """Judge the scaled twin."""
        e = analysis.refits.evidence
        spread = e.facts.get("column_spread")
        if spread is None:
            raise CheckNotApplicable(
                e.facts.get("no_spread_reason", "No numeric features reach the last step.")
            )
        failed = e.facts.get("failed_twins", {}).get("scaled")
        if failed is not None:
            raise CheckNotApplicable(failed)
        if "scaled" not in e.twins:
            return fact(
                self,
                "passed",
                f"The widths of the columns are within {spread['ratio']:.3g} times the median one, "
                f"below the {SPREAD_RATIO:.0f} at which a scaled twin is tried.",
                estimate=spread["ratio"],
                unit="ratio",
                limit=SPREAD_RATIO,
            )
        shape = "wide" if spread["wider"] else "narrow"
        return judge_twin(
            self,
            analysis,
            "scaled",
            cause=f"{spread['column']} is {spread['ratio']:,.0f} x as {shape} as the median column",
        )
