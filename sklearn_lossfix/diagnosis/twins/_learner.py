"""The learner inside an estimator: its family, what reaches it, and how to change it in a clone."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from scipy import sparse
from sklearn.base import clone
from sklearn.pipeline import Pipeline
from sklearn.utils.sparsefuncs import mean_variance_axis

from sklearn_lossfix._core._proper_scores import class_shares, entropy, log_loss_rows
from sklearn_lossfix.diagnosis.twins._parts import (
    inner_learner,
    numeric_matrix,
    params_code,
    reaching_matrix,
)
from sklearn_lossfix.exceptions import CheckNotApplicable


@dataclass(frozen=True, eq=False)
class Learner:
    """The innermost learner of an estimator, and the rows it learns from.

    Attributes
    ----------
    subject : Subject
        The user's model.
    prefix : str
        What stands before the learner's parameters in those of the estimator.
    estimator : estimator
        The learner.
    """

    subject: Any
    prefix: str
    estimator: Any

    @property
    def name(self):
        """Name of its class."""
        return type(self.estimator).__name__

    @property
    def params(self):
        """Its own parameters."""
        return self.estimator.get_params(deep=False)

    @property
    def n_rows(self):
        """Rows that it is fitted on in a fold."""
        train = self.subject.train
        return len(self.subject.y) if train is None else train.n_rows

    @cached_property
    def matrix(self):
        """Numbers that reach it, on all rows; None where they are not all numbers."""
        return reached_by_learner(self.subject)

    @property
    def n_columns(self):
        """Columns that reach it; 0 where that is not known."""
        return 0 if self.matrix is None else self.matrix.shape[1]

    @property
    def total_variance(self):
        """Sum of the variances of the columns that reach it; None where that is not known."""
        return None if self.matrix is None else total_variance(self.matrix)

    @property
    def n_coefficients(self):
        """Free numbers of a linear model on these columns; 0 where that is not known."""
        return (self.subject.n_classes - 1) * (self.n_columns + 1) if self.n_columns else 0


def learner_of(subject, name=None):
    """The learner of the user's model: the innermost one, or the one of a class around it."""
    prefix, estimator = find_learner(subject.estimator, name)
    return Learner(subject, prefix, estimator)


def family_entry(estimator, table, name="regulariser"):
    """Entry of the first class in a learner's ancestry that a table names.

    Raises
    ------
    CheckNotApplicable
        If there is none.
    """
    for ancestor in type(estimator).__mro__:
        if ancestor.__name__ in table:
            return table[ancestor.__name__]
    raise CheckNotApplicable(f"No {name} of {type(estimator).__name__} is known.")


def reached_by_learner(subject):
    """The numbers that reach the learner, through every Pipeline around it; None without such."""
    estimator, X = subject.seeded, subject.X
    while True:
        if isinstance(estimator, Pipeline):
            whole = estimator is subject.seeded
            X = subject.reached[0] if whole else reaching_matrix(estimator, X, subject.labels)[0]
            if X is None:
                return None
            estimator = estimator.steps[-1][1]
            continue
        nested = estimator.get_params(deep=False).get("estimator")
        if not hasattr(nested, "get_params") or isinstance(nested, type):
            return numeric_matrix(X)
        estimator = nested


def total_variance(matrix):
    """Sum of the variances of the columns, missing values left out."""
    if sparse.issparse(matrix):
        return float(mean_variance_axis(matrix.tocsr().astype(np.float64), axis=0)[1].sum())
    finite = np.isfinite(matrix)
    seen = finite.sum(axis=0)
    present = seen > 0
    numbers, finite, seen = matrix[:, present], finite[:, present], seen[present]
    mean = np.where(finite, numbers, 0.0).sum(axis=0) / seen
    return float((np.square(np.where(finite, numbers - mean, 0.0)).sum(axis=0) / seen).sum())


def find_learner(estimator, name=None):
    """The innermost learner of an estimator, or the one of a class around it.

    Parameters
    ----------
    estimator : estimator
        Unfitted.
    name : str, default=None
        Class of a meta-estimator to stop at; None goes on to the innermost one.

    Returns
    -------
    prefix : str
        What stands before its parameters.
    learner : estimator
    """
    prefix, learner = inner_learner(estimator)
    if name is not None and type(learner).__name__ != name:
        found = {
            key: part
            for key, part in {"": estimator, **estimator.get_params(deep=True)}.items()
            if type(part).__name__ == name
        }
        if found:
            key = min(found, key=len)
            return (f"{key}__" if key else ""), found[key]
    return prefix, learner


def change_learner(estimator, values, learner=None):
    """A clone whose learner has other parameters.

    Parameters
    ----------
    estimator : estimator
        Unfitted; Pipelines and meta-estimators are looked through.
    values : dict
        Names of the learner's own parameters, and their values.
    learner : str, default=None
        Class of the learner where it is not the innermost one.
    """
    twin = clone(estimator)
    prefix, _ = find_learner(twin, learner)
    fresh = {k: clone(v) if hasattr(v, "get_params") else v for k, v in values.items()}
    return twin.set_params(**{prefix + name: value for name, value in fresh.items()})


def changed_values(learner, values):
    """The values that differ from the learner's own, as plain numbers.

    Raises
    ------
    CheckNotApplicable
        If none does.
    """
    own = learner.params
    plain = {k: v.item() if isinstance(v, np.generic) else v for k, v in values.items()}
    changed = {k: v for k, v in plain.items() if not _equal(own.get(k), v)}
    if not changed:
        raise CheckNotApplicable(f"{learner.name} is as far that way as it is tried.")
    return changed


def _equal(one, other):
    """Whether two parameters are equal; estimators never are."""
    return type(one) is type(other) and not hasattr(one, "get_params") and one == other


def relative_cost(learner, values):
    """Fits of the learner that a fit with other rounds costs; 1 where rounds are not changed."""
    for name in ("n_estimators", "iterations", "max_iter"):
        before, after = learner.params.get(name), values.get(name)
        if isinstance(before, int | np.integer) and after is not None and before > 0:
            return float(after / before)
    return 1.0


def values_code(params):
    """Python that sets parameters; estimators among them are imported first."""
    imports = ""
    for value in params.values():
        if hasattr(value, "get_params"):
            module = type(value).__module__.partition("._")[0]
            imports += f"from {module} import {type(value).__name__}\n"
    return params_code(params, imports)


def values_text(values):
    """Parameters in words: ``C=0.1, gamma='scale'``."""
    return ", ".join(f"{k}={_short(v)}" for k, v in values.items())


def _short(value):
    """A parameter as text; numbers to three digits."""
    return f"{value:.3g}" if isinstance(value, float) else repr(value)


def own_loss(subject):
    """Mean log loss of the model out of fold; None without probabilities."""
    scored = subject.scored
    if scored.proba is None:
        return None
    y = subject.y[subject.scored_rows]
    return float(np.average(log_loss_rows(scored.proba, y), weights=scored_weight(subject)))


def scored_weight(subject):
    """Weights of the scored rows, or None."""
    return None if subject.weight is None else subject.weight[subject.scored_rows]


def attainable_loss(subject):
    """The least loss that is known to be had: of the reference, or of the class shares."""
    y, weight = subject.y[subject.scored_rows], scored_weight(subject)
    known = entropy(class_shares(y, subject.n_classes, weight))
    if subject.reference is not None and subject.reference.proba is not None:
        losses = log_loss_rows(subject.reference.proba, y)
        known = min(known, float(np.average(losses, weights=weight)))
    return known
