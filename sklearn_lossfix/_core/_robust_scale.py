"""Centre and scale of columns by median and MAD, and what takes the MAD's place where it is zero.

The median absolute deviation has a breakdown point of one half and is zero as soon as more than
half of the values are equal (exact fit; Rousseeuw and Croux 1993, *Alternatives to the median
absolute deviation*, JASA 88, section 1). What replaces it there must be robust too: the mean
absolute deviation, the standard deviation and the range all follow a single outlier.
"""

from dataclasses import dataclass

import numpy as np
from scipy import special

from sklearn_lossfix._core._quantiles import WeightedColumns, gap

#: MAD of a normal distribution of standard deviation one: its third quartile.
NORMAL_MAD = float(special.ndtri(0.75))
#: Its interquartile range.
NORMAL_IQR = 2 * NORMAL_MAD
#: Its mean absolute deviation, the square root of 2 / pi (Geary 1935, Biometrika 27).
NORMAL_MEAN_AD = float(np.sqrt(2 / np.pi))

#: A spread of this many rounding errors of the largest value is no spread: it is what sums of
#: decimal fractions differ by. Relative, so that the unit of a column does not matter.
ROUNDING_ERRORS = 10

#: A column this many times as wide, or as narrow, as the median one is on another scale: enough to
#: look closer, never a verdict by itself.
SPREAD_RATIO = 10.0

#: What can take the place of a MAD of zero.
ZERO_SCALES = ("auto", "mean_ad", "std", "one", "raise", "nan")


@dataclass(frozen=True)
class RobustScale:
    """Centre and scale of every column.

    Attributes
    ----------
    center : ndarray of shape (n_columns,), dtype float64
        Medians; 0 for a column without values.
    mad : ndarray of shape (n_columns,) or (2, n_columns), dtype float64
        Raw MADs, or the double MAD of the values below and above the median; NaN for a column
        without values.
    scale : ndarray of the shape of `mad`, dtype float64
        Consistent for the standard deviation of a normal distribution.
    source : ndarray of the shape of `mad`, dtype str
        Where the scale comes from.
    constant : ndarray of shape (n_columns,), dtype bool
        Columns that do not vary.
    tie_share : ndarray of shape (n_columns,), dtype float64
        Share of the values that equal the median.
    """

    center: np.ndarray
    mad: np.ndarray
    scale: np.ndarray
    source: np.ndarray
    constant: np.ndarray
    tie_share: np.ndarray


def rounding_noise(values, dtype):
    """Spread below which values of this size are equal but for rounding.

    Parameters
    ----------
    values : ndarray of float
        Sizes of values.
    dtype : dtype
        Of the data: integers are exact.
    """
    if dtype.kind != "f":
        return np.zeros(np.shape(values))
    return ROUNDING_ERRORS * float(np.finfo(dtype).eps) * np.abs(values)


def unresolved(columns, center, spread):
    """Rounding noise of every column; zero where its spread, though as small, is a real one.

    Noise comes with other values far away: those that the same computation gave for other rows.
    Where what lies beyond it begins right there, the values are a whole distribution on a coarse
    grid, such as time stamps in single precision.

    Parameters
    ----------
    columns : ColumnSelector or WeightedColumns
        The data.
    center : ndarray of shape (n_columns,)
        Their middles.
    spread : ndarray of shape (n_columns,) or (2, n_columns)
        Around them.

    Returns
    -------
    ndarray of shape (n_columns,), dtype float64
    """
    noise = rounding_noise(center, columns.dtype)
    as_small = np.atleast_2d((spread > 0) & (spread <= noise)).any(axis=0)
    for j in np.flatnonzero(as_small):
        beyond = _median_distance(columns, j, center[j], noise[j])
        if 0 < beyond <= SPREAD_RATIO * noise[j]:
            noise[j] = 0.0
    return noise


def robust_scale(columns, *, asymmetric=False, zero_scale="auto", unit_variance=True):
    """Centre and scale by median and MAD.

    Parameters
    ----------
    columns : ColumnSelector or WeightedColumns
        The data.
    asymmetric : bool, default=False
        Whether to scale each side of the median by its own MAD (double MAD).
    zero_scale : str, default="auto"
        One of `ZERO_SCALES`: what takes the place of a MAD of zero in a column that varies. "auto"
        and "raise" take the first of the following that is not zero: the quartile range, and the
        median of the distances that are not zero.
    unit_variance : bool, default=True
        Whether to divide by `NORMAL_MAD`.

    Returns
    -------
    RobustScale
    """
    median = columns.at_mass(0.5 * columns.mass)
    center = median.middle[0].astype(np.float64)
    spreads, noise = (_double_spreads if asymmetric else _spreads)(columns, median, center)
    mad, empty = spreads["mad"], columns.mass == 0
    spread, source = _first_above(spreads, noise)
    zero = ~(mad > noise) & ~empty
    if zero_scale in ("mean_ad", "std"):
        for j in np.flatnonzero(np.atleast_2d(zero & (source != "constant")).any(axis=0)):
            found = _moment_spread(columns, j, center[j], zero_scale)
            where = (zero & (source != "constant"))[..., j]
            spread[..., j] = np.where(where, found, spread[..., j])
            source[..., j] = np.where(where, zero_scale, source[..., j])
    constant = (np.atleast_2d(source) == "constant").all(axis=0) & ~empty
    if asymmetric:
        _borrow_from_the_other_side(spread, source)
    with np.errstate(over="ignore"):
        scale = spread / NORMAL_MAD if unit_variance else spread.copy()
    # A MAD near the largest float gives a scale beyond it.
    scale = np.minimum(scale, np.finfo(np.float64).max)
    scale[source == "constant"] = 1.0
    if zero_scale in ("one", "nan"):
        replaced = zero if zero_scale == "nan" else zero & (source != "constant")
        scale[replaced] = 1.0 if zero_scale == "one" else np.nan
        source[replaced] = zero_scale
    scale[..., empty], source[..., empty] = 1.0, "all_missing"
    with np.errstate(invalid="ignore"):
        tie_share = tied_mass(median) / columns.mass
    return RobustScale(
        center=np.where(empty, 0.0, center),
        mad=mad,
        scale=scale,
        source=source,
        constant=constant,
        tie_share=tie_share,
    )


def tied_mass(median):
    """Mass of the values that equal the median."""
    return np.where(median.low[0] == median.high[0], median.less_equal[0] - median.less[0], 0.0)


def simple_mad(columns):
    """Median and raw MAD of every column.

    Returns
    -------
    center, mad : ndarray of shape (n_columns,), dtype float64
    """
    median = columns.at_mass(0.5 * columns.mass)
    distance = columns.at_mass(0.5 * columns.mass, around=median)
    return median.middle[0].astype(np.float64), distance.middle[0].astype(np.float64)


def double_mad(columns):
    """Median, and raw MADs of the values not above and not below it.

    Returns
    -------
    center : ndarray of shape (n_columns,), dtype float64
    mad : ndarray of shape (2, n_columns), dtype float64
    """
    median = columns.at_mass(0.5 * columns.mass)
    center = median.middle[0].astype(np.float64)
    return center, _side_distances(columns, median, _side_targets(columns, median)[0])


def _side_targets(columns, median):
    """Masses at the middle of each side of the median, and the masses below and not above it."""
    mass = columns.mass
    single = median.low[0] == median.high[0]
    less = np.where(single, median.less[0], 0.5 * mass)
    less_equal = np.where(single, median.less_equal[0], 0.5 * mass)
    return [0.5 * less_equal, less + 0.5 * (mass - less)], less, less_equal


def _spreads(columns, median, center):
    """Raw spreads around the median, in the order in which they are tried, and the noise in them.

    Returns
    -------
    spreads : dict of str to ndarray of shape (n_columns,)
        ``mad``, ``iqr`` (half of it), ``nonmode`` (median of the distances that are not zero), all
        in the units of a MAD. The last two only where the first is zero.
    noise : ndarray of shape (n_columns,)
        What is not above it is none.
    """
    tied, mass = tied_mass(median), columns.mass
    # With more than half of the values at the median the MAD is zero without looking, and the same
    # pass over the distances can tell the median of those that are not zero.
    exact_fit = tied > 0.5 * mass
    targets = np.where(exact_fit, tied + 0.5 * (mass - tied), 0.5 * mass)
    distance = columns.at_mass(targets, around=median).middle[0].astype(np.float64)
    mad = np.where(exact_fit, 0.0, distance)
    noise = unresolved(columns, center, mad)
    zero = mad <= noise
    half_iqr = np.zeros(columns.n_columns)
    # Where ties at the median reach both quartiles the quartile range is zero.
    varies = zero & ((median.less[0] >= 0.25 * mass) | (median.less_equal[0] <= 0.75 * mass))
    if varies.any():
        part = columns.subset(np.flatnonzero(varies))
        quartiles = part.at_mass(np.multiply.outer([0.25, 0.75], part.mass))
        half_iqr[varies] = gap(quartiles[0], quartiles[1]) / 2
    nonmode = np.where(exact_fit & (tied < mass), distance, 0.0)
    for j in np.flatnonzero(zero & (half_iqr <= noise) & (nonmode <= noise) & (tied < mass)):
        nonmode[j] = _median_distance(columns, j, center[j], noise[j])
    return {"mad": mad, "iqr": half_iqr, "nonmode": nonmode}, noise


def _double_spreads(columns, median, center):
    """The same for the values below and above the median, each of shape (2, n_columns)."""
    mass = columns.mass
    targets, less, less_equal = _side_targets(columns, median)
    mad = _side_distances(columns, median, targets)
    noise = unresolved(columns, center, mad)
    half_iqr, nonmode = np.zeros(mad.shape), np.zeros(mad.shape)
    zero = (mad <= noise).any(axis=0)
    if zero.any():
        part, middle = columns.subset(np.flatnonzero(zero)), median[:, zero]
        quarter = 0.25 * part.mass
        half_iqr[:, zero] = _side_distances(part, middle, [quarter, 3 * quarter])
        upper = less_equal[zero] + 0.5 * (part.mass - less_equal[zero])
        found = _side_distances(part, middle, [0.5 * less[zero], upper])
        # A side without values has no distance, whatever stands at its target.
        found[0, less[zero] == 0], found[1, less_equal[zero] == part.mass] = 0.0, 0.0
        nonmode[:, zero] = found
    for side, j in np.argwhere((mad <= noise) & (half_iqr <= noise) & (nonmode <= noise)):
        if mass[j]:
            nonmode[side, j] = _median_distance(columns, j, center[j], noise[j], side)
    return {"mad": mad, "iqr": half_iqr, "nonmode": nonmode}, noise


def _side_distances(columns, median, targets):
    """Distances from the median of the values at one target below and one above it."""
    sides = columns.at_mass(np.array(targets))
    return np.array([gap(sides[0], median[0]), gap(median[0], sides[1])])


def _median_distance(columns, j, center, noise, side=None):
    """Median of the distances beyond rounding noise, of one side or both; 0 without any."""
    values, weights = columns.column_values(j)
    with np.errstate(over="ignore"):
        distances = values.astype(np.float64) - center
        distances = np.abs(distances) if side is None else distances * (-1 if side == 0 else 1)
    keep = distances > noise
    if not keep.any():
        return 0.0
    beyond = WeightedColumns([(distances[keep], weights[keep])])
    return float(beyond.at_mass(0.5 * beyond.mass).middle[0, 0])


def _first_above(spreads, noise):
    """The first spread that is more than rounding noise, and its name; else 1 and "constant"."""
    shape = spreads["mad"].shape
    spread, source = np.ones(shape), np.full(shape, "constant", dtype="<U11")
    for name in reversed(spreads):
        found = spreads[name] > noise
        spread[found], source[found] = spreads[name][found], name
    return spread, source


def _moment_spread(columns, j, center, kind):
    """Mean absolute or standard deviation of a column in the units of a MAD."""
    values, weights = columns.column_values(j)
    values = values.astype(np.float64)
    # In a unit of the size of the values, which changes no digit, neither sums nor squares leave
    # the range of floats.
    unit = np.ldexp(1.0, np.frexp(np.abs(values).max())[1] - 1)
    values = values / unit
    if kind == "mean_ad":
        found = np.average(np.abs(values - center / unit), weights=weights) / NORMAL_MEAN_AD
    else:
        mean = np.average(values, weights=weights)
        found = np.sqrt(np.average((values - mean) ** 2, weights=weights))
    with np.errstate(over="ignore"):
        return found * NORMAL_MAD * unit


def _borrow_from_the_other_side(spread, source):
    """A side without any spread takes that of the other one, so that the map stays continuous."""
    for side in (0, 1):
        lacks = (source[side] == "constant") & (source[1 - side] != "constant")
        spread[side, lacks] = spread[1 - side, lacks]
        source[side, lacks] = "other_side"
