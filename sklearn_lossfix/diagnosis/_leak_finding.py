"""What the checks of leakage that share a slug become in the report of a model."""

from dataclasses import replace

import numpy as np

from sklearn_lossfix._core._finding import METRIC_FLOOR
from sklearn_lossfix.diagnosis._judging import interval_text, p_text
from sklearn_lossfix.diagnosis._split_findings import (
    CLEAN,
    FOUND,
    UNDECIDED,
    check_results,
    split_findings,
)
from sklearn_lossfix.exceptions import CheckNotApplicable
from sklearn_lossfix.model_selection._split_findings import ADVISORY

# Pairs of rows, and rows, that a finding lists.
N_PAIRS_SHOWN = 20
N_ROWS_SHOWN = 50

NO_VALIDATION = (
    "There are no validation rows beside the training rows: diagnose(..., X_val=, y_val=) compares "
    "them, and LeakageCheckedSplit(cv).audit(X, y) judges folds."
)


class LeakFinding:
    """One finding from all checks of leakage that emit its slug.

    What they find is an issue only where it flatters the judged scores: `judge` of each finding
    says how that is seen. Otherwise it is a tip. What chance explains is neither.
    """

    kinds = ("model",)
    effort = "fast"
    #: What to do; of the fix that the checks name where it is empty.
    fix = ""

    def run(self, analysis):
        """Merge what the checks said, and judge what was found."""
        leaks = self.leaks(analysis)
        results = [r for r in check_results(leaks, ()) if r.slug == self.slug]
        if not results:
            raise CheckNotApplicable("effort='normal' looks for it.")
        results = [_in_a_report_of_a_model(result) for result in results]
        merged = split_findings(results)[0]
        found = [r for r in results if r.found == FOUND]
        said = {r.check: f"{r.found}: {r.message}" for r in results}
        finding = replace(
            merged,
            title=self.title,
            checks=(self.name,),
            p_value=None,
            p_adjusted=None,
            evidence={**merged.evidence, "leakage_checks": said},
        )
        if not found:
            return self.doubt(finding, [r for r in results if r.found == UNDECIDED])
        if self.fix:
            finding.evidence["fix"] = self.fix
        finding = replace(finding, section="tip")
        if analysis.evidence.leaks is leaks and analysis.evidence.source == "validation":
            rows, pairs = _rows_and_pairs(leaks, found)
            if pairs:
                finding.evidence["training_and_validation_rows"] = pairs
            finding = replace(finding, rows=rows)
        return self.judge(analysis, leaks, finding, found)

    def leaks(self, analysis):
        """What was seen of the split.

        Raises
        ------
        CheckNotApplicable
            Where nothing was.
        """
        e = analysis.evidence
        if e.source == "validation" and e.leaks is not None:
            return e.leaks
        raise CheckNotApplicable(e.facts.get("no_leaks_reason", NO_VALIDATION))

    def doubt(self, finding, undecided):
        """Where nothing was found: what becomes of checks that could not tell; nothing by default.

        Parameters
        ----------
        finding : Finding
            Passed, or not applicable.
        undecided : list of CheckResult
            Checks that could not tell.

        Returns
        -------
        Finding
        """
        return finding

    def judge(self, analysis, leaks, finding, found):
        """Whether what was found is an issue: by default it never is.

        Parameters
        ----------
        analysis : Analysis
            The derived numbers.
        leaks : SplitEvidence
            What was seen.
        finding : Finding
            A tip.
        found : list of CheckResult
            What the checks found.

        Returns
        -------
        Finding
        """
        return finding


def _in_a_report_of_a_model(result):
    """A result where the split is that of a model's judged rows."""
    if result.check in ADVISORY and result.found == FOUND:
        return replace(result, section="tip")
    # The place of a row in a file is no feature: only a column that holds it leaks.
    if result.check == "row_order" and result.leak is not None and not result.leak.columns:
        return replace(result, section="passed", found=CLEAN, message="No column numbers the rows.")
    return result


def _rows_and_pairs(leaks, found):
    """Judged rows that leak, and pairs of a training row and such a row, as row numbers."""
    n_judged = leaks.per_fold["n_test"][0]
    pairs = np.concatenate([result.leak.pairs for result in found])
    rows = np.unique(pairs[:, 2])[:N_ROWS_SHOWN]
    listed = pairs[:N_PAIRS_SHOWN, 1:] - np.array([n_judged, 0])  # validation rows come first
    return (rows if len(rows) else None), listed.tolist()


def with_flattery(finding, flattery, share, alpha, p_leak):
    """A finding that is an issue where a leak flatters scores beyond chance and noticeably.

    Parameters
    ----------
    finding : Finding
        A tip.
    flattery : Flattery or None
        What it does to scores; None where that is not known.
    share : float
        Share of the judged rows that leak: below the smallest change of a metric that matters it
        cannot change one by more.
    alpha : float
        Level.
    p_leak : float
        p-value of the leak, after Holm's correction: the larger of the two counts.

    Returns
    -------
    Finding
    """
    if flattery is None:
        message = f"{finding.message} What that does to the scores could not be measured."
        return replace(finding, message=message)
    unit, value = flattery.unit, flattery.value
    what = "nats" if unit == "nats" else "of the metric"
    p_value = max(flattery.p_value, p_leak)
    is_issue = share >= METRIC_FLOOR and flattery.matters(alpha) and p_value <= alpha
    effect = "That flatters the scores" if is_issue else "It is not shown to flatter the scores"
    shown = f"by {interval_text(value)} {what} ({p_text(flattery.p_value)})"
    fields = {
        "message": f"{finding.message} {effect}: {shown} beside {flattery.compared}.",
        "estimate": value.value,
        "unit": unit,
        "ci": (value.low, value.high),
        "limit": flattery.floor,
    }
    if is_issue:
        stake = "nats_at_stake" if unit == "nats" else "errors_at_stake"
        fields |= {
            "section": "issue",
            "otherwise": "tip",
            "p_value": p_value,
            stake: max(0.0, value.low),
        }
    return replace(finding, **fields)


def as_issue(finding, share, p_leak):
    """An issue by the leak alone, where its effect cannot be measured without undoing a step.

    Parameters
    ----------
    finding : Finding
        A tip.
    share : float
        Share of the judged rows, or of the columns, that leak.
    p_leak : float or None
        p-value of the leak, after Holm's correction; None for facts.
    """
    if share < METRIC_FLOOR:
        return finding
    return replace(
        finding,
        section="issue",
        otherwise="tip",
        p_value=p_leak,
        estimate=share,
        unit="share",
        limit=METRIC_FLOOR,
    )


def leak_p(found):
    """The largest adjusted p-value of the checks that found something; 0 for facts."""
    return max((r.p_adjusted or 0.0 for r in found), default=0.0)
