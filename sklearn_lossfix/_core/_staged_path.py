"""Scores of a fit at every length, from the longest one.

Where a parameter only lengthens a fit (rounds of boosting, members of an ensemble), the shorter
fits are contained in the longest: each round or member depends on those before it and on seeds that
are drawn in order. A search over that parameter then needs one fit instead of one for each value.

The scores equal those of separate fits bit for bit where those are reproducible to the bit
themselves. They are not where members are added up by several threads or processes (``n_jobs``
above 1 in forests and bagging): there sums differ in their order alone, by some units of the last
digit. Here members are always added up in order, as they are with ``n_jobs=1``.
"""

import copy
from numbers import Integral

import numpy as np
from sklearn.ensemble import (
    BaggingClassifier,
    ExtraTreesClassifier,
    GradientBoostingClassifier,
    HistGradientBoostingClassifier,
    RandomForestClassifier,
)
from sklearn.utils.validation import validate_data

from sklearn_lossfix._core._shared_steps import _hash, configured

# Exact types: a subclass may do anything in its rounds.
_LENGTH = {
    HistGradientBoostingClassifier: "max_iter",
    GradientBoostingClassifier: "n_estimators",
    RandomForestClassifier: "n_estimators",
    ExtraTreesClassifier: "n_estimators",
    BaggingClassifier: "n_estimators",
}

# Known by name, since this part of the package does not import imbalanced-learn.
_PIPELINES = {("sklearn.pipeline", "Pipeline"), ("imblearn.pipeline", "Pipeline")}


def _is_pipeline(estimator):
    """Whether an object is a Pipeline of scikit-learn or imbalanced-learn, not of a subclass."""
    return (type(estimator).__module__, type(estimator).__name__) in _PIPELINES


def path_parameter(estimator):
    """Name the parameter that only lengthens the fit of an estimator.

    These are the conditions under which the first m rounds or members of a longer fit are those of
    a fit of length m:

    - The final estimator is exactly one of the five supported classes and ``warm_start`` is off.
    - Every ``random_state``, in all steps, is an int: without, two fits differ anyway, and the
      state of a generator would go on from fit to fit. The one exception is what lies inside the
      base estimator of bagging, which gets seeds from the ensemble.
    - No splitter inside, such as ``cv`` of a calibrated base estimator, shuffles without a seed:
      ensembles do not seed those.
    - Early stopping looks at past rounds alone and splits off its rows with the same seed, so a
      longer fit stops in the same round or later. The scorer it uses
      (``HistGradientBoostingClassifier(scoring=...)``) must be a name, since a callable may keep
      a state or look at the length.
    - ``init`` of GradientBoostingClassifier is no estimator: it would be fitted in place, and
      the order in which it lays out its scores decides how sums over classes round.

    Nothing else matters: rows, columns and weights of each member come from its own seed
    (``bootstrap``, ``max_samples``, ``max_features``) and those of each round from a stream that is
    read in order (``subsample``, ``max_features``); ``n_jobs`` comes after the seeds; ``oob_score``
    comes after the fit.

    A parameter of ``fit`` may break the equality unseen: ``monitor`` of GradientBoostingClassifier
    stops as it likes.

    Parameters
    ----------
    estimator : estimator
        Classifier, or Pipeline that ends in one, fitted or not.

    Returns
    -------
    str or None
        Path of the parameter, for example ``"clf__max_iter"``; None where the conditions above
        do not hold.
    """
    prefix, final = "", estimator
    while _is_pipeline(final):
        name, final = final.steps[-1]
        prefix = f"{prefix}{name}__"
    length = _LENGTH.get(type(final))
    if length is None or final.warm_start:
        return None
    if callable(getattr(final, "scoring", None)):
        return None
    if getattr(final, "init", None) not in (None, "zero"):
        return None
    seeded = f"{prefix}estimator__" if type(final) is BaggingClassifier else None
    for name, value in estimator.get_params(deep=True).items():
        if not _is_repeatable(name, value, seeded):
            return None
    return f"{prefix}{length}"


def _is_repeatable(name, value, seeded):
    """Whether a parameter leaves the same random numbers to every fit.

    `seeded` is the prefix of parameters whose ``random_state`` is set by the ensemble around them.
    """
    if isinstance(value, np.random.RandomState | np.random.Generator):
        return False
    if name.rpartition("__")[2] == "random_state":
        return _is_int(value) or (seeded is not None and name.startswith(seeded))
    if hasattr(value, "get_params") or not hasattr(value, "random_state"):
        return True  # parts with parameters are named one by one
    return _is_int(value.random_state) or not getattr(value, "shuffle", True)


def _is_int(value):
    """Whether a value is an int that scikit-learn would take as one."""
    return isinstance(value, Integral) and not isinstance(value, bool)


def group_paths(estimator, candidates):
    """Group candidates that are equal in everything but the length of the fit.

    Parameters
    ----------
    estimator : estimator
        What the candidates are parameters of, with its seeds set.
    candidates : sequence of dict
        Parameters as for ``set_params``; they may replace whole steps.

    Returns
    -------
    list of list of int
        Numbers of candidates, in each group from the shortest fit to the longest. A candidate
        without a path parameter is a group of its own.

    Raises
    ------
    ValueError
        If a parameter does not exist.
    """
    groups, lengths = {}, []
    for number, params in enumerate(candidates):
        model = configured(estimator, params)
        name = path_parameter(model)
        length = None if name is None else model.get_params(deep=True)[name]
        # A length that is out of range must fail in a fit of its own.
        has_length = name is not None and _is_int(length) and length >= 1
        rest = _hash(model.set_params(**{name: 1})) if has_length else None
        groups.setdefault(number if rest is None else (name, rest), []).append(number)
        lengths.append(length if has_length else 0)
    return [sorted(group, key=lengths.__getitem__) for group in groups.values()]


def staged_proba(fitted, X, lengths):
    """Class probabilities as fits of the given lengths would give them.

    Parameters
    ----------
    fitted : fitted estimator
        The longest fit; :func:`path_parameter` of it is not None.
    X : array-like of shape (n_rows, n_features)
        Rows to score.
    lengths : iterable of int
        Values of the path parameter.

    Returns
    -------
    dict of int to ndarray of shape (n_rows, n_classes)
        Columns in the order of ``fitted.classes_``. After an early stop all lengths beyond it give
        what the stopped fit gives.

    Raises
    ------
    ValueError
        If a length is below one or beyond that of the fit.
    """
    while _is_pipeline(fitted):
        for _, step in fitted.steps[:-1]:
            # Samplers change the rows of a fit, and leave those to be scored alone.
            if step is None or step == "passthrough" or hasattr(step, "fit_resample"):
                continue
            X = step.transform(X)
        fitted = fitted.steps[-1][1]
    wanted = sorted({int(length) for length in lengths})
    n_rounds = _n_rounds(fitted)
    asked_for = getattr(fitted, _LENGTH[type(fitted)])
    stopped = n_rounds < asked_for
    if wanted and (wanted[0] < 1 or (wanted[-1] > n_rounds and not stopped)):
        wrong = wanted[0] if wanted[0] < 1 else wanted[-1]
        raise ValueError(
            f"Expected lengths from 1 to {n_rounds}, the length of the fitted "
            f"{type(fitted).__name__}. Got {wrong}. Fit with the longest value and ask again."
        )
    rounds = {min(length, n_rounds) for length in wanted}
    found = {}
    if rounds:
        for number, proba in zip(range(1, max(rounds) + 1), _stages(fitted, X), strict=False):
            if number in rounds:
                found[number] = proba(number)
    return {length: found[min(length, n_rounds)] for length in wanted}


def _n_rounds(fitted):
    """Number of rounds or members that were fitted."""
    if type(fitted) is HistGradientBoostingClassifier:
        return fitted.n_iter_
    return len(fitted.estimators_)


def _stages(fitted, X):
    """Yield after every round a function of its number that gives the probabilities then."""
    if type(fitted) is HistGradientBoostingClassifier:
        # Its predict_proba holds raw values by column, and sums over classes round accordingly.
        for raw in fitted.staged_decision_function(X):
            raw = np.asfortranarray(raw)
            yield lambda number, raw=raw: fitted._loss.predict_proba(raw)
    elif type(fitted) is GradientBoostingClassifier:
        for raw in fitted.staged_decision_function(X):
            yield lambda number, raw=raw: fitted._loss.predict_proba(raw)
    else:
        total = 0.0
        for proba in _members(fitted, X):
            total += proba
            yield lambda number, total=total: total / number


def _members(fitted, X):
    """Yield the probabilities of one member of an ensemble after the other."""
    if type(fitted) is not BaggingClassifier:
        X = fitted._validate_X_predict(X)
        for tree in fitted.estimators_:
            yield tree.predict_proba(X, check_input=False)
        return
    X = validate_data(
        fitted,
        X,
        accept_sparse=["csr", "csc"],
        dtype=None,
        ensure_all_finite=False,
        reset=False,
    )
    # A bag of one member knows what to do if that has no probabilities, or did not see all classes.
    single = copy.copy(fitted)
    single.n_estimators, single.n_jobs = 1, 1
    vars(single).pop("feature_names_in_", None)  # they were checked, and X is an array by now
    for member, features in zip(fitted.estimators_, fitted.estimators_features_, strict=True):
        single.estimators_, single.estimators_features_ = [member], [features]
        yield single.predict_proba(X)
