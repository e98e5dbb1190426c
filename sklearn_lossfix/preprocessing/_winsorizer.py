"""Cap values at limits that were learnt from each column."""

import numpy as np
from scipy import sparse
from sklearn.utils._param_validation import StrOptions
from sklearn.utils.validation import _check_feature_names_in, check_is_fitted

from sklearn_lossfix._core._columns import NUMERIC_DTYPES, entry_columns, named
from sklearn_lossfix._core._quantiles import (
    ORDER_STATISTIC_METHODS,
    QUANTILE_METHODS,
    WEIGHTED_METHODS,
)
from sklearn_lossfix._core._row_blocks import map_blocks
from sklearn_lossfix._core._working_dtypes import limits_in
from sklearn_lossfix.preprocessing._column_record import listed, open_limits
from sklearn_lossfix.preprocessing._limits import (
    METHODS,
    QUANTILE_RULES,
    learn_limits,
    requested_limits,
)
from sklearn_lossfix.preprocessing._robust_transformer import (
    TRANSFORMED_DTYPES,
    TRANSFORMED_NAMES,
    RobustTransformer,
)

# Dtypes whose values stay what they are when they are capped at values of the data.
_INTEGERS = [dtype for dtype in NUMERIC_DTYPES if np.dtype(dtype).kind in "iu"]


class Winsorizer(RobustTransformer):
    """Cap the values of each column at limits that were learnt in fit.

    What lies beyond a limit becomes the limit, NaN (for an imputer), or is drawn in softly. NaN
    passes through; infinite values are left out when learning and capped in transform. A column
    whose spread is zero is not capped, with a warning: capping a column of mostly zeros at zero
    would erase it.

    Read more in the :doc:`User Guide </user_guide/preprocessing>`.

    Parameters
    ----------
    method : {"quantile", "iqr", "mad", "double_mad", "gaussian", "adjusted_boxplot", "fixed"}, \
            default="quantile"
        Where the limits lie:

        - "quantile": at two quantiles. Always caps the shares beyond them, on clean data too.
        - "iqr": some interquartile ranges beyond the quartiles (Tukey's fences [1]_).
        - "mad": some scaled MADs (1.4826 MAD) from the median [2]_.
        - "double_mad": the same with the MAD of each side, for skewed columns.
        - "gaussian": some standard deviations (of all values, divided by n) from the mean. Outliers
          widen it: of n values none can be beyond ``(n - 1) / sqrt(n)`` of them.
        - "adjusted_boxplot": fences that follow the skewness of the column by its medcouple [3]_.
        - "fixed": at the values given as `limits`.
    limits : "auto", float, pair, array of shape (2, n_features) or dict, default="auto"
        Probabilities with "quantile" (a float q is the pair ``(q, 1 - q)``), values with "fixed",
        else numbers of spreads. A pair is (lower, upper), None for an open side; an array has a
        lower and an upper row, NaN for an open side; a dict maps names or positions of columns to
        floats or pairs, and leaves the others uncapped. "auto" is (0.01, 0.99) with "quantile", 1.5
        with "iqr" and "adjusted_boxplot", 3.5 with "mad" and "double_mad", 3 with "gaussian".
    tail : {"both", "left", "right"}, default="both"
        Sides to cap.
    quantile_method : str, default="averaged_inverted_cdf"
        Definition of the quantiles: one of those of ``numpy.quantile``. "linear" gives the limits
        of NumPy, pandas and feature_engine. "inverted_cdf", "closest_observation", "lower",
        "higher" and "nearest" give values of the data. With `sample_weight` only
        "averaged_inverted_cdf" and "inverted_cdf" are defined.
    action : {"clip", "nan", "soft"}, default="clip"
        What becomes of values beyond a limit. "soft" keeps their order: a value x above the upper
        limit u becomes ``u + s * log1p((x - u) / s)`` with s the distance of u from the median,
        which has slope one at the limit and no bound (infinite values stay infinite); likewise
        below the lower limit.
    add_indicator : bool or {"signed", "both"}, default=False
        Whether to append columns that say what was beyond a limit: "signed" (or True) one per
        capped feature, -1 below, 1 above and 0 else; "both" one of zeros and ones per limit. Which
        columns there are is decided in fit.
    zero_spread : {"skip", "cap", "raise"}, default="skip"
        What to do where the spread is zero: leave the column as it is with a warning, cap it all
        the same, or raise.
    copy : bool, default=True
        Whether to leave X as it is. False writes the result into X where X is a writeable array of
        a dtype that is kept.
    n_jobs : int, default=None
        Threads that fit uses on large tables; None means 1 unless in a
        ``joblib.parallel_config`` context. The result does not depend on it.
    sketch_size : int, default=2048
        Values that :meth:`partial_fit` keeps per column and level of its sketch; at least 16.

    Attributes
    ----------
    lower_, upper_ : ndarray of shape (n_features,), dtype float64
        Limits; NaN where a side is open.
    n_capped_low_, n_capped_high_ : ndarray of shape (n_features,)
        Values of the training rows beyond each limit, infinite ones included; the sum of their
        weights where rows weigh differently.
    center_ : ndarray of shape (n_features,), dtype float64
        Middle that the limits are measured from: median, mean, or the middle of the quartiles; NaN
        with "quantile" and "fixed".
    spread_ : ndarray of shape (2, n_features), dtype float64
        Spread below and above it that `limits` multiplies; with "quantile" the distance between the
        limits, with "fixed" NaN.
    soft_scale_ : ndarray of shape (2, n_features), dtype float64
        Scales below and above with ``action="soft"``, else NaN.
    n_samples_seen_ : int or ndarray of shape (n_features,), dtype int64
        Values that are not NaN in rows of positive weight; an array where columns differ.
    rank_error_ : float
        Largest share of a column's values by which the rank of a quantile can be wrong. 0 after
        :meth:`fit`, and for "gaussian", "fixed".
    n_features_in_ : int
        Number of features seen during fit.
    feature_names_in_ : ndarray of shape (n_features,)
        Names of features seen during fit, where all are strings.

    See Also
    --------
    MADScaler : Scales values instead of capping them, with or without a bound.

    Notes
    -----
    Integer columns keep their dtype where that is certain before looking at the rows: with
    ``action="clip"`` and limits that are values of integer training rows, or whole numbers that the
    dtype can hold ("fixed"). Else they become float64, and so do unsigned ones with signed
    indicators, which can be -1.

    Sparse tables are taken where zero lies within the limits of every column.

    Limits are float64: those of integers beyond 2**53 are rounded. Means and variances are added up
    in the order of the memory, so limits of "gaussian" can differ in their last digits between
    memory layouts; they need values whose squares float64 can hold. Every other limit is the same
    in every layout.

    References
    ----------
    .. [1] Tukey, J. W. (1977). Exploratory data analysis. Addison-Wesley.
    .. [2] Iglewicz, B. and Hoaglin, D. C. (1993). How to detect and handle outliers. ASQC Quality
       Press.
    .. [3] Hubert, M. and Vandervieren, E. (2008). An adjusted boxplot for skewed distributions.
       Computational Statistics & Data Analysis 52, 5186-5201.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn_lossfix import Winsorizer
    >>> X = np.array([[1.0], [2.0], [3.0], [4.0], [1000.0]])
    >>> Winsorizer(method="mad").fit_transform(X).round(2).ravel().tolist()
    [1.0, 2.0, 3.0, 4.0, 8.19]
    >>> Winsorizer(limits=(0.2, 0.8), quantile_method="lower").fit(X).upper_
    array([4.])
    >>> Winsorizer(method="fixed", limits=(None, 5), add_indicator=True).fit_transform(X)[-1]
    array([5., 1.])
    """

    _parameter_constraints: dict = {
        **RobustTransformer._parameter_constraints,
        "method": [StrOptions(set(METHODS))],
        "limits": "no_validation",  # its forms depend on the columns: see requested_limits
        "tail": [StrOptions({"both", "left", "right"})],
        "quantile_method": [StrOptions(set(QUANTILE_METHODS))],
        "action": [StrOptions({"clip", "nan", "soft"})],
        "add_indicator": ["boolean", StrOptions({"signed", "both"})],
        "zero_spread": [StrOptions({"skip", "cap", "raise"})],
    }

    def __init__(
        self,
        *,
        method="quantile",
        limits="auto",
        tail="both",
        quantile_method="averaged_inverted_cdf",
        action="clip",
        add_indicator=False,
        zero_spread="skip",
        copy=True,
        n_jobs=None,
        sketch_size=2048,
    ):
        self.method = method
        self.limits = limits
        self.tail = tail
        self.quantile_method = quantile_method
        self.action = action
        self.add_indicator = add_indicator
        self.zero_spread = zero_spread
        self.copy = copy
        self.n_jobs = n_jobs
        self.sketch_size = sketch_size

    # --- learning -------------------------------------------------------------------------------

    _learnt = (
        "lower_",
        "upper_",
        "n_capped_low_",
        "n_capped_high_",
        "center_",
        "spread_",
        "soft_scale_",
    )

    def _takes_infinite(self):
        return True

    def _rank_error(self, stream):
        return 0.0 if self.method in ("gaussian", "fixed") else super()._rank_error(stream)

    def _wants_moments(self):
        return self.method == "gaussian"

    def _check_weights(self, weights):
        """Refuse weights with a quantile that is not defined for them."""
        needs = self.method in QUANTILE_RULES
        if weights is not None and needs and self.quantile_method not in WEIGHTED_METHODS:
            raise ValueError(
                f"quantile_method={self.quantile_method!r} is not defined for rows that weigh "
                f"differently. Use one of {list(WEIGHTED_METHODS)}, or no sample_weight."
            )

    def _asked(self, columns):
        """What `limits` asks of some columns."""
        names = self._names()
        if isinstance(self.limits, dict) and self._has_other_labels:
            raise ValueError(
                "limits is a dict, and the names of the columns are not all strings: a number "
                "could be a name or a position. Turn the names into strings, or pass an array."
            )
        return requested_limits(self.limits, self.method, self.tail, names)[:, columns]

    def _compared_parameters(self, fitted):
        parameters = super()._compared_parameters(fitted)
        if fitted.n_features_in_:
            limits = requested_limits(self.limits, self.method, self.tail, fitted._names())
            parameters["limits"] = limits
        return parameters

    def _learn(self, part, columns):
        """Limits of the columns of a part, and the scales of a soft cap."""
        learnt = learn_limits(part, self.method, self._asked(columns), self.quantile_method)
        skipped = learnt["zero"] if self.zero_spread == "skip" else np.zeros_like(learnt["zero"])
        if self.method == "quantile":
            # Both quantiles are one value: there is nothing between the limits of either side.
            skipped = np.broadcast_to(skipped.any(axis=0), skipped.shape)
        learnt["lower"] = np.where(skipped[0], np.nan, learnt["lower"])
        learnt["upper"] = np.where(skipped[1], np.nan, learnt["upper"])
        learnt["soft_scale"] = np.full((2, part.n_columns), np.nan)
        if self.action == "soft":
            learnt["soft_scale"] = _soft_scales(part, learnt["lower"], learnt["upper"])
        return learnt

    def _store(self, learnt):
        """Set the fitted attributes; say which columns do not spread."""
        names, missing = self._names(), learnt["mass"] == 0
        zero = learnt["zero"].any(axis=0) & ~missing
        if zero.any() and self.zero_spread == "raise":
            raise ValueError(
                f"The spread of the columns {named(names[zero])} is zero with method="
                f"{self.method!r}. Drop them, leave them out of `limits`, or choose another "
                f"zero_spread than 'raise'."
            )
        texts = []
        if zero.any() and self.zero_spread == "skip":
            texts.append(f"their spread is zero ({named(names[zero])})")
        if missing.any() and self.method != "fixed":
            texts.append(f"they hold no values ({named(names[missing])})")
        self.lower_, self.upper_ = learnt["lower"], learnt["upper"]
        self.n_capped_low_, self.n_capped_high_ = learnt["below"], learnt["above"]
        self.center_, self.spread_ = learnt["middle"], learnt["spread"]
        self.soft_scale_ = learnt["soft_scale"]
        if not texts:
            return None
        return f"Columns were left uncapped because {' or because '.join(texts)}. See diagnose()."

    # --- use ------------------------------------------------------------------------------------

    def transform(self, X):
        """Cap, and append indicators where they were asked for.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_rows, n_features)
            Rows; NaN stays NaN.

        Returns
        -------
        {ndarray, sparse matrix} of shape (n_rows, n_features_out)
            Capped rows, in the dtype of X where that is kept, else float64.

        Raises
        ------
        ValueError
            If X has other columns than in fit, or is sparse and zero lies beyond a limit; if
            `action` was set to "soft" after fit, which learns the scales of it.
        """
        X, out = self._read_for_transform(X)
        lower, upper = open_limits(self.lower_, self.upper_)
        if sparse.issparse(X):
            return self._transform_sparse(X, lower, upper)
        # Before the cap: it may be written into X.
        indicators = self._indicators(X)
        if self.action == "clip":
            _clip(X, out, *limits_in(lower, upper, X.dtype))
        elif self.action == "nan":
            map_blocks(_to_nan, X, out, *limits_in(lower, upper, X.dtype))
        else:
            lower, upper = limits_in(lower, upper, X.dtype)
            map_blocks(_draw_in, X, out, lower, upper, *self._soft_scales())
        return out if indicators is None else np.hstack([out, indicators])

    def inverse_transform(self, X):
        """Undo a soft cap; leave everything else as it is.

        What was cut cannot be known: with ``action="clip"`` and "nan" this is the identity, so that
        pipelines and ``TransformedTargetRegressor`` can be inverted around it. Indicators are
        dropped.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_rows, n_features_out)
            Capped rows.

        Returns
        -------
        {ndarray, sparse matrix} of shape (n_rows, n_features)
            Rows in the columns of fit.

        Raises
        ------
        ValueError
            If X has not as many columns as transform gives.
        """
        X = self._read_for_inverse(X)[:, : self.n_features_in_]
        if self.action == "soft":
            lower, upper = limits_in(*open_limits(self.lower_, self.upper_), X.dtype)
            if sparse.issparse(X):
                columns = entry_columns(X)
                scales = (scale[columns] for scale in self._soft_scales())
                _draw_out(X.data, lower[columns], upper[columns], *scales, out=X.data)
            else:
                map_blocks(_draw_out, X, X, lower, upper, *self._soft_scales())
        return X

    def get_feature_names_out(self, input_features=None):
        """Give the names of the columns that transform gives.

        Parameters
        ----------
        input_features : array-like of str, default=None
            Names of the columns; None takes those of fit, or x0, x1, ...

        Returns
        -------
        ndarray of str
            The names, and behind them ``name__capped``, or ``name__low`` and ``name__high``, for
            the indicators.
        """
        check_is_fitted(self)
        names = _check_feature_names_in(self, input_features)
        added = [f"{names[j]}__{kind}" for j, kind in self._indicated()]
        taken = sorted(set(added) & set(names))
        if taken:
            raise ValueError(
                f"The indicators {named(taken)} have the names of columns of X. Rename those "
                f"columns, or set add_indicator=False."
            )
        return np.concatenate([names, np.array(added, dtype=object)]) if added else names

    def _kept_dtypes(self):
        """Dtypes that transform gives back as they came, the fallback first."""
        of_data = self.method == "quantile" and self.quantile_method in ORDER_STATISTIC_METHODS
        if self.action != "clip" or not (self.method == "fixed" or of_data):
            return TRANSFORMED_DTYPES
        if of_data and not self._record["integers"]:
            return TRANSFORMED_DTYPES
        if (np.nan_to_num([self.lower_, self.upper_], posinf=0.0, neginf=0.0) % 1).any():
            return TRANSFORMED_DTYPES
        return [*TRANSFORMED_DTYPES, *filter(self._fits, _INTEGERS)]

    def _fits(self, dtype):
        """Whether an integer dtype can hold what transform gives."""
        signed = self.add_indicator in (True, "signed")
        if signed and np.dtype(dtype).kind == "u":
            return False  # an indicator of -1
        range_ = np.iinfo(dtype)
        lower, upper = open_limits(self.lower_, self.upper_)
        return not ((lower > range_.max) | (upper < range_.min)).any()

    def _soft_scales(self):
        """Scales below and above, which fit learns with ``action="soft"`` only."""
        if np.isnan(self.soft_scale_).any():
            raise ValueError(
                "action='soft' needs scales that fit learns with it, and these limits were learnt "
                "with another action. Fit again after changing it."
            )
        return self.soft_scale_

    def _indicated(self):
        """Position and kind of every indicator column."""
        if not self.add_indicator:
            return []
        low, high = ~np.isnan(self.lower_), ~np.isnan(self.upper_)
        if self.add_indicator == "both":
            return [
                (j, kind)
                for j in range(self.n_features_in_)
                for kind, limited in (("low", low), ("high", high))
                if limited[j]
            ]
        return [(j, "capped") for j in np.flatnonzero(low | high).tolist()]

    def _beyond(self, values, j):
        """Masks of the values of a column that lie below and above its limits."""
        lower, upper = limits_in(self.lower_[j], self.upper_[j], values.dtype)
        return values < lower, values > upper

    def _indicators(self, X):
        """Indicator columns of a dense table in its dtype; None without any."""
        indicated = self._indicated()
        if not indicated:
            return None
        out = np.zeros((len(X), len(indicated)), dtype=X.dtype)
        for k, (j, kind) in enumerate(indicated):
            below, above = self._beyond(X[:, j], j)
            if kind == "capped":
                out[above, k] = 1
                out[below, k] = -1
            else:
                out[:, k] = below if kind == "low" else above
        return out

    def _sparse_indicators(self, X):
        """The same for a CSC matrix whose zeros lie within the limits."""
        rows, columns, values = [], [], []
        for k, (j, kind) in enumerate(self._indicated()):
            stored = slice(X.indptr[j], X.indptr[j + 1])
            for mask, side, sign in zip(
                self._beyond(X.data[stored], j), ("low", "high"), (-1, 1), strict=True
            ):
                if kind in ("capped", side):
                    rows.append(X.indices[stored][mask])
                    columns.append(np.full(rows[-1].size, k))
                    values.append(np.full(rows[-1].size, sign if kind == "capped" else 1, X.dtype))
        entries = np.concatenate(values), (np.concatenate(rows), np.concatenate(columns))
        kind = sparse.csc_matrix if sparse.isspmatrix(X) else sparse.csc_array
        return kind(entries, shape=(X.shape[0], len(self._indicated())))

    def _transform_sparse(self, X, lower, upper):
        """Cap what is stored, where the zeros that are not stored stay zeros."""
        beyond = np.flatnonzero((lower > 0) | (upper < 0))
        if beyond.size:
            j = int(beyond[0])
            raise ValueError(
                f"Sparse rows can be capped where zero lies within the limits; those of the column "
                f"{str(self._names()[j])!r} are {lower[j]:g} and {upper[j]:g}, so every zero would "
                f"have to be stored. Pass X.toarray(), or limits around zero."
            )
        indicators = self._sparse_indicators(X.tocsc()) if self._indicated() else None
        out = X.copy() if self.copy or not X.data.flags.writeable else X
        columns = entry_columns(out)
        sides = [lower, upper, *(self._soft_scales() if self.action == "soft" else ())]
        self._cap(out.data, *(side[columns] for side in sides))
        return out if indicators is None else sparse.hstack([out, indicators], format=X.format)

    def _cap(self, values, lower, upper, *scales):
        """Cap an array in place."""
        lower, upper = limits_in(lower, upper, values.dtype)
        if self.action == "clip":
            np.clip(values, lower, upper, out=values)
        elif self.action == "nan":
            _to_nan(values, lower, upper, out=values)
        else:
            _draw_in(values, lower, upper, *scales, out=values)

    # --- tags and reports -----------------------------------------------------------------------

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = True
        tags.input_tags.sparse = True
        tags.transformer_tags.preserves_dtype = list(TRANSFORMED_NAMES)
        return tags

    def _facts(self, of_fit):
        """Columns and words of the report that are those of a winsorizer."""
        sides = {"both": "", "left": ", on the left", "right": ", on the right"}[self.tail]
        rules = {
            "quantile": "quantiles",
            "iqr": "interquartile ranges beyond the quartiles",
            "mad": "scaled MADs from the median",
            "double_mad": "scaled MADs of each side from the median",
            "gaussian": "standard deviations from the mean",
            "adjusted_boxplot": "interquartile ranges beyond the quartiles, stretched by skewness",
            "fixed": "as they were given",
        }
        actions = {
            "clip": "it becomes the limit",
            "nan": "it becomes NaN",
            "soft": "it is drawn in by its logarithm",
        }
        nothing = [None] * self.n_features_in_
        columns = {"mad": nothing, "scale": nothing, "scale_source": nothing}
        if self.method != "quantile" and self.method != "fixed":
            columns["scale"] = listed(self.spread_.max(axis=0))
        asked = np.unique(self._asked(slice(None)), axis=1)
        numbers = "by column, "
        if asked.shape[1] == 1:
            found = asked[:, 0][~np.isnan(asked[:, 0])]
            numbers = " and ".join(f"{number:g}" for number in np.unique(found)) + " "
        rule = f"{numbers}{rules[self.method]}{sides}"
        return {"columns": columns, "rule": rule, "action": actions[self.action]}


def _soft_scales(part, lower, upper):
    """Distances of the limits from the median, below and above.

    A limit that is the median takes that of the other side, and one where both are.
    """
    median = part.at_mass(0.5 * part.mass).middle[0].astype(np.float64)
    with np.errstate(over="ignore"):
        scales = np.abs(np.array([median - lower, upper - median]))
    scales = np.where(scales > 0, scales, scales[::-1])
    return np.where(scales > 0, np.minimum(scales, np.finfo(np.float64).max), 1.0)


def _clip(X, out, lower, upper):
    """``np.clip`` with a pair of limits per column.

    NumPy clips whole columns as fast as memory allows. Along the short rows of a C-ordered table it
    does not, nor with arrays of limits: there blocks, maximum and minimum are quicker.
    """
    if X.flags.f_contiguous and out.flags.f_contiguous:
        np.clip(X, lower, upper, out=out)
    else:
        map_blocks(_clip_block, X, out, lower, upper)


def _clip_block(block, lower, upper, out):
    """The same for a block of long rows."""
    np.maximum(block, lower, out=out)
    np.minimum(out, upper, out=out)


def _to_nan(block, lower, upper, out):
    """NaN beyond the limits."""
    beyond = (block < lower) | (block > upper)
    np.copyto(out, block)
    np.copyto(out, np.nan, where=beyond)


def _draw_in(block, lower, upper, scale_low, scale_high, out):
    """``limit + s * log1p((x - limit) / s)`` beyond the upper limit, mirrored below the lower one.

    In float64, through logarithms and halves, so that neither the difference nor the quotient can
    overflow.
    """
    drawn = []
    for sign, limit, scale in ((-1, lower, scale_low), (1, upper, scale_high)):
        beyond = sign * block > sign * limit
        limit, scale = (np.broadcast_to(v, block.shape)[beyond] for v in (limit, scale))
        half = sign * (block[beyond].astype(np.float64) / 2 - limit / 2)
        with np.errstate(divide="ignore"):  # of distances that round to zero
            ratio = np.log(half) + np.log(2) - np.log(scale)
        drawn.append((beyond, limit + sign * scale * np.logaddexp(0, ratio)))
    np.copyto(out, block)
    for beyond, values in drawn:
        out[beyond] = values


def _draw_out(block, lower, upper, scale_low, scale_high, out):
    """Inverse of :func:`_draw_in`."""
    restored = []
    for sign, limit, scale in ((-1, lower, scale_low), (1, upper, scale_high)):
        beyond = sign * block > sign * limit
        limit, scale = (np.broadcast_to(v, block.shape)[beyond] for v in (limit, scale))
        with np.errstate(over="ignore"):
            distance = np.expm1(sign * (block[beyond].astype(np.float64) - limit) / scale)
            restored.append((beyond, limit + sign * scale * distance))
    np.copyto(out, block)
    with np.errstate(over="ignore"):  # of what the dtype cannot hold
        for beyond, values in restored:
            out[beyond] = values
