"""What a column holds if a scaler or an imputer was fitted on it: moments that are exactly 0 or 1.

==================  =======================================================================
signature           holds exactly
==================  =======================================================================
standardised        mean 0, and standard deviation 1 (divided by n or n - 1) or length 1
centred             mean 0
unit variance       standard deviation 1
standardised, then  the same within the error of rounding, on a lattice of decimals
rounded
robustly scaled     median 0, and interquartile range 1 or median absolute deviation 1 (also
                    times 1.4826)
quantiles           evenly spread over 0..1, or over the normal quantiles of that
scaled to 0..1      least value 0, greatest value 1, each in one row
scaled to max 1     greatest absolute value 1, in one row
imputed mean        a repeated value that is the mean of all others
imputed median      a repeated value that is the median of all others
==================  =======================================================================
"""

from typing import NamedTuple

import numpy as np
from scipy import stats

from sklearn_lossfix.model_selection.leakage._exact_copies import FLOAT64_ERROR, rounding_error

# Moments of float64 numbers that were scaled are off by 1e-12 where the mean was 10,000 standard
# deviations from zero, and by less otherwise.
MOMENT_ERROR = 1e-8
# Moments of n numbers that were rounded to a step s have the standard error s / sqrt(12 n); so many
# of them are allowed (1 moment in 2,000 is off by more).
ROUNDING_ERRORS = 3.5
# Rounding to a step that leaves chance more than this hides the moments: 0.04 standard deviations.
MAX_ROUNDED_CHANCE = 0.01
# Rounded moments do not hold if they are off by more than this many tolerances, ten standard errors
# of rounding. Training parts of four fifths are off by 50 where values were rounded to 0.01.
ROUNDED_OFF = 3.0
# A moment that is off by more than this many tolerances does not hold; between them it is open.
CLEARLY_OFF = 1e3

# Rows by which a column is known to be continuous or a lattice.
SAMPLE_ROWS = 2_000
# A gap of a lattice is a whole number of steps up to this: chance lets 1 gap in 500 pass.
STEP_ERROR = 1e-3

# Fewer rows have moments that say little, and repeat values by chance.
MIN_ROWS = 20
# Imputed: at least 5 rows, and 1 row in 200 (fewer tell nothing about a moment of the rest).
MIN_REPEATS = 5
MIN_REPEATED_SHARE = 0.005
# A mean of continuous values is arbitrary: two rows that hold it exactly are no chance.
MIN_MEANS = 2

# Where QuantileTransformer clips a normal output (scikit-learn's BOUNDS_THRESHOLD).
NORMAL_BOUND = float(stats.norm.ppf(1e-7))
# Values of a quantile transformer are this many times more evenly spread over the rows on which it
# was fitted than over any others.
EVENNESS_RATIO = 3.0

# Normal-consistent factor of the median absolute deviation.
MAD_FACTOR = 1.4826022185056018

#: Signatures of one column, in the order in which they are tried.
SIGNATURES = (
    "standardised",
    "standardised and rounded",
    "robustly scaled",
    "quantiles",
    "scaled to 0..1",
    "scaled to max 1",
    "centred",
    "unit variance",
    "imputed mean",
    "imputed median",
)
#: Those that a natural range, a time or a design explains as well: one column proves nothing.
RANGES = ("quantiles", "scaled to 0..1", "scaled to max 1")


class Signature(NamedTuple):
    """A signature that a column holds.

    Attributes
    ----------
    name : str
        One of `SIGNATURES`.
    chance : float
        Bound of the chance that a column that was not fitted holds it; NaN where there is no
        model of that.
    """

    name: str
    chance: float


class Column(NamedTuple):
    """A column of numbers as signatures read it.

    Attributes
    ----------
    values : ndarray of shape (n_rows,), dtype float64
        NaN where missing.
    error : float
        Relative error of a moment: that of float32 where all values fit into it.
    step : float
        Step of the lattice on which the values lie; 0.0 where there is none.
    is_continuous : bool
        Whether most values differ.
    """

    values: np.ndarray
    error: float
    step: float
    is_continuous: bool


def read_column(values):
    """Describe a column, or return None: constant, binary, infinite or too short ones.

    Parameters
    ----------
    values : ndarray of shape (n_rows,), dtype float64
        NaN where missing.

    Returns
    -------
    Column or None
    """
    known = known_values(values)
    if len(known) < MIN_ROWS:
        return None
    low, high = known.min(), known.max()
    if not np.isfinite([low, high]).all() or np.all((known == low) | (known == high)):
        return None
    sample = known[np.linspace(0, len(known) - 1, min(SAMPLE_ROWS, len(known)), dtype=np.intp)]
    levels = distinct_levels(sample)
    error = max(MOMENT_ERROR, rounding_error(sample))
    return Column(values, error, lattice_step(levels), 2 * len(levels) > len(sample))


def known_values(values):
    """Values that are not missing."""
    missing = np.isnan(values)
    return values[~missing] if missing.any() else values


def distinct_levels(values):
    """Sorted distinct values; those that differ by rounding count once.

    Parameters
    ----------
    values : ndarray of shape (n_rows,)
        Numbers.

    Returns
    -------
    ndarray of shape (n_levels,)
    """
    levels = np.unique(values)
    error = FLOAT64_ERROR * np.abs(levels[[0, -1]]).max()
    return levels[np.append(True, np.diff(levels) > error)]


def lattice_step(levels):
    """Step of the lattice that sorted distinct values lie on; 0.0 if on none.

    Parameters
    ----------
    levels : ndarray of shape (n_levels,)
        Sorted, distinct.

    Returns
    -------
    float
    """
    if len(levels) < 2:
        return 0.0
    gaps = np.diff(levels)
    step = float(gaps.min())
    steps = gaps / step
    return step if np.all(np.abs(steps - np.round(steps)) < STEP_ERROR) else 0.0


def chance_of_moment(column, n_rows, spread):
    """Bound of the chance that a moment of a column is exactly 0, or 1, by luck.

    A mean has the density sqrt(n / 2 pi) / sd at most, a standard deviation, a median or an
    interquartile range of usual distributions at most 1.3 sqrt(n) / sd (uniform values have the
    densest), so an interval of twice the tolerance has 2.6 tol sqrt(n). On a lattice sums move in
    steps.

    Parameters
    ----------
    column : Column
        What is known of it.
    n_rows : int
        Values.
    spread : float
        Standard deviation.

    Returns
    -------
    float
    """
    by_tolerance = 2.6 * column.error * np.sqrt(n_rows)
    by_lattice = 2.6 * column.step / spread / np.sqrt(n_rows)
    return float(min(1.0, max(by_tolerance, by_lattice)))


def find_signatures(column, rows=None):
    """Signatures that a column holds on some rows.

    Parameters
    ----------
    column : Column
        The column.
    rows : ndarray of int, default=None
        Rows that count; None for all.

    Returns
    -------
    list of Signature
        At most one of a scaler, and one of an imputer.
    """
    known = known_values(column.values if rows is None else column.values[rows])
    if len(known) < MIN_ROWS:
        return []
    found = []
    for name in SIGNATURES:
        is_imputation = name.startswith("imputed")
        if found and (not is_imputation or found[-1].name.startswith("imputed")):
            continue
        off, chance = _MEASURES[name](known, column)
        if off <= 1.0:
            found.append(Signature(name, chance))
    return found


def distance(column, name, rows=None):
    """How far a column is from a signature, in units of its tolerance: at most 1 where it holds.

    Parameters
    ----------
    column : Column
        The column.
    name : str
        One of `SIGNATURES`.
    rows : ndarray of int, default=None
        Rows that count; None for all.

    Returns
    -------
    float
        Infinite where it cannot hold.
    """
    known = known_values(column.values if rows is None else column.values[rows])
    return _MEASURES[name](known, column)[0] if len(known) >= MIN_ROWS else np.inf


def _centre(known, column):
    """Distance of the mean from 0, and the standard deviation."""
    spread = float(known.std())
    return (abs(float(known.mean())) / (column.error * spread) if spread else np.inf), spread


def _unit_spread(known, column, spread):
    """Distance of a standard deviation from 1, whether divided by n or by n - 1."""
    n = len(known)
    return min(abs(spread - 1), abs(spread * np.sqrt(n / (n - 1)) - 1)) / column.error


def _standardised(known, column):
    off, spread = _centre(known, column)
    if off > CLEARLY_OFF:
        return off, 1.0
    length = abs(spread * np.sqrt(len(known)) - 1) / column.error
    off = max(off, min(_unit_spread(known, column, spread), length))
    return off, chance_of_moment(column, len(known), spread) ** 2


def _rounded(known, column):
    # Steps near the standard deviation leave no room for a moment to be off.
    spread = float(known.std())
    if not column.step or not spread:
        return np.inf, 1.0
    error = ROUNDING_ERRORS * column.step / np.sqrt(12 * len(known))
    blurred = column._replace(error=error)
    chance = chance_of_moment(blurred, len(known), spread) ** 2
    if chance > MAX_ROUNDED_CHANCE:
        return np.inf, 1.0
    off = max(_centre(known, blurred)[0], _unit_spread(known, blurred, spread))
    return off, chance


def _centred(known, column):
    # Waves over whole periods have mean 0 by nature; they repeat their values, or have the mean
    # square 1 / 2 over a single period.
    if not column.is_continuous or column.step:
        return np.inf, 1.0
    off, spread = _centre(known, column)
    if abs(spread**2 - 0.5) <= column.error:
        return np.inf, 1.0
    return off, chance_of_moment(column, len(known), spread or 1.0)


def _unit_variance(known, column):
    if not column.is_continuous or column.step:
        return np.inf, 1.0
    spread = float(known.std())
    return _unit_spread(known, column, spread), chance_of_moment(column, len(known), spread or 1.0)


def robust_distance(known, column):
    """Distance of a median from 0 and of a quartile distance from 1, in tolerances.

    Parameters
    ----------
    known : ndarray of shape (n_rows,), dtype float64
        Without missing values.
    column : Column
        What is known of them.

    Returns
    -------
    float
        Infinite where the median is clearly not 0.
    """
    half = len(known) / 2
    slack = column.error * CLEARLY_OFF
    if np.count_nonzero(known > slack) > half or np.count_nonzero(known < -slack) > half:
        return np.inf
    low, centre, high = np.percentile(known, [25, 50, 75])
    deviation = float(np.median(np.abs(known - centre)))
    widths = (high - low - 1, deviation - 1, MAD_FACTOR * deviation - 1)
    return max(abs(centre), min(abs(width) for width in widths)) / column.error


def _robust(known, column):
    # Integers have median 0 and quartiles 1 apart by nature.
    if column.step:
        return np.inf, 1.0
    off = robust_distance(known, column)
    if off > CLEARLY_OFF:
        return off, 1.0
    chance = chance_of_moment(column, len(known), float(known.std()) or 1.0)
    return off, chance if np.count_nonzero(known == 0) > 1 else chance**2


def _quantiles(known, column):
    low, high = known.min(), known.max()
    is_uniform = low == 0.0 and high == 1.0
    is_normal = max(abs(low - NORMAL_BOUND), abs(high + NORMAL_BOUND)) < 1e-4
    if not column.is_continuous or not (is_uniform or is_normal):
        return np.inf, 1.0
    gap = unevenness(known if is_uniform else stats.norm.cdf(known))
    # The limit law of Kolmogorov, left tail: sqrt(2 pi) / x exp(-pi^2 / 8 x^2).
    scaled = gap * np.sqrt(len(known))
    chance = np.sqrt(2 * np.pi) / scaled * np.exp(-(np.pi**2) / (8 * scaled**2))
    # Ranks of up to 1,000 rows are off by 1 / n; with more, the transformer interpolates, and its
    # share of unevenness is below that of any other rows by a factor that the caller tests.
    return (0.5 if chance < MOMENT_ERROR else np.inf), float(min(1.0, chance))


def unevenness(values):
    """Greatest distance of the distribution of numbers in 0..1 from the even one.

    Parameters
    ----------
    values : ndarray of shape (n_rows,)

    Returns
    -------
    float
    """
    n = len(values)
    return float(np.abs(np.sort(values) - (np.arange(n) + 0.5) / n).max() + 0.5 / n)


def quantile_unevenness(column, rows=None):
    """`unevenness` of the output of a quantile transformer, uniform or normal."""
    known = known_values(column.values if rows is None else column.values[rows])
    everywhere = known_values(column.values)
    is_uniform = everywhere.min() == 0.0
    return unevenness(known if is_uniform else stats.norm.cdf(known))


def _unit_range(known, column):
    if not column.is_continuous or column.step:
        return np.inf, 1.0
    low, high = known.min(), known.max()
    # Natural bounds are met by several rows: saturated, empty or full.
    single = np.count_nonzero(known == low) == 1 and np.count_nonzero(known == high) == 1
    off = max(abs(low), abs(high - 1)) / column.error
    return (off if single else np.inf), np.nan


def _unit_maximum(known, column):
    if not column.is_continuous or column.step:
        return np.inf, 1.0
    size = np.abs(known)
    greatest = size.max()
    off = abs(greatest - 1) / column.error
    return (off if np.count_nonzero(size == greatest) == 1 else np.inf), np.nan


def _imputed_mean(known, column):
    mean, spread = float(known.mean()), float(known.std())
    # The mean of all equals that of the others if the repeated value does.
    near = np.abs(known - mean) <= CLEARLY_OFF * column.error * spread
    is_lattice = not column.is_continuous or column.step
    atom = _atom(known[near], len(known), None if is_lattice else MIN_MEANS)
    if atom is None:
        return np.inf, 1.0
    rest = known[known != atom]
    if len(rest) < MIN_ROWS:
        return np.inf, 1.0
    spread = float(rest.std())
    levels = distinct_levels(rest)
    # A value off the lattice of the others was computed; one on it may be their mean by luck.
    step = lattice_step(distinct_levels(np.append(levels, atom)))
    chance = chance_of_moment(column._replace(step=step), len(rest), spread)
    off = abs(float(rest.mean()) - atom) / (column.error * spread)
    return off, chance


def _imputed_median(known, column):
    middle = float(np.median(known))
    atom = _atom(known[known == middle], len(known))
    if atom is None:
        return np.inf, 1.0
    # Halves are counted before anything is sorted: in most columns they are unequal.
    n_below, n = np.count_nonzero(known < atom), np.count_nonzero(known != atom)
    if n < MIN_ROWS or 2 * n_below != n:
        return np.inf, 1.0
    rest = np.sort(known[known != atom])
    if lattice_step(np.unique(rest)[:SAMPLE_ROWS]):
        return np.inf, 1.0
    low, high = rest[n // 2 - 1], rest[n // 2]
    # The tolerance is one of values near the median: they lie closer to each other than the
    # spread of all.
    tolerance = rounding_error(known) * max(abs(low), abs(high), high - low)
    if abs((low + high) / 2 - atom) <= tolerance:
        return 0.5, float(min(1.0, 2 * tolerance / (high - low)) / np.sqrt(n))
    # The median of an odd number of values is one of them, so that it is now among the repeated
    # ones: halves of equal size are left, which prove little.
    return 0.5, float(np.sqrt(2 / (np.pi * n)))


def _atom(values, n_rows, least=None):
    """The most frequent of some values; None if it is no sign of imputation."""
    least = max(MIN_REPEATS, MIN_REPEATED_SHARE * n_rows) if least is None else least
    if len(values) < least:
        return None
    levels, counts = np.unique(values, return_counts=True)
    best = int(counts.argmax())
    if counts[best] < least:
        return None
    return float(levels[best])


_MEASURES = {
    "standardised": _standardised,
    "standardised and rounded": _rounded,
    "robustly scaled": _robust,
    "quantiles": _quantiles,
    "scaled to 0..1": _unit_range,
    "scaled to max 1": _unit_maximum,
    "centred": _centred,
    "unit variance": _unit_variance,
    "imputed mean": _imputed_mean,
    "imputed median": _imputed_median,
}
