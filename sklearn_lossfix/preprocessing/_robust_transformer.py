"""What MADScaler and Winsorizer share: reading tables, weights, streams, and what fit records."""

import warnings
from contextlib import contextmanager
from numbers import Integral

import numpy as np
from scipy import sparse
from sklearn.base import BaseEstimator, TransformerMixin, _fit_context
from sklearn.utils import check_array
from sklearn.utils._param_validation import Interval
from sklearn.utils.validation import check_is_fitted, validate_data

from sklearn_lossfix._core._columns import (
    NUMERIC_DTYPES,
    check_container,
    column_dtypes,
    joined,
    named,
    sparse_columns,
    sparse_counts,
    text_columns,
)
from sklearn_lossfix._core._diagnosable import DiagnosableTransformerMixin
from sklearn_lossfix._core._evidence import ColumnEvidence
from sklearn_lossfix._core._order_statistics import ColumnSelector
from sklearn_lossfix._core._quantiles import WeightedColumns
from sklearn_lossfix._core._robust_scale import tied_mass
from sklearn_lossfix._core._validation import check_weights
from sklearn_lossfix.exceptions import LossfixWarning, ZeroSpreadWarning
from sklearn_lossfix.preprocessing._stream import Stream

#: Quantiles of each column that a report draws, by name.
PROFILE = {
    "minimum": 0.0,
    "q01": 0.01,
    "q25": 0.25,
    "median": 0.5,
    "q75": 0.75,
    "q99": 0.99,
    "maximum": 1.0,
}

# Rows behind the profile that fit records, evenly spaced: a picture cannot show more.
PROFILE_ROWS = 1_024

#: Dtypes that transform keeps; others become the first.
TRANSFORMED_DTYPES = [np.float64, np.float32, np.float16]
TRANSFORMED_NAMES = ("float64", "float32", "float16")


class RobustTransformer(DiagnosableTransformerMixin, TransformerMixin, BaseEstimator):
    """Template of the transformers that learn order statistics of columns.

    A subclass learns from one piece of the columns at a time (`_learn`), turns what was learnt of
    all of them into attributes (`_store`, named in `_learnt`), and says what a report needs to know
    (`_facts`). What a stream has taught is worked out when it is first asked for: a batch then
    costs what taking in its rows costs, however many there were before.
    """

    #: Names of the attributes that `_store` sets.
    _learnt: tuple = ()

    _parameter_constraints: dict = {
        "copy": ["boolean"],
        "n_jobs": [Integral, None],
        "sketch_size": [Interval(Integral, 16, None, closed="left")],
    }

    # --- learning -------------------------------------------------------------------------------

    @_fit_context(prefer_skip_nested_validation=True)
    def fit(self, X, y=None, sample_weight=None):
        """Learn from all rows at once, exactly.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_rows, n_features)
            Numbers; NaN is left out.
        y : object, default=None
            Ignored.
        sample_weight : array-like of shape (n_rows,), default=None
            Weights, finite and not negative. An integer weight means the same as repeating the
            row, a weight of zero the same as leaving it out.

        Returns
        -------
        self : object
            The fitted transformer.

        Raises
        ------
        TypeError
            For dates, times and durations, and for lazy or distributed tables.
        ValueError
            For text, for infinite values where they are not taken, and for parameters or weights
            that do not fit the data. The transformer is then as it was before.
        """
        with self._unchanged_on_error():
            given, X = X, self._read(X, reset=True)
            dtypes = column_dtypes(given, X)
            X, weights = _weighted(X, sample_weight)
            self._check_weights(weights)
            parts, counts = self._parts(X, weights)
            learnt = joined(self._describe(part, columns) for columns, part in parts)
            thinned = weights is None and not sparse.issparse(X)
            n_profiled = _n_thinned(X.shape[0]) if thinned else X.shape[0]
            self._stream = None
            untold = self._finish(learnt, counts, dtypes, n_profiled, rank_error=0.0)
        _tell(untold, stacklevel=4)
        return self

    @_fit_context(prefer_skip_nested_validation=True)
    def partial_fit(self, X, y=None, sample_weight=None):
        """Learn from further rows, with a known error of the ranks.

        Exact while at most ``16 * sketch_size`` rows were seen: these are kept. After that a sketch
        stands for them, and ``rank_error_`` is the largest share of a column's values by which a
        rank can be wrong, in whatever order the rows came.

        Parameters
        ----------
        X : array-like of shape (n_rows, n_features)
            Numbers; NaN is left out.
        y : object, default=None
            Ignored.
        sample_weight : array-like of shape (n_rows,), default=None
            Weights, finite and not negative.

        Returns
        -------
        self : object
            The transformer, fitted on all rows so far.

        Raises
        ------
        TypeError
            As in :meth:`fit`, and for sparse rows.
        ValueError
            As in :meth:`fit`.

        Warns
        -----
        LossfixWarning
            After :meth:`fit`, which keeps no rows to add to: learning starts anew.
        """
        first = getattr(self, "_stream", None) is None
        if hasattr(self, "_stream") and first:
            warnings.warn(
                f"fit keeps no rows to add to, so partial_fit starts anew and forgets what this "
                f"{type(self).__name__} learnt in fit. Use partial_fit for all rows.",
                LossfixWarning,
                stacklevel=3,
            )
        if sparse.issparse(X):
            raise TypeError(
                "partial_fit takes dense rows: a sketch of sparse columns would have to store "
                "their zeros. Use fit, which takes O(nnz), or pass X.toarray()."
            )
        with self._unchanged_on_error():
            given, X = X, self._read(X, reset=first)
            dtypes = column_dtypes(given, X)
            X, weights = _weighted(X, sample_weight)
            self._check_weights(weights)
            counts = self._dense_counts(ColumnSelector(X))
            if X.dtype.kind != "f":
                X = X.astype(np.float64)
            moments = self._wants_moments()
            nothing = Stream.empty(X.shape[1], self.sketch_size, dtypes, with_moments=moments)
            stream = nothing if first else self._stream
            self._take(stream.updated(X, weights, counts))
        return self

    def merge(self, other):
        """Take in the rows that another transformer of this kind was shown.

        Parameters
        ----------
        other : object
            Of the same class and parameters, fitted by :meth:`partial_fit` on the same columns. It
            is not changed.

        Returns
        -------
        self : object
            The transformer, as if it had been shown the rows of both, with an error of the ranks
            that is at most the sum of both.

        Raises
        ------
        TypeError
            If `other` is of another class.
        ValueError
            If it has other parameters or columns, or one of the two was fitted by :meth:`fit`.
        """
        if type(other) is not type(self):
            raise TypeError(
                f"merge takes another {type(self).__name__}. Got {type(other).__name__} instead."
            )
        self._validate_params()
        other._check_stream()
        first = not hasattr(self, "_stream")
        theirs = other.get_params()
        differ = [
            name
            for name, value in self.get_params().items()
            if name not in ("copy", "n_jobs") and repr(value) != repr(theirs[name])
        ]
        if differ:
            raise ValueError(
                f"merge takes a transformer of the same parameters; these differ: {differ}."
            )
        if not first:
            self._check_stream()
            if list(self._names()) != list(other._names()):
                raise ValueError(
                    f"merge takes a transformer of the same columns. This one has "
                    f"{named(self._names())}, the other one {named(other._names())}."
                )
        with self._unchanged_on_error():
            if first:
                self.n_features_in_ = other.n_features_in_
                if hasattr(other, "feature_names_in_"):
                    self.feature_names_in_ = other.feature_names_in_
            self._take(other._stream if first else self._stream.merged(other._stream))
        return self

    @contextmanager
    def _unchanged_on_error(self):
        """Put every attribute back where an error is raised."""
        before = dict(self.__dict__)
        try:
            self._check_parameters()
            yield
        except BaseException:
            self.__dict__.clear()
            self.__dict__.update(before)
            raise

    def _check_parameters(self):
        """Refuse parameters that do not go together, beyond the constraints of each."""

    def _wants_moments(self):
        """Whether a stream has to keep means and variances."""
        return False

    def _check_weights(self, weights):
        """Refuse weights, None where all are alike, with parameters that do not take them."""

    def _check_stream(self):
        """Refuse to merge what was never fitted, or was fitted by `fit`."""
        check_is_fitted(self)
        if self._stream is None:
            raise ValueError(
                f"merge adds up rows that were kept, and fit keeps none. Show this "
                f"{type(self).__name__} its rows through partial_fit instead of fit."
            )

    def _read(self, X, *, reset, dtype=NUMERIC_DTYPES, accept_sparse="csc"):
        """A checked table of numbers."""
        check_container(X)
        try:
            return validate_data(
                self,
                X,
                reset=reset,
                dtype=dtype,
                accept_sparse=accept_sparse,
                ensure_all_finite=False,
            )
        except ValueError as error:
            text = text_columns(X)
            if not text:
                raise
            raise ValueError(
                f"X holds text in the columns {named(text)}; numbers were expected. Select the "
                f"numeric columns, for instance with a ColumnTransformer, or encode these first "
                f"({error})."
            ) from None

    def _parts(self, X, weights):
        """Pieces of the columns to learn from, and what must be counted before."""
        if sparse.issparse(X):
            if not X.has_canonical_format:
                X = X.copy()
                X.sum_duplicates()
            counts = sparse_counts(X)
            self._refuse_infinite(counts)
            return [(slice(None), sparse_columns(X, weights))], counts
        selector = ColumnSelector(X, n_jobs=self.n_jobs)
        counts = self._dense_counts(selector)
        if weights is None:
            return [(slice(None), selector)], counts
        # One at a time: weighted columns have to be sorted, and a sorted table would be a copy.
        columns = ((slice(j, j + 1), X[:, j]) for j in range(X.shape[1]))
        return ((j, WeightedColumns([(values, weights)])) for j, values in columns), counts

    def _dense_counts(self, selector):
        """Rows, missing and infinite values of a dense table; infinite ones may be refused."""
        counts = {
            "n_rows": selector.n_rows,
            "n_missing": selector.n_missing,
            "n_infinite": selector.n_negative_infinite + selector.n_positive_infinite,
        }
        self._refuse_infinite(counts)
        return counts

    def _refuse_infinite(self, counts):
        """Raise ValueError for infinite values where the parameters do not take them."""
        infinite = np.flatnonzero(counts["n_infinite"])
        if infinite.size and not self._takes_infinite():
            names = self._names()
            raise ValueError(
                f"Input X contains infinity in the columns {named(names[infinite])}. Expected "
                f"finite values or NaN: {self._advice_on_infinite}"
            )

    def _describe(self, part, columns=slice(None)):
        """What a subclass learns of a part, with how much lies outside its limits and where."""
        learnt = self._learn(part, columns)
        lower, upper = open_limits(learnt["lower"], learnt["upper"])
        below, above = part.mass_outside(lower, upper)
        thin = part.thinned(PROFILE_ROWS) if isinstance(part, ColumnSelector) else part
        profile = thin.quantiles(list(PROFILE.values()), "averaged_inverted_cdf")
        if "tie_share" not in learnt:
            median = thin.at_mass(0.5 * thin.mass)
            learnt["tie_share"] = share(tied_mass(median), thin.mass)
        return {**learnt, "below": below, "above": above, "mass": part.mass, "profile": profile}

    def _finish(self, learnt, counts, dtypes, n_profiled, rank_error):
        """Set the fitted attributes, and what a report without data is made from.

        Returns
        -------
        str or None
            What a user should be told of columns that do not spread.
        """
        self._count_seen(counts, rank_error)
        untold = self._store(learnt)
        self._record = {
            **counts,
            "dtypes": dtypes,
            "n_profiled": n_profiled,
            **{name: learnt[name] for name in ("lower", "upper", "below", "above", "mass")},
            "profile": learnt["profile"],
            "tie_share": learnt["tie_share"],
        }
        return untold

    def _count_seen(self, counts, rank_error):
        """Set the attributes that are known without learning anything."""
        self.rank_error_ = rank_error
        seen = counts["n_rows"] - counts["n_missing"]
        self.n_samples_seen_ = int(seen[0]) if (seen == seen[0]).all() else seen

    def _take(self, stream):
        """Go on from what a stream has seen, and forget what was learnt before it."""
        for name in (*self._learnt, "_record"):
            self.__dict__.pop(name, None)
        self._stream = stream
        self._count_seen(stream.counts, self._rank_error(stream))

    def _rank_error(self, stream):
        """Largest error of a rank behind the attributes."""
        return stream.sketch.rank_error

    def __getattr__(self, name):
        """Learn from the stream when an attribute is first asked for."""
        stream = self.__dict__.get("_stream")
        if stream is None or name not in (*self._learnt, "_record"):
            raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")
        untold = self._finish(
            self._describe(stream.columns()),
            stream.counts,
            stream.dtypes,
            stream.counts["n_rows"],
            self._rank_error(stream),
        )
        _tell(untold, stacklevel=3)
        return self.__dict__[name]

    def _names(self):
        """Names of the columns: those of the dataframe, or x0, x1, ..."""
        if hasattr(self, "feature_names_in_"):
            return self.feature_names_in_
        return np.array([f"x{j}" for j in range(self.n_features_in_)], dtype=object)

    # --- transforming ---------------------------------------------------------------------------

    def _kept_dtypes(self):
        """Dtypes that transform gives back as they came, the fallback first."""
        return TRANSFORMED_DTYPES

    def _read_for_transform(self, X):
        """A checked table, and where the result is to be written."""
        check_is_fitted(self)
        X = self._read(X, reset=False, dtype=self._kept_dtypes(), accept_sparse=("csr", "csc"))
        if sparse.issparse(X) or not (self.copy or not X.flags.writeable):
            return X, X
        return X, np.empty_like(X)

    def _read_for_inverse(self, X):
        """A checked table that may be written into, with the columns that transform gives."""
        check_is_fitted(self)
        X = check_array(
            X,
            dtype=self._kept_dtypes(),
            accept_sparse=("csr", "csc"),
            ensure_all_finite=False,
            copy=self.copy,
            force_writeable=True,
        )
        n_out = len(self.get_feature_names_out())
        if X.shape[1] != n_out:
            raise ValueError(
                f"X has {X.shape[1]} columns, {n_out} were expected: those that transform gives."
            )
        return X

    # --- reporting ------------------------------------------------------------------------------

    def _column_evidence(self, X=None):
        """What is known of every column: as fit recorded it, or of other rows."""
        record, profile = self._record, self._record["profile"]
        source, n_profiled = "fit", record["n_profiled"]
        if X is not None:
            source = "X"
            record, profile = self._record_of(X)
            n_profiled = record["n_rows"]
        lower, upper = self._record["lower"], self._record["upper"]
        n_values = record["mass"] + record["n_infinite"]
        n_valid = record["n_rows"] - record["n_missing"] - record["n_infinite"]
        columns = {
            "column": [str(name) for name in self._names()],
            "dtype": list(record["dtypes"]),
            "n_valid": n_valid.tolist(),
            "n_missing": record["n_missing"].tolist(),
            "n_infinite": record["n_infinite"].tolist(),
            "lower": listed(lower),
            "upper": listed(upper),
            "share_low": listed(share(record["below"], n_values)),
            "share_high": listed(share(record["above"], n_values)),
            "tie_share": listed(record["tie_share"]),
            "constant": (profile[0] == profile[-1]).tolist(),
            "all_missing": (n_valid == 0).tolist(),
            **{name: listed(values) for name, values in zip(PROFILE, profile, strict=True)},
        }
        facts = self._facts()
        return ColumnEvidence(
            transformer=type(self).__name__,
            columns={**columns, **facts["columns"]},
            n_rows=int(record["n_rows"]),
            source=source,
            rule=facts["rule"],
            action=facts["action"],
            n_profiled=int(n_profiled),
            rank_error=self.rank_error_,
        )

    def _record_of(self, X):
        """The record and the profile of rows that were handed in, judged by the fitted limits."""
        given, X = X, self._read(X, reset=False)
        dtypes = column_dtypes(given, X)
        if sparse.issparse(X):
            ((_, part),), counts = self._parts(X, None)
        else:
            part = ColumnSelector(X, n_jobs=self.n_jobs)
            counts = self._dense_counts(part)
        below, above = part.mass_outside(*open_limits(self._record["lower"], self._record["upper"]))
        median = part.at_mass(0.5 * part.mass)
        record = {
            **counts,
            "dtypes": dtypes,
            "mass": part.mass,
            "below": below,
            "above": above,
            "tie_share": share(tied_mass(median), part.mass),
        }
        return record, part.quantiles(list(PROFILE.values()), "averaged_inverted_cdf")


def open_limits(lower, upper):
    """Limits with their open sides, NaN, as infinities: comparing with NaN loses the column."""
    return np.where(np.isnan(lower), -np.inf, lower), np.where(np.isnan(upper), np.inf, upper)


def _tell(untold, stacklevel):
    """Warn of columns that do not spread, once and from the line that called fit."""
    if untold:
        warnings.warn(untold, ZeroSpreadWarning, stacklevel=stacklevel)


def _weighted(X, sample_weight):
    """Rows of positive weight, and their weights; None where all weigh the same."""
    weights = check_weights(sample_weight, X.shape[0])
    if weights is None:
        return X, None
    keep = weights > 0
    if not keep.all():
        X, weights = X[keep], weights[keep]
    return X, None if (weights == weights[0]).all() else weights


def _n_thinned(n_rows):
    """Rows of the evenly spaced sample behind a recorded profile."""
    step = -(-n_rows // PROFILE_ROWS)
    return len(range((step - 1) // 2, n_rows, step))


def share(part, whole):
    """A share; NaN of nothing."""
    return np.divide(part, whole, out=np.full(np.shape(whole), np.nan), where=whole > 0)


def listed(values):
    """Numbers as a list, with None for what is not known."""
    return [float(value) if np.isfinite(value) else None for value in values]
