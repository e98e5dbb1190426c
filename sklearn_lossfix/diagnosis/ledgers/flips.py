r"""The flip table: how a change of the loss and a change of accuracy belong together.

Two states *a* and *b* of a forecast of the same rows (two models, two epochs, prior and model) put
each row into one of four cells: stayed right, stayed wrong, newly right, newly wrong. With
:math:`\Delta\ell_i` the change of a row's loss,

.. math:: \Delta L = \sum_{cells} \frac{1}{W} \sum_{i \in cell} w_i \Delta\ell_i, \qquad
          \Delta acc = \frac{W_{newly\ right} - W_{newly\ wrong}}{W}

both exactly: the loss can move in the cells where nothing flips, and accuracy only where it does.
"""

from dataclasses import dataclass

import numpy as np

from sklearn_lossfix._core._paired_tests import (
    mcnemar_p,
    paired_estimate,
    upper_tail_p,
)
from sklearn_lossfix._core._proper_scores import log_loss_rows
from sklearn_lossfix._core._validation import (
    check_groups,
    check_probabilities,
    check_same_length,
    check_target,
    check_weights,
    encode_target,
    refuse_lazy,
)

#: The four cells, in the order they are shown.
CELLS = ("stayed right", "stayed wrong", "newly right", "newly wrong")


@dataclass(frozen=True)
class FlipTable:
    """What moved between two states of a forecast.

    Attributes
    ----------
    n_rows : dict of str to int
        Rows per cell.
    share : dict of str to float
        Weighted share of the rows per cell.
    loss_change : dict of str to float
        Contribution of the cell to the change of the mean log loss, in nats.
    accuracy_change : dict of str to float
        Contribution of the cell to the change of accuracy.
    loss_total, accuracy_total : float
        The changes: the sums of the cells.
    loss_low, loss_high : float
        95 % interval of the change of the loss, row-paired.
    loss_p : float
        Two-sided p-value of "the loss did not change".
    accuracy_p : float
        Exact McNemar p-value of "accuracy did not change" (rows counted once, whatever their
        weights); with groups the p-value of the row-paired difference, clustered by group.
    states : tuple of (str, str)
        Names of the two states.
    """

    n_rows: dict
    share: dict
    loss_change: dict
    accuracy_change: dict
    loss_total: float
    accuracy_total: float
    loss_low: float
    loss_high: float
    loss_p: float
    accuracy_p: float
    states: tuple = ("a", "b")

    def columns(self):
        """Columns of a table with one row per cell."""
        return {
            "cell": list(CELLS),
            "n_rows": [self.n_rows[c] for c in CELLS],
            "share": [self.share[c] for c in CELLS],
            "loss_change": [self.loss_change[c] for c in CELLS],
            "accuracy_change": [self.accuracy_change[c] for c in CELLS],
        }

    def to_dict(self):
        """Plain dictionary."""
        return {
            "states": list(self.states),
            "cells": self.columns(),
            "loss_total": self.loss_total,
            "accuracy_total": self.accuracy_total,
            "loss_low": self.loss_low,
            "loss_high": self.loss_high,
            "loss_p": self.loss_p,
            "accuracy_p": self.accuracy_p,
        }

    @classmethod
    def from_dict(cls, data):
        """Rebuild from :meth:`to_dict`."""
        cells = data["cells"]
        columns = {
            key: dict(zip(CELLS, cells[key], strict=True))
            for key in ("n_rows", "share", "loss_change", "accuracy_change")
        }
        scalars = ("loss_total", "accuracy_total", "loss_low", "loss_high", "loss_p", "accuracy_p")
        # Strict JSON has no infinity: an interval that was not known came back as null.
        known = {k: np.nan if data[k] is None else data[k] for k in scalars}
        return cls(**columns, **known, states=tuple(data["states"]))

    def __str__(self):
        first, second = self.states
        lines = [
            f"From {first} to {second}: loss {self.loss_total:+.4f} nats "
            f"[{self.loss_low:+.4f}, {self.loss_high:+.4f}], accuracy {self.accuracy_total:+.4f}",
            f"{'':14s}{'rows':>9s}{'loss':>11s}{'accuracy':>11s}",
        ]
        lines += [
            f"{cell:14s}{self.n_rows[cell]:9,d}{self.loss_change[cell]:+11.4f}"
            f"{self.accuracy_change[cell]:+11.4f}"
            for cell in CELLS
        ]
        lines.append(
            f"{'sum':14s}{sum(self.n_rows.values()):9,d}{self.loss_total:+11.4f}"
            f"{self.accuracy_total:+11.4f}"
        )
        return "\n".join(lines)

    __repr__ = __str__


def flips(
    loss_a,
    loss_b,
    right_a,
    right_b,
    sample_weight=None,
    groups=None,
    states=("a", "b"),
    inflation=1.0,
):
    """Flip table from row losses and hits.

    Parameters
    ----------
    loss_a, loss_b : ndarray of shape (n_rows,)
        Log loss of every row in the two states.
    right_a, right_b : ndarray of shape (n_rows,), dtype bool
        Whether the label was right.
    sample_weight, groups : ndarray of shape (n_rows,), default=None
        Weights; codes of the groups.
    states : tuple of (str, str), default=("a", "b")
        Names of the states.
    inflation : float, default=1.0
        Nadeau-Bengio factor on the variance of the loss where models were refitted.

    Returns
    -------
    FlipTable
    """
    cell = np.where(right_a, np.where(right_b, 0, 3), np.where(right_b, 2, 1))
    weight = np.ones(len(cell)) if sample_weight is None else sample_weight
    total = weight.sum()
    difference = loss_b - loss_a
    rows = np.bincount(cell, minlength=4)
    share = np.bincount(cell, weight, 4) / total
    change = np.bincount(cell, weight * difference, 4) / total
    sign = np.array([0.0, 0.0, 1.0, -1.0])
    estimate = paired_estimate(difference, sample_weight, groups, inflation=inflation)
    return FlipTable(
        n_rows=dict(zip(CELLS, rows.tolist(), strict=True)),
        share=dict(zip(CELLS, share.tolist(), strict=True)),
        loss_change=dict(zip(CELLS, change.tolist(), strict=True)),
        accuracy_change=dict(zip(CELLS, (sign * share).tolist(), strict=True)),
        loss_total=float(change.sum()),
        accuracy_total=float(share[2] - share[3]),
        loss_low=estimate.low,
        loss_high=estimate.high,
        loss_p=min(1.0, 2 * upper_tail_p(abs(estimate.value), estimate.se)),
        accuracy_p=_accuracy_p(rows, right_a, right_b, sample_weight, groups),
        states=tuple(states),
    )


def _accuracy_p(rows, right_a, right_b, sample_weight, groups):
    """P-value of no change of accuracy; rows of a group are not independent, as McNemar needs."""
    if groups is None:
        return mcnemar_p(rows[2], rows[3])
    difference = right_b.astype(float) - right_a
    change = paired_estimate(difference, sample_weight, groups)
    return min(1.0, 2 * upper_tail_p(abs(change.value), change.se))


def flip_table(
    y, scores_a, scores_b, *, classes=None, sample_weight=None, groups=None, states=("a", "b")
):
    """Show which rows moved the loss, and which moved accuracy, between two forecasts.

    The loss can move in rows that are right or wrong in both forecasts; accuracy only moves in
    rows that flip. So the table tells how one can change without the other.

    Parameters
    ----------
    y : array-like of shape (n_rows,)
        True labels.
    scores_a, scores_b : array-like of shape (n_rows, n_classes) or (n_rows,)
        Probabilities of the same rows before and after; one column is the probability of the second
        of two classes. The label is the argmax.
    classes : array-like of shape (n_classes,), default=None
        Labels in the order of the columns; None takes the sorted labels of `y`.
    sample_weight : array-like of shape (n_rows,), default=None
        Weights.
    groups : array-like of shape (n_rows,), default=None
        Groups that vary together; intervals then vary groups instead of rows.
    states : tuple of (str, str), default=("a", "b")
        Names of the two forecasts.

    Returns
    -------
    FlipTable
        Cells that sum exactly to the change of the loss and to the change of accuracy.

    Raises
    ------
    ValueError
        If lengths differ, labels are unknown or missing, or scores are no probabilities.

    See Also
    --------
    diagnose_predictions : Its report holds the flip table from the class shares to the model.

    Examples
    --------
    >>> from sklearn_lossfix import flip_table
    >>> table = flip_table([0, 1, 1, 0], [0.4, 0.4, 0.9, 0.2], [0.1, 0.6, 0.9, 0.7])
    >>> table.n_rows
    {'stayed right': 2, 'stayed wrong': 0, 'newly right': 1, 'newly wrong': 1}
    >>> round(table.accuracy_total, 3)
    0.0
    """
    for name, value in (("y", y), ("scores_a", scores_a), ("scores_b", scores_b)):
        refuse_lazy(value, name)
    check_same_length(
        y=y, scores_a=scores_a, scores_b=scores_b, sample_weight=sample_weight, groups=groups
    )
    codes, labels = encode_target(check_target(y), classes)
    weight = check_weights(sample_weight, len(codes))
    proba = [
        check_probabilities(scores, len(labels), name)
        for scores, name in ((scores_a, "scores_a"), (scores_b, "scores_b"))
    ]
    losses = [log_loss_rows(p, codes) for p in proba]
    right = [p.argmax(axis=1) == codes for p in proba]
    return flips(*losses, *right, weight, check_groups(groups, len(codes)), states)
