"""False alarms and power of the statistics on training curves, by simulation.

Flat curves with autocorrelated noise have no trend, no oscillation, no period, no spike and no
turning point: what is found on them is a false alarm. Mann and Kendall's test, which takes epochs
for independent, is run on the same curves. Power is judged on planted faults of stated sizes. For
waves likelihood ratio tests tell how much could be found at all: their critical values are taken
from simulated curves without a wave. At the end the whole report is made of sound runs, and reports
with an issue are counted.

Run ``python benchmarks/history_size_power.py`` (about five minutes on one core); ``--runs 50`` for
a quick look. Prints shares beside the limits, and "missed" where one is not held.
"""

import argparse

import numpy as np
from scipy import signal, stats

from sklearn_lossfix._core._history import History
from sklearn_lossfix.diagnosis._history_report import build_history_report
from sklearn_lossfix.diagnosis.history._autoregression import MAX_COEFFICIENT
from sklearn_lossfix.diagnosis.history._oscillation import turning_point_z
from sklearn_lossfix.diagnosis.history._periodicity import (
    MIN_CYCLES,
    MIN_PERIOD,
    lomb_scargle_basis,
    smooth_trend,
    strongest_period,
)
from sklearn_lossfix.diagnosis.history._spikes import level_shifts, spikes
from sklearn_lossfix.diagnosis.history._trend import sieve_trend
from sklearn_lossfix.diagnosis.history._turning_point import RISE_Z, turning_point
from sklearn_lossfix.diagnosis.history.verdicts._instability import SWING_Z

# Promises: share of false trends at a nominal 5 %, on white noise and on any; of false alarms of
# the detectors; of planted faults that are found; of reports on sound runs with an issue.
WHITE_TREND, ANY_TREND, DETECTOR, POWER, REPORT = 0.07, 0.15, 0.01, 0.9, 0.05

COEFFICIENTS = (0.0, 0.4, 0.8)
LENGTHS = (30, 60, 120)

# Waves of power and their bounds: entries; coefficient of the noise and height of the wave.
WAVE_LENGTHS, WAVE_PERIOD = (40, 100), 8
WAVES = ((0.0, 1.5), (0.6, 1.875))


def noise(rng, n, phi=0.0, sigma=1.0):
    """A stationary first-order autoregression whose innovations have a sigma."""
    return signal.lfilter([1], [1, -phi], rng.normal(0, sigma, n + 100))[100:]


def beside(share, limit, n_runs, *, at_least=False):
    """A share, and whether a limit is held; above it within two standard errors is "near"."""
    held = share >= limit if at_least else share <= limit
    se = np.sqrt(limit * (1 - limit) / n_runs)
    near = abs(share - limit) <= 2 * se
    return f"{share:.3f}" + ("" if held else " (near)" if near else " MISSED")


def mann_kendall_rejects(values, level=0.05):
    """Mann and Kendall's test, as used everywhere."""
    return stats.kendalltau(np.arange(len(values)), values).pvalue <= level


def false_alarms(n_runs, seed):
    """Table of false alarms on flat curves."""
    print(f"False alarms on {n_runs} flat curves each; trend at 5 %, others at their own level")
    print("n    phi  trend            withheld  Mann-Kendall  oscillation  period  jump   rise")
    rng = np.random.default_rng(seed)
    for n in LENGTHS:
        steps = np.arange(float(n))
        for phi in COEFFICIENTS:
            curves = [noise(rng, n, phi) for _ in range(n_runs)]
            trends = [sieve_trend(steps, x, alpha=0.05) for x in curves]
            trend = np.mean([t.told and t.p_value <= 0.05 for t in trends])
            limit = WHITE_TREND if phi == 0 else ANY_TREND
            shown = beside(trend, limit, n_runs) if n >= 60 else f"{trend:.3f}"
            swings = np.mean([turning_point_z(x)[0] > SWING_Z for x in curves])
            periods = np.mean([strongest_period(steps, x).p_value <= 0.01 for x in curves])
            jumps = np.mean([bool(spikes(x) or level_shifts(x)) for x in curves])
            turns = [turning_point(x) for x in curves]
            rises = np.mean([t.told and t.z > RISE_Z and t.p_value <= 0.01 for t in turns])
            print(
                f"{n:<4d} {phi:<4.1f} {shown:16s} {np.mean([not t.told for t in trends]):<9.3f} "
                f"{np.mean([mann_kendall_rejects(x) for x in curves]):<13.3f} "
                f"{beside(swings, DETECTOR, n_runs):12s} {beside(periods, DETECTOR, n_runs):7s} "
                f"{beside(jumps, DETECTOR, n_runs):6s} {rises:.3f}"
            )


def power(n_runs, seed):
    """Table of planted faults that are found."""
    print(f"\nPower on {n_runs} curves each, noise of sigma 1 or as stated")
    rng = np.random.default_rng(seed)

    def found(words, judge, n):
        share = np.mean([judge(noise(rng, n), n) for _ in range(n_runs)])
        print(f"n = {n:<4d} {words:58s} {beside(share, POWER, n_runs, at_least=True)}")

    for n in (60, 120):
        steps = np.arange(float(n))
        found(
            "a slope that makes 4 sigma over the stretch",
            lambda x, n: sieve_trend(np.arange(n), x + 4 * np.arange(n) / n).p_value <= 0.05,
            n,
        )
        found(
            "alternation of 0.5 on a falling curve, sigma 0.1",
            lambda x, n: (
                turning_point_z(
                    0.6 * np.exp(-4 * np.arange(n) / n) + 0.5 * (-1.0) ** np.arange(n) + 0.1 * x
                )[0]
                > SWING_Z
            ),
            n,
        )
        found("a spike of 8 sigma", lambda x, n: bool(spikes(x + 8 * (np.arange(n) == n // 2))), n)
        found(
            "a level higher by 8 sigma",
            lambda x, n: bool(level_shifts(x + 8 * (np.arange(n) >= n // 2))),
            n,
        )
        found(
            "a valley with a rise of 6 sigma",
            lambda x, n, steps=steps: (
                turning_point(20 + x + 12 * np.maximum(steps / n - 0.5, 0)).p_value <= 0.01
            ),
            n,
        )
    for n in WAVE_LENGTHS:
        for phi, height in WAVES:
            found(
                f"period {WAVE_PERIOD}, height {height}, coefficient {phi}",
                lambda x, n, phi=phi, height=height: (
                    strongest_period(
                        np.arange(float(n)), noise(rng, n, phi) + height * unit_wave(n)
                    ).p_value
                    <= DETECTOR
                ),
                n,
            )


def unit_wave(n):
    """The wave that is planted."""
    return np.sin(2 * np.pi * np.arange(n) / WAVE_PERIOD)


def lag_1(residuals):
    """Lag-1 coefficients of series, as the largest likelihood has them."""
    products = (residuals[..., 1:] * residuals[..., :-1]).sum(axis=-1)
    return np.clip(products / np.square(residuals).sum(axis=-1), 0, MAX_COEFFICIENT)


def innovation_power(series, coefficient, basis=None):
    """Sum of the squared innovations, what a wave explains taken off where there is a basis."""
    phi = np.asarray(coefficient)[..., None]
    left = series[..., 1:] - phi * series[..., :-1]
    left = left - left.mean(axis=-1, keepdims=True)
    total = np.square(left).sum(axis=-1)
    if basis is None:
        return total
    waves = [wave[:, 1:] - phi * wave[:, :-1] for wave in basis]
    cos, sin = (wave - wave.mean(axis=-1, keepdims=True) for wave in waves)
    cc, ss, cs, yc, ys = (
        (a * b).sum(axis=-1)
        for a, b in ((cos, cos), (sin, sin), (cos, sin), (left, cos), (left, sin))
    )
    return total - (ss * yc**2 - 2 * cs * yc * ys + cc * ys**2) / (cc * ss - cs**2)


def wave_likelihood_ratio(values, coefficient=None):
    """Logarithm of the largest ratio of likelihoods with a wave and without one.

    The coefficient is known, or that of the largest likelihood in either case. The curve is
    detrended as in `strongest_period`.
    """
    n = len(values)
    index = np.arange(MIN_CYCLES, (n + 1) // 2)
    basis = lomb_scargle_basis(np.arange(n), index[n / index >= MIN_PERIOD] / n)
    series = values - smooth_trend(values)
    series -= series.mean()
    fits = np.einsum("fij,j->fi", basis, series)
    without = series - np.einsum("fi,fij->ij", fits, basis)
    flat, waved = (
        (lag_1(series), lag_1(without)) if coefficient is None else (coefficient, coefficient)
    )
    waved = np.broadcast_to(waved, len(without))
    return float(
        np.log(innovation_power(series, flat) / innovation_power(series, waved, basis)).max()
    )


def wave_bounds(n_runs, seed):
    """Table of what a test of 1 % could find of the same waves."""
    print(f"\nLikelihood ratio tests of 1 % on {n_runs} of the same waves each: coefficient known;")
    print("unknown, size 1 % at the true one; unknown, size 1 % at each of 0, 0.4, 0.6 and 0.8")
    rng = np.random.default_rng(seed)

    def ratios(n, phi, height=0.0, known=None):
        curves = [noise(rng, n, phi) + height * unit_wave(n) for _ in range(n_runs)]
        return np.array([wave_likelihood_ratio(x, known) for x in curves])

    for n in WAVE_LENGTHS:
        limits = {p: np.quantile(ratios(n, p), 1 - DETECTOR) for p in (0.0, 0.4, 0.6, 0.8)}
        for phi, height in WAVES:
            known = ratios(n, phi, height, phi) > np.quantile(
                ratios(n, phi, 0.0, phi), 1 - DETECTOR
            )
            found = ratios(n, phi, height)
            shares = [
                known.mean(),
                *((found > c).mean() for c in (limits[phi], max(limits.values()))),
            ]
            told = " ".join(f"{share:.3f}" for share in shares)
            print(f"n = {n:<4d} height {height}, coefficient {phi}: {told}")


def sound_run(rng, n, phi):
    """A run that learns and levels off: train and validation loss, and accuracy."""
    steps = np.arange(1.0, n + 1)
    decay = np.exp(-steps / (n / rng.uniform(8, 12)))
    train, validation, accuracy = (
        level + size * decay + sigma * noise(rng, n, phi)
        for level, size, sigma in ((0.1, 0.6, 0.002), (0.3, 0.4, 0.004), (0.9, -0.35, 0.004))
    )
    return History(
        steps,
        {"train": train, "validation": validation},
        {"accuracy": {"validation": np.clip(accuracy, 0, 1)}},
        loss_kind="log_loss",
        n_classes=2,
        n_validation=2000,
    )


def whole_reports(n_runs, seed):
    """Reports on sound runs with an issue."""
    print(f"\nReports on {n_runs} sound runs each that hold an issue, at alpha = 1 %")
    rng = np.random.default_rng(seed)
    for n in LENGTHS:
        for phi in (0.0, 0.4):
            names = []
            for _ in range(n_runs):
                report = build_history_report([sound_run(rng, n, phi)])
                names.append([finding.name for finding in report.issues])
            share = np.mean([bool(found) for found in names])
            which = sorted({name for found in names for name in found})
            print(f"n = {n:<4d} phi = {phi:.1f} {beside(share, REPORT, n_runs)}  {which or ''}")


def main():
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--runs", type=int, default=500, help="curves of each kind")
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    false_alarms(arguments.runs, arguments.seed)
    power(arguments.runs, arguments.seed + 1)
    wave_bounds(3 * arguments.runs, arguments.seed + 3)
    whole_reports(max(arguments.runs // 5, 10), arguments.seed + 2)


if __name__ == "__main__":
    main()
