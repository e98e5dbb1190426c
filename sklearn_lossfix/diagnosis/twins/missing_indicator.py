"""A twin that is told which values were missing."""

import numpy as np
from scipy import sparse, stats

from sklearn_lossfix._core._evidence import NoTwin
from sklearn_lossfix._core._proper_scores import log_loss_rows
from sklearn_lossfix.diagnosis.twins._parts import column_text, params_code, with_params
from sklearn_lossfix.diagnosis.twins._plan import TwinPlan
from sklearn_lossfix.exceptions import CheckNotApplicable

# Level of the test that missing values predict the label: the cheap sign, never a verdict.
_LEVEL = 0.01

# Rows that are pointed at, at most.
_N_SHOWN = 50

_SWITCH = "add_indicator"


def silent_imputers(estimator):
    """Parameter names of all imputers' switches for indicators that are off.

    Returns
    -------
    names : list of str
        As in ``get_params(deep=True)``: of Pipelines, ColumnTransformers and searches too.
    n_imputers : int
        Imputers with such a switch, on or off.
    """
    switches = {
        name: value
        for name, value in sorted(estimator.get_params(deep=True).items())
        if name.rpartition("__")[2] == _SWITCH
    }
    return [name for name, value in switches.items() if value is False], len(switches)


def markers_of(estimator, names):
    """What the imputers with these switches take for a missing value."""
    params = estimator.get_params(deep=True)
    return [params[name[: -len(_SWITCH)] + "missing_values"] for name in names]


def missing_cells(X, marker=np.nan):
    """Which values of a table are missing.

    Parameters
    ----------
    X : array or dataframe of shape (n_rows, n_columns)
        Table of any dtype.
    marker : object, default=nan
        What stands for a missing value; NaN, None and nulls of a dataframe count as one.

    Returns
    -------
    ndarray of shape (n_rows, n_columns), dtype bool
    """
    if hasattr(X, "columns"):
        columns = [_column_cells(X[name], marker) for name in X.columns]
        return np.column_stack(columns) if columns else np.zeros((len(X), 0), dtype=bool)
    return _array_cells(np.asarray(X), marker)


def _column_cells(column, marker):
    """As `missing_cells`, of one column of a dataframe."""
    if _is_nan(marker):
        if hasattr(column, "isna"):  # pandas
            return np.asarray(column.isna(), dtype=bool)
        nulls = np.asarray(column.is_null())  # polars: NaN is no null
        return nulls | np.asarray(column.is_nan()) if column.dtype.is_float() else nulls
    return _array_cells(np.asarray(column), marker)


def _array_cells(array, marker):
    """As `missing_cells`, of an array."""
    if not _is_nan(marker):
        found = array == marker
        return found if isinstance(found, np.ndarray) else np.zeros(array.shape, dtype=bool)
    if array.dtype.kind == "f":
        return np.isnan(array)
    if array.dtype.kind != "O":
        return np.zeros(array.shape, dtype=bool)
    cells = [_is_nan(value) for value in array.ravel()]
    return np.array(cells, dtype=bool).reshape(array.shape)


def _is_nan(value):
    """Whether a value is NaN, None or pandas' NA."""
    if value is None or type(value).__name__ in ("NAType", "NaTType"):
        return True
    return isinstance(value, float | np.floating) and bool(value != value)


def missingness_tests(missing, y, n_classes):
    """Test of every column whether its missing values predict the label.

    Parameters
    ----------
    missing : ndarray of shape (n_rows, n_columns), dtype bool
        Which values are missing.
    y : ndarray of shape (n_rows,), dtype int
        Class codes.
    n_classes : int
        Number of classes.

    Returns
    -------
    p_values : ndarray of shape (n_columns,)
        Of the G-test of independence (Woolf 1957); 1 where all or no values are missing.
    information : ndarray of shape (n_columns,)
        Mutual information of missingness and label in nats, less its bias ``df / 2n`` (Miller
        1955); at least 0.
    """
    n_rows, n_columns = missing.shape
    absent = np.array([missing[y == k].sum(axis=0) for k in range(n_classes)])
    totals = np.bincount(y, minlength=n_classes)
    p_values, information = np.ones(n_columns), np.zeros(n_columns)
    for j in np.flatnonzero((absent.sum(axis=0) > 0) & (absent.sum(axis=0) < n_rows)):
        table = np.array([absent[:, j], totals - absent[:, j]])[:, totals > 0]
        if table.shape[1] < 2:
            continue
        test = stats.chi2_contingency(table, correction=False, lambda_="log-likelihood")
        p_values[j] = test.pvalue
        information[j] = max(0.0, (test.statistic - test.dof) / (2 * n_rows))
    return p_values, information


class MissingIndicatorTwin:
    """Imputers with ``add_indicator=True``, where missing values predict the label."""

    key = "missing_indicator"

    def plan(self, subject):
        """Find imputers that keep quiet, and missing values that would speak."""
        names, n_imputers = silent_imputers(subject.estimator)
        if sparse.issparse(subject.X):
            raise CheckNotApplicable("The features are sparse: their zeros are values.")
        missing = np.zeros((len(subject.y), 0), dtype=bool)
        for marker in markers_of(subject.estimator, names) or [np.nan]:
            cells = missing_cells(subject.X, marker)
            missing = cells if not missing.shape[1] else missing | cells
        if not missing.any():
            raise CheckNotApplicable("No value is missing.")
        if not n_imputers:
            raise CheckNotApplicable(
                "No imputer of scikit-learn fills the missing values: the estimator sees them."
            )
        if not names:
            raise CheckNotApplicable("The imputers already tell which values were missing.")
        p_values, information = missingness_tests(missing, subject.y, subject.n_classes)
        n_tested = int(np.count_nonzero(missing.any(axis=0)))
        worst = int(np.argmin(p_values))
        p_value = min(1.0, n_tested * float(p_values[worst]))  # Bonferroni
        column = column_text(worst, getattr(subject.X, "columns", None))
        if p_value > _LEVEL:
            return NoTwin(
                "passed",
                f"Missing values do not predict the label in any of {n_tested} columns (least "
                f"p = {p_value:.2g}): a twin with indicators is not tried.",
                estimate=p_value,
                limit=_LEVEL,
                unit="p-value",
            )
        share = float(missing[:, worst].mean())
        params = dict.fromkeys(names, True)
        rows = np.flatnonzero(missing[:, worst])
        return TwinPlan(
            build=add_indicators,
            changes=", ".join(f"{name}=True" for name in names),
            code=params_code(params),
            params=params,
            cause=f"{share:.0%} of {column} are missing, and that predicts the label",
            suspicion=_suspicion(subject, information),
            rows=rows[:_N_SHOWN],
            evidence={
                "column": column,
                "missing_share": share,
                "information": float(information[worst]),
                "screen_p_value": p_value,
                "n_columns": n_tested,
            },
        )


def add_indicators(estimator):
    """A clone whose imputers all add indicators."""
    names, _ = silent_imputers(estimator)
    return with_params(estimator, **dict.fromkeys(names, True))


def _suspicion(subject, information):
    """Nats that all missing values tell at most, as a share of the loss."""
    if subject.scored.proba is None:
        return 1.0
    y = subject.y[subject.scored_rows]
    loss = float(np.average(log_loss_rows(subject.scored.proba, y)))
    return min(1.0, float(information.sum()) / loss) if loss > 0 else 0.0
