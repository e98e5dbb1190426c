"""The one-sentence answer of a report on data, and the lines above it."""

from sklearn_lossfix.diagnosis._columns import counted, most_beyond, present_counts, quoted
from sklearn_lossfix.diagnosis._words import share_text

# Characters of a column's name in the verdict, which is one sentence and not a list.
NAME_WIDTH = 24

# Slug of a tip -> what the verdict says of one column and of several, in the order of the checks.
_CLAUSES = {
    "constant-feature": ("is constant", "are constant"),
    "zero-scale-feature": ("has a MAD of zero", "have a MAD of zero"),
    "all-missing-feature": ("holds no finite value", "hold no finite value"),
    "tied-feature": ("has half its values at the median", "have half their values at the median"),
    "wrong-dtype-feature": ("is of the wrong type", "are of the wrong type"),
}

# Slug of a check that passed -> what it says of the only column and of all of several.
_CLEAN_CLAUSES = {
    "constant-feature": ("varies", "vary"),
    "zero-scale-feature": ("has a MAD above zero", "have a MAD above zero"),
    "wrong-dtype-feature": ("came as numbers", "came as numbers"),
}


def data_headline(analysis):
    """Lines of label, value and context: rows, columns, what is missing, what is beyond limits.

    Parameters
    ----------
    analysis : ColumnAnalysis
        The derived numbers.

    Returns
    -------
    list of dict with ``label``, ``value``, ``unit`` and ``text``
    """
    e, table = analysis.evidence, analysis.table
    n_cells = e.n_rows * analysis.n_columns
    n_infinite = sum(table["n_infinite"])
    outside = sum(bool(share) for share in analysis.beyond)
    return [
        {
            "label": "Rows",
            "value": e.n_rows,
            "unit": "count",
            "text": "as fit saw them" if e.source == "fit" else "as they were handed in",
        },
        {
            "label": "Columns",
            "value": analysis.n_columns,
            "unit": "count",
            "text": f"{outside:,} with values beyond their limits"
            if _has_limits(analysis)
            else "without limits",
        },
        {
            "label": "Missing",
            "value": sum(table["n_missing"]) / n_cells if n_cells else None,
            "unit": "share",
            "text": f"of all values; {n_infinite:,} {'is' if n_infinite == 1 else 'are'} infinite",
        },
        {
            "label": "Beyond limits",
            "value": _share_beyond(analysis),
            "unit": "share",
            "text": f"of the values that are not missing; limits: {e.rule}"
            if _has_limits(analysis)
            else "no column has limits",
        },
    ]


def _has_limits(analysis):
    """Whether any column with values has a limit."""
    return any(share is not None for share in analysis.beyond)


def _share_beyond(analysis):
    """Share of the values in columns with limits that lie beyond them; None without."""
    counts = [
        (share * n_present, n_present)
        for share, n_present in zip(analysis.beyond, present_counts(analysis.table), strict=True)
        if share is not None
    ]
    return sum(n for n, _ in counts) / sum(n for _, n in counts) if counts else None


def data_verdict(analysis, findings):
    """One sentence: how many columns hold outliers, which is worst, and what else is wrong.

    Parameters
    ----------
    analysis : ColumnAnalysis
        The derived numbers.
    findings : list of Finding
        Of the report.

    Returns
    -------
    str
    """
    worst = most_beyond(analysis.table)[0]
    outside = [j for j, share in enumerate(analysis.beyond) if share]
    n_columns = counted(analysis.n_columns)
    parts = []
    if outside:
        most = f"{quoted(analysis.names[worst], NAME_WIDTH)} ({share_text(analysis.beyond[worst])}"
        parts.append(
            f"{len(outside):,} {'holds' if len(outside) == 1 else 'hold'} values beyond "
            f"{'its' if len(outside) == 1 else 'their'} limits, "
            f"{'' if len(outside) == 1 else 'most of all '}{most} of its values)"
        )
    tips = {finding.name: finding for finding in findings if finding.section == "tip"}
    for slug, (one, several) in _CLAUSES.items():
        if slug in tips:
            names = tips[slug].evidence["columns"]
            which = f" ({quoted(names[0], NAME_WIDTH)})" if len(names) == 1 else ""
            parts.append(f"{len(names):,} {one if len(names) == 1 else several}{which}")
    if parts:
        return f"Of {n_columns}, {'; '.join(parts)}."
    passed = {finding.name for finding in findings if finding.section == "passed"}
    alone = analysis.n_columns == 1
    clean = [words[not alone] for slug, words in _CLEAN_CLAUSES.items() if slug in passed]
    if _has_limits(analysis):
        clean.append("lies within its limits" if alone else "lie within their limits")
    if not clean:
        return f"Nothing was found in {n_columns}, and none could be judged."
    said = clean[0] if len(clean) == 1 else f"{', '.join(clean[:-1])} and {clean[-1]}"
    return f"Nothing stands out: {'the only column' if alone else f'all {n_columns}'} {said}."
