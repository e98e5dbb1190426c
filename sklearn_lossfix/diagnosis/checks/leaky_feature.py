"""Features that tell the target, and whether the model relies on them."""

from dataclasses import replace

from sklearn_lossfix.diagnosis._flattery import compared_with
from sklearn_lossfix.diagnosis._leak_finding import LeakFinding, leak_p, with_flattery


class LeakyFeature(LeakFinding):
    """Copies of the target, columns too good to be true, and row numbers that tell the target.

    They do harm where the model relies on them: where their values come from other rows, it must
    lose more than a trifle. A column that tells as much as all others together is a tip: whether it
    is known before the outcome cannot be seen from the data. Out of fold only columns that tell the
    target are looked for.
    """

    name = "leaky_feature"
    slug = "leaky-feature"
    title = "Features that tell the target"
    effort = "normal"

    def leaks(self, analysis):
        """What was seen of the validation rows, else of the rows in the folds."""
        e = analysis.evidence
        if e.source == "out-of-fold" and e.leaks is not None:
            return e.leaks
        return super().leaks(analysis)

    def doubt(self, finding, undecided):
        """Columns as good as all others are a tip: only the user knows when they are known."""
        if not any(result.leak is not None and result.leak.columns for result in undecided):
            return finding
        return replace(finding, section="tip", evidence={**finding.evidence, "undecided": True})

    def judge(self, analysis, leaks, finding, found):
        """Ask what the scores are without these columns."""
        honest = analysis.evidence.facts.get("columns_shuffled", {}).get(self.slug)
        flattery = None
        if honest is not None:
            compared = "the same rows with these columns shuffled"
            flattery = compared_with(analysis, honest, compared)
        return with_flattery(finding, flattery, 1.0, analysis.alpha, leak_p(found))
