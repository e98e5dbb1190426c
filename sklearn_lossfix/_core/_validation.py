"""Checks of what a user hands in: containers, targets, weights, groups, probabilities."""

import numpy as np
from scipy import sparse
from sklearn.utils import check_array
from sklearn.utils.multiclass import check_classification_targets, type_of_target
from sklearn.utils.validation import _num_samples, column_or_1d

from sklearn_lossfix._core._codes import sorted_codes

# Packages whose frames load everything on np.asarray, or not at all. Eager frames of these
# packages (polars.DataFrame) are fine: only the classes named here are refused.
_LAZY_CLASSES = {
    "polars": {"LazyFrame"},
    "dask": {"DataFrame", "Series", "Array"},
    "dask_expr": {"DataFrame", "Series"},
    "pyspark": {"DataFrame", "Series"},
    "ray": {"Dataset", "MaterializedDataset"},
}

# Class codes: half the memory of the platform's integer, and products of two codes do not overflow.
CODE_DTYPE = np.int32

# Rows of probabilities may miss one by this much before they are refused; float32 softmaxes of
# many classes reach 1e-5. scikit-learn's own tolerance is the square root of the eps.
SUM_TOLERANCE = 1e-3


def refuse_lazy(value, name):
    """Raise TypeError for lazy or distributed inputs, naming the ways out."""
    for cls in type(value).__mro__:
        package = cls.__module__.partition(".")[0]
        if cls.__name__ in _LAZY_CLASSES.get(package, ()):
            raise TypeError(
                f"{name} is a {package} {type(value).__name__}, which is lazy or distributed; "
                f"data in memory were expected. Collect it first (`.collect()`, `.compute()` or "
                f"`.toPandas()`), or pass a sample of its rows."
            )


def check_target(y, name="y"):
    """Return `y` as a 1-D array of binary or multiclass labels.

    Parameters
    ----------
    y : array-like of shape (n_rows,)
        Labels: strings, integers or booleans.
    name : str, default="y"
        What to call it in errors.

    Returns
    -------
    ndarray of shape (n_rows,)

    Raises
    ------
    ValueError
        If it has missing values, one class, or is continuous, multilabel or multioutput.
    """
    refuse_lazy(y, name)
    if sparse.issparse(y):
        raise ValueError(
            f"{name} must hold one label a row (binary or multiclass). Got type_of_target "
            f"'{type_of_target(y)}' (a sparse matrix) instead."
        )
    if _num_samples(y) == 0:
        raise ValueError(f"{name} has no rows. Expected at least one row of each of two classes.")
    array = y.to_numpy() if hasattr(y, "to_numpy") else np.asarray(y)
    if array.dtype.kind in "US" and not hasattr(y, "dtype"):
        # NumPy spells what it finds between strings in a list: NaN would become the class 'nan'.
        array = np.asarray(y, dtype=object)
    missing = missing_rows(array)
    if missing.size:
        raise ValueError(
            f"{name} has {missing.size} missing values (first rows: {missing[:5].tolist()}). "
            f"Expected a label in every row; drop those rows from X and {name}."
        )
    kind = type_of_target(array if array.dtype.kind != "O" else array.tolist(), input_name=name)
    if kind not in ("binary", "multiclass"):
        raise ValueError(
            f"{name} must hold one label a row (binary or multiclass). Got type_of_target "
            f"'{kind}' instead."
        )
    array = column_or_1d(array)
    if array.dtype.kind == "O":
        types = {type(label) for label in array}
        if all(issubclass(t, str) for t in types):
            array = array.astype(str)
        elif len(types) > 1:
            names = sorted(t.__name__ for t in types)
            raise ValueError(
                f"{name} mixes labels of the types {names}. Expected labels of one type; convert "
                f"them, for instance with `astype(str)`."
            )
        else:
            array = np.asarray(array.tolist())
    return array


def check_fit_target(y):
    """Return the `y` of a `fit` as a 1-D array of binary or multiclass labels.

    Refuses what :func:`check_target` refuses, in the words that scikit-learn's common tests expect
    of a classifier.

    Parameters
    ----------
    y : array-like of shape (n_rows,) or (n_rows, 1)
        Labels; of a column vector with scikit-learn's warning.

    Returns
    -------
    ndarray of shape (n_rows,)

    Raises
    ------
    ValueError
        If it is None, has missing or infinite values, or is continuous, multilabel or multioutput.
    """
    if y is None:
        raise ValueError(
            "This estimator requires y to be passed, but the target y is None. Pass one label "
            "per row."
        )
    refuse_lazy(y, "y")
    array = y.to_numpy() if hasattr(y, "to_numpy") else np.asarray(y)
    if array.dtype.kind == "f" and not np.isfinite(array).all():
        # type_of_target would cast these to integers, with a warning, before it refuses them.
        if np.isinf(array).any():
            raise ValueError("Input y contains infinity; labels of classes were expected.")
        check_target(y)
    if array.dtype.kind == "O" and missing_rows(array).size:
        check_target(y)  # type_of_target would sort missing labels among the others
    check_classification_targets(y)
    if len(getattr(y, "shape", ())) == 2 and y.shape[1] == 1:
        y = column_or_1d(y, warn=True)
    return check_target(y)


def missing_rows(array):
    """Row numbers of None, NaN, NaT and pandas' NA in a label array of any dtype."""
    if array.dtype.kind in "fc":
        return np.flatnonzero(np.isnan(array).reshape(len(array), -1).any(axis=1))
    if array.dtype.kind in "mM":
        return np.flatnonzero(np.isnat(array).reshape(len(array), -1).any(axis=1))
    if array.dtype.kind != "O":
        return np.empty(0, dtype=int)

    def is_missing(value):
        # NA is neither equal nor unequal to itself: comparing gives NA, which has no truth value.
        if value is None or type(value).__name__ in ("NAType", "NaTType"):
            return True
        return isinstance(value, float) and value != value

    return np.flatnonzero([is_missing(value) for value in array.ravel()])


def encode_target(y, classes=None, *, name="y"):
    """Labels as codes into sorted `classes`.

    Parameters
    ----------
    y : ndarray of shape (n_rows,)
        Labels, from :func:`check_target`.
    classes : ndarray of shape (n_classes,), default=None
        Known classes in their order; None takes the sorted labels of `y`.
    name : str, default="y"
        What to call it in errors.

    Returns
    -------
    codes : ndarray of shape (n_rows,), dtype int32
    classes : ndarray of shape (n_classes,)

    Raises
    ------
    ValueError
        If `y` has labels that are not in `classes`, or a single class where none were given.
    """
    if classes is None:
        classes, codes = np.unique(y, return_inverse=True)
        if len(classes) < 2:
            raise ValueError(
                f"{name} holds a single class, {classes[0].item()!r}. Expected at least two "
                f"classes: loss and accuracy say nothing about a constant target."
            )
        return codes.astype(CODE_DTYPE), classes
    classes = np.asarray(classes)
    position = {label: code for code, label in enumerate(classes.tolist())}
    values, inverse = np.unique(y, return_inverse=True)
    unseen = [label for label in values.tolist() if label not in position]
    if unseen:
        raise ValueError(
            f"{name} holds labels that are not among the classes: {unseen[:5]}. Expected "
            f"only {classes.tolist()[:20]}; drop those rows or fit on data that have these classes."
        )
    lookup = np.array([position[label] for label in values.tolist()], dtype=CODE_DTYPE)
    return lookup[inverse], classes


def check_weights(sample_weight, n_rows, name="sample_weight", *, all_zero=False):
    """Return weights as float64, or None.

    Raises
    ------
    ValueError
        For a wrong length, negative, missing or infinite weights, or unless `all_zero` for weights
        that are all zero.
    """
    if sample_weight is None:
        return None
    weight = np.asarray(sample_weight, dtype=np.float64)
    if weight.ndim == 0:
        weight = np.full(n_rows, float(weight))
    if weight.shape != (n_rows,):
        raise ValueError(
            f"{name} must have one weight a row, shape ({n_rows},). Got shape {weight.shape}."
        )
    bad = np.flatnonzero(~np.isfinite(weight) | (weight < 0))
    if bad.size:
        raise ValueError(
            f"{name} must be finite and not negative. Got {weight[bad[0]]} in row {bad[0]} "
            f"({bad.size} such rows)."
        )
    if not (all_zero or weight.any()):
        raise ValueError(f"{name} is zero in every row. Expected some positive weights.")
    return weight


def check_groups(groups, n_rows, name="groups", *, at_least=1):
    """Return groups as codes 0..G-1, or None.

    Raises
    ------
    ValueError
        For a wrong length, or fewer than `at_least` groups.
    """
    if groups is None:
        return None
    array = groups.to_numpy() if hasattr(groups, "to_numpy") else np.asarray(groups)
    if array.shape != (n_rows,):
        raise ValueError(
            f"{name} must have one entry a row, shape ({n_rows},). Got shape {array.shape}."
        )
    if array.dtype.kind == "O":
        array = array.astype(str)
    codes = sorted_codes(array)[1]
    if codes.max() + 1 < at_least:
        raise ValueError(
            f"{name} holds {codes.max() + 1} group, at least {at_least} were expected: rows of one "
            f"group say nothing about the variation between groups. Leave {name} out to treat rows "
            f"as independent."
        )
    return codes


def check_same_length(**arrays):
    """Raise ValueError unless all arrays that are not None have the same number of rows."""
    lengths = {name: _num_samples(a) for name, a in arrays.items() if a is not None}
    if len(set(lengths.values())) > 1:
        sizes = ", ".join(f"{name} has {n}" for name, n in lengths.items())
        raise ValueError(f"Inputs must have the same number of rows: {sizes}.")


def check_probabilities(y_proba, n_classes=None, name="y_proba"):
    """Return probabilities as a float array of shape (n_rows, n_classes).

    One column or a 1-D array is taken as the probability of the second of two classes.

    Raises
    ------
    ValueError
        For missing or infinite values, values outside [0, 1], rows that do not sum to one, or a
        number of columns that is not the number of classes.
    """
    refuse_lazy(y_proba, name)
    proba = check_array(
        y_proba,
        ensure_2d=False,
        dtype=[np.float64, np.float32],
        ensure_all_finite=False,
        input_name=name,
    )
    if proba.ndim == 1 or proba.shape[1] == 1:
        second = proba.reshape(-1)
        proba = np.column_stack([1 - second, second])
    if n_classes is not None and proba.shape[1] != n_classes:
        raise ValueError(
            f"{name} must have one column per class, {n_classes}. Got {proba.shape[1]} columns; "
            f"pass `classes=` in the order of the columns if some classes are absent from y."
        )
    with np.errstate(invalid="ignore"):  # infinities of both signs
        total = proba.sum(axis=1, dtype=np.float64)  # not finite wherever a value is not
    lowest, highest = float(proba.min()), float(proba.max())
    if not np.isfinite(total).all():
        rows = np.flatnonzero(~np.isfinite(total))
        raise ValueError(
            f"{name} has missing or infinite values in {rows.size} rows (first: "
            f"{rows[:5].tolist()}). Expected probabilities in [0, 1]."
        )
    if lowest < 0 or highest > 1 + SUM_TOLERANCE:
        raise ValueError(
            f"{name} must lie in [0, 1]. Got values from {lowest:.6g} to {highest:.6g}; "
            f"pass probabilities, not margins or percentages."
        )
    off = np.flatnonzero(np.abs(total - 1) > SUM_TOLERANCE)
    if off.size:
        raise ValueError(
            f"The rows of {name} must sum to one. Row {off[0]} sums to {total[off[0]]:.6g} "
            f"({off.size} such rows)."
        )
    return proba
