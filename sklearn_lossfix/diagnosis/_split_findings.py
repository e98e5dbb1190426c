"""From what checks of leakage said of folds to one finding per slug."""

from dataclasses import dataclass
from typing import Any

from sklearn_lossfix._core._finding import SECTIONS, Finding
from sklearn_lossfix.model_selection.leakage._leak import SEVERITIES

# What the column "found" of the table of leaks says.
FOUND = "yes"
CLEAN = "no"
UNDECIDED = "could not tell"
NOT_APPLICABLE = "not applicable"
NOT_ASKED = "not asked for"

# Where the checks of one slug ended differently, the first of these speaks for the finding: what
# one of them could not tell is not passed because another one passed.
_LOUDEST = (
    ("issue", FOUND),
    ("tip", FOUND),
    ("not_applicable", UNDECIDED),
    ("passed", CLEAN),
    ("not_applicable", NOT_APPLICABLE),
    ("ignored", NOT_ASKED),
)

# The severity that is told and not held against the folds.
_TIP = "info"


@dataclass(frozen=True, eq=False)
class CheckResult:
    """How one check ended.

    Attributes
    ----------
    check, slug, title : str
        Names of the check and of its finding, and a few words.
    section : {"issue", "tip", "passed", "not_applicable", "ignored"}
        Where it stands in the report.
    found : {"yes", "no", "could not tell", "not applicable", "not asked for"}
        The answer.
    message : str
        One sentence; the reason where nothing was judged.
    leak : Leak or None
        What it said.
    p_adjusted : float or None
        Its p-value after Holm's correction.
    """

    check: str
    slug: str
    title: str
    section: str
    found: str
    message: str
    leak: Any = None
    p_adjusted: float | None = None

    @property
    def rate(self):
        """Share of what was judged that leaks, or None."""
        return None if self.leak is None else self.leak.rate

    @property
    def severity(self):
        """How bad; empty where nothing was found."""
        return "" if self.leak is None or self.found != FOUND else self.leak.severity


def check_results(evidence, registered):
    """How every check ended, in the order in which they were asked; those not asked come last.

    Parameters
    ----------
    evidence : SplitEvidence
        What was seen.
    registered : sequence of LeakageCheck
        All checks there are.

    Returns
    -------
    list of CheckResult
        Each check once.
    """
    leaks = {leak.check: leak for leak in evidence.leaks}
    asked = [*evidence.titles, *leaks, *evidence.not_applicable]
    results = [_result(evidence, name, leaks.get(name)) for name in dict.fromkeys(asked)]
    left_out = "Not asked for: checks= names others."
    return results + [
        CheckResult(check.name, check.slug, check.title, "ignored", NOT_ASKED, left_out)
        for check in registered
        if check.name not in asked
    ]


def _result(evidence, name, leak):
    """How one check ended that was asked."""
    title = evidence.titles.get(name, name.replace("_", " "))
    if leak is None:
        slug = evidence.slugs[name]
        reason = evidence.not_applicable.get(name, "It gave no answer.")
        return CheckResult(name, slug, title, "not_applicable", NOT_APPLICABLE, str(reason))
    if leak.found is None:
        section, found, message = "not_applicable", UNDECIDED, _undecided(leak.message)
    elif leak.found:
        section = "tip" if leak.severity == _TIP else "issue"
        found, message = FOUND, leak.message
    else:
        section, found, message = "passed", CLEAN, leak.message
    p_adjusted = evidence.p_adjusted.get(name)
    return CheckResult(name, leak.slug, title, section, found, message, leak, p_adjusted)


def _undecided(message):
    """A reason that begins with what it is a reason for."""
    if message.lower().startswith(UNDECIDED):
        message = message[len(UNDECIDED) :].lstrip(": ")
    return f"{UNDECIDED}: {message}"


def by_weight(results):
    """Results in the order of severity, then of the rate; those of equal weight as they came."""

    def weight(result):
        severity = result.severity
        place = SEVERITIES.index(severity) if severity in SEVERITIES else len(SEVERITIES)
        return place, -(result.rate or 0.0)

    return sorted(results, key=weight)


def split_findings(results):
    """Merge the checks of every slug into one finding that names them.

    Parameters
    ----------
    results : list of CheckResult
        From `check_results`.

    Returns
    -------
    list of Finding
        One per slug: issues first, ranked by severity and rate, then the other sections.
    """
    by_slug = {}
    for result in results:
        by_slug.setdefault(result.slug, []).append(result)
    slugs = {result.check: result.slug for result in results}
    merged = [_merged(slug, by_weight(group), slugs) for slug, group in by_slug.items()]
    found = by_weight([lead for _, lead in merged if lead.found == FOUND])
    place = {lead.slug: k for k, lead in enumerate(found)}
    return sorted(
        (finding for finding, _ in merged),
        key=lambda f: (SECTIONS.index(f.section), place.get(f.name, 0)),
    )


def _merged(slug, group, slugs):
    """The finding of a slug, and the result that speaks for it; `slugs` are those of all checks."""
    loudest = min(_LOUDEST.index((result.section, result.found)) for result in group)
    section, found = _LOUDEST[loudest]
    speaking = [r for r in group if (r.section, r.found) == (section, found)]
    others = [r for r in group if r not in speaking]
    lead = speaking[0]
    leak = lead.leak
    evidence = {}
    if leak is not None:
        if found == FOUND:
            evidence["severity"] = leak.severity
        if found in (FOUND, UNDECIDED):
            columns = [str(c) for r in speaking for c in r.leak.columns]
            fixes = dict.fromkeys(r.leak.fix for r in speaking if r.leak.fix)
            evidence |= {"fix": " ".join(fixes)} if fixes else {}
            evidence |= {"columns": list(dict.fromkeys(columns))} if columns else {}
        evidence |= {"rate": leak.rate, "expected_rate": leak.expected_rate, **leak.details}
    for result in speaking[1:]:
        if result.leak is not None and result.leak.details:
            evidence[result.check] = dict(result.leak.details)
    if others:
        evidence["other_checks"] = {r.check: f"{r.found}: {r.message}" for r in others}
    finding = Finding(
        name=slug,
        section=section,
        title=lead.title,
        message=_message(speaking),
        estimate=None if leak is None else leak.rate,
        unit="share" if leak is not None and leak.rate is not None else "",
        p_value=None if leak is None else leak.p_value,
        p_adjusted=lead.p_adjusted,
        limit=None if leak is None else leak.expected_rate,
        evidence=evidence,
        checks=tuple(result.check for result in [*speaking, *others]),
        explained_by=_cause(slug, speaking, slugs),
    )
    return finding, lead


def _cause(slug, speaking, slugs):
    """Slug of what explains a finding that would have been one, or None."""
    leaks = [result.leak for result in speaking if result.leak is not None]
    causes = [slugs.get(leak.details.get("explained_by")) for leak in leaks]
    return next((cause for cause in causes if cause not in (None, slug)), None)


def _message(speaking):
    """What the checks that speak for a finding say, in one text."""
    found = speaking[0].found
    messages = list(dict.fromkeys(result.message for result in speaking))
    if found in (FOUND, CLEAN) or len(messages) == 1:
        return (" Also: " if found == FOUND else " ").join(messages)
    prefix = f"{UNDECIDED}: " if found == UNDECIDED else ""
    named = "; ".join(f"{r.check}: {r.message.removeprefix(prefix).rstrip('.')}" for r in speaking)
    return f"{prefix}{named}."
