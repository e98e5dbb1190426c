"""Parts of an estimator: its last step, its inner learner, and how to change them in a clone."""

import warnings

import numpy as np
from scipy import sparse
from sklearn.base import clone
from sklearn.pipeline import Pipeline

# Fits of these do not change when a column is multiplied: their splits follow. Naive Bayes is not
# among them: its variance floor is a share of the widest column's variance.
_SCALE_FREE_MODULES = (
    "sklearn.tree",
    "sklearn.ensemble._forest",
    "sklearn.ensemble._gb",
    "sklearn.ensemble._hist_gradient_boosting",
    "sklearn.dummy",
    "imblearn.ensemble._forest",
    "xgboost",
    "lightgbm",
    "catboost",
)

# Ensembles that grow trees unless told otherwise.
_TREES_BY_DEFAULT = ("sklearn.ensemble._weight_boosting", "sklearn.ensemble._bagging")


def last_step(estimator):
    """The estimator itself, or the last step of a Pipeline, at any depth."""
    while isinstance(estimator, Pipeline):
        estimator = estimator.steps[-1][1]
    return estimator


def inner_learner(estimator):
    """The learner inside Pipelines and meta-estimators with an ``estimator``, and its prefix.

    Parameters
    ----------
    estimator : estimator
        Unfitted.

    Returns
    -------
    prefix : str
        What stands before its parameters in ``estimator.get_params()``: ``""``, ``"model__"``,
        ``"model__estimator__"``.
    learner : estimator
        The innermost one.
    """
    prefix = ""
    while True:
        if isinstance(estimator, Pipeline):
            name, estimator = estimator.steps[-1]
            prefix += f"{name}__"
            continue
        # By its parameters: forests keep their tree under the same name, and it cannot be set.
        nested = estimator.get_params(deep=False).get("estimator")
        if not hasattr(nested, "get_params") or isinstance(nested, type):
            return prefix, estimator
        prefix, estimator = f"{prefix}estimator__", nested


def with_params(estimator, **params):
    """A clone with parameters set, by their names in ``get_params(deep=True)``."""
    return clone(estimator).set_params(**params)


def params_code(params):
    """Python that sets parameters on ``estimator``."""
    if all(name.isidentifier() for name in params):
        return f"estimator.set_params({', '.join(f'{k}={v!r}' for k, v in params.items())})"
    return f"estimator.set_params(**{params!r})"


def before_last_step(estimator, name, transformer):
    """A clone with a transformer right before the last step; a new Pipeline around a bare one."""
    if not isinstance(estimator, Pipeline):
        return Pipeline([(name, clone(transformer)), ("model", clone(estimator))])
    twin = clone(estimator)
    while name in dict(twin.steps):
        name += "_"
    twin.steps = [*twin.steps[:-1], (name, clone(transformer)), twin.steps[-1]]
    return twin


def in_front(estimator, name, transformer):
    """A clone with a transformer in front of everything; a new Pipeline around a bare one."""
    if not isinstance(estimator, Pipeline):
        return Pipeline([(name, clone(transformer)), ("model", clone(estimator))])
    twin = clone(estimator)
    while name in dict(twin.steps):
        name += "_"
    twin.steps = [(name, clone(transformer)), *twin.steps]
    return twin


def is_scale_free(estimator):
    """Whether scaling columns in front of this estimator cannot change its fit."""
    inner = last_step(estimator)
    while True:
        module = type(inner).__module__
        if module.startswith(_SCALE_FREE_MODULES):
            return True
        nested = getattr(inner, "estimator", None)
        if nested is None or isinstance(nested, str):
            return nested is None and module.startswith(_TREES_BY_DEFAULT)
        inner = last_step(nested)


def fitted_parts(estimator):
    """Yield an estimator and the fitted parts inside it."""
    yield estimator
    if isinstance(estimator, Pipeline):
        for _, step in estimator.steps:
            if hasattr(step, "get_params"):
                yield from fitted_parts(step)
        return
    for name in ("best_estimator_", "estimator_"):
        inner = getattr(estimator, name, None)
        if hasattr(inner, "get_params"):
            yield from fitted_parts(inner)
            return
    for inner in getattr(estimator, "calibrated_classifiers_", ()):
        nested = getattr(inner, "estimator", None)
        if hasattr(nested, "get_params"):
            yield from fitted_parts(nested)


def numeric_matrix(X):
    """X as a float array or sparse matrix, or None if it is not all numeric."""
    if sparse.issparse(X):
        return X
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            array = np.asarray(X)
            if array.dtype.kind == "O":
                return None
            return array.astype(np.float64) if array.dtype.kind in "biuf" else None
    except (TypeError, ValueError, Warning):
        return None


def reaching_matrix(estimator, X, labels):
    """The numbers that reach the last step, on training rows.

    Parameters
    ----------
    estimator : estimator
        The user's, unfitted; the steps before the last are cloned and fitted here, samplers left
        out.
    X : array-like of shape (n_rows, n_features)
        Training rows.
    labels : array-like of shape (n_rows,)
        Labels.

    Returns
    -------
    matrix : ndarray of float64, sparse matrix, or None
        Of shape (n_rows, n_columns).
    names : list of str or None
        Names of its columns, where it has any.
    reason : str or None
        Why there is no matrix.
    """
    names = list(X.columns) if hasattr(X, "columns") else None
    if isinstance(estimator, Pipeline) and len(estimator.steps) > 1:
        steps = [
            (name, clone(step) if hasattr(step, "fit") else step)
            for name, step in estimator.steps[:-1]
            if not hasattr(step, "fit_resample")
        ]
        if steps:
            try:
                with warnings.catch_warnings():
                    warnings.simplefilter("ignore")  # of fits that the user did not ask for
                    X = Pipeline(steps).fit(X, labels).transform(X)
            except Exception as error:  # a user's step may raise anything
                return None, None, f"The steps before the last one failed: {error}"
            names = list(X.columns) if hasattr(X, "columns") else None
    matrix = numeric_matrix(X)
    if matrix is None or matrix.ndim != 2:
        return None, None, "The features that reach the last step are not all numeric."
    return matrix, names, None


def column_text(column, names):
    """A column in words: its number, or its name in quotes."""
    return f"column {column}" if names is None else f"column {str(names[column])!r}"
