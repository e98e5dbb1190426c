"""Let a scorer judge recorded scores."""

import inspect
from dataclasses import replace

import numpy as np

from sklearn_lossfix._core._recorded_scores import RecordedScores
from sklearn_lossfix.decision._positive_class import resolve_positive
from sklearn_lossfix.diagnosis.twins._parts import error_text


def positive_class(metric, classes, counts, pos_label=None):
    """Find the positive class of a metric, of rankings too where their function asks for one.

    Parameters
    ----------
    metric : Metric
        The metric.
    classes : ndarray of shape (n_classes,)
        Labels.
    counts : ndarray of shape (n_classes,)
        Rows per class.
    pos_label : label, default=None
        What the user said.

    Returns
    -------
    pos : int or None
    note : str or None
        As :func:`resolve_positive`.
    """
    if len(classes) == 2 and _asks_for_positive(metric):
        metric = replace(metric, asymmetric=True)
    return resolve_positive(metric, classes, counts, pos_label)


def _asks_for_positive(metric):
    """Whether a scorer of scores leaves it to its function which class is positive.

    The function then takes class 1, or none at all, whatever the scores are scores of.
    """
    if metric.kind != "ranking" or "pos_label" in (getattr(metric.scorer, "_kwargs", None) or {}):
        return False
    try:
        return "pos_label" in inspect.signature(metric.scorer._score_func).parameters
    except (TypeError, ValueError):  # a builtin without a signature
        return False


def scorer_value(metric, classes, scored, y, sample_weight=None, X=None, pos=None):
    """Value of a ranking or opaque metric on recorded scores, and why there is none.

    Returns
    -------
    value : float or None
    note : str or None
    """
    if pos is not None and _asks_for_positive(metric):
        # As 0 and 1, of which every function takes 1 as positive.
        classes = np.arange(2)
        if pos == 0:
            scored, y = _swapped(scored), 1 - y
    stand_in = RecordedScores(classes, scored)
    if X is None:
        if metric.kind == "opaque":
            return (
                None,
                f"{metric.name} was not computed: it may need features, and none were given.",
            )
        X = np.zeros((len(y), 1))  # scorers of rankings hand it to the stand-in, which ignores it
    params = {} if sample_weight is None else {"sample_weight": sample_weight}
    try:
        return float(metric.scorer(stand_in, X, classes[y], **params)), None
    except Exception as error:  # a user's callable may raise anything; the report must survive it
        return None, (
            f"{metric.name} could not be computed: {type(error).__name__}: {error_text(error)}"
        )


def _swapped(scored):
    """Scores of two classes with the classes in the other order."""
    proba = None if scored.proba is None else scored.proba[:, ::-1]
    margins = None if scored.margins is None else -scored.margins
    return replace(scored, pred=1 - scored.pred, proba=proba, margins=margins)
