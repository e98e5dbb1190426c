"""A whole search repeated in the folds of a report: what choosing by it is worth.

The score that a search shows of itself, ``best_score_``, is the best of many on the very rows that
chose it. Repeating the search on the training part of every fold, and scoring what it chose there
on the test part, is nested cross-validation (Varma & Simon 2006): no row is scored by a model that
it helped to choose.
"""

import inspect
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy import stats
from sklearn import get_config
from sklearn.model_selection._search import BaseSearchCV
from sklearn.utils.validation import has_fit_parameter

from sklearn_lossfix._core._evidence import NestedSearch, NoTwin
from sklearn_lossfix._core._finding import LOSS_FLOOR_SHARE, METRIC_FLOOR
from sklearn_lossfix._core._paired_tests import (
    CONFIDENCE,
    Estimate,
    interval,
    mean_standard_error,
    nadeau_bengio_inflation,
)
from sklearn_lossfix.decision._metrics import influence, metric_from_codes
from sklearn_lossfix.decision._positive_class import resolve_positive
from sklearn_lossfix.decision._scoring import metric_for_classes
from sklearn_lossfix.diagnosis._workbench import attempt
from sklearn_lossfix.diagnosis.ledgers.error import metric_estimate, metric_gain
from sklearn_lossfix.diagnosis.twins._parts import last_step

# Fits of a candidate that repeating a search may take: a hundred candidates on five folds, repeated
# in five, are 2,505.
MAX_NESTED_FITS = 3_000

# Units of the losses that reports know: by the names of scorers, and of what they are made from.
LOSS_UNITS = {
    "neg_log_loss": "nats",
    "log_loss": "nats",
    "neg_brier_score": "Brier",
    "brier_score_loss": "Brier",
}


@dataclass(frozen=True, eq=False)
class Choice:
    """The search behind a judged model.

    Attributes
    ----------
    search : fitted search or None
        Fitted on all rows; None where only its folds are fitted.
    whole : estimator or None
        What has to be repeated, unfitted; None where the judged model holds the search, so that the
        folds repeat it anyway.
    left_out : str
        Why it cannot be compared with its folds, or empty.
    n_spent : int
        Fits that were spent on fitting it on all rows for this comparison alone.
    """

    search: Any
    whole: Any = None
    left_out: str = ""
    n_spent: int = 0


def is_search(estimator):
    """Whether an estimator chooses among candidates, and fits the best: by its parameters."""
    axes = ("param_grid", "param_distributions")
    return hasattr(estimator, "refit") and any(hasattr(estimator, name) for name in axes)


def search_inside(estimator):
    """The search that is the last step of a Pipeline, at any depth; else None."""
    last = last_step(estimator)
    return last if last is not estimator and is_search(last) else None


def takes_groups(estimator):
    """Whether `fit` hands groups to a splitter, as searches do."""
    if get_config()["enable_metadata_routing"]:
        router = getattr(estimator, "get_metadata_routing", None)
        return router is not None and bool(router().consumes("fit", ["groups"]))
    return isinstance(estimator, BaseSearchCV) or (
        is_search(estimator) and has_fit_parameter(estimator, "groups")
    )


def search_fits(search):
    """Fits of a candidate that a fitted search took, its refit among them; None if not known."""
    counted = getattr(search, "n_fits_", None)
    if counted is not None:
        return int(counted) + 1
    tried, n_splits = getattr(search, "cv_results_", None), getattr(search, "n_splits_", None)
    return None if tried is None or n_splits is None else len(tried["params"]) * n_splits + 1


# --- repeating it --------------------------------------------------------------------------------


def describe_search(model, X, y, sample_weight=None):
    """Score a fold's search by its own metric on rows of the test part; runs in a worker.

    Parameters
    ----------
    model : fitted search or Pipeline
        Of one fold.
    X : array-like of shape (n_rows, n_features)
        Rows that did not choose.
    y : array-like of shape (n_rows,)
        Their labels.
    sample_weight : ndarray of shape (n_rows,), default=None
        Their weights: handed over where the search weighs the scores it chooses by.

    Returns
    -------
    dict or None
        ``score``, ``best_score`` and ``params``; None where the search has no such score.
    """
    search = last_step(model)
    weights = {}
    if sample_weight is not None and weighs_scores(search):
        weights["sample_weight"] = sample_weight
    try:
        return {
            "score": float(model.score(X, y, **weights)),
            "best_score": float(search.best_score_),
            "params": search.best_params_,
        }
    except Exception:  # any scorer may raise anything: the fold's own scores are not lost by that
        return None


def weighs_scores(search):
    """Whether a search weighs the rows that it scores candidates on."""
    if get_config()["enable_metadata_routing"]:
        return bool(search.get_metadata_routing().consumes("score", ["sample_weight"]))
    return "sample_weight" in inspect.signature(search.score).parameters


def nest_search(bench, choice, scores, model, thorough):
    """Repeat a search in the folds, or say why that was not done.

    Parameters
    ----------
    bench : Workbench
        Rows and folds.
    choice : Choice
        The search.
    scores : OutOfFold
        The judged model out of fold; described where it holds the search.
    model : Scored
        The same.
    thorough : bool
        Whether fits may be spent on it.

    Returns
    -------
    NestedSearch or NoTwin
    """
    why_not = _why_not(choice, bench.n_splits, thorough)
    if why_not is not None:
        if why_not.section == "skipped":
            bench.request.notes.append(why_not.reason)
        return why_not
    name, n_fits, fixed = type(choice.search).__name__, choice.n_spent, None
    if choice.whole is not None:
        given = {"groups": bench.data.groups} if bench.data.groups is not None else {}

        def repeat():
            return bench.out_of_fold(
                choice.whole,
                f"the whole {name}",
                fit_params=given if takes_groups(choice.whole) else {},
                describe=describe_search,
            )

        scores, reason = attempt(repeat, f"the whole {name}", bench.request.notes)
        if scores is None:
            return NoTwin("not_applicable", reason)
        n_fits += search_fits(choice.search) * bench.n_splits
        fixed, model = model, bench.to_scored(scores, choice.whole)
    if any(said is None for said in scores.described):
        return NoTwin("not_applicable", f"The {name} of a fold has no score of its own.")
    return _compare(bench, choice.search, scores.described, model, fixed, n_fits)


def _why_not(choice, n_splits, thorough):
    """Why a search is not repeated, as NoTwin; None where it is."""
    if choice.left_out:
        return NoTwin("skipped", choice.left_out)
    search = choice.search
    name = type(search).__name__
    if not np.isfinite(getattr(search, "best_score_", np.nan)):
        return NoTwin(
            "not_applicable", f"{name} shows no best_score_: there is nothing to compare with."
        )
    if choice.whole is None:
        return None
    once = search_fits(search)
    if once is None:
        return NoTwin(
            "not_applicable", f"{name} does not say how many fits it took: it was not repeated."
        )
    cost = f"{once * n_splits:,} fits"
    if not thorough:
        return NoTwin(
            "skipped",
            f"The search was not repeated in the folds: effort='thorough' does that, in {cost}.",
        )
    if once * n_splits > MAX_NESTED_FITS:
        return NoTwin(
            "skipped",
            f"The search was not repeated in the folds: that takes {cost}, and at most "
            f"{MAX_NESTED_FITS:,} are spent on it. cross_val_score(search, X, y) repeats it.",
        )
    return None


# --- comparing it --------------------------------------------------------------------------------


def _compare(bench, search, described, model, fixed, n_fits):
    """What the search says of itself, and what its folds say of it."""
    classes, y = bench.request.classes, bench.data.y[bench.scored_rows]
    metric, scorer = search_metric(search, classes)
    fold_scores = tuple(said["score"] for said in described)
    sampling = _sampling(bench, weighs_scores(search))
    pos = _positive(metric, search, classes, np.bincount(y, minlength=len(classes)))
    is_label = metric.kind == "label" and (pos is not None or not metric.asymmetric)
    fold = bench.scored_fold
    honest = None
    if is_label and getattr(search, "pooling", "fold_mean") == "pooled":
        honest = metric_estimate(metric, y, model.pred, len(classes), pos=pos, **sampling)
    elif is_label:
        honest = fold_mean_estimate(
            metric, y, model.pred, fold, fold_scores, len(classes), pos=pos, **sampling
        )
    name = metric.name
    if honest is None:
        if is_label and search.scoring is None:
            name, is_label = "score", False  # the estimator's own, and it is not accuracy
        honest = fold_spread_estimate(fold_scores, *bench.folds.mean_sizes)
    gain = None
    if fixed is not None and is_label:
        inflation = nadeau_bengio_inflation(*bench.folds.mean_sizes, bench.n_splits)
        gain = metric_gain(
            metric,
            y,
            fixed.pred,
            model.pred,
            len(classes),
            pos=pos,
            inflation=inflation,
            **sampling,
        )
    largest = max(map(abs, (*fold_scores, search.best_score_)))
    is_points, unit = score_unit(metric, scorer, largest)
    return NestedSearch(
        name=type(search).__name__,
        metric_name=name,
        unit=unit,
        # A loss, and a score of the user's own, has no natural unit: a share of itself.
        limit=METRIC_FLOOR if is_points else LOSS_FLOOR_SHARE * abs(honest.value),
        apparent=float(search.best_score_),
        honest=honest,
        fold_scores=fold_scores,
        own_scores=tuple(said["best_score"] for said in described),
        fold_params=tuple(said["params"] for said in described),
        n_candidates=len(search.cv_results_["params"]),
        n_fits=n_fits,
        fixed=gain,
    )


def search_metric(search, classes):
    """What a fitted search chooses by, as a metric and as a scorer.

    Parameters
    ----------
    search : fitted search
        With one metric, or the name of one as `refit`.
    classes : ndarray of shape (n_classes,)
        Labels.

    Returns
    -------
    metric : Metric
    scorer : callable
    """
    scorer, scoring = search.scorer_, search.scoring
    if isinstance(scorer, dict):
        scorer = scorer[search.refit]
        if not isinstance(scoring, dict):
            scoring = search.refit
    if hasattr(search, "_own_scoring"):
        scoring = search._own_scoring
    elif not (scoring is None or isinstance(scoring, str)):  # a name says more than its scorer
        scoring = scorer
    metric = metric_for_classes(scoring, classes)
    return metric, metric.scorer or scorer


def score_unit(metric, scorer, largest):
    """How differences of a score that chose are counted.

    Parameters
    ----------
    metric : Metric
    scorer : callable
        Of `search_metric`.
    largest : float
        Largest absolute score that was seen.

    Returns
    -------
    is_points : bool
        Whether one hundredth is a point: not of losses, nor of scores of the user's own.
    unit : {"points", "nats", "Brier", ""}
    """
    if getattr(scorer, "_sign", 1) < 0:
        return False, LOSS_UNITS.get(metric.name, "")
    own = metric.kind == "opaque" or metric.custom is not None or metric.matrix is not None
    return (False, "") if own or largest > 1 else (True, "points")


def _positive(metric, search, classes, counts):
    """Code of the positive class of a metric that needs one, or None."""
    if metric.kind != "label" or not metric.asymmetric:
        return None
    try:
        return resolve_positive(metric, classes, counts, getattr(search, "pos_label_", None))[0]
    except ValueError:  # a scorer that names no class of these
        return None


def _sampling(bench, weighted):
    """Weights of scored rows, and what varies independently: groups, else rows scored twice."""
    rows, data = bench.scored_rows, bench.data
    weight = data.weight[rows] if weighted and data.weight is not None else None
    groups = None
    if data.groups is not None:
        groups = np.unique(data.groups[rows], return_inverse=True)[1]
    elif np.bincount(rows).max() > 1:
        groups = np.unique(rows, return_inverse=True)[1]
    return {"sample_weight": weight, "groups": groups}


def fold_mean_estimate(
    metric, y, pred, fold, fold_scores, n_classes, *, pos=None, sample_weight=None, groups=None
):
    r"""Mean over folds of a label metric, with its interval by the infinitesimal jackknife.

    A row of fold k moves the mean of J folds by its influence on the metric of that fold,
    times :math:`W / (J W_k)` for the weights of all rows and of those of the fold.

    Parameters
    ----------
    metric : Metric
        A label metric.
    y, pred, fold : ndarray of shape (n_rows,), dtype int
        True and predicted codes; fold of every row.
    fold_scores : sequence of float
        What the search's own scorer gave.
    n_classes : int
        Number of classes.
    pos : int, default=None
        Code of the positive class.
    sample_weight, groups : ndarray of shape (n_rows,), default=None
        Weights; codes of the groups.

    Returns
    -------
    Estimate or None
        None where the scorer is not this metric after all: it gave other scores.
    """
    weight = np.ones(len(y)) if sample_weight is None else sample_weight
    rows, values = np.empty(len(y)), []
    for k in range(len(fold_scores)):
        part = fold == k
        w = None if sample_weight is None else sample_weight[part]
        values.append(metric_from_codes(metric, y[part], pred[part], n_classes, w, pos))
        own = influence(metric, y[part], pred[part], n_classes, w, pos)
        rows[part] = own * weight.sum() / (len(fold_scores) * weight[part].sum())
    if not np.allclose(values, fold_scores):
        return None
    return interval(np.mean(values), mean_standard_error(rows, sample_weight, groups))


def fold_spread_estimate(fold_scores, n_train, n_test):
    """Mean over folds of any score, with Nadeau and Bengio's (2003) corrected t interval.

    Parameters
    ----------
    fold_scores : sequence of float
        One score a fold.
    n_train, n_test : float
        Mean rows of the parts.

    Returns
    -------
    Estimate
        Without an interval (NaN) where there is one fold.
    """
    n_folds, value = len(fold_scores), float(np.mean(fold_scores))
    if n_folds < 2:
        return Estimate(value, np.nan, np.nan, np.nan)
    inflation = nadeau_bengio_inflation(n_train, n_test, n_folds)
    se = float(np.std(fold_scores, ddof=1) * np.sqrt(inflation / n_folds))
    half = float(stats.t.ppf(0.5 + CONFIDENCE / 2, n_folds - 1)) * se
    return Estimate(value, se, value - half, value + half)
