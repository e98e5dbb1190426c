"""Which issues an earlier cause explains: does the finding survive in the repaired twin?"""

from dataclasses import replace

from sklearn_lossfix._core._finding import METRIC_FLOOR, SLUGS
from sklearn_lossfix._core._paired_tests import upper_tail_p
from sklearn_lossfix.diagnosis._analysis import Analysis
from sklearn_lossfix.exceptions import CheckNotApplicable

#: Findings whose twin repairs them, in causal order, with the name of the twin.
TWIN_OF = {
    "loss-unsuited-to-task": "classifier",
    "unscaled-features": "scaled",
    "not-converged": "converged",
}


#: Issues that recalibration repairs; labels follow probabilities, so these come before the rule.
CALIBRATION_ISSUES = (
    "shifted-prior",
    "overconfident",
    "underconfident",
    "misshapen-probabilities",
)


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
    order = list(TWIN_OF)
    for cause, twin_name in TWIN_OF.items():
        twins = analysis.refits.evidence.twins
        if cause not in found or cause in explained or twin_name not in twins:
            continue
        # Other twins stay: a later one must be better than the repaired model, not than the model.
        others = {name: twin for name, twin in twins.items() if name != twin_name}
        repaired = Analysis(
            replace(analysis.refits.evidence, model=twins[twin_name].scored, twins=others),
            analysis.alpha,
        )
        for check in checks:
            later = check.slug in found and check.slug != cause and check.slug not in explained
            if check.slug in TWIN_OF:
                later = later and order.index(check.slug) > order.index(cause)
            elif SLUGS[check.slug] == "validity":  # comes before any optimiser
                continue
            if not later:
                continue
            # Of validation rows: the model must have the issue out of fold too, where its twin is.
            seen = analysis.refits is analysis or _still_an_issue(check, analysis.refits)
            if seen and not _still_an_issue(check, repaired):
                explained[check.slug] = cause
    return explained | _explained_by_probabilities(
        [issue.name for issue in issues if issue.name not in explained], analysis
    )


def _explained_by_probabilities(names, analysis):
    """Decision rules that recalibrated probabilities mend: their argmax is as good.

    The cause is the calibration issue with most at stake, so the first one in order.
    """
    causes = [name for name in names if name in CALIBRATION_ISSUES]
    if not causes or analysis.recalibrated_codes is None:
        return {}
    explained = {}
    for name, metric in (
        ("misaligned-decision-rule", analysis.metric),
        ("majority-collapse", analysis.balanced),
    ):
        if name in names:
            rule = analysis.rule_codes(metric)
            left = analysis.gain(metric, rule, analysis.recalibrated_codes)
            if upper_tail_p(left.value, left.se, METRIC_FLOOR) > analysis.alpha:
                explained[name] = causes[0]
    return explained


def _still_an_issue(check, repaired):
    """Whether a check calls an issue on the repaired twin."""
    try:
        finding = check.run(repaired)
    except CheckNotApplicable:
        return False
    tested = finding.p_value is None or finding.p_value <= repaired.alpha
    return finding.section == "issue" and tested
