"""A twin with columns of one width."""

from functools import partial

import numpy as np
from scipy import sparse
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import StandardScaler

from sklearn_lossfix._core._evidence import NoTwin
from sklearn_lossfix._core._robust_scale import SPREAD_RATIO
from sklearn_lossfix.diagnosis.twins._parts import (
    before_last_step,
    column_text,
    is_scale_free,
    last_step,
    on_clone,
    without_weights_code,
)
from sklearn_lossfix.diagnosis.twins._plan import TwinPlan
from sklearn_lossfix.exceptions import CheckNotApplicable


def column_spread(matrix, names=None):
    """How unequal the columns of a matrix are.

    Parameters
    ----------
    matrix : ndarray or sparse matrix of shape (n_rows, n_columns)
        Numbers; missing values are left out.
    names : list of str, default=None
        Names of the columns.

    Returns
    -------
    dict
        ``ratio`` of the standard deviation of the column that is farthest from the median one to it
        (or the inverse), ``column``, its name, and whether it is the ``wider`` one.

    Raises
    ------
    CheckNotApplicable
        If fewer than two columns vary.
    """
    if matrix.shape[1] < 2:
        raise CheckNotApplicable(
            "Only one feature reaches the last step: there is nothing to compare."
        )
    widths = _column_widths(matrix)
    present = np.flatnonzero(np.isfinite(widths) & (widths > 0))
    if present.size < 2:
        raise CheckNotApplicable("Fewer than two features vary: there is nothing to compare.")
    relative = widths[present] / np.median(widths[present])
    farthest = int(np.argmax(np.abs(np.log(relative))))
    return {
        "ratio": float(max(relative[farthest], 1 / relative[farthest])),
        "column": column_text(int(present[farthest]), names),
        "wider": bool(relative[farthest] > 1),
    }


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


def scale_before_last_step(estimator, with_mean=True):
    """A clone with StandardScaler right before the last step.

    Parameters
    ----------
    estimator : estimator
        Unfitted.
    with_mean : bool, default=True
        Whether columns are centred: not those of a sparse matrix.
    """
    return before_last_step(estimator, "scale", StandardScaler(with_mean=with_mean))


class ScaledTwin:
    """StandardScaler before the last step, where a column is much wider or narrower than others."""

    key = "scaled"

    def plan(self, subject):
        """Compare the widths of the columns that reach the last step."""
        if is_scale_free(subject.estimator):
            name = type(last_step(subject.estimator)).__name__
            raise CheckNotApplicable(f"{name} does not mind the scale of its features.")
        matrix, names, reason = subject.reached
        if matrix is None:
            raise CheckNotApplicable(reason)
        spread = column_spread(matrix, names)
        if spread["ratio"] <= SPREAD_RATIO:
            return NoTwin(
                "passed",
                f"The widths of the columns are within {spread['ratio']:.3g} times the median one, "
                f"below the {SPREAD_RATIO:.0f} at which a scaled twin is tried.",
                estimate=spread["ratio"],
                limit=SPREAD_RATIO,
                unit="ratio",
            )
        shape = "wide" if spread["wider"] else "narrow"
        changes, code, params, with_mean = _how(subject.estimator, subject.X)
        return TwinPlan(
            build=partial(scale_before_last_step, with_mean=with_mean),
            changes=changes,
            code=code,
            params=params,
            cause=f"{spread['column']} is {spread['ratio']:,.0f} x as {shape} as the median column",
            evidence={"ratio": spread["ratio"], "column": spread["column"]},
        )


def _how(estimator, X):
    """What is put where, in words, as code and as parameters; and whether it centres."""
    piped = isinstance(estimator, Pipeline)
    # Encoders may give sparse output, which cannot be centred.
    encoded = piped and any(type(s).__name__ == "ColumnTransformer" for _, s in estimator.steps)
    with_mean = not sparse.issparse(X) and not encoded
    scaler = StandardScaler(with_mean=with_mean)
    twin = before_last_step(estimator, "scale", scaler)
    name = twin.steps[-2][0]
    imported = "from sklearn.preprocessing import StandardScaler\n"
    step = f"{scaler!r}{without_weights_code()}"
    if piped:
        code = on_clone(f"estimator.steps.insert(-1, ({name!r}, {step}))", imported)
        return "StandardScaler before the last step", code, {name: repr(scaler)}, with_mean
    code = f"from sklearn.pipeline import make_pipeline\n{imported}"
    code += f"make_pipeline({step}, estimator)"
    return "StandardScaler in front", code, {name: repr(scaler)}, with_mean
