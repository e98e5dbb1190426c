"""Numbers and names as a report writes them."""

from sklearn_lossfix.diagnosis._verdict import number

# Characters of a unit: those of this package are shorter; a file may say anything.
UNIT_WIDTH = 12


def cut(text, width):
    """Text of at most `width` characters, with an ellipsis where some are missing."""
    text = str(text)
    return text if len(text) <= width else f"{text[: width - 3]}..."


def short_number(value):
    """A number in three significant digits; a small one is not rounded to zero."""
    text = number(value)
    tiny = value is not None and value != 0 and float(text.replace("n/a", "1")) == 0
    return f"{value:.2g}" if tiny else text


def share_text(share):
    """A share in percent; a small one is not rounded to none, nor nearly all to all."""
    if 0 < share < 0.0005:
        return f"{100.0 * share:.1g}%"
    return "99.9%" if 0.999 < share < 1 else f"{share:.1%}"


def quantity(value, unit):
    """A number with its unit, as people say it."""
    if value is None:
        return "n/a"
    if unit == "points":
        return f"{value * 100:.1f} points"
    if unit == "share":
        return share_text(value)
    if unit == "count":
        return f"{value:,.0f}"
    if unit == "ratio":
        return f"{short_number(value)} times"
    if unit == "auc":
        return f"{value:.3f} AUC"
    return f"{short_number(value)} {cut(unit, UNIT_WIDTH)}".strip()


def interval(ci, unit=""):
    """``[low, high]``, empty where it is not known."""
    if ci is None or None in ci:
        return ""
    if unit in ("points", "share"):
        low, high = (f"{value * 100:.1f}" for value in ci)
        return f"[{low}, {high}]{'%' if unit == 'share' else ''}"
    return f"[{short_number(ci[0])}, {short_number(ci[1])}]"
