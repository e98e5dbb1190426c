"""A search that chose the last value it was given, while the metric was still rising."""

from dataclasses import replace
from numbers import Integral, Real
from typing import NamedTuple

import numpy as np
from sklearn.base import clone
from sklearn.model_selection import ParameterGrid

from sklearn_lossfix._core._evidence import NoTwin, SearchEvidence
from sklearn_lossfix._core._finding import METRIC_FLOOR, SUSPICION, Remedy
from sklearn_lossfix._core._paired_tests import Estimate, upper_tail_p
from sklearn_lossfix.diagnosis._judging import fact, interval_text, judge_effect
from sklearn_lossfix.diagnosis._search_results import (
    MIN_SPLITS,
    detectable_difference,
    difference_p,
    same_params,
    same_value,
    split_difference,
    widened_search,
)
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
    p_value : float
        One-sided p-value of that gain, of this step alone.
    detectable : float or None
        Gain that would have been found, where that is not what a normal test finds.
    """

    name: str
    values: list
    upward: bool
    further: list
    gain: Estimate | None = None
    p_value: float = 1.0
    detectable: float | None = None

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
    in, all other parameters equal. Its standard error is that of the paired bootstrap samples of a
    search that recorded its scores out of fold, else that of the splits in ``cv_results_``. The
    p-value is the smallest over the axes, times the number of axes and of the lines of the grid
    along the axis: the chosen candidate is the best of all of them.
    """

    name = "search_at_edge"
    slug = "search-at-edge"
    title = "The best value may lie beyond the grid"
    kinds = ("model",)
    effort = "fast"

    def run(self, analysis):
        """Judge the steepest last step."""
        search, limit, unit = analysis.evidence.search, METRIC_FLOOR, "points"
        if search is None:
            search = _read_results(analysis.evidence.search_results)
            if isinstance(search, NoTwin):
                return fact(self, search.section, search.reason)
            limit, unit = search.limit, search.unit
        axes = _numeric_axes(search)
        if not axes:
            raise CheckNotApplicable(
                f"No searched parameter has {MIN_AXIS_VALUES} or more numbers as values."
            )
        steps = _last_steps(search, axes, analysis.alpha)
        if not steps:
            return fact(self, "passed", f"{_place(search, axes)}: {_where(search, axes)}.")
        tested = [step for step in steps if step.gain is not None]
        if not tested:
            raise CheckNotApplicable(_why_untested(search, steps))
        looks = [len(axes) * _n_lines(search, step) for step in tested]
        p_values = [min(1.0, n * step.p_value) for n, step in zip(looks, tested, strict=True)]
        worst = tested[int(np.argmin(p_values))]
        level = max(SUSPICION, analysis.alpha)
        widened = [step for step, p in zip(tested, p_values, strict=True) if p <= level]
        finding = judge_effect(
            self,
            analysis,
            worst.gain,
            limit,
            unit=unit,
            message=_message(worst, search.metric_name),
            other_p=min(p_values),
            # What lies beyond the grid is not known, so nothing is known to be lost.
            errors_at_stake=None,
            nats_at_stake=None,
            evidence={"metric": search.metric_name, "axes": {s.name: _plain(s) for s in steps}},
            remedy=_wider_search(analysis.evidence, widened),
        )
        if worst.detectable is not None:
            finding = replace(finding, detectable=worst.detectable)
        if finding.p_value <= level:
            return finding
        message = _passed_message(worst, search.metric_name, limit, finding.detectable)
        return replace(finding, section="passed", message=message)


def _n_lines(search, step):
    """Lines of the grid along an axis: the chosen candidate is the best of all of them."""
    return max(1, round(len(search.params) / len(step.values)))


def _read_results(results):
    """What a search recorded of its splits, or NoTwin where there is nothing to judge."""
    if results is None:
        raise CheckNotApplicable("No search was handed in.")
    if isinstance(results, NoTwin) and results.section == "not_applicable":
        raise CheckNotApplicable(results.reason)
    return results


def _numeric_axes(search):
    """Axes with enough numbers on which the chosen candidate has a value, as Python numbers."""
    found = {}
    for name, values in search.axes.items():
        values = [v.item() if isinstance(v, np.generic) else v for v in values]
        values = [v for v in values if isinstance(v, Real) and not isinstance(v, bool)]
        chosen = search.params[search.best].get(name)
        if len(values) >= MIN_AXIS_VALUES and any(same_value(chosen, v) for v in values):
            found[name] = values
    return found


def _last_steps(search, axes, alpha):
    """The last steps of all axes that end at the chosen value and could go on."""
    steps = []
    for name, values in axes.items():
        chosen = search.params[search.best][name]
        if chosen not in (values[0], values[-1]):
            continue
        upward = chosen == values[-1]
        further = further_values(values, upward)
        if further:
            steps.append(_tested(search, Step(name, values, upward, further), alpha))
    return steps


def _tested(search, step, alpha):
    """A step with its gain; without one where there is no neighbour, or too few scores of it."""
    beside = {**search.params[search.best], step.name: step.neighbour}
    pairs = (k for k, params in enumerate(search.params) if same_params(params, beside))
    k = next(pairs, None)
    if k is None:
        return step
    if isinstance(search, SearchEvidence):
        gain, n_samples = candidate_difference(search, search.best, k)
        if not np.isfinite(gain.value) or n_samples < MIN_RESAMPLES:
            return step
        return step._replace(gain=gain, p_value=upper_tail_p(gain.value, gain.se, METRIC_FLOOR))
    gain, n_splits = split_difference(search, search.best, k)
    if n_splits < MIN_SPLITS:
        return step
    return step._replace(
        gain=gain,
        p_value=difference_p(search, gain, n_splits),
        detectable=detectable_difference(search, gain, n_splits, alpha),
    )


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


def _place(search, axes):
    """Whether the chosen values lie inside their axes, or at ends that cannot be moved."""
    best = search.params[search.best]
    if any(best[name] in (values[0], values[-1]) for name, values in axes.items()):
        return "Inside the grid, or at an end beyond which nothing lies"
    return "Inside the grid"


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


def _passed_message(step, metric_name, limit, detectable):
    """What is said where the last step was not shown to pay."""
    could = "" if detectable is None else f"; {detectable:.3f} would have been found (power 80 %)"
    return (
        f"{_at_end(step)}, but the last step to it, from {_number(step.neighbour)}, gained "
        f"{interval_text(step.gain)} {metric_name.replace('_', ' ')}: not shown to be above "
        f"{limit:.3g}{could}."
    )


def _why_untested(search, steps):
    """Why no step could be judged."""
    ends = "; ".join(_at_end(step) for step in steps)
    is_recorded = isinstance(search, SearchEvidence)
    if is_recorded and len(search.resampled) < MIN_RESAMPLES:
        return (
            f"{ends}. Whether the metric still rises there needs {MIN_RESAMPLES} or more "
            f"bootstrap samples; there are {len(search.resampled)}."
        )
    where = "" if is_recorded or not search.halving else " of the last iteration"
    scored = "a score" if is_recorded else f"scores on {MIN_SPLITS} or more splits"
    return (
        f"{ends}. No candidate{where} with {scored} differs from the chosen one by one step of "
        f"that parameter alone, so whether the metric still rises there is not known."
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
    """The user's search on wider axes; None where its grid cannot be rewritten."""
    if not steps:
        return None
    wider = {}
    for step in steps:
        values = [*step.values, *step.further] if step.upward else [*step.further, *step.values]
        wider[step.name] = sorted(values)
    rebuilt = (
        _wider_recorded(evidence, wider)
        if evidence.search is not None
        else widened_search(evidence.search_results, wider)
    )
    if rebuilt is None:
        return None
    estimator, code, n_fits = rebuilt
    return Remedy(
        estimator=estimator,
        changes=f"search further along {', '.join(cut(name, NAME_WIDTH) for name in wider)}",
        params=wider,
        code=f"from sklearn.base import clone\n{code}",
        unit="points",
        n_fits=n_fits,
    )


def _wider_recorded(evidence, wider):
    """The same of a search that recorded its scores out of fold: estimator, Python, fits."""
    grid = getattr(evidence.estimator, "param_grid", None)
    if not isinstance(grid, dict) or not set(wider) <= set(grid):
        return None
    estimator = clone(evidence.estimator).set_params(param_grid={**grid, **wider})
    n_splits = evidence.facts.get("n_splits") or _DEFAULT_FOLDS
    code = f"clone(estimator).set_params(param_grid={{**estimator.param_grid, **{wider!r}}})"
    return estimator, code, len(ParameterGrid(estimator.param_grid)) * n_splits + 1
