"""The report of a fitted object of this package, behind its ``diagnose`` method."""

import numpy as np
from sklearn.utils.validation import check_is_fitted

from sklearn_lossfix._core._evidence import Scored
from sklearn_lossfix._core._validation import (
    check_groups,
    check_same_length,
    check_target,
    refuse_lazy,
)
from sklearn_lossfix.diagnosis._arguments import (
    check_class_weights,
    codes_of_predictions,
    for_remedies,
)
from sklearn_lossfix.diagnosis._diagnose_predictions import report_of_scores
from sklearn_lossfix.diagnosis._equal_rows import label_conflicts
from sklearn_lossfix.diagnosis._gather import (
    score_fitted,
)
from sklearn_lossfix.diagnosis._history_report import build_history_report
from sklearn_lossfix.diagnosis._judging import DEFAULT_ALPHA

# What a report explains of a model whose errors cost what their rows were given in `fit`: no rule
# is right or wrong by this metric, and none can be judged without the costs.
SCORING_WITHOUT_COSTS = "roc_auc"


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
        return build_history_report([history], scoring=scoring, call=call, estimator=estimator)
    classes = np.array(np.asarray(estimator.classes_).tolist())
    recorded = getattr(estimator, "oof_", None)
    knows_row_costs = scoring is None and recorded is not None and "cost" in recorded
    if scoring is None:
        # Where the parameter is None too, some estimators tune for another metric than accuracy.
        own = getattr(estimator, "scoring", None)
        scoring = getattr(estimator, "_own_scoring", own)
        if knows_row_costs:
            scoring = SCORING_WITHOUT_COSTS
    fields = {
        "scoring": scoring,
        "pos_label": getattr(estimator, "pos_label_", getattr(estimator, "pos_label", None)),
        "alpha": DEFAULT_ALPHA,
        "ignore": set(),
        "seed": 0,
        "call": f"{name}.diagnose",
        "estimator": for_remedies(estimator),
        "facts": {"estimator": name, "row_costs": knows_row_costs},
    }
    fields["treatments"] = _recorded_by(estimator, "_treatment_evidence")
    search = _recorded_by(estimator, "_search_evidence")
    if search is not None:
        fields["search"] = search
        fields["facts"] |= _facts_of_search(estimator)
    if X is not None:
        refuse_lazy(X, "X")
        check_same_length(X=X, y=y, sample_weight=sample_weight, groups=groups)
        codes, _ = codes_of_predictions(check_target(y), classes)
        if search is not None and recorded is not None:
            fields["train_counts"] = np.bincount(
                recorded["y"], recorded["sample_weight"], len(classes)
            ).astype(float)
        return report_of_scores(
            score_fitted(estimator, X, classes),
            codes,
            classes,
            weight=check_class_weights(sample_weight, codes, classes),
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
    return report_of_scores(
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
