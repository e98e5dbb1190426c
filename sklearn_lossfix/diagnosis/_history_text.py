"""The part of the printed report that is about a history: its distortions, and what was found."""

import textwrap

# Most sentences about the source in the terminal; the HTML report shows all.
_MAX_NOTES = 2

# Characters of a line: what is longer goes on in the next one while there is room, and is cut where
# there is none (`_text` cuts at the same width).
WIDTH = 138

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
        Long sentences go on in the next line where all of them have room to; of those that do not,
        what was found before what the source distorts.
    """
    notes = data["context"].get("notes") or []
    noted = [f"Note: {note}" for note in notes[:_MAX_NOTES]]
    if len(notes) > _MAX_NOTES:
        noted.append(f"  and {len(notes) - _MAX_NOTES} more: report.context['notes']")
    if noted:
        noted.append("")
    issues, tips = (
        [f for f in data["findings"] if f["section"] == section] for section in ("issue", "tip")
    )
    found = ["Issues", *_lines_of(issues)] if issues else ["Issues: none."]
    if tips:
        found += ["Tips", *_lines_of(tips)]
    for lines in (_wrapped(noted) + _wrapped(found), noted + _wrapped(found), noted + found):
        if len(lines) <= room:
            return lines
    # What to do is told by the finding itself, too.
    lines = [line for line in lines if not line.startswith(_FIX)]
    if len(lines) > room:
        lines = [*lines[: room - 1], "  and more: report.frame()"]
    return lines


def _wrapped(lines):
    """Lines of a terminal's width; what goes on is indented under what it belongs to."""
    out = []
    for line in lines:
        indent = " " * (len(line) - len(line.lstrip()) + 4)
        out += textwrap.wrap(
            line, WIDTH, subsequent_indent=indent, drop_whitespace=True, break_on_hyphens=False
        ) or [""]
    return out


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
