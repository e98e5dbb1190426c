"""A twin whose optimisers have ten times the iterations."""

import numpy as np
from sklearn.ensemble import HistGradientBoostingClassifier

from sklearn_lossfix._core._evidence import NoTwin
from sklearn_lossfix.diagnosis.twins._parts import fitted_parts, params_code, with_params
from sklearn_lossfix.diagnosis.twins._plan import TwinPlan
from sklearn_lossfix.exceptions import CheckNotApplicable

# Ten times the iterations: an optimiser that needs more is not one step short of converging.
MORE_ITERATIONS = 10


def _is_boosting(estimator):
    """Whether ``max_iter`` counts trees, which is capacity and not convergence."""
    return isinstance(estimator, HistGradientBoostingClassifier) or hasattr(
        estimator, "n_trees_per_iteration_"
    )


def iteration_limits(estimator):
    """Parameter names of all iteration limits of an estimator that are about convergence.

    Returns
    -------
    list of str
        As in ``get_params(deep=True)``.
    """
    params = estimator.get_params(deep=True)
    out = []
    for name, value in sorted(params.items()):
        if name.rpartition("__")[2] != "max_iter" or not isinstance(value, int | np.integer):
            continue
        owner = name.rpartition("__")[0]
        if value > 0 and not _is_boosting(params[owner] if owner else estimator):
            out.append(name)
    return out


def steps_at_limit(fitted):
    """Names of the fitted parts that used up their iterations, and whether any part counts them.

    Parameters
    ----------
    fitted : fitted estimator
        Pipelines and meta-estimators are looked into through their fitted parts.

    Returns
    -------
    at_limit : list of str
    known : bool
    """
    at_limit, known = [], False
    for part in fitted_parts(fitted):
        n_iter = getattr(part, "n_iter_", None)
        limit = getattr(part, "max_iter", None)
        if n_iter is None or not isinstance(limit, int | np.integer) or limit <= 0:
            continue
        if _is_boosting(part):
            continue
        known = True
        if int(np.max(n_iter)) >= limit:
            at_limit.append(type(part).__name__)
    return list(dict.fromkeys(at_limit)), known


def more_iterations(estimator):
    """A clone with ten times the iterations under every limit that it has."""
    current = estimator.get_params(deep=True)
    limits = {k: int(current[k]) * MORE_ITERATIONS for k in iteration_limits(estimator)}
    return with_params(estimator, **limits)


class ConvergedTwin:
    """Ten times the iterations, where a part used up its own."""

    key = "converged"

    def plan(self, subject):
        """See whether a limit was reached, and whether there is one to lift."""
        if not subject.at_limit and not subject.scored.warnings:
            return NoTwin("passed", "No part stopped at its iteration limit.")
        names = iteration_limits(subject.estimator)
        if not names:
            raise CheckNotApplicable("The estimator has no iteration limit to lift.")
        current = subject.estimator.get_params(deep=True)
        params = {name: int(current[name]) * MORE_ITERATIONS for name in names}
        where = ", ".join(subject.at_limit) if subject.at_limit else "the estimator"
        return TwinPlan(
            build=more_iterations,
            changes=", ".join(f"{name}={value}" for name, value in params.items()),
            code=params_code(params),
            params=params,
            cause=f"{where} stopped at its iteration limit",
            n_fits=float(MORE_ITERATIONS),
        )
