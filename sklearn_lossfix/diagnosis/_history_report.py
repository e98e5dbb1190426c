"""From the histories of one training, or of several seeds, to a report of kind "history"."""

import numpy as np

from sklearn_lossfix.diagnosis._history_remedies import with_remedies
from sklearn_lossfix.diagnosis._history_tables import history_tables, recorded_curves
from sklearn_lossfix.diagnosis._history_verdict import (
    counted_steps,
    history_headline,
    history_verdict,
    seeds_note,
)
from sklearn_lossfix.diagnosis._judging import DEFAULT_ALPHA
from sklearn_lossfix.diagnosis._report import FitReport
from sklearn_lossfix.diagnosis._run_checks import run_checks, validate_ignore
from sklearn_lossfix.diagnosis._software import versions
from sklearn_lossfix.diagnosis.history._analysis import HistoryAnalysis
from sklearn_lossfix.diagnosis.history._curve import LARGEST, is_beyond
from sklearn_lossfix.diagnosis.history._explain import explained_verdicts, without_chance_tips
from sklearn_lossfix.diagnosis.history.verdicts import HISTORY_CHECKS
from sklearn_lossfix.diagnosis.ledgers.flips import flips

NO_DISTORTION = "No distortion of the curves of this source is known."


def build_history_report(
    histories,
    *,
    alpha=DEFAULT_ALPHA,
    ignore=(),
    seed=0,
    scoring=None,
    call="diagnose_history",
    estimator=None,
):
    """Judge histories and put everything into a report.

    Parameters
    ----------
    histories : sequence of History
        One per seed.
    alpha : float, default=0.01
        Level of the findings, after Benjamini-Hochberg over the report.
    ignore : str or iterable of str, default=()
        Slugs not to judge.
    seed : int, default=0
        Seed of all bootstraps.
    scoring : str or None, default=None
        Name of the metric to explain.
    call : str, default="diagnose_history"
        What was called.
    estimator : fitted estimator, default=None
        What recorded a single history: material for remedies.

    Returns
    -------
    FitReport

    Raises
    ------
    ValueError
        If `ignore` holds a name that no report on a history judges, or no metric is called
        `scoring`.
    """
    ignore = validate_ignore(ignore, HISTORY_CHECKS, kind="history")
    analysis = HistoryAnalysis(histories, alpha, seed, scoring)
    findings = run_checks(analysis, HISTORY_CHECKS, kind="history", effort="fast", ignore=ignore)
    findings = explained_verdicts(without_chance_tips(findings, alpha))
    findings = with_remedies(findings, estimator, analysis.history)
    return FitReport(
        kind="history",
        verdict=history_verdict(analysis, findings),
        headline=history_headline(analysis),
        findings=findings,
        context=_context(analysis, call),
        flips=_flips(analysis),
        tables=history_tables(analysis, findings),
    )


def _flips(analysis):
    """From the best recorded step to the last; None where rows were not recorded."""
    best = analysis.best_by_loss
    rows = None if best is None else analysis.recorded_rows(best.step)
    if rows is None or rows["right"] is None:
        return None
    unit = analysis.history.unit
    states = tuple(f"{unit} {step:g}" for step in rows["steps"])
    return flips(*rows["losses"], *rows["right"], states=states)


def _note_on_range(history):
    """That values were cut off because they are too large to work with, if any were."""
    if not any(is_beyond(values) for _, _, values in recorded_curves(history)):
        return []
    return [f"Values beyond {LARGEST:g} are judged and shown as that."]


def _context(analysis, call):
    """What was judged, what its curves do not show truly, and with which software."""
    h = analysis.history
    n_runs = len(analysis.histories)
    known = {
        "loss_name": h.loss_name or None,
        "metric": analysis.metric_name,
        "n_validation": h.n_validation,
        "n_classes": analysis.n_classes,
        "class_shares": None if h.class_rates is None else np.asarray(h.class_rates).tolist(),
        "batches_per_epoch": h.batches_per_epoch,
    }
    title = f"{h.source}, {counted_steps(len(h.steps), h.unit)}"
    return {
        "title": title if n_runs == 1 else f"{title}, {n_runs} runs",
        "source": h.source,
        "step_unit": h.unit,
        "n_runs": n_runs,
        "loss_kind": h.loss_kind,
        **{key: value for key, value in known.items() if value is not None},
        "alpha": analysis.alpha,
        "correction": "Benjamini and Hochberg, over all tests",
        "random_state": analysis.seed,
        "call": call,
        "notes": [
            *_note_on_range(h),
            *(h.distortions or (NO_DISTORTION,)),
            *filter(None, [seeds_note(analysis)]),
        ],
        "versions": versions(),
    }
