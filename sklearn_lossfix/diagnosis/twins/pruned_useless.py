"""A twin without the features that tell nothing."""

import numpy as np
from scipy import sparse
from sklearn.ensemble import ExtraTreesClassifier
from sklearn.feature_selection import SelectFromModel, f_classif
from sklearn.pipeline import Pipeline

from sklearn_lossfix._core._evidence import NoTwin
from sklearn_lossfix._core._paired_tests import benjamini_hochberg
from sklearn_lossfix.diagnosis.twins._parts import (
    before_last_step,
    on_clone,
    without_weights_code,
)
from sklearn_lossfix.diagnosis.twins._plan import TwinPlan
from sklearn_lossfix.exceptions import CheckNotApplicable

#: The twin is tried where more than this share of the columns shows no relation to the label by
#: itself: where most of what the model reads may be noise. A trigger, never a verdict.
MOSTLY_UNRELATED = 0.5

#: And where there are at least this many of them: fewer cost little, and can be left out by hand.
MIN_UNRELATED = 5

# Level of the screen; over all columns by Benjamini and Hochberg's method.
_LEVEL = 0.05

# Trees of the selector: enough that importances of equal columns differ little.
_N_TREES = 100

# Leaves of the selector's trees hold a few rows, so that no tree counts single rows of noise.
_MIN_LEAF = 5

_NAME = "select"


def relation_p_values(matrix, y):
    """P-value of every column by itself: "its mean and its spread are those of every class".

    The F-test of the column, and of its distance from its median (Brown and Forsythe 1974), the
    smaller of the two doubled (Bonferroni).

    Parameters
    ----------
    matrix : ndarray of shape (n_rows, n_columns), dtype float64
        Numbers; missing values count as the median.
    y : ndarray of shape (n_rows,), dtype int
        Class codes.

    Returns
    -------
    ndarray of shape (n_columns,)
        1 for columns that do not vary.
    """
    out = np.ones(matrix.shape[1])
    known = np.isfinite(matrix)
    varies = np.flatnonzero(known.any(axis=0))
    columns = np.where(known[:, varies], matrix[:, varies], np.nan)
    median = np.nanmedian(columns, axis=0)
    columns = np.where(known[:, varies], columns, median) - median
    apart = np.ptp(columns, axis=0) > 0
    varies, columns = varies[apart], columns[:, apart]
    if varies.size:
        p_values = np.minimum(_f_test(columns, y), _f_test(np.abs(columns), y))
        out[varies] = np.minimum(1.0, 2 * p_values)
    return out


def _f_test(columns, y):
    """P-values of the F-test; 1 where nothing varies."""
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.nan_to_num(f_classif(columns, y)[1], nan=1.0)


def selector(seed):
    """What keeps the columns whose importance to extremely randomised trees is above the mean."""
    trees = ExtraTreesClassifier(
        n_estimators=_N_TREES, min_samples_leaf=_MIN_LEAF, random_state=seed
    )
    return SelectFromModel(trees, threshold="mean")


def select_before_last_step(estimator, seed=0):
    """A clone with the selector right before the last step, refitted in every fold with it."""
    return before_last_step(estimator, _NAME, selector(seed))


class PrunedUselessTwin:
    """A selector before the last step, where most columns show no relation to the label."""

    key = "pruned_useless"

    def plan(self, subject):
        """Count the columns that show no relation to the label by themselves."""
        matrix, _, reason = subject.reached
        if matrix is None:
            raise CheckNotApplicable(reason)
        if sparse.issparse(matrix):
            raise CheckNotApplicable("Sparse features reach the last step: they are not screened.")
        n_columns = matrix.shape[1]
        if n_columns < 2:
            raise CheckNotApplicable("Only one feature reaches the last step.")
        p_values = relation_p_values(matrix, subject.y)
        related = benjamini_hochberg(p_values) <= _LEVEL
        n_unrelated = int(np.count_nonzero(~related))
        share = n_unrelated / n_columns
        if share <= MOSTLY_UNRELATED or n_unrelated < MIN_UNRELATED:
            return NoTwin(
                "passed",
                f"{n_columns - n_unrelated} of {n_columns} columns are related to the label by "
                f"themselves: a twin with fewer columns is not tried where fewer than "
                f"{MIN_UNRELATED} columns, or not most of them, are unrelated.",
                estimate=share,
                limit=MOSTLY_UNRELATED,
                unit="share",
            )
        return TwinPlan(
            build=select_before_last_step,
            changes="a selector by importance before the last step",
            code=_code(subject.estimator),
            params={_NAME: " ".join(repr(selector(0)).split())},
            cause=(
                f"{n_unrelated} of {n_columns} columns show no relation to the label by themselves"
            ),
            suspicion=share,
            n_fits=2.0,
            evidence={"n_columns": n_columns, "n_unrelated": n_unrelated},
        )


def _code(estimator):
    """The change as Python."""
    selects = selector(0)
    trees = f"{' '.join(repr(selects.estimator).split())}{without_weights_code()}"
    step = f"SelectFromModel({trees}, threshold={selects.threshold!r})"
    imported = (
        "from sklearn.ensemble import ExtraTreesClassifier\n"
        "from sklearn.feature_selection import SelectFromModel\n"
    )
    if isinstance(estimator, Pipeline):
        name = select_before_last_step(estimator).steps[-2][0]
        return on_clone(f"estimator.steps.insert(-1, ({name!r}, {step}))", imported)
    return (
        f"{imported}from sklearn.pipeline import Pipeline\n"
        f"Pipeline([({_NAME!r}, {step}), ('model', estimator)])"
    )
