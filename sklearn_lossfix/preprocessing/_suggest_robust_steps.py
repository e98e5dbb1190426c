"""Which columns of a table need what before a model that minds scales and outliers."""

import re
import warnings
from numbers import Real

import numpy as np
from scipy import sparse, stats
from sklearn.compose import ColumnTransformer
from sklearn.impute import SimpleImputer
from sklearn.pipeline import make_pipeline
from sklearn.utils import _safe_indexing, check_array

from sklearn_lossfix._core._columns import NUMERIC_DTYPES, container_dtypes, named
from sklearn_lossfix._core._order_statistics import ColumnSelector
from sklearn_lossfix._core._paired_tests import benjamini_hochberg, upper_tail_p
from sklearn_lossfix._core._robust_scale import SPREAD_RATIO
from sklearn_lossfix._core._validation import refuse_lazy
from sklearn_lossfix.exceptions import ZeroSpreadWarning
from sklearn_lossfix.preprocessing._mad_scaler import OUTLIER_DISTANCE, MADScaler

# Share of the values of a normal column beyond the limits of an outlier: what chance alone gives.
NORMAL_SHARE = float(2 * stats.norm.sf(OUTLIER_DISTANCE))

# Outliers matter from here on: beyond one half, most of a column's variance - what a scaler, a
# penalty or a distance sees of it - comes from a few values.
VARIANCE_SHARE = 0.5

# Names of dtypes that hold numbers, in NumPy, pandas and polars; "interval" holds two.
_NUMBERS = re.compile(r"(u?int|float|half|double|bool|decimal)(?!erval)", re.IGNORECASE)


def suggest_robust_steps(X, *, alpha=0.01):
    """Suggest what the numeric columns of a table need before a model that minds their scales.

    It looks at the same table as ``MADScaler().fit(X).diagnose()`` and suggests a step only where
    there is a reason:

    - a column without any value, or with a single one, is dropped;
    - a column whose outliers are more than chance gives a normal column, and hold more than half
      of its variance (both tested at `alpha`, with Benjamini and Hochberg's correction over the
      columns), or that holds infinite values, is scaled and softly bounded; of a column with half
      of its values tied nobody can say what is an outlier, so only infinite values count there;
    - if a column is bounded, or one spreads ten times as wide, or as narrow, as the median one,
      all others that hold more than two values are scaled;
    - a column with missing values gets its median there.

    Parameters
    ----------
    X : array-like of shape (n_rows, n_features)
        Array, or dataframe of pandas or polars; its text, dates, sparse columns and the like are
        passed through. Beside dates ask for dataframes with ``set_output``: an array cannot hold
        both.
    alpha : float, default=0.01
        Level of the test for outliers.

    Returns
    -------
    ColumnTransformer or None
        Unfitted, with steps named "drop", "bound", "scale", "impute", "bound_and_impute" and
        "scale_and_impute", those that are needed; every other column is passed through behind
        them. None where nothing is needed, which a Pipeline takes as a step.

    Raises
    ------
    TypeError
        For lazy or distributed tables.
    ValueError
        For sparse tables, fewer than two rows, a table without numeric columns, or an `alpha`
        outside (0, 1).

    See Also
    --------
    MADScaler : What scales and bounds.
    Winsorizer : Caps instead.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn_lossfix import suggest_robust_steps
    >>> rng = np.random.default_rng(0)
    >>> X = rng.normal(size=(500, 3))
    >>> suggest_robust_steps(X) is None
    True
    >>> X[:5, 0] = 1e6
    >>> X[:, 1] = 7
    >>> [(name, columns) for name, _, columns in suggest_robust_steps(X).transformers]
    [('drop', [1]), ('bound', [0]), ('scale', [2])]
    """
    if not (isinstance(alpha, Real) and 0 < alpha < 1):
        raise ValueError(f"alpha must be a float between 0 and 1. Got {alpha!r} instead.")
    X = np.asarray(X) if isinstance(X, list | tuple) else X
    numeric = numeric_columns(X)
    # By name where every supported scikit-learn can look them up by name: in pandas' frames.
    names = list(X.columns) if hasattr(X, "iloc") else None
    table = _safe_indexing(X, numeric, axis=1) if len(numeric) < X.shape[1] else X
    needs = column_needs(table, alpha)
    transformers = []
    for step, columns in needs.items():
        if columns.size:
            chosen = [numeric[j] for j in columns]
            if names is not None and all(isinstance(name, str) for name in names):
                chosen = [names[j] for j in chosen]
            transformers.append((step, _estimator(step), chosen))
    if not transformers:
        return None
    return ColumnTransformer(transformers, remainder="passthrough", verbose_feature_names_out=False)


def numeric_columns(X):
    """Positions of the columns that hold numbers.

    Raises
    ------
    TypeError
        For lazy or distributed tables.
    ValueError
        For sparse tables and what has no columns, and where no column holds numbers.
    """
    refuse_lazy(X, "X")
    shape = getattr(X, "shape", None)
    if sparse.issparse(X) or shape is None or len(shape) != 2:
        kind = "a sparse table" if sparse.issparse(X) else type(X).__name__
        kind += "" if shape is None else f" of shape {tuple(shape)}"
        raise ValueError(f"X must be an array or a dataframe with rows and columns. Got {kind}.")
    if X.shape[0] < 2:
        raise ValueError(f"X has {X.shape[0]} rows. Expected at least two: one does not vary.")
    columns = container_dtypes(X)
    if columns is None:
        return list(range(X.shape[1]))
    numeric = [position for position, (_, dtype) in enumerate(columns) if _NUMBERS.match(dtype)]
    if not numeric:
        raise ValueError(
            f"No column of X holds numbers: the columns are {named(name for name, _ in columns)}."
        )
    return numeric


def column_needs(X, alpha):
    """Which columns of a table of numbers need which step.

    Parameters
    ----------
    X : array-like of shape (n_rows, n_columns)
        Numbers.
    alpha : float
        Level of the test for outliers.

    Returns
    -------
    dict of str to ndarray of int
        Columns for "drop", "bound", "scale" and "impute", the middle two also with "_and_impute".
    """
    # A bound makes the scaler take infinite values. What it would warn of is what is suggested.
    scaler = MADScaler(clip=OUTLIER_DISTANCE)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ZeroSpreadWarning)
        scaler.fit(X)
    columns = scaler._column_evidence().columns
    table = check_array(X, dtype=NUMERIC_DTYPES, ensure_all_finite=False)
    constant, empty, n_valid, n_missing, infinite = (
        np.array(columns[name])
        for name in ("constant", "all_missing", "n_valid", "n_missing", "n_infinite")
    )
    beyond = scaler._record["below"] + scaler._record["above"]
    lowest, highest, flags = column_ends(table)
    dropped = constant | empty
    with np.errstate(over="ignore"):
        farthest = np.maximum(highest - scaler.center_, scaler.center_ - lowest) / scaler.scale_
    # Where half of the values are tied, what lies apart from them is a signal as often as an error.
    spread = ~dropped & (scaler.scale_source_ == "mad")
    p_values = np.where(spread, chance_of_outliers(n_valid, beyond, farthest), 1.0)
    # Both tests have to agree: the larger p-value counts (Berger 1982).
    for j in np.flatnonzero(p_values <= alpha):
        share, se = outlier_variance_share(table[:, j], scaler.center_[j], scaler.scale_[j])
        p_values[j] = max(p_values[j], upper_tail_p(share, se, VARIANCE_SHARE))
    outlying = benjamini_hochberg(p_values) <= alpha
    bounded = ~dropped & (outlying | (infinite > 0))
    varies = ~dropped & ~flags
    widths = scaler.scale_ / np.median(scaler.scale_[varies]) if varies.any() else scaler.scale_
    apart = varies & ((widths >= SPREAD_RATIO) | (widths <= 1 / SPREAD_RATIO))
    # Once one column is brought to a scale, the others have to be brought to it as well.
    scaled = varies & ~bounded & (apart.any() or bounded.any())
    missing = n_missing > 0
    needs = {
        "drop": dropped,
        "bound": bounded & ~missing,
        "bound_and_impute": bounded & missing,
        "scale": scaled & ~missing,
        "scale_and_impute": scaled & missing,
        "impute": ~dropped & ~bounded & ~scaled & missing,
    }
    return {step: np.flatnonzero(mask) for step, mask in needs.items()}


def outlier_variance_share(values, center, scale):
    """Share of the variance of a column that its outliers hold; infinite values are left out.

    Returns
    -------
    share, se : float
        The share, and its standard error as a ratio of two sums over the rows.
    """
    distance = values[np.isfinite(values)].astype(np.float64) / 2 - center / 2
    beyond = np.abs(distance) > OUTLIER_DISTANCE * scale / 2
    if not beyond.any():
        return 0.0, 0.0
    distance /= np.abs(distance).max()  # so that no square overflows
    squares = (distance - distance.mean()) ** 2
    share = squares[beyond].sum() / squares.sum()
    return float(share), float(np.linalg.norm((beyond - share) * squares) / squares.sum())


def chance_of_outliers(n_values, n_beyond, farthest):
    """P-value of "the values beyond the limits are what a normal column has there".

    The smaller of two, doubled (Bonferroni): that of their number, which is binomial, and that of
    the farthest, which of n normal values lies beyond z with a chance of at most
    ``2 n (1 - Phi(z))``.

    Parameters
    ----------
    n_values, n_beyond : ndarray of int
        Finite values of each column, and those beyond the limits.
    farthest : ndarray of float
        Distance of the farthest value from the median, in scales.
    """
    number = stats.binom.sf(n_beyond - 1, np.maximum(n_values, 1), NORMAL_SHARE)
    distance = 2 * n_values * stats.norm.sf(farthest)
    return np.minimum(1.0, 2 * np.minimum(number, distance))


def column_ends(table):
    """Smallest and largest finite value of each column, and whether it holds no others: a flag.

    Returns
    -------
    lowest, highest : ndarray of shape (n_columns,), dtype float64
    flags : ndarray of shape (n_columns,), dtype bool
    """
    selector = ColumnSelector(table)
    last = np.maximum(selector.n_finite - 1, 0)
    ranks = np.array([np.zeros_like(last), last])
    ends = selector.select(ranks, ranks)
    inside = ends.n_less[1, 0] - ends.n_less_equal[0, 0]
    lowest, highest = ends.values[:, 0].astype(np.float64)
    return lowest, highest, (inside == 0) & (selector.n_finite > 0)


def _estimator(step):
    """What does a step."""
    if step == "drop":
        return "drop"
    impute = SimpleImputer(strategy="median")
    if step == "impute":
        return impute
    scale = MADScaler(clip=("soft", OUTLIER_DISTANCE)) if "bound" in step else MADScaler()
    return make_pipeline(scale, impute) if step.endswith("impute") else scale
