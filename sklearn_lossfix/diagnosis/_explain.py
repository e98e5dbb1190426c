"""Which issues an earlier cause explains: does the finding survive in the repaired twin?"""

from dataclasses import replace

from sklearn_lossfix.diagnosis._analysis import Analysis
from sklearn_lossfix.exceptions import CheckNotApplicable

#: Findings whose twin repairs them, in causal order, with the name of the twin.
TWIN_OF = {
    "loss-unsuited-to-task": "classifier",
    "unscaled-features": "scaled",
    "not-converged": "converged",
}


def explained_issues(issues, analysis, checks):
    """Mark issues that are gone once an earlier cause is repaired.

    The twin that repairs the cause was scored on the same rows: every other check is asked again
    with the twin in the model's place. What it no longer calls an issue is explained by the cause.

    Parameters
    ----------
    issues : list of Finding
        Of one report.
    analysis : Analysis
        The derived numbers of the model.
    checks : sequence of Check
        All checks.

    Returns
    -------
    dict of str to str
        Slug of an explained issue -> slug of its cause.
    """
    found = {issue.name for issue in issues}
    explained = {}
    for cause, twin_name in TWIN_OF.items():
        twin = analysis.refits.evidence.twins.get(twin_name)
        if cause not in found or cause in explained or twin is None:
            continue
        repaired = Analysis(
            replace(analysis.refits.evidence, model=twin.scored, twins={}), analysis.alpha
        )
        for check in checks:
            later = check.slug in found and check.slug != cause and check.slug not in explained
            is_cause = check.slug in TWIN_OF
            if later and not is_cause and not _still_an_issue(check, repaired):
                explained[check.slug] = cause
        if "not-converged" in found - {cause} and not twin.scored.warnings:
            explained.setdefault("not-converged", cause)
    return explained


def _still_an_issue(check, repaired):
    """Whether a check calls an issue on the repaired twin."""
    try:
        finding = check.run(repaired)
    except CheckNotApplicable:
        return False
    tested = finding.p_value is None or finding.p_value <= repaired.alpha
    return finding.section == "issue" and tested
