"""A twin whose outlying columns are bounded."""

import warnings
from functools import partial

import numpy as np
from scipy import sparse
from sklearn.compose import ColumnTransformer
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
from sklearn_lossfix.exceptions import CheckNotApplicable, ZeroSpreadWarning
from sklearn_lossfix.preprocessing import MADScaler, Winsorizer
from sklearn_lossfix.preprocessing._mad_scaler import OUTLIER_DISTANCE
from sklearn_lossfix.preprocessing._suggest_robust_steps import (
    VARIANCE_SHARE,
    column_ends,
    column_needs,
    outlier_variance_share,
)

# Level at which a column's tails are called heavy: as `suggest_robust_steps` does by default.
_LEVEL = 0.01

# Rows that are pointed at, at most.
_N_SHOWN = 50

_NAME = "bound"


def outlying_columns(matrix):
    """Columns whose outliers hold most of their variance, and what a robust eye sees of all.

    The test is that of :func:`~sklearn_lossfix.preprocessing.suggest_robust_steps`: more values
    beyond the limits of an outlier than a normal column has, with more than half of the variance.
    Columns with half of their values tied are left alone.

    Parameters
    ----------
    matrix : ndarray of shape (n_rows, n_columns), dtype float64
        Numbers; missing values are left out.

    Returns
    -------
    dict
        ``columns`` (positions), ``share`` of each one's variance, ``cells`` (share of their cells
        beyond the limits), ``rows`` (that hold one, farthest first), ``others`` (all other columns
        that vary), ``relative`` (their robust scales, over the median one of all columns), and
        ``followed`` (whether the widths of the columns followed the outliers).
    """
    needs = column_needs(matrix, _LEVEL)
    columns = np.union1d(needs["bound"], needs["bound_and_impute"]).astype(int)
    scaler = MADScaler(zero_scale="one")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ZeroSpreadWarning)  # of a fit that nobody asked for
        scaler.fit(np.where(np.isfinite(matrix), matrix, np.nan))
    lowest, highest, _ = column_ends(matrix)
    spreads = scaler.scale_source_ == "mad"
    # Infinite values are not outliers of a width: no learner that minds takes them.
    columns = columns[spreads[columns]]
    distance = np.abs(matrix[:, columns] - scaler.center_[columns]) / scaler.scale_[columns]
    farthest = np.nan_to_num(distance, nan=0.0).max(axis=1, initial=0.0)
    rows = np.argsort(-farthest, kind="stable")
    rows = rows[farthest[rows] > OUTLIER_DISTANCE]
    return {
        "columns": columns,
        "share": [
            outlier_variance_share(matrix[:, j], scaler.center_[j], scaler.scale_[j])[0]
            for j in columns
        ],
        "cells": float(np.mean(distance > OUTLIER_DISTANCE)) if columns.size else 0.0,
        "rows": rows,
        "others": np.setdiff1d(np.flatnonzero(lowest < highest), columns),
        # Without a column that has a spread there is none to compare with, and no outlying one.
        "relative": scaler.scale_[columns] / np.median(scaler.scale_[spreads])
        if columns.size
        else np.zeros(0),
        "followed": bool(columns.size) and _follow_outliers(matrix[:, spreads], scaler, spreads),
    }


def _follow_outliers(matrix, scaler, spreads):
    """Whether standard deviations differ less than robust scales: a scaler had made them equal."""
    known = np.where(np.isfinite(matrix), matrix, np.nan)
    with np.errstate(over="ignore", invalid="ignore"):  # squares of huge values: told by no ratio
        apart = np.std(np.log(np.nanstd(known, axis=0)))
    return bool(apart < np.std(np.log(scaler.scale_[spreads])))


def capper(columns):
    """A Winsorizer of some columns, at limits that outliers do not move."""
    limits = {int(j): OUTLIER_DISTANCE for j in columns}
    return Winsorizer(method="double_mad", limits=limits)


def rescaler(columns, others):
    """A robust scale and a bound for some columns, the standard scale for others that vary."""
    bound = MADScaler(clip=("soft", OUTLIER_DISTANCE))
    steps = [("bound", bound, [int(j) for j in columns])]
    if len(others):
        steps.append(("scale", StandardScaler(), [int(j) for j in others]))
    return ColumnTransformer(steps, remainder="passthrough")


def tame_before_last_step(estimator, transformer):
    """A clone with the transformer right before the last step."""
    return before_last_step(estimator, _NAME, transformer)


class TamedTwin:
    """Bounded columns before the last step, where outliers hold most of a column's variance.

    Outliers that widen a column are not a width: where the columns are of one width to a robust
    eye, they are only capped. Where they are not - because a scaler in front followed the
    outliers, so that the columns are of one width to any other eye, or because nothing was scaled -
    all are brought to one width as well.
    """

    key = "tamed"

    def plan(self, subject):
        """Look at the tails of the columns that reach the last step."""
        if is_scale_free(subject.estimator):
            name = type(last_step(subject.estimator)).__name__
            raise CheckNotApplicable(
                f"{name} splits by ranks: how far outliers lie does not matter."
            )
        matrix, names, reason = subject.reached
        if matrix is None:
            raise CheckNotApplicable(reason)
        if sparse.issparse(matrix):
            raise CheckNotApplicable("Sparse features reach the last step: zeros are their centre.")
        found = outlying_columns(matrix)
        columns, relative = found["columns"], found["relative"]
        if not columns.size:
            return NoTwin(
                "passed",
                f"No column that reaches the last step has outliers that hold more than "
                f"{VARIANCE_SHARE:.0%} of its variance: a bounded twin is not tried.",
            )
        worst = int(np.argmax(found["share"]))
        column = column_text(int(columns[worst]), names)
        apart = (relative >= SPREAD_RATIO) | (relative <= 1 / SPREAD_RATIO)
        if found["followed"] or apart.any():
            transformer, verb = rescaler(columns, found["others"]), "scaled robustly and bounded"
        else:
            transformer, verb = capper(columns), "capped"
        n_columns = f"{len(columns)} column{'s' * (len(columns) != 1)}"
        changes = f"{n_columns} {verb} before the last step"
        return TwinPlan(
            build=partial(tame_before_last_step, transformer=transformer),
            changes=changes,
            code=_code(subject.estimator, transformer),
            params={_NAME: repr(transformer)},
            cause=(
                f"{found['cells']:.2%} of the values of {n_columns} are outliers, which hold "
                f"{found['share'][worst]:.0%} of the variance of {column}"
            ),
            suspicion=float(found["share"][worst]),
            rows=found["rows"][:_N_SHOWN],
            evidence={
                "n_columns": len(columns),
                "column": column,
                "variance_share": float(found["share"][worst]),
                "share_of_cells": found["cells"],
                "n_rows": len(found["rows"]),
            },
        )


def _code(estimator, transformer):
    """The change as Python."""
    imported = "from sklearn_lossfix import MADScaler, Winsorizer\n"
    if isinstance(transformer, ColumnTransformer):
        imported += "from sklearn.compose import ColumnTransformer\n"
        imported += "from sklearn.preprocessing import StandardScaler\n"
    if isinstance(estimator, Pipeline):
        name = tame_before_last_step(estimator, transformer).steps[-2][0]
        return on_clone(f"estimator.steps.insert(-1, ({name!r}, {_text(transformer)}))", imported)
    return (
        f"{imported}from sklearn.pipeline import Pipeline\n"
        f"Pipeline([({_NAME!r}, {_text(transformer)}), ('model', estimator)])"
    )


def _text(transformer):
    """A transformer as one line of Python, whole: a repr of many columns is cut."""
    if isinstance(transformer, Winsorizer):
        limits = f"limits={transformer.limits!r}"
        return f"Winsorizer(method='double_mad', {limits}){without_weights_code()}"
    steps = ", ".join(
        f"({name!r}, {' '.join(repr(step).split())}{without_weights_code()}, {columns!r})"
        for name, step, columns in transformer.transformers
    )
    return f"ColumnTransformer([{steps}], remainder='passthrough')"
