"""diagnose_predictions(): the report of labels and probabilities alone."""

import numpy as np

from sklearn_lossfix._core._evidence import Evidence, Scored, TrainState
from sklearn_lossfix._core._proper_scores import brier_rows, log_loss_rows
from sklearn_lossfix._core._validation import (
    check_groups,
    check_probabilities,
    check_same_length,
    check_target,
    encode_target,
    refuse_lazy,
)
from sklearn_lossfix.decision._metrics import class_totals
from sklearn_lossfix.decision._scoring import metric_for_classes
from sklearn_lossfix.diagnosis._analysis import Analysis
from sklearn_lossfix.diagnosis._arguments import (
    check_alpha,
    check_class_weights,
    codes_of_predictions,
    in_class_order,
    seed_of,
)
from sklearn_lossfix.diagnosis._build import build_report
from sklearn_lossfix.diagnosis._gather import (
    map_folds,
)
from sklearn_lossfix.diagnosis._recorded_scores import positive_class, scorer_value
from sklearn_lossfix.diagnosis._run_checks import validate_ignore
from sklearn_lossfix.diagnosis.checks import BUILTIN_CHECKS


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
    alpha, seed = check_alpha(alpha), seed_of(random_state)
    ignore = validate_ignore(ignore, BUILTIN_CHECKS, kind="model")
    refuse_lazy(y, "y")
    refuse_lazy(y_proba, "y_proba")
    check_same_length(
        y=y, y_proba=y_proba, y_pred=y_pred, sample_weight=sample_weight, groups=groups
    )
    labels = check_target(y)
    codes, classes = codes_of_predictions(labels, classes)
    n_classes = len(classes)
    proba = check_probabilities(in_class_order(y_proba, classes), n_classes)
    if y_pred is None:
        pred = proba.argmax(axis=1).astype(codes.dtype)
    else:
        pred, _ = encode_target(check_target(y_pred, "y_pred"), classes, name="y_pred")
    weight = check_class_weights(sample_weight, codes, classes)
    return report_of_scores(
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


def report_of_scores(
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
    pos, note = positive_class(metric, classes, counts, pos_label)
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
        facts["metric_value"], note = scorer_value(metric, classes, scored, codes, weight, pos=pos)
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
