"""Parts of an estimator: its last step, its inner learner, and how to change them in a clone."""

import warnings

import numpy as np
from scipy import sparse
from sklearn import get_config
from sklearn.base import clone
from sklearn.pipeline import Pipeline
from sklearn.utils.metadata_routing import MetadataRequest, get_routing_for_object

# Characters of an error that a sentence quotes: what failed, not the data that some errors print.
ERROR_WIDTH = 200

# Characters of a column's name in a sentence.
COLUMN_WIDTH = 40

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


def on_clone(statement, imports=""):
    """Python that changes a clone of ``estimator``: the user's object stays as it is."""
    return f"from sklearn.base import clone\n{imports}estimator = clone(estimator)\n{statement}"


def params_code(params, imports=""):
    """Python that sets parameters on a clone of ``estimator``."""
    if all(name.isidentifier() for name in params):
        values = ", ".join(f"{k}={v!r}" for k, v in params.items())
        return on_clone(f"estimator.set_params({values})", imports)
    return on_clone(f"estimator.set_params(**{params!r})", imports)


def before_last_step(estimator, name, transformer):
    """A clone with a transformer right before the last step; a new Pipeline around a bare one."""
    return _with_step(estimator, name, transformer, -1)


def in_front(estimator, name, transformer):
    """A clone with a transformer in front of everything; a new Pipeline around a bare one."""
    return _with_step(estimator, name, transformer, 0)


def _with_step(estimator, name, transformer, position):
    """A clone with one step more, before that of a position."""
    step = without_weights(transformer)
    if not isinstance(estimator, Pipeline):
        return Pipeline([(name, step), ("model", asking_for_weights(estimator))])
    twin = clone(estimator)
    while name in dict(twin.steps):
        name += "_"
    twin.steps.insert(position, (name, step))
    return twin


def without_weights(transformer):
    """A clone that wants no weights; where metadata routing is on it has to say so."""
    step = clone(transformer)
    if get_config()["enable_metadata_routing"]:
        for part in (step, *step.get_params(deep=True).values()):
            if _weight_request(part) is None:
                _request_weights(part, False)
    return step


def without_weights_code():
    """What :func:`without_weights` does to a transformer that takes weights, as Python."""
    routing = get_config()["enable_metadata_routing"]
    return ".set_fit_request(sample_weight=False)" if routing else ""


def asking_for_weights(estimator):
    """A clone that is given, inside of something, the weights that it takes when called by hand.

    Where metadata routing is on a request has to say so; what the user requested stays.
    """
    inside = clone(estimator)
    if get_config()["enable_metadata_routing"] and _weight_request(inside) is None:
        _request_weights(inside, True)
    return inside


def with_weight_request_of(estimator, other):
    """The estimator, asking for weights as another one does where metadata routing is on."""
    if get_config()["enable_metadata_routing"]:
        request = _weight_request(other)
        if request is not None:
            _request_weights(estimator, request)
    return estimator


def _weight_request(part):
    """What an estimator requests of weights: True, False, a name; None where nothing was said."""
    try:
        routing = get_routing_for_object(part)
    except NotImplementedError:  # a meta-estimator that does not route yet
        return None
    known = isinstance(routing, MetadataRequest)
    return routing.fit.requests.get("sample_weight") if known else None


def _request_weights(part, request):
    """Set the request of an estimator that can have one."""
    routing = get_routing_for_object(part) if hasattr(part, "set_fit_request") else None
    if isinstance(routing, MetadataRequest) and "sample_weight" in routing.fit.requests:
        part.set_fit_request(sample_weight=request)


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
        Names of its columns: of a dataframe, else ``get_feature_names_out`` of the steps; None
        where nothing names them.
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
                    fitted = Pipeline(steps).fit(X, labels)
                    X = fitted.transform(X)
            except Exception as error:  # a user's step may raise anything
                return None, None, f"The steps before the last one failed: {error_text(error)}"
            names = list(X.columns) if hasattr(X, "columns") else _names_out(fitted, X)
    matrix = numeric_matrix(X)
    if matrix is None or matrix.ndim != 2:
        return None, None, "The features that reach the last step are not all numeric."
    return matrix, names, None


def _names_out(fitted, transformed):
    """What fitted steps call the columns of an array they made; None where they cannot say."""
    try:
        names = [str(name) for name in fitted.get_feature_names_out()]
    except Exception:  # a user's step may raise anything, and many have no names
        return None
    shape = getattr(transformed, "shape", ())
    if len(shape) != 2 or len(names) != shape[1]:
        return None
    # Columns of an array that nobody named are numbered, as where there are no steps.
    return None if names == [f"x{j}" for j in range(len(names))] else names


def column_text(column, names):
    """A column in words: its number, or its name in quotes."""
    if names is None:
        return f"column {column}"
    # The representation escapes control characters: names must not drive a terminal.
    return f"column {_cut(str(names[column]), COLUMN_WIDTH)!r}"


def error_text(error):
    """First line of an error, for a sentence: cut, and free of control characters."""
    line = str(error).strip().partition("\n")[0]
    return _cut("".join(char if char.isprintable() else "?" for char in line), ERROR_WIDTH)


def _cut(text, width):
    """Text of at most `width` characters, with an ellipsis where some are missing."""
    return text if len(text) <= width else f"{text[: width - 3]}..."
