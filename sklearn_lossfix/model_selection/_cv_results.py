"""The table of a search under scikit-learn's names, and a few more."""

from numbers import Number

import numpy as np
from scipy.stats import rankdata


def parameter_columns(candidates):
    """One masked array per searched parameter; masked where a candidate does not set it.

    Parameters
    ----------
    candidates : list of dict
        Parameters of each candidate.

    Returns
    -------
    dict of str to MaskedArray of shape (n_candidates,)
        ``"param_<name>"``; numbers and booleans in the dtype that NumPy finds for them, as in
        scikit-learn, anything else as objects.
    """
    columns = {}
    for name in dict.fromkeys(name for params in candidates for name in params):
        values = [params.get(name) for params in candidates]
        mask = [name not in params for params in candidates]
        column = np.ma.MaskedArray(np.empty(len(values), dtype=object), mask=True)
        for i, value in enumerate(values):
            if not mask[i]:
                column[i] = value
        columns[f"param_{name}"] = _plain(column)
    return columns


def _plain(column):
    """Give a column of numbers or of booleans their dtype; leave others as objects."""
    # By iteration: `tolist` of an object array would look into values that are arrays themselves.
    present = list(column.compressed())
    if not present or not all(isinstance(value, Number | np.bool_) for value in present):
        return column
    numbers = np.array(present)
    if numbers.dtype == object:  # a fraction, or an integer that no dtype holds
        return column
    plain = np.ma.MaskedArray(np.zeros(len(column), dtype=numbers.dtype), mask=column.mask)
    plain[~column.mask] = numbers
    return plain


def score_columns(name, splits, mean):
    """Columns of one score: every split, the mean, the deviation and the rank.

    Parameters
    ----------
    name : str
        What follows "test_".
    splits : ndarray of shape (n_candidates, n_splits)
        Values on the splits.
    mean : ndarray of shape (n_candidates,)
        What the candidates are ranked by; NaN is ranked last.

    Returns
    -------
    dict of str to ndarray of shape (n_candidates,)
    """
    columns = {f"split{k}_test_{name}": splits[:, k] for k in range(splits.shape[1])}
    columns[f"mean_test_{name}"] = mean
    columns[f"std_test_{name}"] = np.std(splits, axis=1)
    columns[f"rank_test_{name}"] = ranks(mean)
    return columns


def ranks(values):
    """Rank values from 1, the greatest; NaN last."""
    if np.isnan(values).all():
        return np.ones(len(values), dtype=np.int32)
    lowest = np.nanmin(values) - 1
    return rankdata(-np.where(np.isnan(values), lowest, values), method="min").astype(np.int32)


def time_columns(fit_time, score_time):
    """Mean and deviation over the splits of the seconds spent.

    Parameters
    ----------
    fit_time, score_time : ndarray of shape (n_candidates, n_splits)
        Seconds; NaN where nothing was run.

    Returns
    -------
    dict of str to ndarray of shape (n_candidates,)
    """
    columns = {}
    for name, times in (("fit", fit_time), ("score", score_time)):
        known = np.ma.masked_invalid(times)
        columns[f"mean_{name}_time"] = known.mean(axis=1).filled(np.nan)
        columns[f"std_{name}_time"] = known.std(axis=1).filled(np.nan)
    return columns
