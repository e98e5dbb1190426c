"""Probabilities of a treated model, led back to the data's own prior: which way, and how well.

A treatment trains under other class shares than those of the data. Bayes' rule undoes that exactly
for a model whose probabilities are right under the shares it saw (Elkan 2001); after class weights
or resampling trees and boosting often are not, and the formula makes them worse. So the way is
chosen by the log loss out of fold.

Votes of trees and neighbours say 0 of what is merely rare. One such row bends any map of logarithms
out of shape, so the maps that are learnt first mix the class shares :math:`\\pi` in, as much as the
likelihood asks for: :math:`(1 - \\lambda) p + \\lambda \\pi` (Jelinek & Mercer 1980).

What is far below :math:`\\lambda \\pi` vanishes in that sum, since a float holds some digits only,
and naive Bayes tells its rows apart at 1e-30 and less. A rule must still be able to cut there, so
the mixture is multiplied by :math:`p^\\tau`. With the root of the machine epsilon for :math:`\\tau`
no probability of double precision changes in the digits that anybody reads, and all keep their
order. Of single precision 1e-30 changes by 3 %, and some neighbours become equal.
"""

from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
from scipy.optimize import minimize_scalar

from sklearn_lossfix._core._paired_tests import effective_rows
from sklearn_lossfix._core._proper_scores import (
    brier_rows,
    class_shares,
    clipped_log,
    log_loss_rows,
    true_class_probability,
)
from sklearn_lossfix._core._recalibration import (
    SmoothMap,
    fit_smooth_map,
    identity_map,
    map_loss_rows,
)

#: Ways to correct, the one that learns least first.
CORRECTIONS = ("none", "prior", "offset", "sigmoid")

# The map that is learnt for each, on top of the prior formula.
_MAPS = {"offset": "prior_shift", "sigmoid": "temperature"}

# Least share of the prior that is mixed in, in rows out of n + 1: what keeps the loss of a row
# finite whose class got probability 0 (Krichevsky & Trofimov 1981).
LEAST_ROWS = 0.5

# Shares to mix in that differ by less than this part of them are one: the search for the likeliest
# ends that near to its bound, and the maps then differ in the ninth digit.
SAME_SHARE = 1e-4


# Above this share of the rows the order of most of them is lost.
MOST = 0.5


@dataclass(frozen=True)
class Correction:
    """A map of probabilities: mix the prior in, then slopes and offsets of the logarithms.

    Attributes
    ----------
    kind : {"none", "prior", "offset", "sigmoid"}
        How it was chosen.
    mixture : float
        Share of the prior that is mixed in; 0 where nothing was learnt.
    prior : tuple of float, one per class
        What is mixed in.
    recalibration : SmoothMap
        What comes after; the identity where nothing was learnt.
    """

    kind: str
    mixture: float
    prior: tuple
    recalibration: SmoothMap

    def __call__(self, proba):
        """Corrected probabilities, shape (n_rows, n_classes), of the dtype of `proba`."""
        is_identity = self.recalibration == identity_map(len(self.prior))
        if self.mixture == 0 and is_identity:
            return proba
        log_r = self.recalibration.log_proba(self.mixed_log(proba))
        return np.exp(log_r).astype(proba.dtype, copy=False)

    def drowns(self, proba):
        """Whether most rows have a probability of which the mixture leaves no digit; not zeros."""
        limit = np.finfo(proba.dtype).eps * self.mixture * np.asarray(self.prior)
        return bool(((proba > 0) & (proba < limit)).any(axis=1).mean() > MOST)

    def mixed_log(self, proba):
        """Logarithms of the probabilities with the prior mixed in, in their old order."""
        log_p = clipped_log((1 - self.mixture) * proba + self.mixture * np.asarray(self.prior))
        return log_p if self.mixture == 0 else log_p + _order_kept(proba)


class Corrected(NamedTuple):
    """Probabilities of one model out of fold, corrected.

    Attributes
    ----------
    correction : Correction
        What comes after the prior formula, learnt on all rows.
    base : ndarray of shape (n_scored, n_classes)
        What it is a map of: the model's probabilities, after the prior formula if that is used.
    proba : ndarray of shape (n_scored, n_classes)
        Each row by a map that was learnt without its fold.
    log_loss, brier : float
        Their means.
    raw_log_loss, raw_brier : float
        Means of the probabilities as the model gives them.
    """

    correction: Correction
    base: np.ndarray
    proba: np.ndarray
    log_loss: float
    brier: float
    raw_log_loss: float
    raw_brier: float


def _order_kept(proba):
    """What is added to logarithms so that probabilities of any size stay in their order.

    The root of the machine epsilon gives half of the digits to the mixture and half to the order:
    where the mixture is all that is seen, probabilities that differ by a share of it still differ.
    """
    info = np.finfo(proba.dtype)
    logs = np.log(np.maximum(proba, info.smallest_subnormal), dtype=np.float64)
    return np.sqrt(info.eps, dtype=np.float64) * logs


def least_mixture(n_rows, sample_weight=None):
    """The least share of the prior that is mixed in, from the effective number of rows."""
    return LEAST_ROWS / (effective_rows(sample_weight, n_rows) + 1)


def fit_mixture(proba, y, prior, sample_weight=None):
    """The share of a prior that, mixed into probabilities, makes the labels most likely.

    Parameters
    ----------
    proba : ndarray of shape (n_rows, n_classes)
        Probabilities.
    y : ndarray of shape (n_rows,), dtype int
        Class codes.
    prior : ndarray of shape (n_classes,)
        What is mixed in; positive for every class in `y`.
    sample_weight : ndarray of shape (n_rows,), default=None
        Weights.

    Returns
    -------
    float
        Of a convex problem the minimum, between the least mixture and 1.
    """
    own, shared = true_class_probability(proba, y), np.asarray(prior)[y]
    least = least_mixture(len(y), sample_weight)

    def loss(log_share):
        share = np.exp(log_share)
        return -np.average(np.log((1 - share) * own + share * shared), weights=sample_weight)

    found = minimize_scalar(loss, bounds=(np.log(least), 0.0), method="bounded")
    return float(np.exp(found.x))


def fit_correction(kind, proba, y, sample_weight=None):
    """Learn one way of correction.

    Parameters
    ----------
    kind : {"none", "prior", "offset", "sigmoid"}
        Which.
    proba : ndarray of shape (n_rows, n_classes)
        Probabilities out of fold, after the prior formula.
    y : ndarray of shape (n_rows,), dtype int
        Class codes.
    sample_weight : ndarray of shape (n_rows,), default=None
        Weights.

    Returns
    -------
    Correction
    """
    return fit_corrections((kind,), proba, y, sample_weight)[0]


def fit_corrections(kinds, proba, y, sample_weight=None):
    """Learn several ways of correction, which mix the same in; as `fit_correction`.

    Parameters
    ----------
    kinds : iterable of str
        Of `CORRECTIONS`.
    proba, y, sample_weight
        As for :func:`fit_correction`.

    Returns
    -------
    list of Correction
        One for each kind.
    """
    n_classes = proba.shape[1]
    is_known = sample_weight is None or sample_weight.any()
    prior = np.full(n_classes, 1 / n_classes)
    if is_known:
        prior = class_shares(y, n_classes, sample_weight)
    plain = Correction("none", 0.0, tuple(prior.tolist()), identity_map(n_classes))
    # Where the rows that are known weigh nothing there is nothing to learn from.
    learns = is_known and any(kind in _MAPS for kind in kinds)
    mixed = _mixed(plain, proba, y, prior, sample_weight) if learns else []
    return [
        _fit_on_mixed(kind, mixed, y, sample_weight)
        if learns and kind in _MAPS
        else replace(plain, kind=kind)
        for kind in kinds
    ]


def _mixed(plain, proba, y, prior, sample_weight):
    """Mixtures to fit maps on, each with its logarithms.

    A mixture and a slope both flatten forecasts. Fitted one after the other the first would do the
    work of the second, so maps are also fitted with as little mixed in as may be.
    """
    least = least_mixture(len(y), sample_weight)
    likely = fit_mixture(proba, y, prior, sample_weight)
    shares = (least,) if likely <= least * (1 + SAME_SHARE) else (least, likely)
    mixed = [replace(plain, mixture=share) for share in shares]
    return [(correction, correction.mixed_log(proba)) for correction in mixed]


def _fit_on_mixed(kind, mixed, y, sample_weight):
    """Fit the map of one kind on each mixture, and take that of the least loss."""
    fits = []
    for correction, log_p in mixed:
        fitted = fit_smooth_map(log_p, y, _MAPS[kind], sample_weight)
        if min(fitted.slopes) <= 0:
            # Forecasts turned round would rank by what the labels of these very rows say.
            fitted = fit_smooth_map(log_p, y, "prior_shift", sample_weight)
        loss = _mean(map_loss_rows(fitted, log_p, y), sample_weight)
        fits.append((loss, replace(correction, kind=kind, recalibration=fitted)))
    return min(fits, key=lambda fit: fit[0])[1]


def choose_correction(method, raw, shifted, y, sample_weight, folds):
    """Correct the probabilities of one model out of fold, in the way that loses least.

    Parameters
    ----------
    method : {"auto", "prior", "offset", "sigmoid"} or None
        Which way, or that of the least cross-fitted log loss; of equal ones the one that learns
        least. None corrects nothing.
    raw, shifted : ndarray of shape (n_scored, n_classes)
        Probabilities as the model gives them, and after the prior formula; the same object where
        the model was trained under the data's own prior.
    y : ndarray of shape (n_scored,), dtype int
        Class codes.
    sample_weight : ndarray of shape (n_scored,) or None
        Weights.
    folds : ndarray of shape (n_scored,), dtype int
        Folds that maps are cross-fitted over, 0 to n_folds - 1.

    Returns
    -------
    Corrected
    """
    if method == "auto":
        kinds = CORRECTIONS if shifted is not raw else ("none", "offset", "sigmoid")
    else:
        kinds = ("none" if method is None else method,)
    learnt = [kind for kind in kinds if kind in _MAPS]
    crossed = dict(zip(learnt, _crossed(learnt, shifted, y, sample_weight, folds), strict=True))
    ways = []
    for kind in kinds:
        base = raw if kind == "none" else shifted
        proba = crossed.get(kind, base)
        ways.append((kind, base, proba, _mean(log_loss_rows(proba, y), sample_weight)))
    kind, base, proba, loss = min(ways, key=lambda way: way[3])
    correction = fit_correction(kind, base, y, sample_weight)
    return Corrected(
        correction,
        base,
        proba,
        loss,
        _mean(brier_rows(proba, y), sample_weight),
        _mean(log_loss_rows(raw, y), sample_weight),
        _mean(brier_rows(raw, y), sample_weight),
    )


def _crossed(kinds, proba, y, sample_weight, folds):
    """For each kind all rows, each corrected by what was learnt on the other folds."""
    out = [np.empty_like(proba) for _ in kinds]
    for fold in range(int(folds.max()) + 1 if kinds else 0):
        test = folds == fold
        weight = None if sample_weight is None else sample_weight[~test]
        fitted = fit_corrections(kinds, proba[~test], y[~test], weight)
        for column, correction in zip(out, fitted, strict=True):
            column[test] = correction(proba[test])
    return out


def _mean(values, sample_weight):
    """A weighted mean as a Python float."""
    return float(np.average(values, weights=sample_weight))
