"""A search that chose the last value it was given, while the metric was still rising."""

from dataclasses import replace
from numbers import Integral, Real
from typing import NamedTuple

import numpy as np
from sklearn.base import clone
from sklearn.model_selection import ParameterGrid

from sklearn_lossfix._core._finding import METRIC_FLOOR, Remedy
from sklearn_lossfix._core._paired_tests import Estimate, upper_tail_p
from sklearn_lossfix.diagnosis._judging import fact, interval_text, judge_effect
from sklearn_lossfix.diagnosis._search_tables import candidate_difference
from sklearn_lossfix.diagnosis._words import cut
from sklearn_lossfix.exceptions import CheckNotApplicable

# Values of an axis from which on it has an inside, and a spacing that can be continued.
MIN_AXIS_VALUES = 3

# Bootstrap samples that must know both candidates: with 20 of them the relative standard error of
# the spread is 16 %.
MIN_RESAMPLES = 20

# Values that a wider grid has more.
N_FURTHER = 3

# Folds of scikit-learn's default, where the search does not say how many it used.
_DEFAULT_FOLDS = 5

# Characters of a parameter's name in a sentence.
NAME_WIDTH = 60


class Step(NamedTuple):
    """The last step of an axis towards the chosen value at its end.

    Attributes
    ----------
    name : str
        The parameter.
    values : list of float or int
        All values of the axis, in increasing order.
    upward : bool
        Whether the chosen value is the greatest, else the least.
    further : list of float or int
        Values that continue the axis.
    gain : Estimate or None
        Metric at the chosen value minus that at its neighbour; None where that cannot be said.
    """

    name: str
    values: list
    upward: bool
    further: list
    gain: Estimate | None

    @property
    def chosen(self):
        """The value at the end."""
        return self.values[-1 if self.upward else 0]

    @property
    def neighbour(self):
        """The value beside it."""
        return self.values[-2 if self.upward else 1]


class SearchAtEdge:
    """The chosen value is the last of its axis, and the step towards it still paid.

    The effect is the metric of the chosen candidate minus that of the candidate one value further
    in, all other parameters equal; its standard error is that of the paired bootstrap samples. The
    p-value is the smallest over the axes, times the number of axes.
    """

    name = "search_at_edge"
    slug = "search-at-edge"
    title = "The best value may lie beyond the grid"
    kinds = ("model",)
    effort = "fast"

    def run(self, analysis):
        """Judge the steepest last step."""
        search = analysis.evidence.search
        if search is None:
            raise CheckNotApplicable("No search was handed in.")
        axes = _numeric_axes(search)
        if not axes:
            raise CheckNotApplicable(
                f"No searched parameter has {MIN_AXIS_VALUES} or more numbers as values."
            )
        steps = _last_steps(search, axes)
        if not steps:
            return fact(self, "passed", f"Inside the grid: {_where(search, axes)}.")
        tested = [step for step in steps if step.gain is not None]
        if not tested:
            raise CheckNotApplicable(_why_untested(search, steps))
        p_values = [_p_value(step, len(axes)) for step in tested]
        worst = tested[int(np.argmin(p_values))]
        widened = [step for step, p in zip(tested, p_values, strict=True) if p <= analysis.alpha]
        finding = judge_effect(
            self,
            analysis,
            worst.gain,
            METRIC_FLOOR,
            unit="points",
            message=_message(worst, search.metric_name),
            other_p=min(p_values),
            # What lies beyond the grid is not known, so nothing is known to be lost.
            errors_at_stake=None,
            evidence={"metric": search.metric_name, "axes": {s.name: _plain(s) for s in steps}},
            remedy=_wider_search(analysis.evidence, widened),
        )
        if finding.p_value <= analysis.alpha:
            return finding
        message = _passed_message(worst, search.metric_name, finding.detectable)
        return replace(finding, section="passed", message=message)


def _numeric_axes(search):
    """Axes with enough numbers on which the chosen candidate has a value, as Python numbers."""
    found = {}
    for name, values in search.axes.items():
        values = [v.item() if isinstance(v, np.generic) else v for v in values]
        values = [v for v in values if isinstance(v, Real) and not isinstance(v, bool)]
        if len(values) >= MIN_AXIS_VALUES and search.params[search.best].get(name) in values:
            found[name] = values
    return found


def _last_steps(search, axes):
    """The last steps of all axes that end at the chosen value and could go on."""
    steps = []
    for name, values in axes.items():
        chosen = search.params[search.best][name]
        if chosen not in (values[0], values[-1]):
            continue
        upward = chosen == values[-1]
        further = further_values(values, upward)
        if further:
            step = Step(name, values, upward, further, None)
            steps.append(step._replace(gain=_gain(search, step)))
    return steps


def _gain(search, step):
    """Estimate of the last step; None without the neighbour or with too few bootstrap samples."""
    beside = {**search.params[search.best], step.name: step.neighbour}
    for k, params in enumerate(search.params):
        if _same_params(params, beside):
            gain, n_samples = candidate_difference(search, search.best, k)
            return gain if np.isfinite(gain.value) and n_samples >= MIN_RESAMPLES else None
    return None


def _same_params(one, other):
    """Whether two candidates have the same parameters."""
    return one.keys() == other.keys() and all(_same(one[key], other[key]) for key in one)


def _same(one, other):
    """Whether two values are equal; arrays and estimators by how they are written."""
    plain = (str, bool, Real, type(None))
    if one is other or (isinstance(one, plain) and isinstance(other, plain)):
        return one is other or one == other
    return repr(one) == repr(other)


def _p_value(step, n_axes):
    """One-sided p-value of a step, times the number of axes that could have ended at theirs."""
    return min(1.0, n_axes * upper_tail_p(step.gain.value, step.gain.se, METRIC_FLOOR))


def further_values(values, upward, n_further=N_FURTHER):
    """Continue an axis beyond one of its ends, by equal ratios or by equal steps.

    Parameters
    ----------
    values : list of float or int
        At least three different values, in increasing order.
    upward : bool
        Whether to go beyond the greatest value, else below the least.
    n_further : int, default=3
        Number of values.

    Returns
    -------
    list of float or int
        Outwards. An axis without negative values gets none, so there can be fewer: none below zero,
        and of whole numbers none below one.
    """
    end, inner = (values[-1], values[-2]) if upward else (values[0], values[1])
    times = range(1, n_further + 1)
    digits = 6
    if _has_equal_ratios(values):
        beyond, digits = [end * (end / inner) ** k for k in times], 3
    else:
        beyond = [end + k * (end - inner) for k in times]
        if values[0] >= 0 and beyond[-1] <= 0:
            beyond = [end / 2**k for k in times]
    if all(isinstance(value, Integral) for value in values):
        beyond = [int(value) for value in beyond if np.isfinite(value)]
    else:
        beyond = [float(f"{value:.{digits}g}") for value in beyond if np.isfinite(value)]
    if values[0] >= 0:
        beyond = [value for value in beyond if value > 0]
    # Whole numbers that were cut off can meet.
    return [value for value in dict.fromkeys(beyond) if value not in values]


def _has_equal_ratios(values):
    """Whether ratios of neighbours vary less than their differences."""
    if values[0] <= 0:
        return False
    # In units of the greatest: squares of the largest floats overflow.
    steps, ratios = np.diff(np.array(values) / values[-1]), np.diff(np.log(values))
    return np.std(ratios) / np.mean(ratios) < np.std(steps) / np.mean(steps)


def _number(value):
    """A value of an axis in a sentence."""
    return f"{value:.6g}" if isinstance(value, float) else str(value)


def _where(search, axes):
    """Where the chosen value of each axis lies."""
    best = search.params[search.best]
    return "; ".join(
        f"{cut(name, NAME_WIDTH)} = {_number(best[name])} of {_number(values[0])} to "
        f"{_number(values[-1])}"
        for name, values in axes.items()
    )


def _at_end(step):
    """``C = 100 is the greatest of 5 values``."""
    word = "greatest" if step.upward else "least"
    return (
        f"{cut(step.name, NAME_WIDTH)} = {_number(step.chosen)} is the {word} of "
        f"{len(step.values)} values"
    )


def _message(step, metric_name):
    """What is said of an issue."""
    return (
        f"{_at_end(step)} that were searched, and the last step to it, from "
        f"{_number(step.neighbour)}, still gained {interval_text(step.gain)} "
        f"{metric_name.replace('_', ' ')}. Search on: "
        f"{', '.join(_number(value) for value in step.further)}."
    )


def _passed_message(step, metric_name, detectable):
    """What is said where the last step was not shown to pay."""
    could = "" if detectable is None else f"; {detectable:.3f} would have been found (power 80 %)"
    return (
        f"{_at_end(step)}, but the last step to it, from {_number(step.neighbour)}, gained "
        f"{interval_text(step.gain)} {metric_name.replace('_', ' ')}: not shown to be above "
        f"{METRIC_FLOOR:g}{could}."
    )


def _why_untested(search, steps):
    """Why no step could be judged."""
    ends = "; ".join(_at_end(step) for step in steps)
    if len(search.resampled) < MIN_RESAMPLES:
        return (
            f"{ends}. Whether the metric still rises there needs {MIN_RESAMPLES} or more "
            f"bootstrap samples; there are {len(search.resampled)}."
        )
    return (
        f"{ends}. No candidate with a score differs from the chosen one by one step of that "
        f"parameter alone, so whether the metric still rises there is not known."
    )


def _plain(step):
    """A step as plain values."""
    gain = step.gain
    return {
        "values": step.values,
        "chosen": step.chosen,
        "neighbour": step.neighbour,
        "gain": None if gain is None else list(gain),
        "search_on": step.further,
    }


def _wider_search(evidence, steps):
    """The user's search on wider axes; None where its grid is not one dictionary of lists."""
    grid = getattr(evidence.estimator, "param_grid", None)
    names = [step.name for step in steps]
    if not names or not isinstance(grid, dict) or not set(names) <= set(grid):
        return None
    wider = {}
    for step in steps:
        values = [*step.values, *step.further] if step.upward else [*step.further, *step.values]
        wider[step.name] = sorted(values)
    estimator = clone(evidence.estimator).set_params(param_grid={**grid, **wider})
    n_splits = evidence.facts.get("n_splits") or _DEFAULT_FOLDS
    return Remedy(
        estimator=estimator,
        changes=f"search further along {', '.join(cut(name, NAME_WIDTH) for name in names)}",
        params=wider,
        code=f"estimator.set_params(param_grid={{**estimator.param_grid, **{wider!r}}})",
        unit="points",
        n_fits=len(ParameterGrid(estimator.param_grid)) * n_splits + 1,
    )
