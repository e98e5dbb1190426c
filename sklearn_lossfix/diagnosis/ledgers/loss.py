r"""The loss ledger: where the log loss (and the Brier score) comes from.

With :math:`S_j` the cross-fitted mean loss of the forecasts after map :math:`g_j` (0 nothing,
1 prior shift, 2 temperature, 3 shape), :math:`S_\pi` the loss of always forecasting the class
shares and :math:`S_{ref}` the loss of a recalibrated reference model on the same rows,

.. math::

    S_0 &= S_{ref} + (S_3 - S_{ref}) + (S_2 - S_3) + (S_1 - S_2) + (S_0 - S_1) \\
        &= S_\pi - (S_\pi - S_3) + (S_0 - S_3)

(Kull & Flach 2015; Broecker 2009 for the terms; the telescoping makes both exact). The first line
reads reference + grouping + shape + temperature + prior shift, the second uncertainty -
discrimination + miscalibration.

Temperature and prior shift share the loss between them in a way that depends on which goes first:
on very sharp forecasts free offsets undo a part of the sharpness, and on forecasts under another
prior a slope undoes a part of the shift. The one that lowers the loss more on its own goes first
(forward selection), so the larger cause is not split over two rows.
"""

from dataclasses import dataclass

import numpy as np
from scipy import stats

from sklearn_lossfix._core._paired_tests import (
    Estimate,
    effective_units,
    interval,
    mean_standard_error,
    paired_estimate,
    weighted_mean,
)
from sklearn_lossfix._core._proper_scores import (
    brier_rows,
    brier_scale,
    class_shares,
    clipped_log,
    entropy,
    gini_simpson,
    log_loss_rows,
    probability_floor,
    true_class_probability,
)
from sklearn_lossfix._core._recalibration import (
    cross_fit,
    cross_fitted_chunks,
    fit_shape_map,
    fit_smooth_map,
    identity_map,
    map_loss_rows,
)
from sklearn_lossfix.diagnosis.ledgers._ledger import Ledger, LedgerRow

#: Rungs above the scores as they are, in the order in which ledgers show them.
SHOWN_RUNGS = ("shape", "temperature", "prior shift")

# The map of a rung that comes first; whatever comes second has both, a slope and offsets.
_SINGLE = {"prior shift": "prior_shift", "temperature": "slope"}

# A label that had been given less than this probability is a surprise: one row in a hundred
# promised at most one such label.
SURPRISE_PROBABILITY = 0.01


@dataclass(frozen=True, eq=False)
class Ladder:
    """Losses of one set of forecasts after every map of the ladder.

    Attributes
    ----------
    rungs : tuple of str
        From ``"as is"`` through ``"prior shift"`` and ``"temperature"`` (the larger cause first) to
        ``"shape"``.
    log_rows : dict of str to ndarray of shape (n_rows,)
        Log loss of every row on every rung, cross-fitted.
    brier_means : dict of str to float
        Mean Brier score on every rung.
    in_sample_means : dict of str to float
        Mean log loss with maps fitted to these same rows, for likelihood-ratio tests.
    miscalibration : Estimate
        In-sample fall of the loss from the scores as they are to the last rung, less its optimism.
    maps : dict of str to SmoothMap
        Maps fitted to all rows.
    fold_maps : dict of str to list
        Maps per fold, fitted to the rows outside it.
    surprise : Estimate
        Mean of paid minus promised loss beyond that of a surprise, on the last rung; its standard
        error is the larger of the promised and the seen one.
    n_parameters : dict of str to int
        Free parameters that each rung adds to the one before.
    """

    rungs: tuple
    log_rows: dict
    brier_means: dict
    in_sample_means: dict
    miscalibration: Estimate
    maps: dict
    fold_maps: dict
    surprise: Estimate
    n_parameters: dict

    def before(self, rung):
        """The rung below."""
        return self.rungs[self.rungs.index(rung) - 1]


def _single_causes(log_p, y, sample_weight, n_effective):
    """Fit both single maps; give them with their in-sample losses, the larger cause first."""
    found = []
    for rung, kind in _SINGLE.items():
        fitted = fit_smooth_map(log_p, y, kind, sample_weight)
        mean = weighted_mean(map_loss_rows(fitted, log_p, y), sample_weight)
        n_free = log_p.shape[1] - 1 if rung == "prior shift" else 1
        found.append((mean + n_free / (2.0 * n_effective), rung, fitted, mean))
    found.sort(key=lambda entry: entry[0])
    return found


def climb(proba, y, folds, sample_weight=None, groups=None):
    """Fit every map of the ladder, in-sample and cross-fitted.

    Parameters
    ----------
    proba : ndarray of shape (n_rows, n_classes)
        Probabilities.
    y : ndarray of shape (n_rows,), dtype int
        Class codes.
    folds : ndarray of shape (n_rows,), dtype int
        Fold of every row for cross-fitting.
    sample_weight, groups : ndarray of shape (n_rows,), default=None
        Weights; codes of the groups.

    Returns
    -------
    Ladder
    """
    n_rows, n_classes = proba.shape
    log_p = clipped_log(proba)
    order = None
    if n_classes == 2:
        order = np.argsort(log_p[:, 1], kind="stable").astype(np.int32)
    n_effective = effective_units(sample_weight, n_rows, groups)
    log_rows = {"as is": log_loss_rows(proba, y)}
    brier_means = {"as is": weighted_mean(brier_rows(proba, y), sample_weight)}
    in_sample_means = {"as is": weighted_mean(log_rows["as is"], sample_weight)}
    (_, first, fitted, mean), (_, second, _, _) = _single_causes(
        log_p, y, sample_weight, n_effective
    )
    kinds = {first: _SINGLE[first], second: "temperature", "shape": "vector"}
    maps, fold_maps = {"as is": identity_map(n_classes), first: fitted}, {}
    in_sample_means[first] = mean
    n_parameters = {"prior shift": n_classes - 1, "temperature": 1, "shape": n_classes - 1}
    promised_variance = 0.0
    weight_total = float(n_rows) if sample_weight is None else float(sample_weight.sum())
    for rung, kind in kinds.items():
        if rung != first:
            maps[rung] = fitted = fit_smooth_map(log_p, y, kind, sample_weight, start=fitted)
            in_sample_rows = map_loss_rows(fitted, log_p, y)
            in_sample_means[rung] = weighted_mean(in_sample_rows, sample_weight)
            if rung == "shape":
                del in_sample_rows  # n rows less while the isotonic fit is at its largest
                chosen = fit_shape_map(
                    log_p, y, sample_weight, fitted, order, n_independent=n_effective
                )
                in_sample_rows = map_loss_rows(chosen, log_p, y)
                in_sample_fall = _in_sample_fall(
                    log_rows["as is"] - in_sample_rows,
                    chosen.n_blocks if chosen.kind == "isotonic" else sum(n_parameters.values()),
                    n_effective,
                    sample_weight,
                    groups,
                )
                del chosen
            del in_sample_rows

        def learn(keep, rung=rung, kind=kind, start=fitted):
            if rung == "shape":
                return fit_shape_map(log_p, y, sample_weight, start, order, keep, n_effective)
            return fit_smooth_map(log_p, y, kind, sample_weight, start, keep)

        fold_maps[rung] = cross_fit(learn, folds)
        losses, brier = np.empty(n_rows), 0.0
        excess = np.empty(n_rows if rung == "shape" else 0)
        for rows, log_r in cross_fitted_chunks(fold_maps[rung], log_p, folds):
            losses[rows] = -np.take_along_axis(log_r, y[rows, None], axis=1)[:, 0]
            w = None if sample_weight is None else sample_weight[rows]
            r = np.exp(log_r)
            brier += float(np.dot(brier_rows(r, y[rows]), np.ones(len(rows)) if w is None else w))
            if rung == "shape":
                excess[rows], variance = _surprise(log_r, r, losses[rows])
                promised_variance += float(
                    variance.sum() if w is None else np.dot(np.square(w), variance)
                )
        log_rows[rung] = losses
        brier_means[rung] = brier / weight_total
    return Ladder(
        ("as is", *kinds),
        log_rows,
        brier_means,
        in_sample_means,
        in_sample_fall,
        maps,
        fold_maps,
        # The seen variance is too small where no surprise happened to occur: the promised one
        # holds.
        interval(
            weighted_mean(excess, sample_weight),
            max(
                np.sqrt(promised_variance) / weight_total,
                mean_standard_error(excess, sample_weight, groups),
            ),
        ),
        n_parameters,
    )


def _in_sample_fall(differences, n_parameters, n_effective, sample_weight, groups):
    """Miscalibration in nats: in-sample fall to the last rung, less its optimism ``k / (2 n)``.

    The interval treats the fitted map as fixed, which is right to first order because the map is at
    an optimum (envelope theorem).
    """
    optimism = n_parameters / (2.0 * n_effective)
    se = mean_standard_error(differences, sample_weight, groups)
    return interval(weighted_mean(differences, sample_weight) - optimism, se)


def _surprise(log_r, r, losses):
    """Loss beyond a surprise's: paid minus promised, and the promised variance."""
    limit = -np.log(SURPRISE_PROBABILITY)
    beyond = np.maximum(-log_r - limit, 0.0)
    promised = np.einsum("ik,ik->i", r, beyond)
    variance = np.einsum("ik,ik,ik->i", r, beyond, beyond) - promised**2
    return np.maximum(losses - limit, 0.0) - promised, np.maximum(variance, 0.0)


def clipped_rows(proba, y):
    """Rows whose label was given a probability at or below the clip: their loss is infinite."""
    return np.flatnonzero(true_class_probability(proba, y) <= probability_floor(proba))


def likelihood_ratio(ladder, rung, n_effective):
    """Test of a rung against the one before, in-sample.

    Parameters
    ----------
    ladder : Ladder
        The ladder.
    rung : str
        The rung.
    n_effective : float
        Effective number of rows.

    Returns
    -------
    dict with ``statistic``, ``df``, ``p_value`` (Wilks 1938) and ``in_sample``: the fall of the
    loss less its optimism ``k / (2 n)``.
    """
    before = ladder.before(rung)
    fall = ladder.in_sample_means[before] - ladder.in_sample_means[rung]
    df = ladder.n_parameters[rung]
    statistic = 2.0 * n_effective * fall
    return {
        "in_sample": fall - df / (2.0 * n_effective),
        "statistic": statistic,
        "df": df,
        "p_value": float(stats.chi2.sf(max(statistic, 0.0), df)),
    }


def rung_gain(ladder, rung, sample_weight=None, groups=None, *, inflation=1.0):
    """Cross-fitted fall of the loss from the rung before: what its map delivers on new rows.

    With the Nadeau-Bengio factor as `inflation` it is that of the model, which the rows of a fold
    know through one fit only; without, that of these forecasts.
    """
    saved = ladder.log_rows[ladder.before(rung)] - ladder.log_rows[rung]
    return paired_estimate(saved, sample_weight, groups, inflation=inflation)


def _telescope(ladder, reference_rows, sample_weight, groups, inflation):
    """Rows of the first view: the ladder read from the floor up."""
    shape = ladder.log_rows["shape"]
    if reference_rows is None:
        floor = paired_estimate(shape, sample_weight, groups)
        rows = [LedgerRow("refinement", floor.value, floor.low, floor.high)]
    else:
        floor = paired_estimate(reference_rows, sample_weight, groups)
        grouping = paired_estimate(
            shape - reference_rows, sample_weight, groups, inflation=inflation
        )
        rows = [
            LedgerRow("reference", floor.value, floor.low, floor.high),
            LedgerRow("grouping", grouping.value, grouping.low, grouping.high),
        ]
    n_effective = effective_units(sample_weight, len(shape), groups)
    for rung in SHOWN_RUNGS:
        gain = rung_gain(ladder, rung, sample_weight, groups)
        test = likelihood_ratio(ladder, rung, n_effective)
        rows.append(LedgerRow(rung, gain.value, gain.low, gain.high, test))
    return tuple(rows)


def loss_ledger(
    ladder,
    proba,
    y,
    *,
    sample_weight=None,
    groups=None,
    reference_rows=None,
    train_loss=None,
    inflation=1.0,
):
    """Ledger of the log loss in nats.

    Parameters
    ----------
    ladder : Ladder
        From :func:`climb`.
    proba : ndarray of shape (n_rows, n_classes)
        Probabilities.
    y : ndarray of shape (n_rows,), dtype int
        Class codes.
    sample_weight, groups : ndarray of shape (n_rows,), default=None
        Weights; codes of the groups.
    reference_rows : ndarray of shape (n_rows,), default=None
        Log loss per row of the recalibrated reference model.
    train_loss : float, default=None
        Mean log loss on the training rows.
    inflation : float, default=1.0
        Nadeau-Bengio factor for differences between refitted models.

    Returns
    -------
    Ledger
    """
    total = weighted_mean(ladder.log_rows["as is"], sample_weight)
    shares = class_shares(y, proba.shape[1], sample_weight)
    uncertainty = entropy(shares)
    refined = ladder.log_rows["shape"]
    constant = -np.log(np.maximum(shares, np.finfo(float).tiny))[y]
    skill = paired_estimate(constant - refined, sample_weight, groups)
    paid = paired_estimate(ladder.log_rows["as is"] - refined, sample_weight, groups)
    views = {
        "ladder": _telescope(ladder, reference_rows, sample_weight, groups, inflation),
        "uncertainty": (
            LedgerRow("uncertainty", uncertainty),
            LedgerRow("discrimination", -skill.value, -skill.high, -skill.low),
            _miscalibration_row(paid, ladder.miscalibration),
        ),
    }
    if train_loss is not None:
        views["gap"] = (
            LedgerRow("training", train_loss),
            LedgerRow("training to judged rows", total - train_loss),
        )
    clipped = clipped_rows(proba, y)
    clipped_part = ladder.log_rows["as is"][clipped]
    weight = np.ones(len(y)) if sample_weight is None else sample_weight
    notes = {
        "n_clipped_rows": int(clipped.size),
        "clipped_share": float(np.dot(weight[clipped], clipped_part) / weight.sum() / total)
        if total > 0
        else 0.0,
        "clip_probability": probability_floor(proba),
    }
    return Ledger("log loss", "nats", total, views, notes)


def _miscalibration_row(paid, corrected):
    """The cross-fitted row with the interval of the corrected in-sample estimate."""
    # The two estimators differ by their biases, of order k / n: the interval holds both of theirs.
    low, high = min(corrected.low, paid.low), max(corrected.high, paid.high)
    return LedgerRow("miscalibration", paid.value, low, high, {"in_sample": corrected.value})


def brier_ledger(ladder, y, n_classes, sample_weight=None, reference_brier=None):
    """The same ladder in Brier scores, on scikit-learn's scale.

    Parameters
    ----------
    ladder : Ladder
        From :func:`climb`.
    y : ndarray of shape (n_rows,), dtype int
        Class codes.
    n_classes : int
        Number of classes.
    sample_weight : ndarray of shape (n_rows,), default=None
        Weights.
    reference_brier : float, default=None
        Mean Brier score of the recalibrated reference model.

    Returns
    -------
    Ledger
    """
    means = ladder.brier_means
    total = means["as is"]
    uncertainty = gini_simpson(class_shares(y, n_classes, sample_weight))
    if reference_brier is None:
        floor = [LedgerRow("refinement", means["shape"])]
    else:
        floor = [
            LedgerRow("reference", reference_brier),
            LedgerRow("grouping", means["shape"] - reference_brier),
        ]
    steps = [LedgerRow(rung, means[ladder.before(rung)] - means[rung]) for rung in SHOWN_RUNGS]
    views = {
        "ladder": (*floor, *steps),
        "uncertainty": (
            LedgerRow("uncertainty", uncertainty),
            LedgerRow("discrimination", means["shape"] - uncertainty),
            LedgerRow("miscalibration", total - means["shape"]),
        ),
    }
    return Ledger("Brier score", "score", total, views, {"scale": brier_scale(n_classes)})


def class_loss_shares(row_losses, y, n_classes, sample_weight=None):
    """Per class: share of the rows, share of the total loss, mean loss.

    Parameters
    ----------
    row_losses : ndarray of shape (n_rows,)
        Loss of every row.
    y : ndarray of shape (n_rows,), dtype int
        Class codes.
    n_classes : int
        Number of classes.
    sample_weight : ndarray of shape (n_rows,), default=None
        Weights.

    Returns
    -------
    row_share, loss_share, mean_loss : ndarray of shape (n_classes,)
        ``loss_share`` sums to one (or is zero where there is no loss); ``mean_loss`` is NaN for an
        absent class.
    """
    weight = np.ones(len(y)) if sample_weight is None else sample_weight
    rows = np.bincount(y, weight, n_classes)
    loss = np.bincount(y, weight * row_losses, n_classes)
    total = loss.sum()
    mean = np.divide(loss, rows, out=np.full(n_classes, np.nan), where=rows > 0)
    return rows / rows.sum(), loss / total if total > 0 else np.zeros(n_classes), mean


def lorenz_curve(row_losses, sample_weight=None, n_points=101):
    """Lorenz curve of the row losses (Lorenz 1905) and their Gini coefficient.

    Parameters
    ----------
    row_losses : ndarray of shape (n_rows,)
        Loss of every row, not negative.
    sample_weight : ndarray of shape (n_rows,), default=None
        Weights.
    n_points : int, default=101
        Points of the curve.

    Returns
    -------
    row_share, loss_share : ndarray of shape (n_points,)
        The easiest ``row_share`` of the rows carry ``loss_share`` of the loss.
    gini : float
        0: all rows cost the same; 1: one row costs everything.
    """
    order = np.argsort(row_losses)
    weight = np.ones(len(row_losses)) if sample_weight is None else sample_weight[order]
    x = np.concatenate([[0.0], np.cumsum(weight)])
    mass = np.concatenate([[0.0], np.cumsum(weight * row_losses[order])])
    x /= x[-1]
    if mass[-1] > 0:
        mass /= mass[-1]
    else:
        mass = x.copy()
    gini = float(1.0 - np.dot(np.diff(x), mass[1:] + mass[:-1]))
    grid = np.linspace(0.0, 1.0, n_points)
    return grid, np.interp(grid, x, mass), gini
