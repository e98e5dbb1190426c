"""A twin of a neural network whose hidden units cannot die."""

import warnings
from functools import partial

import numpy as np
from sklearn.base import clone
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import Pipeline
from sklearn.utils import _safe_indexing
from sklearn.utils.extmath import safe_sparse_dot

from sklearn_lossfix._core._evidence import NoTwin
from sklearn_lossfix._core._finding import LOSS_FLOOR_SHARE
from sklearn_lossfix.diagnosis.twins._learner import (
    attainable_loss,
    change_learner,
    learner_of,
    own_loss,
)
from sklearn_lossfix.diagnosis.twins._parts import params_code
from sklearn_lossfix.diagnosis.twins._plan import TwinPlan
from sklearn_lossfix.exceptions import CheckNotApplicable

# Share of dead hidden units from which a twin is tried: with half of its units a network has a
# quarter of its weights between hidden layers.
DEAD_SHARE = 0.5

# Rows on which units are watched: a unit that is alive on one row in a thousand is seen.
MAX_WATCHED_ROWS = 5000


def dead_units(network, X):
    """Share of hidden units that are off on every row, per hidden layer.

    Parameters
    ----------
    network : fitted MLPClassifier
        With ``activation="relu"``.
    X : array-like or sparse matrix of shape (n_rows, n_features)
        Rows as they reach it.

    Returns
    -------
    list of float
        One share per hidden layer.
    """
    shares, active = [], X
    for weights, intercepts in list(zip(network.coefs_, network.intercepts_, strict=True))[:-1]:
        active = np.maximum(safe_sparse_dot(active, weights) + intercepts, 0.0)
        shares.append(float(np.mean(~(active > 0).any(axis=0))))
    return shares


class RevivedTwin:
    """``activation="tanh"``, where half of the hidden units of a network are off on every row.

    A rectified unit that is off everywhere has a gradient of zero and never comes back (Maas,
    Hannun & Ng 2013); a hyperbolic tangent always has one.
    """

    key = "revived"

    def plan(self, subject):
        """Fit the network once, and watch its units on the rows it learnt from."""
        learner = learner_of(subject)
        if not isinstance(learner.estimator, MLPClassifier):
            raise CheckNotApplicable(f"{learner.name} is no neural network of scikit-learn.")
        if learner.estimator.activation != "relu":
            raise CheckNotApplicable(
                f"Only rectified units die; these are {learner.estimator.activation!r}."
            )
        loss = own_loss(subject)
        excess = 1.0 - attainable_loss(subject) / loss if loss else 0.0
        if excess <= LOSS_FLOOR_SHARE:
            return NoTwin(
                "passed",
                "No model is known that has less to lose, so the hidden units were not watched.",
                estimate=excess,
                limit=LOSS_FLOOR_SHARE,
                unit="share",
            )
        shares = dead_units(*_fitted_network(subject))
        dead = max(shares)
        if dead <= DEAD_SHARE:
            return NoTwin(
                "passed",
                f"At most {dead:.0%} of the units of a hidden layer are off on every row.",
                estimate=dead,
                limit=DEAD_SHARE,
                unit="share",
            )
        params = {f"{learner.prefix}activation": "tanh"}
        return TwinPlan(
            build=partial(change_learner, values={"activation": "tanh"}),
            changes=f"{learner.name} with activation='tanh'",
            code=params_code(params),
            params=params,
            cause=f"{dead:.0%} of the units of a hidden layer are off on every training row",
            suspicion=float(np.clip(excess, 0.0, 1.0)),
            evidence={"dead_share": shares},
        )


def _fitted_network(subject):
    """The network fitted once on the training rows, and rows as they reach it.

    Raises
    ------
    CheckNotApplicable
        If the network stands inside something other than Pipelines.
    """
    model = clone(subject.seeded)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of a fit that the user did not ask for
        model.fit(subject.X, subject.labels)
        step = max(1, len(subject.y) // MAX_WATCHED_ROWS)
        X = _safe_indexing(subject.X, np.arange(0, len(subject.y), step))
        while isinstance(model, Pipeline):
            for _, transformer in model.steps[:-1]:
                if hasattr(transformer, "transform"):
                    X = transformer.transform(X)
            model = model.steps[-1][1]
    if not isinstance(model, MLPClassifier):
        raise CheckNotApplicable(
            f"The hidden units inside {type(model).__name__} were not watched."
        )
    return model, X if not hasattr(X, "to_numpy") else X.to_numpy()
