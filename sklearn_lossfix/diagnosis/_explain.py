"""Which issues an earlier cause explains: does the finding survive in the repaired twin?"""

from dataclasses import replace

from sklearn_lossfix._core._finding import METRIC_FLOOR, SLUGS
from sklearn_lossfix._core._paired_tests import upper_tail_p
from sklearn_lossfix.diagnosis._analysis import Analysis
from sklearn_lossfix.diagnosis._reference_twin import REFERENCE
from sklearn_lossfix.exceptions import CheckNotApplicable

#: Findings whose twin repairs them, in causal order, with the name of the twin.
TWIN_OF = {
    "informative-missingness": "missing_indicator",
    "loss-unsuited-to-task": "classifier",
    "unscaled-features": "scaled",
    "outlier-features": "tamed",
    "learning-rate-too-high": "slower",
    "learning-rate-too-low": "faster",
    "not-converged": "converged",
    "dead-units": "revived",
    "seed-sensitive": "seed_ensemble",
    "underfitting": "higher_capacity",
    "overfitting": "regularised",
    "redundant-features": "pruned_correlated",
    "useless-features": "pruned_useless",
}


#: Issues that recalibration repairs; labels follow probabilities, so these come before the rule.
CALIBRATION_ISSUES = (
    "shifted-prior",
    "overconfident",
    "underconfident",
    "misshapen-probabilities",
)


# An issue that keeps at most this share of what was at stake is mostly the cause's doing.
MOST_EXPLAINED = 0.5


def explained_issues(issues, analysis, checks):
    """Mark issues that are gone, or mostly gone, once an earlier cause is repaired.

    The twin that repairs the cause was scored on the same rows: every other check is asked again
    with the twin in the model's place. What it no longer calls an issue, or one with at most half
    of what was at stake, is explained by the cause.

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
    found = {issue.name: issue for issue in issues}
    explained = {}
    order = list(TWIN_OF)
    for cause, twin_name in _repairs(found):
        twins = analysis.refits.evidence.twins
        if cause in explained or twin_name not in twins:
            continue
        # Other twins stay: a later one must be better than the repaired model, not than the model.
        others = {name: twin for name, twin in twins.items() if name != twin_name}
        repaired = Analysis(
            replace(analysis.refits.evidence, model=twins[twin_name].scored, twins=others),
            analysis.alpha,
            bench=analysis.refits.bench,
        )
        for check in checks:
            later = check.slug in found and check.slug != cause and check.slug not in explained
            if check.slug in TWIN_OF:
                later = later and order.index(check.slug) > order.index(cause)
            elif SLUGS[check.slug] == "validity":  # comes before any optimiser
                continue
            elif twin_name == REFERENCE and SLUGS[check.slug] == "probabilities and decision":
                continue  # another model altogether: it says nothing of this one's calibration
            if not later:
                continue
            # Of validation rows: the model must have the issue out of fold too, where its twin is.
            before = found[check.slug]
            if analysis.refits is not analysis:
                before = _as_an_issue(check, analysis.refits)
            if before is not None and not _survives(before, _as_an_issue(check, repaired)):
                explained[check.slug] = cause
    return explained | _explained_by_probabilities(
        [issue.name for issue in issues if issue.name not in explained], analysis
    )


def _repairs(found):
    """Yield every cause that was found with a twin that repairs it, in causal order.

    A finding may name another twin than the usual one: both are asked, the usual one first.
    """
    for cause, twin_name in TWIN_OF.items():
        if cause in found:
            named = found[cause].evidence.get("twin") or twin_name
            yield from ((cause, name) for name in dict.fromkeys((twin_name, named)))


def _explained_by_probabilities(names, analysis):
    """Decision rules that recalibrated probabilities mend: their argmax is as good as the rule.

    The rule must be better than the argmax of the probabilities as they are, too: where it is not,
    ``predict`` does not follow the probabilities, and they are not what its labels suffer from. The
    cause is the calibration issue with most at stake, so the first one in order.
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
            as_is = analysis.evidence.model.proba.argmax(axis=1)
            if _rule_is_better(analysis, metric, as_is) and not _rule_is_better(
                analysis, metric, analysis.recalibrated_codes
            ):
                explained[name] = causes[0]
    return explained


def _rule_is_better(analysis, metric, codes):
    """Whether the best rule is provably better than some labels."""
    gain = analysis.gain(metric, analysis.rule_codes(metric), codes)
    return upper_tail_p(gain.value, gain.se, METRIC_FLOOR) <= analysis.alpha


def _as_an_issue(check, analysis):
    """What a check says of an analysis, where it is an issue; else None."""
    try:
        finding = check.run(analysis)
    except CheckNotApplicable:
        return None
    tested = finding.p_value is None or finding.p_value <= analysis.alpha
    return finding if finding.section == "issue" and tested else None


def _survives(before, after):
    """Whether an issue is there after the repair, with more than half of what was at stake."""
    if after is None:
        return False
    stakes = [
        (getattr(after, name), getattr(before, name))
        for name in ("nats_at_stake", "errors_at_stake")
        if getattr(before, name)
    ]
    known = [new > MOST_EXPLAINED * old for new, old in stakes if new is not None]
    return not known or any(known)
