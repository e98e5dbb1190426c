"""Which verdict explains which: of each group the first that was found is the cause."""

from dataclasses import replace

#: Groups of verdicts; in each, what stands earlier explains what stands later.
GROUPS = (
    ("nonfinite-loss", "negative-loss", "loss-metric-mismatch"),
    ("stuck-at-chance",),
    ("learning-rate-too-high", "loss-diverging", "loss-oscillating"),
    ("loss-recurring", "loss-spike"),
    ("overfit-turning-point", "learning-rate-too-low", "still-improving", "loss-plateau"),
    ("loss-rises-while-accuracy-holds", "accuracy-stalls-while-loss-falls"),
)


def explained_verdicts(findings):
    """Put every later issue of a group under the first.

    Parameters
    ----------
    findings : list of Finding
        From ``run_checks``, issues first.

    Returns
    -------
    list of Finding
        The same findings, explained issues right behind their cause.
    """
    cause = {}
    found = {f.name for f in findings if f.section == "issue"}
    for group in GROUPS:
        there = [name for name in group if name in found]
        cause |= dict.fromkeys(there[1:], there[0] if there else None)
    issues = [f for f in findings if f.section == "issue"]
    nested = []
    for issue in issues:
        if issue.name not in cause:
            nested.append(issue)
            nested += [
                replace(other, explained_by=issue.name)
                for other in issues
                if cause.get(other.name) == issue.name
            ]
    return nested + [f for f in findings if f.section != "issue"]


def without_chance_tips(findings, alpha):
    """Tips that rest on a test whose adjusted p-value is above the level have passed.

    Parameters
    ----------
    findings : list of Finding
        From ``run_checks``.
    alpha : float
        The level.

    Returns
    -------
    list of Finding
    """
    return [
        replace(f, section="passed")
        if f.section == "tip" and f.p_adjusted is not None and f.p_adjusted > alpha
        else f
        for f in findings
    ]
