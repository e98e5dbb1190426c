"""Share of wrong labels: contradictions that stay where a model is as sure as it can be.

A row deep inside a class is hard to get wrong. Where classes merely overlap, the chance that a
label contradicts the forecast falls ever further as the score grows; where labels are wrong, it
stops falling at their share. Such shares are the lapse rates of a psychometric function (Wichmann
and Hill 2001, *The psychometric function: I*, Perception & Psychophysics 63),

    P(label | score s) = l + (1 - l - h) / (1 + exp(-(a + b s))),   b >= 0,

and what a class shows at its purest (irreducibility; Scott 2015, *A rate of convergence for mixture
proportion estimation*, AISTATS). Offset and slope are free, so that forecasts need not be
calibrated. What is tested is that the log-odds of the forecast grow where its chance of being right
does not: those of a linear model do. A forecast that knows of the noise, and is nowhere surer than
it allows, cannot tell it from classes that overlap, and nothing else can from that forecast.
"""

from dataclasses import dataclass

import numpy as np
from scipy import stats
from scipy.special import expit, logit

from sklearn_lossfix._core._finding import METRIC_FLOOR
from sklearn_lossfix._core._paired_tests import CONFIDENCE

#: Share of wrong labels that is no news: that of the test sets of ten well-kept collections on
#: average (Northcutt, Athalye & Mueller 2021, *Pervasive label errors in test sets destabilize
#: machine learning benchmarks*, NeurIPS). Outcomes that are random at a small constant rate, which
#: look the same, stay below it more often than not.
NOISE_FLOOR = 0.033

# Shares that are tried. Beyond one half labels would be wrong more often than right.
_RATES = np.concatenate(
    [[0.0, 0.01, 0.02, NOISE_FLOOR], np.arange(0.04, 0.1, 0.01), np.arange(0.1, 0.46, 0.025)]
)

# Scores are averaged within bins of equally many rows before they are fitted: the curve has four
# parameters, and 100 points on it lose nothing of it.
_MAX_BINS = 100

#: Contradictions without which nothing is told: two for every parameter of the curve.
MIN_ERRORS = 8

# Offset and slope end here, smallest and largest: on a standardised score that is a step.
_BOUNDS = ((-20.0, 0.0), (20.0, 50.0))
_STARTS = ((0.0, 1.0), (0.0, 6.0), (-2.0, 2.0))

# Steps of scoring at most, the fall of the loss that ends them, and what keeps
# them finite: an addition far below the information of a row.
_N_STEPS = 25
_TOLERANCE = 1e-4
_RIDGE = 1e-3
_TINY = 1e-12


@dataclass(frozen=True)
class LabelNoise:
    """An estimated share of wrong labels.

    Attributes
    ----------
    rate, low, high : float
        Share of all rows, with its 95 % interval by the profile likelihood.
    limit : float
        Share of all rows that would be no news.
    p_value : float
        One-sided, of "no share is above its limit", after Bonferroni's correction over the kinds of
        noise that were tried.
    only : int or None
        Code of the class among whose rows the wrong labels are; None for all classes alike.
    chance : ndarray of shape (n_rows,), dtype float64
        Chance that each row's label is wrong.
    """

    rate: float
    low: float
    high: float
    limit: float
    p_value: float
    only: int | None
    chance: np.ndarray


@dataclass(frozen=True)
class _Kind:
    """A kind of noise: what is a hit, by which score, and what share of rows it can reach."""

    only: int | None
    score: np.ndarray
    hit: np.ndarray
    both_ends: bool
    share: float


def bounded_log_odds(p, n_rows):
    """Log-odds, no surer than Laplace's rule of succession allows after `n_rows` rows."""
    edge = 1 / (n_rows + 2)
    return logit(np.clip(p, edge, 1 - edge))


def kinds_of_noise(proba, y, weight):
    """Kinds of noise that are tried.

    Of two classes one curve runs from the first to the second, with a lapse at both ends or at
    one; of more, right or wrong is a curve over the margin to the next class, and the rows of each
    class are one over its own log-odds.

    Returns
    -------
    list of _Kind
    """
    n_rows, n_classes = proba.shape
    predicted = proba.argmax(axis=1)
    shares = np.bincount(predicted, weight, n_classes) / weight.sum()
    if n_classes == 2:
        score, second = bounded_log_odds(proba[:, 1], n_rows), y == 1
        return [
            _Kind(None, score, second, True, 1.0),
            _Kind(1, score, second, False, float(shares[1])),
            _Kind(0, -score, ~second, False, float(shares[0])),
        ]
    top = np.sort(proba, axis=1)[:, -2:]
    share_of_two = top[:, 1] / top.sum(axis=1)
    kinds = [_Kind(None, bounded_log_odds(share_of_two, n_rows), predicted == y, False, 1.0)]
    for k in range(n_classes):
        score = bounded_log_odds(proba[:, k], n_rows)
        kinds.append(_Kind(k, score, y == k, False, float(shares[k])))
    return kinds


def binned_hits(score, hit, weight):
    """Mean score, weight of hits and weight of all rows in bins of equally many rows."""
    order = np.argsort(score, kind="stable")
    n_bins = min(_MAX_BINS, len(score))
    bins = np.empty(len(score), dtype=np.intp)
    bins[order] = np.arange(len(score)) * n_bins // len(score)
    total = np.bincount(bins, weight, n_bins)
    seen = total > 0
    hits = np.bincount(bins, weight * hit, n_bins)
    return np.bincount(bins, weight * score, n_bins)[seen] / total[seen], hits[seen], total[seen]


def _losses(low, high, params, score, hits, total):
    """Negative log likelihood of the curve at each share, and what its gradient is made of."""
    line = params[:, :1] + params[:, 1:] * score
    rise, kept = expit(line), (1 - low - high)[:, None]
    chance = np.clip(low[:, None] + kept * rise, _TINY, 1 - _TINY)
    value = -(np.log(chance) @ hits + np.log1p(-chance) @ (total - hits))
    return value, chance, kept * rise * expit(-line)


def _scoring_step(chance, slope, score, hits, total):
    """Step of Fisher's scoring for offset and slope, one row a share."""
    pull = slope * (hits / chance - (total - hits) / (1 - chance))
    information = slope**2 * total / (chance * (1 - chance))
    gradient = np.column_stack([pull.sum(axis=1), pull @ score])
    curvature = np.empty((len(chance), 2, 2))
    curvature[:, 0, 0] = information.sum(axis=1) + _RIDGE
    curvature[:, 0, 1] = curvature[:, 1, 0] = information @ score
    curvature[:, 1, 1] = information @ score**2 + _RIDGE
    return np.linalg.solve(curvature, gradient[:, :, None])[:, :, 0]


def profile(score, hit, weight, both_ends):
    """Fit the curve for every share that is tried, by Fisher's scoring.

    Parameters
    ----------
    score : ndarray of shape (n_rows,)
        Larger means that a hit is likelier.
    hit : ndarray of shape (n_rows,), dtype bool
        What the curve is the chance of.
    weight : ndarray of shape (n_rows,)
        Weights; they sum to the effective number of rows.
    both_ends : bool
        Whether the share is that of both ends of the curve, or of its upper end alone.

    Returns
    -------
    losses : ndarray of shape (n_rates,)
        Negative log likelihood at each of the shares.
    params : ndarray of shape (n_rates, 2)
        Offset and slope on the score as it is.
    """
    centre, spread = float(np.median(score)), float(score.std()) or 1.0
    points = binned_hits((score - centre) / spread, hit, weight)
    # Several starts, smooth, steep and late: each may end in a valley of its own.
    high = np.tile(_RATES, len(_STARTS))
    low = high if both_ends else np.zeros(len(high))
    params = np.repeat(np.array(_STARTS), len(_RATES), axis=0)
    losses, chance, slope = _losses(low, high, params, *points)
    step = np.ones(len(high))
    for _ in range(_N_STEPS):
        move = _scoring_step(chance, slope, *points)
        tried = np.clip(params + step[:, None] * move, *_BOUNDS)
        new_losses, new_chance, new_slope = _losses(low, high, tried, *points)
        fallen = losses - new_losses
        better = fallen > 0
        params[better], losses[better] = tried[better], new_losses[better]
        chance[better], slope[better] = new_chance[better], new_slope[better]
        step = np.where(better, 1.0, step / 2)
        if (~better | (fallen < _TOLERANCE)).all() and step.min() < 0.1:
            break
    best = losses.reshape(len(_STARTS), -1).argmin(axis=0) * len(_RATES) + np.arange(len(_RATES))
    losses, params = losses[best], params[best]
    params[:, 1] /= spread
    params[:, 0] -= params[:, 1] * centre
    return losses, params


def rate_floor(share):
    """Rate that is no news among rows that are a share of all rows.

    It is at most `NOISE_FLOOR`, or what is wrong is less of all rows than the smallest effect on a
    metric that matters.
    """
    return max(NOISE_FLOOR, METRIC_FLOOR / share) if share > 0 else np.inf


def _p_value(losses, floor):
    """One-sided p-value of "at most the floor": the signed root of the likelihood ratio."""
    if floor >= _RATES[-1]:
        return 1.0
    floor = _RATES[np.searchsorted(_RATES, floor)]  # the next that was tried
    allowed, beyond = losses[_RATES <= floor].min(), losses[_RATES > floor].min()
    return float(stats.norm.sf(np.sqrt(2 * (allowed - beyond)))) if beyond < allowed else 1.0


def _interval(losses):
    """Best share, and the ends of its interval by the profile likelihood."""
    dense = np.linspace(_RATES[0], _RATES[-1], 2001)
    inside = 2 * (np.interp(dense, _RATES, losses) - losses.min()) <= stats.chi2.ppf(CONFIDENCE, 1)
    return float(_RATES[losses.argmin()]), float(dense[inside][0]), float(dense[inside][-1])


def _chance_of_wrong(kind, params, rate):
    """Chance by Bayes' rule that the label of each row is wrong."""
    rise = expit(params[0] + params[1] * kind.score)
    low = rate if kind.both_ends else 0.0
    flipped = np.where(kind.hit, (1 - rise) * low, rise * rate)
    honest = np.where(kind.hit, rise * (1 - rate), (1 - rise) * (1 - low))
    total = flipped + honest
    return np.divide(flipped, total, out=np.zeros(len(total)), where=total > 0)


def estimate_label_noise(proba, y, sample_weight=None, n_effective=None):
    """Estimate the share of wrong labels from forecasts that did not see them.

    Parameters
    ----------
    proba : ndarray of shape (n_rows, n_classes)
        Probabilities out of fold, calibrated or not.
    y : ndarray of shape (n_rows,), dtype int
        Class codes.
    sample_weight : ndarray of shape (n_rows,), default=None
        Weights.
    n_effective : float, default=None
        Effective number of rows; None counts them.

    Returns
    -------
    LabelNoise or None
        None where fewer than `MIN_ERRORS` rows contradict the forecast, or where it never varies.
    """
    n_rows = len(y)
    weight = np.ones(n_rows) if sample_weight is None else sample_weight.astype(float)
    weight = weight * ((n_rows if n_effective is None else n_effective) / weight.sum())
    if weight[proba.argmax(axis=1) != y].sum() < MIN_ERRORS:
        return None
    kinds = [kind for kind in kinds_of_noise(proba, y, weight) if np.ptp(kind.score) > 0]
    if not kinds:
        return None
    fits = [profile(kind.score, kind.hit, weight, kind.both_ends) for kind in kinds]
    p_values = [
        len(kinds) * _p_value(losses, rate_floor(kind.share))
        for kind, (losses, _) in zip(kinds, fits, strict=True)
    ]
    chosen = int(np.argmin(p_values))
    kind, (losses, params) = kinds[chosen], fits[chosen]
    rate, low, high = _interval(losses)
    chance = _chance_of_wrong(kind, params[losses.argmin()], rate)
    return LabelNoise(
        rate=rate * kind.share,
        low=low * kind.share,
        high=high * kind.share,
        limit=min(1.0, rate_floor(kind.share) * kind.share),
        p_value=min(1.0, p_values[chosen]),
        only=kind.only,
        chance=chance,
    )
