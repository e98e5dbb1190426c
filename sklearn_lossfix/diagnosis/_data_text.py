"""The part of the printed report that is about the columns of data."""

from sklearn_lossfix.diagnosis._columns import beyond_limits, most_beyond, quoted
from sklearn_lossfix.diagnosis._words import share_text

# Columns and tips that are printed; with headline, verdict and tail they stay within a screen.
MAX_COLUMNS = 5
MAX_TIPS = 5


def column_lines(data):
    """Columns with most of their values beyond the limits, and the tips with their messages.

    Parameters
    ----------
    data : dict
        From ``FitReport.to_dict``.

    Returns
    -------
    list of str
    """
    table = data["tables"]["columns"]
    shares = beyond_limits(table)
    outside = [j for j in most_beyond(table) if shares[j]]
    lines = []
    if outside:
        lines.append("Columns with the largest shares beyond their limits")
        lines += [_column_line(table, j) for j in outside[:MAX_COLUMNS]]
    if len(outside) > MAX_COLUMNS:
        lines.append(f"  and {len(outside) - MAX_COLUMNS:,} more: report.frame('columns')")
    tips = [finding for finding in data["findings"] if finding["section"] == "tip"]
    if tips:
        lines.append("Tips")
        lines += [f"  {tip['name']:25s} {tip['message']}" for tip in tips[:MAX_TIPS]]
    if len(tips) > MAX_TIPS:
        lines.append(f"  and {len(tips) - MAX_TIPS} more: report.frame('tip')")
    return lines


def _column_line(table, j):
    """``  'income'   0.3% below, 2.1% above``."""
    sides = []
    for limit, share, word in (("lower", "share_low", "below"), ("upper", "share_high", "above")):
        if table[limit][j] is not None:
            sides.append(f"{share_text(table[share][j] or 0.0)} {word}")
    return f"  {quoted(table['column'][j], 22):25s} {', '.join(sides)}"
