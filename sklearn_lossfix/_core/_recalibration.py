r"""Recalibration maps: prior shift, temperature, vector scaling and isotonic, cross-fitted.

The smooth maps are one nested family on clipped log-probabilities,

.. math:: \log r_k \propto s_k \log p_k + b_k ,

- *prior shift*: all slopes are 1, offsets free (Saerens, Latinne & Decaestecker 2002);
- *slope*: one common slope about the class shares :math:`\pi`, so that
  :math:`\log r_k \propto \log \pi_k + s (\log p_k - \log \pi_k)`: temperature scaling (Guo et al.
  2017) whose flattest forecast is the prior, not even odds;
- *temperature*: one common slope :math:`s = 1/T` and free offsets. For two classes this is Cox's
  logistic recalibration (Cox 1958), for more it is temperature scaling (Guo et al. 2017) with an
  offset per class;
- *vector scaling*: a slope per class (Guo et al. 2017); for two classes this is beta calibration
  (Kull, Silva Filho & Flach 2017).

Each is the minimiser of the mean log loss plus a unit-information Gaussian prior centred on the
identity (the weight of one row), which keeps slopes and offsets finite where the data separate
or miss a class. The objective is convex; undamped Newton steps diverge on sharp forecasts, so
steps are halved until the objective falls.

*Isotonic* is the pool-adjacent-violators fit of the label on the probability (CORP: Dimitriadis,
Gneiting & Jordan 2021).
"""

from dataclasses import dataclass

import numpy as np
from scipy.optimize import isotonic_regression
from scipy.special import log_softmax

from sklearn_lossfix._core._paired_tests import effective_rows, tie_blocks, weighted_mean
from sklearn_lossfix._core._proper_scores import CHUNK_ROWS, row_chunks

#: The smooth maps; prior_shift and slope are both nested in temperature, and that in vector.
SMOOTH_MAPS = ("prior_shift", "slope", "temperature", "vector")

# Weight of the prior in rows: the unit information prior of Kass & Wasserman (1995).
PRIOR_ROWS = 1.0

# Newton stops when the predicted fall of the mean log loss is below this many nats.
NEWTON_TOLERANCE = 1e-12
MAX_NEWTON_STEPS = 100
MAX_HALVINGS = 40


@dataclass(frozen=True)
class SmoothMap:
    """A member of the smooth family: ``log r = log_softmax(slopes * log p + offsets)``.

    Attributes
    ----------
    kind : {"identity", "prior_shift", "slope", "temperature", "vector"}
        Which constraint it was fitted under.
    slopes, offsets : tuple of float, one per class
        Its numbers.
    """

    kind: str
    slopes: tuple
    offsets: tuple

    def log_proba(self, log_p):
        """Recalibrated log-probabilities.

        Parameters
        ----------
        log_p : ndarray of shape (n_rows, n_classes)
            Clipped log-probabilities.

        Returns
        -------
        ndarray of shape (n_rows, n_classes)
        """
        return log_softmax(log_p * np.asarray(self.slopes) + np.asarray(self.offsets), axis=1)

    def logit(self, log_p):
        """Recalibrated log-odds of the second of two classes, shape (n_rows,)."""
        (a, b), (low, high) = self.slopes, self.offsets
        return b * log_p[:, 1] - a * log_p[:, 0] + (high - low)

    @property
    def temperature(self):
        """One over the mean slope: above 1 the forecasts were over-confident."""
        return 1.0 / float(np.mean(self.slopes))


def identity_map(n_classes):
    """The map that changes nothing."""
    return SmoothMap("identity", (1.0,) * n_classes, (0.0,) * n_classes)


def _constraint(kind, shares):
    """Matrix D with ``(slopes, offsets) = identity + D phi``."""
    n_classes = len(shares)
    eye, zero = np.eye(n_classes), np.zeros((n_classes, n_classes))
    if kind == "prior_shift":
        return np.vstack([zero, eye])
    common = np.vstack([np.ones((n_classes, 1)), np.zeros((n_classes, 1))])
    if kind == "slope":
        return np.vstack([common[:n_classes], -np.log(shares)[:, None]])
    if kind == "temperature":
        return np.hstack([common, np.vstack([zero, eye])])
    if kind == "vector":
        return np.eye(2 * n_classes)
    raise ValueError(f"kind must be one of {SMOOTH_MAPS}. Got {kind!r} instead.")


def _kept_chunks(log_p, y, weight, keep, size):
    """Yield (log_p, y, weight) of the kept rows, a chunk of rows at a time."""
    for rows in row_chunks(len(y), size):
        chunk, labels = log_p[rows], y[rows]
        w = None if weight is None else weight[rows]
        if keep is not None:
            mask = keep[rows]
            chunk, labels = chunk[mask], labels[mask]
            w = None if w is None else w[mask]
        yield chunk, labels, w


def _multiclass_objective(theta, log_p, y, weight, keep):
    """Total log loss with gradient and Hessian in (slopes, offsets); works in row chunks."""
    n_classes = log_p.shape[1]
    slopes, offsets = theta[:n_classes], theta[n_classes:]
    index = np.arange(n_classes)
    value = 0.0
    gradient = np.zeros(2 * n_classes)
    hessian = np.zeros((2 * n_classes, 2 * n_classes))
    for chunk, labels, w in _kept_chunks(log_p, y, weight, keep, CHUNK_ROWS):
        log_r = chunk * slopes
        log_r += offsets
        log_r -= log_r.max(axis=1, keepdims=True)
        r = np.exp(log_r)
        norm = r.sum(axis=1)
        r /= norm[:, None]
        hit = np.arange(len(chunk)), labels
        loss = np.log(norm) - log_r[hit]
        value += loss.sum() if w is None else np.dot(w, loss)
        joint = np.hstack([r * chunk, r])
        weighted = joint if w is None else joint * w[:, None]
        hessian -= weighted.T @ joint
        diagonal = weighted.sum(axis=0)
        hessian[index, index] += np.einsum("ik,ik->k", weighted[:, :n_classes], chunk)
        hessian[index, index + n_classes] += diagonal[:n_classes]
        hessian[index + n_classes, index] += diagonal[:n_classes]
        hessian[index + n_classes, index + n_classes] += diagonal[n_classes:]
        gradient += diagonal
        paid = np.ones(len(chunk)) if w is None else w
        gradient[:n_classes] -= np.bincount(labels, paid * chunk[hit], n_classes)
        gradient[n_classes:] -= np.bincount(labels, paid, n_classes)
    return value, gradient, hessian


def _binary_objective(theta, log_p, y, weight, keep):
    """Two classes: the same objective through one logit, a third of the arithmetic."""
    value = 0.0
    gradient = np.zeros(3)
    gram = np.zeros((3, 3))
    for chunk, labels, w in _kept_chunks(log_p, y, weight, keep, 4 * CHUNK_ROWS):
        columns = (chunk[:, 0], chunk[:, 1], np.ones(len(chunk)))
        z = theta[1] * columns[1] - theta[0] * columns[0] + (theta[3] - theta[2])
        sign = np.where(labels == 1, 1.0, -1.0)
        margin = sign * z
        tail = np.exp(-np.abs(margin))
        loss = np.log1p(tail) - np.minimum(margin, 0.0)
        miss = np.where(margin > 0, tail, 1.0) / (1.0 + tail)
        curve = miss * (1.0 - miss)
        slope = -sign * miss  # derivative of the loss in z
        if w is not None:
            loss, slope, curve = loss * w, slope * w, curve * w
        value += loss.sum()
        for i, left in enumerate(columns):
            gradient[i] += np.dot(slope, left)
            scaled = curve * left
            for j in range(i, 3):
                gram[i, j] += np.dot(scaled, columns[j])
    gram = np.triu(gram) + np.triu(gram, 1).T
    # dz / d theta has the columns -log p0, log p1, -1, 1.
    lift = np.array([[-1.0, 0, 0], [0, 1.0, 0], [0, 0, -1.0], [0, 0, 1.0]])
    return value, lift @ gradient, lift @ gram @ lift.T


def _damped_newton(objective, start):
    """Minimise a convex function by Newton steps that are halved until it falls."""
    point = start
    value, gradient, hessian = objective(point)
    for _ in range(MAX_NEWTON_STEPS):
        step = np.linalg.solve(hessian, gradient)
        decrement = float(gradient @ step)
        if decrement / 2 < NEWTON_TOLERANCE:
            break
        for _ in range(MAX_HALVINGS):
            trial = point - step
            trial_value, trial_gradient, trial_hessian = objective(trial)
            if trial_value < value:
                break
            step = step / 2
        else:
            break  # no representable improvement is left
        point, value, gradient, hessian = trial, trial_value, trial_gradient, trial_hessian
    return point


def _kept_totals(n_rows, sample_weight, keep):
    """Total weight and effective number of the kept rows."""
    if sample_weight is None:
        total = float(n_rows if keep is None else np.count_nonzero(keep))
        return total, total
    weight = sample_weight if keep is None else sample_weight[keep]
    return float(weight.sum()), effective_rows(weight, len(weight))


def _kept_shares(y, n_classes, sample_weight, keep):
    """Class shares of the kept rows; half a row more each, so that none is zero (Jeffreys)."""
    mask = np.ones(len(y)) if keep is None else keep.astype(float)
    counts = np.bincount(y, mask if sample_weight is None else mask * sample_weight, n_classes)
    total = _kept_totals(len(y), sample_weight, keep)[1]
    counts = counts * (total / counts.sum()) + 0.5
    return counts / counts.sum()


def fit_smooth_map(log_p, y, kind, sample_weight=None, start=None, keep=None):
    """Fit one map of the nested family by damped Newton steps.

    Parameters
    ----------
    log_p : ndarray of shape (n_rows, n_classes)
        Clipped log-probabilities.
    y : ndarray of shape (n_rows,), dtype int
        Class codes.
    kind : {"prior_shift", "slope", "temperature", "vector"}
        Which slopes and offsets are free.
    sample_weight : ndarray of shape (n_rows,), default=None
        Weights; only their ratios and their effective number of rows matter.
    start : SmoothMap, default=None
        Where to start; the optimum does not depend on it.
    keep : ndarray of shape (n_rows,), dtype bool, default=None
        Rows to learn from; None takes all. Saves a copy of the scores.

    Returns
    -------
    SmoothMap
    """
    n_classes = log_p.shape[1]
    total, n_effective = _kept_totals(len(y), sample_weight, keep)
    if total == 0:  # all the weight lies in rows that are not kept: nothing to learn from
        return SmoothMap(kind, (1.0,) * n_classes, (0.0,) * n_classes)
    design = _constraint(kind, _kept_shares(y, n_classes, sample_weight, keep))
    identity = np.r_[np.ones(n_classes), np.zeros(n_classes)]
    likelihood = _binary_objective if n_classes == 2 else _multiclass_objective
    ridge = PRIOR_ROWS / n_effective

    def objective(phi):
        value, gradient, hessian = likelihood(
            identity + design @ phi, log_p, y, sample_weight, keep
        )
        return (
            value / total + ridge * float(phi @ phi) / 2,
            design.T @ gradient / total + ridge * phi,
            design.T @ hessian @ design / total + ridge * np.eye(len(phi)),
        )

    phi = np.zeros(design.shape[1])
    if start is not None:
        target = np.r_[start.slopes, start.offsets] - identity
        phi = np.linalg.lstsq(design, target, rcond=None)[0]
    theta = identity + design @ _damped_newton(objective, phi)
    return SmoothMap(kind, tuple(theta[:n_classes].tolist()), tuple(theta[n_classes:].tolist()))


@dataclass(frozen=True)
class IsotonicMap:
    """A non-decreasing map of the second class's probability.

    Attributes
    ----------
    knots : ndarray of shape (n_knots,)
        Probabilities, non-decreasing: first and last of every pooled block.
    values : ndarray of shape (n_knots,)
        Recalibrated probability at the knots; linear in between.
    n_blocks : int
        Number of pooled blocks.
    """

    knots: np.ndarray
    values: np.ndarray
    n_blocks: int

    kind = "isotonic"

    def log_proba(self, log_p):
        """Recalibrated log-probabilities of both classes, shape (n_rows, 2)."""
        r = np.interp(np.exp(log_p[:, 1]), self.knots, self.values)
        return np.column_stack([np.log1p(-r), np.log(r)])


@dataclass(frozen=True, eq=False)
class PooledBlocks:
    """Blocks of a pool-adjacent-violators fit on sorted rows.

    Attributes
    ----------
    first, last : ndarray of shape (n_blocks,), dtype int
        First and last row of every block.
    weight, share : ndarray of shape (n_blocks,)
        Total weight, and share of the second class.
    """

    first: np.ndarray
    last: np.ndarray
    weight: np.ndarray
    share: np.ndarray

    def fitted(self):
        """Fitted share of every row."""
        return np.repeat(self.share, self.last - self.first + 1)


def pool_adjacent_violators(sorted_p, sorted_positive, sorted_weight=None):
    """Isotonic fit on rows sorted by probability, equal probabilities pooled first.

    Parameters
    ----------
    sorted_p : ndarray of shape (n_rows,)
        Non-decreasing probabilities.
    sorted_positive : ndarray of shape (n_rows,), dtype bool
        Where the second class came true.
    sorted_weight : ndarray of shape (n_rows,), default=None
        Weights, all positive.

    Returns
    -------
    PooledBlocks
    """
    starts, lengths = tie_blocks(sorted_p)
    if sorted_weight is None:
        tie_weight = lengths.astype(float)
        tie_positive = np.add.reduceat(sorted_positive, starts, dtype=float)
    else:
        tie_weight = np.add.reduceat(sorted_weight, starts)
        tie_positive = np.add.reduceat(np.where(sorted_positive, sorted_weight, 0.0), starts)
    del lengths  # in place from here on: every vector of n rows counts
    tie_positive /= tie_weight
    solution = isotonic_regression(tie_positive, weights=tie_weight)
    edges = solution.blocks
    ends = np.append(starts[1:], len(sorted_p)) - 1
    return PooledBlocks(
        starts[edges[:-1]], ends[edges[1:] - 1], solution.weights, solution.x[edges[:-1]]
    )


def fit_isotonic_map(log_p, y, sample_weight=None, order=None, keep=None):
    """Isotonic map whose block shares are never 0 or 1, so that its log loss is finite.

    Each block forecasts ``(positives + 1/2) / (rows + 1)``, the estimator of Krichevsky & Trofimov
    (1981): the least worst-case log loss for a share learnt from counts.

    Parameters
    ----------
    log_p : ndarray of shape (n_rows, 2)
        Clipped log-probabilities of two classes.
    y : ndarray of shape (n_rows,), dtype int
        Class codes.
    sample_weight : ndarray of shape (n_rows,), default=None
        Weights.
    order : ndarray of shape (n_rows,), dtype int, default=None
        Rows in the order of the second class's probability, if known.
    keep : ndarray of shape (n_rows,), dtype bool, default=None
        Rows to learn from; None takes all.

    Returns
    -------
    IsotonicMap
    """
    order = np.argsort(log_p[:, 1], kind="stable") if order is None else order
    order = order if keep is None else order[keep[order]]
    if sample_weight is not None:  # a row of weight zero is not there
        order = order[sample_weight[order] > 0]
    p = np.exp(log_p[order, 1])
    positive = y[order] == 1
    weight = None
    if sample_weight is not None:  # as counts: the blocks' pseudo-rows weigh one effective row
        weight = sample_weight[order]
        weight = weight * (weight.sum() / np.square(weight).sum())
    del order
    blocks = pool_adjacent_violators(p, positive, weight)
    values = (blocks.share * blocks.weight + 0.5) / (blocks.weight + 1.0)
    # Pseudo-rows pull small blocks harder, which can undo the order. Such blocks are pooled with
    # their pseudo-rows, so that one row at the bottom cannot lift all the others.
    values = isotonic_regression(values, weights=blocks.weight + 1.0).x
    knots = np.column_stack([p[blocks.first], p[blocks.last]]).ravel()
    return IsotonicMap(knots, np.repeat(values, 2), len(values))


def fit_shape_map(
    log_p, y, sample_weight=None, start=None, order=None, keep=None, n_independent=np.inf
):
    """The most flexible map of the ladder: vector scaling, or isotonic where the data ask for it.

    For two classes the isotonic fit replaces vector scaling if it lowers the in-sample loss by more
    than Schwarz's (1978) penalty for its extra blocks, ``(blocks - 3) / 2 * log(n)`` nats in total.

    Parameters
    ----------
    log_p, y, sample_weight, start, keep
        As in :func:`fit_smooth_map`.
    order : ndarray of shape (n_rows,), dtype int, default=None
        As in :func:`fit_isotonic_map`.
    n_independent : float, default=inf
        Number of groups, where rows of a group repeat each other.

    Returns
    -------
    SmoothMap or IsotonicMap
    """
    vector = fit_smooth_map(log_p, y, "vector", sample_weight, start, keep)
    if log_p.shape[1] > 2 or _kept_totals(len(y), sample_weight, keep)[0] == 0:
        return vector
    isotonic = fit_isotonic_map(log_p, y, sample_weight, order, keep)
    saved = map_loss_rows(vector, log_p, y) - map_loss_rows(isotonic, log_p, y)
    weight = sample_weight
    if keep is not None:
        saved = saved[keep]
        weight = None if weight is None else weight[keep]
    n_rows = effective_rows(weight, len(saved))
    vector_parameters = 3  # two slopes, one offset
    n_rows = min(n_rows, n_independent)
    penalty = (isotonic.n_blocks - vector_parameters) / 2 * np.log(n_rows)
    return isotonic if weighted_mean(saved, weight) * n_rows > penalty else vector


def map_loss_rows(recalibration, log_p, y):
    """Log loss of every row after a map, worked out in row chunks."""
    out = np.empty(len(y))
    two_smooth = isinstance(recalibration, SmoothMap) and log_p.shape[1] == 2
    for rows in row_chunks(len(y)):
        if two_smooth:  # one logit instead of two columns
            z = recalibration.logit(log_p[rows])
            out[rows] = np.logaddexp(0.0, np.where(y[rows] == 1, -z, z))
        else:
            log_r = recalibration.log_proba(log_p[rows])
            out[rows] = -np.take_along_axis(log_r, y[rows, None], axis=1)[:, 0]
    return out


def cross_fit(fit, folds):
    """One map per fold, fitted on all the other rows.

    Parameters
    ----------
    fit : callable
        Takes a boolean mask of the rows to learn from, gives a map.
    folds : ndarray of shape (n_rows,), dtype int
        Fold of every row, 0..n_folds-1.

    Returns
    -------
    list of maps, indexed by fold
    """
    return [fit(folds != fold) for fold in range(int(folds.max()) + 1)]


def cross_fitted_chunks(maps, log_p, folds):
    """Yield ``(rows, log_r)``: each row recalibrated by the map that never saw it.

    Parameters
    ----------
    maps : list of maps
        From :func:`cross_fit`.
    log_p : ndarray of shape (n_rows, n_classes)
        Clipped log-probabilities.
    folds : ndarray of shape (n_rows,), dtype int
        Fold of every row.

    Yields
    ------
    rows : ndarray of int
        Row numbers.
    log_r : ndarray of shape (len(rows), n_classes)
        Their recalibrated log-probabilities.
    """
    for fold, recalibration in enumerate(maps):
        members = np.flatnonzero(folds == fold)
        for part in row_chunks(len(members)):
            rows = members[part]
            yield rows, recalibration.log_proba(log_p[rows])
