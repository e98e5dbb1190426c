"""What the docs promise of robust scales, by simulation with the seed stated."""

import numpy as np
import pytest
from scipy import stats

from sklearn_lossfix import MADScaler, suggest_robust_steps

SEED = 11


@pytest.mark.parametrize(("n_rows", "average"), [(5, 0.82), (10, 0.91), (20, 0.96), (50, 0.984)])
def test_finite_sample_bias_is_the_documented_one(n_rows, average):
    """The scale of n standard normal rows averages what the docstring says, to half a per cent."""
    X = np.random.default_rng(SEED).normal(size=(n_rows, 100_000))
    assert MADScaler().fit(X).scale_.mean() == pytest.approx(average, abs=0.005)


def test_efficiency_on_normal_data_is_37_percent():
    """The variance of the MAD is that of the standard deviation over 0.37 on normal rows."""
    X = np.random.default_rng(SEED).normal(size=(400, 20_000))
    robust, plain = MADScaler().fit(X).scale_, X.std(axis=0, ddof=1)
    ratio = (plain.var() / plain.mean() ** 2) / (robust.var() / robust.mean() ** 2)
    assert ratio == pytest.approx(0.37, abs=0.02)


CLEAN = {
    "normal": lambda rng, shape: rng.normal(size=shape),
    "uniform": lambda rng, shape: rng.random(shape),
    "counts": lambda rng, shape: rng.poisson(5, shape),
    "flags": lambda rng, shape: rng.random(shape) < 0.3,
    "gamma": lambda rng, shape: rng.gamma(2.0, 1.0, shape),
}


@pytest.mark.parametrize("kind", CLEAN)
@pytest.mark.parametrize("n_rows", [50, 1000])
def test_no_step_is_suggested_on_clean_tables(kind, n_rows):
    """At most 1 % of clean tables of eight columns get any suggestion (95 % Wilson bound)."""
    rng = np.random.default_rng(SEED)
    runs = 200
    alarms = sum(
        suggest_robust_steps(CLEAN[kind](rng, (n_rows, 8))) is not None for _ in range(runs)
    )
    low = stats.binomtest(alarms, runs).proportion_ci(method="wilson").low
    assert low <= 0.01, f"{alarms} of {runs}"


@pytest.mark.parametrize("n_rows", [100, 1000])
def test_three_absurd_values_are_always_noticed(n_rows):
    """Three entries of a thousand standard deviations bound their column in every run."""
    rng = np.random.default_rng(SEED)
    for _ in range(50):
        X = rng.normal(size=(n_rows, 4))
        X[:3, 2] = 1000
        steps = {name: columns for name, _, columns in suggest_robust_steps(X).transformers}
        assert steps["bound"] == [2]
