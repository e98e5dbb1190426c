"""A twin that keeps one of each set of features that say the same."""

from functools import partial

import numpy as np
from scipy import sparse
from scipy.cluster.hierarchy import fcluster, linkage
from scipy.spatial.distance import squareform
from scipy.stats import rankdata
from sklearn.compose import ColumnTransformer
from sklearn.pipeline import Pipeline

from sklearn_lossfix._core._evidence import NoTwin
from sklearn_lossfix.diagnosis.twins._parts import (
    before_last_step,
    column_text,
    is_scale_free,
    last_step,
    on_clone,
)
from sklearn_lossfix.diagnosis.twins._plan import TwinPlan
from sklearn_lossfix.exceptions import CheckNotApplicable

#: Columns whose ranks correlate this strongly are called one: what skore and deepchecks call
#: correlated features. A trigger to look closer, never a verdict.
SAME_CORRELATION = 0.9

# Ranks of this many rows tell 0.9 from 0.85 beyond doubt (Fisher's z: standard error 0.022).
_MAX_ROWS = 2000

# Above this many columns their correlations are not worked out (32 MB of float64).
_MAX_COLUMNS = 2000

_NAME = "keep"


def rank_correlations(matrix):
    """Absolute rank correlations (Spearman 1904) of columns; 0 for one that does not vary.

    Parameters
    ----------
    matrix : ndarray of shape (n_rows, n_columns), dtype float64
        Numbers; missing values count as the smallest.

    Returns
    -------
    ndarray of shape (n_columns, n_columns)
    """
    step = max(1, len(matrix) // _MAX_ROWS)
    rows = np.where(np.isnan(matrix[::step]), -np.inf, matrix[::step])
    ranks = rankdata(rows, axis=0)
    ranks -= ranks.mean(axis=0)
    length = np.sqrt((ranks**2).sum(axis=0))
    ranks /= np.where(length > 0, length, 1.0)
    return np.clip(np.abs(ranks.T @ ranks), 0.0, 1.0)


def representatives(correlations):
    """One column of every set whose pairs all correlate by `SAME_CORRELATION` or more.

    Sets are cut from a tree of complete linkage; each is represented by the column that is closest
    to its others, the first of equals. Labels are not looked at, so nothing can leak from them.

    Parameters
    ----------
    correlations : ndarray of shape (n_columns, n_columns)
        Absolute correlations.

    Returns
    -------
    keep : ndarray of int
        Positions of the representatives, in rising order.
    sets : list of ndarray of int
        The sets of two columns and more, largest first.
    """
    distance = 1.0 - correlations
    np.fill_diagonal(distance, 0.0)
    tree = linkage(squareform(distance, checks=False), method="complete")
    # Rounding must not part columns that are equal to the last digit at the limit.
    cut = 1.0 - SAME_CORRELATION + 1e-12
    codes = fcluster(tree, cut, criterion="distance")
    keep, sets = [], []
    for code in np.unique(codes):
        members = np.flatnonzero(codes == code)
        closeness = correlations[np.ix_(members, members)].sum(axis=0)
        keep.append(int(members[np.argmax(closeness > closeness.max() - 1e-9)]))
        if members.size > 1:
            sets.append(members)
    return np.sort(np.array(keep)), sorted(sets, key=lambda members: -members.size)


def keep_before_last_step(estimator, columns):
    """A clone that passes only some columns on to its last step."""
    return before_last_step(estimator, _NAME, keeper(columns))


def keeper(columns):
    """A ColumnTransformer that passes some columns through and drops the others."""
    return ColumnTransformer([(_NAME, "passthrough", [int(j) for j in columns])])


class PrunedCorrelatedTwin:
    """One column of each correlated set before the last step."""

    key = "pruned_correlated"

    def plan(self, subject):
        """Look for sets of columns that say the same."""
        if is_scale_free(subject.estimator):
            name = type(last_step(subject.estimator)).__name__
            raise CheckNotApplicable(
                f"{name} splits on one column at a time: columns that say the same do not add up."
            )
        matrix, names, reason = subject.reached
        if matrix is None:
            raise CheckNotApplicable(reason)
        n_columns = matrix.shape[1]
        if sparse.issparse(matrix) or n_columns > _MAX_COLUMNS:
            kind = "sparse" if sparse.issparse(matrix) else f"{n_columns:,}"
            raise CheckNotApplicable(f"Correlations of {kind} columns are not worked out.")
        if n_columns < 2:
            raise CheckNotApplicable("Only one feature reaches the last step.")
        correlations = rank_correlations(matrix)
        largest = float((correlations - np.eye(n_columns)).max())
        keep, sets = representatives(correlations)
        n_dropped = n_columns - len(keep)
        if not n_dropped:
            return NoTwin(
                "passed",
                f"No two columns have a rank correlation of {SAME_CORRELATION} or more (largest: "
                f"{largest:.2f}): a twin without copies is not tried.",
                estimate=largest,
                limit=SAME_CORRELATION,
                unit="correlation",
            )
        one, other = sets[0][:2]
        return TwinPlan(
            build=partial(keep_before_last_step, columns=tuple(keep.tolist())),
            changes=f"{len(keep)} of {n_columns} columns kept before the last step",
            code=_code(subject.estimator, keep),
            params={_NAME: keep.tolist()},
            cause=(
                f"{n_dropped} of {n_columns} columns repeat others (rank correlation of "
                f"{SAME_CORRELATION} or more), such as {column_text(other, names)} and "
                f"{column_text(one, names)}"
            ),
            suspicion=n_dropped / n_columns,
            evidence={
                "n_columns": n_columns,
                "n_dropped": n_dropped,
                "n_sets": len(sets),
                "largest_set": [column_text(j, names) for j in sets[0][:10]],
            },
        )


def _code(estimator, keep):
    """The change as Python."""
    step = f"ColumnTransformer([({_NAME!r}, 'passthrough', {keep.tolist()!r})])"
    imported = "from sklearn.compose import ColumnTransformer\n"
    if isinstance(estimator, Pipeline):
        name = keep_before_last_step(estimator, keep).steps[-2][0]
        return on_clone(f"estimator.steps.insert(-1, ({name!r}, {step}))", imported)
    return (
        f"{imported}from sklearn.pipeline import Pipeline\n"
        f"Pipeline([({_NAME!r}, {step}), ('model', estimator)])"
    )
