"""Rows of a training set, drawn again or made up, with everything that belongs to a row.

Rows are drawn by number, so that any container works and that weights and other parameters with
one entry a row stay with their rows. Made-up rows are appended to the rows they were made from.
The drawing itself is imbalanced-learn's.
"""

from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from imblearn.over_sampling import SMOTE, SMOTEN, SMOTENC, RandomOverSampler
from imblearn.under_sampling import RandomUnderSampler
from scipy import sparse
from sklearn import config_context
from sklearn.base import clone
from sklearn.utils import _safe_indexing

from sklearn_lossfix._core._columns import named
from sklearn_lossfix._core._oof import cut_params, seed_clone
from sklearn_lossfix._core._table_columns import (
    boolean_columns,
    categorical_columns,
    has_missing,
    time_columns,
)
from sklearn_lossfix._core._validation import check_target, encode_target
from sklearn_lossfix.exceptions import TreatmentError
from sklearn_lossfix.imbalance._frame_rows import (
    append_rows,
    frame_to_array,
    is_polars,
    like_frame,
    other_than_numbers,
    same_values,
)
from sklearn_lossfix.imbalance._treatments import target_counts

# Neighbours that SMOTE draws a line to, where a class has enough rows: imbalanced-learn's default,
# and that of the paper (Chawla et al., JAIR 16, 2002).
SMOTE_NEIGHBORS = 5

# With fewer rows than this all that SMOTE makes up lies on a single line.
MIN_SMOTE_ROWS = 3


@dataclass(frozen=True, eq=False)
class TrainingRows:
    """What is handed to one fit.

    Attributes
    ----------
    X : array-like of shape (n_rows, n_features)
        Data, in any container.
    codes : ndarray of shape (n_rows,), dtype int
        Labels as positions in `classes`.
    classes : ndarray of shape (n_classes,)
        The labels.
    weight : ndarray of shape (n_rows,) or None
        Weights.
    params : dict
        Other parameters of `fit`, those with one entry a row among them.
    """

    X: Any
    codes: np.ndarray
    classes: np.ndarray
    weight: np.ndarray | None = None
    params: dict = field(default_factory=dict)

    @property
    def counts(self):
        """Rows of each class."""
        return np.bincount(self.codes, minlength=len(self.classes))

    @property
    def totals(self):
        """Weight of each class."""
        return np.bincount(self.codes, self.weight, minlength=len(self.classes)).astype(float)

    def take(self, rows):
        """Take rows by number, with all that belongs to them."""
        return replace(
            self,
            X=_safe_indexing(self.X, rows),
            codes=self.codes[rows],
            weight=None if self.weight is None else self.weight[rows],
            params=cut_params(self.params, rows, len(self.codes)),
        )


def treated_rows(data, kind, ratio, categorical_features, seed):
    """The rows that one model learns from under a treatment.

    Parameters
    ----------
    data : TrainingRows
        Rows.
    kind : str
        Kind of treatment; one that leaves the rows as they are gives `data` itself.
    ratio : {"sqrt", "balanced"} or None
        Strength.
    categorical_features : "from_dtype" or array-like
        Columns of categories for SMOTE, see `categorical_columns`.
    seed : int or None
        Seed.

    Returns
    -------
    TrainingRows
    """
    counts, codes = data.counts, data.codes
    if kind == "random_over":
        return data.take(oversampled_rows(codes, target_counts(counts, ratio, "over"), seed))
    if kind == "random_under":
        return data.take(undersampled_rows(codes, target_counts(counts, ratio, "under"), seed))
    if kind == "balanced_bagging":
        return data.take(bootstrapped_rows(codes, np.full_like(counts, counts.min()), seed))
    if kind == "bagging":
        return data.take(bootstrapped_rows(codes, counts, seed))
    if kind == "smote":
        targets = target_counts(counts, ratio, "over")
        return smote_rows(data, targets, categorical_features, seed)
    return data


def oversampled_rows(codes, targets, seed):
    """Row numbers in which classes are repeated at random up to their targets.

    Parameters
    ----------
    codes : ndarray of shape (n_rows,), dtype int
        Classes.
    targets : ndarray of shape (n_classes,), dtype int
        Rows wanted of each class.
    seed : int or None
        Seed, used as imbalanced-learn's `RandomOverSampler` does.

    Returns
    -------
    ndarray of shape (n_resampled,), dtype int
        All rows in their order, then the repeated ones.
    """
    wanted = _changed(codes, targets)
    return _draw(RandomOverSampler(sampling_strategy=wanted, random_state=seed), codes)


def undersampled_rows(codes, targets, seed):
    """Row numbers in which classes are cut at random, without replacement, to their targets.

    Parameters
    ----------
    codes : ndarray of shape (n_rows,), dtype int
        Classes.
    targets : ndarray of shape (n_classes,), dtype int
        Rows wanted of each class.
    seed : int or None
        Seed, used as imbalanced-learn's `RandomUnderSampler` does.

    Returns
    -------
    ndarray of shape (n_resampled,), dtype int
        Class by class.
    """
    wanted = _changed(codes, targets)
    if not wanted:
        return np.arange(len(codes))
    return _draw(RandomUnderSampler(sampling_strategy=wanted, random_state=seed), codes)


def bootstrapped_rows(codes, targets, seed):
    """Row numbers drawn with replacement inside each class, as many as its target.

    Parameters
    ----------
    codes : ndarray of shape (n_rows,), dtype int
        Classes.
    targets : ndarray of shape (n_classes,), dtype int
        Draws of each class, from one to the number of its rows.
    seed : int or None
        Seed.

    Returns
    -------
    ndarray of shape (n_resampled,), dtype int
        Class by class.
    """
    wanted = {code: int(n) for code, n in enumerate(targets)}
    sampler = RandomUnderSampler(sampling_strategy=wanted, replacement=True, random_state=seed)
    return _draw(sampler, codes)


def smote_rows(data, targets, categorical_features, seed):
    """Append rows that are made up between neighbours of one class.

    SMOTE where all columns are numbers, SMOTEN where all are categories, SMOTENC where some are.
    Truth values count as categories here, since nothing lies between two of them; integers do not,
    and are rounded.

    Parameters
    ----------
    data : TrainingRows
        Rows.
    targets : ndarray of shape (n_classes,), dtype int
        Rows wanted of each class.
    categorical_features : "from_dtype" or array-like
        See `categorical_columns`.
    seed : int or None
        Seed.

    Returns
    -------
    TrainingRows
        The rows as they were, then the new ones; these weigh the mean of their class.

    Raises
    ------
    TreatmentError
        If values are missing, if a class to be enlarged has fewer than three rows, if parameters
        of `fit` have one entry a row, or if imbalanced-learn cannot work on the data.
    """
    wanted = _changed(data.codes, targets)
    if not wanted:
        return data
    rarest = min(wanted, key=lambda code: data.counts[code])
    n_rarest = int(data.counts[rarest])
    if n_rarest < MIN_SMOTE_ROWS:
        raise TreatmentError(
            f"SMOTE needs {MIN_SMOTE_ROWS} rows of every class that it enlarges, and class "
            f"{data.classes[rarest].item()!r} has {n_rarest} of them. Take a treatment that "
            "repeats or weighs rows."
        )
    _refuse_row_params(data, "SMOTE")
    categorical = _smote_columns(data.X, categorical_features)
    settings = {
        "sampling_strategy": wanted,
        "random_state": seed,
        "k_neighbors": min(SMOTE_NEIGHBORS, n_rarest - 1),
    }
    try:
        table = frame_to_array(data.X, categorical)
        if len(categorical) == 0:
            sampler = SMOTE(**settings)
        elif len(categorical) == table.shape[1]:
            sampler = SMOTEN(**settings)
            table = table.toarray() if sparse.issparse(table) else table
        else:
            sampler = SMOTENC(categorical.tolist(), **settings)
        made, codes = _resampled(sampler, table, data.codes)
        X = append_rows(data.X, made[len(data.codes) :])
    except Exception as error:
        raise _failed("SMOTE", error) from error
    return replace(data, X=X, codes=codes, weight=_appended_weight(data, codes))


def _resampled(sampler, table, labels):
    """What a sampler makes of rows, whatever containers transformers are told to give.

    Encoders inside of samplers follow the global configuration, and samplers do not expect it.
    """
    with config_context(transform_output="default"):
        return sampler.fit_resample(table, labels)


def sampled_rows(data, sampler, seed):
    """Resample by any sampler of imbalanced-learn.

    Parameters
    ----------
    data : TrainingRows
        Rows.
    sampler : sampler
        Has `fit_resample`; cloned. Its free `random_state` gets a seed.
    seed : int or None
        Seed.

    Returns
    -------
    TrainingRows
        Where the sampler says which rows it took, `sample_indices_`, weights and other parameters
        go along. Where it appended rows, these weigh the mean of their class. Otherwise every row
        weighs the mean of its class.

    Raises
    ------
    TreatmentError
        If the sampler fails, gives no row of a class or labels that were not there, or does not
        say which rows it took and parameters of `fit` have one entry a row.
    """
    name = type(sampler).__name__
    fitted = seed_clone(clone(sampler), seed)
    X = data.X
    try:
        table = frame_to_array(X, other_than_numbers(X)) if is_polars(X) else X
        drawn, labels = _resampled(fitted, table, data.classes[data.codes])
        codes, _ = encode_target(check_target(labels), data.classes)
        rows = getattr(fitted, "sample_indices_", None)
        rows = None if rows is None or len(rows) != len(codes) else np.asarray(rows)
        if is_polars(X):
            taken = rows is not None and same_values(drawn, table[rows])
            drawn = _safe_indexing(X, rows) if taken else like_frame(X, drawn)
    except Exception as error:
        raise _failed(name, error) from error
    counts = np.bincount(codes, minlength=len(data.classes))
    if not counts.all():
        lost = data.classes[counts == 0].tolist()
        raise TreatmentError(f"{name} left no row of the classes {named(lost)}.")
    if rows is not None:
        weight = None if data.weight is None else data.weight[rows]
        params = cut_params(data.params, rows, len(data.codes))
        return replace(data, X=drawn, codes=codes, weight=weight, params=params)
    _refuse_row_params(data, name)
    n_rows = len(data.codes)
    if len(codes) >= n_rows and np.array_equal(codes[:n_rows], data.codes):
        weight = _appended_weight(data, codes)
    else:
        weight = None if data.weight is None else (data.totals / data.counts)[codes]
    return replace(data, X=drawn, codes=codes, weight=weight)


def _changed(codes, targets):
    """The classes whose number of rows is to change, and to what."""
    counts = np.bincount(codes, minlength=len(targets))
    return {code: int(targets[code]) for code in np.flatnonzero(targets != counts).tolist()}


def _draw(sampler, codes):
    """Row numbers as drawn by a sampler."""
    sampler.fit_resample(np.arange(len(codes)).reshape(-1, 1), codes)
    return np.asarray(sampler.sample_indices_)


def _smote_columns(X, categorical_features):
    """Columns that SMOTE must not interpolate; raise for what it cannot take at all."""
    if not hasattr(X, "shape"):
        X = np.asarray(X, dtype=object)
    if has_missing(X):
        raise TreatmentError(
            "SMOTE takes no missing values, and X has some. Impute them in an earlier step."
        )
    times = time_columns(X)
    if times:
        raise TreatmentError(
            f"SMOTE takes no dates or times, and X has some in {named(times)}. Turn them into "
            "numbers in an earlier step."
        )
    return np.union1d(categorical_columns(X, categorical_features), boolean_columns(X)).astype(int)


def _appended_weight(data, codes):
    """Weights of the rows as they were; of appended ones the mean of their class."""
    if data.weight is None:
        return None
    means = data.totals / data.counts
    return np.concatenate([data.weight, means[codes[len(data.codes) :]]])


def _refuse_row_params(data, name):
    """Raise where a parameter of `fit` has an entry for each row, and none for new rows."""
    n_rows = len(data.codes)
    marked = cut_params(data.params, np.arange(0), n_rows)
    per_row = [key for key, value in data.params.items() if marked[key] is not value]
    if per_row:
        raise TreatmentError(
            f"{name} does not say which rows its rows come from, so parameters of fit with one "
            f"entry a row cannot follow: {named(per_row)}. Take a treatment that draws or weighs "
            "rows."
        )


def _failed(name, error):
    """A one-line error of a sampler."""
    text = " ".join(str(error).split())
    return TreatmentError(f"{name} failed on these rows: {type(error).__name__}: {text}")
