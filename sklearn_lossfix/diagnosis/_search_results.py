"""What a fitted search recorded in ``cv_results_``: a score of every candidate on every split."""

from collections.abc import Mapping
from copy import deepcopy
from dataclasses import dataclass
from numbers import Integral, Real
from typing import Any

import numpy as np
from scipy import stats
from sklearn.base import ClassifierMixin
from sklearn.frozen import FrozenEstimator
from sklearn.model_selection import ParameterGrid, check_cv
from sklearn.pipeline import Pipeline

from sklearn_lossfix._core._evidence import NoTwin
from sklearn_lossfix._core._finding import LOSS_FLOOR_SHARE, METRIC_FLOOR
from sklearn_lossfix._core._paired_tests import Estimate, upper_tail_p
from sklearn_lossfix.diagnosis._arguments import for_remedies
from sklearn_lossfix.diagnosis._judging import POWER
from sklearn_lossfix.diagnosis._nested_search import (
    fold_spread_estimate,
    score_unit,
    search_fits,
    search_metric,
)
from sklearn_lossfix.diagnosis.twins._parts import error_text, last_step

# Splits that must know both candidates: of two, the spread has one degree of freedom, and no gain
# that occurs is large beside the t quantile of that.
MIN_SPLITS = 3


@dataclass(frozen=True, eq=False)
class SearchResults:
    """Candidates of a search that were scored on the same rows.

    Attributes
    ----------
    params : tuple of dict
        Parameters of each candidate: all of them, or those of the last iteration of a search that
        gives rows to its candidates step by step.
    best : int
        The candidate that was chosen.
    scores : ndarray of shape (n_candidates, n_splits)
        What chose it, higher is better; NaN where a fit failed.
    axes : dict of str to tuple
        Searched parameters with numbers as values, and those values in increasing order.
    metric_name, unit : str
        What the scores are, and the unit of their differences: "points", "nats", "Brier", or empty
        where unknown.
    limit : float
        Smallest difference that matters.
    sizes : tuple of two floats
        Rows that a split trains on, and tests on.
    n_rows : int or None
        Rows that were tested on at least once, where a difference is one of labels of rows; else
        None.
    halving : bool
        Whether earlier iterations were left out.
    whole : estimator or None
        What the user handed in, unfitted; None where a part of it is frozen.
    key : str
        The parameter of `whole` that holds the axes: ``"param_grid"``, ``"search__param_grid"``.
    grids : tuple of dict
        What `key` holds; one dictionary, or one of several.
    part : int or None
        Which of several holds the chosen candidate; None where there is one.
    n_fits : int or None
        Fits that the search took, where that is known.
    """

    params: tuple
    best: int
    scores: np.ndarray
    axes: dict
    metric_name: str
    unit: str
    limit: float
    sizes: tuple
    n_rows: int | None = None
    halving: bool = False
    whole: Any = None
    key: str = "param_grid"
    grids: tuple = ()
    part: int | None = None
    n_fits: int | None = None


# --- reading it ----------------------------------------------------------------------------------


def results_of_search(search, whole, X, y, classes, groups=None):
    """Read what a fitted search recorded of its candidates.

    Parameters
    ----------
    search : search
        With ``best_estimator_``, or the last step of a Pipeline.
    whole : estimator
        What was handed in: the search, or a Pipeline that ends with it.
    X : array-like of shape (n_rows, n_features)
        The rows it was fitted on.
    y : ndarray of shape (n_rows,)
        Their labels.
    classes : ndarray of shape (n_classes,)
        All labels.
    groups : ndarray of shape (n_rows,), default=None
        Their groups.

    Returns
    -------
    SearchResults or NoTwin
    """
    name = type(search).__name__
    if not hasattr(search, "best_estimator_"):
        return NoTwin(
            "skipped",
            f"The {name} in the Pipeline is not fitted: fit the Pipeline first, or "
            f"effort='thorough' fits it on all rows.",
        )
    try:
        return _read(search, whole, X, y, classes, groups)
    except Exception as error:  # searches of other makes may keep anything under these names
        why = f"({type(error).__name__}: {error_text(error)})"
        return NoTwin("not_applicable", f"The cv_results_ of {name} could not be read {why}.")


def _read(search, whole, X, y, classes, groups):
    """SearchResults, or NoTwin where scores per split are not there."""
    table, name = getattr(search, "cv_results_", None), type(search).__name__
    best = getattr(search, "best_index_", None)
    column = None if table is None else _score_name(search, table)
    if best is None or column is None:
        return NoTwin(
            "not_applicable",
            f"{name} keeps no scores of its candidates on the splits, by one metric that chose: "
            f"whether the metric still rises at an end is not known.",
        )
    n_splits = sum(f"split{k}_test_{column}" in table for k in range(len(table)))
    if n_splits < MIN_SPLITS:
        return NoTwin(
            "not_applicable",
            f"{name} scored its candidates on {n_splits} split{'s' if n_splits > 1 else ''}; "
            f"whether the metric still rises at an end needs {MIN_SPLITS} or more.",
        )
    scores = np.stack([table[f"split{k}_test_{column}"] for k in range(n_splits)], axis=1)
    kept, n_rows = np.arange(len(scores)), len(y)
    halving = "iter" in table
    if halving:  # candidates of one iteration had the same rows or resources
        kept = np.flatnonzero(np.asarray(table["iter"]) == table["iter"][best])
        if getattr(search, "resource", None) == "n_samples":
            n_rows = int(table["n_resources"][best])
    params = tuple(dict(table["params"][k]) for k in kept)
    scores, chosen = scores[kept].astype(float), int(np.flatnonzero(kept == best)[0])
    scores[_failed(scores, getattr(search, "error_score", np.nan))] = np.nan
    is_points, unit, metric_name = _metric_of(search, classes, scores)
    sizes = _split_sizes(search, X, y, groups, n_splits)
    n_tested = min(float(n_rows), n_splits * sizes[1] / sum(sizes) * n_rows)
    key, grids, part = _grids(search, params[chosen])
    prefix = _prefix(whole)
    unfitted = for_remedies(whole)
    return SearchResults(
        params=params,
        best=chosen,
        scores=scores,
        axes={} if part is None else _axes(grids[part]),
        metric_name=metric_name,
        unit=unit,
        limit=METRIC_FLOOR if is_points else LOSS_FLOOR_SHARE * abs(np.nanmean(scores[chosen])),
        sizes=sizes,
        n_rows=round(n_tested) if is_points and unit == "points" else None,
        halving=halving,
        whole=None if isinstance(unfitted, FrozenEstimator) else unfitted,
        key=prefix + key,
        grids=grids,
        part=None if isinstance(getattr(search, key, None), Mapping) else part,
        n_fits=search_fits(search),
    )


def _failed(scores, error_score):
    """Candidates that failed on all splits: what stands in for a score may be a number."""
    if not isinstance(error_score, Real):
        return np.zeros(len(scores), dtype=bool)
    return (scores == error_score).all(axis=1)


def _score_name(search, table):
    """What follows "test_" in the columns of the score that chose; None where that is not said."""
    names = [name.removeprefix("split0_test_") for name in table if name.startswith("split0_test_")]
    for name in (search.refit, "score"):
        if isinstance(name, str) and name in names:
            return name
    return names[0] if len(names) == 1 else None


def _metric_of(search, classes, scores):
    """Whether hundredths of the score are points, the unit of differences, and the name."""
    if isinstance(search.scorer_, dict) and not isinstance(search.refit, str):
        return False, "", "score"
    metric, scorer = search_metric(search, classes)
    is_points, unit = score_unit(metric, scorer, np.nanmax(np.abs(scores), initial=0.0))
    if not is_points:
        return is_points, unit, metric.name
    named = search.scoring is not None or hasattr(search, "_own_scoring")
    judged = type(last_step(search.best_estimator_))
    # An estimator's own score need not be accuracy.
    is_known = named or getattr(judged, "score", None) is ClassifierMixin.score
    return True, "points", metric.name if is_known else "score"


def _split_sizes(search, X, y, groups, n_splits):
    """Rows that the first split trains on and tests on; those of K folds where it does not say."""
    try:
        # A copy: some splitters draw from a generator that is the user's.
        folds = check_cv(deepcopy(search.cv), y, classifier=True)
        train, test = next(iter(folds.split(X, y, groups)))
        if len(train) and len(test):
            return float(len(train)), float(len(test))
    except Exception:  # an iterator that is used up, groups that were not handed over
        pass
    return n_splits - 1.0, 1.0


def _grids(search, chosen):
    """The parameter that holds the axes, its dictionaries, and which one holds the candidate."""
    key = next((k for k in ("param_grid", "param_distributions") if hasattr(search, k)), "")
    grids = getattr(search, key, ())
    grids = (grids,) if isinstance(grids, Mapping) else tuple(grids)
    for k, grid in enumerate(grids):
        if grid.keys() == chosen.keys() and all(
            hasattr(grid[name], "rvs") or any(same_value(value, v) for v in grid[name])
            for name, value in chosen.items()
        ):
            return key, grids, k
    return key, grids, None


def _axes(grid):
    """Numbers among the values of every axis that lists its values, in increasing order."""
    axes = {}
    for name, values in grid.items():
        if hasattr(values, "rvs"):
            continue
        plain = [v.item() if isinstance(v, np.generic) else v for v in values]
        plain = [v for v in plain if isinstance(v, Real) and not isinstance(v, bool)]
        axes[name] = tuple(sorted({v for v in plain if np.isfinite(float(v))}))
    return axes


def _prefix(whole):
    """What stands before the parameters of the last step of a Pipeline."""
    prefix = ""
    while isinstance(whole, Pipeline):
        name, whole = whole.steps[-1]
        prefix += f"{name}__"
    return prefix


# --- comparing candidates ------------------------------------------------------------------------


def same_params(one, other):
    """Whether two candidates have the same parameters."""
    return one.keys() == other.keys() and all(same_value(one[key], other[key]) for key in one)


def same_value(one, other):
    """Whether two values are equal; arrays and estimators by how they are written."""
    plain = (str, bool, Real, type(None))
    if one is other or (isinstance(one, plain) and isinstance(other, plain)):
        return one is other or one == other
    return repr(one) == repr(other)


def split_difference(results, first, second):
    """Score of one candidate minus another's: mean over the splits that know both.

    Parameters
    ----------
    results : SearchResults
        What was recorded.
    first, second : int
        Positions of the candidates.

    Returns
    -------
    estimate : Estimate
        With Nadeau and Bengio's (2003) corrected t interval.
    n_splits : int
        Splits that know both.
    """
    paired = results.scores[first] - results.scores[second]
    paired = paired[np.isfinite(paired)]
    if not len(paired):
        return Estimate(np.nan, np.nan, np.nan, np.nan), 0
    return fold_spread_estimate(paired, *results.sizes), len(paired)


def difference_p(results, gain, n_splits):
    r"""P-value of H0: the difference of two candidates is at most the limit, one-sided.

    By Student's t with one degree of freedom less than splits (Nadeau & Bengio 2003). Shares of
    rows can agree on a few splits by chance, and spread not at all. A difference :math:`d` of two
    shares of n rows is a mean of -1, 0 and 1, so its variance is at least :math:`(|d| - d^2) / n`,
    and with this the test has to reject as well (intersection-union, Berger 1982).

    Parameters
    ----------
    results : SearchResults
        Where the candidates come from.
    gain : Estimate
        The difference.
    n_splits : int
        Splits that it is the mean of.

    Returns
    -------
    float
    """
    p_value = upper_tail_p(gain.value, gain.se, results.limit)
    if gain.se > 0:
        p_value = float(stats.t.sf((gain.value - results.limit) / gain.se, n_splits - 1))
    if results.n_rows is None:
        return p_value
    size = min(abs(gain.value), 1.0)
    least = float(np.sqrt((size - size**2) / results.n_rows))
    return max(p_value, upper_tail_p(gain.value, least, results.limit))


def detectable_difference(results, gain, n_splits, alpha):
    """Difference that the t test of `difference_p` finds with a power of 80 %, about."""
    quantiles = stats.t.isf(alpha, n_splits - 1) + stats.t.ppf(POWER, n_splits - 1)
    return float(results.limit + quantiles * gain.se)


# --- a wider search ------------------------------------------------------------------------------


def widened_search(results, wider):
    """The user's search on wider axes.

    Parameters
    ----------
    results : SearchResults
        Of the search.
    wider : dict of str to list
        New values of some of its axes.

    Returns
    -------
    estimator : estimator
        A new one, unfitted; None instead of all three where a part of the user's is frozen.
    code : str
        Python that builds the same from the user's ``estimator``.
    n_fits : int
        Fits that it takes: of a search that drops candidates early, a share of its own.
    """
    if results.whole is None:
        return None
    k = 0 if results.part is None else results.part
    grids = [dict(grid) for grid in results.grids]
    grids[k] |= wider
    value = grids[0] if results.part is None else grids
    estimator = for_remedies(results.whole).set_params(**{results.key: value})
    old = f"estimator.get_params()[{results.key!r}]"
    if "__" not in results.key:
        old = f"estimator.{results.key}"
    new = f"{{**{old}, **{wider!r}}}"
    if results.part is not None:
        new = f"[{{**grid, **({wider!r} if k == {k} else {{}})}} for k, grid in enumerate({old})]"
    code = f"clone(estimator).set_params({results.key}={new})"
    n_fits = results.n_fits or 1
    if results.key.endswith("param_grid"):
        more = len(ParameterGrid(value)) / len(ParameterGrid(list(results.grids)))
        n_fits = round((n_fits - 1) * more) + 1
        return estimator, code, n_fits
    # As many draws for as many values: with the old number the seed may never draw a new one.
    name = results.key.removesuffix("param_distributions") + "n_iter"
    n_iter = estimator.get_params().get(name)
    if isinstance(n_iter, Integral):
        more = np.prod([len(new) / len(results.grids[k][old]) for old, new in wider.items()])
        wanted = int(np.ceil(n_iter * more))
        estimator.set_params(**{name: wanted})
        code = f"{code.removesuffix(')')}, {name}={wanted})"
        n_fits = round((n_fits - 1) * wanted / n_iter) + 1
    return estimator, code, n_fits
