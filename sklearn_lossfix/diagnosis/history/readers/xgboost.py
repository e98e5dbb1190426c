"""XGBoost: a fitted model, or the dictionary of ``evals_result()``.

Format: ``{"validation_0": {"logloss": [...]}}``, one entry for each tree (round). The scikit-learn
interface names sets by their position in ``eval_set``; ``xgboost.train`` by the names given to it.
"""

import re
from collections.abc import Mapping

from sklearn_lossfix.diagnosis.history._build import build_history, curves_of_sets
from sklearn_lossfix.diagnosis.history._identity import class_count, is_of
from sklearn_lossfix.diagnosis.history.readers import plain

_METRICS = frozenset({"aucpr", "error", "logloss", "merror", "mlogloss"})
_BY_POSITION = re.compile(r"validation_\d+")

_PENALTY = (
    "Losses are without the penalties that training minimises: training loss may rise where the "
    "objective falls."
)


def recognises(history):
    """Whether this is a model of XGBoost or the record of one."""
    if is_of(history, "xgboost"):
        return True
    if not (isinstance(history, Mapping) and plain.recognises(history)):
        return False
    parts = [part for part in history.values() if isinstance(part, Mapping)]
    metrics = {str(metric) for part in parts for metric in part}
    by_position = [_BY_POSITION.fullmatch(str(label)) for label in history]
    return bool(parts) and (all(by_position) or not _METRICS.isdisjoint(metrics))


def read(history, facts):
    """Read what XGBoost recorded on its evaluation sets.

    Parameters
    ----------
    history : XGBModel or dict of str to dict of str to list
        A fitted model, or ``evals_result()``.
    facts : Facts
        What the user told.

    Returns
    -------
    History

    Raises
    ------
    ValueError
        If nothing was recorded.
    """
    distortions = [_PENALTY]
    n_classes = None
    if not isinstance(history, Mapping):
        best = getattr(history, "best_iteration", None)
        if best is not None:
            distortions.append(
                f"XGBoost counts from 0 and predicts with the trees up to best_iteration = {best}; "
                f"the curves go on to the last tree."
            )
        n_classes = class_count(history)
        history = _record_of(history)
    splits = {}
    if len(history) > 1 and all(_BY_POSITION.fullmatch(str(label)) for label in history):
        first, *others = history
        splits = {first: "train"}
        distortions.append(
            f"XGBoost names sets by position: {first} was taken as the training rows and "
            f"{others[-1]} as validation rows. If that is not so, pass a dict with the names "
            f"'train' and 'validation'."
        )
    return build_history(
        curves_of_sets(history, splits),
        facts,
        source="XGBoost",
        first_step=0,
        unit="iteration",
        distortions=distortions,
        n_classes=n_classes,
    )


def _record_of(model):
    """What a model recorded; ValueError with the way to record where that is nothing."""
    how = (
        "Fit with eval_set=[(X_train, y_train), (X_val, y_val)]; for xgboost.train pass the dict "
        "given as evals_result."
    )
    if not hasattr(model, "evals_result"):
        raise ValueError(f"A {type(model).__name__} of XGBoost keeps no curves. {how}")
    try:
        record = model.evals_result()
    except Exception as error:  # its own type, which is not imported here
        raise ValueError(f"This XGBoost model recorded no curves: {error} {how}") from error
    if not record:
        raise ValueError(f"This XGBoost model recorded no curves. {how}")
    return record
