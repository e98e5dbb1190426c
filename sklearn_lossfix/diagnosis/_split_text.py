"""The part of the printed report that is about folds: findings, and how the checks ended."""

from sklearn_lossfix.diagnosis._split_findings import CLEAN, NOT_APPLICABLE, NOT_ASKED, UNDECIDED

# Characters of a reason in the line of counts.
_REASON_WIDTH = 60


def finding_lines(data, room):
    """Issues with what to do about them, and tips with their messages.

    Parameters
    ----------
    data : dict
        From ``FitReport.to_dict``.
    room : int
        Most lines.

    Returns
    -------
    list of str
    """
    issues, tips = (
        [f for f in data["findings"] if f["section"] == section] for section in ("issue", "tip")
    )
    lines = ["Issues", *_lines_of(issues)] if issues else ["Issues: none."]
    if tips:
        lines += ["Tips", *_lines_of(tips)]
    if len(lines) > room:  # what to do is told by the finding itself, too
        lines = [line for line in lines if not line.startswith(_FIX)]
    if len(lines) > room:
        lines = [*lines[: room - 1], "  and more: report.frame()"]
    return lines


_FIX = " " * 6 + "-> "


def _lines_of(findings):
    """Name and message of each finding, what to do below it."""
    lines = []
    for finding in findings:
        lines.append(f"  {finding['name']:25s} {finding['message']}")
        fix = finding["evidence"].get("fix")
        lines += [f"{_FIX}{fix}"] if fix else []
    return lines


def counts_line(data):
    """``Passed: 7 checks.  Could not tell: 1 (a: why).  Not applicable: 2 (b: why; ...).``"""
    table = data["tables"]["leaks"]
    ended = {}
    rows = zip(table["found"], table["check"], table["message"], strict=True)
    for found, check, message in rows:
        ended.setdefault(found, []).append((check, message))
    n_passed = len(ended.get(CLEAN, []))
    parts = [f"Passed: {n_passed} check{'' if n_passed == 1 else 's'}."]
    parts += _named("Could not tell", ended.get(UNDECIDED, []), f"{UNDECIDED}: ")
    parts += _named("Not applicable", ended.get(NOT_APPLICABLE, []))
    if NOT_ASKED in ended:
        parts.append(f"Not asked for: {len(ended[NOT_ASKED])}.")
    return "  ".join(parts)


def _named(words, ended, prefix=""):
    """How many checks ended in a way, and why the first did."""
    if not ended:
        return []
    check, message = ended[0]
    reason = message.removeprefix(prefix).rstrip(".")
    if len(reason) > _REASON_WIDTH:
        reason = f"{reason[: _REASON_WIDTH - 4].rsplit(' ', 1)[0]} ..."
    more = "; ..." if len(ended) > 1 else ""
    return [f"{words}: {len(ended)} ({check}: {reason}{more})."]
