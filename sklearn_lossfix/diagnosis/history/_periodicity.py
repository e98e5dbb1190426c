"""Does a curve come back again and again?"""

from dataclasses import dataclass

import numpy as np
from scipy import signal

from sklearn_lossfix.diagnosis.history._autoregression import ar1_coefficient, ar1_innovations
from sklearn_lossfix.diagnosis.history._noise import normal_mad

# A period is one that was seen this often at least, and that is slower than a step up and down:
# what alternates from step to step is an oscillation.
MIN_CYCLES = 3
MIN_PERIOD = 3.0

# Fewest points of a test.
MIN_POINTS = 24

# The smooth trend overshoots on both sides of a sudden change, and what is left looks like so many
# waves at most. A true wave is there in every third of the curve: with at least this share of its
# mean amplitude in 9 of 10 simulated waves of three cycles, and in none of 250 sudden changes.
RINGING_CYCLES = 4
STEADY = 0.4

# Orders of the points that give the p-value where steps are uneven.
_N_PERMUTATIONS = 1999

# Residuals beyond this many robust sigmas are pulled in: one spike holds all frequencies at once.
_PULL_IN = 4.0

# Steps whose differences vary by less than this share are even.
_EVEN = 1e-6


@dataclass(frozen=True)
class Period:
    """The strongest period of a curve.

    Attributes
    ----------
    period : float
        In steps.
    resolution : float
        Width of one frequency in steps: periods nearer than this are not told apart.
    g : float
        Share of the strongest frequency in the power of all.
    p_value : float
        Of white noise, Fisher's test.
    amplitude : float
        Half the distance from trough to crest.
    steadiness : float
        Amplitude in the third of the curve where the wave is weakest, in step with the whole, as a
        share of that of the whole: near 0 or below for what only rings around one change.
    cycles : float
        Cycles seen.
    method : {"Fisher", "Lomb-Scargle"}
        Which periodogram.
    """

    period: float
    resolution: float
    g: float
    p_value: float
    amplitude: float
    steadiness: float
    cycles: float
    method: str

    @property
    def rings(self):
        """Whether this may be what the trend has left of one sudden change."""
        return self.cycles <= RINGING_CYCLES and self.steadiness < STEADY


def smooth_trend(values):
    """Local parabola through a third of the points: it follows learning, not what comes back.

    What comes back three times and more is too fast for it (Savitzky & Golay 1964).
    """
    n = len(values)
    window = min(n - 1 + n % 2, 2 * (n // 3) + 1)
    half, level = window // 2, values.mean()
    # The same as `signal.savgol_filter`, whose cost grows with the window: here it is long.
    weights = signal.savgol_coeffs(window, polyorder=2)
    smooth = signal.fftconvolve(values - level, weights, mode="same") + level
    place = np.linspace(-1.0, 1.0, window)
    for ends, at in (
        (slice(None, window), slice(None, half)),
        (slice(-window, None), slice(-half, None)),
    ):
        parabola = np.polynomial.polynomial.polyfit(place, values[ends], 2)
        smooth[at] = np.polynomial.polynomial.polyval(place[at], parabola)
    return smooth


def pulled_in(values):
    """Values with those beyond four robust sigmas pulled in (winsorised)."""
    limit = _PULL_IN * normal_mad(values)
    return np.clip(values, -limit, limit) if limit > 0 else values


def fisher_g_p(g, n_frequencies):
    """P-value of the largest share of `n_frequencies` (Fisher 1929).

    The first term of Fisher's alternating sum, ``m (1 - g)^(m - 1)``: it is above the sum, and by
    less than 1 % of it below 0.01.
    """
    return float(min(1.0, n_frequencies * (1.0 - g) ** (n_frequencies - 1)))


def periodogram(values):
    """Power at the frequencies ``k / n``, k from 1 to below n / 2, of evenly spaced points."""
    n = len(values)
    return np.abs(np.fft.rfft(values - values.mean())[1 : (n + 1) // 2]) ** 2 * 2.0 / n


def lomb_scargle_basis(steps, frequencies):
    """Unit vectors of a cosine and a sine at every frequency that do not overlap (Scargle 1982).

    The sum of the squared products with a series is Lomb and Scargle's periodogram, twice over.

    Parameters
    ----------
    steps : ndarray of shape (n_points,)
        Of any spacing.
    frequencies : ndarray of shape (n_frequencies,)
        Cycles per step.

    Returns
    -------
    ndarray of shape (2, n_frequencies, n_points)
    """
    angle = 2.0 * np.pi * np.outer(frequencies, steps)
    shift = np.arctan2(np.sin(2 * angle).sum(axis=1), np.cos(2 * angle).sum(axis=1)) / 2.0
    waves = np.stack([np.cos(angle - shift[:, None]), np.sin(angle - shift[:, None])])
    return waves / np.linalg.norm(waves, axis=2, keepdims=True)


def lomb_scargle_power(values, basis):
    """Power of one or many series, of shape (..., n_points), at the frequencies of a basis."""
    centred = values - values.mean(axis=-1, keepdims=True)
    return np.square(np.tensordot(centred, basis, axes=(-1, 2))).sum(axis=-2)


def is_even(steps):
    """Whether all steps are equally long."""
    lengths = np.diff(steps)
    return bool(np.ptp(lengths) <= _EVEN * lengths.mean())


def strongest_period(steps, values, seed=0):
    """The strongest period of a curve, with its test.

    The curve is detrended and prewhitened by a first-order autoregression. Of its frequencies,
    those with three cycles and more and with periods of three steps and more are compared.

    Parameters
    ----------
    steps, values : ndarray of shape (n_points,)
        Finite, steps increasing.
    seed : int, default=0
        Seed of the permutations where steps are uneven.

    Returns
    -------
    Period

    Raises
    ------
    ValueError
        With fewer than `MIN_POINTS` points.
    """
    if len(values) < MIN_POINTS:
        raise ValueError(f"A period needs at least {MIN_POINTS} points. Got {len(values)} instead.")
    residuals = pulled_in(values - smooth_trend(values))
    phi = ar1_coefficient(residuals - residuals.mean())
    whitened = ar1_innovations(residuals, phi)
    steps = steps[1:]
    n = len(whitened)
    mean_step = float(steps[-1] - steps[0]) / (n - 1)
    index = np.arange(1, (n + 1) // 2)
    kept = (index >= MIN_CYCLES) & (n / index >= MIN_PERIOD)
    even = is_even(steps)
    if even:
        power = periodogram(whitened)[kept]
    else:
        basis = lomb_scargle_basis(steps, index[kept] / (n * mean_step))
        power = lomb_scargle_power(whitened, basis)
    index = index[kept]
    total = power.sum()
    best = int(np.argmax(power))
    g = float(power[best] / total) if total > 0 else 0.0
    if even:
        p_value = fisher_g_p(g, len(power))
    else:
        p_value = _permutation_p(whitened, basis, g, seed)
    wave = lomb_scargle_basis(np.arange(len(residuals)), index[best : best + 1] / n)
    amplitude = np.sqrt(2.0 * lomb_scargle_power(residuals, wave)[0] / len(residuals))
    return Period(
        period=n * mean_step / index[best],
        resolution=n * mean_step * (1.0 / (index[best] - 0.5) - 1.0 / (index[best] + 0.5)) / 2.0,
        g=g,
        p_value=p_value,
        amplitude=float(amplitude),
        steadiness=steadiness(residuals, wave[:, 0]),
        cycles=float(index[best]),
        method="Fisher" if even else "Lomb-Scargle",
    )


def steadiness(values, wave):
    """How evenly a wave is spread over a curve.

    Parameters
    ----------
    values : ndarray of shape (n_points,)
        A curve without its trend.
    wave : ndarray of shape (2, n_points)
        Cosine and sine of one frequency, unit vectors that do not overlap.

    Returns
    -------
    float
        Least of the coefficients of the fitted wave over `MIN_CYCLES` equal parts, where that of
        the whole is 1.
    """
    fitted = (wave @ (values - values.mean())) @ wave
    if not fitted.any():
        return 0.0
    parts = zip(
        *(np.array_split(x, MIN_CYCLES) for x in (values - values.mean(), fitted)), strict=True
    )
    return float(min(np.dot(part, there) / np.dot(there, there) for part, there in parts))


def _permutation_p(values, basis, g, seed):
    """P-value of g among all orders of the values: white noise at the same uneven steps."""
    rng = np.random.default_rng(seed)
    orders = rng.permuted(np.tile(values, (_N_PERMUTATIONS, 1)), axis=1)
    power = lomb_scargle_power(orders, basis)
    shares = power.max(axis=1) / power.sum(axis=1)
    return float((1 + np.count_nonzero(shares >= g)) / (_N_PERMUTATIONS + 1))
