"""The report as text: at most 25 lines."""

import unicodedata

from sklearn_lossfix._core._finding import is_suspected
from sklearn_lossfix.diagnosis._data_text import column_lines
from sklearn_lossfix.diagnosis._history_text import history_lines
from sklearn_lossfix.diagnosis._split_text import counts_line, finding_lines
from sklearn_lossfix.diagnosis._verdict import number
from sklearn_lossfix.diagnosis._words import quantity

MAX_LINES = 25
# Characters of a finding's message that are shown in the terminal; the HTML shows all of it.
MESSAGE_WIDTH = 110

# Characters of any line: a label of a thousand characters must not flood the terminal.
LINE_WIDTH = 400


def printable(text):
    """Text with control characters replaced: data must not drive the terminal."""
    text = str(text)
    if text.isprintable():
        return text
    return "".join(
        "?" if unicodedata.category(char) in ("Cc", "Cf", "Cs", "Zl", "Zp") else char
        for char in text
    )


def _sum_text(rows):
    """``0.1 reference + 0.02 grouping - 0.01 shape``."""
    out = ""
    for row in rows:
        value = row["value"]
        sign = "-" if value < 0 else "+"
        term = f"{number(abs(value))} {row['name']}"
        out += term if not out and value >= 0 else f"{' ' if out else ''}{sign} {term}"
    return out


def _interval_of(row):
    if row["low"] is None:
        return ""
    return f" [{number(row['low'])}, {number(row['high'])}]"


def ledger_lines(ledger, label):
    """One line per view of a ledger, aligned on the equals sign."""
    head = f"{label:24s} {number(ledger['total'])} = "
    lines = []
    for view, rows in ledger["views"].items():
        start = head if not lines else " " * (len(head) - 2) + "= "
        interval = "" if view == "gap" else _interval_of(rows[-1])
        lines.append(start + _sum_text(rows) + interval)
    return lines


def _shorten(text, width=MESSAGE_WIDTH):
    """Cut at a word, with an ellipsis."""
    if len(text) <= width:
        return text
    return text[: width - 4].rsplit(" ", 1)[0] + " ..."


def render_text(data):
    """Text of a report from its dictionary.

    Parameters
    ----------
    data : dict
        From ``FitReport.to_dict``.

    Returns
    -------
    str
        At most 25 lines.
    """
    lines = [f"Fit report: {data['context']['title']}", ""]
    for line in data["headline"]:
        value = "-" if line["value"] is None else quantity(line["value"], line["unit"])
        lines.append(f"{line['label']:18s} {value:12s} {line['text']}")
    lines += [data["verdict"], ""]
    for key in ("loss_ledger", "error_ledger"):
        if data[key] is not None:
            label = "loss" if key == "loss_ledger" else data[key]["quantity"]
            lines += ledger_lines(data[key], label)
    if data["kind"] == "data":
        lines += [_shorten(line, MESSAGE_WIDTH + 28) for line in column_lines(data)]
    if lines[-1]:
        lines.append("")
    if data["kind"] == "split":
        tail = [counts_line(data), _next_line(data)]
        found = finding_lines(data, MAX_LINES - len(lines) - len(tail))
        lines += [_shorten(line, MESSAGE_WIDTH + 28) for line in found]
        return _cleaned([*lines, *tail])
    by_section = {}
    for finding in data["findings"]:
        by_section.setdefault(finding["section"], []).append(finding)
    tail = [_counts_line(by_section), _next_line(data)]
    if data["kind"] == "history":  # tips are told in full there
        tail[0] = _counts_line(by_section | {"tip": []}).removeprefix("Tips: none.  ")
        found = history_lines(data, MAX_LINES - len(lines) - len(tail))
        lines += [_shorten(line, MESSAGE_WIDTH + 28) for line in found]
        return _cleaned([*lines, *tail])
    issues = by_section.get("issue", [])
    room = MAX_LINES - len(lines) - len(tail) - 2
    if issues:
        lines.append("Issues")
        shown = issues if len(issues) <= room else issues[: room - 1]
        lines += [_issue_line(f) for f in shown]
        if len(shown) < len(issues):
            lines.append(f"  and {len(issues) - len(shown)} more: report.frame('issue')")
    else:
        lines.append("Issues: none.")
    suspects = [f for f in by_section.get("tip", []) if is_suspected(f["section"], f["p_value"])]
    room = MAX_LINES - len(lines) - len(tail) - 1
    if suspects and room > 0:
        lines.append("Suspected, not proven")
        lines += [_issue_line(f) for f in suspects[:room]]
    return _cleaned([*lines, *tail])


def _cleaned(lines):
    """Lines as text that is safe to print, none of them endless."""
    return "\n".join(_shorten(printable(line), LINE_WIDTH) for line in lines)


def _issue_line(finding):
    """One issue; an explained one is indented under its cause."""
    if finding["explained_by"] is None:
        return f"  {finding['name']:25s} {_shorten(finding['message'])}"
    return (
        f"    {finding['name']:23s} (mostly) gone once {finding['explained_by']} is mended: "
        f"{_shorten(finding['message'], MESSAGE_WIDTH - 40)}"
    )


def _counts_line(by_section):
    """``Tips: a, b. Passed: 14. Not applicable: 5 (x: why; ...). Ignored: 0.``"""
    parts = []
    tips = ", ".join(f["name"] for f in by_section.get("tip", []))
    parts.append(f"Tips: {tips}." if tips else "Tips: none.")
    parts.append(f"Passed: {len(by_section.get('passed', []))}.")
    absent = by_section.get("not_applicable", [])
    text = f"Not applicable: {len(absent)}"
    if absent:
        first = absent[0]
        more = "; ..." if len(absent) > 1 else ""
        text += f" ({first['name']}: {_shorten(first['message'].rstrip('.'), 60)}{more})"
    parts.append(f"{text}.")
    if by_section.get("skipped"):
        names = [f["name"] for f in by_section["skipped"]]
        shown = ", ".join(names[:3]) + (", ..." if len(names) > 3 else "")
        parts.append(f"Skipped: {len(names)} ({shown}; more effort runs them).")
    parts.append(f"Ignored: {len(by_section.get('ignored', []))}.")
    return "  ".join(parts)


def _next_line(data):
    """What to call next."""
    plain = 'report.frame() | report.plot() | report.to_html("report.html")'
    if data["context"].get("read_from_file"):
        return plain
    cost = data["context"].get("fix")
    if cost is not None and cost["n_remedies"]:
        word = "remedy" if cost["n_remedies"] == 1 else "remedies"
        tries = f"{cost['n_remedies']} {word} ({cost['n_fits']:,} fits or more)"
        return f'report.fix() would try {tries} | report.plot() | report.to_html("report.html")'
    n_remedies = sum(
        f["section"] == "issue" and f["remedy"] is not None and f["explained_by"] is None
        for f in data["findings"]
    )
    if not n_remedies:
        return plain
    word = "remedy" if n_remedies == 1 else "remedies"
    return (
        f"{n_remedies} {word} in report.findings[i].remedy.estimator | report.plot() | "
        f'report.to_html("report.html")'
    )
