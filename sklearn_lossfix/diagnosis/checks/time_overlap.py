"""Training rows from the time of the judged rows, or after it."""

from dataclasses import replace

from sklearn_lossfix.diagnosis._flattery import leaked_beside_others
from sklearn_lossfix.diagnosis._leak_finding import LeakFinding, as_issue, with_flattery
from sklearn_lossfix.exceptions import CheckNotApplicable

# What a leak is called where folds walk forward over rows that are not sorted.
UNSORTED = "unsorted"


class TimeOverlap(LeakFinding):
    """Training rows that are later than judged ones, where times were given.

    A tip, because gaps may be what the model is to fill. An issue where folds that walk forward are
    drawn from rows that are not sorted: then they do not do what they are for. And where
    validation rows from before the last training row score better than later ones of their class.
    """

    name = "time_overlap"
    slug = "time-overlap"
    title = "Training rows later than judged rows"

    def leaks(self, analysis):
        """What was seen of the validation rows if their times are known, else of the folds."""
        for part in (analysis.evidence, analysis.refits.evidence):
            if part.leaks is not None and any(k.check == self.name for k in part.leaks.leaks):
                return part.leaks
        e = analysis.evidence
        if e.source == "predictions":
            return super().leaks(analysis)
        if "no_leaks_reason" in e.facts:
            raise CheckNotApplicable(e.facts["no_leaks_reason"])
        raise CheckNotApplicable(
            "No times were given, so the order of rows in time was not judged: pass times= (and "
            "times_val= with validation rows)."
        )

    def judge(self, analysis, leaks, finding, found):
        """Ask whether the folds are out of order, or what later rows cost."""
        e, leak = analysis.evidence, found[0].leak
        if leak.details.get("kind") == UNSORTED:
            return as_issue(finding, leak.rate, None)
        if leaks is not e.leaks:
            return replace(finding, message=f"Out of fold: {finding.message}")
        if "before_last_training_row" not in e.facts:
            return finding
        early = e.facts["before_last_training_row"]
        message = (
            f"{early.sum():,} of {len(early):,} validation rows ({early.mean():.1%}) are earlier "
            f"than the last training row: there scores tell how well gaps are filled, not how well "
            f"the future is predicted."
        )
        finding = replace(finding, message=message)
        flattery = leaked_beside_others(analysis, early)
        if flattery is None:
            return finding
        flattery = flattery._replace(compared="later rows of the same classes")
        return with_flattery(finding, flattery, float(early.mean()), analysis.alpha, 0.0)
