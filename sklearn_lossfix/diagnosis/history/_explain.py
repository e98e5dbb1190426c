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

# Verdicts about the end of a curve: of one that broke down before its end they say nothing.
_END = GROUPS[4]

# Verdicts that ask for more of the same training: no use where the loss has no lower end, or where
# its fall does not reach the labels.
_FALLS = ("learning-rate-too-low", "still-improving")

# Verdicts that look at the direction of a loss: upside down where its sign is.
_DIRECTED = (
    "loss-metric-mismatch",
    "learning-rate-too-high",
    "loss-diverging",
    *_END,
    *GROUPS[5],
)


def _explains_further(finding):
    """Verdicts of other groups that an issue explains, by what it found."""
    if finding.name == "nonfinite-loss":
        return () if finding.evidence.get("ends_finite") else _END
    if finding.name == "negative-loss":
        is_sign = finding.evidence.get("type") == "sign convention"
        return _DIRECTED if is_sign else (*_FALLS, "accuracy-stalls-while-loss-falls")
    # An accuracy that never left that of a constant answer has no use for more epochs.
    if (
        finding.name == "accuracy-stalls-while-loss-falls"
        and finding.evidence.get("constant_answer") is not None
    ):
        return _FALLS
    return ()


def explained_verdicts(findings):
    """Put every later issue of a group under the first, and what others explain under those.

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
    for issue in issues:
        for name in _explains_further(issue):
            # What explains an issue is not explained by it, and the first cause stays.
            if name in found and cause.get(issue.name) is None:
                cause[name] = issue.name
    cause = {name: cause.get(by, by) for name, by in cause.items()}  # no explained cause
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
    """Tips that rest on a test whose adjusted p-value is above the level have passed, and say so.

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
        replace(
            f,
            section="passed",
            message=f"{f.message} Beside the other tests of the report that is not proven.",
            evidence={key: value for key, value in f.evidence.items() if key != "fix"},
        )
        if f.section == "tip" and f.p_adjusted is not None and f.p_adjusted > alpha
        else f
        for f in findings
    ]
