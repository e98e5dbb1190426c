"""The part of the printed report that is about a history: its distortions, and what was found."""

# Most sentences about the source in the terminal; the HTML report shows all.
_MAX_NOTES = 2

_FIX = " " * 6 + "-> "


def history_lines(data, room):
    """What the source distorts, then issues with what to do about them, and tips.

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
    notes = data["context"].get("notes") or []
    lines = [f"Note: {note}" for note in notes[:_MAX_NOTES]]
    if len(notes) > _MAX_NOTES:
        lines.append(f"  and {len(notes) - _MAX_NOTES} more: report.context['notes']")
    if lines:
        lines.append("")
    issues, tips = (
        [f for f in data["findings"] if f["section"] == section] for section in ("issue", "tip")
    )
    lines += ["Issues", *_lines_of(issues)] if issues else ["Issues: none."]
    if tips:
        lines += ["Tips", *_lines_of(tips)]
    if len(lines) > room:  # what to do is told by the finding itself, too
        lines = [line for line in lines if not line.startswith(_FIX)]
    if len(lines) > room:
        lines = [*lines[: room - 1], "  and more: report.frame()"]
    return lines


def _lines_of(findings):
    """Name and message of each finding, what to do below it; what another explains is indented."""
    lines = []
    for finding in findings:
        if finding["explained_by"] is not None:
            lines.append(f"    {finding['name']:23s} explained by {finding['explained_by']}")
            continue
        lines.append(f"  {finding['name']:25s} {finding['message']}")
        fix = finding["evidence"].get("fix")
        lines += [f"{_FIX}{fix}"] if fix else []
    return lines
