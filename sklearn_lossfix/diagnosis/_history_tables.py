"""Tables of a report on a history, as columns of plain values."""

import numpy as np

from sklearn_lossfix.diagnosis.history._curve import finite_curve
from sklearn_lossfix.diagnosis.history._noise import median_window, running_median
from sklearn_lossfix.diagnosis.history._pool import on_steps
from sklearn_lossfix.diagnosis.history.verdicts._courses import courses
from sklearn_lossfix.exceptions import CheckNotApplicable

# Points of a curve in the table: as many as a picture can show.
TABLE_POINTS = 500


def history_tables(analysis, findings):
    """All tables of a report on a history.

    Parameters
    ----------
    analysis : HistoryAnalysis
        What was derived.
    findings : list of Finding
        All findings.

    Returns
    -------
    dict of str to dict of str to list
        ``"curves"``, one row per point: raw, smoothed, and the quartiles of several runs;
        ``"best_epochs"``, the best step by loss, refinement and metrics with its interval;
        ``"verdicts"``, where on the curve each issue and tip is; ``"courses"``, loss and metric
        over the later half, where both were recorded; ``"runs"``, of several runs.
    """
    tables = {
        "curves": _curves(analysis),
        "best_epochs": _best_epochs(analysis),
        "verdicts": _verdicts(findings),
    }
    try:
        tables["courses"] = _courses(analysis)
    except CheckNotApplicable:
        pass  # the findings say why
    if len(analysis.histories) > 1:
        tables["runs"] = _runs(analysis)
    return tables


def recorded_curves(history):
    """Quantity, split and values of every recorded curve: losses first."""
    found = [("loss", split, values) for split, values in history.loss.items()]
    for name, by_split in history.metrics.items():
        found += [(name, split, values) for split, values in by_split.items()]
    return found


def _curves(analysis):
    """Every curve, thinned to what a picture shows."""
    table = {key: [] for key in ("quantity", "split", "step", "value", "smoothed", "low", "high")}
    history = analysis.history
    for name, split, values in recorded_curves(history):
        curve = finite_curve(history.steps, values, split, name).thinned(TABLE_POINTS)
        n = len(curve)
        if n == 0:
            continue
        low, high = _band(analysis, name, split, curve)
        table["quantity"] += [name] * n
        table["split"] += [split] * n
        table["step"] += curve.steps.tolist()
        table["value"] += curve.values.tolist()
        table["smoothed"] += running_median(curve.values, median_window(n)).tolist()
        table["low"] += low
        table["high"] += high
    return table


def _band(analysis, name, split, curve):
    """Quartiles of several runs at the steps of a curve; None for a single run."""
    if len(analysis.histories) == 1:
        return [None] * len(curve), [None] * len(curve)
    wanted = analysis.history.steps
    rows = []
    for history in analysis.histories:
        values = history.loss[split] if name == "loss" else history.metrics[name][split]
        rows.append(on_steps(history.steps, values, wanted))
    rows = np.stack(rows)[:, np.searchsorted(wanted, curve.steps).clip(0, len(wanted) - 1)]
    there = np.isfinite(rows)
    quartiles = [
        np.quantile(column[ok], [0.25, 0.75]).tolist() if ok.any() else [None, None]
        for column, ok in zip(rows.T, there.T, strict=True)
    ]
    low, high = zip(*quartiles, strict=True)
    return list(low), list(high)


def _best_epochs(analysis):
    """The best step by every yardstick."""
    keys = ("by", "split", "step", "low", "high", "value", "last")
    return {key: [getattr(best, key) for best in analysis.best_epochs] for key in keys}


def _verdicts(findings):
    """Where each issue and tip is on the curve: what a picture marks."""
    shown = [f for f in findings if f.section in ("issue", "tip") and "first_step" in f.evidence]
    return {
        "finding": [f.name for f in shown],
        "section": [f.section for f in shown],
        "split": [f.evidence["split"] for f in shown],
        "first_step": [f.evidence["first_step"] for f in shown],
        "last_step": [f.evidence["last_step"] for f in shown],
    }


def _courses(analysis):
    """Loss and metric over the later half."""
    seen = courses(analysis)
    trends = (seen.loss, seen.metric)
    return {
        "quantity": ["loss", analysis.metric_name],
        "split": [seen.split] * 2,
        "first_step": [trend.first_step for trend in trends],
        "last_step": [trend.last_step for trend in trends],
        "change": [trend.change for trend in trends],
        "low": [trend.low for trend in trends],
        "high": [trend.high for trend in trends],
        "limit": [seen.loss_limit, seen.metric_limit],
        "course": list(seen.directions),
    }


def _runs(analysis):
    """Every run: its best step and loss, and its last loss."""
    split = analysis.main_split
    table = {key: [] for key in ("run", "best_step", "best_loss", "last_loss")}
    for number, history in enumerate(analysis.histories, start=1):
        curve = _loss_of(history, split)
        table["run"].append(history.name or f"run {number}")
        if len(curve) == 0:
            for key in ("best_step", "best_loss", "last_loss"):
                table[key].append(None)
            continue
        best = int(np.argmin(curve.values))
        table["best_step"].append(float(curve.steps[best]))
        table["best_loss"].append(float(curve.values[best]))
        table["last_loss"].append(float(curve.values[-1]))
    return table


def _loss_of(history, split):
    """Finite points of a run's loss; none where it was not recorded."""
    nothing = np.full(len(history.steps), np.nan)
    return finite_curve(history.steps, history.loss.get(split, nothing), split)
