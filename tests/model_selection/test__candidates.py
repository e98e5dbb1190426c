"""The candidates of a search: scikit-learn's, in its order."""

import numpy as np
import pytest
from scipy.stats import loguniform, randint
from sklearn.model_selection import ParameterGrid, ParameterSampler

from sklearn_lossfix.model_selection._candidates import make_candidates, numeric_axes


@pytest.mark.parametrize(
    "grid",
    [{}, {"b": [1, 2], "a": ["x", "y"]}, [{"a": [1]}, {"b": np.arange(3)}], [{}, {"a": [(1, 2)]}]],
)
def test_a_grid_is_scikit_learns_grid(grid):
    """All combinations in the order of `ParameterGrid`."""
    assert make_candidates(grid, "grid", 3, 0) == list(ParameterGrid(grid))


def test_a_sample_is_scikit_learns_sample():
    """What the seed draws, as often as it is asked."""
    space = [{"C": loguniform(1e-2, 1), "n": randint(1, 9)}, {"C": [3, 4]}]
    drawn = make_candidates(space, "random", 7, 5)
    assert drawn == list(ParameterSampler(space, 7, random_state=5))
    assert drawn == make_candidates(space, "random", 7, 5)
    assert drawn != make_candidates(space, "random", 7, 6)


def test_a_sample_of_lists_has_no_repeats():
    """Lists alone are drawn from without replacement."""
    drawn = make_candidates({"a": list(range(6)), "b": [0, 1]}, "random", 12, 0)
    assert len({tuple(params.items()) for params in drawn}) == 12


@pytest.mark.parametrize("search", ["grid", "random"])
@pytest.mark.parametrize("grid", [[], ["a"], [{"a": [1]}, None], ()])
def test_what_is_no_grid_is_named(search, grid):
    """The message says what was expected and what came."""
    with pytest.raises(ValueError, match=r"(?s)param_grid must be a dict .* got "):
        make_candidates(grid, search, 3, 0)


def test_a_distribution_in_a_grid_is_named():
    """The parameter, and the way out."""
    with pytest.raises(ValueError, match=r"(?s)param_grid\['C'\] is a distribution.*random"):
        make_candidates([{"a": [1]}, {"C": loguniform(1, 2)}], "grid", 3, 0)


def test_axes_are_numbers_that_all_candidates_set():
    """In increasing order, each once; no booleans, constants, strings or parameters of some."""
    candidates = [
        {"C": 10.0, "n": 3, "flag": True, "kind": "x", "one": 1, "mixed": 1},
        {"C": 0.1, "n": 1, "flag": False, "kind": "y", "one": 1, "mixed": "auto"},
        {"C": 1, "n": 3, "flag": True, "kind": "x", "one": 1, "mixed": 2, "late": 4},
    ]
    assert numeric_axes(candidates) == {"C": (0.1, 1, 10.0), "n": (1, 3)}
    assert numeric_axes([{}]) == {}
    assert numeric_axes([{"a": 1}, {"b": 2}]) == {}


def test_axes_out_of_arrays_are_plain_numbers():
    """A grid by NumPy gives the axes of the same grid by hand, single precision included."""
    grid = {"C": np.logspace(0, 1, 2), "n": np.arange(1, 3), "w": np.float32([0.5, 2])}
    axes = numeric_axes(make_candidates(grid, "grid", 1, 0))
    assert axes == {"C": (1.0, 10.0), "n": (1, 2), "w": (0.5, 2.0)}
    assert {type(value) for values in axes.values() for value in values} == {float, int}
    flags = {"flag": np.array([True, False])}
    assert numeric_axes(make_candidates(flags, "grid", 1, 0)) == {}
