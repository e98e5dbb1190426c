"""What MADScaler and Winsorizer share: reading tables, weights, streams, and what fit records."""

from contextlib import contextmanager, suppress
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
    without_duplicates,
)
from sklearn_lossfix._core._diagnosable import DiagnosableTransformerMixin
from sklearn_lossfix._core._evidence import ColumnEvidence
from sklearn_lossfix._core._order_statistics import ColumnSelector
from sklearn_lossfix._core._quantiles import WeightedColumns
from sklearn_lossfix._core._user_warning import warn_user
from sklearn_lossfix._core._validation import check_weights
from sklearn_lossfix.exceptions import LossfixWarning, ZeroSpreadWarning
from sklearn_lossfix.preprocessing._column_record import (
    SURVEYED,
    dense_counts,
    evidence_columns,
    n_thinned,
    surveyed,
    thinned,
)
from sklearn_lossfix.preprocessing._stream import Stream

# Values of weighted columns that are sorted at a time.
WEIGHTED_BUFFER = 1 << 20

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
        "n_jobs": [
            None,
            Interval(Integral, None, -1, closed="right"),
            Interval(Integral, 1, None, closed="left"),
        ],
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
            row, a weight of zero the same as leaving it out. Weights that are all alike count as
            none.

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
            if weights is not None and (weights == weights[0]).all():
                weights = None
            self._check_weights(weights)
            parts, counts = self._parts(X, weights)
            learnt = joined(self._describe(part, columns) for columns, part in parts)
            plain = weights is None and not sparse.issparse(X)
            n_profiled = n_thinned(X.shape[0]) if plain else X.shape[0]
            self._stream = None
            integers = X.dtype.kind in "iu"
            untold = self._finish(learnt, counts, dtypes, n_profiled, 0.0, integers)
        _tell(untold)
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
            warn_user(
                f"fit keeps no rows to add to, so partial_fit starts anew and forgets what this "
                f"{type(self).__name__} learnt in fit. Use partial_fit for all rows.",
                LossfixWarning,
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
            if weights is not None and (weights != 1).any():
                # The next batch may weigh differently, so weights that are alike are weights too.
                self._check_weights(weights)
            selector = ColumnSelector(X)
            counts = self._dense_counts(selector)
            integers = X.dtype.kind in "iu"
            X = X if X.dtype.kind == "f" else X.astype(np.float64)
            if first:
                stream = Stream.empty(
                    X.shape[1],
                    self.sketch_size,
                    dtypes,
                    integers=integers,
                    with_moments=self._wants_moments(),
                )
            else:
                self._check_stream_parameters(self._stream)
                stream = self._stream
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
        mine, theirs = self._compared_parameters(other), other._compared_parameters(other)
        for name, value in mine.items():
            if not _equal(value, theirs[name]):
                raise ValueError(
                    f"merge takes a transformer of the same parameters. {name} is "
                    f"{self.get_params()[name]!r} here and {other.get_params()[name]!r} there."
                )
        self._check_stream_parameters(other._stream)
        if not first:
            self._check_stream()
            self._check_stream_parameters(self._stream)
            if list(self._names()) != list(other._names()):
                raise ValueError(
                    f"merge takes a transformer of the same columns. This one has "
                    f"{named(self._names())}, the other one {named(other._names())}."
                )
        with self._unchanged_on_error():
            if first:
                self.n_features_in_ = other.n_features_in_
                self._has_other_labels = other._has_other_labels
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

    def _compared_parameters(self, fitted):
        """Parameters that must be alike where streams of the columns of `fitted` are merged."""
        return {k: v for k, v in self.get_params().items() if k not in ("copy", "n_jobs")}

    def _check_stream_parameters(self, stream):
        """Refuse to go on with a stream that was begun under other parameters."""
        if stream.sketch.size != self.sketch_size:
            raise ValueError(
                f"These rows were kept with sketch_size={stream.sketch.size}, and it is "
                f"{self.sketch_size} now. Set it back, or start anew with a clone."
            )
        if self._wants_moments() and stream.moments is None:
            raise ValueError(
                "These rows were kept without their means and variances, which the present "
                "parameters need. Set them back, or start anew with a clone."
            )

    def set_params(self, **params):
        """Set parameters; what a stream has taught so far is worked out with the old ones.

        Parameters
        ----------
        **params : dict
            Parameters by name.

        Returns
        -------
        self : object
            The transformer.
        """
        with suppress(ValueError):  # the new parameters may be what makes it possible to learn
            self._settle()
        return super().set_params(**params)

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
        if reset:
            labels = getattr(X, "columns", None)
            self._has_other_labels = labels is not None and not _plain_labels(list(labels))
        try:
            return validate_data(
                self,
                X,
                reset=reset,
                dtype=dtype,
                accept_sparse=accept_sparse,
                ensure_all_finite=False,
            )
        except (TypeError, ValueError) as error:
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
            X = without_duplicates(X)
            counts = sparse_counts(X)
            self._refuse_infinite(counts)
            return [(slice(None), sparse_columns(X, weights))], counts
        selector = ColumnSelector(X, n_jobs=self.n_jobs)
        counts = self._dense_counts(selector)
        if weights is None:
            return [(slice(None), selector)], counts
        # A few at a time: weighted columns have to be sorted, and a sorted table would be a copy.
        step = max(1, WEIGHTED_BUFFER // X.shape[0])
        groups = (slice(j, min(j + step, X.shape[1])) for j in range(0, X.shape[1], step))
        return (
            (group, WeightedColumns([(column, weights) for column in X[:, group].T]))
            for group in groups
        ), counts

    def _dense_counts(self, selector):
        """Rows, missing and infinite values of a dense table; infinite ones may be refused."""
        counts = dense_counts(selector)
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

    def _describe(self, part, columns=slice(None), stream=None):
        """What a subclass learns of a part, with how much lies outside its limits and where."""
        learnt = self._learn(part, columns)
        limits, ties = (learnt["lower"], learnt["upper"]), learnt.get("tie_share")
        return {**learnt, **surveyed(part, thinned(part), *limits, stream, tie_share=ties)}

    def _finish(self, learnt, counts, dtypes, n_profiled, rank_error, integers):
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
            "integers": integers,
            **{name: learnt[name] for name in ("lower", "upper", *SURVEYED)},
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
        if name in (*type(self)._learnt, "_record"):
            try:
                self._settle()
            except Exception as error:
                raise AttributeError(f"{name} could not be learnt: {error}") from error
        if name not in self.__dict__:
            raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")
        return self.__dict__[name]

    def _settle(self):
        """Learn from what a stream has taken in since it was last learnt from."""
        stream = self.__dict__.get("_stream")
        if stream is None or "_record" in self.__dict__:
            return
        with self._unchanged_on_error():
            untold = self._finish(
                self._describe(stream.columns(), stream=stream),
                stream.counts,
                stream.dtypes,
                stream.counts["n_rows"],
                self._rank_error(stream),
                stream.integers,
            )
        _tell(untold)

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
        self._settle()
        X = self._read(X, reset=False, dtype=self._kept_dtypes(), accept_sparse=("csr", "csc"))
        if sparse.issparse(X):
            return without_duplicates(X), None
        if not self.copy and X.flags.writeable:
            return X, X
        return X, np.empty_like(X)

    def _read_for_inverse(self, X):
        """A checked table that may be written into, with the columns that transform gives."""
        check_is_fitted(self)
        self._settle()
        X = check_array(
            X,
            dtype=self._kept_dtypes(),
            accept_sparse=("csr", "csc"),
            ensure_all_finite=False,
            copy=self.copy,
            force_writeable=True,
        )
        X = without_duplicates(X) if sparse.issparse(X) else X
        n_out = len(self.get_feature_names_out())
        if X.shape[1] != n_out:
            raise ValueError(
                f"X has {X.shape[1]} columns, {n_out} were expected: those that transform gives."
            )
        return X

    # --- reporting ------------------------------------------------------------------------------

    def _column_evidence(self, X=None):
        """What is known of every column: as fit recorded it, or of other rows."""
        self._settle()
        record = self._record if X is None else self._record_of(X)
        limits = self._record["lower"], self._record["upper"]
        columns = evidence_columns(self._names(), record, *limits)
        facts = self._facts(of_fit=X is None)
        return ColumnEvidence(
            transformer=type(self).__name__,
            columns={**columns, **facts["columns"]},
            n_rows=int(record["n_rows"]),
            source="fit" if X is None else "X",
            rule=facts["rule"],
            action=facts["action"],
            n_profiled=int(record["n_profiled"]),
            rank_error=self.rank_error_,
        )

    def _record_of(self, X):
        """The record of rows that were handed in, judged by the fitted limits.

        Infinite values are counted here, whether transform would take them or not.
        """
        given, X = X, self._read(X, reset=False)
        if sparse.issparse(X):
            X = without_duplicates(X)
            part, counts = sparse_columns(X), sparse_counts(X)
        else:
            part = ColumnSelector(X, n_jobs=self.n_jobs)
            counts = dense_counts(part)
        return {
            **counts,
            **surveyed(part, part, self._record["lower"], self._record["upper"]),
            "dtypes": column_dtypes(given, X),
            "n_profiled": counts["n_rows"],
        }


def _plain_labels(labels):
    """Whether the labels of columns are strings, or the positions of the columns."""
    return all(isinstance(label, str) for label in labels) or labels == list(range(len(labels)))


def _tell(untold):
    """Warn of columns that do not spread."""
    if untold:
        warn_user(untold, ZeroSpreadWarning)


def _equal(one, other):
    """Whether two values of a parameter are equal, arrays and NaN included."""
    if isinstance(one, np.ndarray) or isinstance(other, np.ndarray):
        return np.array_equal(one, other, equal_nan=True)
    return bool(one == other)


def _weighted(X, sample_weight):
    """Rows of positive weight, and their weights.

    Raises
    ------
    ValueError
        For weights that are out of range or add up to more than the largest float.
    """
    weights = check_weights(sample_weight, X.shape[0])
    if weights is None:
        return X, None
    with np.errstate(over="ignore"):
        if np.isinf(weights.sum()):
            raise ValueError(
                f"sample_weight adds up to more than the largest float. Got weights up to "
                f"{weights.max():g}; divide them by a constant."
            )
    keep = weights > 0
    return (X, weights) if keep.all() else (X[keep], weights[keep])
