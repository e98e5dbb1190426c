"""Run every check once and put its slug into exactly one section."""

import difflib
from dataclasses import replace

from sklearn_lossfix._core._finding import SUSPICION, Finding
from sklearn_lossfix._core._paired_tests import conditional_benjamini_hochberg
from sklearn_lossfix.diagnosis._explain import explained_issues
from sklearn_lossfix.diagnosis._verdict import SPLIT_FIRST, rank
from sklearn_lossfix.exceptions import CheckNotApplicable

#: Levels of effort, cheapest first.
EFFORTS = ("fast", "normal", "thorough")

# Where several checks share a slug, the section that says most wins.
_LOUDEST = ("issue", "tip", "passed", "not_applicable", "skipped", "ignored")


def known_slugs(checks, kind=None):
    """Slugs that a report of this kind judges, of any kind for None: without repeats, in order."""
    return list(dict.fromkeys(c.slug for c in checks if kind is None or kind in c.kinds))


def validate_ignore(ignore, checks, kind=None):
    """Return `ignore` as a set of slugs.

    Raises
    ------
    ValueError
        For a name that no check of this kind of report emits, with the nearest names, or with the
        kind that it belongs to.
    TypeError
        For anything but names.
    """
    if not hasattr(ignore, "__iter__"):
        raise TypeError(f"ignore must hold names of findings. Got {type(ignore).__name__} instead.")
    names = [ignore] if isinstance(ignore, str) else list(ignore)
    known = known_slugs(checks, kind)
    for name in names:
        if name in known:
            continue
        others = sorted({other for c in checks if c.slug == name for other in c.kinds})
        if others:
            raise ValueError(
                f"ignore must hold names of findings in a report of kind {kind!r}. Got {name!r}, "
                f"which is judged in reports of kind {' and '.join(map(repr, others))} only."
            )
        near = difflib.get_close_matches(str(name), known, n=3) or known
        raise ValueError(
            f"ignore must hold names of findings. Got {name!r}; did you mean one of {near}?"
        )
    return set(names)


def run_checks(analysis, checks, *, kind, effort, ignore=()):
    """Judge everything.

    Parameters
    ----------
    analysis : Analysis or ColumnAnalysis
        The derived numbers.
    checks : sequence of Check
        In causal order.
    kind : str
        Kind of the report.
    effort : {"fast", "normal", "thorough"}
        What was gathered.
    ignore : set of str, default=()
        Slugs not to judge.

    Returns
    -------
    list of Finding
        One per slug: issues ranked by what is at stake; then tips: what makes the judged rows
        doubtful, suspected causes by their p-values, others; then other sections in causal order.
    """
    spoken = [_ask(check, analysis, effort, ignore) for check in checks if kind in check.kinds]
    decided = _adjust(_merge(spoken), analysis.alpha, with_suspects=kind == "model")
    issues = [f for f in decided if f.section == "issue"]
    if kind == "model":  # what is at stake, and which cause explains what, is asked of a model
        issues = _nest(rank(issues, analysis), analysis, checks)
    tips = sorted((f for f in decided if f.section == "tip"), key=_likeliest_first)
    rest = [f for section in _LOUDEST[2:] for f in decided if f.section == section]
    return issues + tips + rest


def _likeliest_first(tip):
    """Order of tips: what makes the judged rows doubtful, then suspects by their p-values."""
    doubtful = tip.name in SPLIT_FIRST and tip.name != "validation-too-small"
    if doubtful and not tip.evidence.get("undecided"):
        return 0, 0.0
    return (1, tip.p_value) if tip.suspected else (2, 0.0)


def _nest(issues, analysis, checks):
    """Put each explained issue right under its cause."""
    causes = explained_issues(issues, analysis, checks)
    nested = []
    for issue in issues:
        if issue.name in causes:
            continue
        nested.append(issue)
        nested += [
            replace(other, explained_by=issue.name)
            for other in issues
            if causes.get(other.name) == issue.name
        ]
    return nested


def _ask(check, analysis, effort, ignore):
    """What one check says, or why it was not asked."""
    silent = {"name": check.slug, "title": check.title, "checks": (check.name,)}
    if check.slug in ignore:
        return Finding(section="ignored", message="Ignored by request.", **silent)
    if EFFORTS.index(check.effort) > EFFORTS.index(effort):
        return Finding(
            section="skipped",
            message=f"Needs refits: diagnose(..., effort={check.effort!r}) runs it.",
            **silent,
        )
    try:
        return check.run(analysis)
    except CheckNotApplicable as reason:
        return Finding(section="not_applicable", message=str(reason), **silent)


def _merge(findings):
    """One finding per slug: the loudest speaks, the others are named in its evidence."""
    by_slug = {}
    for finding in findings:
        by_slug.setdefault(finding.name, []).append(finding)
    merged = []
    for group in by_slug.values():
        group = sorted(group, key=lambda f: _LOUDEST.index(f.section))
        first = group[0]
        if len(group) > 1:
            others = {f.checks[0]: f.message for f in group[1:]}
            first = replace(
                first,
                checks=tuple(name for f in group for name in f.checks),
                evidence={**first.evidence, "other_checks": others},
            )
        merged.append(first)
    return merged


def _adjust(findings, alpha, with_suspects):
    """Adjust the tests of the report for one another; what is not significant is no issue."""
    tested = [f for f in findings if f.p_value is not None]
    adjusted = dict(
        zip(
            (f.name for f in tested),
            conditional_benjamini_hochberg([f.p_value for f in tested]).tolist(),
            strict=True,
        )
    )
    out = []
    for finding in findings:
        if finding.name in adjusted:
            finding = replace(finding, p_adjusted=adjusted[finding.name])
            if finding.section == "issue" and adjusted[finding.name] > alpha:
                finding = _unproven(finding, with_suspects)
        out.append(finding)
    return out


def _unproven(finding, with_suspects):
    """A candidate whose test does not stand beside the others: suspected, a tip, or passed."""
    if with_suspects and finding.p_value <= SUSPICION:
        found = f"{finding.message} Suspected, not proven: p = {finding.p_value:.2g} alone"
        return _as_tip(finding, f"{found}, {finding.p_adjusted:.2g} beside the other tests.")
    if finding.otherwise == "tip":
        found = f"{finding.message} Beside the other tests of the report that is not proven."
        return _as_tip(finding, found)
    return _passed(finding)


def _as_tip(finding, message):
    """Told all the same, with nothing at stake that was shown."""
    return replace(
        finding, section="tip", message=message, nats_at_stake=None, errors_at_stake=None
    )


def _passed(finding):
    """A candidate whose test did not reject."""
    could = ""
    if finding.detectable is not None:
        could = f"; an effect of {finding.detectable:.3g} would have been found with power 80 %"
    seen = "" if finding.ci is None else f" [{finding.ci[0]:.3g}, {finding.ci[1]:.3g}]"
    message = (
        f"Effect {finding.estimate:.3g}{seen} {finding.unit}, not shown to be above "
        f"{finding.limit:.3g}{could}."
    )
    return replace(
        finding,
        section="passed",
        message=message,
        remedy=None,
        rows=None,
        nats_at_stake=None,
        errors_at_stake=None,
    )
