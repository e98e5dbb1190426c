"""What a twin is made from, and what it would change."""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Protocol

import numpy as np
from sklearn.base import clone

from sklearn_lossfix._core._evidence import NoTwin, Scored, TrainState
from sklearn_lossfix._core._oof import seed_clone
from sklearn_lossfix.diagnosis.twins._parts import reaching_matrix


@dataclass(frozen=True, eq=False)
class Subject:
    """The user's model and what was seen of it so far: what twins are planned from.

    Attributes
    ----------
    estimator : estimator
        The user's, unfitted: what is shown to them is made from it.
    X : array-like of shape (n_rows, n_features)
        Training rows, in the user's container.
    y : ndarray of shape (n_rows,), dtype int
        Class codes.
    labels : array-like of shape (n_rows,)
        Labels as passed.
    n_classes : int
        Number of classes.
    weight : ndarray of shape (n_rows,) or None
        Weights.
    groups : ndarray of shape (n_rows,), dtype int, or None
        Codes of the groups.
    scored : Scored
        The model out of fold.
    scored_rows : ndarray of shape (n_scored,), dtype int
        Row of X that each scored row is.
    train : TrainState or None
        The fold models on their training rows.
    reference : Scored or None
        The reference on the same rows and folds.
    at_limit : tuple of str
        Parts of the fitted model that used up their iterations.
    conflicts : dict or None
        Rows with equal features and different labels.
    regressor : bool
        Whether the estimator is a regressor.
    seed : int
        Seed.
    """

    estimator: Any
    X: Any
    y: np.ndarray
    labels: Any
    n_classes: int
    weight: np.ndarray | None
    groups: np.ndarray | None
    scored: Scored
    scored_rows: np.ndarray
    train: TrainState | None = None
    reference: Scored | None = None
    at_limit: tuple = ()
    conflicts: dict | None = None
    regressor: bool = False
    seed: int = 0

    @cached_property
    def seeded(self):
        """A clone with every free seed set, for fits that can be repeated."""
        return seed_clone(clone(self.estimator), self.seed)

    @cached_property
    def reached(self):
        """Matrix of numbers that reaches the last step, its column names, and why there is none."""
        return reaching_matrix(self.seeded, self.X, self.labels)


@dataclass(frozen=True, eq=False)
class TwinPlan:
    """One thing to change, before it is fitted.

    Attributes
    ----------
    build : callable
        From an unfitted estimator to the changed, unfitted one; a module-level function or a
        ``functools.partial`` of one, so that it can be pickled and applied to other estimators.
    changes : str
        What is changed, in words.
    code : str
        The same as Python, from ``estimator``.
    params : dict
        The same as parameters.
    cause : str
        What gave rise to the twin: the beginning of the finding's sentence.
    suspicion : float
        Share of the loss, from 0 to 1, that the cheap sign allows the cause at most: where there
        is room for few twins, those with the largest are tried.
    n_fits : float
        Fits of the user's estimator that one fit of the twin costs.
    left_out : ndarray of int or None
        Rows of X that no fold trains on.
    rows : ndarray of int or None
        Rows of X that the finding points at.
    evidence : dict
        Plain numbers behind the sign.
    """

    build: Callable
    changes: str
    code: str
    params: dict
    cause: str
    suspicion: float = 1.0
    n_fits: float = 1.0
    left_out: np.ndarray | None = None
    rows: np.ndarray | None = None
    evidence: dict = field(default_factory=dict)


class TwinMaker(Protocol):
    """What a kind of twin must offer. A maker is stateless."""

    #: Name of the twin.
    key: str

    def plan(self, subject: Subject) -> TwinPlan | NoTwin:
        """Plan the twin; where its sign is absent a NoTwin of section "passed".

        Raise CheckNotApplicable with the reason where the estimator cannot have the cause.
        """
