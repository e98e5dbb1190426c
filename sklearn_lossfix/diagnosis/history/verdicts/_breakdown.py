"""Losses that were recorded as infinite or as no number, and runs that ended so."""

import numpy as np

from sklearn_lossfix.exceptions import CheckNotApplicable


def nonfinite_entries(values, unrecorded=None):
    """Where a loss was recorded as infinite or as no number.

    Where it is not known what was not recorded, a gap is no proof: a loss can be recorded every few
    steps only. Then an end without numbers counts if it is longer than every gap before it, and a
    loss without any number was recorded and never was one.

    Parameters
    ----------
    values : ndarray of shape (n_steps,)
        NaN also where a step has no entry.
    unrecorded : ndarray of shape (n_steps,), dtype bool, default=None
        Steps without an entry.

    Returns
    -------
    ndarray of shape (n_steps,), dtype bool
    """
    if unrecorded is not None:
        return ~np.isfinite(values) & ~unrecorded
    bad = np.isinf(values)
    there = np.flatnonzero(~np.isnan(values))
    if there.size == 0:
        bad[:] = True
    elif len(values) - 1 - there[-1] > (np.diff(there, prepend=-1) - 1).max():
        bad[there[-1] + 1 :] = True
    return bad


def broken_since(history):
    """First step since when a loss of a run is infinite or no number to its end; None if none is.

    Parameters
    ----------
    history : History
        One run.

    Returns
    -------
    float or None
    """
    found = []
    for split, values in history.loss.items():
        values = np.asarray(values, dtype=float)
        bad = nonfinite_entries(values, history.unrecorded.get(split))
        finite = np.flatnonzero(np.isfinite(values))
        bad[: finite[-1] + 1 if finite.size else 0] = False
        if bad.any():
            found.append(float(history.steps[np.argmax(bad)]))
    return min(found, default=None)


def refuse_broken(analysis):
    """Raise CheckNotApplicable where every run ended in a loss that is no number.

    Parameters
    ----------
    analysis : HistoryAnalysis
        What was derived.
    """
    since = [broken_since(history) for history in analysis.histories]
    if all(step is not None for step in since):
        raise CheckNotApplicable(
            f"From {analysis.history.unit} {min(since):g} on the loss is infinite or no number: "
            f"how it went before is not how the run ended."
        )
