"""Several runs of one training as one history."""

from dataclasses import replace

import numpy as np


def pool_histories(histories):
    """Median curves of several runs that differ in their seed only.

    A single history is given back as it is. What belongs to single rows, or to
    the end of a single run, is left out of a pool.

    Parameters
    ----------
    histories : sequence of History
        At least one.

    Returns
    -------
    History
        On the steps of any run; the curves are those that every run has.
    """
    if len(histories) == 1:
        return histories[0]
    first = histories[0]
    steps = np.unique(np.concatenate([h.steps for h in histories]))
    loss = {
        split: _median([(h.steps, h.loss[split]) for h in histories], steps)
        for split in first.loss
        if all(split in h.loss for h in histories)
    }
    metrics = {}
    for name, curves in first.metrics.items():
        shared = {
            split: _median([(h.steps, h.metrics[name][split]) for h in histories], steps)
            for split in curves
            if all(split in h.metrics.get(name, {}) for h in histories)
        }
        if shared:
            metrics[name] = shared
    rate = None
    if all(h.learning_rate is not None for h in histories):
        rate = _median([(h.steps, h.learning_rate) for h in histories], steps)
    return replace(
        first,
        steps=steps,
        loss=loss,
        metrics=metrics,
        learning_rate=rate,
        flipped=tuple(dict.fromkeys(name for h in histories for name in h.flipped)),
        distortions=tuple(dict.fromkeys(text for h in histories for text in h.distortions)),
        unrecorded={},
        name="",
        row_losses=None,
        row_right=None,
        row_steps=None,
        kept_step=None,
        stop_reason=first.stop_reason if len({h.stop_reason for h in histories}) == 1 else "",
    )


def on_steps(steps, values, wanted):
    """Values on other steps, which hold all of these; NaN where there is none."""
    out = np.full(len(wanted), np.nan)
    out[np.searchsorted(wanted, steps)] = values
    return out


def _median(curves, wanted):
    """Median of the runs that have an entry; infinite entries count as they are."""
    rows = np.stack([on_steps(steps, values, wanted) for steps, values in curves])
    out = np.full(len(wanted), np.nan)
    there = ~np.isnan(rows).all(axis=0)
    out[there] = np.nanmedian(rows[:, there], axis=0)
    return out


def seed_spread(curves):
    """Spread between runs beside the noise within them.

    Parameters
    ----------
    curves : sequence of ndarray
        Last values of the same curve, one array a run, of the same quarter of it.

    Returns
    -------
    between : float
        Standard deviation of the medians of the runs.
    within : float
        Root mean square of the standard deviation within runs.
    """
    medians = [np.median(values) for values in curves]
    within = np.sqrt(np.mean([np.var(values) for values in curves]))
    return float(np.std(medians, ddof=1)), float(within)
