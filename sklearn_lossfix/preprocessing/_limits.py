"""Where a Winsorizer caps: what the user asked for, and the rules that turn it into limits."""

from numbers import Integral, Real

import numpy as np

from sklearn_lossfix._core._columns import named
from sklearn_lossfix._core._medcouple import adjusted_boxplot_factors, medcouple
from sklearn_lossfix._core._quantiles import midpoint
from sklearn_lossfix._core._robust_scale import (
    NORMAL_MAD,
    double_mad,
    rounding_noise,
    simple_mad,
    unresolved,
)

#: What ``limits="auto"`` stands for. Probabilities of the two quantiles; else how many spreads a
#: limit lies from the middle: Tukey's fences (1977, *Exploratory data analysis*, 2D), Iglewicz and
#: Hoaglin's 3.5 scaled MADs (1993, section 3.5), three standard deviations, and the adjusted
#: boxplot's 1.5.
AUTO_LIMITS = {
    "quantile": (0.01, 0.99),
    "iqr": (1.5, 1.5),
    "mad": (3.5, 3.5),
    "double_mad": (3.5, 3.5),
    "gaussian": (3.0, 3.0),
    "adjusted_boxplot": (1.5, 1.5),
}

#: Rules by name.
METHODS = (*AUTO_LIMITS, "fixed")

#: Rules that need quantiles, and so a definition of them.
QUANTILE_RULES = ("quantile", "iqr", "adjusted_boxplot")

# Values behind a medcouple, which takes memory in the square of them: evenly spaced quantiles where
# there are more. Its standard error at 1,000 values is about 0.03 (Brys, Hubert and Struyf 2004).
MEDCOUPLE_VALUES = 1_000


def requested_limits(limits, method, tail, names):
    """What was asked for, per column and side.

    Parameters
    ----------
    limits : "auto", float, pair, array of shape (2, n_features) or dict
        As the user gave it.
    method : str
        One of `METHODS`.
    tail : {"both", "left", "right"}
        Sides to cap.
    names : ndarray of str of shape (n_features,)
        Names of the columns.

    Returns
    -------
    ndarray of shape (2, n_features), dtype float64
        Lower and upper requests; NaN leaves a side open.

    Raises
    ------
    ValueError
        If it is none of the allowed forms, or out of range for the method.
    """
    n_features = len(names)
    if isinstance(limits, np.ndarray) and limits.ndim == 0:
        limits = limits.item()
    if hasattr(limits, "columns"):
        raise ValueError(
            f"limits must be 'auto', a number, a pair, an array of shape (2, n_features) or a dict "
            f"of pairs by column. Got a {type(limits).__name__} instead."
        )
    if isinstance(limits, str) and limits == "auto" and method == "fixed":
        raise ValueError(
            "method='fixed' needs limits: a pair (lower, upper) with None for an open side, an "
            "array of shape (2, n_features), or a dict of pairs by column. Got 'auto'."
        )
    if isinstance(limits, str):
        if limits != "auto":
            raise ValueError(
                f"limits must be 'auto', a number, a pair, an array of shape (2, n_features) or a "
                f"dict. Got {limits!r} instead."
            )
        asked = np.repeat(np.array([AUTO_LIMITS[method]]).T, n_features, axis=1)
    elif isinstance(limits, dict):
        asked = np.full((2, n_features), np.nan)
        for key, value in limits.items():
            j = _position(key, names)
            if not np.isnan(asked[:, j]).all():
                raise ValueError(f"limits names the column {str(names[j])!r} twice.")
            asked[:, j] = _pair(value, method)
    elif isinstance(limits, np.ndarray | list) and _is_table(limits):
        try:
            asked = np.array(limits, dtype=np.float64)
        except (TypeError, ValueError) as error:
            raise ValueError(
                f"An array of limits must have one lower and one upper row of numbers, shape "
                f"(2, {n_features}), NaN for an open side ({error})."
            ) from error
        if asked.shape != (2, n_features):
            raise ValueError(
                f"An array of limits must have one lower and one upper row, shape "
                f"(2, {n_features}). Got shape {asked.shape} instead."
            )
    else:
        asked = np.repeat(np.array([_pair(limits, method)]).T, n_features, axis=1)
    if tail != "both":
        asked[int(tail == "left")] = np.nan
    _check_range(asked, method, names)
    return asked


def _is_table(limits):
    """Whether limits have rows, not just numbers."""
    return any(np.ndim(row) == 1 for row in limits) if len(limits) and np.ndim(limits[0]) else False


def _position(key, names):
    """Position of a column that a dict of limits names."""
    if isinstance(key, Integral) and not isinstance(key, bool) and key not in names:
        if not 0 <= key < len(names):
            raise ValueError(f"limits names column {key}, but there are {len(names)} columns.")
        return int(key)
    places = np.flatnonzero(names == key)
    if places.size != 1:
        raise ValueError(
            f"limits names the column {key!r}, which X holds {places.size} times. Expected one "
            f"of {named(names)}."
        )
    return int(places[0])


def _pair(value, method):
    """A number or a pair as (lower, upper), NaN for None."""
    if _is_number(value):
        if method == "fixed":
            raise ValueError(
                f"With method='fixed' limits are pairs of values, None for an open side. Got "
                f"{value!r} instead; (None, {value!r}) caps above {value!r}."
            )
        value = float(value)  # whatever kind of number it is, an open side of it can be NaN
        return (value, 1 - value) if method == "quantile" else (value, value)
    if hasattr(value, "__len__") and not isinstance(value, str | dict) and len(value) == 2:
        sides = list(value)
        if all(side is None or _is_number(side) for side in sides):
            return [np.nan if side is None else float(side) for side in sides]
    raise ValueError(
        f"A limit must be a number or a pair (lower, upper) with None for an open side. Got "
        f"{value!r} instead."
    )


def _is_number(value):
    """Whether a value is a number other than NaN and no boolean."""
    return isinstance(value, Real) and not isinstance(value, bool | np.bool_) and value == value


def _check_range(asked, method, names):
    """Refuse requests that are out of range, naming the column."""
    lower, upper = asked
    if method == "quantile":
        bad = (asked < 0).any(axis=0) | (asked > 1).any(axis=0) | (lower >= upper)
        expected = "probabilities with 0 <= lower < upper <= 1"
    elif method == "fixed":
        bad = (lower > upper) | (lower == np.inf) | (upper == -np.inf)
        expected = "values with lower <= upper that leave finite values between them"
    else:
        bad = (asked < 0).any(axis=0) | np.isinf(asked).any(axis=0)
        expected = "finite numbers of spreads that are not negative"
    if bad.any():
        j = int(np.flatnonzero(bad)[0])
        raise ValueError(
            f"limits must be {expected} for method={method!r}. Got {asked[:, j].tolist()} for the "
            f"column {str(names[j])!r}."
        )


def learn_limits(part, method, asked, quantile_method):
    """Limits of the columns of a part.

    Parameters
    ----------
    part : ColumnSelector or WeightedColumns
        The columns.
    method : str
        One of `METHODS`.
    asked : ndarray of shape (2, n_columns)
        From :func:`requested_limits`.
    quantile_method : str
        Definition of the quantiles.

    Returns
    -------
    dict of str to ndarray
        ``lower`` and ``upper`` (NaN: open), ``zero`` of shape (2, n_columns), whether the spread
        of a side is zero, and ``middle`` and ``spread`` of shape (n_columns,) and (2, n_columns).
    """
    open_sides = np.isnan(asked)
    if method == "fixed":
        nothing = np.full(part.n_columns, np.nan)
        found = {"middle": nothing, "spread": np.array([nothing, nothing])}
        return {**found, "lower": asked[0], "upper": asked[1], "zero": np.zeros_like(open_sides)}
    if method == "quantile":
        # Beside an open side the extreme tells whether capping would leave a single value.
        probabilities = np.where(open_sides, [[0.0], [1.0]], asked)
        limits = part.quantiles(probabilities, quantile_method)
        with np.errstate(over="ignore"):
            spread = np.repeat(limits[1:] - limits[:1], 2, axis=0)
        middle = np.full(part.n_columns, np.nan)
        noise = rounding_noise(np.abs(limits).max(axis=0), part.dtype)
    else:
        middle, base, spread = _RULES[method](part, quantile_method)
        noise = unresolved(part, middle, spread)
        with np.errstate(over="ignore", invalid="ignore"):
            limits = base + [[-1], [1]] * np.where(open_sides, 0.0, asked) * spread
    limits = np.where(open_sides, np.nan, limits)
    zero = (spread <= noise) & ~open_sides
    return {
        "lower": limits[0],
        "upper": limits[1],
        "zero": zero,
        "middle": middle,
        "spread": spread,
    }


def _iqr_rule(part, quantile_method):
    """Quartiles, and the interquartile range beyond each."""
    quartiles = part.quantiles([0.25, 0.75], quantile_method)
    with np.errstate(over="ignore"):
        iqr = quartiles[1] - quartiles[0]
    return midpoint(*quartiles), quartiles, np.array([iqr, iqr])


def _mad_rule(part, _):
    """Median, and scaled MADs around it."""
    center, mad = simple_mad(part)
    with np.errstate(over="ignore"):
        return center, np.array([center, center]), np.array([mad, mad]) / NORMAL_MAD


def _double_mad_rule(part, _):
    """Median, and the scaled MAD of each side."""
    center, mad = double_mad(part)
    with np.errstate(over="ignore"):
        return center, np.array([center, center]), mad / NORMAL_MAD


def _gaussian_rule(part, _):
    """Mean, and standard deviations around it."""
    moments = part.moments()
    mean = np.where(moments.mass > 0, moments.mean, np.nan)
    deviation = moments.standard_deviation
    return mean, np.array([mean, mean]), np.array([deviation, deviation])


def _adjusted_boxplot_rule(part, quantile_method):
    """Quartiles, and the interquartile range stretched by the skewness beyond each."""
    middle, quartiles, iqr = _iqr_rule(part, quantile_method)
    skewness = [medcouple(_even_sample(part, j)) for j in range(part.n_columns)]
    return middle, quartiles, iqr * np.array(adjusted_boxplot_factors(skewness))


_RULES = {
    "iqr": _iqr_rule,
    "mad": _mad_rule,
    "double_mad": _double_mad_rule,
    "gaussian": _gaussian_rule,
    "adjusted_boxplot": _adjusted_boxplot_rule,
}


def _even_sample(part, j):
    """Values of equal weight that stand for a column: all, or evenly spaced quantiles of it."""
    values, weights = part.column_values(j)
    if (weights == np.floor(weights)).all() and weights.sum() <= MEDCOUPLE_VALUES:
        return np.repeat(values, weights.astype(np.int64))
    shares = (np.arange(MEDCOUPLE_VALUES) + 0.5) / MEDCOUPLE_VALUES
    return part.subset([j]).quantiles(shares, "inverted_cdf")[:, 0]
