"""diagnose(): check what came in, gather evidence, build the report."""

from dataclasses import replace
from functools import partial

import numpy as np
from sklearn.utils import indexable
from sklearn.utils.validation import _num_samples

from sklearn_lossfix._core._evidence import NoTwin
from sklearn_lossfix._core._oof import frozen_parts, weight_params
from sklearn_lossfix._core._validation import (
    check_groups,
    check_same_length,
    check_target,
    encode_target,
    refuse_lazy,
)
from sklearn_lossfix.decision._scoring import metric_for_classes
from sklearn_lossfix.diagnosis._analysis import Analysis
from sklearn_lossfix.diagnosis._arguments import (
    check_alpha,
    check_class_weights,
    check_estimator,
    for_remedies,
    refuse_frozen,
    seed_of,
)
from sklearn_lossfix.diagnosis._build import build_report
from sklearn_lossfix.diagnosis._compare import compared_scores
from sklearn_lossfix.diagnosis._fix import fix_report
from sklearn_lossfix.diagnosis._gather import (
    base_facts,
    fit_clone,
    gather_out_of_fold,
    gather_validation,
    is_fitted,
    reference_on,
)
from sklearn_lossfix.diagnosis._nested_search import (
    Choice,
    is_search,
    search_fits,
    search_inside,
)
from sklearn_lossfix.diagnosis._recorded_scores import positive_class
from sklearn_lossfix.diagnosis._request import Data, Request, sample_for_refits
from sklearn_lossfix.diagnosis._run_checks import EFFORTS, validate_ignore
from sklearn_lossfix.diagnosis._search_results import results_of_search
from sklearn_lossfix.diagnosis._validation_leaks import (
    with_groups_and_times,
    with_validation_checks,
)
from sklearn_lossfix.diagnosis.checks import BUILTIN_CHECKS


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
        fitted or not. A search is judged through ``best_estimator_`` with the parameters fixed; an
        unfitted one is fitted first.
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
        model on shares of its training rows; and it repeats a whole search in the folds, to compare
        its ``best_score_`` with what it scores on rows that did not choose, where that takes at
        most 3,000 fits.
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
    alpha = check_alpha(alpha)
    if effort not in EFFORTS:
        raise ValueError(f"effort must be one of {list(EFFORTS)}. Got {effort!r} instead.")
    ignore = validate_ignore(ignore, BUILTIN_CHECKS, kind="model")
    check_estimator(estimator)
    if compare is not None:
        check_estimator(compare, "compare")
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
        check_class_weights(sample_weight, codes, classes),
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
    pos, note = positive_class(metric, classes, counts, pos_label)
    notes = [note] if note else []
    request = Request(
        metric, scoring, classes, pos, seed_of(random_state), n_jobs, cv, verbose, notes
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
    bench = analysis.refits.bench
    if validation is None:
        refuse_frozen(compare)
    if bench is not None or is_fitted(compare):  # as the judged one: the same object is itself
        compare = _through_search(compare, is_fitted(compare), data, request)[0]
    if validation is None:
        refuse_frozen(compare)
    facts = {
        **analysis.evidence.facts,
        "compared": base_facts(compare, request)["estimator"],
    }
    scored = compared_scores(compare, for_remedies(compare), data, validation, request, bench)
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
    """A search is judged through its best estimator, with the parameters fixed.

    Returns
    -------
    estimator : estimator
        What is judged.
    fitted : bool
        Whether it is fitted.
    search : fitted search or None
        What chose its parameters.
    """
    if not hasattr(estimator, "best_estimator_") and is_search(estimator) and not fitted:
        request.say("fitting the search once")
        estimator, fitted = fit_clone(estimator, data, request.seed), True
        request.notes.append("The search was not fitted: a clone was, on the training rows.")
    if hasattr(estimator, "best_estimator_"):
        request.notes.append(
            f"{type(estimator).__name__} was judged through its best estimator with the parameters "
            f"fixed."
        )
        return estimator.best_estimator_, True, estimator
    return estimator, fitted, None


def _choice_behind(estimator, search, data, sampled, request, thorough):
    """The search that chose the judged model, or that it holds; None where there is none.

    Parameters
    ----------
    estimator : estimator
        What is judged, fitted or not.
    search : fitted search or None
        What chose its parameters.
    data, sampled : Data
        All training rows, and those that refits use.
    request : Request
        What was asked for.
    thorough : bool
        Whether fits may be spent on it.

    Returns
    -------
    Choice or None
    """
    inside = search_inside(estimator) if search is None else None
    if search is None and inside is None:
        return None
    if len(sampled.y) < len(data.y):
        why = "its score on all rows says nothing of the sample that refits use."
        return Choice(search, left_out=f"The search was not compared with its folds: {why}")
    if inside is None:
        return Choice(search, for_remedies(search))
    if is_fitted(estimator):
        return Choice(inside)
    if not thorough:
        why = "effort='thorough' fits it on all rows, and compares its score with the folds'."
        return Choice(None, left_out=f"The search in the Pipeline is not fitted: {why}")
    request.say("fitting the search once")
    inside = search_inside(fit_clone(estimator, data, request.seed))
    return Choice(inside, n_spent=search_fits(inside) or 0)


def _with_search_results(evidence, search, judged, data, request, inside=None):
    """Evidence with what the search recorded that chose the judged model, or that it holds."""
    whole = search
    if search is None:
        whole, search = judged, search_inside(judged) if inside is None else inside
    if search is None:
        return evidence
    results = results_of_search(search, whole, data.X, data.y, request.classes, data.groups)
    return replace(evidence, search_results=results)


def _gather(estimator, data, validation, request, effort, alpha):
    """Evidence for the effort asked for, as an analysis."""
    fitted = is_fitted(estimator)
    if effort == "fast" and not fitted:
        raise ValueError(
            f"effort='fast' fits nothing, and this {type(estimator).__name__} is not fitted. Fit "
            f"it first, or use effort='normal'."
        )
    if validation is None:
        refuse_frozen(estimator)  # before a search is fitted for nothing
    estimator, fitted, search = _through_search(estimator, fitted, data, request)
    frozen = frozen_parts(estimator)
    if validation is None:
        refuse_frozen(estimator)
    unfitted = for_remedies(estimator)
    thorough = effort == "thorough"
    if validation is None:
        sampled = sample_for_refits(data, request)
        choice = _choice_behind(estimator, search, data, sampled, request, thorough)
        evidence, bench = gather_out_of_fold(
            unfitted,
            sampled,
            request,
            estimator if fitted else None,
            thorough=thorough,
            choice=choice,
        )
        inside = None if choice is None else choice.search
        evidence = _with_search_results(evidence, search, estimator, data, request, inside)
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
        if search is not None or search_inside(judged) is not None:
            evidence = replace(evidence, nested_search=NoTwin("not_applicable", reason))
        evidence = with_validation_checks(evidence, judged, data, validation, request, effort)
        evidence = _with_search_results(evidence, search, judged, data, request)
        return Analysis(evidence, alpha)
    sampled = sample_for_refits(data, request)
    reference = reference_on(sampled, validation, request)
    evidence = gather_validation(unfitted, judged, data, validation, request, reference)
    evidence = with_validation_checks(evidence, judged, data, validation, request, effort)
    evidence = _with_search_results(evidence, search, judged, data, request)
    choice = _choice_behind(judged, search, data, sampled, request, thorough)
    refits, bench = gather_out_of_fold(
        unfitted,
        sampled,
        request,
        judged,
        thorough=thorough,
        with_columns=False,
        choice=choice,
    )
    return Analysis(evidence, alpha, Analysis(refits, alpha, bench=bench), bench)
