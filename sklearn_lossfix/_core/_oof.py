"""The out-of-fold engine: clones of one estimator, fitted on fixed folds, scored on the rest.

Everything of this package that needs scores from models that did not see the row comes through
here, so that all parts agree on weights, groups, folds and seeds. The user's own X and y go to the
workers as direct arguments (joblib backends recognise and share those), tasks carry a fold number
and one fold-of-row vector, and only scores of test rows come back.
"""

import zlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from joblib import effective_n_jobs, parallel_config
from joblib.parallel import get_active_backend
from sklearn import get_config
from sklearn.base import clone
from sklearn.ensemble import StackingClassifier, VotingClassifier
from sklearn.exceptions import ConvergenceWarning
from sklearn.frozen import FrozenEstimator
from sklearn.model_selection import StratifiedGroupKFold, StratifiedKFold, check_cv
from sklearn.model_selection._search import BaseSearchCV
from sklearn.pipeline import Pipeline
from sklearn.utils import _safe_indexing, get_tags
from sklearn.utils.metadata_routing import MetadataRequest, get_routing_for_object
from sklearn.utils.metaestimators import _safe_split
from sklearn.utils.parallel import Parallel, delayed
from sklearn.utils.validation import _num_samples, has_fit_parameter

from sklearn_lossfix._core._caught_warnings import caught_warnings, sorted_by_thread
from sklearn_lossfix._core._proper_scores import brier_rows, log_loss_rows
from sklearn_lossfix._core._user_warning import warn_user
from sklearn_lossfix.exceptions import FrozenPartError, TooFewRowsError

# Rounds in which tasks that a dying worker took along are sent out again.
MAX_ROUNDS = 3

# Exceptions, by name, that mean "a worker died", on loky, dask and ray. The backends are not
# imported to ask.
_WORKER_LOST = {
    "TerminatedWorkerError",
    "BrokenProcessPool",
    "KilledWorker",
    "FutureCancelledError",
    "CancelledError",
    "ActorDiedError",
    "RayActorError",
    "WorkerCrashedError",
}


@dataclass(frozen=True, eq=False)
class Folds:
    """Splits that were drawn once and are shared by every model of a comparison.

    Attributes
    ----------
    n_rows : int
        Number of rows that were split.
    splits : tuple of (train, test) pairs of int arrays
        Row numbers.
    fold_of_row : ndarray of shape (n_rows,) or None
        Fold in which each row is tested, where the tests are a partition of the rows and each
        training part is all the rest; None for repeated, shuffled or rolling splits.
    """

    n_rows: int
    splits: tuple
    fold_of_row: np.ndarray | None

    @property
    def mean_sizes(self):
        """Mean number of training and of test rows."""
        return (
            float(np.mean([len(train) for train, _ in self.splits])),
            float(np.mean([len(test) for _, test in self.splits])),
        )


@dataclass(frozen=True, eq=False)
class OutOfFold:
    """Scores as (row, fold, score) triplets: a row stands 0, 1 or many times.

    Attributes
    ----------
    classes : ndarray of shape (n_classes,)
        Labels in the order of columns and codes.
    row, fold : ndarray of shape (n_scored,), dtype int
        Row number in the data, and the fold whose model gave the score.
    scores : ndarray of shape (n_scored, n_classes) or (n_scored,)
        Probabilities or decision values; one column for decision values of two classes and for
        ``predict``.
    response : {"predict_proba", "decision_function", "predict"}
        What gave the scores.
    pred : ndarray of shape (n_scored,), dtype int
        Codes of the labels from ``predict``.
    train_states : tuple of dict
        Per fold: mean losses and class totals on the training rows, where asked for.
    warnings : tuple of str
        Convergence warnings, without repeats.
    described : tuple
        Per fold: what `describe` said of the fitted model; None without it.
    """

    classes: np.ndarray
    row: np.ndarray
    fold: np.ndarray
    scores: np.ndarray
    response: str
    pred: np.ndarray
    train_states: tuple
    warnings: tuple
    described: tuple = ()

    @property
    def row_weight(self):
        """One over the number of times each scored row stands here."""
        return 1.0 / np.bincount(self.row)[self.row]


def frozen_parts(estimator):
    """Name the frozen or prefit parts of an estimator, at any depth.

    Parameters
    ----------
    estimator : estimator
        Any scikit-learn compatible object.

    Returns
    -------
    list of str
        Parameter paths, ``"estimator"`` for the object itself; empty if all of it can be refitted.
    """
    found = []
    if isinstance(estimator, FrozenEstimator):
        found.append("estimator")
    params = estimator.get_params(deep=True) if hasattr(estimator, "get_params") else {}
    for name, value in sorted(params.items()):
        if isinstance(value, FrozenEstimator):
            # What lies inside a frozen part is frozen with it: one name says it.
            if not any(name.startswith(f"{outer}__") for outer in found):
                found.append(name)
        elif name.rpartition("__")[2] == "cv" and isinstance(value, str) and value == "prefit":
            found.append(f"{name}='prefit'")
        elif name.rpartition("__")[2] == "prefit" and value is True:
            found.append(f"{name}=True")
    return found


def refuse_frozen(estimator):
    """Raise FrozenPartError if a part of the estimator cannot be refitted."""
    parts = frozen_parts(estimator)
    if parts:
        raise FrozenPartError(
            f"{type(estimator).__name__} holds frozen or prefit parts ({', '.join(parts)}), which "
            f"have seen all rows: out-of-fold scores of it would be a lie. Pass an estimator "
            f"that can be refitted; this one can only be judged as it is, on rows it has not seen."
        )


def fix_folds(cv, X, y, *, groups=None, random_state=None):
    """Draw the splits once.

    Parameters
    ----------
    cv : int, splitter or iterable of (train, test)
        An int gives that many stratified, shuffled folds, which keep `groups` together where given.
    X : array-like of shape (n_rows, n_features)
        Data.
    y : array-like of shape (n_rows,)
        Labels.
    groups : array-like of shape (n_rows,), default=None
        Groups, handed to the splitter.
    random_state : int, RandomState or None, default=None
        Seed of the folds of an int `cv`. None is seed 0, so that two calls agree.

    Returns
    -------
    Folds

    Raises
    ------
    TooFewRowsError
        If a class (or the groups) cannot be spread over that many folds.
    ValueError
        If a split is empty or out of range.
    """
    n_rows = _num_samples(y)
    if isinstance(cv, bool):
        raise ValueError(f"cv must be a number of folds, a splitter or splits. Got {cv} instead.")
    if isinstance(cv, int | np.integer):
        _check_class_counts(int(cv), y, groups)
        seed = 0 if random_state is None else random_state
        kind = StratifiedKFold if groups is None else StratifiedGroupKFold
        cv = kind(n_splits=int(cv), shuffle=True, random_state=seed)
    splitter = check_cv(cv, y, classifier=True)
    splits = []
    for number, (train, test) in enumerate(splitter.split(X, y, groups)):
        train, test = _as_rows(train, n_rows, number), _as_rows(test, n_rows, number)
        splits.append((train, test))
    if not splits:
        raise ValueError("cv gave no split. Expected at least one pair of train and test rows.")
    return Folds(n_rows, tuple(splits), _partition(splits, n_rows))


def _check_class_counts(n_splits, y, groups):
    """Explain why a class is too small for the folds, and what would work."""
    if n_splits < 2:
        raise ValueError(f"cv must be at least 2 folds. Got {n_splits} instead.")
    labels, codes, counts = np.unique(y, return_inverse=True, return_counts=True)
    what = "rows"
    if groups is not None:
        pairs = np.unique(
            np.column_stack([codes, np.unique(groups, return_inverse=True)[1]]), axis=0
        )
        counts = np.bincount(pairs[:, 0], minlength=len(labels))
        what = "groups"
    smallest = int(np.argmin(counts))
    if counts[smallest] < n_splits:
        n_smallest = int(counts[smallest])
        offer = (
            f"Pass cv={n_smallest}"
            if n_smallest >= 2
            else f"Merge or drop class {labels.tolist()[smallest]!r}"
        )
        raise TooFewRowsError(
            f"cv={n_splits} needs {n_splits} {what} of every class, one for each fold. Class "
            f"{labels.tolist()[smallest]!r} has {n_smallest}. {offer}."
        )


def _as_rows(indices, n_rows, number):
    """A split's rows as an int array; masks are taken as masks."""
    indices = np.asarray(indices)
    if indices.dtype == bool:
        indices = np.flatnonzero(indices)
    if indices.size == 0:
        raise ValueError(f"Split {number} of cv has an empty train or test part.")
    if indices.min() < 0 or indices.max() >= n_rows:
        wrong = indices.min() if indices.min() < 0 else indices.max()
        raise ValueError(
            f"Split {number} of cv holds row {int(wrong)}; expected rows from 0 to {n_rows - 1}."
        )
    return indices.astype(np.intp)


def _partition(splits, n_rows):
    """Fold-of-row vector if the tests partition the rows and train is the rest, else None."""
    if sum(len(test) for _, test in splits) != n_rows:
        return None
    if any(len(train) + len(test) != n_rows for train, test in splits):
        return None
    dtype = np.uint8 if len(splits) < 256 else np.uint16
    fold_of_row = np.full(n_rows, np.iinfo(dtype).max, dtype=dtype)
    seen = np.zeros(n_rows, dtype=bool)
    for number, (train, test) in enumerate(splits):
        if seen[test].any():
            return None
        seen[test] = True
        fold_of_row[test] = number
        mask = np.zeros(n_rows, dtype=bool)
        mask[test] = True
        if mask[train].any():
            return None
    return fold_of_row if len(splits) < np.iinfo(dtype).max else None


def weight_params(estimator, sample_weight):
    """Fit parameters that carry `sample_weight` to where the estimator uses it.

    With metadata routing on, the weights go in by name where the estimator asks for them, or where
    it takes them itself and nothing was said about them. Without, a Pipeline takes them as its last
    step's parameter. Empty where nothing would use them.

    Parameters
    ----------
    estimator : estimator
        What will be fitted.
    sample_weight : array-like of shape (n_rows,) or None
        Weights.

    Returns
    -------
    dict
    """
    # A sampler changes the rows, and no Pipeline carries weights through one.
    if sample_weight is None or _resamples(estimator):
        return {}
    weights = {"sample_weight": sample_weight}
    if get_config()["enable_metadata_routing"]:
        return weights if _routes_weights(estimator) else {}
    if isinstance(estimator, Pipeline):
        name, last = estimator.steps[-1]
        inner = weight_params(last, sample_weight) if last not in (None, "passthrough") else {}
        return {f"{name}__{key}": value for key, value in inner.items()}
    if isinstance(estimator, BaseSearchCV):  # passes fit parameters on, under their own names
        return weight_params(estimator.estimator, sample_weight)
    if isinstance(estimator, VotingClassifier | StackingClassifier):  # all of its parts, or none
        parts = [part for _, part in estimator.estimators if part != "drop"]
        final = getattr(estimator, "final_estimator", None)
        parts += [] if final is None else [final]
        return weights if all(has_fit_parameter(part, "sample_weight") for part in parts) else {}
    return weights if has_fit_parameter(estimator, "sample_weight") else {}


def _resamples(estimator):
    """Whether a step of a Pipeline in the estimator is a sampler of imbalanced-learn."""
    params = estimator.get_params(deep=True) if hasattr(estimator, "get_params") else {}
    pipelines = [part for part in (estimator, *params.values()) if isinstance(part, Pipeline)]
    return any(hasattr(step, "fit_resample") for part in pipelines for _, step in part.steps)


def _routes_weights(estimator):
    """Whether `fit` takes weights by name while metadata routing is on."""
    try:
        routing = get_routing_for_object(estimator)
    except NotImplementedError:  # meta-estimators that do not route yet refuse weights
        return False
    if isinstance(routing, MetadataRequest):
        requests = routing.fit.requests
        if "sample_weight" in requests and requests["sample_weight"] is None:
            return True  # called by hand, it takes them: a request is for those in between
    return bool(routing.consumes("fit", ["sample_weight"]))


def seed_clone(estimator, seed):
    """Give every free ``random_state`` of a clone a seed of its own, so that fits are repeatable.

    The seed of a parameter depends on `seed` and on its name alone: two candidates of a search that
    share a step share the seed of that step, whatever else they differ in.
    """
    if seed is None:
        return estimator
    entropy = seed if isinstance(seed, tuple) else (seed,)
    bound = np.iinfo(np.int32).max
    seeds = {
        name: int(
            np.random.SeedSequence((*entropy, zlib.crc32(name.encode()))).generate_state(1)[0]
            % bound
        )
        for name, value in estimator.get_params(deep=True).items()
        if name.rpartition("__")[2] == "random_state" and value is None
    }
    return estimator.set_params(**seeds) if seeds else estimator


def align_columns(scores, found, classes, fill=0.0):
    """Put the columns of `scores`, in the order `found`, into the order of `classes`.

    A class that the fit never saw gets the column `fill`.
    """
    if len(found) == len(classes) and np.array_equal(found, classes):
        return scores
    out = np.full((len(scores), len(classes)), fill, dtype=scores.dtype)
    position = {label: k for k, label in enumerate(np.asarray(classes).tolist())}
    for column, label in enumerate(np.asarray(found).tolist()):
        out[:, position[label]] = scores[:, column]
    return out


def response_of(estimator, response_method="auto"):
    """Name of the method that scores rows: probabilities, else decision values, else labels."""
    wanted = (
        ("predict_proba", "decision_function", "predict")
        if response_method == "auto"
        else (response_method,)
    )
    for name in wanted:
        if hasattr(estimator, name):
            return name
    raise ValueError(
        f"{type(estimator).__name__} has none of the methods {', '.join(wanted)}. Expected a "
        f"classifier, or a regressor that was given class labels."
    )


def score_rows(estimator, X, classes, response_method="auto", encoded=False):
    """Scores and predicted codes of a fitted estimator.

    Parameters
    ----------
    estimator : fitted estimator
        Classifier; or regressor that was fitted on codes, with ``encoded=True``.
    X : array-like of shape (n_rows, n_features)
        Rows to score.
    classes : ndarray of shape (n_classes,)
        Labels in the order wanted.
    response_method : {"auto", "predict_proba", "decision_function", "predict"}, default="auto"
        What to call.
    encoded : bool, default=False
        The estimator predicts numbers on the scale of the codes: the nearest code is the label.

    Returns
    -------
    scores : ndarray of shape (n_rows, n_classes) or (n_rows,)
    pred : ndarray of shape (n_rows,), dtype int
    response : str
    """
    if encoded:
        values = np.asarray(estimator.predict(X), dtype=np.float64).reshape(-1)
        pred = np.clip(np.rint(values), 0, len(classes) - 1).astype(np.intp)
        return values, pred, "predict"
    response = response_of(estimator, response_method)
    labels = np.asarray(estimator.predict(X))
    position = {label: k for k, label in enumerate(np.asarray(classes).tolist())}
    values, inverse = np.unique(labels, return_inverse=True)
    lookup = [position.get(label, -1) for label in values.tolist()]
    if -1 in lookup:
        raise ValueError(
            f"{type(estimator).__name__}.predict gave the labels "
            f"{values.tolist()[:10]}, expected only {np.asarray(classes).tolist()[:10]}."
        )
    pred = np.array(lookup, dtype=np.intp)[inverse]
    scores = None if response == "predict" else class_columns(estimator, X, classes, response)
    if scores is None:
        return pred.astype(np.float64), pred, "predict"
    return scores, pred, response


def class_columns(estimator, X, classes, response, scores=None):
    """Score rows with one column per class.

    Parameters
    ----------
    estimator : fitted estimator
        Classifier.
    X : array-like of shape (n_rows, n_features)
        Rows to score.
    classes : ndarray of shape (n_classes,)
        Labels in the order wanted; one that the estimator never saw gets probability 0 or decision
        value -inf.
    response : {"predict_proba", "decision_function"}
        What to call.
    scores : ndarray, default=None
        What that call gave, where it was made already.

    Returns
    -------
    scores : ndarray of shape (n_rows, n_classes) or (n_rows,), or None
        A single column is that of the last of two classes. None where the estimator has no score
        per class.
    """
    found = np.asarray(getattr(estimator, "classes_", classes))
    scores = np.asarray(getattr(estimator, response)(X) if scores is None else scores)
    if scores.dtype not in (np.float32, np.float64):
        scores = scores.astype(np.float64)
    if response == "predict_proba":
        return align_columns(scores, found, classes)
    if scores.ndim == 2 and scores.shape[1] == 1:
        scores = scores[:, 0]
    if scores.ndim == 1:
        if len(classes) == 2 and len(found) == 2:
            return scores if np.array_equal(found, classes) else -scores
        scores = np.column_stack([-scores, scores])
    if scores.shape[1] != len(found) or _compares_pairs(estimator):
        return None
    return align_columns(scores, found, classes, fill=-np.inf)


def _compares_pairs(estimator):
    """Whether decision values compare pairs of classes; three classes have as many pairs."""
    while isinstance(estimator, Pipeline) or hasattr(estimator, "best_estimator_"):
        is_pipeline = isinstance(estimator, Pipeline)
        estimator = estimator.steps[-1][1] if is_pipeline else estimator.best_estimator_
    return getattr(estimator, "decision_function_shape", None) == "ovo"


def _train_state(estimator, X, y, classes, weight, encoded):
    """Mean losses and class totals on the rows a model learnt from."""
    scores, pred, response = score_rows(estimator, X, classes, encoded=encoded)
    n_classes = len(classes)
    state = {
        "n_rows": len(y),
        "totals": (
            np.bincount(y, (pred == y) * (1.0 if weight is None else weight), n_classes),
            np.bincount(pred, weight, n_classes),
            np.bincount(y, weight, n_classes),
        ),
        "log_loss": None,
        "brier": None,
    }
    if response == "predict_proba" and np.isfinite(scores).all():
        state["log_loss"] = float(np.average(log_loss_rows(scores, y), weights=weight))
        state["brier"] = float(np.average(brier_rows(scores, y), weights=weight))
    return state


def fold_rows(layout, fold):
    """Training and test rows of a fold: from the fold of every row, or as they were drawn."""
    if len(layout) == 1:
        return np.flatnonzero(layout[0] != fold), np.flatnonzero(layout[0] == fold)
    return layout


def fold_layout(folds, number):
    """What a task carries to know its rows: one vector shared by all, where folds partition."""
    return folds.splits[number] if folds.fold_of_row is None else (folds.fold_of_row,)


def cut_params(fit_params, train, n_rows):
    """Cut the fit parameters that have one entry a row to the training rows."""
    return {
        name: _safe_indexing(value, train)
        if hasattr(value, "__len__") and _num_samples(value) == n_rows
        else value
        for name, value in fit_params.items()
    }


def sort_warnings(caught):
    """Split recorded warnings into convergence warnings and others, as (category, message)."""
    convergence, other = [], []
    for category, message in caught:
        kind = convergence if issubclass(category, ConvergenceWarning) else other
        kind.append((category, message))
    return convergence, other


def _run_task(estimator, X, y, codes, weight, task):
    """Fit a clone on the train rows of one fold and score its test rows; runs in a worker."""
    fold, layout, fit_params, classes, response_method, encoded, want_train, seed, describe = task
    train, test = fold_rows(layout, fold)
    model = seed_clone(clone(estimator), seed)
    target = codes if encoded else y
    X_train, y_train = _safe_split(model, X, target, train)
    X_test, y_test = _safe_split(model, X, target, test, train)
    params = cut_params(fit_params, train, len(codes))
    with caught_warnings() as caught:
        try:
            model.fit(X_train, y_train, **params)
            scores, pred, response = score_rows(model, X_test, classes, response_method, encoded)
        except Exception as error:
            error.add_note(f"While fitting {type(estimator).__name__} out of fold, split {fold}.")
            raise
        train_state = said = None
        if want_train:
            w = None if weight is None else weight[train]
            train_state = _train_state(model, X_train, codes[train], classes, w, encoded)
        if describe is not None:
            said = describe(model, X_test, y_test, None if weight is None else weight[test])
    return fold, test, scores, pred, response, train_state, *sort_warnings(caught), said


def run_tasks(run, shared, tasks, n_jobs, on_done):
    """Run tasks in parallel and keep what is finished when a worker dies.

    Tasks that a lost worker took along are sent out again, at most `MAX_ROUNDS` times. An error
    that the estimator itself raised is raised at once.

    Parameters
    ----------
    run : callable
        ``run(*shared, task)``, importable in a worker; what it returns starts with ``task[0]``.
    shared : tuple
        Direct arguments of every task: that is how joblib's distributed backends recognise data
        they already hold.
    tasks : list of tuple
        Each starts with a name of its own.
    n_jobs : int or None
        Tasks run at a time, through joblib.
    on_done : callable
        Called as ``on_done(result, finished, total)`` in the calling process, as tasks finish.

    Returns
    -------
    list
        What `run` returned, in the order of the tasks.
    """
    if effective_n_jobs(n_jobs) == 1:
        n_jobs = 1
        return _run_rounds(run, shared, tasks, n_jobs, on_done)
    with sorted_by_thread():
        return _run_rounds(_as_in_a_process, (run, *shared), tasks, n_jobs, on_done)


def _as_in_a_process(run, *args):
    """Run a task of a cluster as in a process of its own: ``n_jobs=None`` inside of it means 1.

    On dask it would mean all workers, and what an ensemble adds up depends on their number.
    """
    if type(get_active_backend()[0]).__name__ != "DaskDistributedBackend":
        return run(*args)
    with parallel_config(backend="threading", n_jobs=1):
        return run(*args)


def _run_rounds(run, shared, tasks, n_jobs, on_done):
    """Send tasks out until all are done."""
    results = {}
    for attempt in range(MAX_ROUNDS):
        waiting = [task for task in tasks if task[0] not in results]
        try:
            try:
                parallel = Parallel(n_jobs=n_jobs, return_as="generator_unordered")
                outputs = parallel(delayed(run)(*shared, task) for task in waiting)
            except ValueError:  # the backend has no generators (multiprocessing, ray, spark)
                outputs = Parallel(n_jobs=n_jobs)(delayed(run)(*shared, task) for task in waiting)
            for result in outputs:
                results[result[0]] = result
                on_done(result, len(results), len(tasks))
            break
        except Exception as error:
            lost = any(cls.__name__ in _WORKER_LOST for cls in type(error).__mro__)
            if not lost or attempt == MAX_ROUNDS - 1:
                raise
    return [results[task[0]] for task in tasks]


def check_training_parts(y, folds):
    """Classes and codes of `y`; raise TooFewRowsError where a training part has one class."""
    labels = y.to_numpy() if hasattr(y, "to_numpy") else np.asarray(y)
    classes, codes = np.unique(labels, return_inverse=True)
    for number, (train, _) in enumerate(folds.splits):
        if len(np.unique(codes[train])) < 2:
            raise TooFewRowsError(
                f"The training part of split {number} holds a single class, "
                f"{classes[codes[train[0]]].item()!r}. Use fewer or stratified folds."
            )
    return classes, codes


def out_of_fold(
    estimator,
    X,
    y,
    folds,
    *,
    sample_weight=None,
    fit_params=None,
    response_method="auto",
    n_jobs=None,
    random_state=None,
    want_train=False,
    encoded=False,
    describe=None,
    on_done: Callable[[int, int], Any] = lambda done, total: None,
):
    """Score rows with clones of `estimator` that did not learn from them.

    Parameters
    ----------
    estimator : estimator
        Cloned for every fold, never changed.
    X : array-like of shape (n_rows, n_features)
        Data in the user's own container.
    y : array-like of shape (n_rows,)
        Labels, without missing values.
    folds : Folds
        From :func:`fix_folds`.
    sample_weight : ndarray of shape (n_rows,), default=None
        Weights, handed to ``fit`` where the estimator uses them.
    fit_params : dict, default=None
        Further parameters of ``fit``; those with one entry a row are cut to the training rows.
    response_method : {"auto", "predict_proba", "decision_function", "predict"}, default="auto"
        What to call for scores.
    n_jobs : int, default=None
        Number of folds fitted at a time, through joblib.
    random_state : int or None, default=None
        Seeds every free ``random_state`` of the clones, from (seed, fold) alone: the result does
        not depend on `n_jobs` or on the worker.
    want_train : bool, default=False
        Also give the losses and class totals on the training rows.
    encoded : bool, default=False
        Fit on class codes and read the predictions as numbers: for regressors.
    describe : callable, default=None
        Function of a module, ``describe(model, X, y, sample_weight)`` of a fold's model and its
        test rows: says in plain values what is to be known of the model, which itself does not come
        back from the worker.
    on_done : callable, default does nothing
        Called as ``on_done(finished, total)`` in the calling process.

    Returns
    -------
    OutOfFold

    Raises
    ------
    FrozenPartError
        If a part of the estimator is frozen or prefit.
    ValueError
        If a training part holds a single class.
    """
    refuse_frozen(estimator)
    classes, codes = check_training_parts(y, folds)
    params = {**weight_params(estimator, sample_weight), **(fit_params or {})}
    tasks = []
    for number in range(len(folds.splits)):
        layout = fold_layout(folds, number)
        seed = None if random_state is None else (int(random_state), number)
        how = (response_method, encoded, want_train, seed, describe)
        tasks.append((number, layout, params, classes, *how))
    shared = (estimator, X, y, codes, sample_weight)
    results = run_tasks(
        _run_task, shared, tasks, n_jobs, lambda _, done, total: on_done(done, total)
    )
    responses = {result[4] for result in results}
    if len(responses) > 1:
        raise ValueError(
            f"{type(estimator).__name__} scored folds in different ways: {sorted(responses)}. "
            f"Expected one kind of scores from every fold."
        )
    for category, message in dict.fromkeys(w for result in results for w in result[7]):
        warn_user(message, category)
    convergence = dict.fromkeys(m for result in results for _, m in result[6])
    return OutOfFold(
        classes=classes,
        row=np.concatenate([result[1] for result in results]),
        fold=np.concatenate([np.full(len(r[1]), r[0], dtype=np.intp) for r in results]),
        scores=np.concatenate([result[2] for result in results]),
        response=responses.pop(),
        pred=np.concatenate([result[3] for result in results]),
        train_states=tuple(result[5] for result in results),
        warnings=tuple(convergence),
        described=tuple(result[8] for result in results),
    )


def is_regressor_given_labels(estimator):
    """Whether the estimator is a regressor: it can be fitted on class codes, not on classes."""
    return get_tags(estimator).estimator_type == "regressor"
