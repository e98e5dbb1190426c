"""By how much a leak flatters the scores of the judged rows."""

from typing import NamedTuple

import numpy as np

from sklearn_lossfix._core._evidence import Scored
from sklearn_lossfix._core._finding import METRIC_FLOOR
from sklearn_lossfix._core._paired_tests import (
    Estimate,
    interval,
    mean_standard_error,
    paired_estimate,
    upper_tail_p,
)

# Leaked rows, and others, that a comparison needs in all; of a class, five of each.
MIN_COMPARED_ROWS = 20
MIN_CLASS_ROWS = 5


class Flattery(NamedTuple):
    """By how much scores are too good.

    Attributes
    ----------
    value : Estimate
        Loss or error that is missing.
    unit : {"nats", "points"}
        Of log loss, or of the metric.
    floor : float
        The smallest that matters.
    p_value : float
        One-sided, of "nothing is missing"; corrected for the number of quantities compared.
    compared : str
        What was compared, in words.
    """

    value: Estimate
    unit: str
    floor: float
    p_value: float
    compared: str

    def matters(self, alpha):
        """Whether scores are too good beyond chance, and by more than the smallest that matters."""
        return self.p_value <= alpha and self.value.value > self.floor


def compared_with(analysis, honest, compared, clusters=None):
    """How much better the model scored than it does without the leak, on the same rows.

    Parameters
    ----------
    analysis : Analysis
        Of the judged rows.
    honest : Scored
        What the model, or its like, says of the same rows without the leak.
    compared : str
        What `honest` is, in words.
    clusters : ndarray of shape (n_rows,), dtype int, default=None
        Rows that vary together, where the evidence has no groups.

    Returns
    -------
    Flattery or None
        Of the loss or of the metric, whichever is surer; None where neither is known.
    """
    e = analysis.evidence
    groups = clusters if e.groups is None else e.groups
    seen = []
    if analysis.ladder is not None and honest.proba is not None:
        missing = analysis.losses_of(honest) - analysis.row_losses
        value = paired_estimate(missing, e.sample_weight, groups)
        seen.append((value, "nats", analysis.loss_floor))
    if analysis.metric.kind == "label":
        value = analysis.gain(analysis.metric, e.model.pred, honest.pred, groups=groups)
        seen.append((value, "points", METRIC_FLOOR))
    return _surest(seen, compared)


def rows_missing(analysis, missing, clusters, compared):
    """The same from how much loss is missing in every judged row.

    Parameters
    ----------
    analysis : Analysis
        Of the judged rows, with probabilities.
    missing : ndarray of shape (n_rows,)
        Nats; zero in rows that do not leak.
    clusters : ndarray of shape (n_rows,), dtype int
        Rows that vary together.
    compared : str
        What was compared, in words.

    Returns
    -------
    Flattery
    """
    value = paired_estimate(missing, analysis.evidence.sample_weight, clusters)
    return _surest([(value, "nats", analysis.loss_floor)], compared)


def leaked_beside_others(analysis, leaked):
    """What leaked rows would cost if they lost as much as the other rows of their class.

    .. math:: \\sum_k \\frac{n_{kL}}{n} (\\bar l_{k, other} - \\bar l_{k, leaked})

    over the classes with at least five rows of both kinds (direct standardisation). The rows
    differ, so that rows which are easy and copied for another reason count as a leak, too.

    Parameters
    ----------
    analysis : Analysis
        Of the judged rows.
    leaked : ndarray of shape (n_rows,), dtype bool
        Rows that leak.

    Returns
    -------
    Flattery or None
        None where there are too few rows of one kind.
    """
    e = analysis.evidence
    by_loss = analysis.ladder is not None
    losses = analysis.row_losses if by_loss else (e.model.pred != e.y).astype(float)
    influence, value, n_compared = np.zeros(len(losses)), 0.0, 0
    for k in range(e.n_classes):
        own, other = (np.flatnonzero((e.y == k) & side) for side in (leaked, ~leaked))
        if min(len(own), len(other)) < MIN_CLASS_ROWS:
            continue
        means = losses[own].mean(), losses[other].mean()
        value += len(own) / len(losses) * (means[1] - means[0])
        influence[own] = means[0] - losses[own]
        influence[other] = len(own) / len(other) * (losses[other] - means[1])
        n_compared += min(len(own), len(other))
    if n_compared < MIN_COMPARED_ROWS:
        return None
    seen = interval(value, mean_standard_error(influence, groups=e.groups))
    unit, floor = ("nats", analysis.loss_floor) if by_loss else ("points", METRIC_FLOOR)
    return _surest([(seen, unit, floor)], "the other rows of the same classes")


def _surest(seen, compared):
    """The quantity that is flattered most surely; Bonferroni over those that were compared."""
    if not seen:
        return None
    options = [
        Flattery(
            value, unit, floor, min(1.0, len(seen) * upper_tail_p(value.value, value.se)), compared
        )
        for value, unit, floor in seen
    ]
    return min(options, key=lambda o: (o.value.value <= o.floor, o.p_value))


def without_the_copies(analysis, codes, n_judged):
    """What models that did not learn from a copy say of the judged rows that have one.

    A judged row that is a copy of exactly one training row is judged as that row was out of fold:
    by a model that did not see it. All other rows keep what the model says of them.

    Parameters
    ----------
    analysis : Analysis
        Of validation rows; its `refits` were judged out of fold.
    codes : ndarray of shape (n_judged + n_train,), dtype int
        Copies have one number; validation rows come first.
    n_judged : int
        Number of validation rows.

    Returns
    -------
    honest : Scored or None
        None without such rows, or without scores out of fold.
    paired : ndarray of shape (n_judged,), dtype bool
        Rows that were replaced.
    """
    e, refits = analysis.evidence, analysis.refits.evidence
    paired = np.zeros(n_judged, dtype=bool)
    if analysis.refits is analysis:
        return None, paired
    n_codes = int(codes.max()) + 1
    train = codes[n_judged:]
    n_copies = np.bincount(train, minlength=n_codes)
    # Of a row that was judged several times the first time counts.
    row, place = np.unique(refits.rows, return_index=True)
    place_of = np.full(n_codes, -1, dtype=np.intp)
    place_of[train[row]] = place
    paired = (n_copies[codes[:n_judged]] == 1) & (place_of[codes[:n_judged]] >= 0)
    at = place_of[codes[:n_judged][paired]]
    pred = e.model.pred.copy()
    pred[paired] = refits.model.pred[at]
    proba = None
    if e.model.proba is not None and refits.model.proba is not None:
        proba = e.model.proba.copy()
        proba[paired] = refits.model.proba[at]
    return Scored(pred, proba=proba), paired
