"""Centre by the median, scale by the median absolute deviation."""

from functools import partial
from numbers import Real

import numpy as np
from scipy import sparse
from sklearn.base import OneToOneFeatureMixin
from sklearn.utils._param_validation import Interval, StrOptions

from sklearn_lossfix._core._columns import entry_columns, named, sparse_counts
from sklearn_lossfix._core._order_statistics import ColumnSelector
from sklearn_lossfix._core._robust_scale import NORMAL_MAD, ZERO_SCALES, robust_scale
from sklearn_lossfix._core._row_blocks import map_blocks
from sklearn_lossfix._core._standardize import Standardizer, inverse_soft_clip, representable
from sklearn_lossfix._core._user_warning import warn_user
from sklearn_lossfix.exceptions import LossfixWarning
from sklearn_lossfix.preprocessing._column_record import listed
from sklearn_lossfix.preprocessing._robust_transformer import (
    TRANSFORMED_NAMES,
    RobustTransformer,
)

#: Distance from the median, in scales, beyond which a value is called an outlier (Iglewicz and
#: Hoaglin 1993, *How to detect and handle outliers*, section 3.5).
OUTLIER_DISTANCE = 3.5

# Sources of a scale that says nothing about how far values spread.
_NO_SPREAD = ("constant", "one", "nan", "all_missing")

# What a warning says of a scale that is no MAD and that nobody asked for.
_SOURCE_TEXTS = {
    "iqr": "scaled by the interquartile range",
    "nonmode": "scaled by the MAD of the values that differ from the median",
    "other_side": "scaled like the other side of the median",
    "constant": "constant, only centred",
    "all_missing": "without values, left as they are",
}


class MADScaler(OneToOneFeatureMixin, RobustTransformer):
    """Centre each column by its median and scale it by its median absolute deviation (MAD).

    Outliers do not move the result until they are half of the values: the MAD has a breakdown
    point of 50 %, the interquartile range of ``RobustScaler`` one of 25 %, at the same efficiency
    of 37 % on normal data [1]_. The statistics are exact: median and MAD equal those of NumPy and
    SciPy bit for bit.

    The price of that breakdown point is that the MAD is zero as soon as more than half of the
    values are equal. The scale of such a column then comes from the next robust statistic that is
    not zero (`zero_scale`), and `scale_source_` says which.

    Read more in the :doc:`User Guide </user_guide/preprocessing>`.

    Parameters
    ----------
    with_centering : bool, default=True
        Whether to subtract the median. Sparse rows need False; the MAD is that around the median
        all the same.
    with_scaling : bool, default=True
        Whether to divide by the scale.
    unit_variance : bool, default=True
        Whether to divide the MAD by ``Phi^-1(3/4) = 0.6745``, so that the scale of normal data
        estimates their standard deviation. The factor is asymptotic: at 5, 10, 20 and 50 rows the
        scale of standard normal data is 0.82, 0.91, 0.96 and 0.984 on average.
    asymmetric : bool, default=False
        Whether to scale each side of the median by its own MAD (double MAD [2]_), which suits
        skewed columns. Needs centring.
    zero_scale : {"auto", "mean_ad", "std", "one", "raise", "nan"}, default="auto"
        What to do with a column whose MAD is zero though it varies. "auto" takes the interquartile
        range divided by 1.349 or, if that is zero too, the MAD of the values that differ from the
        median: both stay as they are when outliers grow. "mean_ad" takes 1.2533 times the mean
        absolute deviation [3]_, "std" the standard deviation (neither is robust), "one" leaves the
        column unscaled, "nan" makes it NaN, "raise" raises. Constant columns get the scale 1, but
        "nan" and "raise" treat them like the others.
    clip : float, ("soft", float) or None, default=None
        Bound B of what comes out. A number cuts at -B and B. ``("soft", B)`` maps z to
        ``z / hypot(1, z / B)``, which is the identity near zero, strictly monotone, and tends to
        -B and B. With a bound infinite values are taken, and come out as -B or B.
    copy : bool, default=True
        Whether to leave X as it is. False writes the result into X where X is a writeable array
        of floats.
    n_jobs : int, default=None
        Threads that fit, transform and its inverse use on large tables; None means 1 unless in a
        ``joblib.parallel_config`` context. The result does not depend on it.
    sketch_size : int, default=2048
        Values that :meth:`partial_fit` keeps per column and level of its sketch; at least 16.

    Attributes
    ----------
    center_ : ndarray of shape (n_features,), dtype float64
        Medians; 0 for a column without values.
    scale_ : ndarray of shape (n_features,) or (2, n_features), dtype float64
        What is divided by; with `asymmetric` below and above the median.
    mad_ : ndarray of shape (n_features,) or (2, n_features), dtype float64
        Raw MADs, in the units of the columns; NaN for a column without values.
    scale_source_ : ndarray of shape (n_features,) or (2, n_features), dtype str
        Where each scale comes from: "mad", "iqr", "nonmode" (the MAD of the values that differ from
        the median), "other_side", "mean_ad", "std", "one", "nan", "constant" or "all_missing".
    constant_features_ : ndarray of shape (n_features,), dtype bool
        Columns whose values differ by no more than ten rounding errors of the median.
    n_samples_seen_ : int or ndarray of shape (n_features,), dtype int64
        Values that are not NaN in rows of positive weight; an array where columns differ.
    rank_error_ : float
        Largest share of a column's values by which the rank of `center_` can be wrong; that of
        `mad_` is at most twice as large. 0 after :meth:`fit`.
    n_features_in_ : int
        Number of features seen during fit.
    feature_names_in_ : ndarray of shape (n_features,)
        Names of features seen during fit, where all are strings.

    See Also
    --------
    Winsorizer : Caps values instead of scaling them.
    sklearn.preprocessing.RobustScaler : Median and interquartile range.

    Notes
    -----
    A float column is selected and scaled in its own dtype, but float16 is selected in float32 and
    scaled in float64; `center_`, `scale_` and `mad_` are float64. Without weights fit compares
    integers as integers, so those beyond 2**53 keep their ranks; weights, :meth:`partial_fit` and
    transform turn them into float64. A column of a large offset, such as time stamps in float32,
    was rounded before it got here. Its MAD counts although it is as small as ten rounding errors,
    where the values beyond these begin right there; where they lie ten times as far out, the MAD is
    taken for rounding noise, which is zero.

    References
    ----------
    .. [1] Rousseeuw, P. J. and Croux, C. (1993). Alternatives to the median absolute deviation.
       Journal of the American Statistical Association 88, 1273-1283.
    .. [2] Rosenmai, P. (2013). Using the median absolute deviation to find outliers. Eureka
       Statistics.
    .. [3] Iglewicz, B. and Hoaglin, D. C. (1993). How to detect and handle outliers. ASQC Quality
       Press.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn_lossfix import MADScaler
    >>> X = np.array([[1.0], [2.0], [3.0], [4.0], [1000.0]])
    >>> scaler = MADScaler().fit(X)
    >>> scaler.center_, scaler.mad_
    (array([3.]), array([1.]))
    >>> scaler.transform(X).round(2).ravel().tolist()
    [-1.35, -0.67, 0.0, 0.67, 672.47]
    >>> MADScaler(clip=("soft", 3)).fit_transform(X).round(2).ravel().tolist()
    [-1.23, -0.66, 0.0, 0.66, 3.0]
    """

    _parameter_constraints: dict = {
        **RobustTransformer._parameter_constraints,
        "with_centering": ["boolean"],
        "with_scaling": ["boolean"],
        "unit_variance": ["boolean"],
        "asymmetric": ["boolean"],
        "zero_scale": [StrOptions(set(ZERO_SCALES))],
        "clip": [Interval(Real, 0, None, closed="neither"), tuple, list, None],
    }

    def __init__(
        self,
        *,
        with_centering=True,
        with_scaling=True,
        unit_variance=True,
        asymmetric=False,
        zero_scale="auto",
        clip=None,
        copy=True,
        n_jobs=None,
        sketch_size=2048,
    ):
        self.with_centering = with_centering
        self.with_scaling = with_scaling
        self.unit_variance = unit_variance
        self.asymmetric = asymmetric
        self.zero_scale = zero_scale
        self.clip = clip
        self.copy = copy
        self.n_jobs = n_jobs
        self.sketch_size = sketch_size

    # --- learning -------------------------------------------------------------------------------

    _learnt = ("center_", "scale_", "mad_", "scale_source_", "constant_features_")

    _advice_on_infinite = (
        "replace them, or bound the result with clip=B or clip=('soft', B), which takes them."
    )

    @property
    def _bound(self):
        """The bound; a pair as a tuple, also where it was read from JSON or YAML as a list."""
        return tuple(self.clip) if isinstance(self.clip, list) else self.clip

    def _takes_infinite(self):
        return self.clip is not None

    def _check_parameters(self):
        """What the constraints of single parameters cannot say."""
        if self.asymmetric and not self.with_centering:
            raise ValueError(
                "asymmetric=True needs with_centering=True: the sides are scaled from the median, "
                "so without subtracting it the map would jump there."
            )
        if isinstance(self.clip, tuple | list | bool):
            clip = () if isinstance(self.clip, bool) else self.clip
            kind, bound = clip if len(clip) == 2 else (None, None)
            is_number = isinstance(bound, Real) and not isinstance(bound, bool)
            if kind != "soft" or not is_number or not 0 < bound < np.inf:
                raise ValueError(
                    f"The clip parameter of MADScaler must be None, a float above 0, or a tuple "
                    f"('soft', float above 0). Got {self.clip!r} instead."
                )

    def _parts(self, X, weights):
        if sparse.issparse(X) and self.with_centering:
            raise ValueError(
                "Cannot center sparse matrices: use `with_centering=False` instead, or "
                "X.toarray() if it fits in memory."
            )
        return super()._parts(X, weights)

    def _learn(self, part, _):
        """Centre and scale of the columns of a part, and the limits of what is no outlier."""
        found = robust_scale(
            part,
            asymmetric=self.asymmetric,
            zero_scale=self.zero_scale,
            unit_variance=self.unit_variance,
        )
        with np.errstate(over="ignore"):  # limits beyond the largest float leave a side open
            reach = OUTLIER_DISTANCE * found.scale / (1.0 if self.unit_variance else NORMAL_MAD)
            reach = np.where(np.isin(found.source, _NO_SPREAD), np.nan, reach)
            below, above = reach if self.asymmetric else (reach, reach)
            limits = {"lower": found.center - below, "upper": found.center + above}
        return {**vars(found), **limits}

    def _store(self, learnt):
        """Set the fitted attributes; say which columns have a MAD of zero."""
        names, rows = self._names(), np.atleast_2d(learnt["source"])
        fallen = (rows != "mad").any(axis=0)
        zero = fallen & (learnt["mass"] > 0)
        if zero.any() and self.zero_scale == "raise":
            raise ValueError(
                f"The MAD of the columns {named(names[zero])} is zero: more than half of their "
                f"values are equal. Drop them, or choose another zero_scale than 'raise'."
            )
        self.center_ = learnt["center"]
        self.scale_ = learnt["scale"]
        self.mad_ = learnt["mad"]
        self.scale_source_ = learnt["source"]
        self.constant_features_ = learnt["constant"]
        # What became of a column by an explicit choice is no news.
        news = rows[np.isin(rows, list(_SOURCE_TEXTS))]
        if not news.size or not self.with_scaling:
            return None
        texts = [
            f"{_SOURCE_TEXTS[source]} ({named(names[(rows == source).any(axis=0)])})"
            for source in np.unique(news)
        ]
        return (
            f"There is no MAD to scale {int(fallen.sum())} of {len(names)} columns by, since more "
            f"than half of their values are equal, but for rounding, or they hold none: "
            f"{'; '.join(texts)}. See scale_source_ and diagnose()."
        )

    # --- use ------------------------------------------------------------------------------------

    def transform(self, X):
        """Centre, scale and bound.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_rows, n_features)
            Rows; NaN stays NaN.

        Returns
        -------
        {ndarray, sparse matrix} of shape (n_rows, n_features)
            Scaled rows, in the dtype of X where that is a float, else float64.

        Raises
        ------
        ValueError
            If X has other columns than in fit, or infinite values and there is no bound; if a
            column became NaN (``zero_scale="nan"``) and the rows are sparse.
        """
        X, out = self._read_for_transform(X)
        if sparse.issparse(X):
            return self._transform_sparse(X)
        if out is X and not self._takes_infinite():
            self._dense_counts(ColumnSelector(X, n_jobs=self.n_jobs))  # before anything is written
        center, scales, wide = self._applied(X.dtype)
        standardize = Standardizer(self._bound, wide)
        map_blocks(standardize, X, out, center, *scales, n_jobs=self.n_jobs)
        if standardize.infinite:
            if out is not X:
                self._dense_counts(ColumnSelector(X, n_jobs=self.n_jobs))
            self._warn_of_overflow(np.isinf(out).any(axis=0), out.dtype)
        return out

    def _applied(self, dtype):
        """What is subtracted and divided by, in the dtype of the data where that can hold it."""
        center = self.center_ if self.with_centering else np.zeros(self.n_features_in_)
        scales = list(np.atleast_2d(self.scale_)) if self.with_scaling else [np.ones_like(center)]
        # Half precision is coarse: a rounded centre would shift every value.
        wide = dtype == np.float16 or not all(
            representable(values, dtype) for values in (center, *scales)
        )
        if not wide:
            center, scales = center.astype(dtype), [scale.astype(dtype) for scale in scales]
        return center, scales, wide

    def _transform_sparse(self, X):
        """Scale and bound what is stored: zeros stay zeros."""
        _, (scale, *_), _ = self._applied(np.dtype(np.float64))
        unknown = np.isnan(scale)
        if unknown.any():
            raise ValueError(
                f"The columns {named(self._names()[unknown])} have a MAD of zero, which "
                f"zero_scale='nan' turns into NaN: sparse rows would have to store every zero. "
                f"Choose another zero_scale, or pass X.toarray()."
            )
        out = X.copy() if self.copy or not X.data.flags.writeable else X
        self._refuse_infinite(sparse_counts(out))
        standardize = Standardizer(self._bound, wide=True)
        standardize(out.data, np.zeros(1), scale[entry_columns(out)], out=out.data)
        if standardize.infinite:
            self._warn_of_overflow(sparse_counts(out)["n_infinite"] > 0, out.dtype)
        return out

    def _warn_of_overflow(self, infinite, dtype):
        """Tell which columns hold values that their dtype cannot hold once they are scaled."""
        warn_user(
            f"Scaled values of the columns {named(self._names()[infinite])} are beyond {dtype} and "
            f"became infinite. Set clip to bound them, or pass float64.",
            LossfixWarning,
        )

    def inverse_transform(self, X):
        """Undo the scaling, and the soft bound.

        A hard bound cannot be undone: what was cut comes back as the bound. A soft one can, but for
        values that had been rounded to the bound, which come back infinite.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_rows, n_features)
            Scaled rows.

        Returns
        -------
        {ndarray, sparse matrix} of shape (n_rows, n_features)
            Rows in the units of the columns.

        Raises
        ------
        ValueError
            If X has not as many columns as in fit.
        """
        X = self._read_for_inverse(X)
        center, scales, _ = self._applied(np.dtype(np.float64))
        if sparse.issparse(X):
            if self.with_centering:
                raise ValueError(
                    "Cannot uncenter sparse matrices: use `with_centering=False` instead."
                )
            _unscale(X.data, 0.0, scales[0][entry_columns(X)], bound=self._bound, out=X.data)
        else:
            unscale = partial(_unscale, bound=self._bound)
            map_blocks(unscale, X, X, center, *scales, n_jobs=self.n_jobs)
        return X

    # --- tags and reports -----------------------------------------------------------------------

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = True
        tags.input_tags.sparse = not self.with_centering
        tags.transformer_tags.preserves_dtype = list(TRANSFORMED_NAMES)
        return tags

    def _facts(self, of_fit):
        """Columns and words of the report that are those of a scaler."""
        empty = np.isnan(np.atleast_2d(self.mad_)[0])
        sides = zip(np.atleast_2d(self.mad_), np.atleast_2d(self.scale_), strict=True)
        suffixes = ("_low", "") if self.asymmetric else ("",)
        columns = {"median": listed(np.where(empty, np.nan, self.center_))}
        sources = np.atleast_2d(self.scale_source_)
        for suffix, source, (mad, scale) in zip(suffixes, sources, sides, strict=True):
            # A MAD that is only rounding noise is told as the zero that it was taken for.
            taken_for_zero = (source != "mad") & ~np.isnan(mad)
            columns[f"mad{suffix}"] = listed(np.where(taken_for_zero, 0.0, mad))
            columns[f"scale{suffix}"] = listed(scale)
        columns["scale_source"] = ["/".join(dict.fromkeys(both)) for both in sources.T]
        if of_fit:
            columns["constant"] = self.constant_features_.tolist()
        action = "it is scaled like the others"
        if self.clip is not None:
            bound = self._bound[1] if isinstance(self._bound, tuple) else self._bound
            action = f"it is scaled and bounded at {bound:g}"
        rule = f"the median and {OUTLIER_DISTANCE:g} scales on either side of it"
        return {"columns": columns, "rule": rule, "action": action}


def _unscale(block, center, *scales, bound, out):
    """``block * scale + center``, with a soft bound undone first."""
    soft = isinstance(bound, tuple)
    values = inverse_soft_clip(block, bound[1]) if soft else block.astype(np.float64)
    with np.errstate(over="ignore", invalid="ignore"):
        values *= scales[0] if len(scales) == 1 else np.where(values < 0, *scales)
        np.copyto(out, values + center, casting="same_kind")
