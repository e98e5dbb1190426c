"""A class that is much rarer than another: context, not a fault."""

import numpy as np

from sklearn_lossfix.diagnosis._judging import fact

# One class in five, against the rest as one: from here a constant answer looks good (accuracy 80
# %),
# the convention of skore's SKD004 and of most texts on the matter.
IMBALANCE_RATIO = 4.0


class ClassImbalance:
    """The largest class is at least four times the smallest."""

    name = "class_imbalance"
    slug = "class-imbalance"
    title = "Classes are imbalanced"
    kinds = ("model",)
    effort = "fast"

    def run(self, analysis):
        """State the ratio, and what a constant answer scores."""
        e = analysis.evidence
        present = analysis.shares[analysis.shares > 0]
        ratio = float(present.max() / present.min())
        rare = int(np.argmin(np.where(analysis.shares > 0, analysis.shares, np.inf)))
        message = (
            f"The largest class is {ratio:.3g} times the smallest ({e.classes[rare].item()!r}, "
            f"{analysis.shares[rare]:.2%}); always answering the largest is right in "
            f"{analysis.shares.max():.1%} of the rows. Imbalance alone is no fault: tune the "
            f"decision rule first, resample last."
        )
        section = "tip" if ratio >= IMBALANCE_RATIO else "passed"
        return fact(
            self,
            section,
            message,
            estimate=ratio,
            unit="ratio",
            limit=IMBALANCE_RATIO,
            evidence={"shares": analysis.shares.tolist()},
        )
