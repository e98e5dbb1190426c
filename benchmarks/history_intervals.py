"""Does the interval of the best epoch hold it, and do sound curves of a metric alone stay silent?

- Coverage: 150 noisy curves of each shape; how often the 95 % interval of ``best_epoch`` holds the
  epoch that is best without noise, and how wide it is in the median.
- Sound runs of a metric without a loss: a saturating AUC with autocorrelated noise, 30, 60 and 120
  epochs, 60 runs of each; reports with an issue.

Run ``python benchmarks/history_intervals.py``.
"""

import os
from collections import Counter

import numpy as np
from scipy import signal

from sklearn_lossfix import diagnose_history
from sklearn_lossfix.diagnosis.history._best_epochs import best_epoch
from sklearn_lossfix.diagnosis.history._curve import Curve

REPLICATES, RUNS = 150, 60
# Rows before the first that is kept, so that the noise has forgotten its start.
BURN_IN = 100


def noise(rng, n_steps, phi):
    """Autocorrelated noise of unit variance."""
    steps = rng.normal(size=n_steps + BURN_IN)
    return signal.lfilter([1], [1, -phi], steps)[BURN_IN:] * np.sqrt(1 - phi**2)


def shapes():
    """Name, curve without noise, standard deviation of the noise, and its autocorrelation."""
    e = np.arange(1, 61.0)
    bowl = 0.3 + 0.0002 * (e - 30) ** 2
    short = np.arange(1, 41.0)
    return (
        ("kink at 20", 0.3 + 0.4 * np.exp(-e / 5) + 0.004 * np.maximum(e - 20, 0), 0.01, 0.0),
        ("bowl", bowl, 0.02, 0.0),
        ("bowl, phi .5", bowl, 0.02, 0.5),
        ("bowl, phi .8", bowl, 0.02, 0.8),
        ("saturating, tau 10", 0.3 + 0.4 * np.exp(-e / 10), 0.01, 0.0),
        ("saturating, tau 5", 0.3 + 0.4 * np.exp(-e / 5), 0.01, 0.0),
        ("40 epochs, tau 8", 0.3 + 0.4 * np.exp(-short / 8), 0.004, 0.0),
    )


def coverage():
    """Print how often the interval holds the best epoch."""
    print("shape                 coverage  median width")
    for name, mean, sd, phi in shapes():
        steps = np.arange(1, len(mean) + 1.0)
        best, widths, held = steps[np.argmin(mean)], [], 0
        for seed in range(REPLICATES):
            values = mean + sd * noise(np.random.default_rng(seed), len(mean), phi)
            found = best_epoch(Curve(steps, values, "validation"), by="loss", seed=0)
            held += found.low <= best <= found.high
            widths.append(found.high - found.low)
        print(f"{name:20s} {held / REPLICATES:9.2f} {np.median(widths):13.0f}", flush=True)


def sound_metrics():
    """Print how many reports of a sound metric hold an issue."""
    print("\nepochs  phi  reports with an issue")
    for n_steps in (30, 60, 120):
        for phi in (0.0, 0.4, 0.8):
            found = Counter()
            for seed in range(RUNS):
                e = np.arange(1.0, n_steps + 1)
                curve = 0.9 - 0.35 * np.exp(-e * 10 / n_steps)
                curve += 0.006 * noise(np.random.default_rng(seed), n_steps, phi)
                found.update(
                    [issue.name for issue in diagnose_history({"val_auc": curve}).issues]
                    or ["none"]
                )
            print(f"{n_steps:6d} {phi:4.1f}  {RUNS - found['none']} of {RUNS}  {dict(found)}")


if __name__ == "__main__":
    print(f"{os.cpu_count()} cores")
    coverage()
    sound_metrics()
