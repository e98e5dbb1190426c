"""One more epoch of a classifier: one trainer for each way in which training can be continued.

- `partial_fit` passes over the rows once more, and keeps the state of the optimiser.
- `fit` with ``warm_start=True`` goes on from the coefficients that are there (`LogisticRegression`,
  networks trained by L-BFGS), a fixed number of iterations each time.
- `fit` with ``warm_start=True`` adds trees until there are as many as a parameter says (forests,
  bagging, gradient boosting).

A trainer owns the model, changes the parameters that training needs, and puts them back at the end.
"""

import copy
import inspect
import numbers
from abc import ABCMeta, abstractmethod

import numpy as np
from sklearn.ensemble import (
    BaggingClassifier,
    GradientBoostingClassifier,
    HistGradientBoostingClassifier,
)
from sklearn.exceptions import ConvergenceWarning
from sklearn.neural_network import MLPClassifier

from sklearn_lossfix._core._caught_warnings import caught_warnings
from sklearn_lossfix._core._user_warning import warn_user
from sklearn_lossfix.model_selection._learning_rates import learning_rate_of

# What cannot change in place, or must not be set back: a generator of random numbers goes on.
_SHARED = (numbers.Number, str, bytes, type, np.generic, np.random.RandomState)


def copied(value, memo):
    """Copy a fitted attribute, so that training on cannot change it.

    Parameters
    ----------
    value : object
        Arrays and containers are copied by hand, several times as fast as `copy.deepcopy`.

    memo : dict of int to object
        Copies by the identity of what was copied: attributes that are one array stay one, on which
        averaged `SGDClassifier` relies.

    Returns
    -------
    object
    """
    kind = type(value)
    if value is None or isinstance(value, _SHARED):
        return value
    if id(value) in memo:
        return memo[id(value)]
    if kind is np.ndarray and value.dtype != object:
        twin = value.copy()
    elif kind in (list, tuple):
        twin = kind([copied(entry, memo) for entry in value])
    elif kind is dict:
        twin = {key: copied(entry, memo) for key, entry in value.items()}
    else:
        return copy.deepcopy(value, memo)
    memo[id(value)] = twin
    return twin


def listed_anew(value, memo):
    """Copy a container, but not what it holds: trees never change once they are grown."""
    return copy.copy(value) if isinstance(value, list | dict | np.ndarray) else value


class EpochTrainer(metaclass=ABCMeta):
    """Trains a classifier epoch by epoch, and can put it back into an earlier state.

    Parameters
    ----------
    model : classifier
        Unfitted, owned by the trainer.

    settings : dict of str to object
        Parameters that it has while it is trained.

    Attributes
    ----------
    method : str
        What is called once an epoch.

    rate : object or None
        How the learning rate is read and lowered, where that is known.
    """

    method = "fit"
    # Whether "balanced" must be spelt out: partial_fit refuses the word, and forests warn of it.
    _weighs_classes = True
    _copied = staticmethod(copied)

    def __init__(self, model, settings):
        self.model = model
        self.rate = learning_rate_of(model)
        own = model.get_params(deep=True)
        self._balances = self._weighs_classes and own.get("class_weight") == "balanced"
        if own.get("early_stopping") == "auto":
            settings = {**settings, "early_stopping": False}
        if self._balances:
            settings = {**settings, "class_weight": None}
        changed = [*settings, *(() if self.rate is None else self.rate.parameters)]
        self._own_settings = {name: own[name] for name in changed}
        model.set_params(**settings)
        self._unlearnt = set(vars(model))
        self._has_begun = False

    def train(self, X, y, classes, params):
        """Train one more epoch.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            All training rows.
        y : ndarray of shape (n_samples,)
            Their labels.
        classes : ndarray of shape (n_classes,)
            All labels, of which some may be missing in `y`.
        params : dict
            Further arguments of the method: weights and whatever the user passes on.
        """
        if self._balances and not self._has_begun:
            self.model.set_params(class_weight=balanced_weights(y))
        self._train(X, y, classes, params)
        self._has_begun = True

    @abstractmethod
    def _train(self, X, y, classes, params):
        """Call the method."""

    def state(self):
        """Copy what was learnt so far."""
        memo = {}
        return {
            name: self._copied(value, memo)
            for name, value in vars(self.model).items()
            if name not in self._unlearnt
        }

    def put_back(self, state):
        """Let the model be what it was when `state` was copied. Each copy is good for one use."""
        attributes = vars(self.model)
        for name in [name for name in attributes if name not in self._unlearnt]:
            del attributes[name]
        attributes.update(state)

    def finish(self):
        """Give the model the user's parameters back."""
        self.model.set_params(**self._own_settings)
        return self.model

    def takes(self, name):
        """Whether the method has a parameter of this name."""
        return name in inspect.signature(getattr(self.model, self.method)).parameters


class PassesOverRows(EpochTrainer):
    """Calls `partial_fit` with all training rows, once an epoch."""

    method = "partial_fit"

    def __init__(self, model):
        super().__init__(model, going_on_at_random(model))
        self._takes_classes = self.takes("classes")

    def _train(self, X, y, classes, params):
        """Pass over the rows once more; the first call says what classes there are."""
        if not self._has_begun and self._takes_classes:
            params = {**params, "classes": classes}
        n_seen = getattr(self.model, "t_", 0)
        self.model.partial_fit(X, y, **params)
        # Networks turn Ctrl-C into a warning, and it would end nothing but this epoch: then they do
        # not count its rows among those they were shown.
        if isinstance(self.model, MLPClassifier) and self.model.t_ == n_seen:
            raise KeyboardInterrupt


class ResumesFit(EpochTrainer):
    """Calls `fit`, which goes on from the coefficients that are there for some iterations."""

    _weighs_classes = False

    def __init__(self, model, n_iterations):
        own = {"warm_start": True, "max_iter": n_iterations}
        super().__init__(model, own | going_on_at_random(model))

    def _train(self, X, y, classes, params):
        """Go on for some iterations; that these are too few to converge is no news."""
        with caught_warnings() as caught:
            self.model.fit(X, y, **params)
        for category, message in caught:
            if not issubclass(category, ConvergenceWarning):
                warn_user(message, category)


class AddsTrees(EpochTrainer):
    """Calls `fit`, which adds trees until there are as many as a parameter says.

    In the end the parameter is the number of trees that there are: bagging divides by it.
    """

    _copied = staticmethod(listed_anew)

    def __init__(self, model, n_iterations, parameter):
        super().__init__(model, {"warm_start": True})
        self._parameter = parameter
        self._n_iterations = n_iterations
        self._total = 0

    def _train(self, X, y, classes, params):
        """Add trees."""
        self._total += self._n_iterations
        self.model.set_params(**{self._parameter: self._total})
        self.model.fit(X, y, **params)

    def state(self):
        """List what was grown so far, and its number."""
        return {**super().state(), self._parameter: self._total}


def make_trainer(model, n_iterations=1):
    """Choose how a classifier is trained on.

    Parameters
    ----------
    model : classifier
        Unfitted; the trainer takes it over.

    n_iterations : int, default=1
        Iterations or trees of an epoch, where `fit` is called.

    Returns
    -------
    EpochTrainer

    Raises
    ------
    ValueError
        If its training cannot be continued, it stops early by itself, or a parameter of it stands
        against being trained epoch by epoch.
    """
    own = model.get_params(deep=False)
    _refuse_own_stopping(model, own)
    if hasattr(model, "partial_fit"):
        _refuse_balanced_parts(model)
        return PassesOverRows(model)
    if "warm_start" in own and own.get("solver") != "liblinear":  # which always starts anew
        if "n_estimators" in own:
            _refuse_own_estimate(model, own)
            return AddsTrees(model, n_iterations, "n_estimators")
        if isinstance(model, HistGradientBoostingClassifier):
            return AddsTrees(model, n_iterations, "max_iter")
        if "max_iter" in own:
            return ResumesFit(model, n_iterations)
    raise ValueError(
        f"{type(model).__name__} cannot be trained epoch by epoch: expected an estimator with "
        "partial_fit, or with warm_start and one of n_estimators and max_iter (of "
        "LogisticRegression with another solver than 'liblinear'). In a Pipeline, this must be "
        "the last step."
    )


def _refuse_own_stopping(model, own):
    """Raise if the estimator would hold out rows of its own, and stop by them."""
    stops = own.get("early_stopping") is True
    parameter, off = "early_stopping", False
    if isinstance(model, GradientBoostingClassifier):
        stops, parameter, off = own["n_iter_no_change"] is not None, "n_iter_no_change", None
    if stops:
        raise ValueError(
            f"{type(model).__name__} has {parameter}={own[parameter]!r}: it would stop by itself, "
            f"on rows of its own. EarlyStoppingClassifier does that; pass the estimator with "
            f"{parameter}={off}."
        )


def _refuse_balanced_parts(model):
    """Raise if a part of the estimator is to balance classes: in `partial_fit` it cannot."""
    for name, value in model.get_params(deep=True).items():
        if name.endswith("__class_weight") and value == "balanced":
            raise ValueError(
                f"{type(model).__name__} has {name}='balanced', which its partial_fit refuses, and "
                "only for the trained estimator itself are the weights computed here. Expected "
                "None, or weights of your own as a dict."
            )


def _refuse_own_estimate(model, own):
    """Raise if bagging would judge itself out of bag, which it refuses to do more than once."""
    if isinstance(model, BaggingClassifier) and own["oob_score"]:
        raise ValueError(
            f"{type(model).__name__} has oob_score={own['oob_score']!r}, which it refuses together "
            "with warm_start, by which trees are added. Expected oob_score=False: the held-out "
            "rows judge it after every epoch."
        )


def going_on_at_random(model):
    """Generators in place of integer seeds, so that every epoch draws anew.

    With an integer, `partial_fit` and `fit` begin with the same seed in every call, and all epochs
    visit the rows in one order.

    Parameters
    ----------
    model : classifier
        The classifier.

    Returns
    -------
    dict of str to RandomState
    """
    return {
        name: np.random.RandomState(value)
        for name, value in model.get_params(deep=True).items()
        if name.rpartition("__")[2] == "random_state" and isinstance(value, numbers.Integral)
    }


def balanced_weights(y):
    """Weights of classes that `fit` makes of ``class_weight="balanced"``.

    Parameters
    ----------
    y : ndarray of shape (n_samples,)
        Labels of the training rows.

    Returns
    -------
    dict of label to float
        ``n_samples / (n_classes * n_rows_of_the_class)``.
    """
    labels, counts = np.unique(y, return_counts=True)
    weights = len(y) / (len(labels) * counts)
    return dict(zip(labels.tolist(), weights.tolist(), strict=True))
