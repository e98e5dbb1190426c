"""The loss out of fold by the rows that are learnt from, and what more of them would bring."""

from typing import NamedTuple

import numpy as np

from sklearn_lossfix._core._oof import Folds, fold_layout, fold_rows
from sklearn_lossfix._core._paired_tests import CONFIDENCE, Estimate, interval
from sklearn_lossfix._core._proper_scores import log_loss_rows

# Shares of the training part of every fold, each twice the one before: a power law falls by a
# constant factor from one doubling to the next.
SHARES = (0.125, 0.25, 0.5)

# Fewest rows that a model is fitted on for the curve: below, a class can be missing.
LEAST_ROWS = 30

# Sizes that a forecast needs: two doublings, to see whether the second brought less.
LEAST_SIZES = 3

# Draws behind the interval of the forecast.
N_DRAWS = 2000


def smaller_training_parts(folds, y, groups, share, seed):
    """The same test parts with a share of every training part; smaller shares lie inside larger.

    Parameters
    ----------
    folds : Folds
        Splits.
    y : ndarray of shape (n_rows,), dtype int
        Class codes: every class keeps its share, and at least one row.
    groups : ndarray of shape (n_rows,), dtype int, or None
        Codes of the groups, which are kept or left out whole.
    share : float
        Share of the rows that is kept.
    seed : int
        Seed; each fold draws on its own.

    Returns
    -------
    Folds
    """
    splits = []
    for number in range(len(folds.splits)):
        train, test = fold_rows(fold_layout(folds, number), number)
        rng = np.random.default_rng((seed, number))
        if groups is None:
            rank = _share_before(y[train], rng)
        else:
            rank = rng.random(int(groups.max()) + 1)[groups[train]]
        splits.append((train[rank < share], test))
    return Folds(folds.n_rows, tuple(splits), None)


def _share_before(codes, rng):
    """For every row, in random order, the share of its class that comes before it."""
    order = rng.permutation(len(codes))
    by_class = order[np.argsort(codes[order], kind="stable")]
    counts = np.bincount(codes)
    first = np.cumsum(counts) - counts
    rank = np.empty(len(codes))
    sorted_codes = codes[by_class]
    rank[by_class] = (np.arange(len(codes)) - first[sorted_codes]) / counts[sorted_codes]
    return rank


def learning_curve(bench, estimator, scored):
    """Losses out of fold of a model that learnt from shares of its training rows.

    Parameters
    ----------
    bench : Workbench
        Rows and folds.
    estimator : estimator
        Unfitted.
    scored : Scored
        What it gave when it learnt from all of them.

    Returns
    -------
    dict or None
        ``n_train``: list of rows in a training part, in increasing order; ``losses``: ndarray of
        shape (n_sizes, n_scored), log loss of every scored row, or its error where there are no
        probabilities; ``unit``: "nats" or "errors". None where fewer than three sizes could be
        fitted.
    """
    data, request = bench.data, bench.request
    y = data.y[bench.scored_rows]
    full = bench.folds.mean_sizes[0]
    sizes, losses = [], []
    for share in SHARES:
        if share * full < LEAST_ROWS:
            continue
        folds = smaller_training_parts(bench.folds, data.y, data.groups, share, request.seed)
        what = f"the model on {share:.0%} of its rows"
        smaller, _ = bench.on_folds(folds).attempt(estimator, what)
        if smaller is not None:
            sizes.append(round(folds.mean_sizes[0]))
            losses.append(row_losses(smaller, y))
    if len(sizes) + 1 < LEAST_SIZES:
        return None
    losses.append(row_losses(scored, y))
    return {
        "n_train": [*sizes, round(full)],
        "losses": np.stack(losses),
        "unit": "errors" if scored.proba is None else "nats",
    }


def row_losses(scored, y):
    """Log loss of every row; whether its label is wrong where there are no probabilities."""
    if scored.proba is None:
        return (scored.pred != y).astype(float)
    return log_loss_rows(scored.proba, y)


def curve_columns(curve, **sampling):
    """Columns of the table of the curve: what was seen, and the forecast for twice the rows.

    Parameters
    ----------
    curve : dict
        From :func:`learning_curve`.
    **sampling
        Weights, groups and inflation, as for :func:`forecast`.

    Returns
    -------
    dict of str to list
    """
    seen = forecast(curve, **sampling)
    levels = [interval(m, s) for m, s in zip(seen.means, seen.errors, strict=True)]
    last = levels[-1].value
    return {
        "n_train": [*curve["n_train"], 2 * curve["n_train"][-1]],
        "loss": [*(level.value for level in levels), last - seen.gain.value],
        "low": [*(level.low for level in levels), last - seen.gain.high],
        "high": [*(level.high for level in levels), last - seen.gain.low],
        "forecast": [*(False for _ in levels), True],
    }


class Forecast(NamedTuple):
    """What a learning curve says.

    Attributes
    ----------
    means : ndarray of shape (n_sizes,)
        Mean loss at every size.
    errors : ndarray of shape (n_sizes,)
        Their standard errors.
    slope : Estimate
        Change of the loss for each doubling of the rows.
    gain : Estimate
        Fall of the loss with twice the rows.
    """

    means: np.ndarray
    errors: np.ndarray
    slope: Estimate
    gain: Estimate


def forecast(curve, *, sample_weight=None, groups=None, inflation=1.0, seed=0):
    r"""What twice the rows would bring, by a power law.

    Where the loss is :math:`a + b n^{-c}`, each doubling saves :math:`2^{-c}` times what the one
    before saved (Hestness et al. 2017 find such laws in many fields; Cortes et al. 1993 used one to
    extrapolate). The factor is estimated by least squares over neighbouring doublings and kept
    between zero and one: returns do not grow.

    Parameters
    ----------
    curve : dict
        From :func:`learning_curve`.
    sample_weight, groups : ndarray of shape (n_scored,), default=None
        Weights; codes of the groups.
    inflation : float, default=1.0
        Nadeau-Bengio factor on variances of differences.
    seed : int, default=0
        Seed of the draws behind the interval of the gain.

    Returns
    -------
    Forecast
    """
    means, covariance = mean_covariance(curve["losses"], sample_weight, groups)
    doublings = np.log2(curve["n_train"])
    contrast = doublings - doublings.mean()
    contrast /= np.dot(contrast, contrast)
    spread = covariance * inflation
    slope = interval(
        float(contrast @ means), float(np.sqrt(max(0.0, contrast @ spread @ contrast)))
    )
    rng = np.random.default_rng(seed)
    # Of the falls between sizes: their covariance is small where the levels' is not.
    steps = np.diff(np.eye(len(means)), axis=0)
    falls = -steps @ means
    drawn = rng.multivariate_normal(falls, steps @ spread @ steps.T, size=N_DRAWS, method="eigh")
    gains = next_fall(drawn)
    tail = (1.0 - CONFIDENCE) / 2.0
    low, high = np.quantile(gains, [tail, 1.0 - tail])
    value = float(next_fall(falls[None])[0])
    gain = Estimate(value, float(gains.std()), float(min(low, value)), float(max(high, value)))
    return Forecast(means, np.sqrt(np.diag(covariance)), slope, gain)


def next_fall(falls):
    """Fall of the loss with the next doubling.

    Parameters
    ----------
    falls : ndarray of shape (n_curves, n_doublings)
        Falls with each doubling so far.

    Returns
    -------
    ndarray of shape (n_curves,)
    """
    before, after = falls[:, :-1], falls[:, 1:]
    size = np.square(before).sum(axis=1)
    ratio = np.divide((before * after).sum(axis=1), size, out=np.zeros(len(falls)), where=size > 0)
    return np.clip(ratio, 0.0, 1.0) * falls[:, -1]


def mean_covariance(values, sample_weight=None, groups=None):
    """Weighted means of several values of the same rows, and their cluster-robust covariance.

    Parameters
    ----------
    values : ndarray of shape (n_values, n_rows)
        Values.
    sample_weight, groups : ndarray of shape (n_rows,), default=None
        Weights; codes of the groups.

    Returns
    -------
    means : ndarray of shape (n_values,)
    covariance : ndarray of shape (n_values, n_values)
    """
    weight = np.ones(values.shape[1]) if sample_weight is None else sample_weight
    means = np.average(values, axis=1, weights=weight)
    centred = (values - means[:, None]) * weight
    present = weight > 0
    if groups is not None:
        centred = np.stack([np.bincount(groups, row) for row in centred])
        present = np.bincount(groups, weight) > 0
    n_units = max(2, int(np.count_nonzero(present)))
    return means, n_units / (n_units - 1) * (centred @ centred.T) / weight.sum() ** 2
