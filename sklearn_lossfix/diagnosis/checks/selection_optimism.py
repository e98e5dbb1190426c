"""The best of many looks better than it is, on the rows that chose it."""

import numpy as np

from sklearn_lossfix._core._evidence import NoTwin
from sklearn_lossfix._core._finding import METRIC_FLOOR
from sklearn_lossfix.diagnosis._judging import fact
from sklearn_lossfix.diagnosis._search_tables import nested_optimism, optimism, params_text
from sklearn_lossfix.diagnosis._verdict import counted_candidates, number
from sklearn_lossfix.exceptions import CheckNotApplicable


class SelectionOptimism:
    """The apparent score of a search lies above its honest score by more than a point.

    A fact about the number that the search shows, not a fault of the model it chose: a tip. A
    search that was repeated in the folds is judged by them, else by what it recorded.
    """

    name = "selection_optimism"
    slug = "selection-optimism"
    title = "The search flatters itself"
    kinds = ("model",)
    effort = "fast"

    def run(self, analysis):
        """Compare the score on the rows that chose with that on rows that did not."""
        search, nested = analysis.evidence.search, analysis.refits.evidence.nested_search
        if search is None and nested is None:
            raise CheckNotApplicable("No search was handed in.")
        if search is not None:
            return self._of_recorded(search)
        if not isinstance(nested, NoTwin):
            return self._of_nested(nested)
        if nested.section == "not_applicable":
            raise CheckNotApplicable(nested.reason)
        return fact(self, nested.section, nested.reason)

    def _of_recorded(self, search):
        """Judge by what the search recorded of itself."""
        if search.chosen_by == "function":
            raise CheckNotApplicable(
                "A function chose the candidate from the table of the search: nothing tells what "
                "it would have chosen on other rows."
            )
        gap = optimism(search)
        if not np.isfinite(gap.value):
            raise CheckNotApplicable(
                "The search gave no score of rows that it did not choose by: there is no honest "
                "score to compare with."
            )
        known = np.isfinite([gap.low, gap.high]).all()
        spread = f" [{search.honest_low:.3f}, {search.honest_high:.3f}]" if known else ""
        flattered = gap.value > METRIC_FLOOR
        which = "best" if search.chosen_by == "metric" else "chosen one"
        message = (
            f"On the rows that chose it, the {which} of "
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

    def _of_nested(self, nested):
        """Judge by the folds in which the search was repeated.

        One draw of inner folds can flatter or not by luck. So the searches of the folds must say
        it too: their own best scores lie above what they score on their test parts.
        """
        gap, honest = nested_optimism(nested), nested.honest
        if not np.isfinite(gap.value):
            raise CheckNotApplicable("A fold gave no finite score of the search.")
        known = np.isfinite([gap.low, gap.high]).all()
        spread = f" [{number(honest.low)}, {number(honest.high)}]" if known else ""
        in_folds = float(np.mean(np.subtract(nested.own_scores, nested.fold_scores)))
        flattered = min(gap.value, in_folds) > nested.limit
        n_folds = len(nested.fold_scores)
        n_chosen = len({params_text(params) for params in nested.fold_params})
        words = nested.metric_name.replace("_", " ")
        message = (
            f"On the rows that chose it, the best of {counted_candidates(nested.n_candidates)} has "
            f"{words} {number(nested.apparent)} (best_score_); on rows that did not choose, the "
            f"search as a whole has {number(honest.value)}{spread}."
        )
        if flattered:
            message += " Quote the second."
        cost = f"in {nested.n_fits:,} fits" if nested.n_fits else "in fits of any report"
        chosen = "the same" if n_chosen == 1 else f"{n_chosen} different sets of"
        message += f" In {n_folds} folds it chose {chosen} parameters, {cost}."
        fixed = nested.fixed
        if flattered and fixed is not None and fixed.low > 0:
            message += (
                f" With the parameters fixed, as in this report, {words} on the same folds is "
                f"{fixed.value:.3f} [{fixed.low:.3f}, {fixed.high:.3f}] higher."
            )
        return fact(
            self,
            "tip" if flattered else "passed",
            message,
            estimate=gap.value,
            unit=nested.unit,
            ci=(gap.low, gap.high) if known else None,
            limit=nested.limit,
            evidence={
                "metric": nested.metric_name,
                "apparent": nested.apparent,
                "honest": honest.value,
                "n_candidates": nested.n_candidates,
                "in_folds": in_folds,
                "fixed": None if fixed is None else list(fixed),
                "n_different_params": n_chosen,
                "n_fits": nested.n_fits,
            },
        )
