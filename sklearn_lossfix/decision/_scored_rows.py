"""Rows scored by models that did not learn from them, and the folds they are judged in."""

from typing import NamedTuple

import numpy as np

from sklearn_lossfix._core._oof import fix_folds
from sklearn_lossfix.exceptions import TooFewRowsError

# Folds where none are asked for, as in scikit-learn; fewer if a class has fewer rows.
DEFAULT_N_SPLITS = 5


class ScoredRows(NamedTuple):
    """Rows that were scored by models that did not learn from them; a row may stand here often.

    Attributes
    ----------
    y : ndarray of shape (n_scored,), integer
        Class codes.

    scores : ndarray of shape (n_scored, n_classes) or (n_scored,)
        Probabilities or decision values; one column is that of the last class.

    row : ndarray of shape (n_scored,), integer
        Positions in the data.

    fold : ndarray of shape (n_scored,), integer, or None
        The split that each was tested in; None if no folds were drawn.

    weight : ndarray of shape (n_scored,) or None
        Sample weights, divided among the scores of a row; None where all are one.

    unit : ndarray of shape (n_scored,), integer
        Codes of what was drawn independently: groups, otherwise rows.

    grouped : bool
        Whether groups were given.

    row_weight : ndarray of shape (n_scored,) or None
        Sample weights of the rows, undivided: for what is computed split by split.

    cost : ndarray of shape (n_scored,) or None
        What an error in each row costs, where rows have costs of their own: see `priced`.
    """

    y: np.ndarray
    scores: np.ndarray
    row: np.ndarray
    fold: np.ndarray | None
    weight: np.ndarray | None
    unit: np.ndarray
    grouped: bool
    row_weight: np.ndarray | None = None
    cost: np.ndarray | None = None

    def rows_per_unit(self, rows):
        """How many of some rows prove as much as one, if those of a unit are alike; at least 1.

        Kish's effective number of rows over that of units: for a row that is scored in r splits r,
        for groups of g rows g.

        Parameters
        ----------
        rows : slice, or ndarray of shape (n_rows,), dtype bool
            The rows.

        Returns
        -------
        float
        """
        unit = self.unit[rows]
        weight = np.ones(len(unit)) if self.weight is None else self.weight[rows]
        squares = weight @ weight
        if squares == 0 or len(np.unique(unit)) == len(unit):
            return 1.0
        of_unit = np.bincount(unit, weight)
        return float(of_unit @ of_unit / squares)

    def priced(self):
        """Weigh each row by what an error in it costs too.

        The rule and the metric of these costs are computed from such weights, and nothing else is:
        how frequent or how probable a class is does not depend on what it costs.

        Returns
        -------
        scored : ScoredRows
            The same rows where no costs of rows were given.
        """
        if self.cost is None:
            return self
        weights = {
            name: self.cost if weight is None else weight * self.cost
            for name, weight in (("weight", self.weight), ("row_weight", self.row_weight))
        }
        return self._replace(cost=None, **weights)


def scored_rows(scores, row, fold, codes, weight, groups, cost=None):
    """Gather what belongs to each scored row from what belongs to each row of the data.

    Parameters
    ----------
    scores : ndarray of shape (n_scored, n_classes) or (n_scored,)
        Probabilities or decision values.

    row : ndarray of shape (n_scored,), integer
        Positions in the data.

    fold : ndarray of shape (n_scored,), integer, or None
        Split that each was tested in.

    codes : ndarray of shape (n_samples,), integer
        Class codes of all rows of the data.

    weight : ndarray of shape (n_samples,) or None
        Their weights.

    groups : ndarray of shape (n_samples,), integer, or None
        Their groups.

    cost : ndarray of shape (n_samples,), default=None
        What an error in each of them costs, where they have costs of their own.

    Returns
    -------
    scored : ScoredRows
        The rows with their scores.
    """
    times = np.bincount(row)[row]
    row_weight = None
    if weight is not None or (times > 1).any():
        row_weight = (1.0 if weight is None else weight[row]) / times
    unit = np.unique(row if groups is None else groups[row], return_inverse=True)[1]
    own = None if weight is None else weight[row]
    return ScoredRows(
        codes[row],
        scores,
        row,
        fold,
        row_weight,
        unit,
        groups is not None,
        own,
        None if cost is None else cost[row],
    )


def judging_folds(scored, random_state, classes=None):
    """Give each scored row the fold that what was learnt is judged on, all of a unit the same.

    Parameters
    ----------
    scored : ScoredRows
        The rows.

    random_state : int or None
        Seed of the folds where they must be drawn: nothing was scored out of fold, or in one split
        only, whose rows are then divided once more.

    classes : array-like of shape (n_classes,), default=None
        Labels in the order of the codes, for the error.

    Returns
    -------
    folds : ndarray of shape (n_scored,), integer
        Codes, 0 to n_folds - 1: for each unit the first fold that it was tested in.

    Raises
    ------
    TooFewRowsError
        If folds must be drawn and a class has a single row, or group, among those scored.
    """
    unit = scored.unit
    if scored.fold is not None:
        first = np.full(unit.max() + 1, scored.fold.max())
        np.minimum.at(first, unit, scored.fold)
        folds = np.unique(first[unit], return_inverse=True)[1]
        if folds.any():
            return folds
    repeated = unit.max() + 1 < len(unit)
    groups = unit if repeated else None
    _check_class_units(scored, groups is not None, classes)
    return draw_folds(None, scored.y, scored.y, groups, random_state).fold_of_row


def _check_class_units(scored, repeated, classes):
    """Raise TooFewRowsError unless each class that was scored can be divided over two folds."""
    codes = scored.y
    if repeated:
        codes = np.unique(np.column_stack([codes, scored.unit]), axis=0)[:, 0]
    present, counts = np.unique(codes, return_counts=True)
    if counts.min() > 1:
        return
    code = int(present[np.argmin(counts)])
    label = code if classes is None else np.asarray(classes).tolist()[code]
    raise TooFewRowsError(
        "What is learnt from scores is judged on rows that it was not learnt from, which takes two "
        f"{'groups' if scored.grouped else 'rows'} of every class among those that are scored. "
        f"Class {label!r} has one. Score more of it: give fit more rows with cv='prefit', else "
        "test more rows in cv. A decision rule that is given, 'default' or 'plugin' needs none."
    )


def draw_folds(cv, X, y, groups, random_state):
    """Draw the splits once; by default as many as the smallest class allows, up to five.

    Parameters
    ----------
    cv : int, iterable or None
        Splits asked for.

    X : array-like of shape (n_samples, n_features)
        Data.

    y : ndarray of shape (n_samples,)
        Labels.

    groups : ndarray of shape (n_samples,), integer, or None
        Codes of the groups that folds by number keep together.

    random_state : int or None
        Seed of folds by number.

    Returns
    -------
    folds : Folds
        The splits.
    """
    if cv is None:
        codes = np.unique(y, return_inverse=True)[1]
        if groups is not None:
            codes = np.unique(np.column_stack([codes, groups]), axis=0)[:, 0]
        cv = int(np.clip(np.bincount(codes).min(), 2, DEFAULT_N_SPLITS))
    return fix_folds(cv, X, y, groups=groups, random_state=random_state)
