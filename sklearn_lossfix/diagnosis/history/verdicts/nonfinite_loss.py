"""A loss that became infinite, or was no number any more."""

import numpy as np

from sklearn_lossfix.diagnosis._judging import fact
from sklearn_lossfix.diagnosis.history._curve import spoken


def first_nonfinite(steps, values, unrecorded=None):
    """First step at which a loss was recorded as infinite or as no number; None if there is none.

    Where it is not known what was not recorded, a gap is no proof: a loss can be recorded every few
    steps only. Then an end without numbers counts if it is longer than every gap before it, and a
    loss without any number was recorded and never was one.

    Parameters
    ----------
    steps, values : ndarray of shape (n_steps,)
        NaN also where a step has no entry.
    unrecorded : ndarray of shape (n_steps,), dtype bool, default=None
        Steps without an entry.

    Returns
    -------
    float or None
    """
    if unrecorded is not None:
        bad = ~np.isfinite(values) & ~unrecorded
    else:
        bad = np.isinf(values)
        there = np.flatnonzero(~np.isnan(values))
        if there.size == 0:
            bad[:] = True
        elif len(values) - 1 - there[-1] > (np.diff(there, prepend=-1) - 1).max():
            bad[there[-1] + 1 :] = True
    return float(steps[np.argmax(bad)]) if bad.any() else None


class NonfiniteHistory:
    """The loss of a split is infinite, or stops being a number before the run ends. A fact."""

    name = "nonfinite_loss"
    slug = "nonfinite-loss"
    title = "The loss is infinite or no number"
    kinds = ("history",)
    effort = "fast"

    def run(self, analysis):
        """Look for the first step, over all runs and splits."""
        found = []
        for number, history in enumerate(analysis.histories):
            for split, values in history.loss.items():
                values = np.asarray(values, dtype=float)
                step = first_nonfinite(history.steps, values, history.unrecorded.get(split))
                if step is not None:
                    n_bad = int(np.count_nonzero(~np.isfinite(values[history.steps >= step])))
                    found.append((step, split, number, n_bad, float(history.steps[-1])))
        if not found:
            return fact(self, "passed", "Every recorded loss is finite.")
        step, split, number, n_bad, last = min(found)
        run = ""
        if len(analysis.histories) > 1:
            run = f" of {analysis.histories[number].name or f'run {number + 1}'}"
        return fact(
            self,
            "issue",
            f"From {analysis.history.unit} {step:g} on the {spoken(split)} loss{run} is infinite "
            f"or no number, {n_bad} entries in all: weights or inputs have left the range of "
            f"floating point numbers.",
            evidence={
                "split": split,
                "first_step": step,
                "last_step": last,
                "n_entries": n_bad,
                "fix": "Look for missing or infinite inputs and logarithms of zero first, then "
                "scale the features, lower the learning rate, and clip gradients.",
            },
        )
