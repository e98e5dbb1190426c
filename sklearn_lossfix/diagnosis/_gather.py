"""Gather evidence: score rows, refit on folds, and put what was seen into plain arrays."""

import warnings

import numpy as np
from sklearn.base import clone
from sklearn.exceptions import ConvergenceWarning, NotFittedError
from sklearn.model_selection import StratifiedGroupKFold, StratifiedKFold
from sklearn.utils import _safe_indexing
from sklearn.utils.validation import check_is_fitted

from sklearn_lossfix._core._evidence import Evidence, TrainState
from sklearn_lossfix._core._oof import (
    is_regressor_given_labels,
    score_rows,
    seed_clone,
    weight_params,
)
from sklearn_lossfix._core._paired_tests import nadeau_bengio_inflation
from sklearn_lossfix._core._proper_scores import brier_rows, log_loss_rows
from sklearn_lossfix.decision._metrics import class_totals
from sklearn_lossfix.diagnosis._equal_rows import label_conflicts
from sklearn_lossfix.diagnosis._fold_leaks import fold_leaks
from sklearn_lossfix.diagnosis._learning_curve import learning_curve
from sklearn_lossfix.diagnosis._nested_search import describe_search, nest_search, takes_groups
from sklearn_lossfix.diagnosis._recorded_scores import scorer_value
from sklearn_lossfix.diagnosis._reference import make_reference
from sklearn_lossfix.diagnosis._reference_twin import reference_twin
from sklearn_lossfix.diagnosis._scored import REGRESSOR, to_scored
from sklearn_lossfix.diagnosis._seeds import score_seeds
from sklearn_lossfix.diagnosis._workbench import MAX_TWINS, Workbench, attempt, fit_twins
from sklearn_lossfix.diagnosis.twins._plan import Subject
from sklearn_lossfix.diagnosis.twins.converged import iteration_limits, steps_at_limit

# Folds of the cross-fitted maps and rules on the judged rows.
N_MAP_FOLDS = 5


def map_folds(y, groups, seed):
    """Folds for cross-fitted maps and rules: stratified, groups kept together.

    Parameters
    ----------
    y : ndarray of shape (n_rows,), dtype int
        Class codes.
    groups : ndarray of shape (n_rows,), dtype int, default=None
        Codes of the groups.
    seed : int
        Seed.

    Returns
    -------
    ndarray of shape (n_rows,), dtype uint8
    """
    n_folds = min(N_MAP_FOLDS, len(y))
    if groups is not None:
        n_folds = min(n_folds, int(groups.max()) + 1)
    folds = np.zeros(len(y), dtype=np.uint8)
    if n_folds < 2:
        return folds
    kind = StratifiedKFold if groups is None else StratifiedGroupKFold
    splitter = kind(n_splits=n_folds, shuffle=True, random_state=seed)
    with warnings.catch_warnings():
        # A class with fewer rows than folds is fine here: a map with a prior can miss a class.
        warnings.simplefilter("ignore", UserWarning)
        # scikit-learn refuses folds only where every class is smaller than their number.
        if np.bincount(y).max() < n_folds:
            return (
                np.random.default_rng(seed)
                .permutation(np.arange(len(y)) % n_folds)
                .astype(np.uint8)
            )
        for fold, (_, test) in enumerate(splitter.split(np.zeros((len(y), 1)), y, groups)):
            folds[test] = fold
    return folds


def is_fitted(estimator):
    """Whether an estimator says that it is fitted."""
    try:
        check_is_fitted(estimator)
    except (NotFittedError, TypeError):
        return False
    return True


def score_fitted(estimator, X, classes):
    """Scores of a fitted estimator on rows, as Scored."""
    regressor = is_regressor_given_labels(estimator)
    with warnings.catch_warnings():
        if regressor:
            warnings.simplefilter("ignore")
        scores, pred, response = score_rows(estimator, X, classes, encoded=regressor)
    name = REGRESSOR if regressor else type(estimator).__name__
    return to_scored(scores, pred, response, len(classes), name)


def train_state(scored, y, n_classes, sample_weight):
    """The model on its training rows, as sums."""
    totals = class_totals(y, scored.pred, n_classes, sample_weight)
    if scored.proba is None:
        return TrainState(None, None, tuple(totals), len(y))
    return TrainState(
        float(np.average(log_loss_rows(scored.proba, y), weights=sample_weight)),
        float(np.average(brier_rows(scored.proba, y), weights=sample_weight)),
        tuple(totals),
        len(y),
    )


def _mean_train_state(states):
    """Mean over folds of what the fold models did on their training rows."""
    states = [state for state in states if state is not None]
    if not states:
        return None
    known = [s["log_loss"] for s in states if s["log_loss"] is not None]
    totals = tuple(np.sum([s["totals"][k] for s in states], axis=0) for k in range(3))
    return TrainState(
        float(np.mean(known)) if len(known) == len(states) else None,
        float(np.mean([s["brier"] for s in states])) if len(known) == len(states) else None,
        totals,
        int(np.mean([s["n_rows"] for s in states])),
    )


def base_facts(estimator, request, **more):
    """Facts about the estimator that checks read."""
    inner = estimator
    facts = {
        "estimator": type(inner).__name__,
        "scoring": request.scoring,
        "notes": request.notes,
        "regressor_given_labels": is_regressor_given_labels(estimator),
    }
    steps = getattr(inner, "steps", None)
    if isinstance(steps, list) and steps:
        names = [type(step).__name__ for _, step in steps if not isinstance(step, str)]
        facts["estimator"] = f"Pipeline({', '.join(names)})"
    return facts | more


def gather_validation(estimator, fitted, data, validation, request, reference=None):
    """Evidence on validation rows.

    Parameters
    ----------
    estimator : estimator
        Unfitted, for remedies.
    fitted : fitted estimator
        What is judged.
    data : Data
        Training rows.
    validation : Data
        Rows to judge.
    request : Request
        What was asked for.
    reference : Scored, default=None
        Reference model on the validation rows.

    Returns
    -------
    Evidence
    """
    scored = score_fitted(fitted, validation.X, request.classes)
    train = score_fitted(fitted, data.X, request.classes)
    n_classes = len(request.classes)
    at_limit, known = steps_at_limit(fitted)
    facts = base_facts(
        fitted,
        request,
        n_train=len(data.y),
        at_iteration_limit=at_limit,
        n_iterations_known=known,
        has_groups=validation.groups is not None,
    )
    _add_metric_value(facts, request, scored, validation.y, validation.X)
    groups = validation.groups
    if groups is not None:  # in the numbering of the training rows
        groups = np.unique(groups, return_inverse=True)[1]
    counts = np.stack([np.bincount(part.y, minlength=n_classes) for part in (data, validation)])
    return Evidence(
        y=validation.y,
        classes=request.classes,
        model=scored,
        metric=request.metric,
        pos=request.pos,
        source="validation",
        rows=np.arange(len(validation.y)),
        folds=map_folds(validation.y, groups, request.seed),
        groups=groups,
        train_counts=np.bincount(data.y, data.weight, n_classes),
        split_counts=counts,
        train=train_state(train, data.y, n_classes, data.weight),
        reference=reference,
        estimator=estimator,
        conflicts=label_conflicts(data.X, data.y, data.weight),
        facts=facts,
    )


def _add_metric_value(facts, request, scored, y, X, weight=None):
    """Value of a metric that is not computed from labels."""
    if request.metric.kind == "label":
        return
    value, note = scorer_value(request.metric, request.classes, scored, y, weight, X, request.pos)
    facts["metric_value"] = value
    if note:
        request.note(note)


def gather_out_of_fold(
    estimator,
    data,
    request,
    fitted=None,
    with_reference=True,
    thorough=False,
    with_columns=True,
    choice=None,
):
    """Evidence out of fold: the model, a reference and the twins on one set of folds.

    Parameters
    ----------
    estimator : estimator
        Unfitted; cloned for every fold.
    data : Data
        Training rows, already sampled.
    request : Request
        What was asked for.
    fitted : fitted estimator, default=None
        Tells whether an optimiser reached its limit.
    with_reference : bool, default=True
        Whether to fit the reference.
    thorough : bool, default=False
        Whether to try every twin that applies, a learning curve, other seeds and the whole search.
    with_columns : bool, default=True
        Whether to ask what single columns tell of the target; not where that is asked of
        validation rows as well.
    choice : Choice, default=None
        The search that chose the estimator, or that it holds.

    Returns
    -------
    evidence : Evidence
    bench : Workbench
        Rows and folds, for more refits.
    """
    bench = Workbench(estimator, data, request)
    # A model that holds the search is that search, repeated in the folds.
    describe = describe_search if choice is not None and choice.whole is None else None
    scores = bench.out_of_fold(
        estimator, "the model out of fold", want_train=True, describe=describe
    )
    model = bench.to_scored(scores, estimator)
    facts = base_facts(
        estimator,
        request,
        n_train=int(bench.folds.mean_sizes[0]),
        has_groups=data.groups is not None,
    )
    _iteration_facts(facts, estimator, fitted, model)
    train = _mean_train_state(scores.train_states)
    reference = _reference_out_of_fold(bench) if with_reference else None
    conflicts = label_conflicts(data.X, data.y, data.weight)
    subject = Subject(
        estimator=estimator,
        X=data.X,
        y=data.y,
        labels=data.labels,
        n_classes=len(request.classes),
        weight=data.weight,
        groups=data.groups,
        scored=model,
        scored_rows=scores.row,
        train=train,
        reference=reference,
        at_limit=tuple(facts["at_iteration_limit"]),
        conflicts=conflicts,
        regressor=facts["regressor_given_labels"],
        seed=request.seed,
    )
    twins, no_twins = fit_twins(bench, subject, most=None if thorough else MAX_TWINS)
    if not subject.regressor:
        twins |= reference_twin(data.X, request.seed, reference)
    curve = learning_curve(bench, estimator, model) if thorough else None
    seeds = score_seeds(bench, estimator, model) if thorough else ()
    nested = None if choice is None else nest_search(bench, choice, scores, model, thorough)
    leaks, found = fold_leaks(bench, with_columns)
    facts |= found
    conflicts = {**conflicts, "rows": data.rows[conflicts["rows"]]}
    weight, groups = _triplet_weights(scores, data)
    n_train, n_test = bench.folds.mean_sizes
    y = data.y[scores.row]
    if request.metric.kind != "label":
        judged = _safe_indexing(data.X, scores.row)
        given = None if data.weight is None else weight
        _add_metric_value(facts, request, model, y, judged, given)
    evidence = Evidence(
        y=y,
        classes=request.classes,
        model=model,
        metric=request.metric,
        pos=request.pos,
        source="out-of-fold",
        rows=data.rows[scores.row],
        folds=map_folds(y, groups, request.seed),
        sample_weight=weight,
        groups=groups,
        # Repeats of a row are one row in the clustered variance: the factor counts one pass of it.
        inflation=nadeau_bengio_inflation(
            n_train, n_test, bench.n_splits / float(np.bincount(scores.row).max())
        ),
        train_counts=np.bincount(data.y, data.weight, len(request.classes)),
        split_counts=np.stack(
            [
                np.bincount(data.y[test], minlength=len(request.classes))
                for _, test in bench.folds.splits
            ]
        ),
        train=train,
        reference=reference,
        twins=twins,
        no_twins=no_twins,
        learning_curve=curve,
        seeds=seeds,
        nested_search=nested,
        estimator=estimator,
        conflicts=conflicts,
        facts=facts,
        leaks=leaks,
    )
    return evidence, bench


def _reference_out_of_fold(bench):
    """The reference on the folds of the model; None, with a note, where there is none."""
    reference, reason = make_reference(bench.data.X, bench.request.seed)
    if reference is None:
        bench.request.note(f"No reference: {reason}")
        return None
    return bench.attempt(reference, "the reference")[0]


def _triplet_weights(scores, data):
    """Weights of (row, fold) pairs, and what varies independently: groups, else repeated rows."""
    per_row = scores.row_weight
    repeated = bool((per_row < 1).any())
    weight = None
    if data.weight is not None or repeated:
        weight = per_row * (1.0 if data.weight is None else data.weight[scores.row])
    groups = None
    if data.groups is not None:
        groups = np.unique(data.groups[scores.row], return_inverse=True)[1]
    elif repeated:
        groups = np.unique(scores.row, return_inverse=True)[1]
    return weight, groups


def _iteration_facts(facts, estimator, fitted, model):
    """Whether an optimiser stopped at its limit: by the fitted object, else by its warnings."""
    at_limit, known = steps_at_limit(fitted) if fitted is not None else ([], False)
    facts["at_iteration_limit"] = at_limit
    # Fold fits that reach a limit warn: silence of an estimator that has a limit is an answer.
    facts["n_iterations_known"] = known or bool(model.warnings) or bool(iteration_limits(estimator))


def fit_clone(estimator, data, seed):
    """Fit a seeded clone on all training rows; convergence warnings are what a check is for."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        target = data.y if is_regressor_given_labels(estimator) else data.labels
        params = weight_params(estimator, data.weight)
        if data.groups is not None and takes_groups(estimator):
            params["groups"] = data.groups
        return seed_clone(clone(estimator), seed).fit(data.X, target, **params)


def reference_on(data, validation, request):
    """Scores on the validation rows of a reference fitted on training rows, or None."""
    model, reason = make_reference(data.X, request.seed)
    if model is None:
        request.note(f"No reference: {reason}")
        return None
    request.say("the reference on the validation rows")

    def score():
        model.fit(data.X, data.labels, **weight_params(model, data.weight))
        scores, pred, response = score_rows(model, validation.X, request.classes)
        return to_scored(scores, pred, response, len(request.classes), "the reference")

    return attempt(score, "the reference", request.notes)[0]
