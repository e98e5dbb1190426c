"""Jumps of neighbour distances against a known law."""

import numpy as np
import pytest
from scipy.stats import kstest

from sklearn_lossfix.model_selection.leakage._clumps import find_clumps


def poisson_distances(rng, n_rows, n_neighbors, dimension):
    """Distances to the neighbours of a point in an even density: volumes add up exponentials."""
    volumes = np.cumsum(rng.exponential(size=(n_rows, n_neighbors)), axis=1)
    return volumes ** (1 / dimension)


def only_first(distances):
    """Allow the jump after the first neighbour alone."""
    return np.broadcast_to(np.arange(distances.shape[1]) == 0, distances.shape)


@pytest.mark.parametrize("dimension", [1, 3, 20])
def test_p_values_are_uniform_in_any_dimension(dimension):
    """Under an even density the p-value of one jump is uniform, and twice it is reported."""
    distances = poisson_distances(np.random.default_rng(0), 4000, 30, dimension)
    many = np.full(distances.shape, 10**6)
    found = find_clumps(distances, many, only_first(distances)).p_values
    # The prior of the first size is one half, so p-values above it are cut at one.
    assert kstest(found[found < 1] / 2, "uniform", args=(0, 0.5)).pvalue > 0.001
    assert np.mean(found < 1) == pytest.approx(0.5, abs=0.03)


def test_size_over_all_jumps():
    """The best of all jumps is as rare as its p-value says."""
    distances = poisson_distances(np.random.default_rng(1), 20_000, 30, 5)
    found = find_clumps(distances, np.full(distances.shape, 10**6)).p_values
    for level in (0.1, 0.01, 0.001):
        assert np.mean(found <= level) <= level + 3 * np.sqrt(level / len(found))


@pytest.mark.parametrize("size", [1, 4, 9])
def test_finds_the_size_of_a_clump(size):
    """Rows whose first neighbours are a tenth as far away as expected are found with their size."""
    distances = poisson_distances(np.random.default_rng(2), 200, 30, 8)
    distances[:, :size] /= 10
    clumps = find_clumps(distances, np.full(distances.shape, 8))
    assert np.mean(clumps.p_values < 1e-3) > 0.95
    assert np.mean(clumps.sizes == size) > 0.9


def test_does_not_depend_on_the_unit():
    """Distances in another unit give equal p-values."""
    distances = poisson_distances(np.random.default_rng(3), 50, 20, 4)
    differing = np.full(distances.shape, 4)
    one, other = find_clumps(distances, differing), find_clumps(distances * 1e6, differing)
    np.testing.assert_allclose(one.p_values, other.p_values, rtol=1e-9)


def test_rows_that_differ_in_one_column_vary_in_one_dimension():
    """The p-value is at least the ratio of distances where neighbours differ in one column."""
    distances = np.concatenate([[1e-3], np.linspace(1, 1.01, 29)])[None]
    differing = np.ones(distances.shape, dtype=int)
    assert find_clumps(distances, differing).p_values[0] >= 1e-3
    assert find_clumps(distances, 50 * differing).p_values[0] < 1e-9


def test_zero_distances_are_finite():
    """Neighbours at no distance at all make no NaN."""
    distances = np.zeros((2, 20))
    distances[1, 10:] = 1.0
    found = find_clumps(distances, np.full((2, 20), 5)).p_values
    assert found[0] == 1.0
    assert found[1] < 1e-3
