"""From what a transformer saw of every column to a report of kind "data"."""

from sklearn_lossfix.diagnosis._columns import ColumnAnalysis, counted
from sklearn_lossfix.diagnosis._data_verdict import data_headline, data_verdict
from sklearn_lossfix.diagnosis._judging import DEFAULT_ALPHA
from sklearn_lossfix.diagnosis._report import FitReport
from sklearn_lossfix.diagnosis._run_checks import run_checks, validate_ignore
from sklearn_lossfix.diagnosis._software import versions
from sklearn_lossfix.diagnosis.checks import BUILTIN_CHECKS


def build_data_report(evidence, *, alpha=DEFAULT_ALPHA, ignore=()):
    """Judge the columns of a table and put everything into a report.

    Parameters
    ----------
    evidence : ColumnEvidence
        What the transformer saw.
    alpha : float, default=0.01
        Level of checks that test; the built-in ones state facts.
    ignore : str or iterable of str, default=()
        Slugs not to judge.

    Returns
    -------
    FitReport

    Raises
    ------
    ValueError
        If `ignore` holds a name that no report on data judges.
    """
    ignore = validate_ignore(ignore, BUILTIN_CHECKS, kind="data")
    analysis = ColumnAnalysis(evidence, alpha)
    findings = run_checks(analysis, BUILTIN_CHECKS, kind="data", effort="fast", ignore=ignore)
    return FitReport(
        kind="data",
        verdict=data_verdict(analysis, findings),
        headline=data_headline(analysis),
        findings=findings,
        context=_context(analysis),
        tables={"columns": analysis.table},
    )


def _context(analysis):
    """What was judged, how its numbers came about, and with which software."""
    e = analysis.evidence
    rows = f"{e.n_rows:,} row{'' if e.n_rows == 1 else 's'}"
    return {
        "title": f"{e.transformer}, {rows}, {counted(analysis.n_columns)}",
        "transformer": e.transformer,
        "source": "what fit recorded" if e.source == "fit" else "rows that were handed in",
        "n_rows": e.n_rows,
        "n_columns": analysis.n_columns,
        "n_profiled": e.n_profiled,
        "rank_error": e.rank_error,
        "rule": e.rule,
        "action": e.action,
        "notes": [*e.notes, *_precision(e)],
        "versions": versions(),
    }


def _precision(evidence):
    """What the numbers are not exact in, in sentences."""
    notes = []
    if evidence.rank_error > 0:
        notes.append(
            f"Medians and MADs come from a sketch: the rank of each is off by at most "
            f"{evidence.rank_error:.2g} of the rows."
        )
    if evidence.n_profiled < evidence.n_rows:
        notes.append(
            f"The quantiles are those of {evidence.n_profiled:,} evenly spaced "
            f"rows of {evidence.n_rows:,}."
        )
    return notes
