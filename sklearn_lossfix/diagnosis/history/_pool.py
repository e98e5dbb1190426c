"""Several runs of one training as one history."""

from dataclasses import replace
from itertools import combinations

import numpy as np

from sklearn_lossfix._core._columns import named
from sklearn_lossfix.diagnosis.history._curve import spoken


def pool_histories(histories):
    """Median curves of several runs that differ in their seed only.

    A single history is given back as it is. What belongs to single rows, or to
    the end of a single run, is left out of a pool; so is, with a note, what some runs lack.

    Parameters
    ----------
    histories : sequence of History
        At least one.

    Returns
    -------
    History
        On the steps of any run; the curves are those that every run has.

    Raises
    ------
    ValueError
        If the runs count other steps, recorded other losses, or have no curve in common.
    """
    if len(histories) == 1:
        return histories[0]
    first = histories[0]
    _refuse_other_trainings(histories)
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
    partial = _partial_curves(histories)
    if partial and not loss and not metrics:
        raise ValueError(
            f"The {len(histories)} runs have no curve in common: {named(partial)}. Several "
            f"histories are runs of one training with other seeds; pass the curves of one run as "
            f"one history, such as a dict {{name: curve}}."
        )
    rate = None
    if all(h.learning_rate is not None for h in histories):
        rate = _median([(h.steps, h.learning_rate) for h in histories], steps)
    elif any(h.learning_rate is not None for h in histories):
        partial.append("learning rate")
    left_out = [f"Left out, since not every run has it: {named(partial)}."] if partial else []
    return replace(
        first,
        steps=steps,
        loss=loss,
        metrics=metrics,
        learning_rate=rate,
        flipped=tuple(dict.fromkeys(name for h in histories for name in h.flipped)),
        distortions=(
            *left_out,
            *dict.fromkeys(text for h in histories for text in h.distortions),
        ),
        unrecorded={},
        name="",
        row_losses=None,
        row_right=None,
        row_steps=None,
        kept_step=None,
        stop_reason=first.stop_reason if len({h.stop_reason for h in histories}) == 1 else "",
    )


def _refuse_other_trainings(histories):
    """Raise ValueError where two runs count other steps, or recorded other losses."""
    for (number, first), (later, other) in combinations(enumerate(histories, start=1), 2):
        if other.unit != first.unit:
            before, after = f"by {first.unit}", f"by {other.unit}"
        elif _is_other_loss(first, other):
            before, after = f"of {first.loss_name}", f"of {other.loss_name}"
        else:
            continue
        raise ValueError(
            f"The curves of {first.name or f'run {number}'} are {before}, and those of "
            f"{other.name or f'run {later}'} {after}. Expected runs of one training with other "
            f"seeds, recorded alike; diagnose them one by one."
        )


def _is_other_loss(first, other):
    """Whether two runs recorded losses that cannot be the same by what is known of them."""
    if not (first.loss and other.loss):
        return False
    if first.loss_kind == other.loss_kind == "unknown":
        return first.loss_name != other.loss_name
    return first.loss_kind != other.loss_kind and "unknown" not in (
        first.loss_kind,
        other.loss_kind,
    )


def _partial_curves(histories):
    """What some runs recorded and others did not, in words."""
    curves = [
        {(split, "loss") for split in h.loss}
        | {(split, name) for name, by_split in h.metrics.items() for split in by_split}
        for h in histories
    ]
    partial = set.union(*curves) - set.intersection(*curves)
    return sorted(f"{spoken(split)} {name.replace('_', ' ')}" for split, name in partial)


def on_steps(steps, values, wanted):
    """Values on other steps, which hold all of these; NaN where there is none."""
    out = np.full(len(wanted), np.nan)
    out[np.searchsorted(wanted, steps)] = values
    return out


def _median(curves, wanted):
    """Median of the runs that have an entry; infinite entries count as they are."""
    rows = np.stack([on_steps(steps, values, wanted) for steps, values in curves])
    half = np.finfo(float).max / 2.0  # the median of two is their mean: their sum must be in range
    rows = np.where(np.isfinite(rows), np.clip(rows, -half, half), rows)
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
