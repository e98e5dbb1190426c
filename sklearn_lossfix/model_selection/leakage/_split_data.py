"""What checks of leakage read: a table, its labels, groups and times, and the folds."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from sklearn_lossfix.model_selection.leakage._table import Table


@dataclass(frozen=True)
class LeakageOptions:
    """How checks judge.

    Attributes
    ----------
    alpha : float
        Level of the whole audit; a check that tests several things corrects for them itself and
        reports one p-value.
    near : float
        Root mean square distance, in robustly scaled units, up to which rows count as copies;
        0 disables.
    partial_columns : int
        Columns in which copies may differ.
    natural : {"auto", "allow", "forbid"}
        Whether equal rows that chance explains are leaks: "forbid" takes every equal pair as one,
        "allow" none that the null model could explain.
    evidence : int
        Most pairs that are kept.
    max_component_share : float
        A set of linked rows above this share of all rows is no set of copies.
    horizon, embargo : float
        How long a label looks ahead, and the gap that is kept after a test part; in the unit of
        `times`.
    seed : int
        Of random subsamples and projections.
    """

    alpha: float = 0.001
    near: float = 3e-2
    partial_columns: int = 1
    natural: str = "auto"
    evidence: int = 100
    max_component_share: float = 0.2
    horizon: float = 0.0
    embargo: float = 0.0
    seed: int = 0


@dataclass(frozen=True, eq=False)
class SplitData:
    """A table and how it is split.

    Attributes
    ----------
    table : Table
        The features, without ignored columns.
    folds : tuple of (train, test) pairs of int arrays
        Row numbers.
    y : ndarray of shape (n_rows,) or None
        Labels as codes 0, 1, ... for classes, as float64 otherwise; None where they are not known
        or must not be read.
    classes : ndarray of shape (n_classes,) or None
        Labels of the codes; None for numbers.
    groups : ndarray of shape (n_rows,), dtype int, or None
        Codes of given groups.
    times : ndarray of shape (n_rows,), dtype float64, or None
        When each row was seen; datetimes as seconds.
    options : LeakageOptions
        How to judge.
    """

    table: Table
    folds: tuple
    y: np.ndarray | None = None
    classes: np.ndarray | None = None
    groups: np.ndarray | None = None
    times: np.ndarray | None = None
    options: LeakageOptions = LeakageOptions()

    @property
    def n_rows(self):
        """Number of rows."""
        return self.table.n_rows

    @cached_property
    def test_fold(self):
        """Number of the first fold that tests each row; -1 for a row that is never tested."""
        fold = np.full(self.n_rows, -1, dtype=np.intp)
        for number in range(len(self.folds) - 1, -1, -1):
            fold[self.folds[number][1]] = number
        return fold

    def take(self, rows):
        """The same for some rows, in the order given, and the parts of the folds in them.

        Parameters
        ----------
        rows : ndarray of int
            Row numbers.
        """
        place = np.full(self.n_rows, -1, dtype=np.intp)
        place[rows] = np.arange(len(rows))
        folds = tuple(tuple(place[part][place[part] >= 0] for part in fold) for fold in self.folds)
        return SplitData(
            self.table.take(rows),
            folds,
            y=None if self.y is None else self.y[rows],
            classes=self.classes,
            groups=None if self.groups is None else self.groups[rows],
            times=None if self.times is None else self.times[rows],
            options=self.options,
        )

    def rng(self, name: str) -> Any:
        """A random generator for one purpose: the same for equal seeds, whatever ran before."""
        return np.random.default_rng([self.options.seed, *name.encode()])
