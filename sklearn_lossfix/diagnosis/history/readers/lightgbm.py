"""LightGBM: a fitted model, ``evals_result_`` or what ``record_evaluation`` filled.

Format: ``{"training": {"binary_logloss": [...]}, "valid_0": {...}}``, one entry for each tree.
What ``lightgbm.cv`` returns is flat (``"valid binary_logloss-mean"``) and read as plain curves.
"""

import re
from collections.abc import Mapping

from sklearn_lossfix.diagnosis.history._build import build_history, curves_of_sets
from sklearn_lossfix.diagnosis.history._identity import class_count, is_of
from sklearn_lossfix.diagnosis.history.readers import plain

_METRICS = frozenset({"binary_error", "binary_logloss", "multi_error", "multi_logloss"})
_SETS = re.compile(r"training|valid_\d+")

_PENALTY = (
    "Losses are without the penalties that training minimises: training loss may rise where the "
    "objective falls."
)
_WEIGHTS = (
    "With class_weight the loss on 'training' is weighted; that on other sets is only with "
    "eval_class_weight."
)


def recognises(history):
    """Whether this is a model of LightGBM or the record of one."""
    if is_of(history, "lightgbm"):
        return True
    if not (isinstance(history, Mapping) and plain.recognises(history)):
        return False
    parts = [part for part in history.values() if isinstance(part, Mapping)]
    metrics = {str(metric) for part in parts for metric in part}
    names = [_SETS.fullmatch(str(label)) for label in history]
    return bool(parts) and (all(names) or not _METRICS.isdisjoint(metrics))


def read(history, facts):
    """Read what LightGBM recorded on its evaluation sets.

    Parameters
    ----------
    history : LGBMModel or dict of str to dict of str to list
        A fitted model, or the dictionary of its record.
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
    distortions = [_PENALTY, _WEIGHTS]
    n_classes = None
    if not isinstance(history, Mapping):
        best = getattr(history, "best_iteration_", None)
        if best is not None and best > 0:
            distortions.append(
                f"LightGBM counts from 1 and predicts with the first best_iteration_ = {best} "
                f"trees; the curves go on to the last tree."
            )
        n_classes = class_count(history)
        record = getattr(history, "evals_result_", None)
        if not record:
            raise ValueError(
                "This LightGBM model recorded no curves. Fit with eval_set=[(X_train, y_train), "
                "(X_val, y_val)]; for lightgbm.train pass the dict that "
                "lightgbm.record_evaluation(dict) fills."
            )
        history = record
    return build_history(
        curves_of_sets(history),
        facts,
        source="LightGBM",
        unit="iteration",
        distortions=distortions,
        n_classes=n_classes,
    )
