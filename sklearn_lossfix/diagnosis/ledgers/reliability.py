"""The reliability curve: CORP, with a consistency band.

The curve is the pool-adjacent-violators fit of what happened on what was forecast; the band
holds 90 % of the curves that calibrated forecasts would give (Dimitriadis, Gneiting & Jordan
2021, consistency resampling).
"""

import numpy as np

from sklearn_lossfix._core._recalibration import pool_adjacent_violators

# Resampled curves behind the band, and rows used for them at most: beyond that the band is thinner
# than the line that draws it.
N_RESAMPLES = 200
MAX_BAND_ROWS = 2_000
BAND_LEVEL = 0.90
N_POINTS = 41


def _curve_at(grid, forecast, happened, weight=None):
    """CORP curve on a grid; the forecasts must be sorted."""
    fitted = pool_adjacent_violators(forecast, happened, weight).fitted()
    return np.interp(grid, forecast, fitted)


def reliability(forecast, happened, sample_weight=None, random_state=0):
    """CORP reliability curve with its consistency band.

    Parameters
    ----------
    forecast : ndarray of shape (n_rows,)
        Probability of the event.
    happened : ndarray of shape (n_rows,), dtype bool
        Whether it came true.
    sample_weight : ndarray of shape (n_rows,), default=None
        Weights.
    random_state : int, default=0
        Seed of the band.

    Returns
    -------
    dict
        ``forecast``, ``happened``, ``low``, ``high``: lists of up to 41 points between the smallest
        and the largest forecast; ``counts``: share of the rows in 20 equal bins of [0, 1].
    """
    order = np.argsort(forecast, kind="stable")
    if sample_weight is not None:  # a row of weight zero is not there
        order = order[sample_weight[order] > 0]
    p = forecast[order].astype(np.float64)
    y = happened[order]
    w = None if sample_weight is None else sample_weight[order]
    grid = np.unique(np.linspace(p[0], p[-1], N_POINTS))
    rng = np.random.default_rng(random_state)
    n_band = min(len(p), MAX_BAND_ROWS)
    keep = np.sort(rng.choice(len(p), n_band, replace=False))
    band_p, band_w = p[keep], None if w is None else w[keep]
    curves = np.empty((N_RESAMPLES, len(grid)))
    for draw in range(N_RESAMPLES):
        curves[draw] = _curve_at(grid, band_p, rng.random(n_band) < band_p, band_w)
    # The band of a subsample is too wide by the square root of the ratio of sizes.
    shrink = np.sqrt(n_band / len(p))
    low, high = np.quantile(curves, [(1 - BAND_LEVEL) / 2, (1 + BAND_LEVEL) / 2], axis=0)
    counts = np.bincount(np.minimum((p * 20).astype(int), 19), w, 20)
    return {
        "forecast": grid.tolist(),
        "happened": _curve_at(grid, p, y, w).tolist(),
        "low": (grid + (low - grid) * shrink).tolist(),
        "high": (grid + (high - grid) * shrink).tolist(),
        "counts": (counts / counts.sum()).tolist(),
    }
