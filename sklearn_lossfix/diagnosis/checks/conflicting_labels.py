"""Rows with equal features and different labels: a floor under every classifier's error."""

from sklearn_lossfix.diagnosis._judging import fact
from sklearn_lossfix.exceptions import CheckNotApplicable


class ConflictingLabels:
    """Count rows whose features occur with more than one label, and the error they force.

    A fact and therefore a tip: equal features with different labels are wrong labels in one data
    set and honest chance in another (few coarse features); the rows cannot tell which.
    """

    name = "conflicting_labels"
    slug = "conflicting-labels"
    title = "Equal rows carry different labels"
    kinds = ("model",)
    effort = "fast"

    def run(self, analysis):
        """Read the duplicate groups."""
        found = analysis.evidence.conflicts
        if found is None:
            raise CheckNotApplicable("No features were given, so equal rows cannot be found.")
        if found["n_rows"] == 0:
            return fact(
                self,
                "passed",
                "No two rows with equal features have different labels.",
                estimate=0.0,
                unit="share",
            )
        message = (
            f"{found['n_rows']:,} rows of X ({found['share']:.2g} of all) share their features "
            f"with a row of another label: every classifier errs in at least "
            f"{found['least_error']:.2g} of these data. Look for wrong labels, or for a feature "
            f"that is missing."
        )
        return fact(
            self,
            "tip",
            message,
            estimate=found["least_error"],
            unit="share",
            errors_at_stake=found["least_error"],
            evidence={"n_rows": found["n_rows"], "least_error": found["least_error"]},
            rows=found["rows"],
        )
