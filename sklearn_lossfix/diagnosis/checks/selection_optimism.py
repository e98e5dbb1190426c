"""The best of many looks better than it is, on the rows that chose it."""

import numpy as np

from sklearn_lossfix._core._finding import METRIC_FLOOR
from sklearn_lossfix.diagnosis._judging import fact
from sklearn_lossfix.diagnosis._search_tables import optimism
from sklearn_lossfix.diagnosis._verdict import counted_candidates
from sklearn_lossfix.exceptions import CheckNotApplicable


class SelectionOptimism:
    """The apparent score of a search lies above its honest score by more than a point.

    A fact about the number that the search shows, not a fault of the model it chose: a tip.
    """

    name = "selection_optimism"
    slug = "selection-optimism"
    title = "The search flatters itself"
    kinds = ("model",)
    effort = "fast"

    def run(self, analysis):
        """Compare the score on the rows that chose with that on rows that did not."""
        search = analysis.evidence.search
        if search is None:
            raise CheckNotApplicable("No search was handed in.")
        gap = optimism(search)
        if not np.isfinite(gap.value):
            raise CheckNotApplicable(
                "The search gave no score of rows that it did not choose by: there is no honest "
                "score to compare with."
            )
        known = np.isfinite([gap.low, gap.high]).all()
        spread = f" [{search.honest_low:.3f}, {search.honest_high:.3f}]" if known else ""
        flattered = gap.value > METRIC_FLOOR
        message = (
            f"On the rows that chose it, the best of "
            f"{counted_candidates(len(search.params))} has {search.metric_name.replace('_', ' ')} "
            f"{search.apparent:.3f}; on rows that did not choose, the search as a whole has "
            f"{search.honest:.3f}{spread}."
        )
        if flattered:
            message += " Quote the second."
        return fact(
            self,
            "tip" if flattered else "passed",
            message,
            estimate=gap.value,
            unit="points",
            ci=(gap.low, gap.high) if known else None,
            limit=METRIC_FLOOR,
            evidence={
                "metric": search.metric_name,
                "apparent": float(search.apparent),
                "honest": float(search.honest),
                "n_candidates": len(search.params),
            },
        )
