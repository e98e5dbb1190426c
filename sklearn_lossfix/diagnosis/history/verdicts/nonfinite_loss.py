"""A loss that became infinite, or was no number any more."""

import numpy as np

from sklearn_lossfix.diagnosis._judging import fact
from sklearn_lossfix.diagnosis.history._curve import spoken
from sklearn_lossfix.diagnosis.history.verdicts._breakdown import nonfinite_entries


class NonfiniteHistory:
    """The loss of a split was recorded as infinite or as no number. A fact.

    Also where it is a number again later on; what was found at the end of its curve then stands.
    """

    name = "nonfinite_loss"
    slug = "nonfinite-loss"
    title = "The loss is infinite or no number"
    kinds = ("history",)
    effort = "fast"

    def run(self, analysis):
        """Look for the first step, over all runs and splits."""
        found, n_gaps = [], 0
        for number, history in enumerate(analysis.histories):
            for split, values in history.loss.items():
                values = np.asarray(values, dtype=float)
                unrecorded = history.unrecorded.get(split)
                bad = np.flatnonzero(nonfinite_entries(values, unrecorded))
                if unrecorded is None:
                    n_gaps += int(np.isnan(values).sum()) - int(np.isnan(values[bad]).sum())
                if bad.size:
                    again = bool(np.isfinite(values[bad[-1] :]).any())
                    ends = history.steps[bad[0]], history.steps[bad[-1] if again else -1]
                    found.append((*map(float, ends), split, number, len(bad), again))
        if not found:
            gaps = (
                f", if its NaN ({n_gaps}) stand for steps without an entry: write None for those, "
                f"and NaN for a loss that was no number"
            )
            return fact(self, "passed", f"Every recorded loss is finite{gaps if n_gaps else ''}.")
        # What stays broken says more than what passed.
        step, last, split, number, n_bad, again = min(found, key=lambda seen: (seen[5], seen))
        run, unit = "", analysis.history.unit
        if len(analysis.histories) > 1:
            run = f" of {analysis.histories[number].name or f'run {number + 1}'}"
        if again:
            where = f"at {unit} {step:g}" if n_bad == 1 else f"from {unit} {step:g} to {last:g}"
            entries = f"{n_bad} entr{'y' if n_bad == 1 else 'ies'}"
            message = (
                f"The {spoken(split)} loss{run} was infinite or no number {where} ({entries}), and "
                f"a number again after that: rows or steps were out of the range of floating point "
                f"numbers."
            )
        else:
            message = (
                f"From {unit} {step:g} on the {spoken(split)} loss{run} is infinite or no number, "
                f"{n_bad} entries in all: weights or inputs have left the range of floating point "
                f"numbers."
            )
        return fact(
            self,
            "issue",
            message,
            evidence={
                "split": split,
                "first_step": step,
                "last_step": last,
                "n_entries": n_bad,
                "ends_finite": again,
                "fix": "Look for missing or infinite inputs and logarithms of zero first, then "
                "scale the features, lower the learning rate, and clip gradients.",
            },
        )
