"""diagnose() and diagnose_predictions(): check what came in, gather evidence, build the report."""

import numbers
from dataclasses import replace
from functools import partial

import numpy as np
from sklearn.base import clone
from sklearn.frozen import FrozenEstimator
from sklearn.utils import check_random_state, get_tags, indexable
from sklearn.utils.validation import _num_samples, check_is_fitted

from sklearn_lossfix._core._evidence import Evidence, Scored, TrainState
from sklearn_lossfix._core._oof import frozen_parts, weight_params
from sklearn_lossfix._core._proper_scores import brier_rows, log_loss_rows
from sklearn_lossfix._core._validation import (
    check_groups,
    check_probabilities,
    check_same_length,
    check_target,
    check_weights,
    encode_target,
    refuse_lazy,
)
from sklearn_lossfix.decision._metrics import class_totals
from sklearn_lossfix.decision._positive_class import resolve_positive
from sklearn_lossfix.decision._scoring import metric_for_classes
from sklearn_lossfix.diagnosis._analysis import Analysis
from sklearn_lossfix.diagnosis._build import build_report
from sklearn_lossfix.diagnosis._compare import compared_scores
from sklearn_lossfix.diagnosis._equal_rows import label_conflicts
from sklearn_lossfix.diagnosis._fix import fix_report
from sklearn_lossfix.diagnosis._gather import (
    base_facts,
    fit_clone,
    gather_out_of_fold,
    gather_validation,
    is_fitted,
    map_folds,
    reference_on,
    score_fitted,
)
from sklearn_lossfix.diagnosis._history_report import build_history_report
from sklearn_lossfix.diagnosis._judging import DEFAULT_ALPHA
from sklearn_lossfix.diagnosis._recorded_scores import scorer_value
from sklearn_lossfix.diagnosis._request import Data, Request, sample_for_refits
from sklearn_lossfix.diagnosis._run_checks import EFFORTS, validate_ignore
from sklearn_lossfix.diagnosis._validation_leaks import (
    with_groups_and_times,
    with_validation_checks,
)
from sklearn_lossfix.diagnosis.checks import BUILTIN_CHECKS
from sklearn_lossfix.exceptions import FrozenPartError


def _check_alpha(alpha):
    """Return `alpha` as a float in (0, 1)."""
    if not isinstance(alpha, numbers.Real) or isinstance(alpha, bool) or not 0 < alpha < 1:
        raise ValueError(f"alpha must be a number between 0 and 1. Got {alpha!r} instead.")
    return float(alpha)


def _seed_of(random_state):
    """One integer seed; None is 0, so that two calls agree."""
    if random_state is None:
        return 0
    if isinstance(random_state, numbers.Integral) and random_state < 0:
        raise ValueError(f"random_state must not be negative. Got {random_state} instead.")
    if isinstance(random_state, numbers.Integral) and not isinstance(random_state, bool):
        return int(random_state)
    return int(check_random_state(random_state).randint(np.iinfo(np.int32).max))


def diagnose_predictions(
    y,
    y_proba,
    *,
    classes=None,
    y_pred=None,
    y_train=None,
    y_proba_train=None,
    sample_weight=None,
    groups=None,
    scoring=None,
    pos_label=None,
    alpha=0.01,
    ignore=(),
    random_state=None,
):
    """Explain the gap between loss and metric from labels and probabilities alone.

    For probabilities from any framework. Nothing is fitted but small recalibration maps and
    decision rules, each judged on rows it did not see.

    Parameters
    ----------
    y : array-like of shape (n_rows,)
        True labels of rows that the model did not learn from.
    y_proba : array-like of shape (n_rows, n_classes) or (n_rows,)
        Probabilities, columns in the order of `classes`; one column is the probability of the
        second of two classes. Columns of a dataframe that are named like the classes are found by
        name.
    classes : array-like of shape (n_classes,), default=None
        Labels in the order of the columns; None takes the sorted labels of `y`.
    y_pred : array-like of shape (n_rows,), default=None
        Predicted labels; None takes the argmax of `y_proba`.
    y_train : array-like of shape (n_train,), default=None
        Labels of the training rows: gives the prior and the test of the split.
    y_proba_train : array-like of shape (n_train, n_classes) or (n_train,), default=None
        Probabilities of the training rows: gives the gap from training.
    sample_weight : array-like of shape (n_rows,), default=None
        Weights.
    groups : array-like of shape (n_rows,), default=None
        Groups of rows that vary together.
    scoring : str or callable, default=None
        Metric to explain; None is accuracy, with balanced accuracy beside it.
    pos_label : label, default=None
        Positive class of metrics that need one; None takes 1 of {0, 1}, {-1, 1} and booleans, and
        the rarer class of other labels.
    alpha : float, default=0.01
        Level of the findings, after Benjamini-Hochberg over the report.
    ignore : str or iterable of str, default=()
        Names of findings not to judge.
    random_state : int, RandomState or None, default=None
        Seed of the folds of maps and rules; None is seed 0.

    Returns
    -------
    FitReport
        Ledgers that sum exactly, ranked findings with tests behind them, and remedies.

    Raises
    ------
    ValueError
        For inputs that do not fit together; the message says which and what was expected.
    TypeError
        For lazy or distributed inputs.

    See Also
    --------
    diagnose : Judge an estimator; finds more, because it can refit.
    flip_table : Compare two forecasts of the same rows.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn_lossfix import diagnose_predictions
    >>> rng = np.random.default_rng(0)
    >>> truth = rng.uniform(0.05, 0.95, 1000)
    >>> y = (rng.random(1000) < truth).astype(int)
    >>> odds = (truth / (1 - truth)) ** 3  # three times too sure, on the log-odds
    >>> report = diagnose_predictions(y, odds / (1 + odds))
    >>> [finding.name for finding in report.issues]
    ['overconfident']
    """
    alpha, seed = _check_alpha(alpha), _seed_of(random_state)
    ignore = validate_ignore(ignore, BUILTIN_CHECKS, kind="model")
    refuse_lazy(y, "y")
    refuse_lazy(y_proba, "y_proba")
    check_same_length(
        y=y, y_proba=y_proba, y_pred=y_pred, sample_weight=sample_weight, groups=groups
    )
    labels = check_target(y)
    codes, classes = _codes_of_predictions(labels, classes)
    n_classes = len(classes)
    proba = check_probabilities(_in_class_order(y_proba, classes), n_classes)
    if y_pred is None:
        pred = proba.argmax(axis=1).astype(codes.dtype)
    else:
        pred, _ = encode_target(check_target(y_pred, "y_pred"), classes, name="y_pred")
    weight = _check_class_weights(sample_weight, codes, classes)
    return _report_of_scores(
        Scored(pred, proba=proba),
        codes,
        classes,
        weight=weight,
        groups=check_groups(groups, len(codes), at_least=2),
        scoring=scoring,
        pos_label=pos_label,
        alpha=alpha,
        ignore=ignore,
        seed=seed,
        call="diagnose_predictions",
        **_training_facts(y_train, y_proba_train, codes, classes),
    )


def _report_of_scores(
    scored,
    codes,
    classes,
    *,
    weight,
    groups,
    scoring,
    pos_label,
    alpha,
    ignore,
    seed,
    call,
    facts=None,
    source="predictions",
    rows=None,
    **fields,
):
    """Report of recorded scores: nothing is fitted but maps and rules."""
    metric = metric_for_classes(scoring, classes)
    if metric.matrix is not None:  # ledgers follow metrics of totals
        metric = metric.as_opaque()
    counts = np.bincount(codes, minlength=len(classes))
    pos, note = resolve_positive(metric, classes, counts, pos_label)
    notes = [note] if note else []
    facts = {
        "estimator": "probabilities",
        "scoring": scoring,
        "notes": notes,
        "no_twins_reason": "No estimator and no features were given to refit.",
        "n_iterations_known": False,
        "has_groups": groups is not None,
        **(facts or {}),
    }
    if metric.kind != "label":
        facts["metric_value"], note = scorer_value(metric, classes, scored, codes, weight)
        notes.extend([note] if note else [])
    evidence = Evidence(
        y=codes,
        classes=classes,
        model=scored,
        metric=metric,
        pos=pos,
        source=source,
        rows=np.arange(len(codes), dtype=np.int32) if rows is None else rows,
        folds=map_folds(codes, groups, seed),
        sample_weight=weight,
        groups=groups,
        facts=facts,
        **fields,
    )
    return build_report(
        Analysis(evidence, alpha),
        effort="fast",
        ignore=ignore,
        context={"random_state": seed, "call": call},
    )


def _in_class_order(y_proba, classes):
    """Columns that are named like the classes, in the order of the classes."""
    names = list(getattr(y_proba, "columns", []))
    labels = classes.tolist()
    named = len(names) == len(labels) and set(names) == set(labels)
    return y_proba[labels] if named and names != labels else y_proba


def _codes_of_predictions(labels, classes):
    """Codes and classes; `classes` must be distinct, and at least two."""
    if classes is None:
        return encode_target(labels)
    # Through a list: labels held as objects (text of a dataframe) get a dtype of their own.
    classes = np.array(np.asarray(classes).tolist())
    if classes.ndim != 1 or len(classes) < 2 or len(np.unique(classes)) != len(classes):
        raise ValueError(
            f"classes must hold at least two distinct labels. Got {classes.tolist()} instead."
        )
    codes, classes = encode_target(labels, classes)
    if len(np.unique(codes)) < 2:
        raise ValueError(
            f"y holds a single class, {classes[codes[0]].item()!r}. Expected rows of at least two "
            f"classes: loss and accuracy say nothing about a constant target."
        )
    return codes, classes


def _training_facts(y_train, y_proba_train, codes, classes):
    """Fields of the evidence that come from training rows."""
    if y_train is None:
        if y_proba_train is not None:
            raise ValueError("y_proba_train was given without y_train. Pass the labels as well.")
        return {}
    train, _ = encode_target(check_target(y_train, "y_train"), classes, name="y_train")
    n_classes = len(classes)
    counts = np.stack([np.bincount(part, minlength=n_classes) for part in (train, codes)])
    fields = {"train_counts": counts[0].astype(float), "split_counts": counts}
    if y_proba_train is not None:
        check_same_length(y_train=y_train, y_proba_train=y_proba_train)
        proba = check_probabilities(y_proba_train, n_classes, "y_proba_train")
        fields["train"] = TrainState(
            float(log_loss_rows(proba, train).mean()),
            float(brier_rows(proba, train).mean()),
            tuple(class_totals(train, proba.argmax(axis=1), n_classes)),
            len(train),
        )
    return fields


def diagnose(
    estimator,
    X,
    y,
    *,
    X_val=None,
    y_val=None,
    sample_weight=None,
    groups=None,
    groups_val=None,
    times=None,
    times_val=None,
    compare=None,
    scoring=None,
    pos_label=None,
    cv=5,
    effort="normal",
    alpha=0.01,
    ignore=(),
    n_jobs=None,
    random_state=None,
    verbose=0,
):
    """Explain the gap between the loss and the metric of a classifier.

    The estimator is never refitted or changed: clones are. With validation rows the fitted
    estimator is judged on them; out of fold it is judged as well.

    Parameters
    ----------
    estimator : estimator
        Any classifier, Pipeline (of scikit-learn or imbalanced-learn), search or meta-estimator,
        fitted or not. A fitted search is judged through ``best_estimator_``.
    X : array-like of shape (n_rows, n_features)
        Training rows: array, sparse matrix, pandas or polars dataframe.
    y : array-like of shape (n_rows,)
        Their labels: two or more classes, any type.
    X_val, y_val : array-like, default=None
        Rows that the estimator did not learn from, and their labels.
    sample_weight : array-like of shape (n_rows,), default=None
        Weights of the training rows: used in fits that can use them, and out of fold.
    groups : array-like of shape (n_rows,), default=None
        Groups of the training rows: kept together in folds, and the unit of intervals.
    groups_val : array-like of shape (n_val,), default=None
        Groups of the validation rows, named as in `groups`: shows groups on both sides of the
        split, and is the unit of intervals there.
    times, times_val : array-like of shape (n_rows,), (n_val,), default=None
        When the training and the validation rows were seen, as numbers or datetimes: shows
        training rows that are later than judged ones.
    compare : estimator, default=None
        Another model, or the same one before a change, scored on the same rows and folds: the flip
        table then leads from it to `estimator`, and the table ``"compare"`` says what changed, with
        intervals. Fitted or not, as `estimator`.
    scoring : str or callable, default=None
        Metric to explain; None is accuracy, with balanced accuracy beside it. Metrics of rankings
        and unknown callables are reported; their decision rule is not.
    pos_label : label, default=None
        Positive class of metrics that need one; None takes 1 of {0, 1}, {-1, 1} and booleans, and
        the rarer class of other labels.
    cv : int, splitter or iterable, default=5
        Folds; an int means stratified, shuffled folds (grouped where `groups` is given).
    effort : {"fast", "normal", "thorough"}, default="normal"
        "fast" fits nothing and needs a fitted estimator with X_val and y_val. "normal" scores out
        of fold, with a gradient-boosting reference and at most five twins that apply on the same
        folds, the likeliest first; above 20,000 training rows the refits use a stratified sample,
        and the report says so. "thorough" tries every twin that applies, other seeds, and the
        model on shares of its training rows.
    alpha : float, default=0.01
        Level of the findings, after Benjamini-Hochberg over the report.
    ignore : str or iterable of str, default=()
        Names of findings not to judge.
    n_jobs : int, default=None
        Folds fitted at a time, through joblib. The result does not depend on it.
    random_state : int, RandomState or None, default=None
        Seed of folds, reference and free seeds of the clones; None is seed 0.
    verbose : int, default=0
        Above 0: progress on standard error.

    Returns
    -------
    FitReport
        Ledgers that sum exactly, ranked findings with tests behind them, and remedies.

    Raises
    ------
    ValueError
        For inputs that do not fit together; the message says what was expected, what came, and what
        to do.
    FrozenPartError
        If a part of the estimator is frozen or prefit and there are no validation rows.
    TypeError
        For lazy or distributed inputs.

    See Also
    --------
    diagnose_predictions : The same from probabilities alone.

    Examples
    --------
    >>> from sklearn.datasets import load_breast_cancer
    >>> from sklearn.linear_model import LogisticRegression
    >>> from sklearn.model_selection import train_test_split
    >>> from sklearn_lossfix import diagnose
    >>> X, y = load_breast_cancer(return_X_y=True)
    >>> parts = train_test_split(X, y, stratify=y, random_state=0)
    >>> X_train, X_val, y_train, y_val = parts
    >>> model = LogisticRegression(max_iter=5000).fit(X_train, y_train)
    >>> report = diagnose(model, X_train, y_train, X_val=X_val, y_val=y_val, effort="fast")
    >>> report.error_ledger.quantity
    '1 - accuracy'
    """
    alpha = _check_alpha(alpha)
    if effort not in EFFORTS:
        raise ValueError(f"effort must be one of {list(EFFORTS)}. Got {effort!r} instead.")
    ignore = validate_ignore(ignore, BUILTIN_CHECKS, kind="model")
    _check_estimator(estimator)
    if compare is not None:
        _check_estimator(compare, "compare")
    _check_pairs(X_val, y_val, effort)
    refuse_lazy(X, "X")
    refuse_lazy(y, "y")
    check_same_length(X=X, y=y, sample_weight=sample_weight, groups=groups, times=times)
    (X,) = indexable(X)  # sparse formats without rows become ones with rows
    codes, classes = encode_target(check_target(y))
    data = Data(
        X,
        codes,
        classes[codes],
        _check_class_weights(sample_weight, codes, classes),
        check_groups(groups, len(codes), at_least=2),
        np.arange(len(codes)),
    )
    data, validation = with_groups_and_times(
        data,
        None if X_val is None else _validation_data(X_val, y_val, classes),
        (groups, groups_val),
        (times, times_val),
    )
    metric = metric_for_classes(scoring, classes)
    counts = np.bincount(codes, minlength=len(classes))
    pos, note = resolve_positive(metric, classes, counts, pos_label)
    notes = [note] if note else []
    request = Request(
        metric, scoring, classes, pos, _seed_of(random_state), n_jobs, cv, verbose, notes
    )
    if X_val is X:
        notes.append("X_val is X: the model was judged on rows that it learnt from.")
    if data.weight is not None and not weight_params(estimator, data.weight):
        notes.append(
            f"{type(estimator).__name__} takes no sample_weight in fit: the weights count in every "
            f"loss and metric, and not in the fits."
        )
    context = {"random_state": request.seed, "call": "diagnose", "cv": repr(cv)}
    analysis = _gather(estimator, data, validation, request, effort, alpha)
    if compare is not None:
        analysis = _beside(compare, analysis, data, validation, request)
    return _fixable_report(analysis, effort=effort, ignore=ignore, context=context)


def _beside(compare, analysis, data, validation, request):
    """The analysis with the scores of another model on the same rows."""
    compare = getattr(compare, "best_estimator_", compare)
    bench = analysis.refits.bench
    if validation is None:
        _refuse_frozen(compare)
    facts = {
        **analysis.evidence.facts,
        "compared": base_facts(compare, request)["estimator"],
    }
    scored = compared_scores(compare, _for_remedies(compare), data, validation, request, bench)
    evidence = replace(analysis.evidence, compared=scored, facts=facts)
    refits = None if analysis.refits is analysis else analysis.refits
    return Analysis(evidence, analysis.alpha, refits, bench)


def _fixable_report(analysis, **given):
    """Report whose remedies can be tried, where anything can be refitted."""
    bench = analysis.refits.bench
    if bench is None:
        return build_report(analysis, **given)
    rebuild = partial(_report_of_repaired, bench=bench, alpha=analysis.alpha, **given)

    def fixer_of(findings):
        return partial(fix_report, analysis, findings, rebuild)

    return build_report(analysis, fixer_of=fixer_of, **given)


def _report_of_repaired(estimator, *, bench, alpha, **given):
    """Report of another estimator on the same rows and folds."""
    request = replace(bench.request, notes=[])
    thorough = given["effort"] == "thorough"
    evidence, bench = gather_out_of_fold(estimator, bench.data, request, thorough=thorough)
    return _fixable_report(Analysis(evidence, alpha, bench=bench), **given)


def _check_estimator(estimator, name="estimator"):
    """Refuse what is not an estimator object."""
    wanted = all(hasattr(estimator, name) for name in ("fit", "get_params"))
    unusable = not wanted or getattr(estimator, "refit", True) is False
    if isinstance(estimator, type) or unusable or not _predicts(estimator):
        shown = estimator.__name__ if isinstance(estimator, type) else type(estimator).__name__
        hint = "Predictions of other models go to diagnose_predictions(y, y_proba)."
        if isinstance(estimator, type):
            hint = f"Did you mean {shown}()?"
        elif getattr(estimator, "refit", True) is False:
            hint = "With refit=False a search has no best estimator to judge: use refit=True."
        raise TypeError(
            f"{name} must be a scikit-learn compatible classifier with fit, predict and "
            f"get_params. Got {shown} instead. {hint}"
        )


def _check_class_weights(sample_weight, codes, classes):
    """Checked weights; those that leave a single class are refused like a target of one class."""
    weight = check_weights(sample_weight, len(codes))
    if weight is None:
        return None
    left = np.unique(codes[weight > 0])
    if len(left) < 2:
        raise ValueError(
            f"sample_weight is zero in every row that is not of class {classes[left[0]].item()!r}. "
            f"Expected positive weights in rows of at least two classes."
        )
    return weight


def _predicts(estimator):
    """Whether an estimator says that it is a classifier or regressor, or at least predicts."""
    try:
        kind = get_tags(estimator).estimator_type
    except AttributeError:  # a duck-typed estimator without tags
        kind = None
    if kind is None:
        return hasattr(estimator, "predict")
    return kind in ("classifier", "regressor")


def _check_pairs(X_val, y_val, effort):
    """X_val and y_val come together, and fast effort needs them."""
    if (X_val is None) != (y_val is None):
        given, missing = ("X_val", "y_val") if y_val is None else ("y_val", "X_val")
        raise ValueError(f"{given} was given without {missing}. Pass both or neither.")
    if effort == "fast" and X_val is None:
        raise ValueError(
            "effort='fast' fits nothing, so it needs rows that the estimator did not learn from: "
            "pass X_val and y_val. Objects of this package have est.diagnose(X_test, y_test); "
            "probabilities from anywhere go to diagnose_predictions(y_test, y_proba)."
        )


def _validation_data(X_val, y_val, classes):
    """Validation rows, with labels that training has seen."""
    refuse_lazy(X_val, "X_val")
    refuse_lazy(y_val, "y_val")
    check_same_length(X_val=X_val, y_val=y_val)
    (X_val,) = indexable(X_val)
    codes, _ = encode_target(check_target(y_val, "y_val"), classes, name="y_val")
    if len(np.unique(codes)) < 2:
        raise ValueError(
            f"y_val holds a single class, {classes[codes[0]].item()!r}. Expected rows of at least "
            f"two classes."
        )
    return Data(X_val, codes, classes[codes], None, None, np.arange(_num_samples(y_val)))


def _through_search(estimator, fitted, data, request):
    """A search is judged through its best estimator, with the parameters fixed."""
    if (
        not hasattr(estimator, "best_estimator_")
        and hasattr(estimator, "refit")
        and (hasattr(estimator, "param_grid") or hasattr(estimator, "param_distributions"))
    ):
        if not fitted:
            request.say("fitting the search once")
            estimator, fitted = fit_clone(estimator, data, request.seed), True
            request.notes.append("The search was not fitted: a clone was, on the training rows.")
    if hasattr(estimator, "best_estimator_"):
        request.notes.append(
            f"{type(estimator).__name__} was judged through its best estimator with the parameters "
            f"fixed: the search itself was not repeated in the folds."
        )
        return estimator.best_estimator_, True
    return estimator, fitted


def _refuse_frozen(estimator):
    """Frozen parts need validation rows."""
    frozen = frozen_parts(estimator)
    if frozen:
        raise FrozenPartError(
            f"{type(estimator).__name__} holds frozen or prefit parts ({', '.join(frozen)}) that "
            f"have seen training rows: out-of-fold scores of it would be a lie. Pass X_val and "
            f"y_val with rows it has not seen."
        )


def _for_remedies(estimator):
    """What a remedy wraps: an unfitted clone, or the object itself, frozen, if a part of it is."""
    if isinstance(estimator, FrozenEstimator) or not frozen_parts(estimator):
        return clone(estimator)
    return FrozenEstimator(estimator)


def _gather(estimator, data, validation, request, effort, alpha):
    """Evidence for the effort asked for, as an analysis."""
    fitted = is_fitted(estimator)
    if effort == "fast" and not fitted:
        raise ValueError(
            f"effort='fast' fits nothing, and this {type(estimator).__name__} is not fitted. Fit "
            f"it first, or use effort='normal'."
        )
    if validation is None:
        _refuse_frozen(estimator)  # before a search is fitted for nothing
    estimator, fitted = _through_search(estimator, fitted, data, request)
    frozen = frozen_parts(estimator)
    if validation is None:
        _refuse_frozen(estimator)
    unfitted = _for_remedies(estimator)
    thorough = effort == "thorough"
    if validation is None:
        sampled = sample_for_refits(data, request)
        evidence, bench = gather_out_of_fold(
            unfitted, sampled, request, estimator if fitted else None, thorough=thorough
        )
        return Analysis(evidence, alpha, bench=bench)
    judged = estimator if fitted else fit_clone(estimator, data, request.seed)
    if effort == "fast" or frozen:
        if frozen:
            request.notes.append(
                f"Nothing was run out of fold: {', '.join(frozen)} cannot be refitted."
            )
        evidence = gather_validation(unfitted, judged, data, validation, request)
        reason = (
            f"{', '.join(frozen)} cannot be refitted, so no twin can be."
            if frozen
            else "effort='fast' refits nothing."
        )
        evidence.facts["no_twins_reason"] = reason
        evidence = with_validation_checks(evidence, judged, data, validation, request, effort)
        return Analysis(evidence, alpha)
    sampled = sample_for_refits(data, request)
    reference = reference_on(sampled, validation, request)
    evidence = gather_validation(unfitted, judged, data, validation, request, reference)
    evidence = with_validation_checks(evidence, judged, data, validation, request, effort)
    refits, bench = gather_out_of_fold(
        unfitted, sampled, request, judged, thorough=thorough, with_columns=False
    )
    return Analysis(evidence, alpha, Analysis(refits, alpha, bench=bench), bench)


def diagnose_fitted(estimator, X, y, *, sample_weight=None, groups=None, scoring=None):
    """Report of a fitted object of this package; behind its ``diagnose`` method.

    Parameters
    ----------
    estimator : fitted estimator
        With ``classes_``; with ``oof_`` where it recorded out-of-fold scores.
    X, y : array-like or None
        Held-out rows; None uses what was recorded.
    sample_weight, groups : array-like of shape (n_rows,), default=None
        Weights and groups of those rows.
    scoring : str or callable, default=None
        Metric; None takes the estimator's own.

    Returns
    -------
    FitReport
        The report.
    """
    check_is_fitted(estimator)
    if (X is None) != (y is None):
        raise ValueError("X and y come together: pass both, or neither to use what fit recorded.")
    name = type(estimator).__name__
    history = _recorded_by(estimator, "_history_evidence")
    if X is None and history is not None:
        call = f"{name}.diagnose"
        return build_history_report([history], scoring=scoring, call=call)
    classes = np.array(np.asarray(estimator.classes_).tolist())
    recorded = getattr(estimator, "oof_", None)
    if scoring is None:
        # Where the parameter is None too, some estimators tune for another metric than accuracy.
        own = getattr(estimator, "scoring", None)
        scoring = getattr(estimator, "_own_scoring", own)
    fields = {
        "scoring": scoring,
        "pos_label": getattr(estimator, "pos_label_", getattr(estimator, "pos_label", None)),
        "alpha": DEFAULT_ALPHA,
        "ignore": set(),
        "seed": 0,
        "call": f"{name}.diagnose",
        "estimator": _for_remedies(estimator),
        "facts": {"estimator": name},
    }
    fields["treatments"] = _recorded_by(estimator, "_treatment_evidence")
    search = _recorded_by(estimator, "_search_evidence")
    if search is not None:
        fields["search"] = search
        fields["facts"] |= _facts_of_search(estimator)
    if X is not None:
        refuse_lazy(X, "X")
        check_same_length(X=X, y=y, sample_weight=sample_weight, groups=groups)
        codes, _ = _codes_of_predictions(check_target(y), classes)
        if search is not None and recorded is not None:
            fields["train_counts"] = np.bincount(
                recorded["y"], recorded["sample_weight"], len(classes)
            ).astype(float)
        return _report_of_scores(
            score_fitted(estimator, X, classes),
            codes,
            classes,
            weight=_check_class_weights(sample_weight, codes, classes),
            groups=check_groups(groups, len(codes), at_least=2),
            source="validation",
            conflicts=label_conflicts(X, codes),
            **fields,
        )
    if recorded is None:
        raise ValueError(
            f"This {name} recorded no out-of-fold scores (store_oof=False, a prefit estimator or a "
            f"given rule). Pass held-out rows: diagnose(X_test, y_test)."
        )
    is_proba = recorded["response"] == "predict_proba"
    scored = Scored(
        recorded["pred"],
        proba=recorded["scores"] if is_proba else None,
        margins=None if is_proba else recorded["scores"],
    )
    return _report_of_scores(
        scored,
        recorded["y"],
        classes,
        weight=recorded["sample_weight"],
        groups=recorded["groups"],
        source="out-of-fold",
        rows=recorded["row"],
        **fields,
    )


def _recorded_by(estimator, name):
    """What an estimator recorded of what it chose among; None of one that has no such method."""
    ask = getattr(estimator, name, None)
    return None if ask is None else ask()


def _facts_of_search(estimator):
    """What checks and tables want to know of a fitted search beside its evidence."""
    return {
        "decision_rule": getattr(estimator, "decision_rule_", None),
        "n_splits": getattr(estimator, "n_splits_", None),
    }
