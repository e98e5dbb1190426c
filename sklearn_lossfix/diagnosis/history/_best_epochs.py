"""Which epoch is best: by loss, by loss after recalibration, by metric."""

from dataclasses import dataclass

import numpy as np
from scipy import optimize

from sklearn_lossfix.diagnosis.history._turning_point import valley_interval

# Logarithm of the temperatures that are searched: from 1/20 to 20.
_LOG_TEMPERATURES = (-3.0, 3.0)


@dataclass(frozen=True)
class BestEpoch:
    """The best step by one yardstick.

    Attributes
    ----------
    by : str
        ``"loss"``, ``"refinement"`` or the name of a metric.
    split : str
        The rows.
    step, low, high : float
        The step, and its 95 % interval.
    value, last : float
        The yardstick there and at the end, as a reader knows it (a metric: more is better).
    stands_out : bool
        Whether any step is better than another. A constant curve has no best one: its interval is
        the whole run.
    """

    by: str
    split: str
    step: float
    low: float
    high: float
    value: float
    last: float
    stands_out: bool = True


def best_epoch(curve, *, by, sign=1.0, seed=0):
    """Best point of a curve with the interval of its place.

    Parameters
    ----------
    curve : Curve
        Not empty.
    by : str
        What it measures.
    sign : {1.0, -1.0}
        1.0 where less is better.
    seed : int, default=0
        Of the bootstrap.

    Returns
    -------
    BestEpoch
    """
    best = int(np.argmin(sign * curve.values))
    if len(curve) > 1 and np.ptp(curve.values) == 0.0:
        ends, level = (float(curve.steps[0]), float(curve.steps[-1])), float(curve.values[0])
        return BestEpoch(by, curve.split, ends[0], *ends, level, level, stands_out=False)
    low, high = valley_interval(sign * curve.values, seed)
    return BestEpoch(
        by=by,
        split=curve.split,
        step=float(curve.steps[best]),
        low=float(curve.steps[min(low, best)]),
        high=float(curve.steps[max(high, best)]),
        value=float(curve.values[best]),
        last=float(curve.values[-1]),
    )


def binary_refinement(row_losses):
    """Mean log loss of two classes after the temperature that suits it best.

    The loss of a row gives the probability of its true class, and so its log-odds: what one
    temperature does to it needs no labels. What is left is the refinement within that family, which
    need not be least at the epoch where the loss is (Berta et al. 2025).

    Parameters
    ----------
    row_losses : ndarray of shape (n_rows,)
        Log losses.

    Returns
    -------
    float
    """
    loss = np.maximum(row_losses, np.finfo(float).tiny)
    log_odds = -loss - np.log(-np.expm1(-loss))

    def mean_loss(log_temperature):
        return float(np.logaddexp(0.0, -log_odds * np.exp(-log_temperature)).mean())

    found = optimize.minimize_scalar(mean_loss, bounds=_LOG_TEMPERATURES, method="bounded")
    return min(float(found.fun), float(np.mean(row_losses)))
