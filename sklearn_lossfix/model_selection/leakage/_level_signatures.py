"""Traces of a scaler or an imputer in columns of levels: whole or rounded numbers, repeated values.

There the moments of `_moment_signatures.py` prove nothing: quartiles of whole numbers are often
exactly one apart, a common value is often the median, and a share has the range 0..1. So these
traces are never called a leak; they are what "could not tell" is said of. Scaling has one trace
more: numbers that people write down have few decimals, the same numbers divided by a range or a
quartile distance have not (1 / 73).
"""

import numpy as np

from sklearn_lossfix.model_selection.leakage._exact_copies import FLOAT32_ERROR, rounding_error
from sklearn_lossfix.model_selection.leakage._moment_signatures import (
    MIN_REPEATS,
    MIN_ROWS,
    chance_of_moment,
    known_values,
    robust_distance,
)

#: Traces of levels, in the order in which they are tried.
LEVEL_SIGNATURES = (
    "levels scaled to 0..1",
    "levels scaled to max 1",
    "levels robustly scaled",
    "levels centred",
    "levels imputed by the median",
)
#: Those that training rows often hold as well: quartiles and medians of levels seldom move.
UNMOVED = ("levels robustly scaled", "levels imputed by the median")

# Decimals that people write; of float32 fewer can be told.
WRITTEN_DECIMALS, WRITTEN_DECIMALS_FLOAT32 = 6, 4
# First digits of the steps in which people measure.
WRITTEN_STEPS = (1.0, 2.0, 2.5, 5.0)
# A mean that is exactly zero by chance is as likely in a column of numbers that were not centred.
MAX_CHANCE_OF_MEAN = 1e-3

# Levels on either side of a common value from which it is known how common values are there, and
# how many times as common the value must be. Own convention: a tenth of imputed cells is 5 to 100
# times as common in columns of which a third of the values differ.
N_NEAR_LEVELS = 10
STANDS_ABOVE = 3.0
# Fewer common rows than this tell nothing: one wine in thirty has the median alcohol by nature.
MIN_LEVEL_SHARE = 0.05
# Halves that may differ by more than this share of the other rows would be alike in too many
# columns: there they must be of equal size.
MAX_SLACK = 0.2


def level_signature(column, rows=None):
    """Trace of a scaler or an imputer in a column of levels.

    Parameters
    ----------
    column : Column
        Of `read_column`.
    rows : ndarray of int, default=None
        Rows that count; None for all.

    Returns
    -------
    str
        One of `LEVEL_SIGNATURES`; empty where there is none.
    """
    known = known_values(column.values if rows is None else column.values[rows])
    if len(known) < MIN_ROWS:
        return ""
    # An imputed value may lie off the lattice of the others, and so hide it.
    is_smooth = column.is_continuous and not column.step
    tried = LEVEL_SIGNATURES[-1:] if is_smooth else LEVEL_SIGNATURES
    return next((name for name in tried if _HOLDS[name](known, column)), "")


def holds(column, name, rows):
    """Whether some rows of a column hold one of `LEVEL_SIGNATURES`."""
    known = known_values(column.values[rows])
    return len(known) >= MIN_ROWS and bool(_HOLDS[name](known, column))


def is_written(values):
    """Whether numbers have few decimals, as people write them.

    Parameters
    ----------
    values : ndarray of shape (n_values,), dtype float64
        Numbers.

    Returns
    -------
    bool
    """
    is_narrow = rounding_error(values) == FLOAT32_ERROR
    decimals = WRITTEN_DECIMALS_FLOAT32 if is_narrow else WRITTEN_DECIMALS
    eps = np.finfo(np.float32 if is_narrow else np.float64).eps
    off = np.abs(values - np.round(values, decimals))
    return bool((off <= 8 * eps * np.abs(values).max(initial=1.0)).all())


def _looks_computed(known, column):
    """Whether nobody would write the numbers down: many decimals, or steps such as 1 / 8."""
    if not is_written(known):
        return True
    if not column.step:
        return False
    digits = column.step / 10.0 ** np.floor(np.log10(column.step * (1 + 1e-6)))
    return not np.isclose(digits, WRITTEN_STEPS, rtol=1e-6, atol=0.0).any()


def _is_unit_range(known, column):
    is_exact = abs(known.min()) <= column.error and abs(known.max() - 1) <= column.error
    return is_exact and _looks_computed(known, column)


def _is_unit_maximum(known, column):
    is_exact = abs(max(known.max(), -known.min()) - 1) <= column.error
    return is_exact and column.step > 0 and _looks_computed(known, column)


def _is_robust(known, column):
    return robust_distance(known, column) <= 1.0 and _looks_computed(known, column)


def _is_centred(known, column):
    spread = float(known.std())
    if not spread:
        return False
    if abs(float(known.mean())) > column.error * spread or abs(spread**2 - 0.5) <= column.error:
        return False
    if chance_of_moment(column, len(known), spread) > MAX_CHANCE_OF_MEAN:
        return False
    if not column.step:
        return not is_written(known)
    # A lattice that zero does not lie on was moved by a number that was computed.
    place = np.abs(known / column.step)
    return bool((np.abs(place - np.round(place)) > 1e-6).all())


def _is_imputed(known, column):
    middle = float(np.median(known))
    count = np.count_nonzero(known == middle)
    if count < max(MIN_REPEATS, MIN_LEVEL_SHARE * len(known)) or len(known) - count < MIN_ROWS:
        return False
    levels, counts = np.unique(known, return_counts=True)
    place = int(np.searchsorted(levels, middle))
    near = counts[max(0, place - N_NEAR_LEVELS) : place + N_NEAR_LEVELS + 1]
    usual = np.delete(near, min(place, N_NEAR_LEVELS)).max()
    if count < STANDS_ABOVE * usual:
        return False
    # The known values that equal their median are among the common ones now: as many, at most
    # about twice the usual, may be missing on one side.
    n_below, n_above = counts[:place].sum(), counts[place + 1 :].sum()
    slack = 2 * usual if 2 * usual <= MAX_SLACK * (n_below + n_above) else 0
    return abs(n_below - n_above) <= slack


_HOLDS = {
    "levels scaled to 0..1": _is_unit_range,
    "levels scaled to max 1": _is_unit_maximum,
    "levels robustly scaled": _is_robust,
    "levels centred": _is_centred,
    "levels imputed by the median": _is_imputed,
}
