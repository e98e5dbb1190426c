"""Tests of the moments that scalers and imputers leave."""

import numpy as np
import pytest

from sklearn_lossfix.model_selection.leakage._moment_signatures import (
    chance_of_moment,
    find_signatures,
    lattice_step,
    read_column,
    unevenness,
)


def test_a_lattice_is_known_after_any_affine_map():
    """Its step scales with it; continuous values have none."""
    rng = np.random.default_rng(0)
    levels = np.unique(rng.integers(0, 50, 40)).astype(float)
    step = lattice_step(levels)
    assert step == np.diff(levels).min()
    assert lattice_step(3.7 + 0.31 * levels) == pytest.approx(0.31 * step)
    assert lattice_step(np.sort(rng.normal(size=40))) == 0.0


def test_columns_that_say_nothing_are_not_read():
    """Constant, binary, infinite, short, all missing."""
    rng = np.random.default_rng(0)
    infinite = rng.normal(size=50)
    infinite[3] = np.inf
    for values in (
        np.ones(50),
        rng.choice([0.0, 3.0], 50),
        infinite,
        rng.normal(size=10),
        np.full(50, np.nan),
    ):
        assert read_column(values) is None


def test_chance_bounds_how_often_means_are_zero_by_luck():
    """The share of means within the tolerance, for a lattice and for a wide tolerance."""
    rng = np.random.default_rng(0)
    draws = rng.integers(-2, 3, (4000, 100)).astype(float)
    column = read_column(draws[0])
    bound = chance_of_moment(column, 100, np.sqrt(2))
    rate = np.mean(draws.mean(axis=1) == 0)
    assert 0 < rate <= bound
    normal = rng.normal(size=(4000, 100))
    column = read_column(normal[0])._replace(error=0.02)
    bound = chance_of_moment(column, 100, 1.0)
    for moment in (normal.mean(axis=1), normal.std(axis=1) - 1, np.median(normal, axis=1)):
        rate = np.mean(np.abs(moment) <= 0.02)
        assert 0 < rate <= bound


def test_a_median_of_an_odd_number_of_values_proves_little():
    """Its halves are equal, which chance does too; of an even number, the value itself is known."""
    rng = np.random.default_rng(0)
    values = rng.normal(size=301)
    chances = []
    for known in (values, values[:300]):
        filled = np.append(known, np.full(30, np.median(known)))
        (found,) = find_signatures(read_column(filled))
        assert found.name == "imputed median"
        chances.append(found.chance)
    assert chances[0] > 0.01
    assert chances[1] < 1e-6


def test_unevenness_is_the_kolmogorov_distance():
    """Against its definition on a fine grid."""
    values = np.random.default_rng(0).random(50)
    grid = np.linspace(0, 1, 100_001)
    below = np.searchsorted(np.sort(values), grid, side="right") / 50
    assert unevenness(values) == pytest.approx(np.abs(below - grid).max(), abs=2e-5)


def test_moments_are_known_through_rounding():
    """Up to a step of a few hundredths; coarser rounding and other columns hold nothing."""
    rng = np.random.default_rng(0)
    names = []
    for step in (0.001, 0.01, 0.2):
        x = rng.normal(size=1000)
        x = (x - x.mean()) / x.std()
        found = find_signatures(read_column(np.round(x / step) * step))
        names.append([signature.name for signature in found])
    assert names == [["standardised and rounded"], ["standardised and rounded"], []]
    raw = np.round(rng.normal(0.1, 1.1, 1000), 2)
    assert find_signatures(read_column(raw)) == []


def test_two_cells_that_hold_the_mean_are_a_sign_in_continuous_columns_only():
    """Whole numbers meet their mean by luck."""
    rng = np.random.default_rng(0)
    x = rng.normal(size=500)
    x[:2] = x[2:].mean()
    assert [signature.name for signature in find_signatures(read_column(x))] == ["imputed mean"]
    whole = np.r_[0, 0, np.repeat(np.arange(-3, 4), 60)].astype(float)
    assert all(s.chance > 1e-3 for s in find_signatures(read_column(whole)))
