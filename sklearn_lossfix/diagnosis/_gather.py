"""Gather evidence: score rows, refit on folds, and put what was seen into plain arrays."""

import warnings

import numpy as np
from sklearn import get_config
from sklearn.base import clone
from sklearn.exceptions import ConvergenceWarning, NotFittedError
from sklearn.model_selection import StratifiedGroupKFold, StratifiedKFold
from sklearn.model_selection._search import BaseSearchCV
from sklearn.utils import _safe_indexing
from sklearn.utils.validation import check_is_fitted

from sklearn_lossfix._core._evidence import Evidence, Scored, TrainState, Twin
from sklearn_lossfix._core._oof import (
    fix_folds,
    is_regressor_given_labels,
    out_of_fold,
    score_rows,
    seed_clone,
    weight_params,
)
from sklearn_lossfix._core._paired_tests import nadeau_bengio_inflation
from sklearn_lossfix._core._proper_scores import brier_rows, log_loss_rows
from sklearn_lossfix._core._validation import check_probabilities
from sklearn_lossfix.decision._metrics import class_totals
from sklearn_lossfix.diagnosis._equal_rows import label_conflicts
from sklearn_lossfix.diagnosis._recorded_scores import scorer_value
from sklearn_lossfix.diagnosis._reference import make_reference
from sklearn_lossfix.diagnosis._twins import (
    classifier_twin,
    column_spread,
    converged_twin,
    iteration_limits,
    scaled_twin,
    steps_at_limit,
)
from sklearn_lossfix.diagnosis.checks.unscaled_features import SPREAD_RATIO

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


def to_scored(scores, pred, response, n_classes, name, convergence=()):
    """Put scores where they belong, and refuse probabilities that are none."""
    if response == "predict_proba":
        proba = check_probabilities(scores, n_classes, f"predict_proba of {name}")
        return Scored(pred, proba=proba, warnings=tuple(convergence))
    if response == "decision_function":
        missing = np.flatnonzero(np.isnan(scores.reshape(len(scores), -1)).any(axis=1))
        if missing.size:
            raise ValueError(
                f"decision_function of {name} gave NaN in {missing.size} rows (first: "
                f"{missing[:5].tolist()}). Expected a number in every row."
            )
        return Scored(pred, margins=scores, warnings=tuple(convergence))
    return Scored(pred, margins=scores if name == REGRESSOR else None, warnings=tuple(convergence))


# Marks scores that are a regressor's predictions: numbers on the scale of the codes.
REGRESSOR = "a regressor"


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
        estimator,
        request,
        n_train=len(data.y),
        at_iteration_limit=at_limit,
        n_iterations_known=known,
    )
    _add_metric_value(facts, request, scored, validation.y, validation.X)
    counts = np.stack([np.bincount(part.y, minlength=n_classes) for part in (data, validation)])
    return Evidence(
        y=validation.y,
        classes=request.classes,
        model=scored,
        metric=request.metric,
        pos=request.pos,
        source="validation",
        rows=np.arange(len(validation.y)),
        folds=map_folds(validation.y, None, request.seed),
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
    value, note = scorer_value(request.metric, request.classes, scored, y, weight, X)
    facts["metric_value"] = value
    if note:
        request.notes.append(note)


def gather_out_of_fold(estimator, data, request, fitted=None, with_reference=True):
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

    Returns
    -------
    Evidence
    """
    folds = fix_folds(
        request.cv, data.X, data.labels, groups=data.groups, random_state=request.seed
    )
    n_classes = len(request.classes)
    regressor = is_regressor_given_labels(estimator)

    def run(model, what, encoded=False, want_train=False):
        return out_of_fold(
            model,
            data.X,
            data.labels,
            folds,
            sample_weight=data.weight,
            n_jobs=request.n_jobs,
            random_state=request.seed,
            encoded=encoded,
            want_train=want_train,
            on_done=request.counter(what),
        )

    scores = run(estimator, "the model out of fold", encoded=regressor, want_train=True)
    name = REGRESSOR if regressor else type(estimator).__name__

    def scored_of(result, label):
        return to_scored(
            result.scores, result.pred, result.response, n_classes, label, result.warnings
        )

    model = scored_of(scores, name)
    facts = base_facts(
        estimator,
        request,
        n_train=int(folds.mean_sizes[0]),
        has_groups=data.groups is not None,
    )
    _iteration_facts(facts, estimator, fitted, model)

    reference = None
    if with_reference:
        reference_model, reason = make_reference(data.X, request.seed)
        if reference_model is None:
            request.notes.append(f"No reference: {reason}")
        else:
            label = "the reference"
            reference, _ = _attempt(
                lambda: scored_of(run(reference_model, label), label), label, request
            )
    twins = {}
    applicable = applicable_twins(estimator, data, facts, bool(model.warnings), request.seed)
    for key, (twin, changes, code, params) in applicable.items():
        label = f"the {key} twin"
        scored, reason = _attempt(
            lambda twin=twin, label=label: scored_of(run(twin, label), label), label, request
        )
        if scored is None:
            facts.setdefault("failed_twins", {})[key] = reason
        else:
            twins[key] = Twin(scored, twin, changes, code, params)
    conflicts = label_conflicts(data.X, data.y, data.weight)
    conflicts["rows"] = data.rows[conflicts["rows"]]
    weight, groups = _triplet_weights(scores, data)
    n_train, n_test = folds.mean_sizes
    y = data.y[scores.row]
    if request.metric.kind != "label":
        judged = _safe_indexing(data.X, scores.row)
        given = None if data.weight is None else weight
        _add_metric_value(facts, request, model, y, judged, given)
    return Evidence(
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
            n_train, n_test, len(folds.splits) / float(np.bincount(scores.row).max())
        ),
        train_counts=np.bincount(data.y, data.weight, n_classes),
        split_counts=np.stack(
            [np.bincount(data.y[test], minlength=n_classes) for _, test in folds.splits]
        ),
        train=_mean_train_state(scores.train_states),
        reference=reference,
        twins=twins,
        estimator=estimator,
        conflicts=conflicts,
        facts=facts,
    )


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


def applicable_twins(estimator, data, facts, warned, seed=0):
    """The twins that this estimator and these data call for; `warned` of convergence.

    Returns
    -------
    dict of str to (estimator, changes, code, params)
    """
    if facts["regressor_given_labels"]:
        facts["no_spread_reason"] = "The estimator is a regressor: replace it first."
        return {"classifier": classifier_twin(estimator)}
    twins = {}
    if facts["at_iteration_limit"] or warned:
        twin = converged_twin(estimator)
        if twin is not None:
            twins["converged"] = twin
    try:
        seeded = seed_clone(clone(estimator), seed)
        spread, reason = column_spread(seeded, data.X, data.labels)
    except Exception as error:  # a user's step may raise anything; the report must survive it
        spread, reason = None, f"The steps before the last one failed: {error}"
    facts["column_spread"] = spread
    facts["no_spread_reason"] = reason
    if spread is not None and spread["ratio"] > SPREAD_RATIO:
        twins["scaled"] = scaled_twin(estimator, data.X)
    return twins


def fit_clone(estimator, data, seed):
    """Fit a seeded clone on all training rows; convergence warnings are what a check is for."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        target = data.y if is_regressor_given_labels(estimator) else data.labels
        params = weight_params(estimator, data.weight)
        if data.groups is not None and _takes_groups(estimator):
            params["groups"] = data.groups
        return seed_clone(clone(estimator), seed).fit(data.X, target, **params)


def _takes_groups(estimator):
    """Whether `fit` hands groups to a splitter, as searches do."""
    if get_config()["enable_metadata_routing"]:
        router = getattr(estimator, "get_metadata_routing", None)
        return router is not None and bool(router().consumes("fit", ["groups"]))
    return isinstance(estimator, BaseSearchCV)


def reference_on(data, validation, request):
    """Scores on the validation rows of a reference fitted on training rows, or None."""
    model, reason = make_reference(data.X, request.seed)
    if model is None:
        request.notes.append(f"No reference: {reason}")
        return None
    request.say("the reference on the validation rows")

    def score():
        model.fit(data.X, data.labels, **weight_params(model, data.weight))
        scores, pred, response = score_rows(model, validation.X, request.classes)
        return to_scored(scores, pred, response, len(request.classes), "the reference")

    return _attempt(score, "the reference", request)[0]


def _attempt(score, what, request):
    """Scores of a fit that the user did not ask for; where it fails, None and the reason, noted."""
    try:
        return score(), None
    except Exception as error:  # any estimator may raise anything on data it was not made for
        first = str(error).partition("\n")[0]
        reason = f"{what} could not be fitted ({type(error).__name__}: {first})."
        reason = reason[0].upper() + reason[1:]
        request.notes.append(reason)
        return None, reason
