"""Steps that saw the validation rows: encodings, oversampling, selection, scalers."""

from sklearn_lossfix.diagnosis._flattery import compared_with
from sklearn_lossfix.diagnosis._leak_finding import LeakFinding, as_issue, leak_p, with_flattery


class PreprocessedBeforeSplit(LeakFinding):
    """Traces that steps fitted on training and validation rows together leave in a table.

    Scalers and imputers seldom move a score: a tip. An encoding of the target does harm where the
    model relies on its columns. What an oversampling or a selection does cannot be seen without
    undoing it: these are issues by their traces alone.
    """

    name = "preprocessed_before_split"
    slug = "preprocessed-before-split"
    title = "Preprocessed before the split"
    effort = "normal"

    def judge(self, analysis, leaks, finding, found):
        """Tell steps that read labels from scalers, and ask what an encoding is worth."""
        heavy = [r for r in found if r.section == "issue"]
        blind = [r for r in heavy if r.check != "target_encoding"]
        if blind:
            return as_issue(finding, max(r.rate or 0.0 for r in blind), leak_p(blind))
        if not heavy:
            return finding
        honest = analysis.evidence.facts.get("columns_shuffled", {}).get(self.slug)
        flattery = None
        if honest is not None:
            compared = "the same rows with these columns shuffled"
            flattery = compared_with(analysis, honest, compared)
        return with_flattery(finding, flattery, heavy[0].rate or 0.0, analysis.alpha, leak_p(heavy))
