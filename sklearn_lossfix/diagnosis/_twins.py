"""Twins: the user's estimator with one thing changed, and where each applies."""

import warnings

import numpy as np
from scipy import sparse
from sklearn.base import clone
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils import all_estimators

# Ten times the iterations: an optimiser that needs more is not one step short of converging.
MORE_ITERATIONS = 10

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

# Regressors whose classifier has another name.
_CLASSIFIER_OF = {
    "LinearRegression": LogisticRegression,
    "Ridge": LogisticRegression,
    "RidgeCV": LogisticRegression,
    "Lasso": LogisticRegression,
    "ElasticNet": LogisticRegression,
}


def last_step(estimator):
    """The estimator itself, or the last step of a Pipeline, at any depth."""
    while isinstance(estimator, Pipeline):
        estimator = estimator.steps[-1][1]
    return estimator


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


def _numeric_matrix(X):
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


def column_spread(estimator, X, y):
    """How unequal the columns are that reach the last step, on training rows.

    Parameters
    ----------
    estimator : estimator
        The user's, unfitted; the steps before the last are cloned and fitted here.
    X : array-like of shape (n_rows, n_features)
        Training rows.
    y : array-like of shape (n_rows,)
        Labels.

    Returns
    -------
    spread : dict or None
        ``ratio`` of the standard deviation of the column that is farthest from the median one to it
        (or the inverse), ``column``, its name, and whether it is the ``wider`` one.
    reason : str or None
        Why there is no spread.
    """
    if is_scale_free(estimator):
        return None, (
            f"{type(last_step(estimator)).__name__} does not mind the scale of its features."
        )
    names = list(X.columns) if hasattr(X, "columns") else None
    if isinstance(estimator, Pipeline) and len(estimator.steps) > 1:
        steps = [
            (name, clone(step) if hasattr(step, "fit") else step)
            for name, step in estimator.steps[:-1]
            if not hasattr(step, "fit_resample")
        ]
        if steps:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # of fits that the user did not ask for
                X = Pipeline(steps).fit(X, y).transform(X)
            names = list(X.columns) if hasattr(X, "columns") else None
    matrix = _numeric_matrix(X)
    if matrix is None:
        return None, "The features that reach the last step are not all numeric."
    if matrix.shape[1] < 2:
        return None, "Only one feature reaches the last step: there is nothing to compare."
    widths = _column_widths(matrix)
    present = np.flatnonzero(np.isfinite(widths) & (widths > 0))
    if present.size < 2:
        return None, "Fewer than two features vary: there is nothing to compare."
    relative = widths[present] / np.median(widths[present])
    farthest = int(np.argmax(np.abs(np.log(relative))))
    wider = bool(relative[farthest] > 1)
    column = int(present[farthest])
    return {
        "ratio": float(max(relative[farthest], 1 / relative[farthest])),
        "column": f"column {column}" if names is None else f"column {str(names[column])!r}",
        "wider": wider,
    }, None


def _column_widths(matrix):
    """Standard deviation per column, missing values left out."""
    if sparse.issparse(matrix):
        n_rows = matrix.shape[0]
        mean = np.asarray(matrix.sum(axis=0)).ravel() / n_rows
        square = np.asarray(matrix.multiply(matrix).sum(axis=0)).ravel() / n_rows
        return np.sqrt(np.maximum(square - mean**2, 0.0))
    widths = np.full(matrix.shape[1], np.nan)
    for k in range(matrix.shape[1]):
        column = matrix[:, k][np.isfinite(matrix[:, k])]
        if column.size:
            widths[k] = column.std()
    return widths


def scaled_twin(estimator, X):
    """Put StandardScaler right before the last step.

    Returns
    -------
    estimator, changes, code, params
    """
    is_sparse = sparse.issparse(X)
    scaler = StandardScaler(with_mean=False) if is_sparse else StandardScaler()
    if isinstance(estimator, Pipeline):
        twin = clone(estimator)
        if sparse.issparse(X) or any(
            type(s).__name__ == "ColumnTransformer" for _, s in twin.steps
        ):
            scaler = StandardScaler(with_mean=False)  # encoders may give sparse output
        name = "scale"
        while name in dict(twin.steps):
            name += "_"
        twin.steps = [*twin.steps[:-1], (name, scaler), twin.steps[-1]]
        code = (
            "from sklearn.preprocessing import StandardScaler\n"
            f"estimator.steps.insert(-1, ({name!r}, {scaler!r}))"
        )
        return twin, "StandardScaler before the last step", code, {name: repr(scaler)}
    twin = Pipeline([("scale", scaler), ("model", clone(estimator))])
    code = (
        "from sklearn.pipeline import make_pipeline\n"
        "from sklearn.preprocessing import StandardScaler\n"
        f"make_pipeline({scaler!r}, estimator)"
    )
    return twin, "StandardScaler in front", code, {"scale": repr(scaler)}


def _is_boosting(estimator):
    """Whether ``max_iter`` counts trees, which is capacity and not convergence."""
    return isinstance(estimator, HistGradientBoostingClassifier) or hasattr(
        estimator, "n_trees_per_iteration_"
    )


def iteration_limits(estimator):
    """Parameter names of all iteration limits of an estimator that are about convergence.

    Returns
    -------
    list of str
        As in ``get_params(deep=True)``.
    """
    params = estimator.get_params(deep=True)
    out = []
    for name, value in sorted(params.items()):
        if name.rpartition("__")[2] != "max_iter" or not isinstance(value, int | np.integer):
            continue
        owner = name.rpartition("__")[0]
        if value > 0 and not _is_boosting(params[owner] if owner else estimator):
            out.append(name)
    return out


def steps_at_limit(fitted):
    """Names of the fitted parts that used up their iterations, and whether any part counts them.

    Parameters
    ----------
    fitted : fitted estimator
        Pipelines and meta-estimators are looked into through their fitted parts.

    Returns
    -------
    at_limit : list of str
    known : bool
    """
    at_limit, known = [], False
    for part in _fitted_parts(fitted):
        n_iter = getattr(part, "n_iter_", None)
        limit = getattr(part, "max_iter", None)
        if n_iter is None or not isinstance(limit, int | np.integer) or limit <= 0:
            continue
        if _is_boosting(part):
            continue
        known = True
        if int(np.max(n_iter)) >= limit:
            at_limit.append(type(part).__name__)
    return list(dict.fromkeys(at_limit)), known


def _fitted_parts(estimator):
    """Yield an estimator and the fitted parts inside it."""
    yield estimator
    if isinstance(estimator, Pipeline):
        for _, step in estimator.steps:
            if hasattr(step, "get_params"):
                yield from _fitted_parts(step)
        return
    for name in ("best_estimator_", "estimator_"):
        inner = getattr(estimator, name, None)
        if hasattr(inner, "get_params"):
            yield from _fitted_parts(inner)
            return
    for inner in getattr(estimator, "calibrated_classifiers_", ()):
        nested = getattr(inner, "estimator", None)
        if hasattr(nested, "get_params"):
            yield from _fitted_parts(nested)


def converged_twin(estimator):
    """Give every iteration limit ten times the iterations.

    Returns
    -------
    (estimator, changes, code, params) or None
        None where the estimator has no such limit.
    """
    names = iteration_limits(estimator)
    if not names:
        return None
    current = estimator.get_params(deep=True)
    params = {name: int(current[name]) * MORE_ITERATIONS for name in names}
    text = ", ".join(f"{name}={value}" for name, value in params.items())
    twin = clone(estimator).set_params(**params)
    return twin, f"{text}", f"estimator.set_params({text})", params


def classifier_twin(estimator):
    """A classifier in place of a regressor: the one of the same name, else logistic regression.

    Returns
    -------
    estimator, changes, code, params
    """
    inner = last_step(estimator)
    name = type(inner).__name__
    found = _CLASSIFIER_OF.get(name)
    if found is None:
        wanted = name.replace("Regressor", "Classifier").replace("SVR", "SVC")
        found = dict(all_estimators(type_filter="classifier")).get(wanted, LogisticRegression)
    shared = set(found().get_params()) & set(inner.get_params(deep=False))
    classifier = found()
    kept = {}
    for key in sorted(shared - {"loss", "criterion"}):
        value = inner.get_params(deep=False)[key]
        default = type(inner)().get_params()[key] if _has_default_init(type(inner)) else value
        # Words mean other things elsewhere (a solver of Ridge is none of LogisticRegression).
        if value != default and not isinstance(value, str):
            kept[key] = value
    classifier.set_params(**kept)
    if isinstance(estimator, Pipeline):
        twin = clone(estimator)
        twin.steps = [*twin.steps[:-1], (twin.steps[-1][0], classifier)]
        code = f"estimator.steps[-1] = ({twin.steps[-1][0]!r}, {classifier!r})"
    else:
        twin, code = classifier, repr(classifier)
    module = found.__module__.partition("._")[0]
    code = f"from {module} import {found.__name__}\n{code}"
    return twin, f"{found.__name__} instead of {name}", code, {"classifier": found.__name__}


def _has_default_init(cls):
    """Whether a class can be made without arguments."""
    try:
        cls()
    except TypeError:
        return False
    return True
