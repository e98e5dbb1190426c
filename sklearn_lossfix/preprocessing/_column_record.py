"""What is recorded of every column of a table, for a report that is made without the table."""

import numpy as np

from sklearn_lossfix._core._order_statistics import ColumnSelector
from sklearn_lossfix._core._robust_scale import tied_mass

#: Quantiles of each column that a report draws, by name.
PROFILE = {
    "q01": 0.01,
    "q25": 0.25,
    "median": 0.5,
    "q75": 0.75,
    "q99": 0.99,
}

# Rows behind the profile that fit records, evenly spaced: a picture cannot show more.
PROFILE_ROWS = 1_024

#: What :func:`surveyed` gives, and a record keeps of it.
SURVEYED = ("below", "above", "total", "ends", "profile", "tie_share")


def open_limits(lower, upper):
    """Limits with their open sides, NaN, as infinities: comparing with NaN loses the column."""
    return np.where(np.isnan(lower), -np.inf, lower), np.where(np.isnan(upper), np.inf, upper)


def thinned(part):
    """Evenly spaced rows of a part, or all of it where it is weighted values."""
    return part.thinned(PROFILE_ROWS) if isinstance(part, ColumnSelector) else part


def n_thinned(n_rows):
    """Rows of the evenly spaced sample behind a recorded profile."""
    step = -(-n_rows // PROFILE_ROWS)
    return len(range((step - 1) // 2, n_rows, step))


def surveyed(part, thin, lower, upper, stream=None, tie_share=None):
    """Masses beyond limits, in all and at the median, the ends, and quantiles, of every column.

    Parameters
    ----------
    part : ColumnSelector or WeightedColumns
        The columns.
    thin : ColumnSelector or WeightedColumns
        The same or some of their rows, behind quantiles and ties.
    lower, upper : ndarray of shape (n_columns,)
        Limits; NaN where a side is open.
    stream : Stream, default=None
        What knows infinite values and ends that the columns it gave do not hold.
    tie_share : ndarray of shape (n_columns,), default=None
        Share of the values that equal the median where it is known: finding it costs small tables
        a tenth of fit.

    Returns
    -------
    dict of str to ndarray
        ``mass`` (of finite values) and all of `SURVEYED`.
    """
    lower, upper = open_limits(lower, upper)
    below, above, ends = part.survey(lower, upper)
    unknown = np.zeros((2, part.n_columns))
    if tie_share is None:
        tie_share = share(tied_mass(thin.at_mass(0.5 * thin.mass)), thin.mass)
    if stream is not None:
        unknown, ends = stream.infinite_mass(), stream.ends
        below = below + unknown[0] * (lower > -np.inf)
        above = above + unknown[1] * (upper < np.inf)
    return {
        "below": below,
        "above": above,
        "mass": part.mass,
        "total": part.mass + part.infinite.sum(axis=0) + unknown.sum(axis=0),
        "ends": ends,
        "profile": thin.quantiles(list(PROFILE.values()), "averaged_inverted_cdf"),
        "tie_share": tie_share,
    }


def dense_counts(selector):
    """Rows, missing and infinite values of a dense table."""
    return {
        "n_rows": selector.n_rows,
        "n_missing": selector.n_missing,
        "n_infinite": selector.n_negative_infinite + selector.n_positive_infinite,
    }


def evidence_columns(names, record, lower, upper):
    """A record as the columns of a report's table.

    Parameters
    ----------
    names : sequence of str
        Names of the columns.
    record : dict
        What was recorded of them.
    lower, upper : ndarray of shape (n_columns,)
        Limits that the record was taken by.

    Returns
    -------
    dict of str to list
    """
    n_valid = record["n_rows"] - record["n_missing"] - record["n_infinite"]
    lowest, highest = record["ends"]
    return {
        "column": [str(name) for name in names],
        "dtype": list(record["dtypes"]),
        "n_valid": n_valid.tolist(),
        "n_missing": record["n_missing"].tolist(),
        "n_infinite": record["n_infinite"].tolist(),
        "lower": listed(lower),
        "upper": listed(upper),
        "share_low": listed(share(record["below"], record["total"])),
        "share_high": listed(share(record["above"], record["total"])),
        "tie_share": listed(record["tie_share"]),
        "constant": (lowest == highest).tolist(),
        "all_missing": (n_valid == 0).tolist(),
        "minimum": listed(lowest),
        "maximum": listed(highest),
        **{name: listed(values) for name, values in zip(PROFILE, record["profile"], strict=True)},
    }


def share(part, whole):
    """A share; NaN of nothing."""
    return np.divide(part, whole, out=np.full(np.shape(whole), np.nan), where=whole > 0)


def listed(values):
    """Numbers as a list, with None for what is not known."""
    return [float(value) if np.isfinite(value) else None for value in values]
