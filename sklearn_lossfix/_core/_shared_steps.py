"""Fit each distinct chain of early pipeline steps once, and reuse it.

A search fits many pipelines that differ only in late steps on the same rows. Given to a Pipeline as
its ``memory``, :class:`SharedSteps` hands the outcome of a step to every pipeline that would fit
the same step on the same objects. It knows data by identity, so nothing is hashed but parameters,
and a step that is reused returns the very objects it returned before: chains of steps work.
"""

import copy
import pickle
from functools import wraps
from itertools import zip_longest

import joblib
import numpy as np
from sklearn import get_config
from sklearn.base import clone
from sklearn.pipeline import Pipeline

# What only says how progress is printed does not change what is fitted.
_SILENT = ("message", "message_clsname")

# Code that keeps scikit-learn's rule that `fit` and `transform` do not write into their input.
_CAREFUL = ("sklearn", "imblearn", "sklearn_lossfix")


class SharedSteps:
    """Memory of fitted pipeline steps inside one process, with the interface of joblib.Memory.

    Two calls are the same if they fit equal steps (by the hash of their parameters) on the same
    objects X and y (by identity) with equal further parameters under the same configuration of
    scikit-learn. Data are kept alive as long as this object lives: make one for each group of fits,
    and drop it with them.

    A step that cannot be hashed, and every step after it, is fitted each time. A step whose code
    may write into its input gets a copy of it. The last step of a pipeline does not go through its
    memory: it must keep the rule that `fit` leaves its input alone. Warnings of a step come when it
    is fitted, not when it is reused.

    Attributes
    ----------
    n_fits : int
        Number of steps that were fitted.
    n_reused : int
        Number of steps that did not have to be.
    """

    def __init__(self):
        self.n_fits = 0
        self.n_reused = 0
        self._results = {}
        self._alive = {}
        self._loose = None

    def __repr__(self):
        return f"SharedSteps(n_fits={self.n_fits}, n_reused={self.n_reused})"

    def __deepcopy__(self, memo):
        # Clones of a pipeline share its memory, as they would a folder on disk.
        return self

    def __reduce__(self):
        # Identities mean nothing in another process: what travels is empty.
        return type(self), ()

    def cache(self, func, ignore=None, **options):
        """Give a function that calls `func` only for what it has not seen.

        Parameters
        ----------
        func : callable
            Called as ``func(step, X, y, ...)``; gives the outcome of fitting a step, of which the
            first entry is the new X.
        ignore : list of str, default=None
            Names of keyword arguments that do not change the outcome.
        **options : dict
            Other options of ``joblib.Memory.cache``; without effect.

        Returns
        -------
        callable
        """
        silent = {*_SILENT, *(ignore or ())}

        @wraps(func)
        def call(step, X, y=None, *args, **kwargs):
            named = {name: value for name, value in kwargs.items() if name not in silent}
            hashes = _hash(step), _hash((args, named))
            if None in hashes or (X is self._loose and X is not None):
                result = self._fit(func, step, X, y, args, kwargs)
                # What nobody will ask for again must not be kept alive.
                self._loose = result[0] if result[0] is not X else self._loose
                return result
            key = (func, *hashes, id(X), id(y), frozenset(get_config().items()))
            if key in self._results:
                self.n_reused += 1
                return self._results[key]
            result = self._fit(func, step, X, y, args, kwargs)
            # An identity is taken anew once its object has died.
            self._alive.update({id(X): X, id(y): y})
            self._results[key] = result
            return result

        return call

    def _fit(self, func, step, X, y, args, kwargs):
        """Call the function, with copies of the data if the step may write into them."""
        if _may_write(step):
            X, y = _copy(X), _copy(y)
        self.n_fits += 1
        return func(step, X, y, *args, **kwargs)


def _hash(value):
    """Hash of a value, None if it cannot be hashed (it holds a lock, a lambda, a generator)."""
    try:
        # joblib may skip what cannot be pickled inside of an object, and give one hash to two.
        pickle.dumps(value, protocol=3)
        return joblib.hash(value)
    except Exception:  # whatever pickling the parts of a foreign object raises
        return None


def _may_write(step):
    """Whether a step runs code that may not know that it must leave its input alone."""
    parts = [step]
    if hasattr(step, "get_params"):
        parts += [part for part in step.get_params(deep=True).values() if hasattr(part, "fit")]
    for part in parts:
        kind = part if isinstance(part, type) else type(part)
        if kind.__module__.partition(".")[0] not in _CAREFUL:
            return True
        # FunctionTransformer and FunctionSampler run a function of the user's.
        func = getattr(part, "func", None)
        if func is not None and not isinstance(func, np.ufunc):
            return True
    return False


def _copy(data):
    """A copy of any container of data, in the same memory layout."""
    if isinstance(data, np.ndarray):
        return data.copy(order="K")  # sums over another layout round differently
    return data.copy() if hasattr(data, "copy") else copy.deepcopy(data)


def _overwrites(name, value):
    """Whether a parameter lets an estimator write into its input."""
    last = name.rpartition("__")[2].lower()
    if last.endswith("copy") or last.startswith("copy_"):
        return not value
    return last.startswith(("overwrite", "inplace")) and bool(value)


def can_share_steps(estimator):
    """Whether early steps of an estimator may be shared with others that are fitted on its rows.

    Parameters
    ----------
    estimator : estimator
        Any scikit-learn compatible object.

    Returns
    -------
    bool
        True for a Pipeline of two steps or more that has no memory of its own and no part that is
        allowed to overwrite its input (``copy=False``, ``copy_X=False``, ``overwrite_...=True``).
    """
    if not isinstance(estimator, Pipeline) or len(estimator.steps) < 2:
        return False
    if estimator.memory is not None:
        return False
    params = estimator.get_params(deep=True)
    return not any(_overwrites(name, value) for name, value in params.items())


def with_shared_steps(estimator, shared):
    """Let an estimator share its early steps, if it can.

    Parameters
    ----------
    estimator : estimator
        Changed in place. Set its parameters before.
    shared : SharedSteps
        Memory of a group of fits on the same rows.

    Returns
    -------
    estimator
        The same object; its ``memory`` is set only if :func:`can_share_steps`.
    """
    return estimator.set_params(memory=shared) if can_share_steps(estimator) else estimator


def configured(estimator, params):
    """A clone of `estimator` with the parameters of one candidate, which are cloned too."""
    return clone(estimator).set_params(**clone(dict(params), safe=False))


def group_candidates(estimator, candidates):
    """Group candidates by the first step in which any of them differ.

    Fitted as one task on the same rows, with one :class:`SharedSteps`, the candidates of a group
    fit that step once and each later chain of steps once. Steps before it, which all candidates
    have in common, are fitted once a group. Candidates that differ in the last step alone are one
    group.

    A candidate that cannot share its steps is a group of its own. It needs rows of its own, too: it
    may overwrite them.

    Parameters
    ----------
    estimator : estimator
        What the candidates are parameters of.
    candidates : sequence of dict
        Parameters as for ``set_params``; they may replace whole steps.

    Returns
    -------
    list of list of int
        Numbers of candidates, in their order.

    Raises
    ------
    ValueError
        If a parameter does not exist.
    """
    chains = {}
    for number, params in enumerate(candidates):
        model = configured(estimator, params)
        if can_share_steps(model):
            chains[number] = tuple(_step_key(step) for _, step in model.steps[:-1])
    columns = enumerate(zip_longest(*chains.values()))
    first = next((place for place, keys in columns if len(set(keys)) > 1), None)
    groups = {}
    for number in range(len(candidates)):
        if number not in chains:
            key = number
        elif first is None:
            key = ()
        else:
            key = chains[number][first : first + 1]
        groups.setdefault(key, []).append(number)
    return list(groups.values())


def _step_key(step):
    """What equal steps have in common, and no other step; a step without a hash equals none."""
    if step is None or (isinstance(step, str) and step == "passthrough"):
        return "passthrough"
    return _hash(step) or object()
