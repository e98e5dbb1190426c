"""The candidates of a search, and what is known of its axes."""

from numbers import Real

import numpy as np
from sklearn.model_selection import ParameterGrid, ParameterSampler


def make_candidates(param_grid, search, n_iter, seed):
    """List the parameters of all candidates.

    Parameters
    ----------
    param_grid : dict or list of dict
        Values or, with ``search="random"``, distributions of each parameter.
    search : {"grid", "random"}
        All combinations, or a sample of them.
    n_iter : int
        Candidates of a random search.
    seed : int
        Seed of the sample.

    Returns
    -------
    list of dict

    Raises
    ------
    ValueError
        If a grid holds a distribution, or is empty.
    """
    grids = [param_grid] if isinstance(param_grid, dict) else list(param_grid)
    if not grids or not all(isinstance(grid, dict) for grid in grids):
        raise ValueError(
            "param_grid must be a dict of parameters to values, or a list of such dicts; got "
            f"{param_grid!r}."
        )
    if search == "random":
        return list(ParameterSampler(grids, n_iter, random_state=seed))
    for grid in grids:
        for name, values in grid.items():
            if hasattr(values, "rvs"):
                raise ValueError(
                    f"param_grid[{name!r}] is a distribution, of which a grid has no values. Pass "
                    'search="random" with n_iter, or a list of values.'
                )
    return list(ParameterGrid(grids))


def numeric_axes(candidates):
    """Searched parameters whose values are numbers, with the values in increasing order.

    Parameters
    ----------
    candidates : list of dict
        Parameters of each candidate.

    Returns
    -------
    dict of str to tuple
        Only parameters that all candidates set to numbers (booleans are none); plain ones, also
        where the grid was an array.
    """
    axes = {}
    for name in candidates[0]:
        values = [params.get(name) for params in candidates]
        if all(isinstance(v, Real) and not isinstance(v, bool) for v in values):
            distinct = tuple(sorted({v.item() if isinstance(v, np.generic) else v for v in values}))
            if len(distinct) > 1:
                axes[name] = distinct
    return axes
