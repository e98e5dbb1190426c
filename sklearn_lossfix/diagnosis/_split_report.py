"""From what was seen of the folds of a table to a report of kind "split"."""

from sklearn_lossfix.diagnosis._columns import counted
from sklearn_lossfix.diagnosis._report import FitReport
from sklearn_lossfix.diagnosis._software import versions
from sklearn_lossfix.diagnosis._split_findings import check_results, split_findings
from sklearn_lossfix.diagnosis._split_tables import split_tables
from sklearn_lossfix.diagnosis._split_verdict import counted_folds, split_headline, split_verdict
from sklearn_lossfix.model_selection.leakage._order import LEAKAGE_CHECKS


def build_split_report(evidence, *, registered=LEAKAGE_CHECKS):
    """Put what checks of leakage said into a report.

    Parameters
    ----------
    evidence : SplitEvidence
        What was seen.
    registered : sequence of LeakageCheck, default=LEAKAGE_CHECKS
        All checks there are: those that were not asked are named.

    Returns
    -------
    FitReport
        One finding per slug; the checks that share a slug are named in its ``checks``, and each has
        a row of its own in the table ``"leaks"``.
    """
    results = check_results(evidence, registered)
    return FitReport(
        kind="split",
        verdict=split_verdict(results, evidence.effect),
        headline=split_headline(evidence, results),
        findings=split_findings(results),
        context=_context(evidence),
        tables=split_tables(evidence, results),
    )


def _context(evidence):
    """What was judged, how, and with which software."""
    rows = f"{evidence.n_rows:,} row{'' if evidence.n_rows == 1 else 's'}"
    return {
        "title": f"{evidence.splitter or 'Folds'}, {rows}, {counted(evidence.n_columns)}, "
        f"{counted_folds(evidence.n_folds)}",
        "splitter": evidence.splitter,
        "n_rows": evidence.n_rows,
        "n_columns": evidence.n_columns,
        "n_folds": evidence.n_folds,
        "alpha": evidence.alpha,
        "correction": "Holm, over all checks that test",
        "notes": list(evidence.notes),
        "versions": versions(),
    }
